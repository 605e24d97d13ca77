//! The headers of members, before them and in the directory at the end. APPNOTE 4.3.

use std::io;

use tree::Metadata;

use super::super::archive::format::Member;
use super::super::archive::out::Out;
use super::extra;

/// Reading it takes Zip64: the version that has it.
const VERSION: u16 = 45;
/// Made on Unix, so that the upper half of the external attributes is a mode.
const MADE_ON_UNIX: u16 = 3 << 8;
/// Crc and sizes follow the content.
const DESCRIPTOR: u16 = 1 << 3;
/// Name in UTF-8.
const UTF8: u16 = 1 << 11;
/// Stands where the number is in the Zip64 field.
const IN_ZIP64: u32 = u32::MAX;

/// How the content of a member is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Stored,
    Deflated,
    /// Deflated with its crc and size behind it.
    DeflatedOnTheWay,
}

/// One member.
pub(super) struct Entry<'a> {
    pub(super) name: &'a str,
    pub(super) metadata: &'a Metadata,
    pub(super) attributes: u32,
    pub(super) method: Method,
    pub(super) crc: u32,
    pub(super) compressed: u64,
    pub(super) size: u64,
    /// Where its header is.
    pub(super) offset: u64,
    /// Whether the sizes behind the content are of 64 bits.
    pub(super) large: bool,
}

impl<'a> Entry<'a> {
    /// An empty member whose header is at `offset`.
    pub(super) fn new(member: &'a Member<'_>, name: &'a str, attributes: u32, offset: u64) -> Self {
        Self {
            name,
            metadata: member.metadata,
            attributes,
            method: Method::Stored,
            crc: 0,
            compressed: 0,
            size: 0,
            offset,
            large: false,
        }
    }

    /// What stands before the content. APPNOTE 4.3.7.
    pub(super) fn local_header(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128 + self.name.len());
        out.extend_from_slice(b"PK\x03\x04");
        self.shared(&mut out);
        let known = self.method != Method::DeflatedOnTheWay;
        // With a descriptor all three are zero, or say that the descriptor is one of Zip64.
        let unknown = if self.large { IN_ZIP64 } else { 0 };
        let size = |size: u64| if known { size as u32 } else { unknown };
        put32(&mut out, if known { self.crc } else { 0 });
        put32(&mut out, size(self.compressed));
        put32(&mut out, size(self.size));
        let mut extra = Vec::with_capacity(64);
        extra::zip64(&mut extra, if self.large { &[0, 0] } else { &[] });
        extra::ntfs(&mut extra, self.metadata);
        extra::unix(&mut extra, self.metadata, false);
        put16(&mut out, self.name.len() as u16);
        put16(&mut out, extra.len() as u16);
        out.extend_from_slice(self.name.as_bytes());
        out.extend_from_slice(&extra);
        out
    }

    /// What stands behind the content. APPNOTE 4.3.9.
    pub(super) fn descriptor(&self) -> Vec<u8> {
        let mut out = b"PK\x07\x08".to_vec();
        put32(&mut out, self.crc);
        for size in [self.compressed, self.size] {
            if self.large {
                out.extend_from_slice(&size.to_le_bytes());
            } else {
                put32(&mut out, size as u32);
            }
        }
        out
    }

    /// What both headers have.
    fn shared(&self, out: &mut Vec<u8>) {
        let (method, descriptor) = match self.method {
            Method::Stored => (0, 0),
            Method::Deflated => (8, 0),
            Method::DeflatedOnTheWay => (8, DESCRIPTOR),
        };
        let (time, date) = extra::dos(self.metadata.modified);
        for value in [VERSION, UTF8 | descriptor, method, time, date] {
            put16(out, value);
        }
    }
}

/// The directory, as far as it is known.
#[derive(Default)]
pub(super) struct Directory {
    bytes: Vec<u8>,
    count: u64,
}

impl Directory {
    /// Adds a member. APPNOTE 4.3.12.
    pub(super) fn add(&mut self, entry: &Entry<'_>) {
        let out = &mut self.bytes;
        out.extend_from_slice(b"PK\x01\x02");
        put16(out, MADE_ON_UNIX | VERSION);
        entry.shared(out);
        put32(out, entry.crc);
        put32(out, fitted(entry.compressed));
        put32(out, fitted(entry.size));
        let numbers = [entry.size, entry.compressed, entry.offset];
        let long = numbers
            .into_iter()
            .filter(|&number| fitted(number) == IN_ZIP64);
        let mut extra = Vec::with_capacity(64);
        extra::zip64(&mut extra, &long.collect::<Vec<_>>());
        extra::ntfs(&mut extra, entry.metadata);
        extra::unix(&mut extra, entry.metadata, true);
        put16(out, entry.name.len() as u16);
        put16(out, extra.len() as u16);
        // No comment, the first disk, not known to be text.
        out.extend_from_slice(&[0; 6]);
        put32(out, entry.attributes);
        put32(out, fitted(entry.offset));
        out.extend_from_slice(entry.name.as_bytes());
        out.extend_from_slice(&extra);
        self.count += 1;
    }

    /// Writes it, and what ends an archive. APPNOTE 4.3.14 to 4.3.16.
    pub(super) fn write(&self, out: &mut Out<'_>) -> io::Result<()> {
        let (start, len) = (out.position(), self.bytes.len() as u64);
        out.write(&self.bytes)?;
        let mut end = Vec::new();
        let largest = self.count >= 0xFFFF || start.max(len) >= u64::from(IN_ZIP64);
        if largest {
            self.zip64_end(&mut end, start, len);
        }
        end.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        for _ in 0..2 {
            put16(&mut end, u16::try_from(self.count).unwrap_or(u16::MAX));
        }
        put32(&mut end, fitted(len));
        put32(&mut end, fitted(start));
        put16(&mut end, 0);
        out.write(&end)
    }

    fn zip64_end(&self, end: &mut Vec<u8>, start: u64, len: u64) {
        end.extend_from_slice(b"PK\x06\x06");
        end.extend_from_slice(&44_u64.to_le_bytes());
        put16(end, MADE_ON_UNIX | VERSION);
        put16(end, VERSION);
        end.extend_from_slice(&[0; 8]);
        for number in [self.count, self.count, len, start] {
            end.extend_from_slice(&number.to_le_bytes());
        }
        end.extend_from_slice(b"PK\x06\x07\0\0\0\0");
        end.extend_from_slice(&(start + len).to_le_bytes());
        put32(end, 1);
    }
}

/// `number`, or what says that it is in the Zip64 field.
fn fitted(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(IN_ZIP64)
}

fn put16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}
