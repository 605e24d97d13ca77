//! The arrows between the crates: who may know whom, and whom from outside.
//!
//! ```text
//! src            -> every parser, and one mount
//! mount/*        -> tree  blockio
//! ntfs           -> tree  blockio
//! disk           -> vhdx  vhd  blockio
//! vhdx vhd partition tree hive security vmcx -> blockio
//! ```
//!
//! Inside of `src` two folders are held to less than their crate may: a sink knows `tree`,
//! `blockio` and what `security` descriptors mean, and a command of `cli` names no parser of a
//! container or of a file system (chains, partitions and configurations it may, as `chain` and
//! `inspect` are about them). What is not `cli` names nothing of it. A new edge, or a new crate from outside, is a line here beside its reason, so that it is
//! seen in review.

use super::harness::{Outcome, Test, repository, test};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// One crate of the workspace and what it may depend on.
struct Rule {
    folder: &'static str,
    /// Crates of ours.
    ours: &'static [&'static str],
    /// Crates from outside, in the product itself; tests may use what they like.
    external: &'static [&'static str],
}

const RULES: &[Rule] = &[
    Rule {
        folder: "",
        ours: &[
            "blockio",
            "disk",
            "hive",
            "ntfs",
            "partition",
            "security",
            "tree",
            "vhd",
            "vhdx",
            "vmcx",
        ],
        external: &[
            "anyhow",         // cli: errors on their way to the operator
            "base64",         // --json: what is not text
            "blake3",         // hash
            "clap",           // cli
            "clap_complete",  // completions
            "clap_mangen",    // man
            "ctrlc",          // an interrupted command cleans up
            "crc32fast",      // zip
            "embed-manifest", // long paths and UTF-8 on Windows, when building
            "flate2",         // zip
            "indicatif",      // cli: progress
            "jiff",           // times as text, and back
            "regex",          // find --regex
            "rustix",         // hostfs on Linux
            "same-file",      // an output that is a source
            "serde",          // --json
            "serde_json",     // --json
            "sha2",           // hash
            "thiserror",      // the library's errors
            "uuid",           // which VM, which disk
            "windows",        // hostfs on Windows
        ],
    },
    Rule {
        folder: "parsers/blockio",
        ours: &[],
        external: &[
            "quick_cache", // the byte budget of all caches
            "rustix",      // the open-file limit
            "thiserror",
        ],
    },
    Rule {
        folder: "parsers/vhdx",
        ours: &["blockio"],
        external: &["crc32c", "thiserror", "uuid", "zerocopy"],
    },
    Rule {
        folder: "parsers/vhd",
        ours: &["blockio"],
        external: &["thiserror", "uuid", "zerocopy"],
    },
    Rule {
        folder: "parsers/disk",
        ours: &["blockio", "vhd", "vhdx"],
        external: &["thiserror", "uuid"],
    },
    Rule {
        folder: "parsers/partition",
        ours: &["blockio"],
        external: &["crc32fast", "thiserror", "uuid", "zerocopy"],
    },
    Rule {
        folder: "parsers/security",
        ours: &["blockio"],
        external: &["thiserror", "uuid", "zerocopy"],
    },
    Rule {
        folder: "parsers/tree",
        ours: &["blockio"],
        external: &["thiserror"],
    },
    Rule {
        folder: "parsers/ntfs",
        ours: &["blockio", "tree"],
        external: &[
            "quick_cache",
            "rayon", // units are decompressed on all cores
            "thiserror",
            "uuid",
            "zerocopy",
        ],
    },
    Rule {
        folder: "parsers/hive",
        ours: &["blockio"],
        external: &["thiserror", "zerocopy"],
    },
    Rule {
        folder: "parsers/vmcx",
        ours: &["blockio"],
        external: &[
            "base64", // bytes in the XML
            "crc32fast",
            "quick-xml", // the XML: event by event, so that depth and size are bounded before they are built
            "thiserror",
            "uuid",
            "zerocopy",
        ],
    },
    Rule {
        // Writes images by the specifications, not by the parsers that will read them.
        folder: "tests/testkit",
        ours: &["blockio", "tree"],
        external: &["crc32c", "crc32fast", "uuid"],
    },
];

/// Crates of ours that only tests may use.
const FOR_TESTS: &str = "testkit";

/// Folders of `src` and the crates of ours that their files may name.
const FOLDERS: &[(&str, &[&str])] = &[
    ("src/sink", &["blockio", "security", "tree"]),
    (
        "src/cli",
        &["blockio", "disk", "partition", "security", "tree", "vmcx"],
    ),
];

/// The tests of this theme.
pub(crate) fn tests() -> Vec<Test> {
    vec![
        test!(every_member_has_a_rule),
        test!(dependencies_keep_to_the_rules),
        test!(sinks_and_commands_name_no_parser),
        test!(the_library_does_not_name_the_command_line),
        test!(no_module_is_a_drawer),
        test!(names_are_found_in_code),
    ]
}

fn every_member_has_a_rule() -> Outcome {
    let root = manifest("");
    let members = root["workspace"]["members"]
        .as_array()
        .expect("members is a list");
    let members = members
        .iter()
        .filter_map(Value::as_str)
        .collect::<BTreeSet<_>>();
    let ruled = RULES
        .iter()
        .map(|rule| rule.folder)
        .filter(|folder| !folder.is_empty());
    assert_eq!(members, ruled.collect());
    Ok(())
}

fn dependencies_keep_to_the_rules() -> Outcome {
    let ours = our_crates();
    let mut wrong = Vec::new();
    for rule in RULES {
        let manifest = manifest(rule.folder);
        for (section, crate_name) in dependencies(&manifest) {
            let in_test = section == "dev-dependencies";
            let allowed = if ours.contains(&crate_name) {
                rule.ours.contains(&crate_name.as_str()) || in_test && crate_name == FOR_TESTS
            } else {
                in_test || rule.external.contains(&crate_name.as_str())
            };
            if !allowed {
                wrong.push(format!(
                    "{}/Cargo.toml: {section}: {crate_name}",
                    rule.folder
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "not allowed by the table in layering.rs: {wrong:#?}"
    );
    Ok(())
}

fn sinks_and_commands_name_no_parser() -> Outcome {
    let ours = our_crates();
    let mut wrong = Vec::new();
    for (folder, allowed) in FOLDERS {
        for path in rust_files(&repository().join(folder)) {
            let code = fs::read_to_string(&path)?;
            let may_be_named = |name: &str| name == FOR_TESTS || allowed.contains(&name);
            for name in ours.iter().filter(|name| !may_be_named(name)) {
                wrong.extend(
                    lines_naming(&code, name)
                        .map(|line| format!("{}:{line}: {name}", path.display())),
                );
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "only {FOLDERS:?} may be named there: {wrong:#?}"
    );
    Ok(())
}

/// What the library says of sizes or machines must not need a terminal.
fn the_library_does_not_name_the_command_line() -> Outcome {
    let root = repository().join("src");
    let is_library = |path: &PathBuf| {
        let path = path.strip_prefix(&root).expect("within src");
        !path.starts_with("cli") && !path.ends_with("main.rs")
    };
    let files: Vec<_> = rust_files(&root).into_iter().filter(is_library).collect();
    assert!(files.len() > 10, "the sources are found");
    for path in files {
        let code = fs::read_to_string(&path)?;
        let lines = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        for line in lines {
            assert!(!line.contains("crate::cli::"), "{}: {line}", path.display());
        }
    }
    Ok(())
}

/// A module without a subject collects what nobody looks for there.
fn no_module_is_a_drawer() -> Outcome {
    const DRAWERS: [&str; 4] = ["util", "common", "core", "helpers"];
    let mut files = rust_files(&repository().join("src"));
    files.extend(rust_files(&repository().join("parsers")));
    files.extend(rust_files(&repository().join("tests")));
    assert!(!files.is_empty());
    for path in files {
        let names = path.with_extension("");
        let names = names
            .strip_prefix(repository())?
            .iter()
            .filter_map(|part| part.to_str());
        for name in names {
            assert!(
                !DRAWERS.contains(&name.trim_end_matches('s')),
                "{}",
                path.display()
            );
            assert!(!DRAWERS.contains(&name), "{}", path.display());
        }
    }
    Ok(())
}

fn names_are_found_in_code() -> Outcome {
    let code =
        "use vhdx::File;\n// vhdx::File\nlet a = crate::vhdx::x;\nlet my_vhdx::b;\n{vhdx::c}";
    assert_eq!(lines_naming(code, "vhdx").collect::<Vec<_>>(), [1, 5]);
    assert_eq!(
        lines_naming("use vhdx as x;\nuse {a, vhdx};", "vhdx").count(),
        1
    );
    Ok(())
}

/// The workspace's own crates by the names that code uses for them.
fn our_crates() -> BTreeSet<String> {
    let root = manifest("");
    let shared = root["workspace"]["dependencies"]
        .as_table()
        .expect("dependencies is a table");
    let ours = shared
        .iter()
        .filter(|(_, value)| value.get("path").is_some());
    ours.map(|(name, _)| name.clone()).collect()
}

/// Each dependency of a manifest with its section, those for one platform included.
fn dependencies(manifest: &Table) -> Vec<(&'static str, String)> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let tables = targets.into_iter().flat_map(|targets| targets.values());
    let tables = tables.filter_map(Value::as_table).chain([manifest]);
    let mut found = Vec::new();
    for table in tables {
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let listed = table.get(section).and_then(Value::as_table);
            let names = listed.into_iter().flat_map(Table::keys);
            found.extend(names.map(|name| (section, name.clone())));
        }
    }
    found
}

/// The numbers of the lines outside of comments on which a path begins with `name`.
fn lines_naming<'a>(code: &'a str, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    let numbered = code.lines().zip(1..);
    let code = numbered.filter(|(line, _)| !line.trim_start().starts_with("//"));
    code.filter(move |(line, _)| names(line, name))
        .map(|(_, number)| number)
}

fn names(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(start, _)| {
        let (before, after) = (&line[..start], &line[start + name.len()..]);
        let begins = !before.ends_with(|c: char| c == ':' || c == '_' || c.is_alphanumeric());
        let import = before.trim_start() == "use " || before.trim_start() == "pub use ";
        begins && (after.starts_with("::") || import && after.starts_with([' ', ';']))
    })
}

fn manifest(folder: &str) -> Table {
    let path = repository().join(folder).join("Cargo.toml");
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.parse()
        .unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// All `.rs` files below a folder; none if there is no such folder.
pub(crate) fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).into_iter().flatten();
        for path in entries.map(|entry| entry.expect("a folder can be listed").path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}
