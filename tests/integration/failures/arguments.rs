//! Sources, volumes, paths and patterns that are not there.

use super::{DEMO, names, plain, run, stops};
use crate::harness::{Outcome, Sources, Test, hvrestore, repository, temp_dir, test};

pub(super) fn tests() -> Vec<Test> {
    vec![
        test!(no_such_source),
        test!(a_folder_without_disks),
        test!(a_folder_that_is_named_like_a_disk),
        #[cfg(target_os = "linux")]
        test!(a_source_that_may_not_be_read).needs_tool("setpriv"),
        test!(a_path_that_matches_nothing),
        test!(an_invalid_glob),
        test!(a_drawing_is_no_json),
        test!(no_threads_at_all),
        test!(a_folder_without_files_to_hash),
        test!(an_unknown_volume),
        test!(a_letter_that_is_not_in_the_backup),
        test!(an_unknown_state_or_disk),
        test!(several_disks_and_no_choice),
        test!(a_folder_where_a_file_is_needed),
        test!(options_that_make_no_sense),
    ]
}

const READING: [&str; 6] = ["inspect", "chain", "ls", "tree", "hash", "find"];

fn no_such_source() -> Outcome {
    let source = repository().join("no/such/backup.vhdx");
    for command in READING {
        let ran = run(command, &source, &[]);
        let ran = stops(ran, 10, "HV-E801", &["backup.vhdx"]);
        assert!(ran.stdout.is_empty(), "{command}");
    }
    let out = temp_dir();
    for command in ["extract", "flatten"] {
        let dest = out.path().join("out");
        let ran = run(command, &source, &["-o", plain(&dest)]);
        stops(ran, 10, "HV-E801", &["backup.vhdx"]);
    }
    assert!(names(out.path()).is_empty(), "no destination was made");
    // Scripts get the same as an object.
    let line = run("ls", &source, &["--json"]).expect_code(10).json();
    assert_eq!(
        (&line["type"], &line["code"]),
        (&"error".into(), &"HV-E801".into())
    );
    Ok(())
}

fn a_folder_without_disks() -> Outcome {
    let folder = temp_dir();
    std::fs::write(folder.path().join("notes.txt"), "nothing here")?;
    std::fs::create_dir(folder.path().join("empty"))?;
    let sources = Sources::made(folder);
    for command in READING {
        stops(run(command, sources.folder(), &[]), 10, "HV-E802", &[]);
    }
    Ok(())
}

fn a_folder_that_is_named_like_a_disk() -> Outcome {
    let folder = temp_dir();
    let inside = folder.path().join("disk.vhdx");
    std::fs::create_dir(&inside)?;
    for source in [&*inside, folder.path()] {
        stops(run("ls", source, &[]), 10, "HV-E802", &[]);
    }
    Ok(())
}

/// Root may read everything, unless that right is taken from it.
#[cfg(target_os = "linux")]
fn a_source_that_may_not_be_read() -> Outcome {
    use crate::harness::program::{command, run as run_command};
    use std::os::unix::fs::PermissionsExt;
    let folder = temp_dir();
    let disk = folder.path().join("secret.vhdx");
    std::fs::write(&disk, b"vhdxfile")?;
    std::fs::set_permissions(&disk, PermissionsExt::from_mode(0o000))?;
    let is_root = crate::harness::need::Need::Root.is_there();
    for source in [&*disk, folder.path()] {
        let program = command(["ls", plain(source)]);
        let run_it = if is_root {
            let mut bound = std::process::Command::new("setpriv");
            bound.args(["--bounding-set", "-dac_override,-dac_read_search", "--"]);
            bound.arg(program.get_program()).args(program.get_args());
            bound
        } else {
            program
        };
        let ran = run_command(run_it);
        stops(ran, 10, "HV-E60", &["secret.vhdx", "ermission denied"]);
    }
    Ok(())
}

fn a_path_that_matches_nothing() -> Outcome {
    let missing = r"C:\Users\nobody\*.txt";
    for command in ["ls", "tree", "stat", "cat", "hash"] {
        let ran = run(command, DEMO.as_ref(), &[missing]);
        let ran = stops(ran, 14, "HV-E804", &["nobody"]);
        assert!(ran.stdout.is_empty(), "{command}");
    }
    stops(
        run("find", DEMO.as_ref(), &["no such name*"]),
        14,
        "HV-E804",
        &[],
    );
    stops(
        run("find", DEMO.as_ref(), &["*", "--in", missing]),
        14,
        "HV-E804",
        &["nobody"],
    );
    let out = temp_dir();
    let dest = out.path().join("out");
    let ran = run("extract", DEMO.as_ref(), &[missing, "-o", plain(&dest)]);
    stops(ran, 14, "HV-E804", &["nobody"]);
    assert!(names(out.path()).is_empty(), "no destination was made");
    let todo = r"C:\Users\ana\Desktop\todo.txt";
    let ran = run("cat", DEMO.as_ref(), &[todo, "--stream", "no such stream"]);
    stops(ran, 14, "HV-E804", &["todo.txt"]);
    Ok(())
}

fn no_threads_at_all() -> Outcome {
    for (command, more) in [("hash", &[][..]), ("extract", &["-o", "never"])] {
        for jobs in ["0", "-1", "many"] {
            let ran = run(
                command,
                DEMO.as_ref(),
                &[more, &[&format!("-j={jobs}")]].concat(),
            );
            let ran = ran.expect_code(2);
            let said = "expected a number, 1 or more";
            assert!(ran.stderr.contains(said), "{command}: {}", ran.stderr);
        }
    }
    Ok(())
}

fn a_folder_without_files_to_hash() -> Outcome {
    let ran = run("hash", DEMO.as_ref(), &[r"C:\Users"]).expect_code(0);
    assert!(
        ran.stdout.is_empty() && ran.stderr.contains("-R"),
        "{}",
        ran.stderr
    );
    let ran = run("hash", DEMO.as_ref(), &[r"C:\Users", "-R"]).expect_code(0);
    assert!(
        !ran.stdout.is_empty() && !ran.stderr.contains("-R"),
        "{}",
        ran.stderr
    );
    Ok(())
}

fn a_drawing_is_no_json() -> Outcome {
    let ran = run("tree", DEMO.as_ref(), &["--json"]);
    stops(ran, 2, "HV-E815", &["ls -R --json"]);
    Ok(())
}

fn an_invalid_glob() -> Outcome {
    let explosive = format!(r"C:\{}", "{a,b}".repeat(11));
    for command in ["ls", "hash", "cat"] {
        let ran = run(command, DEMO.as_ref(), &[&explosive]);
        stops(ran, 2, "HV-E765", &["1,024"]);
    }
    let ran = run("find", DEMO.as_ref(), &["--regex", "(unclosed"]);
    let ran = stops(ran, 2, "HV-E809", &["(unclosed\": unclosed group"]);
    assert!(
        !ran.stderr.contains(r"\u{a}"),
        "in one line: {}",
        ran.stderr
    );
    Ok(())
}

/// What there is instead is listed.
fn an_unknown_volume() -> Outcome {
    for volume in ["label=Nothing", "disk0/part9", "disk7/part1"] {
        let ran = run("ls", DEMO.as_ref(), &[&format!("{volume}/Users")]);
        stops(ran, 2, "HV-E816", &["disk0/part2", "Windows"]);
    }
    for volume in ["Nothing", "9", "0", "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"] {
        let ran = run("ls", DEMO.as_ref(), &["--volume", volume]);
        stops(ran, 2, "HV-E816", &["disk0/part2", "Windows"]);
    }
    Ok(())
}

fn a_letter_that_is_not_in_the_backup() -> Outcome {
    let known = run("ls", DEMO.as_ref(), &["E:"]);
    stops(known, 17, "HV-E830", &["E:", "DVD-ROM"]);
    let unknown = run("ls", DEMO.as_ref(), &["F:"]);
    stops(unknown, 2, "HV-E807", &["F:", "disk0/part2"]);
    for more in [&["D:"][..], &[r"D:\Data\x.txt"], &["--volume", "D:"]] {
        let ran = run("ls", DEMO.as_ref(), more);
        stops(ran, 17, "HV-E830", &["D:", "d4f87270-ed6a", "disk0/part2"]);
    }
    Ok(())
}

fn an_unknown_state_or_disk() -> Outcome {
    for state in ["tuesday", "#9", "#-1"] {
        let ran = run("ls", DEMO.as_ref(), &["-c", state]);
        stops(
            ran,
            2,
            "HV-E806",
            &[state, "#0 'before the thesis revision'"],
        );
    }
    for disk in ["3", "data.vhdx"] {
        let ran = run("ls", DEMO.as_ref(), &["--disk", disk]);
        stops(ran, 2, "HV-E806", &[disk, "web01.vhdx"]);
    }
    Ok(())
}

fn several_disks_and_no_choice() -> Outcome {
    let folder = temp_dir();
    for name in ["a.vhdx", "b.vhdx"] {
        let mut image = testkit::vhdx::Image::dynamic(2 << 20);
        image.data_write_guid =
            uuid::Uuid::from_u128(name.len() as u128 + u128::from(name.as_bytes()[0]));
        image.write(0, &[7; 512]);
        image.build().write_to(&folder.path().join(name))?;
    }
    let sources = Sources::made(folder);
    let ran = run("flatten", sources.folder(), &["-o", "-"]);
    let ran = stops(
        ran,
        2,
        "HV-E805",
        &["--disk 0", "a.vhdx", "--disk 1", "b.vhdx"],
    );
    assert!(ran.stdout.is_empty());
    run("flatten", sources.folder(), &["--disk", "1", "-o", "-"]).expect_code(0);
    // Nothing on them can be listed; what is there is said by inspect.
    stops(run("ls", sources.folder(), &[]), 15, "HV-E803", &[]);
    Ok(())
}

fn a_folder_where_a_file_is_needed() -> Outcome {
    let ran = run("cat", DEMO.as_ref(), &[r"C:\Users"]);
    stops(ran, 2, "HV-E808", &["Users"]);
    Ok(())
}

/// Before anything is opened.
fn options_that_make_no_sense() -> Outcome {
    for arguments in [
        &["ls"][..],
        &["frobnicate", DEMO],
        &["extract", DEMO],
        &["extract", DEMO, "-o", "x", "--overwrite", "--skip-existing"],
        &["find", DEMO, "--size", "big"],
        &["find", DEMO, "--newer", "yesterdayish"],
        &["hash", DEMO, "--algorithm", "md5"],
        &["hash", DEMO, "-j", "0"],
        &["ls", DEMO, "-q", "-v"],
        &["flatten", DEMO, "-o", "x", "--format", "qcow2"],
    ] {
        let ran = hvrestore(arguments).expect_code(2);
        assert!(ran.stdout.is_empty(), "{arguments:?}");
        assert!(
            ran.stderr.contains("error: ") || ran.stderr.contains("Usage: "),
            "{}",
            ran.stderr
        );
    }
    Ok(())
}
