//! Chains written as one new VHDX or VHD: the same disk, to our reader and to others.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use blockio::{Cache, HostFile};
use tempfile::TempDir;
use testkit::vhdx::{Block, Image};

use super::{Folder, MIB, assert_same, base, child, id, noise, run};
use crate::harness::program::{self, Ran};
use crate::harness::{Outcome, Sources, Test, hvrestore, temp_dir, test};

pub(super) fn tests() -> Vec<Test> {
    let mut tests = vec![
        test!(every_shape_of_chain_is_the_same_disk_in_a_new_file),
        test!(the_guest_finds_the_disk_that_it_knows),
        test!(the_name_tells_the_format),
        test!(r7_only_what_is_written_takes_room),
        test!(what_a_format_cannot_hold_is_refused),
        test!(lost_bytes_make_a_new_file_partial_too),
        test!(a_pipe_gets_the_whole_file),
        test!(other_readers_agree)
            .needs_tool("qemu-img")
            .needs_tool("7zz"),
        test!(the_volume_of_a_merged_disk_is_sound).needs_tool("ntfsfix"),
    ];
    #[cfg(target_os = "linux")]
    tests.push(test!(libvhdi_agrees).needs_tool("vhdimount").needs_fuse());
    tests.extend(FIXTURES.iter().map(|fixture| {
        let name = format!("chains::formats::{}", fixture.name);
        let test = Test::new(name, || fixture_is_the_same(fixture));
        fixture
            .files
            .iter()
            .fold(test, |test, file| test.needs_fixture(file))
    }));
    tests
}

/// `hvrestore flatten SOURCE -o NAME more...`, into a folder of its own.
fn written(source: &Path, name: &str, more: &[&str]) -> (TempDir, PathBuf, Ran) {
    let out = temp_dir();
    let place = out.path().join(name);
    let to = ["-o", place.to_str().expect("a plain path")];
    let ran = run("flatten", source, &[&to, more].concat());
    (out, place, ran)
}

/// Writes `source` in each way there is into files that read as `expected`.
fn reads_the_same(source: &Path, expected: &[u8], ways: &[(&str, &[&str])]) {
    for (name, more) in ways {
        let (_out, place, ran) = written(source, name, more);
        ran.expect_code(0);
        let raw = run("flatten", &place, &["-o", "-"]).expect_code(0);
        assert_same(&raw.stdout, expected, &format!("{name} {more:?}"));
        let chain = run("chain", &place, &["--json"]).expect_code(0).json();
        assert_eq!(
            chain["disks"][0]["layers"].as_array().map(Vec::len),
            Some(1)
        );
    }
}

const VHDX: [(&str, &[&str]); 3] = [
    ("new.vhdx", &[]),
    ("large.vhdx", &["--block-size", "32M"]),
    ("fixed.vhdx", &["--fixed", "--block-size", "2M"]),
];
const VHD: [(&str, &[&str]); 3] = [
    ("new.vhd", &[]),
    ("small.vhd", &["--block-size", "512K"]),
    ("fixed.vhd", &["--fixed"]),
];

fn every_shape_of_chain_is_the_same_disk_in_a_new_file() -> Outcome {
    let mut four_kn = base();
    four_kn.logical_sector_size = 4096;
    let mut resized = child(&base(), r".\base.vhdx", 2);
    resized.disk_size = 6 * MIB + 512;
    let mut states = child(&base(), r".\base.vhdx", 2);
    states.set(1, Block::Zero);
    states.set(3, Block::Unmapped);
    let mut larger_blocks = base().child(r".\base.vhdx", id(2));
    larger_blocks.block_size = 4 << 20;
    larger_blocks.write(MIB + 512, &noise(MIB, 5));
    let mut sparse = Image::dynamic(90 * MIB);
    sparse.data_write_guid = id(1);
    sparse.write(60 * MIB + 512, &noise(3 * MIB, 6));
    for (parent, leaf) in [
        (&four_kn, child(&four_kn, r".\base.vhdx", 2)),
        (&base(), resized),
        (&base(), states),
        (&base(), larger_blocks),
        (&sparse, child(&sparse, r".\base.vhdx", 2)),
    ] {
        let expected = leaf.model(&parent.model(&[]));
        let sources = Folder::new()
            .with("base.vhdx", parent)
            .with("leaf.avhdx", &leaf)
            .done();
        let source = sources.path("leaf.avhdx");
        reads_the_same(&source, &expected, &VHDX);
        if leaf.logical_sector_size == 512 {
            reads_the_same(&source, &expected, &VHD);
        }
    }
    Ok(())
}

fn open_vhdx(path: &Path) -> vhdx::File {
    let bytes = Arc::new(HostFile::open(path).expect("it is there"));
    vhdx::File::open(bytes, "new.vhdx", &Cache::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn the_guest_finds_the_disk_that_it_knows() -> Outcome {
    let mut leaf = child(&base(), r".\base.vhdx", 2);
    leaf.disk_id = id(77);
    leaf.physical_sector_size = 4096;
    let sources = Folder::new()
        .with("base.vhdx", &base())
        .with("leaf.avhdx", &leaf)
        .done();
    let make = |name| written(&sources.path("leaf.avhdx"), name, &[]);
    let ((_a, first, ran), (_b, second, _)) = (make("a.vhdx"), make("b.vhdx"));
    ran.expect_code(0);
    let (old, first) = (open_vhdx(&sources.path("leaf.avhdx")), open_vhdx(&first));
    assert_eq!(first.disk_id(), id(77));
    assert_eq!(first.logical_sector_size(), old.logical_sector_size());
    assert_eq!(first.physical_sector_size(), 4096);
    assert_eq!(
        (first.kind(), first.block_size()),
        (vhdx::Kind::Dynamic, old.block_size())
    );
    let second = open_vhdx(&second);
    let guids = |file: &vhdx::File| [file.data_write_guid(), file.file_write_guid()];
    let mut all = [guids(&old), guids(&first), guids(&second)].concat();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 6, "each file has identifiers of its own");
    Ok(())
}

fn the_name_tells_the_format() -> Outcome {
    let begins = |name: &str, more: &[&str]| {
        let (_out, place, ran) = written("testdata/demo".as_ref(), name, more);
        ran.expect_code(0);
        let bytes = fs::read(place).expect("written");
        [&bytes[..8], &bytes[bytes.len() - 512..][..8]].map(<[u8]>::to_vec)
    };
    let [vhdx, _] = begins("disk.VHDX", &[]);
    assert_eq!(vhdx, b"vhdxfile");
    let [copy, footer] = begins("disk.vhd", &[]);
    assert_eq!([copy, footer], [b"conectix".to_vec(), b"conectix".to_vec()]);
    let [start, footer] = begins("disk.img", &["--format", "vhd", "--fixed"]);
    assert!(
        start != b"conectix" && footer == b"conectix",
        "a fixed VHD begins with the disk"
    );
    let [raw, _] = begins("disk.vhdx", &["--format", "raw"]);
    assert_ne!(raw, b"vhdxfile");
    let merged = temp_dir();
    let place = merged.path().join("merged.vhdx");
    run(
        "merge",
        "testdata/demo".as_ref(),
        &["-o", place.to_str().expect("plain")],
    )
    .expect_code(0);
    assert!(place.exists(), "merge is another word for it");
    Ok(())
}

fn r7_only_what_is_written_takes_room() -> Outcome {
    let mut sparse = Image::dynamic(400 * MIB);
    sparse.write(100 * MIB, &noise(MIB, 1));
    sparse.write(399 * MIB, &noise(512, 2));
    let sources = Folder::new().with("disk.vhdx", &sparse).done();
    let size = |name: &str, more: &[&str]| {
        let (_out, place, ran) = written(&sources.path("disk.vhdx"), name, more);
        ran.expect_code(0);
        fs::metadata(place).expect("written").len()
    };
    assert_eq!(size("a.vhdx", &[]), 6 * MIB);
    assert_eq!(size("a.vhdx", &["--block-size", "32M"]), (4 + 64) * MIB);
    assert_eq!(
        size("a.vhdx", &["--fixed", "--block-size", "32M"]),
        (4 + 416) * MIB
    );
    assert!(size("a.vhd", &[]) < 4 * MIB + 20_000);
    #[cfg(target_os = "linux")]
    {
        // A fixed disk that lies in a file with holes.
        let mut fixed = Image::fixed(400 * MIB);
        fixed.write(100 * MIB, &noise(MIB, 1));
        let sources = Folder::new().with("disk.vhdx", &fixed).done();
        let (_out, place, ran) = written(&sources.path("disk.vhdx"), "a.vhdx", &[]);
        ran.expect_code(0);
        assert!(fs::metadata(place)?.len() < 10 * MIB);
    }
    assert_eq!(size("a.vhd", &["--fixed"]), 400 * MIB + 512);
    Ok(())
}

fn what_a_format_cannot_hold_is_refused() -> Outcome {
    let mut four_kn = base();
    four_kn.logical_sector_size = 4096;
    let uneven = noise(MIB + 100, 1);
    let sources = Folder::new()
        .with("4kn.vhdx", &four_kn)
        .with("large.vhdx", &Image::dynamic(3 << 40))
        .with_bytes("uneven.img", &uneven)
        .done();
    for (source, name, more, code, part) in [
        ("4kn.vhdx", "x.vhd", &[][..], 15, "HV-E323"),
        ("large.vhdx", "x.vhd", &[], 15, "HV-E324"),
        (
            "large.vhdx",
            "x.vhd",
            &["--block-size", "1M"],
            15,
            "HV-E324",
        ),
        (
            "large.vhdx",
            "x.vhdx",
            &["--block-size", "3M"],
            15,
            "HV-E145",
        ),
        ("uneven.img", "x.vhdx", &[], 15, "HV-E146"),
        ("4kn.vhdx", "x.raw", &["--fixed"], 2, "HV-E815"),
        ("4kn.vhdx", "-", &["--block-size", "1M"], 2, "HV-E815"),
        (
            "4kn.vhdx",
            "x.vhdx",
            &["--block-size", "8G"],
            2,
            "--block-size",
        ),
    ] {
        let out = temp_dir();
        let place = out.path().join(name);
        let to = if name == "-" {
            "-"
        } else {
            place.to_str().expect("plain")
        };
        let ran = run(
            "flatten",
            &sources.path(source),
            &[&["-o", to], more].concat(),
        );
        let ran = ran.expect_code(code);
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
        assert_eq!(fs::read_dir(out.path())?.count(), 0, "{source} {name}");
    }
    Ok(())
}

fn lost_bytes_make_a_new_file_partial_too() -> Outcome {
    let mut parent = base();
    parent.block_size = 1 << 20;
    let mut cut = parent.build();
    // The last block of the disk lies last, and half of it is gone.
    cut.truncate(cut.end() - MIB / 2);
    let sources = Folder::new().with_file("base.vhdx", &cut).done();
    for name in ["x.vhdx", "x.vhd"] {
        let (out, place, ran) = written(&sources.path("base.vhdx"), name, &[]);
        let ran = ran.expect_code(3);
        assert!(ran.stderr.contains("HV-D123"), "{}", ran.stderr);
        assert!(!place.exists(), "never under the name asked for");
        let partial = format!("{name}.partial");
        let list = fs::read_to_string(out.path().join(format!("{partial}.json")))?;
        let list: serde_json::Value = serde_json::from_str(&list)?;
        assert_eq!(list["size"], 4 * MIB, "{list}");
        assert_eq!(
            list["lost"][0]["offset"],
            3 * MIB + MIB / 2,
            "by its place on the disk"
        );
        assert_eq!(list["lost_bytes"], MIB / 2);
        let rest = run("flatten", &out.path().join(partial), &["-o", "-"]).expect_code(0);
        let expected = &parent.model(&[])[..3 << 20];
        assert_same(&rest.stdout[..3 << 20], expected, "what is there");
        let streamed = run(
            "flatten",
            &sources.path("base.vhdx"),
            &["-o", "-", "--format", &name[2..]],
        );
        assert!(streamed.expect_code(3).stderr.contains("HV-E764"));
    }
    Ok(())
}

fn a_pipe_gets_the_whole_file() -> Outcome {
    let sources = Folder::new().with("base.vhdx", &base()).done();
    let more = ["-o", "-", "--format", "vhdx", "--block-size", "1M"];
    let streamed = run("flatten", &sources.path("base.vhdx"), &more).expect_code(0);
    let again = Folder::new()
        .with_bytes("again.vhdx", &streamed.stdout)
        .done();
    let raw = run("flatten", &again.path("again.vhdx"), &["-o", "-"]).expect_code(0);
    assert_same(
        &raw.stdout,
        &base().model(&[]),
        "what came through the pipe",
    );
    Ok(())
}

/// Real chains and disks, by the sum of what they read as.
struct Fixture {
    name: &'static str,
    files: &'static [&'static str],
    sha256: &'static str,
}

const FIXTURES: &[Fixture] = &[
    Fixture {
        name: "the_vhdx_chain_of_windows",
        files: &[
            "vhdx/ntfs-differential.vhdx.zst",
            "vhdx/ntfs-parent.vhdx.zst",
        ],
        sha256: "1ef1fb5360247aa7d36a38415bc7bf6e1e52f62af5e6bd1283815e82584c7efc",
    },
    Fixture {
        name: "the_vhd_chain_of_windows",
        files: &["vhd/ntfs-differential.vhd.zst", "vhd/ntfs-parent.vhd.zst"],
        sha256: "b7922a46a6b08fa4f4fc0c51a25d5587d1d49f15cfade45ca740dd07110ae144",
    },
    Fixture {
        name: "the_disk_with_a_pending_log",
        files: &["vhdx/vhdx-log-replay.vhdx.zst"],
        sha256: "3ba3b309425b7ff5e8e0199edceed95226250f880c53b24e8eae93865f3fad5e",
    },
];

fn fixture_is_the_same(fixture: &Fixture) -> Outcome {
    let sources = Sources::fixtures(fixture.files);
    let name = Path::new(fixture.files[0]).file_stem().expect("packed");
    let source = sources.path(name.to_str().expect("plain"));
    for (name, more) in [VHDX[0], VHD[0]] {
        let (_out, place, ran) = written(&source, name, more);
        ran.expect_code(0);
        let raw = run("flatten", &place, &["-o", "-"]).expect_code(0);
        assert_eq!(
            program::sha256(&raw.stdout),
            fixture.sha256,
            "{name} {more:?}"
        );
    }
    Ok(())
}

/// Runs another program, which must succeed.
fn tool(name: &str, arguments: &[&str]) -> Ran {
    let mut program = Command::new(name);
    program.args(arguments);
    program::run(program).expect_code(0)
}

/// A chain with a hole in the middle, and what it reads as.
fn chain_with_a_hole() -> (Sources, Vec<u8>) {
    let mut parent = Image::dynamic(36 * MIB);
    parent.data_write_guid = id(1);
    parent.write(0, &noise(3 * MIB, 1));
    parent.write(34 * MIB, &noise(2 * MIB, 2));
    let leaf = child(&parent, r".\base.vhdx", 2);
    let expected = leaf.model(&parent.model(&[]));
    let sources = Folder::new()
        .with("base.vhdx", &parent)
        .with("leaf.avhdx", &leaf)
        .done();
    (sources, expected)
}

fn other_readers_agree() -> Outcome {
    let (sources, expected) = chain_with_a_hole();
    let raw = temp_dir();
    let raw_path = raw.path().join("disk.raw");
    fs::write(&raw_path, &expected)?;
    for (name, more) in VHDX.iter().chain(&VHD) {
        let (_out, place, ran) = written(&sources.path("leaf.avhdx"), name, more);
        ran.expect_code(0);
        let place = place.to_str().expect("plain");
        let is_vhdx = name.ends_with("vhdx");
        let format = if is_vhdx { "vhdx" } else { "vpc" };
        if is_vhdx {
            let checked = tool("qemu-img", &["check", "-f", format, place]);
            assert!(
                checked.text().contains("No errors were found"),
                "{}",
                checked.text()
            );
        }
        let raw = raw_path.to_str().expect("plain");
        tool(
            "qemu-img",
            &["compare", "-f", format, "-F", "raw", place, raw],
        );
        let kind = if is_vhdx { "-tvhdx" } else { "-tvhd" };
        let theirs = tool("7zz", &["x", "-so", kind, place]);
        assert_same(&theirs.stdout, &expected, &format!("7zz: {name} {more:?}"));
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn libvhdi_agrees() -> Outcome {
    let (sources, expected) = chain_with_a_hole();
    for (name, more) in VHDX.iter().chain(&VHD) {
        let (_out, place, ran) = written(&sources.path("leaf.avhdx"), name, more);
        ran.expect_code(0);
        let mount = temp_dir();
        let at = mount.path().to_str().expect("plain");
        tool("vhdimount", &[place.to_str().expect("plain"), at]);
        let theirs = fs::read(mount.path().join("vhdi1"));
        tool("fusermount3", &["-u", at]);
        assert_same(&theirs?, &expected, &format!("libvhdi: {name} {more:?}"));
    }
    Ok(())
}

fn the_volume_of_a_merged_disk_is_sound() -> Outcome {
    let (_out, merged, ran) = written("testdata/demo".as_ref(), "web01.vhdx", &[]);
    ran.expect_code(0);
    let shown = run("inspect", &merged, &["--json"]).expect_code(0).json();
    let partitions = shown["disks"][0]["partitions"].as_array().expect("a list");
    let ntfs = partitions
        .iter()
        .find(|it| it["partition"] == 2)
        .expect("the second");
    let number = |key: &str| {
        let value = ntfs[key]
            .as_u64()
            .unwrap_or_else(|| panic!("{key} of {ntfs}"));
        usize::try_from(value).expect("a small disk")
    };
    let raw = hvrestore(["flatten", merged.to_str().expect("plain"), "-o", "-"]).expect_code(0);
    let volume = temp_dir();
    let volume = volume.path().join("volume.img");
    fs::write(&volume, &raw.stdout[number("start")..][..number("size")])?;
    let checked = tool("ntfsfix", &["-n", volume.to_str().expect("plain")]);
    assert!(
        checked.text().contains("successfully"),
        "{}",
        checked.text()
    );
    Ok(())
}
