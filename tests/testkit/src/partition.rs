//! Writes disks: volumes behind a GPT or an MBR, whole or with the damage that a test asks for.

use uuid::Uuid;

use crate::mutate::Chance;

/// Partition type of NTFS, FAT, exFAT and ReFS.
pub const BASIC_DATA: Uuid = Uuid::from_u128(0xebd0a0a2_b9e5_4433_87c0_68b6b72699c7);

/// One partition of a GPT disk.
#[derive(Clone, Debug)]
pub struct GptPart {
    /// What it is for.
    pub type_guid: Uuid,
    /// Its own GUID.
    pub id: Uuid,
    /// Up to 36 UTF-16 units.
    pub name: String,
    /// The entry's attribute bits.
    pub attributes: u64,
    /// The volume; padded with zeros to whole sectors.
    pub bytes: Vec<u8>,
}

impl GptPart {
    /// A partition of basic data.
    #[must_use]
    pub fn data(name: &str, bytes: Vec<u8>) -> Self {
        let id = Uuid::from_u128(Chance::new(name.len() as u64).bits().into());
        Self {
            type_guid: BASIC_DATA,
            id,
            name: name.to_owned(),
            attributes: 0,
            bytes,
        }
    }
}

/// A disk with a GPT. UEFI specification 2.10, chapter 5.
#[derive(Clone, Debug)]
pub struct Gpt {
    /// Bytes of a sector: 512 or 4096.
    pub sector_size: usize,
    /// Bytes of an entry: 128, doubled any number of times.
    pub entry_size: usize,
    /// Entries in the array.
    pub entry_count: usize,
    /// Where partitions may begin: multiples of this many bytes.
    pub alignment: usize,
    /// The disk's GUID.
    pub disk_guid: Uuid,
    /// By index in the array; `None` leaves an entry unused.
    pub parts: Vec<Option<GptPart>>,
}

/// One of the two copies of a GPT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copy {
    /// At the start of the disk.
    Primary,
    /// At its end.
    Backup,
}

impl Gpt {
    /// The usual shape: 512-byte sectors, 128 entries of 128 bytes.
    #[must_use]
    pub fn new(parts: Vec<GptPart>) -> Self {
        Self {
            sector_size: 512,
            entry_size: 128,
            entry_count: 128,
            alignment: 4096,
            disk_guid: Uuid::from_u128(0x1111_2222_3333_4444_5555_6666_7777_8888),
            parts: parts.into_iter().map(Some).collect(),
        }
    }

    /// Sectors of the entry array.
    #[must_use]
    pub fn array_sectors(&self) -> usize {
        (self.entry_size * self.entry_count).div_ceil(self.sector_size)
    }

    /// Where each part begins and how long it is, in bytes, by index in the array.
    #[must_use]
    pub fn places(&self) -> Vec<Option<(usize, usize)>> {
        let mut at = (2 + self.array_sectors()) * self.sector_size;
        let mut place = |part: &GptPart| {
            let start = at.next_multiple_of(self.alignment.max(self.sector_size));
            let len = part.bytes.len().next_multiple_of(self.sector_size);
            at = start + len;
            (start, len)
        };
        self.parts
            .iter()
            .map(|part| part.as_ref().map(&mut place))
            .collect()
    }

    /// The whole disk.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        let places = self.places();
        let end = places
            .iter()
            .flatten()
            .map(|(start, len)| start + len)
            .max();
        let data = (2 + self.array_sectors()) * self.sector_size;
        let end = end.unwrap_or(0).max(data);
        let sectors = end / self.sector_size + self.array_sectors() + 1;
        let mut disk = vec![0; sectors * self.sector_size];
        protect(&mut disk, self.sector_size);
        for (part, place) in self.parts.iter().zip(&places) {
            if let (Some(part), Some((start, _))) = (part, place) {
                disk[*start..start + part.bytes.len()].copy_from_slice(&part.bytes);
            }
        }
        let array = self.array(&places);
        self.put_copy(&mut disk, &array, Copy::Primary);
        self.put_copy(&mut disk, &array, Copy::Backup);
        disk
    }

    fn array(&self, places: &[Option<(usize, usize)>]) -> Vec<u8> {
        let mut array = vec![0; self.entry_size * self.entry_count];
        for (index, (part, place)) in self.parts.iter().zip(places).enumerate() {
            let (Some(part), Some((start, len))) = (part, place) else {
                continue;
            };
            let entry = &mut array[index * self.entry_size..][..128];
            entry[..16].copy_from_slice(&part.type_guid.to_bytes_le());
            entry[16..32].copy_from_slice(&part.id.to_bytes_le());
            let (first, sectors) = (start / self.sector_size, len / self.sector_size);
            entry[32..40].copy_from_slice(&(first as u64).to_le_bytes());
            entry[40..48].copy_from_slice(&((first + sectors - 1) as u64).to_le_bytes());
            entry[48..56].copy_from_slice(&part.attributes.to_le_bytes());
            let units = part.name.encode_utf16().take(36).flat_map(u16::to_le_bytes);
            for (byte, unit) in entry[56..].iter_mut().zip(units) {
                *byte = unit;
            }
        }
        array
    }

    fn put_copy(&self, disk: &mut [u8], array: &[u8], copy: Copy) {
        let last = disk.len() / self.sector_size - 1;
        let (my, other, entries) = match copy {
            Copy::Primary => (1, last, 2),
            Copy::Backup => (last, 1, last - self.array_sectors()),
        };
        disk[entries * self.sector_size..][..array.len()].copy_from_slice(array);
        let header = &mut disk[my * self.sector_size..][..self.sector_size];
        header[..8].copy_from_slice(b"EFI PART");
        header[8..12].copy_from_slice(&0x1_0000_u32.to_le_bytes());
        header[12..16].copy_from_slice(&92_u32.to_le_bytes());
        let usable = (2 + self.array_sectors(), last - self.array_sectors() - 1);
        for (at, lba) in [
            (24, my),
            (32, other),
            (40, usable.0),
            (48, usable.1),
            (72, entries),
        ] {
            header[at..at + 8].copy_from_slice(&(lba as u64).to_le_bytes());
        }
        header[56..72].copy_from_slice(&self.disk_guid.to_bytes_le());
        header[80..84].copy_from_slice(&(self.entry_count as u32).to_le_bytes());
        header[84..88].copy_from_slice(&(self.entry_size as u32).to_le_bytes());
        header[88..92].copy_from_slice(&crc32fast::hash(array).to_le_bytes());
        seal_header(header);
    }

    /// Where a copy's header is in a disk of `disk_len` bytes.
    #[must_use]
    pub fn header_at(&self, disk_len: usize, copy: Copy) -> usize {
        match copy {
            Copy::Primary => self.sector_size,
            Copy::Backup => (disk_len / self.sector_size - 1) * self.sector_size,
        }
    }

    /// Where a copy's entry array is in a disk of `disk_len` bytes.
    #[must_use]
    pub fn array_at(&self, disk_len: usize, copy: Copy) -> usize {
        match copy {
            Copy::Primary => 2 * self.sector_size,
            Copy::Backup => {
                self.header_at(disk_len, copy) - self.array_sectors() * self.sector_size
            }
        }
    }

    /// Flips a byte of a copy's header.
    pub fn break_header(&self, disk: &mut [u8], copy: Copy) {
        disk[self.header_at(disk.len(), copy) + 60] ^= 0xff;
    }

    /// Changes the first letter of the first entry's name in a copy's array.
    pub fn break_array(&self, disk: &mut [u8], copy: Copy) {
        disk[self.array_at(disk.len(), copy) + 56] ^= 0xff;
    }

    /// Makes the checksums of both copies right again, of headers that are still recognisable.
    pub fn seal(&self, disk: &mut [u8]) {
        for copy in [Copy::Primary, Copy::Backup] {
            let at = self.header_at(disk.len(), copy);
            let entries = u64::from_le_bytes(disk[at + 72..at + 80].try_into().expect("8 bytes"));
            let entries = usize::try_from(entries).unwrap_or(usize::MAX);
            let start = entries.saturating_mul(self.sector_size);
            let len = self.entry_size * self.entry_count;
            if let Some(array) = disk.get(start..start.saturating_add(len)) {
                let crc = crc32fast::hash(array).to_le_bytes();
                disk[at + 88..at + 92].copy_from_slice(&crc);
            }
            seal_header(&mut disk[at..at + self.sector_size]);
        }
    }
}

/// Computes the checksum of the GPT header that `sector` begins with.
pub fn seal_header(sector: &mut [u8]) {
    sector[16..20].fill(0);
    let len = u32::from_le_bytes(sector[12..16].try_into().expect("4 bytes")) as usize;
    let len = len.min(sector.len());
    let crc = crc32fast::hash(&sector[..len]);
    sector[16..20].copy_from_slice(&crc.to_le_bytes());
}

/// Writes a protective MBR.
pub fn protect(disk: &mut [u8], sector_size: usize) {
    let sectors = u32::try_from(disk.len() / sector_size - 1).unwrap_or(u32::MAX);
    put_entry(
        disk,
        0,
        MbrEntry {
            active: false,
            type_id: 0xee,
            first: 1,
            sectors,
        },
    );
    disk[510..512].copy_from_slice(&[0x55, 0xaa]);
}

/// One entry of an MBR, counted in sectors.
#[derive(Clone, Copy, Debug)]
pub struct MbrEntry {
    /// Marked active.
    pub active: bool,
    /// The type byte.
    pub type_id: u8,
    /// First sector, relative as the place of the entry demands.
    pub first: u32,
    /// How many sectors.
    pub sectors: u32,
}

/// Writes entry `index`, from 0, of the boot record that `record` begins with.
pub fn put_entry(record: &mut [u8], index: usize, entry: MbrEntry) {
    let bytes = &mut record[446 + 16 * index..][..16];
    bytes.copy_from_slice(&[
        0,
        0xfe,
        0xff,
        0xff,
        entry.type_id,
        0xfe,
        0xff,
        0xff,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
    ]);
    bytes[0] = if entry.active { 0x80 } else { 0 };
    bytes[8..12].copy_from_slice(&entry.first.to_le_bytes());
    bytes[12..16].copy_from_slice(&entry.sectors.to_le_bytes());
}

/// One partition of an MBR disk.
#[derive(Clone, Debug)]
pub struct MbrPart {
    /// The type byte.
    pub type_id: u8,
    /// Marked active.
    pub active: bool,
    /// The volume; padded with zeros to whole sectors.
    pub bytes: Vec<u8>,
}

/// A disk with an MBR: at most four primaries, of which logical partitions cost one.
#[derive(Clone, Debug)]
pub struct Mbr {
    /// Bytes of a sector: 512 or 4096.
    pub sector_size: usize,
    /// The disk signature.
    pub signature: u32,
    /// Partitions 1, 2, ...
    pub primaries: Vec<MbrPart>,
    /// Partitions 5, 6, ..., in a container after the primaries.
    pub logicals: Vec<MbrPart>,
}

impl Mbr {
    /// A disk of 512-byte sectors.
    #[must_use]
    pub fn new(primaries: Vec<MbrPart>, logicals: Vec<MbrPart>) -> Self {
        Self {
            sector_size: 512,
            signature: 0xdead_beef,
            primaries,
            logicals,
        }
    }

    /// The whole disk: partitions from sector 8 on, each logical one 8 sectors behind its record.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        let mut disk = vec![0; 8 * self.sector_size];
        for (index, part) in self.primaries.iter().enumerate() {
            let entry = self.append(&mut disk, part, 0);
            put_entry(&mut disk, index, entry);
        }
        if !self.logicals.is_empty() {
            self.append_logicals(&mut disk);
        }
        disk[440..444].copy_from_slice(&self.signature.to_le_bytes());
        disk[510..512].copy_from_slice(&[0x55, 0xaa]);
        disk
    }

    /// Adds a volume and says where it is, relative to sector `base`.
    fn append(&self, disk: &mut Vec<u8>, part: &MbrPart, base: u32) -> MbrEntry {
        let first = self.sectors(disk.len());
        disk.extend(&part.bytes);
        disk.resize(disk.len().next_multiple_of(self.sector_size), 0);
        let sectors = self.sectors(disk.len()) - first;
        MbrEntry {
            active: part.active,
            type_id: part.type_id,
            first: first - base,
            sectors,
        }
    }

    fn append_logicals(&self, disk: &mut Vec<u8>) {
        let container = self.sectors(disk.len());
        let mut before = None;
        for part in &self.logicals {
            let record = disk.len();
            disk.resize(record + 8 * self.sector_size, 0);
            let entry = self.append(disk, part, self.sectors(record));
            put_entry(&mut disk[record..], 0, entry);
            disk[record + 510..record + 512].copy_from_slice(&[0x55, 0xaa]);
            if let Some(before) = before {
                let link = self.extended(record, disk.len(), container);
                put_entry(&mut disk[before..], 1, link);
            }
            before = Some(record);
        }
        let start = container as usize * self.sector_size;
        let whole = self.extended(start, disk.len(), 0);
        put_entry(disk, self.primaries.len(), whole);
    }

    fn extended(&self, start: usize, end: usize, base: u32) -> MbrEntry {
        let first = self.sectors(start);
        let sectors = self.sectors(end) - first;
        MbrEntry {
            active: false,
            type_id: 0x0f,
            first: first - base,
            sectors,
        }
    }

    fn sectors(&self, bytes: usize) -> u32 {
        u32::try_from(bytes / self.sector_size).expect("a test's disk is small")
    }
}

/// A volume of `len` bytes that is NTFS by its boot sector and that sector's copy, and by nothing
/// else.
#[must_use]
pub fn ntfs_boot_sectors(len: usize) -> Vec<u8> {
    let mut volume = vec![0; len];
    let mut boot = [0; 512];
    boot[..11].copy_from_slice(b"\xeb\x52\x90NTFS    ");
    boot[11..13].copy_from_slice(&512_u16.to_le_bytes());
    boot[13] = 8;
    boot[21] = 0xf8;
    boot[40..48].copy_from_slice(&(len as u64 / 512 - 1).to_le_bytes());
    boot[48..56].copy_from_slice(&4_u64.to_le_bytes());
    boot[56..64].copy_from_slice(&2_u64.to_le_bytes());
    boot[64] = 0xf6;
    boot[68] = 1;
    boot[72..80].copy_from_slice(&0x1234_5678_9abc_def0_u64.to_le_bytes());
    boot[510..].copy_from_slice(&[0x55, 0xaa]);
    volume[..512].copy_from_slice(&boot);
    volume[len - 512..].copy_from_slice(&boot);
    volume
}
