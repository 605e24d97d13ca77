//! Which parts a Windows volume can hold, and how they are given to it.

use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle};

use security::Descriptor;

use windows::Wdk::Storage::FileSystem::NtSetEaFile;
use windows::Win32::Foundation::{ERROR_INSUFFICIENT_BUFFER, ERROR_NONE_MAPPED, HANDLE};
use windows::Win32::Security::Authorization::{SE_FILE_OBJECT, SetSecurityInfo};
use windows::Win32::Security::{
    DACL_SECURITY_INFORMATION, GROUP_SECURITY_INFORMATION, GetSecurityDescriptorDacl,
    LookupAccountSidW, OBJECT_SECURITY_INFORMATION, OWNER_SECURITY_INFORMATION,
    PSECURITY_DESCRIPTOR, PSID, SACL_SECURITY_INFORMATION, SID_NAME_USE, SetKernelObjectSecurity,
    UNPROTECTED_DACL_SECURITY_INFORMATION,
};
use windows::Win32::Storage::FileSystem::{
    FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, FILE_SHARE_DELETE, FILE_SHARE_READ,
    FILE_SHARE_WRITE, ReOpenFile,
};
use windows::Win32::System::IO::{DeviceIoControl, IO_STATUS_BLOCK};
use windows::Win32::System::Ioctl::{FSCTL_SET_OBJECT_ID, FSCTL_SET_REPARSE_POINT};
use windows::core::BOOL;

use super::super::{Part, Parts};
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
/// READ_CONTROL, WRITE_DAC, WRITE_OWNER, ACCESS_SYSTEM_SECURITY.
const READ_CONTROL: u32 = 0x2_0000;
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
        Part::ShortName | Part::Created | Part::Changed | Part::Attributes | Part::Times => {
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

/// A copy of a self-relative descriptor, aligned and laid out anew, so that all of its parts lie within
/// it whatever the one that was handed in says.
fn whole_descriptor(descriptor: &[u8]) -> io::Result<Vec<u32>> {
    let parsed = Descriptor::parse(descriptor).and_then(|parsed| parsed.to_bytes());
    let bytes = parsed.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    let words = bytes.chunks(4).map(|chunk| {
        let mut word = [0; 4];
        word[..chunk.len()].copy_from_slice(chunk);
        u32::from_ne_bytes(word)
    });
    Ok(words.collect())
}

/// Lets the system put together what the folder above passes on and the entries of the list that are
/// the thing's own; the owner is given as well, where we may.
#[expect(unsafe_code, reason = "std has no security descriptors")]
pub(in super::super) fn set_explicit_security(file: &File, descriptor: &[u8]) -> io::Result<()> {
    privileges::enable();
    let mut whole = whole_descriptor(descriptor)?;
    let pointer = PSECURITY_DESCRIPTOR(whole.as_mut_ptr().cast::<c_void>());
    let (mut dacl, mut present, mut defaulted) = (std::ptr::null_mut(), BOOL(0), BOOL(0));
    let file = reopen(file, WRITE_DAC | READ_CONTROL)?;
    // SAFETY: `whole` has all its parts within itself and lives until the calls return; `dacl` points
    // into it.
    unsafe {
        GetSecurityDescriptorDacl(pointer, &raw mut present, &raw mut dacl, &raw mut defaulted)
            .map_err(|error| system_error(&error))?;
        let which = DACL_SECURITY_INFORMATION | UNPROTECTED_DACL_SECURITY_INFORMATION;
        let dacl = Some(dacl.cast_const());
        SetSecurityInfo(handle(&file), SE_FILE_OBJECT, which, None, None, dacl, None)
            .ok()
            .map_err(|error| system_error(&error))
    }
}

/// Whether the system has a name for this SID.
#[expect(unsafe_code, reason = "std has no SIDs")]
pub(in super::super) fn is_known(sid: &[u8]) -> Option<bool> {
    let (mut name, mut domain) = (0, 0);
    let mut kind = SID_NAME_USE::default();
    let sid = PSID(sid.as_ptr().cast_mut().cast::<c_void>());
    // SAFETY: the SID is whole, since it was written from a parsed one, and no name is asked for, only
    // how long it is.
    let asked = unsafe {
        LookupAccountSidW(
            None,
            sid,
            None,
            &raw mut name,
            None,
            &raw mut domain,
            &raw mut kind,
        )
    };
    match asked {
        Ok(()) => Some(true),
        Err(error) if error.code() == ERROR_INSUFFICIENT_BUFFER.to_hresult() => Some(true),
        Err(error) if error.code() == ERROR_NONE_MAPPED.to_hresult() => Some(false),
        Err(_) => None,
    }
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
