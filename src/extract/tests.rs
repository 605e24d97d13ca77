use std::path::Path;

use testkit::MemoryTree;

use super::*;
use crate::progress::Silent;
use crate::sink;
use crate::sink::Folder;

fn extract_all(fs: &dyn FileSystem, to: &Path) -> Report {
    let job = Job {
        fs,
        roots: vec![Root::whole(fs)],
        options: Options::default(),
    };
    let sink = Folder::open(to, sink::Options::default()).expect("a destination");
    run(&job, &sink, &Silent, &AtomicBool::new(false))
}

#[test]
fn a_tree_comes_out_as_it_is() {
    let mut tree = MemoryTree::new();
    tree.file("Users/ana/a.txt", "one");
    tree.file("Users/b.txt", "two");
    tree.file("empty", "");
    let temp = tempfile::tempdir().expect("a folder");
    let report = extract_all(&tree, temp.path());
    assert!(report.is_whole(), "{report}: {:?}", report.losses);
    assert_eq!((report.files, report.directories, report.bytes), (3, 3, 6));
    assert_eq!(
        std::fs::read(temp.path().join("Users/ana/a.txt")).expect("there"),
        b"one"
    );
    assert_eq!(
        std::fs::read(temp.path().join("empty")).expect("there"),
        b""
    );
}
