//! Disks that other people's tools made, with the layout that `mmls`, `sfdisk` and `fdisk` read.
//! Ignored unless asked for.
//!
//! `HVRESTORE_FIXTURES` names their folder; without it `shared/fixtures` beside the workspace is
//! looked for.

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use blockio::{Memory, ReadAt};
use hvrestore_partition::{Content, Scheme, Table, TypeId, read};

/// The table of a fixture.
fn table(name: &str) -> Table {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/fixtures");
    let folder = std::env::var_os("HVRESTORE_FIXTURES").map_or(beside.into(), PathBuf::from);
    let packed = std::fs::read(folder.join(name)).expect("the fixture is there");
    let mut bytes = Vec::new();
    ruzstd::decoding::StreamingDecoder::new(packed.as_slice())
        .expect("a zstd frame")
        .read_to_end(&mut bytes)
        .expect("it unpacks");
    let disk: Arc<dyn ReadAt> = Arc::new(Memory::from(bytes));
    read(&disk, 512).expect("a sound disk")
}

/// Number, first sector, sectors.
fn layout(table: &Table) -> Vec<(u32, u64, u64)> {
    let parts = table.partitions.iter();
    parts
        .map(|part| (part.number, part.start / 512, part.len / 512))
        .collect()
}

fn ids(table: &Table) -> Vec<String> {
    table
        .partitions
        .iter()
        .filter_map(|part| Some(part.id?.to_string()))
        .collect()
}

#[test]
#[ignore = "needs the real images that HVRESTORE_FIXTURES names"]
fn gpt() {
    let table = table("partition/gpt.raw.zst");
    assert_eq!(table.scheme, Scheme::Gpt);
    assert_eq!(layout(&table), [(1, 2048, 128), (2, 4096, 128)]);
    let guid = table.disk_guid.map(|guid| guid.to_string());
    assert_eq!(
        guid.as_deref(),
        Some("e86e657a-d840-4c09-afe3-a1a5f665cf44")
    );
    assert_eq!(
        ids(&table),
        [
            "1e25588c-27a9-4094-868c-2f257021f87b",
            "53d86ccf-3188-4b54-90d8-81866426b70a"
        ]
    );
    assert!(
        table
            .partitions
            .iter()
            .all(|part| part.type_name == "Linux data")
    );
    assert!(
        table
            .partitions
            .iter()
            .all(|part| part.name.as_deref() == Some("Linux filesystem"))
    );
    assert_eq!(table.notes, []);
}

#[test]
#[ignore = "needs the real images that HVRESTORE_FIXTURES names"]
fn gpt_with_a_hole_in_its_entries() {
    let table = table("partition/gpt_non_sequential.raw.zst");
    assert_eq!(layout(&table), [(1, 2048, 128), (3, 6144, 128)]);
    let guid = table.disk_guid.map(|guid| guid.to_string());
    assert_eq!(
        guid.as_deref(),
        Some("894f41e7-e60f-472a-a16b-b29dff30e3ab")
    );
    assert_eq!(
        ids(&table),
        [
            "e66c9c32-879e-4684-8fbf-1116f61e89e4",
            "f5bab539-ed97-4cfc-bf3f-fa0421e53bd6"
        ]
    );
    assert_eq!(table.notes, []);
}

#[test]
#[ignore = "needs the real images that HVRESTORE_FIXTURES names"]
fn an_empty_gpt_beside_an_mbr() {
    let table = table("partition/gpt_empty_with_mbr.raw.zst");
    assert_eq!(table.scheme, Scheme::Mbr);
    assert_eq!(layout(&table), [(1, 48, 257)]);
    assert_eq!(table.partitions[0].type_id, TypeId::Mbr(0x83));
    assert_eq!(table.notes, []);
}

#[test]
#[ignore = "needs the real images that HVRESTORE_FIXTURES names"]
fn mbr_with_a_logical_partition() {
    let table = table("partition/mbr.raw.zst");
    assert_eq!(
        (table.scheme, table.mbr_signature),
        (Scheme::Mbr, Some(0xdf7c_7c37))
    );
    assert_eq!(layout(&table), [(1, 1, 129), (5, 131, 129)]);
    assert_eq!(table.notes, []);
}

#[test]
#[ignore = "needs the real images that HVRESTORE_FIXTURES names"]
fn volumes_without_a_table_and_a_partitioned_one() {
    for name in ["ntfs/testfs1.img.zst", "ntfs/ads-shared-ids.img.zst"] {
        let table = table(name);
        let ntfs = table
            .partitions
            .iter()
            .filter(|part| part.content == Content::Ntfs);
        assert_eq!(ntfs.count(), 1, "{name}");
    }
}

#[test]
#[ignore = "needs the real images that HVRESTORE_FIXTURES names"]
fn foreign_volumes_are_named_as_blkid_does() {
    let table = table("partition/mbr.raw.zst");
    let named = table.partitions.iter().map(|part| part.content.to_string());
    let named: Vec<_> = named.collect();
    assert_eq!(
        named,
        ["ext2 'ext3_test', 64.0 KiB", "ext4 'ext4_test', 64.0 KiB"]
    );
}
