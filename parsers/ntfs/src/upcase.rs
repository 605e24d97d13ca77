//! `$UpCase`: this volume's case rule, and the order of names that follows from it.

use std::cmp::Ordering;
use std::sync::{Arc, LazyLock};

/// Code units there are, and entries of the table.
const UNITS: usize = 0x1_0000;

/// The upper case of every UTF-16 code unit.
///
/// Two names are one for look-ups where their folded forms are equal.
#[derive(Clone, Debug)]
pub(crate) struct UpCase {
    table: Arc<[u16]>,
    standard: bool,
}

impl UpCase {
    /// The table that the data of `$UpCase` holds: 65,536 little-endian code units.
    ///
    /// Units that a short table leaves out are their own upper case.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let stored = bytes.as_chunks().0.iter().copied().map(u16::from_le_bytes);
        let missing = all_units().skip(bytes.len() / 2);
        Self {
            table: stored.take(UNITS).chain(missing).collect(),
            standard: false,
        }
    }

    /// The table of a volume whose `$UpCase` is damaged: letters that are one pair of a single upper
    /// and a single lower case in Unicode.
    pub(crate) fn standard() -> Self {
        static TABLE: LazyLock<Arc<[u16]>> =
            LazyLock::new(|| all_units().map(upper_of_pair).collect());
        Self {
            table: Arc::clone(&TABLE),
            standard: true,
        }
    }

    /// Whether this stands in for a damaged table, so that the order of names may not be the volume's.
    pub(crate) fn is_standard(&self) -> bool {
        self.standard
    }

    /// `name` in upper case.
    pub(crate) fn fold(&self, name: &[u16]) -> Vec<u16> {
        name.iter().map(|&unit| self.upper(unit)).collect()
    }

    /// The order of names in an index: by upper case, a name before those that it begins; names that
    /// differ in case only by their code units.
    pub(crate) fn compare(&self, a: &[u16], b: &[u16]) -> Ordering {
        self.compare_folded(a, b).then_with(|| a.cmp(b))
    }

    /// The order of names by upper case alone: `Equal` are names that differ in case only.
    pub(crate) fn compare_folded(&self, a: &[u16], b: &[u16]) -> Ordering {
        let fold = |&unit| self.upper(unit);
        a.iter().map(fold).cmp(b.iter().map(fold))
    }

    fn upper(&self, unit: u16) -> u16 {
        self.table.get(usize::from(unit)).copied().unwrap_or(unit)
    }
}

fn all_units() -> impl Iterator<Item = u16> {
    0..=u16::MAX
}

/// The upper case of `unit` where the two are one pair; otherwise `unit` itself.
///
/// Unicode also maps several letters to one (the long s and s, dotless i and i). NTFS does not: it
/// keeps names apart that Unicode's rule would make one.
fn upper_of_pair(unit: u16) -> u16 {
    let upper = |char: char| single_unit(char.to_uppercase());
    let lower = |char: char| single_unit(char.to_lowercase());
    let as_char = |unit: u16| char::from_u32(unit.into());
    as_char(unit)
        .and_then(upper)
        .filter(|&folded| as_char(folded).and_then(lower) == Some(unit))
        .unwrap_or(unit)
}

/// The one code unit that `chars` are, if they are one.
fn single_unit(mut chars: impl Iterator<Item = char>) -> Option<u16> {
    let unit = u16::try_from(u32::from(chars.next()?)).ok()?;
    chars.next().is_none().then_some(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(text: &str) -> Vec<u16> {
        text.encode_utf16().collect()
    }

    fn standard_bytes() -> Vec<u8> {
        let standard = UpCase::standard();
        standard
            .table
            .iter()
            .flat_map(|unit| unit.to_le_bytes())
            .collect()
    }

    #[test]
    fn pairs_fold_and_all_else_stays() {
        let table = UpCase::standard();
        assert_eq!(
            table.fold(&units("az\u{E9}\u{FF}\u{44F}")),
            units("AZ\u{C9}\u{178}\u{42F}")
        );
        for unit in units("1_AZ\u{DF}\u{131}\u{17F}\u{B5}") {
            assert_eq!(table.upper(unit), unit, "{unit:#x}");
        }
        assert_eq!(table.upper(0xD83D), 0xD83D, "a surrogate");
    }

    #[test]
    fn a_table_is_read_as_it_is_stored() {
        let mut bytes = standard_bytes();
        bytes[2 * 0x61] = b'Q';
        let table = UpCase::parse(&bytes);
        assert_eq!(table.fold(&units("abc")), units("QBC"));
        assert!(!table.is_standard() && UpCase::standard().is_standard());
    }

    #[test]
    fn what_a_short_or_long_table_does_not_say_is_its_own_upper_case() {
        let bytes = standard_bytes();
        for (len, folded) in [
            (0, "ab\u{E9}"),
            (2 * 0x62 + 1, "Ab\u{E9}"),
            (2 * 0x63, "AB\u{E9}"),
        ] {
            assert_eq!(
                UpCase::parse(&bytes[..len]).fold(&units("ab\u{E9}")),
                units(folded)
            );
        }
        let long = [&bytes[..], &[0xFF; 100]].concat();
        assert_eq!(UpCase::parse(&long).table.len(), UNITS);
    }

    #[test]
    fn names_are_ordered_by_upper_case_then_length_then_units() {
        let table = UpCase::standard();
        let ordered = [
            "", "A", "a", "A.txt", "a.TXT", "AA", "B", "z", "_", "\u{C9}", "\u{E9}",
        ];
        let ordered = ordered.map(units);
        for (a, b) in ordered.iter().zip(ordered.iter().skip(1)) {
            assert_eq!(table.compare(a, b), Ordering::Less, "{a:?} {b:?}");
            assert_eq!(table.compare(b, a), Ordering::Greater, "{b:?} {a:?}");
        }
        let (a, b) = (units("x\u{E9}"), units("X\u{C9}"));
        assert_eq!(table.compare_folded(&a, &b), Ordering::Equal);
        assert_eq!(table.compare(&a, &a), Ordering::Equal);
    }
}
