//! Runs that are interrupted, readers that go away, sources that change meanwhile.

use std::io::Read;
use std::process::{Child, Stdio};
use std::time::{Duration, SystemTime};

use testkit::vhdx::{Image, state};

use crate::harness::program::command;
use crate::harness::{Outcome, Sources, Test, temp_dir, test};

pub(super) fn tests() -> Vec<Test> {
    vec![
        test!(a_source_that_changes_is_told),
        test!(a_reader_that_goes_away_is_no_error),
        #[cfg(target_os = "linux")]
        test!(an_interrupted_file_is_gone),
        #[cfg(target_os = "linux")]
        test!(an_interrupted_stream_ends),
    ]
}

/// A disk of `blocks` MiB that all lie at one place of a small file: much to read, little to keep.
fn long_disk(blocks: u64) -> Sources {
    let mut image = Image::dynamic(blocks << 20);
    image.write(0, &vec![0x5a; 1 << 20]);
    let mut file = image.build();
    let place = file.layout.places[&0];
    for block in 1..blocks {
        file.set_bat_entry(block, state::PRESENT, place);
    }
    let folder = temp_dir();
    let disk = folder.path().join("long.vhdx");
    file.write_to(&disk).expect("a disk can be written");
    Sources::made(folder)
}

/// Starts `flatten -o -` and reads the first byte: from now on it waits for its reader.
fn started(disk: &std::path::Path) -> Child {
    let mut child = command([
        "flatten".as_ref(),
        disk.as_os_str(),
        "-o".as_ref(),
        "-".as_ref(),
    ])
    .stdin(Stdio::null())
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .expect("the program starts");
    let mut first = [0];
    let out = child.stdout.as_mut().expect("piped");
    out.read_exact(&mut first).expect("a first byte comes");
    child
}

/// The rest of its output, its exit code, and what it said.
fn ended(child: Child) -> (u64, Option<i32>, String) {
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.stdout.len() as u64, output.status.code(), said)
}

fn a_source_that_changes_is_told() -> Outcome {
    let folder = long_disk(64);
    let disk = folder.path("long.vhdx");
    let opened = std::fs::metadata(&disk)?.modified()?;
    let file = std::fs::File::options().write(true).open(&disk)?;
    let child = started(&disk);
    let touched = file.set_modified(SystemTime::now() + Duration::from_secs(60));
    let (rest, code, said) = ended(child);
    touched?;
    file.set_modified(opened)?;
    assert_eq!((rest, code), ((64 << 20) - 1, Some(3)), "{said}");
    for part in ["HV-W604", "long.vhdx", "what to do: "] {
        assert!(said.contains(part), "{part}: {said}");
    }
    Ok(())
}

/// `hvrestore ... | head` has done what it was asked for.
fn a_reader_that_goes_away_is_no_error() -> Outcome {
    let folder = long_disk(64);
    let mut child = started(&folder.path("long.vhdx"));
    drop(child.stdout.take());
    let (_, code, said) = ended(child);
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("error"), "{said}");
    Ok(())
}

#[cfg(target_os = "linux")]
fn interrupt(child: &Child) {
    let id = rustix::process::Pid::from_child(child);
    rustix::process::kill_process(id, rustix::process::Signal::INT).expect("it is running");
}

#[cfg(target_os = "linux")]
fn an_interrupted_file_is_gone() -> Outcome {
    let sources = long_disk(16 << 10);
    let disk = sources.path("long.vhdx");
    let out = temp_dir();
    let flat = out.path().join("flat.raw");
    let child = command([
        "flatten".as_ref(),
        disk.as_os_str(),
        "-o".as_ref(),
        flat.as_os_str(),
    ])
    .stdin(Stdio::null())
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()?;
    let started = std::time::Instant::now();
    while super::names(out.path()).is_empty() {
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "no output is begun"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(!flat.exists(), "a disk that is not whole has another name");
    interrupt(&child);
    let (_, code, said) = ended(child);
    assert_eq!(code, Some(130), "{said}");
    assert!(
        super::names(out.path()).is_empty(),
        "{:?}",
        super::names(out.path())
    );
    Ok(())
}

#[cfg(target_os = "linux")]
fn an_interrupted_stream_ends() -> Outcome {
    let sources = long_disk(256);
    let child = started(&sources.path("long.vhdx"));
    interrupt(&child);
    std::thread::sleep(Duration::from_millis(50));
    let (rest, code, said) = ended(child);
    assert_eq!(code, Some(130), "{said}");
    assert!(rest < 200 << 20, "{rest} bytes came after the interruption");
    Ok(())
}
