//! One disk as one stream of bytes: a raw image, a VHDX or VHD file, or a pipe.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use blockio::{Fault, HostFile, ReadAt};
use tree::Time;

use crate::copy::{self, Lost, Target};
use crate::hostfs::{Dir, Pipe, Platform};
use crate::output::{Offload, Output};
use crate::progress::Watch;
use crate::sink::codes::{EXISTS, GAP};
use crate::sink::{Conflict, Error, Partial, Sources, Verdict, with_tail};

mod image;

pub use image::{Format, Image, Shape};

/// Zeros written at once into a pipe.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// How a flat file is made.
#[derive(Debug)]
pub struct Options {
    /// Whether a file that is there may be replaced.
    pub overwrite: bool,
    /// Whether a disk with lost bytes is saved, as `NAME.partial`.
    pub partial: bool,
    /// The files being read, which are never replaced.
    pub sources: Sources,
}

/// What was made.
#[derive(Clone, Debug)]
pub enum Flat {
    /// All of it, at this place.
    Whole(PathBuf),
    /// All but some bytes.
    Partly(Partial),
}

/// Writes `image` into the file `path`: what is not stored stays a hole.
///
/// Bytes that cannot be had make it `NAME.partial`, with `NAME.partial.json` beside it, which lists
/// them by their place on the disk.
///
/// # Errors
/// The destination's; never for what the source lost.
pub fn to_file(
    image: &Image,
    path: &Path,
    options: &Options,
    watch: Watch<'_>,
) -> Result<Flat, Error> {
    let writing = |error: io::Error| Error::writing(path, &error);
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let dir = Dir::open(parent.unwrap_or(Path::new("."))).map_err(writing)?;
    let name = path
        .file_name()
        .ok_or_else(|| Error::item(&EXISTS, path, "it names no file"))?;
    let replace = may_replace(&dir, name, path, options)?;
    let offload = Offload::new(false);
    let mut output = Output::create(&dir, &Platform, &offload).map_err(writing)?;
    if !image.may_be_sparse() {
        output.stay_plain();
    }
    let mut buffer = vec![0; copy::BUFFER];
    let source = image.bytes();
    let lost = copy::copy(source, &mut output, &mut buffer, watch)
        .map_err(|error| Error::copying(path, &error))?;
    output.end_at(source.size()).map_err(writing)?;
    if lost.is_empty() {
        output.put(name, replace).map_err(writing)?;
        return Ok(Flat::Whole(path.into()));
    }
    let partial = Partial {
        place: None,
        size: image.disk_size(),
        lost: image.on_disk(lost),
    };
    save_partly(&dir, output, path, partial, options).map(Flat::Partly)
}

fn may_replace(dir: &Dir, name: &OsStr, path: &Path, options: &Options) -> Result<bool, Error> {
    let conflict = if options.overwrite {
        Conflict::Overwrite
    } else {
        Conflict::Fail
    };
    let verdict = conflict.judge(dir, name, path, Time::default(), &options.sources)?;
    Ok(verdict == Verdict::Replace)
}

fn save_partly(
    dir: &Dir,
    output: Output<'_>,
    path: &Path,
    mut partial: Partial,
    options: &Options,
) -> Result<Partial, Error> {
    if options.partial {
        let name = with_tail(path.file_name().unwrap_or_default(), ".partial");
        let place = path.with_file_name(&name);
        let replace = may_replace(dir, &name, &place, options)?;
        output
            .put(&name, replace)
            .map_err(|error| Error::writing(&place, &error))?;
        save_list(dir, &with_tail(&name, ".json"), &place, &partial, options)?;
        partial.place = Some(place);
    }
    Ok(partial)
}

/// Writes the list of what is missing beside a partial file.
fn save_list(
    dir: &Dir,
    name: &OsStr,
    place: &Path,
    partial: &Partial,
    options: &Options,
) -> Result<(), Error> {
    let place = place.with_file_name(name);
    let replace = may_replace(dir, name, &place, options)?;
    let put = || {
        let offload = Offload::new(false);
        let mut output = Output::create(dir, &Platform, &offload)?;
        output.write_at(&partial.describe(None, None), 0)?;
        output.put(name, replace)
    };
    put().map_err(|error| Error::writing(place, &error))
}

/// Writes all bytes of `source` into `out`, holes as zeros.
///
/// `pipe` is what `out` writes to in the end, where that is a pipe: it is given the pages of host files
/// instead of copies.
///
/// # Errors
/// [`copy::Error::Target`] with the fault where bytes cannot be had: a pipe has no gaps.
pub fn to_stream(
    source: &dyn ReadAt,
    out: &mut dyn Write,
    pipe: Option<&Pipe>,
    watch: Watch<'_>,
) -> Result<(), copy::Error> {
    let mut buffer = vec![0; copy::BUFFER];
    copy::copy(source, &mut Stream { out, pipe }, &mut buffer, watch)?;
    out.flush().map_err(copy::Error::Target)
}

/// What takes bytes one after the other.
struct Stream<'a> {
    out: &'a mut dyn Write,
    /// Where `out` writes to, until it refuses pages.
    pipe: Option<&'a Pipe>,
}

impl Stream<'_> {
    /// What `give` gave to the pipe; 0 from now on where it is none or refuses.
    fn give(&mut self, give: impl Fn(&Pipe) -> io::Result<u64>) -> io::Result<u64> {
        let Some(pipe) = self.pipe else { return Ok(0) };
        self.out.flush()?;
        match give(pipe) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(error),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => self.give(give),
            // What is wrong with the source is found again by reading.
            Err(_) => {
                self.pipe = None;
                Ok(0)
            }
            given => given,
        }
    }
}

impl Target for Stream<'_> {
    fn write_at(&mut self, bytes: &[u8], _: u64) -> io::Result<()> {
        self.out.write_all(bytes)
    }

    fn take(&mut self, from: &HostFile, at: u64, _: u64, len: u64) -> io::Result<u64> {
        self.give(|pipe| pipe.take(from, at, len))
    }

    fn hole(&mut self, range: Range<u64>) -> io::Result<()> {
        let mut left = range.end - range.start;
        while left > 0 {
            let given = self.give(|pipe| pipe.take_zeros(left))?;
            let len = match given {
                0 => left.min(ZEROS.len() as u64),
                given => given,
            };
            if given == 0 {
                self.out.write_all(&ZEROS[..len as usize])?;
            }
            left -= len;
        }
        Ok(())
    }

    fn lost(&mut self, lost: &Lost) -> io::Result<()> {
        let gap = Fault {
            kind: lost.fault.kind,
            ..Fault::cannot_read(&GAP, "bytes on their way to a stream")
        };
        Err(gap
            .at(lost.range.start)
            .found(lost.fault.to_string())
            .into())
    }
}

#[cfg(test)]
mod tests;
