//! New files made of any disk: read back to the byte, as small as the disk lets them be.

use std::sync::Arc;

use blockio::{Cache, Fault, Memory, Place, ReadAt, Run};
use hvrestore_vhdx::write::{NewDisk, NewFile};
use hvrestore_vhdx::{File, Kind};
use testkit::failing::Failing;
use testkit::mutate::Chance;
use testkit::sparse::Sparse;
use testkit::vhdx::MIB;
use uuid::Uuid;

use crate::sound::pattern;
use crate::{contents, verify};

fn new_disk(fixed: bool, block_size: u64, sector_size: u32) -> NewDisk {
    NewDisk {
        fixed,
        block_size: block_size as u32,
        logical_sector_size: sector_size,
        physical_sector_size: 4096,
        disk_id: Uuid::from_u128(1),
        file_write_guid: Uuid::from_u128(2),
        data_write_guid: Uuid::from_u128(3),
    }
}

fn make(disk: Arc<dyn ReadAt>, new: &NewDisk) -> Arc<NewFile> {
    let file = NewFile::new(disk, new, "hvrestore");
    Arc::new(file.unwrap_or_else(|error| panic!("{error}")))
}

fn all_of(bytes: &dyn ReadAt) -> Vec<u8> {
    let mut all = vec![0; bytes.size() as usize];
    bytes.read_exact_at(&mut all, 0).expect("nothing is lost");
    all
}

/// A disk with bytes here and there.
fn disk(chance: &mut Chance, size: u64) -> Sparse {
    let mut disk = Sparse::new(size);
    for _ in 0..chance.below(6) {
        let at = chance.below(size as usize) as u64;
        let len = (1 + chance.below(300_000)).min((size - at) as usize);
        disk.write(at, &pattern(len, at as u8));
    }
    disk
}

#[test]
fn random_disks_of_every_shape_are_read_back() {
    for seed in 0..24 {
        let mut chance = Chance::new(seed);
        let size = (1 + chance.below(3000) as u64) * 4096;
        let disk = Arc::new(disk(&mut chance, size));
        let model = all_of(&*disk);
        let new = new_disk(
            chance.below(3) == 0,
            chance.one_of(&[MIB, 2 * MIB, 4 * MIB]),
            chance.one_of(&[512, 4096]),
        );
        let made = make(disk, &new);
        testkit::read_at_contract(&*made, &all_of(&*made));
        assert_eq!(made.size() % MIB, 0, "seed {seed}");
        let file = File::open(made, "new.vhdx", &Cache::default()).expect("opens");
        assert!(contents(&file, &[]) == model, "seed {seed}");
        let kind = if new.fixed {
            Kind::Fixed
        } else {
            Kind::Dynamic
        };
        assert_eq!((file.kind(), file.disk_size()), (kind, size));
        assert_eq!(file.block_size(), new.block_size);
        assert_eq!(file.logical_sector_size(), new.logical_sector_size);
        assert_eq!(file.physical_sector_size(), new.physical_sector_size);
        assert_eq!(
            (file.disk_id(), file.data_write_guid()),
            (new.disk_id, new.data_write_guid)
        );
        assert_eq!(
            (file.file_write_guid(), file.creator()),
            (new.file_write_guid, "hvrestore")
        );
        assert_eq!(
            (file.notes(), verify(&file)),
            (&[][..], vec![]),
            "seed {seed}"
        );
    }
}

#[test]
fn only_blocks_with_bytes_take_room_and_a_fixed_disk_has_all() {
    let mut disk = Sparse::new(64 * MIB);
    disk.write(9 * MIB, b"a");
    disk.write(40 * MIB - 1, b"bc");
    let disk = Arc::new(disk);
    let size = |fixed, block_size| make(disk.clone(), &new_disk(fixed, block_size, 512)).size();
    let structures = 4 * MIB;
    assert_eq!(size(false, MIB), structures + 3 * MIB);
    assert_eq!(size(false, 8 * MIB), structures + 3 * 8 * MIB);
    assert_eq!(size(true, MIB), structures + 64 * MIB);
    let empty = make(Arc::new(Sparse::new(64 * MIB)), &new_disk(false, MIB, 512));
    assert_eq!(empty.size(), structures);
    let file = File::open(empty, "new.vhdx", &Cache::default()).expect("opens");
    assert!(contents(&file, &[]).iter().all(|byte| *byte == 0));
}

#[test]
fn chunks_leave_room_for_bitmap_entries_that_are_never_there() {
    // With blocks of 1 MiB and sectors of 512 bytes a chunk is 4 GiB: 4,096 entries, then one more.
    let mut disk = Sparse::new(9 << 30);
    for at in [0, (4 << 30) - 1, 4 << 30, (8 << 30) + MIB, (9 << 30) - 5] {
        disk.write(at, b"x");
    }
    let made = make(Arc::new(disk.clone()), &new_disk(false, MIB, 512));
    let file = File::open(made, "new.vhdx", &Cache::default()).expect("opens");
    assert_eq!(verify(&file), []);
    for at in [
        0,
        (4_u64 << 30) - 8,
        4 << 30,
        (8 << 30) + MIB,
        (9 << 30) - 8,
    ] {
        let (mut found, mut expected) = ([0; 8], [0; 8]);
        testkit::read_layer(&file, &[], &mut found, at).expect("sound");
        disk.read_exact_at(&mut expected, at).expect("in memory");
        assert_eq!(found, expected, "{at:#x}");
    }
}

#[test]
fn a_disk_of_64_tib_costs_no_memory_by_the_block() {
    let mut disk = Sparse::new(64 << 40);
    disk.write((64 << 40) - 4096, b"the end");
    let made = make(Arc::new(disk), &new_disk(false, MIB, 4096));
    assert_eq!(made.size(), 3 * MIB + (512 << 20) + MIB + MIB);
    let file = File::open(made, "new.vhdx", &Cache::default()).expect("opens");
    let mut found = [0; 7];
    testkit::read_layer(&file, &[], &mut found, (64 << 40) - 4096).expect("sound");
    assert_eq!(&found, b"the end");
}

/// A disk of which a range is lost, as a damaged chain says it.
struct Losing(Memory, std::ops::Range<u64>);

impl ReadAt for Losing {
    fn size(&self) -> u64 {
        self.0.size()
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> std::io::Result<()> {
        blockio::read_mapped(self, buf, offset)
    }

    fn run_at(&self, offset: u64, max: u64) -> std::io::Result<Run<'_>> {
        let max = max.min(self.size() - offset);
        if self.1.contains(&offset) {
            let fault = Fault::damaged(&hvrestore_vhdx::codes::BLOCK_STATE, "a block");
            let (len, place) = (max.min(self.1.end - offset), Place::Lost(fault.into()));
            return Ok(Run { len, place });
        }
        let limit = self.1.start.checked_sub(offset).filter(|len| *len > 0);
        self.0
            .run_at(offset, limit.map_or(max, |limit| max.min(limit)))
    }
}

#[test]
fn what_is_lost_is_said_where_it_is_and_never_written_as_zeros() {
    let lost = 5 * MIB + 512..6 * MIB + 1024;
    let disk = Losing(Memory::from(pattern(8 << 20, 1)), lost.clone());
    let made = make(Arc::new(disk), &new_disk(false, 2 * MIB, 512));
    let (mut at, mut found) = (0, Vec::new());
    while at < made.size() {
        let run = made.run_at(at, u64::MAX).expect("answered");
        if let Place::Lost(_) = run.place {
            found.push(made.disk_range(at..at + run.len));
        }
        at += run.len;
    }
    assert_eq!(found, [lost]);
    let mut buf = [0; 16];
    assert!(
        made.read_exact_at(&mut buf, 4 * MIB + 5 * MIB + 512)
            .is_err()
    );
}

#[test]
fn a_disk_that_gives_no_answer_keeps_its_place() {
    let bad = Failing::new(
        Memory::from(pattern(4 << 20, 1)),
        [MIB..MIB + 512, 2 * MIB..2 * MIB + 1],
    );
    let made = make(Arc::new(bad), &new_disk(false, MIB, 512));
    assert_eq!(made.size(), 4 * MIB + 4 * MIB);
    assert!(made.read_exact_at(&mut [0; 512], 4 * MIB + MIB).is_err());
}

#[test]
fn shapes_that_the_format_has_not_are_refused() {
    let refused = |size: u64, new: NewDisk, code: &str| {
        let error = NewFile::new(Arc::new(Sparse::new(size)), &new, "x").err();
        let fault = Fault::clone(error.expect("refused").fault());
        assert_eq!(fault.code.id, code, "{fault}");
    };
    for block_size in [0, MIB / 2, 3 * MIB, 512 * MIB] {
        refused(MIB, new_disk(false, block_size, 512), "HV-E145");
    }
    refused(MIB, new_disk(false, MIB, 520), "HV-E145");
    refused(0, new_disk(false, MIB, 512), "HV-E145");
    refused((64 << 40) + 512, new_disk(false, MIB, 512), "HV-E145");
    refused(MIB + 512, new_disk(false, MIB, 4096), "HV-E146");
    refused(MIB + 1, new_disk(false, MIB, 512), "HV-E146");
}
