//! What the tests of real volumes share: images and the manifests of who wrote them.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests fail loudly"
)]
#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "and count in what is at hand"
)]

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use blockio::{Cache, Memory, ReadAt};
use hvrestore_ntfs::Volume;
use serde_json::Value;
use sha2::Digest;
use tree::Time;

/// The folder of committed volumes.
pub(crate) fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/ntfs")
}

/// The folder of fixtures from elsewhere.
pub(crate) fn fixtures() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures");
    std::env::var_os("HVRESTORE_FIXTURES").map_or_else(beside, PathBuf::from)
}

/// The bytes of a `.zst` file.
pub(crate) fn unpack(path: &Path) -> Vec<u8> {
    let packed = std::fs::File::open(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let mut decoder = ruzstd::decoding::StreamingDecoder::new(packed).unwrap();
    let mut bytes = Vec::new();
    decoder.read_to_end(&mut bytes).unwrap();
    bytes
}

/// The image `name` of the committed ones.
pub(crate) fn image(name: &str) -> Vec<u8> {
    unpack(&testdata().join(format!("{name}.img.zst")))
}

/// The volume in `image`.
pub(crate) fn open(image: Vec<u8>) -> Volume {
    Volume::open(Arc::new(Memory::from(image)), "test", &Cache::default()).unwrap()
}

/// The manifest at `path`.
pub(crate) fn manifest(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// SHA-256 of all bytes, in hex, or the first fault met.
pub(crate) fn sha256(stream: &dyn ReadAt) -> Result<String, String> {
    let mut digest = sha2::Sha256::new();
    let mut buf = vec![0; 1 << 20];
    let mut at = 0;
    while at < stream.size() {
        let len = (stream.size() - at).min(1 << 20) as usize;
        stream
            .read_exact_at(&mut buf[..len], at)
            .map_err(|error| error.to_string())?;
        digest.update(&buf[..len]);
        at += len as u64;
    }
    Ok(hex(&digest.finalize()))
}

/// SHA-256 of `bytes`, in hex.
pub(crate) fn sha256_of(bytes: &[u8]) -> String {
    hex(&sha2::Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A time of a manifest: RFC 3339 with seven digits, or the number that has no year.
pub(crate) fn time(value: &Value) -> Time {
    let Some(text) = value.as_str() else {
        return Time(
            value
                .as_i64()
                .unwrap_or_else(|| value.as_u64().unwrap() as i64),
        );
    };
    let part = |range: std::ops::Range<usize>| text[range].parse::<i64>().unwrap();
    let days = days_since_1601(part(0..4), part(5..7), part(8..10));
    let seconds = ((days * 24 + part(11..13)) * 60 + part(14..16)) * 60 + part(17..19);
    Time(seconds * 10_000_000 + part(20..27))
}

fn days_since_1601(year: i64, month: i64, day: i64) -> i64 {
    let (y, m) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let from_march = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1;
    from_march - 584_694
}

/// The committed volumes: name and manifest.
pub(crate) fn committed() -> BTreeMap<String, Value> {
    let files = std::fs::read_dir(testdata())
        .unwrap()
        .map(|file| file.unwrap().path());
    let packed = files.filter(|path| path.to_string_lossy().ends_with(".img.zst"));
    packed
        .map(|path| {
            let name = path
                .file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .replace(".img.zst", "");
            let manifest = manifest(&testdata().join(format!("{name}.json")));
            (name, manifest)
        })
        .collect()
}
