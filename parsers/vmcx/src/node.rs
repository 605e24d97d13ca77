//! The tree of keys that either format holds.

use crate::Text;

/// A key: its name, its value, and the keys below it in their order.
///
/// Several keys of one name may lie side by side.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its name, without the path.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// The keys below it; only those of a [`Value::Node`].
    pub children: Vec<Node>,
    /// Flags of the entry in a container; 0 in XML.
    pub flags: u8,
    /// Place among its siblings in a container, counted from 1 with gaps; 0 in XML.
    pub sequence: u32,
}

/// What a key holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing but further keys.
    Node,
    /// A signed number.
    Int(i64),
    /// An unsigned number.
    UInt(u64),
    /// A fraction.
    Double(f64),
    /// Text.
    Text(Text),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Yes or no.
    Bool(bool),
    /// Bytes that were not loaded, being too many (saved memory) or lost to damage: how many.
    Large(u64),
}

impl Value {
    /// What it is, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Node => "further keys",
            Self::Int(_) | Self::UInt(_) => "a number",
            Self::Double(_) => "a fraction",
            Self::Text(_) => "text",
            Self::Bytes(_) | Self::Large(_) => "bytes",
            Self::Bool(_) => "yes or no",
        }
    }
}

impl Node {
    /// A key that holds further keys.
    pub(crate) fn folder(name: impl Into<String>, children: Vec<Self>) -> Self {
        Self {
            name: name.into(),
            value: Value::Node,
            children,
            flags: 0,
            sequence: 0,
        }
    }

    /// The first key of this name, upper and lower case aside.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Self> {
        let is_named = |child: &&Self| child.name.eq_ignore_ascii_case(name);
        self.children.iter().find(is_named)
    }

    /// The key at `path`, names separated by `/`.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Self> {
        path.split('/')
            .try_fold(self, |node, name| node.child(name))
    }

    /// The key at `path`, to change.
    pub(crate) fn at_mut(&mut self, path: &str) -> Option<&mut Self> {
        path.split('/').try_fold(self, |node, name| {
            let is_named = |child: &&mut Self| child.name.eq_ignore_ascii_case(name);
            node.children.iter_mut().find(is_named)
        })
    }

    /// Whether `other` has the same name, value and keys; how they are stored does not count.
    pub(crate) fn is_alike(&self, other: &Self) -> bool {
        let values = match (&self.value, &other.value) {
            // Also where it is no number.
            (Value::Double(a), Value::Double(b)) => a.to_bits() == b.to_bits(),
            (a, b) => a == b,
        };
        let mut children = self.children.iter().zip(&other.children);
        self.name == other.name
            && values
            && self.children.len() == other.children.len()
            && children.all(|(a, b)| a.is_alike(b))
    }

    /// The text at `path`.
    #[must_use]
    pub fn text_at(&self, path: &str) -> Option<&Text> {
        match &self.at(path)?.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number at `path`; an unsigned one if it fits.
    #[must_use]
    pub fn int_at(&self, path: &str) -> Option<i64> {
        match self.at(path)?.value {
            Value::Int(number) => Some(number),
            Value::UInt(number) => i64::try_from(number).ok(),
            _ => None,
        }
    }

    /// The bytes at `path`.
    #[must_use]
    pub fn bytes_at(&self, path: &str) -> Option<&[u8]> {
        match &self.at(path)?.value {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }
}
