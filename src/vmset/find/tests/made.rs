//! Folders with configurations and disks.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use blockio::Cache;
use disk::{Finder, Folders};
use tempfile::TempDir;
use testkit::vhdx::Image;
use uuid::Uuid;

use crate::vmset::{Hints, Places, VmSet};

const MIB: u64 = 1 << 20;
/// 2024-09-04, in 100 ns since 1601.
pub(super) const FIRST_DAY: u64 = 133_700_000_000_000_000;
pub(super) const DAY: u64 = 864_000_000_000;

/// A folder that goes when the test ends.
pub(super) struct Folder(TempDir);

impl Folder {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder can be made"))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn file(self, path: &str, bytes: &[u8]) -> Self {
        std::fs::write(self.place(path), bytes).expect("a file can be written");
        self
    }

    pub(super) fn disk(self, path: &str, image: &Image) -> Self {
        let place = self.place(path);
        image
            .build()
            .write_to(&place)
            .expect("a disk can be written");
        self
    }

    /// A configuration named after its id, in the folder itself.
    pub(super) fn config(self, config: &Config) -> Self {
        let name = format!("{}.xml", upper(config.id));
        self.config_at(&name, config)
    }

    pub(super) fn config_at(self, path: &str, config: &Config) -> Self {
        self.file(path, config.xml().as_bytes())
    }

    fn place(&self, path: &str) -> PathBuf {
        let place = self.path().join(path);
        let folder = place.parent().expect("below a folder");
        std::fs::create_dir_all(folder).expect("a folder can be made");
        place
    }
}

pub(super) fn find(folder: &Folder) -> VmSet {
    find_with(folder, &Hints::default(), &|_| None)
}

pub(super) fn find_with(
    folder: &Folder,
    hints: &Hints,
    written: &dyn Fn(&Path) -> Option<u64>,
) -> VmSet {
    let finder = Finder::new(Arc::new(Folders::around(folder.path())), &Cache::default());
    let survey = finder.survey();
    let places = Places {
        roots: &[folder.path().to_owned()],
        finder: &finder,
        survey: &survey,
        written,
    };
    VmSet::find(&places, hints)
}

pub(super) fn base(number: u128) -> Image {
    let mut image = Image::dynamic(MIB);
    image.data_write_guid = id(number);
    image
}

pub(super) fn child(parent: &Image, name: &str, number: u128) -> Image {
    parent.child(&format!(r".\{name}"), id(number))
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0xd15c_0000_0000_4000_8000_0000_0000_0000 + number)
}

pub(super) fn config_id(number: u128) -> Uuid {
    Uuid::from_u128(0xc0f1_6000_0000_4000_8000_0000_0000_0000 + number)
}

fn upper(id: Uuid) -> String {
    id.to_string().to_uppercase()
}

/// A configuration with the keys that tie files together.
#[derive(Clone)]
pub(super) struct Config {
    pub(super) id: Uuid,
    machine: Uuid,
    name: String,
    created: u64,
    checkpoints: u64,
    drives: Vec<(u32, String, String)>,
    is_saved: bool,
    hint: Option<Uuid>,
}

impl Config {
    pub(super) fn machine(number: u128, name: &str) -> Self {
        Self {
            id: config_id(number),
            machine: config_id(number),
            name: name.into(),
            created: FIRST_DAY,
            checkpoints: 0,
            drives: Vec::new(),
            is_saved: false,
            hint: None,
        }
    }

    /// A checkpoint of machine `of`, taken on this day.
    pub(super) fn checkpoint(number: u128, of: u128, name: &str, day: u64) -> Self {
        Self {
            machine: config_id(of),
            created: FIRST_DAY + day * DAY,
            ..Self::machine(number, name)
        }
    }

    pub(super) fn checkpoints(mut self, count: u64) -> Self {
        self.checkpoints = count;
        self
    }

    pub(super) fn disk(self, location: u32, path: &str) -> Self {
        self.drive(location, "VHD", path)
    }

    pub(super) fn drive(mut self, location: u32, kind: &str, path: &str) -> Self {
        self.drives.push((location, kind.into(), path.into()));
        self
    }

    pub(super) fn saved(mut self) -> Self {
        self.is_saved = true;
        self
    }

    pub(super) fn hint(mut self, number: u128) -> Self {
        self.hint = Some(config_id(number));
        self
    }

    fn xml(&self) -> String {
        let text = |name: &str, value: &str| format!("<{name} type=\"string\">{value}</{name}>");
        let scsi = "d422512d-2bf2-4752-809d-7b82b5fcb1b4";
        let mut drives = String::new();
        for (location, kind, path) in &self.drives {
            let keys = text("pathname", path) + &text("type", kind);
            write!(drives, "<drive{location}>{keys}</drive{location}>").unwrap();
        }
        let instance = "5ab50e36-f1bc-4a53-9e81-80d1fcc18200";
        let device = text("device", scsi) + &text("instance", instance) + &text("name", "SCSI");
        let type_id = match self.id == self.machine {
            true => "Virtual Machines",
            false => "Snapshots",
        };
        let created = base64(&self.created.to_le_bytes());
        let saved = match self.is_saved {
            true => format!("<savedstate>{}</savedstate>", text("type", "Normal")),
            false => String::new(),
        };
        let hint = self
            .hint
            .map_or(String::new(), |id| text("parent", &upper(id)));
        format!(
            "<configuration>\
             <_{instance}_><controller0>{drives}</controller0></_{instance}_>\
             <global_settings><snapshots>{hint}<list><size type=\"integer\">{}</size></list>\
             </snapshots></global_settings>\
             <manifest><size type=\"integer\">1</size><vdev001>{device}</vdev001></manifest>\
             <properties><creation_time type=\"bytes\">{created}</creation_time>{}{}{}\
             <subtype type=\"integer\">1</subtype><version type=\"integer\">1280</version>\
             </properties>{saved}<settings><global>{}</global></settings></configuration>",
            self.checkpoints,
            text("global_id", &upper(self.id)),
            text("name", &self.name),
            text("type_id", type_id),
            text("logical_id", &upper(self.machine)),
        )
    }
}

fn base64(bytes: &[u8]) -> String {
    use ::base64::Engine as _;
    ::base64::engine::general_purpose::STANDARD.encode(bytes)
}
