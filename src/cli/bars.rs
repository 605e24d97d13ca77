//! Progress bars: files, bytes, rate, time left; on a terminal only.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::{Context, text};
use crate::progress::{Progress, Tally, Way};
use crate::report::Line;

/// A bar on stderr: hidden where stderr is no terminal, or with --quiet, --json or --no-progress.
pub(crate) struct Bar {
    bar: ProgressBar,
    files: AtomicU64,
    settled: AtomicU64,
    tally: Tally,
}

impl Bar {
    pub(crate) fn new(ctx: &Context) -> Self {
        let global = &ctx.global;
        let hidden =
            global.quiet || global.json || global.no_progress || !std::io::stderr().is_terminal();
        let target = if hidden {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr_with_hz(10)
        };
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(style(
            "{spinner} {msg}  {bytes}  {bytes_per_sec}  {elapsed}",
        ));
        if !hidden {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Self {
            bar,
            files: AtomicU64::new(0),
            settled: AtomicU64::new(0),
            tally: Tally::default(),
        }
    }

    /// What there is to do, where that is known from the start.
    pub(crate) fn expect(&self, files: u64, bytes: u64) {
        self.total(files, bytes);
    }

    /// How many bytes went which way.
    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Takes the bar off the screen.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn message(&self) {
        let (settled, files) = (&self.settled, self.files.load(Ordering::Relaxed));
        let settled = settled.load(Ordering::Relaxed);
        self.bar.set_message(if files == 0 {
            text::count(settled, "item")
        } else {
            format!("{settled}/{files} items")
        });
    }
}

impl Progress for Bar {
    fn wants_totals(&self) -> bool {
        !self.bar.is_hidden()
    }

    fn total(&self, files: u64, bytes: u64) {
        self.files.store(files, Ordering::Relaxed);
        self.bar.set_length(bytes);
        self.bar.set_style(style(
            "[{bar:30}] {msg}  {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left",
        ));
    }

    fn advanced(&self, bytes: u64) {
        self.bar.inc(bytes);
    }

    fn went(&self, way: Way, bytes: u64) {
        self.tally.add(way, bytes);
    }

    fn settled(&self, _: &Line) {
        self.settled.fetch_add(1, Ordering::Relaxed);
        if !self.bar.is_hidden() {
            self.message();
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.finish();
    }
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).expect("the template is a constant of ours");
    style.progress_chars("=> ")
}
