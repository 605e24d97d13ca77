//! Names that a destination cannot hold, or that come out alike.

use super::*;

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
