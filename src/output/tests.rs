use super::*;
use crate::hostfs::Platform;

fn folder() -> (tempfile::TempDir, Dir) {
    let temp = tempfile::tempdir().expect("a temporary folder");
    let dir = Dir::open(temp.path()).expect("just made");
    (temp, dir)
}

fn names(temp: &tempfile::TempDir) -> Vec<OsString> {
    let entries = std::fs::read_dir(temp.path()).expect("listed");
    entries
        .map(|entry| entry.expect("an entry").file_name())
        .collect()
}

#[test]
fn has_its_name_when_it_is_put_and_not_before() {
    for unnamed in [true, false] {
        let (temp, dir) = folder();
        let offload = Offload::new(unnamed);
        let mut output = Output::create(&dir, &Platform, &offload).expect("created");
        output.write_at(b"abc", 2).expect("written");
        output.end_at(8).expect("made longer");
        assert_eq!(names(&temp), output.name().map(OsStr::to_owned).as_slice());
        output
            .put(OsStr::new("x"), false)
            .expect("nothing is there");
        assert_eq!(names(&temp), ["x"]);
        assert_eq!(
            std::fs::read(temp.path().join("x")).expect("there"),
            b"\0\0abc\0\0\0"
        );
    }
}

#[test]
fn is_removed_when_dropped_or_refused() {
    for unnamed in [true, false] {
        let (temp, dir) = folder();
        let offload = Offload::new(unnamed);
        drop(Output::create(&dir, &Platform, &offload).expect("created"));
        assert!(names(&temp).is_empty());
        std::fs::write(temp.path().join("x"), "old").expect("written");
        let output = Output::create(&dir, &Platform, &offload).expect("created");
        let error = output.put(OsStr::new("x"), false).expect_err("x is there");
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(names(&temp), ["x"]);
        let mut output = Output::create(&dir, &Platform, &offload).expect("created");
        output.write_at(b"new", 0).expect("written");
        output.put(OsStr::new("x"), true).expect("x may go");
        assert_eq!(names(&temp), ["x"]);
        assert_eq!(std::fs::read(temp.path().join("x")).expect("there"), b"new");
    }
}

#[test]
fn its_temporary_name_is_known_again() {
    assert!(is_temporary(&temporary_name()));
    for name in [".hvrestore-journal.jsonl", ".hvrestore-0.tmp", "x.tmp", ""] {
        assert!(!is_temporary(OsStr::new(name)), "{name}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_without_a_name_is_what_linux_makes() {
    let (_temp, dir) = folder();
    let offload = Offload::new(true);
    let output = Output::create(&dir, &Platform, &offload).expect("created");
    // Not every file system can: then it has a temporary name.
    let probed = crate::hostfs::can_be_unnamed(&dir, &temporary_name());
    assert_eq!(output.name().is_none(), probed.expect("probed"));
}
