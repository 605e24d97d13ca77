//! The command line: one file per command, and what they share.
//!
//! | module | owns |
//! |---|---|
//! | [`args`], [`address`] | what the operator writes |
//! | [`Context`], [`Console`], [`Stop`], [`Exit`] | how a run talks and ends |
//! | [`targets`] | guest paths and globs -> nodes of volumes |
//! | [`entry`], [`text`] | how things are shown |
//! | the rest | one command each |

pub mod address;
mod apply_metadata;
pub mod args;
mod bars;
mod cat;
mod chain;
mod completions;
mod console;
mod context;
mod counted;
mod doctor;
pub mod entry;
mod exit;
mod explain;
mod extract;
mod filter;
mod find;
mod flatten;
mod hash;
mod inspect;
mod letters;
mod lines;
mod listing;
mod ls;
mod man;
mod relink;
mod restore;
mod stat;
mod stop;
pub mod targets;
pub mod text;
mod tree;

use std::ffi::OsString;

use clap::{Parser, Subcommand};

pub use console::Console;
pub use context::Context;
pub use exit::Exit;
pub use stop::{Stop, exit_of, fault_of, is_broken_pipe};

/// Gets data back out of Hyper-V backups
///
/// Reads the files a backup product put back - disks (.vhdx, .vhd) and checkpoints (.avhdx, .avhd) -
/// and shows and extracts what is in the guest's volumes, as of any checkpoint. The source is never
/// written. What cannot be read is named, with what to do next; it is never passed off as data.
///
///   hvrestore inspect /backup/web01                     what is there
///   hvrestore ls /backup/web01 'C:\Users'               browse
///   hvrestore extract /backup/web01 'C:\Users\ana' -o out    get files out
///   hvrestore extract ... --checkpoint base             as of an older state
#[derive(Debug, Parser)]
#[command(
    name = "hvrestore",
    version,
    verbatim_doc_comment,
    max_term_width = 100
)]
#[command(subcommand_required = true, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 done, 1 failed, 2 usage or a choice is needed, 3 partly done, \
    4 findings, 5 something blocks, 10 no source, 11 chain broken, 13 damaged, 14 nothing matched, 15 not supported, \
    16 destination, 17 not in this backup, 130 interrupted."
)]
pub struct Cli {
    #[command(flatten)]
    global: args::Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(visible_alias = "info", alias = "vms")]
    Inspect(inspect::Args),
    Chain(chain::Args),
    #[command(visible_alias = "list")]
    Ls(ls::Args),
    Tree(tree::Args),
    Stat(stat::Args),
    Cat(cat::Args),
    Find(find::Args),
    Hash(hash::Args),
    Extract(extract::Args),
    ApplyMetadata(apply_metadata::Args),
    #[command(visible_alias = "merge")]
    Flatten(flatten::Args),
    #[command(visible_alias = "preflight")]
    Doctor(doctor::Args),
    Restore(restore::Args),
    #[command(visible_alias = "reconnect")]
    Relink(relink::Args),
    Explain(explain::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// Runs the command line `args` (the program's name first) to its end: messages on stderr, data on
/// stdout.
pub fn run(args: impl IntoIterator<Item = OsString>) -> Exit {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Done
            };
        }
    };
    let ctx = Context::new(cli.global);
    match dispatch(&cli.command, &ctx) {
        Ok(exit) => ctx.end(exit),
        Err(error) if is_broken_pipe(&error) => Exit::Done,
        Err(error) => ctx.fail(&error),
    }
}

fn dispatch(command: &Command, ctx: &Context) -> anyhow::Result<Exit> {
    match command {
        Command::Inspect(args) => inspect::run(args, ctx),
        Command::Chain(args) => chain::run(args, ctx),
        Command::Ls(args) => ls::run(args, ctx),
        Command::Tree(args) => tree::run(args, ctx),
        Command::Stat(args) => stat::run(args, ctx),
        Command::Cat(args) => cat::run(args, ctx),
        Command::Find(args) => find::run(args, ctx),
        Command::Hash(args) => hash::run(args, ctx),
        Command::Extract(args) => extract::run(args, ctx),
        Command::ApplyMetadata(args) => apply_metadata::run(args, ctx),
        Command::Flatten(args) => flatten::run(args, ctx),
        Command::Doctor(args) => doctor::run(args, ctx),
        Command::Restore(args) => restore::run(args, ctx),
        Command::Relink(args) => relink::run(args, ctx),
        Command::Explain(args) => explain::run(args, ctx),
        Command::Completions(args) => completions::run(args, ctx),
        Command::Man(args) => man::run(args, ctx),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }
}
