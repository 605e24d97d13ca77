//! The sum by which an index and the names of records are compared.

use crate::index::{Directory, Parts};
use crate::reference::FileReference;

/// Odd, with bits everywhere (2^64 over the golden ratio).
const MIX: u64 = 0x9E37_79B9_7F4A_7C15;

/// A sum over names that does not depend on their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Digest(u64);

impl Digest {
    /// Adds the name with these WTF-8 bytes, which names `reference`.
    pub(super) fn add(&mut self, reference: FileReference, name: &[u8]) {
        let (words, rest) = name.as_chunks::<8>();
        let mut tail = [0; 8];
        tail.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        let words = words
            .iter()
            .chain([&tail])
            .map(|word| u64::from_le_bytes(*word));
        let length = blockio::clamp(name.len());
        let hash = words.fold(mix(reference.0 ^ length.rotate_left(48)), |hash, word| {
            mix(hash ^ word)
        });
        self.0 = self.0.wrapping_add(hash);
    }

    /// The sum over the names in an index; `None` where it is damaged.
    pub(super) fn of_index(parts: Parts) -> Option<Self> {
        let mut digest = Self::default();
        let mut text = Vec::new();
        for name in Directory::new(parts).names(tree::Cursor::START) {
            let name = name.ok()?;
            super::batch::encode(name.name.iter().copied(), &mut text);
            digest.add(name.reference, &text);
            text.clear();
        }
        Some(digest)
    }
}

fn mix(value: u64) -> u64 {
    let product = u128::from(value ^ MIX).wrapping_mul(u128::from(MIX));
    let [low, high] = [product, product.wrapping_shr(64)].map(|half| half & u128::from(u64::MAX));
    u64::try_from(low ^ high).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(names: &[(u64, &str)]) -> Digest {
        let mut digest = Digest::default();
        for (reference, name) in names {
            digest.add(FileReference(*reference), name.as_bytes());
        }
        digest
    }

    #[test]
    fn order_does_not_matter_and_everything_else_does() {
        let sum = digest(&[(1, "a"), (2, "a name of some length")]);
        assert_eq!(digest(&[(2, "a name of some length"), (1, "a")]), sum);
        assert_ne!(digest(&[(2, "a name of some lengti"), (1, "a")]), sum);
        assert_ne!(digest(&[(2, "a"), (1, "a name of some length")]), sum);
        assert_ne!(digest(&[(1, "a")]), sum);
        assert_ne!(
            digest(&[(1, "a"), (2, "a name of some length"), (3, "")]),
            sum
        );
        assert_ne!(digest(&[(1, "a\0")]), digest(&[(1, "a")]));
    }
}
