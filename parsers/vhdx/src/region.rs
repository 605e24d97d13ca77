//! The region table, in two copies, and what of the file is taken. MS-VHDX 2.2.3

use std::borrow::Cow;
use std::ops::Range;

use blockio::{Fault, FaultKind, ReadAt};
use uuid::Uuid;
use zerocopy::FromBytes;

use crate::codes::{
    LOG_MISPLACED, REGION_MISPLACED, REGION_MISSING, REGION_TABLE_RECOVERED, REGION_TABLES,
    REGION_UNKNOWN,
};
use crate::format::{
    ALIGNMENT, BAT_REGION, HEADER_SECTION, MAX_TABLE_ENTRIES, METADATA_REGION, REGION_TABLE_LEN,
    REGION_TABLE_OFFSETS, REGION_TABLE_SIGNATURE, RegionTableEntry, RegionTableHeader,
};
use crate::structure;

/// The regions of a file, checked against each other, the log and the end of the file.
#[derive(Debug)]
pub(crate) struct Regions {
    /// The block allocation table, in bytes of the file.
    pub bat: Range<u64>,
    /// The metadata region, in bytes of the file.
    pub metadata: Range<u64>,
    /// Everything that no block may reach into, the header section first, in file order.
    taken: Vec<Taken>,
}

/// A range of the file with an owner.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub range: Range<u64>,
    pub owner: Cow<'static, str>,
}

impl Regions {
    /// Reads the first region table that is sound; a damaged first one becomes a note.
    ///
    /// `log` is the log's range of the file, if it has one.
    pub(crate) fn read(
        file: &dyn ReadAt,
        log: Option<Range<u64>>,
        notes: &mut Vec<Fault>,
    ) -> Result<Self, Fault> {
        let [first, second] = REGION_TABLE_OFFSETS;
        let fault = match read_table(file, "region table 1", first, &log) {
            Ok(regions) => return Ok(regions),
            Err(fault) if fault.kind == FaultKind::Unsupported => return Err(fault),
            Err(fault) => fault,
        };
        match read_table(file, "region table 2", second, &log) {
            Ok(regions) => {
                notes.push(Fault {
                    code: &REGION_TABLE_RECOVERED,
                    ..fault
                });
                Ok(regions)
            }
            Err(second) if second.kind == FaultKind::Unsupported => Err(second),
            Err(_) => Err(fault),
        }
    }

    /// Who owns a byte of `range` of the file, if not the blocks.
    pub(crate) fn owner_in(&self, range: &Range<u64>) -> Option<&Taken> {
        self.taken.iter().find(|taken| overlap(&taken.range, range))
    }

    fn from_entries(
        entries: Vec<(u64, RegionTableEntry)>,
        file_size: u64,
        log: &Option<Range<u64>>,
    ) -> Result<Self, Fault> {
        let (mut bat, mut metadata) = (None, None);
        let mut taken = vec![Taken {
            range: 0..HEADER_SECTION,
            owner: "the header section".into(),
        }];
        taken.extend(log.iter().map(|range| Taken {
            range: range.clone(),
            owner: "the log".into(),
        }));
        for (at, entry) in entries {
            let id = Uuid::from(entry.guid);
            let region = match id {
                BAT_REGION => known(at, &entry, file_size, "BAT", &mut bat)?,
                METADATA_REGION => known(at, &entry, file_size, "metadata", &mut metadata)?,
                _ => unknown(at, &entry, id)?,
            };
            claim(&mut taken, region, at)?;
        }
        taken.sort_by_key(|taken| taken.range.start);
        let missing =
            |what| Fault::damaged(&REGION_MISSING, what).found("no entry in the region table");
        Ok(Self {
            bat: bat.ok_or_else(|| missing("BAT region"))?,
            metadata: metadata.ok_or_else(|| missing("metadata region"))?,
            taken,
        })
    }
}

/// Whether the ranges share a byte. An empty one shares none.
fn overlap(a: &Range<u64>, b: &Range<u64>) -> bool {
    a.start.max(b.start) < a.end.min(b.end)
}

fn read_table(
    file: &dyn ReadAt,
    what: &'static str,
    offset: u64,
    log: &Option<Range<u64>>,
) -> Result<Regions, Fault> {
    let damaged = || Fault::damaged(&REGION_TABLES, what).at(offset);
    let bytes = structure::read(file, offset, REGION_TABLE_LEN, what)?;
    let (header, rest) = RegionTableHeader::read_from_prefix(&bytes).map_err(|_| damaged())?;
    if header.signature != REGION_TABLE_SIGNATURE {
        return Err(damaged()
            .expected(structure::shown(&REGION_TABLE_SIGNATURE))
            .found(structure::shown(&header.signature)));
    }
    let checksum = structure::checksum(&bytes);
    if header.checksum != checksum {
        return Err(damaged()
            .expected(format!("checksum {:#010x}", header.checksum))
            .found(format!("{checksum:#010x}")));
    }
    let count = usize::try_from(header.entry_count.get()).unwrap_or(usize::MAX);
    if count > MAX_TABLE_ENTRIES {
        return Err(damaged()
            .expected(format!("at most {MAX_TABLE_ENTRIES} entries"))
            .found(count.to_string()));
    }
    let entry_offsets = (offset.saturating_add(16)..).step_by(size_of::<RegionTableEntry>());
    let entries = rest.chunks_exact(size_of::<RegionTableEntry>()).take(count);
    let entries = entry_offsets
        .zip(entries)
        .filter_map(|(at, bytes)| Some((at, RegionTableEntry::read_from_bytes(bytes).ok()?)))
        .collect();
    Regions::from_entries(entries, file.size(), log)
}

/// A region that we know and need: placed as the specification says, and listed once.
fn known(
    at: u64,
    entry: &RegionTableEntry,
    file_size: u64,
    name: &'static str,
    slot: &mut Option<Range<u64>>,
) -> Result<Taken, Fault> {
    let misplaced = || Fault::damaged(&REGION_MISPLACED, format!("{name} region")).at(at);
    let (start, length) = (entry.file_offset.get(), u64::from(entry.length.get()));
    if !start.is_multiple_of(ALIGNMENT) || !length.is_multiple_of(ALIGNMENT) || length == 0 {
        return Err(misplaced()
            .expected("offset and length in whole MiB")
            .found(format!("{length:#x} bytes at {start:#x}")));
    }
    let end = start.checked_add(length).filter(|end| *end <= file_size);
    let Some(end) = end else {
        return Err(misplaced()
            .expected(format!("a region within the file of {file_size:#x} bytes"))
            .found(format!("{length:#x} bytes at {start:#x}")));
    };
    if slot.replace(start..end).is_some() {
        return Err(misplaced().expected("one entry").found("a second one"));
    }
    Ok(Taken {
        range: start..end,
        owner: format!("the {name} region").into(),
    })
}

/// A region that we do not know: to be left alone, unless it says that it may not be.
fn unknown(at: u64, entry: &RegionTableEntry, id: Uuid) -> Result<Taken, Fault> {
    if entry.required.get() & 1 != 0 {
        return Err(Fault::unsupported(&REGION_UNKNOWN, "required region")
            .at(at)
            .found(format!("{{{id}}}")));
    }
    let start = entry.file_offset.get();
    let end = start.saturating_add(entry.length.get().into());
    Ok(Taken {
        range: start..end,
        owner: format!("region {{{id}}}").into(),
    })
}

/// Adds `region` to what is taken, unless a byte of it is.
fn claim(taken: &mut Vec<Taken>, region: Taken, at: u64) -> Result<(), Fault> {
    if let Some(other) = taken
        .iter()
        .find(|other| overlap(&other.range, &region.range))
    {
        let code = if other.owner == "the log" {
            &LOG_MISPLACED
        } else {
            &REGION_MISPLACED
        };
        let what = region.owner.trim_start_matches("the ").to_owned();
        return Err(Fault::damaged(code, what).at(at).found(format!(
            "{:#x}..{:#x} overlaps {} at {:#x}..{:#x}",
            region.range.start, region.range.end, other.owner, other.range.start, other.range.end
        )));
    }
    taken.push(region);
    Ok(())
}
