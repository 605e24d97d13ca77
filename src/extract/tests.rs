use std::path::Path;

use blockio::Fault;
use testkit::MemoryTree;
use tree::LinkKind;

use super::*;
use crate::progress::Silent;
use crate::select::{Pattern, find};
use crate::sink;
use crate::sink::Folder;

fn extract(fs: &dyn FileSystem, roots: Vec<Root>, options: Options, to: &Path) -> Report {
    let job = Job { fs, roots, options };
    let sink = Folder::open(to, sink::Options::default()).expect("a destination");
    run(&job, &sink, &Silent, &AtomicBool::new(false))
}

fn extract_all(fs: &dyn FileSystem, to: &Path) -> Report {
    extract(fs, vec![Root::whole(fs)], Options::default(), to)
}

fn roots(fs: &dyn FileSystem, patterns: &[&str]) -> Vec<Root> {
    let patterns: Vec<_> = patterns
        .iter()
        .map(|text| Pattern::parse(text).unwrap())
        .collect();
    find(fs, &patterns).roots
}

fn temp() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn exists(temp: &tempfile::TempDir, path: &str) -> bool {
    temp.path().join(path).exists()
}

#[test]
fn a_tree_comes_out_as_it_is() {
    let mut tree = MemoryTree::new();
    tree.file("Users/ana/a.txt", "one");
    tree.file("Users/b.txt", "two");
    tree.file("empty", "");
    let temp = temp();
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

#[test]
fn thousands_of_files_by_many_threads() {
    let mut tree = MemoryTree::new();
    for number in 0..40 {
        let large = vec![number; 300_000];
        let node = tree.file(&*format!("large/s{}/f{number}", number % 3), large);
        tree.hard_link(&*format!("large/f{number}"), node);
    }
    for number in 0..3000 {
        let node = tree.file(
            &*format!("d{}/s{}/f{number}", number % 7, number % 70),
            number.to_string(),
        );
        tree.hard_link(&*format!("links/l{}/f{number}", number % 11), node);
    }
    let temp = temp();
    let jobs = NonZeroUsize::new(8).expect("not 0");
    let options = Options {
        jobs,
        ..Options::default()
    };
    let report = extract(&tree, vec![Root::whole(&tree)], options, temp.path());
    assert!(report.is_whole(), "{:?}", report.losses);
    assert_eq!((report.files, report.hard_links), (3040, 3040));
    for number in [0, 39] {
        let path = temp.path().join(format!("large/f{number}"));
        assert!(std::fs::read(path).expect("there") == vec![number; 300_000]);
    }
    for number in [0, 1, 1234, 2999] {
        let path = temp
            .path()
            .join(format!("links/l{}/f{number}", number % 11));
        assert_eq!(
            std::fs::read_to_string(path).expect("there"),
            number.to_string()
        );
    }
}

#[test]
fn only_what_is_selected_with_the_folders_above_it() {
    let mut tree = MemoryTree::new();
    for path in [
        "Users/ana/a.txt",
        "Users/ana/b.doc",
        "Users/ana-b/a.txt",
        "Users/ben/x/y.txt",
    ] {
        tree.file(path, path);
    }
    let temp = temp();
    let selected = roots(&tree, &["users/ben", "users/*/a.txt"]);
    let report = extract(&tree, selected, Options::default(), temp.path());
    assert!(report.is_whole() && report.notes.is_empty(), "{report:?}");
    for (path, there) in [
        ("Users/ana/a.txt", true),
        ("Users/ana-b/a.txt", true),
        ("Users/ben/x/y.txt", true),
        ("Users/ana/b.doc", false),
    ] {
        assert_eq!(exists(&temp, path), there, "{path}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let folder = std::fs::metadata(temp.path().join("Users")).expect("there");
        let guest = tree
            .metadata(tree.at("Users"))
            .expect("there")
            .modified
            .unix();
        assert_eq!((folder.mtime(), folder.mtime_nsec() as u32), guest);
    }
}

#[test]
fn several_volumes_have_a_folder_each() {
    let mut tree = MemoryTree::new();
    tree.file("a", "text");
    let temp = temp();
    let options = Options {
        prefix: Some("C".into()),
        ..Options::default()
    };
    let report = extract(&tree, vec![Root::whole(&tree)], options, temp.path());
    assert!(report.is_whole() && exists(&temp, "C/a"), "{report:?}");
}

#[test]
fn the_file_systems_own_files_come_when_asked_for() {
    let mut tree = MemoryTree::new();
    let system = tree.dir("$Extend");
    tree.file("$Extend/$ObjId", "x");
    tree.metadata_mut(system).system = true;
    for (system, there) in [(false, false), (true, true)] {
        let temp = temp();
        let options = Options {
            system,
            ..Options::default()
        };
        let report = extract(&tree, vec![Root::whole(&tree)], options, temp.path());
        assert!(report.is_whole());
        assert_eq!(exists(&temp, "$Extend/$ObjId"), there);
    }
    let temp = temp();
    let named = roots(&tree, &["$Extend/$ObjId"]);
    extract(&tree, named, Options::default(), temp.path());
    assert!(exists(&temp, "$Extend/$ObjId"), "named, it is wanted");
}

#[test]
fn losses_do_not_end_the_run() {
    let mut tree = MemoryTree::new();
    let hidden = tree.file("a/wof.exe", "x");
    tree.hide(
        hidden,
        Fault::unsupported(&tree::codes::TOO_DEEP, "WOF compressed"),
    );
    tree.file("a/b/lost", "x");
    let broken = tree.at("a/b");
    tree.break_listing(broken, Fault::damaged(&tree::codes::CYCLE, "index"));
    let socket = tree.other("a/socket");
    tree.stream(socket, "s", "x");
    tree.file("z", "last");
    let temp = temp();
    let report = extract_all(&tree, temp.path());
    assert!(exists(&temp, "z") && exists(&temp, "a/b/lost") && !exists(&temp, "a/wof.exe"));
    let mut losses: Vec<_> = report.losses.iter().map(ToString::to_string).collect();
    losses.sort();
    assert_eq!(
        losses,
        [
            "/a/b: damaged: index [HV-D250]",
            "/a/wof.exe: not supported: WOF compressed [HV-D251]"
        ]
    );
    assert_eq!((report.lost, report.skipped, report.files), (2, 1, 2));
    let notes: Vec<_> = report
        .notes
        .iter()
        .map(|line| line.code.expect("a code").id)
        .collect();
    assert_eq!(notes, ["HV-W767", "HV-W763"]);
    assert!(!report.is_whole() && report.delivered());
}

#[test]
fn further_names_of_a_lost_file_are_lost_too() {
    let mut tree = MemoryTree::new();
    let node = tree.file("a", "x");
    tree.hard_link("b", node);
    tree.hide(node, Fault::unsupported(&tree::codes::TOO_DEEP, "EFS"));
    let temp = temp();
    let report = extract_all(&tree, temp.path());
    assert_eq!((report.lost, report.files, report.hard_links), (2, 0, 0));
}

#[test]
fn a_folder_that_cannot_be_made_is_one_loss_with_all_in_it() {
    let mut tree = MemoryTree::new();
    for path in ["a/b/c", "a/d", "e"] {
        tree.file(path, path);
    }
    let temp = temp();
    std::fs::write(temp.path().join("a"), "in the way").expect("written");
    let report = extract_all(&tree, temp.path());
    assert_eq!(report.losses.len(), 1, "{:?}", report.losses);
    assert_eq!(report.losses[0].code.expect("a code").id, "HV-E755");
    assert!(exists(&temp, "e"));
    assert_eq!(
        std::fs::read(temp.path().join("a")).expect("there"),
        b"in the way"
    );
}

/// A sink without hard links, that records in which order it is called.
#[derive(Default)]
struct Ordered(Mutex<Vec<String>>);

impl Ordered {
    fn log(&self, what: &str, item: &Item<'_>) -> Result<Outcome, Error> {
        self.0
            .lock()
            .expect("no panic")
            .push(format!("{what} {}", item.path));
        Ok(Outcome::of(Ending::Written))
    }
}

impl Sink for Ordered {
    fn ordered(&self) -> bool {
        true
    }
    fn dir(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        self.log("dir", item)
    }
    fn file(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        self.log("file", item)
    }
    fn link(
        &self,
        item: &Item<'_>,
        link: &tree::Link,
        _: Option<&sink::Target>,
    ) -> Result<Outcome, Error> {
        assert_eq!(link.kind, LinkKind::Symlink);
        self.log("link", item)
    }
    fn hard_link(&self, _: &Item<'_>, _: &GuestPath) -> Result<Outcome, Error> {
        Ok(Outcome::of(Ending::Declined))
    }
    fn leave_dir(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        self.log("leave", item)
    }
    fn finish(&self) -> Result<(), Error> {
        Ok(())
    }
}

#[test]
fn an_ordered_sink_gets_all_in_walk_order() {
    let mut tree = MemoryTree::new();
    let node = tree.file("a/b/c", "x");
    tree.symlink("a/d", "b");
    tree.hard_link("e", node);
    let sink = Ordered::default();
    let selected = roots(&tree, &["e", "a/b", "a/d"]);
    let job = Job {
        fs: &tree,
        roots: selected,
        options: Options::default(),
    };
    let report = run(&job, &sink, &Silent, &AtomicBool::new(false));
    assert!(report.is_whole(), "{report:?}");
    let expected = [
        "dir /",
        "dir /a",
        "dir /a/b",
        "file /a/b/c",
        "leave /a/b",
        "link /a/d",
        "leave /a",
        "file /e",
        "leave /",
    ];
    assert_eq!(*sink.0.lock().expect("no panic"), expected);
}

#[test]
fn progress_hears_totals_bytes_and_lines() {
    #[derive(Default)]
    struct Counting(Mutex<(u64, u64, u64, Vec<String>)>);
    impl Progress for Counting {
        fn wants_totals(&self) -> bool {
            true
        }
        fn total(&self, files: u64, bytes: u64) {
            let mut heard = self.0.lock().expect("no panic");
            (heard.0, heard.1) = (files, bytes);
        }
        fn advanced(&self, bytes: u64) {
            self.0.lock().expect("no panic").2 += bytes;
        }
        fn settled(&self, line: &Line) {
            let mut json = Vec::new();
            line.write_json(&mut json);
            let json = String::from_utf8(json).expect("text");
            self.0.lock().expect("no panic").3.push(json);
        }
    }
    let mut tree = MemoryTree::new();
    let node = tree.file("a", "12345");
    tree.stream(node, "s", "678");
    tree.hard_link("b", node);
    let (temp, heard) = (temp(), Counting::default());
    let job = Job {
        fs: &tree,
        roots: vec![Root::whole(&tree)],
        options: Options::default(),
    };
    let options = sink::Options {
        streams: sink::StreamMode::Files,
        ..Default::default()
    };
    let sink = Folder::open(temp.path(), options).expect("a destination");
    run(&job, &sink, &heard, &AtomicBool::new(false));
    let (files, bytes, moved, lines) = heard.0.into_inner().expect("no panic");
    // The stream is counted with each name; it is moved with the first only.
    assert_eq!((files, bytes, moved), (1, 11, 8));
    let line: serde_json::Value = lines
        .iter()
        .map(|line| serde_json::from_str(line).expect("valid JSON"))
        .find(|line: &serde_json::Value| line["path"] == "/a")
        .expect("there is a line for it");
    assert_eq!(
        (&line["type"], &line["kind"], &line["size"]),
        (&"restored".into(), &"file".into(), &8.into())
    );
    assert!(lines.iter().all(|line| line.ends_with("}\n")));
}

#[test]
fn a_full_destination_ends_the_run_and_says_what_was_done() {
    /// Full after two files.
    struct Full(Mutex<u32>);
    impl Sink for Full {
        fn ordered(&self) -> bool {
            true
        }
        fn dir(&self, _: &Item<'_>) -> Result<Outcome, Error> {
            Ok(Outcome::of(Ending::Written))
        }
        fn file(&self, _: &Item<'_>) -> Result<Outcome, Error> {
            let mut files = self.0.lock().expect("no panic");
            *files += 1;
            let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
            if *files > 2 {
                Err(Error::writing("x", &full))
            } else {
                Ok(Outcome::of(Ending::Written))
            }
        }
        fn link(
            &self,
            _: &Item<'_>,
            _: &tree::Link,
            _: Option<&sink::Target>,
        ) -> Result<Outcome, Error> {
            unreachable!("there is no link")
        }
        fn hard_link(&self, _: &Item<'_>, _: &GuestPath) -> Result<Outcome, Error> {
            unreachable!("there is no second name")
        }
        fn leave_dir(&self, _: &Item<'_>) -> Result<Outcome, Error> {
            unreachable!("nothing more is asked of it")
        }
        fn finish(&self) -> Result<(), Error> {
            Ok(())
        }
    }
    let mut tree = MemoryTree::new();
    for number in 0..100 {
        tree.file(&*format!("{number}"), "x");
    }
    let job = Job {
        fs: &tree,
        roots: vec![Root::whole(&tree)],
        options: Options::default(),
    };
    let sink = Full(Mutex::default());
    let report = run(&job, &sink, &Silent, &AtomicBool::new(false));
    let Some(Stopped::Destination(refusal)) = &report.stopped else {
        panic!("it went on: {report}");
    };
    assert_eq!(
        (
            refusal.code.id,
            report.files,
            *sink.0.lock().expect("no panic")
        ),
        ("HV-E752", 2, 3)
    );
    assert!(
        report.to_string().contains("stopped: cannot write x"),
        "{report}"
    );
}

#[test]
fn reports_of_volumes_add_up() {
    let mut first = Report {
        files: 1,
        bytes: 10,
        ..Report::default()
    };
    let line = Line::lost(&"a".into(), Kind::File, &tree::codes::CYCLE, "gone".into());
    let mut second = Report {
        files: 2,
        links: 3,
        ..Report::default()
    };
    second.add(&line);
    first.merge(second);
    assert_eq!(
        (first.files, first.links, first.bytes, first.lost),
        (3, 3, 10, 1)
    );
    assert_eq!(
        first.to_string(),
        "restored 3 files in 0 directories, 3 links (10 bytes), 1 not restored"
    );
    let mut json = Vec::new();
    first.write_json(&mut json);
    let json: serde_json::Value = serde_json::from_slice(&json).expect("valid JSON");
    assert_eq!(
        (&json["type"], &json["lost"]),
        (&"summary".into(), &1.into())
    );
}
