//! `--files-from`: guest paths from a file or a pipe, as `find` and `ls` print them.

use std::io::Read;
use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tree::{GuestPath, Name};

use crate::cli::address::{Address, VolumeChoice};
use crate::cli::{Exit, Stop};
use crate::codes;

/// Where the list of paths is.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Filter")]
pub(super) struct ListArgs {
    /// Extract the paths in FILE (-: standard input), one a line, besides those given here. They are
    /// taken as they are, without globs; objects as find --json prints them do as well. A path that is
    /// not there is reported, and the others go on
    #[arg(long, value_name = "FILE")]
    files_from: Option<PathBuf>,
    /// The paths in FILE end with NUL, as find -0 prints them
    #[arg(short = '0', long, requires = "files_from")]
    null: bool,
}

/// A path of the list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Listed {
    /// As it was written.
    pub(super) text: String,
    pub(super) volume: VolumeChoice,
    pub(super) path: GuestPath,
}

impl ListArgs {
    /// Whether there is a list.
    pub(super) fn is_given(&self) -> bool {
        self.files_from.is_some()
    }

    /// Reads the list; `volume` is that of paths which name none.
    ///
    /// # Errors
    /// A [`Stop`] where it cannot be read.
    pub(super) fn read(&self, volume: Option<&str>) -> Result<Vec<Listed>, Stop> {
        let Some(file) = &self.files_from else {
            return Ok(Vec::new());
        };
        let mut bytes = Vec::new();
        let read = match file.as_os_str() == "-" {
            true => std::io::stdin().lock().read_to_end(&mut bytes).map(drop),
            false => std::fs::read(file).map(|read| bytes = read),
        };
        read.map_err(|error| unreadable(&format!("{}: {error}", file.display())))?;
        let within = volume.map(VolumeChoice::parse);
        let lines = lines(&bytes, self.null).map_err(|reason| {
            let text = format!("{}: {reason}", file.display());
            unreadable(&text)
        })?;
        let mut listed: Vec<_> = lines.iter().filter_map(|line| parse(line)).collect();
        for one in &mut listed {
            if let (VolumeChoice::Only, Some(within)) = (&one.volume, &within) {
                one.volume = within.clone();
            }
        }
        Ok(listed)
    }
}

fn unreadable(text: &str) -> Stop {
    Stop::new(Exit::Usage, &codes::cli::NO_LIST, text)
}

/// The lines of a list, without their ends and without empty ones. What PowerShell writes by default
/// (UTF-16, or UTF-8 with a mark at its start) is understood.
fn lines(bytes: &[u8], null: bool) -> Result<Vec<Vec<u8>>, &'static str> {
    let bytes = match bytes {
        [0xFF, 0xFE, rest @ ..] => utf8(rest, u16::from_le_bytes)?,
        [0xFE, 0xFF, rest @ ..] => utf8(rest, u16::from_be_bytes)?,
        [0xEF, 0xBB, 0xBF, rest @ ..] => rest.to_vec(),
        _ => bytes.to_vec(),
    };
    if !null && bytes.contains(&0) {
        return Err("its paths end with NUL: say -0");
    }
    let end = if null { 0 } else { b'\n' };
    let lines = bytes.split(|&byte| byte == end);
    let bare = |line: &[u8]| match line {
        [line @ .., b'\r'] if !null => line.to_vec(),
        line => line.to_vec(),
    };
    Ok(lines.map(bare).filter(|line| !line.is_empty()).collect())
}

fn utf8(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Vec<u8>, &'static str> {
    let (pairs, []) = bytes.as_chunks() else {
        return Err("it is cut off in the middle of a character");
    };
    let units = pairs.iter().map(|pair| unit(*pair));
    Ok(Name::from_utf16(units).as_bytes().to_vec())
}

/// A path, or an object with one; none for objects about something else.
fn parse(line: &[u8]) -> Option<Listed> {
    if line.starts_with(b"{\"") {
        // No name of Windows holds a quotation mark.
        if let Ok(object) = serde_json::from_slice(line) {
            return parse_object(&object);
        }
    }
    Some(parse_path(line))
}

fn parse_object(object: &serde_json::Value) -> Option<Listed> {
    let is_loss = object["type"] == "error" || object["type"] == "summary";
    let text = object["path"].as_str().filter(|_| !is_loss)?;
    let exact = object["path_wtf8"].as_str();
    let exact = exact.and_then(|coded| BASE64_STANDARD.decode(coded).ok());
    let path = names(exact.as_deref().unwrap_or(text.as_bytes()), 0);
    let volume = object["volume"].as_str().map(VolumeChoice::parse);
    Some(Listed {
        text: text.into(),
        volume: volume.unwrap_or(VolumeChoice::Only),
        path,
    })
}

/// The path in a line, whose bytes need not be Unicode: what names the volume is.
fn parse_path(line: &[u8]) -> Listed {
    let text = String::from_utf8_lossy(line).into_owned();
    let volume = Address::parse(&text).volume;
    let bare = line.strip_prefix(br"\\?\").unwrap_or(line);
    let first = match volume {
        VolumeChoice::Only => 0,
        VolumeChoice::Part { .. } => 2,
        _ => 1,
    };
    Listed {
        path: names(bare, first),
        text,
        volume,
    }
}

/// The path of all names in `bytes` from the one numbered `first` on.
fn names(bytes: &[u8], first: usize) -> GuestPath {
    let names = bytes.split(|byte| matches!(byte, b'/' | b'\\'));
    let names = names.filter(|name| !name.is_empty() && *name != b".");
    names.skip(first).map(Name::from_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> (VolumeChoice, String) {
        let listed = parse(line.as_bytes()).expect("a path");
        (listed.volume, listed.path.to_string())
    }

    #[test]
    fn paths_as_they_are_printed_and_as_people_write_them() {
        let part = VolumeChoice::Part { disk: 0, part: 2 };
        for (line, volume, path) in [
            ("/Users/ana/", VolumeChoice::Only, "/Users/ana"),
            (
                r"C:\Users\a*[1].txt",
                VolumeChoice::Letter('C'),
                "/Users/a*[1].txt",
            ),
            (r"\\?\d:\x", VolumeChoice::Letter('D'), "/x"),
            ("disk0/part2/#x", part.clone(), "/#x"),
            ("label=Data/x/y", VolumeChoice::Label("Data".into()), "/x/y"),
            (
                r#"{"type":"entry","volume":"disk0/part2","path":"/a b"}"#,
                part,
                "/a b",
            ),
        ] {
            assert_eq!(parsed(line), (volume, path.into()), "{line}");
        }
        let exact = parse(br#"{"type":"entry","path":"/a\ufffd","path_wtf8":"L2HtoIA="}"#);
        let path = exact.expect("a path").path;
        assert_eq!(path.as_bytes(), b"a\xED\xA0\x80");
        assert_eq!(
            parse(br#"{"type":"error","path":"/x","message":"gone"}"#),
            None
        );
    }

    #[test]
    fn lists_from_every_shell() {
        let two = [b"/a".to_vec(), b"/b".to_vec()];
        assert_eq!(lines(b"/a\r\n\n/b", false).expect("text"), two);
        assert_eq!(lines(b"\xEF\xBB\xBF/a\n/b\n", false).expect("text"), two);
        assert_eq!(
            lines(b"\xFF\xFE/\0a\0\r\0\n\0/\0b\0", false).expect("text"),
            two
        );
        assert_eq!(lines(b"/a\0/b\0", true).expect("text"), two);
        assert_eq!(lines(b"/a\nb\0", true).expect("text"), [b"/a\nb".to_vec()]);
        assert!(lines(b"/a\0/b\0", false).is_err() && lines(b"\xFF\xFEx", false).is_err());
    }
}
