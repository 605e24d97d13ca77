use testkit::MemoryTree;

use super::*;

fn rules(texts: &[&str]) -> Vec<Rule> {
    let parse = |text: &&str| Rule::parse(text).expect("valid");
    texts.iter().map(parse).collect()
}

fn wants(filter: &Filter, path: &str, kind: Kind) -> bool {
    let metadata = Metadata {
        kind,
        ..Metadata::default()
    };
    filter.on(&MemoryTree::new()).wants(&path.into(), &metadata)
}

fn filter(include: &[&str], exclude: &[&str]) -> Filter {
    Filter {
        include: rules(include),
        exclude: rules(exclude),
        ..Filter::default()
    }
}

#[test]
fn without_a_slash_it_is_about_names_and_with_one_about_paths() {
    let by_name = filter(&["*.TXT"], &[]);
    assert!(wants(&by_name, "a/b/c.txt", Kind::File) && !wants(&by_name, "a/c.doc", Kind::File));
    for pattern in ["/a/*.txt", "a/*.txt", r"A\*.txt"] {
        let by_path = filter(&[pattern], &[]);
        assert!(wants(&by_path, "a/c.txt", Kind::File), "{pattern}");
        assert!(!wants(&by_path, "b/a/c.txt", Kind::File), "{pattern}");
    }
    assert!(wants(
        &filter(&["**/a/*.txt"], &[]),
        "b/a/c.txt",
        Kind::File
    ));
    assert!(!wants(&filter(&["/c.txt"], &[]), "a/c.txt", Kind::File));
}

#[test]
fn a_folder_that_matches_stands_for_all_below_it() {
    let filter = filter(&["docs"], &["old", "docs/b/"]);
    assert!(
        wants(&filter, "x/docs/y/z.txt", Kind::File) && wants(&filter, "docs", Kind::Directory)
    );
    assert!(
        !wants(&filter, "docs/OLD/z.txt", Kind::File),
        "exclude beats include"
    );
    assert!(
        !wants(&filter, "old/docs/z.txt", Kind::File),
        "wherever it stands"
    );
    assert!(!wants(&filter, "docs/b/c", Kind::File) && wants(&filter, "docs/b", Kind::File));
    assert!(!wants(&filter, "x", Kind::Directory) && !wants(&filter, "", Kind::Directory));
}

#[test]
fn ages_and_sizes_are_asked_of_files() {
    let filter = Filter {
        newer: Some(Time(100)),
        older: Some(Time(200)),
        size: Some(SizeTest::AtLeast(5)),
        ..Filter::default()
    };
    let tree = MemoryTree::new();
    let sieve = filter.on(&tree);
    let wants = |modified, size, kind| {
        let metadata = Metadata {
            modified: Time(modified),
            size,
            kind,
            ..Metadata::default()
        };
        sieve.wants(&"a".into(), &metadata)
    };
    assert!(wants(150, 5, Kind::File) && !wants(150, 4, Kind::File));
    assert!(!wants(100, 5, Kind::File) && !wants(200, 5, Kind::File));
    assert!(
        !wants(150, 5, Kind::Directory),
        "made for what is in it only"
    );
}

/// What need not be listed, and what has to be.
#[test]
fn folders_that_can_hold_nothing_are_not_entered() {
    let tree = MemoryTree::new();
    let verdict = |filter: &Filter, path: &str| {
        let metadata = Metadata {
            kind: Kind::Directory,
            ..Metadata::default()
        };
        let entry = Entry {
            path: path.into(),
            node: tree.root(),
            metadata,
            streams: Vec::new(),
            unindexed: false,
        };
        filter.on(&tree).sift().judge(&entry)
    };
    let paths = filter(&["Users/*/Documents"], &["Temp"]);
    assert_eq!(verdict(&paths, "Windows"), Verdict::LeaveAll);
    assert_eq!(verdict(&paths, "Users/ana"), Verdict::Leave);
    assert_eq!(verdict(&paths, "Users/ana/Music"), Verdict::LeaveAll);
    assert_eq!(verdict(&paths, "Users/ana/Documents/x"), Verdict::Take);
    assert_eq!(
        verdict(&paths, "Users/ana/Documents/temp"),
        Verdict::LeaveAll
    );
    assert_eq!(verdict(&filter(&["*.txt"], &[]), "Windows"), Verdict::Leave);
    assert_eq!(verdict(&filter(&[], &["*.txt"]), "Windows"), Verdict::Take);
    assert_eq!(verdict(&Filter::default(), "Windows"), Verdict::Take);
}

#[test]
fn a_rule_that_names_nothing_is_none() {
    for text in ["", "/", "\\", "//"] {
        assert!(Rule::parse(text).is_err(), "{text:?}");
    }
    assert!(Rule::parse("{a,b").is_ok() && Rule::parse(&"{a,b}".repeat(11)).is_err());
}
