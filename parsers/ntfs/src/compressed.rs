//! Streams compressed by NTFS: rows of compression units, each LZNT1, raw or sparse.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use blockio::{Fault, Place, ReadAt, Run, check_range};

use crate::codes;
use crate::data_run::Clusters;
use crate::flaw::{Flaw, Result};
use crate::lznt1;
use crate::stream::Stream;

/// No unit that Windows writes is larger than 64 KiB; beyond this we do not follow a header.
const MAX_UNIT: u64 = 16 << 20;
/// Bytes of decompressed units that one stream keeps.
const KEPT: u64 = 512 << 10;

/// A stream whose clusters are compressed unit by unit.
///
/// A unit with all its clusters is stored as it is, one with none is zeros, one with some holds
/// LZNT1 in these. Units that cannot be decompressed are lost, the others are not.
pub(crate) struct Compressed {
    /// The clusters as they are stored.
    stored: Stream,
    /// Bytes of a unit.
    unit_size: u64,
    /// The units last decompressed, newest first.
    recent: Mutex<Vec<(u64, Arc<[u8]>)>>,
}

/// How one unit is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Unit {
    Sparse,
    Raw,
    /// In this many clusters.
    Packed(u64),
    Lost(Arc<Fault>),
}

impl Compressed {
    /// The stream whose clusters are `stored`, in units of two to the power of `unit` clusters.
    ///
    /// # Errors
    /// Where the units would be larger than any that Windows writes.
    pub(crate) fn new(stored: Stream, unit: u8) -> Result<Self> {
        let unit_size = 1_u64
            .checked_shl(unit.into())
            .and_then(|clusters| clusters.checked_mul(stored.cluster_size()))
            .filter(|&size| size <= MAX_UNIT);
        let unit_size = unit_size.ok_or_else(|| {
            let found = format!("states compression units of 2^{unit} clusters");
            Flaw::new(&codes::ATTRIBUTE, found).in_record(stored.record())
        })?;
        Ok(Self {
            stored,
            unit_size,
            recent: Mutex::default(),
        })
    }

    /// Where unit `number` begins, in bytes of the stream.
    fn start_of(&self, number: u64) -> u64 {
        number.saturating_mul(self.unit_size)
    }

    fn unit_of(&self, offset: u64) -> u64 {
        offset.checked_div(self.unit_size).unwrap_or_default()
    }

    /// How unit `number` is stored.
    fn unit(&self, number: u64) -> Unit {
        let cluster_size = self.stored.cluster_size();
        let clusters = self.unit_size.checked_div(cluster_size).unwrap_or_default();
        let first = number.saturating_mul(clusters);
        let (mut at, end) = (first, first.saturating_add(clusters));
        let mut sparse_from = None;
        while let Some((place, len)) = self.stored.runs().find(at).filter(|_| at < end) {
            match place {
                Clusters::Lost(fault) => return Unit::Lost(fault),
                Clusters::At(_) if sparse_from.is_some() => {
                    return Unit::Lost(self.damage(number, "has clusters after its hole"));
                }
                Clusters::Sparse if sparse_from.is_none() => sparse_from = Some(at),
                Clusters::At(_) | Clusters::Sparse => {}
            }
            at = at.saturating_add(len);
        }
        match sparse_from
            .unwrap_or_else(|| at.min(end))
            .saturating_sub(first)
        {
            0 => Unit::Sparse,
            stored if stored == clusters || sparse_from.is_none() => Unit::Raw,
            stored => Unit::Packed(stored),
        }
    }

    fn damage(&self, number: u64, why: &str) -> Arc<Fault> {
        let found = format!("compression unit {number} {why}");
        self.stored
            .damage(Flaw::new(&codes::COMPRESSION_UNIT, found))
    }

    /// The bytes of packed unit `number`, which has `clusters` clusters.
    fn unpacked(&self, number: u64, clusters: u64) -> io::Result<Arc<[u8]>> {
        if let Some(bytes) = self.kept(number) {
            return Ok(bytes);
        }
        let len = clusters.saturating_mul(self.stored.cluster_size());
        let mut packed = vec![0; usize::try_from(len).map_err(io::Error::other)?];
        self.stored
            .read_stored(&mut packed, self.start_of(number))?;
        let mut bytes = vec![0; usize::try_from(self.unit_size).map_err(io::Error::other)?];
        lznt1::decompress(&packed, &mut bytes).map_err(|bad| {
            let why = format!("cannot be decompressed: {} at {:#x}", bad.why, bad.at);
            self.damage(number, &why).into_io()
        })?;
        let bytes: Arc<[u8]> = bytes.into();
        self.keep(number, &bytes);
        Ok(bytes)
    }

    fn kept(&self, number: u64) -> Option<Arc<[u8]>> {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let at = recent.iter().position(|(kept, _)| *kept == number)?;
        recent.get_mut(..=at)?.rotate_right(1);
        recent.first().map(|(_, bytes)| Arc::clone(bytes))
    }

    fn keep(&self, number: u64, bytes: &Arc<[u8]>) {
        let most = KEPT.checked_div(self.unit_size).unwrap_or_default().max(1);
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.truncate(usize::try_from(most.saturating_sub(1)).unwrap_or_default());
        recent.insert(0, (number, Arc::clone(bytes)));
    }

    /// Fills `buf`, which lies within packed unit `number`.
    fn read_packed(&self, buf: &mut [u8], offset: u64, clusters: u64) -> io::Result<()> {
        let number = self.unit_of(offset);
        let bytes = self.unpacked(number, clusters)?;
        let within = offset.saturating_sub(self.start_of(number));
        let from = usize::try_from(within)
            .ok()
            .and_then(|within| bytes.get(within..));
        let from = from.and_then(|bytes| bytes.get(..buf.len()));
        buf.copy_from_slice(from.ok_or(io::ErrorKind::UnexpectedEof)?);
        // What lies beyond the valid data length was never written.
        let valid = self.stored.valid().saturating_sub(offset);
        let valid = usize::try_from(valid).unwrap_or(usize::MAX);
        buf.get_mut(valid.min(buf.len())..)
            .unwrap_or_default()
            .fill(0);
        Ok(())
    }
}

impl ReadAt for Compressed {
    fn size(&self) -> u64 {
        self.stored.size()
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        check_range(self.size(), offset, buf.len())?;
        let (mut rest, mut at) = (buf, offset);
        while !rest.is_empty() {
            let end = self.start_of(self.unit_of(at).saturating_add(1));
            let len = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX);
            let (piece, tail) = rest.split_at_mut(len.min(rest.len()));
            match self.unit(self.unit_of(at)) {
                Unit::Sparse => piece.fill(0),
                Unit::Raw => self.stored.read_exact_at(piece, at)?,
                Unit::Packed(clusters) => self.read_packed(piece, at, clusters)?,
                Unit::Lost(fault) => return Err(fault.into_io()),
            }
            (rest, at) = (tail, end);
        }
        Ok(())
    }

    /// A packed unit is decompressed here, so that a damaged one is lost and no more than that; the
    /// bytes are kept for the read that follows.
    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        let max = max.min(self.size().saturating_sub(offset));
        let number = self.unit_of(offset);
        let end = self.start_of(number.saturating_add(1));
        let len = max.min(end.saturating_sub(offset));
        let place = match self.unit(number) {
            Unit::Sparse => Place::Hole,
            Unit::Raw => return self.stored.run_at(offset, len),
            Unit::Lost(fault) => Place::Lost(fault),
            Unit::Packed(clusters) => match self.unpacked(number, clusters) {
                Ok(_) => Place::Computed { by: self, offset },
                Err(error) => Place::Lost(Fault::from_io(&error, "compression unit")),
            },
        };
        Ok(Run { len, place })
    }
}
