//! The command line: parse, run, print one error, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    hvrestore::cli::Exit::Done.into()
}
