//! Named streams, on the platform at hand and on a recorded one.

use super::*;
use crate::hostfs::Part;

/// The platform, with its streams at another place, and a record of what it was asked.
struct Recorded {
    home: StreamHome,
    /// Whether it is full, and says so at the end of each file.
    full: bool,
    log: Arc<Mutex<Vec<String>>>,
}

impl Calls for Recorded {
    fn stream_home(&self, _: &Dir) -> StreamHome {
        self.home
    }
    fn holds(&self, _: &Dir) -> Parts {
        Parts::NONE
    }
    fn keep_link(&self, _: &Dir, _: &OsStr, _: &Kept) -> io::Result<()> {
        Ok(())
    }
    fn set_explicit_security(&self, _: &fs::File, _: &[u8]) -> io::Result<()> {
        unreachable!("only apply asks for it")
    }
    fn is_remote(&self, _: &Dir) -> bool {
        self.full
    }
    fn sync(&self, _: &fs::File) -> io::Result<()> {
        Err(io::ErrorKind::StorageFull.into())
    }
    fn is_known(&self, _: &[u8]) -> Option<bool> {
        None
    }
    fn set_part(&self, _: &fs::File, _: Part, _: &[u8]) -> io::Result<()> {
        unreachable!("it holds none")
    }
    fn keep(&self, _: &fs::File, kept: &Kept, _: Parts) -> io::Result<()> {
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
        full: false,
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
fn a_share_that_is_full_says_so_when_the_file_has_arrived() {
    let (temp, mut tree) = (temp(), MemoryTree::new());
    tree.file("f", "text");
    let calls = Recorded {
        home: StreamHome::Nowhere,
        full: true,
        log: Arc::default(),
    };
    let sink = Folder::with_calls(temp.path(), Options::default(), Box::new(calls));
    let report = extract_with(&tree, &sink.expect("a destination"), &Silent);
    match report.stopped {
        Some(Stopped::Destination(refusal)) => assert_eq!(refusal.code.id, "HV-E752"),
        other => panic!("{other:?}"),
    }
    assert!(
        names(temp.path()).is_empty(),
        "nothing stays that did not arrive"
    );
}
