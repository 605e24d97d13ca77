//! What a sound container reads as, however it is laid out.

use std::io;
use std::sync::Mutex;

use blockio::{Memory, ReadAt, Run};
use hvrestore_vmcx::Value;
use hvrestore_vmcx::container::File;
use testkit::vmcx::{Key, Options, container, mend, pending};

use super::{compare, keys, noted, open, sound};

fn reads_as_written(options: &Options) {
    let built = container(&keys(), options);
    let file = sound(&built.bytes);
    compare(&file.root().children, &keys(), "");
}

#[test]
fn every_layout_reads_as_written() {
    let plain = Options::default;
    reads_as_written(&plain());
    reads_as_written(&Options {
        children_first: true,
        ..plain()
    });
    reads_as_written(&Options {
        slots: 1,
        ..plain()
    });
    reads_as_written(&Options {
        log_last: true,
        ..plain()
    });
    reads_as_written(&Options {
        slack: 0,
        free: 600,
        ..plain()
    });
    reads_as_written(&Options {
        outside_from: 1,
        ..plain()
    });
}

#[test]
fn older_versions_are_read_and_others_are_not() {
    for version in [0x300, 0x301] {
        let options = Options {
            version,
            ..Options::default()
        };
        let file = sound(&container(&keys(), &options).bytes);
        assert_eq!(file.version(), version);
        compare(&file.root().children, &keys(), "");
    }
    for version in [0, 0x100, 0x101, 0x200, 0x401, 0x500, 0x4000_0400] {
        let options = Options {
            version,
            ..Options::default()
        };
        let error = open(&container(&keys(), &options).bytes).unwrap_err();
        assert_eq!(error.fault().code.id, "HV-E952", "{version:#x}");
    }
}

#[test]
fn siblings_are_in_the_order_of_their_sequences() {
    let built = container(
        &[Key::int("a", 1), Key::int("b", 2), Key::int("c", 3)],
        &Options::default(),
    );
    let mut bytes = built.bytes;
    bytes[built.entries["a"] + 16] = 9;
    mend(&mut bytes);
    let file = sound(&bytes);
    let names: Vec<_> = file
        .root()
        .children
        .iter()
        .map(|key| key.name.as_str())
        .collect();
    assert_eq!(names, ["b", "c", "a"]);
    assert_eq!(file.root().children[2].sequence, 9);
}

#[test]
fn a_nul_that_ends_a_text_is_no_part_of_it() {
    let file = sound(&container(&[Key::text("name", "web01\0")], &Options::default()).bytes);
    assert_eq!(file.root().text_at("NAME"), Some(&"web01".into()));
}

#[test]
fn the_log_is_applied() {
    let state = |name: &str, number: i64| {
        let more = Key::node("more").keys((0..100).map(|n| Key::int(&format!("{n}"), n * number)));
        container(&[Key::text("name", name), more], &Options::default())
    };
    let (before, after) = (state("before", 0), state("behind", 1));
    let image = pending(&before, &after);
    let file = sound(&image);
    assert_eq!(*file.root(), *sound(&after.bytes).root());
    assert_eq!(file.root().text_at("name"), Some(&"behind".into()));
    assert!(file.counts().log.right > 10);
    // Descriptors behind the count are stale.
    let mut stale = image;
    stale[before.log + 8..before.log + 12].fill(0);
    mend(&mut stale);
    assert_eq!(*sound(&stale).root(), *sound(&before.bytes).root());
}

#[test]
fn a_file_may_end_inside_of_its_log() {
    let options = Options {
        log_last: true,
        ..Options::default()
    };
    let built = container(&keys(), &options);
    for len in [34, 0x5e, 0x1000, 0x3001] {
        let file = sound(&built.bytes[..built.log + len]);
        compare(&file.root().children, &keys(), "");
    }
    let file = open(&built.bytes[..built.log + 33]).unwrap();
    assert_eq!(noted(&file), ["HV-D959"]);
}

#[test]
fn sequences_of_headers_wrap() {
    for (first, second, expected) in [(0_u16, 0xffff_u16, 1), (0xffff, 0, 2), (8, 7, 1), (7, 8, 2)]
    {
        let built = container(&keys(), &Options::default());
        let mut bytes = built.bytes;
        bytes[8..10].copy_from_slice(&first.to_le_bytes());
        bytes[0x1008..0x100a].copy_from_slice(&second.to_le_bytes());
        // The log is told of by the header in force; by the other one it is nowhere.
        let other = if expected == 1 { 0x1000 } else { 0 };
        bytes[other + 26..other + 34].fill(0xff);
        mend(&mut bytes);
        sound(&bytes);
    }
}

/// Saved memory of many GiB: a file that is nowhere but in the offsets that are asked for.
struct Sparse {
    head: Memory,
    size: u64,
    asked: Mutex<u64>,
}

impl ReadAt for Sparse {
    fn size(&self) -> u64 {
        self.size
    }
    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        *self.asked.lock().unwrap() += buf.len() as u64;
        self.head.read_exact_at(buf, offset)
    }
    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        self.head.run_at(offset, max)
    }
}

#[test]
fn saved_memory_is_not_loaded() {
    let block = |n| Key::bytes(&format!("RamMemoryBlock{n}"), &[n; 3000]);
    let keys = [Key::node("savedstate").keys((0..5).map(block))];
    let built = container(&keys, &Options::default());
    let mut bytes = built.bytes;
    for n in 0..5_u32 {
        let entry = built.entries[&format!("savedstate/RamMemoryBlock{n}")];
        let pointer = entry + 21 + usize::from(bytes[entry + 20]);
        bytes[pointer..pointer + 4].copy_from_slice(&0xf000_0000_u32.to_le_bytes());
        let offset = u64::from(n + 1) << 32;
        bytes[pointer + 4..pointer + 12].copy_from_slice(&offset.to_le_bytes());
    }
    mend(&mut bytes);
    let source = Sparse {
        head: Memory::from(bytes),
        size: 1 << 40,
        asked: Mutex::new(0),
    };
    let file = File::open(&source, "web01.vmrs").unwrap();
    assert_eq!(file.notes(), []);
    let block = file.root().at("savedstate/RamMemoryBlock4").unwrap();
    assert_eq!(block.value, Value::Large(0xf000_0000));
    let asked = *source.asked.lock().unwrap();
    assert!(asked < 64 << 10, "{asked} bytes were read");
}
