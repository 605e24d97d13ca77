//! One attribute, joined from its fragments.

use std::borrow::Cow;
use std::sync::Arc;

use blockio::{Fault, ReadAt};

use crate::attribute::{Attribute, Form, NonResident};
use crate::attribute_list::ListEntry;
use crate::boot::Geometry;
use crate::codes;
use crate::data_run::{Bounds, RunList, missing};
use crate::flaw::{Flaw, Result};
use crate::format::{ATTRIBUTE_COMPRESSED, ATTRIBUTE_ENCRYPTED};
use crate::storage::DataFacts;
use crate::stream::{Sizes, Stream};

/// One attribute of a file: a resident value, or all fragments of a non-resident one.
#[derive(Debug)]
pub(crate) struct Joined<'a> {
    /// Each with the number of its record; by lowest VCN, the first with VCN 0.
    parts: Vec<(u64, Attribute<'a>)>,
    /// Fragments that the attribute list names and whose records cannot be had.
    gone: Vec<&'a Gone>,
}

/// An attribute, or a fragment of one, whose record cannot be had.
#[derive(Clone, Debug)]
pub(crate) struct Gone {
    pub(crate) entry: ListEntry,
    pub(crate) fault: Arc<Fault>,
}

impl<'a> Joined<'a> {
    /// The attribute made of `parts` in any order.
    ///
    /// # Errors
    /// Where its beginning is gone, and its sizes with that; where fragments overlap.
    pub(crate) fn new(
        mut parts: Vec<(u64, Attribute<'a>)>,
        gone: Vec<&'a Gone>,
    ) -> Result<Option<Self>> {
        parts.sort_by_key(|(_, part)| part.lowest_vcn());
        let Some((record, first)) = parts.first() else {
            return gone
                .first()
                .map_or(Ok(None), |gone| Err(Arc::clone(&gone.fault)));
        };
        if first.lowest_vcn() != 0 {
            let fault = || missing(*record, "the first fragment of an attribute is not there");
            return Err(gone
                .first()
                .map_or_else(fault, |gone| Arc::clone(&gone.fault)));
        }
        if parts.len() > 1 && parts.iter().any(|(_, part)| part.resident().is_some()) {
            let found = "an attribute is resident and not";
            return Err(Flaw::new(&codes::ATTRIBUTE, found).in_record(*record));
        }
        Ok(Some(Self { parts, gone }))
    }

    fn first(&self) -> (u64, &Attribute<'a>) {
        let (record, part) = self.parts.first().expect("there is a first part");
        (*record, part)
    }

    /// The number of the record with the first fragment.
    pub(crate) fn record(&self) -> u64 {
        self.first().0
    }

    /// The value, if it is resident.
    pub(crate) fn resident(&self) -> Option<&'a [u8]> {
        self.first().1.resident()
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.first().1.flags & ATTRIBUTE_ENCRYPTED != 0
    }

    /// Clusters of a compression unit as a power of two, if the clusters are compressed.
    pub(crate) fn compression_unit(&self) -> Option<u8> {
        match &self.first().1.form {
            Form::NonResident(part) => {
                let is_compressed = self.first().1.flags & ATTRIBUTE_COMPRESSED != 0;
                Some(part.header.compression_unit).filter(|_| is_compressed)
            }
            Form::Resident(_) => None,
        }
    }

    /// Size and valid data length, in bytes.
    pub(crate) fn sizes(&self) -> Sizes {
        match &self.first().1.form {
            Form::Resident(value) => {
                let size = blockio::clamp(value.len());
                Sizes { size, valid: size }
            }
            Form::NonResident(part) => Sizes {
                size: part.header.size.get(),
                valid: part.header.initialized.get(),
            },
        }
    }

    /// What its first fragment says of it.
    pub(crate) fn facts(&self) -> DataFacts {
        self.first().1.facts()
    }

    /// The data runs of all fragments, as far as the size goes; what is not there is lost.
    ///
    /// # Errors
    /// Where fragments overlap or state impossible bounds or sizes.
    pub(crate) fn run_list(&self, geometry: &Geometry) -> Result<RunList> {
        let size = self.sizes().size;
        let needed = size.div_ceil(geometry.cluster_size.max(1));
        if needed > geometry.max_stream_clusters() {
            let found = format!("a stream states a size of {size:#x} bytes");
            return Err(Flaw::new(&codes::ATTRIBUTE, found).in_record(self.record()));
        }
        let mut runs = RunList::default();
        for (record, part) in &self.parts {
            if let Form::NonResident(part) = &part.form {
                let bounds = geometry.bounds(*record);
                self.append(&mut runs, part, bounds)?;
            }
        }
        runs.cover(needed, || {
            match self.gone.iter().find(|gone| gone.entry.lowest_vcn > 0) {
                Some(gone) => Arc::clone(&gone.fault),
                None => missing(self.record(), "its data runs end before its size"),
            }
        });
        Ok(runs)
    }

    /// The whole value of an attribute that is small by its nature; `source` is the volume.
    ///
    /// # Errors
    /// Where it has more than `max` bytes, or cannot be read.
    pub(crate) fn read(
        &self,
        source: &Arc<dyn ReadAt>,
        geometry: &Geometry,
        max: u64,
    ) -> Result<Cow<'a, [u8]>> {
        if let Some(value) = self.resident() {
            return Ok(Cow::Borrowed(value));
        }
        let (sizes, record) = (self.sizes(), self.record());
        let len = usize::try_from(sizes.size)
            .ok()
            .filter(|_| sizes.size <= max);
        let len = len.ok_or_else(|| {
            let found = format!(
                "has an attribute of {:#x} bytes, at most {max:#x}",
                sizes.size
            );
            Flaw::new(&codes::ATTRIBUTE, found).in_record(record)
        })?;
        let mut bytes = vec![0; len];
        let runs = self.run_list(geometry)?;
        Stream::new(
            Arc::clone(source),
            record,
            geometry.cluster_size,
            sizes,
            runs,
        )
        .read_exact_at(&mut bytes, 0)
        .map_err(|error| Fault::from_io(&error, format!("file record {record}")))?;
        Ok(Cow::Owned(bytes))
    }

    fn append(&self, runs: &mut RunList, part: &NonResident<'_>, bounds: Bounds) -> Result<()> {
        let lowest = part.header.lowest_vcn.get();
        if lowest < runs.end() {
            let found = format!("two fragments of an attribute hold VCN {lowest}");
            return Err(Flaw::new(&codes::ATTRIBUTE_LIST, found).in_record(bounds.record));
        }
        let gone = self
            .gone
            .iter()
            .find(|gone| (runs.end()..lowest).contains(&gone.entry.lowest_vcn));
        runs.cover(lowest, || match gone {
            Some(gone) => Arc::clone(&gone.fault),
            None => missing(bounds.record, "a fragment of its data runs is not there"),
        });
        runs.append(part, bounds)
            .map_err(|flaw| flaw.in_record(bounds.record))
    }
}
