//! Two recorded paths, one file: one of them overwrote the other when folders were laid flat.

use std::collections::{BTreeMap, BTreeSet};

use super::claim::{Claim, Why};
use super::disks::Disks;
use super::recorded::{Recorded, common_head};
use crate::vmset::How;

/// What a file can be only once: a recorded path; of a running machine's own disk also the machine.
type Party = (Recorded, Option<usize>);

/// Leaves each file to one recorded path: to the one that the operator gave it to; to the one that shares
/// most folders with it, or whose configuration is nearest; to the one that the chain speaks for; else to
/// none.
pub(crate) fn settle(claims: &mut [Claim], disks: &Disks) {
    for (file, members) in by_file(claims) {
        let parties = parties(claims, &members);
        if parties.len() < 2 || is_one_drive(claims, &members) {
            continue;
        }
        let nearest = assigned(&parties, claims).or_else(|| nearest(&parties, claims, disks, file));
        let is_near = nearest.is_some();
        let winner = nearest.or_else(|| vouched(&parties, claims, disks, file));
        for (party, losers) in &parties {
            if Some(party) == winner.as_ref() {
                continue;
            }
            let other = other(&parties, party, winner.as_ref());
            let why = match is_near {
                true => Why::Others { file, other },
                false => Why::Overwritten { file, other },
            };
            for loser in losers {
                if !is_assigned(&claims[*loser]) {
                    claims[*loser].untie(why.clone());
                }
            }
        }
    }
}

/// The party that the operator's word gives the file to.
fn assigned(parties: &BTreeMap<Party, Vec<usize>>, claims: &[Claim]) -> Option<Party> {
    let is_given = |number: &usize| is_assigned(&claims[*number]);
    let given = parties
        .iter()
        .filter(|(_, members)| members.iter().any(is_given));
    only(given.map(|(party, _)| party))
}

fn is_assigned(claim: &Claim) -> bool {
    matches!(claim.tie, Some((_, How::Assigned)))
}

fn by_file(claims: &[Claim]) -> BTreeMap<usize, Vec<usize>> {
    let mut files: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (number, claim) in claims.iter().enumerate() {
        if let Some(file) = claim.file() {
            files.entry(file).or_default().push(number);
        }
    }
    files
}

/// The members by what they take the file for. Machines count only where two run on the file at once,
/// which no host allows unless the disk is a shared one.
fn parties(claims: &[Claim], members: &[usize]) -> BTreeMap<Party, Vec<usize>> {
    let running = |number: &&usize| claims[**number].is_now && !claims[**number].is_shared;
    let owners: BTreeSet<usize> = members
        .iter()
        .filter(running)
        .map(|number| claims[*number].owner)
        .collect();
    let mut parties: BTreeMap<Party, Vec<usize>> = BTreeMap::new();
    for number in members {
        let claim = &claims[*number];
        let owner = (owners.len() > 1).then_some(claim.owner);
        let party = (claim.recorded.clone(), owner);
        parties.entry(party).or_default().push(*number);
    }
    parties
}

/// A disk that was moved between two checkpoints is recorded with two paths and is one.
fn is_one_drive(claims: &[Claim], members: &[usize]) -> bool {
    let first = &claims[members[0]];
    let states: BTreeSet<usize> = members
        .iter()
        .map(|number| claims[*number].config)
        .collect();
    states.len() == members.len()
        && members
            .iter()
            .all(|number| claims[*number].is_same_drive(first))
}

fn nearest(
    parties: &BTreeMap<Party, Vec<usize>>,
    claims: &[Claim],
    disks: &Disks,
    file: usize,
) -> Option<Party> {
    let names = &disks.get(file).names;
    let rank = |(party, members): (&Party, &Vec<usize>)| {
        let heads = members
            .iter()
            .map(|number| common_head(&claims[*number].near, names));
        (party.0.tail(names), heads.max())
    };
    let best = parties.iter().map(rank).max()?;
    only(
        parties
            .iter()
            .filter(|party| rank(*party) == best)
            .map(|(party, _)| party),
    )
}

/// The party that other files speak for: a child records this very path, or another state of the same
/// drive is in the same tree.
fn vouched(
    parties: &BTreeMap<Party, Vec<usize>>,
    claims: &[Claim],
    disks: &Disks,
    file: usize,
) -> Option<Party> {
    let children = &disks.get(file).children;
    let is_recorded = |party: &Party| {
        let mut recorded = children
            .iter()
            .flat_map(|child| disks.get(*child).parents_recorded());
        recorded.any(|path| path == party.0)
    };
    let is_in_tree = |members: &[usize]| {
        members.iter().any(|member| {
            let mut others = claims.iter().filter(|c| c.is_same_drive(&claims[*member]));
            others.any(|other| {
                let tied = other.file().filter(|tied| *tied != file);
                tied.is_some_and(|tied| disks.base(tied) == disks.base(file))
            })
        })
    };
    let by_record = only(parties.keys().filter(|party| is_recorded(party)));
    by_record.or_else(|| {
        let in_tree = parties.iter().filter(|(_, members)| is_in_tree(members));
        only(in_tree.map(|(party, _)| party))
    })
}

/// The only one, if it is the only one.
fn only<'a>(mut parties: impl Iterator<Item = &'a Party>) -> Option<Party> {
    let first = parties.next()?;
    parties.next().is_none().then(|| first.clone())
}

/// Whom a loser lost the file to, or may have.
fn other(parties: &BTreeMap<Party, Vec<usize>>, loser: &Party, winner: Option<&Party>) -> String {
    let others = parties.keys().filter(|party| *party != loser);
    let other = winner.or_else(|| others.into_iter().next());
    match other {
        Some((path, _)) if *path != loser.0 => path.to_string(),
        _ => "the disk of another machine that has the same path".into(),
    }
}
