//! Files found by the recorded path: through `--map`, by the folders that it ends with, by its name.

use std::cmp::Reverse;
use std::path::Path;

use super::Map;
use super::claim::{Claim, Why};
use super::disks::Disks;
use super::recorded::{Recorded, common_head, names_of};
use crate::vmset::How;

/// Ties every claim that is not tied yet, as far as paths and names tell.
///
/// Of the files that have the recorded name, the one that shares most folders with the recorded path,
/// counted from the end; where several share as many, the one nearest to the configuration.
pub(crate) fn tie(claims: &mut [Claim], disks: &Disks, maps: &[Map]) {
    let maps: Vec<_> = maps.iter().map(Place::of).collect();
    for claim in claims.iter_mut().filter(|claim| claim.tie.is_none()) {
        let mapped = maps
            .iter()
            .find_map(|map| map.file(&claim.recorded, disks))
            .map(|file| (file, How::RecordedPath));
        match mapped.map_or_else(|| by_name(claim, disks), |tie| Ok(Some(tie))) {
            Ok(tie) => claim.tie = tie,
            Err(several) => claim.why = Why::Several(several),
        }
    }
}

/// A `--map` that can be looked up.
struct Place {
    from: Recorded,
    to: Vec<String>,
}

impl Place {
    fn of(map: &Map) -> Self {
        let to = std::fs::canonicalize(&map.to);
        Self {
            from: Recorded::parse(&map.from),
            to: names_of(to.as_deref().unwrap_or(&map.to)),
        }
    }

    fn file(&self, recorded: &Recorded, disks: &Disks) -> Option<usize> {
        let rest = recorded.below_prefix(&self.from)?;
        let is_it = |file: &&usize| {
            let names = &disks.get(**file).names;
            names.strip_prefix(self.to.as_slice()) == Some(rest)
        };
        disks
            .named(recorded.file_name())
            .iter()
            .find(is_it)
            .copied()
    }
}

/// The file, none, or several that are as likely.
fn by_name(claim: &Claim, disks: &Disks) -> Result<Option<(usize, How)>, Vec<usize>> {
    let rank = |file: &usize| {
        let names = &disks.get(*file).names;
        (claim.recorded.tail(names), common_head(&claim.near, names))
    };
    let mut files = disks.named(claim.recorded.file_name()).to_vec();
    files.sort_by_key(|file| Reverse(rank(file)));
    let (Some(first), second) = (files.first().copied(), files.get(1)) else {
        return Ok(None);
    };
    let best = rank(&first);
    if second.is_some_and(|second| rank(second) == best) {
        files.retain(|file| rank(file) == best);
        return Err(files);
    }
    let how = if best.0 > 1 {
        How::RecordedPath
    } else {
        How::Name
    };
    Ok(Some((first, how)))
}

/// The disk file that the operator's word means: its path, or its name alone.
pub(crate) fn asked_for(asked: &Path, disks: &Disks) -> Option<usize> {
    let true_path = std::fs::canonicalize(asked);
    let names = names_of(true_path.as_deref().unwrap_or(asked));
    let name = names.last()?;
    let files = disks.named(name);
    let at_path = files.iter().find(|file| disks.get(**file).names == names);
    match (at_path, files) {
        (Some(file), _) => Some(*file),
        (None, [only]) if asked.components().count() == 1 => Some(*only),
        _ => None,
    }
}
