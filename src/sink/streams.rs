//! Where named streams go.
//!
//! Into the file itself, where the destination has a place for them: as streams on Windows, as
//! extended attributes `user.<stream>` elsewhere. Whatever it refuses, is too large for it, or was
//! asked for with [`StreamMode::Files`], becomes a file beside it called `FILE:STREAM`, with `%3A` for
//! the colon where a name cannot hold one. No NTFS name of a Windows guest holds a colon; if one made
//! by other means does, the second of the two gets a number.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::ops::Range;

use blockio::ReadAt;
use tree::Name;

use super::host_name::{Rules, host_name, shorten};
use super::{Error, Stream};
use crate::copy::{self, Lost};
use crate::hostfs::{self, Calls, Dir, StreamHome};
use crate::progress::Watch;

/// Largest value an extended attribute can have, in bytes.
const XATTR_LIMIT: u64 = 64 << 10;

/// What is wanted of named streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StreamMode {
    /// In the file itself, wherever the destination has a place for them.
    #[default]
    Native,
    /// As files beside it, all of them.
    Files,
    /// Not at all.
    Leave,
}

/// How it went with one stream.
pub(super) enum Kept {
    /// It is in the file itself.
    Inside,
    /// The destination has no place for it: a file beside it must do.
    Refused,
}

/// Keeps `stream` in the file `name` of `dir` (or in `dir` itself), which is open as `file`.
///
/// Anything that could go wrong with the stream's bytes is left to the file beside, which can have
/// gaps; so is any refusal of the destination.
pub(super) fn keep_inside(
    calls: &dyn Calls,
    dir: &Dir,
    (name, file): (Option<&OsStr>, &File),
    stream: &Stream,
    watch: Watch<'_>,
) -> Result<Kept, Error> {
    match calls.stream_home(dir) {
        StreamHome::Nowhere => Ok(Kept::Refused),
        StreamHome::Xattrs => Ok(keep_xattr(calls, file, stream)),
        StreamHome::Streams => keep_stream(calls, dir, name, stream, watch),
    }
}

fn keep_xattr(calls: &dyn Calls, file: &File, stream: &Stream) -> Kept {
    let (Some(name), size @ ..=XATTR_LIMIT) = (stream.name.as_str(), stream.data.size()) else {
        return Kept::Refused;
    };
    let mut value = vec![0; usize::try_from(size).unwrap_or_default()];
    let read = stream.data.read_exact_at(&mut value, 0);
    match read.and_then(|()| calls.set_xattr(file, OsStr::new(name), &value)) {
        Ok(()) => Kept::Inside,
        Err(_) => Kept::Refused,
    }
}

fn keep_stream(
    calls: &dyn Calls,
    dir: &Dir,
    name: Option<&OsStr>,
    stream: &Stream,
    watch: Watch<'_>,
) -> Result<Kept, Error> {
    let host = OsString::from(host_name(&stream.name, Rules::Windows));
    if stream.name.as_str() != host.to_str() {
        return Ok(Kept::Refused);
    }
    let Ok(file) = calls.create_stream(dir, name, &host) else {
        return Ok(Kept::Refused);
    };
    let copied = fill(&file, &stream.data, watch);
    drop(file);
    if let Ok([]) = copied.as_deref() {
        return Ok(Kept::Inside);
    }
    let _ = calls.remove_stream(dir, name, &host);
    match copied {
        Err(error @ copy::Error::Cancelled) => Err(Error::copying("", &error)),
        _ => Ok(Kept::Refused),
    }
}

fn fill(file: &File, data: &dyn ReadAt, watch: Watch<'_>) -> Result<Vec<Lost>, copy::Error> {
    let mut buffer = vec![0; copy::BUFFER.min(usize::try_from(data.size()).unwrap_or(usize::MAX))];
    buffer.resize(buffer.len().max(1), 0);
    let lost = copy::copy(data, &mut Inner(file), &mut buffer, watch)?;
    file.set_len(data.size()).map_err(copy::Error::Target)?;
    Ok(lost)
}

/// A stream being filled. What is not written reads as zeros, which is right for holes; what was
/// lost is found in the list.
struct Inner<'a>(&'a File);

impl copy::Target for Inner<'_> {
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        hostfs::write_all_at(self.0, bytes, offset)
    }
    fn hole(&mut self, _: Range<u64>) -> io::Result<()> {
        Ok(())
    }
    fn lost(&mut self, _: &Lost) -> io::Result<()> {
        Ok(())
    }
}

/// The name of the file beside `name` that holds `stream`; of a folder's own streams in the root,
/// which has no name, it is empty.
pub(super) fn beside(name: &OsStr, stream: &Name, rules: Rules) -> OsString {
    let colon = if rules.has_windows() { "%3A" } else { ":" };
    let text = format!(
        "{}{colon}{}",
        name.to_string_lossy(),
        host_name(stream, rules)
    );
    shorten(text, rules).into()
}
