//! Which disks a source has, and each of them opened in the state asked for.

use std::path::Path;
use std::sync::Arc;

use blockio::{Cache, Fault, ReadAt};
use disk::{Chain, Finder, Survey, VirtualDisk};
use partition::{Content, Partition};
use tree::FileSystem;

use super::machine::{self, Meant, Numbered};
use super::state::{self, Choice};
use super::{ChainView, Disk, Error, Family, OpenDisk, Options, Source, State, Volume};
use crate::vmset::{Machine, MachineState, Slot};

/// A disk to open.
pub(super) struct Chosen {
    pub(super) number: usize,
    pub(super) slot: Option<Slot>,
    pub(super) family: Family,
    pub(super) state: State,
    /// The chain of the state, where it was looked for already.
    pub(super) chain: Option<Chain>,
}

/// The disks of a source, or of one of its machines.
pub(super) struct Disks {
    /// Those that have the state asked for.
    pub(super) disks: Vec<Disk>,
    /// The numbers of those that have not.
    pub(super) without_state: Vec<usize>,
    /// Place of the machine's state that they are in, where there is one.
    pub(super) state: Option<usize>,
}

/// The disks of `machine`, or without one of the whole source, each in the state that `options` ask for.
/// A disk that cannot be read is among them, with the reason.
pub(super) fn open(
    source: &Source,
    machine: Option<&Machine>,
    options: &Options,
) -> Result<Disks, Error> {
    let (mut without_state, mut state) = (Vec::new(), None);
    let chosen = match machine {
        _ if source.is_disk() => vec![in_file(source, options)?],
        Some(machine) if machine.is_configured() => {
            let families = machine::families_of(machine, &Family::all(&source.survey));
            match machine::meant(source, machine, &families, options)? {
                Meant::State(meant) => {
                    state = Some(meant.number);
                    in_state(machine, meant, &families, options)?
                }
                Meant::Layer => in_folder(&families, options, &mut without_state)?,
            }
        }
        _ => {
            let families = machine::unowned(source, Family::all(&source.survey));
            if families.is_empty() {
                return Err(no_disk(source));
            }
            in_folder(&families, options, &mut without_state)?
        }
    };
    Ok(Disks {
        disks: all_opened(source, chosen),
        without_state,
        state,
    })
}

/// The disks of `machine` in the state `number`, with a configuration or without.
pub(super) fn open_state(source: &Source, machine: &Machine, number: usize) -> Disks {
    let families = machine::families_of(machine, &Family::all(&source.survey));
    let state = machine.states.get(number);
    let chosen = state.map(|state| machine::disks_of(state, &families));
    Disks {
        disks: all_opened(source, chosen.unwrap_or_default()),
        without_state: Vec::new(),
        state: Some(number),
    }
}

fn all_opened(source: &Source, chosen: Vec<Chosen>) -> Vec<Disk> {
    let open = |chosen| open_disk(chosen, &source.finder, &source.cache);
    chosen.into_iter().map(open).collect()
}

/// Why a source has no disk: the first that is none, or nothing at all.
fn no_disk(source: &Source) -> Error {
    let mut files = source.survey.files.iter();
    let damaged = files.find_map(|file| file.outcome.as_ref().err());
    let no_disk = || Error::no_disk(source.path());
    damaged.map_or_else(no_disk, |fault| Arc::clone(fault).into())
}

/// The disks of one state of a machine.
fn in_state(
    machine: &Machine,
    state: &MachineState,
    families: &[Numbered],
    options: &Options,
) -> Result<Vec<Chosen>, Error> {
    let disks = machine::disks_of(state, families);
    let none = disks.is_empty();
    let wanted = |disk: &Chosen| is_wanted(disk.number, disk.slot, &disk.family, options);
    let disks: Vec<_> = disks.into_iter().filter(wanted).collect();
    if !disks.is_empty() || (none && options.every_leaf) {
        return Ok(disks);
    }
    let (name, label) = (&machine.name, state.label());
    let what = match &options.disk {
        Some(disk) if !none => format!("{name} has no disk {disk} in its state {label}"),
        _ => format!("none of the disks of {name} in its state {label} is in this backup"),
    };
    Err(Error::NoState {
        what,
        candidates: machine.state_lines(),
    })
}

/// The disks of a folder, each by its own chain; those without the state asked for go to `without`.
fn in_folder(
    families: &[Numbered],
    options: &Options,
    without: &mut Vec<usize>,
) -> Result<Vec<Chosen>, Error> {
    let mut chosen = Vec::new();
    for of in families {
        if !is_wanted(of.number, of.slot, &of.family, options) {
            continue;
        }
        let choose = |state| Chosen {
            number: of.number,
            slot: of.slot,
            family: of.family.clone(),
            state,
            chain: None,
        };
        match of.family.choose(&options.state) {
            _ if options.at.is_some() => without.push(of.number),
            Choice::None => without.push(of.number),
            Choice::One(state) => chosen.push(choose(state)),
            Choice::Several(states) if options.every_leaf => {
                chosen.extend(states.into_iter().map(choose));
            }
            Choice::Several(states) => return Err(state::ambiguous(&options.state, &states)),
        }
    }
    if chosen.is_empty() {
        let families: Vec<_> = families.iter().map(|of| of.family.clone()).collect();
        return Err(nothing_chosen(&families, options));
    }
    Ok(chosen)
}

/// Whether the disk is one that the operator means: by number, by drive, or by a file of its chain.
fn is_wanted(number: usize, slot: Option<Slot>, family: &Family, options: &Options) -> bool {
    let Some(disk) = &options.disk else {
        return true;
    };
    if slot.is_some_and(|slot| slot.to_string().eq_ignore_ascii_case(disk)) {
        return true;
    }
    match disk.trim_start_matches("disk").parse::<usize>() {
        Ok(wanted) => wanted == number,
        Err(_) => !matches!(family.choose(disk), Choice::None),
    }
}

fn nothing_chosen(families: &[Family], options: &Options) -> Error {
    let what = match &options.disk {
        _ if options.at.is_some() => {
            "nothing says when these states were taken: they have no configuration".into()
        }
        Some(disk) => format!("no disk {disk} with a state {}", options.state),
        None => format!("there is no state '{}'", options.state),
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
fn in_file(source: &Source, options: &Options) -> Result<Chosen, Error> {
    let path = source.path();
    let chain = source.finder.chain(path).ok();
    let family = family_of(path, &source.survey, chain.as_ref());
    let here = family.state_at(path).unwrap_or(&family.states[0]).clone();
    if options.at.is_some() {
        return Err(nothing_chosen(&[family], options));
    }
    if matches!(&*options.state, "now" | "latest") {
        return Ok(Chosen {
            number: 0,
            slot: None,
            family,
            state: here,
            chain,
        });
    }
    match family.choose(&options.state) {
        Choice::One(state) => Ok(Chosen {
            number: 0,
            slot: None,
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
        slot,
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
        slot,
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
