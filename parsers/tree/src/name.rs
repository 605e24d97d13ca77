//! Names as a volume stores them.

use std::fmt;

/// A name as the volume stores it: WTF-8 for UTF-16 file systems, raw bytes for others.
///
/// WTF-8 is UTF-8 that may also hold lone surrogates (as three bytes each), so that every name a
/// volume can hold survives the way through unchanged. Never contains `/` or NUL.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Box<[u8]>);

impl Name {
    /// The name with these WTF-8 bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    /// The name with these UTF-16 code units.
    pub fn from_utf16(units: impl IntoIterator<Item = u16>) -> Self {
        let mut bytes = Vec::new();
        for unit in char::decode_utf16(units) {
            match unit {
                Ok(char) => bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
                Err(lone) => bytes.extend_from_slice(&surrogate_bytes(lone.unpaired_surrogate())),
            }
        }
        Self(bytes.into())
    }

    /// The WTF-8 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The name as text, unless it holds lone surrogates or is no UTF-8 at all.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// Whether this is the empty name, which names the unnamed stream.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The UTF-16 code units, lone surrogates as they are; other bytes become U+FFFD.
    #[must_use]
    pub fn to_utf16(&self) -> Vec<u16> {
        let mut units = Vec::with_capacity(self.0.len());
        for chunk in Pieces(&self.0) {
            match chunk {
                Piece::Text(text) => units.extend(text.encode_utf16()),
                Piece::Surrogate(unit) => units.push(unit),
                Piece::Other => units.push(0xFFFD),
            }
        }
        units
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self::from_bytes(text.as_bytes())
    }
}

impl fmt::Display for Name {
    /// The name with U+FFFD for what is no Unicode: for people, never for looking up.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_lossy(f, &self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

/// Writes WTF-8 bytes with U+FFFD for each lone surrogate and each byte that is none.
pub(crate) fn write_lossy(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    for piece in Pieces(bytes) {
        match piece {
            Piece::Text(text) => f.write_str(text)?,
            Piece::Surrogate(_) | Piece::Other => f.write_str("\u{FFFD}")?,
        }
    }
    Ok(())
}

/// The three bytes that stand for a lone surrogate in WTF-8.
fn surrogate_bytes(unit: u16) -> [u8; 3] {
    let [high, low] = unit.to_be_bytes();
    [
        0xED,
        0x80 | (high & 0x0F) << 2 | low >> 6,
        0x80 | low & 0x3F,
    ]
}

enum Piece<'a> {
    Text(&'a str),
    Surrogate(u16),
    Other,
}

/// Splits WTF-8 into text, lone surrogates, and bytes that are neither.
struct Pieces<'a>(&'a [u8]);

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let chunk = self.0.utf8_chunks().next()?;
        if !chunk.valid().is_empty() {
            self.0 = self.0.get(chunk.valid().len()..).unwrap_or_default();
            return Some(Piece::Text(chunk.valid()));
        }
        if let [0xED, second @ 0xA0..=0xBF, third @ 0x80..=0xBF, rest @ ..] = self.0 {
            self.0 = rest;
            let unit = 0xD000 | u16::from(second & 0x3F) << 6 | u16::from(third & 0x3F);
            return Some(Piece::Surrogate(unit));
        }
        self.0 = self
            .0
            .get(chunk.invalid().len().max(1)..)
            .unwrap_or_default();
        Some(Piece::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn every_utf16_name_comes_back() {
        let names: [&[u16]; 5] = [
            &[0x61, 0xE9, 0x20AC],
            &[0xD83D, 0xDE00],
            &[0xD800],
            &[0x61, 0xDFFF, 0xD83D, 0x62],
            &[0xDE00, 0xD83D],
        ];
        for units in names {
            let name = Name::from_utf16(units.iter().copied());
            assert_eq!(name.to_utf16(), units, "{name:?}");
        }
    }

    #[test]
    fn a_lone_surrogate_is_no_text_but_prints() {
        let name = Name::from_utf16([0x61, 0xD800, 0x62]);
        assert_eq!(name.as_bytes(), b"a\xED\xA0\x80b");
        assert_eq!(
            (name.as_str(), name.to_string()),
            (None, "a\u{FFFD}b".into())
        );
    }

    #[test]
    fn bytes_that_are_no_text_print_one_mark_each_sequence() {
        assert_eq!(
            Name::from_bytes(b"x\xFF\xFEy").to_string(),
            "x\u{FFFD}\u{FFFD}y"
        );
    }
}
