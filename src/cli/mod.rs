//! The command line: one file per command.

mod exit;
pub mod text;

pub use exit::Exit;
