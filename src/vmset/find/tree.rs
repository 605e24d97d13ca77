//! The tree of a machine's states, by the parents of their disks. vmcx.md B.6.
//!
//! A checkpoint's configuration names the files that were written until it was taken; what was written
//! after it is in their children. So the state that a state builds on is the one whose files its own
//! build on. Files between two states, or below the first, that no configuration names are states too:
//! layers.

use std::collections::{BTreeMap, BTreeSet};

use super::disks::Disks;
use super::draft::Draft;
use super::recorded::Recorded;
use crate::vmset::{Slot, StateKind};

/// Finds the parent of each draft, and adds the layers that no configuration tells of. `foreign` are
/// files that are never layers: other machines', and what backups left.
pub(crate) fn grow(drafts: &mut Vec<Draft>, disks: &Disks, foreign: &BTreeSet<usize>) {
    for number in 0..drafts.len() {
        climb(drafts, number, disks);
    }
    for number in 0..drafts.len() {
        if drafts[number].parent.is_none() {
            drafts[number].parent = by_other_signs(drafts, number, disks);
        }
    }
    without_circles(drafts);
    branch_out(drafts, disks, foreign);
    name_now(drafts);
}

/// From the files of a draft to their parents, until they are another draft's. Now may also be on the
/// very files of a checkpoint, where those written since are not here.
fn climb(drafts: &mut Vec<Draft>, number: usize, disks: &Disks) {
    let own = drafts[number].by_slot();
    if drafts[number].kind == StateKind::Now {
        drafts[number].parent = most_files(drafts, number, own.values().copied());
    }
    if drafts[number].parent.is_some() {
        return;
    }
    let mut child = number;
    for _ in 0..disks.len() {
        let files = drafts[child].by_slot();
        let below: BTreeMap<Option<Slot>, usize> = files
            .into_iter()
            .filter_map(|(slot, file)| Some((slot, disks.get(file).parent?)))
            .collect();
        let owner = most_files(drafts, child, below.values().copied());
        if below.is_empty() || owner.is_some() {
            drafts[child].parent = drafts[child].parent.or(owner);
            return;
        }
        drafts.push(Draft::layer(&below, disks));
        let layer = drafts.len() - 1;
        drafts[child].parent = Some(layer);
        child = layer;
    }
}

/// The draft that most of these files are of; of several the one taken last. Never now, on which
/// nothing builds.
fn most_files(
    drafts: &[Draft],
    child: usize,
    files: impl Iterator<Item = usize> + Clone,
) -> Option<usize> {
    let votes = |draft: &Draft| files.clone().filter(|file| draft.has(*file)).count();
    let others = drafts
        .iter()
        .enumerate()
        .filter(|(number, draft)| *number != child && draft.kind != StateKind::Now);
    let counted = others.map(|(number, draft)| (votes(draft), draft.created, number));
    let best = counted.filter(|(votes, ..)| *votes > 0).max();
    best.map(|(.., number)| number)
}

/// Where disks do not tell, since there are none, or their parents are not here: by the names that
/// files have for missing parents, by the ids that the configuration has where a parent may be named,
/// by the times.
fn by_other_signs(drafts: &[Draft], number: usize, disks: &Disks) -> Option<usize> {
    let draft = &drafts[number];
    let ends = |file: &usize| disks.line(*file).last().unwrap_or(*file);
    let files = draft.files.iter().flatten();
    let mut cut = files
        .map(ends)
        .filter(|end| disks.get(*end).lacks_parent)
        .peekable();
    let has_disks = draft.files.iter().any(Option::is_some);
    if draft.config.is_none() || (has_disks && cut.peek().is_none()) {
        return None;
    }
    let missing: Vec<Recorded> = cut
        .flat_map(|end| disks.get(end).parents_recorded())
        .collect();
    by_recorded(drafts, number, &missing)
        .or_else(|| by_hint(drafts, number))
        .or_else(|| by_time(drafts, number))
}

/// The checkpoints but this draft.
fn checkpoints(drafts: &[Draft], but: usize) -> impl Iterator<Item = (usize, &Draft)> {
    let others = drafts
        .iter()
        .enumerate()
        .filter(move |(number, _)| *number != but);
    others.filter(|(_, draft)| matches!(draft.kind, StateKind::Checkpoint(_)))
}

fn by_recorded(drafts: &[Draft], number: usize, missing: &[Recorded]) -> Option<usize> {
    let names = |draft: &Draft| {
        let recorded = draft.disks.iter().filter_map(|disk| disk.recorded.as_ref());
        let mut recorded = recorded.map(Recorded::from);
        recorded.any(|path| missing.iter().any(|m| m.file_name() == path.file_name()))
    };
    let mut found = checkpoints(drafts, number).filter(|(_, draft)| names(draft));
    found.next().map(|(number, _)| number)
}

fn by_hint(drafts: &[Draft], number: usize) -> Option<usize> {
    let config = drafts[number].config.as_ref()?;
    let hints = &config.configuration.hints;
    let is_hinted = |draft: &Draft| match draft.kind {
        StateKind::Checkpoint(id) => hints.contains(&id),
        StateKind::Now | StateKind::Layer => false,
    };
    let older = |draft: &Draft| is_older(draft, &drafts[number]);
    let mut found = checkpoints(drafts, number).filter(|(_, d)| is_hinted(d) && older(d));
    let first = found.next()?;
    found.next().is_none().then_some(first.0)
}

fn by_time(drafts: &[Draft], number: usize) -> Option<usize> {
    let older = checkpoints(drafts, number).filter(|(_, draft)| is_older(draft, &drafts[number]));
    older
        .max_by_key(|(_, draft)| draft.created)
        .map(|(number, _)| number)
}

fn is_older(a: &Draft, b: &Draft) -> bool {
    b.kind == StateKind::Now || a.created.is_some() && a.created < b.created
}

/// A draft that is its own ancestor begins a tree instead.
pub(crate) fn without_circles(drafts: &mut [Draft]) {
    for number in 0..drafts.len() {
        let parent = |at: &usize| drafts[*at].parent;
        let mut line = std::iter::successors(parent(&number), parent).take(drafts.len());
        if line.any(|at| at == number) {
            drafts[number].parent = None;
        }
    }
}

/// Adds what builds on checkpoints and layers and is no configuration's: all disks' children as one
/// layer where each has one, else a layer each.
fn branch_out(drafts: &mut Vec<Draft>, disks: &Disks, foreign: &BTreeSet<usize>) {
    let mut next = 0;
    while next < drafts.len() {
        if drafts[next].kind != StateKind::Now {
            for layer in layers_on(drafts, next, disks, foreign) {
                drafts.push(Draft {
                    parent: Some(next),
                    ..Draft::layer(&layer, disks)
                });
            }
        }
        next += 1;
    }
}

fn layers_on(
    drafts: &[Draft],
    on: usize,
    disks: &Disks,
    foreign: &BTreeSet<usize>,
) -> Vec<BTreeMap<Option<Slot>, usize>> {
    let is_free = |file: &usize| !foreign.contains(file) && !drafts.iter().any(|d| d.has(*file));
    let children: Vec<(Option<Slot>, Vec<usize>)> = drafts[on]
        .by_slot()
        .into_iter()
        .map(|(slot, file)| {
            let children = disks.get(file).children.iter().copied();
            (slot, children.filter(is_free).collect())
        })
        .collect();
    if children.iter().all(|(_, children)| children.len() <= 1) {
        let layer: BTreeMap<_, _> = children
            .into_iter()
            .filter_map(|(slot, children)| Some((slot, *children.first()?)))
            .collect();
        return Some(layer)
            .filter(|layer| !layer.is_empty())
            .into_iter()
            .collect();
    }
    let each = children.into_iter().flat_map(|(slot, children)| {
        children
            .into_iter()
            .map(move |child| BTreeMap::from([(slot, child)]))
    });
    each.collect()
}

/// Without a configuration of now, the one layer that nothing builds on and that is not itself what a
/// checkpoint names is the running state.
fn name_now(drafts: &mut [Draft]) {
    if drafts.iter().any(|draft| draft.kind == StateKind::Now) {
        return;
    }
    let is_leaf = |number: &usize| !drafts.iter().any(|draft| draft.parent == Some(*number));
    let leaves = (0..drafts.len()).filter(is_leaf);
    let mut layers = leaves.filter(|number| drafts[*number].kind == StateKind::Layer);
    if let (Some(only), None) = (layers.next(), layers.next()) {
        drafts[only].kind = StateKind::Now;
    }
}

/// The numbers of the drafts in the order of the states: each behind its parent, branch by branch and
/// older ones first, now last.
pub(crate) fn order(drafts: &[Draft], disks: &Disks) -> Vec<usize> {
    let key = |number: &usize| {
        let draft = &drafts[*number];
        let files = draft.files.iter().flatten();
        let path = files.map(|file| disks.get(*file).path.clone()).next();
        (draft.created.is_none(), draft.created, path)
    };
    let children = |of: Option<usize>| {
        let mut children: Vec<usize> = (0..drafts.len())
            .filter(|n| drafts[*n].parent == of)
            .collect();
        children.sort_by_cached_key(key);
        children
    };
    let mut open = children(None);
    open.reverse();
    let mut order = Vec::new();
    while let Some(number) = open.pop() {
        open.extend(children(Some(number)).into_iter().rev());
        order.push(number);
    }
    order.sort_by_key(|number| drafts[*number].kind == StateKind::Now);
    order
}
