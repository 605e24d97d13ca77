//! Damages an image by chance, the same way again for the same seed.

/// Random numbers that a seed determines (splitmix64): the same on every platform.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// The sequence that belongs to `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number below `bound`, which is more than zero.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).expect("a usize fits");
        usize::try_from(self.bits() % bound).expect("below a usize")
    }

    /// One of `choices`, of which there is at least one.
    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

/// Bytes of a block in which structures are looked for.
const BLOCK: usize = 512;

/// Where an image has something to damage: the blocks of 512 bytes that `is_structure` accepts
/// by number and content.
#[must_use]
pub fn targets(image: &[u8], is_structure: impl Fn(usize, &[u8]) -> bool) -> Vec<usize> {
    let blocks = image.chunks(BLOCK).enumerate();
    blocks
        .filter(|(number, block)| is_structure(*number, block))
        .map(|(number, _)| number * BLOCK)
        .collect()
}

/// Damages one to four places of `image`, each in one of the blocks at `targets`.
pub fn damage(image: &mut Vec<u8>, targets: &[usize], chance: &mut Chance) {
    for _ in 0..1 + chance.below(4) {
        let block = chance.one_of(targets);
        let at = block + chance.below(BLOCK);
        if at < image.len() {
            damage_at(image, at, targets, chance);
        }
    }
    // A copy that was cut off is the commonest damage of all.
    if chance.below(16) == 0 {
        image.truncate(chance.below(image.len() + 1));
    }
}

fn damage_at(image: &mut [u8], at: usize, targets: &[usize], chance: &mut Chance) {
    match chance.below(6) {
        0 => image[at] ^= 1 << chance.below(8),
        1 => image[at] = chance.bits().to_le_bytes()[0],
        // Numbers at which arithmetic goes wrong, in the widths that structures have.
        2 | 3 => {
            let width = chance.one_of(&[1, 2, 4, 8]);
            let number = chance.one_of(&EDGES);
            let number = if chance.below(2) == 0 {
                number.to_le_bytes()[..width].to_vec()
            } else {
                number.to_be_bytes()[8 - width..].to_vec()
            };
            put(image, at & !(width - 1), &number);
        }
        4 => {
            let from = chance.one_of(targets) + chance.below(BLOCK);
            let len = 1 << chance.below(10);
            let copied = image.get(from..(from + len).min(image.len()));
            let copied = copied.unwrap_or_default().to_vec();
            put(image, at, &copied);
        }
        _ => {
            let len = 1 << chance.below(8);
            let filler = chance.one_of(&[0x00, 0xff]);
            put(image, at, &vec![filler; len]);
        }
    }
}

const EDGES: [u64; 12] = [
    0,
    1,
    2,
    7,
    0x7f,
    0xff,
    0x8000,
    0xffff,
    0x7fff_ffff,
    0xffff_fff0,
    1 << 40,
    u64::MAX,
];

/// Writes what fits.
fn put(image: &mut [u8], at: usize, bytes: &[u8]) {
    let end = (at + bytes.len()).min(image.len());
    image[at..end].copy_from_slice(&bytes[..end - at]);
}

#[cfg(test)]
mod tests {
    use super::{Chance, damage, targets};

    #[test]
    fn a_seed_damages_alike_and_another_otherwise() {
        let image: Vec<u8> = (0..=255).cycle().take(4096).collect();
        let targets = targets(&image, |_, _| true);
        let damaged = |seed| {
            let mut image = image.clone();
            damage(&mut image, &targets, &mut Chance::new(seed));
            image
        };
        assert_eq!(damaged(7), damaged(7));
        let different = (0..100).filter(|seed| damaged(*seed) != image).count();
        assert!(
            different > 90,
            "{different} of 100 differ from the original"
        );
    }

    #[test]
    fn only_targets_are_damaged() {
        let image = vec![0x55; 4096];
        let targets = targets(&image, |number, _| number == 2);
        assert_eq!(targets, [1024]);
        for seed in 0..200 {
            let mut damaged = image.clone();
            damage(&mut damaged, &targets, &mut Chance::new(seed));
            let kept = damaged.len().min(1024);
            assert_eq!(damaged[..kept], image[..kept], "seed {seed}");
        }
    }
}
