//! Paths within a volume.

use std::fmt;

use crate::Name;

/// A path within a volume: names joined by `/`; the root is empty.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GuestPath(Vec<u8>);

impl GuestPath {
    /// The volume's root.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// The path of `name` below this one.
    #[must_use]
    pub fn join(&self, name: &Name) -> Self {
        let mut path = Vec::with_capacity(
            self.0
                .len()
                .saturating_add(name.as_bytes().len())
                .saturating_add(1),
        );
        path.extend_from_slice(&self.0);
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(name.as_bytes());
        Self(path)
    }

    /// Cuts off all but the first `len` bytes, where a name must end: back to a path that this one was
    /// joined from.
    pub fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    /// The path above; `None` of the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let cut = self
            .0
            .iter()
            .rposition(|&byte| byte == b'/')
            .unwrap_or_default();
        (!self.is_root()).then(|| Self(self.0.iter().take(cut).copied().collect()))
    }

    /// The last name; `None` of the root.
    #[must_use]
    pub fn name(&self) -> Option<Name> {
        self.names().next_back()
    }

    /// The names from the root down.
    pub fn names(&self) -> impl DoubleEndedIterator<Item = Name> + '_ {
        self.0
            .split(|&byte| byte == b'/')
            .filter(|name| !name.is_empty())
            .map(Name::from_bytes)
    }

    /// Whether this is the root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The WTF-8 bytes, `/` between names, none at the start.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The path as text, unless a name is no valid Unicode.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }
}

impl FromIterator<Name> for GuestPath {
    fn from_iter<I: IntoIterator<Item = Name>>(names: I) -> Self {
        names
            .into_iter()
            .fold(Self::root(), |path, name| path.join(&name))
    }
}

impl From<&str> for GuestPath {
    /// Splits at `/`; empty names are left out.
    fn from(text: &str) -> Self {
        text.split('/')
            .filter(|name| !name.is_empty())
            .map(Name::from)
            .collect()
    }
}

impl fmt::Display for GuestPath {
    /// `/a/b`, with U+FFFD for what is no Unicode: for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("/")?;
        crate::name::write_lossy(f, &self.0)
    }
}

impl fmt::Debug for GuestPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"/{}\"", self.0.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_and_splits() {
        let path = GuestPath::from("/Users//ana/");
        assert_eq!(path.to_string(), "/Users/ana");
        assert_eq!(path.name(), Some(Name::from("ana")));
        assert_eq!(path.parent(), Some(GuestPath::from("Users")));
        assert_eq!(path.names().collect::<GuestPath>(), path);
    }

    #[test]
    fn the_root_has_no_name_and_no_parent() {
        let root = GuestPath::root();
        assert_eq!(
            (root.to_string(), root.name(), root.parent()),
            ("/".into(), None, None)
        );
        assert_eq!(GuestPath::from("a").parent(), Some(root));
    }
}
