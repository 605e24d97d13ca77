//! What is there already is respected, a source is never written, a full disk leaves nothing half
//! done under a final name.

use std::path::Path;

use super::{DEMO, demo_disks, names, plain, run, stops};
#[cfg(target_os = "linux")]
use crate::harness::SIDECAR;
use crate::harness::{Outcome, Sources, Test, temp_dir, test};

pub(super) fn tests() -> Vec<Test> {
    vec![
        test!(the_output_is_a_source),
        test!(the_output_is_another_state_of_the_backup),
        test!(the_output_is_a_folder_of_the_source),
        test!(the_folder_to_fill_is_a_file),
        test!(an_image_that_is_there_is_kept),
        test!(each_rule_for_files_that_are_there),
        test!(a_file_where_a_folder_is_needed),
        test!(another_run_is_filling_it),
        #[cfg(unix)]
        test!(links_in_the_destination_are_not_followed),
        #[cfg(target_os = "linux")]
        test!(a_full_destination).needs_root().needs_tool("mount"),
        #[cfg(target_os = "linux")]
        test!(a_plan_that_does_not_fit)
            .needs_root()
            .needs_tool("mount"),
        #[cfg(target_os = "linux")]
        test!(stdout_that_takes_nothing),
    ]
}

const LEAF: &str = "web01_CE235999-FD3C-5562-B631-585FE5FD80B5.avhdx";

/// A copy of the demo that may be put at risk.
fn copy_of_demo() -> Sources {
    let folder = temp_dir();
    for entry in std::fs::read_dir(demo_disks()).expect("the demo is there") {
        let path = entry.expect("an entry").path();
        let target = folder.path().join(path.file_name().expect("a name"));
        std::fs::copy(&path, target).expect("a file can be copied");
    }
    Sources::made(folder)
}

fn the_output_is_a_source() -> Outcome {
    let sources = copy_of_demo();
    let aside = temp_dir();
    let mut places = vec![sources.path(LEAF), sources.path("web01.vhdx")];
    let hard = aside.path().join("hard.raw");
    std::fs::hard_link(sources.path("web01.vhdx"), &hard)?;
    places.push(hard);
    #[cfg(unix)]
    {
        let soft = aside.path().join("soft.raw");
        std::os::unix::fs::symlink(sources.path(LEAF), &soft)?;
        places.push(soft);
    }
    for place in &places {
        for more in [
            &["-o", plain(place)][..],
            &["-o", plain(place), "--overwrite"],
        ] {
            let ran = run("flatten", sources.folder(), more).expect_code(16);
            assert!(ran.stderr.contains("what to do: "), "{}", ran.stderr);
            assert!(ran.stderr.contains("HV-E75"), "{}", ran.stderr);
        }
    }
    let ran = run(
        "flatten",
        sources.folder(),
        &["-o", plain(&places[0]), "--overwrite"],
    );
    stops(ran, 16, "HV-E754", &[LEAF]);
    Ok(())
}

/// Not read in this run, and part of the backup all the same.
fn the_output_is_another_state_of_the_backup() -> Outcome {
    let sources = copy_of_demo();
    let leaf = sources.path(LEAF);
    for source in [sources.folder().to_owned(), sources.path("web01.vhdx")] {
        let more = ["-c", "base", "-o", plain(&leaf), "--overwrite"];
        stops(run("flatten", &source, &more), 16, "HV-E754", &[LEAF]);
    }
    Ok(())
}

/// Beside the disks nothing is put; a folder of its own is another matter.
fn the_output_is_a_folder_of_the_source() -> Outcome {
    let sources = copy_of_demo();
    let here = sources.folder();
    for place in [here.to_owned(), here.join(".")] {
        let ran = run("extract", here, &["/Users", "-o", plain(&place)]);
        stops(ran, 16, "HV-E754", &["folder of the source"]);
    }
    let file = here.join("web01.vhdx");
    run(
        "extract",
        &file,
        &["/Windows/win.ini", "-o", plain(temp_dir().path())],
    )
    .expect_code(0);
    Ok(())
}

fn the_folder_to_fill_is_a_file() -> Outcome {
    let out = temp_dir();
    let file = out.path().join("notes.txt");
    std::fs::write(&file, "important")?;
    let ran = extract(&file, &[]);
    stops(ran, 16, "HV-E755", &["is not a folder"]);
    assert_eq!(std::fs::read(&file)?, b"important");
    Ok(())
}

fn an_image_that_is_there_is_kept() -> Outcome {
    let out = temp_dir();
    let flat = out.path().join("disk.raw");
    std::fs::write(&flat, "important")?;
    let more = ["-c", "base", "-o", plain(&flat)];
    stops(
        run("flatten", DEMO.as_ref(), &more),
        16,
        "HV-E751",
        &["disk.raw"],
    );
    assert_eq!(std::fs::read(&flat)?, b"important");
    assert_eq!(names(out.path()), ["disk.raw"]);
    run(
        "flatten",
        DEMO.as_ref(),
        &[&more[..], &["--overwrite"]].concat(),
    )
    .expect_code(0);
    let streamed = run("flatten", DEMO.as_ref(), &["-c", "base", "-o", "-"]).expect_code(0);
    assert!(std::fs::read(&flat)? == streamed.stdout);
    assert_eq!(names(out.path()), ["disk.raw"]);
    let nowhere = out.path().join("no/such/folder/disk.raw");
    let ran = run("flatten", DEMO.as_ref(), &["-o", plain(&nowhere)]).expect_code(16);
    assert!(ran.stderr.contains("what to do: "), "{}", ran.stderr);
    Ok(())
}

const DESKTOP: &str = r"C:\Users\ana\Desktop";

/// Extracts the desktop into `dest`.
fn extract(dest: &Path, more: &[&str]) -> crate::harness::program::Ran {
    let arguments = [&[DESKTOP, "-c", "base", "-o", plain(dest)], more].concat();
    run("extract", DEMO.as_ref(), &arguments)
}

fn each_rule_for_files_that_are_there() -> Outcome {
    let out = temp_dir();
    let dest = out.path().join("out");
    extract(&dest, &[]).expect_code(0);
    let desktop = dest.join("Users/ana/Desktop");
    let todo = desktop.join("todo.txt");
    let original = std::fs::read(&todo)?;
    let before = names(&desktop);
    let spoil = || std::fs::write(&todo, "mine");
    spoil()?;
    let ran = extract(&dest, &[]);
    assert!(
        matches!(ran.code, Some(3 | 16)),
        "{:?} {}",
        ran.code,
        ran.stderr
    );
    assert!(
        ran.stderr.contains("HV-E751") && ran.stderr.contains("todo.txt"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("what to do: "), "{}", ran.stderr);
    assert_eq!(std::fs::read(&todo)?, b"mine");
    extract(&dest, &["--skip-existing"]).expect_code(0);
    assert_eq!(std::fs::read(&todo)?, b"mine");
    // Mine was written now, the guest's years ago.
    extract(&dest, &["--on-conflict", "newer"]).expect_code(0);
    assert_eq!(std::fs::read(&todo)?, b"mine");
    assert_eq!(names(&desktop), before);
    extract(&dest, &["--on-conflict", "rename"]).expect_code(0);
    assert_eq!(std::fs::read(&todo)?, b"mine");
    assert_eq!(names(&desktop).len(), before.len() * 2);
    let second = names(&desktop)
        .into_iter()
        .find(|name| name.starts_with("todo (2)"));
    assert_eq!(
        std::fs::read(desktop.join(second.expect("todo (2).txt")))?,
        original
    );
    extract(&dest, &["--overwrite"]).expect_code(0);
    assert_eq!(std::fs::read(&todo)?, original);
    Ok(())
}

fn a_file_where_a_folder_is_needed() -> Outcome {
    let out = temp_dir();
    let dest = out.path().join("out");
    std::fs::write(&dest, "a file")?;
    let ran = extract(&dest, &[]);
    stops(ran, 16, "HV-E75", &["out"]);
    std::fs::remove_file(&dest)?;
    std::fs::create_dir(&dest)?;
    std::fs::write(dest.join("Users"), "a file")?;
    for more in [&[][..], &["--overwrite"], &["--skip-existing"]] {
        let ran = extract(&dest, more);
        assert!(
            matches!(ran.code, Some(3 | 16)),
            "{:?} {}",
            ran.code,
            ran.stderr
        );
        assert!(ran.stderr.contains("HV-E755"), "{}", ran.stderr);
        assert_eq!(std::fs::read(dest.join("Users"))?, b"a file");
    }
    Ok(())
}

/// A run holds a lock on its journal for as long as it lasts.
fn another_run_is_filling_it() -> Outcome {
    let out = temp_dir();
    let dest = out.path().join("out");
    std::fs::create_dir(&dest)?;
    let journal = dest.join(".hvrestore-journal.jsonl");
    let other = std::fs::File::create(&journal)?;
    other.lock()?;
    for more in [&[][..], &["--overwrite"], &["--resume"]] {
        stops(extract(&dest, more), 16, "HV-E770", &["out"]);
    }
    assert_eq!(names(&dest), [".hvrestore-journal.jsonl"]);
    drop(other);
    extract(&dest, &[]).expect_code(0);
    assert!(dest.join("Users/ana/Desktop/todo.txt").is_file());
    Ok(())
}

/// A link that someone put into the destination may lead anywhere.
#[cfg(unix)]
fn links_in_the_destination_are_not_followed() -> Outcome {
    let (out, elsewhere) = (temp_dir(), temp_dir());
    let dest = out.path().join("out");
    std::fs::create_dir(&dest)?;
    std::os::unix::fs::symlink(elsewhere.path(), dest.join("Users"))?;
    for more in [&[][..], &["--overwrite"]] {
        let ran = extract(&dest, more);
        assert!(
            matches!(ran.code, Some(3 | 16)),
            "{:?} {}",
            ran.code,
            ran.stderr
        );
        assert!(ran.stderr.contains("HV-E755"), "{}", ran.stderr);
    }
    assert!(names(elsewhere.path()).is_empty());
    let ana = dest.join("real/ana");
    std::fs::create_dir_all(&ana)?;
    let precious = elsewhere.path().join("precious");
    std::fs::write(&precious, "mine")?;
    std::fs::remove_file(dest.join("Users"))?;
    std::fs::create_dir_all(dest.join("Users/ana/Desktop"))?;
    let todo = dest.join("Users/ana/Desktop/todo.txt");
    std::os::unix::fs::symlink(&precious, &todo)?;
    extract(&dest, &["--overwrite"]);
    assert_eq!(std::fs::read(&precious)?, b"mine");
    Ok(())
}

/// A small file system of its own, gone with the value.
#[cfg(target_os = "linux")]
struct Small(tempfile::TempDir);

#[cfg(target_os = "linux")]
impl Small {
    fn new(size: &str) -> Self {
        let folder = temp_dir();
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "small"])
            .arg(folder.path())
            .status();
        assert!(
            mounted.expect("mount runs").success(),
            "root can mount a tmpfs"
        );
        Self(folder)
    }
}

#[cfg(target_os = "linux")]
impl Drop for Small {
    fn drop(&mut self) {
        let gone = std::process::Command::new("umount")
            .arg(self.0.path())
            .status();
        assert!(gone.is_ok_and(|status| status.success()), "umount");
    }
}

#[cfg(target_os = "linux")]
fn a_full_destination() -> Outcome {
    let small = Small::new("64k");
    let dest = small.0.path();
    let ran = run("extract", DEMO.as_ref(), &["-o", plain(&dest.join("out"))]);
    stops(ran, 16, "HV-E752", &[]);
    let sums = crate::manifest::Printed::of(DEMO.as_ref(), &[]).sums;
    let mut whole = 0;
    for file in files_below(&dest.join("out")) {
        let path = format!("/{}", plain(file.strip_prefix(dest.join("out"))?));
        if path == "/.hvrestore-journal.jsonl" {
            continue;
        }
        let (size, sum) = sums
            .get(&(path.clone(), String::new()))
            .unwrap_or_else(|| panic!("{path} is no file of the guest"));
        let bytes = std::fs::read(&file)?;
        assert_eq!(bytes.len() as u64, *size, "{path}");
        assert_eq!(crate::harness::program::sha256(&bytes), *sum, "{path}");
        whole += 1;
    }
    assert!(whole > 0 && whole < sums.len(), "{whole} files");
    let flat = dest.join("flat.raw");
    let before = names(dest);
    stops(
        run("flatten", DEMO.as_ref(), &["-o", plain(&flat)]),
        16,
        "HV-E752",
        &["flat.raw"],
    );
    assert_eq!(names(dest), before);
    Ok(())
}

#[cfg(target_os = "linux")]
fn a_plan_that_does_not_fit() -> Outcome {
    let small = Small::new("64k");
    let dest = small.0.path().join("out");
    let more = ["-o", plain(&dest), "--dry-run"];
    let ran = run("extract", DEMO.as_ref(), &more).expect_code(16);
    for part in ["HV-E772", "what to do: "] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    assert!(names(small.0.path()).is_empty());
    Ok(())
}

#[cfg(target_os = "linux")]
fn files_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let kind = entry.file_type().expect("a kind");
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() && entry.file_name() != SIDECAR {
                files.push(entry.path());
            }
        }
    }
    files
}

/// Data that did not arrive is never success.
#[cfg(target_os = "linux")]
fn stdout_that_takes_nothing() -> Outcome {
    use crate::harness::program::command;
    for arguments in [
        &["ls", "-R", DEMO][..],
        &["hash", "-R", DEMO],
        &["flatten", DEMO, "-o", "-"],
        &["cat", DEMO, r"C:\Windows\win.ini"],
        &["inspect", DEMO],
        &["find", DEMO, "*"],
        &["tree", DEMO],
    ] {
        let full = std::fs::File::options().write(true).open("/dev/full")?;
        let mut program = command(arguments);
        let output = program.stdout(full).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{arguments:?}");
        assert!(said.contains("error: "), "{arguments:?}: {said}");
    }
    Ok(())
}
