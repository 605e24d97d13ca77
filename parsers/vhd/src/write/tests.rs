use std::sync::Arc;

use blockio::{Cache, Fault, Place, ReadAt};
use testkit::failing::Failing;
use testkit::mutate::Chance;
use testkit::sparse::Sparse;
use uuid::Uuid;

use super::{MAX_DISK_SIZE, NewDisk, NewFile};
use crate::{File, Kind};

const MIB: u64 = 1 << 20;

fn new_disk(fixed: bool, block_size: u32) -> NewDisk {
    NewDisk {
        fixed,
        block_size,
        logical_sector_size: 512,
        unique_id: Uuid::from_u128(7),
        timestamp: 700_000_000,
    }
}

fn make(disk: Sparse, new: &NewDisk) -> Arc<NewFile> {
    let file = NewFile::new(Arc::new(disk), new);
    Arc::new(file.unwrap_or_else(|error| panic!("{error}")))
}

fn all_of(bytes: &dyn ReadAt) -> Vec<u8> {
    let mut all = vec![0; bytes.size() as usize];
    bytes.read_exact_at(&mut all, 0).expect("nothing is lost");
    all
}

fn open(made: Arc<NewFile>) -> File {
    let file = File::open(made, "new.vhd", &Cache::default());
    let file = file.unwrap_or_else(|error| panic!("{error}"));
    let mut found = Vec::new();
    file.verify(&mut |fault| found.push(fault)).expect("read");
    assert_eq!((file.notes(), found), (&[][..], vec![]));
    file
}

#[test]
fn random_disks_of_every_shape_are_read_back() {
    for seed in 0..20 {
        let mut chance = Chance::new(seed);
        let size = (1 + chance.below(20_000) as u64) * 512;
        let mut disk = Sparse::new(size);
        for _ in 0..chance.below(6) {
            let at = chance.below(size as usize);
            let len = (1 + chance.below(300_000)).min(size as usize - at);
            disk.write(at as u64, &vec![1 + chance.below(255) as u8; len]);
        }
        let new = new_disk(chance.below(3) == 0, chance.one_of(&[512 << 10, 2 << 20]));
        let model = all_of(&disk);
        let made = make(disk, &new);
        testkit::read_at_contract(&*made, &all_of(&*made));
        let file = open(made);
        let mut found = vec![0; size as usize];
        testkit::read_layer(&file, &[], &mut found, 0).expect("sound");
        assert!(found == model, "seed {seed}");
        let kind = if new.fixed {
            Kind::Fixed
        } else {
            Kind::Dynamic
        };
        assert_eq!((file.kind(), file.disk_size()), (kind, size), "seed {seed}");
        assert_eq!((file.unique_id(), file.creator()), (new.unique_id, "win"));
        assert_eq!(file.block_size(), (!new.fixed).then_some(new.block_size));
    }
}

#[test]
fn only_blocks_with_bytes_take_room() {
    let mut disk = Sparse::new(64 * MIB);
    disk.write(9 * MIB, b"a");
    disk.write(40 * MIB - 1, b"bc");
    let made = make(disk.clone(), &new_disk(false, 2 << 20));
    assert!(
        (3 * 2 * MIB..3 * 2 * MIB + 20_000).contains(&made.size()),
        "{}",
        made.size()
    );
    assert_eq!(make(disk, &new_disk(true, 2 << 20)).size(), 64 * MIB + 512);
    assert_eq!(
        make(Sparse::new(64 * MIB), &new_disk(false, 2 << 20)).size(),
        2048 + 512
    );
}

#[test]
fn the_data_of_blocks_can_be_shared_with_other_files() {
    let mut disk = Sparse::new(64 * MIB);
    for at in [0, 9 * MIB, 30 * MIB] {
        disk.write(at, &[5; 4096]);
    }
    let made = make(disk, &new_disk(false, 512 << 10));
    let (mut at, mut found) = (0, Vec::new());
    while at < made.size() {
        let run = made.run_at(at, u64::MAX).expect("answered");
        let range = made.disk_range(at..at + run.len);
        if matches!(run.place, Place::Computed { .. }) && range.end - range.start == 4096 {
            assert_eq!(at % 4096, 0, "{at:#x}");
            found.push(range.start);
        }
        at += run.len;
    }
    assert_eq!(found, [0, 9 * MIB, 30 * MIB]);
}

#[test]
fn the_largest_disk_has_sectors_for_every_block() {
    let mut disk = Sparse::new(MAX_DISK_SIZE);
    disk.write(MAX_DISK_SIZE - 512, b"the end");
    let file = open(make(disk, &new_disk(false, 2 << 20)));
    let mut found = [0; 7];
    testkit::read_layer(&file, &[], &mut found, MAX_DISK_SIZE - 512).expect("sound");
    assert_eq!(&found, b"the end");
}

#[test]
fn what_cannot_be_read_is_never_written_as_zeros() {
    let mut disk = Sparse::new(4 * MIB);
    disk.write(0, &vec![3; 4 << 20]);
    let disk = Failing::new(disk, [MIB..MIB + 512, 3 * MIB..3 * MIB + 1]);
    let made = NewFile::new(Arc::new(disk), &new_disk(false, 2 << 20)).expect("made");
    let data = made.size() - 512 - 2 * MIB;
    assert!(made.read_exact_at(&mut [0; 512], data + MIB).is_err());
    assert_eq!(
        made.disk_range(data + MIB..data + MIB + 512),
        3 * MIB..3 * MIB + 512
    );
}

#[test]
fn shapes_that_the_format_has_not_are_refused() {
    let refused = |size: u64, new: NewDisk, code: &str| {
        let error = NewFile::new(Arc::new(Sparse::new(size)), &new).err();
        let fault = Fault::clone(error.expect("refused").fault());
        assert_eq!(fault.code.id, code, "{fault}");
        fault.to_string()
    };
    let four_kn = NewDisk {
        logical_sector_size: 4096,
        ..new_disk(false, 2 << 20)
    };
    assert!(refused(MIB, four_kn, "HV-E323").contains("4Kn"));
    for size in [0, 513, MAX_DISK_SIZE + 512] {
        refused(size, new_disk(true, 2 << 20), "HV-E324");
    }
    refused(MIB, new_disk(false, 1 << 20), "HV-E324");
}
