//! Names that a destination can hold.
//!
//! A name that it can hold is kept as it is. Otherwise:
//! - what may not stand in a name becomes `%` and its number in hex: `%01`, `%3A`, a lone surrogate
//!   `%uD800`; `.` and `..` are written with `%2E`;
//! - on Windows also a trailing dot or blank, and a device's name (`CON`, `nul.txt`) gets a leading `_`;
//! - a name of more than 255 bytes (units on Windows) is cut in the middle: its start, `~` and eight
//!   hex digits of its hash, its extension.
//!
//! Two names of one folder that come out alike are told apart by [`numbered`].

use std::ffi::{OsStr, OsString};
use std::hash::{DefaultHasher, Hash, Hasher};

use tree::Name;

/// Longest name of every file system in use, in bytes on Unix and in UTF-16 units on Windows.
const LONGEST: usize = 255;
/// Longest extension that survives a cut, in bytes with its dot.
const LONGEST_EXTENSION: usize = 16;

/// What a destination takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rules {
    /// Anything but `/` and NUL; control characters are escaped all the same.
    Unix,
    /// What Win32 takes.
    Windows,
    /// What every one of them takes: the characters of Windows in the bytes of Unix.
    Everywhere,
}

impl Rules {
    /// Those of the platform we run on.
    pub(crate) const HERE: Self = if cfg!(windows) {
        Self::Windows
    } else {
        Self::Unix
    };

    /// Whether Win32 must take the name.
    pub(crate) fn has_windows(self) -> bool {
        self != Self::Unix
    }
}

/// The host's name for `name`, which is `name` itself wherever the destination can hold it.
pub(crate) fn host_name(name: &Name, rules: Rules) -> String {
    let mut text = escape(name, rules);
    if text == "." || text == ".." {
        text = text.replace('.', "%2E");
    }
    if rules.has_windows() {
        text = for_windows(text);
    }
    shorten(text, rules)
}

/// `name` with a number before its extension: `a (2).txt`.
pub(crate) fn numbered(name: &OsStr, number: u32) -> OsString {
    let text = name.to_string_lossy();
    let (stem, extension) = split_extension(&text);
    let tail = format!(" ({number}){extension}");
    let stem = cut(stem, LONGEST.saturating_sub(tail.len()));
    format!("{stem}{tail}").into()
}

/// `name` with `tail` at its end, the name shortened if both are too long.
pub(crate) fn with_tail(name: &OsStr, tail: &str) -> OsString {
    let text = name.to_string_lossy();
    let room = LONGEST.saturating_sub(tail.len());
    if text.len() <= room {
        return format!("{text}{tail}").into();
    }
    let mark = mark(text.as_bytes());
    format!(
        "{}{mark}{tail}",
        cut(&text, room.saturating_sub(mark.len()))
    )
    .into()
}

/// All characters that may not stand in a name, escaped.
fn escape(name: &Name, rules: Rules) -> String {
    let mut text = String::with_capacity(name.as_bytes().len());
    for unit in char::decode_utf16(name.to_utf16()) {
        match unit {
            Ok(char) if is_refused(char, rules) => text += &format!("%{:02X}", u32::from(char)),
            Ok(char) => text.push(char),
            Err(lone) => text += &format!("%u{:04X}", lone.unpaired_surrogate()),
        }
    }
    text
}

fn is_refused(char: char, rules: Rules) -> bool {
    let by_windows = rules.has_windows() && "<>:\"|?*\\".contains(char);
    char.is_control() || char == '/' || by_windows
}

/// What Win32 would take for something else: an end that it strips, the name of a device.
fn for_windows(mut text: String) -> String {
    if let Some(last @ ('.' | ' ')) = text.chars().last() {
        text.pop();
        text += &format!("%{:02X}", u32::from(last));
    }
    let stem = text.split('.').next().unwrap_or_default().trim_end();
    if is_device(stem) {
        format!("_{text}")
    } else {
        text
    }
}

fn is_device(stem: &str) -> bool {
    let stem = stem.to_ascii_uppercase();
    let names = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
    let numbered = stem.strip_prefix("COM").or(stem.strip_prefix("LPT"));
    let digit = |rest| {
        matches!(
            rest,
            "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9"
        )
    };
    let raised = |rest| matches!(rest, "\u{B9}" | "\u{B2}" | "\u{B3}");
    names.contains(&&*stem) || numbered.is_some_and(|rest| digit(rest) || raised(rest))
}

/// `text` if it is short enough, else its start, a hash of the whole name, and its extension.
pub(super) fn shorten(text: String, rules: Rules) -> String {
    let len = match rules {
        Rules::Unix | Rules::Everywhere => text.len(),
        Rules::Windows => text.encode_utf16().count(),
    };
    if len <= LONGEST {
        return text;
    }
    let (stem, extension) = split_extension(&text);
    let mark = mark(text.as_bytes());
    // A byte count is never below the count of units, so that it does for both.
    let stem = cut(stem, LONGEST - mark.len() - extension.len());
    format!("{stem}{mark}{extension}")
}

/// `~` and eight hex digits that another name is unlikely to have.
fn mark(whole: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    whole.hash(&mut hasher);
    format!("~{:08x}", hasher.finish() as u32)
}

/// Stem and extension with its dot, if that is short enough to be one.
fn split_extension(text: &str) -> (&str, &str) {
    let dot = text
        .rfind('.')
        .filter(|&dot| dot > 0 && text.len() - dot <= LONGEST_EXTENSION);
    text.split_at(dot.unwrap_or(text.len()))
}

/// The start of `text`, at most `room` bytes, whole characters.
fn cut(text: &str, room: usize) -> &str {
    &text[..text.floor_char_boundary(room)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_unix(name: &str) -> String {
        host_name(&Name::from(name), Rules::Unix)
    }

    fn on_windows(name: &str) -> String {
        host_name(&Name::from(name), Rules::Windows)
    }

    #[test]
    fn a_good_name_stays_as_it_is() {
        for name in [
            "a.txt",
            ".bashrc",
            "\u{20AC} \u{1F600}.md",
            "100%",
            "...x",
            "console.txt",
        ] {
            assert_eq!(
                (on_unix(name), on_windows(name)),
                (name.into(), name.into())
            );
        }
        assert_eq!(on_unix("CON: a*b. "), "CON: a*b. ");
    }

    #[test]
    fn what_leads_elsewhere_or_hides_is_escaped() {
        assert_eq!(
            (on_unix("."), on_unix("..")),
            ("%2E".into(), "%2E%2E".into())
        );
        assert_eq!(on_windows(".."), "%2E%2E");
        assert_eq!(on_unix("a\u{1b}[2Jb\u{85}"), "a%1B[2Jb%85");
        let lone = Name::from_utf16([0x61, 0xD800, 0x62]);
        assert_eq!(host_name(&lone, Rules::Unix), "a%uD800b");
    }

    #[test]
    fn windows_refuses_more() {
        let cases = [
            ("a:b", "a%3Ab"),
            ("a\\b", "a%5Cb"),
            ("end.", "end%2E"),
            ("end ", "end%20"),
            ("CON", "_CON"),
            ("nul.tar.gz", "_nul.tar.gz"),
            ("com1 .txt", "_com1 .txt"),
            ("LPT\u{B2}", "_LPT\u{B2}"),
            ("COM10", "COM10"),
        ];
        for (name, host) in cases {
            assert_eq!(on_windows(name), host, "{name}");
        }
    }

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        // 255 units, as NTFS allows, are 765 bytes here.
        let long = format!("{}.docx", "\u{20AC}".repeat(250));
        let other = format!("{}b.docx", "\u{20AC}".repeat(249));
        let (cut, cut_other) = (on_unix(&long), on_unix(&other));
        assert!(cut.len() <= 255 && cut.ends_with(".docx"), "{cut}");
        assert_ne!(cut, cut_other);
        assert_eq!(
            on_windows(&long),
            long,
            "255 units are no more than Windows takes"
        );
        let tailed = with_tail(OsStr::new(&cut), ".partial.json");
        assert!((250..=255).contains(&tailed.len()), "{tailed:?}");
    }

    #[test]
    fn numbers_stand_before_the_extension() {
        assert_eq!(numbered(OsStr::new("a.txt"), 2), "a (2).txt");
        assert_eq!(numbered(OsStr::new(".profile"), 3), ".profile (3)");
        let long = "x".repeat(255);
        assert_eq!(numbered(OsStr::new(&long), 10).len(), 255);
    }
}
