//! The privileges of those who back up and restore, switched on where they are held.

use std::sync::Once;

use windows::Win32::Foundation::{CloseHandle, HANDLE, LUID};
use windows::Win32::Security::{
    AdjustTokenPrivileges, LUID_AND_ATTRIBUTES, LookupPrivilegeValueW, SE_BACKUP_NAME,
    SE_PRIVILEGE_ENABLED, SE_RESTORE_NAME, SE_SECURITY_NAME, SE_TAKE_OWNERSHIP_NAME,
    TOKEN_ADJUST_PRIVILEGES, TOKEN_PRIVILEGES, TOKEN_QUERY,
};
use windows::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};
use windows::core::PCWSTR;

/// To read whatever the rights, to write and give any owner, to set auditing, to take what is locked.
const WANTED: [PCWSTR; 4] = [
    SE_BACKUP_NAME,
    SE_RESTORE_NAME,
    SE_SECURITY_NAME,
    SE_TAKE_OWNERSHIP_NAME,
];

/// Switches on what this process holds of them, once. What it does not hold stays off, and the calls
/// that need it say so themselves.
pub(super) fn enable() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = with_token(|token| {
            for name in WANTED {
                let _ = enable_one(token, name);
            }
        });
    });
}

#[expect(unsafe_code, reason = "std has no privileges")]
fn with_token(adjust: impl FnOnce(HANDLE)) -> windows::core::Result<()> {
    let mut token = HANDLE::default();
    // SAFETY: the token is written before the call returns, used while it is open, and closed once.
    unsafe {
        let access = TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY;
        OpenProcessToken(GetCurrentProcess(), access, &raw mut token)?;
        adjust(token);
        CloseHandle(token)
    }
}

#[expect(unsafe_code, reason = "std has no privileges")]
fn enable_one(token: HANDLE, name: PCWSTR) -> windows::core::Result<()> {
    let mut luid = LUID::default();
    // SAFETY: the name is a constant that ends in NUL; `luid` and the structure live until the calls
    // return, and the structure holds as many privileges as it says.
    unsafe {
        LookupPrivilegeValueW(PCWSTR::null(), name, &raw mut luid)?;
        let one = TOKEN_PRIVILEGES {
            PrivilegeCount: 1,
            Privileges: [LUID_AND_ATTRIBUTES {
                Luid: luid,
                Attributes: SE_PRIVILEGE_ENABLED,
            }],
        };
        AdjustTokenPrivileges(token, false, Some(&raw const one), 0, None, None)
    }
}
