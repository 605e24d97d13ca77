//! Every claim and its file: the steps in their order, and the operator's word above them.

use std::collections::BTreeSet;

use blockio::Fault;

use super::claim::{Claim, Why};
use super::codes::ASSIGN;
use super::configs::Loaded;
use super::disks::Disks;
use super::infer::{self, Limits};
use super::{Assign, Hints, by_path, collision};
use crate::vmset::How;

/// Ties `claims` to `disks` as far as anything speaks for a file; answers what is wrong with the hints.
pub(crate) fn tie(
    claims: &mut [Claim],
    disks: &Disks,
    loaded: &[Loaded],
    hints: &Hints,
    limits: &Limits<'_>,
) -> Vec<Fault> {
    run(claims, disks, hints, limits);
    let mut notes = Vec::new();
    let mut pinned = BTreeSet::new();
    for assign in &hints.assign {
        let file = by_path::asked_for(&assign.file, disks);
        match file.and_then(|file| Some((file, meant(assign, file, claims, disks, loaded)?))) {
            Some((file, claim)) => {
                claims[claim].tie = Some((file, How::Assigned));
                pinned.insert(claim);
            }
            None => notes.push(not_understood(assign)),
        }
    }
    if !pinned.is_empty() {
        for (number, claim) in claims.iter_mut().enumerate() {
            if !pinned.contains(&number) {
                claim.untie(Why::default());
            }
        }
        run(claims, disks, hints, limits);
    }
    notes
}

fn run(claims: &mut [Claim], disks: &Disks, hints: &Hints, limits: &Limits<'_>) {
    by_path::tie(claims, disks, &hints.maps);
    collision::settle(claims, disks);
    infer::tie(claims, disks, limits);
}

/// The claim that an assignment is about: the drive named, or the one drive that the file can be of.
fn meant(
    assign: &Assign,
    file: usize,
    claims: &[Claim],
    disks: &Disks,
    loaded: &[Loaded],
) -> Option<usize> {
    let fits = |claim: &Claim| assign.means(claim, &loaded[claim.config]);
    let all: Vec<usize> = (0..claims.len()).filter(|n| fits(&claims[*n])).collect();
    let lacking = |number: &usize| claims[*number].tie.is_none();
    let of_tree = |number: &usize| {
        let mut states = claims.iter().filter(|c| c.is_same_drive(&claims[*number]));
        states.any(|c| {
            c.file()
                .is_some_and(|tied| disks.base(tied) == disks.base(file))
        })
    };
    let only = |found: Vec<usize>| (found.len() == 1).then(|| found[0]);
    let by =
        |test: &dyn Fn(&usize) -> bool| only(all.iter().copied().filter(|n| test(n)).collect());
    only(all.clone())
        .or_else(|| by(&|number| lacking(number) && of_tree(number)))
        .or_else(|| by(&lacking))
        .or_else(|| by(&of_tree))
}

impl Assign {
    /// Whether the claim is one that the operator may mean: its state by name or id, its drive, or both
    /// as `STATE/DRIVE`. A drive alone is that of now.
    fn means(&self, claim: &Claim, loaded: &Loaded) -> bool {
        let drive = |text: &str| claim.slot.to_string().eq_ignore_ascii_case(text.trim());
        let state = |text: &str| is_state(text.trim(), claim, loaded);
        let both = self.what.rsplit_once('/');
        state(&self.what)
            || claim.is_now && drive(&self.what)
            || both.is_some_and(|(of, at)| state(of) && drive(at))
    }
}

fn is_state(text: &str, claim: &Claim, loaded: &Loaded) -> bool {
    let is_word = |word: &str| text.eq_ignore_ascii_case(word);
    let configuration = loaded.configuration();
    let id = loaded.id().map(|id| id.to_string());
    if claim.is_now {
        return is_word("now") || is_word("latest");
    }
    configuration.name.to_string().to_lowercase() == text.to_lowercase()
        || id.is_some_and(|id| is_word(&id))
}

fn not_understood(assign: &Assign) -> Fault {
    Fault::unsupported(&ASSIGN, "--assign")
        .expected("one drive and one disk file at hand")
        .found(format!("{}={}", assign.what, assign.file.display()))
}
