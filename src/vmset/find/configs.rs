//! The configurations among the files, read, and the host's list of its machines.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use blockio::{Fault, FaultKind, ReadAt};
use disk::Finder;
use uuid::Uuid;
use vmcx::{Configuration, Document, Format, Kind};

use super::codes::{CONFIG_ELSEWHERE, CONFIG_LINK, EXPORT_OF_2008};
use super::host_list;
use crate::vmset::{ConfigFile, ConfigFormat};

/// Files of other names that are looked at for the mark of a configuration.
const MAX_STRANGERS: usize = 1_000;
/// Bytes in which the XML of a configuration must have begun.
const HEAD: usize = 4096;
/// Bytes that a link has at most where it was restored as a file.
const LINK: u64 = 4096;
/// The mark of a container.
const MARK: [u8; 4] = [0x14, 0x20, 0x28, 0x01];
/// What is never a configuration, whatever it is: not worth a look.
const NEVER: &[&str] = &[
    "vmrs", "vmgs", "bin", "vsv", "hrl", "hru", "rct", "mrt", "iso", "vfd", "txt", "log", "json",
    "ps1", "zip", "exe", "dll", "sys",
];

/// A configuration that was read.
pub(crate) struct Loaded {
    /// The configuration.
    pub(crate) file: ConfigFile,
    /// Its file without links.
    pub(crate) true_path: PathBuf,
    /// Whether it is a checkpoint's.
    pub(crate) is_checkpoint: bool,
    /// Whether some of its keys are lost.
    pub(crate) is_damaged: bool,
}

/// What was read.
#[derive(Default)]
pub(crate) struct Configs {
    /// The configurations of machines and checkpoints, by path.
    pub(crate) loaded: Vec<Loaded>,
    /// Those that cannot be read.
    pub(crate) unreadable: Vec<(PathBuf, Arc<Fault>)>,
    /// What the operator should know.
    pub(crate) notes: Vec<Fault>,
    /// Where a host's list says that the configuration of a machine is.
    pub(crate) listed: Vec<host_list::Entry>,
}

impl Loaded {
    pub(crate) fn configuration(&self) -> &Configuration {
        &self.file.configuration
    }

    /// When the checkpoint was taken.
    pub(crate) fn taken(&self) -> Option<u64> {
        self.configuration().created.filter(|_| self.is_checkpoint)
    }

    /// Its own id: what it says, or what its file is named.
    pub(crate) fn id(&self) -> Option<Uuid> {
        self.configuration().id.or_else(|| stem_id(&self.file.path))
    }

    /// The id of the machine that it belongs to.
    pub(crate) fn machine_id(&self) -> Option<Uuid> {
        let configuration = self.configuration();
        match self.is_checkpoint {
            true => configuration.machine_id,
            false => self.id().or(configuration.machine_id),
        }
    }
}

impl Configs {
    /// Reads every configuration among `files`. One that a link leads to outside of `roots` is not read:
    /// on the host that the backup came from it would be the one in use.
    pub(crate) fn read(files: &[PathBuf], finder: &Finder, roots: &[PathBuf]) -> Self {
        let roots: Vec<_> = roots.iter().map(|r| finder.gate().identity(r)).collect();
        let (mut configs, mut seen, mut strangers) = (Self::default(), HashSet::new(), 0);
        for path in files {
            let Some(name) = Name::of(path) else {
                continue;
            };
            strangers += usize::from(name == Name::Stranger);
            if name == Name::Stranger && strangers > MAX_STRANGERS {
                continue;
            }
            let true_path = finder.gate().identity(path);
            if !seen.insert(true_path.clone()) {
                continue;
            }
            if roots.iter().any(|root| true_path.starts_with(root)) {
                configs.look(path, true_path, name, finder);
            } else if name != Name::Stranger {
                configs.notes.push(leads_elsewhere(path));
            }
        }
        configs
    }

    fn look(&mut self, path: &Path, true_path: PathBuf, name: Name, finder: &Finder) {
        let Ok(bytes) = finder.gate().open(path) else {
            return;
        };
        if !looks_like_one(&*bytes) && name != Name::Container {
            self.notes.extend(what_else(path, bytes.size()));
            return;
        }
        match Document::open(&*bytes, &file_name(path)) {
            Err(error) => self
                .unreadable
                .push((path.into(), Arc::clone(error.fault()))),
            Ok(document) if document.is_configuration() => {
                self.loaded.push(load(path, true_path, &document));
            }
            Ok(document) => self.listed.extend(host_list::entries(document.root())),
        }
    }
}

fn load(path: &Path, true_path: PathBuf, document: &Document) -> Loaded {
    let configuration = document.configuration();
    let mut notes = document.notes().to_vec();
    notes.extend(configuration.oddities.iter().cloned());
    let is_damaged = document
        .notes()
        .iter()
        .any(|note| note.kind != FaultKind::Unsupported);
    Loaded {
        is_damaged,
        is_checkpoint: is_checkpoint(path, &configuration),
        true_path,
        file: ConfigFile {
            path: path.to_owned(),
            format: match document.format() {
                Format::Container => ConfigFormat::Vmcx,
                Format::Xml if has_ending(path, "exp") => ConfigFormat::Exp,
                Format::Xml => ConfigFormat::Xml,
            },
            root: Arc::new(document.root().clone()),
            configuration: Arc::new(configuration),
            notes,
        },
    }
}

/// By its own word, else by the ids, else by the folder that it is in.
fn is_checkpoint(path: &Path, configuration: &Configuration) -> bool {
    match (
        configuration.kind,
        configuration.id,
        configuration.machine_id,
    ) {
        (Kind::Machine, _, _) => false,
        (Kind::Checkpoint, _, _) => true,
        (_, Some(id), Some(machine)) => id != machine,
        _ => is_in(path, "snapshots"),
    }
}

/// Whether the folder of `path` has this name.
pub(crate) fn is_in(path: &Path, folder: &str) -> bool {
    let parent = path.parent().and_then(Path::file_name);
    parent.is_some_and(|name| name.eq_ignore_ascii_case(folder))
}

/// What the name of a file says of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    /// Of a .vmcx.
    Container,
    /// Of an .xml or .exp.
    Xml,
    /// Nothing.
    Stranger,
}

impl Name {
    fn of(path: &Path) -> Option<Self> {
        let ending = path.extension().unwrap_or_default();
        let is = |other: &str| ending.eq_ignore_ascii_case(other);
        if is("vmcx") {
            return Some(Self::Container);
        }
        if is("xml") || is("exp") {
            let is_leftover = file_name(path)
                .to_lowercase()
                .ends_with("-backupsnapshot.xml");
            return (!is_leftover).then_some(Self::Xml);
        }
        (!NEVER.iter().any(|never| is(never))).then_some(Self::Stranger)
    }
}

/// Whether the bytes begin as a container does, or with XML whose root is a configuration's.
fn looks_like_one(bytes: &dyn ReadAt) -> bool {
    let len = usize::try_from(bytes.size()).unwrap_or(HEAD).min(HEAD);
    let mut head = vec![0; len];
    if bytes.read_exact_at(&mut head, 0).is_err() {
        return false;
    }
    // UTF-16 is UTF-8 with zeros between, as far as this word goes.
    let text: Vec<u8> = head.iter().copied().filter(|byte| *byte != 0).collect();
    let word = b"<configuration";
    head.starts_with(&MARK) || text.windows(word.len()).any(|part| part == word)
}

/// The id that a file is named after.
pub(crate) fn stem_id(path: &Path) -> Option<Uuid> {
    Uuid::try_parse(path.file_stem()?.to_str()?).ok()
}

pub(crate) fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension()
        .is_some_and(|e| e.eq_ignore_ascii_case(ending))
}

pub(crate) fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(OsStr::new(""));
    name.to_string_lossy().into_owned()
}

fn leads_elsewhere(path: &Path) -> Fault {
    Fault::unsupported(&CONFIG_ELSEWHERE, "configuration")
        .expected("a file within the source or a folder of --search")
        .found("a link that leads out of them")
        .in_file(&path.display().to_string())
}

/// What a file with the name of a configuration is that has nothing of one; nothing of most XML.
fn what_else(path: &Path, size: u64) -> Option<Fault> {
    let id = stem_id(path)?;
    let (code, found) = match has_ending(path, "exp") {
        true => (&EXPORT_OF_2008, "an export of Windows Server 2008"),
        false if size < LINK => (
            &CONFIG_LINK,
            "the link by which a host of 2012 R2 registers it, or nothing",
        ),
        false => return None,
    };
    let what = format!("configuration {}", id.to_string().to_uppercase());
    let fault = Fault::unsupported(code, what)
        .expected("a configuration")
        .found(found);
    Some(fault.in_file(&path.display().to_string()))
}
