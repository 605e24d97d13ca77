//! Which files are one machine.
//!
//! ```text
//! configs      configurations among the files                 Loaded
//!  machines    which are one machine                          Group
//!   claim      what each drive of each records                Claim
//!    ties      which file that is: by_path, collision, infer
//!     tree     what builds on what                            Draft, numbered
//!      machine the whole, with what is absent and left over   Machine
//! ```
//!
//! | module | owns |
//! |---|---|
//! | `recorded`, `disks`, `others` | paths of the host; the disk files at hand; all others |
//! | `configs`, `host_list`, `machines` | configurations, read; the host's list; which belong together |
//! | `claim`, `ties`, `by_path`, `collision`, `infer` | which file a drive means |
//! | `draft`, `tree` | states and their parents |
//! | `memory`, `leftover`, `missing`, `offer`, `mode`, `machine` | the rest of a machine |
//! | `nameless` | disks that no configuration names |

mod by_path;
mod claim;
pub mod codes;
mod collision;
mod configs;
mod disks;
mod draft;
mod host_list;
mod infer;
mod leftover;
mod machine;
mod machines;
mod memory;
mod missing;
mod mode;
mod nameless;
mod offer;
mod others;
mod recorded;
mod ties;
mod tree;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use disk::{Finder, Survey};

use super::VmSet;
use claim::Claim;
use configs::Configs;
use disks::Disks;
use infer::Limits;
use others::Others;

pub use offer::{Offer, OfferKind};

/// Where a machine is looked for.
#[derive(Clone, Copy)]
pub struct Places<'a> {
    /// The folder of SOURCE, and those of `--search` and `--map`.
    pub roots: &'a [PathBuf],
    /// What finds chains in them.
    pub finder: &'a Finder,
    /// The disk files in them.
    pub survey: &'a Survey,
    /// When the guest last wrote as of the chain of this file, in 100 ns since 1601; `None` where
    /// nothing tells. Asked only about files that are about to be inferred.
    pub written: &'a dyn Fn(&Path) -> Option<u64>,
}

/// What the operator adds to what the files say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// `--map`, the first that fits first.
    pub maps: Vec<Map>,
    /// `--assign`.
    pub assign: Vec<Assign>,
}

/// `--map 'C:\ClusterStorage\Volume1=DIR'`: where a folder of the host is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    /// The folder, as the host knows it.
    pub from: String,
    /// The folder here. It must be among the roots, too.
    pub to: PathBuf,
}

/// `--assign 'WHAT=FILE'`: which file a disk is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assign {
    /// A state (`now`, a checkpoint's name or GUID), a drive of now (`SCSI 0:1`), or `STATE/DRIVE`.
    pub what: String,
    /// A disk file: its path, or its name if no other has it.
    pub file: PathBuf,
}

impl VmSet {
    /// The machines that the files of `places` are of.
    ///
    /// Files are read, and only those within the roots: a path that a configuration records is compared
    /// with what is there and never opened. Nothing here fails: what is wrong is in the set.
    #[must_use]
    pub fn find(places: &Places<'_>, hints: &Hints) -> Self {
        let disks = Disks::of(places.survey, places.finder);
        let others = Others::of(&places.survey.others, places.finder);
        let mut configs = Configs::read(&places.survey.others, places.finder, places.roots);
        configs.without_copies(&disks);
        let groups = machines::group(&configs.loaded);
        let mut claims = claims(&groups, &configs);
        let leftovers = leftover::disks(&disks);
        let limits = Limits {
            leftovers: &leftovers,
            written: &|file| (places.written)(&disks.get(file).path),
        };
        let wrong = ties::tie(&mut claims, &disks, &configs.loaded, hints, &limits);
        configs.notes.extend(wrong);
        let site = machine::Site {
            finder: places.finder,
            disks: &disks,
            others: &others,
            loaded: &configs.loaded,
            claims: &claims,
            leftovers: &leftovers,
            all_leftovers: &leftover::all(&disks, &others),
            volumes: &missing::volumes(&claims),
        };
        let mut machines: Vec<_> = groups
            .iter()
            .enumerate()
            .map(|(number, group)| site.machine(number, group))
            .collect();
        machines.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        let used = used_by(&site, &machines);
        machines.extend(nameless::machine(&disks, &used));
        Self {
            machines,
            unreadable: configs.unreadable,
            notes: configs.notes,
        }
    }
}

fn claims(groups: &[machines::Group], configs: &Configs) -> Vec<Claim> {
    let mut claims = Vec::new();
    for (owner, group) in groups.iter().enumerate() {
        for config in group.checkpoints.iter().chain(&group.now) {
            claims.extend(Claim::all(*config, owner, &configs.loaded[*config]));
        }
    }
    claims
}

/// The files that are in some machine's state, or that it has left over.
fn used_by(site: &machine::Site<'_>, machines: &[super::Machine]) -> BTreeSet<usize> {
    let states = machines.iter().flat_map(|machine| &machine.states);
    let paths = states
        .flat_map(|state| &state.disks)
        .filter_map(|disk| disk.path());
    let leftovers = machines.iter().flat_map(|machine| &machine.leftovers);
    let paths = paths.chain(leftovers.map(|leftover| &*leftover.path));
    let mut used: BTreeSet<usize> = paths.filter_map(|path| site.disks.at(path)).collect();
    let lines = used.iter().flat_map(|file| site.disks.line(*file));
    let backing = used.iter().filter_map(|file| site.disks.get(*file).backing);
    let more: Vec<usize> = lines.chain(backing).collect();
    used.extend(more);
    used
}

#[cfg(test)]
mod tests;
