//! Streams whose bytes lie in clusters of the volume.

use std::io;
use std::sync::Arc;

use blockio::{Fault, Place, ReadAt, Run, read_mapped};

use crate::codes;
use crate::data_run::{Clusters, RunList};

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
        let vcn = offset.checked_div(self.cluster_size).unwrap_or_default();
        let clusters = usize::try_from(self.cluster_size)
            .unwrap_or(usize::MAX)
            .max(1);
        for (vcn, cluster) in (vcn..).zip(buf.chunks_mut(clusters)) {
            match self.runs.find(vcn) {
                Some((Clusters::At(lcn), _)) => {
                    let at = lcn.saturating_mul(self.cluster_size);
                    let run = self.volume_run(at, blockio::clamp(cluster.len()))?;
                    if let Place::Lost(fault) = run.place {
                        return Err(fault.into_io());
                    }
                    self.source.read_exact_at(cluster, at)?;
                }
                Some((Clusters::Lost(fault), _)) => return Err(fault.into_io()),
                Some((Clusters::Sparse, _)) | None => {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
        }
        Ok(())
    }

    /// The run that begins at byte `at` of the volume.
    fn volume_run(&self, at: u64, max: u64) -> io::Result<Run<'_>> {
        let there = self.source.size().saturating_sub(at);
        if there == 0 {
            let fault = Fault::damaged(&codes::VOLUME_END, format!("file record {}", self.record))
                .found(format!(
                    "{max:#x} bytes at {at:#x}, volume ends at {:#x}",
                    self.source.size()
                ));
            return Ok(Run {
                len: max,
                place: Place::Lost(Arc::new(fault)),
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
