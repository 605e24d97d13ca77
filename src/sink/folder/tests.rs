use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use blockio::{Memory, ReadAt};
use testkit::MemoryTree;
use testkit::failing::Failing;
use tree::{FileSystem, Name, Time};

use super::*;
use crate::extract::{self, Job};
use crate::hostfs::StreamHome;
use crate::progress::{Progress, Silent};
use crate::report::{Line, Report, Stopped};
use crate::select::Root;

fn temp() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn extract_with(tree: &MemoryTree, sink: &Folder, progress: &dyn Progress) -> Report {
    let job = Job {
        fs: tree,
        roots: vec![Root::whole(tree)],
        options: Default::default(),
    };
    extract::run(&job, sink, progress, &AtomicBool::new(false))
}

fn extract(tree: &MemoryTree, to: &Path, options: Options) -> Report {
    extract_with(
        tree,
        &Folder::open(to, options).expect("a destination"),
        &Silent,
    )
}

/// Every file below `dir` with its bytes, folders with a slash at the end, links with their text.
fn listing(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)
            .expect("listed")
            .map(|entry| entry.expect("an entry"))
        {
            let path = entry.path();
            let name = path
                .strip_prefix(dir)
                .expect("below")
                .to_string_lossy()
                .replace('\\', "/");
            let kind = entry.file_type().expect("a kind");
            if kind.is_dir() {
                found.insert(format!("{name}/"), Vec::new());
                folders.push(path);
            } else if kind.is_symlink() {
                let text = fs::read_link(&path)
                    .expect("a link")
                    .to_string_lossy()
                    .into_owned();
                found.insert(format!("{name}@"), text.into_bytes());
            } else {
                found.insert(name, fs::read(&path).expect("read"));
            }
        }
    }
    found
}

fn names(dir: &Path) -> Vec<String> {
    listing(dir).into_keys().collect()
}

fn codes(lines: &[Line]) -> Vec<&'static str> {
    lines
        .iter()
        .map(|line| line.code.expect("every line of a report has one").id)
        .collect()
}

#[test]
fn hostile_names_stay_inside_and_are_reported() {
    let (temp, mut tree) = (temp(), MemoryTree::case_sensitive());
    let dest = temp.path().join("dest");
    tree.file("../../escaped", "1");
    tree.file("a/../b", "2");
    tree.file("esc\u{1b}[31m", "3");
    tree.file_of(
        GuestPath::from_iter([Name::from_utf16([0x61, 0xD800])]),
        Arc::new(Memory::from(b"4".to_vec())),
    );
    let long = "\u{20AC}".repeat(200);
    tree.file(&*long, "5");
    let report = extract(&tree, &dest, Options::default());
    assert!(report.is_whole(), "{:?}", report.losses);
    let found = listing(&dest);
    assert_eq!(found["%2E%2E/%2E%2E/escaped"], b"1");
    assert_eq!(found["a/%2E%2E/b"], b"2");
    assert_eq!(found["esc%1B[31m"], b"3");
    assert_eq!(found["a%uD800"], b"4");
    assert_eq!(
        fs::read_dir(temp.path()).expect("listed").count(),
        1,
        "nothing beside it"
    );
    // Windows counts units, of which the long name has 200, and other systems bytes.
    let renamed = if cfg!(windows) { 5 } else { 6 };
    assert_eq!(
        codes(&report.notes),
        vec!["HV-W758"; renamed],
        "{:?}",
        report.notes
    );
}

#[test]
fn names_that_come_out_alike_are_kept_apart() {
    let (temp, mut tree) = (temp(), MemoryTree::case_sensitive());
    tree.file("x%01", "plain");
    tree.file("x\u{1}", "control");
    tree.file("d\u{1}/f", "in one");
    tree.file("d%01/f", "in the other");
    let report = extract(&tree, temp.path(), Options::default());
    assert!(report.is_whole(), "{:?}", report.losses);
    let found = listing(temp.path());
    assert_eq!(
        (&*found["x%01"], &*found["x%01 (2)"]),
        (&b"plain"[..], &b"control"[..])
    );
    assert_eq!(found["d%01/f"], b"in one");
    assert_eq!(found["d%01 (2)/f"], b"in the other");
}

#[test]
fn case_twins_are_not_merged_where_case_is_folded() {
    let (temp, mut tree) = (temp(), MemoryTree::case_sensitive());
    tree.file("Dir/a.txt", "1");
    tree.file("dir/A.TXT", "2");
    tree.file("dir/a.txt", "3");
    let mut sink = Folder::open(temp.path(), Options::default()).expect("a destination");
    sink.folds_case = true;
    let root = Arc::get_mut(&mut sink.root).expect("nobody has it yet");
    root.taken = Taken::new(true);
    let report = extract_with(&tree, &sink, &Silent);
    assert_eq!(
        names(temp.path()),
        [
            "Dir/",
            "Dir/a.txt",
            "dir (2)/",
            "dir (2)/A.TXT",
            "dir (2)/a (2).txt"
        ]
    );
    assert_eq!(codes(&report.notes), ["HV-W758", "HV-W758"]);
}

#[cfg(unix)]
#[test]
fn links_planted_in_the_destination_are_never_followed() {
    use std::os::unix::fs::symlink;
    let (temp, mut tree) = (temp(), MemoryTree::new());
    let (dest, outside) = (temp.path().join("dest"), temp.path().join("outside"));
    fs::create_dir_all(dest.join("c")).expect("made");
    fs::create_dir(&outside).expect("made");
    fs::write(outside.join("victim"), "untouched").expect("written");
    symlink(&outside, dest.join("a")).expect("planted");
    symlink(outside.join("victim"), dest.join("b")).expect("planted");
    symlink("/nowhere", dest.join("c/d")).expect("planted");
    for path in ["a/victim", "a/new", "b", "c/d", "c/e"] {
        tree.file(path, path);
    }
    let conflict = Conflict::Overwrite;
    let report = extract(
        &tree,
        &dest,
        Options {
            conflict,
            ..Options::default()
        },
    );
    assert_eq!(listing(&outside)["victim"], b"untouched");
    assert_eq!(names(&outside), ["victim"]);
    assert_eq!(
        codes(&report.losses),
        ["HV-E755", "HV-E751", "HV-E751"],
        "{:?}",
        report.losses
    );
    assert_eq!(listing(&dest)["c/e"], b"c/e", "the rest is restored");
}

#[test]
fn what_is_there_is_treated_by_the_rule() {
    let old = Time(10_000_000);
    let cases = [
        (Conflict::Fail, vec![("f", "old")], vec!["HV-E751"]),
        (Conflict::Skip, vec![("f", "old")], vec![]),
        (Conflict::Overwrite, vec![("f", "new")], vec![]),
        (
            Conflict::Rename,
            vec![("f", "old"), ("f (2)", "new")],
            vec![],
        ),
        (Conflict::Newer, vec![("f", "old")], vec![]),
    ];
    for (conflict, expected, losses) in cases {
        let (temp, mut tree) = (temp(), MemoryTree::new());
        let file = tree.file("f", "new");
        tree.metadata_mut(file).modified = old;
        fs::write(temp.path().join("f"), "old").expect("written");
        let report = extract(
            &tree,
            temp.path(),
            Options {
                conflict,
                ..Options::default()
            },
        );
        let found = listing(temp.path());
        let expected: BTreeMap<String, Vec<u8>> = expected
            .into_iter()
            .map(|(name, text)| (name.into(), text.into()))
            .collect();
        assert_eq!(found, expected, "{conflict:?}");
        assert_eq!(codes(&report.losses), losses, "{conflict:?}");
    }
    let (temp, mut tree) = (temp(), MemoryTree::new());
    let file = tree.file("f", "new");
    tree.metadata_mut(file).modified = Time(i64::MAX / 2);
    fs::write(temp.path().join("f"), "old").expect("written");
    extract(
        &tree,
        temp.path(),
        Options {
            conflict: Conflict::Newer,
            ..Options::default()
        },
    );
    assert_eq!(listing(temp.path())["f"], b"new");
}

#[test]
fn folders_are_filled_on_but_never_replaced() {
    let (temp, mut tree) = (temp(), MemoryTree::new());
    tree.file("a/new", "new");
    tree.file("b", "file where a folder is");
    fs::create_dir_all(temp.path().join("a")).expect("made");
    fs::write(temp.path().join("a/old"), "old").expect("written");
    fs::create_dir_all(temp.path().join("b")).expect("made");
    let conflict = Conflict::Overwrite;
    let report = extract(
        &tree,
        temp.path(),
        Options {
            conflict,
            ..Options::default()
        },
    );
    assert_eq!(names(temp.path()), ["a/", "a/new", "a/old", "b/"]);
    assert_eq!(codes(&report.losses), ["HV-E751"]);
}

#[test]
fn a_source_is_refused_whatever_the_rule() {
    for conflict in [
        Conflict::Overwrite,
        Conflict::Skip,
        Conflict::Rename,
        Conflict::Newer,
    ] {
        let (temp, mut tree) = (temp(), MemoryTree::new());
        tree.file("disk.vhdx", "not this");
        tree.file("e", "never reached");
        let source = temp.path().join("original");
        fs::write(&source, "source").expect("written");
        let dest = temp.path().join("dest");
        fs::create_dir(&dest).expect("made");
        // By another name: a second hard link of it.
        fs::hard_link(&source, dest.join("disk.vhdx")).expect("linked");
        let sources = Sources::at([&source]).expect("opened");
        let report = extract(
            &tree,
            &dest,
            Options {
                conflict,
                sources,
                ..Options::default()
            },
        );
        assert_eq!(fs::read(&source).expect("there"), b"source");
        assert_eq!(fs::read(dest.join("disk.vhdx")).expect("there"), b"source");
        let Some(Stopped::Destination(refusal)) = report.stopped else {
            panic!("{conflict:?} went on");
        };
        assert_eq!(refusal.code.id, "HV-E754");
    }
}

#[test]
fn lost_bytes_make_a_partial_file_with_a_list() {
    let (temp, mut tree) = (temp(), MemoryTree::new());
    let bytes = vec![7; 8192];
    let broken = || Arc::new(Failing::new(Memory::from(bytes.clone()), Some(1000..3000)));
    tree.file_of("a.bin", broken());
    let whole = tree.file("b.txt", "whole");
    tree.stream_of(whole, "s".into(), broken());
    let report = extract(&tree, temp.path(), Options::default());
    let found = listing(temp.path());
    let mut expected = bytes.clone();
    expected[512..3072].fill(0);
    assert_eq!(found["a.bin.partial"], expected);
    assert_eq!(found["b.txt"], b"whole");
    let stream = if cfg!(windows) {
        "b.txt%3As.partial"
    } else {
        "b.txt:s.partial"
    };
    assert_eq!(found[stream], expected);
    assert!(!found.contains_key("a.bin"), "never under its final name");
    let list: serde_json::Value =
        serde_json::from_slice(&found["a.bin.partial.json"]).expect("valid JSON");
    assert_eq!(
        (&list["path"], &list["lost_bytes"]),
        (&"/a.bin".into(), &2560.into())
    );
    assert_eq!(list["lost"][0]["offset"], 512);
    assert_eq!(list["lost"][0]["code"], "HV-E601");
    assert_eq!(codes(&report.losses), ["HV-E601", "HV-E601"]);
    assert_eq!((report.partial, report.files), (1, 1));
}

#[test]
fn partial_files_can_be_left_out() {
    let (temp, mut tree) = (temp(), MemoryTree::new());
    tree.file_of(
        "a",
        Arc::new(Failing::new(Memory::from(vec![7; 100]), Some(0..1))),
    );
    let report = extract(
        &tree,
        temp.path(),
        Options {
            partial: false,
            ..Options::default()
        },
    );
    assert!(names(temp.path()).is_empty());
    assert_eq!(
        (report.lost, report.partial, report.delivered()),
        (1, 0, true)
    );
}

#[test]
fn holes_take_no_room() {
    let (temp, mut tree) = (temp(), MemoryTree::new());
    let mut sparse = testkit::sparse::Sparse::new(1 << 30);
    sparse.write(5 << 20, b"data");
    tree.file_of("sparse", Arc::new(sparse));
    extract(&tree, temp.path(), Options::default());
    let metadata = fs::metadata(temp.path().join("sparse")).expect("there");
    assert_eq!(metadata.len(), 1 << 30);
    #[cfg(unix)]
    assert!(std::os::unix::fs::MetadataExt::blocks(&metadata) < 256);
}

#[cfg(unix)]
#[test]
fn times_are_the_guests_of_folders_too() {
    use std::os::unix::fs::MetadataExt;
    let (temp, mut tree) = (temp(), MemoryTree::new());
    tree.file("a/b/c", "text");
    tree.symlink("a/b/l", "c");
    let file = tree.at("a/b/c");
    tree.hard_link("a/d", file);
    extract(&tree, temp.path(), Options::default());
    for path in ["a", "a/b", "a/b/c"] {
        let metadata = fs::metadata(temp.path().join(path)).expect("there");
        let guest = tree.metadata(tree.at(path)).expect("there");
        let found = (metadata.mtime(), metadata.mtime_nsec() as u32);
        assert_eq!(found, guest.modified.unix(), "{path}");
        let found = (metadata.atime(), metadata.atime_nsec() as u32);
        assert_eq!(found, guest.accessed.unix(), "{path}");
    }
}

#[cfg(unix)]
#[test]
fn hard_links_are_one_file() {
    use std::os::unix::fs::MetadataExt;
    let (temp, mut tree) = (temp(), MemoryTree::new());
    let file = tree.file("a/first\u{1}", "text");
    tree.hard_link("b/second", file);
    tree.hard_link("a/third", file);
    let report = extract(&tree, temp.path(), Options::default());
    let inode = |path: &str| fs::metadata(temp.path().join(path)).expect("there").ino();
    assert_eq!(inode("a/first%01"), inode("b/second"));
    assert_eq!(inode("a/first%01"), inode("a/third"));
    assert_eq!((report.files, report.hard_links, report.bytes), (1, 2, 4));
}

#[cfg(unix)]
#[test]
fn links_inside_are_relative_and_others_are_listed() {
    let (temp, mut tree) = (temp(), MemoryTree::new());
    tree.file("Users/ana/a.txt", "text");
    tree.symlink("Users/l1", "ana\\A.TXT");
    tree.symlink("Users/ana/l2", "..\\..\\Users\\ana");
    tree.symlink("l3", "\\Users\\ana\\a.txt");
    tree.junction("l4", "\\??\\C:\\Users");
    tree.symlink("l5", "D:\\elsewhere");
    tree.symlink("l6", "..\\..\\..\\etc\\passwd");
    tree.symlink("l7", "nothing");
    tree.symlink("Users/l8", "..\\l4\\ana");
    tree.symlink("circle", "circle\\x");
    let sink = Folder::open(temp.path(), Options::default()).expect("a destination");
    let options = extract::Options {
        letters: vec!['c'],
        ..Default::default()
    };
    let job = Job {
        fs: &tree,
        roots: vec![Root::whole(&tree)],
        options,
    };
    let report = extract::run(&job, &sink, &Silent, &AtomicBool::new(false));
    let found = listing(temp.path());
    let link = |name: &str| String::from_utf8_lossy(&found[&format!("{name}@")]).into_owned();
    assert_eq!(link("Users/l1"), "ana/a.txt");
    assert_eq!(link("Users/ana/l2"), ".");
    assert_eq!(link("l3"), "Users/ana/a.txt");
    assert_eq!(link("l4"), "Users");
    assert_eq!(link("Users/l8"), "ana");
    let left: Vec<_> = report
        .notes
        .iter()
        .map(|line| line.path.to_string())
        .collect();
    assert_eq!(left, ["/l5", "/l6", "/l7", "/circle"]);
    assert_eq!(codes(&report.notes), ["HV-W759"; 4]);
    assert!(
        report.notes[0]
            .message
            .as_ref()
            .is_some_and(|text| text.contains("D:\\elsewhere"))
    );
    assert_eq!((report.links, report.skipped), (5, 4));
}

/// The platform, with its streams at another place, and a record of what it was asked.
struct Recorded {
    home: StreamHome,
    log: Arc<Mutex<Vec<String>>>,
}

impl Calls for Recorded {
    fn stream_home(&self, _: &Dir) -> StreamHome {
        self.home
    }
    fn keep(&self, _: &fs::File, kept: &Kept) -> io::Result<()> {
        let Kept {
            created,
            attributes,
            ..
        } = kept;
        lock(&self.log).push(format!("keep {} {:#x}", created.0, attributes.0));
        Ok(())
    }
    fn set_xattr(&self, _: &fs::File, stream: &OsStr, value: &[u8]) -> io::Result<()> {
        lock(&self.log).push(format!("xattr {stream:?} {}", value.len()));
        Err(io::ErrorKind::StorageFull.into())
    }
    fn create_stream(
        &self,
        dir: &Dir,
        name: Option<&OsStr>,
        stream: &OsStr,
    ) -> io::Result<fs::File> {
        let of = if name.is_some() { "file" } else { "folder" };
        lock(&self.log).push(format!("create {of}:{}", stream.to_string_lossy()));
        dir.create_new(&OsString::from(format!("ads {}", stream.to_string_lossy())))
    }
    fn remove_stream(&self, _: &Dir, _: Option<&OsStr>, stream: &OsStr) -> io::Result<()> {
        lock(&self.log).push(format!("remove {}", stream.to_string_lossy()));
        Ok(())
    }
    fn make_sparse(&self, _: &fs::File) -> io::Result<()> {
        lock(&self.log).push("sparse".into());
        Ok(())
    }
}

fn recorded(tree: &MemoryTree, to: &Path, home: StreamHome) -> (Report, Vec<String>) {
    let log = Arc::new(Mutex::default());
    let calls = Box::new(Recorded {
        home,
        log: Arc::clone(&log),
    });
    let sink = Folder::with_calls(to, Options::default(), calls).expect("a destination");
    let job = Job {
        fs: tree,
        roots: vec![Root::whole(tree)],
        options: extract::Options {
            jobs: std::num::NonZeroUsize::MIN,
            ..Default::default()
        },
    };
    let report = extract::run(&job, &sink, &Silent, &AtomicBool::new(false));
    let log = std::mem::take(&mut *lock(&log));
    (report, log)
}

#[test]
fn native_streams_are_written_where_the_volume_has_them() {
    let (temp, mut tree) = (temp(), MemoryTree::new());
    let file = tree.file_of("f", Arc::new(testkit::sparse::Sparse::new(1 << 20)));
    tree.stream(file, "Zone.Identifier", "[ZoneTransfer]");
    let broken = Failing::new(Memory::from(vec![1; 600]), Some(0..1));
    tree.stream_of(file, "broken".into(), Arc::new(broken));
    let metadata = tree.metadata_mut(file);
    (metadata.created, metadata.attributes.0) = (Time(77), 0x22);
    let dir = tree.dir("d");
    tree.stream(dir, "of a folder", "x");
    let (report, log) = recorded(&tree, temp.path(), StreamHome::Streams);
    let expected = [
        "sparse",
        "create file:Zone.Identifier",
        "create file:broken",
        "remove broken",
        "keep 77 0x22",
    ];
    assert_eq!(log[..5], expected);
    assert!(log.contains(&"create folder:of a folder".into()));
    assert_eq!(
        listing(temp.path())["ads Zone.Identifier"],
        b"[ZoneTransfer]"
    );
    assert_eq!(
        codes(&report.losses),
        ["HV-E601"],
        "the broken one is kept beside, in part"
    );
}

#[test]
fn refused_streams_are_kept_beside_and_reported() {
    let (temp, mut tree) = (temp(), MemoryTree::new());
    let file = tree.file("f.txt", "text");
    tree.stream(file, "small", "value");
    tree.stream(file, "large", vec![5; 70_000]);
    let (report, log) = recorded(&tree, temp.path(), StreamHome::Xattrs);
    assert!(log.contains(&"xattr \"small\" 5".into()), "{log:?}");
    let found = listing(temp.path());
    let beside = |stream| {
        if cfg!(windows) {
            format!("f.txt%3A{stream}")
        } else {
            format!("f.txt:{stream}")
        }
    };
    assert_eq!(found[&beside("small")], b"value");
    assert_eq!(found[&beside("large")], vec![5; 70_000]);
    assert_eq!(codes(&report.notes), ["HV-W760", "HV-W760"]);
    assert!(report.is_whole(), "{:?}", report.losses);
}

#[cfg(target_os = "linux")]
#[test]
fn streams_are_xattrs_or_files_as_asked() {
    let mut tree = MemoryTree::new();
    let file = tree.file("f.txt", "text");
    tree.stream(file, "Zone.Identifier", "[ZoneTransfer]");
    let native = temp();
    let report = extract(&tree, native.path(), Options::default());
    let mut value = [0; 100];
    let path = native.path().join("f.txt");
    // A file system without xattrs has it beside instead; either is right, and it says which.
    match rustix::fs::getxattr(&path, "user.Zone.Identifier", &mut value) {
        Ok(len) => assert_eq!(&value[..len], b"[ZoneTransfer]"),
        Err(_) => assert_eq!(codes(&report.notes), ["HV-W760"]),
    }
    let files = temp();
    let report = extract(
        &tree,
        files.path(),
        Options {
            streams: StreamMode::Files,
            ..Options::default()
        },
    );
    assert_eq!(
        listing(files.path())["f.txt:Zone.Identifier"],
        b"[ZoneTransfer]"
    );
    assert!(report.notes.is_empty(), "as asked for");
    let none = temp();
    extract(
        &tree,
        none.path(),
        Options {
            streams: StreamMode::Leave,
            ..Options::default()
        },
    );
    assert_eq!(names(none.path()), ["f.txt"]);
}

#[test]
fn interrupted_leaves_no_temporary_file() {
    /// Interrupts in the middle of the big file.
    struct Interrupt<'a>(&'a AtomicBool);
    impl Progress for Interrupt<'_> {
        fn advanced(&self, bytes: u64) {
            if bytes > 1000 {
                self.0.store(true, Ordering::Relaxed);
            }
        }
    }
    let (temp, mut tree) = (temp(), MemoryTree::new());
    tree.file("a", "small");
    tree.file("b", vec![1; 5 << 20]);
    tree.file("c", "never reached");
    let cancel = AtomicBool::new(false);
    let sink = Folder::open(temp.path(), Options::default()).expect("a destination");
    let jobs = std::num::NonZeroUsize::MIN;
    let options = extract::Options {
        jobs,
        ..Default::default()
    };
    let job = Job {
        fs: &tree,
        roots: vec![Root::whole(&tree)],
        options,
    };
    let report = extract::run(&job, &sink, &Interrupt(&cancel), &cancel);
    assert!(matches!(report.stopped, Some(Stopped::Cancelled)));
    assert_eq!(names(temp.path()), ["a"]);
    assert_eq!(report.files, 1);
}

#[test]
fn nothing_is_read_of_what_is_there_already() {
    /// Panics when read.
    struct Untouched;
    impl ReadAt for Untouched {
        fn size(&self) -> u64 {
            1000
        }
        fn read_exact_at(&self, _: &mut [u8], _: u64) -> io::Result<()> {
            panic!("read in vain")
        }
        fn run_at(&self, _: u64, _: u64) -> io::Result<blockio::Run<'_>> {
            panic!("asked in vain")
        }
    }
    let (temp, mut tree) = (temp(), MemoryTree::new());
    tree.file_of("f", Arc::new(Untouched));
    fs::write(temp.path().join("f"), "there").expect("written");
    let conflict = Conflict::Skip;
    let report = extract(
        &tree,
        temp.path(),
        Options {
            conflict,
            ..Options::default()
        },
    );
    assert_eq!((report.skipped, report.lost), (1, 0));
}
