//! `relink`: copies that find their parent where it lies now.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use blockio::{EditedFile, WriteAt};
use testkit::vhd;
use testkit::vhdx::Image;
use uuid::Uuid;

use super::{Folder, MIB, assert_same, base, child, id, noise, run, stranger};
use crate::harness::program::{self, Ran};
use crate::harness::{Outcome, Sources, Test, temp_dir, test};

pub(super) fn tests() -> Vec<Test> {
    vec![
        test!(a_moved_and_renamed_parent_is_found_by_the_copy),
        test!(a_vhd_is_relinked_too),
        test!(a_parent_of_another_id_is_taken_on_the_operators_word_only),
        test!(a_pending_log_is_replayed_into_the_copy),
        test!(nothing_is_overwritten_and_nothing_is_left),
        test!(what_cannot_be_linked_is_refused),
        test!(a_link_that_fails_further_down_is_said),
        test!(seven_zip_reads_the_copy).needs_tool("7zz"),
        test!(qemu_finds_a_replayed_log_clean)
            .needs_tool("qemu-img")
            .needs_fixture(LOGGED),
        test!(the_chain_of_windows_is_relinked)
            .needs_fixture("vhdx/ntfs-differential.vhdx.zst")
            .needs_fixture("vhdx/ntfs-parent.vhdx.zst"),
    ]
}

const LOGGED: &str = "vhdx/vhdx-log-replay.vhdx.zst";

/// `hvrestore relink CHILD --parent PARENT -o COPY more...`
fn relink(child: &Path, parent: &Path, copy: &Path, more: &[&str]) -> Ran {
    let plain = |path: &Path| path.to_str().expect("a plain path").to_owned();
    let (parent, copy) = (plain(parent), plain(copy));
    let named = ["--parent", &parent, "-o", &copy];
    run("relink", child, &[&named, more].concat())
}

/// A folder in which a parent was moved and renamed. The copy goes beside it: it must be writable,
/// so it is a folder of its own, whose files must not change.
fn moved(parent: &Image, leaf: &Image) -> (Sources, Vec<u8>) {
    let expected = leaf.model(&parent.model(&[]));
    let sources = Folder::new()
        .with("old place/leaf.avhdx", leaf)
        .with("bases/renamed.vhdx", parent)
        .done();
    (sources, expected)
}

/// A folder with a copy of the parent in it, `bases/renamed.vhdx`, to put copies of children into.
fn beside(sources: &Sources) -> (tempfile::TempDir, PathBuf) {
    let out = temp_dir();
    fs::create_dir(out.path().join("bases")).expect("made");
    let parent = out.path().join("bases/renamed.vhdx");
    fs::copy(sources.path("bases/renamed.vhdx"), &parent).expect("copied");
    (out, parent)
}

fn a_moved_and_renamed_parent_is_found_by_the_copy() -> Outcome {
    let leaf = child(&base(), r".\base.vhdx", 2);
    let (sources, expected) = moved(&base(), &leaf);
    let (out, parent) = beside(&sources);
    let copy = out.path().join("leaf.avhdx");
    let old = sources.path("old place/leaf.avhdx");
    let ran = relink(&old, &parent, &copy, &["--json"]).expect_code(0);
    for part in [
        "wrote",
        r"relative_path: .\base.vhdx is now .\bases\renamed.vhdx",
    ] {
        let shown = ran.stderr.replace("\\\\", "\\");
        assert!(shown.contains(part), "{part}: {}", ran.stderr);
    }
    let told = ran.json();
    assert_eq!(told["type"], "relink");
    assert_eq!(told["log_replayed"], false);
    assert_eq!(told["changes"][0]["to"], r".\bases\renamed.vhdx");
    let raw = run("flatten", &copy, &["-o", "-"]).expect_code(0);
    assert_same(&raw.stdout, &expected, "the copy's disk");
    let chain = run("chain", &copy, &["--json"]).expect_code(0).json();
    assert_eq!(chain["disks"][0]["layers"][1]["found_by"], "relative path");
    let again = relink(&old, &parent, &out.path().join("bases"), &["-q"]).expect_code(0);
    assert_eq!(again.stderr, "");
    let into_folder = out.path().join("bases/leaf.avhdx");
    let raw = run("flatten", &into_folder, &["-o", "-"]).expect_code(0);
    assert_same(
        &raw.stdout,
        &expected,
        "the copy in a folder that was named",
    );
    let path = r"D:\VMs\web01\renamed.vhdx";
    let windows = out.path().join("w.avhdx");
    let ran = run(
        "reconnect",
        &old,
        &[
            "--parent",
            parent.to_str().expect("plain"),
            "-o",
            windows.to_str().expect("plain"),
            "--windows-path",
            path,
        ],
    );
    ran.expect_code(0);
    let locator = open_vhdx(&windows);
    let locator = locator.parent_locator().expect("it has a parent");
    assert_eq!(locator.absolute_win32_path.as_deref(), Some(path));
    assert_eq!(locator.volume_path, None);
    Ok(())
}

fn open_vhdx(path: &Path) -> vhdx::File {
    let bytes = Arc::new(blockio::HostFile::open(path).expect("it is there"));
    vhdx::File::open(bytes, "copy.avhdx", &blockio::Cache::default()).expect("it opens")
}

fn a_vhd_is_relinked_too() -> Outcome {
    let mut parent = vhd::Image::new(vhd::Kind::Dynamic, 4 * MIB, 2 << 20);
    parent.unique_id = id(1);
    parent.write(0, &noise(4 * MIB, 1));
    let mut leaf = vhd::Image::child_of(&parent, "base.vhd", id(2));
    leaf.write(512, &noise(1024, 2));
    let mut expected = noise(4 * MIB, 1);
    expected[512..1536].copy_from_slice(&noise(1024, 2));
    let sources = Folder::new()
        .with_bytes("leaf.avhd", &leaf.to_bytes())
        .done();
    let out = temp_dir();
    fs::create_dir(out.path().join("bases"))?;
    let place = out.path().join("bases/b.vhd");
    fs::write(&place, parent.to_bytes())?;
    let copy = out.path().join("leaf.avhd");
    let ran = relink(&sources.path("leaf.avhd"), &place, &copy, &[]).expect_code(0);
    assert!(ran.stderr.contains("W2ru"), "{}", ran.stderr);
    let raw = run("flatten", &copy, &["-o", "-"]).expect_code(0);
    assert_same(&raw.stdout, &expected, "the copy's disk");
    Ok(())
}

fn a_parent_of_another_id_is_taken_on_the_operators_word_only() -> Outcome {
    let leaf = child(&base(), r".\base.vhdx", 2);
    let (sources, expected) = moved(&stranger(), &leaf);
    let (out, parent) = beside(&sources);
    let copy = out.path().join("leaf.avhdx");
    let old = sources.path("old place/leaf.avhdx");
    let ran = relink(&old, &parent, &copy, &[]).expect_code(11);
    for part in [
        "HV-E515",
        &id(1).to_string(),
        &id(99).to_string(),
        "--accept-mismatch",
    ] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    assert!(!copy.exists());
    let ran = relink(&old, &parent, &copy, &["--accept-mismatch"]).expect_code(3);
    assert!(ran.stderr.contains("HV-W513"), "{}", ran.stderr);
    let locator = open_vhdx(&copy);
    let linkage = locator.parent_locator().expect("it has one").linkage;
    assert_eq!(
        linkage,
        id(99),
        "the parent's own identifier is written down"
    );
    let raw = run("flatten", &copy, &["-o", "-"]).expect_code(0);
    assert_same(
        &raw.stdout,
        &expected,
        "the copy's disk, without a word more",
    );
    Ok(())
}

fn a_pending_log_is_replayed_into_the_copy() -> Outcome {
    let leaf = child(&base(), r".\base.vhdx", 2);
    let expected = leaf.model(&base().model(&[]));
    let mut dirty = leaf.build();
    let pages = [dirty.layout.bat.start, dirty.layout.bitmaps[&0]];
    dirty.make_dirty(&pages, 0x3000);
    let sources = Folder::new()
        .with("bases/renamed.vhdx", &base())
        .with_file("leaf.avhdx", &dirty)
        .done();
    let (out, parent) = beside(&sources);
    let copy = out.path().join("leaf.avhdx");
    let ran = relink(&sources.path("leaf.avhdx"), &parent, &copy, &["--json"]).expect_code(0);
    assert!(
        ran.stderr.contains("log replayed into the copy"),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.json()["log_replayed"], true);
    assert!(open_vhdx(&copy).log_replay().is_none());
    let raw = run("flatten", &copy, &["-o", "-"]).expect_code(0);
    assert_same(&raw.stdout, &expected, "the copy's disk");
    Ok(())
}

fn nothing_is_overwritten_and_nothing_is_left() -> Outcome {
    let leaf = child(&base(), r".\base.vhdx", 2);
    let (sources, _) = moved(&base(), &leaf);
    let (out, parent) = beside(&sources);
    let old = sources.path("old place/leaf.avhdx");
    let taken = out.path().join("taken.avhdx");
    fs::write(&taken, "mine")?;
    for copy in [&taken, &old, &parent] {
        let ran = relink(&old, &parent, copy, &[]).expect_code(16);
        assert!(ran.stderr.contains("HV-E751"), "{}", ran.stderr);
    }
    assert_eq!(fs::read(&taken)?, b"mine");
    let nowhere = out.path().join("no/such/leaf.avhdx");
    relink(&old, &parent, &nowhere, &[]).expect_code(16);
    assert_eq!(
        fs::read_dir(out.path())?.count(),
        2,
        "the parent's folder and what was there"
    );
    Ok(())
}

fn what_cannot_be_linked_is_refused() -> Outcome {
    let leaf = child(&base(), r".\base.vhdx", 2);
    let (sources, _) = moved(&base(), &leaf);
    let (out, parent) = beside(&sources);
    let copy = out.path().join("leaf.avhdx");
    let old = sources.path("old place/leaf.avhdx");
    let mut four_kn = base();
    four_kn.logical_sector_size = 4096;
    let others = Folder::new()
        .with("4kn.vhdx", &four_kn)
        .with_bytes("raw.img", &noise(MIB, 1))
        .with("cut.avhdx", &leaf)
        .done();
    let refused = |child: &Path, parent: &Path, more: &[&str], code, part: &str| {
        let ran = relink(child, parent, &copy, more).expect_code(code);
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
        assert!(ran.stderr.contains("what to do: "), "{}", ran.stderr);
        assert!(!copy.exists(), "{part}");
    };
    refused(&parent, &parent, &[], 15, "HV-E141");
    refused(&old, &others.path("4kn.vhdx"), &[], 11, "HV-E506");
    refused(
        &old,
        &others.path("raw.img"),
        &["--accept-mismatch"],
        11,
        "HV-E507",
    );
    refused(&old, &old, &[], 11, "HV-E515");
    refused(&out.path().join("gone.avhdx"), &parent, &[], 10, "HV-E602");
    refused(
        &old,
        &parent,
        &["--windows-path", "renamed.vhdx"],
        2,
        "HV-E815",
    );
    refused(
        &old,
        &parent,
        &["--windows-path", r"D:\other.vhdx"],
        2,
        "HV-E815",
    );
    // No command line of Windows is that long.
    if !cfg!(windows) {
        let long = format!(r"D:\{}\renamed.vhdx", "x".repeat(40_000));
        refused(&old, &parent, &["--windows-path", &long], 15, "HV-E142");
    }
    refused(&old, &old, &["--accept-mismatch"], 11, "HV-E504");
    Ok(())
}

fn a_link_that_fails_further_down_is_said() -> Outcome {
    let middle = child(&base(), r".\gone.vhdx", 2);
    let leaf = child(&middle, r".\middle.avhdx", 3);
    let sources = Folder::new().with("leaf.avhdx", &leaf).done();
    let out = temp_dir();
    let parent = out.path().join("moved.avhdx");
    middle.build().write_to(&parent)?;
    let copy = out.path().join("leaf.avhdx");
    let ran = relink(&sources.path("leaf.avhdx"), &parent, &copy, &[]).expect_code(3);
    for part in ["HV-E501", "gone.vhdx", "further down"] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    assert!(copy.exists(), "its own link holds");
    Ok(())
}

fn seven_zip_reads_the_copy() -> Outcome {
    let leaf = child(&base(), r".\base.vhdx", 2);
    let (sources, expected) = moved(&base(), &leaf);
    let (out, parent) = beside(&sources);
    let copy = out.path().join("bases/leaf.avhdx");
    relink(&sources.path("old place/leaf.avhdx"), &parent, &copy, &[]).expect_code(0);
    let mut seven_zip = std::process::Command::new("7zz");
    seven_zip.args(["x", "-so", "-tvhdx"]).arg(&copy);
    let theirs = program::run(seven_zip).expect_code(0);
    assert_same(&theirs.stdout, &expected, "7zz");
    drop(out);
    Ok(())
}

fn qemu_finds_a_replayed_log_clean() -> Outcome {
    let sources = Sources::fixtures(&[LOGGED]);
    let out = temp_dir();
    let copy = out.path().join("copy.vhdx");
    fs::copy(sources.path("vhdx-log-replay.vhdx"), &copy)?;
    let file = fs::File::options().read(true).write(true).open(&copy)?;
    let file: Arc<dyn WriteAt> = Arc::new(EditedFile::new(file)?);
    let replay = vhdx::edit::replay_log(&file, "copy.vhdx", Uuid::from_u128(5))?;
    assert!(replay.is_some());
    drop(file);
    let mut qemu = std::process::Command::new("qemu-img");
    qemu.args(["check", "-f", "vhdx"]).arg(&copy);
    let checked = program::run(qemu).expect_code(0);
    assert!(
        checked.text().contains("No errors were found"),
        "{}",
        checked.text()
    );
    let raw = out.path().join("theirs.raw");
    let mut qemu = std::process::Command::new("qemu-img");
    qemu.args(["convert", "-f", "vhdx", "-O", "raw"])
        .args([&copy, &raw]);
    program::run(qemu).expect_code(0);
    assert_eq!(
        program::sha256(&fs::read(&raw)?),
        "3ba3b309425b7ff5e8e0199edceed95226250f880c53b24e8eae93865f3fad5e"
    );
    Ok(())
}

fn the_chain_of_windows_is_relinked() -> Outcome {
    let sources = Sources::fixtures(&[
        "vhdx/ntfs-differential.vhdx.zst",
        "vhdx/ntfs-parent.vhdx.zst",
    ]);
    let out = temp_dir();
    let parent = out.path().join("another name.vhdx");
    fs::copy(sources.path("ntfs-parent.vhdx"), &parent)?;
    let copy = out.path().join("copy.avhdx");
    relink(&sources.path("ntfs-differential.vhdx"), &parent, &copy, &[]).expect_code(0);
    let raw = run("flatten", &copy, &["-o", "-"]).expect_code(0);
    assert_eq!(
        program::sha256(&raw.stdout),
        "1ef1fb5360247aa7d36a38415bc7bf6e1e52f62af5e6bd1283815e82584c7efc"
    );
    Ok(())
}
