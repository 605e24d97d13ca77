//! Blocks shared within one ReFS. Written by the documentation of FSCTL_DUPLICATE_EXTENTS_TO_FILE, and
//! not yet run on a Windows that has a ReFS: whatever it refuses is copied.

use std::fs::File;
use std::io;

use blockio::HostFile;
use windows::Win32::Storage::FileSystem::GetVolumeInformationByHandleW;
use windows::Win32::System::IO::DeviceIoControl;
use windows::Win32::System::Ioctl::{DUPLICATE_EXTENTS_DATA, FSCTL_DUPLICATE_EXTENTS_TO_FILE};

use super::{handle, system_error};

/// FILE_SUPPORTS_BLOCK_REFCOUNTING of a volume's flags.
const SHARES_BLOCKS: u32 = 0x0800_0000;
/// The larger of the two sizes that clusters of a ReFS can have, in bytes.
const UNIT: u64 = 64 << 10;

/// Blocks are shared within one volume that knows how.
pub(in crate::hostfs) fn share_unit(from: &HostFile, to: &File) -> Option<u64> {
    let (serial, flags) = volume_of(to)?;
    let same = |from: &File| Ok(volume_of(from).is_some_and(|(other, _)| other == serial));
    (flags & SHARES_BLOCKS != 0 && from.with_handle(same).ok()?).then_some(UNIT)
}

/// Serial number and flags of the volume that holds `file`.
#[expect(unsafe_code, reason = "std does not ask a volume for its flags")]
fn volume_of(file: &File) -> Option<(u32, u32)> {
    let (mut serial, mut flags) = (0, 0);
    // SAFETY: the handle is open, and both numbers outlive the call.
    unsafe {
        let (serial, flags) = (Some(&raw mut serial), Some(&raw mut flags));
        GetVolumeInformationByHandleW(handle(file), None, serial, None, flags, None)
    }
    .ok()?;
    Some((serial, flags))
}

/// Shares all of the range or nothing: the file is made long enough first, and as long as it was where
/// that is refused.
pub(in crate::hostfs) fn share_range(
    from: &HostFile,
    from_offset: u64,
    to: &File,
    offset: u64,
    len: u64,
) -> io::Result<u64> {
    let before = to.metadata()?.len();
    let end = offset.saturating_add(len);
    if before < end {
        to.set_len(end)?;
    }
    let shared = from.with_handle(|from| duplicate((from, from_offset), (to, offset), len));
    if shared.is_err() && before < end {
        to.set_len(before)?;
    }
    shared.map(|()| len)
}

#[expect(unsafe_code, reason = "std has no shared blocks")]
fn duplicate(
    (from, from_offset): (&File, u64),
    (to, offset): (&File, u64),
    len: u64,
) -> io::Result<()> {
    let signed =
        |value| i64::try_from(value).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput));
    let data = DUPLICATE_EXTENTS_DATA {
        FileHandle: handle(from),
        SourceFileOffset: signed(from_offset)?,
        TargetFileOffset: signed(offset)?,
        ByteCount: signed(len)?,
    };
    let size = u32::try_from(size_of::<DUPLICATE_EXTENTS_DATA>()).expect("32 bytes");
    // SAFETY: both handles are open; `data` has the layout that the request asks for and outlives the
    // call, which returns no buffer.
    unsafe {
        let data = Some((&raw const data).cast());
        let request = FSCTL_DUPLICATE_EXTENTS_TO_FILE;
        DeviceIoControl(handle(to), request, data, size, None, 0, None, None)
    }
    .map_err(|error| system_error(&error))
}
