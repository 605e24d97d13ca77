//! Times, further names and links.

use super::*;
use crate::hostfs::Part;

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

#[cfg(unix)]
#[test]
fn links_have_the_times_of_the_guests() {
    use std::os::unix::fs::MetadataExt;
    let (temp, mut tree) = (temp(), MemoryTree::new());
    tree.file("a", "text");
    tree.symlink("l", "a");
    extract(&tree, temp.path(), Options::default());
    let found = fs::symlink_metadata(temp.path().join("l")).expect("there");
    let guest = tree.metadata(tree.at("l")).expect("there");
    assert_eq!(
        (found.mtime(), found.mtime_nsec() as u32),
        guest.modified.unix()
    );
}

/// A platform that keeps nothing.
struct Refusing;

impl Calls for Refusing {
    fn stream_home(&self, _: &Dir) -> StreamHome {
        StreamHome::Nowhere
    }
    fn holds(&self, _: &Dir) -> Parts {
        Parts::NONE
    }
    fn keep(&self, _: &fs::File, _: &Kept, _: Parts) -> io::Result<()> {
        Err(io::ErrorKind::PermissionDenied.into())
    }
    fn keep_link(&self, _: &Dir, _: &OsStr, _: &Kept) -> io::Result<()> {
        Err(io::ErrorKind::PermissionDenied.into())
    }
    fn set_explicit_security(&self, _: &fs::File, _: &[u8]) -> io::Result<()> {
        unreachable!("only apply asks for it")
    }
    fn is_known(&self, _: &[u8]) -> Option<bool> {
        None
    }
    fn set_part(&self, _: &fs::File, _: Part, _: &[u8]) -> io::Result<()> {
        unreachable!("it holds none")
    }
    fn set_xattr(&self, _: &fs::File, _: &OsStr, _: &[u8]) -> io::Result<()> {
        unreachable!("it has none")
    }
    fn create_stream(&self, _: &Dir, _: Option<&OsStr>, _: &OsStr) -> io::Result<fs::File> {
        unreachable!("it has none")
    }
    fn remove_stream(&self, _: &Dir, _: Option<&OsStr>, _: &OsStr) -> io::Result<()> {
        unreachable!("it has none")
    }
    fn make_sparse(&self, _: &fs::File) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[test]
fn metadata_that_is_refused_costs_no_content() {
    let (temp, mut tree) = (temp(), MemoryTree::new());
    tree.file("d/f", "text");
    let sink = Folder::with_calls(temp.path(), Options::default(), Box::new(Refusing));
    let report = extract_with(&tree, &sink.expect("a destination"), &Silent);
    assert_eq!(listing(temp.path())["d/f"], b"text");
    assert_eq!(codes(&report.notes), ["HV-W761", "HV-W761"]);
    assert!(report.is_whole(), "{:?}", report.losses);
}

#[test]
fn nothing_goes_into_a_folder_that_was_not_made() {
    let (temp, tree) = (temp(), MemoryTree::new());
    let sink = Folder::open(temp.path(), Options::default()).expect("a destination");
    let never = AtomicBool::new(false);
    let metadata = tree.metadata(tree.root()).expect("there");
    let item = Item {
        path: &"no/file".into(),
        metadata: &metadata,
        data: None,
        streams: Vec::new(),
        origin: crate::sink::Origin {
            fs: &tree,
            node: tree.root(),
        },
        watch: crate::progress::Watch {
            progress: &Silent,
            cancel: &never,
        },
    };
    match sink.file(&item) {
        Err(Error::Item(refusal)) => assert_eq!(refusal.code.id, "HV-E757"),
        other => panic!("{other:?}"),
    }
}
