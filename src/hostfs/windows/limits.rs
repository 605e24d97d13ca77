//! What a volume says of itself.

use std::io;
use std::path::Path;

use windows::Win32::Storage::FileSystem::GetVolumeInformationByHandleW;

use super::{handle, open_folder, system_error};
use crate::hostfs::Limits;

/// FILE_SUPPORTS_SPARSE_FILES of a volume's flags.
const SPARSE: u32 = 0x40;
/// FILE_SUPPORTS_BLOCK_REFCOUNTING of a volume's flags.
const SHARES_BLOCKS: u32 = 0x0800_0000;

#[expect(
    unsafe_code,
    reason = "std does not ask a volume for its name and flags"
)]
pub(in crate::hostfs) fn limits(folder: &Path) -> io::Result<Limits> {
    let folder = open_folder(folder)?;
    let (mut name, mut flags) = ([0_u16; 64], 0);
    // SAFETY: the handle is open; the name's buffer has the length it says, and both outlive the call.
    unsafe {
        let flags = Some(&raw mut flags);
        GetVolumeInformationByHandleW(handle(&folder), None, None, None, flags, Some(&mut name))
    }
    .map_err(|error| system_error(&error))?;
    let name = name.split(|unit| *unit == 0).next().unwrap_or_default();
    Ok(Limits {
        sparse: Some(flags & SPARSE != 0),
        shares_blocks: flags & SHARES_BLOCKS != 0,
        ..Limits::of_name(&String::from_utf16_lossy(name))
    })
}
