//! Names that no Windows would give: that lead out of the destination, that mean a device, that are too
//! long for it, that fall together there. Nothing leaves it, nothing is merged, all of it is reported.
//!
//! | module | holds |
//! |---|---|
//! | [`configurations`] | machines beside configurations that are damaged or made to do harm |
//! | [`interrupted`] | restores that are killed, run out of room, lose their source |

mod configurations;
mod interrupted;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::archives::read::Read;
use crate::harness::program::{Ran, sha256};
use crate::harness::{Outcome, SIDECAR, Sources, Test, hvrestore, repository, temp_dir, test};
use crate::manifest::text;

/// The tests of this theme.
pub(crate) fn tests() -> Vec<Test> {
    let mut tests = vec![test!(nothing_leaves_a_tar), test!(nothing_leaves_a_zip)];
    // Elsewhere streams are files of their own, which the sums of this test do not know.
    if cfg!(target_os = "linux") {
        tests.push(test!(nothing_leaves_a_folder));
    }
    tests.extend(configurations::tests());
    tests.extend(interrupted::tests());
    tests
}

/// A name of the volume `names`, and the one that its file is given.
type Renaming = (&'static str, &'static str);

/// Names that a file cannot have: it is left out, by its name.
const REFUSED: [Renaming; 7] = [
    ("back\\slash.txt", "a/b"),
    ("quote\".txt", "a/b"),
    ("question?.txt", ".."),
    ("pipe|less<more>.txt", "../../evil"),
    ("tab\tbed.txt", "."),
    ("trailing space ", "/etc/evil.txt"),
    ("del\u{7f}.txt", "a\0b"),
];

/// Names that one destination or another cannot hold.
const KEPT: [Renaming; 5] = [
    ("con", "CON"),
    ("aux.txt", "NUL.txt"),
    ("line\nfeed.txt", "..\\..\\evil"),
    ("escape \u{1b}[31mred.txt", "C:\\evil.txt"),
    (".hidden", "evil. ."),
];

const SECTOR: usize = 512;

fn units(name: &str) -> Vec<u8> {
    name.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Gives all that is called `old` the name `new`, which is no longer: in its record and its folder's.
fn rename(image: &mut [u8], old: &str, new: &str) {
    let (old, new) = (units(old), units(new));
    assert!(new.len() <= old.len());
    let mut found = 0;
    for at in (2..image.len() - old.len()).step_by(2) {
        // Its length in units, how it is spelled, and the name, but for what fixups stand for.
        let is_it = usize::from(image[at - 2]) == old.len() / 2
            && image[at - 1] < 4
            && (0..old.len()).all(|k| (at + k) % SECTOR >= 510 || image[at + k] == old[k]);
        if is_it {
            image[at - 2] = u8::try_from(new.len() / 2).expect("a name is short");
            image[at - 1] = 0;
            for (k, byte) in new.iter().enumerate() {
                image[real_place(image, at + k)] = *byte;
            }
            found += 1;
        }
    }
    assert!(found >= 2, "its record and its entry: {found}");
}

/// Where the byte at `at` of a record really is: the last two of each sector are at its front.
fn real_place(image: &[u8], at: usize) -> usize {
    if at % SECTOR < 510 {
        return at;
    }
    let is_start = |start: &usize| {
        let head = &image[*start..];
        head.starts_with(b"FILE") || head.starts_with(b"INDX")
    };
    let starts = (0..=at / SECTOR).rev().map(|sector| sector * SECTOR);
    let start = starts.into_iter().find(is_start).expect("of a record");
    let array = usize::from(u16::from_le_bytes([image[start + 4], image[start + 5]]));
    let sector = (at - start) / SECTOR;
    start + array + 2 * (sector + 1) + at % SECTOR - 510
}

/// The volume `names` with all those names.
fn hostile() -> Sources {
    let sources = Sources::testdata(&["ntfs/names.img.zst"]);
    let mut image = fs::read(sources.path("names.img")).expect("unpacked");
    for (old, new) in REFUSED.iter().chain(&KEPT) {
        rename(&mut image, old, new);
    }
    rename(&mut image, "Folder", "..");
    rename(&mut image, &"\u{5b57}".repeat(255), &emoji());
    let folder = temp_dir();
    fs::write(folder.path().join("disk.img"), image).expect("written");
    Sources::made(folder)
}

/// As many as a name has room for.
fn emoji() -> String {
    "\u{1f600}".repeat(127) + "!"
}

/// The SHA-256 of each file that the writer made, by its path.
fn written() -> BTreeMap<String, String> {
    let manifest = fs::read(repository().join("testdata/ntfs/names.json")).expect("committed");
    let manifest: Value = serde_json::from_slice(&manifest).expect("valid JSON");
    let entries = manifest["entries"].as_array().expect("a list").iter();
    let files = entries.filter(|entry| entry["kind"] == "file");
    files
        .map(|entry| {
            let sum = text(&entry["streams"][""]["sha256"]);
            (crate::manifest::exact_path(entry), sum)
        })
        .collect()
}

fn extract(source: &Path, dest: &Path, code: i32) -> Ran {
    let arguments = [OsStr::new("extract"), source.as_os_str()];
    let more = ["--json", "-v", "-o"].map(OsStr::new);
    let all = arguments.into_iter().chain(more).chain([dest.as_os_str()]);
    hvrestore(all).expect_code(code)
}

/// The sums of all files that `files` are, which are those that were not refused, each once.
fn all_but_the_refused<'a>(files: impl Iterator<Item = &'a [u8]>) {
    let mut written = written();
    for (old, _) in REFUSED {
        let refused = written.remove(&format!("/{old}"));
        assert!(refused.is_some(), "{old} is a file");
    }
    written.remove("/twins/Folder/a.txt").expect("a file");
    let mut expected: Vec<_> = written.into_values().collect();
    let mut found: Vec<_> = files.map(sha256).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
}

/// Each refused name is named, and whatever has another name than in the guest is, with both.
fn is_reported(ran: &Ran) {
    let lines = ran.json_lines();
    for (_, new) in REFUSED.iter().chain(&[("", "..")]) {
        let name = format!("has the name {new:?}").replace("\\0", "\\x00");
        let is_it =
            |line: &&Value| line["code"] == "HV-D211" && text(&line["message"]).contains(&name);
        assert!(lines.iter().any(|line| is_it(&line)), "{name}");
    }
    let of_kind = |kind: &'static str| lines.iter().filter(move |line| line["type"] == kind);
    let renamed: BTreeSet<_> = of_kind("note")
        .filter(|line| line["code"] == "HV-W758")
        .map(crate::manifest::exact_path)
        .collect();
    for line in of_kind("restored").filter(|line| line["path"] != "/") {
        let (path, to) = (crate::manifest::exact_path(line), text(&line["to"]));
        let own = path.rsplit('/').next().expect("a name");
        assert!(
            renamed.contains(&path) || line["to"].is_null() || to.ends_with(own),
            "{line} is not reported"
        );
    }
    assert!(renamed.contains(&format!("/{}", emoji())));
}

fn nothing_leaves_a_folder() -> Outcome {
    let (source, out) = (hostile(), temp_dir());
    let dest = out.path().join("a/b/out");
    fs::create_dir_all(dest.parent().expect("a folder"))?;
    let ran = extract(&source.path("disk.img"), &dest, 3);
    is_reported(&ran);
    let files = files_below(out.path());
    assert!(files.keys().all(|path| path.starts_with("/a/b/out/")));
    let files = files.iter().filter(|(path, _)| !path.ends_with(SIDECAR));
    all_but_the_refused(files.map(|(_, bytes)| &**bytes));
    assert!(!Path::new("/etc/evil.txt").exists());
    Ok(())
}

/// All files below `folder` by their paths, which need not be Unicode.
fn files_below(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![(folder.to_owned(), String::new())];
    while let Some((folder, path)) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let entry = entry.expect("an entry");
            let path = format!("{path}/{}", entry.file_name().to_string_lossy());
            match entry.file_type().expect("a kind").is_dir() {
                true => folders.push((entry.path(), path)),
                false => drop(found.insert(path, fs::read(entry.path()).expect("readable"))),
            }
        }
    }
    found
}

fn nothing_leaves_a_tar() -> Outcome {
    nothing_leaves("out.tar").map(drop)
}

fn nothing_leaves_a_zip() -> Outcome {
    let members = nothing_leaves("out.zip")?;
    let folded: BTreeSet<_> = members.iter().map(|name| name.to_lowercase()).collect();
    assert_eq!(folded.len(), members.len(), "alike: {members:?}");
    let win32 = |name: &str| {
        let stem = name.split('.').next().unwrap_or_default();
        !name.contains(['\\', ':', '*', '?', '"', '<', '>', '|'])
            && !name.ends_with(['.', ' '])
            && !["con", "nul", "aux"].contains(&&*stem.to_lowercase())
    };
    for name in members.iter().flat_map(|member| member.split('/')) {
        assert!(win32(name), "Windows cannot unpack {name}");
    }
    Ok(())
}

/// The names of the members of an archive with all of the volume.
fn nothing_leaves(name: &str) -> Result<Vec<String>, libtest_mimic::Failed> {
    let (source, out) = (hostile(), temp_dir());
    let archive = out.path().join(name);
    is_reported(&extract(&source.path("disk.img"), &archive, 3));
    // Reading it fails where a member leads out, or two have one name.
    let read = Read::new(&archive);
    let names: Vec<_> = read.members.keys().cloned().collect();
    assert!(names.iter().all(|name| !name.starts_with('/')));
    let is_file = |(name, bytes): &(&String, &Vec<u8>)| **name != *SIDECAR && !bytes.is_empty();
    let files = read.members.iter().filter(is_file);
    all_but_the_refused(files.map(|(_, bytes)| &**bytes));
    Ok(names)
}
