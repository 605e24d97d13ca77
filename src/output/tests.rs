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

/// A platform on which a hole is such a thing, and what it was asked for.
struct Holes(UnmarkedHole, std::sync::Mutex<Vec<&'static str>>);

impl Holes {
    fn asked(&self, what: &'static str) {
        self.1.lock().expect("nobody panicked").push(what);
    }
}

impl Calls for Holes {
    fn unmarked_hole(&self, _: &File) -> UnmarkedHole {
        self.0
    }
    fn unmark(&self, _: &File) -> io::Result<()> {
        self.asked("unmark");
        Err(io::ErrorKind::PermissionDenied.into())
    }
    fn lengthen(&self, file: &File, size: u64) -> io::Result<()> {
        self.asked("lengthen");
        file.set_len(size)
    }
    fn make_sparse(&self, _: &File) -> io::Result<()> {
        self.asked("make sparse");
        Ok(())
    }
    fn stream_home(&self, _: &Dir) -> hostfs::StreamHome {
        unreachable!("no streams")
    }
    fn holds(&self, _: &Dir) -> hostfs::Parts {
        unreachable!("no parts")
    }
    fn keep(&self, _: &File, _: &hostfs::Kept, _: hostfs::Parts) -> io::Result<()> {
        unreachable!("nothing to keep")
    }
    fn keep_link(&self, _: &Dir, _: &OsStr, _: &hostfs::Kept) -> io::Result<()> {
        unreachable!("no links")
    }
    fn set_explicit_security(&self, _: &File, _: &[u8]) -> io::Result<()> {
        unreachable!("no parts")
    }
    fn is_known(&self, _: &[u8]) -> Option<bool> {
        unreachable!("no parts")
    }
    fn set_part(&self, _: &File, _: hostfs::Part, _: &[u8]) -> io::Result<()> {
        unreachable!("no parts")
    }
    fn set_xattr(&self, _: &File, _: &OsStr, _: &[u8]) -> io::Result<()> {
        unreachable!("no streams")
    }
    fn create_stream(&self, _: &Dir, _: Option<&OsStr>, _: &OsStr) -> io::Result<File> {
        unreachable!("no streams")
    }
    fn remove_stream(&self, _: &Dir, _: Option<&OsStr>, _: &OsStr) -> io::Result<()> {
        unreachable!("no streams")
    }
}

/// A file of 3 MiB with 4 KiB in the middle, and what the platform was asked for.
fn with_holes(hole: UnmarkedHole, plain: bool) -> (Vec<&'static str>, Vec<u8>, u64) {
    const MIB: u64 = 1 << 20;
    let (temp, dir) = folder();
    let platform = Holes(hole, std::sync::Mutex::default());
    let offload = Offload::new(false);
    let mut output = Output::create(&dir, &platform, &offload).expect("created");
    if plain {
        output.stay_plain();
    }
    output.hole(0..MIB).expect("left");
    output.write_at(&[7; 4096], MIB).expect("written");
    output.end_at(3 * MIB).expect("made longer");
    output.put(OsStr::new("x"), false).expect("a new name");
    let path = temp.path().join("x");
    let file = File::open(&path).expect("there");
    let stored = hostfs::stored_from(&file, 0).expect("asked");
    let asked = platform.1.into_inner().expect("nobody panicked");
    (
        asked,
        std::fs::read(path).expect("there"),
        stored.end - stored.start,
    )
}

#[test]
fn a_disk_file_is_never_marked_as_sparse() {
    let mut expected = vec![0; 3 << 20];
    expected[1 << 20..][..4096].fill(7);
    let (asked, bytes, _) = with_holes(UnmarkedHole::Stays, false);
    assert_eq!(asked, ["make sparse"], "what the other files are");
    assert_eq!(bytes, expected);
    for hole in [UnmarkedHole::Stays, UnmarkedHole::Stored] {
        let (asked, bytes, _) = with_holes(hole, true);
        assert_eq!(asked, ["unmark", "lengthen"]);
        assert_eq!(bytes, expected);
    }
    let (asked, bytes, stored) = with_holes(UnmarkedHole::Zeros, true);
    assert_eq!(asked, ["unmark"], "nothing is left to lengthen");
    assert_eq!(bytes, expected);
    assert_eq!(stored, 3 << 20, "zeros are written");
}

#[test]
fn what_an_edit_appends_has_no_holes_either() {
    let (temp, dir) = folder();
    let platform = Holes(UnmarkedHole::Zeros, std::sync::Mutex::default());
    let offload = Offload::new(false);
    let mut output = Output::create(&dir, &platform, &offload).expect("created");
    output.stay_plain();
    output.write_at(&[7; 4096], 0).expect("written");
    let file = output.file().try_clone().and_then(EditedFile::new);
    let file = file.expect("open");
    blockio::WriteAt::set_size(&file, 1 << 20).expect("longer");
    blockio::WriteAt::write_all_at(&file, &[9; 4096], 512 << 10).expect("written");
    output.was_edited().expect("looked at");
    output.put(OsStr::new("x"), false).expect("a new name");
    let path = temp.path().join("x");
    let stored = hostfs::stored_from(&File::open(&path).expect("there"), 0).expect("asked");
    assert_eq!(stored, 0..1 << 20);
    let mut expected = vec![0; 1 << 20];
    expected[..4096].fill(7);
    expected[512 << 10..][..4096].fill(9);
    assert_eq!(std::fs::read(path).expect("there"), expected);
}
