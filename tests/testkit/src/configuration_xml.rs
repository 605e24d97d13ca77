//! The XML of configurations up to 2012 R2, byte for byte as Hyper-V writes it.

use crate::vmcx::{Key, Value};

/// How the characters of a file are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As Hyper-V writes it: UTF-16LE with a byte order mark.
    Utf16Le,
    /// UTF-16BE with a byte order mark.
    Utf16Be,
    /// UTF-8 without one, though the declaration says UTF-16: as converted files are.
    Utf8,
}

/// The file of the tree below `root`, which is the key `configuration`. Keys are written in the order of
/// their names, as in real files; those of one name in the order they are in.
#[must_use]
pub fn write(root: &Key, encoding: Encoding) -> Vec<u8> {
    let mut text = r#"<?xml version="1.0" encoding="UTF-16" standalone="yes"?>"#.to_owned();
    element(&mut text, root, 0);
    let marked = format!("\u{feff}{text}");
    match encoding {
        Encoding::Utf16Le => marked.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        Encoding::Utf16Be => marked.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        Encoding::Utf8 => text.into_bytes(),
    }
}

fn element(text: &mut String, key: &Key, depth: usize) {
    let indent = format!("\r\n{}", "  ".repeat(depth));
    let name = &key.name;
    let leaf =
        |kind: &str, value: &str| format!(r#"{indent}<{name} type="{kind}">{value}</{name}>"#);
    let element = match &key.value {
        Value::Node => return node(text, key, &indent, depth),
        Value::Int(number) => leaf("integer", &number.to_string()),
        Value::UInt(number) => leaf("integer", &number.to_string()),
        Value::Double(number) => leaf("double", &number.to_string()),
        Value::Bool(true) => leaf("bool", "True"),
        Value::Bool(false) => leaf("bool", "False"),
        Value::Bytes(bytes) => leaf("bytes", &base64(bytes)),
        Value::Text(found) => leaf("string", &escaped(found)),
    };
    text.push_str(&element);
}

fn node(text: &mut String, key: &Key, indent: &str, depth: usize) {
    let name = &key.name;
    if key.keys.is_empty() {
        return text.push_str(&format!("{indent}<{name}/>"));
    }
    text.push_str(&format!("{indent}<{name}>"));
    let mut keys: Vec<_> = key.keys.iter().collect();
    keys.sort_by(|a, b| a.name.cmp(&b.name));
    for key in keys {
        element(text, key, depth + 1);
    }
    text.push_str(&format!("{indent}</{name}>"));
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('\r', "&#13;")
}

/// In lines of 64 characters, each with its end.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let character =
        |bits: u32, place: usize| char::from(ALPHABET[(bits >> (18 - 6 * place)) as usize & 63]);
    let mut text = String::new();
    for (number, group) in bytes.chunks(3).enumerate() {
        if number > 0 && number.is_multiple_of(16) {
            text.push_str("\r\n");
        }
        let mut padded = [0; 4];
        padded[1..=group.len()].copy_from_slice(group);
        let bits = u32::from_be_bytes(padded);
        for place in 0..4 {
            text.push(if place <= group.len() {
                character(bits, place)
            } else {
                '='
            });
        }
    }
    text + "\r\n"
}
