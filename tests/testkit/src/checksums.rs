//! Makes the checksums of a damaged image right again, so that what lies behind them is reached.
//!
//! Each function takes a whole image, changes only checksum fields, and leaves alone what is cut
//! off or has lost its signature.

const KIB: usize = 1024;

/// VHDX: both headers, both region tables and the entries of the log. MS-VHDX 2.2.2, 2.2.3, 2.3.
pub fn vhdx(image: &mut [u8]) {
    for header in [64 * KIB, 128 * KIB] {
        crc32c(image, header, 4 * KIB, b"head");
    }
    for table in [192 * KIB, 256 * KIB] {
        crc32c(image, table, 64 * KIB, b"regi");
    }
    for header in [64 * KIB, 128 * KIB] {
        // Where the log is and how long, by that header.
        let log = number(image, header + 72, 8).zip(number(image, header + 68, 4));
        if let Some((start, len)) = log {
            log_entries(image, start, len);
        }
    }
}

fn log_entries(image: &mut [u8], start: usize, len: usize) {
    let end = start.saturating_add(len).min(image.len());
    let mut at = start;
    while at < end {
        let entry = number(image, at + 8, 4).filter(|len| *len >= 4 * KIB && at + len <= end);
        if let Some(len) = entry {
            crc32c(image, at, len, b"loge");
        }
        at += 4 * KIB;
    }
}

/// The checksum at byte 4 of a structure, over all of it with that field as zero.
fn crc32c(image: &mut [u8], start: usize, len: usize, signature: &[u8; 4]) {
    let structure = start
        .checked_add(len)
        .and_then(|end| image.get_mut(start..end));
    if let Some(structure) = structure.filter(|bytes| bytes.starts_with(signature)) {
        structure[4..8].fill(0);
        let sum = crc32c::crc32c(structure);
        structure[4..8].copy_from_slice(&sum.to_le_bytes());
    }
}

/// VHD: the footer, its copy at the start, and the dynamic disk header that each points to.
pub fn vhd(image: &mut [u8]) {
    let footer = image.len().checked_sub(512);
    for start in [Some(0), footer].into_iter().flatten() {
        let header = image
            .get(start + 16..start + 24)
            .map(|bytes| u64::from_be_bytes(bytes.try_into().expect("eight bytes")))
            .and_then(|offset| usize::try_from(offset).ok());
        ones_complement(image, start, 512, 64, b"conectix");
        if let Some(header) = header {
            ones_complement(image, header, 1024, 36, b"cxsparse");
        }
    }
}

/// The complement of the sum of all bytes, with the field itself as zero.
fn ones_complement(image: &mut [u8], start: usize, len: usize, field: usize, cookie: &[u8; 8]) {
    let structure = start
        .checked_add(len)
        .and_then(|end| image.get_mut(start..end));
    if let Some(structure) = structure.filter(|bytes| bytes.starts_with(cookie)) {
        structure[field..field + 4].fill(0);
        let sum: u32 = structure.iter().map(|byte| u32::from(*byte)).sum();
        structure[field..field + 4].copy_from_slice(&(!sum).to_be_bytes());
    }
}

/// GPT with sectors of `sector` bytes: the entry arrays, then the headers at sector 1 and at the
/// end. UEFI 5.3.2.
pub fn gpt(image: &mut [u8], sector: usize) {
    let backup = image.len().checked_sub(sector);
    for header in [Some(sector), backup].into_iter().flatten() {
        gpt_header(image, header, sector);
    }
}

fn gpt_header(image: &mut [u8], header: usize, sector: usize) -> Option<()> {
    image
        .get(header..)?
        .starts_with(b"EFI PART")
        .then_some(())?;
    let array = number(image, header + 72, 8)?.checked_mul(sector)?;
    let len = number(image, header + 80, 4)?.checked_mul(number(image, header + 84, 4)?)?;
    let entries = image.get(array..array.checked_add(len)?);
    if let Some(entries) = entries {
        let sum = crc32fast::hash(entries).to_le_bytes();
        image
            .get_mut(header + 88..header + 92)?
            .copy_from_slice(&sum);
    }
    let len = number(image, header + 12, 4)?;
    let structure = image.get_mut(header..header.checked_add(len)?)?;
    structure.get_mut(16..20)?.fill(0);
    let sum = crc32fast::hash(structure).to_le_bytes();
    structure.get_mut(16..20)?.copy_from_slice(&sum);
    Some(())
}

/// The little-endian number of `width` bytes at `at`.
fn number(image: &[u8], at: usize, width: usize) -> Option<usize> {
    let mut bytes = [0; 8];
    bytes[..width].copy_from_slice(image.get(at..at.checked_add(width)?)?);
    usize::try_from(u64::from_le_bytes(bytes)).ok()
}

#[cfg(test)]
mod tests {
    use super::KIB;

    #[test]
    fn a_vhdx_header_gets_the_published_check_value() {
        // CRC-32C of 4096 zero bytes but for the signature cannot be looked up, so the field is
        // compared with a sum taken in another way: bit by bit.
        let mut image = vec![0; 128 * KIB];
        image[64 * KIB..64 * KIB + 4].copy_from_slice(b"head");
        super::vhdx(&mut image);
        let header = &mut image[64 * KIB..68 * KIB];
        let found = u32::from_le_bytes(header[4..8].try_into().unwrap());
        header[4..8].fill(0);
        assert_eq!(found, reflected(header, 0x82f6_3b78));
    }

    #[test]
    fn a_gpt_header_gets_its_own_and_its_entries_sum() {
        let mut image = vec![0; 64 * 512];
        let header = &mut image[512..604];
        header[..8].copy_from_slice(b"EFI PART");
        header[12] = 92;
        header[72] = 2;
        header[80] = 128;
        header[84] = 128;
        image[1024] = 7;
        super::gpt(&mut image, 512);
        let entries = reflected(&image[1024..1024 + 128 * 128], 0xedb8_8320);
        assert_eq!(image[600..604], entries.to_le_bytes());
        let found = u32::from_le_bytes(image[528..532].try_into().unwrap());
        image[528..532].fill(0);
        assert_eq!(found, reflected(&image[512..604], 0xedb8_8320));
    }

    #[test]
    fn a_vhd_footer_sums_to_all_ones() {
        let mut image = vec![3; 1024];
        image[512..520].copy_from_slice(b"conectix");
        super::vhd(&mut image);
        let footer = &image[512..];
        let sum = u32::from_be_bytes(footer[64..68].try_into().unwrap());
        let rest = footer[..64].iter().chain(&footer[68..]);
        assert_eq!(sum, !rest.map(|byte| u32::from(*byte)).sum::<u32>());
    }

    #[test]
    fn what_is_cut_off_is_left_alone() {
        for len in [0, 3, 511, 513, 70 * KIB, 200 * KIB] {
            let mut image = vec![0xff; len];
            super::vhdx(&mut image);
            super::vhd(&mut image);
            super::gpt(&mut image, 512);
            assert!(image.iter().all(|byte| *byte == 0xff), "{len}");
        }
    }

    /// A reflected 32-bit CRC by its definition.
    fn reflected(bytes: &[u8], polynomial: u32) -> u32 {
        !bytes.iter().fold(!0, |sum: u32, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
                (sum >> 1) ^ if sum & 1 == 1 { polynomial } else { 0 }
            })
        })
    }
}
