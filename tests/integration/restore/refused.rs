//! Destinations that are not taken, and runs that end early.

use std::fs;
use std::path::Path;
#[cfg(target_os = "linux")]
use std::process::Command;
use std::time::{Duration, Instant};

use super::{MIB, Web, names};
use crate::harness::machines::{Format, Layout, State};
use crate::harness::program::command;
use crate::harness::{Outcome, Test, test};

pub(super) fn tests() -> Vec<Test> {
    vec![
        test!(r27_a_folder_that_is_taken_and_a_machine_of_the_same_id_are_refused),
        test!(r37_a_destination_within_the_source_is_refused),
        test!(r6_a_run_that_is_killed_leaves_nothing_that_looks_complete_and_is_resumed),
        #[cfg(target_os = "linux")]
        test!(r32_a_destination_that_is_too_small_gets_nothing)
            .needs_root()
            .needs_loop()
            .needs_tool("mkfs.ext4")
            .needs_tool("mount"),
    ]
}

fn r27_a_folder_that_is_taken_and_a_machine_of_the_same_id_are_refused() -> Outcome {
    let web = Web::new(Format::Vmcx, Layout::Exported);
    web.restore(&[]).expect_code(0);
    let before = names(&web.out());
    let again = web.restore(&[]).expect_code(16);
    assert!(again.stderr.contains("[HV-E700]"), "{}", again.stderr);
    let renamed = web.restore(&["--rename", "web02"]).expect_code(16);
    assert!(renamed.stderr.contains("[HV-E701]"), "{}", renamed.stderr);
    assert_eq!(names(&web.out()), before);
    // An empty folder is as good as none.
    let web = Web::new(Format::Vmcx, Layout::Exported);
    fs::create_dir_all(web.root())?;
    web.restore(&[]).expect_code(0);
    Ok(())
}

fn r37_a_destination_within_the_source_is_refused() -> Outcome {
    let web = Web::new(Format::Vmcx, Layout::Flat);
    let within = web.sources.folder().join("out");
    let ran = super::restore(web.sources.folder(), &within, &[]).expect_code(16);
    assert!(ran.stderr.contains("[HV-E706]"), "{}", ran.stderr);
    assert!(!within.exists());
    Ok(())
}

fn r6_a_run_that_is_killed_leaves_nothing_that_looks_complete_and_is_resumed() -> Outcome {
    let web = Web::changed(
        Format::Vmcx,
        Layout::Flat,
        |web, _| {
            // Enough to be at work for a moment.
            for number in 1..8 {
                let disk = web.add_disk(&format!("more{number}.vhdx"));
                web.write(disk, MIB, &vec![number; 3 << 20]);
            }
        },
        |_, _| {},
    );
    let part = web.out().join(".web01.hvrestore-part");
    kill_half_way(&web, &part);
    if part.exists() {
        assert!(!web.root().exists(), "it has no name before its end");
        let refused = web.restore(&[]).expect_code(16);
        assert!(refused.stderr.contains("[HV-E702]"), "{}", refused.stderr);
        web.restore(&["--resume", "--verify"]).expect_code(0);
    }
    assert!(!part.exists() && web.root().exists());
    web.assert_reads(State::Now, "now");
    web.assert_reads(web.update, "before update");
    let left: Vec<_> = names(&web.root())
        .into_iter()
        .filter(|name| name.contains(".hvrestore"))
        .collect();
    assert_eq!(left, [""; 0]);
    Ok(())
}

/// Ends a run as soon as something is in its temporary folder; again, until one was at work.
fn kill_half_way(web: &Web, part: &Path) {
    let out = web.out();
    for _ in 0..20 {
        let source = web.sources.folder();
        let mut child = command([
            "restore".as_ref(),
            source.as_os_str(),
            "-o".as_ref(),
            out.as_os_str(),
        ])
        .spawn()
        .expect("it can be started");
        let started = Instant::now();
        while !part.join("Virtual Machines").exists() && started.elapsed() < Duration::from_secs(60)
        {
            if child.try_wait().expect("waited for").is_some() {
                break;
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        child.kill().expect("it can be ended");
        child.wait().expect("waited for");
        if part.exists() {
            return;
        }
        // It may have come to its end, or not have begun.
        let _ = fs::remove_dir_all(&out);
    }
    panic!("no run could be ended half way");
}

/// A file system of a few MiB, unmounted when it is dropped.
#[cfg(target_os = "linux")]
struct Small(std::path::PathBuf);

#[cfg(target_os = "linux")]
impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[cfg(target_os = "linux")]
fn r32_a_destination_that_is_too_small_gets_nothing() -> Outcome {
    let web = Web::new(Format::Vmcx, Layout::Flat);
    let image = web.out.path().join("image");
    fs::File::create(&image)?.set_len(4 << 20)?;
    let place = web.out();
    fs::create_dir(&place)?;
    let made = Command::new("mkfs.ext4")
        .args(["-q", "-F"])
        .arg(&image)
        .status()?;
    assert!(made.success());
    let mounted = Command::new("mount")
        .args(["-o", "loop"])
        .arg(&image)
        .arg(&place)
        .status()?;
    assert!(mounted.success());
    let _small = Small(place.clone());
    let ran = web.restore(&[]).expect_code(16);
    assert!(ran.stderr.contains("[HV-E705]"), "{}", ran.stderr);
    let left: Vec<_> = names(&place);
    assert_eq!(left, [""; 0], "nothing was written");
    Ok(())
}
