//! How much of a volume is not in use, by $Bitmap.

use blockio::ReadAt;

use crate::format::record_number;
use crate::volume::Inner;

/// Bytes of the bitmap that are read at once.
const PIECE: usize = 1 << 20;
/// Clusters that one byte of the bitmap tells of.
const PER_BYTE: u64 = 8;

impl Inner {
    /// Bytes not in use; `None` where the bitmap cannot be read. Counted once.
    pub(crate) fn free_space(&self) -> Option<u64> {
        *self.free.get_or_init(|| {
            let bitmap = self.system_stream(record_number::BITMAP).ok()?;
            let free = free_clusters(&*bitmap, self.geometry.clusters)?;
            free.checked_mul(self.geometry.cluster_size)
        })
    }
}

/// How many of the first `clusters` bits of `bitmap` are 0; `None` where it has fewer.
fn free_clusters(bitmap: &dyn ReadAt, clusters: u64) -> Option<u64> {
    let whole = clusters.checked_div(PER_BYTE)?;
    let mut piece = vec![0; PIECE];
    let (mut at, mut used) = (0, 0_u64);
    while at < whole {
        let len = whole.saturating_sub(at).min(blockio::clamp(PIECE));
        let bytes = piece.get_mut(..usize::try_from(len).ok()?)?;
        bitmap.read_exact_at(bytes, at).ok()?;
        used = used.saturating_add(ones(bytes));
        at = at.saturating_add(len);
    }
    let rest = u32::try_from(clusters.checked_rem(PER_BYTE)?).ok()?;
    if rest > 0 {
        let mut last = [0];
        bitmap.read_exact_at(&mut last, whole).ok()?;
        let [last] = last;
        let beyond = u8::MAX.checked_shl(rest).unwrap_or_default();
        used = used.saturating_add((last & !beyond).count_ones().into());
    }
    clusters.checked_sub(used)
}

/// How many bits of `bytes` are 1.
fn ones(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let words = words
        .iter()
        .map(|word| u64::from(u64::from_ne_bytes(*word).count_ones()));
    let rest = rest.iter().map(|byte| u64::from(byte.count_ones()));
    words.chain(rest).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use blockio::Memory;

    #[test]
    fn counts_zero_bits_of_the_clusters_there_are() {
        let bitmap = Memory::from(vec![0xFF, 0x0F, 0b1111_1101]);
        assert_eq!(free_clusters(&bitmap, 16), Some(4));
        assert_eq!(free_clusters(&bitmap, 18), Some(5));
        assert_eq!(free_clusters(&bitmap, 0), Some(0));
    }

    #[test]
    fn a_bitmap_that_is_too_short_says_nothing() {
        assert_eq!(free_clusters(&Memory::from(vec![0]), 9), None);
    }

    #[test]
    fn counts_across_pieces() {
        let mut bytes = vec![0xFF; PIECE + 9];
        bytes[PIECE + 8] = 0;
        assert_eq!(
            free_clusters(&Memory::from(bytes), (PIECE as u64 + 9) * 8),
            Some(8)
        );
    }
}
