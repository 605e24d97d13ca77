//! Images written for the test, sound and broken: every byte as the model says, every fault by its
//! code.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "tests fail loudly, and count in what is at hand"
)]
#![expect(
    clippy::single_range_in_vec_init,
    reason = "lists of ranges, some with one of them"
)]

mod cost;
mod edit;
mod fixtures;
mod log;
mod lost;
mod random;
mod refused;
mod sound;
mod write;

use std::sync::Arc;

use blockio::{Cache, Fault, Layer, ReadAt};
use hvrestore_vhdx::File;
use testkit::vhdx::Built;

/// Opens a file that must open.
fn open(file: &Built) -> File {
    open_bytes(file.read_at())
}

fn open_bytes(bytes: Arc<dyn ReadAt>) -> File {
    File::open(bytes, "disk.vhdx", &Cache::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// Opens a file that must be refused, and says why it was.
fn refusal(file: &Built) -> Fault {
    match File::open(file.read_at(), "disk.vhdx", &Cache::default()) {
        Ok(_) => panic!("the file was opened"),
        Err(error) => (**error.fault()).clone(),
    }
}

/// All bytes of a disk, where none are lost.
fn contents(file: &File, parent: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; file.disk_size() as usize];
    testkit::read_layer(file, parent, &mut bytes, 0).expect("nothing is lost");
    bytes
}

/// The codes of the notes that opening made.
fn notes(file: &File) -> Vec<&'static str> {
    file.notes().iter().map(|note| note.code.id).collect()
}

/// What a pass over the whole BAT finds.
fn verify(file: &File) -> Vec<Fault> {
    let mut found = Vec::new();
    file.verify(&mut |fault| found.push(fault))
        .expect("answered");
    found
}

/// Which ranges of a disk are lost, and by which codes.
fn losses(file: &File) -> Vec<(std::ops::Range<u64>, Fault)> {
    let (mut losses, mut at) = (Vec::new(), 0);
    while at < Layer::disk_size(file) {
        let extent = file.extent_at(at, u64::MAX).expect("answered");
        if let blockio::State::Lost(fault) = extent.state {
            losses.push((at..at + extent.len, (*fault).clone()));
        }
        at += extent.len;
    }
    losses
}
