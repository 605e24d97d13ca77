//! What is there already: files, folders, links, sources.

use super::*;

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
