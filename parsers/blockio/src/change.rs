//! One value of a structure, before and after.

use std::fmt;

/// One value that an edit gives a structure. Displays as one clause for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The value's name in its format: `relative_path`, `W2ku`.
    pub key: String,
    /// What it was; none where it was not there.
    pub from: Option<String>,
    /// What it is now; none where it was taken out.
    pub to: Option<String>,
}

impl Change {
    /// The change of `key`, if `from` and `to` differ.
    #[must_use]
    pub fn of(key: &str, from: Option<&str>, to: Option<&str>) -> Option<Self> {
        (from != to).then(|| Self {
            key: key.to_owned(),
            from: from.map(str::to_owned),
            to: to.map(str::to_owned),
        })
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, from, to } = self;
        match (from, to) {
            (Some(from), Some(to)) => write!(f, "{key}: {from} is now {to}"),
            (Some(from), None) => write!(f, "{key}: {from} was removed"),
            (None, Some(to)) => write!(f, "{key}: {to} was added"),
            (None, None) => write!(f, "{key}: nothing"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Change;

    #[test]
    fn says_what_was_there_and_what_is() {
        let shown = |from, to| Change::of("key", from, to).map(|change| change.to_string());
        assert_eq!(
            shown(Some("a"), Some("b")).as_deref(),
            Some("key: a is now b")
        );
        assert_eq!(
            shown(Some("a"), None).as_deref(),
            Some("key: a was removed")
        );
        assert_eq!(shown(None, Some("b")).as_deref(), Some("key: b was added"));
        assert_eq!(shown(Some("a"), Some("a")), None);
    }
}
