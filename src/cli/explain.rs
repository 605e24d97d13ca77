//! `explain`: what a code, or a message of Hyper-V, means and what to do.

use std::io::Write;

use blockio::Code;
use serde_json::json;

use crate::cli::{Context, Exit, Stop};
use crate::codes;
use crate::codes::hyper_v::{self, Message};

/// What a message's code means and what to do next
///
/// Every message of hvrestore ends in a code like [HV-D107]. `explain` tells what it means and what to
/// do. Paste the code, or the whole line: the codes in it are found. Without an argument, all codes are
/// listed.
///
/// What Hyper-V says while a machine is imported, started or backed up is explained too: paste its text
/// or its number (33012, 0xC03A000E). `hvrestore explain hyper-v` lists what is known.
///
///   hvrestore explain HV-D107
///   hvrestore explain "Could not find Ethernet switch 'LAN'."
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// A code (HV-D107), or any text with codes or a message of Hyper-V in it
    #[arg(value_name = "CODE|TEXT")]
    text: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// [`Exit::NoMatch`] where the text holds no code and no message we know.
pub(crate) fn run(args: &Args, ctx: &Context) -> anyhow::Result<Exit> {
    let text = args.text.join(" ");
    let found = if args.text.is_empty() {
        codes::all()
    } else {
        words_of(&text).filter_map(codes::find).collect()
    };
    let messages = match text.eq_ignore_ascii_case("hyper-v") {
        true => hyper_v::MESSAGES.iter().collect(),
        false => hyper_v::find(&text),
    };
    if found.is_empty() && messages.is_empty() {
        let message = format!("no code and no message of Hyper-V in {text:?} is known");
        return Err(Stop::new(Exit::NoMatch, &codes::cli::UNKNOWN_CODE, message).into());
    }
    let unknown: Vec<_> = words_of(&text).filter(|word| is_unknown(word)).collect();
    write(&found, &messages, ctx)?;
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

fn write(found: &[&Code], messages: &[&Message], ctx: &Context) -> anyhow::Result<()> {
    let mut out = ctx.stdout();
    if ctx.global.json {
        let codes = found.iter().map(|code| to_json(code));
        let messages = messages.iter().map(|message| message_json(message));
        let list: Vec<_> = codes.chain(messages).collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&list)?)?;
        return Ok(out.flush()?);
    }
    let codes = found
        .iter()
        .map(|code| (code.id.to_owned(), code.meaning, code.remedy));
    let messages = messages.iter().map(|message| {
        (
            format!("Hyper-V: {}", message.id),
            message.meaning,
            message.remedy,
        )
    });
    for (id, meaning, remedy) in codes.chain(messages) {
        writeln!(out, "{id}\n  meaning:    {meaning}\n  what to do: {remedy}")?;
    }
    Ok(out.flush()?)
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

/// It has no code of ours, but Hyper-V's own.
fn message_json(message: &Message) -> serde_json::Value {
    json!({ "code": null, "hyper_v": message.id, "meaning": message.meaning, "remedy": message.remedy })
}
