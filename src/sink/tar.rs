//! Tar as POSIX.1-2001 extends it (PAX), read by GNU tar, bsdtar, Windows' own tar, Python, 7-Zip.
//!
//! Each member is a ustar header; before it, one more with the records of what does not fit there:
//! times to 100 ns (`mtime`, `atime`, `ctime`, and `LIBARCHIVE.creationtime`, which bsdtar sets), long
//! or non-ASCII names, sizes of 8 GiB and more, and extended attributes as `SCHILY.xattr.NAME`, which
//! `tar --xattrs` and bsdtar restore. A file with large holes is a `GNU.sparse` 1.0 member.
//!
//! | file | owns |
//! |---|---|
//! | `tar/header.rs` | the ustar header |
//! | `tar/pax.rs` | the records before it |
//! | `tar/sparse.rs` | which ranges of a file are stored |

use std::io;
use std::ops::Range;

use super::archive::body::{Body, Content, SMALL, gap};
use super::archive::format::{Format, Member};
use super::archive::out::Out;
use super::host_name::Rules;
use crate::copy::{self, Lost};

mod header;
mod pax;
mod sparse;

use header::{BLOCK, Kind};

/// The format tar.
pub(super) struct Tar;

impl Format for Tar {
    fn rules(&self) -> Rules {
        Rules::Unix
    }

    fn folds_case(&self) -> bool {
        false
    }

    fn keeps_xattrs(&self) -> bool {
        true
    }

    fn dir(&mut self, out: &mut Out<'_>, member: &Member<'_>) -> io::Result<()> {
        let name = format!("{}/", member.name);
        let records = pax::records(member);
        header::write(out, member, &name, Kind::Directory, 0, records)
    }

    fn file(
        &mut self,
        out: &mut Out<'_>,
        member: &Member<'_>,
        mut content: Content<'_>,
    ) -> Result<Vec<Lost>, copy::Error> {
        let size = content.data.size();
        if let Some(bytes) = content.at_once() {
            return small(out, member, bytes).map_err(copy::Error::Target);
        }
        if !content.gaps && (size <= SMALL || !out.can_take_back()) {
            let lost = content.foreseen()?;
            if !lost.is_empty() {
                return Ok(lost);
            }
        }
        let stored = sparse::stored(content.data, content.gaps);
        let start = out.position();
        begin(out, member, &stored, size).map_err(copy::Error::Target)?;
        let gaps = content.gaps;
        let mut body = Body::new(out, &stored, gaps);
        match content.copy_to(&mut body) {
            Ok(lost) => {
                let ended = body.zeros_to(size).and_then(|()| pad(out));
                ended.map_err(copy::Error::Target)?;
                Ok(lost)
            }
            Err(error) => match body.gap.take() {
                Some(lost) => take_back(out, start, lost),
                None => Err(error),
            },
        }
    }

    fn symlink(&mut self, out: &mut Out<'_>, member: &Member<'_>, text: &str) -> io::Result<()> {
        let records = pax::records(member);
        header::write(out, member, member.name, Kind::Symlink(text), 0, records)
    }

    fn hard_link(
        &mut self,
        out: &mut Out<'_>,
        member: &Member<'_>,
        first: &str,
    ) -> io::Result<bool> {
        let records = pax::records(member);
        header::write(out, member, member.name, Kind::HardLink(first), 0, records)?;
        Ok(true)
    }

    /// Two blocks of zeros, and more to a whole record of 20 blocks, as tape drives want it.
    fn finish(&mut self, out: &mut Out<'_>) -> io::Result<()> {
        let record = 20 * BLOCK;
        let end = (out.position() + 2 * BLOCK).next_multiple_of(record);
        out.zeros(end - out.position())
    }
}

fn small(out: &mut Out<'_>, member: &Member<'_>, bytes: &[u8]) -> io::Result<Vec<Lost>> {
    let (size, records) = (bytes.len() as u64, pax::records(member));
    header::write(out, member, member.name, Kind::File, size, records)?;
    out.write(bytes)?;
    pad(out)?;
    Ok(Vec::new())
}

/// Writes the header of a file of which `stored` ranges follow; if there is a map of them, too.
fn begin(
    out: &mut Out<'_>,
    member: &Member<'_>,
    stored: &[Range<u64>],
    size: u64,
) -> io::Result<()> {
    let mut records = pax::records(member);
    if matches!(stored, [all] if *all == (0..size)) {
        return header::write(out, member, member.name, Kind::File, size, records);
    }
    let map = sparse::map(stored, size);
    let bytes: u64 = stored.iter().map(|range| range.end - range.start).sum();
    sparse::describe(&mut records, member.name, size);
    let name = sparse::name(member.name);
    let size = map.len() as u64 + bytes;
    header::write(out, member, &name, Kind::File, size, records)?;
    out.write(&map)
}

/// Takes back a member of which `lost` cannot be had.
fn take_back(out: &mut Out<'_>, start: u64, lost: Lost) -> Result<Vec<Lost>, copy::Error> {
    match out.take_back(start) {
        Ok(true) => Ok(vec![lost]),
        Ok(false) => Err(copy::Error::Target(gap(&lost))),
        Err(error) => Err(copy::Error::Target(error)),
    }
}

/// Fills the last block.
fn pad(out: &mut Out<'_>) -> io::Result<()> {
    let end = out.position().next_multiple_of(BLOCK);
    out.zeros(end - out.position())
}
