//! The process that works on the damaged images of one format.

use std::alloc::System;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use blockio::Memory;
use cap::Cap;
use testkit::mutate::{Chance, damage};

use super::VARIABLE;
use super::formats::{FORMATS, Format};
use super::images::Base;

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
    let seeds = match seed.parse() {
        Ok(seed) => seed..seed + 1,
        Err(_) => 0..format.images,
    };
    let bases = (format.bases)();
    assert!(
        bases.iter().all(Base::can_be_damaged),
        "{name}: an image without structures"
    );
    for seed in seeds {
        println!("{seed}");
        let started = Instant::now();
        one(format, &bases, seed);
        assert!(
            started.elapsed() < TIME_LIMIT,
            "took {:?}",
            started.elapsed()
        );
    }
    Some(ExitCode::SUCCESS)
}

fn one(format: &Format, bases: &[Base], seed: u64) {
    let mut chance = Chance::new(seed);
    let base = &bases[chance.below(bases.len())];
    let mut image = base.image.clone();
    damage(&mut image, &base.targets, &mut chance);
    (format.mend)(&mut image);
    // An allocation above this fails, which ends the process.
    ALLOCATOR
        .set_limit(ALLOCATOR.allocated() + MEMORY_LIMIT)
        .expect("there is room for more");
    (format.ask)(Arc::new(Memory::from(image)));
    ALLOCATOR
        .set_limit(usize::MAX)
        .expect("no limit is a limit");
}
