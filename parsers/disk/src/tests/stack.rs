//! How runs of a stack are cut and joined.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use blockio::{Extent, Layer, Memory, Place, ReadAt, State};

use super::MIB;
use crate::{Raw, Stack};

/// A layer that holds nothing, and counts how many bytes it was asked about.
struct Nothing {
    size: u64,
    asked: AtomicUsize,
}

impl Layer for Nothing {
    fn disk_size(&self) -> u64 {
        self.size
    }

    fn extent_at(&self, _: u64, max: u64) -> io::Result<Extent> {
        self.asked.fetch_add(max as usize, Ordering::Relaxed);
        let state = State::Parent;
        Ok(Extent { len: max, state })
    }

    fn file(&self) -> &dyn ReadAt {
        panic!("it holds nothing")
    }
}

/// A layer that holds every other MiB, one behind the other in its file.
struct EveryOther(Memory);

impl Layer for EveryOther {
    fn disk_size(&self) -> u64 {
        2 * self.0.size()
    }

    fn extent_at(&self, offset: u64, max: u64) -> io::Result<Extent> {
        let (block, within) = (offset / MIB, offset % MIB);
        let state = match block % 2 {
            0 => State::File(block / 2 * MIB + within),
            _ => State::Parent,
        };
        let len = max.min(MIB - within);
        Ok(Extent { len, state })
    }

    fn file(&self) -> &dyn ReadAt {
        &self.0
    }
}

fn nothing(size: u64) -> Arc<Nothing> {
    let asked = AtomicUsize::new(0);
    Arc::new(Nothing { size, asked })
}

#[test]
fn a_layer_that_knows_nothing_is_not_asked_about_all_of_it_for_every_block() {
    let size = 512 * MIB;
    let (leaf, base) = (nothing(size), EveryOther(Memory::from(vec![1; 256 << 20])));
    let stack = Stack::new(vec![leaf.clone(), Arc::new(base)]);
    let (mut offset, mut runs) = (0, 0);
    while offset < size {
        offset += stack.run_at(offset, u64::MAX).expect("answered").len;
        runs += 1;
    }
    assert_eq!(runs, 512);
    let asked = leaf.asked.load(Ordering::Relaxed) as u64;
    assert!(asked <= 8 * size, "asked about {} MiB", asked / MIB);
}

#[test]
fn long_runs_are_joined() {
    let raw = Raw::new(Arc::new(Memory::from(vec![1; 100 << 20])));
    let stack = Stack::new(vec![nothing(90 * MIB), Arc::new(raw)]);
    let run = stack.run_at(5, u64::MAX).expect("answered");
    assert_eq!(run.len, 90 * MIB - 5, "cut at the leaf's size");
    assert!(matches!(run.place, Place::Computed { offset: 5, .. }));
    let holes = Stack::new(vec![nothing(1 << 50), nothing(1 << 40)]);
    let run = holes.run_at(7, u64::MAX).expect("answered");
    assert_eq!(run.len, (1 << 50) - 7);
    assert!(matches!(run.place, Place::Hole));
}

/// A layer whose blocks of a MiB are zeros and the parent's in turns, up to a place that it cannot
/// be asked about.
struct Checkered {
    size: u64,
    known: u64,
}

impl Layer for Checkered {
    fn disk_size(&self) -> u64 {
        self.size
    }

    fn extent_at(&self, offset: u64, max: u64) -> io::Result<Extent> {
        if offset >= self.known {
            return Err(io::Error::other("not to be asked"));
        }
        let state = match offset / MIB % 2 {
            0 => State::Zero,
            _ => State::Parent,
        };
        let len = max.min(MIB - offset % MIB);
        Ok(Extent { len, state })
    }

    fn file(&self) -> &dyn ReadAt {
        panic!("it holds nothing")
    }
}

#[test]
fn a_question_without_an_answer_costs_nothing_of_what_lies_before_it() {
    let (size, known) = (64 * MIB, 9 * MIB);
    let stack = Stack::new(vec![nothing(size), Arc::new(Checkered { size, known })]);
    let run = stack
        .run_at(5, u64::MAX)
        .expect("the first 9 MiB are holes");
    assert_eq!(run.len, 9 * MIB - 5);
    assert!(stack.run_at(known, 1).is_err());
}

#[test]
fn a_hole_of_many_pieces_is_not_asked_for_anew_as_a_whole_for_each() {
    let size = 1 << 40;
    let (leaf, holes) = (nothing(size), Checkered { size, known: size });
    let stack = Stack::new(vec![leaf.clone(), Arc::new(holes)]);
    assert_eq!(stack.run_at(0, 1 << 33).expect("holes").len, 1 << 33);
    let asked = leaf.asked.load(Ordering::Relaxed) as u64;
    assert!(asked <= 1 << 36, "asked about {} MiB", asked / MIB);
}

#[test]
fn no_layers_are_no_bytes() {
    let stack = Stack::new(Vec::new());
    assert_eq!(stack.size(), 0);
    assert!(stack.run_at(0, 1).is_err());
    assert!(stack.read_exact_at(&mut [0], 0).is_err());
    stack
        .read_exact_at(&mut [], 0)
        .expect("nothing was asked for");
}
