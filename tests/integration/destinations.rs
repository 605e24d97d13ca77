//! Destinations of one sort or another: full while a file is written, or able to share blocks.

use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use blockio::{Memory, ReadAt};
use hvrestore::extract::{self, Job};
use hvrestore::flatten;
use hvrestore::progress::{Silent, Watch};
use hvrestore::report::{Report, Stopped};
use hvrestore::select::Root;
use hvrestore::sink::{self, Error, Folder, Sources};
use tempfile::TempDir;
use testkit::MemoryTree;

use crate::harness::{Outcome, Test, temp_dir, test};

/// The tests of this theme.
pub(crate) fn tests() -> Vec<Test> {
    let tests = vec![
        test!(a_full_disk_keeps_what_is_whole_and_nothing_else)
            .needs_root()
            .needs_tool("mount"),
        test!(a_full_disk_gets_no_part_of_a_flat_file)
            .needs_root()
            .needs_tool("mount"),
    ];
    #[cfg(target_os = "linux")]
    let tests = tests.into_iter().chain(sharing::tests()).collect();
    tests
}

#[cfg(target_os = "linux")]
mod sharing;

/// A file system of 2 MiB, unmounted when it is dropped.
struct Small {
    place: PathBuf,
    _temp: TempDir,
}

impl Small {
    fn mount() -> Self {
        let temp = temp_dir();
        let place = temp.path().join("small");
        fs::create_dir(&place).expect("a folder to mount on");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"])
            .arg(&place)
            .status();
        assert!(mounted.expect("mount can be started").success());
        Self { place, _temp: temp }
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.place).expect("listed");
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<_> = names
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.place).status();
    }
}

fn bytes(len: usize) -> Arc<dyn ReadAt> {
    Arc::new(Memory::from(vec![0x5A; len]))
}

fn a_full_disk_keeps_what_is_whole_and_nothing_else() -> Outcome {
    // One thread comes to the file that is too large in its turn, many at any time.
    for (jobs, a_is_there) in [(1, true), (4, false)] {
        let small = Small::mount();
        let report = fill(&small, jobs)?;
        let Some(Stopped::Destination(refusal)) = &report.stopped else {
            panic!("it went on: {report}");
        };
        assert_eq!(refusal.code.id, "HV-E752", "{refusal}");
        let names = small.names();
        assert!(!a_is_there || names.contains(&"a".into()), "{names:?}");
        assert!(!names.contains(&"b".into()), "{names:?}");
        assert_eq!(
            names.len() as u64,
            report.files,
            "what is there is what was reported"
        );
        assert!(
            names.iter().all(|name| !name.starts_with(".hvrestore-")),
            "{names:?}"
        );
        for name in names.iter().filter(|name| name.starts_with('c')) {
            assert_eq!(
                fs::read(small.place.join(name))?.len(),
                200 << 10,
                "{name} is whole"
            );
        }
    }
    Ok(())
}

/// Restores a file that fits, one that never does, and twenty of which some do.
fn fill(small: &Small, jobs: usize) -> Result<Report, Error> {
    let mut tree = MemoryTree::new();
    tree.file("a", "whole");
    tree.file_of("b", bytes(5 << 20));
    for number in 0..20 {
        tree.file_of(&*format!("c{number}"), bytes(200 << 10));
    }
    let jobs = NonZero::new(jobs).expect("not 0");
    let job = Job {
        fs: &tree,
        roots: vec![Root::whole(&tree)],
        options: extract::Options {
            jobs,
            ..extract::Options::default()
        },
    };
    let folder = Folder::open(&small.place, sink::Options::default())?;
    Ok(extract::run(
        &job,
        &folder,
        &Silent,
        &AtomicBool::new(false),
    ))
}

fn a_full_disk_gets_no_part_of_a_flat_file() -> Outcome {
    let small = Small::mount();
    let never = AtomicBool::new(false);
    let options = flatten::Options {
        overwrite: false,
        partial: true,
        sources: Sources::default(),
    };
    let watch = Watch {
        progress: &Silent,
        cancel: &never,
    };
    let image = flatten::Image::raw(bytes(5 << 20));
    let flat = |path: &Path| flatten::to_file(&image, path, &options, watch);
    match flat(&small.place.join("disk.raw")) {
        Err(Error::Stop(refusal)) => assert_eq!(refusal.code.id, "HV-E752", "{refusal}"),
        other => panic!("{other:?}"),
    }
    assert!(small.names().is_empty(), "{:?}", small.names());
    Ok(())
}
