//! One machine out of what was found of it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use disk::Finder;

use super::claim::Claim;
use super::configs::Loaded;
use super::disks::Disks;
use super::draft::Draft;
use super::leftover::{self, leftover};
use super::machines::Group;
use super::memory::named_after;
use super::missing::{self, Explain};
use super::offer::{self, Offer};
use super::others::Others;
use super::recorded::Recorded;
use super::{memory, mode, tree};
use crate::vmset::{
    Absence, Leftover, LeftoverKind, Machine, MachineState, StateDisk, StateKind, Tie,
};

/// All that was found.
pub(crate) struct Site<'a> {
    pub(crate) finder: &'a Finder,
    pub(crate) disks: &'a Disks,
    pub(crate) others: &'a Others,
    pub(crate) loaded: &'a [Loaded],
    pub(crate) claims: &'a [Claim],
    /// The disk files that are leftovers by their names.
    pub(crate) leftovers: &'a BTreeSet<usize>,
    /// All leftovers, by their names.
    pub(crate) all_leftovers: &'a [(String, Leftover)],
    /// The volumes of which files are here.
    pub(crate) volumes: &'a BTreeSet<String>,
}

impl Site<'_> {
    /// The machine of this number, which has these configurations.
    pub(crate) fn machine(&self, owner: usize, group: &Group) -> Machine {
        let mut absent = Vec::new();
        let configs: Vec<usize> = group
            .checkpoints
            .iter()
            .chain(&group.now)
            .copied()
            .collect();
        let drafts = configs
            .iter()
            .map(|config| self.draft(*config, &mut absent));
        let mut drafts: Vec<Draft> = drafts.collect();
        tree::grow(&mut drafts, self.disks, &self.foreign(owner));
        let now = group.now.map(|config| &self.loaded[config]);
        let leftovers = self.leftovers(owner, &drafts, &configs);
        let mode = mode::of(now, group.checkpoints.len(), &leftovers);
        let guest_state = now.and_then(|now| self.guest_state(now));
        let newest = now.or_else(|| configs.last().map(|config| &self.loaded[*config]));
        let mut all = self.absent(owner, newest, &drafts);
        all.extend(missing::of_machine(group));
        all.extend(missing::of_checkpoints(&mode));
        all.append(&mut absent);
        all.extend(now.and_then(|now| missing::of_guest_state(now, guest_state.is_some())));
        let states = numbered(drafts, self.disks);
        Machine {
            id: group.id,
            name: newest.map_or_else(String::new, |config| name_of(config, now.is_some())),
            offers: self.offers(owner, &states),
            states,
            mode,
            absent: all,
            leftovers,
            guest_state,
        }
    }

    fn own(&self, owner: usize) -> impl Iterator<Item = &Claim> {
        self.claims.iter().filter(move |claim| claim.owner == owner)
    }

    fn explain(&self) -> Explain<'_> {
        Explain {
            disks: self.disks,
            volumes: self.volumes,
        }
    }

    fn draft(&self, config: usize, absent: &mut Vec<Absence>) -> Draft {
        let loaded = &self.loaded[config];
        let claims = self.claims.iter().filter(|claim| claim.config == config);
        let (memory, lacks_file) = memory::of(loaded, self.others, self.finder);
        absent.extend(missing::of_memory(loaded, memory.as_ref(), lacks_file));
        let kind = match (loaded.is_checkpoint, loaded.id()) {
            (true, Some(id)) => StateKind::Checkpoint(id),
            (true, None) => StateKind::Checkpoint(uuid::Uuid::nil()),
            (false, _) => StateKind::Now,
        };
        Draft {
            kind,
            created: loaded.taken(),
            disks: claims.clone().map(|claim| self.state_disk(claim)).collect(),
            files: claims.map(Claim::file).collect(),
            config: Some(loaded.file.clone()),
            memory,
            parent: None,
        }
    }

    fn state_disk(&self, claim: &Claim) -> StateDisk {
        let tie = match &claim.tie {
            Some((file, how)) => Tie::File {
                path: self.disks.get(*file).path.clone(),
                how: how.clone(),
            },
            None => Tie::Missing {
                why: self.explain().why(claim),
            },
        };
        StateDisk {
            slot: Some(claim.slot),
            recorded: Some(claim.text.clone()),
            tie,
        }
    }

    /// The files that are no layers of this machine: other machines', with all they build on, and what
    /// backups left.
    fn foreign(&self, owner: usize) -> BTreeSet<usize> {
        let others = self.claims.iter().filter(|claim| claim.owner != owner);
        let lines = others
            .filter_map(Claim::file)
            .flat_map(|file| self.disks.line(file));
        lines.chain(self.leftovers.iter().copied()).collect()
    }

    fn absent(&self, owner: usize, newest: Option<&Loaded>, drafts: &[Draft]) -> Vec<Absence> {
        let explain = self.explain();
        let mut absent =
            newest.map_or_else(Vec::new, |newest| missing::of_hardware(newest, self.others));
        absent.extend(explain.disks(self.own(owner)));
        let files = drafts
            .iter()
            .flat_map(|draft| draft.files.iter().flatten().copied());
        absent.extend(explain.parents(files));
        absent
    }

    /// What is left beside the machine, and what was written on top of its newest disks: the checkpoint
    /// of a backup that was running.
    fn leftovers(&self, owner: usize, drafts: &[Draft], configs: &[usize]) -> Vec<Leftover> {
        let stem = |name: &str| {
            name.rsplit_once('.')
                .map_or(name, |(stem, _)| stem)
                .to_owned()
        };
        let recorded = self
            .own(owner)
            .map(|claim| stem(claim.recorded.file_name()));
        let files = drafts.iter().flat_map(|draft| draft.files.iter().flatten());
        let files = files.map(|file| stem(self.disks.get(*file).name()));
        let ids = configs
            .iter()
            .map(|config| stem(&named_after(&self.loaded[*config], "x")));
        let names: BTreeSet<String> = recorded.chain(files).chain(ids).collect();
        let only = self.claims.iter().all(|claim| claim.owner == owner);
        let mut leftovers = leftover::of(&names, only, self.all_leftovers);
        leftovers.extend(self.on_top(owner, drafts));
        let is_used = |path: &Path| {
            drafts
                .iter()
                .flat_map(|draft| &draft.disks)
                .any(|disk| disk.path() == Some(path))
        };
        leftovers.retain(|leftover| !is_used(&leftover.path));
        leftovers
    }

    fn on_top(&self, owner: usize, drafts: &[Draft]) -> Vec<Leftover> {
        let foreign = self.foreign(owner);
        let now = drafts.iter().filter(|draft| draft.kind == StateKind::Now);
        let files: Vec<usize> = now
            .flat_map(|draft| draft.files.iter().flatten().copied())
            .collect();
        let is_on_top = |file: &usize| {
            let is_state = drafts.iter().any(|draft| draft.has(*file));
            !is_state
                && !foreign.contains(file)
                && files.iter().any(|now| self.disks.builds_on(*file, *now))
        };
        let on_top = self.disks.numbers().filter(is_on_top);
        on_top
            .map(|file| leftover(&self.disks.get(file).path, LeftoverKind::RecoveryCheckpoint))
            .collect()
    }

    fn offers(&self, owner: usize, states: &[MachineState]) -> Vec<Offer> {
        let state_of = |claim: &Claim| {
            let path = &self.loaded[claim.config].file.path;
            states.iter().find(|state| {
                state
                    .configuration
                    .as_ref()
                    .is_some_and(|c| c.path == *path)
            })
        };
        let offers = self.own(owner).filter_map(|claim| {
            let state = state_of(claim)?;
            Some(offer::of(claim, state.number, self.disks))
        });
        offers.flatten().collect()
    }

    fn guest_state(&self, now: &Loaded) -> Option<PathBuf> {
        let recorded = now
            .configuration()
            .guest_state_file
            .as_ref()
            .map(Recorded::from);
        let recorded = recorded.map(|path| path.file_name().to_owned());
        let names = recorded.into_iter().chain([named_after(now, "vmgs")]);
        let mut found = names.filter_map(|name| self.others.nearest(&name, &now.true_path));
        found.next()
    }
}

/// The machine's name; a checkpoint has its own, and knows its machine's id alone.
fn name_of(config: &Loaded, is_now: bool) -> String {
    let name = config.configuration().name.to_string();
    match (is_now, config.machine_id()) {
        (true, _) if !name.is_empty() => name,
        (_, Some(id)) => id.to_string().to_uppercase(),
        (_, None) => name,
    }
}

/// The drafts as states, each behind its parent.
pub(crate) fn numbered(drafts: Vec<Draft>, disks: &Disks) -> Vec<MachineState> {
    let order = tree::order(&drafts, disks);
    let mut drafts: Vec<Option<Draft>> = drafts.into_iter().map(Some).collect();
    let mut states = Vec::new();
    for (number, place) in order.iter().enumerate() {
        let draft = drafts[*place].take().expect("each draft has one place");
        states.push(MachineState {
            number,
            kind: draft.kind,
            name: draft.name(disks),
            created: draft.created,
            parent: draft
                .parent
                .and_then(|parent| order.iter().position(|at| *at == parent)),
            configuration: draft.config,
            disks: draft.disks,
            memory: draft.memory,
        });
    }
    states
}
