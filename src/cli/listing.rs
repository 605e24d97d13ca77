//! Listings: entries out, losses said, the exit code kept.

use std::io::{BufWriter, StdoutLock, Write};

use tree::{Entry, Error, GuestPath, Kind, Name};

use crate::cli::targets::Target;
use crate::cli::{Context, Exit, Stop, entry, exit_of, text};
use crate::json::Object;
use crate::open::Volume;

/// How entries are shown.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Style {
    /// One JSON object a line.
    pub(crate) json: bool,
    /// Attributes, size and time before the name.
    pub(crate) long: bool,
    /// Names as they are, each ended by NUL.
    pub(crate) null: bool,
}

/// A listing on its way to stdout.
pub(crate) struct Listing<'a> {
    ctx: &'a Context,
    style: Style,
    out: BufWriter<StdoutLock<'static>>,
    line: Vec<u8>,
    text: String,
    /// Whether entries of several volumes are shown, so that a path alone does not name one.
    several: bool,
    delivered: bool,
    cause: Exit,
    /// What the names of checksums begin with.
    folder: String,
}

impl<'a> Listing<'a> {
    /// An empty listing.
    #[must_use]
    pub(crate) fn new(ctx: &'a Context, style: Style) -> Self {
        Self {
            ctx,
            style,
            out: ctx.stdout(),
            line: Vec::new(),
            folder: String::new(),
            text: String::new(),
            several: false,
            delivered: false,
            cause: Exit::Done,
        }
    }

    /// The same for `targets`: where they are on several volumes, paths begin with the volume's name.
    #[must_use]
    pub(crate) fn over(mut self, targets: &[Target<'_>]) -> Self {
        let mut names = targets.iter().map(|target| &target.volume.name);
        let first = names.next();
        self.several = names.any(|name| Some(name) != first);
        self
    }

    /// Shows for people which folder the following entries are in.
    ///
    /// # Errors
    /// Where stdout cannot be written.
    pub(crate) fn heading(&mut self, target: &Target<'_>) -> anyhow::Result<()> {
        if self.style.json || self.style.null {
            return Ok(());
        }
        let gap = if self.delivered { "\n" } else { "" };
        let path = target.entry.path.to_string();
        let (volume, path) = (&target.volume.name, text::escape(&path));
        Ok(writeln!(self.out, "{gap}{volume}{path}:")?)
    }

    /// Whether nothing was shown, nor anything said to be lost.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        !self.delivered && self.cause == Exit::Done
    }

    /// Whether the operator asked to stop.
    #[must_use]
    pub(crate) fn cancelled(&self) -> bool {
        self.ctx.cancelled()
    }

    /// Shows `entry`, called `name` for people.
    ///
    /// # Errors
    /// Where stdout cannot be written.
    pub(crate) fn entry(
        &mut self,
        volume: &Volume,
        entry: &Entry,
        name: &str,
    ) -> anyhow::Result<()> {
        self.delivered = true;
        self.line.clear();
        if self.style.json {
            entry::write_json(&mut self.line, volume, entry);
        } else if self.style.null {
            if self.several {
                self.line.extend_from_slice(volume.name.as_bytes());
            }
            self.line.extend_from_slice(b"/");
            self.line.extend_from_slice(entry.path.as_bytes());
            self.line.push(0);
        } else {
            self.people(volume, entry, name);
        }
        Ok(self.out.write_all(&self.line)?)
    }

    /// Shows `entry` under its whole path.
    ///
    /// # Errors
    /// As [`entry`](Self::entry).
    pub(crate) fn entry_at_its_path(
        &mut self,
        volume: &Volume,
        entry: &Entry,
    ) -> anyhow::Result<()> {
        let path = if self.style.json || self.style.null {
            String::new()
        } else if self.several {
            format!("{}{}", volume.name, entry.path)
        } else {
            entry.path.to_string()
        };
        self.entry(volume, entry, &path)
    }

    fn people(&mut self, volume: &Volume, entry: &Entry, name: &str) {
        let slash = if entry.metadata.kind == Kind::Directory && !name.ends_with('/') {
            "/"
        } else {
            ""
        };
        let name = text::escape(name);
        self.text.clear();
        if self.style.long {
            entry::write_long(&mut self.text, volume, entry, &format!("{name}{slash}"));
        } else {
            self.text.extend([&*name, slash]);
            entry::write_remains(&mut self.text, volume, entry);
            self.text.push('\n');
        }
        self.line.extend_from_slice(self.text.as_bytes());
    }

    /// What checksums' names begin with from here on: as [`extract`](super::extract) puts the volume.
    pub(crate) fn within(&mut self, folder: Option<String>) {
        self.folder = folder.map_or_else(String::new, |folder| folder + "/");
    }

    /// Shows a stream's checksum: `sha256sum`'s line for people, an object for scripts. `sum` is the
    /// algorithm's name and the hex digits.
    ///
    /// # Errors
    /// Where stdout cannot be written.
    pub(crate) fn checksum(
        &mut self,
        volume: &Volume,
        path: &GuestPath,
        stream: &Name,
        size: u64,
        sum: (&str, &str),
    ) -> anyhow::Result<()> {
        self.delivered = true;
        if self.style.json {
            self.line.clear();
            let mut object = Object::begin(&mut self.line);
            object.text("type", "stream").text("volume", &volume.name);
            object
                .wtf8("path", "/", path.as_bytes())
                .wtf8("stream", "", stream.as_bytes());
            object.number("size", size).text(sum.0, sum.1);
            object.end_line();
            return Ok(self.out.write_all(&self.line)?);
        }
        let mut name = self.folder.clone();
        name.push_str(path.to_string().trim_start_matches('/'));
        if !stream.is_empty() {
            name.push_str(&format!(":{stream}"));
        }
        Ok(writeln!(self.out, "{}", text::sum_line(sum.1, &name))?)
    }

    /// Shows that an item at `path` is lost; the listing goes on.
    ///
    /// # Errors
    /// Where stdout cannot be written.
    pub(crate) fn loss(
        &mut self,
        volume: &Volume,
        path: &GuestPath,
        error: &Error,
    ) -> anyhow::Result<()> {
        let code = match error {
            Error::Fault(fault) => {
                self.cause = self.cause.and(exit_of(fault));
                Some(fault.code)
            }
            _ => {
                self.cause = self.cause.and(Exit::Damaged);
                None
            }
        };
        if self.style.json {
            self.line.clear();
            let mut object = Object::begin(&mut self.line);
            object.text("type", "error").text("volume", &volume.name);
            object.wtf8("path", "/", path.as_bytes());
            object
                .maybe_text("code", code.map(|code| code.id))
                .text("message", &error.to_string());
            object.end_line();
            self.out.write_all(&self.line)?;
        }
        self.ctx
            .console
            .error(&format!("{}{path}: {error}", volume.name), code);
        Ok(())
    }

    /// Flushes what was shown; how the command ends.
    ///
    /// # Errors
    /// Where stdout cannot be written.
    pub(crate) fn finish(mut self) -> anyhow::Result<Exit> {
        self.out.flush()?;
        Ok(match self.cause {
            Exit::Done => Exit::Done,
            cause => Exit::after(cause, self.delivered),
        })
    }

    /// As [`finish`](Self::finish); that nothing was shown is an end of its own.
    ///
    /// # Errors
    /// Where stdout cannot be written.
    pub(crate) fn finish_some(self) -> anyhow::Result<Exit> {
        let nothing = self.is_empty();
        let ctx = self.ctx;
        let exit = self.finish()?;
        if nothing && !ctx.cancelled() {
            let code = &crate::codes::cli::NO_MATCH;
            return Err(Stop::new(Exit::NoMatch, code, "nothing was found").into());
        }
        Ok(exit)
    }
}
