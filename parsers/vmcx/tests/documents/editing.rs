//! Values replaced, keys removed, everything else as it was.

use hvrestore_vmcx::{Document, Edit, Format, Text};
use testkit::configuration_xml::{self, Encoding};

use super::{both, machine, open, utf16, xml};

const NAME: &str = "configuration/properties/name";

fn code(document: &Document, edits: &[Edit]) -> &'static str {
    document.edit(edits).unwrap_err().fault().code.id
}

#[test]
fn one_text_is_replaced_and_no_other_byte() {
    for encoding in [Encoding::Utf16Le, Encoding::Utf16Be, Encoding::Utf8] {
        let mut keys = machine().keys();
        let before = configuration_xml::write(&keys, encoding);
        let name = "a & b <c> \"d\" \u{1f5a5} \r";
        keys.set("properties/name", name);
        let after = configuration_xml::write(&keys, encoding);
        let edited = open(before.clone()).edit(&[Edit::set(NAME, name)]).unwrap();
        assert!(edited == after, "{encoding:?}");
        let back = open(edited).edit(&[Edit::set(NAME, "web01")]).unwrap();
        assert!(back == before, "{encoding:?}");
    }
}

#[test]
fn an_element_is_removed_with_its_line_and_no_other_byte() {
    let mut keys = machine().keys();
    let before = xml(&keys);
    keys.set("savedstate/type", "Normal");
    keys.set("savedstate/memlocation", r"D:\VMs\x.bin");
    let saved = open(xml(&keys));
    assert!(saved.configuration().saved_state.is_some());
    let edited = saved
        .edit(&[Edit::remove("configuration/savedstate")])
        .unwrap();
    assert!(edited == before, "more than the element is gone");
}

#[test]
fn several_edits_are_made_at_once_in_any_order() {
    let disk = r"configuration/manifest/vdev001/name";
    let keys = machine().keys();
    let edits = [
        Edit::set(NAME, "longer than before"),
        Edit::set(disk, ""),
        Edit::remove("configuration/settings/memory"),
    ];
    for document in both(&keys) {
        let edited = open(document.edit(&edits).unwrap());
        let root = edited.root();
        assert_eq!(edited.notes(), []);
        assert_eq!(root.text_at(NAME), Some(&"longer than before".into()));
        assert_eq!(root.text_at(disk), Some(&Text::default()));
        assert_eq!(root.at("configuration/settings/memory"), None);
        let kept = "configuration/settings/processors/count";
        assert_eq!(root.int_at(kept), Some(2));
    }
}

#[test]
fn an_element_that_closes_itself_gets_text() {
    let text = r#"<configuration><properties><name type="string"/></properties></configuration>"#;
    let edited = open(text).edit(&[Edit::set(NAME, "web01")]).unwrap();
    let expected = text.replace("/></p", ">web01</name></p");
    assert_eq!(String::from_utf8(edited).unwrap(), expected);
}

#[test]
fn of_keys_with_one_name_the_first_is_edited() {
    let text = r#"<configuration><a><b type="string">1</b></a><a><b type="string">2</b></a></configuration>"#;
    let edited = open(text)
        .edit(&[Edit::set("configuration/a/b", "x")])
        .unwrap();
    assert_eq!(
        String::from_utf8(edited).unwrap(),
        text.replacen('1', "x", 1)
    );
}

#[test]
fn unpaired_surrogates_are_kept_and_can_be_set() {
    let mut bytes = utf16(r#"<configuration><n type="string">a?b</n></configuration>"#);
    let place = bytes.windows(2).position(|unit| unit == b"?\0").unwrap();
    bytes[place..place + 2].copy_from_slice(&[0x3d, 0xd8]);
    let document = open(bytes.clone());
    let expected = Text::from_units(vec![0x61, 0xd83d, 0x62]);
    assert_eq!(document.root().text_at("configuration/n"), Some(&expected));
    let key = "configuration/n";
    let without = document.edit(&[Edit::set(key, "plain")]).unwrap();
    let with = open(without)
        .edit(&[Edit::set(key, expected.clone())])
        .unwrap();
    assert_eq!(with, bytes);
    let narrow = open(r#"<configuration><n type="string">x</n></configuration>"#);
    assert_eq!(code(&narrow, &[Edit::set(key, expected)]), "HV-E968");
}

#[test]
fn edits_that_cannot_be_made_are_refused() {
    let [xml, container] = both(&machine().keys());
    assert_eq!(
        (xml.format(), container.format()),
        (Format::Xml, Format::Container)
    );
    let missing = [Edit::set("configuration/none", "x")];
    assert_eq!(
        (code(&xml, &missing), code(&container, &missing)),
        ("HV-E968", "HV-E971")
    );
    let number = [Edit::set("configuration/properties/version", "x")];
    assert_eq!(
        (code(&xml, &number), code(&container, &number)),
        ("HV-E968", "HV-E970")
    );
    let gone = [Edit::remove("configuration/none")];
    assert_eq!(
        (code(&xml, &gone), code(&container, &gone)),
        ("HV-E968", "HV-E971")
    );
    let twice = [
        Edit::set(NAME, "x"),
        Edit::remove("configuration/properties"),
    ];
    assert_eq!(code(&xml, &twice), "HV-E968");
    assert_eq!(code(&xml, &[Edit::set(NAME, "\u{1}")]), "HV-E968");
}
