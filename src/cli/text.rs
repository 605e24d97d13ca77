//! Text for a terminal: hostile names made harmless, sums, arguments and times.

use std::borrow::Cow;
use std::fmt::Write;
use std::io::IsTerminal;

use tree::Time;

pub use crate::quantity::{count, size};

/// `text` with everything escaped that could move the cursor, hide, or reorder what is printed.
///
/// Names come out of a guest's disk and are hostile until proven otherwise.
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    for char in text.chars() {
        if is_hostile(char) {
            let _ = write!(safe, "\\u{{{:x}}}", u32::from(char));
        } else {
            safe.push(char);
        }
    }
    Cow::Owned(safe)
}

/// Control characters, zero-width and bidirectional marks, line separators, tags, noncharacters.
fn is_hostile(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{00AD}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{180E}'
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// A line as `sha256sum` writes and reads it: a name with a backslash or the end of a line in it is
/// spelled with backslashes, and so says the first character. On a terminal the name is escaped.
#[must_use]
pub fn sum_line(sum: &str, name: &str) -> String {
    if std::io::stdout().is_terminal() {
        return format!("{sum}  {}", escape(name));
    }
    crate::checksum::sum_line(sum, name)
}

/// `text` as an argument of a command that a shell reads back, quoted where it must be.
#[must_use]
pub fn argument(text: &str) -> Cow<'_, str> {
    let is_plain = |char: char| {
        char.is_alphanumeric() || "_-./:=@%+,#".contains(char) || (cfg!(windows) && char == '\\')
    };
    let begins_plain = !text.starts_with(['#', '=']);
    if !text.is_empty() && begins_plain && text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(match cfg!(windows) {
        true => format!("\"{text}\""),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    })
}

/// UTC to the second, as listings show it; `-` where the year cannot be written.
#[must_use]
pub fn seconds(time: Time) -> String {
    time.rfc3339()
        .map_or_else(|| "-".into(), |text| text.as_str()[..19].replace('T', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_stay_as_they_are() {
        for name in ["thesis.docx", "Größe € 数 😀", "a b'c\"d"] {
            assert!(matches!(escape(name), Cow::Borrowed(same) if same == name));
        }
    }

    #[test]
    fn what_could_deceive_is_spelled_out() {
        assert_eq!(escape("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(escape("gpj.\u{202E}exe"), "gpj.\\u{202e}exe");
        assert_eq!(escape("x\ny\u{200B}"), "x\\u{a}y\\u{200b}");
    }

    #[test]
    fn sums_are_written_as_sha256sum_does() {
        assert_eq!(sum_line("00ff", "Users/a b.txt"), "00ff  Users/a b.txt");
        assert_eq!(sum_line("00ff", "a\nb\\c"), "\\00ff  a\\nb\\\\c");
    }

    #[test]
    #[cfg(unix)]
    fn arguments_are_quoted_where_a_shell_would_read_something_else() {
        for (text, quoted) in [
            ("/backup/web-01", "/backup/web-01"),
            ("--vm", "--vm"),
            ("web 01", "'web 01'"),
            ("o'brien $(x)", r"'o'\''brien $(x)'"),
            ("#2", "'#2'"),
            ("", "''"),
        ] {
            assert_eq!(argument(text), quoted);
        }
    }

    #[test]
    fn times_are_shown_to_the_second() {
        assert_eq!(
            seconds(Time(132_468_898_895_045_259)),
            "2020-10-11 11:38:09"
        );
        assert_eq!(seconds(Time(-1)), "-");
    }
}
