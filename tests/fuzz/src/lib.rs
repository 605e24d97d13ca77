//! What the fuzz targets share.
//!
//! A whole image as the fuzzer's input would be megabytes of which it changes the wrong ones. So
//! the input is a list of edits to the structures of a good image, the same images that the
//! mutation test damages by chance; checksums are made right again, and then everything is asked.

#[path = "../../integration/mutations/base.rs"]
mod base;
#[path = "../../integration/mutations/configurations.rs"]
mod configurations;
#[path = "../../integration/mutations/containers.rs"]
mod containers;
#[path = "../../integration/mutations/disks.rs"]
mod disks;
#[path = "../../integration/mutations/formats.rs"]
mod formats;
#[path = "../../integration/mutations/hives.rs"]
mod hives;
#[path = "../../integration/mutations/tables.rs"]
mod tables;
#[path = "../../integration/mutations/volumes.rs"]
mod volumes;

use std::sync::{Arc, OnceLock};

use base::{Base, SECTOR};
use blockio::Memory;
use formats::{FORMATS, Format};
use ntfs::wof::{Codec, Decoder};

/// Applies the edits in `input` to an image of the format `name` and asks everything of it.
///
/// # Panics
/// Where the parser does, or breaks a promise; that is the find.
pub fn run(name: &str, input: &[u8]) {
    static FORMAT: OnceLock<(&Format, Vec<Base>)> = OnceLock::new();
    let (format, bases) = FORMAT.get_or_init(|| {
        let format = FORMATS.iter().find(|format| format.name == name);
        let format = format.expect("a target is named after its format");
        (format, (format.bases)())
    });
    if let Some(mut image) = edited(bases, input) {
        (format.mend)(&mut image);
        (format.ask)(Arc::new(Memory::from(image)));
    }
}

/// Decompresses what is in `input` behind a byte that says how.
///
/// # Panics
/// Where a decoder does; that is the find.
pub fn decompress(input: &[u8]) {
    let Some((which, stored)) = input.split_first() else {
        return;
    };
    match Codec::numbered(u32::from(which % 5)) {
        Some(codec) => {
            let mut out = vec![0; codec.chunk_size()];
            // Its refusal is an answer.
            let _ = Decoder::new(codec).decompress(stored, &mut out);
        }
        None => {
            let mut out = vec![0; 64 << 10];
            let good = match ntfs::lznt1::decompress(stored, &mut out) {
                Ok(produced) => produced,
                Err(bad) => bad.good,
            };
            assert!(good <= out.len());
        }
    }
}

/// Which image, then for each edit: which block of structures, where in it, how many bytes, those.
fn edited(bases: &[Base], input: &[u8]) -> Option<Vec<u8>> {
    let (which, mut edits) = input.split_first()?;
    let base = &bases[usize::from(*which) % bases.len()];
    let mut image = base.image.clone();
    while let [block_low, block_high, low, high, len, rest @ ..] = edits {
        let block = usize::from(u16::from_le_bytes([*block_low, *block_high]));
        let within = usize::from(u16::from_le_bytes([*low, *high])) % SECTOR;
        let at = base.targets[block % base.targets.len()] + within;
        let len = usize::from(*len).min(rest.len()).min(image.len() - at);
        let (bytes, behind) = rest.split_at(len);
        image[at..at + len].copy_from_slice(bytes);
        edits = behind;
    }
    Some(image)
}
