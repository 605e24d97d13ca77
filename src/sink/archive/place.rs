//! An archive as a file: under a temporary name until it is whole.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use tree::Time;

use super::out::Carrier;
use crate::copy::Target;
use crate::hostfs::{Dir, Platform};
use crate::output::{Offload, Output};
use crate::sink::codes::EXISTS;
use crate::sink::{Conflict, Error, Sources, Verdict};

/// The place of an archive that can be written to.
pub struct ArchivePlace {
    dir: Dir,
    name: OsString,
    path: PathBuf,
    replace: bool,
    /// Not used, as an archive is no copy of anything.
    offload: Offload,
}

impl ArchivePlace {
    /// The file `path`, in a folder that is there; none of `sources` in any case, and replacing a
    /// file only to `overwrite`.
    ///
    /// # Errors
    /// Where the folder cannot be opened, or something is there that may not be replaced.
    pub fn find(path: &Path, overwrite: bool, sources: &Sources) -> Result<Self, Error> {
        let parent = path.parent().filter(|path| !path.as_os_str().is_empty());
        let dir = Dir::open(parent.unwrap_or(Path::new(".")))
            .map_err(|error| Error::writing(path, &error))?;
        let name = path
            .file_name()
            .ok_or_else(|| Error::item(&EXISTS, path, "it names no file"))?;
        let conflict = match overwrite {
            true => Conflict::Overwrite,
            false => Conflict::Fail,
        };
        let verdict = conflict.judge(&dir, name, path, Time::default(), sources)?;
        Ok(Self {
            name: name.into(),
            dir,
            path: path.into(),
            replace: verdict == Verdict::Replace,
            offload: Offload::new(false),
        })
    }

    /// Begins the file.
    ///
    /// # Errors
    /// The destination's.
    pub fn create(&self) -> Result<impl Carrier + use<'_>, Error> {
        let created = Output::create(&self.dir, &Platform, &self.offload);
        let output = created.map_err(|error| Error::writing(&self.path, &error))?;
        Ok(ArchiveFile {
            place: self,
            output,
        })
    }
}

/// An archive being written into a file.
struct ArchiveFile<'a> {
    place: &'a ArchivePlace,
    output: Output<'a>,
}

impl Carrier for ArchiveFile<'_> {
    fn append(&mut self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.output.write_at(bytes, at)
    }

    fn cut(&mut self, to: u64) -> io::Result<bool> {
        self.output.file().set_len(to)?;
        Ok(true)
    }

    fn cuts(&self) -> bool {
        true
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        self.output.put(&self.place.name, self.place.replace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_its_name_when_it_is_finished_and_replaces_nothing_unasked() {
        let temp = tempfile::tempdir().expect("a temporary folder");
        let path = temp.path().join("x.tar");
        let place = ArchivePlace::find(&path, false, &Sources::default()).expect("free");
        let mut file = place.create().expect("created");
        file.append(b"abcdef", 0).expect("written");
        assert!(file.cut(2).expect("cut"));
        file.append(b"z", 2).expect("written");
        assert!(!path.exists());
        Box::new(file).finish().expect("renamed");
        assert_eq!(std::fs::read(&path).expect("there"), b"abz");
        for (overwrite, ok) in [(false, false), (true, true)] {
            let found = ArchivePlace::find(&path, overwrite, &Sources::default());
            assert_eq!(found.is_ok(), ok);
        }
        let sources = Sources::at([&path]).expect("there");
        assert!(ArchivePlace::find(&path, true, &sources).is_err());
    }
}
