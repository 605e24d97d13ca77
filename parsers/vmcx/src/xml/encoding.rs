//! The characters of the file, and where in it each is.

use std::ops::Range;

use blockio::Fault;

use crate::{Text, codes};

/// How characters are stored. What the declaration says does not count: files that were converted since
/// still say UTF-16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Also ASCII.
    Utf8,
    Utf16Le,
    Utf16Be,
}

/// The text of a file.
///
/// Windows lets names have unpaired surrogates, which UTF-8 cannot hold. Each is held by a stand-in: a
/// private character of a block that the file does not use.
#[derive(Clone, Debug)]
pub(super) struct Decoded {
    pub(super) text: String,
    pub(super) encoding: Encoding,
    /// Bytes before the text.
    bom: usize,
    /// First of the 2048 stand-ins, if there are any.
    stand_ins: Option<u32>,
}

/// Surrogates, and how many there are.
const SURROGATES: Range<u32> = 0xd800..0xe000;
/// Private characters (planes 15 and 16), a block of which stands for surrogates.
const PRIVATE: Range<u32> = 0xf_0000..0x11_0000;

impl Encoding {
    /// By the byte order mark, else by where the zeros of the first `<` are; and the mark's length.
    fn of(bytes: &[u8]) -> (Self, usize) {
        match bytes {
            [0xff, 0xfe, ..] => (Self::Utf16Le, 2),
            [0xfe, 0xff, ..] => (Self::Utf16Be, 2),
            [0xef, 0xbb, 0xbf, ..] => (Self::Utf8, 3),
            [first, 0, ..] if *first != 0 => (Self::Utf16Le, 0),
            [0, second, ..] if *second != 0 => (Self::Utf16Be, 0),
            _ => (Self::Utf8, 0),
        }
    }
}

impl Decoded {
    /// # Errors
    /// What does not begin as XML does, and bytes that are no characters.
    pub(super) fn of(bytes: &[u8]) -> Result<Self, Fault> {
        let (encoding, bom) = Encoding::of(bytes);
        let body = bytes.get(bom..).unwrap_or_default();
        let blanks = |byte: &&u8| byte.is_ascii_whitespace() || **byte == 0;
        if body.iter().find(|byte| !blanks(byte)) != Some(&b'<') {
            return Err(no_xml(bytes));
        }
        let (text, stand_ins) = match encoding {
            Encoding::Utf8 => (utf8(body, bom)?, None),
            Encoding::Utf16Le => utf16(body, u16::from_le_bytes)?,
            Encoding::Utf16Be => utf16(body, u16::from_be_bytes)?,
        };
        // Sectors that were never written end a file as zeros.
        let length = text.trim_end_matches('\0').len();
        Ok(Self {
            text: text.get(..length).unwrap_or_default().to_owned(),
            encoding,
            bom,
            stand_ins,
        })
    }

    /// What `part` of the text is in UTF-16, surrogates in their places.
    pub(super) fn units(&self, part: &str) -> Text {
        let mut units = Vec::with_capacity(part.len());
        for character in part.chars() {
            match self.surrogate(character) {
                Some(unit) => units.push(unit),
                None => units.extend_from_slice(character.encode_utf16(&mut [0; 2])),
            }
        }
        Text::from_units(units)
    }

    /// Where in the file the character at `at` of the text is.
    pub(super) fn file_offset(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or(&self.text);
        let length = match self.encoding {
            Encoding::Utf8 => before.len(),
            _ => before.chars().map(|c| self.utf16_size(c)).sum(),
        };
        self.bom.saturating_add(length)
    }

    fn utf16_size(&self, character: char) -> usize {
        match self.surrogate(character) {
            Some(_) => 2,
            None => character.len_utf16().saturating_mul(2),
        }
    }

    fn surrogate(&self, character: char) -> Option<u16> {
        let place = u32::from(character).checked_sub(self.stand_ins?)?;
        let unit = SURROGATES.start.checked_add(place)?;
        SURROGATES
            .contains(&unit)
            .then(|| u16::try_from(unit).ok())?
    }
}

fn utf8(body: &[u8], bom: usize) -> Result<String, Fault> {
    match std::str::from_utf8(body) {
        Ok(text) => Ok(text.to_owned()),
        // Cut in the middle of a character: the reader finds that the XML ends early.
        Err(error) if error.error_len().is_none() => {
            let whole = body.get(..error.valid_up_to()).unwrap_or_default();
            Ok(String::from_utf8_lossy(whole).into_owned())
        }
        Err(error) => {
            let offset = error.valid_up_to().saturating_add(bom);
            let fault = Fault::damaged(&codes::XML, "a character");
            Err(fault
                .at(u64::try_from(offset).unwrap_or(u64::MAX))
                .expected("UTF-8 or UTF-16")
                .found("bytes that are neither"))
        }
    }
}

/// The text of the units, with stand-ins for unpaired surrogates. Half a unit at the end is left out.
fn utf16(body: &[u8], unit: fn([u8; 2]) -> u16) -> Result<(String, Option<u32>), Fault> {
    let units = body.as_chunks::<2>().0.iter().map(|pair| unit(*pair));
    let decoded: Vec<_> = char::decode_utf16(units).collect();
    if decoded.iter().all(Result::is_ok) {
        return Ok((decoded.into_iter().filter_map(Result::ok).collect(), None));
    }
    let Some(block) = free_block(decoded.iter().filter_map(|c| c.as_ref().ok())) else {
        let fault = Fault::damaged(&codes::XML, "the file's characters");
        return Err(fault.found("unpaired surrogates beside every private character"));
    };
    let character = |found: Result<char, std::char::DecodeUtf16Error>| match found {
        Ok(character) => Some(character),
        Err(error) => {
            let place = u32::from(error.unpaired_surrogate()).checked_sub(SURROGATES.start)?;
            char::from_u32(block.checked_add(place)?)
        }
    };
    Ok((
        decoded.into_iter().filter_map(character).collect(),
        Some(block),
    ))
}

/// First character of a block that the text does not use.
fn free_block<'a>(text: impl Iterator<Item = &'a char>) -> Option<u32> {
    let size = SURROGATES.end.saturating_sub(SURROGATES.start);
    let block = |character: u32| character.checked_div(size);
    let used: std::collections::BTreeSet<_> = text.filter_map(|c| block(u32::from(*c))).collect();
    let mut blocks = PRIVATE.step_by(usize::try_from(size).ok()?);
    blocks.find(|start| block(*start).is_some_and(|number| !used.contains(&number)))
}

fn no_xml(bytes: &[u8]) -> Fault {
    Fault::unsupported(&codes::NOT_A_CONFIGURATION, "the file's beginning")
        .expected("a container's signature, or XML")
        .found(beginning(bytes))
}

fn beginning(bytes: &[u8]) -> String {
    let shown = bytes.get(..bytes.len().min(8)).unwrap_or_default();
    match shown.is_empty() {
        true => "an empty file".to_owned(),
        false => shown
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<Vec<_>>()
            .join(" "),
    }
}
