//! Restores that do not come to their end: nothing that looks complete is left, the next run goes on, and
//! what it delivers is what an uninterrupted run delivers.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::machines::{Format, Layout, Machine, Made, State};
use crate::harness::program::{Ran, command};
use crate::harness::{Outcome, Sources, Test, hvrestore, temp_dir, test};

pub(super) fn tests() -> Vec<Test> {
    let mut tests = vec![
        test!(r6_killed_at_any_moment_it_is_resumed_to_the_same_set),
        test!(r6_a_second_run_is_told_to_wait_and_never_to_remove_anything),
        test!(r37_no_destination_within_what_is_searched),
        test!(r27_a_source_within_the_destination_stays_as_it_is),
        test!(r6_a_merge_is_not_resumed_over_a_parent_that_changed),
    ];
    if cfg!(target_os = "linux") {
        tests.push(
            test!(r32_a_destination_that_fills_up_is_resumed_when_there_is_room)
                .needs_root()
                .needs_tool("mount"),
        );
        tests.push(
            test!(r6_a_destination_that_cannot_be_written_is_named)
                .needs_root()
                .needs_tool("mount"),
        );
    }
    tests
}

const MIB: u64 = 1 << 20;

/// A machine with enough disks to be at work for a moment.
fn web(folder: &Path) -> Made {
    let mut web = Machine::new("web01", Format::Vmcx);
    for number in 0..5_u8 {
        let disk = web.add_disk(&format!("disk{number}.vhdx"));
        web.write(disk, MIB, &vec![number + 1; 2 << 20]);
    }
    web.checkpoint("Before");
    let made = web.write_to(folder, &Layout::Flat);
    for state in [State::Now, State::Checkpoint(0)] {
        let place = made.configuration(state).with_extension("vmgs");
        fs::write(place, b"firmware").expect("written");
    }
    made
}

fn arguments(source: &Path, out: &Path, more: &[&str]) -> Vec<OsString> {
    let mut all: Vec<OsString> = vec!["restore".into(), source.into(), "-o".into(), out.into()];
    // On Windows it is the destination unless told: no two sets would be the same.
    all.extend(["--windows-path", r"D:\VMs\web01"].map(OsString::from));
    all.extend(more.iter().map(OsString::from));
    all
}

fn restore(source: &Path, out: &Path, more: &[&str]) -> Ran {
    hvrestore(arguments(source, out, more))
}

fn start(source: &Path, out: &Path, more: &[&str]) -> Child {
    command(arguments(source, out, more))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts")
}

/// Starts a restore and kills it when `is_time` says so; whether it was at work then.
fn kill_when(source: &Path, out: &Path, more: &[&str], is_time: impl Fn(usize) -> bool) -> bool {
    let mut child = start(source, out, more);
    let stage = out.join(".web01.hvrestore-part");
    let begun = Instant::now();
    while !is_time(files(&stage).len()) {
        assert!(begun.elapsed() < Duration::from_secs(120), "it hangs");
        if child.try_wait().expect("waited for").is_some() {
            return false;
        }
    }
    child.kill().expect("it can be ended");
    child.wait().expect("waited for");
    true
}

/// Every file below `folder` by its path with slashes.
fn files(folder: &Path) -> BTreeMap<String, PathBuf> {
    let (mut found, mut open) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if let Ok(name) = path.strip_prefix(folder) {
                let name = name.to_string_lossy().replace('\\', "/");
                found.insert(name, path);
            }
        }
    }
    found
}

/// The bytes of every file below `folder`.
fn bytes(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let read = |(name, path)| (name, fs::read(path).expect("readable"));
    files(folder).into_iter().map(read).collect()
}

/// What one run delivers is in the other, byte for byte but for the write ids that each makes anew for a
/// file that it relinks.
fn assert_same(one: &Path, other: &Path) {
    let (one, other) = (bytes(one), bytes(other));
    let names = |of: &BTreeMap<String, Vec<u8>>| of.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&one), names(&other));
    for (name, bytes) in one {
        let same = &other[&name];
        match &*name {
            "manifest.json" => assert_eq!(manifest(&bytes), manifest(same)),
            name if name.ends_with(".avhdx") => assert_eq!(bytes.len(), same.len(), "{name}"),
            name => assert!(bytes == *same, "{name}"),
        }
    }
}

/// A manifest without the sums of relinked files.
fn manifest(bytes: &[u8]) -> Value {
    let mut manifest: Value = serde_json::from_slice(bytes).expect("valid JSON");
    for file in manifest["files"].as_array_mut().expect("a list") {
        if file["action"] == "copied and relinked" {
            file["sha256"].take();
        }
    }
    manifest
}

fn r6_killed_at_any_moment_it_is_resumed_to_the_same_set() -> Outcome {
    let folder = temp_dir();
    web(folder.path());
    let sources = Sources::made(folder);
    let whole = temp_dir();
    restore(sources.folder(), whole.path(), &["--hash"]).expect_code(0);
    let count = files(&whole.path().join("web01")).len();
    for at_least in [1, 3, count / 2, count - 2, count, count + 1] {
        let out = temp_dir();
        let was_at_work = kill_when(sources.folder(), out.path(), &["--hash"], |now| {
            now >= at_least
        });
        let place = out.path().join("web01");
        if was_at_work && !place.exists() {
            let refused = restore(sources.folder(), out.path(), &["--hash"]).expect_code(16);
            assert!(refused.stderr.contains("HV-E702"), "{}", refused.stderr);
            assert!(!place.exists());
            // And again, soon after it has gone on.
            kill_when(
                sources.folder(),
                out.path(),
                &["--hash", "--resume"],
                |now| now > at_least,
            );
        }
        if !place.exists() {
            restore(
                sources.folder(),
                out.path(),
                &["--hash", "--resume", "--verify"],
            )
            .expect_code(0);
        }
        assert_same(&whole.path().join("web01"), &place);
        let left = fs::read_dir(out.path())?.count();
        assert_eq!(left, 1, "nothing else is left at {at_least}");
    }
    Ok(())
}

/// The lock of a run that is at work is what counts, not that its folder is there.
fn r6_a_second_run_is_told_to_wait_and_never_to_remove_anything() -> Outcome {
    let folder = temp_dir();
    web(folder.path());
    let sources = Sources::made(folder);
    let out = temp_dir();
    let stage = out.path().join(".web01.hvrestore-part");
    fs::create_dir_all(&stage)?;
    let journal = stage.join(".hvrestore-restore.jsonl");
    fs::write(&journal, "{\"plan\":\"of the other run\"}\n")?;
    let other = fs::File::options().append(true).open(&journal)?;
    other.lock()?;
    for more in [&[][..], &["--resume"]] {
        let ran = restore(sources.folder(), out.path(), more).expect_code(16);
        assert!(ran.stderr.contains("HV-E704"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("remove"), "{}", ran.stderr);
    }
    assert_eq!(files(&stage).len(), 1);
    Ok(())
}

fn r37_no_destination_within_what_is_searched() -> Outcome {
    let folder = temp_dir();
    let made = web(&folder.path().join("one"));
    fs::create_dir(folder.path().join("two"))?;
    let sources = Sources::made(folder);
    let one = sources.folder().join("one");
    let two = sources.folder().join("two");
    let map = format!(r"D:\Hyper-V={}", two.display());
    let search = two.to_string_lossy().into_owned();
    let configuration = made.configuration(State::Now).to_owned();
    for (source, dest, more) in [
        (&one, one.join("out"), &[][..]),
        (&configuration, one.join("out"), &[]),
        (&one, two.join("out"), &["--search", &*search]),
        (&one, two.join("a/b/out"), &["--map", &*map]),
        (&one, sources.folder().join("two/../one/out"), &[]),
    ] {
        let ran = restore(source, &dest, more).expect_code(16);
        assert!(
            ran.stderr.contains("HV-E706"),
            "{}: {}",
            dest.display(),
            ran.stderr
        );
        assert!(!dest.exists(), "{}", dest.display());
    }
    Ok(())
}

fn r27_a_source_within_the_destination_stays_as_it_is() -> Outcome {
    let folder = temp_dir();
    let mut web = Machine::new("web01", Format::Vmcx);
    web.add_disk("web01.vhdx");
    web.folder = "web01".into();
    web.write_to(folder.path(), &Layout::Exported);
    let sources = Sources::made(folder);
    let source = sources.folder().join("web01");
    let taken = restore(&source, sources.folder(), &[]).expect_code(16);
    assert!(taken.stderr.contains("HV-E700"), "{}", taken.stderr);
    let beside = restore(&source, sources.folder(), &["--rename", "web02"]).expect_code(16);
    assert!(beside.stderr.contains("HV-E701"), "{}", beside.stderr);
    assert_eq!(fs::read_dir(sources.folder())?.count(), 1);
    Ok(())
}

fn r6_a_merge_is_not_resumed_over_a_parent_that_changed() -> Outcome {
    let folder = temp_dir();
    let made = web(folder.path());
    let out = temp_dir();
    let more = ["--as-of", "now"];
    let begun = kill_when(folder.path(), out.path(), &more, |now| now >= 4);
    if !begun || out.path().join("web01").exists() {
        return Ok(());
    }
    let base = fs::read_dir(folder.path())?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.ends_with("disk0.vhdx"))
        .expect("it is there");
    assert!(base.exists() && !made.configuration(State::Now).ends_with(&base));
    let mut changed = fs::read(&base)?;
    let end = changed.len();
    changed[end - 1] ^= 1;
    fs::write(&base, changed)?;
    let resumed =
        restore(folder.path(), out.path(), &["--as-of", "now", "--resume"]).expect_code(16);
    assert!(resumed.stderr.contains("HV-E703"), "{}", resumed.stderr);
    assert!(!out.path().join("web01").exists());
    Ok(())
}

/// A file system in memory, gone with the value.
struct Small(tempfile::TempDir);

impl Small {
    fn new(size: u64) -> Self {
        let folder = temp_dir();
        mount(
            &["-t", "tmpfs", "-o", &format!("size={size}"), "small"],
            folder.path(),
        );
        Self(folder)
    }

    fn again(&self, options: &str) {
        mount(&["-o", &format!("remount,{options}")], self.0.path());
    }
}

fn mount(arguments: &[&str], place: &Path) {
    let done = std::process::Command::new("mount")
        .args(arguments)
        .arg(place)
        .status();
    assert!(
        done.is_ok_and(|status| status.success()),
        "mount {arguments:?}"
    );
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount")
            .arg(self.0.path())
            .status();
    }
}

/// There is room for what is planned, and something else takes it.
fn r32_a_destination_that_fills_up_is_resumed_when_there_is_room() -> Outcome {
    let folder = temp_dir();
    web(folder.path());
    let sources = Sources::made(folder);
    let whole = temp_dir();
    restore(sources.folder(), whole.path(), &[]).expect_code(0);
    let small = Small::new(96 << 20);
    let out = small.0.path().join("out");
    fs::create_dir(&out)?;
    let stage = out.join(".web01.hvrestore-part");
    let mut child = start(sources.folder(), &out, &[]);
    while files(&stage).len() < 4 && child.try_wait()?.is_none() {}
    let filler = small.0.path().join("filler");
    fill(&filler);
    let ended = child.wait()?;
    if !out.join("web01").exists() {
        assert_eq!(ended.code(), Some(16));
        let full = restore(sources.folder(), &out, &["--resume"]).expect_code(16);
        let is_told = full.stderr.contains("HV-E705") || full.stderr.contains("HV-E752");
        assert!(
            is_told && full.stderr.contains("what to do: "),
            "{}",
            full.stderr
        );
        assert!(!out.join("web01").exists());
        fs::remove_file(filler)?;
        restore(sources.folder(), &out, &["--resume", "--verify"]).expect_code(0);
    }
    assert_same(&whole.path().join("web01"), &out.join("web01"));
    Ok(())
}

/// Takes all room that there is.
fn fill(place: &Path) {
    let mut file = fs::File::create(place).expect("made");
    let mut piece = vec![1; 1 << 20];
    while !piece.is_empty() {
        if file.write_all(&piece).is_err() {
            piece.truncate(piece.len() / 4);
        }
    }
}

fn r6_a_destination_that_cannot_be_written_is_named() -> Outcome {
    let folder = temp_dir();
    web(folder.path());
    let sources = Sources::made(folder);
    let small = Small::new(1 << 20);
    small.again("ro");
    for out in [small.0.path().to_owned(), small.0.path().join("out")] {
        let ran = restore(sources.folder(), &out, &[]).expect_code(16);
        let place = out.to_string_lossy();
        assert!(ran.stderr.contains(&*place), "{}", ran.stderr);
        assert!(
            ran.stderr.contains("HV-E") && ran.stderr.contains("what to do: "),
            "{}",
            ran.stderr
        );
    }
    assert_eq!(fs::read_dir(small.0.path())?.count(), 0);
    Ok(())
}
