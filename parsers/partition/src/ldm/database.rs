//! The database header, and the records joined to volumes.

use blockio::Fault;

use super::fragments::{self, Joined};
use super::header::{self, Header};
use super::record::Record;
use super::{Database, volume};
use crate::codes;
use crate::format::ldm::{self, COMMITTED, DATABASE};
use crate::probe::Probe;
use crate::text;

/// Sizes of a fragment that are read; Windows has 128.
const RECORD_SIZES: std::ops::RangeInclusive<u32> = 64..=4096;
/// Longest database that is read; Windows has less than 1 MiB.
const LONGEST: u64 = 1 << 20;

/// Reads the database that `header` leads to.
pub(super) fn read(
    disk: Probe<'_>,
    header: &Header,
    notes: &mut Vec<Fault>,
) -> Result<Database, Fault> {
    let (offset, len) = header.config(disk)?;
    let fault = || Fault::damaged(&codes::LDM_DATABASE, "dynamic disk (LDM) database").at(offset);
    let raw = disk.read::<ldm::Database>(offset.min(disk.size()));
    let raw = raw.map_err(|error| fault().found(error.to_string()))?;
    let raw = raw.filter(|raw| raw.magic == DATABASE);
    let raw = raw.ok_or_else(|| fault().expected("signature VMDB"))?;
    let size = raw.record_size.get();
    if !size.is_power_of_two() || !RECORD_SIZES.contains(&size) {
        return Err(fault()
            .expected("a record size of 128")
            .found(size.to_string()));
    }
    if raw.status.get() != COMMITTED {
        let found = format!("update status {}", raw.status.get());
        notes.push(unfinished("dynamic disk (LDM) database", found).at(offset));
    }
    let used = u64::from(raw.last_sequence.get()).saturating_mul(size.into());
    let first = u64::from(raw.first_record.get());
    let end = used.min(len).min(LONGEST);
    let bytes = disk.bytes(offset.saturating_add(first), end.saturating_sub(first));
    let bytes = bytes.map_err(|error| fault().found(error.to_string()))?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let records = parse(fragments::join(&bytes, size, notes), notes);
    let (disks, volumes) = volume::build(records, notes);
    Ok(Database {
        group: text::label(&raw.group_name).or_else(|| header.group_name()),
        group_guid: header::guid(&raw.group_guid).or_else(|| header.group_guid()),
        disk_guid: header.disk_guid(),
        public_start: header.public_start(),
        disks,
        volumes,
    })
}

/// The records that count.
fn parse(joined: Vec<Joined>, notes: &mut Vec<Fault>) -> Vec<Record> {
    let mut records = Vec::new();
    for joined in joined {
        let what = format!("dynamic disk (LDM) record {}", joined.group);
        match Record::parse(&joined.bytes) {
            Ok(record) => records.push(record),
            Err(found) if found.is_unfinished => notes.push(unfinished(what, found.text)),
            Err(found) => notes.push(Fault::damaged(&codes::LDM_RECORD, what).found(found.text)),
        }
    }
    records
}

fn unfinished(what: impl Into<String>, found: impl Into<String>) -> Fault {
    Fault::damaged(&codes::LDM_UNFINISHED, what.into()).found(found.into())
}
