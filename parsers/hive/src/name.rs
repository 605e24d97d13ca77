//! Names of keys and values: how they are stored, and when two are one.

/// The name in `bytes`, one byte a character if `compressed`, else UTF-16; lone surrogates become U+FFFD.
pub(crate) fn decode(bytes: &[u8], compressed: bool) -> String {
    if compressed {
        return bytes.iter().copied().map(char::from).collect();
    }
    utf16(bytes)
}

/// The UTF-16 text in `bytes`; an odd byte at the end is left out.
pub(crate) fn utf16(bytes: &[u8]) -> String {
    let (units, _) = bytes.as_chunks::<2>();
    let units = units.iter().map(|unit| u16::from_le_bytes(*unit));
    char::decode_utf16(units)
        .map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// Whether two names are one, letter case aside.
pub(crate) fn is_same(a: &str, b: &str) -> bool {
    a.chars().map(upper).eq(b.chars().map(upper))
}

/// The hash by which a hash leaf knows a name. "Hash leaf", note.
pub(crate) fn hash(name: &str) -> u32 {
    let mut units = [0; 2];
    let units = name
        .chars()
        .flat_map(|char| upper(char).encode_utf16(&mut units).to_vec());
    units.fold(0, |hash: u32, unit| {
        hash.wrapping_mul(37).wrapping_add(unit.into())
    })
}

/// The one upper-case letter of `char`, where there is one.
fn upper(char: char) -> char {
    let mut upper = char.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) => one,
        _ => char,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letter_case_does_not_tell_names_apart() {
        assert!(is_same("ControlSet001", "CONTROLSET001"));
        assert!(is_same("\u{e9}", "\u{c9}") && !is_same("a", "ab"));
        assert!(
            !is_same("stra\u{df}e", "STRASSE"),
            "one letter is one letter"
        );
        assert_eq!(hash("Select"), hash("SELECT"));
    }

    #[test]
    fn names_are_decoded_in_both_ways() {
        assert_eq!(decode(b"a\xe9", true), "a\u{e9}");
        assert_eq!(
            decode(b"a\0\x3d\xd8\0\xde\0\xd8b", false),
            "a\u{1f600}\u{fffd}"
        );
    }
}
