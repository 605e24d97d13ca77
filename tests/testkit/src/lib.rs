//! What the tests of all crates share: images written by the specifications, and the contracts
//! that every implementation of a trait must keep.

pub mod checksums;
pub mod configuration;
pub mod configuration_xml;
pub mod contract;
pub mod editable;
pub mod exercise;
pub mod failing;
pub mod hive;
pub mod ldm;
pub mod memory_tree;
pub mod mutate;
pub mod partition;
pub mod sparse;
pub mod tree_contract;
pub mod vhd;
pub mod vhdx;
pub mod vmcx;

pub use contract::{layer_contract, read_at_contract, read_layer};
pub use memory_tree::MemoryTree;
pub use tree_contract::file_system_contract;
