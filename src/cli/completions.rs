//! `completions` and `man`: made from the definition of the command line.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::{Cli, Context, Exit};

/// Completion script for a shell
///
/// Example: hvrestore completions bash > /etc/bash_completion.d/hvrestore
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// Shell
    shell: Shell,
}

/// Prints the completion script.
///
/// # Errors
/// Where stdout cannot be written.
pub(crate) fn run(args: &Args, ctx: &Context) -> anyhow::Result<Exit> {
    clap_complete::generate(
        args.shell,
        &mut Cli::command(),
        "hvrestore",
        &mut ctx.stdout(),
    );
    Ok(Exit::Done)
}
