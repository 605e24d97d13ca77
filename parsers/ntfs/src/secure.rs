//! `$Secure`: the security descriptors of all files, each stored once and known by its security id.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use blockio::ReadAt;
use zerocopy::FromBytes;

use crate::codes;
use crate::flaw::Flaw;
use crate::format::SecurityHeader;
use crate::view_index::ViewIndex;

mod sds;

use sds::Sds;

/// Bytes of descriptors that are kept.
const KEPT: usize = 1 << 20;

/// The descriptors of a volume.
pub(crate) struct Secure {
    sds: Sds,
    /// The index by security id, `$SII`.
    index: ViewIndex,
    /// Where each security id is found by reading all of `$SDS`, once that was done.
    all: OnceLock<BTreeMap<u32, u64>>,
    kept: Mutex<Kept>,
}

/// A descriptor, and which copy it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) descriptor: Arc<[u8]>,
    /// What is wrong with the first copy, where it is the mirror's.
    pub(crate) mirrored: Option<String>,
}

impl Secure {
    /// The descriptors in the stream `sds`, which `index` leads to by their ids.
    pub(crate) fn new(sds: Arc<dyn ReadAt>, index: ViewIndex) -> Self {
        Self {
            sds: Sds(sds),
            index,
            all: OnceLock::new(),
            kept: Mutex::default(),
        }
    }

    /// The descriptor with this id.
    ///
    /// # Errors
    /// Where neither copy of it is whole, or there is none.
    pub(crate) fn descriptor(&self, id: u32) -> Result<Found, Flaw> {
        if let Some(descriptor) = self.kept().by_id.get(&id) {
            return Ok(Found {
                descriptor: Arc::clone(descriptor),
                mirrored: None,
            });
        }
        let found = self.find(id);
        let found = found.map_err(|why| Flaw::new(&codes::SECURITY_DESCRIPTOR, why))?;
        self.kept().add(id, &found.descriptor);
        Ok(found)
    }

    fn find(&self, id: u32) -> Result<Found, String> {
        let indexed = self.indexed(id);
        let found = indexed.and_then(|offset| self.sds.descriptor(id, offset));
        found.or_else(|why| {
            let all = self.all.get_or_init(|| self.sds.all());
            let offset = all.get(&id).ok_or(why)?;
            self.sds.descriptor(id, *offset)
        })
    }

    /// Where the index says that the descriptor is.
    fn indexed(&self, id: u32) -> Result<u64, String> {
        let data = self.index.get(&id.to_le_bytes());
        let data = data.map_err(|why| format!("$SII, the index of security ids: {why}"))?;
        let header = data.and_then(|data| SecurityHeader::read_from_bytes(&data).ok());
        let header = header.filter(|header| header.security_id.get() == id);
        header
            .map(|header| header.offset.get())
            .ok_or_else(|| format!("$Secure knows no security id {id:#x}"))
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The descriptors asked for lately: neighbours tend to have the same.
#[derive(Default)]
struct Kept {
    by_id: BTreeMap<u32, Arc<[u8]>>,
    bytes: usize,
}

impl Kept {
    fn add(&mut self, id: u32, descriptor: &Arc<[u8]>) {
        if self.bytes > KEPT {
            *self = Self::default();
        }
        self.bytes = self.bytes.saturating_add(descriptor.len());
        self.by_id.insert(id, Arc::clone(descriptor));
    }
}

#[cfg(test)]
mod tests;
