//! NTFS volumes as destinations: Hyper-V attaches no disk whose file is marked as sparse or compressed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{MIB, Web, names, run_on};
use crate::harness::machines::{Format, Layout, State};
use crate::harness::ntfs_volume::{NtfsVolume, TOOLS};
use crate::harness::program::run;
use crate::harness::{Outcome, Test, test};

pub(super) fn tests() -> Vec<Test> {
    let tests = [
        test!(r33_what_is_restored_onto_ntfs_has_no_marks),
        test!(r33_other_disk_files_have_no_marks_either),
    ];
    let mounted = tests.into_iter().map(|test| test.needs_root().needs_fuse());
    mounted
        .map(|test| TOOLS.into_iter().fold(test, Test::needs_tool))
        .collect()
}

/// FILE_ATTRIBUTE_SPARSE_FILE, COMPRESSED, ENCRYPTED.
const MARKS: u32 = 0x200 | 0x800 | 0x4000;

/// The attributes that ntfs-3g knows of a file.
fn attributes(path: &Path) -> u32 {
    let mut ask = Command::new("getfattr");
    ask.args(["--only-values", "-n", "system.ntfs_attrib_be"]);
    ask.arg(path);
    let ran = run(ask).expect_code(0);
    u32::from_be_bytes(ran.stdout[..].try_into().expect("4 bytes"))
}

/// A folder in which new files are compressed.
fn compressed(volume: &NtfsVolume) -> PathBuf {
    let folder = volume.point().join("vms");
    fs::create_dir(&folder).expect("made");
    let mut mark = Command::new("setfattr");
    mark.args(["-n", "system.ntfs_attrib_be", "-v", "0x00000810"]);
    mark.arg(&folder);
    run(mark).expect_code(0);
    fs::write(folder.join("other"), "is compressed").expect("written");
    assert_ne!(attributes(&folder.join("other")) & 0x800, 0);
    folder
}

/// Makes every file of the source that is a disk one with holes, as backups on Linux have.
fn with_holes(web: &Web) {
    for state in [State::Now, web.clean, web.update] {
        for disk in [web.system, web.data] {
            let mut dig = Command::new("fallocate");
            dig.arg("--dig-holes").arg(web.made.disk_file(state, disk));
            run(dig).expect_code(0);
        }
    }
}

fn r33_what_is_restored_onto_ntfs_has_no_marks() -> Outcome {
    for how in [&["--verify"][..], &["--as-of", "Clean install"]] {
        let web = Web::new(Format::Vmcx, Layout::Flat);
        with_holes(&web);
        let volume = NtfsVolume::new(256 * MIB);
        let out = compressed(&volume).join("restored");
        super::restore(web.sources.folder(), &out, how).expect_code(0);
        let files = names(&out);
        let disks = files
            .iter()
            .filter(|name| name.contains("Virtual Hard Disks/"));
        assert!(disks.count() >= 2, "{files:?}");
        for file in files {
            let found = attributes(&out.join(&file));
            assert_eq!(found & MARKS, 0, "{file}: {found:#x} after {how:?}");
        }
    }
    Ok(())
}

fn r33_other_disk_files_have_no_marks_either() -> Outcome {
    let web = Web::new(Format::Vmcx, Layout::Flat);
    with_holes(&web);
    let volume = NtfsVolume::new(256 * MIB);
    let out = |name: &str| volume.point().join(name).to_string_lossy().into_owned();
    let leaf = web.made.disk_file(State::Now, web.system);
    for format in ["vhdx", "vhd"] {
        let out = out(&format!("flat.{format}"));
        run_on("flatten", leaf, &["--format", format, "-q", "-o", &out]).expect_code(0);
    }
    let parent = web.made.disk_file(web.clean, web.system);
    let parent = parent.to_string_lossy().into_owned();
    let copy = out("relinked.avhdx");
    run_on("relink", leaf, &["--parent", &parent, "-o", &copy]).expect_code(0);
    for name in ["flat.vhdx", "flat.vhd", "relinked.avhdx"] {
        assert_eq!(attributes(Path::new(&out(name))) & MARKS, 0, "{name}");
    }
    // A raw image is no disk that Windows attaches: it may have holes, and has.
    let raw = out("flat.img");
    run_on("flatten", leaf, &["-q", "-o", &raw]).expect_code(0);
    assert_eq!(attributes(Path::new(&raw)) & MARKS, 0x200);
    Ok(())
}
