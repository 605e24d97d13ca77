//! Volumes that are damaged as a whole: cut off, without a boot sector, without parts of $MFT, with
//! broken indexes, in the middle of a change. What is left of them comes, the rest is named.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use testkit::partition::{Gpt, GptPart};

use super::{plain, run};
use crate::harness::program::Ran;
use crate::harness::{Outcome, Sources, Test, temp_dir, test};
use crate::manifest::text;

pub(super) fn tests() -> Vec<Test> {
    vec![
        test!(a_cut_volume_keeps_what_is_before_the_cut),
        test!(a_cut_through_the_mft_says_how_many_records_are_gone),
        test!(copies_stand_in_for_each_of_the_first_records),
        test!(the_copy_of_the_boot_sector_is_told_once),
        test!(a_boot_sector_that_leads_nowhere_is_replaced_by_its_copy),
        test!(a_broken_index_costs_no_file),
        test!(a_directory_in_itself_keeps_its_files),
        test!(a_volume_in_the_middle_of_a_change_says_so),
    ]
}

/// The bytes of a committed volume.
fn image(name: &str) -> Vec<u8> {
    let sources = Sources::testdata(&[format!("ntfs/{name}.img.zst")]);
    std::fs::read(sources.path(&format!("{name}.img"))).expect("unpacked")
}

/// A disk of these bytes.
fn disk(bytes: &[u8]) -> Sources {
    let folder = temp_dir();
    std::fs::write(folder.path().join("disk.img"), bytes).expect("written");
    Sources::made(folder)
}

/// Where the byte of cluster `at` of the boot sector's field is.
fn place(image: &[u8], field: usize) -> usize {
    let cluster = usize::from(u16::from_le_bytes([image[11], image[12]])) * usize::from(image[13]);
    let lcn = image[field..field + 8].try_into().expect("eight bytes");
    usize::try_from(u64::from_le_bytes(lcn)).expect("small") * cluster
}

const MFT: usize = 0x30;

/// An extraction of everything.
struct Extracted {
    ran: Ran,
    dest: PathBuf,
    _out: TempDir,
}

fn extract(disk: &Path, code: i32) -> Extracted {
    let out = temp_dir();
    let dest = out.path().join("out");
    let options = ["--json", "-o", plain(&dest), "--metadata", "none"];
    let ran = run("extract", disk, &options).expect_code(code);
    Extracted {
        ran,
        dest,
        _out: out,
    }
}

/// Files and their bytes, by path.
fn files(folder: &Path, at: &str, found: &mut std::collections::BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let path = format!("{at}/{}", entry.file_name().to_string_lossy());
        match entry.file_type().expect("a type").is_dir() {
            true => files(&entry.path(), &path, found),
            false => drop(found.insert(path, std::fs::read(entry.path()).expect("a file"))),
        }
    }
}

impl Extracted {
    fn files(&self) -> std::collections::BTreeMap<String, Vec<u8>> {
        let mut found = std::collections::BTreeMap::new();
        files(&self.dest, "", &mut found);
        found
    }

    /// Paths of which something is lost.
    fn lost(&self) -> BTreeSet<String> {
        let lines = self.ran.json_lines().into_iter();
        let errors = lines.filter(|line| line["type"] == "error");
        errors.map(|line| text(&line["path"])).collect()
    }
}

fn whole(name: &str) -> std::collections::BTreeMap<String, Vec<u8>> {
    let whole = disk(&image(name));
    extract(&whole.path("disk.img"), 0).files()
}

fn a_cut_volume_keeps_what_is_before_the_cut() -> Outcome {
    let whole = whole("broken-dirty");
    for cut in [0x150_000, 0x158_000, 0x15e_800] {
        let sources = disk(&image("broken-dirty")[..cut]);
        let found = extract(&sources.path("disk.img"), 3);
        for part in [
            "HV-W219",
            &format!("{cut:#x} of 0x1ffe00 bytes"),
            "what to do: ",
        ] {
            assert!(
                found.ran.stderr.contains(part),
                "{part}: {}",
                found.ran.stderr
            );
        }
        let (lost, came) = (found.lost(), found.files());
        assert!(
            came.len() > 100 && !lost.is_empty(),
            "{cut:#x}: {}",
            came.len()
        );
        for (path, bytes) in &whole {
            let restored = came.get(path);
            assert_eq!(restored.is_none(), lost.contains(path), "{cut:#x}: {path}");
            assert!(
                restored.is_none_or(|restored| restored == bytes),
                "{cut:#x}: {path}"
            );
            if let Some(partial) = came.get(&format!("{path}.partial")) {
                let same = partial
                    .iter()
                    .zip(bytes)
                    .take_while(|(a, b)| a == b)
                    .count();
                let rest = &partial[same..];
                assert!(rest.iter().all(|byte| *byte == 0), "{cut:#x}: {path}");
            }
        }
    }
    Ok(())
}

fn a_cut_through_the_mft_says_how_many_records_are_gone() -> Outcome {
    let image = image("many");
    let end = place(&image, MFT) + (64 + 500) * 1024;
    let sources = disk(&image[..end]);
    let inspected = run("inspect", &sources.path("disk.img"), &[]);
    let told = inspected.stderr.contains("HV-W219") && inspected.stderr.contains("file records");
    assert!(told, "{}", inspected.stderr);
    let found = extract(&sources.path("disk.img"), 3);
    let (whole, came) = (whole("many"), found.files());
    assert!((400..=500).contains(&came.len()), "{}", came.len());
    for (path, bytes) in &came {
        assert_eq!(whole.get(path), Some(bytes), "{path}");
    }
    Ok(())
}

fn copies_stand_in_for_each_of_the_first_records() -> Outcome {
    let expected = whole("broken-dirty");
    for number in 0..4 {
        let mut bytes = image("broken-dirty");
        let at = place(&bytes, MFT) + number * 1024;
        bytes[at..at + 4].copy_from_slice(b"BAAD");
        let sources = disk(&bytes);
        let found = extract(&sources.path("disk.img"), 0);
        let told = format!("file record {number}: ");
        for part in ["HV-W231", &told] {
            assert!(
                found.ran.stderr.contains(part),
                "{part}: {}",
                found.ran.stderr
            );
        }
        assert!(found.files() == expected, "{number}");
    }
    Ok(())
}

/// Also where the partition is larger than the volume in it, by an odd number of sectors.
fn the_copy_of_the_boot_sector_is_told_once() -> Outcome {
    let expected = whole("broken-dirty");
    for more in [0, 512, 13 * 512] {
        let mut bytes = image("broken-dirty");
        bytes[..512].fill(0);
        bytes.resize(bytes.len() + more, 0);
        let sources = disk(&Gpt::new(vec![GptPart::data("data", bytes)]).build());
        let found = extract(&sources.path("disk.img"), 0);
        let warnings = found.ran.stderr.matches("hvrestore: warning: ").count();
        assert_eq!(warnings, 1, "{more}: {}", found.ran.stderr);
        assert!(found.ran.stderr.contains("HV-W230"), "{}", found.ran.stderr);
        assert!(found.files() == expected, "{more}");
    }
    Ok(())
}

fn a_boot_sector_that_leads_nowhere_is_replaced_by_its_copy() -> Outcome {
    let mut bytes = image("broken-dirty");
    bytes[MFT..MFT + 2].copy_from_slice(&[0x99, 0x01]);
    bytes[MFT + 8..MFT + 10].copy_from_slice(&[0x98, 0x01]);
    let sources = disk(&bytes);
    let found = extract(&sources.path("disk.img"), 0);
    assert!(found.ran.stderr.contains("HV-W230"), "{}", found.ran.stderr);
    assert!(found.files() == whole("broken-dirty"));
    Ok(())
}

fn a_broken_index_costs_no_file() -> Outcome {
    for name in ["broken-index-block", "broken-index-cycle"] {
        let sources = disk(&image(name));
        let disk = sources.path("disk.img");
        let found = extract(&disk, 3);
        assert_eq!(found.lost(), BTreeSet::from(["/many".to_owned()]), "{name}");
        let came = found.files();
        assert_eq!(came.len(), 125, "{name}");
        // Each is found by its path, too, and reads the same.
        for path in came
            .keys()
            .filter(|path| path.starts_with("/many/"))
            .step_by(7)
        {
            let read = run("cat", &disk, &[path]).expect_code(0);
            assert!(read.stdout == came[path], "{name}: {path}");
        }
    }
    Ok(())
}

fn a_directory_in_itself_keeps_its_files() -> Outcome {
    let sources = disk(&image("broken-self-parent"));
    let disk = sources.path("disk.img");
    let found = extract(&disk, 3);
    let lost = found.lost();
    assert_eq!(lost, BTreeSet::from(["/folder/inner".to_owned()]));
    let deep = &found.files()["/folder/inner/deep.txt"];
    assert_eq!(deep.len(), 900);
    let read = run("cat", &disk, &["/folder/inner/deep.txt"]).expect_code(0);
    assert!(read.stdout == *deep);
    let listed = run("ls", &disk, &["-R", "--json"]).expect_code(3);
    let paths = listed.json_lines().into_iter();
    let inner = paths.filter(|line| text(&line["path"]).starts_with("/folder/inner/"));
    assert_eq!(inner.count(), 1, "it is not in itself");
    Ok(())
}

fn a_volume_in_the_middle_of_a_change_says_so() -> Outcome {
    let sources = disk(&image("broken-dirty"));
    let disk = sources.path("disk.img");
    let why = "$Volume is marked dirty";
    let found = extract(&disk, 0);
    assert!(found.ran.stderr.contains(why), "{}", found.ran.stderr);
    let drawn = run("inspect", &disk, &[]).expect_code(0);
    assert!(drawn.text().contains(why), "{}", drawn.text());
    let document = run("inspect", &disk, &["--json"]).expect_code(0).json();
    let volume = &document["disks"][0]["partitions"][0]["volume"];
    assert_eq!(volume["dirty"], why);
    let clean = Sources::testdata(&["ntfs/plain.img.zst"]);
    let found = extract(&clean.path("plain.img"), 0);
    assert!(
        !found.ran.stderr.contains("cleanly"),
        "{}",
        found.ran.stderr
    );
    Ok(())
}
