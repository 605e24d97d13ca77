//! Which parts a Windows volume can hold, and how they are given to it.

use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle};

use windows::Wdk::Storage::FileSystem::NtSetEaFile;
use windows::Win32::Foundation::HANDLE;
use windows::Win32::Security::{
    DACL_SECURITY_INFORMATION, GROUP_SECURITY_INFORMATION, OBJECT_SECURITY_INFORMATION,
    OWNER_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, SACL_SECURITY_INFORMATION,
    SetKernelObjectSecurity,
};
use windows::Win32::Storage::FileSystem::{
    FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, FILE_SHARE_DELETE, FILE_SHARE_READ,
    FILE_SHARE_WRITE, ReOpenFile,
};
use windows::Win32::System::IO::{DeviceIoControl, IO_STATUS_BLOCK};
use windows::Win32::System::Ioctl::{FSCTL_SET_OBJECT_ID, FSCTL_SET_REPARSE_POINT};

use super::super::{Part, Parts, is_whole};
use super::{Dir, handle, privileges, system_error, volume_flags};

/// FILE_PERSISTENT_ACLS, FILE_SUPPORTS_REPARSE_POINTS, FILE_SUPPORTS_OBJECT_IDS,
/// FILE_SUPPORTS_EXTENDED_ATTRIBUTES of a volume's flags.
const ACLS: u32 = 0x8;
const REPARSE_POINTS: u32 = 0x80;
const OBJECT_IDS: u32 = 0x1_0000;
const EXTENDED_ATTRIBUTES: u32 = 0x80_0000;

/// FILE_WRITE_EA, FILE_WRITE_ATTRIBUTES.
const WRITE_EA: u32 = 0x10;
const WRITE_ATTRIBUTES: u32 = 0x100;
/// WRITE_DAC, WRITE_OWNER, ACCESS_SYSTEM_SECURITY.
const WRITE_DAC: u32 = 0x4_0000;
const WRITE_OWNER: u32 = 0x8_0000;
const SYSTEM_SECURITY: u32 = 0x100_0000;

/// What the volume says of itself. FAT keeps a creation time and attributes too, but no change time.
pub(in super::super) fn holds(dir: &Dir) -> Parts {
    let flags = volume_flags(dir);
    let mut parts = Parts::of(&[Part::Created, Part::Attributes]);
    for (flag, part) in [
        (ACLS, Part::Security),
        (ACLS, Part::Changed),
        (REPARSE_POINTS, Part::Reparse),
        (OBJECT_IDS, Part::ObjectId),
        (EXTENDED_ATTRIBUTES, Part::ExtendedAttributes),
    ] {
        if flags & flag != 0 {
            parts = parts.with(part);
        }
    }
    parts
}

pub(in super::super) fn set_part(file: &File, part: Part, value: &[u8]) -> io::Result<()> {
    match part {
        Part::Security => set_security(file, value),
        Part::ExtendedAttributes => {
            set_extended_attributes(&reopen(file, WRITE_EA)?, &last_ends(value))
        }
        Part::ObjectId => set_object_id(&reopen(file, WRITE_ATTRIBUTES)?, value),
        Part::Reparse => {
            let file = reopen(file, WRITE_ATTRIBUTES)?;
            control(&file, FSCTL_SET_REPARSE_POINT, value)
        }
        // A short name wants a file that has its place, and a volume that makes them.
        Part::ShortName | Part::Created | Part::Changed | Part::Attributes => {
            Err(io::ErrorKind::Unsupported.into())
        }
    }
}

/// The same file or folder, opened again for what it was not opened for; past the checks of a
/// descriptor that is set already, if we may.
#[expect(unsafe_code, reason = "std opens paths, not what is open")]
fn reopen(file: &File, access: u32) -> io::Result<File> {
    let share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    let flags = FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT;
    // SAFETY: the handle is open as long as `file` lives; what is returned is a handle of our own.
    unsafe {
        let opened = ReOpenFile(handle(file), access, share, flags);
        let opened = opened.map_err(|error| system_error(&error))?;
        Ok(File::from_raw_handle(opened.0))
    }
}

/// Owner, group, both lists; where that is refused the list of who may do what alone, and the refusal
/// is the answer all the same.
fn set_security(file: &File, descriptor: &[u8]) -> io::Result<()> {
    privileges::enable();
    let owner = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION;
    let all = owner | DACL_SECURITY_INFORMATION | SACL_SECURITY_INFORMATION;
    let access = WRITE_DAC | WRITE_OWNER | SYSTEM_SECURITY;
    let whole = reopen(file, access).and_then(|file| give(&file, all, descriptor));
    whole.or_else(|refused| {
        let file = reopen(file, WRITE_DAC)?;
        give(&file, DACL_SECURITY_INFORMATION, descriptor)?;
        let kept = "owner, group and auditing not kept, who may do what was";
        Err(io::Error::other(format!("{kept}: {refused}")))
    })
}

#[expect(unsafe_code, reason = "std has no security descriptors")]
fn give(file: &File, which: OBJECT_SECURITY_INFORMATION, descriptor: &[u8]) -> io::Result<()> {
    // The call reads as much as the descriptor says it has: only a whole one may be given to it.
    let mut descriptor = whole_descriptor(descriptor)?;
    let pointer = PSECURITY_DESCRIPTOR(descriptor.as_mut_ptr().cast::<c_void>());
    // SAFETY: `whole_descriptor` has checked that every part lies within the buffer, which is
    // aligned and lives until the call returns.
    unsafe { SetKernelObjectSecurity(HANDLE(file.as_raw_handle()), which, pointer) }
        .map_err(|error| system_error(&error))
}

/// A copy of a self-relative descriptor, aligned, all of whose parts lie within it.
fn whole_descriptor(descriptor: &[u8]) -> io::Result<Vec<u32>> {
    if !is_whole(descriptor) {
        let kind = io::ErrorKind::InvalidInput;
        return Err(io::Error::new(
            kind,
            "the security descriptor contradicts itself",
        ));
    }
    let mut aligned = vec![0_u32; descriptor.len().div_ceil(4)];
    for (word, bytes) in aligned.iter_mut().zip(descriptor.chunks(4)) {
        let mut whole = [0; 4];
        whole[..bytes.len()].copy_from_slice(bytes);
        *word = u32::from_ne_bytes(whole);
    }
    Ok(aligned)
}

/// NTFS stores where the next entry is in the last one, too; this call wants 0 there.
fn last_ends(list: &[u8]) -> Vec<u8> {
    let mut list = list.to_vec();
    let mut at = 0;
    while let Some(&[a, b, c, d]) = list.get(at..at + 4) {
        let next = u32::from_le_bytes([a, b, c, d]) as usize;
        if next == 0 || at + next + 8 > list.len() {
            list[at..at + 4].fill(0);
            break;
        }
        at += next;
    }
    list
}

#[expect(unsafe_code, reason = "std has no extended attributes")]
fn set_extended_attributes(file: &File, list: &[u8]) -> io::Result<()> {
    let len = u32::try_from(list.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    let mut status = IO_STATUS_BLOCK::default();
    // SAFETY: the handle is open; the system checks the list against its length, and both buffers
    // live until the call, which is synchronous on this handle, returns.
    let answer = unsafe {
        let list = list.as_ptr().cast::<c_void>();
        NtSetEaFile(handle(file), &raw mut status, list, len)
    };
    answer.ok().map_err(|error| system_error(&error))
}

/// The call wants all 64 bytes.
fn set_object_id(file: &File, id: &[u8]) -> io::Result<()> {
    privileges::enable();
    let mut whole = [0; 64];
    let len = id.len().min(whole.len());
    whole[..len].copy_from_slice(&id[..len]);
    control(file, FSCTL_SET_OBJECT_ID, &whole)
}

#[expect(unsafe_code, reason = "std has no such requests")]
fn control(file: &File, request: u32, input: &[u8]) -> io::Result<()> {
    let len = u32::try_from(input.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    let input = Some(input.as_ptr().cast::<c_void>());
    // SAFETY: the handle is open, the input is as long as said and lives until the call returns.
    unsafe { DeviceIoControl(handle(file), request, input, len, None, 0, None, None) }
        .map_err(|error| system_error(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_extended_attribute_ends_the_list() {
        let entry = |next: u32| [&next.to_le_bytes()[..], &[0, 1, 2, 0, b'A', 0, 1, 2]].concat();
        let stored = [entry(12), entry(12)].concat();
        assert_eq!(last_ends(&stored), [entry(12), entry(0)].concat());
        assert_eq!(last_ends(&entry(0)), entry(0));
    }
}
