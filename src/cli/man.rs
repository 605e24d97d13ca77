//! `man`: manual pages, made from the definition of the command line.

use std::io::Write;

use clap::CommandFactory;
use clap_mangen::Man;

use crate::cli::{Cli, Context, Exit, Stop};
use crate::codes;

/// Manual page, in roff
///
/// Example: hvrestore man | man -l -
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// The page of one command; without it, the page of hvrestore
    command: Option<String>,
}

/// Prints the page.
///
/// # Errors
/// Where there is no such command, or stdout cannot be written.
pub(crate) fn run(args: &Args, ctx: &Context) -> anyhow::Result<Exit> {
    let mut cli = Cli::command();
    cli.build();
    let page = match &args.command {
        None => cli,
        Some(name) => match cli.find_subcommand(name) {
            Some(command) => command.clone(),
            None => {
                let text = format!("there is no command {name:?}; hvrestore --help lists them");
                return Err(Stop::new(Exit::Usage, &codes::cli::USAGE, text).into());
            }
        },
    };
    let mut out = ctx.stdout();
    Man::new(page).render(&mut out)?;
    out.flush()?;
    Ok(Exit::Done)
}
