//! Gets data back out of Hyper-V backups.

pub mod cli;
pub mod json;
