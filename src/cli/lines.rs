//! What a run that moves files says: a bar while it runs, JSON lines, what was lost at the end.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use tree::GuestPath;

use crate::cli::bars::Bar;
use crate::cli::{Context, text};
use crate::progress::Progress;
use crate::report::{Line, Report, Stopped};

/// Most losses listed one by one for people.
const LISTED: usize = 200;

/// Says what becomes of each item: a bar for people, a JSON line for scripts.
pub(crate) struct Lines<'a> {
    ctx: &'a Context,
    bar: Bar,
    out: Mutex<Out>,
}

/// JSON lines on their way to stdout.
#[derive(Default)]
struct Out {
    buffer: Vec<u8>,
    /// Why stdout took no more; said when the run is over, since the files are worth more.
    failed: Option<io::Error>,
}

impl Out {
    /// Writes what has gathered, until stdout fails for the first time.
    fn write(&mut self) {
        if self.failed.is_none() {
            let mut stdout = io::stdout().lock();
            let written = stdout.write_all(&self.buffer).and_then(|()| stdout.flush());
            self.failed = written.err();
        }
        self.buffer.clear();
    }
}

impl<'a> Lines<'a> {
    pub(crate) fn new(ctx: &'a Context) -> Self {
        Self {
            ctx,
            bar: Bar::new(ctx),
            out: Mutex::default(),
        }
    }

    /// Says at the end what was lost, what is good to know, and the sum.
    pub(crate) fn finish(self, report: &Report) -> anyhow::Result<()> {
        self.bar.finish();
        let console = &self.ctx.console;
        for line in report.losses.iter().take(LISTED) {
            console.error(&line.to_string(), None);
        }
        if report.losses.len() > LISTED {
            console.error(
                &format!(
                    "... and {} more (--json lists all)",
                    report.losses.len() - LISTED
                ),
                None,
            );
        }
        for code in codes(&report.losses) {
            console.note(&format!(
                "{}: {}; what to do: {}",
                code.id, code.meaning, code.remedy
            ));
        }
        for line in &report.notes {
            console.detail(&line.to_string());
        }
        if let (false, [first, ..]) = (self.ctx.global.verbose, &report.notes[..]) {
            let more = text::count(report.notes.len() as u64, "note");
            console.note(&format!("{more}, such as {first} (-v lists all)"));
        }
        if let Some(Stopped::Destination(refusal)) = &report.stopped {
            console.error(&refusal.to_string(), Some(refusal.code));
        }
        console.note(&report.to_string());
        self.summary(report)
    }

    fn summary(&self, report: &Report) -> anyhow::Result<()> {
        if !self.ctx.global.json {
            return Ok(());
        }
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        report.write_json(&mut out.buffer);
        out.write();
        Ok(out.failed.take().map_or(Ok(()), Err)?)
    }
}

/// The codes of `lines`, each once.
fn codes(lines: &[Line]) -> Vec<&'static blockio::Code> {
    let mut codes: Vec<_> = lines.iter().filter_map(|line| line.code).collect();
    codes.sort_by_key(|code| code.id);
    codes.dedup();
    codes
}

impl Progress for Lines<'_> {
    fn wants_totals(&self) -> bool {
        self.bar.wants_totals()
    }

    fn total(&self, files: u64, bytes: u64) {
        self.bar.total(files, bytes);
    }

    fn advanced(&self, bytes: u64) {
        self.bar.advanced(bytes);
    }

    fn filtered(&self, path: &GuestPath) {
        if self.ctx.global.verbose {
            self.ctx.console.detail(&format!("{path}: filtered out"));
        }
    }

    fn settled(&self, line: &Line) {
        self.bar.settled(line);
        if self.ctx.global.json {
            let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
            line.write_json(&mut out.buffer);
            if out.buffer.len() > 1 << 15 {
                out.write();
            }
        }
    }
}
