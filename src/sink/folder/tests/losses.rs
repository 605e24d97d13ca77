//! Lost bytes, holes, interrupts.

use super::*;

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
        (1, 0, false)
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
