//! The tables of the scripts, read back and compared with the facts.

use super::grammar::{Script, Value};
use super::sample::{anew, name_of, troubled, web01};
use super::*;
use vmcx::Text;

#[test]
fn tables_say_what_the_facts_say() {
    for facts in [web01(), troubled(), anew()] {
        compare(&facts);
    }
}

/// The tables that bind disks, read back through the grammar and compared with the facts.
fn compare(facts: &Facts) {
    let text = super::tables::of(facts);
    let script = Script::parse(&text);
    assert_eq!(script.errors(), Vec::<String>::new(), "{text}");
    let units = |text: &Text| Value::Text(text.units().to_vec());
    let maybe = |text: Option<&str>| text.map_or(Value::Null, Value::text);

    assert_eq!(*script.table("Machine").at("Name"), units(&facts.name));
    let states = script.table("States");
    assert_eq!(states.rows().len(), facts.states.len());
    for (row, state) in states.rows().iter().zip(&facts.states) {
        assert_eq!(*row.at("Id"), Value::text(&name_of(state.id)));
        assert_eq!(*row.at("Name"), units(&state.name));
        assert_eq!(*row.at("Fate"), Value::text(&format!("{:?}", state.fate)));
        assert_eq!(
            *row.at("Created"),
            state.created.map_or(Value::Null, Value::Number)
        );
    }
    let drives = script.table("Drives");
    let expected: Vec<_> = facts
        .states
        .iter()
        .flat_map(|state| state.drives.iter().map(move |drive| (state, drive)))
        .collect();
    assert_eq!(drives.rows().len(), expected.len());
    for (row, (state, drive)) in drives.rows().iter().zip(expected) {
        assert_eq!(*row.at("State"), Value::text(&name_of(state.id)));
        assert_eq!(
            *row.at("Location"),
            Value::Number(drive.slot.location.into())
        );
        let (recorded, file) = match &drive.content {
            Content::Disk { recorded, file } | Content::Iso { recorded, file } => (recorded, file),
            Content::Floppy { recorded } => (recorded, &None),
            Content::Physical { what } => (what, &None),
        };
        assert_eq!(*row.at("Recorded"), units(recorded));
        assert_eq!(*row.at("File"), maybe(file.as_deref()));
    }
    let files = script.table("Files");
    assert_eq!(files.rows().len(), facts.files.len());
    for (row, file) in files.rows().iter().zip(&facts.files) {
        assert_eq!(*row.at("Path"), Value::text(&file.path));
        assert_eq!(*row.at("Parent"), maybe(file.parent.as_deref()));
    }
    for (row, adapter) in script.table("Adapters").rows().iter().zip(&facts.adapters) {
        assert_eq!(
            *row.at("Switch"),
            adapter.switch.as_ref().map_or(Value::Null, units)
        );
    }
}

/// Names that have broken scripts, and hundreds that are put together from what breaks them.
fn hostile_names() -> Vec<Text> {
    let known = [
        "",
        " ",
        "'",
        "''",
        "'; Remove-VM *; '",
        "\u{2019}; Stop-Computer; \u{2018}",
        "\"",
        "$(calc)",
        "`$x",
        "#>",
        "<# x",
        "\r\n$x = 1\r\n",
        "'@",
        "@'",
        "{0}",
        "}",
        "|",
        "&",
        ";",
        "%{x}",
        "..\\..\\x",
        "a\0b",
        "\u{FEFF}x",
        "\u{202E}txt.exe",
        "\u{2028}",
        "\u{85}",
        "Zürich 研究室",
        "😀",
        "--%",
        "-f",
    ];
    let mut names: Vec<Text> = known.into_iter().map(Text::from).collect();
    names.push(Text::from_units(vec![0xD800]));
    names.push(Text::from_units(vec![0xDC00, 0xD83D, 0x0027]));
    let alphabet: Vec<u16> =
        "'\u{2018}\u{2019}\u{201A}\u{201B}\"$()`#@{};\r\n\\a b|\0\u{2028}\u{202E}é"
            .encode_utf16()
            .chain([0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0xFFFF])
            .collect();
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    for length in 0..400 {
        let units = (0..length % 23).map(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            alphabet[(seed >> 33) as usize % alphabet.len()]
        });
        names.push(Text::from_units(units.collect()));
    }
    names
}

#[test]
fn r35_any_name_comes_back_from_the_tables_to_the_last_unit() {
    for name in hostile_names() {
        let mut facts = troubled();
        facts.name = name.clone();
        facts.states[1].name = name.clone();
        facts.states[0].drives.push(sample::drive(
            5,
            Content::Disk {
                recorded: name.clone(),
                file: Some(name.to_string()),
            },
        ));
        facts.adapters[0].switch = Some(name.clone());
        facts.absent[0].what = name.to_string();
        compare(&facts);
    }
}

/// By PowerShell's own rule for single quotes, which no grammar needs to know: outside of them the
/// tables are words, numbers and signs that mean nothing else; inside, no line ends.
#[test]
fn r35_no_name_leaves_its_quotes() {
    for name in hostile_names() {
        let mut facts = troubled();
        facts.name = name.clone();
        facts.states[1].name = name.clone();
        facts.adapters[0].name = name;
        let text = super::tables::of(&facts);
        let tables = text.split_once("$Machine").unwrap().1;
        let mut inside = false;
        let mut chars = tables.chars().peekable();
        while let Some(char) = chars.next() {
            let quote = "'\u{2018}\u{2019}\u{201A}\u{201B}".contains(char);
            if inside && quote && chars.next_if_eq(&char).is_some() {
                continue;
            }
            assert!(!(inside && char.is_control()), "{tables}");
            if quote {
                inside = !inside;
            } else if !inside {
                let fine = char.is_ascii_alphanumeric() || "$@(){}[]=;,- \n".contains(char);
                assert!(fine, "{char:?} in {tables}");
            }
        }
        assert!(!inside, "{tables}");
    }
}

#[test]
fn whole_scripts_with_hostile_names_are_powershell() {
    for name in hostile_names().into_iter().step_by(16) {
        let mut facts = troubled();
        facts.name = name.clone();
        facts.states[2].name = name;
        assert_eq!(
            Script::parse(&String::from_utf8(import(&facts)).unwrap()).errors(),
            Vec::<String>::new()
        );
    }
}
