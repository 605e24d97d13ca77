//! The files of all chains, and which of them must be told anew where their parent is.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use blockio::Fault;
use disk::{Chain, Finder, Image, LayerEntry, Linkage, last_name};
use uuid::Uuid;

use super::naming::{self, Wanted};
use super::{
    Change, ChangeKind, Keep, Plan, PlannedDisk, PlannedFile, Relink, Role, SetPath, Work,
};
use crate::vmset::codes::STATE_LACKS_DISK;
use crate::vmset::{MachineState, StateDisk};

/// Why a link is rewritten.
const WHY_RELINKED: &str =
    "the old place is that of the host it came from, where the live parent may be";

/// One file of the source's chains.
pub(super) struct Layer {
    path: PathBuf,
    size: u64,
    image: Arc<Image>,
    /// The file that it builds on, by its place in the list.
    parent: Option<usize>,
    /// The parent's id, where the operator has accepted one that the file does not name.
    accepted: Option<Uuid>,
    wanted: Wanted,
}

/// All files of the chains of some states, each once.
#[derive(Default)]
struct Layers {
    all: Vec<Layer>,
    by_path: HashMap<PathBuf, usize>,
}

/// A disk of a state with its chain in the source.
struct Chained<'a> {
    state: &'a MachineState,
    disk: &'a StateDisk,
    chain: Option<Chain>,
}

/// Adds the disks of `states` to the plan.
///
/// # Errors
/// Where a single state is wanted and one of its disks cannot be had.
pub(super) fn add(
    plan: &mut Plan,
    states: &[&MachineState],
    finder: &Finder,
) -> Result<(), Arc<Fault>> {
    let mut chained = Vec::new();
    for state in states {
        for disk in &state.disks {
            let chain = disk.path().map(|path| finder.chain(path)).transpose();
            let chain = chain.map_err(|error| Arc::clone(error.fault()))?;
            chained.push(Chained { state, disk, chain });
        }
    }
    match plan.keep {
        Keep::Checkpoints => copied(plan, &chained),
        Keep::AsOf(_) => merged(plan, &chained)?,
    }
    Ok(())
}

/// Every file of every chain, as it is.
fn copied(plan: &mut Plan, chained: &[Chained<'_>]) {
    let mut layers = Layers::default();
    let mut numbers = Vec::new();
    for one in chained {
        let chain = one.chain.as_ref();
        numbers.push(
            chain
                .map(|chain| layers.add(chain, one.disk))
                .unwrap_or_default(),
        );
    }
    let places = naming::places(&layers.wanted());
    for (one, numbers) in chained.iter().zip(&numbers) {
        let chain: Vec<_> = numbers
            .iter()
            .map(|&number| places[number].clone())
            .collect();
        plan.disks.push(planned(one, chain));
        add_set(plan, one);
    }
    for (number, layer) in layers.all.iter().enumerate() {
        let file = layer.planned(&places[number], layer.parent.map(|p| &places[p]), plan);
        plan.files.push(file);
    }
}

/// One new file for each disk of the only state.
fn merged(plan: &mut Plan, chained: &[Chained<'_>]) -> Result<(), Arc<Fault>> {
    let wanted: Vec<_> = chained.iter().map(Chained::merged_name).collect();
    let places = naming::places(&wanted);
    for (one, place) in chained.iter().zip(places) {
        let Some(chain) = &one.chain else {
            return Err(one.lacking().into());
        };
        if let Some(link) = &chain.broken {
            return Err(Arc::clone(&link.fault));
        }
        plan.files.push(merged_file(chain, &place));
        plan.disks.push(planned(one, vec![place]));
    }
    Ok(())
}

fn merged_file(chain: &Chain, place: &SetPath) -> PlannedFile {
    let layers: Vec<_> = chain.layers.iter().map(|layer| &*layer.name).collect();
    let before = match &layers[..] {
        [one] => (*one).to_owned(),
        layers => format!("{} layers: {}", layers.len(), layers.join(" over ")),
    };
    PlannedFile {
        place: place.clone(),
        from: chain.leaf().path.clone(),
        size: blockio::Layer::disk_size(&*chain.leaf().image),
        role: Role::Disk,
        work: Work::Merge,
        changes: vec![Change {
            kind: ChangeKind::Layers,
            what: "disk".into(),
            before,
            after: "one new file with the same size, sectors and disk id".into(),
            why: "a single state was asked for (--as-of)",
        }],
    }
}

fn planned(one: &Chained<'_>, chain: Vec<SetPath>) -> PlannedDisk {
    let broken = one.chain.as_ref().and_then(|chain| chain.broken.as_ref());
    PlannedDisk {
        state: one.state.number,
        slot: one.disk.slot,
        recorded: one.disk.recorded.as_ref().map(ToString::to_string),
        place: chain.first().cloned(),
        leaf: one.disk.path().map(Path::to_owned),
        chain,
        broken: broken.map(|link| Arc::clone(&link.fault)),
        overridden: one
            .chain
            .as_ref()
            .is_some_and(|chain| !chain.overrides().is_empty()),
    }
}

/// The VHD Set that a disk was reached by goes along under its own name.
fn add_set(plan: &mut Plan, one: &Chained<'_>) {
    let set = one.chain.as_ref().and_then(|chain| chain.vhd_set.as_ref());
    let (Some(set), Some(leaf)) = (set, plan.disks.last().and_then(|disk| disk.place.clone()))
    else {
        return;
    };
    let folders: Vec<_> = leaf.folders().iter().map(String::as_str).collect();
    let place = SetPath::of(&folders).join(&naming::name_of(set));
    let size = std::fs::metadata(set).map_or(0, |found| found.len());
    if let Some(disk) = plan.disks.last_mut() {
        disk.place = Some(place.clone());
    }
    if plan.files.iter().all(|file| file.place != place) {
        plan.files.push(PlannedFile {
            place,
            from: set.clone(),
            size,
            role: Role::DiskSet,
            work: Work::Copy,
            changes: Vec::new(),
        });
    }
}

impl Chained<'_> {
    /// What is wrong where the state has a disk that is not here.
    fn lacking(&self) -> Fault {
        let recorded = self.disk.recorded.as_ref().map(ToString::to_string);
        let place = self
            .disk
            .slot
            .map_or_else(|| "a disk".to_owned(), |slot| slot.to_string());
        let fault =
            Fault::cannot_read(&STATE_LACKS_DISK, format!("{place} of {}", self.state.name));
        let file = recorded.unwrap_or_else(|| "its file".into());
        fault.found(format!("{file} is not in the backup"))
    }

    /// A merged disk is called as the base of its chain was.
    fn merged_name(&self) -> Wanted {
        let recorded = self.disk.recorded.as_ref().map(ToString::to_string);
        let own = match &self.chain {
            Some(chain) => naming::name_of(&chain.base().path),
            None => recorded
                .as_deref()
                .and_then(last_name)
                .unwrap_or("disk")
                .to_owned(),
        };
        let stem = own.rsplit_once('.').map_or(&*own, |(stem, _)| stem);
        Wanted {
            names: vec![format!("{stem}.vhdx")],
            parent: None,
        }
    }
}

impl Layers {
    /// Adds the files of `chain`; their numbers, leaf first.
    fn add(&mut self, chain: &Chain, disk: &StateDisk) -> Vec<usize> {
        let numbers: Vec<_> = chain
            .layers
            .iter()
            .map(|entry| self.number(entry))
            .collect();
        for ((pair, entry), parent) in numbers
            .windows(2)
            .zip(&chain.layers)
            .zip(&chain.layers[1..])
        {
            let [child, number] = *pair else { continue };
            self.all[child].parent = Some(number);
            self.all[child].wanted.parent = Some(number);
            if matches!(entry.link, Some(Linkage::Overridden { .. })) {
                self.all[child].accepted = parent.image.id();
            }
            let link = entry.image.parent().unwrap_or_default();
            let called = link.relative.as_deref().and_then(last_name);
            let names = &mut self.all[number].wanted.names;
            names.extend(called.map(str::to_owned));
            names.push(naming::name_of(&parent.path));
        }
        if let Some(&leaf) = numbers.first() {
            self.call_leaf(leaf, chain, disk);
        }
        numbers
    }

    /// What a configuration calls a file counts most.
    fn call_leaf(&mut self, leaf: usize, chain: &Chain, disk: &StateDisk) {
        let recorded = disk.recorded.as_ref().map(ToString::to_string);
        let recorded = recorded.as_deref().and_then(last_name);
        let names = &mut self.all[leaf].wanted.names;
        if let Some(name) = recorded.filter(|_| chain.vhd_set.is_none()) {
            names.insert(0, name.to_owned());
        }
        names.push(naming::name_of(&chain.leaf().path));
    }

    fn number(&mut self, entry: &LayerEntry) -> usize {
        let key = std::fs::canonicalize(&entry.path).unwrap_or_else(|_| entry.path.clone());
        *self.by_path.entry(key).or_insert_with(|| {
            self.all.push(Layer {
                path: entry.path.clone(),
                size: entry.file_size,
                image: Arc::clone(&entry.image),
                parent: None,
                accepted: None,
                wanted: Wanted::default(),
            });
            self.all.len() - 1
        })
    }

    fn wanted(&self) -> Vec<Wanted> {
        self.all.iter().map(|layer| layer.wanted.clone()).collect()
    }
}

impl Layer {
    fn planned(&self, place: &SetPath, parent: Option<&SetPath>, plan: &Plan) -> PlannedFile {
        let mut changes = Vec::new();
        let own = naming::name_of(&self.path);
        if own != place.name() {
            changes.push(Change {
                kind: ChangeKind::Name,
                what: "name".into(),
                before: own,
                after: place.name().into(),
                why: "so the configurations and the disks that build on it call it",
            });
        }
        let relink = parent.and_then(|parent| self.relink(parent, plan));
        if let Some(relink) = &relink {
            changes.push(self.relinked(relink));
        }
        PlannedFile {
            place: place.clone(),
            from: self.path.clone(),
            size: self.size,
            role: Role::Disk,
            work: relink.map_or(Work::Copy, Work::Relink),
            changes,
        }
    }

    /// What must be written about the parent; nothing where all that is written is right already.
    fn relink(&self, parent: &SetPath, plan: &Plan) -> Option<Relink> {
        let link = self.image.parent()?;
        let relative = format!(r".\{}", parent.name());
        let absolute = plan
            .windows_path
            .as_ref()
            .map(|root| parent.on_windows(root));
        let is_right = |path: &String| Some(path) == absolute.as_ref();
        let leads_home = link.relative.as_ref() == Some(&relative);
        if leads_home && link.absolute.iter().all(is_right) && self.accepted.is_none() {
            return None;
        }
        Some(Relink {
            relative,
            absolute,
            parent: parent.clone(),
            accepted: self.accepted,
        })
    }

    fn relinked(&self, relink: &Relink) -> Change {
        let link = self.image.parent().unwrap_or_default();
        let before: Vec<_> = link
            .relative
            .iter()
            .chain(&link.absolute)
            .cloned()
            .collect();
        let after: Vec<_> = [Some(&relink.relative), relink.absolute.as_ref()]
            .into_iter()
            .flatten()
            .cloned()
            .collect();
        Change {
            kind: ChangeKind::Parent,
            what: "place of the parent".into(),
            before: before.join(", "),
            after: after.join(", "),
            why: if relink.accepted.is_some() {
                "the operator has accepted this parent (--accept-parent)"
            } else {
                WHY_RELINKED
            },
        }
    }
}
