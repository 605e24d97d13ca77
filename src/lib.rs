//! Gets data back out of Hyper-V backups.

pub mod cli;
pub mod codes;
pub mod copy;
pub mod extract;
pub mod flatten;
pub mod hostfs;
pub mod json;
pub mod open;
mod output;
pub mod progress;
pub mod report;
pub mod select;
pub mod sink;
