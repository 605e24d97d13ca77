//! Random valid tables, read as the `gpt` crate reads them.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "tests fail loudly, and count in what is at hand"
)]

use std::io::Cursor;
use std::sync::Arc;

use blockio::{Memory, ReadAt};
use gpt::disk::LogicalBlockSize;
use hvrestore_partition::{Scheme, TypeId, read};
use testkit::mutate::Chance;
use testkit::partition::{Gpt, GptPart};
use uuid::Uuid;

/// One partition: number, type, id, name, first and last sector.
type Row = (u32, Uuid, Uuid, String, u64, u64);

fn random(chance: &mut Chance) -> Gpt {
    let uuid = |chance: &mut Chance| Uuid::from_u64_pair(chance.bits(), chance.bits());
    let letters = ['a', 'Z', '\u{e4}', '\u{65e5}', '\u{1f600}', ' '];
    let count = chance.below(12);
    let mut parts = Vec::new();
    for _ in 0..count {
        if chance.below(4) == 0 {
            parts.push(None);
            continue;
        }
        let name = (0..chance.below(18))
            .map(|_| chance.one_of(&letters))
            .collect();
        let bytes = vec![chance.bits() as u8; 1 + chance.below(20_000)];
        let (type_guid, id) = (uuid(chance), uuid(chance));
        parts.push(Some(GptPart {
            type_guid,
            id,
            name,
            attributes: chance.bits(),
            bytes,
        }));
    }
    Gpt {
        sector_size: chance.one_of(&[512, 4096]),
        entry_count: chance.one_of(&[12, 100, 128, 256]),
        alignment: chance.one_of(&[512, 4096, 65_536]),
        disk_guid: uuid(chance),
        parts,
        ..Gpt::new(Vec::new())
    }
}

fn theirs(disk: Vec<u8>, sector_size: usize) -> (Uuid, Vec<Row>) {
    let size = if sector_size == 512 {
        LogicalBlockSize::Lb512
    } else {
        LogicalBlockSize::Lb4096
    };
    let config = gpt::GptConfig::new().logical_block_size(size);
    let disk = config
        .open_from_device(Cursor::new(disk))
        .expect("a valid table");
    let rows = disk.partitions().iter().map(|(number, part)| {
        let type_guid = part.part_type_guid.guid;
        (
            *number,
            type_guid,
            part.part_guid,
            part.name.clone(),
            part.first_lba,
            part.last_lba,
        )
    });
    (*disk.guid(), rows.collect())
}

fn ours(disk: Vec<u8>, sector_size: usize) -> (Uuid, Vec<Row>) {
    let disk: Arc<dyn ReadAt> = Arc::new(Memory::from(disk));
    let size = sector_size as u64;
    let table = read(&disk, sector_size as u32).expect("a valid table");
    assert_eq!((table.scheme, table.notes), (Scheme::Gpt, Vec::new()));
    let rows = table.partitions.into_iter().map(|part| {
        let TypeId::Gpt(type_guid) = part.type_id else {
            panic!("{}", part.type_id)
        };
        let (first, end) = (part.start / size, (part.start + part.stated_len) / size);
        let id = part.id.expect("a GPT partition has one");
        (
            part.number,
            type_guid,
            id,
            part.name.unwrap_or_default(),
            first,
            end - 1,
        )
    });
    (table.disk_guid.expect("a GPT has one"), rows.collect())
}

#[test]
fn random_valid_tables_read_alike() {
    let mut chance = Chance::new(1);
    for round in 0..300 {
        let gpt = random(&mut chance);
        let disk = gpt.build();
        let expected = theirs(disk.clone(), gpt.sector_size);
        assert_eq!(
            ours(disk, gpt.sector_size),
            expected,
            "round {round}: {gpt:?}"
        );
    }
}
