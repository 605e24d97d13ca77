//! What the script for Windows must know of a plan.

use uuid::Uuid;
use vmcx::{Attachment, Configuration, ControllerKind, Edit, Generation, Text, Version};

use super::configurations::drives;
use super::{Choices, Keep, Plan, PlannedDisk, Role, SetPath, Work};
use crate::vmset::hosts::{Acceptance, Host, accepting};
use crate::vmset::script::{
    Content, DiskFile, DriveFacts, Facts, Fate, MemoryFate, StateFacts, StateKind, Way, set_path,
};
use crate::vmset::{Absence, AbsenceKind, Machine, MachineState, Slot, StateKind as Of};

impl Plan {
    /// What the script and `RESTORED.md` say about the result of this plan for `machine`.
    #[must_use]
    pub fn facts(&self, machine: &Machine, choices: &Choices) -> Facts {
        let now = self.now.and_then(|number| machine.states.get(number));
        let file = now.and_then(|state| state.configuration.as_ref());
        let of = file.map(|file| &*file.configuration);
        let version = of.and_then(|of| of.version);
        Facts {
            id: self.id,
            name: Text::from(&*self.name),
            generation: of.map_or_else(|| self.likely_generation(), |of| of.generation),
            version,
            hosts: version.map(hosts).unwrap_or_default(),
            mode: machine.mode.clone(),
            way: self.way(version, choices.host),
            states: self.states(machine),
            merged: match self.keep {
                Keep::Checkpoints => None,
                Keep::AsOf(number) => machine.states.get(number).map(|state| state.name.clone()),
            },
            files: self.disk_files(),
            adapters: of.map(|of| of.adapters.clone()).unwrap_or_default(),
            memory: of.map(|of| of.memory).unwrap_or_default(),
            processors: of.map(|of| of.processors).unwrap_or_default(),
            firmware: of.map(|of| of.firmware.clone()).unwrap_or_default(),
            scsi_controllers: of.map_or(1, scsi_controllers),
            devices: of.map(|of| of.devices.clone()).unwrap_or_default(),
            replication: of.and_then(|of| of.replication.clone()),
            clustered: of.is_some_and(|of| of.highly_available) || self.lies_on_a_cluster(),
            domain_controller: false,
            absent: self.absent.clone(),
            is_whole: true,
            rows: Vec::new(),
            fits: self.windows_path.as_deref().map(Text::from),
            new_id: choices.new_id,
        }
    }

    fn way(&self, version: Option<Version>, host: Option<&Host>) -> Way {
        let file = self
            .files
            .iter()
            .find(|file| file.role == Role::Configuration);
        let why = match (file, version) {
            (None, _) => "the backup has no configuration of the machine",
            (Some(file), _) if file.place.name().ends_with(".exp") => {
                "no Windows after 2008 R2 imports an export of 2008"
            }
            (Some(_), Some(version)) if hosts(version).is_empty() => {
                "no Windows of today imports a configuration of this version"
            }
            (Some(_), Some(version)) if host.is_some_and(|host| !takes(host, version)) => {
                "the host it is bound for takes no configuration of this version"
            }
            (Some(file), _) => {
                let configuration = on_windows(&file.place);
                return Way::Import { configuration };
            }
        };
        Way::Anew { why: why.into() }
    }

    fn states(&self, machine: &Machine) -> Vec<StateFacts> {
        let mut states: Vec<_> = machine
            .states
            .iter()
            .filter_map(|state| self.state(state))
            .collect();
        states.sort_by_key(|state| state.kind != StateKind::Now);
        states
    }

    /// What the script must know of one state; nothing of a layer without configuration.
    fn state(&self, state: &MachineState) -> Option<StateFacts> {
        let is_machine = self.now == Some(state.number);
        let (kind, id) = match state.kind {
            _ if is_machine => (StateKind::Now, self.id),
            Of::Checkpoint(id) => (StateKind::Checkpoint, Some(id)),
            Of::Now | Of::Layer => return None,
        };
        let fate = match self.keep {
            Keep::AsOf(_) if !is_machine => Fate::MergedAway,
            _ if state.configuration.is_none() && !is_machine => Fate::Absent,
            _ => Fate::Kept,
        };
        let drives = match fate {
            Fate::Kept => self.drives(state),
            _ => Vec::new(),
        };
        let name = if is_machine {
            &*self.name
        } else {
            &*state.name
        };
        Some(StateFacts {
            id: id.unwrap_or(Uuid::nil()),
            kind,
            name: Text::from(name),
            created: state.created,
            fate,
            drives,
            memory: self.memory_fate(state.number),
        })
    }

    fn memory_fate(&self, state: usize) -> MemoryFate {
        let Some(memory) = self.memory.iter().find(|memory| memory.state == state) else {
            return MemoryFate::None;
        };
        match &memory.dropped {
            None => MemoryFate::Kept,
            Some(why) if memory.by_script => MemoryFate::Drop { why: why.clone() },
            Some(_) => MemoryFate::None,
        }
    }

    fn drives(&self, state: &MachineState) -> Vec<DriveFacts> {
        let Some(file) = &state.configuration else {
            return self.drives_of_disks(state.number);
        };
        let drives = drives(&file.configuration).filter_map(|(slot, key, attachment)| {
            let recorded = |old: &Text| self.recorded(key, old);
            let content = match attachment {
                Attachment::Empty => return None,
                Attachment::Disk(old) => Content::Disk {
                    recorded: recorded(old),
                    file: self.place_of(state.number, slot).map(on_windows),
                },
                Attachment::Iso(old) => Content::Iso {
                    recorded: recorded(old),
                    file: None,
                },
                Attachment::Floppy(old) => Content::Floppy {
                    recorded: recorded(old),
                },
                Attachment::Physical { word, path } => Content::Physical {
                    what: Text::from(&*format!("{word} {path}")),
                },
            };
            Some(DriveFacts { slot, content })
        });
        drives.collect()
    }

    /// Without a configuration: the disks one behind the other, where such a machine boots from.
    fn drives_of_disks(&self, state: usize) -> Vec<DriveFacts> {
        let disks = self.disks.iter().filter(|disk| disk.state == state);
        let controller = match self.likely_generation() {
            Generation::One => ControllerKind::Ide,
            Generation::Two => ControllerKind::Scsi,
        };
        let drive = |(place, disk): (u32, &PlannedDisk)| {
            let (number, location) = match controller {
                ControllerKind::Ide => (place / 2, place % 2),
                _ => (place / 64, place % 64),
            };
            DriveFacts {
                slot: disk.slot.unwrap_or(Slot {
                    controller,
                    number,
                    location,
                }),
                content: Content::Disk {
                    recorded: Text::from(disk.recorded.as_deref().unwrap_or_default()),
                    file: disk.place.as_ref().map(on_windows),
                },
            }
        };
        (0..).zip(disks).map(drive).collect()
    }

    /// The path of a drive as the restored configuration has it.
    fn recorded(&self, key: &str, old: &Text) -> Text {
        let key = format!("configuration/{key}/pathname");
        let edits = self.files.iter().filter_map(|file| match &file.work {
            Work::Edit(edits) => Some(edits),
            _ => None,
        });
        let new = edits.flatten().find_map(|edit| match edit {
            Edit::SetText { path, value } if *path == key => Some(value),
            _ => None,
        });
        new.unwrap_or(old).clone()
    }

    fn place_of(&self, state: usize, slot: Slot) -> Option<&SetPath> {
        let mut disks = self.disks.iter();
        let disk = disks.find(|disk| disk.state == state && disk.slot == Some(slot))?;
        disk.place.as_ref()
    }

    /// Every disk file with its parent in the set.
    fn disk_files(&self) -> Vec<DiskFile> {
        let parent = |place: &SetPath| {
            let pairs = self.disks.iter().flat_map(|disk| disk.chain.windows(2));
            let mut pairs = pairs.filter(|pair| pair[0] == *place);
            pairs.next().map(|pair| on_windows(&pair[1]))
        };
        let disks = self.files.iter().filter(|file| file.role == Role::Disk);
        disks
            .map(|file| DiskFile {
                path: on_windows(&file.place),
                parent: parent(&file.place),
            })
            .collect()
    }
}

impl Plan {
    /// Why Windows' import wizard alone will not do, a clause each.
    pub(crate) fn why_no_wizard(&self, facts: &Facts) -> Vec<String> {
        let mut why = facts.wizard_stops();
        let broken = |disk: &PlannedDisk| {
            let place = disk.place.as_ref()?;
            let fault = disk.broken.as_ref()?;
            Some(format!("the chain of {} is broken: {fault}", place.name()))
        };
        why.extend(self.disks.iter().filter_map(broken));
        why.extend(self.absent.iter().filter_map(in_the_way));
        why.dedup();
        why
    }

    /// Without a configuration: VHD files were made for Generation 1.
    fn likely_generation(&self) -> Generation {
        let is_vhd = |place: &SetPath| {
            let name = place.name().to_ascii_lowercase();
            name.ends_with(".vhd") || name.ends_with(".avhd")
        };
        match self
            .disks
            .iter()
            .filter_map(|disk| disk.place.as_ref())
            .any(is_vhd)
        {
            true => Generation::One,
            false => Generation::Two,
        }
    }

    fn lies_on_a_cluster(&self) -> bool {
        let mut recorded = self.disks.iter().filter_map(|disk| disk.recorded.as_ref());
        recorded.any(|path| path.to_ascii_lowercase().contains(r":\clusterstorage\"))
    }
}

/// What is absent and has no place in a configuration that the script could mend by itself.
fn in_the_way(absence: &Absence) -> Option<String> {
    let is_in_the_way = matches!(
        absence.kind,
        AbsenceKind::GuestState | AbsenceKind::Memory | AbsenceKind::Parent | AbsenceKind::Device
    );
    is_in_the_way.then(|| format!("{} is not in the backup", absence.what))
}

fn scsi_controllers(configuration: &Configuration) -> u32 {
    let scsi = |kind| kind == ControllerKind::Scsi;
    let count = configuration
        .controllers
        .iter()
        .filter(|controller| scsi(controller.kind))
        .count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn takes(host: &Host, version: Version) -> bool {
    host.accepts(version) == Acceptance::Yes
}

/// The hosts that take this version, by name.
fn hosts(version: Version) -> Vec<String> {
    accepting(version)
        .map(|host| host.name.to_owned())
        .collect()
}

fn on_windows(place: &SetPath) -> String {
    set_path(
        place
            .folders()
            .iter()
            .map(String::as_str)
            .chain([place.name()]),
    )
}
