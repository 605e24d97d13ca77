//! What must be refused, and what damage leaves to be read.

use hvrestore_vmcx::{Edit, Node, Value};

use super::{machine, open, try_open, utf16, xml};

fn refused(bytes: impl Into<Vec<u8>>) -> String {
    let error = try_open(bytes).unwrap_err();
    format!("{} {}", error.fault().code.id, error.fault().found)
}

#[test]
fn document_types_are_refused_before_any_entity_of_theirs_is_looked_at() {
    let bomb = r#"<?xml version="1.0"?><!DOCTYPE c [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]><configuration>&b;</configuration>"#;
    assert_eq!(refused(bomb), "HV-E964 a document type");
    assert_eq!(refused(utf16(bomb)), "HV-E964 a document type");
    let file = r#"<!DOCTYPE c SYSTEM "file:///etc/passwd"><configuration/>"#;
    assert_eq!(refused(file), "HV-E964 a document type");
}

#[test]
fn deep_nesting_is_refused_before_it_is_built() {
    let deep = format!("<configuration>{}", "<a>".repeat(4_000_000));
    assert_eq!(
        refused(deep),
        "HV-E964 more than 64 keys one below the other"
    );
    let full = format!("{}{}", "<a>".repeat(64), "</a>".repeat(64));
    assert_eq!(open(full).notes(), []);
}

#[test]
fn more_keys_than_any_machine_has_are_refused() {
    let many = format!("<configuration>{}</configuration>", "<a/>".repeat(200_000));
    assert_eq!(refused(many), "HV-E964 more than 200000 keys");
    let huge = vec![b' '; (16 << 20) + 1];
    assert_eq!(refused(huge), "HV-E962 0x1000001");
}

/// One tag of 12 MiB: whatever is done for each attribute against each other takes hours.
#[test]
fn attributes_by_the_million_take_no_longer_than_their_bytes() {
    let attributes: String = (0..1_000_000)
        .map(|number| format!(" a{number}=''"))
        .collect();
    let document = open(format!("<configuration{attributes}/>"));
    assert_eq!(document.root().children[0].name, "configuration");
}

#[test]
fn files_of_other_programs_are_refused_by_name_or_known_as_such() {
    let other = [
        &b""[..],
        b"MZ\x90\0",
        b"{\"a\":1}",
        &[0; 4096],
        b"VirtualPC settings",
    ];
    for bytes in other {
        let error = try_open(bytes).unwrap_err();
        assert_eq!(error.fault().code.id, "HV-E962", "{bytes:02x?}");
        assert_eq!(error.fault().file.as_deref(), Some("web01.xml"));
    }
    let shell = r#"<?xml version="1.0" encoding="utf-16"?><virtual_pc_shell><name>XP</name></virtual_pc_shell>"#;
    assert!(!open(shell).is_configuration());
    let settings = "<configuration><appSettings/></configuration>";
    assert!(!open(settings).is_configuration());
    assert!(open(xml(&machine().keys())).is_configuration());
}

fn count(node: &Node) -> usize {
    1 + node.children.iter().map(count).sum::<usize>()
}

#[test]
fn a_file_that_ends_early_gives_what_came_before() {
    let whole = xml(&machine().keys());
    let all = count(open(whole.clone()).root());
    let mut last = 0;
    for length in (200..whole.len()).step_by(97) {
        let document = open(&whole[..length]);
        let found = count(document.root());
        assert!(last <= found && found <= all, "{length}");
        last = found;
        assert_eq!(document.notes()[0].code.id, "HV-D963", "{length}");
        let edit = [Edit::remove("configuration")];
        assert_eq!(document.edit(&edit).unwrap_err().fault().code.id, "HV-E968");
    }
    assert!(last + 3 > all, "{last} of {all}");
}

/// Half a path would be another path.
#[test]
fn a_value_that_is_cut_off_is_left_out() {
    let whole = r"<configuration><a type='string'>C:\one</a><b type='string'>C:\two";
    let document = open(whole);
    let keys = &document.root().children[0].children;
    assert_eq!((keys.len(), &*keys[0].name), (1, "a"));
}

#[test]
fn damage_is_told_at_its_place_in_the_file() {
    let broken = "<configuration>\n<a type='integer'>1</a><b>&nbsp;</b></configuration>";
    let document = open(broken);
    assert_eq!(document.root().int_at("configuration/a"), Some(1));
    let note = &document.notes()[0];
    assert_eq!(
        note.offset,
        Some(u64::try_from(broken.find("&nbsp").unwrap()).unwrap())
    );
    let wide = open(utf16(broken));
    assert_eq!(
        wide.notes()[0].offset,
        note.offset.map(|offset| 2 + 2 * offset)
    );
    let invalid = try_open(b"<configuration>\xff\xff</configuration>").unwrap_err();
    assert_eq!(invalid.fault().offset, Some(15));
}

#[test]
fn values_that_are_not_what_they_say_are_kept_as_text_and_noted() {
    let text = "<configuration><a type='integer'>12x</a><b type='bool'>maybe</b><c type='bytes'>!</c><d type='integer'>18446744073709551615</d></configuration>";
    let document = open(text);
    let codes: Vec<_> = document.notes().iter().map(|note| note.code.id).collect();
    assert_eq!(codes, ["HV-W965"; 3]);
    assert_eq!(
        document.root().text_at("configuration/a"),
        Some(&"12x".into())
    );
    let large = document.root().at("configuration/d").unwrap();
    assert_eq!(large.value, Value::UInt(u64::MAX));
}

#[test]
fn comments_cdata_and_references_read_as_what_they_mean() {
    let text = "<configuration><!-- a --><a type='string'>x<![CDATA[<&>]]>&#65;&#x42;&lt;&amp;&gt;&quot;&apos;\r\n</a></configuration>";
    let read = open(text);
    assert_eq!(read.notes(), []);
    let value = read.root().text_at("configuration/a").unwrap();
    assert_eq!(value.to_string(), "x<&>AB<&>\"'\n");
}
