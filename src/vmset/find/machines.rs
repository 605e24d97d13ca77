//! Which configurations are one machine; of several with one id, which is used.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::Path;

use blockio::Fault;
use uuid::Uuid;

use super::codes::CONFIG_DIFFERS;
use super::configs::{Configs, Loaded, is_in};
use super::disks::Disks;
use super::recorded::{Recorded, common_head, names_of};

/// The configurations of one machine, by their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Group {
    /// Id of the machine.
    pub(crate) id: Option<Uuid>,
    /// That of now.
    pub(crate) now: Option<usize>,
    /// Those of checkpoints.
    pub(crate) checkpoints: Vec<usize>,
}

/// The machines that the configurations are of.
pub(crate) fn group(loaded: &[Loaded]) -> Vec<Group> {
    let mut groups: BTreeMap<(Option<Uuid>, usize), Group> = BTreeMap::new();
    for (number, config) in loaded.iter().enumerate() {
        let id = config
            .machine_id()
            .or_else(|| nearest_machine(config, loaded));
        // Nothing ties those without any id together.
        let key = (id, if id.is_some() { 0 } else { number });
        let group = groups.entry(key).or_default();
        group.id = id;
        match config.is_checkpoint {
            true => group.checkpoints.push(number),
            false => group.now = Some(number),
        }
    }
    groups.into_values().collect()
}

/// The machine in whose folder a checkpoint is that does not say whose it is.
fn nearest_machine(checkpoint: &Loaded, loaded: &[Loaded]) -> Option<Uuid> {
    let near = names_of(&checkpoint.true_path);
    let machines = loaded.iter().filter(|config| !config.is_checkpoint);
    let head = |config: &&Loaded| common_head(&near, &names_of(&config.true_path));
    let best = machines.clone().map(|config| head(&config)).max()?;
    let mut nearest = machines.filter(|config| head(config) == best);
    let (first, second) = (nearest.next()?, nearest.next());
    first.machine_id().filter(|_| second.is_none())
}

impl Configs {
    /// Leaves one configuration of each id. Of copies that differ, the one that
    ///
    /// 1. is not damaged,
    /// 2. lies where the list of the host says,
    /// 3. lies in a folder `Virtual Machines` or `Snapshots`, rather than in one of the host's own
    ///    copies or of machines being imported,
    /// 4. more of whose disks are at hand,
    /// 5. was turned on or off last,
    /// 6. comes first by its path.
    pub(crate) fn without_copies(&mut self, disks: &Disks) {
        let mut by_id: BTreeMap<(bool, Uuid), Vec<Loaded>> = BTreeMap::new();
        let mut kept = Vec::new();
        for config in std::mem::take(&mut self.loaded) {
            match config.id() {
                Some(id) => by_id
                    .entry((config.is_checkpoint, id))
                    .or_default()
                    .push(config),
                None => kept.push(config),
            }
        }
        for ((_, id), mut copies) in by_id {
            copies.sort_by_cached_key(|config| self.rank(config, disks));
            let mut copies = copies.into_iter();
            let Some(best) = copies.next() else {
                continue;
            };
            if let Some(other) = copies.find(|other| other.file.root != best.file.root) {
                self.notes.push(differs(id, &best, &other));
            }
            kept.push(best);
        }
        kept.sort_by(|a, b| a.file.path.cmp(&b.file.path));
        self.loaded = kept;
    }

    fn rank(&self, config: &Loaded, disks: &Disks) -> impl Ord + use<> {
        let names = names_of(&config.true_path);
        let mut listed = self.listed.iter();
        let is_listed =
            listed.any(|entry| Some(entry.id) == config.id() && entry.path.tail(&names) > 1);
        let configuration = config.configuration();
        let at_hand = configuration
            .disks()
            .filter(|(_, drive)| match &drive.attachment {
                vmcx::Attachment::Disk(path) => {
                    !disks.named(Recorded::from(path).file_name()).is_empty()
                }
                _ => false,
            });
        let used = configuration
            .last_powered_on
            .max(configuration.last_powered_off);
        let path = config.file.path.clone();
        (
            config.is_damaged,
            !is_listed,
            place(&path),
            Reverse(at_hand.count()),
            Reverse(used),
            path,
        )
    }
}

/// 0 where configurations belong, 2 where a host keeps copies.
fn place(path: &Path) -> u8 {
    let is_copy = path.parent().and_then(Path::file_name).is_some_and(|name| {
        let name = name.to_string_lossy().to_lowercase();
        let copies = ["cache", "planned", "undolog"];
        copies.iter().any(|word| name.contains(word))
    });
    match is_copy {
        true => 2,
        false => u8::from(!is_in(path, "Virtual Machines") && !is_in(path, "Snapshots")),
    }
}

fn differs(id: Uuid, used: &Loaded, other: &Loaded) -> Fault {
    let id = id.to_string().to_uppercase();
    Fault::unsupported(&CONFIG_DIFFERS, format!("configuration {id}"))
        .expected("copies that are the same")
        .found(format!(
            "{} differs; used is {}",
            other.file.path.display(),
            used.file.path.display()
        ))
}
