//! Every committed volume reads as the manifest of its writer says.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "tests fail loudly, and count in what is at hand"
)]

#[expect(dead_code, reason = "shared with the tests of fixtures")]
mod support;

use std::collections::BTreeMap;

use base64::Engine;
use hvrestore_ntfs::Volume;
use serde_json::Value;
use support::{committed, image, open, sha256, sha256_of, time};
use tree::{Entry, FileSystem, GuestPath, Kind, Name, Storage};

type Listing = BTreeMap<GuestPath, Entry>;

/// The bulk listing of a volume, and what it could not deliver.
fn listing(volume: &Volume) -> (Listing, Vec<String>) {
    let mut found = Listing::new();
    let mut lost = Vec::new();
    for entry in volume.entries(volume.root(), &GuestPath::root()).unwrap() {
        match entry {
            Ok(entry) => {
                let twice = found.insert(entry.path.clone(), entry);
                assert!(twice.is_none(), "listed twice: {twice:?}");
            }
            Err(loss) => lost.push(loss.to_string()),
        }
    }
    (found, lost)
}

fn path_of(expected: &Value) -> GuestPath {
    let Some(wtf8) = expected["path_wtf8"].as_str() else {
        return GuestPath::from(expected["path"].as_str().unwrap());
    };
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(wtf8)
        .unwrap();
    let names = bytes
        .split(|&byte| byte == b'/')
        .filter(|name| !name.is_empty());
    names.map(Name::from_bytes).collect()
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::File => "file",
        Kind::Directory => "dir",
        Kind::Symlink => "symlink",
        Kind::Junction => "junction",
        Kind::Other => "other",
    }
}

fn reason(storage: Storage) -> Option<&'static str> {
    match storage {
        Storage::Plain | Storage::Compressed => None,
        Storage::Wof => Some("wof"),
        Storage::Dedup => Some("dedup"),
        Storage::Efs => Some("efs"),
        Storage::Cloud => Some("cloud"),
        Storage::Hsm => Some("hsm"),
        Storage::Foreign => Some("reparse"),
    }
}

/// How the content is kept, if it is not plainly.
fn unplain(expected: &Value) -> Option<&str> {
    let keys = ["elsewhere", "kept", "unsupported"];
    keys.iter().find_map(|key| expected[*key].as_str())
}

/// Compares one entry with what its writer says; appends what differs.
fn compare(volume: &Volume, expected: &Value, entry: &Entry, differ: &mut Vec<String>) {
    let metadata = &entry.metadata;
    let mut check = |what: &str, found: String, wanted: String| {
        if found != wanted {
            differ.push(format!("{}: {what} {found}, expected {wanted}", entry.path));
        }
    };
    let number = |key: &str| expected[key].as_u64().unwrap().to_string();
    check(
        "kind",
        kind(metadata.kind).into(),
        expected["kind"].as_str().unwrap().into(),
    );
    check("record", metadata.number.to_string(), number("record"));
    check("size", metadata.size.to_string(), number("size"));
    check("links", metadata.links.to_string(), number("links"));
    let times = [
        metadata.created,
        metadata.modified,
        metadata.changed,
        metadata.accessed,
    ];
    for (key, found) in ["created", "modified", "changed", "accessed"]
        .iter()
        .zip(times)
    {
        if let Some(expected) = expected.get(*key) {
            check(key, format!("{found:?}"), format!("{:?}", time(expected)));
        }
    }
    if let Some(attributes) = expected["attributes"].as_u64() {
        check(
            "attributes",
            metadata.attributes.0.to_string(),
            attributes.to_string(),
        );
    }
    check(
        "storage",
        format!("{:?}", reason(metadata.storage)),
        format!("{:?}", unplain(expected)),
    );
    // What only a scan of $MFT finds may also stand in an index record that no node refers to.
    if entry.unindexed && !expected["found_by_scan"].is_boolean() {
        check("unindexed", "true".into(), "false".into());
    }
    if let Some(reparse) = expected.get("reparse") {
        let tag = format!("{:#010x}", metadata.reparse_tag.unwrap_or_default());
        check("tag", tag, reparse["tag"].as_str().unwrap().into());
        if let Some(target) = reparse["target"].as_str() {
            check(
                "target",
                volume.read_link(entry.node).unwrap().target.to_string(),
                target.into(),
            );
        }
    }
    if let Some(short) = expected["short_name"].as_str() {
        let details = volume.details(entry.node).unwrap();
        check(
            "short name",
            format!("{:?}", details.short_name),
            format!("{:?}", Some(Name::from(short))),
        );
    }
}

/// Compares the streams of one entry: names, sizes, hashes.
fn compare_streams(volume: &Volume, expected: &Value, entry: &Entry, differ: &mut Vec<String>) {
    let wanted: BTreeMap<_, _> = expected["streams"].as_object().unwrap().iter().collect();
    let streams = volume.streams(entry.node).unwrap();
    let named: Vec<_> = streams
        .iter()
        .filter(|stream| !stream.name.is_empty())
        .collect();
    if named != entry.streams.iter().collect::<Vec<_>>() {
        differ.push(format!(
            "{}: listed streams {:?}, not {named:?}",
            entry.path, entry.streams
        ));
    }
    let found: BTreeMap<_, _> = streams
        .iter()
        .map(|s| (s.name.to_string(), s.size))
        .collect();
    let sizes = wanted
        .iter()
        .map(|(name, s)| ((*name).clone(), s["size"].as_u64().unwrap()));
    if found != sizes.collect() {
        differ.push(format!(
            "{}: streams {found:?}, expected {wanted:?}",
            entry.path
        ));
    }
    for stream in &streams {
        let Some(expected_hash) = wanted.get(&stream.name.to_string()).map(|s| &s["sha256"]) else {
            continue;
        };
        let opened = volume.open(entry.node, Some(&stream.name));
        if stream.name.is_empty() && expected["unsupported"].is_string() {
            let error = opened.err().expect("an unsupported file").to_string();
            assert!(error.starts_with("not supported: "), "{error}");
            continue;
        }
        let hash = opened
            .map_err(|error| error.to_string())
            .and_then(|stream| sha256(&*stream));
        if expected_hash.is_string() && hash.as_deref() != Ok(expected_hash.as_str().unwrap()) {
            differ.push(format!("{}:{}: {hash:?}", entry.path, stream.name));
        }
    }
}

/// What must be told of an entry that its writer has damaged.
fn check_lost(
    volume: &Volume,
    lost: &str,
    path: &GuestPath,
    found: &Listing,
    losses: &[String],
) -> bool {
    let told = losses
        .iter()
        .any(|loss| loss.starts_with(&format!("{path}: damaged: ")));
    match lost {
        "record" => told && !found.contains_key(path),
        "listing" => losses
            .iter()
            .any(|loss| loss.starts_with(&path.to_string())),
        "path" => !found.contains_key(path),
        "data" => {
            let entry = found.get(path);
            let read = entry.map(|entry| volume.open(entry.node, None).map(|data| sha256(&*data)));
            told || matches!(read, Some(Err(_) | Ok(Err(_))))
        }
        other => panic!("lost: {other}"),
    }
}

fn compare_volume(name: &str, manifest: &Value) -> Vec<String> {
    let volume = open(image(name));
    let (mut found, losses) = listing(&volume);
    let mut differ = Vec::new();
    let mut lost_paths = 0;
    for expected in manifest["entries"].as_array().unwrap() {
        let path = path_of(expected);
        if let Some(lost) = expected["lost"].as_str() {
            lost_paths += 1;
            if !check_lost(&volume, lost, &path, &found, &losses) {
                differ.push(format!("{path}: {lost} is not told as lost: {losses:?}"));
            }
            found.remove(&path);
        } else if let Some(entry) = found.remove(&path) {
            compare(&volume, expected, &entry, &mut differ);
            compare_streams(&volume, expected, &entry, &mut differ);
        } else if !path.is_root() {
            differ.push(format!("{path}: not listed"));
        }
    }
    found.retain(|_, entry| !entry.metadata.system);
    differ.extend(found.keys().map(|path| format!("{path}: not expected")));
    if lost_paths == 0 {
        differ.extend(losses);
    }
    differ.extend(compare_info(&volume, &manifest["volume"]));
    differ.extend(compare_system(&volume, &manifest["system"]));
    differ
}

fn compare_info(volume: &Volume, expected: &Value) -> Vec<String> {
    let info = volume.info();
    let found = [
        ("label", Value::from(info.label.unwrap_or_default())),
        ("serial", format!("{:016x}", info.serial).into()),
        ("dirty", info.dirty.is_some().into()),
        ("cluster_size", info.cluster_size.into()),
        ("sector_size", info.sector_size.into()),
    ];
    let differ = found.iter().filter(|(key, value)| expected[*key] != *value);
    differ
        .map(|(key, value)| format!("{key} {value}, expected {}", expected[*key]))
        .collect()
}

fn compare_system(volume: &Volume, expected: &Value) -> Vec<String> {
    let mut differ = Vec::new();
    for (path, streams) in expected.as_object().unwrap() {
        let node = tree::resolve(volume, &GuestPath::from(path.as_str())).unwrap();
        for (name, stream) in streams.as_object().unwrap() {
            let data = volume.open(node, Some(&Name::from(name.as_str()))).unwrap();
            let found = (data.size(), sha256(&*data));
            let wanted = (
                stream["size"].as_u64().unwrap(),
                Ok(stream["sha256"].as_str().unwrap().to_owned()),
            );
            if found != wanted {
                differ.push(format!("{path}:{name}: {found:?}, expected {wanted:?}"));
            }
        }
    }
    differ
}

#[test]
fn every_committed_volume_reads_as_its_writer_says() {
    let only = std::env::var("ONLY").unwrap_or_default();
    let mut failed = String::new();
    for (name, manifest) in committed() {
        if !name.contains(&only) {
            continue;
        }
        let differ = compare_volume(&name, &manifest);
        if !differ.is_empty() {
            failed += &format!(
                "\n{name}: {} differ\n  {}",
                differ.len(),
                differ[..differ.len().min(8)].join("\n  ")
            );
        }
    }
    assert!(failed.is_empty(), "{failed}");
}

/// The entries of a listing, and its losses as text, in order.
fn in_order(entries: tree::EntryIter<'_>) -> Vec<Result<Entry, String>> {
    entries
        .map(|entry| entry.map_err(|loss| loss.to_string()))
        .collect()
}

#[test]
fn the_bulk_listing_and_the_walk_agree_entry_for_entry() {
    for name in committed().into_keys() {
        let volume = open(image(&name));
        let root = GuestPath::root();
        let bulk = in_order(volume.entries(volume.root(), &root).unwrap());
        let walk = in_order(tree::walk(&volume, volume.root(), &root).unwrap());
        for (bulk, walk) in bulk.iter().zip(&walk) {
            assert_eq!(bulk, walk, "{name}");
        }
        assert_eq!(bulk.len(), walk.len(), "{name}");
    }
}

#[test]
fn bytes_before_a_lost_run_are_right() {
    let volume = open(image("broken-run-beyond"));
    let node = tree::resolve(&volume, &"folder/victim.bin".into()).unwrap();
    let data = volume.open(node, None).unwrap();
    let run = data.run_at(0, u64::MAX).unwrap();
    let mut good = vec![0; usize::try_from(run.len).unwrap()];
    data.read_exact_at(&mut good, 0).unwrap();
    assert_eq!(good.len(), 16384);
    let expected = "644b601d683a6251f7396a2f2c3ad0836d24ec75660dadc273bb0677e36207ed";
    assert_eq!(sha256_of(&good), expected);
    let fault = data.read_exact_at(&mut [0], 16384).unwrap_err().to_string();
    assert!(fault.contains("[HV-D207]"), "{fault}");
}
