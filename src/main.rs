//! The command line: parse, run, say one error, end with its code. All of it is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    hvrestore::cli::run(std::env::args_os()).into()
}
