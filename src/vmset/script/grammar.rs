//! The scripts as a grammar of PowerShell reads them, for the tests.

use std::collections::BTreeMap;

use tree_sitter::{Node, Parser, Tree};

/// A script and what the grammar makes of it.
pub(super) struct Script {
    text: String,
    tree: Tree,
}

/// What a literal of a table means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(u64),
    /// In UTF-16, as PowerShell has it.
    Text(Vec<u16>),
    List(Vec<Value>),
    Row(BTreeMap<String, Value>),
}

impl Value {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.encode_utf16().collect())
    }

    pub(super) fn rows(&self) -> &[Self] {
        match self {
            Self::List(rows) => rows,
            other => panic!("{other:?} is no list"),
        }
    }

    pub(super) fn at(&self, key: &str) -> &Self {
        match self {
            Self::Row(row) => &row[key],
            other => panic!("{other:?} is no row"),
        }
    }
}

impl Script {
    pub(super) fn parse(text: &str) -> Self {
        let mut parser = Parser::new();
        let language = tree_sitter_powershell::LANGUAGE.into();
        parser.set_language(&language).unwrap();
        let text = text.trim_start_matches('\u{FEFF}').to_owned();
        let tree = parser.parse(&text, None).unwrap();
        Self { text, tree }
    }

    pub(super) fn nodes(&self) -> Vec<Node<'_>> {
        under(self.tree.root_node())
    }

    pub(super) fn of(&self, node: Node<'_>) -> &str {
        node.utf8_text(self.text.as_bytes()).unwrap()
    }

    /// What the grammar does not understand.
    pub(super) fn errors(&self) -> Vec<String> {
        let is_wrong = |node: &Node<'_>| node.is_error() || node.is_missing();
        let show = |node: Node<'_>| {
            let line = node.start_position().row + 1;
            format!("line {line}: {}", self.of(node))
        };
        self.nodes()
            .into_iter()
            .filter(is_wrong)
            .map(show)
            .collect()
    }

    /// The table `$name`.
    pub(super) fn table(&self, name: &str) -> Value {
        let variable = format!("${name}");
        let assignment = self
            .nodes()
            .into_iter()
            .find(|node| {
                node.kind() == "assignment_expression"
                    && self.of(node.child(0).unwrap()) == variable
            })
            .unwrap_or_else(|| panic!("no table {variable}"));
        self.value(assignment.child_by_field_name("value").unwrap())
    }

    fn value(&self, node: Node<'_>) -> Value {
        match node.kind() {
            "string_literal" => Value::Text(unquote(self.of(node))),
            "integer_literal" => Value::Number(number(self.of(node))),
            "variable" => match self.of(node) {
                "$null" => Value::Null,
                "$true" => Value::Bool(true),
                "$false" => Value::Bool(false),
                other => panic!("{other} in a table"),
            },
            "array_expression" => Value::List(self.list(node)),
            "hash_literal_expression" => Value::Row(self.row(node)),
            "parenthesized_expression" => Value::Text(self.joined(node)),
            _ if node.named_child_count() == 1 => self.value(node.named_child(0).unwrap()),
            other => panic!("{other} in a table: {}", self.of(node)),
        }
    }

    /// The statements of `@(...)`, or the elements of its one statement.
    fn list(&self, array: Node<'_>) -> Vec<Value> {
        let Some(mut node) = array.named_child(0) else {
            return Vec::new();
        };
        while node.named_child_count() == 1 && node.kind() != "unary_expression" {
            node = node.named_child(0).unwrap();
        }
        if node.kind() == "unary_expression" {
            return vec![self.value(node)];
        }
        let mut cursor = node.walk();
        node.named_children(&mut cursor)
            .map(|child| self.value(child))
            .collect()
    }

    fn row(&self, hash: Node<'_>) -> BTreeMap<String, Value> {
        under(hash)
            .into_iter()
            .filter(|node| node.kind() == "hash_entry")
            .map(|entry| {
                let key = self.of(entry.named_child(0).unwrap()).to_owned();
                (key, self.value(entry.named_child(1).unwrap()))
            })
            .collect()
    }

    /// `(-join @('a', [char]0xD800))`.
    fn joined(&self, node: Node<'_>) -> Vec<u16> {
        assert!(self.of(node).starts_with("(-join @("), "{}", self.of(node));
        let mut units = Vec::new();
        for node in under(node) {
            match node.kind() {
                "string_literal" => units.extend(unquote(self.of(node))),
                "integer_literal" => units.push(u16::try_from(number(self.of(node))).unwrap()),
                _ => {}
            }
        }
        units
    }
}

/// A node and all below it, in the order of the text.
pub(super) fn under(node: Node<'_>) -> Vec<Node<'_>> {
    let mut nodes = vec![node];
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        nodes.extend(under(child));
    }
    nodes
}

/// What stands between single quotes, as PowerShell reads it: a doubled quote of any kind is one.
fn unquote(literal: &str) -> Vec<u16> {
    let inner = literal
        .strip_prefix('\'')
        .and_then(|rest| rest.strip_suffix('\''))
        .unwrap_or_else(|| panic!("{literal} is not in single quotes"));
    let mut text = String::new();
    let mut chars = inner.chars();
    while let Some(char) = chars.next() {
        text.push(char);
        if "'\u{2018}\u{2019}\u{201A}\u{201B}".contains(char) {
            assert_eq!(chars.next(), Some(char), "a quote ends {literal}");
        }
    }
    text.encode_utf16().collect()
}

fn number(literal: &str) -> u64 {
    match literal.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).unwrap(),
        None => literal.parse().unwrap(),
    }
}
