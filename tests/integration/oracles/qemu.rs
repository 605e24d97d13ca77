//! Disks that qemu-img makes and qemu-io writes, and what qemu-img reads from them and from ours.

use std::path::Path;

use super::{flatten, sum_of, tool};
use crate::harness::{Outcome, Sources, Test, temp_dir, test};

pub(super) fn tests() -> Vec<Test> {
    let made = DISKS.iter().map(|disk| {
        let name = format!("oracles::qemu::{}", disk.name);
        let test = Test::new(name, || agrees(disk));
        test.needs_tool("qemu-img").needs_tool("qemu-io")
    });
    let demo = test!(the_demos_base).needs_tool("qemu-img");
    made.chain([demo]).collect()
}

struct Disk {
    name: &'static str,
    format: &'static str,
    options: &'static str,
    mib: u64,
}

const DISKS: &[Disk] = &[
    Disk {
        name: "vhdx_dynamic_1_mib",
        format: "vhdx",
        options: "subformat=dynamic,block_size=1M",
        mib: 40,
    },
    Disk {
        name: "vhdx_dynamic_8_mib",
        format: "vhdx",
        options: "subformat=dynamic,block_size=8M",
        mib: 40,
    },
    Disk {
        name: "vhdx_dynamic_32_mib",
        format: "vhdx",
        options: "subformat=dynamic,block_size=32M",
        mib: 200,
    },
    Disk {
        name: "vhdx_dynamic_256_mib",
        format: "vhdx",
        options: "subformat=dynamic,block_size=256M",
        mib: 300,
    },
    Disk {
        name: "vhdx_fixed",
        format: "vhdx",
        options: "subformat=fixed,block_size=4M",
        mib: 24,
    },
    Disk {
        name: "vhdx_odd_size",
        format: "vhdx",
        options: "subformat=dynamic,block_size=2M",
        mib: 33,
    },
    Disk {
        name: "vhd_dynamic",
        format: "vpc",
        options: "subformat=dynamic",
        mib: 40,
    },
    Disk {
        name: "vhd_dynamic_exact",
        format: "vpc",
        options: "subformat=dynamic,force_size=on",
        mib: 41,
    },
    Disk {
        name: "vhd_fixed",
        format: "vpc",
        options: "subformat=fixed",
        mib: 24,
    },
    Disk {
        name: "vhd_fixed_exact",
        format: "vpc",
        options: "subformat=fixed,force_size=on",
        mib: 25,
    },
];

/// At a block's begin, across block boundaries, over what was written, and near the end.
const WRITES: &[&str] = &[
    "write -P 0xa1 0 64k",
    "write -P 0xa2 1020k 16k",
    "write -P 0xa3 8188k 3M",
    "write -P 0xa4 9M 512",
    "write -P 0xa5 20M 1536",
    "write -P 0xa6 23M 1000k",
    "write -P 0xa7 1M 4k",
];

fn agrees(disk: &Disk) -> Outcome {
    let folder = temp_dir();
    let file = folder.path().join("disk.image");
    let path = file.to_str().expect("a plain path");
    let size = format!("{}M", disk.mib);
    tool(
        "qemu-img",
        [
            "create",
            "-q",
            "-f",
            disk.format,
            "-o",
            disk.options,
            path,
            &size,
        ],
    );
    let writes = WRITES.iter().flat_map(|write| ["-c", write]);
    let arguments = ["-f", disk.format].into_iter().chain(writes).chain([path]);
    tool("qemu-io", arguments);
    let sources = Sources::made(folder);
    compare(&sources.path("disk.image"), disk.format, &[])
}

fn compare(file: &Path, format: &str, more: &[&str]) -> Outcome {
    let out = temp_dir();
    let (ours, theirs) = (out.path().join("ours.raw"), out.path().join("theirs.raw"));
    flatten(file, &ours, more);
    let arguments = ["convert", "-f", format, "-O", "raw"].map(std::ffi::OsStr::new);
    tool(
        "qemu-img",
        arguments
            .into_iter()
            .chain([file.as_os_str(), theirs.as_os_str()]),
    );
    assert_eq!(
        std::fs::metadata(&ours)?.len(),
        std::fs::metadata(&theirs)?.len()
    );
    assert_eq!(sum_of(&ours), sum_of(&theirs));
    Ok(())
}

fn the_demos_base() -> Outcome {
    let base = "testdata/demo/web01/Virtual Hard Disks/web01.vhdx";
    compare(base.as_ref(), "vhdx", &["-c", "base"])
}
