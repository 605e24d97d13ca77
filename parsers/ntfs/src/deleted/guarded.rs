//! The volume, but for what may be another file's by now.

use std::borrow::Cow;
use std::io;
use std::sync::Arc;

use blockio::{Code, Fault, Place, ReadAt, Run, read_mapped};

use crate::codes;
use crate::flaw::Flaw;
use crate::volume::Inner;

/// Bytes of $Bitmap that are looked at for one answer.
const PIECE: u64 = 4096;
/// Clusters that one byte of it tells of.
const PER_BYTE: u64 = 8;

/// The volume's bytes. Clusters in use are lost, and so is what no layer of the disk stores: a guest
/// trims what it deletes, and what was trimmed reads as zeros.
pub(super) struct Guarded {
    volume: Arc<dyn ReadAt>,
    bitmap: Arc<dyn ReadAt>,
    cluster_size: u64,
    name: Arc<str>,
}

impl Guarded {
    pub(super) fn new(inner: &Inner, bitmap: Arc<dyn ReadAt>) -> Self {
        Self {
            volume: Arc::clone(&inner.bytes),
            bitmap,
            cluster_size: inner.geometry.cluster_size.max(1),
            name: Arc::clone(&inner.name),
        }
    }

    /// Whether the cluster at `offset` is free, and how many bytes from there on are alike.
    fn state_at(&self, offset: u64, max: u64) -> io::Result<(bool, u64)> {
        let first = offset.checked_div(self.cluster_size).unwrap_or_default();
        let last = offset.saturating_add(max).saturating_sub(1);
        let last = last.checked_div(self.cluster_size).unwrap_or_default();
        let start = first.checked_div(PER_BYTE).unwrap_or_default();
        let end = last.checked_div(PER_BYTE).unwrap_or_default();
        let len = end.saturating_sub(start).saturating_add(1).min(PIECE);
        let mut bits = vec![0; usize::try_from(len).unwrap_or_default()];
        self.bitmap.read_exact_at(&mut bits, start)?;
        let is_used = |cluster: u64| {
            let within = cluster.saturating_sub(start.saturating_mul(PER_BYTE));
            let byte = within.checked_div(PER_BYTE)?;
            let byte = bits.get(usize::try_from(byte).ok()?)?;
            let bit = within.checked_rem(PER_BYTE)?;
            Some(u32::from(*byte).checked_shr(u32::try_from(bit).ok()?)? & 1 == 1)
        };
        let state = is_used(first).unwrap_or(true);
        let alike = (first..=last).find(|&cluster| is_used(cluster) != Some(state));
        let end = alike.map_or(u64::MAX, |cluster| {
            cluster.saturating_mul(self.cluster_size)
        });
        Ok((!state, end.saturating_sub(offset).min(max)))
    }

    fn lost(&self, code: &'static Code, found: impl Into<Cow<'static, str>>) -> Place<'_> {
        let fault = Flaw::new(code, found).in_part("deleted data");
        Place::Lost(Arc::new(Fault::clone(&fault).in_file(&self.name)))
    }
}

impl ReadAt for Guarded {
    fn size(&self) -> u64 {
        self.volume.size()
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        read_mapped(self, buf, offset)
    }

    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        let run = self.volume.run_at(offset, max)?;
        let (place, len) = match run.place {
            Place::Lost(fault) => {
                return Ok(Run {
                    len: run.len,
                    place: Place::Lost(fault),
                });
            }
            place => match self.state_at(offset, run.len) {
                Ok((true, len)) => (place, len),
                Ok((false, len)) => {
                    let cluster = offset.checked_div(self.cluster_size).unwrap_or_default();
                    let found = format!("cluster {cluster} is in use again");
                    (self.lost(&codes::USED_AGAIN, found), len)
                }
                Err(error) => {
                    let fault = Fault::from_io(&error, "$Bitmap");
                    (Place::Lost(fault), self.cluster_size.min(run.len))
                }
            },
        };
        let place = match place {
            Place::Hole => self.lost(&codes::TRIMMED, "no layer of the disk stores it"),
            place => place,
        };
        Ok(Run { len, place })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use blockio::Memory;

    /// Ten clusters of 512 bytes: the first two free, the third in use, the rest free.
    fn guarded() -> Guarded {
        Guarded {
            volume: Arc::new(Memory::from(vec![7; 5120])),
            bitmap: Arc::new(Memory::from(vec![0b100, 0])),
            cluster_size: 512,
            name: "test".into(),
        }
    }

    fn code_at(source: &dyn ReadAt, offset: u64) -> (u64, Option<&'static str>) {
        let run = source
            .run_at(offset, source.size() - offset)
            .expect("answered");
        match run.place {
            Place::Lost(fault) => (run.len, Some(fault.code.id)),
            _ => (run.len, None),
        }
    }

    #[test]
    fn clusters_in_use_are_lost() {
        let guarded = guarded();
        assert_eq!(code_at(&guarded, 100), (924, None));
        assert_eq!(code_at(&guarded, 1024), (512, Some("HV-D261")));
        assert_eq!(code_at(&guarded, 1536), (3584, None));
        let mut bytes = [0; 8];
        guarded.read_exact_at(&mut bytes, 1016).expect("free");
        assert_eq!(bytes, [7; 8]);
        assert!(guarded.read_exact_at(&mut bytes, 1020).is_err());
    }

    #[test]
    fn what_is_not_stored_is_lost() {
        struct Nothing;
        impl ReadAt for Nothing {
            fn size(&self) -> u64 {
                4096
            }
            fn read_exact_at(&self, buf: &mut [u8], _: u64) -> io::Result<()> {
                buf.fill(0);
                Ok(())
            }
            fn run_at(&self, _: u64, max: u64) -> io::Result<Run<'_>> {
                let place = Place::Hole;
                Ok(Run { len: max, place })
            }
        }
        let guarded = Guarded {
            volume: Arc::new(Nothing),
            ..guarded()
        };
        assert_eq!(code_at(&guarded, 0), (1024, Some("HV-D260")));
    }

    #[test]
    fn without_its_bitmap_nothing_is_free() {
        let guarded = Guarded {
            bitmap: Arc::new(Memory::from(vec![])),
            ..guarded()
        };
        let (len, code) = code_at(&guarded, 0);
        assert_eq!(len, 512);
        assert!(code.is_some());
    }
}
