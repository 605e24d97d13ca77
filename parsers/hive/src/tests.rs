//! Hives that the testkit writes, read back; each code provoked.

mod damage;
mod reading;
mod recovery;

use std::sync::Arc;

use blockio::{Memory, ReadAt};

use crate::{Error, Hive};

/// A file of the hive's folder.
fn file(bytes: &[u8]) -> Arc<dyn ReadAt> {
    Arc::new(Memory::from(bytes.to_vec()))
}

fn open(hive: &[u8]) -> Result<Hive, Error> {
    Hive::open(file(hive), &[], "SYSTEM")
}

fn open_with(hive: &[u8], logs: &[&[u8]]) -> Result<Hive, Error> {
    let named = |(log, number): (&&[u8], u32)| (format!("SYSTEM.LOG{number}"), file(log));
    let logs: Vec<_> = logs.iter().zip(1..).map(named).collect();
    Hive::open(file(hive), &logs, "SYSTEM")
}

/// The ids of what is noted.
fn noted(hive: &Hive) -> Vec<&'static str> {
    hive.notes().iter().map(|fault| fault.code.id).collect()
}
