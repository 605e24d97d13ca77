//! Drive letters on the command line: which volume is meant, who says so, why there is none.

use blockio::Fault;
use partition::Content;

use crate::cli::{Context, Exit, Stop, targets, text};
use crate::codes::cli;
use crate::open::{Backup, Disk, LetterSource, Meaning, OpenDisk, Volume};

/// The volumes that `letter` means, more than one where disks are copies of each other; none where
/// nobody knows the letter.
///
/// # Errors
/// Where what it means is not in the backup, or is no volume that can be read.
pub(super) fn volumes<'a>(
    backup: &'a Backup,
    letter: char,
    ctx: &Context,
) -> anyhow::Result<Vec<&'a Volume>> {
    for fault in &backup.letters().notes {
        ctx.console.detail(&fault.to_string());
    }
    match backup.meaning_of(letter) {
        Meaning::Volumes(volumes) => {
            if let [one] = volumes[..] {
                say(backup, letter, one, ctx);
            }
            Ok(volumes)
        }
        Meaning::Unknown => {
            // What could not be read of the registry may be why.
            let notes = &backup.letters().notes;
            notes.iter().for_each(|fault| ctx.console.fault(fault));
            Ok(Vec::new())
        }
        Meaning::Closed(disk, partition) => Err(closed(letter, disk, partition)),
        Meaning::Elsewhere(device) => {
            if let Some(fault) = unreadable(backup) {
                let text = format!("{letter}: is {device}, perhaps on a disk that cannot be read");
                return Err(anyhow::Error::new(fault.clone()).context(text));
            }
            let text = format!("{letter}: is {device}, which is not in this backup");
            let stop = Stop::new(Exit::NotInBackup, &cli::LETTER_ELSEWHERE, text);
            Err(stop.with(targets::list(backup)).into())
        }
    }
}

/// Who says that `letter` is `volume`: a guess always, the guest where more is asked for.
fn say(backup: &Backup, letter: char, volume: &Volume, ctx: &Context) {
    let label = volume.fs.info().label.unwrap_or_default();
    let place = format!("{} '{}'", volume.name, text::escape(&label));
    match &backup.letters().source {
        LetterSource::Guest { volume } => {
            ctx.console.detail(&format!(
                "{letter}: is {place}, by the registry on {volume}"
            ));
        }
        LetterSource::Guess { why } => {
            let by = if crate::open::holds_windows(volume) {
                r"it holds \Windows"
            } else {
                "the largest"
            };
            ctx.say_once(&format!("{letter}: is taken to be {place} ({by}; {why})"));
        }
    }
}

/// Why the partition that the letter means is no volume.
fn closed(letter: char, disk: &Disk, partition: &partition::Partition) -> anyhow::Error {
    let place = format!("{letter}: is disk{}/part{}", disk.number, partition.number);
    if let Some(fault) = disk
        .opened
        .as_ref()
        .ok()
        .and_then(|opened| why_closed(opened, partition.number))
    {
        return anyhow::Error::new(fault.clone()).context(place);
    }
    let holds = match &partition.content {
        Content::Foreign(foreign) => foreign.kind.name(),
        Content::Ntfs | Content::Unknown(_) => "nothing that is recognised",
    };
    let text = format!("{place}, which holds {holds}");
    Stop::new(Exit::Unsupported, &cli::NO_VOLUME, text).into()
}

fn why_closed(opened: &OpenDisk, number: u32) -> Option<&Fault> {
    let mut failed = opened.failed.iter();
    failed
        .find(|(part, _)| *part == number)
        .map(|(_, fault)| &**fault)
}

/// Why the first disk that cannot be read cannot.
fn unreadable(backup: &Backup) -> Option<&Fault> {
    let mut faults = backup.disks.iter().filter_map(|disk| match &disk.opened {
        Err(fault) => Some(&**fault),
        Ok(opened) => opened.table.as_ref().err().map(|fault| &**fault),
    });
    faults.next()
}
