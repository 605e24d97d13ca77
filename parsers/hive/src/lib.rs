//! Reads one registry hive of a guest: keys, values, and what its transaction logs add.
//!
//! A hive of a machine that ran when it was saved is nearly always being written. [`Hive::open`] then
//! applies its logs in memory, both the format up to Windows 7 and the one since 8.1, and never
//! refuses it for that: what could not be applied is in [`Hive::notes`]. Damage is an error of the
//! item that it hits.
//!
//! Follows the "Windows registry file format specification" by Maxim Suhanov, whose chapters the
//! documentation names. Not read: security items, class names, volatile keys (which are not on disk).
//!
//! | module | owns |
//! |---|---|
//! | [`Hive`], [`Key`], [`Value`], [`Kind`] | what is asked for by name |
//! | [`Recovery`] | whether the hive was being written, and what was applied |
//! | `format` | constants and on-disk structures, no logic |
//! | `base_block` | the header, its checksum and sequence numbers |
//! | `log`, `replay`, `marvin` | the transaction logs, which of them apply, the hash of their entries |
//! | `overlay`, `cells` | the bytes with the logs' pages over them; what lies at an offset |
//! | `subkeys`, `name` | lists of keys; how names are stored and compared |
//! | [`codes`] | every code a fault of this crate carries |

#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests fail loudly, and count in what is at hand"
    )
)]

mod base_block;
mod cells;
pub mod codes;
mod error;
mod format;
mod hive;
mod key;
mod log;
mod marvin;
mod name;
mod overlay;
mod replay;
mod subkeys;
mod value;

pub use error::Error;
pub use hive::Hive;
pub use key::Key;
pub use replay::Recovery;
pub use value::{Kind, Value};

#[cfg(test)]
mod tests;
