//! A small dynamic VHD.

use super::{Base, SECTOR, put};

/// A dynamic disk of eight blocks of 4 KiB, of which every other is there.
pub(crate) fn vhd() -> Vec<Base> {
    const BLOCKS: usize = 8;
    const BLOCK: usize = 4096;
    let table = 3 * SECTOR;
    let mut image = vhd_footer(BLOCKS * BLOCK);
    image.extend(vhd_header(BLOCKS, BLOCK));
    image.extend([0xff; SECTOR]);
    for block in (0..BLOCKS).step_by(2) {
        let sector = u32::try_from(image.len() / SECTOR).expect("a small image");
        image[table + block * 4..][..4].copy_from_slice(&sector.to_be_bytes());
        image.extend([0xff; SECTOR]); // the sector bitmap
        image.extend(vec![0x11; BLOCK]);
    }
    image.extend(vhd_footer(BLOCKS * BLOCK));
    testkit::checksums::vhd(&mut image);
    let structures = |_: usize, block: &[u8]| !block.iter().all(|byte| *byte == 0x11);
    vec![Base::new(image, structures)]
}

fn vhd_footer(disk_size: usize) -> Vec<u8> {
    let disk_size = u64::try_from(disk_size)
        .expect("a small disk")
        .to_be_bytes();
    let mut footer = vec![0; SECTOR];
    put(&mut footer, 0, b"conectix");
    put(&mut footer, 8, &[0, 0, 0, 2, 0, 1, 0, 0]);
    put(&mut footer, 16, &512u64.to_be_bytes());
    put(&mut footer, 28, b"win \0\x0a\0\0Wi2k");
    put(&mut footer, 40, &disk_size);
    put(&mut footer, 48, &disk_size);
    put(&mut footer, 60, &3u32.to_be_bytes());
    put(&mut footer, 68, &[0x42; 16]);
    footer
}

fn vhd_header(blocks: usize, block: usize) -> Vec<u8> {
    let word = |number: usize| u32::try_from(number).expect("a small number").to_be_bytes();
    let mut header = vec![0; 2 * SECTOR];
    put(&mut header, 0, b"cxsparse");
    put(&mut header, 8, &[0xff; 8]);
    put(&mut header, 16, &(3 * 512u64).to_be_bytes());
    put(&mut header, 24, &[0, 1, 0, 0]);
    put(&mut header, 28, &word(blocks));
    put(&mut header, 32, &word(block));
    header
}
