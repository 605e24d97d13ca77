//! What is left to do on Windows, as a script for PowerShell 5.1 and as text for people.
//!
//! | module | owns |
//! |---|---|
//! | [`facts`] | what the script must know: its input |
//! | `literal` | data as PowerShell literals |
//! | `tables` | the data of the script |
//! | `render` | the scripts put together |
//! | `restored`, `markdown` | `RESTORED.md` |
//! | `carry` | what a new machine takes over, and what it cannot |
//! | `words` | facts in words |
//! | `wizard` | whether Hyper-V Manager's wizard can be trusted with the set |
//! | [`sid()`] | the account that a host runs a machine under |

mod carry;
pub mod facts;
mod literal;
mod markdown;
mod render;
mod restored;
mod sid;
mod tables;
mod wizard;
mod words;

pub use facts::{
    Content, DiskFile, DriveFacts, Facts, Fate, MemoryFate, StateFacts, StateKind, Way, set_path,
};
pub use render::{Member, import, import_all};
pub use restored::restored;
pub use sid::sid;

#[cfg(all(test, not(windows)))]
mod calls;
#[cfg(all(test, not(windows)))]
mod cmdlets;
#[cfg(all(test, not(windows)))]
mod grammar;
#[cfg(test)]
mod sample;
#[cfg(all(test, not(windows)))]
mod table_tests;
#[cfg(all(test, not(windows)))]
#[path = "script/script_tests.rs"]
mod tests;
