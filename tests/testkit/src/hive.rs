//! Registry hives and their transaction logs, written by the "Windows registry file format
//! specification" of Maxim Suhanov.

mod log;

pub use log::{Entry, changed_pages, mend_log, new_log, old_log};

/// Bytes of a base block, after which the hive bins data begins.
const BASE_BLOCK: usize = 4096;
const NOWHERE: u32 = u32::MAX;
/// Data longer than this goes into segments.
const SEGMENT: usize = 16_344;

/// A key to write.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its name; written one byte a character where every character allows it.
    pub name: String,
    /// Name, type and data of each value.
    pub values: Vec<(String, u32, Vec<u8>)>,
    /// The keys below it.
    pub subkeys: Vec<Key>,
    /// The kind of its list of subkeys: `lh`, `lf`, `li`, or `ri` for a root of leaves of two.
    pub list: [u8; 2],
}

impl Key {
    /// A key with nothing in it.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            values: Vec::new(),
            subkeys: Vec::new(),
            list: *b"lh",
        }
    }

    /// With another value.
    #[must_use]
    pub fn value(mut self, name: &str, kind: u32, data: &[u8]) -> Self {
        self.values.push((name.into(), kind, data.into()));
        self
    }

    /// With another value, a `REG_SZ`.
    #[must_use]
    pub fn text(self, name: &str, text: &str) -> Self {
        let units = text.encode_utf16().chain([0]);
        self.value(
            name,
            1,
            &units.flat_map(u16::to_le_bytes).collect::<Vec<_>>(),
        )
    }

    /// With another value, a `REG_DWORD`.
    #[must_use]
    pub fn number(self, name: &str, number: u32) -> Self {
        self.value(name, 4, &number.to_le_bytes())
    }

    /// With another key below it.
    #[must_use]
    pub fn key(mut self, key: Key) -> Self {
        self.subkeys.push(key);
        self
    }

    /// With its subkeys in a list of another kind.
    #[must_use]
    pub fn listed_by(mut self, list: &[u8; 2]) -> Self {
        self.list = *list;
        self
    }
}

/// A clean hive with this root, its sequence numbers both `sequence`.
#[must_use]
pub fn hive(root: &Key, sequence: u32) -> Vec<u8> {
    let mut bins = Bins(vec![0; 32]);
    let root_cell = bins.key(root, NOWHERE);
    let bins = bins.finish();
    let mut hive = vec![0; BASE_BLOCK];
    hive[..4].copy_from_slice(b"regf");
    put(&mut hive, 4, sequence);
    put(&mut hive, 8, sequence);
    hive[12..20].copy_from_slice(&TIMESTAMP.to_le_bytes());
    for (offset, number) in [(20, 1), (24, 5), (32, 1), (36, root_cell), (44, 1)] {
        put(&mut hive, offset, number);
    }
    put(&mut hive, 40, to_u32(bins.len()));
    mend(&mut hive);
    hive.extend(bins);
    hive
}

/// When every hive of the testkit was written.
const TIMESTAMP: u64 = 133_500_000_000_000_000;

/// Marks `hive` as being written: its first sequence number is one ahead.
pub fn begin_write(hive: &mut [u8]) {
    let sequence = get(hive, 8);
    put(hive, 4, sequence + 1);
    mend(hive);
}

/// Makes the checksum of a base block right again.
pub fn mend(hive: &mut [u8]) {
    let Some(checked) = hive.get(..508) else {
        return;
    };
    let words = checked.chunks_exact(4);
    let sum = words.fold(0, |sum, word| {
        sum ^ u32::from_le_bytes(word.try_into().expect("four bytes"))
    });
    if hive.len() >= 512 {
        put(hive, 508, sum);
    }
}

/// The hive bins data as far as it is written: one bin, its header first.
struct Bins(Vec<u8>);

impl Bins {
    /// A used cell with `content`; its offset.
    fn cell(&mut self, content: &[u8]) -> u32 {
        let offset = self.0.len();
        let size = (content.len() + 4).next_multiple_of(8);
        self.0
            .extend((-i32::try_from(size).expect("a small cell")).to_le_bytes());
        self.0.extend(content);
        self.0.resize(offset + size, 0);
        to_u32(offset)
    }

    /// Recursive, as deep as the test's own keys.
    fn key(&mut self, key: &Key, parent: u32) -> u32 {
        let (name, compressed) = encode(&key.name);
        let mut node = vec![0; 76];
        node[..2].copy_from_slice(b"nk");
        let root = if parent == NOWHERE { 0x0c } else { 0 };
        let flags: u16 = root | if compressed { 0x20 } else { 0 };
        node[2..4].copy_from_slice(&flags.to_le_bytes());
        node[4..12].copy_from_slice(&TIMESTAMP.to_le_bytes());
        node[72..74].copy_from_slice(&to_u16(name.len()).to_le_bytes());
        node.extend(name);
        let offset = self.cell(&node);
        let subkeys: Vec<_> = key
            .subkeys
            .iter()
            .map(|below| (self.key(below, offset), &*below.name))
            .collect();
        let list = self.list(&subkeys, key.list);
        let values: Vec<u32> = key.values.iter().map(|value| self.value(value)).collect();
        let values_list = match values[..] {
            [] => NOWHERE,
            _ => self.cell(&words(&values)),
        };
        let at = offset as usize + 4;
        let fields = [
            (16, parent),
            (20, to_u32(subkeys.len())),
            (28, list),
            (32, NOWHERE),
            (36, to_u32(values.len())),
            (40, values_list),
            (44, NOWHERE),
            (48, NOWHERE),
        ];
        for (field, number) in fields {
            put(&mut self.0, at + field, number);
        }
        offset
    }

    fn list(&mut self, keys: &[(u32, &str)], kind: [u8; 2]) -> u32 {
        if keys.is_empty() {
            return NOWHERE;
        }
        let (count, elements) = match &kind {
            b"ri" => {
                let leaves: Vec<u32> = keys.chunks(2).map(|keys| self.list(keys, *b"lh")).collect();
                (leaves.len(), words(&leaves))
            }
            b"li" => (
                keys.len(),
                words(&keys.iter().map(|(at, _)| *at).collect::<Vec<_>>()),
            ),
            b"lf" => (
                keys.len(),
                keys.iter()
                    .flat_map(|(at, name)| words(&[*at, hint(name)]))
                    .collect(),
            ),
            _ => (
                keys.len(),
                keys.iter()
                    .flat_map(|(at, name)| words(&[*at, hash(name)]))
                    .collect(),
            ),
        };
        self.cell(&[&kind[..], &to_u16(count).to_le_bytes(), &elements].concat())
    }

    fn value(&mut self, (name, kind, data): &(String, u32, Vec<u8>)) -> u32 {
        let (name, compressed) = encode(name);
        let (size, place) = match data.len() {
            len @ 0..=4 => {
                let mut field = [0; 4];
                field[..len].copy_from_slice(data);
                (to_u32(len) | 1 << 31, u32::from_le_bytes(field))
            }
            len if len > SEGMENT => (to_u32(len), self.segments(data)),
            len => (to_u32(len), self.cell(data)),
        };
        let mut cell = [
            &b"vk"[..],
            &to_u16(name.len()).to_le_bytes(),
            &words(&[size, place, *kind]),
        ]
        .concat();
        cell.extend([u8::from(compressed), 0, 0, 0]);
        cell.extend(name);
        self.cell(&cell)
    }

    fn segments(&mut self, data: &[u8]) -> u32 {
        let segments: Vec<u32> = data
            .chunks(SEGMENT)
            .map(|segment| self.cell(segment))
            .collect();
        let list = self.cell(&words(&segments));
        let count = to_u16(segments.len()).to_le_bytes();
        self.cell(&[&b"db"[..], &count, &list.to_le_bytes()].concat())
    }

    /// The bin, filled up with one free cell.
    fn finish(mut self) -> Vec<u8> {
        let used = self.0.len();
        let size = (used + 8).next_multiple_of(4096);
        self.0.resize(size, 0);
        self.0[..4].copy_from_slice(b"hbin");
        put(&mut self.0, 8, to_u32(size));
        self.0[20..28].copy_from_slice(&TIMESTAMP.to_le_bytes());
        put(&mut self.0, used, to_u32(size - used));
        self.0
    }
}

/// The name as stored, and whether one byte a character.
fn encode(name: &str) -> (Vec<u8>, bool) {
    let bytes: Result<Vec<u8>, _> = name.chars().map(u8::try_from).collect();
    match bytes {
        Ok(bytes) => (bytes, true),
        Err(_) => (
            name.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            false,
        ),
    }
}

fn hint(name: &str) -> u32 {
    let mut hint = [0; 4];
    for (to, from) in hint.iter_mut().zip(name.bytes()) {
        *to = from;
    }
    u32::from_le_bytes(hint)
}

fn hash(name: &str) -> u32 {
    let upper = name.to_uppercase();
    upper.encode_utf16().fold(0, |hash: u32, unit| {
        hash.wrapping_mul(37).wrapping_add(unit.into())
    })
}

fn words(numbers: &[u32]) -> Vec<u8> {
    numbers
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect()
}

fn put(bytes: &mut [u8], offset: usize, number: u32) {
    bytes[offset..offset + 4].copy_from_slice(&number.to_le_bytes());
}

fn get(bytes: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes(bytes[offset..offset + 4].try_into().expect("four bytes"))
}

fn to_u32(number: usize) -> u32 {
    u32::try_from(number).expect("a small hive")
}

fn to_u16(number: usize) -> u16 {
    u16::try_from(number).expect("a small hive")
}
