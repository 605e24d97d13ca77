//! A file of checksums, which `sha256sum -c` or `b3sum -c` checks in the destination.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::{lock, writing};
use crate::checksum::{Algorithm, sum_line};
use crate::hostfs::Dir;
use crate::output::temporary_name;
use crate::sink::Error;
use crate::sink::codes::EXISTS;

/// Bytes that wait to be written.
const WAITING: usize = 32 << 10;

/// A file of checksums. Lines are added as they come, and sorted by name in the end.
pub struct Manifest {
    algorithm: Algorithm,
    dir: Dir,
    name: OsString,
    place: PathBuf,
    /// The sums of an earlier run, by the text of their names.
    known: HashMap<String, String>,
    out: Mutex<Out>,
}

struct Out {
    /// Closed before the sorted lines take its place.
    file: Option<File>,
    buffer: Vec<u8>,
}

impl Manifest {
    /// What it is called in a destination.
    #[must_use]
    pub fn name_for(algorithm: Algorithm) -> &'static str {
        match algorithm {
            Algorithm::Sha256 => "SHA256SUMS",
            Algorithm::Blake3 => "B3SUMS",
        }
    }

    /// Begins the manifest at `place`, whose folder is there; with `resume`, adds to the one that an
    /// earlier run began, and with `overwrite` takes the place of whatever is there.
    ///
    /// # Errors
    /// Where something else is there, or the destination refuses.
    pub fn open(
        place: &Path,
        algorithm: Algorithm,
        (resume, overwrite): (bool, bool),
    ) -> Result<Self, Error> {
        let writing = writing(place);
        let name = place.file_name().unwrap_or_default().to_owned();
        let folder = place
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let dir = Dir::open(folder.unwrap_or(Path::new("."))).map_err(&writing)?;
        let exists = || {
            Error::item(
                &EXISTS,
                place,
                "exists already, and is no list of checksums of ours",
            )
        };
        let mut known = HashMap::new();
        let file = match dir.create_new(&name) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && (resume || overwrite) => {
                let mut file = dir.open_to_append(&name).map_err(&writing)?;
                if overwrite {
                    file.set_len(0).map_err(&writing)?;
                } else {
                    let mut text = String::new();
                    file.read_to_string(&mut text).map_err(|_| exists())?;
                    known = parse(&text).ok_or_else(exists)?;
                }
                file
            }
            made => made.map_err(&writing)?,
        };
        Ok(Self {
            algorithm,
            dir,
            name,
            place: place.into(),
            known,
            out: Mutex::new(Out {
                file: Some(file),
                buffer: Vec::new(),
            }),
        })
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// What an earlier run has written down for `name`.
    pub(super) fn known(&self, name: &str) -> Option<String> {
        let line = sum_line("", name);
        let name = line.split_once("  ")?.1;
        self.known.get(name).cloned()
    }

    /// Adds a line.
    pub(super) fn add(&self, sum: &str, name: &str) -> Result<(), Error> {
        self.write(&sum_line(sum, name))
    }

    /// Adds a line that is passed over when files are checked: about what is no file. `b3sum` passes
    /// over none.
    pub(super) fn add_comment(&self, sum: &str, name: &str) -> Result<(), Error> {
        match self.algorithm {
            Algorithm::Sha256 => self.write(&format!("# {}", sum_line(sum, name))),
            Algorithm::Blake3 => Ok(()),
        }
    }

    fn write(&self, line: &str) -> Result<(), Error> {
        let mut out = lock(&self.out);
        out.buffer.extend_from_slice(line.as_bytes());
        out.buffer.push(b'\n');
        if out.buffer.len() < WAITING {
            return Ok(());
        }
        out.flush().map_err(writing(&self.place))
    }

    /// Sorts the lines by their names, each once: the last counts.
    pub(super) fn finish(&self) -> Result<(), Error> {
        let mut out = lock(&self.out);
        out.flush().map_err(writing(&self.place))?;
        out.file = None;
        self.sort().map_err(writing(&self.place))
    }

    fn sort(&self) -> io::Result<()> {
        let mut text = String::new();
        self.dir.open_file(&self.name)?.read_to_string(&mut text)?;
        let lines: HashMap<_, _> = text
            .lines()
            .filter_map(|line| Some((key(line)?, line)))
            .collect();
        let mut lines: Vec<_> = lines.into_iter().collect();
        lines.sort_unstable();
        let mut sorted = String::with_capacity(text.len());
        for (_, line) in lines {
            sorted.extend([line, "\n"]);
        }
        let temporary = temporary_name();
        self.dir
            .create_new(&temporary)?
            .write_all(sorted.as_bytes())?;
        self.dir.replace(&temporary, OsStr::new(&self.name))
    }
}

impl Drop for Manifest {
    fn drop(&mut self) {
        // What is not written is read again when the run is resumed.
        let _ = lock(&self.out).flush();
    }
}

impl Out {
    fn flush(&mut self) -> io::Result<()> {
        let buffer = std::mem::take(&mut self.buffer);
        match &mut self.file {
            Some(file) => file.write_all(&buffer),
            None => Ok(()),
        }
    }
}

/// The name in a line, and whether it is a comment.
fn key(line: &str) -> Option<(&str, bool)> {
    let (bare, comment) = match line.strip_prefix("# ") {
        Some(bare) => (bare, true),
        None => (line, false),
    };
    let (sum, name) = bare.split_once("  ")?;
    let sum = sum.strip_prefix('\\').unwrap_or(sum);
    let is_sum = sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_sum && !name.is_empty()).then_some((name, comment))
}

/// The sums in a manifest, by name; none if it is something else. Its last line may be torn.
fn parse(text: &str) -> Option<HashMap<String, String>> {
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let mut sums = HashMap::new();
    for line in whole.lines() {
        let (name, comment) = key(line)?;
        let sum = line.trim_start_matches('\\').split("  ").next()?;
        if !comment {
            sums.insert(name.to_owned(), sum.to_owned());
        }
    }
    Some(sums)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_sorted_and_known_again() {
        let temp = tempfile::tempdir().expect("a temporary folder");
        let place = temp.path().join("SHA256SUMS");
        let (one, two) = ("1".repeat(64), "2".repeat(64));
        let open = |how| Manifest::open(&place, Algorithm::Sha256, how);
        let manifest = open((false, false)).expect("begun");
        for (sum, name) in [(&one, "b"), (&one, "a\\b"), (&two, "b")] {
            manifest.add(sum, name).expect("added");
        }
        manifest.add_comment(&one, "b:s").expect("added");
        manifest.finish().expect("finished");
        let text = std::fs::read_to_string(&place).expect("it is there");
        assert_eq!(text, format!("\\{one}  a\\\\b\n{two}  b\n# {one}  b:s\n"));
        assert!(open((false, false)).is_err(), "nothing is overwritten");
        let again = open((true, false)).expect("ours");
        assert_eq!(again.known("b"), Some(two));
        assert_eq!(again.known("a\\b"), Some(one));
        assert_eq!(again.known("c"), None);
        drop(again);
        std::fs::write(&place, "somebody's notes\n").expect("written");
        assert!(open((true, false)).is_err() && open((false, true)).is_ok());
    }
}
