//! What is left to do on Windows, as a script for PowerShell 5.1 and as text for people.
//!
//! | module | owns |
//! |---|---|
//! | [`facts`] | what the script must know: its input |
//! | `literal` | data as PowerShell literals |
//! | `wizard` | whether Hyper-V Manager's wizard can be trusted with the set |
//! | [`sid`] | the account that a host runs a machine under |

pub mod facts;
#[cfg(test)]
mod literal;
mod sid;
mod wizard;

pub use facts::{
    Content, DiskFile, DriveFacts, Facts, Fate, Level, MemoryFate, Row, StateFacts, StateKind, Way,
    set_path,
};
pub use sid::sid;
