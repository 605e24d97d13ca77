//! The process that works on the damaged images of one format.

use std::alloc::System;
use std::ops::Range;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use blockio::Memory;
use cap::Cap;
use testkit::mutate::{Chance, damage};

use super::VARIABLE;
use super::base::Base;
use super::formats::{FORMATS, Format};

/// Damaged images of each format in one run of the test.
pub(super) const IMAGES: u64 = 1000;
/// What one image may take beside its own bytes: the caches and what a command may use.
const MEMORY_LIMIT: usize = 64 << 20;
/// Far more than any image takes, on a busy machine too.
const TIME_LIMIT: Duration = Duration::from_secs(30);

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// Works if the environment asks for it; in any other process there is nothing to do.
pub(crate) fn asked_for() -> Option<ExitCode> {
    let asked = std::env::var(VARIABLE).ok()?;
    let (name, seed) = asked.split_once(':').unwrap_or((&asked, ""));
    let Some(format) = FORMATS.iter().find(|format| format.name == name) else {
        eprintln!("{VARIABLE}: no format is called {name}");
        return Some(ExitCode::from(2));
    };
    let all = 0..IMAGES;
    let seeds = seeds(seed).unwrap_or(all.clone());
    let bases = (format.bases)();
    let mut opened = 0;
    for seed in seeds.clone() {
        println!("{seed}");
        let started = Instant::now();
        opened += u64::from(one(format, &bases, seed));
        let took = started.elapsed();
        assert!(took < TIME_LIMIT, "took {took:?}");
    }
    // Else nothing but the first checks was reached.
    let enough = seeds != all || opened > IMAGES / 4;
    assert!(enough, "only {opened} of {IMAGES} could be opened");
    Some(ExitCode::SUCCESS)
}

/// `1234`, or `5000..90000` for a longer search.
fn seeds(text: &str) -> Option<Range<u64>> {
    let (from, to) = match text.split_once("..") {
        Some((from, to)) => (from.parse().ok()?, to.parse().ok()?),
        None => (text.parse().ok()?, text.parse::<u64>().ok()? + 1),
    };
    Some(from..to)
}

/// Whether the image of this seed could be opened.
fn one(format: &Format, bases: &[Base], seed: u64) -> bool {
    let mut chance = Chance::new(seed);
    let base = &bases[chance.below(bases.len())];
    let mut image = base.image.clone();
    damage(&mut image, &base.targets, &mut chance);
    (format.mend)(&mut image);
    // An allocation above this fails, which ends the process.
    let limit = ALLOCATOR.allocated() + MEMORY_LIMIT;
    ALLOCATOR
        .set_limit(limit)
        .expect("it is above what there is");
    let opened = (format.ask)(Arc::new(Memory::from(image)));
    ALLOCATOR
        .set_limit(usize::MAX)
        .expect("no limit is above all");
    opened
}
