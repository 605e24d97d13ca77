//! Unpacks `.zst` images once for all tests.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use tempfile::NamedTempFile;

/// What is all zeros in steps of this size becomes a hole.
const STEP: usize = 64 * 1024;

/// The unpacked file of the image `packed`, kept as `kept` below cargo's folder for tests. A
/// file that is not packed stands for itself.
pub(super) fn unpacked(packed: &Path, kept: &Path) -> io::Result<PathBuf> {
    if packed
        .extension()
        .is_none_or(|extension| extension != "zst")
    {
        return Ok(packed.to_path_buf());
    }
    // One at a time: tests in other threads may want the same image.
    static UNPACKING: Mutex<()> = Mutex::new(());
    let _guard = UNPACKING
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let target = super::scratch()
        .join("unpacked")
        .join(kept)
        .with_extension("");
    let stamp = fs::metadata(packed)?.modified()?;
    // The time of the packed image on the unpacked one says that it is complete and current.
    if fs::metadata(&target)
        .and_then(|found| found.modified())
        .is_ok_and(|time| time == stamp)
    {
        return Ok(target);
    }
    let folder = target.parent().expect("a file below a folder has a parent");
    fs::create_dir_all(folder)?;
    let mut file = NamedTempFile::new_in(folder)?;
    unpack(packed, file.as_file_mut())?;
    file.as_file().set_modified(stamp)?;
    file.persist(&target)?;
    Ok(target)
}

fn unpack(packed: &Path, file: &mut File) -> io::Result<()> {
    let packed = io::BufReader::new(File::open(packed)?);
    let mut frame = ruzstd::decoding::StreamingDecoder::new(packed).map_err(io::Error::other)?;
    let mut step = vec![0; STEP];
    let mut size = 0;
    loop {
        let filled = fill(&mut frame, &mut step)?;
        let bytes = &step[..filled];
        if bytes.iter().any(|byte| *byte != 0) {
            file.seek(SeekFrom::Start(size))?;
            file.write_all(bytes)?;
        }
        size += filled as u64;
        if filled < STEP {
            return file.set_len(size);
        }
    }
}

/// Reads until `bytes` is full or the stream ends.
fn fill(from: &mut impl Read, bytes: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < bytes.len() {
        match from.read(&mut bytes[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}
