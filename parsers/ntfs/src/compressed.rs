//! Streams compressed by NTFS: rows of compression units, each LZNT1, raw or sparse.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use blockio::{Fault, Place, ReadAt, Run};

use crate::codes;
use crate::data_run::Clusters;
use crate::flaw::{Flaw, Result};
use crate::lznt1;
use crate::stream::Stream;
use crate::units::{Bad, Made, Units};

/// No unit that Windows writes is larger than 64 KiB; beyond this we do not follow a header.
const MAX_UNIT: u64 = 16 << 20;

/// A stream whose clusters are compressed unit by unit.
///
/// A unit with all its clusters is stored as it is, one with none is zeros, one with some holds
/// LZNT1 in these. Units that cannot be decompressed are lost from the first bad byte on, the others
/// are not.
pub(crate) type Compressed = Made<CompressionUnits>;

/// The units of such a stream.
pub(crate) struct CompressionUnits {
    /// The clusters as they are stored.
    stored: Stream,
    /// Bytes of a unit.
    unit_size: u64,
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

/// The stream whose clusters are `stored`, in units of two to the power of `unit` clusters.
///
/// # Errors
/// Where the units would be larger than any that Windows writes.
pub(crate) fn open(stored: Stream, unit: u8) -> Result<Compressed> {
    let unit_size = 1_u64
        .checked_shl(unit.into())
        .and_then(|clusters| clusters.checked_mul(stored.cluster_size()))
        .filter(|size| (1..=MAX_UNIT).contains(size));
    let unit_size = unit_size.ok_or_else(|| {
        let found = format!("states compression units of 2^{unit} clusters");
        Flaw::new(&codes::ATTRIBUTE, found).in_record(stored.record())
    })?;
    Ok(Made::new(CompressionUnits { stored, unit_size }))
}

impl CompressionUnits {
    /// Where unit `number` begins, in bytes of the stream.
    fn start_of(&self, number: u64) -> u64 {
        number.saturating_mul(self.unit_size)
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

    /// Decompresses unit `number`, read into `packed`, into `out`.
    fn unpack(&self, number: u64, packed: &mut Vec<u8>, out: &mut [u8]) -> Result<(), Bad> {
        let bad = |good, fault| Bad { good, fault };
        let clusters = match self.unit(number) {
            Unit::Packed(clusters) => clusters,
            Unit::Lost(fault) => return Err(bad(0, fault)),
            Unit::Sparse | Unit::Raw => 0,
        };
        let len = clusters.saturating_mul(self.stored.cluster_size());
        packed.resize(usize::try_from(len).unwrap_or_default(), 0);
        let read = self.stored.read_stored(packed, self.start_of(number));
        read.map_err(|error| bad(0, Fault::from_io(&error, "compression unit")))?;
        match lznt1::decompress(packed, out) {
            Ok(_) => Ok(()),
            Err(flaw) => {
                let why = format!("cannot be decompressed: {} at {:#x}", flaw.why, flaw.at);
                Err(bad(flaw.good, self.damage(number, &why)))
            }
        }
    }
}

impl Units for CompressionUnits {
    /// The bytes of a packed unit.
    type Tools = Vec<u8>;
    type Stored = ();

    fn size(&self) -> u64 {
        self.stored.size()
    }

    fn unit_size(&self) -> u64 {
        self.unit_size
    }

    fn ready(&self, offset: u64, max: u64) -> io::Result<Option<Run<'_>>> {
        let number = offset.checked_div(self.unit_size).unwrap_or_default();
        let end = self.start_of(number.saturating_add(1)).min(self.size());
        let len = max.min(end.saturating_sub(offset));
        let place = match self.unit(number) {
            Unit::Sparse => Place::Hole,
            Unit::Raw => return self.stored.run_at(offset, len).map(Some),
            Unit::Lost(fault) => Place::Lost(fault),
            Unit::Packed(_) => return Ok(None),
        };
        Ok(Some(Run { len, place }))
    }

    fn tools(&self) -> Vec<u8> {
        Vec::new()
    }

    fn load(&self, _: Range<u64>) {}

    fn make(&self, number: u64, (): &(), packed: &mut Vec<u8>, out: &mut [u8]) -> Result<(), Bad> {
        let whole = usize::try_from(self.unit_size).unwrap_or(usize::MAX);
        let unpacked = if out.len() == whole {
            self.unpack(number, packed, out)
        } else {
            // The stream ends within the unit, whose last chunk may have more.
            let mut unit = vec![0; whole];
            let unpacked = self.unpack(number, packed, &mut unit);
            out.copy_from_slice(unit.get(..out.len()).unwrap_or_default());
            unpacked.or_else(|bad| (bad.good >= out.len()).then_some(()).ok_or(bad))
        };
        // What lies beyond the valid data length was never written.
        let valid = self.stored.valid().saturating_sub(self.start_of(number));
        let valid = usize::try_from(valid).unwrap_or(usize::MAX);
        let valid = valid.min(out.len());
        out.get_mut(valid..).unwrap_or_default().fill(0);
        unpacked
    }
}
