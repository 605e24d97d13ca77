//! The configuration files of a Hyper-V virtual machine: .vmcx, .vmrs, and the .xml of 2012 R2 and before.
//!
//! Both formats hold the same tree of keys ([`Node`]). [`Configuration`] is what a restore has to know
//! of that tree, typed; keys that nobody here knows stay in the tree.
//!
//! | module | owns |
//! |---|---|
//! | [`Node`], [`Value`], [`Text`] | the tree of keys, of either format |
//! | [`Configuration`] and its parts | what the tree says of the machine or checkpoint |
//! | [`container`] | .vmcx and .vmrs, read and written |
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
mod error;
mod node;
mod text;

pub use configuration::{
    Adapter, AdapterKind, Attachment, Checkpoints, Configuration, Controller, ControllerKind,
    Device, DeviceKind, Drive, Firmware, Generation, Kind, Memory, Power, Processors, Replication,
    SavedState, Version,
};
pub use error::Error;
pub use node::{Node, Value};
pub use text::Text;
