//! Text, read from the left.

use crate::{Error, Sid};

/// Text, and how far it was read.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, rest: text }
    }

    /// What is still to be read.
    pub(crate) fn rest(&self) -> &'a str {
        self.rest
    }

    /// Characters read.
    pub(crate) fn at(&self) -> usize {
        let read = self.text.len().saturating_sub(self.rest.len());
        self.text.get(..read).map_or(0, |read| read.chars().count())
    }

    /// That the text goes wrong here.
    pub(crate) fn wrong(&self, what: &'static str) -> Error {
        Error::Text {
            what,
            at: self.at(),
        }
    }

    /// Whether it goes on with `word`, letter case aside; that is read then.
    pub(crate) fn eat(&mut self, word: &str) -> bool {
        match self.rest.split_at_checked(word.len()) {
            Some((head, rest)) if head.eq_ignore_ascii_case(word) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Reads `word`, which must come.
    ///
    /// # Errors
    /// `what` where something else comes.
    pub(crate) fn expect(&mut self, word: &str, what: &'static str) -> Result<(), Error> {
        match self.eat(word) {
            true => Ok(()),
            false => Err(self.wrong(what)),
        }
    }

    /// Reads as long as `is` holds.
    pub(crate) fn take_while(&mut self, is: impl Fn(char) -> bool) -> &'a str {
        let len = self.rest.find(|char| !is(char)).unwrap_or(self.rest.len());
        let (head, rest) = self.rest.split_at_checked(len).unwrap_or_default();
        self.rest = rest;
        head
    }

    /// The same, but not more than `most` characters, which are of one byte each.
    pub(crate) fn take_up_to(&mut self, most: usize, is: impl Fn(char) -> bool) -> &'a str {
        let len = self
            .rest
            .bytes()
            .take(most)
            .take_while(|byte| is(char::from(*byte)));
        let (head, rest) = self.rest.split_at_checked(len.count()).unwrap_or_default();
        self.rest = rest;
        head
    }

    /// Reads blanks.
    pub(crate) fn skip_blanks(&mut self) {
        self.take_while(|char| char.is_ascii_whitespace());
    }

    /// Reads the SID that an alias of two letters means.
    ///
    /// # Errors
    /// Where it means none, or another one on every machine.
    pub(crate) fn alias(&mut self) -> Result<Sid, Error> {
        let letters = self.rest.get(..2).unwrap_or(self.rest);
        let sid = Sid::of_alias(letters);
        let sid = sid.ok_or_else(|| self.wrong("no SID and no alias that means one everywhere"))?;
        self.eat(letters);
        Ok(sid)
    }

    /// Reads hex digits behind a `#` that was read.
    ///
    /// # Errors
    /// Where they are no pairs.
    pub(crate) fn hex(&mut self) -> Result<Vec<u8>, Error> {
        let wrong = self.wrong("hex digits that are no pairs");
        let digits = self.take_while(|char| char.is_ascii_hexdigit()).as_bytes();
        let (pairs, odd) = digits.as_chunks::<2>();
        let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        let bytes: Option<_> = pairs.iter().map(byte).collect();
        bytes.filter(|_| odd.is_empty()).ok_or(wrong)
    }

    /// That nothing more comes.
    ///
    /// # Errors
    /// Where something does.
    pub(crate) fn end(&self) -> Result<(), Error> {
        match self.rest {
            "" => Ok(()),
            _ => Err(self.wrong("something more than is understood")),
        }
    }
}

/// A number, in hex where it begins with `0x`.
pub(crate) fn number(text: &str) -> Option<u64> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (digits, radix) = hex.map_or((text, 10), |hex| (hex, 16));
    let plain = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u64::from_str_radix(digits, radix).ok().filter(|_| plain)
}
