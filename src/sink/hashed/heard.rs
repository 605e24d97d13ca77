//! Bytes that are hashed as they are read.

use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use blockio::{Place, ReadAt, Run};

use super::lock;
use crate::checksum::{Algorithm, Hasher};

/// Zeros of a hole, as many as are hashed at once.
static ZEROS: [u8; 1 << 16] = [0; 1 << 16];

/// Bytes that are hashed as they are read. What is read out of order, or not at all, is read once more
/// at the end.
pub(super) struct Heard {
    inner: Arc<dyn ReadAt>,
    state: Mutex<Option<State>>,
    algorithm: Algorithm,
}

struct State {
    hasher: Hasher,
    /// Where the bytes that were hashed end.
    end: u64,
}

impl Heard {
    pub(super) fn new(inner: Arc<dyn ReadAt>, algorithm: Algorithm) -> Self {
        Self {
            inner,
            state: Mutex::new(Some(begin(algorithm))),
            algorithm,
        }
    }

    /// The sum of all bytes; none where they cannot all be read.
    pub(super) fn finish(&self) -> Option<String> {
        let state = lock(&self.state).take();
        let mut state = state.unwrap_or_else(|| begin(self.algorithm));
        if state.end < self.inner.size() {
            let mut buffer = Hasher::buffer();
            let read = state.hasher.read(&*self.inner, state.end, &mut buffer);
            read.ok()?;
        }
        Some(state.hasher.finish())
    }
}

fn begin(algorithm: Algorithm) -> State {
    State {
        hasher: Hasher::new(algorithm),
        end: 0,
    }
}

impl State {
    /// Hears `bytes`, which lie at `offset`: those of them that come next.
    fn hear(&mut self, bytes: &[u8], offset: u64) {
        let known = self.end.checked_sub(offset).map(usize::try_from);
        if let Some(Ok(known)) = known
            && let Some(new @ [_, ..]) = bytes.get(known..)
        {
            self.hasher.update(new);
            self.end += new.len() as u64;
        }
    }

    fn hear_zeros(&mut self, range: Range<u64>) {
        if range.start > self.end {
            return;
        }
        while self.end < range.end {
            let left = usize::try_from(range.end - self.end).unwrap_or(usize::MAX);
            let zeros = &ZEROS[..left.min(ZEROS.len())];
            self.hasher.update(zeros);
            self.end += zeros.len() as u64;
        }
    }
}

impl ReadAt for Heard {
    fn size(&self) -> u64 {
        self.inner.size()
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        self.inner.read_exact_at(buf, offset)?;
        if let Some(state) = &mut *lock(&self.state) {
            state.hear(buf, offset);
        }
        Ok(())
    }

    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        let Run { len, place } = self.inner.run_at(offset, max)?;
        let place = match place {
            Place::Hole => {
                if let Some(state) = &mut *lock(&self.state) {
                    state.hear_zeros(offset..offset + len.min(max));
                }
                Place::Hole
            }
            Place::Lost(fault) => Place::Lost(fault),
            Place::Host { .. } | Place::Computed { .. } => Place::Computed { by: self, offset },
        };
        Ok(Run { len, place })
    }

    fn prefetch(&self, ranges: &[Range<u64>]) {
        self.inner.prefetch(ranges);
    }
}

#[cfg(test)]
mod tests {
    use blockio::Memory;

    use super::*;

    fn sum(bytes: &[u8]) -> String {
        let mut hasher = Hasher::new(Algorithm::Sha256);
        hasher.update(bytes);
        hasher.finish()
    }

    #[test]
    fn in_whatever_order_it_is_read_the_sum_is_the_same() {
        let bytes: Vec<u8> = (0..=255).cycle().take(10_000).collect();
        let orders: [&[Range<usize>]; 5] = [
            &[0..9999, 9999..10_000],
            &[0..4096, 4096..10_000],
            &[0..4096, 0..8192, 512..1024, 8000..10_000],
            &[5000..10_000, 0..5000],
            &[],
        ];
        for order in orders {
            let heard = Heard::new(Arc::new(Memory::from(bytes.clone())), Algorithm::Sha256);
            for range in order {
                let mut part = vec![0; range.len()];
                heard
                    .read_exact_at(&mut part, range.start as u64)
                    .expect("in memory");
                assert!(part == bytes[range.clone()]);
            }
            assert_eq!(heard.finish(), Some(sum(&bytes)), "{order:?}");
            assert_eq!(heard.finish(), Some(sum(&bytes)), "asked again");
        }
    }
}
