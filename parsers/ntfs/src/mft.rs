//! The master file table: where the file records are.

use std::collections::BTreeMap;
use std::sync::Arc;

use blockio::{Fault, ReadAt};
use zerocopy::FromBytes;

use crate::attribute::{Attribute, Form};
use crate::attribute_list;
use crate::boot::Geometry;
use crate::codes;
use crate::data_run::{RunList, missing};
use crate::flaw::{Flaw, Result};
use crate::format::{
    FILE_SIGNATURE, FileRecordHeader, RECORD_IN_USE, attribute_type, record_number,
};
use crate::pages::Pages;
use crate::record::FileRecord;
use crate::reference::FileReference;
use crate::stream::{Sizes, Stream};

/// File records that $MFTMirr holds copies of.
const MIRRORED: u64 = 4;

/// The master file table.
pub(crate) struct Mft {
    /// $MFT's data, read through the cache.
    stream: Stream,
    record_size: usize,
    /// Records whose place in $MFT is damaged, from $MFTMirr.
    mirrored: BTreeMap<u64, FileRecord>,
}

/// What the header of a file record says of the life it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// In use, with this sequence number.
    InUse(u16),
    /// Not in use.
    Free,
    /// No file record; reading it says what is wrong.
    Damaged,
}

impl Mft {
    /// Finds the table by its own first record, and by that record's copy where it is damaged; what
    /// was damaged comes with it.
    ///
    /// # Errors
    /// Where neither tells where the table is.
    pub(crate) fn open(pages: Arc<Pages>, geometry: &Geometry) -> Result<(Self, Vec<Arc<Fault>>)> {
        let first = read_record(&*pages, geometry, geometry.offset_of(geometry.mft_lcn), 0);
        let candidates = [first, mirror(&*pages, geometry, 0)];
        let mut faults = Vec::new();
        for candidate in candidates {
            match candidate.and_then(|record| bootstrap(&pages, geometry, &record)) {
                Ok(stream) => return Ok(Self::with_mirror(stream, &pages, geometry)),
                Err(fault) => faults.push(fault),
            }
        }
        let found = faults
            .first()
            .map(|fault| fault.to_string())
            .unwrap_or_default();
        Err(Flaw::new(&codes::MFT, found).in_part("$MFT"))
    }

    /// Puts the mirror's copies in the place of damaged records.
    fn with_mirror(stream: Stream, pages: &Pages, geometry: &Geometry) -> (Self, Vec<Arc<Fault>>) {
        let mut notes = Vec::new();
        let record_size = geometry.record_size;
        let mut mft = Self {
            stream,
            record_size,
            mirrored: BTreeMap::new(),
        };
        for number in 0..MIRRORED {
            let Err(fault) = mft.record(number) else {
                continue;
            };
            if let Ok(copy) = mirror(pages, geometry, number) {
                let found = fault.found.clone();
                notes.push(Flaw::new(&codes::MFT_MIRROR, found).in_record(number));
                mft.mirrored.insert(number, copy);
            }
        }
        (mft, notes)
    }

    /// How many records the table has room for.
    pub(crate) fn len(&self) -> u64 {
        let size = blockio::clamp(self.record_size);
        self.stream.size().checked_div(size).unwrap_or_default()
    }

    /// How many records lie, in whole or in part, behind byte `end` of the volume.
    pub(crate) fn beyond(&self, end: u64) -> u64 {
        let cluster = self.stream.cluster_size().max(1);
        let size = blockio::clamp(self.record_size).max(1);
        let lost = self.stream.runs().bytes_beyond(end, cluster);
        lost.div_ceil(size).min(self.len())
    }

    /// Bytes of a file record.
    pub(crate) fn record_size(&self) -> usize {
        self.record_size
    }

    /// The table's bytes, read through the cache.
    pub(crate) fn stream(&self) -> &Stream {
        &self.stream
    }

    /// The copy of record `number` that stands in for a damaged one.
    pub(crate) fn mirrored(&self, number: u64) -> Option<&FileRecord> {
        self.mirrored.get(&number)
    }

    /// File record `number`, in use or not.
    ///
    /// # Errors
    /// Where it lies beyond the table or is damaged.
    pub(crate) fn record(&self, number: u64) -> Result<FileRecord> {
        if let Some(record) = self.mirrored.get(&number) {
            return Ok(record.clone());
        }
        if number >= self.len() {
            let found = format!("lies beyond the {} records of $MFT", self.len());
            return Err(Flaw::new(&codes::STALE_REFERENCE, found).in_record(number));
        }
        let mut bytes = vec![0; self.record_size].into_boxed_slice();
        self.stream
            .read_exact_at(&mut bytes, self.offset_of(number))
            .map_err(|error| Fault::from_io(&error, format!("file record {number}")))?;
        FileRecord::parse(number, bytes).map_err(|flaw| flaw.in_record(number))
    }

    /// The record that `reference` names.
    ///
    /// # Errors
    /// As [`record`](Self::record), and where the record has another life by now.
    pub(crate) fn referenced(&self, reference: FileReference) -> Result<FileRecord> {
        let record = self.record(reference.record())?;
        let view = record.view();
        let life = if view.is_in_use() {
            Life::InUse(view.sequence())
        } else {
            Life::Free
        };
        life.check(reference)?;
        Ok(record)
    }

    /// In which life record `number` is, without reading all of it.
    pub(crate) fn life(&self, number: u64) -> Life {
        if let Some(record) = self.mirrored.get(&number) {
            return Life::InUse(record.view().sequence());
        }
        let mut bytes = [0; size_of::<FileRecordHeader>()];
        let read = self
            .stream
            .read_exact_at(&mut bytes, self.offset_of(number));
        match FileRecordHeader::read_from_bytes(&bytes) {
            Ok(header) if read.is_ok() && header.signature == FILE_SIGNATURE => {
                match header.flags.get() & RECORD_IN_USE {
                    0 => Life::Free,
                    _ => Life::InUse(header.sequence.get()),
                }
            }
            _ if number >= self.len() => Life::Free,
            _ => Life::Damaged,
        }
    }

    fn offset_of(&self, number: u64) -> u64 {
        number.saturating_mul(blockio::clamp(self.record_size))
    }
}

impl Life {
    /// Checks that `reference` means this life of its record.
    ///
    /// # Errors
    /// Where it means another one. A damaged record passes: whoever reads it is told.
    pub(crate) fn check(self, reference: FileReference) -> Result<()> {
        let found = match self {
            Self::Damaged => return Ok(()),
            // Sequence number 0 in a reference means any.
            Self::InUse(now) if [now, 0].contains(&reference.sequence()) => return Ok(()),
            Self::InUse(now) => format!(
                "has sequence number {now}, the reference means {}",
                reference.sequence()
            ),
            Self::Free => "is not in use".to_owned(),
        };
        Err(Flaw::new(&codes::STALE_REFERENCE, found).in_record(reference.record()))
    }
}

/// Reads file record `number` at byte `offset` of the volume.
fn read_record(
    volume: &dyn ReadAt,
    geometry: &Geometry,
    offset: u64,
    number: u64,
) -> Result<FileRecord> {
    let len = blockio::clamp(geometry.record_size);
    if offset.saturating_add(len) > volume.size() {
        let found = format!("at {offset:#x}, volume ends at {:#x}", volume.size());
        return Err(Flaw::new(&codes::VOLUME_END, found).in_record(number));
    }
    let mut bytes = vec![0; geometry.record_size].into_boxed_slice();
    volume
        .read_exact_at(&mut bytes, offset)
        .map_err(|error| Fault::from_io(&error, format!("file record {number}")))?;
    FileRecord::parse(number, bytes).map_err(|flaw| flaw.in_record(number))
}

/// The copy of record `number` in $MFTMirr.
fn mirror(volume: &dyn ReadAt, geometry: &Geometry, number: u64) -> Result<FileRecord> {
    let within = number.saturating_mul(blockio::clamp(geometry.record_size));
    let offset = geometry
        .offset_of(geometry.mft_mirror_lcn)
        .saturating_add(within);
    read_record(volume, geometry, offset, number)
}

/// $MFT's data by its own record: the fragments there, then, in the order of their VCNs, those in
/// extension records, each of which lies in the part of the table that is known by then.
fn bootstrap(pages: &Arc<Pages>, geometry: &Geometry, record: &FileRecord) -> Result<Stream> {
    let flaw = |found| Flaw::new(&codes::MFT, found).in_record(record_number::MFT);
    let mut runs = RunList::default();
    let mut parts: Vec<_> = data_parts(record).collect();
    parts.sort_by_key(Attribute::lowest_vcn);
    append_in_order(&mut runs, parts.iter(), record_number::MFT, geometry)?;
    let Some(Form::NonResident(first)) = parts.first().map(|part| &part.form) else {
        return Err(flaw("has no non-resident $DATA"));
    };
    let sizes = Sizes {
        size: first.header.size.get(),
        valid: first.header.initialized.get(),
    };
    if first.header.lowest_vcn.get() != 0
        || sizes.size.div_ceil(geometry.cluster_size) > geometry.clusters
    {
        return Err(flaw("has a $DATA of impossible size"));
    }
    let source: Arc<dyn ReadAt> = Arc::<Pages>::clone(pages);
    for (lowest, number) in listed_parts(&source, geometry, record)? {
        if lowest < runs.end() {
            continue;
        }
        let known = part_of(&source, geometry, &runs);
        let offset = number.saturating_mul(blockio::clamp(geometry.record_size));
        let extension = read_record(&known, geometry, offset, number).ok();
        if let Some(extension) = extension.filter(is_extension_of_mft) {
            append_in_order(
                &mut runs,
                data_parts(&extension).collect::<Vec<_>>().iter(),
                number,
                geometry,
            )?;
        }
    }
    Ok(Stream::new(
        source,
        record_number::MFT,
        geometry.cluster_size,
        sizes,
        runs,
    ))
}

/// The fragments of the unnamed $DATA in `record`.
fn data_parts(record: &FileRecord) -> impl Iterator<Item = Attribute<'_>> {
    let attributes = record.view().attributes().filter_map(Result::ok);
    attributes.filter(|a| a.kind == attribute_type::DATA && a.name.is_empty())
}

fn is_extension_of_mft(record: &FileRecord) -> bool {
    let view = record.view();
    view.is_in_use()
        && view
            .base()
            .is_some_and(|base| base.record() == record_number::MFT)
}

/// Appends those of `parts` that are not yet known; a gap before one is lost.
fn append_in_order<'a>(
    runs: &mut RunList,
    parts: impl Iterator<Item = &'a Attribute<'a>>,
    record: u64,
    geometry: &Geometry,
) -> Result<()> {
    for part in parts {
        let Form::NonResident(part) = &part.form else {
            continue;
        };
        let lowest = part.header.lowest_vcn.get();
        if lowest < runs.end() || lowest > geometry.clusters {
            continue;
        }
        runs.cover(lowest, || {
            missing(record, "a fragment of $MFT's data runs is not there")
        });
        let bounds = geometry.bounds(record);
        runs.append(part, bounds)
            .map_err(|flaw| flaw.in_record(record))?;
    }
    Ok(())
}

/// The part of $MFT that `runs` describe.
fn part_of(source: &Arc<dyn ReadAt>, geometry: &Geometry, runs: &RunList) -> Stream {
    let size = geometry.offset_of(runs.end());
    let sizes = Sizes { size, valid: size };
    Stream::new(
        Arc::clone(source),
        record_number::MFT,
        geometry.cluster_size,
        sizes,
        runs.clone(),
    )
}

/// Lowest VCN and record of the fragments of $MFT's $DATA that are in other records, by VCN.
fn listed_parts(
    source: &Arc<dyn ReadAt>,
    geometry: &Geometry,
    record: &FileRecord,
) -> Result<Vec<(u64, u64)>> {
    let Some(list) = attribute_list::read(source, geometry, record)? else {
        return Ok(Vec::new());
    };
    let mut parts: Vec<_> = list
        .into_iter()
        .filter(|entry| entry.kind == attribute_type::DATA && entry.name.is_empty())
        .map(|entry| (entry.lowest_vcn, entry.record.record()))
        .filter(|(_, number)| *number != record_number::MFT)
        .collect();
    parts.sort_unstable();
    Ok(parts)
}
