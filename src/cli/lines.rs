//! What a run that moves files says: a bar while it runs, JSON lines, what was lost at the end.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use tree::GuestPath;

use crate::cli::bars::Bar;
use crate::cli::{Context, text};
use crate::progress::{Progress, Way};
use crate::report::{Line, Report, Status, Stopped};
use crate::sink::Refusal;
use crate::sink::codes::{EXISTS, REFUSED};

/// Most losses listed one by one for people.
const LISTED: usize = 200;

/// Says what becomes of each item: a bar for people, a JSON line for scripts.
pub(crate) struct Lines<'a> {
    ctx: &'a Context,
    bar: Bar,
    out: Mutex<Out>,
    /// Whether nothing is done, and each item is shown as what would be.
    planning: bool,
    /// The file that gets what scripts get.
    report: Option<Mutex<BufWriter<File>>>,
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
            planning: false,
            report: None,
        }
    }

    /// The same for a run that only says what it would do.
    pub(crate) fn planning(mut self, planning: bool) -> Self {
        self.planning = planning;
        self
    }

    /// The same, with a file at `place` that gets what scripts get.
    pub(crate) fn reporting(mut self, place: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(place) = place {
            let refused = |error: io::Error| {
                anyhow::Error::new(Refusal {
                    code: if error.kind() == io::ErrorKind::AlreadyExists {
                        &EXISTS
                    } else {
                        &REFUSED
                    },
                    place: place.into(),
                    reason: error.to_string(),
                })
            };
            let file = File::create_new(place).map_err(refused)?;
            self.report = Some(Mutex::new(BufWriter::new(file)));
        }
        Ok(self)
    }

    /// Adds a line to the report.
    fn add_to_report(&self, write: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        let Some(report) = &self.report else {
            return Ok(());
        };
        let mut line = Vec::new();
        write(&mut line);
        let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
        report.write_all(&line)
    }

    /// Appends what became of an item: an object for scripts; for people the path that would be
    /// restored, if nothing is.
    fn write(&self, line: &Line, out: &mut Vec<u8>) {
        let planned = self.planning && line.status == Status::Restored;
        match (self.ctx.global.json, planned) {
            (true, _) => self.write_json(line, out),
            (false, true) => {
                let path = line.path.to_string();
                out.extend_from_slice(text::escape(&path).as_bytes());
                out.push(b'\n');
            }
            (false, false) => {}
        }
    }

    fn write_json(&self, line: &Line, out: &mut Vec<u8>) {
        if self.planning && line.status == Status::Restored {
            let status = Status::Planned;
            let line = Line {
                status,
                ..line.clone()
            };
            return line.write_json(out);
        }
        line.write_json(out);
    }

    /// Says how many `notes` there are of each code, with the first of them.
    fn sum_up(&self, notes: &[Line]) {
        for code in codes(notes) {
            let mut alike = notes.iter().filter(|note| note.code == Some(code));
            if let Some(first) = alike.next() {
                let count = text::count(1 + alike.count() as u64, "note");
                let text = format!("{count}, such as {first} (-v lists all)");
                self.ctx.console.note(&text);
            }
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
            console.legend(code);
        }
        for line in &report.notes {
            console.detail(&line.to_string());
        }
        if !self.ctx.global.verbose {
            self.sum_up(&report.notes);
        }
        if let Some(Stopped::Destination(refusal)) = &report.stopped {
            console.error(&refusal.to_string(), Some(refusal.code));
        }
        console.detail(&self.bar.tally().to_string());
        console.note(&report.to_string());
        self.summary(report)
    }

    fn summary(&self, report: &Report) -> anyhow::Result<()> {
        self.add_to_report(|out| report.write_json(out))?;
        if let Some(report) = &self.report {
            let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
            report.flush()?;
        }
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        if self.ctx.global.json {
            report.write_json(&mut out.buffer);
        }
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

    fn went(&self, way: Way, bytes: u64) {
        self.bar.went(way, bytes);
    }

    fn settled(&self, line: &Line) {
        self.bar.settled(line);
        // What cannot be written now cannot be written at the end either, where it is said.
        let _ = self.add_to_report(|out| self.write_json(line, out));
        if self.ctx.global.json || self.planning {
            let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
            self.write(line, &mut out.buffer);
            if out.buffer.len() > 1 << 15 {
                out.write();
            }
        }
    }
}
