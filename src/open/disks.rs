//! Which disks a source has, and each of them opened in the state asked for.

use std::path::Path;
use std::sync::Arc;

use blockio::{Cache, Fault, ReadAt};
use disk::{Finder, Survey, VirtualDisk};
use partition::{Content, Partition};
use tree::FileSystem;

use super::state::{self, Choice};
use super::{ChainView, Disk, Error, Family, OpenDisk, Options, State, Volume};

/// A disk to open: its number, its states, the one to read.
type Chosen = (usize, Family, State);

/// The disks of `source`, each in the state that `options` ask for. A disk that cannot be read is
/// among them, with the reason.
pub(super) fn open(
    source: &Path,
    survey: &Survey,
    finder: &Finder,
    cache: &Cache,
    options: &Options,
) -> Result<Vec<Disk>, Error> {
    let chosen = if source.is_dir() {
        in_folder(source, survey, options)?
    } else {
        vec![in_file(source, survey, options)?]
    };
    let open = |(number, family, state)| open_disk(number, family, state, finder, cache);
    Ok(chosen.into_iter().map(open).collect())
}

fn in_folder(source: &Path, survey: &Survey, options: &Options) -> Result<Vec<Chosen>, Error> {
    let families = Family::all(survey);
    if families.is_empty() {
        let damaged = survey
            .files
            .iter()
            .find_map(|file| file.outcome.as_ref().err());
        return Err(
            damaged.map_or_else(|| Error::no_disk(source), |fault| Arc::clone(fault).into())
        );
    }
    let wanted: Vec<_> = families
        .iter()
        .enumerate()
        .filter(|family| is_wanted(family, options))
        .collect();
    let mut chosen = Vec::new();
    for (number, family) in wanted {
        match family.choose(&options.state) {
            Choice::None => {}
            Choice::One(state) => chosen.push((number, family.clone(), state)),
            Choice::Several(states) if options.every_leaf => {
                chosen.extend(
                    states
                        .into_iter()
                        .map(|state| (number, family.clone(), state)),
                );
            }
            Choice::Several(states) => return Err(state::ambiguous(&options.state, &states)),
        }
    }
    if chosen.is_empty() {
        return Err(nothing_chosen(&families, options));
    }
    Ok(chosen)
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
fn in_file(source: &Path, survey: &Survey, options: &Options) -> Result<Chosen, Error> {
    let known = Family::all(survey)
        .into_iter()
        .find(|family| family.state_at(source).is_some());
    let family = known.unwrap_or_else(|| Family::single(source));
    if matches!(&*options.state, "now" | "latest") {
        let here = family.state_at(source).cloned();
        let state = here.unwrap_or_else(|| family.states[0].clone());
        return Ok((0, family, state));
    }
    match family.choose(&options.state) {
        Choice::One(state) => Ok((0, family, state)),
        Choice::None => Err(nothing_chosen(&[family], options)),
        Choice::Several(states) => Err(state::ambiguous(&options.state, &states)),
    }
}

fn open_disk(number: usize, family: Family, state: State, finder: &Finder, cache: &Cache) -> Disk {
    let (opened, chain) = match finder.chain(&state.path) {
        Err(error) => (Err(Arc::clone(error.fault())), None),
        Ok(chain) => match &chain.broken {
            Some(link) => (
                Err(Arc::clone(&link.fault)),
                Some(ChainView::Broken(Box::new(chain))),
            ),
            None => {
                let disk = Arc::new(VirtualDisk::salvage(chain));
                let opened = open_volumes(number, &state, &disk, cache);
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

fn open_volumes(number: usize, state: &State, disk: &Arc<VirtualDisk>, cache: &Cache) -> OpenDisk {
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
                    letter: None,
                    fs,
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
