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
    let text = args.text.join(" ");
    let found = if args.text.is_empty() {
        codes::all()
    } else {
        words_of(&text).filter_map(codes::find).collect()
    };
    if found.is_empty() {
        let message = format!("no code in {text:?} is known");
        return Err(Stop::new(Exit::NoMatch, &codes::cli::UNKNOWN_CODE, message).into());
    }
    let unknown: Vec<_> = words_of(&text).filter(|word| is_unknown(word)).collect();
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
    for word in &unknown {
        ctx.console.warn(
            &codes::cli::UNKNOWN_CODE,
            &format!("{word} is no code known here"),
        );
    }
    Ok(if unknown.is_empty() {
        Exit::Done
    } else {
        Exit::Partly
    })
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
}

/// Whether `word` looks like a code of ours and is none.
fn is_unknown(word: &str) -> bool {
    let is_ours = word
        .get(..3)
        .is_some_and(|head| head.eq_ignore_ascii_case("HV-"));
    is_ours && codes::find(word).is_none()
}

fn to_json(code: &Code) -> serde_json::Value {
    json!({ "code": code.id, "meaning": code.meaning, "remedy": code.remedy })
}
