//! `inspect --raw`: every key of a machine's configurations, also those that nobody here knows.

use std::io::Write;

use serde_json::{Value as Json, json};
use vmcx::{Node, Value};

use crate::cli::Context;
use crate::cli::text::escape;
use crate::vmset::{ConfigFile, Machine};

/// Prints the keys of all configurations of `machines`.
///
/// # Errors
/// Where stdout cannot be written.
pub(super) fn print(machines: &[&Machine], ctx: &Context) -> anyhow::Result<()> {
    let mut out = ctx.stdout();
    let states = machines.iter().flat_map(|machine| &machine.states);
    let files = states.filter_map(|state| state.configuration.as_ref());
    if ctx.global.json {
        let files: Vec<_> = files.map(file_json).collect();
        let document = json!({ "type": "raw", "configurations": files });
        writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
    } else {
        for file in files {
            writeln!(out, "# {}", escape(&file.path.display().to_string()))?;
            for (path, node) in keys(&file.root) {
                writeln!(out, "{} = {}", escape(&path), escape(&text(&node.value)))?;
            }
        }
    }
    Ok(out.flush()?)
}

fn file_json(file: &ConfigFile) -> Json {
    let keys = keys(&file.root).into_iter().map(|(path, node)| {
        json!({ "path": path, "type": kind(&node.value), "value": value(&node.value) })
    });
    json!({ "file": file.path.display().to_string(), "keys": keys.collect::<Vec<_>>() })
}

/// The keys that hold something, or have nothing below them, by their paths, in their order.
fn keys(root: &Node) -> Vec<(String, &Node)> {
    let mut found = Vec::new();
    let mut open = vec![(format!("/{}", root.name), root)];
    while let Some((path, node)) = open.pop() {
        if node.value != Value::Node || node.children.is_empty() {
            found.push((path.clone(), node));
        }
        let children = node.children.iter().rev();
        open.extend(children.map(|child| {
            let path = path.trim_end_matches('/');
            (format!("{path}/{}", child.name), child)
        }));
    }
    found
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Node => "node",
        Value::Int(_) => "int",
        Value::UInt(_) => "uint",
        Value::Double(_) => "double",
        Value::Text(_) => "string",
        Value::Bytes(_) => "bytes",
        Value::Bool(_) => "bool",
        Value::Large(_) => "large",
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Node => "(no keys)".into(),
        Value::Int(number) => number.to_string(),
        Value::UInt(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Text(text) => format!("\"{text}\""),
        Value::Bytes(bytes) => format!("{} bytes {}", bytes.len(), hex(bytes)),
        Value::Bool(value) => value.to_string(),
        Value::Large(size) => format!("{size} bytes, not loaded"),
    }
}

fn value(value: &Value) -> Json {
    match value {
        Value::Node => Json::Null,
        Value::Int(number) => json!(number),
        Value::UInt(number) | Value::Large(number) => json!(number),
        Value::Double(number) => json!(number),
        Value::Text(text) => json!(text.to_string()),
        Value::Bytes(bytes) => json!(hex(bytes)),
        Value::Bool(value) => json!(value),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, value: Value, children: Vec<Node>) -> Node {
        Node {
            name: name.into(),
            value,
            children,
            flags: 0,
            sequence: 0,
        }
    }

    #[test]
    fn keys_have_their_paths_in_their_order() {
        let root = node(
            "configuration",
            Value::Node,
            vec![
                node("b", Value::Node, vec![node("x", Value::Int(-1), vec![])]),
                node("a", Value::Bytes(vec![1, 0xFE]), vec![]),
                node("a", Value::Text("twice".into()), vec![]),
                node("nvram", Value::Node, vec![]),
            ],
        );
        let found: Vec<_> = keys(&root)
            .into_iter()
            .map(|(path, node)| format!("{path} = {}", text(&node.value)))
            .collect();
        assert_eq!(
            found,
            [
                "/configuration/b/x = -1",
                "/configuration/a = 2 bytes 01fe",
                "/configuration/a = \"twice\"",
                "/configuration/nvram = (no keys)",
            ]
        );
        assert_eq!(value(&Value::Bytes(vec![0xAB])), json!("ab"));
    }
}
