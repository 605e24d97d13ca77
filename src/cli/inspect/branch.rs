//! Lines as a tree.

use std::io::{self, Write};

/// One line of the tree, with what is said of it and what is below it.
pub(super) struct Branch {
    title: String,
    pub(super) remarks: Vec<String>,
    pub(super) below: Vec<Branch>,
}

impl Branch {
    pub(super) fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            remarks: Vec::new(),
            below: Vec::new(),
        }
    }

    /// With these remarks.
    pub(super) fn with(mut self, remarks: impl IntoIterator<Item = String>) -> Self {
        self.remarks.extend(remarks);
        self
    }
}

/// Recursive, as deep as the tree: disk, table, partition; or checkpoints, which are bounded where the
/// tree is made (see [`super::checkpoints`]).
pub(super) fn write_branches(
    out: &mut impl Write,
    indent: &str,
    branches: &[Branch],
) -> io::Result<()> {
    for (index, branch) in branches.iter().enumerate() {
        let last = index + 1 == branches.len();
        let (fork, rail) = if last {
            ("└─", "   ")
        } else {
            ("├─", "│  ")
        };
        writeln!(out, "{indent}{fork} {}", branch.title)?;
        let below = format!("{indent}{rail}");
        let stem = if branch.below.is_empty() { ' ' } else { '│' };
        for remark in &branch.remarks {
            writeln!(out, "{below}{stem} {remark}")?;
        }
        write_branches(out, &below, &branch.below)?;
    }
    Ok(())
}
