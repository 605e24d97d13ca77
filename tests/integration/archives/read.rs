//! Reads archives with other people's crates.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

/// An archive, read whole.
#[derive(Default)]
pub(crate) struct Read {
    /// The bytes of each file by its name.
    pub(crate) members: BTreeMap<String, Vec<u8>>,
    /// The value of each attribute `user.` by member and the rest of its name.
    pub(crate) attributes: BTreeMap<(String, String), Vec<u8>>,
}

impl Read {
    pub(crate) fn new(path: &Path) -> Self {
        let mut read = Self::default();
        match path.extension().and_then(|end| end.to_str()) {
            Some("tar") => read.tar(path),
            _ => read.zip(path),
        }
        read
    }

    fn tar(&mut self, path: &Path) {
        let file = std::fs::File::open(path).expect("an archive");
        let mut archive = tar::Archive::new(file);
        let mut records = BTreeMap::new();
        for entry in archive.entries().expect("a tar").raw(true) {
            let mut entry = entry.expect("a member");
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("read");
            if entry.header().entry_type() == tar::EntryType::XHeader {
                records = parse_records(&bytes);
                continue;
            }
            let records = std::mem::take(&mut records);
            let own = entry.path_bytes().into_owned();
            let named = ["GNU.sparse.name", "path"]
                .into_iter()
                .find_map(|key| records.get(key));
            let name = String::from_utf8(named.unwrap_or(&own).clone()).expect("UTF-8");
            let name = name.trim_end_matches('/').to_owned();
            if let Some(size) = records.get("GNU.sparse.realsize") {
                let size = std::str::from_utf8(size).expect("digits").parse();
                bytes = expanded(&bytes, size.expect("a number"));
            }
            for (key, value) in records {
                if let Some(stream) = key.strip_prefix("SCHILY.xattr.user.") {
                    self.attributes
                        .insert((name.clone(), stream.to_owned()), value);
                }
            }
            self.add(name, bytes);
        }
    }

    fn zip(&mut self, path: &Path) {
        let file = std::fs::File::open(path).expect("an archive");
        let mut archive = zip::ZipArchive::new(file).expect("a zip");
        for number in 0..archive.len() {
            let mut entry = archive.by_index(number).expect("a member");
            let name = entry
                .name()
                .expect("UTF-8")
                .trim_end_matches('/')
                .to_owned();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("read");
            self.add(name, bytes);
        }
    }

    fn add(&mut self, name: String, bytes: Vec<u8>) {
        assert!(
            !name.split('/').any(|name| name == ".."),
            "{name} leads out"
        );
        let before = self.members.insert(name.clone(), bytes);
        assert!(before.is_none(), "two members are {name}");
    }
}

/// The records before a member. Their values may hold anything, line ends too.
fn parse_records(mut bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut records = BTreeMap::new();
    while !bytes.is_empty() {
        let blank = bytes
            .iter()
            .position(|byte| *byte == b' ')
            .expect("a blank");
        let length = std::str::from_utf8(&bytes[..blank])
            .expect("digits")
            .parse();
        let (record, rest) = bytes.split_at(length.expect("a number"));
        let record = record[blank + 1..]
            .strip_suffix(b"\n")
            .expect("a line's end");
        let equals = record
            .iter()
            .position(|byte| *byte == b'=')
            .expect("a value");
        let key = String::from_utf8(record[..equals].to_vec()).expect("UTF-8");
        records.insert(key, record[equals + 1..].to_vec());
        bytes = rest;
    }
    records
}

/// A file of `size` bytes whose map and stored ranges are `content`.
fn expanded(content: &[u8], size: usize) -> Vec<u8> {
    let mut lines = content.split(|byte| *byte == b'\n');
    let mut used = 0;
    let mut number = || {
        let line = std::str::from_utf8(lines.next().expect("a line")).expect("digits");
        used += line.len() + 1;
        line.parse::<usize>().expect("a number")
    };
    let count = number();
    let ranges: Vec<_> = (0..count).map(|_| (number(), number())).collect();
    let (mut stored, mut bytes) = (&content[used.next_multiple_of(512)..], vec![0; size]);
    for (start, len) in ranges {
        let (range, rest) = stored.split_at(len);
        bytes[start..start + len].copy_from_slice(range);
        stored = rest;
    }
    bytes
}
