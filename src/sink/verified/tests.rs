use std::sync::atomic::AtomicBool;

use testkit::MemoryTree;

use super::*;
use crate::extract::{self, Job};
use crate::progress::Silent;
use crate::select::Root;
use crate::sink::{Folder, Options};

/// A destination that changes what it was given, once it was given.
struct Changing {
    folder: Folder,
    change: fn(&Path),
}

impl Sink for Changing {
    fn ordered(&self) -> bool {
        true
    }
    fn dir(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        self.folder.dir(item)
    }
    fn file(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        let outcome = self.folder.file(item)?;
        if let Some(place) = &outcome.place {
            (self.change)(place);
        }
        Ok(outcome)
    }
    fn link(&self, _: &Item<'_>, _: &Link, _: Option<&Target>) -> Result<Outcome, Error> {
        unreachable!("there is none")
    }
    fn hard_link(&self, _: &Item<'_>, _: &GuestPath) -> Result<Outcome, Error> {
        Ok(Outcome::of(Ending::Declined))
    }
    fn leave_dir(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        self.folder.leave_dir(item)
    }
    fn finish(&self) -> Result<(), Error> {
        Ok(())
    }
}

/// Extracts two files and reads them back, `change`d in between.
fn found(change: fn(&Path)) -> (tempfile::TempDir, Found) {
    let mut tree = MemoryTree::new();
    tree.file("a/good.txt", "good");
    tree.file("a/bad.txt", vec![7; 10_000]);
    let temp = tempfile::tempdir().expect("a temporary folder");
    let folder = Folder::open(temp.path(), Options::default()).expect("just made");
    let sink = Verified::new(Changing { folder, change }, temp.path());
    let job = Job {
        fs: &tree,
        roots: vec![Root::whole(&tree)],
        options: extract::Options::default(),
    };
    extract::run(&job, &sink, &Silent, &AtomicBool::new(false));
    let found = sink.take_found();
    (temp, found)
}

fn is_bad(place: &Path) -> bool {
    place.file_name() == Some(OsStr::new("bad.txt"))
}

#[test]
fn what_is_the_same_is_counted() {
    let (_, found) = found(|_| {});
    assert_eq!((found.same, found.different, found.lines.len()), (2, 0, 0));
}

#[test]
fn what_differs_loses_its_name_and_is_told_to_the_block() {
    let (temp, found) = found(|place| {
        if is_bad(place) {
            let mut bytes = std::fs::read(place).expect("there");
            bytes[5000] ^= 1;
            std::fs::write(place, bytes).expect("written");
        }
    });
    assert_eq!((found.same, found.different), (1, 1));
    let [line] = &found.lines[..] else {
        panic!("{:?}", found.lines)
    };
    assert_eq!(line.code, Some(&MISMATCH));
    assert_eq!(line.path, "a/bad.txt".into());
    assert_eq!(line.lost[0].range, 4096..8192);
    let folder = temp.path().join("a");
    assert!(!folder.join("bad.txt").exists() && folder.join("bad.txt.partial").exists());
    let list = std::fs::read(folder.join("bad.txt.partial.json")).expect("the list");
    let list: serde_json::Value = serde_json::from_slice(&list).expect("valid JSON");
    assert_eq!(list["lost"][0]["code"], "HV-D773");
    assert!(folder.join("good.txt").exists());
}

#[test]
fn what_cannot_be_compared_is_told() {
    let (_, found) = found(|place| {
        if is_bad(place) {
            std::fs::remove_file(place).expect("there");
        }
    });
    assert_eq!((found.same, found.different), (1, 0));
    assert_eq!(found.lines[0].code, Some(&UNVERIFIED));
}
