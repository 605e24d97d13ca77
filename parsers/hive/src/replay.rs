//! What of the logs is to be put over a hive that was being written.

use std::fmt;
use std::sync::Arc;

use blockio::{Fault, ReadAt};

use crate::base_block::BaseBlock;
use crate::codes;
use crate::format::FIRST_BIN_TIMESTAMP;
use crate::log::{Content, DirtyPages, Entry, Log};
use crate::overlay::Overlay;

/// How a hive was found, and what was made of it in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Whether it was being written: ordinary for a machine that ran when it was saved.
    pub dirty: bool,
    /// Log entries that were applied.
    pub entries: u64,
    /// Pages of 512 bytes that came with them.
    pub pages: u64,
}

impl fmt::Display for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.dirty, self.entries) {
            (false, _) => f.write_str("clean"),
            (true, 0) => f.write_str("being written, read as it is"),
            (true, 1) => write!(
                f,
                "being written, 1 log entry applied in memory ({} pages)",
                self.pages
            ),
            (true, n) => write!(
                f,
                "being written, {n} log entries applied in memory ({} pages)",
                self.pages
            ),
        }
    }
}

/// The outcome: where the root is and how far the hive goes.
pub(crate) struct Replayed {
    pub(crate) base: BaseBlock,
    pub(crate) bins_size: u32,
    pub(crate) recovery: Recovery,
}

/// Puts over `hive` what its `logs` hold, if it needs that. `base` is its own base block, where that
/// can be recognised at all; `name` is the hive's.
pub(crate) fn replay(
    hive: &mut Overlay,
    base: Option<BaseBlock>,
    logs: &[(String, Arc<dyn ReadAt>)],
    name: &str,
    notes: &mut Vec<Arc<Fault>>,
) -> Result<Replayed, Fault> {
    if let Some(base) = base.filter(BaseBlock::is_clean) {
        return Ok(as_it_is(base, false));
    }
    let logs = read(logs, notes);
    let sound = base.filter(BaseBlock::is_sound);
    if sound.is_none() {
        notes.push(Arc::new(unsound(base, name)));
    }
    if let Some(replayed) = entries(hive, sound, &logs, notes) {
        return Ok(replayed);
    }
    if let Some(replayed) = dirty_pages(hive, sound, &logs, notes) {
        return Ok(replayed);
    }
    let Some(base) = base.or(logs.first().map(|log| log.base)) else {
        return Err(Fault::damaged(&codes::BASE_BLOCK, name.to_owned())
            .at(0)
            .expected("signature regf"));
    };
    notes.push(Arc::new(
        Fault::damaged(&codes::NOT_REPLAYED, name.to_owned())
            .found("changes that were being written"),
    ));
    Ok(as_it_is(base, true))
}

fn as_it_is(base: BaseBlock, dirty: bool) -> Replayed {
    Replayed {
        base,
        bins_size: base.bins_size(),
        recovery: Recovery {
            dirty,
            ..Recovery::default()
        },
    }
}

fn unsound(base: Option<BaseBlock>, name: &str) -> Fault {
    let fault = Fault::damaged(&codes::BASE_BLOCK_CHECKSUM, format!("base block of {name}"));
    match base.map(|base| base.checksums()) {
        None => fault.expected("signature regf"),
        Some((expected, found)) => fault
            .expected(format!("checksum {expected:#010x}"))
            .found(format!("{found:#010x}")),
    }
}

fn read(logs: &[(String, Arc<dyn ReadAt>)], notes: &mut Vec<Arc<Fault>>) -> Vec<Log> {
    let mut sound = Vec::new();
    for (name, file) in logs {
        match Log::read(file, name) {
            Ok(log) => sound.extend(log),
            Err(fault) => notes.push(fault),
        }
    }
    sound
}

/// Applies the entries of all logs of the new format that the hive does not have yet, up to the first
/// that is missing. "New format", "Log entries".
fn entries(
    hive: &mut Overlay,
    sound: Option<BaseBlock>,
    logs: &[Log],
    notes: &mut Vec<Arc<Fault>>,
) -> Option<Replayed> {
    let wanted = wanted(logs, sound.map(|base| base.sequence()));
    let (run, left) = split_run(&wanted, sound.is_some());
    let last = run.last()?;
    let newest = logs.iter().max_by_key(|log| log.base.sequence());
    let base = sound.or(newest.map(|log| log.base))?;
    notes.extend(
        logs.iter()
            .flat_map(|log| log.notes.iter().cloned().map(Arc::new)),
    );
    if let Some(first) = left.first() {
        let what = format!("log entry {}", first.sequence);
        let expected = format!("entry {}", last.sequence.wrapping_add(1));
        notes.push(Arc::new(
            Fault::damaged(&codes::LOG_ENTRY, what).expected(expected),
        ));
    }
    let pages = run.iter().map(|entry| entry.apply(hive)).sum();
    Some(Replayed {
        base,
        bins_size: last.bins_size,
        recovery: Recovery {
            dirty: true,
            entries: blockio::clamp(run.len()),
            pages,
        },
    })
}

/// The entries of all logs from the sequence number `from` on, in order, each once.
fn wanted<'a>(logs: &'a [Log], from: Option<u32>) -> Vec<&'a Entry> {
    let of = |log: &'a Log| match &log.content {
        Content::New(entries) => &entries[..],
        Content::Old(_) => &[],
    };
    let all = logs.iter().flat_map(of);
    let mut wanted: Vec<&Entry> = all
        .filter(|entry| from.is_none_or(|from| entry.sequence >= from))
        .collect();
    wanted.sort_by_key(|entry| entry.sequence);
    wanted.dedup_by_key(|entry| entry.sequence);
    wanted
}

/// The entries that follow on each other without a gap, and those after them: from the first one on
/// where the hive itself says which is next, else the newest such run.
fn split_run<'a>(entries: &'a [&'a Entry], from_first: bool) -> (&'a [&'a Entry], &'a [&'a Entry]) {
    let mut runs = entries.chunk_by(|a, b| a.sequence.checked_add(1) == Some(b.sequence));
    if from_first {
        let run = runs.next().unwrap_or_default();
        let left = entries.split_at_checked(run.len()).unwrap_or_default().1;
        return (run, left);
    }
    (runs.next_back().unwrap_or_default(), &[])
}

/// Applies the log of the old format that was written for this very hive. "Old format".
fn dirty_pages(
    hive: &mut Overlay,
    sound: Option<BaseBlock>,
    logs: &[Log],
    notes: &mut Vec<Arc<Fault>>,
) -> Option<Replayed> {
    let written = sound.map_or_else(
        || first_bin_timestamp(hive),
        |base| Some(base.last_written()),
    );
    let mut fitting: Vec<(&Log, &DirtyPages)> = Vec::new();
    for log in logs {
        match &log.content {
            Content::New(_) => {}
            Content::Old(Err(fault)) => notes.push(Arc::new(fault.clone())),
            Content::Old(Ok(pages)) if Some(log.base.last_written()) == written => {
                fitting.push((log, pages));
            }
            Content::Old(Ok(_)) => notes.push(Arc::new(
                Fault::damaged(&codes::LOG, "transaction log")
                    .found("the changes of another time than the hive's"),
            )),
        }
    }
    let (log, pages) = fitting
        .into_iter()
        .max_by_key(|(log, _)| log.base.sequence())?;
    let pages = pages.apply(hive);
    Some(Replayed {
        base: log.base,
        bins_size: log.base.bins_size(),
        recovery: Recovery {
            dirty: true,
            entries: 1,
            pages,
        },
    })
}

fn first_bin_timestamp(hive: &Overlay) -> Option<u64> {
    let mut bytes = [0; 8];
    hive.read(&mut bytes, FIRST_BIN_TIMESTAMP).ok()?;
    Some(u64::from_le_bytes(bytes))
}
