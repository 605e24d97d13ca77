//! Writes dynamic disks (LDM): the database of a group, and the disks that carry it.
//!
//! By the Linux-NTFS project's "LDM documentation"; `ldmtool` reads what comes out.

use uuid::Uuid;

use crate::partition::{Gpt, GptPart, MbrEntry, put_entry};

/// Bytes of a sector, and the unit of all numbers here.
const SECTOR: usize = 512;
/// Sectors of the database.
const SECTORS: usize = 2048;
/// Where the database header is, in sectors.
pub const HEADER: usize = 17;
/// Sectors of the region that holds the records.
const CONFIG: usize = 1481;
/// First sector of an MBR disk's data.
pub const PUBLIC_START: usize = 63;
/// Bytes of a record's fragment, and of its header.
const FRAGMENT: usize = 128;
const FRAGMENT_HEADER: usize = 16;
/// Marks the partitions of a GPT disk.
const METADATA: Uuid = Uuid::from_u128(0x5808c8aa_7e8f_42e0_85d2_e1e90434cfb3);
const DATA: Uuid = Uuid::from_u128(0xaf9b60a0_1431_4f62_bc68_3311714a69ad);

/// A group of dynamic disks.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its GUID.
    pub guid: Uuid,
    /// Its disks: name and GUID.
    pub disks: Vec<(String, Uuid)>,
    /// Its volumes.
    pub volumes: Vec<Volume>,
}

/// A volume of a group.
#[derive(Clone, Debug)]
pub struct Volume {
    /// Its name.
    pub name: String,
    /// The drive letter hint, as `D:`.
    pub drive: Option<String>,
    /// In sectors.
    pub size: u64,
    /// Its GUID.
    pub guid: Uuid,
    /// One, or several that mirror each other.
    pub plexes: Vec<Plex>,
}

/// One copy of a volume's data.
#[derive(Clone, Debug)]
pub struct Plex {
    /// 1 striped, 2 concatenated, 3 RAID-5.
    pub layout: u8,
    /// Sectors of a stripe, where there are columns.
    pub stripe: Option<u64>,
    /// Its extents.
    pub extents: Vec<Extent>,
}

/// A piece of a disk, in sectors.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// Index of the disk.
    pub disk: usize,
    /// From the start of the disk's data.
    pub start: u64,
    /// Where in the plex, or in its column.
    pub offset: u64,
    /// How many.
    pub len: u64,
    /// Which column.
    pub column: u64,
}

impl Group {
    /// A disk of the group with an MBR: its data from [`PUBLIC_START`] on, its database at the end.
    #[must_use]
    pub fn mbr_disk(&self, disk: usize, data: &[u8]) -> Vec<u8> {
        let data_sectors = data.len().div_ceil(SECTOR);
        let private = PUBLIC_START + data_sectors;
        let mut image = vec![0; PUBLIC_START * SECTOR];
        image.extend(data);
        image.resize(private * SECTOR, 0);
        image.extend(self.database(disk, PUBLIC_START, data_sectors, private));
        let first = PUBLIC_START as u32;
        let sectors = (data_sectors + SECTORS) as u32;
        put_entry(
            &mut image,
            0,
            MbrEntry {
                active: false,
                type_id: 0x42,
                first,
                sectors,
            },
        );
        image[510..512].copy_from_slice(&[0x55, 0xaa]);
        let header = self.private_header(disk, PUBLIC_START, data_sectors, private);
        image[6 * SECTOR..7 * SECTOR].copy_from_slice(&header);
        image
    }

    /// A disk of the group with a GPT: a partition for the database and one for the data.
    #[must_use]
    pub fn gpt_disk(&self, disk: usize, data: &[u8]) -> Vec<u8> {
        let part = |type_guid, name: &str, bytes| GptPart {
            type_guid,
            ..GptPart::data(name, bytes)
        };
        let mut gpt = Gpt::new(vec![
            part(
                METADATA,
                "LDM metadata partition",
                vec![0; SECTORS * SECTOR],
            ),
            part(DATA, "LDM data partition", data.to_vec()),
        ]);
        let places = gpt.places();
        let sectors = |index: usize| places[index].map(|(at, len)| (at / SECTOR, len / SECTOR));
        let (private, _) = sectors(0).expect("the part is there");
        let (public, len) = sectors(1).expect("the part is there");
        if let Some(part) = &mut gpt.parts[0] {
            part.bytes = self.database(disk, public, len, private);
        }
        gpt.build()
    }

    /// The database as it lies on `disk`, its places in sectors of that disk.
    fn database(&self, disk: usize, public: usize, public_len: usize, private: usize) -> Vec<u8> {
        let mut bytes = vec![0; SECTORS * SECTOR];
        let mut put = |sector: usize, what: &[u8]| {
            bytes[sector * SECTOR..][..what.len()].copy_from_slice(what);
        };
        for sector in [1, SECTORS - 3] {
            put(sector, &contents(2));
            // The one before it, which is no longer true.
            put(sector + 1, &contents(1));
        }
        put(HEADER, &self.records());
        let header = self.private_header(disk, public, public_len, private);
        put(1856, &header);
        put(SECTORS - 1, &header);
        bytes
    }

    fn private_header(
        &self,
        disk: usize,
        public: usize,
        public_len: usize,
        private: usize,
    ) -> Vec<u8> {
        let mut header = vec![0; SECTOR];
        header[..8].copy_from_slice(b"PRIVHEAD");
        put_number(&mut header, 0x0c, &2_u16.to_be_bytes());
        put_number(&mut header, 0x0e, &12_u16.to_be_bytes());
        let text = |guid: Uuid| guid.to_string();
        put_number(&mut header, 0x30, text(self.disks[disk].1).as_bytes());
        put_number(&mut header, 0x70, text(Uuid::from_u128(7)).as_bytes());
        put_number(&mut header, 0xb0, text(self.guid).as_bytes());
        put_number(&mut header, 0xf0, self.name.as_bytes());
        put_number(&mut header, 0x10f, &(SECTOR as u32).to_be_bytes());
        let numbers = [2, SECTORS - 1, 1856];
        for (at, number) in [0x18, 0x20, 0x28].into_iter().zip(numbers) {
            put_number(&mut header, at, &(number as u64).to_be_bytes());
        }
        let numbers = [public, public_len, private, SECTORS, 1, SECTORS - 3];
        for (at, number) in (0x11b..).step_by(8).zip(numbers) {
            put_number(&mut header, at, &(number as u64).to_be_bytes());
        }
        put_number(&mut header, 0x14b, &1_u32.to_be_bytes());
        put_number(&mut header, 0x14f, &1_u32.to_be_bytes());
        put_number(&mut header, 0x153, &(CONFIG as u64).to_be_bytes());
        put_number(&mut header, 0x15b, &224_u64.to_be_bytes());
        seal(&mut header);
        header
    }

    /// The database header and the fragments.
    fn records(&self) -> Vec<u8> {
        let mut counts = [0_u32; 4];
        let mut fragments = Vec::new();
        for record in self.all_records() {
            if let Some(count) = record.counted_as.and_then(|kind| counts.get_mut(kind)) {
                *count += 1;
            }
            record.fragment(&mut fragments);
        }
        let mut bytes = vec![0; SECTOR];
        bytes[..4].copy_from_slice(b"VMDB");
        let last = 4 + fragments.len() / FRAGMENT;
        put_number(&mut bytes, 0x04, &(last as u32).to_be_bytes());
        put_number(&mut bytes, 0x08, &(FRAGMENT as u32).to_be_bytes());
        put_number(&mut bytes, 0x0c, &(SECTOR as u32).to_be_bytes());
        for (at, number) in [(0x10, 1_u16), (0x12, 4), (0x14, 10)] {
            put_number(&mut bytes, at, &number.to_be_bytes());
        }
        put_number(&mut bytes, 0x16, self.name.as_bytes());
        put_number(&mut bytes, 0x35, self.guid.to_string().as_bytes());
        put_number(&mut bytes, 0x75, &9_u64.to_be_bytes());
        put_number(&mut bytes, 0x7d, &9_u64.to_be_bytes());
        for (at, count) in [0x85, 0x89, 0x8d, 0x91].into_iter().zip(counts) {
            put_number(&mut bytes, at, &count.to_be_bytes());
        }
        bytes.extend(fragments);
        bytes
    }

    fn all_records(&self) -> Vec<Record> {
        let mut ids = 100..;
        let mut next = || ids.next().expect("there is no last number");
        let mut records = vec![self.group_record(next())];
        let mut disks = Vec::new();
        for (name, guid) in &self.disks {
            let id = next();
            disks.push(id);
            records.push(disk_record(id, name, *guid));
        }
        for volume in &self.volumes {
            let volume_id = next();
            records.push(volume.record(volume_id));
            for plex in &volume.plexes {
                let plex_id = next();
                records.push(plex.record(plex_id, &volume.name, volume_id));
                for (index, extent) in plex.extents.iter().enumerate() {
                    let name = format!("{}-{index:02}", self.disks[extent.disk].0);
                    let columns = plex.layout != 2;
                    let disk = disks[extent.disk];
                    records.push(extent.record(next(), &name, plex_id, disk, columns));
                }
            }
        }
        records
    }

    fn group_record(&self, id: u64) -> Record {
        let mut record = Record::new(0x35, 0, None);
        record
            .number(id)
            .text(&self.name)
            .text(&self.guid.to_string());
        record.zeros(4).fixed(9).zeros(1);
        record
    }
}

fn disk_record(id: u64, name: &str, guid: Uuid) -> Record {
    let mut record = Record::new(0x34, 0, Some(3));
    record
        .number(id)
        .text(name)
        .text(&guid.to_string())
        .text("")
        .zeros(4)
        .fixed(9);
    record
}

impl Volume {
    fn record(&self, id: u64) -> Record {
        let is_raid = self.plexes.first().is_some_and(|plex| plex.layout == 3);
        let flags = if self.drive.is_some() { 0x02 } else { 0 };
        let mut record = Record::new(0x51, flags, Some(0));
        record
            .number(id)
            .text(&self.name)
            .text(if is_raid { "raid5" } else { "gen" })
            .text("");
        record
            .raw(b"ACTIVE\0\0\0\0\0\0\0\0")
            .raw(&[if is_raid { 4 } else { 3 }, 0x0a, 1]);
        record
            .zeros(3)
            .raw(&[0x11])
            .number(self.plexes.len() as u64)
            .fixed(9)
            .fixed(0);
        record
            .number(self.size)
            .zeros(4)
            .raw(&[7])
            .raw(self.guid.as_bytes());
        if let Some(drive) = &self.drive {
            record.text(drive);
        }
        record
    }
}

impl Plex {
    fn record(&self, id: u64, volume: &str, parent: u64) -> Record {
        let flags = if self.stripe.is_some() { 0x10 } else { 0 };
        let mut record = Record::new(0x32, flags, Some(1));
        record
            .number(id)
            .text(&format!("{volume}-01"))
            .text("ACTIVE")
            .raw(&[self.layout]);
        record
            .zeros(4)
            .number(self.extents.len() as u64)
            .fixed(9)
            .fixed(0);
        record.number(parent).zeros(1);
        if let Some(stripe) = self.stripe {
            record.number(stripe).number(self.extents.len() as u64);
        }
        record
    }
}

impl Extent {
    fn record(&self, id: u64, name: &str, parent: u64, disk: u64, columns: bool) -> Record {
        let mut record = Record::new(0x33, if columns { 0x08 } else { 0 }, Some(2));
        record
            .number(id)
            .text(name)
            .zeros(4)
            .fixed(9)
            .fixed(self.start)
            .fixed(self.offset);
        record.number(self.len).number(parent).number(disk);
        if columns {
            record.number(self.column);
        }
        record
    }
}

/// The fields of a record, one after the other.
struct Record {
    flags: u8,
    kind: u8,
    /// Which of the header's four counts it belongs to.
    counted_as: Option<usize>,
    fields: Vec<u8>,
}

impl Record {
    fn new(kind: u8, flags: u8, counted_as: Option<usize>) -> Self {
        Self {
            flags,
            kind,
            counted_as,
            fields: Vec::new(),
        }
    }

    fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.fields.extend(bytes);
        self
    }

    fn zeros(&mut self, len: usize) -> &mut Self {
        self.raw(&vec![0; len])
    }

    fn fixed(&mut self, number: u64) -> &mut Self {
        self.raw(&number.to_be_bytes())
    }

    /// A length and as few bytes as the number needs, at least one.
    fn number(&mut self, number: u64) -> &mut Self {
        let bytes = number.to_be_bytes();
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count().min(7);
        self.raw(&[(8 - zeros) as u8]).raw(&bytes[zeros..])
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.raw(&[text.len() as u8]).raw(text.as_bytes())
    }

    /// Cuts the record into fragments behind those of the records before it.
    fn fragment(&self, fragments: &mut Vec<u8>) {
        let mut record = vec![0, 0, self.flags, self.kind];
        record.extend((self.fields.len() as u32).to_be_bytes());
        record.extend(&self.fields);
        let parts = record.chunks(FRAGMENT - FRAGMENT_HEADER);
        let count = parts.len() as u16;
        let group = (fragments.len() / FRAGMENT + 1) as u32;
        for (index, part) in parts.enumerate() {
            let sequence = (4 + fragments.len() / FRAGMENT) as u32;
            fragments.extend(b"VBLK");
            fragments.extend(sequence.to_be_bytes());
            fragments.extend(group.to_be_bytes());
            fragments.extend((index as u16).to_be_bytes());
            fragments.extend(count.to_be_bytes());
            fragments.extend(part);
            fragments.resize(fragments.len().next_multiple_of(FRAGMENT), 0);
        }
    }
}

fn contents(sequence: u64) -> Vec<u8> {
    let mut block = vec![0; SECTOR];
    block[..8].copy_from_slice(b"TOCBLOCK");
    put_number(&mut block, 0x0c, &sequence.to_be_bytes());
    let regions: [(&[u8], usize, usize); 2] = [(b"config", HEADER, CONFIG), (b"log", 1498, 224)];
    for (at, (name, start, len)) in [0x24, 0x46].into_iter().zip(regions) {
        put_number(&mut block, at, name);
        put_number(&mut block, at + 0x0a, &(start as u64).to_be_bytes());
        put_number(&mut block, at + 0x12, &(len as u64).to_be_bytes());
        put_number(&mut block, at + 0x1a, &[0, 6, 0, 1]);
    }
    seal(&mut block);
    block
}

/// Writes the sum of a structure's bytes into it.
pub fn seal(sector: &mut [u8]) {
    sector[8..12].fill(0);
    let sum: u32 = sector.iter().map(|byte| u32::from(*byte)).sum();
    sector[8..12].copy_from_slice(&sum.to_be_bytes());
}

fn put_number(bytes: &mut [u8], at: usize, number: &[u8]) {
    bytes[at..at + number.len()].copy_from_slice(number);
}
