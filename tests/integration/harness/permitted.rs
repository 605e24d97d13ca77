//! The written list of tests that may be ignored although oracles are required.
//!
//! One a line: `need KIND`, `need KIND NAME`, or the beginning of a test's name. A `#` at the
//! start of a line makes it a comment.

use super::need::Need;
use std::path::Path;

/// What such a file permits; nothing by default.
#[derive(Debug, Default)]
pub(crate) struct Permitted {
    lines: Vec<String>,
}

impl Permitted {
    /// Reads the file. That it cannot be read is a failure of the set-up, hence of the run.
    pub(crate) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| {
            panic!("{} (HVRESTORE_PERMITTED_IGNORES): {error}", path.display())
        });
        Self::parse(&text)
    }

    pub(super) fn parse(text: &str) -> Self {
        let lines = text.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self {
            lines: lines.map(String::from).collect(),
        }
    }

    /// Whether `test`, which lacks `absent`, is on the list.
    pub(crate) fn covers(&self, test: &str, absent: &Need) -> bool {
        self.lines
            .iter()
            .any(|line| match line.strip_prefix("need ") {
                Some(need) => {
                    let (kind, name) = need.split_once(' ').unwrap_or((need, ""));
                    kind == absent.kind() && (name.is_empty() || name == absent.name())
                }
                None => test.starts_with(line.as_str()),
            })
    }
}
