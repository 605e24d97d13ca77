//! `--help`, `explain`, `completions`, `man`.

use std::collections::BTreeSet;

use crate::harness::{Outcome, Test, hvrestore, repository, test};
use crate::manifest::text;

pub(super) fn tests() -> Vec<Test> {
    vec![
        test!(each_command_shows_an_example),
        test!(the_help_of_commands_is_wrapped_once),
        test!(the_program_shows_its_commands_and_exit_codes),
        test!(explain_knows_every_code),
        test!(explain_finds_codes_in_what_is_pasted),
        test!(r23_explain_takes_messages_of_hyper_v),
        test!(completions_for_every_shell),
        test!(manual_pages),
    ]
}

const COMMANDS: [&str; 17] = [
    "inspect",
    "chain",
    "ls",
    "tree",
    "stat",
    "cat",
    "find",
    "hash",
    "extract",
    "apply-metadata",
    "flatten",
    "relink",
    "doctor",
    "restore",
    "explain",
    "completions",
    "man",
];

fn each_command_shows_an_example() -> Outcome {
    for command in COMMANDS {
        let help = hvrestore([command, "--help"]).expect_code(0);
        let example = format!("hvrestore {command} ");
        let lines = help
            .text()
            .lines()
            .filter(|line| !line.starts_with("Usage: "));
        let examples = lines.filter(|line| line.contains(&example)).count();
        assert!(examples > 0, "{command}: {}", help.text());
        assert_eq!(help.stderr, "", "{command}");
    }
    Ok(())
}

/// The first word of a line would have fitted into the line before: text that is wrapped twice.
fn is_ragged(line: &str, next: &str) -> bool {
    let first = next.split(' ').next().unwrap_or_default();
    let is_text = |line: &str| !line.is_empty() && !line.starts_with(' ');
    is_text(line) && is_text(next) && line.len() + 1 + first.len() <= 80
}

fn the_help_of_commands_is_wrapped_once() -> Outcome {
    for command in COMMANDS {
        let help = hvrestore([command, "--help"]).expect_code(0);
        let about: Vec<_> = help.text().lines().collect();
        let usage = about.iter().position(|line| line.starts_with("Usage: "));
        let about = &about[..usage.expect("a line of usage")];
        let ragged = about.windows(2).find(|pair| is_ragged(pair[0], pair[1]));
        assert_eq!(ragged, None, "{command}");
    }
    Ok(())
}

fn the_program_shows_its_commands_and_exit_codes() -> Outcome {
    let help = hvrestore(["--help"]).expect_code(0);
    for part in COMMANDS.iter().chain(&["Exit codes", "130 interrupted"]) {
        assert!(help.text().contains(part), "{part}: {}", help.text());
    }
    let none = hvrestore([""; 0]).expect_code(2);
    assert!(none.stderr.contains("Usage: "), "{}", none.stderr);
    Ok(())
}

/// Every code that the sources define, by reading the sources.
fn defined_codes() -> BTreeSet<String> {
    let folders = ["src", "parsers"].map(|folder| repository().join(folder));
    let files = folders
        .iter()
        .flat_map(|folder| crate::layering::rust_files(folder));
    let mut codes = BTreeSet::new();
    for file in files {
        let source = std::fs::read_to_string(file).expect("a source file");
        let definitions = source
            .lines()
            .filter(|line| line.contains(" = \"HV-") && !line.contains("///"));
        codes.extend(definitions.filter_map(|line| {
            let from = line.find("HV-")?;
            Some(line.get(from..from + 7)?.to_owned())
        }));
    }
    codes
}

fn explain_knows_every_code() -> Outcome {
    let defined = defined_codes();
    assert!(defined.len() > 80, "they are found: {defined:?}");
    let listed = hvrestore(["explain", "--json"]).expect_code(0).json();
    let listed = listed.as_array().expect("a list").iter();
    let listed: BTreeSet<_> = listed.map(|code| text(&code["code"])).collect();
    assert_eq!(listed, defined);
    for code in &defined {
        let ran = hvrestore(["explain", code]).expect_code(0);
        assert!(ran.text().starts_with(code.as_str()), "{}", ran.text());
        for part in ["meaning: ", "what to do: "] {
            assert!(ran.text().contains(part), "{code}: {}", ran.text());
        }
    }
    Ok(())
}

fn explain_finds_codes_in_what_is_pasted() -> Outcome {
    let pasted =
        "hvrestore: error: damaged: header 1 at 0x10000: (a.vhdx) [HV-D103]\n  and hv-w810, too";
    let ran = hvrestore(["explain", pasted]).expect_code(0);
    let found: Vec<_> = ran
        .text()
        .lines()
        .filter(|line| line.starts_with("HV-"))
        .collect();
    assert_eq!(found, ["HV-D103", "HV-W810"]);
    let words = hvrestore(["explain", "what", "is", "[HV-E501]?"]).expect_code(0);
    assert!(words.text().starts_with("HV-E501"));
    let half = hvrestore(["explain", "HV-D103", "HV-E999"]).expect_code(3);
    assert!(half.text().starts_with("HV-D103") && half.stderr.contains("HV-E999"));
    let unknown = hvrestore(["explain", "HV-E999"]).expect_code(14);
    assert!(unknown.stderr.contains("HV-E814") && unknown.stderr.contains("what to do: "));
    Ok(())
}

fn r23_explain_takes_messages_of_hyper_v() -> Outcome {
    let pasted = "Could not perform this because of a conflicting operation. Try the backup again.";
    let busy = hvrestore(["explain", pasted]).expect_code(0);
    for part in [
        "time of the backup",
        "Before and After commands",
        "what to do: ",
    ] {
        assert!(busy.text().contains(part), "{part}: {}", busy.text());
    }
    let switch = hvrestore(["explain", "--json", "33012"])
        .expect_code(0)
        .json();
    assert_eq!(
        (&switch[0]["code"], &switch[0]["hyper_v"]),
        (&serde_json::Value::Null, &"33012".into())
    );
    let both = hvrestore(["explain", "HV-E501: Error", "0xc03a000e"]).expect_code(0);
    assert!(both.text().starts_with("HV-E501") && both.text().contains("Hyper-V: 0xC03A000E"));
    let all = hvrestore(["explain", "hyper-v"]).expect_code(0);
    assert!(
        all.text()
            .lines()
            .filter(|line| line.starts_with("Hyper-V: "))
            .count()
            > 20
    );
    Ok(())
}

fn completions_for_every_shell() -> Outcome {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = hvrestore(["completions", shell]).expect_code(0);
        for word in ["hvrestore", "flatten", "accept-parent"] {
            assert!(script.text().contains(word), "{shell}: {word}");
        }
    }
    hvrestore(["completions", "cmd"]).expect_code(2);
    Ok(())
}

fn manual_pages() -> Outcome {
    let page = hvrestore(["man"]).expect_code(0);
    assert!(page.text().contains(".TH hvrestore 1"), "{}", page.text());
    for command in COMMANDS {
        let page = hvrestore(["man", command]).expect_code(0);
        assert!(page.text().contains(".TH "), "{command}");
        assert!(page.text().contains(".SH "), "{command}");
    }
    hvrestore(["man", "frobnicate"]).expect_code(2);
    Ok(())
}
