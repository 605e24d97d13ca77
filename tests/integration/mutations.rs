//! Thousands of damaged images for every parser: no panic, no hang, no memory out of proportion.
//!
//! Each image is a good one damaged in a few places that its seed determines, its checksums made
//! right again so that the damage is reached. A format has a process of its own, which ends at the
//! first image that goes wrong and whose last word is that image's seed:
//!
//! ```text
//! HVRESTORE_MUTATE=vhdx:1234 cargo test --test integration           # that image alone
//! HVRESTORE_MUTATE=vhdx:5000..90000 cargo test --test integration    # a longer search
//! ```

mod base;
mod configurations;
mod containers;
mod disks;
mod formats;
mod hives;
mod tables;
mod volumes;
mod work;

use std::process::Command;

use super::harness::program::run;
use super::harness::{Outcome, Test};
use formats::{FORMATS, Format};

use work::IMAGES;
pub(crate) use work::asked_for;

/// Names the format, and perhaps the seed, that a process of this test is to work on.
const VARIABLE: &str = "HVRESTORE_MUTATE";

/// The tests of this theme.
pub(crate) fn tests() -> Vec<Test> {
    let test = |format: &'static Format| {
        let name = format!("mutations::{}_survives", format.name);
        Test::new(name, move || survives(format))
    };
    FORMATS.iter().map(test).collect()
}

fn survives(format: &Format) -> Outcome {
    let mut worker = Command::new(std::env::current_exe()?);
    worker.env(VARIABLE, format.name);
    let ran = run(worker);
    let seeds: Vec<_> = ran.text().lines().collect();
    assert_eq!(
        ran.code,
        Some(0),
        "{VARIABLE}={}:{}\n{}",
        format.name,
        seeds.last().unwrap_or(&"?"),
        ran.stderr
    );
    assert_eq!(u64::try_from(seeds.len())?, IMAGES, "every image was asked");
    Ok(())
}
