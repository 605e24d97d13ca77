//! Manifests of all sorts, true and hostile, put back through a platform that keeps a record.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::sync::Mutex;

use super::*;
use crate::hostfs::{Kept, Part, StreamHome};
use crate::sidecar::NAME;
use crate::sink::lock;

/// A platform that holds everything and writes down what it is given.
struct Recorded {
    log: Mutex<Vec<String>>,
    holds: Parts,
}

impl Recorded {
    fn new(holds: Parts) -> Self {
        Self {
            log: Mutex::default(),
            holds,
        }
    }

    fn say(&self, text: String) {
        lock(&self.log).push(text);
    }
}

impl Calls for Recorded {
    fn stream_home(&self, _: &Dir) -> StreamHome {
        StreamHome::Streams
    }
    fn holds(&self, _: &Dir) -> Parts {
        self.holds
    }
    fn keep(&self, _: &File, kept: &Kept, _: Parts) -> io::Result<()> {
        self.say(format!("keep {:#x}", kept.attributes.0));
        Ok(())
    }
    fn keep_link(&self, _: &Dir, name: &OsStr, _: &Kept) -> io::Result<()> {
        self.say(format!("link {}", name.display()));
        Ok(())
    }
    fn set_explicit_security(&self, _: &File, value: &[u8]) -> io::Result<()> {
        self.say(format!("explicit {}", sddl(value)));
        Ok(())
    }
    fn is_known(&self, sid: &[u8]) -> Option<bool> {
        Some(security::Sid::parse(sid).is_ok_and(|(sid, _)| !sid.is_of_a_domain()))
    }
    fn set_part(&self, _: &File, part: Part, value: &[u8]) -> io::Result<()> {
        match part {
            Part::Security => self.say(format!("security {}", sddl(value))),
            part => self.say(format!("{} {}", part.words(), value.len())),
        }
        Ok(())
    }
    fn set_xattr(&self, _: &File, _: &OsStr, _: &[u8]) -> io::Result<()> {
        unreachable!("it has streams")
    }
    fn create_stream(&self, dir: &Dir, _: Option<&OsStr>, stream: &OsStr) -> io::Result<File> {
        self.say(format!("stream {}", stream.display()));
        dir.create_new(OsStr::new("the stream"))
    }
    fn remove_stream(&self, _: &Dir, _: Option<&OsStr>, _: &OsStr) -> io::Result<()> {
        unreachable!("nothing fails")
    }
    fn make_sparse(&self, _: &File) -> io::Result<()> {
        unreachable!("nothing is copied")
    }
}

fn sddl(bytes: &[u8]) -> String {
    security::Descriptor::parse(bytes).expect("whole").sddl()
}

/// Puts `manifest` back onto a folder with `a`, `d`, `d/b`; what was told and what was called.
fn apply(
    manifest: &str,
    options: &Options,
    holds: Parts,
) -> (tempfile::TempDir, Vec<Applied>, Summary, Vec<String>) {
    let temp = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(temp.path().join("d")).expect("made");
    for file in ["a", "d/b"] {
        fs::write(temp.path().join(file), file).expect("written");
    }
    let path = temp.path().join(NAME);
    fs::write(&path, manifest).expect("written");
    let calls = Recorded::new(holds);
    let mut told = Vec::new();
    let never = AtomicBool::new(false);
    let mut tell = |applied: &Applied| told.push(applied.clone());
    let summary = run_with(&path, temp.path(), options, &calls, &never, &mut tell);
    let log = lock(&calls.log).clone();
    (temp, told, summary.expect("it can be read"), log)
}

fn item(to: &str, kind: &str, more: &str) -> String {
    let times = ["created", "modified", "changed", "accessed"]
        .map(|time| format!("\"{time}\":\"2020-10-11T11:38:09.5045259Z\""))
        .join(",");
    format!(
        "{{\"type\":\"item\",\"to\":\"{to}\",\"kind\":\"{kind}\",{times},\"attribute_bits\":32{more}}}\n"
    )
}

const HEADER: &str = "{\"type\":\"header\",\"format\":1}\n";
const TABLE: &str = "{\"type\":\"security\",\"id\":\"s\",\"sddl\":\"O:S-1-5-21-1-2-3-1001G:SYD:(A;;FA;;;SY)(A;ID;FR;;;WD)\"}\n";

#[test]
fn files_come_first_and_folders_last_each_with_all_it_has() {
    let more =
        ",\"security\":\"s\",\"object_id\":\"AAAAAAAAAAAAAAAAAAAAAA==\",\"short_name\":\"A~1\"";
    let manifest = [
        HEADER,
        TABLE,
        &item("d", "dir", ""),
        &item("a", "file", more),
        &item(
            "d/b",
            "file",
            ",\"extended_attributes\":[{\"name\":\"E\",\"flags\":0,\"value\":\"AAA=\"}]",
        ),
    ];
    let options = Options {
        sids: SidMap::parse("S-1-5-21-1-2-3=S-1-5-21-4-5-6").expect("a pair"),
        ..Options::default()
    };
    let (_temp, told, summary, log) = apply(&manifest.concat(), &options, Parts::ALL);
    let list = if cfg!(windows) { "D:P" } else { "D:" };
    let expected = [
        "object id 16",
        "short name 3",
        &format!("security O:S-1-5-21-4-5-6-1001G:SY{list}(A;;FA;;;SY)(A;ID;FR;;;WD)"),
        "keep 0x20",
        "extended attributes 12",
        "keep 0x20",
        "keep 0x20",
    ];
    assert_eq!(log, expected);
    let places: Vec<_> = told
        .iter()
        .flat_map(|applied| applied.to.as_deref())
        .collect();
    assert_eq!(places, ["a", "d/b", "d"]);
    assert_eq!((summary.items, summary.problems), (3, 0));
    assert_eq!(summary.unresolved, ["S-1-5-21-4-5-6-1001"]);
}

#[test]
fn inherited_entries_are_left_to_the_new_parent() {
    let manifest = [HEADER, TABLE, &item("a", "file", ",\"security\":\"s\"")].concat();
    let options = Options {
        acl: AclMode::Inherit,
        ..Options::default()
    };
    let (_temp, _, _, log) = apply(&manifest, &options, Parts::ALL);
    assert_eq!(log[0], "explicit O:S-1-5-21-1-2-3-1001G:SYD:(A;;FA;;;SY)");
}

#[test]
fn the_last_line_about_a_place_counts_even_of_a_later_run() {
    let later = item("a", "file", "").replace(":32", ":1");
    let manifest = [HEADER, &item("a", "file", ""), HEADER, &later].concat();
    let (_temp, told, _, log) = apply(&manifest, &Options::default(), Parts::ALL);
    assert_eq!(log, ["keep 0x1"]);
    assert_eq!(told[0].line, 4);
}

#[test]
fn hostile_lines_are_refused_one_by_one() {
    let lines = [
        item("../x", "file", ""),
        item("/etc/passwd", "file", ""),
        item("d/../../x", "file", ""),
        item("missing", "file", ""),
        item("d", "file", ""),
        item("a", "file", ",\"security\":\"none\""),
        "{\"type\":\"item\",\"to\":7}\n".to_owned(),
        "{\"torn\":".to_owned(),
    ];
    let manifest = format!("{HEADER}{}\n{}", lines.concat(), item("d/b", "file", ""));
    let (_temp, told, summary, log) = apply(&manifest, &Options::default(), Parts::ALL);
    assert_eq!(log, ["keep 0x20"], "the good one is put back all the same");
    let codes = told.iter().flat_map(|applied| &applied.problems);
    let mut codes: Vec<_> = codes.map(|problem| problem.code.id).collect();
    codes.sort_unstable();
    let expected = [
        "HV-E793", "HV-E793", "HV-E793", "HV-E794", "HV-E794", "HV-E794", "HV-E795", "HV-E795",
    ];
    assert_eq!((codes, summary.items), (expected.to_vec(), 1));
}

#[cfg(unix)]
#[test]
fn no_link_is_followed_on_the_way() {
    let temp = tempfile::tempdir().expect("a temporary folder");
    let dir = temp.path().join("dir");
    fs::create_dir(&dir).expect("made");
    fs::write(temp.path().join("outside"), "x").expect("written");
    std::os::unix::fs::symlink("..", dir.join("up")).expect("made");
    std::os::unix::fs::symlink("../outside", dir.join("l")).expect("made");
    let manifest = temp.path().join(NAME);
    let lines = [
        HEADER,
        &item("up/outside", "file", ""),
        &item("l", "file", ""),
    ];
    fs::write(&manifest, lines.concat()).expect("written");
    let calls = Recorded::new(Parts::ALL);
    let never = AtomicBool::new(false);
    let summary = run_with(
        &manifest,
        &dir,
        &Options::default(),
        &calls,
        &never,
        &mut |_| {},
    );
    assert_eq!(summary.expect("it can be read").problems, 2);
    assert!(lock(&calls.log).is_empty());
}

#[test]
fn what_is_not_held_is_told_once_and_nothing_changes_in_a_dry_run() {
    let manifest = [HEADER, TABLE, &item("a", "file", ",\"security\":\"s\"")].concat();
    let (_temp, _, summary, log) = apply(&manifest, &Options::default(), Parts::NONE);
    assert_eq!(log, ["keep 0x20"]);
    assert_eq!(
        summary.not_held.words(),
        "creation time, attributes, security descriptor"
    );
    let dry = Options {
        dry_run: true,
        ..Options::default()
    };
    let (_temp, _, summary, log) = apply(&manifest, &dry, Parts::ALL);
    assert!(log.is_empty() && summary.items == 1, "{log:?}");
}

#[test]
fn a_stream_beside_goes_back_into_its_file() {
    let stream = |to: &str| {
        let kept = "\"name\":\"s\",\"size\":1,\"kept\":\"beside\"";
        format!(",\"streams\":[{{{kept},\"to\":\"{to}\"}}]")
    };
    let manifest = [HEADER, &item("d", "dir", &stream("a"))].concat();
    let (temp, told, _, log) = apply(&manifest, &Options::default(), Parts::ALL);
    assert_eq!(log, ["stream s", "keep 0x20"]);
    assert_eq!(
        fs::read(temp.path().join("the stream")).expect("there"),
        b"a"
    );
    assert!(!temp.path().join("a").exists() && told[0].problems.is_empty());

    // What lies elsewhere is not to be swallowed.
    for to in ["d/b", "../a", "missing"] {
        let manifest = [HEADER, &item("a", "file", &stream(to))].concat();
        let (temp, told, _, log) = apply(&manifest, &Options::default(), Parts::ALL);
        assert_eq!(log, ["keep 0x20"], "{to}");
        assert_eq!(told[0].problems[0].code, &codes::NOT_PUT_BACK);
        assert!(temp.path().join("d/b").exists());
    }
}

#[test]
fn a_later_format_is_refused_as_a_whole() {
    let temp = tempfile::tempdir().expect("a temporary folder");
    let path = temp.path().join(NAME);
    fs::write(&path, "{\"type\":\"header\",\"format\":2}\n").expect("written");
    let never = AtomicBool::new(false);
    let refused = run(&path, temp.path(), &Options::default(), &never, &mut |_| {});
    assert_eq!(refused.expect_err("later").code, &codes::CANNOT_OPEN);
}
