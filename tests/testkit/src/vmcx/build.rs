//! A container from keys.

use std::collections::BTreeMap;

use super::{DESCRIPTOR, ENTRY, Key, LOG, OBJECTS, PAGE, SLOT, TABLE, Value, put, seal};

/// What is to be unusual.
#[derive(Clone, Debug)]
pub struct Options {
    /// Spare bytes behind every value; 12 in most real files.
    pub slack: usize,
    /// Whether keys lie before the ones that they are below of.
    pub children_first: bool,
    /// Slots of a table of objects that are used before another table is chained to it.
    pub slots: usize,
    /// Pages of the log's region: one for its header, the rest for data.
    pub log_pages: usize,
    /// Whether the log is the last thing in the file instead of the first.
    pub log_last: bool,
    /// Values of this size and above lie outside of the tables.
    pub outside_from: usize,
    /// Bytes of each table of keys that stay free at its end.
    pub free: usize,
    /// Version of the container.
    pub version: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            slack: 12,
            children_first: false,
            slots: 226,
            log_pages: 7,
            log_last: false,
            outside_from: 2048,
            free: 0,
            version: 0x400,
        }
    }
}

/// A container and where in it what is.
#[derive(Clone, Debug)]
pub struct Built {
    /// The file.
    pub bytes: Vec<u8>,
    /// Where each table of keys begins.
    pub tables: Vec<usize>,
    /// Where each key's entry begins, by its path; of several with one path the last.
    pub entries: BTreeMap<String, usize>,
    /// Where each table of objects begins.
    pub object_tables: Vec<usize>,
    /// Where each value begins that lies outside of the tables.
    pub outside: Vec<usize>,
    /// Where the log begins.
    pub log: usize,
}

/// One key and where it goes.
struct Flat<'a> {
    key: &'a Key,
    parent: Option<usize>,
    path: String,
    sequence: u32,
    data: Vec<u8>,
    outside: Option<Vec<u8>>,
    /// Number of its table from 0, where in it, and how much of it.
    place: (usize, usize, usize),
}

/// A container with these keys below its root.
///
/// # Panics
/// Where a key is too long for a table.
#[must_use]
pub fn container(keys: &[Key], options: &Options) -> Built {
    let mut flat = flatten(keys, options);
    let table_ends = place(&mut flat, options);
    let mut built = Built {
        bytes: vec![0; OBJECTS + PAGE],
        tables: Vec::new(),
        entries: BTreeMap::new(),
        object_tables: vec![OBJECTS],
        outside: Vec::new(),
        log: 0,
    };
    if !options.log_last {
        built.log = built.grow(options.log_pages * PAGE);
    }
    built.tables = table_ends.iter().map(|_| built.grow(PAGE)).collect();
    built.put_values(&mut flat);
    built.put_tables(&flat, &table_ends);
    let objects: Vec<_> = built.tables.iter().map(|at| (2, *at, PAGE)).collect();
    let values = built
        .outside
        .iter()
        .zip(flat.iter().filter_map(|key| key.outside.as_ref()));
    let values: Vec<_> = values
        .map(|(at, bytes)| (3, *at, bytes.len().next_multiple_of(PAGE)))
        .collect();
    built.put_objects(&[objects, values].concat(), options.slots);
    if options.log_last {
        built.log = built.grow(options.log_pages * PAGE);
    }
    built.put_log();
    built.put_headers(options);
    built
}

/// Keys in the order of their tree, each behind the one that it is below of.
fn flatten<'a>(keys: &'a [Key], options: &Options) -> Vec<Flat<'a>> {
    let mut flat: Vec<Flat<'a>> = Vec::new();
    let mut open: Vec<_> = numbered(keys, None, String::new());
    while let Some((key, parent, path, sequence)) = open.pop() {
        let path = format!("{path}/{}", key.name);
        let path = path.trim_start_matches('/').to_owned();
        open.extend(numbered(&key.keys, Some(flat.len()), path.clone()));
        let (data, outside) = data(key, options);
        flat.push(Flat {
            key,
            parent,
            path,
            sequence,
            data,
            outside,
            place: (0, 0, 0),
        });
    }
    flat
}

/// Siblings, the last one first, with sequences that leave gaps.
fn numbered(
    keys: &[Key],
    parent: Option<usize>,
    path: String,
) -> Vec<(&Key, Option<usize>, String, u32)> {
    let keys = keys.iter().zip((1..).step_by(2));
    let mut numbered: Vec<_> = keys
        .map(|(key, sequence)| (key, parent, path.clone(), sequence))
        .collect();
    numbered.reverse();
    numbered
}

fn data(key: &Key, options: &Options) -> (Vec<u8>, Option<Vec<u8>>) {
    let content = key.value.content();
    if key.value == Value::Node {
        let next = u32::try_from(key.keys.len() * 2).expect("few keys");
        return ([&[0; 8][..], &next.to_le_bytes()].concat(), None);
    }
    if !key.value.is_counted() {
        return (content, None);
    }
    let len = u32::try_from(content.len())
        .expect("a value of a test")
        .to_le_bytes();
    if content.len() >= options.outside_from {
        return ([&len[..], &[0; 8]].concat(), Some(content));
    }
    ([&len[..], &content].concat(), None)
}

/// Finds each key its place; returns where in each table the last entry ends.
fn place(flat: &mut [Flat<'_>], options: &Options) -> Vec<usize> {
    let mut ends: Vec<usize> = Vec::new();
    let mut order: Vec<_> = flat.iter_mut().collect();
    if options.children_first {
        order.reverse();
    }
    for key in order {
        let slack = if key.key.value == Value::Node {
            0
        } else {
            options.slack
        };
        let size = ENTRY + key.key.name.len() + 1 + key.data.len() + slack;
        assert!(TABLE + size <= PAGE, "{} is too long for a table", key.path);
        if ends
            .last()
            .is_none_or(|end| end + size + options.free > PAGE)
        {
            ends.push(TABLE);
        }
        let table = ends.len() - 1;
        key.place = (table, ends[table], size);
        ends[table] += size;
    }
    // Too little for an entry of its own belongs to the last one.
    for key in flat {
        let end = &mut ends[key.place.0];
        if key.place.1 + key.place.2 == *end && PAGE - *end <= ENTRY {
            key.place.2 += PAGE - *end;
            *end = PAGE;
        }
    }
    ends
}

impl Built {
    fn grow(&mut self, size: usize) -> usize {
        let at = self.bytes.len();
        self.bytes.resize(at + size.next_multiple_of(PAGE), 0);
        at
    }

    fn put_values(&mut self, flat: &mut [Flat<'_>]) {
        for key in flat {
            if let Some(content) = &key.outside {
                let at = self.grow(content.len());
                put(&mut self.bytes, at, content);
                key.data[4..].copy_from_slice(&(at as u64).to_le_bytes());
                self.outside.push(at);
            }
        }
    }

    fn put_tables(&mut self, flat: &[Flat<'_>], ends: &[usize]) {
        for (number, (at, end)) in self.tables.clone().into_iter().zip(ends).enumerate() {
            let index = u16::try_from(number + 1).expect("few tables").to_le_bytes();
            put(&mut self.bytes, at, &[2, 0, index[0], index[1], 1, 0]);
            seal(&mut self.bytes, at, TABLE, 6);
            if *end < PAGE {
                // As in real files: nothing but type and size of a gap means anything.
                self.bytes[at + end..at + PAGE].fill(0xfd);
                let size = u32::try_from(PAGE - end).expect("a page").to_le_bytes();
                put(&mut self.bytes, at + end, &[1, 0]);
                put(&mut self.bytes, at + end + 2, &size);
                self.bytes[at + end + 6..at + end + 16].fill(0);
                self.bytes[at + end + 20] = 0;
            }
        }
        for key in flat {
            self.put_entry(key, flat);
        }
    }

    fn put_entry(&mut self, key: &Flat<'_>, flat: &[Flat<'_>]) {
        let (table, within, size) = key.place;
        let at = self.tables[table] + within;
        let parent = key.parent.map_or((0, 0), |parent| {
            let (table, within, _) = flat[parent].place;
            (table + 1, within)
        });
        let name = &key.key.name;
        self.bytes[at] = key.key.value.kind();
        self.bytes[at + 1] = key.key.flags | u8::from(key.outside.is_some());
        let number = |number: usize| u32::try_from(number).expect("small").to_le_bytes();
        put(&mut self.bytes, at + 2, &number(size));
        put(&mut self.bytes, at + 6, &number(parent.0)[..2]);
        put(&mut self.bytes, at + 8, &number(parent.1));
        put(&mut self.bytes, at + 16, &key.sequence.to_le_bytes());
        self.bytes[at + 20] = u8::try_from(name.len() + 1).expect("a short name");
        put(&mut self.bytes, at + ENTRY, name.as_bytes());
        let data = at + ENTRY + name.len() + 1;
        put(&mut self.bytes, data, &key.data);
        let used = data + key.data.len() - at;
        // What lies behind may be anything.
        self.bytes[at + used..at + size].fill(0xc3);
        seal(&mut self.bytes, at, used, 12);
        self.entries.insert(key.path.clone(), at);
    }

    fn put_objects(&mut self, objects: &[(u8, usize, usize)], slots: usize) {
        let mut table = OBJECTS;
        let mut parts = objects.chunks(slots).peekable();
        loop {
            let mut all: Vec<_> = parts.next().unwrap_or_default().to_vec();
            all.resize(227, (0, 0, 0));
            let next = parts.peek().map(|_| self.grow(PAGE));
            if let Some(next) = next {
                all[226] = (1, next, PAGE);
                self.object_tables.push(next);
            }
            put(&mut self.bytes, table, &0x0111_0001_u32.to_le_bytes());
            put(&mut self.bytes, table + 4, &227_u32.to_le_bytes());
            for (number, (kind, offset, size)) in all.into_iter().enumerate() {
                self.put_slot(table + 8 + number * SLOT, kind, offset, size);
            }
            let Some(next) = next else { return };
            table = next;
        }
    }

    fn put_slot(&mut self, at: usize, kind: u8, offset: usize, size: usize) {
        self.bytes[at] = kind;
        put(&mut self.bytes, at + 5, &(offset as u64).to_le_bytes());
        let size = u32::try_from(size).expect("small").to_le_bytes();
        put(&mut self.bytes, at + 13, &size);
        self.bytes[at + 17] = u8::from(kind != 0);
        seal(&mut self.bytes, at, SLOT, 1);
    }

    fn put_log(&mut self) {
        put(&mut self.bytes, self.log, &0x0111_0003_u32.to_le_bytes());
        let most = u32::try_from((PAGE - LOG) / DESCRIPTOR).expect("small");
        put(&mut self.bytes, self.log + 13, &most.to_le_bytes());
        seal(&mut self.bytes, self.log, LOG, 4);
    }

    fn put_headers(&mut self, options: &Options) {
        for (at, sequence) in [(0, 23_u16), (PAGE, 22)] {
            put(&mut self.bytes, at, &[0x14, 0x20, 0x28, 0x01]);
            put(&mut self.bytes, at + 8, &sequence.to_le_bytes());
            put(&mut self.bytes, at + 10, &options.version.to_le_bytes());
            put(&mut self.bytes, at + 22, &4096_u32.to_le_bytes());
            put(&mut self.bytes, at + 26, &(self.log as u64).to_le_bytes());
            let size = (options.log_pages * PAGE) as u64;
            put(&mut self.bytes, at + 34, &size.to_le_bytes());
            put(&mut self.bytes, at + 42, &4096_u32.to_le_bytes());
            seal(&mut self.bytes, at, 46, 4);
        }
    }
}
