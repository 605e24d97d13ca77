//! Typed access to keys, with a note of every one that holds something odd.

use std::cell::RefCell;

use blockio::Fault;
use uuid::Uuid;

use crate::{Node, Text, Value, codes};

/// A key and where it is, for reading what lies below it.
///
/// What is missing is `None` without a word; what is of another type is `None` and noted.
#[derive(Clone)]
pub(crate) struct Keys<'a> {
    pub(crate) node: &'a Node,
    /// Its path below `/configuration`.
    pub(crate) path: String,
    oddities: &'a RefCell<Vec<Fault>>,
}

impl<'a> Keys<'a> {
    /// All keys of a configuration; oddities go to `oddities`.
    pub(crate) fn new(node: &'a Node, oddities: &'a RefCell<Vec<Fault>>) -> Self {
        Self {
            node,
            path: String::new(),
            oddities,
        }
    }

    /// The key at `path`, if there is one.
    pub(crate) fn at(&self, path: &str) -> Option<Self> {
        Some(self.with(self.node.at(path)?, path))
    }

    /// The keys right below this one, in their order.
    pub(crate) fn children(&self) -> impl Iterator<Item = Self> + use<'a> {
        let parent = self.clone();
        let child = move |node: &'a Node| parent.with(node, &node.name);
        self.node.children.iter().map(child)
    }

    pub(crate) fn name(&self) -> &'a str {
        &self.node.name
    }

    /// The text at `path`.
    pub(crate) fn text(&self, path: &str) -> Option<Text> {
        self.read(path, "text", |value| match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        })
    }

    /// The text at `path`, if there is anything in it.
    pub(crate) fn filled(&self, path: &str) -> Option<Text> {
        self.text(path).filter(|text| !text.is_empty())
    }

    /// The number at `path`.
    pub(crate) fn int(&self, path: &str) -> Option<i64> {
        self.read(path, "a number", |value| match value {
            Value::Int(number) => Some(*number),
            Value::UInt(number) => i64::try_from(*number).ok(),
            _ => None,
        })
    }

    /// The number at `path`, which is not negative.
    pub(crate) fn uint(&self, path: &str) -> Option<u64> {
        self.read(path, "a number of at least 0", |value| match value {
            Value::Int(number) => u64::try_from(*number).ok(),
            Value::UInt(number) => Some(*number),
            _ => None,
        })
    }

    /// The yes or no at `path`; no where nothing says.
    pub(crate) fn flag(&self, path: &str) -> bool {
        let flag = self.read(path, "yes or no", |value| match value {
            Value::Bool(value) => Some(*value),
            Value::Int(number) => Some(*number != 0),
            Value::UInt(number) => Some(*number != 0),
            _ => None,
        });
        flag.unwrap_or(false)
    }

    /// The id at `path`, which is text, with braces or without; `None` also for all zeros.
    pub(crate) fn uuid(&self, path: &str) -> Option<Uuid> {
        let text = self.filled(path)?;
        let uuid = parse_uuid(&text);
        if uuid.is_none() {
            self.odd(path, "an id", &format!("{text:?}"));
        }
        uuid.filter(|uuid| !uuid.is_nil())
    }

    /// The time at `path`, in 100 ns since 1601, stored as a number or as eight bytes; `None` for never.
    pub(crate) fn time(&self, path: &str) -> Option<u64> {
        let time = self.read(path, "a time", |value| match value {
            Value::Int(number) => u64::try_from(*number).ok(),
            Value::UInt(number) => Some(*number),
            Value::Bytes(bytes) => Some(u64::from_le_bytes(bytes.as_slice().try_into().ok()?)),
            _ => None,
        });
        time.filter(|time| *time != 0)
    }

    /// Notes something about this key.
    pub(crate) fn note(&self, fault: Fault) {
        self.oddities.borrow_mut().push(fault);
    }

    fn with(&self, node: &'a Node, below: &str) -> Self {
        Self {
            node,
            path: self.join(below),
            oddities: self.oddities,
        }
    }

    fn join(&self, below: &str) -> String {
        match self.path.is_empty() {
            true => below.to_owned(),
            false => format!("{}/{below}", self.path),
        }
    }

    fn read<T>(
        &self,
        path: &str,
        expected: &'static str,
        convert: impl Fn(&Value) -> Option<T>,
    ) -> Option<T> {
        let value = &self.node.at(path)?.value;
        let converted = convert(value);
        if converted.is_none() {
            self.odd(path, expected, value.kind());
        }
        converted
    }

    fn odd(&self, path: &str, expected: &'static str, found: &str) {
        let fault = Fault::damaged(&codes::ODD_VALUE, format!("key {}", self.join(path)));
        self.note(fault.expected(expected).found(found.to_owned()));
    }
}

/// The id that `text` spells, with braces or without.
pub(crate) fn parse_uuid(text: &Text) -> Option<Uuid> {
    Uuid::parse_str(text.to_unicode()?.trim()).ok()
}

/// The id in the name of a device's key, `_83f8638b-..._`.
pub(crate) fn device_id(name: &str) -> Option<Uuid> {
    let id = name.strip_prefix('_')?.strip_suffix('_')?;
    Uuid::parse_str(id).ok()
}

/// The number behind `prefix` in `name`, upper and lower case aside: 3 of `drive3`.
pub(crate) fn numbered(name: &str, prefix: &str) -> Option<u32> {
    let (word, number) = name.split_at_checked(prefix.len())?;
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    (word.eq_ignore_ascii_case(prefix) && digits)
        .then(|| number.parse().ok())
        .flatten()
}
