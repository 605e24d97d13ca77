//! What a destination and each source can do together, found out once for each pair.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use blockio::HostFile;

use crate::hostfs::{self, Calls};

/// What one destination and the files it is filled from can do together.
pub(crate) struct Offload {
    /// By the address of the host file, which is open as long as the run lasts.
    pairs: Mutex<HashMap<usize, Pair>>,
    /// Whether room can be set aside.
    reserves: AtomicBool,
    /// Whether files can be made that have no name yet.
    pub(crate) unnamed: bool,
}

#[derive(Clone, Copy)]
struct Pair {
    /// In which unit blocks can be shared, in bytes; none: they cannot.
    unit: Option<u64>,
    /// Whether the kernel can copy.
    copies: bool,
}

impl Offload {
    /// A destination nothing is known of but whether it can have files without names.
    pub(crate) fn new(unnamed: bool) -> Self {
        Self {
            pairs: Mutex::default(),
            reserves: AtomicBool::new(true),
            unnamed,
        }
    }

    /// The unit in which `to` can share blocks of `from`.
    pub(super) fn share_unit(&self, calls: &dyn Calls, from: &HostFile, to: &File) -> Option<u64> {
        let mut pairs = self.pairs();
        let pair = pairs.entry(key(from)).or_insert_with(|| Pair {
            unit: calls.share_unit(from, to),
            copies: true,
        });
        pair.unit
    }

    /// Shares blocks; 0, now and from now on, where that is refused.
    pub(super) fn share(
        &self,
        calls: &dyn Calls,
        (from, from_offset): (&HostFile, u64),
        (to, offset): (&File, u64),
        len: u64,
    ) -> io::Result<u64> {
        let shared = calls.share_range(from, from_offset, to, offset, len);
        self.answer(shared, from, |pair| pair.unit = None)
    }

    /// Copies inside the kernel; 0, now and from now on, where that is refused.
    pub(super) fn copy(
        &self,
        (from, from_offset): (&HostFile, u64),
        (to, offset): (&File, u64),
        len: u64,
    ) -> io::Result<u64> {
        if self
            .pairs()
            .get(&key(from))
            .is_some_and(|pair| !pair.copies)
        {
            return Ok(0);
        }
        let copied = hostfs::copy_range(from, from_offset, to, offset, len);
        self.answer(copied, from, |pair| pair.copies = false)
    }

    /// Sets room aside, where the destination knows how.
    ///
    /// # Errors
    /// Only where there is none.
    pub(super) fn reserve(&self, to: &File, offset: u64, len: u64) -> io::Result<()> {
        if !self.reserves.load(Ordering::Relaxed) {
            return Ok(());
        }
        match hostfs::reserve(to, offset, len) {
            Err(error) if is_full(&error) => Err(error),
            Err(_) => {
                self.reserves.store(false, Ordering::Relaxed);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    fn answer(
        &self,
        answer: io::Result<u64>,
        from: &HostFile,
        switch_off: impl FnOnce(&mut Pair),
    ) -> io::Result<u64> {
        match answer {
            Err(error) if is_full(&error) => Err(error),
            // A bad sector of the source is found again, and narrowed down, by reading.
            Err(error) if error.kind() == io::ErrorKind::Other || is_bad_sector(&error) => Ok(0),
            Err(_) => {
                let mut pairs = self.pairs();
                switch_off(pairs.entry(key(from)).or_insert(Pair {
                    unit: None,
                    copies: true,
                }));
                Ok(0)
            }
            done => done,
        }
    }

    fn pairs(&self) -> MutexGuard<'_, HashMap<usize, Pair>> {
        self.pairs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(file: &HostFile) -> usize {
    std::ptr::from_ref(file).addr()
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

/// EIO has this number on every Unix.
fn is_bad_sector(error: &io::Error) -> bool {
    cfg!(unix) && error.raw_os_error() == Some(5)
}
