//! Each format with its good images, its checksums, and what is asked of it.

use std::sync::Arc;

use blockio::{Cache, Fault, ReadAt};
use testkit::{checksums, exercise};

use super::base::Base;
use super::{configurations, containers, disks, hives, tables, volumes};

/// One parser under test.
pub(super) struct Format {
    pub(super) name: &'static str,
    /// The good images.
    pub(super) bases: fn() -> Vec<Base>,
    /// Makes checksums right.
    pub(super) mend: fn(&mut [u8]),
    /// Opens the image and asks everything of it; whether it could be opened.
    pub(super) ask: fn(Arc<dyn ReadAt>) -> bool,
}

pub(super) const FORMATS: &[Format] = &[
    Format {
        name: "vhd",
        bases: disks::vhd,
        mend: checksums::vhd,
        ask: ask_vhd,
    },
    Format {
        name: "vhdx",
        bases: disks::vhdx,
        mend: checksums::vhdx,
        ask: ask_vhdx,
    },
    Format {
        name: "gpt",
        bases: tables::gpt,
        mend: mend_gpt,
        ask: ask_table,
    },
    Format {
        name: "mbr",
        bases: tables::mbr,
        mend: |_| {},
        ask: ask_table,
    },
    Format {
        name: "ldm",
        bases: tables::ldm,
        mend: mend_gpt,
        ask: ask_table,
    },
    Format {
        name: "ntfs",
        bases: volumes::ntfs,
        mend: |_| {},
        ask: ask_ntfs,
    },
    Format {
        name: "hive",
        bases: hives::bases,
        mend: hives::mend,
        ask: hives::ask,
    },
    Format {
        name: "vmcx",
        bases: containers::bases,
        mend: testkit::vmcx::mend,
        ask: containers::ask,
    },
    Format {
        name: "configuration",
        bases: configurations::bases,
        mend: testkit::vmcx::mend,
        ask: configurations::ask,
    },
];

fn mend_gpt(image: &mut [u8]) {
    checksums::gpt(image, 512);
    checksums::gpt(image, 4096);
}

fn ask_vhd(bytes: Arc<dyn ReadAt>) -> bool {
    let Ok(file) = vhd::File::open(bytes, "damaged.vhd", &Cache::default()) else {
        return false;
    };
    exercise::layer(&file);
    let _ = file.allocated();
    let _ = file.verify(&mut told);
    file.notes().iter().cloned().for_each(told);
    true
}

fn ask_vhdx(bytes: Arc<dyn ReadAt>) -> bool {
    let Ok(file) = vhdx::File::open(bytes, "damaged.vhdx", &Cache::default()) else {
        return false;
    };
    exercise::layer(&file);
    let _ = file.allocated();
    let _ = file.verify(&mut told);
    file.notes().iter().cloned().for_each(told);
    true
}

fn ask_table(disk: Arc<dyn ReadAt>) -> bool {
    let Ok(table) = partition::read(&disk, 512) else {
        return false;
    };
    for found in &table.partitions {
        let bytes = found.slice(&disk);
        exercise::read_at(&bytes);
        let _ = partition::identify(&bytes);
    }
    table.notes.into_iter().for_each(told);
    true
}

fn ask_ntfs(bytes: Arc<dyn ReadAt>) -> bool {
    let Ok(volume) = ntfs::Volume::open(bytes, "damaged", &Cache::default()) else {
        return false;
    };
    exercise::file_system(&volume);
    true
}

/// A fault must be able to say what it is.
fn told(fault: Fault) {
    assert!(fault.to_string().contains(fault.code.id), "{fault:?}");
}
