//! `explain`: what a code means and what to do.

use std::io::Write;

use blockio::Code;
use serde_json::json;

use crate::cli::{Context, Exit, Stop};
use crate::codes;

/// What a message's code means and what to do next
///
/// Every message of hvrestore ends in a code like [HV-D107]. `explain` tells what it means and what to
/// do. Paste the code, or the whole line: the codes in it are found. Without an argument, all codes are
/// listed.
///
/// Example: hvrestore explain HV-D107
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// A code (HV-D107), or any text with codes in it
    #[arg(value_name = "CODE|TEXT")]
    text: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// [`Exit::NoMatch`] where the text holds no code we know.
pub(crate) fn run(args: &Args, ctx: &Context) -> anyhow::Result<Exit> {
    let found = if args.text.is_empty() {
        codes::all()
    } else {
        codes_in(&args.text.join(" "))
    };
    if found.is_empty() {
        let message = format!("no code in {:?} is known", args.text.join(" "));
        return Err(Stop::new(Exit::NoMatch, &codes::cli::UNKNOWN_CODE, message).into());
    }
    let mut out = ctx.stdout();
    if ctx.global.json {
        let list: Vec<_> = found.iter().map(|code| to_json(code)).collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&list)?)?;
    } else {
        for code in found {
            writeln!(
                out,
                "{}\n  meaning:    {}\n  what to do: {}",
                code.id, code.meaning, code.remedy
            )?;
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn codes_in(text: &str) -> Vec<&'static Code> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .filter_map(codes::find)
        .collect()
}

fn to_json(code: &Code) -> serde_json::Value {
    json!({ "code": code.id, "meaning": code.meaning, "remedy": code.remedy })
}
