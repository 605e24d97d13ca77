//! What hides its data: counted before anyone starts, named wherever it is asked for, never an empty
//! file or a dead stub at the destination.

mod encrypted;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::program::Ran;
use crate::harness::{Outcome, Sources, Test, hvrestore, temp_dir, test};
use crate::manifest::text;

/// The tests of this theme.
pub(crate) fn tests() -> Vec<Test> {
    let own = vec![
        test!(inspect_counts_before_anyone_starts),
        test!(extraction_names_each_and_makes_no_dead_files),
        test!(a_folder_keeps_what_is_in_it_whatever_its_tag),
        test!(every_command_names_what_hides),
        test!(the_way_out_keeps_every_byte).needs_tool("qemu-img"),
    ];
    own.into_iter().chain(encrypted::tests()).collect()
}

/// What hides its data in the volume `hidden`, and the code of why.
const HIDDEN: [(&str, &str); 8] = [
    ("/archived.pst", "HV-E224"),
    ("/archived.zip", "HV-E224"),
    ("/elsewhere", "HV-E225"),
    ("/single.doc", "HV-E225"),
    ("/synced.docx", "HV-E223"),
    ("/secret/one byte.txt", "HV-E222"),
    ("/secret/payroll.xlsx", "HV-E222"),
    ("/secret/whole sectors.bin", "HV-E222"),
];
/// Its folders that may not be all there.
const FOLDERS: [&str; 2] = ["/OneDrive later", "/projected"];
const FOLDER_ELSEWHERE: &str = "HV-E786";

fn volume() -> Sources {
    Sources::testdata(&["ntfs/hidden.img.zst"])
}

fn run(sources: &Sources, arguments: &[&str]) -> Ran {
    let image = sources.path("hidden.img");
    let (command, rest) = arguments.split_first().expect("a command");
    let arguments = [&[*command, image.to_str().expect("Unicode")], rest].concat();
    hvrestore(arguments)
}

/// The codes of errors by path, as `--json` tells them.
fn codes(ran: &Ran) -> BTreeMap<String, String> {
    let lines = ran.json_lines().into_iter();
    let errors = lines.filter(|line| line["type"] == "error" && line.get("stream").is_none());
    errors
        .map(|line| (text(&line["path"]), text(&line["code"])))
        .collect()
}

fn inspect_counts_before_anyone_starts() -> Outcome {
    let sources = volume();
    let document = run(&sources, &["inspect", "--json"]).expect_code(0).json();
    let counts = &document["disks"][0]["partitions"][0]["volume"]["counts"];
    let stored = json!({ "cloud": 1, "efs": 3, "foreign": 2, "hsm": 2 });
    assert_eq!(counts["stored"], stored);
    let bytes = json!({ "cloud": 30_000, "efs": 28_194, "foreign": 60_000, "hsm": 60_000 });
    assert_eq!(counts["stored_bytes"], bytes);
    let folders = json!({ "cloud": 1, "foreign": 1 });
    assert_eq!(counts["stored_folders"], folders);
    assert_eq!(counts["reparse_tags"]["0x9000701a"], 2);
    let drawn = run(&sources, &["inspect"]).expect_code(0);
    for line in [
        "1 file (29.3 KiB): cloud placeholders, content is not on this disk [HV-E223]: 1 of Azure File Sync",
        "3 files (27.5 KiB): encrypted (EFS), content cannot be read [HV-E222]",
        "2 files (58.6 KiB): moved to other storage, content is not on this disk [HV-E224]: 1 of Acronis, 1 of CommVault",
        "1 folder: more of what belongs there may be elsewhere [HV-E786]: 1 of cloud files",
    ] {
        assert!(drawn.text().contains(line), "{line}\n{}", drawn.text());
    }
    Ok(())
}

fn extraction_names_each_and_makes_no_dead_files() -> Outcome {
    let sources = volume();
    let out = temp_dir();
    let dest = out.path().join("out");
    let to = dest.to_str().expect("Unicode");
    let ran = run(&sources, &["extract", "--json", "-o", to]).expect_code(3);
    let folders = FOLDERS.map(|path| (path, FOLDER_ELSEWHERE));
    let expected = HIDDEN.iter().chain(&folders);
    let expected = expected.map(|(path, code)| ((*path).to_owned(), (*code).to_owned()));
    assert_eq!(codes(&ran), expected.collect());
    for (path, _) in HIDDEN.iter().chain(&[("/pipe", "")]) {
        let place = dest.join(path.trim_start_matches('/'));
        let there = place.symlink_metadata();
        assert!(there.is_err(), "{path}: {there:?}");
    }
    Ok(())
}

fn a_folder_keeps_what_is_in_it_whatever_its_tag() -> Outcome {
    let sources = volume();
    let out = temp_dir();
    for (number, folder) in ["/OneDrive", FOLDERS[0], FOLDERS[1]].iter().enumerate() {
        let dest = out.path().join(number.to_string());
        let code = if number == 0 { 0 } else { 3 };
        let to = dest.to_str().expect("Unicode");
        run(&sources, &["extract", folder, "-o", to]).expect_code(code);
        let made = dest.join(folder.trim_start_matches('/'));
        assert!(made.symlink_metadata()?.file_type().is_dir(), "{folder}");
        let content = run(&sources, &["cat", &format!("{folder}/here.txt")]).expect_code(0);
        assert_eq!(std::fs::read(made.join("here.txt"))?, content.stdout);
    }
    Ok(())
}

fn every_command_names_what_hides() -> Outcome {
    let sources = volume();
    for (path, code) in HIDDEN {
        for command in ["cat", "hash"] {
            let ran = run(&sources, &[command, path]).expect_code(15);
            assert!(ran.stdout.is_empty(), "{command} {path}");
            assert!(ran.stderr.contains(code), "{path}: {}", ran.stderr);
            assert!(ran.stderr.contains("what to do: "), "{}", ran.stderr);
        }
        let stat = run(&sources, &["stat", "--json", path])
            .expect_code(0)
            .json();
        assert!(stat["storage"].is_string(), "{stat}");
    }
    let hashed = run(&sources, &["hash", "-R", "--json"]).expect_code(3);
    let expected = HIDDEN.map(|(path, code)| (path.to_owned(), code.to_owned()));
    assert_eq!(codes(&hashed), expected.into());
    let listed = run(&sources, &["ls", "-lR"]).expect_code(0);
    for mark in [
        "synced.docx [cloud]",
        "single.doc [foreign]",
        "archived.pst [hsm]",
        "projected/ [foreign]",
    ] {
        assert!(listed.text().contains(mark), "{mark}\n{}", listed.text());
    }
    let found = run(&sources, &["find", "-l", "*.xlsx"]).expect_code(0);
    assert!(found.text().contains("[efs]"), "{}", found.text());
    Ok(())
}

/// What the remedy of deduplicated files says: flattened, and made a VHDX, nothing of the disk is
/// changed, so that a server with the feature finds the chunk store where it was.
fn the_way_out_keeps_every_byte() -> Outcome {
    let sources = Sources::testdata(&["ntfs/unsupported.img.zst"]);
    let out = temp_dir();
    let raw = out.path().join("flat.img");
    let vhdx = out.path().join("flat.vhdx");
    let flat = |source: &Path, to: &Path| {
        let arguments = [
            "flatten".as_ref(),
            source.as_os_str(),
            "-o".as_ref(),
            to.as_os_str(),
        ];
        hvrestore(arguments).expect_code(0);
    };
    flat(&sources.path("unsupported.img"), &raw);
    let converted = std::process::Command::new("qemu-img")
        .args(["convert", "-f", "raw", "-O", "vhdx"])
        .args([&raw, &vhdx])
        .status()?;
    assert!(converted.success());
    let again = out.path().join("again.img");
    flat(&vhdx, &again);
    let original = std::fs::read(sources.path("unsupported.img"))?;
    assert!(std::fs::read(&raw)? == original && std::fs::read(&again)?.starts_with(&original));
    let stat = [
        "stat".as_ref(),
        "--json".as_ref(),
        vhdx.as_os_str(),
        "/dedup.bin".as_ref(),
    ];
    let stat: Value = hvrestore(stat).expect_code(0).json();
    assert_eq!(stat["reparse"]["tag"], "0x80000013");
    let explained = hvrestore(["explain", "HV-E221"]).expect_code(0);
    for step in [
        "flatten",
        "qemu-img convert -O vhdx",
        "Mount-VHD -ReadOnly",
        "FS-Data-Deduplication",
    ] {
        assert!(explained.text().contains(step), "{}", explained.text());
    }
    Ok(())
}
