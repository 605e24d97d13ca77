//! Zip, read by 7-Zip, unzip, Python, Windows' Explorer. APPNOTE.TXT 6.3.
//!
//! Names are UTF-8 and say so. Times stand in the NTFS field (three, to 100 ns) and in the Unix one,
//! attributes in the DOS bits, links as Unix has them. Sizes and numbers beyond 32 bits are Zip64. What
//! is known only after the content stands behind it, so that a pipe does.
//!
//! The directory at the end is held until then: a hundred bytes and the name of each member.
//!
//! | file | owns |
//! |---|---|
//! | `zip/extra.rs` | the fields of times, and of large sizes |
//! | `zip/directory.rs` | the directory and what ends the archive |
//! | `zip/deflate.rs` | the content of a large member |

use std::io;

use flate2::{Compress, Compression, FlushCompress};

use super::archive::body::{Body, Content};
use super::archive::format::{Format, Member};
use super::archive::out::Out;
use super::host_name::Rules;
use crate::copy::{self, Lost};

mod deflate;
mod directory;
mod extra;

use deflate::Deflate;
use directory::{Directory, Entry, Method};

/// What is larger may need 64 bits when it is deflated. A little below 4 GiB.
const LARGE: u64 = 0xFFF0_0000;
/// Unix modes.
const FILE: u32 = 0o100_644;
const READONLY_FILE: u32 = 0o100_444;
const DIRECTORY: u32 = 0o040_755;
const SYMLINK: u32 = 0o120_777;
/// FILE_ATTRIBUTE_READONLY.
const READONLY: u32 = 0x1;
/// FILE_ATTRIBUTE_DIRECTORY.
const IS_DIRECTORY: u32 = 0x10;
/// Attributes that the DOS bits hold: read-only, hidden, system, archive.
const DOS_BITS: u32 = 0x27;

/// The format zip.
pub(super) struct Zip {
    level: Compression,
    directory: Directory,
}

impl Zip {
    /// Zip with content deflated at this level; 0: not at all.
    pub(super) fn new(level: u32) -> Self {
        Self {
            level: Compression::new(level.min(9)),
            directory: Directory::default(),
        }
    }

    /// Writes a member whose content is at hand.
    fn whole(
        &mut self,
        out: &mut Out<'_>,
        member: &Member<'_>,
        (name, attributes): (&str, u32),
        bytes: &[u8],
    ) -> io::Result<()> {
        let deflated = self.deflated(bytes);
        let (method, content) = match &deflated {
            Some(deflated) => (Method::Deflated, &deflated[..]),
            None => (Method::Stored, bytes),
        };
        let entry = Entry {
            crc: crc32fast::hash(bytes),
            compressed: content.len() as u64,
            size: bytes.len() as u64,
            method,
            ..Entry::new(member, name, attributes, out.position())
        };
        out.write(&entry.local_header())?;
        out.write(content)?;
        self.directory.add(&entry);
        Ok(())
    }

    /// `bytes` deflated, if that is wanted and shorter.
    fn deflated(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        if self.level.level() == 0 || bytes.is_empty() {
            return None;
        }
        let mut deflated = Vec::with_capacity(bytes.len());
        let mut compress = Compress::new(self.level, false);
        let status = compress.compress_vec(bytes, &mut deflated, FlushCompress::Finish);
        // It ends within the room of the bytes themselves, or is no gain.
        matches!(status, Ok(flate2::Status::StreamEnd)).then_some(deflated)
    }
}

impl Format for Zip {
    fn rules(&self) -> Rules {
        Rules::Everywhere
    }

    fn folds_case(&self) -> bool {
        true
    }

    fn keeps_xattrs(&self) -> bool {
        false
    }

    fn dir(&mut self, out: &mut Out<'_>, member: &Member<'_>) -> io::Result<()> {
        let name = format!("{}/", member.name);
        let attributes = attributes(member, DIRECTORY) | IS_DIRECTORY;
        self.whole(out, member, (&name, attributes), &[])
    }

    fn file(
        &mut self,
        out: &mut Out<'_>,
        member: &Member<'_>,
        mut content: Content<'_>,
    ) -> Result<Vec<Lost>, copy::Error> {
        let attributes = match member.metadata.attributes.contains(READONLY) {
            true => attributes(member, READONLY_FILE),
            false => attributes(member, FILE),
        };
        if let Some(bytes) = content.at_once() {
            let whole = self.whole(out, member, (member.name, attributes), bytes);
            return whole.map(|()| Vec::new()).map_err(copy::Error::Target);
        }
        let (size, gaps) = (content.data.size(), content.gaps);
        let mut entry = Entry {
            size,
            large: size >= LARGE,
            method: Method::DeflatedOnTheWay,
            ..Entry::new(member, member.name, attributes, out.position())
        };
        out.write(&entry.local_header())
            .map_err(copy::Error::Target)?;
        let all = 0..size;
        let mut deflate = Deflate::new(out, self.level);
        let mut body = Body::new(&mut deflate, std::slice::from_ref(&all), gaps);
        let lost = match content.copy_to(&mut body) {
            Ok(lost) => lost,
            // What is there has no end, and the directory does not know of it.
            Err(error) => return body.gap.take().map(|lost| vec![lost]).ok_or(error),
        };
        let ended = body.zeros_to(size).and_then(|()| deflate.finish());
        (entry.crc, entry.compressed) = ended.map_err(copy::Error::Target)?;
        out.write(&entry.descriptor())
            .map_err(copy::Error::Target)?;
        self.directory.add(&entry);
        Ok(lost)
    }

    fn symlink(&mut self, out: &mut Out<'_>, member: &Member<'_>, text: &str) -> io::Result<()> {
        let named = (member.name, attributes(member, SYMLINK));
        self.whole(out, member, named, text.as_bytes())
    }

    fn hard_link(&mut self, _: &mut Out<'_>, _: &Member<'_>, _: &str) -> io::Result<bool> {
        Ok(false)
    }

    fn finish(&mut self, out: &mut Out<'_>) -> io::Result<()> {
        self.directory.write(out)
    }
}

/// The external attributes: the Unix mode above the DOS bits.
fn attributes(member: &Member<'_>, mode: u32) -> u32 {
    mode << 16 | member.metadata.attributes.0 & DOS_BITS
}
