//! wimlib: thousands of chunks that it compressed, by all four codecs of WOF.
//!
//! A WIM's resources are stored in the same chunks, behind the same table.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;

use ntfs::wof::{Codec, Decoder};

use super::tool;
use crate::harness::program::sha256;
use crate::harness::{Outcome, Test, repository, temp_dir};
use crate::layering::rust_files;

pub(super) fn tests() -> Vec<Test> {
    let codecs = [
        ("xpress4k", Codec::Xpress4K, "XPRESS", "4K", 1500),
        ("xpress8k", Codec::Xpress8K, "XPRESS", "8K", 800),
        ("xpress16k", Codec::Xpress16K, "XPRESS", "16K", 500),
        ("lzx32k", Codec::Lzx32K, "LZX", "32K", 300),
    ];
    let tests = codecs.map(|(name, codec, kind, size, least)| {
        let test = Test::new(format!("oracles::wimlib::{name}"), move || {
            every_chunk(codec, kind, size, least)
        });
        test.needs_tool("wimlib-imagex")
    });
    tests.into()
}

/// Bytes of a program that are taken.
const PROGRAM: usize = 6 << 20;
/// Bytes of an entry of a WIM's table of resources.
const ENTRY: usize = 50;
/// Flags of a resource: it describes an image; it is compressed.
const METADATA: u8 = 0x02;
const COMPRESSED: u8 = 0x04;

fn every_chunk(codec: Codec, kind: &str, size: &str, least: usize) -> Outcome {
    let work = temp_dir();
    let (folder, wim) = (work.path().join("files"), work.path().join("all.wim"));
    let expected = fill(&folder)?;
    let compress = format!("--compress={kind}");
    let chunk_size = format!("--chunk-size={size}");
    let arguments = [
        OsStr::new("capture"),
        folder.as_os_str(),
        wim.as_os_str(),
        OsStr::new(&compress),
        OsStr::new(&chunk_size),
        OsStr::new("--no-acls"),
    ];
    tool("wimlib-imagex", arguments);
    let (found, chunks) = unpacked(&std::fs::read(&wim)?, codec);
    assert_eq!(found, expected);
    assert!(chunks >= least, "only {chunks} compressed chunks");
    Ok(())
}

/// Fills a folder with text, our own sources, and a program, this one; the sums of all files.
fn fill(folder: &Path) -> std::io::Result<BTreeSet<String>> {
    std::fs::create_dir(folder)?;
    let mut contents = Vec::new();
    for path in rust_files(&repository().join("parsers")) {
        contents.push(std::fs::read(path)?);
    }
    let mut program = std::fs::read(std::env::current_exe()?)?;
    program.truncate(PROGRAM);
    contents.push(program);
    contents.push(contents.concat()[..1 << 20].to_vec());
    let mut sums = BTreeSet::new();
    for (number, content) in contents.iter().enumerate().filter(|(_, it)| !it.is_empty()) {
        std::fs::write(folder.join(number.to_string()), content)?;
        sums.insert(sha256(content));
    }
    Ok(sums)
}

/// The sums of all files in a WIM, and how many compressed chunks they were in.
fn unpacked(wim: &[u8], codec: Codec) -> (BTreeSet<String>, usize) {
    let table = Resource::at(wim, 48);
    let entries = wim[table.offset..][..table.stored].chunks_exact(ENTRY);
    let (mut sums, mut chunks) = (BTreeSet::new(), 0);
    for entry in entries {
        let resource = Resource::at(entry, 0);
        if resource.flags & METADATA == 0 {
            let (content, count) = resource.unpacked(wim, codec);
            sums.insert(sha256(&content));
            chunks += count;
        }
    }
    (sums, chunks)
}

/// Where in a WIM something is.
struct Resource {
    flags: u8,
    stored: usize,
    offset: usize,
    size: usize,
}

impl Resource {
    /// As it stands in 24 bytes at `at`: 7 bytes of stored size, flags, offset, size.
    fn at(bytes: &[u8], at: usize) -> Self {
        let number = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight"));
        let first = number(at);
        Self {
            flags: bytes[at + 7],
            stored: (first & ((1 << 56) - 1)) as usize,
            offset: number(at + 8) as usize,
            size: number(at + 16) as usize,
        }
    }

    /// The content, and how many compressed chunks it was in.
    fn unpacked(&self, wim: &[u8], codec: Codec) -> (Vec<u8>, usize) {
        let stored = &wim[self.offset..][..self.stored];
        if self.flags & COMPRESSED == 0 {
            return (stored.to_vec(), 0);
        }
        let (mut decoder, mut content) = (Decoder::new(codec), vec![0; self.size]);
        let outs = content.chunks_mut(codec.chunk_size());
        let table = &stored[..4 * (outs.len() - 1)];
        let data = &stored[table.len()..];
        let starts = table.chunks_exact(4);
        let mut bounds: Vec<_> = starts
            .map(|entry| u32::from_le_bytes(entry.try_into().expect("four")) as usize)
            .collect();
        bounds.insert(0, 0);
        bounds.push(data.len());
        let mut compressed = 0;
        for (bounds, out) in bounds.windows(2).zip(outs) {
            let chunk = &data[bounds[0]..bounds[1]];
            if chunk.len() == out.len() {
                out.copy_from_slice(chunk);
            } else {
                decoder
                    .decompress(chunk, out)
                    .expect("wimlib's chunks are sound");
                compressed += 1;
            }
        }
        (content, compressed)
    }
}
