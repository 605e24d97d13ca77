//! Walks of trees that are damaged, and what they cost.

use hvrestore_tree::{Error, FileSystem, GuestPath, Loss, walk};
use testkit::MemoryTree;

/// A tree of one directory inside the other, `depth` times, each called `name`.
fn nested(depth: usize, name: &str) -> MemoryTree {
    let mut tree = MemoryTree::new();
    let names = vec![name; depth].join("/");
    tree.dir(GuestPath::from(&*names));
    tree
}

/// How many entries a walk has, and its first loss with the depth of its path.
fn walked(tree: &MemoryTree) -> (usize, Option<(usize, String)>) {
    let told = |Loss { path, error }| match error {
        Error::Fault(fault) => (path.names().count(), fault.code.id.to_owned()),
        other => (path.names().count(), other.to_string()),
    };
    let entries = walk(tree, tree.root(), &GuestPath::root()).expect("the root is listed");
    let (sound, lost): (Vec<_>, Vec<_>) = entries.map(|e| e.map(|_| ())).partition(Result::is_ok);
    let loss = lost.into_iter().find_map(Result::err);
    (sound.len(), loss.map(told))
}

#[test]
fn a_directory_inside_itself_is_named_and_the_rest_listed() {
    let mut tree = MemoryTree::new();
    let outer = tree.dir("a");
    tree.dir("a/b");
    tree.hard_link("a/b/again", outer);
    tree.file("a/c.txt", "some bytes");
    tree.file("z.txt", "more");
    let loss = (3, "HV-D250".to_owned());
    assert_eq!(walked(&tree), (4, Some(loss)), "a, b, c.txt and z.txt");
}

#[test]
fn paths_come_back_from_the_deep() {
    let mut tree = nested(3, "deep");
    tree.file("deep/x", "");
    tree.file("y", "");
    let entries = walk(&tree, tree.root(), &"under".into()).expect("the root is listed");
    let paths: Vec<_> = entries
        .map(|entry| entry.expect("sound").path.to_string())
        .collect();
    let expected = [
        "/under/deep",
        "/under/deep/deep",
        "/under/deep/deep/deep",
        "/under/deep/x",
        "/under/y",
    ];
    assert_eq!(paths, expected);
}

#[test]
fn directories_deeper_than_a_path_can_be_are_damage() {
    assert_eq!(walked(&nested(16_383, "d")), (16_383, None));
    let loss = (16_384, "HV-D251".to_owned());
    assert_eq!(walked(&nested(16_400, "d")), (16_383, Some(loss)));
}

#[test]
fn a_path_longer_than_any_can_be_is_damage_too() {
    // The longest name there is, of characters of three bytes each.
    let name = "\u{20AC}".repeat(255);
    assert_eq!(walked(&nested(127, &name)), (127, None));
    let loss = (129, "HV-D251".to_owned());
    assert_eq!(walked(&nested(140, &name)), (128, Some(loss)));
}
