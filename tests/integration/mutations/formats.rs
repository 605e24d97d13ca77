//! Each format with its good images, its checksums, and what is asked of it.

use std::sync::Arc;

use blockio::{Cache, Layer, ReadAt};
use testkit::{checksums, exercise};

use super::images::{self, Base};

/// One parser under test.
pub(super) struct Format {
    pub(super) name: &'static str,
    /// Damaged images in one run of the test.
    pub(super) images: u64,
    /// The good images.
    pub(super) bases: fn() -> Vec<Base>,
    /// Makes checksums right.
    pub(super) mend: fn(&mut [u8]),
    /// Opens the image and asks everything of it.
    pub(super) ask: fn(Arc<dyn ReadAt>),
}

pub(super) const FORMATS: &[Format] = &[Format {
    name: "vhd",
    images: 1000,
    bases: images::vhd,
    mend: checksums::vhd,
    ask: ask_vhd,
}];

fn ask_vhd(bytes: Arc<dyn ReadAt>) {
    let Ok(file) = vhd::File::open(bytes, "damaged.vhd", &Cache::default()) else {
        return;
    };
    exercise::layer(&file);
    let _ = file.allocated();
    let _ = file.verify(&mut |fault| assert!(!fault.to_string().is_empty()));
    assert!(file.disk_size() >= Layer::disk_size(&file));
}
