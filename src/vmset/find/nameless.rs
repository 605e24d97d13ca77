//! Disks that no configuration names: one machine without a name of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::disks::Disks;
use super::draft::Draft;
use super::machine::numbered;
use super::tree;
use crate::vmset::{BackupMode, Machine, ModeKind, StateKind};

/// The machine of the disks that are not `used`, if there are any.
///
/// Each disk's layers are states, disk by disk. What is newest of each disk is now, all together, where
/// every disk has one newest file; else each of them is a state of its own.
pub(crate) fn machine(disks: &Disks, used: &BTreeSet<usize>) -> Option<Machine> {
    let is_free =
        |file: &usize| !used.contains(file) && !disks.is_set(*file) && !disks.get(*file).is_damaged;
    let files: Vec<usize> = disks.numbers().filter(is_free).collect();
    let is_leaf = |file: &&usize| {
        let children = &disks.get(**file).children;
        !children.iter().any(|child| !used.contains(child))
    };
    let leaves: Vec<usize> = files.iter().filter(is_leaf).copied().collect();
    let bases: BTreeSet<usize> = leaves.iter().map(|leaf| disks.base(*leaf)).collect();
    let mut drafts = if bases.len() == leaves.len() && !leaves.is_empty() {
        with_now(&files, &leaves, disks)
    } else {
        files.iter().map(|file| layer(&[*file], disks)).collect()
    };
    link(&mut drafts, disks);
    let states = numbered(drafts, disks);
    let name = disks.get(*files.first()?).written_name();
    Some(Machine {
        id: None,
        name,
        mode: BackupMode {
            kind: ModeKind::Unknown,
            evidence: vec!["no configuration is here that could tell".into()],
            named: None,
            present: 0,
        },
        states,
        absent: Vec::new(),
        leftovers: Vec::new(),
        offers: Vec::new(),
        guest_state: None,
    })
}

fn with_now(files: &[usize], leaves: &[usize], disks: &Disks) -> Vec<Draft> {
    let layers = files.iter().filter(|file| !leaves.contains(file));
    let mut drafts: Vec<Draft> = layers.map(|file| layer(&[*file], disks)).collect();
    drafts.push(Draft {
        kind: StateKind::Now,
        ..layer(leaves, disks)
    });
    drafts
}

fn layer(files: &[usize], disks: &Disks) -> Draft {
    let single = |file: &usize| Draft::layer(&BTreeMap::from([(None, *file)]), disks);
    let mut drafts: Vec<Draft> = files.iter().map(single).collect();
    let all = drafts.iter_mut();
    let (mut state_disks, mut numbers) = (Vec::new(), Vec::new());
    for draft in all {
        state_disks.append(&mut draft.disks);
        numbers.append(&mut draft.files);
    }
    Draft {
        disks: state_disks,
        files: numbers,
        ..Draft::layer(&BTreeMap::new(), disks)
    }
}

/// Each draft builds on the one that has the parent of its first file.
fn link(drafts: &mut [Draft], disks: &Disks) {
    let by_file: BTreeMap<usize, usize> = drafts
        .iter()
        .enumerate()
        .flat_map(|(number, draft)| {
            draft
                .files
                .iter()
                .flatten()
                .map(move |file| (*file, number))
        })
        .collect();
    for draft in drafts.iter_mut() {
        let parents = draft
            .files
            .iter()
            .flatten()
            .filter_map(|file| disks.get(*file).parent);
        draft.parent = parents
            .filter_map(|parent| by_file.get(&parent).copied())
            .next();
    }
    tree::without_circles(drafts);
}
