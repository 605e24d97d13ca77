//! Disks of 1 MiB with a partition table, each partition begun by another file system's marks.

use super::{Base, SECTOR, holds_something, put};

const DISK: usize = 2048 * SECTOR;
/// Where the partitions begin, in sectors; each is [`PARTITION`] long.
const STARTS: [u32; 4] = [64, 264, 464, 664];
const PARTITION: u32 = 190;
/// Entries of the array, and the bytes of each.
const ENTRIES: u32 = 128;
const ENTRY: u32 = 128;

/// A GPT with both copies.
pub(crate) fn gpt() -> Vec<Base> {
    const LAST: u64 = 2047;
    let mut disk = contents();
    mbr_entry(&mut disk, 0, 0, 0xee, 1, 2047);
    for (number, start) in (0..).zip(STARTS) {
        for array in [2 * SECTOR, DISK - 33 * SECTOR] {
            let mut entry = [0; 128];
            // Microsoft basic data, and an identifier of its own.
            put(
                &mut entry,
                0,
                b"\xa2\xa0\xd0\xeb\xe5\xb9\x33\x44\x87\xc0\x68\xb6\xb7\x26\x99\xc7",
            );
            put(&mut entry, 16, &[0x10 + number; 16]);
            put(&mut entry, 32, &u64::from(start).to_le_bytes());
            put(
                &mut entry,
                40,
                &u64::from(start + PARTITION - 1).to_le_bytes(),
            );
            put(&mut entry, 56, b"D\0a\0t\0a\0");
            put(&mut disk, array + usize::from(number) * 128, &entry);
        }
    }
    for (own, other, array) in [(1, LAST, 2), (LAST, 1, LAST - 32)] {
        let mut header = [0; 92];
        put(&mut header, 0, b"EFI PART\0\0\x01\0\x5c\0\0\0");
        let places = [own, other, 34, LAST - 33];
        for (at, place) in (24..).step_by(8).zip(places) {
            put(&mut header, at, &place.to_le_bytes());
        }
        put(&mut header, 56, &[0x77; 16]);
        put(&mut header, 72, &array.to_le_bytes());
        put(&mut header, 80, &ENTRIES.to_le_bytes());
        put(&mut header, 84, &ENTRY.to_le_bytes());
        put(
            &mut disk,
            usize::try_from(own).expect("small") * SECTOR,
            &header,
        );
    }
    testkit::checksums::gpt(&mut disk, SECTOR);
    vec![Base::new(disk, holds_something)]
}

/// A primary partition, and an extended one with three logical ones.
pub(crate) fn mbr() -> Vec<Base> {
    let mut disk = contents();
    mbr_entry(&mut disk, 0, 0, 0x07, STARTS[0], PARTITION);
    let extended = STARTS[1] - 1;
    mbr_entry(&mut disk, 0, 1, 0x0f, extended, 2048 - extended);
    for (number, start) in STARTS[1..].iter().enumerate() {
        let boot_record = start - 1;
        mbr_entry(&mut disk, boot_record, 0, 0x83, 1, PARTITION);
        if let Some(next) = STARTS.get(number + 2) {
            mbr_entry(
                &mut disk,
                boot_record,
                1,
                0x05,
                next - 1 - extended,
                PARTITION + 1,
            );
        }
    }
    vec![Base::new(disk, holds_something)]
}

fn mbr_entry(disk: &mut [u8], sector: u32, slot: usize, kind: u8, start: u32, sectors: u32) {
    let sector = at(sector);
    let entry = sector + 446 + slot * 16;
    disk[entry + 4] = kind;
    put(disk, entry + 8, &start.to_le_bytes());
    put(disk, entry + 12, &sectors.to_le_bytes());
    put(disk, sector + 510, &[0x55, 0xaa]);
}

/// The marks of NTFS, FAT, ext and XFS, with some of what each says of itself.
fn contents() -> Vec<u8> {
    let mut disk = vec![0; DISK];
    let [ntfs, fat, ext, xfs] = STARTS.map(at);
    put(&mut disk, ntfs, b"\xeb\x52\x90NTFS    \0\x02\x08");
    put(&mut disk, ntfs + 40, &189u64.to_le_bytes());
    put(&mut disk, fat, b"\xeb\x3c\x90MSDOS5.0\0\x02\x01\x01\0\x02");
    put(&mut disk, fat + 17, &[0x10, 0, 0xbe, 0, 0xf8, 1, 0]);
    put(
        &mut disk,
        fat + 38,
        b"\x29\x01\x02\x03\x04SYSTEM     FAT12   ",
    );
    put(&mut disk, ext + 1024 + 4, &95u32.to_le_bytes());
    put(&mut disk, ext + 1024 + 56, &[0x53, 0xef]);
    put(&mut disk, ext + 1024 + 120, b"root");
    put(&mut disk, xfs, b"XFSB\0\0\x10\0\0\0\0\0\0\0\0\x17");
    for boot in [ntfs, fat] {
        put(&mut disk, boot + 510, &[0x55, 0xaa]);
    }
    disk
}

fn at(sector: u32) -> usize {
    usize::try_from(sector).expect("a small disk") * SECTOR
}
