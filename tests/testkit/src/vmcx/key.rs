//! Keys to write.

/// A key to write, with those below it.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// The keys below it, of a [`Value::Node`] only.
    pub keys: Vec<Key>,
    /// Flags of its entry, but for the one of a value that lies outside.
    pub flags: u8,
}

/// A value to write.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Further keys.
    Node,
    /// Type 3.
    Int(i64),
    /// Type 4.
    UInt(u64),
    /// Type 5.
    Double(f64),
    /// Type 6.
    Text(String),
    /// Type 7.
    Bytes(Vec<u8>),
    /// Type 8.
    Bool(bool),
}

impl Key {
    /// A key of this name and value.
    #[must_use]
    pub fn new(name: &str, value: Value) -> Self {
        Self {
            name: name.into(),
            value,
            keys: Vec::new(),
            flags: 0,
        }
    }

    /// A key for others to lie below.
    #[must_use]
    pub fn node(name: &str) -> Self {
        Self::new(name, Value::Node)
    }

    /// A text.
    #[must_use]
    pub fn text(name: &str, text: &str) -> Self {
        Self::new(name, Value::Text(text.into()))
    }

    /// A signed number.
    #[must_use]
    pub fn int(name: &str, number: i64) -> Self {
        Self::new(name, Value::Int(number))
    }

    /// Yes or no.
    #[must_use]
    pub fn bool(name: &str, yes: bool) -> Self {
        Self::new(name, Value::Bool(yes))
    }

    /// Bytes.
    #[must_use]
    pub fn bytes(name: &str, bytes: &[u8]) -> Self {
        Self::new(name, Value::Bytes(bytes.into()))
    }

    /// With another key below it.
    #[must_use]
    pub fn key(mut self, key: Key) -> Self {
        self.keys.push(key);
        self
    }

    /// With further keys below it.
    #[must_use]
    pub fn keys(mut self, keys: impl IntoIterator<Item = Key>) -> Self {
        self.keys.extend(keys);
        self
    }

    /// With a value at `path` below it, the nodes on the way made where they are not there yet.
    #[must_use]
    pub fn at(mut self, path: &str, value: Value) -> Self {
        self.set(path, value);
        self
    }

    /// Gives the key at `path` below it this value, the nodes on the way made where they are not there yet.
    pub fn set(&mut self, path: &str, value: impl Into<Value>) {
        self.make(path).value = value.into();
    }

    /// The key at `path` below it, made where it is not there yet.
    pub fn make(&mut self, path: &str) -> &mut Self {
        path.split('/').fold(self, |key, name| {
            let known = key.keys.iter().position(|child| child.name == name);
            let number = known.unwrap_or_else(|| {
                key.keys.push(Self::node(name));
                key.keys.len() - 1
            });
            &mut key.keys[number]
        })
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::Bool(yes)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl Value {
    pub(super) fn kind(&self) -> u8 {
        match self {
            Self::Int(_) => 3,
            Self::UInt(_) => 4,
            Self::Double(_) => 5,
            Self::Text(_) => 6,
            Self::Bytes(_) => 7,
            Self::Bool(_) => 8,
            Self::Node => 9,
        }
    }

    /// The bytes of it, without a count; of a node none.
    pub(super) fn content(&self) -> Vec<u8> {
        match self {
            Self::Int(number) => number.to_le_bytes().into(),
            Self::UInt(number) => number.to_le_bytes().into(),
            Self::Double(number) => number.to_le_bytes().into(),
            Self::Text(text) => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Self::Bytes(bytes) => bytes.clone(),
            Self::Bool(yes) => u32::from(*yes).to_le_bytes().into(),
            Self::Node => Vec::new(),
        }
    }

    /// Whether a count stands before the bytes.
    pub(super) fn is_counted(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Bytes(_))
    }
}
