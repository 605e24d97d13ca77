//! What is said to people on stderr.

use std::io::{IsTerminal, Write};

use blockio::{Code, Fault};
use clap::ColorChoice;

use crate::cli::args::Global;
use crate::codes;

/// What is said to people on stderr: notes, warnings, errors, each with what to do next.
#[derive(Clone, Copy, Debug)]
pub struct Console {
    quiet: bool,
    verbose: bool,
    color: bool,
}

impl Console {
    /// As `global` asks for.
    #[must_use]
    pub fn new(global: &Global) -> Self {
        let color = match global.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
            }
        };
        Self {
            quiet: global.quiet,
            verbose: global.verbose,
            color,
        }
    }

    /// Something worth knowing: which state is read, what was replayed.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.line("note", "36", text);
        }
    }

    /// Something only `-v` wants.
    pub fn detail(&self, text: &str) {
        if self.verbose {
            self.line("detail", "2", text);
        }
    }

    /// What `code` means and what to do about it, below messages that name it.
    pub fn legend(&self, code: &Code) {
        let Code {
            id,
            meaning,
            remedy,
        } = code;
        self.note(&format!("{id}: {meaning}; what to do: {remedy}"));
    }

    /// Something that makes the result less than asked for, and what to do.
    pub fn warn(&self, code: &Code, text: &str) {
        if !self.quiet {
            self.line("warning", "33", &format!("{text} [{code}]"));
            self.remedy_of(text, code);
        }
    }

    /// A fault that did not stop the run.
    pub fn fault(&self, fault: &Fault) {
        if !self.quiet {
            let text = fault.to_string();
            self.line("warning", "33", &text);
            self.remedy_of(&text, fault.code);
        }
    }

    /// Why the run stopped, what can be asked for instead, and what to do.
    pub fn stop(&self, text: &str, candidates: &[String], code: Option<&Code>) {
        self.line("error", "31", text);
        for candidate in candidates {
            let candidate = crate::cli::text::escape(candidate);
            let _ = writeln!(std::io::stderr().lock(), "    {candidate}");
        }
        if let Some(code) = code {
            self.remedy_of(text, code);
        }
    }

    /// Something that could not be done, and what to do.
    pub fn error(&self, text: &str, code: Option<&Code>) {
        self.line("error", "31", text);
        if let Some(code) = code {
            self.remedy_of(text, code);
        }
    }

    /// What to do about a message with this `text`: where it names a cause with a code of its own,
    /// that is what there is to be done about.
    fn remedy_of(&self, text: &str, code: &Code) {
        let words = text.split(['[', ']']);
        let cause = words
            .filter(|word| word.starts_with("HV-"))
            .find_map(codes::find);
        self.remedy(cause.unwrap_or(code));
    }

    fn remedy(&self, code: &Code) {
        let _ = writeln!(std::io::stderr().lock(), "  what to do: {}", code.remedy);
    }

    fn line(&self, word: &str, color: &str, text: &str) {
        let text = crate::cli::text::escape(text);
        let mut err = std::io::stderr().lock();
        let _ = match self.color {
            true => writeln!(err, "hvrestore: \x1b[{color}m{word}:\x1b[0m {text}"),
            false => writeln!(err, "hvrestore: {word}: {text}"),
        };
    }
}
