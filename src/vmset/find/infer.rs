//! Renamed disks: tied by their place in the chain. What speaks for each is kept with it.
//!
//! | what speaks for a file | step |
//! |---|---|
//! | its child, which has its identifier, records the path or name that the configuration has | [`by_child`] |
//! | it is the only file left over in the tree of the drive's other states | [`by_tree`] |
//! | its tree has as many files as the drive has states, and nothing else fits | [`by_count`] |

use std::collections::{BTreeMap, BTreeSet};

use super::claim::{Claim, Why};
use super::disks::Disks;
use crate::vmset::dates::TOLERANCE;
use crate::vmset::{How, Slot};

/// Files that are never inferred, and when the guest of a file last wrote.
pub(crate) struct Limits<'a> {
    /// What a backup or a replica left.
    pub(crate) leftovers: &'a BTreeSet<usize>,
    /// When the guest last wrote as of this file, in 100 ns since 1601, where that can be told.
    pub(crate) written: &'a dyn Fn(usize) -> Option<u64>,
}

/// Ties claims that have no file to those whose place in a chain speaks for it.
pub(crate) fn tie(claims: &mut [Claim], disks: &Disks, limits: &Limits<'_>) {
    for step in [by_child, by_tree, by_count] {
        for (file, wanting, evidence) in step(claims, disks, limits) {
            let is_free = claims.iter().all(|claim| claim.file() != Some(file));
            let is_of_kind = wanting
                .iter()
                .all(|number| is_of_kind(&claims[*number], file, disks));
            if is_free && is_of_kind {
                take(claims, &wanting, file, &evidence, limits);
            }
        }
    }
}

/// A file, the claims that it satisfies, and what speaks for it.
type Found = (usize, Vec<usize>, String);

/// Whether a file may be what is recorded: a checkpoint's file (.avhdx) has a parent. Its parent itself
/// is offered, and never taken.
fn is_of_kind(claim: &Claim, file: usize, disks: &Disks) -> bool {
    let name = claim.recorded.file_name();
    let needs_parent = name.ends_with(".avhdx") || name.ends_with(".avhd");
    disks.get(file).link.is_some() || !needs_parent
}

fn take(claims: &mut [Claim], wanting: &[usize], file: usize, evidence: &str, limits: &Limits<'_>) {
    // A checkpoint's disk is never written again.
    let frozen = wanting.iter().filter(|number| !claims[**number].is_now);
    let frozen = frozen.filter_map(|number| claims[*number].taken).min();
    let written = frozen.and_then(|_| (limits.written)(file));
    let late = written
        .zip(frozen)
        .filter(|(written, taken)| *written > taken.saturating_add(TOLERANCE));
    for number in wanting {
        match late {
            Some((written, _)) => claims[*number].untie(Why::TooNew { file, written }),
            None => claims[*number].tie = Some((file, How::Inferred(evidence.into()))),
        }
    }
}

/// The claims without a file, by drive and recorded path: states of one drive may name one file. What
/// was overwritten, or is one of several, is not looked for: its file is here.
fn wanting(claims: &[Claim]) -> BTreeMap<(usize, Slot, &str), Vec<usize>> {
    let mut wanting: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (number, claim) in claims.iter().enumerate() {
        if claim.tie.is_none() && claim.why == Why::NotHere {
            let key = (claim.owner, claim.slot, claim.recorded.file_name());
            wanting.entry(key).or_default().push(number);
        }
    }
    wanting
}

/// Whether `file` may be inferred to be any disk.
fn is_candidate(file: usize, claims: &[Claim], limits: &Limits<'_>) -> bool {
    !limits.leftovers.contains(&file) && claims.iter().all(|claim| claim.file() != Some(file))
}

fn by_child(claims: &[Claim], disks: &Disks, limits: &Limits<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for ((.., name), members) in wanting(claims) {
        let path = &claims[members[0]].recorded;
        let known = |whole: bool| -> BTreeMap<usize, usize> {
            let records = disks.recorded_as(name).iter();
            let fitting = records.filter(|record| !whole || record.path == *path);
            let free = fitting.filter(|record| is_candidate(record.parent, claims, limits));
            free.map(|record| (record.parent, record.child)).collect()
        };
        let by_path = known(true);
        let parents = if by_path.is_empty() {
            known(false)
        } else {
            by_path
        };
        if let (1, Some((parent, child))) = (parents.len(), parents.first_key_value()) {
            let child = disks.get(*child).written_name();
            let evidence =
                format!("{child}, which was made on it by its identifier, knows it as {name}");
            found.push((*parent, members, evidence));
        }
    }
    found
}

fn by_tree(claims: &[Claim], disks: &Disks, limits: &Limits<'_>) -> Vec<Found> {
    let mut drives: BTreeMap<(usize, Slot), Vec<Vec<usize>>> = BTreeMap::new();
    for ((owner, slot, _), members) in wanting(claims) {
        drives.entry((owner, slot)).or_default().push(members);
    }
    let mut found = Vec::new();
    for (drive, wanted) in drives {
        let tied = claims
            .iter()
            .filter(|claim| (claim.owner, claim.slot) == drive);
        let tied: BTreeSet<usize> = tied.filter_map(Claim::file).collect();
        let related = |file: &usize| {
            let mut tied = tied.iter();
            tied.any(|tied| disks.builds_on(*file, *tied) || disks.builds_on(*tied, *file))
        };
        let left = disks.numbers().filter(related);
        let left: Vec<_> = left
            .filter(|file| is_candidate(*file, claims, limits))
            .collect();
        let Some(&anchor) = tied.first() else {
            continue;
        };
        let anchor = disks.get(anchor).written_name();
        let evidence = format!("it is in one chain with {anchor}, at the place of this disk");
        let pairs = in_order(claims, disks, wanted, left);
        let may_be = |(file, members): &(usize, Vec<usize>)| {
            members
                .iter()
                .all(|m| is_in_order(&claims[*m], *file, claims, disks))
        };
        if pairs.iter().all(may_be) {
            let with = |(file, members)| (file, members, evidence.clone());
            found.extend(pairs.into_iter().map(with));
        }
    }
    found
}

/// Whether `file` may be the disk of `claim` beside what is tied: a later state is never below an earlier
/// one in a chain.
fn is_in_order(claim: &Claim, file: usize, claims: &[Claim], disks: &Disks) -> bool {
    let mut tied = claims.iter().filter(|other| other.is_same_drive(claim));
    tied.all(|other| match other.file() {
        None => true,
        Some(tied) if other.order() < claim.order() => !disks.builds_on(tied, file),
        Some(tied) => !disks.builds_on(file, tied),
    })
}

fn by_count(claims: &[Claim], disks: &Disks, limits: &Limits<'_>) -> Vec<Found> {
    let mut drives: BTreeMap<(usize, Slot), Vec<Vec<usize>>> = BTreeMap::new();
    for ((owner, slot, _), members) in wanting(claims) {
        drives.entry((owner, slot)).or_default().push(members);
    }
    let tied = claims.iter().filter(|claim| claim.tie.is_some());
    let tied: BTreeSet<(usize, Slot)> = tied.map(|claim| (claim.owner, claim.slot)).collect();
    drives.retain(|drive, _| !tied.contains(drive));
    let trees = free_trees(claims, disks, limits);
    let mut found = Vec::new();
    for wanted in drives.into_values() {
        if let Some((tree, evidence)) = only_fitting(&wanted, claims, disks, &trees) {
            let pairs = in_order(claims, disks, wanted, tree.clone());
            let with = |(file, members)| (file, members, evidence.clone());
            found.extend(pairs.into_iter().map(with));
        }
    }
    found
}

/// The one tree that has as many files as a drive has states, where no other drive without files has as
/// many. One file alone proves nothing, unless there is nothing else at all: one drive, one disk.
fn only_fitting<'a>(
    wanted: &[Vec<usize>],
    claims: &[Claim],
    disks: &Disks,
    trees: &'a [Vec<usize>],
) -> Option<(&'a Vec<usize>, String)> {
    let count = wanted.len();
    let mut fitting = trees.iter().filter(|tree| tree.len() == count);
    let tree = fitting.next().filter(|_| fitting.next().is_none())?;
    let first = &claims[wanted[0][0]];
    if count == 1 {
        let is_alone = claims.iter().all(|claim| claim.is_same_drive(first));
        let evidence = "it is the only disk here, and this the only drive that needs one";
        return (is_alone && disks.len() == 1).then(|| (tree, evidence.into()));
    }
    let states = |claim: &Claim| {
        let same = claims.iter().filter(|other| other.is_same_drive(claim));
        let names: BTreeSet<&str> = same.map(|other| other.recorded.file_name()).collect();
        names.len()
    };
    let mut lacking = claims.iter().filter(|claim| claim.tie.is_none());
    let has_rival = lacking.any(|claim| !claim.is_same_drive(first) && states(claim) == count);
    let evidence = format!(
        "its chain has {count} files, as many as this drive has states, and nothing else here has"
    );
    (!has_rival).then_some((tree, evidence))
}

/// The trees none of whose files anything claims, without what backups left.
fn free_trees(claims: &[Claim], disks: &Disks, limits: &Limits<'_>) -> Vec<Vec<usize>> {
    let mut trees: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for file in disks.numbers() {
        trees.entry(disks.base(file)).or_default().push(file);
    }
    let claimed: BTreeSet<usize> = claims.iter().filter_map(Claim::file).collect();
    let is_claimed = |file: &usize| claimed.contains(file);
    let free = trees
        .into_values()
        .filter(|tree| !tree.iter().any(is_claimed));
    let without = |mut tree: Vec<usize>| {
        tree.retain(|file| !limits.leftovers.contains(file));
        tree
    };
    free.map(without).filter(|tree| !tree.is_empty()).collect()
}

/// Files and wanted states in pairs, the oldest with the base-most; nothing unless there are as many of
/// each and the files are one line without branches.
fn in_order(
    claims: &[Claim],
    disks: &Disks,
    mut wanted: Vec<Vec<usize>>,
    mut files: Vec<usize>,
) -> Vec<(usize, Vec<usize>)> {
    files.sort_by_key(|file| disks.line(*file).count());
    let mut pairs = files.iter().zip(files.iter().skip(1));
    let is_line = pairs.all(|(below, above)| disks.builds_on(*above, *below));
    if !is_line || files.len() != wanted.len() {
        return Vec::new();
    }
    let order = |members: &Vec<usize>| members.iter().map(|m| claims[*m].order()).min();
    wanted.sort_by_key(order);
    files.into_iter().zip(wanted).collect()
}
