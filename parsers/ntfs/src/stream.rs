//! Streams whose bytes lie in clusters of the volume.

use std::io;
use std::sync::Arc;

use blockio::{Fault, Place, ReadAt, Run, read_mapped};

use crate::codes;
use crate::data_run::{Clusters, RunList};
use crate::flaw::Flaw;

/// A non-resident stream that is stored as it is.
pub(crate) struct Stream {
    /// The volume.
    source: Arc<dyn ReadAt>,
    /// Number of the file record, for messages.
    record: u64,
    cluster_size: u64,
    /// Bytes of the stream.
    size: u64,
    /// Bytes before which the stream was written; from there on it is zeros.
    valid: u64,
    /// Covers `size`.
    runs: RunList,
    /// What messages call the volume.
    name: Option<Arc<str>>,
}

/// Sizes of a stream as its first fragment states them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sizes {
    /// Bytes of the stream.
    pub(crate) size: u64,
    /// The valid data length.
    pub(crate) valid: u64,
}

impl Stream {
    /// The stream of file record `record` whose clusters are `runs` of `source`.
    pub(crate) fn new(
        source: Arc<dyn ReadAt>,
        record: u64,
        cluster_size: u64,
        sizes: Sizes,
        mut runs: RunList,
    ) -> Self {
        let Sizes { size, valid } = sizes;
        runs.cover(size.div_ceil(cluster_size.max(1)), || {
            crate::data_run::missing(record, "its data runs end before its size")
        });
        Self {
            source,
            record,
            cluster_size,
            size,
            valid: valid.min(size),
            runs,
            name: None,
        }
    }

    /// The same stream, whose faults name the volume.
    pub(crate) fn named(mut self, volume: &Arc<str>) -> Self {
        self.name = Some(Arc::clone(volume));
        self
    }

    /// What is wrong with the stream, as the fault of whoever reads it.
    pub(crate) fn damage(&self, flaw: Flaw) -> Arc<Fault> {
        let fault = flaw.in_record(self.record);
        match &self.name {
            Some(name) => Arc::new(Fault::clone(&fault).in_file(name)),
            None => fault,
        }
    }

    /// Its data runs.
    pub(crate) fn runs(&self) -> &RunList {
        &self.runs
    }

    /// Bytes of a cluster.
    pub(crate) fn cluster_size(&self) -> u64 {
        self.cluster_size
    }

    /// The file record it belongs to.
    pub(crate) fn record(&self) -> u64 {
        self.record
    }

    /// The valid data length.
    pub(crate) fn valid(&self) -> u64 {
        self.valid
    }

    /// The same clusters, read from `source` instead.
    pub(crate) fn over(&self, source: Arc<dyn ReadAt>) -> Self {
        let sizes = Sizes {
            size: self.size,
            valid: self.valid,
        };
        Self::new(
            source,
            self.record,
            self.cluster_size,
            sizes,
            self.runs.clone(),
        )
    }

    /// Fills `buf` with what the clusters from byte `offset` on hold, whatever the size of the stream.
    ///
    /// # Errors
    /// Where they are not all stored, or cannot be read.
    pub(crate) fn read_stored(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        let (mut rest, mut offset) = (buf, offset);
        while !rest.is_empty() {
            let (at, len) = self.stored_at(offset, blockio::clamp(rest.len()))?;
            let run = self.volume_run(at, len)?;
            if let Place::Lost(fault) = run.place {
                return Err(fault.into_io());
            }
            let len = usize::try_from(run.len.max(1)).unwrap_or(usize::MAX);
            let (piece, tail) = rest.split_at_mut(len.min(rest.len()));
            self.source.read_exact_at(piece, at)?;
            offset = offset.saturating_add(blockio::clamp(piece.len()));
            rest = tail;
        }
        Ok(())
    }

    /// Where in the volume the cluster byte `offset` is stored, and how many of `max` bytes follow
    /// it there.
    fn stored_at(&self, offset: u64, max: u64) -> io::Result<(u64, u64)> {
        let vcn = offset.checked_div(self.cluster_size).unwrap_or_default();
        let within = offset.checked_rem(self.cluster_size).unwrap_or_default();
        match self.runs.find(vcn) {
            Some((Clusters::At(lcn), count)) => {
                let len = count.saturating_mul(self.cluster_size);
                let at = lcn.saturating_mul(self.cluster_size);
                let len = max.min(len.saturating_sub(within));
                Ok((at.saturating_add(within), len))
            }
            Some((Clusters::Lost(fault), _)) => Err(fault.into_io()),
            Some((Clusters::Sparse, _)) | None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// The run that begins at byte `at` of the volume.
    fn volume_run(&self, at: u64, max: u64) -> io::Result<Run<'_>> {
        let there = self.source.size().saturating_sub(at);
        if there == 0 {
            let end = self.source.size();
            let found = format!("{max:#x} bytes at {at:#x}, volume ends at {end:#x}");
            let fault = self.damage(Flaw::new(&codes::VOLUME_END, found));
            return Ok(Run {
                len: max,
                place: Place::Lost(fault),
            });
        }
        self.source.run_at(at, max.min(there))
    }
}

impl ReadAt for Stream {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        read_mapped(self, buf, offset)
    }

    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        let max = max.min(self.size.saturating_sub(offset));
        let vcn = offset.checked_div(self.cluster_size).unwrap_or_default();
        let within = offset.checked_rem(self.cluster_size).unwrap_or_default();
        let Some((clusters, count)) = self.runs.find(vcn) else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        let len = max.min(
            count
                .saturating_mul(self.cluster_size)
                .saturating_sub(within),
        );
        match clusters {
            Clusters::Lost(fault) => Ok(Run {
                len,
                place: Place::Lost(fault),
            }),
            _ if offset >= self.valid => Ok(Run {
                len,
                place: Place::Hole,
            }),
            Clusters::Sparse => Ok(Run {
                len,
                place: Place::Hole,
            }),
            Clusters::At(lcn) => {
                let at = lcn.saturating_mul(self.cluster_size).saturating_add(within);
                self.volume_run(at, len.min(self.valid.saturating_sub(offset)))
            }
        }
    }

    fn prefetch(&self, ranges: &[std::ops::Range<u64>]) {
        let mut places = Vec::new();
        for range in ranges {
            self.places(range.clone(), &mut places);
        }
        self.source.prefetch(&places);
    }
}

impl Stream {
    /// Adds where in the volume the bytes `range` of the stream are.
    fn places(&self, range: std::ops::Range<u64>, places: &mut Vec<std::ops::Range<u64>>) {
        let end = range.end.min(self.valid);
        let mut at = range.start;
        while at < end {
            let vcn = at.checked_div(self.cluster_size).unwrap_or_default();
            let within = at.checked_rem(self.cluster_size).unwrap_or_default();
            let Some((clusters, count)) = self.runs.find(vcn) else {
                return;
            };
            let len = count
                .saturating_mul(self.cluster_size)
                .saturating_sub(within);
            let len = len.min(end.saturating_sub(at));
            if let Clusters::At(lcn) = clusters {
                let start = lcn.saturating_mul(self.cluster_size).saturating_add(within);
                places.push(start..start.saturating_add(len));
            }
            at = at.saturating_add(len.max(1));
        }
    }
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
