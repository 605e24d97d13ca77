//! File records that are no longer in use.

use std::collections::BTreeMap;
use std::sync::Arc;

use blockio::ReadAt;
use tree::{Name, Time};
use zerocopy::FromBytes;

use crate::file_name::FileName;
use crate::format::{
    FILE_SIGNATURE, FileRecordHeader, RECORD_IN_USE, StandardInformation, attribute_type,
};
use crate::record::{self, Record};
use crate::reference::FileReference;
use crate::volume::Inner;

/// Bytes of $MFT that are read at once.
const BATCH_BYTES: u64 = 1 << 20;
/// Names of one record that are taken: it has room for no more.
const MAX_NAMES: usize = 64;

/// A deleted file or directory, as its base record tells of it.
pub(super) struct Found {
    /// Its record, and the sequence number that this has now.
    pub(super) reference: FileReference,
    pub(super) is_directory: bool,
    /// When the record was last changed while it was in use.
    pub(super) changed: Time,
    /// Each name with the directory it was in; none where they are gone.
    pub(super) names: Vec<(FileReference, Name)>,
}

/// What $MFT has of deleted files.
#[derive(Default)]
pub(super) struct Records {
    /// The base records that still have a name or content, in the order of their numbers.
    pub(super) files: Vec<Found>,
    /// Extension records by the base record that each says it is of.
    pub(super) extensions: BTreeMap<u64, Vec<u64>>,
}

/// All deleted files of `volume` that still have a name or content.
pub(super) fn deleted(volume: &Inner) -> Records {
    let mft = volume.mft.stream().over(Arc::clone(&volume.bytes));
    let size = blockio::clamp(volume.mft.record_size()).max(1);
    let per_batch = BATCH_BYTES.checked_div(size).unwrap_or_default().max(1);
    let mut found = Records::default();
    let mut first = 0;
    while first < volume.mft.len() {
        let records = per_batch.min(volume.mft.len().saturating_sub(first));
        read_batch(&mft, first, records, size, &mut found);
        first = first.saturating_add(records);
    }
    found
}

/// Adds those of `records` records from `first` on. A bad sector costs its own records only.
fn read_batch(mft: &dyn ReadAt, first: u64, records: u64, size: u64, found: &mut Records) {
    let len = usize::try_from(records.saturating_mul(size)).unwrap_or_default();
    let mut bytes = vec![0; len];
    let whole = mft
        .read_exact_at(&mut bytes, first.saturating_mul(size))
        .is_ok();
    let record_len = usize::try_from(size).unwrap_or(1).max(1);
    for (number, bytes) in (first..).zip(bytes.chunks_exact_mut(record_len)) {
        let at = number.saturating_mul(size);
        if whole || mft.read_exact_at(bytes, at).is_ok() {
            found.add(number, bytes);
        }
    }
}

impl Records {
    /// Adds the record in `bytes`, if it is a deleted one.
    fn add(&mut self, number: u64, bytes: &mut [u8]) -> Option<()> {
        let (header, _) = FileRecordHeader::ref_from_prefix(&*bytes).ok()?;
        let is_free = header.flags.get() & RECORD_IN_USE == 0;
        if header.signature != FILE_SIGNATURE || !is_free {
            return None;
        }
        record::restore(bytes).ok()?;
        let record = Record::parse(number, bytes).ok()?;
        match record.base() {
            Some(base) => self
                .extensions
                .entry(base.record())
                .or_default()
                .push(number),
            None => self.files.extend(file(&record)),
        }
        Some(())
    }
}

/// The deleted file whose base record is `record`, if it is more than a record never used.
fn file(record: &Record<'_>) -> Option<Found> {
    let names = names(record);
    (!names.is_empty() || has_content(record)).then(|| Found {
        reference: record.reference(),
        is_directory: record.is_directory(),
        changed: changed(record),
        names,
    })
}

/// The names of a record but short twins, or those where it has no others.
fn names(record: &Record<'_>) -> Vec<(FileReference, Name)> {
    let attributes = record.attributes().filter_map(Result::ok);
    let values = attributes.filter(|part| part.kind == attribute_type::FILE_NAME);
    let names: Vec<FileName<'_>> = values
        .filter_map(|part| part.resident().and_then(FileName::parse))
        .take(MAX_NAMES)
        .collect();
    let has_long = names.iter().any(|name| !name.is_dos_twin());
    let kept = names
        .iter()
        .filter(|name| !(has_long && name.is_dos_twin()));
    kept.map(|name| (name.parent, name.name())).collect()
}

/// Whether a record without a name is more than an unused one.
fn has_content(record: &Record<'_>) -> bool {
    let mut attributes = record.attributes().filter_map(Result::ok);
    attributes.any(|part| match part.kind {
        attribute_type::ATTRIBUTE_LIST => true,
        attribute_type::DATA => part.facts().size > 0,
        _ => false,
    })
}

fn changed(record: &Record<'_>) -> Time {
    let mut attributes = record.attributes().filter_map(Result::ok);
    let standard = attributes.find(|part| part.kind == attribute_type::STANDARD_INFORMATION);
    let value = standard.and_then(|part| part.resident());
    let standard = value.and_then(|value| StandardInformation::ref_from_prefix(value).ok());
    standard.map_or_else(Time::default, |(standard, _)| Time(standard.changed.get()))
}
