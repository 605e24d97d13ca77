//! Data runs: which clusters of the volume hold which clusters of a stream.

use std::sync::Arc;

use blockio::Fault;

use crate::attribute::NonResident;
use crate::codes;
use crate::flaw::Flaw;

/// Where a row of a stream's clusters is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Clusters {
    /// From this LCN on.
    At(u64),
    /// Nowhere: zeros.
    Sparse,
    /// Nobody knows, and why.
    Lost(Arc<Fault>),
}

#[derive(Clone, Debug)]
struct Run {
    /// The first VCN of the run; it ends where the next one begins.
    vcn: u64,
    clusters: Clusters,
}

/// The data runs of a stream in the order of its VCNs, without a gap; neighbours are joined.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunList {
    runs: Vec<Run>,
    /// The VCN behind the last run.
    end: u64,
    /// Clusters of the volume that the runs name.
    stored: u64,
}

/// What the runs of a fragment are checked against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// The file record they stand in.
    pub(crate) record: u64,
    /// Clusters of the volume.
    pub(crate) clusters: u64,
    /// Clusters that a stream can have.
    pub(crate) max_vcn: u64,
}

impl RunList {
    /// The VCN behind the last run: how many clusters the list covers.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// Where cluster `vcn` is, and how many from it on are stored in a row.
    pub(crate) fn find(&self, vcn: u64) -> Option<(Clusters, u64)> {
        let next = self.runs.partition_point(|run| run.vcn <= vcn);
        let run = self.runs.get(next.checked_sub(1)?)?;
        let end = self.runs.get(next).map_or(self.end, |run| run.vcn);
        let len = end.checked_sub(vcn).filter(|&len| len > 0)?;
        Some((run.clusters.skip(vcn.saturating_sub(run.vcn)), len))
    }

    /// How many bytes of the clusters named, of `cluster_size` each, are behind byte `end` of the
    /// volume.
    pub(crate) fn bytes_beyond(&self, end: u64, cluster_size: u64) -> u64 {
        let beyond = self.iter().map(|(_, count, clusters)| {
            let Clusters::At(lcn) = clusters else {
                return 0;
            };
            let last = lcn.saturating_add(count).saturating_mul(cluster_size);
            let len = count.saturating_mul(cluster_size);
            last.saturating_sub(end).min(len)
        });
        beyond.fold(0, u64::saturating_add)
    }

    /// All runs as (VCN, length, place).
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, u64, &Clusters)> {
        let ends = self
            .runs
            .iter()
            .skip(1)
            .map(|run| run.vcn)
            .chain([self.end]);
        let runs = self.runs.iter().zip(ends);
        runs.map(|(run, end)| (run.vcn, end.saturating_sub(run.vcn), &run.clusters))
    }

    /// The same list, with the volume's name in its faults.
    pub(crate) fn named(mut self, volume: &str) -> Self {
        for run in &mut self.runs {
            if let Clusters::Lost(fault) = &mut run.clusters {
                *fault = Arc::new(Fault::clone(fault).in_file(volume));
            }
        }
        self
    }

    /// Adds `len` clusters at the end.
    fn push(&mut self, len: u64, clusters: Clusters) {
        let joins = self
            .runs
            .last()
            .is_some_and(|last| last.clusters.skip(self.end.saturating_sub(last.vcn)) == clusters);
        if len > 0 && !joins {
            self.runs.push(Run {
                vcn: self.end,
                clusters,
            });
        }
        self.end = self.end.saturating_add(len);
    }

    /// Lets the list end at `vcn` at least; what is missing is lost.
    pub(crate) fn cover(&mut self, vcn: u64, why: impl FnOnce() -> Arc<Fault>) {
        if vcn > self.end {
            self.push(vcn.saturating_sub(self.end), Clusters::Lost(why()));
        }
    }

    /// Adds the runs of the fragment that begins where the list ends. Runs outside the volume, and
    /// what cannot be decoded, become lost.
    ///
    /// # Errors
    /// Where the fragment states impossible bounds.
    pub(crate) fn append(&mut self, part: &NonResident<'_>, bounds: Bounds) -> Result<(), Flaw> {
        let lowest = part.header.lowest_vcn.get();
        // An empty attribute ends at VCN -1.
        let end = part.header.highest_vcn.get().wrapping_add(1);
        if end < lowest || end > bounds.max_vcn {
            let range = format!(
                "fragment states VCNs {lowest} to {:#x}",
                end.wrapping_sub(1)
            );
            return Err(Flaw::new(&codes::DATA_RUN, range));
        }
        let mut lcn = 0_i64;
        for run in Encoded::new(part.runs, part.runs_at) {
            let left = end.saturating_sub(self.end);
            match run {
                Ok(run) => self.add(run, &mut lcn, left, bounds),
                Err(found) => self.cover(end, || {
                    Flaw::new(&codes::DATA_RUN, found).in_record(bounds.record)
                }),
            }
        }
        self.cover(end, || missing(bounds.record, "its data runs end early"));
        Ok(())
    }

    /// Adds one run, at most `left` clusters of it; `lcn` is where the one before began.
    fn add(&mut self, run: EncodedRun, lcn: &mut i64, left: u64, bounds: Bounds) {
        let len = run.len.min(left);
        let Some(delta) = run.delta else {
            return self.push(len, Clusters::Sparse);
        };
        *lcn = lcn.saturating_add(delta);
        let start = u64::try_from(*lcn).unwrap_or(u64::MAX);
        let inside = len.min(bounds.clusters.saturating_sub(start));
        let room = bounds.clusters.saturating_sub(self.stored);
        self.stored = self.stored.saturating_add(inside.min(room));
        self.push(inside.min(room), Clusters::At(start));
        if inside.min(room) < len {
            let found = match inside < len {
                true => format!(
                    "data run at {:#x} ends at LCN {}, volume has {} clusters",
                    run.at,
                    lcn.saturating_add_unsigned(run.len.saturating_sub(1)),
                    bounds.clusters
                ),
                false => format!(
                    "data run at {:#x} goes beyond what the volume holds",
                    run.at
                ),
            };
            let fault = Flaw::new(&codes::DATA_RUN_RANGE, found).in_record(bounds.record);
            self.push(len.saturating_sub(inside.min(room)), Clusters::Lost(fault));
        }
    }
}

/// The fault of clusters that no run describes.
pub(crate) fn missing(record: u64, found: &'static str) -> Arc<Fault> {
    Flaw::new(&codes::MISSING_RUNS, found).in_record(record)
}

impl Clusters {
    /// The place `count` clusters further on.
    fn skip(&self, count: u64) -> Self {
        match self {
            Self::At(lcn) => Self::At(lcn.saturating_add(count)),
            other => other.clone(),
        }
    }
}

/// One data run as it is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct EncodedRun {
    /// Where in the file record it stands.
    at: usize,
    len: u64,
    /// Distance from the LCN of the run before; `None` is sparse.
    delta: Option<i64>,
}

/// Decodes data runs up to their end mark; ends after the first that cannot be decoded.
struct Encoded<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Encoded<'a> {
    fn new(rest: &'a [u8], at: usize) -> Self {
        Self { rest, at }
    }

    fn decode(&mut self, widths: u8) -> Result<EncodedRun, String> {
        let (len_width, delta_width) = (usize::from(widths & 0xF), usize::from(widths >> 4));
        let start = self.at;
        let wrong = |why: &str| format!("data run at {start:#x} {why}");
        let len = self
            .integer(1, len_width)
            .ok_or_else(|| wrong("has an impossible width"))?;
        let delta_at = len_width.saturating_add(1);
        let delta = self
            .integer(delta_at, delta_width)
            .ok_or_else(|| wrong("has an impossible width"))?;
        let len = u64::try_from(len).ok().filter(|&len| len > 0);
        let run = EncodedRun {
            at: start,
            len: len.ok_or_else(|| wrong("has an impossible length"))?,
            // Sparse is a width of 0, not a delta of 0: $Boot begins at LCN 0.
            delta: (delta_width > 0).then_some(delta),
        };
        let size = delta_at.saturating_add(delta_width);
        self.rest = self.rest.get(size..).unwrap_or_default();
        self.at = self.at.saturating_add(size);
        Ok(run)
    }

    /// The signed little-endian integer of `width` bytes, `from` bytes on.
    fn integer(&self, from: usize, width: usize) -> Option<i64> {
        let bytes = self.rest.get(from..from.checked_add(width)?)?;
        let fill = match bytes.last() {
            Some(0x80..) => 0xFF,
            _ => 0,
        };
        let mut whole = [fill; 8];
        whole.get_mut(..width)?.copy_from_slice(bytes);
        Some(i64::from_le_bytes(whole))
    }
}

impl Iterator for Encoded<'_> {
    type Item = Result<EncodedRun, String>;

    fn next(&mut self) -> Option<Self::Item> {
        let widths = self.rest.first().copied().filter(|&widths| widths != 0)?;
        let run = self.decode(widths);
        if run.is_err() {
            self.rest = &[];
        }
        Some(run)
    }
}

#[cfg(test)]
#[path = "data_run_tests.rs"]
mod tests;
