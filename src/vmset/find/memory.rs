//! Saved memory: what says that there is some, and the files that hold it. vmcx.md B.7.

use std::path::PathBuf;

use blockio::Fault;
use disk::Finder;
use vmcx::{Document, RuntimeState, SavedState};

use super::configs::{Loaded, file_name};
use super::others::Others;
use super::recorded::Recorded;
use crate::vmset::{ConfigFormat, SavedMemory};

/// The saved memory of a configuration's state, and whether its runtime file is missing, which alone
/// could tell.
pub(crate) fn of(loaded: &Loaded, others: &Others, finder: &Finder) -> (Option<SavedMemory>, bool) {
    match loaded.file.format {
        ConfigFormat::Vmcx => in_runtime_file(loaded, others, finder),
        ConfigFormat::Xml | ConfigFormat::Exp => {
            let saved = loaded.configuration().saved_state.as_ref();
            (
                saved.map(|saved| in_xml(saved, loaded, others, finder)),
                false,
            )
        }
    }
}

fn in_runtime_file(
    loaded: &Loaded,
    others: &Others,
    finder: &Finder,
) -> (Option<SavedMemory>, bool) {
    let name = named_after(loaded, "vmrs");
    let Some(path) = others.nearest(&name, &loaded.true_path) else {
        return (None, true);
    };
    let memory = finder.gate().open(&path).ok().and_then(|bytes| {
        let document = Document::open(&*bytes, &file_name(&path));
        match document {
            Ok(document) => saved(&document, path.clone(), bytes.size()),
            Err(error) => Some(unreadable(error.fault(), path.clone(), bytes.size())),
        }
    });
    (memory, false)
}

fn saved(document: &Document, path: PathBuf, size: u64) -> Option<SavedMemory> {
    let state = RuntimeState::of(document.root()).saved?;
    let damage = document
        .notes()
        .iter()
        .find(|note| note.kind != blockio::FaultKind::Unsupported);
    let name = file_name(&path);
    let evidence = match damage {
        None if state.blocks == 1 => format!("{name} holds 1 block of saved memory"),
        None => format!("{name} holds {} blocks of saved memory", state.blocks),
        Some(damage) => format!("{name} holds saved memory, but is damaged: {damage}"),
    };
    Some(SavedMemory {
        files: vec![path],
        size,
        evidence,
        incomplete: damage.is_some() || state.blocks == 0,
    })
}

fn unreadable(fault: &Fault, path: PathBuf, size: u64) -> SavedMemory {
    SavedMemory {
        evidence: format!("whether there is saved memory cannot be told: {fault}"),
        files: vec![path],
        size,
        incomplete: true,
    }
}

fn in_xml(saved: &SavedState, loaded: &Loaded, others: &Others, finder: &Finder) -> SavedMemory {
    let recorded = [(&saved.memory_file, "bin"), (&saved.device_file, "vsv")];
    let name = |(path, ending): (&Option<vmcx::Text>, &str)| {
        let path = path.as_ref().map(Recorded::from);
        let recorded = path.map(|path| path.file_name().to_owned());
        recorded.unwrap_or_else(|| named_after(loaded, ending))
    };
    let names = recorded.map(name);
    let found = names
        .iter()
        .filter_map(|name| others.nearest(name, &loaded.true_path));
    let files: Vec<PathBuf> = found.collect();
    let size = |path: &PathBuf| finder.gate().open(path).map_or(0, |bytes| bytes.size());
    SavedMemory {
        size: files.iter().map(size).sum(),
        incomplete: files.len() < names.len(),
        evidence: format!(
            "the configuration has saved state \"{}\" in {}",
            saved.kind,
            names.join(" and ")
        ),
        files,
    }
}

/// The name of a file that goes with a configuration: its id and this ending, lower case.
pub(crate) fn named_after(loaded: &Loaded, ending: &str) -> String {
    let stem = match loaded.id() {
        Some(id) => id.to_string(),
        None => {
            let stem = loaded.file.path.file_stem().unwrap_or_default();
            stem.to_string_lossy().to_lowercase()
        }
    };
    format!("{stem}.{ending}")
}
