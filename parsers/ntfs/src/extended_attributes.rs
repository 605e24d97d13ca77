//! Extended attributes: the value of $EA.

use tree::{ExtendedAttribute, Name};
use zerocopy::FromBytes;

use crate::format::EaHeader;

/// Bytes of an $EA at most: Windows counts them in 16 bits, and packs them tighter.
pub(crate) const MAX_LEN: u64 = 128 << 10;

/// The extended attributes in `bytes`, in their order.
///
/// # Errors
/// Where one leaves the list or does not lead on.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<ExtendedAttribute>, String> {
    let mut found = Vec::new();
    let mut at = 0_usize;
    while at < bytes.len() {
        let rest = bytes.get(at..).unwrap_or_default();
        let (attribute, next) =
            entry(rest).ok_or_else(|| format!("has a damaged extended attribute at {at:#x}"))?;
        found.push(attribute);
        at = match next {
            Some(next) => at.saturating_add(next),
            None => bytes.len(),
        };
    }
    Ok(found)
}

/// The extended attribute that `bytes` begin with, and how far away the next one is. The last one
/// has none, or one at the very end: both are written.
fn entry(bytes: &[u8]) -> Option<(ExtendedAttribute, Option<usize>)> {
    let (header, rest) = EaHeader::ref_from_prefix(bytes).ok()?;
    let (name, rest) = rest.split_at_checked(header.name_length.into())?;
    let (nul, rest) = rest.split_first()?;
    let value = rest.get(..header.value_length.get().into())?;
    let used = size_of::<EaHeader>()
        .checked_add(name.len())?
        .checked_add(1)?
        .checked_add(value.len())?;
    let next = usize::try_from(header.next.get()).ok()?;
    if *nul != 0
        || name.is_empty()
        || name.contains(&0)
        || (next != 0 && !(used..=bytes.len()).contains(&next))
    {
        return None;
    }
    let attribute = ExtendedAttribute {
        name: Name::from_bytes(name),
        flags: header.flags,
        value: value.into(),
    };
    Some((attribute, (next != 0).then_some(next)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two attributes as Windows stores them: `A` = `xyz`, needed, and `BC` without a value.
    fn two() -> Vec<u8> {
        let first = [
            16, 0, 0, 0, 0x80, 1, 3, 0, b'A', 0, b'x', b'y', b'z', 0, 0, 0,
        ];
        let second = [0, 0, 0, 0, 0, 2, 0, 0, b'B', b'C', 0];
        [&first[..], &second].concat()
    }

    #[test]
    fn names_values_and_flags_come_in_their_order() {
        let found = parse(&two()).expect("whole");
        let names: Vec<_> = found.iter().map(|one| one.name.to_string()).collect();
        assert_eq!(names, ["A", "BC"]);
        assert_eq!(
            (&*found[0].value, &*found[1].value),
            (&b"xyz"[..], &b""[..])
        );
        assert!(found[0].is_needed() && !found[1].is_needed());
    }

    #[test]
    fn one_that_leaves_the_list_or_turns_back_is_damage() {
        for (at, value) in [
            (0, 12),
            (0, 200),
            (5, 40),
            (6, 200),
            (5, 0),
            (9, 1),
            (8, 0),
            (23, 9),
        ] {
            let mut bytes = two();
            bytes[at] = value;
            assert!(parse(&bytes).is_err(), "{at}: {value}");
        }
        assert!(parse(&two()[..26]).is_err());
        assert!(parse(&[]).expect("nothing").is_empty());
    }
}
