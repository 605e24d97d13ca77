//! Whether what is in the destination is what should be there.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use blockio::ReadAt;
use tree::Time;

use crate::hostfs::{Dir, Status};

/// Bytes compared at a time.
const CHUNK: usize = 1 << 18;
/// What the coarsest of file systems makes of a time, in seconds.
const COARSEST: u64 = 2;

/// Whether something has this time, as far as a destination keeps one: FAT has every second second,
/// and some file systems end in 1901 or 2038.
pub(super) fn is_same_time(found: &Status, time: Time) -> bool {
    let (seconds, nanos) = time.unix();
    let is_coarse = found.modified.1 == 0 && found.modified.0.abs_diff(seconds) <= COARSEST;
    let is_kept = time != Time::default() && i32::try_from(seconds).is_ok();
    found.modified == (seconds, nanos) || is_coarse || !is_kept
}

/// Whether `file` holds the bytes of `data`.
pub(super) fn same_bytes(mut file: &File, data: &dyn ReadAt) -> bool {
    let size = data.size();
    if file.metadata().map(|metadata| metadata.len()).ok() != Some(size) {
        return false;
    }
    let (mut here, mut there) = (vec![0; CHUNK], vec![0; CHUNK]);
    let mut at = 0;
    if file.seek(SeekFrom::Start(0)).is_err() {
        return false;
    }
    while at < size {
        let len = usize::try_from(size - at).unwrap_or(CHUNK).min(CHUNK);
        let (here, there) = (&mut here[..len], &mut there[..len]);
        let read = file.read_exact(here).is_ok() && data.read_exact_at(there, at).is_ok();
        if !read || here != there {
            return false;
        }
        at += len as u64;
    }
    true
}

/// Whether two files of the destination hold the same bytes.
pub(super) fn same_files(left: (&Dir, &OsStr), right: (&Dir, &OsStr)) -> bool {
    let (Ok(mut left), Ok(mut right)) = (left.0.open_file(left.1), right.0.open_file(right.1))
    else {
        return false;
    };
    let (mut here, mut there) = (vec![0; CHUNK], vec![0; CHUNK]);
    loop {
        let (Ok(one), Ok(two)) = (fill(&mut left, &mut here), fill(&mut right, &mut there)) else {
            return false;
        };
        if here[..one] != there[..two] {
            return false;
        }
        if one < CHUNK {
            return true;
        }
    }
}

/// Reads until `buffer` is full or the file ends; how much.
fn fill(file: &mut File, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use blockio::Memory;

    use super::*;
    use crate::hostfs::HostKind;

    #[test]
    fn a_time_is_the_same_as_far_as_it_is_kept() {
        let time = Time(132_468_898_895_045_259);
        let (seconds, nanos) = time.unix();
        let same = |modified, time| {
            let found = Status {
                kind: HostKind::File,
                size: 0,
                modified,
            };
            is_same_time(&found, time)
        };
        assert!(same((seconds, nanos), time) && same((seconds - 1, 0), time));
        assert!(!same((seconds, nanos + 100), time) && !same((seconds + 9, 0), time));
        assert!(
            same((5, 5), Time::default()),
            "a time that was never set is the host's"
        );
        assert!(
            same((i64::from(i32::MAX), 0), Time(i64::MAX)),
            "cut off at its end"
        );
    }

    #[test]
    fn bytes_are_compared_to_the_last() {
        let temp = tempfile::tempdir().expect("a temporary folder");
        let dir = Dir::open(temp.path()).expect("just made");
        let mut bytes = vec![7; CHUNK + 5];
        for (name, last) in [("a", 1), ("b", 1), ("c", 2)] {
            *bytes.last_mut().expect("not empty") = last;
            std::fs::write(temp.path().join(name), &bytes).expect("written");
        }
        let data = Memory::from(bytes);
        let open = |name: &str| dir.open_file(OsStr::new(name)).expect("it is there");
        assert!(same_bytes(&open("c"), &data) && !same_bytes(&open("a"), &data));
        let files = |one, two| same_files((&dir, OsStr::new(one)), (&dir, OsStr::new(two)));
        assert!(files("a", "b") && !files("a", "c") && !files("a", "none"));
    }
}
