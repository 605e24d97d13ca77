//! Runs that are killed, and runs that go on where they were.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use super::below;
use crate::harness::program::{Ran, command, run};
use crate::harness::{Outcome, Sources, Test, temp_dir, test};

pub(super) fn tests() -> Vec<Test> {
    // Under Wine names of one file that a killed run left cannot be told from others: resuming says
    // that they exist (HV-E751, exit 3).
    let volumes = ["many", "streams", "links", "names", "metadata"].into_iter();
    let volumes = volumes.filter(|&name| !(cfg!(windows) && name == "links"));
    let killed = volumes.map(|name| {
        let test = format!("control::resume::killed_and_resumed::{name}");
        Test::new(test, move || killed_and_resumed(name))
    });
    let others = vec![
        test!(what_is_done_is_not_done_again),
        test!(without_resume_it_is_said),
        test!(what_is_not_ours_is_left_alone),
        test!(a_torn_file_is_done_again),
        test!(without_a_journal_bytes_are_compared),
        test!(partial_files_are_tried_again),
    ];
    killed.chain(others).collect()
}

const JOURNAL: &str = ".hvrestore-journal.jsonl";

fn arguments<'a>(source: &'a Path, dest: &'a Path, more: &'a [&'a str]) -> Vec<&'a OsStr> {
    let mut arguments = vec![OsStr::new("extract"), source.as_os_str()];
    arguments.extend([OsStr::new("-o"), dest.as_os_str()]);
    arguments.extend(more.iter().map(OsStr::new));
    arguments
}

/// What can be told of something: its bytes, its time, and the rest.
type Told = (Vec<u8>, Option<SystemTime>, Vec<u64>);

/// What can be told of each thing below a folder.
fn tree(folder: &Path) -> BTreeMap<String, Told> {
    let describe = |path: String| {
        let place = folder.join(path.trim_end_matches('/'));
        let metadata = fs::symlink_metadata(&place).expect("it is there");
        let content = match () {
            () if metadata.is_symlink() => {
                let target = fs::read_link(&place).expect("a link");
                target.into_os_string().into_encoded_bytes()
            }
            () if metadata.is_file() => fs::read(&place).expect("readable"),
            () => Vec::new(),
        };
        let time = metadata.modified().expect("a time");
        // The guest's own; where it set none, the host's has no meaning.
        let is_old = time
            .elapsed()
            .is_ok_and(|age| age > Duration::from_secs(86_400));
        let time = (!metadata.is_symlink() && is_old).then_some(time);
        (path, (content, time, facts(&place, &metadata)))
    };
    below(folder).into_iter().map(describe).collect()
}

/// The number of names, and a sum over the extended attributes.
#[cfg(target_os = "linux")]
fn facts(place: &Path, metadata: &fs::Metadata) -> Vec<u64> {
    use std::os::unix::fs::MetadataExt;
    let mut names = vec![0; 1 << 16];
    let len = rustix::fs::llistxattr(place, &mut names[..]).unwrap_or(0);
    let mut facts = vec![if metadata.is_dir() {
        0
    } else {
        metadata.nlink()
    }];
    for name in names[..len]
        .split(|&byte| byte == 0)
        .filter(|name| name.starts_with(b"user."))
    {
        let mut value = vec![0; 1 << 16];
        let len = rustix::fs::lgetxattr(place, name, &mut value[..]).expect("readable");
        let sum = name
            .iter()
            .chain(&value[..len])
            .map(|&byte| u64::from(byte))
            .sum();
        facts.push(sum);
    }
    facts.sort_unstable();
    facts
}

#[cfg(not(target_os = "linux"))]
fn facts(_: &Path, _: &fs::Metadata) -> Vec<u64> {
    Vec::new()
}

/// Runs the program and ends it after a while, as a power cut would.
fn killed_after(arguments: &[&OsStr], pause: Duration) -> bool {
    let mut child = command(arguments);
    child
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = child.spawn().expect("it starts");
    sleep(pause);
    let over = child.try_wait().expect("a child can be asked").is_some();
    child.kill().expect("a child can be ended");
    child.wait().expect("it has ended");
    !over
}

/// However often it is killed, in the end it is what it would have been.
fn killed_and_resumed(name: &str) -> Outcome {
    let sources = Sources::testdata(&[format!("ntfs/{name}.img.zst")]);
    let source = sources.path(&format!("{name}.img"));
    let out = temp_dir();
    let (whole, torn) = (out.path().join("whole"), out.path().join("torn"));
    let code = run(command(arguments(&source, &whole, &[])))
        .code
        .expect("it ended");
    let mut killed = 0;
    let first = arguments(&source, &torn, &[]);
    let next = arguments(&source, &torn, &["--resume"]);
    for number in 0..8_u32 {
        let arguments = if number == 0 { &first } else { &next };
        killed += u32::from(killed_after(
            arguments,
            Duration::from_millis(25 + 20 * u64::from(number)),
        ));
    }
    let ran = run(command(&next)).expect_code(code);
    assert!(
        killed > 0 || name != "many",
        "it was never killed in the middle"
    );
    let (whole, torn) = (tree(&whole), tree(&torn));
    for (path, expected) in &whole {
        let found = torn.get(path);
        assert!(found.is_some(), "{path} is missing\n{}", ran.stderr);
        assert!(
            found == Some(expected),
            "{path} differs: {found:?}\n{}",
            ran.stderr
        );
    }
    let more: Vec<_> = torn
        .keys()
        .filter(|path| !whole.contains_key(*path))
        .collect();
    assert!(more.is_empty(), "{more:?}\n{}", ran.stderr);
    Ok(())
}

/// A run that did not come to its end: one folder is missing.
struct Interrupted {
    sources: Sources,
    dest: PathBuf,
    /// A file that is missing.
    missing: PathBuf,
    _out: tempfile::TempDir,
}

/// The files in the folder that is missing.
const MISSING: u64 = 2;

impl Interrupted {
    /// A file is in the way of the folder; it is removed after that.
    fn new() -> Self {
        let sources = Sources::testdata(&["ntfs/plain.img.zst".to_owned()]);
        let out = temp_dir();
        let dest = out.path().join("out");
        let folder = dest.join("Users/ana/Documents");
        fs::create_dir_all(dest.join("Users/ana")).expect("made");
        fs::write(&folder, "in the way").expect("written");
        run(command(arguments(&sources.path("plain.img"), &dest, &[]))).expect_code(3);
        fs::remove_file(&folder).expect("removed");
        assert!(dest.join(JOURNAL).exists());
        Self {
            sources,
            dest,
            missing: folder.join("report.txt"),
            _out: out,
        }
    }

    fn resume(&self, more: &[&str], code: i32) -> Ran {
        let more: Vec<_> = ["--resume", "--json"].iter().chain(more).copied().collect();
        let source = self.sources.path("plain.img");
        run(command(arguments(&source, &self.dest, &more))).expect_code(code)
    }
}

fn summary(ran: &Ran) -> (u64, u64) {
    let lines = ran.json_lines();
    let sum = lines.last().expect("a summary");
    let number = |field: &str| sum[field].as_u64().expect("a number");
    (number("files"), number("present"))
}

fn what_is_done_is_not_done_again() -> Outcome {
    let run = Interrupted::new();
    let kept = run
        .dest
        .join(super::files(&run.dest).pop_last().expect("a file"));
    let before = changed(&kept);
    let ran = run.resume(&[], 0);
    let (files, present) = summary(&ran);
    assert!(
        files == MISSING && present > 5,
        "{files} restored, {present} there already"
    );
    assert!(run.missing.exists() && !run.dest.join(JOURNAL).exists());
    assert_eq!(changed(&kept), before);
    Ok(())
}

/// When the file itself was last changed in any way, where the system tells.
fn changed(place: &Path) -> (i64, i64) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let metadata = fs::metadata(place).expect("it is there");
        (metadata.ctime(), metadata.ctime_nsec())
    }
    #[cfg(not(unix))]
    {
        assert!(place.exists());
        (0, 0)
    }
}

fn without_resume_it_is_said() -> Outcome {
    let interrupted = Interrupted::new();
    let source = interrupted.sources.path("plain.img");
    let ran = run(command(arguments(
        &source,
        &interrupted.dest,
        &["--skip-existing"],
    )));
    let ran = ran.expect_code(0);
    assert!(ran.stderr.contains("[HV-W771]"), "{}", ran.stderr);
    assert!(
        interrupted.dest.join(JOURNAL).exists(),
        "there may still be something to resume"
    );
    Ok(())
}

/// A file that somebody wrote meanwhile is no file of ours, whatever its name.
fn what_is_not_ours_is_left_alone() -> Outcome {
    let run = Interrupted::new();
    let changed = run
        .dest
        .join(super::files(&run.dest).pop_last().expect("a file"));
    fs::write(&changed, "somebody's work")?;
    fs::create_dir_all(run.missing.parent().expect("below DEST"))?;
    fs::write(&run.missing, "somebody's work, too")?;
    let ran = run.resume(&[], 3);
    assert_eq!(ran.stderr.matches("[HV-E751]").count(), 2, "{}", ran.stderr);
    assert_eq!(fs::read(&changed)?, b"somebody's work");
    run.resume(&["--overwrite"], 0);
    assert_ne!(fs::read(&changed)?, b"somebody's work");
    Ok(())
}

/// A file that the machine's end cut off: the journal has it, with another size. And what a killed
/// run leaves behind.
fn a_torn_file_is_done_again() -> Outcome {
    let run = Interrupted::new();
    let names = super::files(&run.dest);
    let place = |name: &&String| run.dest.join(name);
    let torn = names.iter().map(|name| place(&name)).find(|place| {
        place.file_name() != Some(OsStr::new(JOURNAL))
            && fs::metadata(place).is_ok_and(|found| found.len() > 10)
    });
    let torn = torn.expect("a file with bytes");
    let (bytes, time) = (fs::read(&torn)?, fs::metadata(&torn)?.modified()?);
    let file = fs::File::options().write(true).open(&torn)?;
    file.set_len(3)?;
    file.set_modified(time)?;
    drop(file);
    let left_over = torn.with_file_name(".hvrestore-0123456789abcdef.tmp");
    fs::write(&left_over, "half a file")?;
    let ran = run.resume(&[], 0);
    assert_eq!(summary(&ran).0, MISSING + 1);
    assert!(fs::read(&torn)? == bytes && !left_over.exists());
    assert!(
        ran.stderr.contains("removed 1 temporary file"),
        "{}",
        ran.stderr
    );
    Ok(())
}

fn without_a_journal_bytes_are_compared() -> Outcome {
    let run = Interrupted::new();
    fs::remove_file(run.dest.join(JOURNAL))?;
    let ran = run.resume(&[], 0);
    let (files, present) = summary(&ran);
    assert!(
        files == MISSING && present > 5,
        "{files} restored, {present} there already"
    );
    // The same size and time do not do; and what is in the way of a run is none of its own.
    let place = run
        .dest
        .join(super::files(&run.dest).pop_last().expect("a file"));
    let time = fs::metadata(&place)?.modified()?;
    let mut bytes = fs::read(&place)?;
    bytes[0] ^= 1;
    fs::write(&place, &bytes)?;
    fs::File::options()
        .write(true)
        .open(&place)?
        .set_modified(time)?;
    let ran = run.resume(&[], 3);
    assert_eq!(ran.stderr.matches("[HV-E751]").count(), 1, "{}", ran.stderr);
    assert_eq!(fs::read(&place)?, bytes);
    Ok(())
}

/// A damaged file stays the partial one it is, and no other is put beside it; once its bytes can be
/// had, it is whole and nothing of the partial one is left.
fn partial_files_are_tried_again() -> Outcome {
    let (damaged, whole) = super::damaged();
    let out = temp_dir();
    let dest = out.path().join("out");
    let into =
        |sources: &Sources, more| run(command(arguments(&sources.path("disk.vhdx"), &dest, more)));
    into(&damaged, &[]).expect_code(3);
    let first = super::files(&dest);
    assert!(
        first.contains("large.txt.partial") && first.contains(JOURNAL),
        "{first:?}"
    );
    let again = into(&damaged, &["--resume"]).expect_code(3);
    assert_eq!(super::files(&dest), first);
    assert!(again.stderr.contains("there already"), "{}", again.stderr);
    into(&whole, &["--resume"]).expect_code(0);
    let whole = first
        .iter()
        .filter(|path| !path.ends_with(".json") && *path != JOURNAL);
    let whole = whole.map(|path| path.trim_end_matches(".partial").to_owned());
    assert_eq!(super::files(&dest), whole.collect());
    Ok(())
}
