//! Which disks a source has, and each of them opened in the state asked for.

use std::path::Path;
use std::sync::Arc;

use blockio::{Cache, Fault, ReadAt};
use disk::{Chain, Finder, Survey, VirtualDisk};
use partition::{Content, Partition};
use tree::FileSystem;

use super::state::{self, Choice};
use super::{ChainView, Disk, Error, Family, OpenDisk, Options, State, Volume};

/// A disk to open.
struct Chosen {
    number: usize,
    family: Family,
    state: State,
    /// The chain of the state, where it was looked for already.
    chain: Option<Chain>,
}

/// The disks of a source.
pub(super) struct Disks {
    /// Those that have the state asked for.
    pub(super) disks: Vec<Disk>,
    /// The numbers of those that have not.
    pub(super) without_state: Vec<usize>,
}

/// The disks of `source`, each in the state that `options` ask for. A disk that cannot be read is
/// among them, with the reason.
pub(super) fn open(
    source: &Path,
    survey: &Survey,
    finder: &Finder,
    cache: &Cache,
    options: &Options,
) -> Result<Disks, Error> {
    let (chosen, without_state) = if source.is_dir() {
        in_folder(source, survey, options)?
    } else {
        (vec![in_file(source, survey, finder, options)?], Vec::new())
    };
    let open = |chosen| open_disk(chosen, finder, cache);
    Ok(Disks {
        disks: chosen.into_iter().map(open).collect(),
        without_state,
    })
}

/// The disks of a folder, and the numbers of those without the state asked for.
fn in_folder(
    source: &Path,
    survey: &Survey,
    options: &Options,
) -> Result<(Vec<Chosen>, Vec<usize>), Error> {
    let families = Family::all(survey);
    if families.is_empty() {
        let damaged = survey
            .files
            .iter()
            .find_map(|file| file.outcome.as_ref().err());
        let no_disk = || Error::no_disk(source);
        return Err(damaged.map_or_else(no_disk, |fault| Arc::clone(fault).into()));
    }
    let (mut chosen, mut without) = (Vec::new(), Vec::new());
    for (number, family) in families.iter().enumerate() {
        if !is_wanted(&(number, family), options) {
            continue;
        }
        let choose = |state| Chosen {
            number,
            family: family.clone(),
            state,
            chain: None,
        };
        match family.choose(&options.state) {
            Choice::None => without.push(number),
            Choice::One(state) => chosen.push(choose(state)),
            Choice::Several(states) if options.every_leaf => {
                chosen.extend(states.into_iter().map(choose));
            }
            Choice::Several(states) => return Err(state::ambiguous(&options.state, &states)),
        }
    }
    if chosen.is_empty() {
        return Err(nothing_chosen(&families, options));
    }
    Ok((chosen, without))
}

fn is_wanted((number, family): &(usize, &Family), options: &Options) -> bool {
    let Some(disk) = &options.disk else {
        return true;
    };
    match disk.trim_start_matches("disk").parse::<usize>() {
        Ok(wanted) => wanted == *number,
        Err(_) => !matches!(family.choose(disk), Choice::None),
    }
}

fn nothing_chosen(families: &[Family], options: &Options) -> Error {
    let what = match &options.disk {
        Some(disk) => format!("no disk {disk} with a state {}", options.state),
        None => format!("no state {}", options.state),
    };
    let lines = |(number, family): (usize, &Family)| {
        family
            .lines()
            .into_iter()
            .map(move |line| format!("disk{number} {line}"))
    };
    Error::NoState {
        what,
        candidates: families.iter().enumerate().flat_map(lines).collect(),
    }
}

/// A file that was named is its own state, unless another is asked for.
fn in_file(
    source: &Path,
    survey: &Survey,
    finder: &Finder,
    options: &Options,
) -> Result<Chosen, Error> {
    let chain = finder.chain(source).ok();
    let family = family_of(source, survey, chain.as_ref());
    let here = family.state_at(source).unwrap_or(&family.states[0]).clone();
    if matches!(&*options.state, "now" | "latest") {
        return Ok(Chosen {
            number: 0,
            family,
            state: here,
            chain,
        });
    }
    match family.choose(&options.state) {
        Choice::One(state) => Ok(Chosen {
            number: 0,
            family,
            state,
            chain: None,
        }),
        Choice::None => Err(nothing_chosen(&[family], options)),
        Choice::Several(states) => Err(state::ambiguous(&options.state, &states)),
    }
}

/// The states around the file `source`: those beside it, unless its chain leads out of its folder.
fn family_of(source: &Path, survey: &Survey, chain: Option<&Chain>) -> Family {
    let beside = Family::all(survey)
        .into_iter()
        .find(|family| family.state_at(source).is_some());
    let below = beside
        .as_ref()
        .and_then(|family| family.state_at(source))
        .map_or(0, |s| s.depth);
    match (beside, chain) {
        (_, Some(chain)) if chain.layers.len() > below + 1 => Family::of_chain(chain),
        (Some(family), _) => family,
        (None, _) => Family::single(source),
    }
}

fn open_disk(chosen: Chosen, finder: &Finder, cache: &Cache) -> Disk {
    let Chosen {
        number,
        family,
        state,
        chain,
    } = chosen;
    let chain = chain.map_or_else(|| finder.chain(&state.path), Ok);
    let (opened, chain) = match chain {
        Err(error) => (Err(Arc::clone(error.fault())), None),
        Ok(chain) => match &chain.broken {
            Some(link) => (
                Err(Arc::clone(&link.fault)),
                Some(ChainView::Broken(Box::new(chain))),
            ),
            None => {
                let disk = Arc::new(VirtualDisk::salvage(chain));
                let opened = volumes_of(number, &state, &disk, cache);
                (Ok(opened), Some(ChainView::Read(disk)))
            }
        },
    };
    Disk {
        number,
        family,
        state,
        opened,
        chain,
    }
}

/// The partitions and volumes of `disk`.
pub(super) fn volumes_of(
    number: usize,
    state: &State,
    disk: &Arc<VirtualDisk>,
    cache: &Cache,
) -> OpenDisk {
    let bytes: Arc<dyn ReadAt> = disk.clone();
    // A raw image does not say; the table then decides without a word.
    let sector_size = match disk.chain().leaf().image.format() {
        disk::Format::Raw => 0,
        _ => disk.logical_sector_size(),
    };
    let table = partition::read(&bytes, sector_size);
    let mut opened = OpenDisk {
        bytes: Arc::clone(disk),
        table: table.map_err(|error| Arc::clone(error.fault())),
        volumes: Vec::new(),
        failed: Vec::new(),
    };
    let partitions = opened
        .table
        .as_ref()
        .map(|table| table.partitions.clone())
        .unwrap_or_default();
    for partition in partitions
        .into_iter()
        .filter(|part| part.content == Content::Ntfs)
    {
        let what = format!("{}, partition {}", state.file_name(), partition.number);
        match open_ntfs(&partition, &bytes, &what, cache) {
            Ok(fs) => {
                let name = format!("disk{number}/part{}", partition.number);
                opened.volumes.push(Volume {
                    name,
                    disk: number,
                    partition,
                    fs,
                    deleted: None,
                });
            }
            Err(fault) => opened.failed.push((partition.number, fault)),
        }
    }
    opened
}

fn open_ntfs(
    partition: &Partition,
    disk: &Arc<dyn ReadAt>,
    what: &str,
    cache: &Cache,
) -> Result<Arc<dyn FileSystem>, Arc<Fault>> {
    let slice = Arc::new(partition.slice(disk));
    let volume =
        ntfs::Volume::open(slice, what, cache).map_err(|error| Arc::clone(error.fault()))?;
    Ok(Arc::new(volume))
}
