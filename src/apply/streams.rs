//! Named streams that lie beside their file.

use std::ffi::OsStr;
use std::io::{self, Read};

use crate::hostfs::{self, Calls, Dir, StreamHome};

/// Bytes copied at a time, and the most that an extended attribute holds.
const CHUNK: usize = 64 << 10;

/// Moves the file `beside` into the stream `stream` of `name`; both are in `dir`.
///
/// # Errors
/// The system's own; then the file stays where it is.
pub(super) fn put(
    calls: &dyn Calls,
    (dir, name): (&Dir, &OsStr),
    stream: &str,
    beside: &OsStr,
) -> io::Result<()> {
    let mut file = dir.open_file(beside)?;
    match calls.stream_home(dir) {
        StreamHome::Nowhere => return Err(io::ErrorKind::Unsupported.into()),
        StreamHome::Xattrs => {
            let mut value = Vec::new();
            file.take(CHUNK as u64 + 1).read_to_end(&mut value)?;
            if value.len() > CHUNK {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            calls.set_xattr(&dir.open_node(name)?, OsStr::new(stream), &value)?;
        }
        StreamHome::Streams => {
            let stream = OsStr::new(stream);
            let to = calls.create_stream(dir, Some(name), stream)?;
            if let Err(error) = copy(&mut file, &to) {
                let _ = calls.remove_stream(dir, Some(name), stream);
                return Err(error);
            }
        }
    }
    dir.remove(beside)
}

fn copy(from: &mut impl Read, to: &std::fs::File) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    let mut at = 0;
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(()),
            len => {
                hostfs::write_all_at(to, &buffer[..len], at)?;
                at += len as u64;
            }
        }
    }
}
