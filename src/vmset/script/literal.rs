//! Data as PowerShell literals: the only place that turns a fact into script.
//!
//! Text becomes a single-quoted string, in which PowerShell reads nothing but quotes. It takes
//! U+2018, U+2019, U+201A and U+201B for the single quote too, and a doubled one of either kind for
//! one that is meant. Line ends, control characters, what hides or reorders text, and unpaired
//! surrogates (which no encoding of the file can carry) are spelled as numbers, so that a line of the
//! script is a line, and what a reader sees is what the machine reads.

use std::fmt::Write;

use uuid::Uuid;
use vmcx::Text;

/// `text` as a PowerShell expression of type string.
pub(super) fn text(text: &Text) -> String {
    units(text.units())
}

/// `text` as a PowerShell expression of type string.
pub(super) fn string(text: &str) -> String {
    units(&text.encode_utf16().collect::<Vec<u16>>())
}

/// An id as PowerShell string, in the upper case of Hyper-V's file names.
pub(super) fn id(id: Uuid) -> String {
    format!("'{}'", id.hyphenated().to_string().to_uppercase())
}

/// A yes or no.
pub(super) fn yes(value: bool) -> &'static str {
    if value { "$true" } else { "$false" }
}

/// A number, or nothing.
pub(super) fn number<N: ToString>(number: Option<N>) -> String {
    number.map_or_else(|| "$null".to_owned(), |number| number.to_string())
}

/// Text, or nothing.
pub(super) fn maybe(value: Option<&str>) -> String {
    value.map_or_else(|| "$null".to_owned(), string)
}

/// UTF-16 units: a plain literal, or one that is put together where numbers are in it.
fn units(units: &[u16]) -> String {
    let pieces = pieces(units);
    match pieces.as_slice() {
        [] => "''".to_owned(),
        [Piece::Plain(plain)] => format!("'{plain}'"),
        pieces => joined(pieces),
    }
}

/// A part of a string.
enum Piece {
    /// As it stands between single quotes.
    Plain(String),
    /// A UTF-16 unit by number.
    Unit(u16),
}

/// `units` in pieces, no two plain ones side by side.
fn pieces(units: &[u16]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for decoded in char::decode_utf16(units.iter().copied()) {
        match decoded {
            Ok(char) if must_be_number(char) => {
                let mut buffer = [0; 2];
                pieces.extend(
                    char.encode_utf16(&mut buffer)
                        .iter()
                        .map(|u| Piece::Unit(*u)),
                );
            }
            Ok(char) => push(&mut pieces, char),
            Err(lone) => pieces.push(Piece::Unit(lone.unpaired_surrogate())),
        }
    }
    pieces
}

/// Adds `char` to the last piece if it is plain; a quote is doubled.
fn push(pieces: &mut Vec<Piece>, char: char) {
    if !matches!(pieces.last(), Some(Piece::Plain(_))) {
        pieces.push(Piece::Plain(String::new()));
    }
    if let Some(Piece::Plain(plain)) = pieces.last_mut() {
        plain.push(char);
        if is_quote(char) {
            plain.push(char);
        }
    }
}

/// `(-join @('ab', [char]0x000D))`: one expression, whatever stands around it.
fn joined(pieces: &[Piece]) -> String {
    let mut script = "(-join @(".to_owned();
    for (index, piece) in pieces.iter().enumerate() {
        if index > 0 {
            script.push_str(", ");
        }
        let _ = match piece {
            Piece::Plain(plain) => write!(script, "'{plain}'"),
            Piece::Unit(unit) => write!(script, "[char]0x{unit:04X}"),
        };
    }
    script.push_str("))");
    script
}

/// What PowerShell takes for a single quote.
fn is_quote(char: char) -> bool {
    matches!(char, '\'' | '\u{2018}'..='\u{201B}')
}

/// What must not stand in the script as itself: see the module.
pub(super) fn must_be_number(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{00AD}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{180E}'
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFF}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_stands_as_it_is() {
        assert_eq!(string("web01"), "'web01'");
        assert_eq!(string(""), "''");
        assert_eq!(string("Zürich 研究室 😀"), "'Zürich 研究室 😀'");
    }

    #[test]
    fn nothing_but_quotes_means_anything_between_single_quotes() {
        assert_eq!(
            string("$(Stop-Computer) `n $x \"y\""),
            "'$(Stop-Computer) `n $x \"y\"'"
        );
        assert_eq!(string("it's"), "'it''s'");
        assert_eq!(
            string("a\u{2018}b\u{2019}c\u{201A}d\u{201B}"),
            "'a\u{2018}\u{2018}b\u{2019}\u{2019}c\u{201A}\u{201A}d\u{201B}\u{201B}'"
        );
    }

    #[test]
    fn what_ends_a_line_or_hides_is_spelled_as_a_number() {
        assert_eq!(
            string("a\r\nb"),
            "(-join @('a', [char]0x000D, [char]0x000A, 'b'))"
        );
        assert_eq!(string("\u{202E}"), "(-join @([char]0x202E))");
        assert_eq!(string("\u{E0041}"), "(-join @([char]0xDB40, [char]0xDC41))");
    }

    #[test]
    fn r35_an_unpaired_surrogate_keeps_its_unit() {
        let name = Text::from_units(vec![0x0061, 0xD800, 0x0062, 0xDC00]);
        assert_eq!(
            text(&name),
            "(-join @('a', [char]0xD800, 'b', [char]0xDC00))"
        );
    }
}
