//! Layers composed: for each range, the first layer from the leaf on that knows of it.

use std::io;
use std::sync::Arc;

use blockio::{Fault, Layer, Place, ReadAt, Run, State, read_mapped};

/// How far the first look at a chain goes, in bytes. One that finds a single run goes on twice as
/// far: a layer that knows nothing of a terabyte must not say so anew for each block of its parent.
const FIRST_LOOK: u64 = 4 << 20;

/// The layers of a chain, leaf first, read as one disk of the leaf's size.
///
/// A parent is cut at its child's size; beyond the end of a smaller parent there are zeros, also
/// where a layer further down is larger again.
pub struct Stack {
    layers: Vec<Arc<dyn Layer>>,
    floor: Option<Arc<Fault>>,
}

impl Stack {
    /// `layers` from leaf to base. No layers are a disk of no bytes.
    #[must_use]
    pub fn new(layers: Vec<Arc<dyn Layer>>) -> Self {
        Self {
            layers,
            floor: None,
        }
    }

    /// `layers` from the leaf to the last one at hand; what only the missing ones hold is lost by
    /// `fault`.
    #[must_use]
    pub fn without_base(layers: Vec<Arc<dyn Layer>>, fault: Arc<Fault>) -> Self {
        Self {
            layers,
            floor: Some(fault),
        }
    }

    fn first_look(&self) -> u64 {
        match self.layers.len() {
            0 | 1 => u64::MAX,
            _ => FIRST_LOOK,
        }
    }

    /// How far to look after one look that went `look` bytes far and found a run of `found`.
    fn next_look(&self, look: u64, found: u64) -> u64 {
        match found == look {
            true => look.saturating_mul(2),
            false => self.first_look(),
        }
    }

    /// One run, not joined with what follows.
    fn look(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        let mut len = max;
        for layer in &self.layers {
            let left = layer.disk_size().saturating_sub(offset);
            if left == 0 {
                return Ok(hole(len));
            }
            let extent = layer.extent_at(offset, len.min(left))?;
            len = len.min(extent.len);
            match extent.state {
                State::File(at) => return layer.file().run_at(at, len),
                State::Zero => return Ok(hole(len)),
                State::Lost(fault) => return Ok(lost(len, fault)),
                State::Parent => {}
            }
        }
        Ok(match &self.floor {
            Some(fault) => lost(len, Arc::clone(fault)),
            None => hole(len),
        })
    }
}

impl ReadAt for Stack {
    fn size(&self) -> u64 {
        self.layers.first().map_or(0, |leaf| leaf.disk_size())
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        read_mapped(self, buf, offset)
    }

    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        let max = max.min(self.size().saturating_sub(offset));
        if max == 0 {
            let text = format!("{offset:#x} is not within the disk, or nothing was asked for");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let mut look = self.first_look().min(max);
        let mut run = self.look(offset, look)?;
        let mut last = run.len;
        // A run that the look has cut goes on; a hole may go on in another layer.
        while run.len < max && (last == look || matches!(run.place, Place::Hole)) {
            look = self.next_look(look, last).min(max.saturating_sub(run.len));
            // A question without an answer is for whoever asks about those bytes.
            let Ok(next) = self.look(offset.saturating_add(run.len), look) else {
                break;
            };
            if !joins(&run, &next) {
                break;
            }
            last = next.len;
            run.len = run.len.saturating_add(next.len);
        }
        Ok(run)
    }
}

fn hole(len: u64) -> Run<'static> {
    let place = Place::Hole;
    Run { len, place }
}

fn lost(len: u64, fault: Arc<Fault>) -> Run<'static> {
    let place = Place::Lost(fault);
    Run { len, place }
}

/// Whether `next` is stored right behind `run`.
fn joins(run: &Run<'_>, next: &Run<'_>) -> bool {
    let behind = |at: u64| at.checked_add(run.len);
    match (&run.place, &next.place) {
        (Place::Hole, Place::Hole) => true,
        (
            Place::Host { file, offset },
            Place::Host {
                file: other,
                offset: at,
            },
        ) => std::ptr::eq(*file, *other) && behind(*offset) == Some(*at),
        (
            Place::Computed { by, offset },
            Place::Computed {
                by: other,
                offset: at,
            },
        ) => std::ptr::addr_eq(*by, *other) && behind(*offset) == Some(*at),
        (Place::Lost(fault), Place::Lost(other)) => Arc::ptr_eq(fault, other),
        _ => false,
    }
}
