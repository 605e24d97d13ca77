//! What every implementation of [`FileSystem`] must do on a healthy volume.

use std::collections::BTreeSet;

use blockio::{FaultKind, ReadAt};
use tree::{Cursor, DirEntry, Entry, Error, FileSystem, GuestPath, Kind, Name, NodeId, Storage};

use crate::read_at_contract;

/// Streams up to this size are read in every way there is.
const WHOLE: u64 = 1 << 20;
/// Directories and streams of which every detail is asked.
const DEEP: usize = 200;
/// Entries of one directory behind which the listing is taken up again.
const RESUMED: usize = 40;

/// Holds `fs` to the promises of [`FileSystem`]: look-ups agree with listings, listings can be taken
/// up at any entry, the bulk listing is the walk, streams open and keep the contract of [`ReadAt`].
///
/// # Panics
/// Where it breaks one.
pub fn file_system_contract(fs: &dyn FileSystem) {
    let entries = bulk_is_walk(fs);
    let root = fs.metadata(fs.root()).expect("the root has metadata");
    assert_eq!(root.kind, Kind::Directory);
    assert!(!root.system, "the root is shown");
    let directories = entries
        .iter()
        .filter(|entry| entry.metadata.kind == Kind::Directory);
    let directories = directories.map(|entry| entry.node).take(DEEP);
    for dir in [fs.root()].into_iter().chain(directories) {
        directory(fs, dir);
    }
    for entry in entries.iter().take(DEEP) {
        node(fs, entry);
    }
    absent(fs);
    from_threads(fs, &entries);
}

fn bulk_is_walk(fs: &dyn FileSystem) -> Vec<Entry> {
    let root = GuestPath::root();
    let bulk = fs.entries(fs.root(), &root).expect("a bulk listing");
    let bulk: Vec<_> = bulk.map(|entry| entry.expect("a healthy volume")).collect();
    let walk = tree::walk(fs, fs.root(), &root).expect("a walk");
    let walk: Vec<_> = walk.map(|entry| entry.expect("a healthy volume")).collect();
    for (bulk, walk) in bulk.iter().zip(&walk) {
        assert_eq!(bulk, walk, "the bulk listing is the walk");
    }
    assert_eq!(bulk.len(), walk.len(), "the bulk listing is the walk");
    let paths: BTreeSet<_> = bulk.iter().map(|entry| &entry.path).collect();
    assert_eq!(paths.len(), bulk.len(), "a path is listed once");
    bulk
}

fn list(fs: &dyn FileSystem, dir: NodeId, from: Cursor) -> Vec<DirEntry> {
    let entries = fs.read_dir(dir, from).expect("a directory");
    entries
        .map(|entry| entry.expect("a healthy volume"))
        .collect()
}

fn directory(fs: &dyn FileSystem, dir: NodeId) {
    let all = list(fs, dir, Cursor::START);
    let cursors: BTreeSet<_> = all.iter().map(|entry| entry.next).collect();
    assert_eq!(
        cursors.len(),
        all.len(),
        "every cursor leads somewhere else"
    );
    assert!(
        !cursors.contains(&Cursor::START),
        "no cursor leads back to the start"
    );
    let step = all.len().div_ceil(RESUMED).max(1);
    for (at, entry) in all.iter().enumerate() {
        assert!(
            !matches!(entry.name.as_bytes(), b"" | b"." | b".."),
            "{:?}",
            entry.name
        );
        if at % step == 0 || at + 1 == all.len() {
            assert_eq!(
                list(fs, dir, entry.next),
                all[at + 1..],
                "taken up behind {:?}",
                entry.name
            );
        }
        assert_eq!(
            fs.lookup(dir, &entry.name).ok(),
            Some(entry.node),
            "{:?}",
            entry.name
        );
    }
    let longest = "no such name ".repeat(12);
    for name in ["no such name", "\u{1F4A9}", "", ".", "..", &longest] {
        let found = fs.lookup(dir, &Name::from(name));
        assert!(matches!(found, Err(Error::NotFound)), "{name:?}: {found:?}");
    }
}

fn node(fs: &dyn FileSystem, entry: &Entry) {
    let path = &entry.path;
    assert_eq!(
        fs.metadata(entry.node).expect("listed").number,
        entry.metadata.number,
        "{path}"
    );
    let found = tree::resolve(fs, path).expect("a path that was listed");
    assert_eq!(found, entry.node, "{path}");
    let streams = fs.streams(entry.node).expect("listed");
    let named = streams.iter().filter(|stream| !stream.name.is_empty());
    assert!(named.eq(&entry.streams), "{path}: named streams");
    for info in &streams {
        stream(fs, entry, &info.name, info.size);
    }
    let is_link = matches!(entry.metadata.kind, Kind::Symlink | Kind::Junction);
    match fs.read_link(entry.node) {
        Ok(link) => assert!(is_link && !link.target.is_empty(), "{path}: {link:?}"),
        Err(error) => assert!(
            !is_link && matches!(error, Error::NotALink),
            "{path}: {error}"
        ),
    }
    let unheard = fs.open(entry.node, Some(&Name::from("no such stream")));
    assert!(matches!(unheard.err(), Some(Error::NotFound)), "{path}");
    if entry.metadata.kind != Kind::Directory && entry.metadata.kind != Kind::Junction {
        not_a_directory(fs, entry);
    }
}

fn not_a_directory(fs: &dyn FileSystem, entry: &Entry) {
    let listed = fs.read_dir(entry.node, Cursor::START).map(|_| ());
    let found = fs.lookup(entry.node, &Name::from("x")).map(|_| ());
    for answer in [listed, found] {
        // A symbolic link may be made as a directory; it is empty then.
        let empty_link = matches!(answer, Ok(()) | Err(Error::NotFound));
        let refused = matches!(answer, Err(Error::NotADirectory));
        assert!(
            refused || entry.metadata.kind == Kind::Symlink && empty_link,
            "{answer:?}"
        );
    }
}

fn stream(fs: &dyn FileSystem, entry: &Entry, name: &Name, size: u64) {
    let path = &entry.path;
    let opened = fs.open(entry.node, Some(name));
    let storage = entry.metadata.storage;
    // WOF keeps some content in other files; that is told when it is opened.
    let hidden = !matches!(storage, Storage::Plain | Storage::Compressed | Storage::Wof);
    let data = match opened {
        Err(Error::Fault(fault)) if hidden || storage == Storage::Wof => {
            assert_eq!(fault.kind, FaultKind::Unsupported, "{path}:{name}: {fault}");
            return;
        }
        opened => opened.unwrap_or_else(|error| panic!("{path}:{name}: {error}")),
    };
    assert!(
        !hidden || !name.is_empty(),
        "{path}: hidden content was opened"
    );
    assert_eq!(data.size(), size, "{path}:{name}");
    if name.is_empty() {
        assert_eq!(data.size(), entry.metadata.size, "{path}");
        assert!(
            fs.open(entry.node, None).is_ok(),
            "{path}: the unnamed stream by no name"
        );
    }
    if size <= WHOLE {
        let mut bytes = vec![0; usize::try_from(size).expect("at most a mebibyte")];
        data.read_exact_at(&mut bytes, 0)
            .unwrap_or_else(|error| panic!("{path}:{name}: {error}"));
        read_at_contract(&*data, &bytes);
    }
}

fn absent(fs: &dyn FileSystem) {
    for number in [(1 << 48) - 1, 1 << 40] {
        let node = NodeId(number);
        assert!(
            matches!(fs.metadata(node), Err(Error::NotFound)),
            "{number:#x}"
        );
        assert!(
            matches!(fs.open(node, None).err(), Some(Error::NotFound)),
            "{number:#x}"
        );
        assert!(fs.read_dir(node, Cursor::START).is_err(), "{number:#x}");
    }
}

/// Eight threads at once are told the same as one.
fn from_threads(fs: &dyn FileSystem, entries: &[Entry]) {
    std::thread::scope(|scope| {
        for n in 0..8 {
            scope.spawn(move || {
                for entry in entries.iter().skip(n).step_by(8).take(DEEP) {
                    let metadata = fs.metadata(entry.node).expect("listed");
                    assert_eq!(metadata, entry.metadata, "{}", entry.path);
                }
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::file_system_contract;
    use crate::MemoryTree;

    #[test]
    fn a_tree_in_memory_keeps_it() {
        let mut tree = MemoryTree::new();
        tree.dir("a");
        tree.dir("a/b");
        let file = tree.file("a/b/c.txt", "some bytes");
        tree.stream(file, "more", "others");
        tree.symlink("a/link", "b/c.txt");
        tree.hard_link("d.txt", file);
        file_system_contract(&tree);
    }
}
