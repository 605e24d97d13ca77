//! The scripts, put together: help and parameters, tables, functions, and what calls them.
//!
//! Whatever is not a table is fixed text, kept as PowerShell under `powershell/`. A script is UTF-8
//! with a byte order mark, without which PowerShell 5.1 takes the code page of the host, and its lines
//! end as Windows ends them.

use super::facts::{Facts, Way};
use super::literal::{string, text};
use super::tables;

macro_rules! part {
    ($name:literal) => {
        include_str!(concat!("powershell/", $name, ".ps1"))
    };
}

/// What both ways need.
const COMMON: &[&str] = &[
    part!("say"),
    part!("paths"),
    part!("host"),
    part!("network"),
    part!("marks"),
    part!("chains"),
    part!("access"),
    part!("places"),
    part!("next"),
];
/// What the import of a configuration needs besides.
const IMPORT: &[&str] = &[
    part!("identity"),
    part!("manager"),
    part!("aside"),
    part!("planned"),
    part!("checkpoints"),
    part!("connections"),
    part!("drives"),
    part!("memory"),
    part!("import"),
];

/// One machine of [`import_all`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: vmcx::Text,
    /// Its folder, beside the script.
    pub folder: String,
}

/// `import.ps1`, to be written into the machine's folder.
#[must_use]
pub fn import(facts: &Facts) -> Vec<u8> {
    let (help, own) = match facts.way {
        Way::Import { .. } => (part!("help_import"), IMPORT),
        Way::Anew { .. } => (part!("help_anew"), &[part!("anew")][..]),
    };
    let tables = tables::of(facts);
    let mut parts = vec![help, &tables];
    parts.extend(COMMON);
    parts.extend(own);
    encode(&parts)
}

/// `import-all.ps1`, to be written beside the machines' folders; they are imported in this order.
#[must_use]
pub fn import_all(members: &[Member]) -> Vec<u8> {
    let rows: Vec<String> = members
        .iter()
        .map(|member| {
            format!(
                "    @{{ Name = {}; Folder = {} }}",
                text(&member.name),
                string(&member.folder)
            )
        })
        .collect();
    let table = format!("\n$Machines = @(\n{}\n)\n", rows.join("\n"));
    encode(&[part!("all"), &table, part!("all_main")])
}

/// The parts one after the other, as PowerShell 5.1 reads them.
fn encode(parts: &[&str]) -> Vec<u8> {
    let mut script = "\u{FEFF}".to_owned();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            script.push_str("\r\n");
        }
        for line in part.lines() {
            script.push_str(line);
            script.push_str("\r\n");
        }
    }
    script.into_bytes()
}
