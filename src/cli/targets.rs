//! From guest paths as written to nodes of volumes.

use blockio::Fault;
use partition::codes::UNREADABLE_START;
use tree::{Entry, Error, GuestPath, NodeId};

use crate::cli::address::{Address, VolumeChoice};
use crate::cli::args::PlaceArgs;
use crate::cli::{Context, Exit, Stop, context, letters, text};
use crate::codes;
use crate::open::{Backup, LetterSource, OpenDisk, Volume};
use crate::select::{self, Pattern, PatternError, Root};

/// One node that a guest path names.
pub struct Target<'a> {
    /// The volume it is on.
    pub volume: &'a Volume,
    /// What is there.
    pub entry: Entry,
}

/// What the operator's `places` name.
///
/// # Errors
/// As [`find`].
pub fn of<'a>(
    backup: &'a Backup,
    places: &PlaceArgs,
    ctx: &Context,
) -> anyhow::Result<Vec<Target<'a>>> {
    find(backup, &places.paths, places.volume.volume.as_deref(), ctx)
}

/// What `paths` name, in their order. Without paths: the root of `volume`, or of every data volume.
///
/// # Errors
/// A [`Stop`] where a volume must be chosen, or a path matches nothing; a fault where a directory on
/// the way cannot be read.
pub fn find<'a>(
    backup: &'a Backup,
    paths: &[String],
    volume: Option<&str>,
    ctx: &Context,
) -> anyhow::Result<Vec<Target<'a>>> {
    if paths.is_empty() {
        return roots(backup, volume.map(VolumeChoice::parse).as_ref(), ctx);
    }
    let mut targets = Vec::new();
    for text in paths {
        let address = Address::parse_within(text, volume);
        let volume = choose(backup, &address.volume, ctx)?;
        let found = matches(volume, &address.path).map_err(|error| error.context(text.clone()))?;
        if found.is_empty() {
            return Err(context::no_match(text).into());
        }
        targets.extend(found);
    }
    Ok(targets)
}

fn roots<'a>(
    backup: &'a Backup,
    volume: Option<&VolumeChoice>,
    ctx: &Context,
) -> anyhow::Result<Vec<Target<'a>>> {
    let volumes: Vec<_> = match volume {
        Some(choice) => vec![choose(backup, choice, ctx)?],
        None => backup.data_volumes().collect(),
    };
    if volumes.is_empty() {
        return Err(no_volume(backup));
    }
    let root = |volume: &'a Volume| {
        let entry = entry_at(volume, volume.fs.root(), GuestPath::root())?;
        Ok(Target { volume, entry })
    };
    volumes.into_iter().map(root).collect()
}

/// The volume that `choice` means.
///
/// # Errors
/// A [`Stop`] that lists the volumes.
pub fn choose<'a>(
    backup: &'a Backup,
    choice: &VolumeChoice,
    ctx: &Context,
) -> anyhow::Result<&'a Volume> {
    if backup.volumes().next().is_none() {
        return Err(no_volume(backup));
    }
    let fits = |volume: &&Volume| is_meant(volume, choice);
    let found: Vec<_> = match choice {
        VolumeChoice::Letter(letter) => letters::volumes(backup, *letter, ctx)?,
        VolumeChoice::Only => backup.data_volumes().collect(),
        VolumeChoice::Number(number) => backup
            .volumes()
            .skip(number.wrapping_sub(1))
            .take(1)
            .collect(),
        _ => backup.volumes().filter(fits).collect(),
    };
    match &found[..] {
        [one] => Ok(one),
        [] => Err(unknown(backup, choice)),
        _ => {
            let text = format!("{} volumes fit; choose one", found.len());
            Err(Stop::new(Exit::Usage, &codes::cli::AMBIGUOUS, text)
                .with(lines(backup, found))
                .into())
        }
    }
}

fn is_meant(volume: &Volume, choice: &VolumeChoice) -> bool {
    match choice {
        VolumeChoice::Part { disk, part } => {
            volume.disk == *disk && volume.partition.number == *part
        }
        VolumeChoice::Id(id) => volume.partition.id == Some(*id),
        VolumeChoice::Label(label) => {
            let own = volume
                .fs
                .info()
                .label
                .or_else(|| volume.partition.name.clone());
            own.is_some_and(|own| own.to_lowercase() == label.to_lowercase())
        }
        VolumeChoice::Only | VolumeChoice::Letter(_) | VolumeChoice::Number(_) => true,
    }
}

/// Why no volume is `choice`: it is there and cannot be opened, or it is not there.
fn unknown(backup: &Backup, choice: &VolumeChoice) -> anyhow::Error {
    if let Some(fault) = why_failed(backup, choice) {
        return anyhow::Error::new(fault.clone()).context(choice.to_string());
    }
    // Where letters are guessed, a volume without one may be the one that is meant: then it is for the
    // operator to say.
    let is_guess = || matches!(backup.letters().source, LetterSource::Guess { .. });
    let all_known = || {
        backup
            .data_volumes()
            .all(|volume| backup.letter_of(volume).is_some())
    };
    let (exit, code) = match choice {
        VolumeChoice::Letter(_) if is_guess() && all_known() => {
            (Exit::NotInBackup, &codes::cli::NO_LETTER)
        }
        VolumeChoice::Letter(_) => (Exit::Usage, &codes::cli::NO_LETTER),
        _ => (Exit::Usage, &codes::cli::NO_SUCH_VOLUME),
    };
    let text = format!("no volume that can be read is {choice}");
    Stop::new(exit, code, text).with(list(backup)).into()
}

fn why_failed<'a>(backup: &'a Backup, choice: &VolumeChoice) -> Option<&'a Fault> {
    let VolumeChoice::Part { disk, part } = choice else {
        return None;
    };
    let disk = backup.disks.iter().find(|found| found.number == *disk)?;
    match &disk.opened {
        Err(fault) => Some(fault),
        Ok(opened) => {
            let mut failed = opened.failed.iter();
            let (_, fault) = failed.find(|(number, _)| number == part)?;
            Some(fault)
        }
    }
}

/// A line for each volume there is, as it can be asked for.
pub(super) fn list(backup: &Backup) -> Vec<String> {
    lines(backup, backup.volumes())
}

fn lines<'a>(backup: &Backup, volumes: impl IntoIterator<Item = &'a Volume>) -> Vec<String> {
    let line = |volume: &Volume| {
        let info = volume.fs.info();
        let label = info.label.unwrap_or_default();
        let letter = backup.letter_of(volume);
        let letter = letter.map_or_else(String::new, |letter| format!(" ({letter}:)"));
        format!(
            "{}{letter} {} '{label}' {}",
            volume.name,
            info.kind,
            text::size(info.size)
        )
    };
    volumes.into_iter().map(line).collect()
}

/// Why there is no volume: the first disk's fault, or that nothing on the disks can be read.
#[must_use]
pub fn no_volume(backup: &Backup) -> anyhow::Error {
    for disk in &backup.disks {
        match &disk.opened {
            Err(fault) => return anyhow::Error::new((**fault).clone()),
            Ok(opened) => {
                if let Some(fault) = why_no_volume(opened) {
                    return anyhow::Error::new(fault.clone());
                }
            }
        }
    }
    let text = "no NTFS volume on these disks; inspect names what each partition holds";
    Stop::new(Exit::Unsupported, &codes::cli::NO_VOLUME, text).into()
}

/// Why a disk that can be read has no volume: one that cannot be opened, or bytes that cannot be read.
fn why_no_volume(opened: &OpenDisk) -> Option<&Fault> {
    let failed = opened.failed.first().map(|(_, fault)| &**fault);
    let table = opened.table.as_ref();
    let unreadable = table.map_or_else(
        |fault| Some(&**fault),
        |table| {
            let mut notes = table.notes.iter();
            notes.find(|fault| fault.code == &UNREADABLE_START)
        },
    );
    failed.or(unreadable)
}

/// What `path`, which may hold globs, names on `volume`.
fn matches<'a>(volume: &'a Volume, path: &str) -> anyhow::Result<Vec<Target<'a>>> {
    let found = select::find_each(&*volume.fs, &[pattern(path)?]);
    if let (true, Some(loss)) = (found.roots.is_empty(), found.losses.into_iter().next()) {
        return Err(loss.error.into());
    }
    let target = |root: Root| {
        Ok(Target {
            volume,
            entry: entry_at(volume, root.node, root.path)?,
        })
    };
    found.roots.into_iter().map(target).collect()
}

/// The pattern that `text` is.
///
/// # Errors
/// A [`Stop`] where it is none.
pub fn pattern(text: &str) -> Result<Pattern, Stop> {
    let bad = |error: PatternError| {
        Stop::new(Exit::Usage, &crate::sink::codes::PATTERN, error.to_string())
    };
    Pattern::parse(text).map_err(bad)
}

/// The entry of the node at `path`, as a listing shows it.
///
/// # Errors
/// Where its record cannot be read.
pub fn entry_at(volume: &Volume, node: NodeId, path: GuestPath) -> Result<Entry, Error> {
    let metadata = volume.fs.metadata(node)?;
    let mut streams = volume.fs.streams(node)?;
    streams.retain(|stream| !stream.name.is_empty());
    Ok(Entry {
        path,
        node,
        metadata,
        streams,
        unindexed: false,
    })
}
