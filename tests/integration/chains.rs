//! Differencing disks, made file by file: found, checked, read to the byte, or refused with the fix.
//!
//! | module | holds |
//! |---|---|
//! | [`rows`] | the table of README: the cases in which readers differ |
//! | [`parents`] | where a parent is found, and where it is not looked for |
//! | [`broken`] | links that do not hold, and the operator's word against it |
//! | [`shapes`] | sizes of sectors, blocks and disks; VHD, VHD Sets |
//! | [`losses`] | layers with damage: what they cost, and what they do not |
//! | [`formats`] | chains written as one new VHDX or VHD |
//! | [`relinked`] | copies that find their parent where it lies now |

mod broken;
mod formats;
mod losses;
mod parents;
mod relinked;
mod rows;
mod shapes;

use std::ffi::OsStr;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;
use testkit::mutate::Chance;
use testkit::vhdx::{Built, Image};
use uuid::Uuid;

use crate::harness::program::Ran;
use crate::harness::{Sources, Test, hvrestore, temp_dir};

const MIB: u64 = 1 << 20;

/// The tests of this theme.
pub(crate) fn tests() -> Vec<Test> {
    let modules = [
        rows::tests(),
        parents::tests(),
        broken::tests(),
        shapes::tests(),
        losses::tests(),
        formats::tests(),
        relinked::tests(),
    ];
    modules.into_iter().flatten().collect()
}

/// A folder that is being filled with disks.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(temp_dir())
    }

    /// Adds a disk at this path, folders included.
    fn with(self, path: &str, image: &Image) -> Self {
        self.with_file(path, &image.build())
    }

    fn with_file(self, path: &str, file: &Built) -> Self {
        let place = self.place(path);
        file.write_to(&place).expect("a disk can be written");
        self
    }

    fn with_bytes(self, path: &str, bytes: &[u8]) -> Self {
        std::fs::write(self.place(path), bytes).expect("a file can be written");
        self
    }

    fn place(&self, path: &str) -> std::path::PathBuf {
        let place = self.0.path().join(path);
        let folder = place.parent().expect("below a folder");
        std::fs::create_dir_all(folder).expect("a folder can be made");
        place
    }

    /// All disks are there: from now on nothing may change.
    fn done(self) -> Sources {
        Sources::made(self.0)
    }
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0xd15c_0000_0000_4000_8000_0000_0000_0000 + number)
}

/// Noise in which no byte is zero, so that neither zeros nor another layer's bytes pass for it.
fn noise(len: u64, seed: u64) -> Vec<u8> {
    let mut chance = Chance::new(seed);
    let words = (0..len.div_ceil(8)).flat_map(|_| chance.bits().to_le_bytes());
    let mut bytes: Vec<u8> = words.map(|byte| byte.max(1)).collect();
    bytes.truncate(usize::try_from(len).expect("disks of tests are small"));
    bytes
}

/// A dynamic disk of 4 MiB, every byte written.
fn base() -> Image {
    let mut image = Image::dynamic(4 * MIB);
    image.data_write_guid = id(1);
    image.write(0, &noise(4 * MIB, 1));
    image
}

/// A disk as large as [`base`] that is not it.
fn stranger() -> Image {
    let mut image = Image::dynamic(4 * MIB);
    image.data_write_guid = id(99);
    image.write(0, &noise(4 * MIB, 99));
    image
}

/// A child of `parent` in which some sectors here and there are written.
fn child(parent: &Image, relative: &str, number: u128) -> Image {
    let mut image = parent.child(relative, id(number));
    let sector = u64::from(image.logical_sector_size);
    let seed = u64::try_from(number).expect("a small number");
    for offset in [0, 3 * sector, MIB - sector, 2 * MIB + 8 * sector] {
        image.write(offset, &noise(2 * sector, seed * 7 + offset));
    }
    image
}

/// `hvrestore COMMAND SOURCE more...`
fn run(command: &str, source: &Path, more: &[&str]) -> Ran {
    let mut arguments = vec![OsStr::new(command), source.as_os_str()];
    arguments.extend(more.iter().map(OsStr::new));
    hvrestore(arguments)
}

/// Reads the disk at `source` in each way there is, all of which end with `code`.
fn read_as(code: i32, source: &Path, more: &[&str], expected: &[u8]) -> Value {
    read_and_show((code, code), source, more, expected)
}

/// Reads the disk at `source` as a stream and as a file, which ends with `code`, and by `inspect` and
/// by `chain`, which end with `shown`; the latter's document comes back.
fn read_and_show(
    (code, shown): (i32, i32),
    source: &Path,
    more: &[&str],
    expected: &[u8],
) -> Value {
    let streamed = run("flatten", source, &[more, &["-o", "-"]].concat()).expect_code(code);
    assert_same(&streamed.stdout, expected, "flatten -o -");
    let out = temp_dir();
    let flat = out.path().join("flat.raw");
    let to_file = ["-o", flat.to_str().expect("a plain path")];
    run("flatten", source, &[more, &to_file].concat()).expect_code(code);
    let written = std::fs::read(&flat).expect("the file is there");
    assert_same(&written, expected, "flatten -o FILE");
    let json = [more, &["--json"]].concat();
    let inspected = run("inspect", source, &json).expect_code(shown).json();
    assert_eq!(inspected["disks"][0]["size"], expected.len());
    let chain = run("chain", source, &json).expect_code(shown).json();
    assert_eq!(chain["disks"][0]["layers"], inspected["disks"][0]["layers"]);
    assert_eq!(chain["disks"][0]["broken"], Value::Null);
    chain
}

/// As [`read_as`], with nothing to remark.
fn reads(source: &Path, expected: &[u8]) -> Value {
    read_as(0, source, &[], expected)
}

/// All of it can be read, and something is wrong with the file: a finding of those that look.
fn reads_with_findings(source: &Path, expected: &[u8]) -> Value {
    read_and_show((0, 4), source, &[], expected)
}

fn assert_same(found: &[u8], expected: &[u8], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}: length");
    let differs = found.iter().zip(expected).position(|(a, b)| a != b);
    assert_eq!(differs, None, "{what}: the first byte that differs");
}

/// File name of each layer and how it was found, leaf first.
fn found(chain: &Value) -> Vec<String> {
    let layers = chain["disks"][0]["layers"]
        .as_array()
        .expect("a list of layers");
    let line = |layer: &Value| {
        let file = layer["file"].as_str().expect("a path");
        let name = file.rsplit(['/', '\\']).next().expect("a name");
        format!("{name}: {}", layer["found_by"].as_str().expect("words"))
    };
    layers.iter().map(line).collect()
}

/// The chain from `source` cannot be read, with this code; nothing of it is delivered, and every
/// message says what to do. The broken link of `chain --json` comes back.
fn refused(source: &Path, more: &[&str], code: &str) -> Value {
    let out = temp_dir();
    let flat = out.path().join("flat.raw");
    let to_file = ["-o", flat.to_str().expect("a plain path")];
    for to in [to_file, ["-o", "-"]] {
        let ran = run("flatten", source, &[more, &to].concat()).expect_code(11);
        assert!(ran.stdout.is_empty(), "bytes of a broken chain");
        assert!(ran.stderr.contains(code), "{}", ran.stderr);
        assert!(ran.stderr.contains("what to do: "), "{}", ran.stderr);
    }
    let left = std::fs::read_dir(out.path()).expect("a folder").count();
    assert_eq!(left, 0, "something was written");
    let json = [more, &["--json"]].concat();
    let inspected = run("inspect", source, &json).expect_code(11).json();
    assert_eq!(inspected["disks"][0]["error"]["code"], code);
    let text = run("chain", source, more).expect_code(11);
    assert!(text.text().contains("BROKEN"), "{}", text.text());
    assert!(text.text().contains("fix: "), "{}", text.text());
    let chain = run("chain", source, &json).expect_code(11).json();
    let broken = chain["disks"][0]["broken"].clone();
    assert_eq!(broken["code"], code);
    broken
}
