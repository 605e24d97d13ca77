//! One stretch of $MFT, parsed.

use std::sync::Arc;

use blockio::ReadAt;
use tree::{Name, Storage, StreamInfo};
use zerocopy::FromBytes;

use super::digest::Digest;
use super::row::{Row, RowName};
use super::split;
use crate::attribute::{Attribute, Form};
use crate::data_run::RunList;
use crate::file_name::FileName;
use crate::format::{
    DIRECTORY_INDEX, FILE_SIGNATURE, FileRecordHeader, RECORD_IN_USE, StandardInformation,
    attribute_type,
};
use crate::index::Parts;
use crate::record::{self, Record};
use crate::storage::{self, DataFacts};
use crate::stream::{Sizes, Stream};
use crate::volume::Inner;
use crate::wof;

/// The rows of one stretch of $MFT, and their names and streams.
#[derive(Default)]
pub(super) struct Batch {
    /// In the order of their numbers.
    rows: Vec<Row>,
    names: Vec<RowName>,
    /// All names, WTF-8, one behind the other.
    text: Vec<u8>,
    /// Named streams with the numbers of their records, in that order.
    streams: Vec<(u32, StreamInfo)>,
    /// Directories and the digests of their indexes; `None`: damaged.
    pub(super) indexes: Vec<(u32, Option<Digest>)>,
}

/// Room that reading one batch after the other uses again.
#[derive(Default)]
pub(super) struct Scratch {
    bytes: Vec<u8>,
    batch: Batch,
}

/// What is met on the way through a record's attributes.
#[derive(Default)]
struct Met<'a> {
    standard: Option<&'a StandardInformation>,
    links: u16,
    data: Option<DataFacts>,
    reparse_tag: u32,
    root: Option<&'a [u8]>,
    allocation: Option<Attribute<'a>>,
    bitmap: Option<Attribute<'a>>,
}

impl Batch {
    /// Reads and parses `records` records from number `first` on.
    pub(super) fn read(
        volume: &Inner,
        mft: &Stream,
        first: u64,
        records: u64,
        scratch: &mut Scratch,
    ) -> Self {
        let Scratch { bytes: buf, batch } = scratch;
        let size = volume.mft.record_size();
        let offset = first.saturating_mul(blockio::clamp(size));
        let len = usize::try_from(records)
            .unwrap_or_default()
            .saturating_mul(size);
        buf.resize(len, 0);
        let whole = mft.read_exact_at(buf, offset).is_ok();
        for (number, bytes) in (first..).zip(buf.chunks_exact_mut(size.max(1))) {
            // A bad sector costs its own records, not the batch.
            let at = number.saturating_mul(blockio::clamp(size));
            if whole || mft.read_exact_at(bytes, at).is_ok() {
                batch.add(volume, number, bytes);
            }
        }
        batch.take()
    }

    /// What was gathered, in vectors that fit; the room it was gathered in stays.
    fn take(&mut self) -> Self {
        Self {
            rows: self.rows.drain(..).collect(),
            names: self.names.drain(..).collect(),
            text: self.text.drain(..).collect(),
            streams: self.streams.drain(..).collect(),
            indexes: self.indexes.drain(..).collect(),
        }
    }

    /// The row of file record `number`.
    pub(super) fn row(&self, number: u64) -> Option<&Row> {
        let at = self
            .rows
            .binary_search_by_key(&number, |row| row.number.into())
            .ok()?;
        self.rows.get(at)
    }

    /// The named streams of file record `number`.
    pub(super) fn streams(&self, number: u64) -> impl Iterator<Item = &StreamInfo> {
        let start = self
            .streams
            .partition_point(|(owner, _)| u64::from(*owner) < number);
        let rest = self.streams.get(start..).unwrap_or_default();
        rest.iter()
            .take_while(move |(owner, _)| u64::from(*owner) == number)
            .map(|(_, stream)| stream)
    }

    /// All names with the directories they are in.
    pub(super) fn parents(&self) -> impl Iterator<Item = &RowName> {
        self.names.iter()
    }

    /// The bytes of name `index`, and the row it names.
    pub(super) fn name(&self, index: usize) -> Option<(&[u8], &Row)> {
        let name = self.names.get(index)?;
        let text = self.text.get(usize::try_from(name.text).ok()?..)?;
        Some((
            text.get(..name.len.into())?,
            self.rows.get(usize::from(name.row))?,
        ))
    }

    /// Adds the record in `bytes`, if it is the base record of a live file.
    fn add(&mut self, volume: &Inner, number: u64, bytes: &mut [u8]) {
        if volume.mft.mirrored(number).is_none() && !is_live(bytes) {
            return;
        }
        let restored = record::restore(bytes).is_ok();
        let record = Record::parse(number, bytes).ok().filter(|_| restored);
        if record.is_none_or(|record| self.add_whole(volume, record).is_none()) {
            split::add(self, volume, number);
        }
    }

    /// Adds a file that has all it has in one record; `None` where it is not so simple.
    fn add_whole(&mut self, volume: &Inner, record: Record<'_>) -> Option<()> {
        let marks = (self.names.len(), self.text.len(), self.streams.len());
        let added = self
            .meet(record)
            .and_then(|met| self.add_row(volume, record, &met));
        if added.is_none() {
            self.names.truncate(marks.0);
            self.text.truncate(marks.1);
            self.streams.truncate(marks.2);
        }
        added
    }

    /// Goes through the attributes once; adds names and streams on the way.
    fn meet<'a>(&mut self, record: Record<'a>) -> Option<Met<'a>> {
        let number = u32::try_from(record.number).ok()?;
        let mut met = Met::default();
        for attribute in record.attributes() {
            let attribute = attribute.ok()?;
            if attribute.lowest_vcn() != 0 {
                return None;
            }
            match attribute.kind {
                attribute_type::STANDARD_INFORMATION if met.standard.is_none() => {
                    let value = attribute.resident()?;
                    met.standard = Some(StandardInformation::ref_from_prefix(value).ok()?.0);
                }
                attribute_type::FILE_NAME => {
                    // Like metadata, which leaves out what it cannot read.
                    let name = attribute.resident().and_then(FileName::parse);
                    if let Some(name) = name.filter(|name| !name.is_dos_twin()) {
                        met.links = met.links.saturating_add(1);
                        self.add_name(&name)?;
                    }
                }
                attribute_type::DATA if attribute.name.is_empty() => {
                    let before = met.data.replace(attribute.facts());
                    if before.is_some() {
                        return None;
                    }
                }
                attribute_type::DATA => self.add_stream(number, &attribute)?,
                attribute_type::REPARSE_POINT if attribute.name.is_empty() => {
                    let tag = attribute.resident()?.first_chunk()?;
                    met.reparse_tag = u32::from_le_bytes(*tag);
                    if met.reparse_tag == 0 {
                        return None;
                    }
                }
                attribute_type::ATTRIBUTE_LIST => return None,
                _ if attribute.is_named(&DIRECTORY_INDEX) => met.index_part(attribute),
                _ => {}
            }
        }
        Some(met)
    }

    /// Adds a name of the row that comes next.
    pub(super) fn add_name(&mut self, name: &FileName<'_>) -> Option<()> {
        let text = u32::try_from(self.text.len()).ok()?;
        let row = u16::try_from(self.rows.len()).ok()?;
        let before = self.text.len();
        encode(name.units.iter().map(|unit| unit.get()), &mut self.text);
        let len = u16::try_from(self.text.len().saturating_sub(before)).ok()?;
        self.names.push(RowName {
            parent: name.parent,
            text,
            len,
            row,
        });
        Some(())
    }

    fn add_stream(&mut self, number: u32, attribute: &Attribute<'_>) -> Option<()> {
        let name = Name::from_utf16(attribute.name.iter().map(|unit| unit.get()));
        let of_record = self
            .streams
            .iter()
            .rev()
            .take_while(|(owner, _)| *owner == number);
        if of_record.into_iter().any(|(_, stream)| stream.name == name) {
            return None;
        }
        let DataFacts {
            size, allocated, ..
        } = attribute.facts();
        self.streams.push((
            number,
            StreamInfo {
                name,
                size,
                allocated,
            },
        ));
        Some(())
    }

    /// Takes back the stream of the row that comes next that is storage; the bytes that it takes up.
    fn take_storage(&mut self, number: u32, tag: Option<u32>) -> Option<u64> {
        let of_record = |(owner, _): &&(u32, StreamInfo)| *owner == number;
        let count = self.streams.iter().rev().take_while(of_record).count();
        let first = self.streams.len().saturating_sub(count);
        let mut streams = self.streams.iter().skip(first);
        let at = streams.position(|(_, stream)| wof::is_storage(tag, stream.name.as_bytes()))?;
        Some(self.streams.remove(first.saturating_add(at)).1.allocated)
    }

    /// Adds the streams of the row that comes next, the unnamed one left out.
    pub(super) fn add_streams(&mut self, number: u32, streams: Vec<StreamInfo>) {
        let named = streams.into_iter().filter(|stream| !stream.name.is_empty());
        self.streams.extend(named.map(|stream| (number, stream)));
    }

    fn add_row(&mut self, volume: &Inner, record: Record<'_>, met: &Met<'_>) -> Option<()> {
        let standard = met.standard?;
        let attributes = standard.attributes.get();
        let tag = (met.reparse_tag != 0).then_some(met.reparse_tag);
        let is_directory = record.is_directory();
        let data = met.data.unwrap_or_default();
        let number = u32::try_from(record.number).ok()?;
        let storage = storage::of_record(is_directory, attributes, tag, met.data);
        let kept = self
            .take_storage(number, tag)
            .filter(|_| storage == Storage::Wof);
        self.push_row(Row {
            number,
            attributes,
            reparse_tag: met.reparse_tag,
            sequence: record.sequence(),
            links: met.links,
            times: [
                &standard.created,
                &standard.modified,
                &standard.changed,
                &standard.accessed,
            ]
            .map(|time| time.get()),
            size: data.size,
            allocated: kept.unwrap_or(data.allocated),
            storage,
            is_directory,
            has_streams: false,
        });
        if is_directory {
            let digest = met.index(volume, record.number).and_then(Digest::of_index);
            self.indexes.push((number, digest));
        }
        Some(())
    }

    /// Adds a row; its names and streams were added before.
    pub(super) fn push_row(&mut self, row: Row) {
        let has_streams = self
            .streams
            .last()
            .is_some_and(|(owner, _)| *owner == row.number);
        self.rows.push(Row { has_streams, ..row });
    }

    /// Where the next row will be.
    pub(super) fn marks(&self) -> (usize, usize) {
        (self.names.len(), self.text.len())
    }

    /// Takes back names that were added since `marks`.
    pub(super) fn reset(&mut self, (names, text): (usize, usize)) {
        self.names.truncate(names);
        self.text.truncate(text);
    }
}

impl<'a> Met<'a> {
    fn index_part(&mut self, attribute: Attribute<'a>) {
        match attribute.kind {
            attribute_type::INDEX_ROOT => self.root = attribute.resident(),
            attribute_type::INDEX_ALLOCATION => self.allocation = Some(attribute),
            attribute_type::BITMAP => self.bitmap = Some(attribute),
            _ => {}
        }
    }

    /// The directory's index, read past the cache: each of its blocks is read this once.
    fn index(&self, volume: &Inner, number: u64) -> Option<Parts> {
        Some(Parts {
            directory: number,
            root: self.root?.to_vec(),
            allocation: self
                .allocation
                .as_ref()
                .and_then(|part| open(volume, number, part)),
            bitmap: self
                .bitmap
                .as_ref()
                .and_then(|part| open(volume, number, part)),
            cluster_size: volume.geometry.cluster_size,
            record_size: volume.geometry.index_record_size,
            upcase: Arc::clone(&volume.upcase),
        })
    }
}

/// The bytes of an attribute that has no other fragments.
fn open(volume: &Inner, number: u64, attribute: &Attribute<'_>) -> Option<Arc<dyn ReadAt>> {
    let part = match &attribute.form {
        Form::Resident(value) => return Some(Arc::new(blockio::Memory::from(value.to_vec()))),
        Form::NonResident(part) => part,
    };
    let mut runs = RunList::default();
    runs.append(part, volume.geometry.bounds(number)).ok()?;
    let sizes = Sizes {
        size: part.header.size.get(),
        valid: part.header.initialized.get(),
    };
    let source = Arc::clone(&volume.bytes);
    Some(Arc::new(Stream::new(
        source,
        number,
        volume.geometry.cluster_size,
        sizes,
        runs,
    )))
}

/// Whether `bytes`, fixups not yet applied, are the base record of a file in use.
fn is_live(bytes: &[u8]) -> bool {
    FileRecordHeader::ref_from_prefix(bytes).is_ok_and(|(header, _)| {
        header.signature == FILE_SIGNATURE
            && header.flags.get() & RECORD_IN_USE != 0
            && header.base.get() == 0
    })
}

/// Appends a name's code units to `text` as WTF-8.
pub(super) fn encode(units: impl Iterator<Item = u16> + Clone, text: &mut Vec<u8>) {
    if units.clone().all(|unit| unit < 0x80) {
        text.extend(units.map(|unit| u8::try_from(unit).unwrap_or_default()));
    } else {
        text.extend_from_slice(Name::from_utf16(units).as_bytes());
    }
}
