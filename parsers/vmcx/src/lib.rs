//! The configuration files of a Hyper-V virtual machine: .vmcx, .vmrs, and the .xml of 2012 R2 and before.
//!
//! Both formats hold the same tree of keys ([`Node`]). [`Configuration`] is what a restore has to know
//! of that tree, typed; keys that nobody here knows stay in the tree.
//!
//! | module | owns |
//! |---|---|
//! | [`Node`], [`Value`], [`Text`] | the tree of keys, of either format |
//! | [`Document`], [`Format`], [`Edit`] | a file of either format: read, and edited |
//! | [`Configuration`] and its parts | what the tree says of the machine or checkpoint |
//! | [`RuntimeState`] | what a .vmrs says of saved memory |
//! | [`container`] | .vmcx and .vmrs, read and written |
//! | `xml` | the .xml, read and edited |
//! | `keys` | typed access to keys, odd ones noted |
//! | [`codes`] | every code a fault of this crate carries |

#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests fail loudly, and count in what is at hand"
    )
)]

pub mod codes;
mod configuration;
pub mod container;
mod document;
mod edit;
mod error;
mod keys;
mod node;
mod runtime_state;
mod text;
mod xml;

pub use configuration::{
    Adapter, AdapterKind, Attachment, Checkpoints, Configuration, Controller, ControllerKind,
    Device, DeviceKind, Drive, DriveKind, Firmware, Generation, Kind, Memory, Power, Processors,
    Replication, SavedState, Version,
};
pub use document::{Document, Format};
pub use edit::Edit;
pub use error::Error;
pub use node::{Node, Value};
pub use runtime_state::{RuntimeState, SavedMemory};
pub use text::Text;
