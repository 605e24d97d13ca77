//! The fields of a record, one after the other.

use uuid::Uuid;

use crate::text;

/// What is left of a record. Each method takes one field off it; `None` where the record ends.
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (field, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(field)
    }

    /// Passes over `len` bytes.
    pub(super) fn skip(&mut self, len: usize) -> Option<()> {
        self.take(len).map(|_| ())
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    /// A number of eight bytes.
    pub(super) fn fixed(&mut self) -> Option<u64> {
        let bytes = self.take(8)?;
        Some(u64::from_be_bytes(bytes.try_into().ok()?))
    }

    /// A length byte and as many bytes.
    fn counted(&mut self) -> Option<&'a [u8]> {
        let len = self.byte()?;
        self.take(len.into())
    }

    /// A length byte of at most 8 and a number of as many bytes.
    pub(super) fn number(&mut self) -> Option<u64> {
        let bytes = self.counted().filter(|bytes| bytes.len() <= 8)?;
        Some(
            bytes
                .iter()
                .fold(0, |number, &byte| number << 8 | u64::from(byte)),
        )
    }

    /// A length byte and text of that length; empty text is `Some("")`.
    pub(super) fn text(&mut self) -> Option<String> {
        Some(text::label(self.counted()?).unwrap_or_default())
    }

    /// Text of `len` bytes, padded with zeros.
    pub(super) fn padded(&mut self, len: usize) -> Option<String> {
        Some(text::label(self.take(len)?).unwrap_or_default())
    }

    /// A GUID of 16 bytes, in the order that its text has.
    pub(super) fn guid(&mut self) -> Option<Uuid> {
        Uuid::from_slice(self.take(16)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Fields;

    #[test]
    fn fields_follow_one_another_to_the_end() {
        let mut fields = Fields::new(&[2, 1, 0, 3, b'a', b'b', 0, 7]);
        assert_eq!(fields.number(), Some(256));
        assert_eq!(fields.text().as_deref(), Some("ab"));
        assert_eq!(fields.byte(), Some(7));
        assert_eq!(fields.byte(), None);
    }

    #[test]
    fn a_field_longer_than_the_record_is_none() {
        assert_eq!(Fields::new(&[9, 1]).text(), None);
        assert_eq!(Fields::new(&[9, 0, 0, 0, 0, 0, 0, 0, 0, 1]).number(), None);
        assert_eq!(Fields::new(&[0; 7]).fixed(), None);
    }
}
