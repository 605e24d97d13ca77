//! The configurations of the result and what lies beside them.

use std::path::Path;

use uuid::Uuid;
use vmcx::{Attachment, Configuration, Edit};

use super::companions::Companions;
use super::naming::name_of;
use super::{
    Change, ChangeKind, Choices, LeftOut, MACHINES, Plan, PlannedFile, Role, SNAPSHOTS, SetPath,
    Work,
};
use crate::vmset::{ConfigFile, ConfigFormat, Machine, MachineState, Slot, StateKind};

/// The key that all others lie below.
const ROOT: &str = "configuration";
const WHY_MOVED: &str = "the set lies there (--windows-path)";
const WHY_MERGED: &str = "a checkpoint becomes the machine itself (--as-of)";

/// Adds the configurations of `states`.
pub(super) fn add(plan: &mut Plan, machine: &Machine, states: &[&MachineState], choices: &Choices) {
    for state in states {
        let Some(file) = &state.configuration else {
            continue;
        };
        let of = Of {
            machine,
            state,
            file,
            is_machine: plan.now == Some(state.number),
        };
        of.add(plan, choices);
    }
}

/// One configuration on its way into the result.
struct Of<'a> {
    machine: &'a Machine,
    state: &'a MachineState,
    file: &'a ConfigFile,
    /// Whether it becomes the machine's, and not a checkpoint's.
    is_machine: bool,
}

impl Of<'_> {
    fn add(&self, plan: &mut Plan, choices: &Choices) {
        let folder = SetPath::of(&[if self.is_machine { MACHINES } else { SNAPSHOTS }]);
        let id = self.id().map_or_else(
            || stem(&self.file.path),
            |id| id.hyphenated().to_string().to_uppercase(),
        );
        let mut changes = Vec::new();
        let memory = self.memory(plan, &folder, &id);
        let guest_state = self.guest_state(plan, &folder, &id);
        self.rename(choices, &mut changes);
        self.promote(&mut changes);
        self.drop_memory(plan, &mut changes);
        if let Some(root) = &choices.windows_path {
            self.move_disks(plan, root, &mut changes);
            self.move_files(root, &memory, guest_state.as_ref(), &mut changes);
        }
        let place = folder.join(&format!("{id}.{}", extension(&self.file.path)));
        let (edits, changes): (Vec<_>, Vec<_>) = changes.into_iter().unzip();
        let role = if self.is_machine {
            Role::Configuration
        } else {
            Role::Checkpoint
        };
        let mut file = planned(&self.file.path, place, role);
        if !edits.is_empty() {
            file.work = Work::Edit(edits);
        }
        file.changes.extend(changes);
        plan.files.push(file);
    }

    /// The id that its file is named by.
    fn id(&self) -> Option<Uuid> {
        let own = self.file.configuration.id;
        if self.is_machine {
            self.machine.id.or(own)
        } else {
            own
        }
    }

    /// Adds what it ran with; where its .bin and .vsv go.
    fn memory(&self, plan: &mut Plan, folder: &SetPath, id: &str) -> Vec<SetPath> {
        if self.file.format == ConfigFormat::Vmcx {
            let runtime = Companions::of(&self.file.path).runtime;
            let runtime = runtime.map(|from| {
                let place = folder.join(&format!("{id}.{}", extension(&from)));
                planned(&from, place, Role::Memory)
            });
            plan.files.extend(runtime);
            return Vec::new();
        }
        let folder = folder.join(id);
        plan.folders.push(folder.clone());
        let files = self.state.memory.iter().flat_map(|memory| &memory.files);
        if let Some(why) = self.dropped(plan) {
            let left_out = files.map(|from| LeftOut {
                from: from.clone(),
                why: format!("saved state is dropped: {why}"),
            });
            plan.left_out.extend(left_out.collect::<Vec<_>>());
            return Vec::new();
        }
        let files: Vec<_> = files
            .map(|from| {
                let place = folder.join(&format!("{id}.{}", extension(from)));
                planned(from, place, Role::Memory)
            })
            .collect();
        let places = files.iter().map(|file| file.place.clone()).collect();
        plan.files.extend(files);
        places
    }

    fn guest_state(&self, plan: &mut Plan, folder: &SetPath, id: &str) -> Option<SetPath> {
        let own = Companions::of(&self.file.path).guest_state;
        let is_now = self.state.kind == StateKind::Now;
        let from = own.or_else(|| self.machine.guest_state.clone().filter(|_| is_now))?;
        let place = folder.join(&format!("{id}.{}", extension(&from)));
        plan.files
            .push(planned(&from, place.clone(), Role::GuestState));
        Some(place)
    }

    fn dropped(&self, plan: &Plan) -> Option<String> {
        let memory = plan
            .memory
            .iter()
            .find(|memory| memory.state == self.state.number)?;
        memory.dropped.clone()
    }

    /// Its machine's name, where that becomes another.
    fn rename(&self, choices: &Choices, changes: &mut Vec<(Edit, Change)>) {
        let Some(name) = choices.rename.as_ref().filter(|_| self.is_machine) else {
            return;
        };
        let before = self.file.configuration.name.to_string();
        changes.extend(set(
            "properties/name",
            before,
            name,
            "as asked for (--rename)",
        ));
    }

    /// What makes a machine's configuration of a checkpoint's.
    fn promote(&self, changes: &mut Vec<(Edit, Change)>) {
        if !self.is_machine || self.state.kind == StateKind::Now {
            return;
        }
        let root = below_root(&self.file.root);
        let text = |key: &str| root.text_at(key).map(ToString::to_string);
        if changes.is_empty() {
            let before = text("properties/name").unwrap_or_default();
            changes.extend(set(
                "properties/name",
                before,
                &self.machine.name,
                WHY_MERGED,
            ));
        }
        if let Some(before) = text("properties/type_id") {
            changes.extend(set(
                "properties/type_id",
                before,
                "Virtual Machines",
                WHY_MERGED,
            ));
        }
        let id = self
            .machine
            .id
            .map(|id| id.hyphenated().to_string().to_uppercase());
        if let (Some(before), Some(id)) = (text("properties/global_id"), id) {
            changes.extend(set("properties/global_id", before, &id, WHY_MERGED));
        }
    }

    /// The XML says by an element that there is saved memory.
    fn drop_memory(&self, plan: &Plan, changes: &mut Vec<(Edit, Change)>) {
        let is_said = self.file.configuration.saved_state.is_some();
        if is_said && self.dropped(plan).is_some() {
            let edit = Edit::remove(format!("{ROOT}/savedstate"));
            let change = Change {
                kind: ChangeKind::Key,
                what: "saved state".into(),
                before: "named in the configuration".into(),
                after: "not named".into(),
                why: "its files are not in the set",
            };
            changes.push((edit, change));
        }
    }

    /// The paths of its disks.
    fn move_disks(&self, plan: &Plan, root: &str, changes: &mut Vec<(Edit, Change)>) {
        for (slot, key, attachment) in drives(&self.file.configuration) {
            let key = format!("{key}/pathname");
            let (before, after) = match attachment {
                Attachment::Disk(path) => {
                    let planned = plan
                        .disks
                        .iter()
                        .find(|disk| disk.state == self.state.number && disk.slot == Some(slot));
                    let Some(place) = planned.and_then(|disk| disk.place.as_ref()) else {
                        continue;
                    };
                    (path, place.on_windows(root))
                }
                // A CD that is not there keeps a machine from starting.
                Attachment::Iso(path) | Attachment::Floppy(path) => (path, String::new()),
                _ => continue,
            };
            changes.extend(set(&key, before.to_string(), &after, WHY_MOVED));
        }
    }

    /// The paths of what lies beside it.
    fn move_files(
        &self,
        root: &str,
        memory: &[SetPath],
        guest_state: Option<&SetPath>,
        changes: &mut Vec<(Edit, Change)>,
    ) {
        let configuration = &self.file.configuration;
        if let Some(before) = &configuration.guest_state_file
            && let Some(place) = guest_state
            && let Some(key) = key_of(below_root(&self.file.root), "StateFilePath")
        {
            changes.extend(set(
                &key,
                before.to_string(),
                &place.on_windows(root),
                WHY_MOVED,
            ));
        }
        let saved = configuration
            .saved_state
            .as_ref()
            .filter(|_| !memory.is_empty());
        let Some(saved) = saved else { return };
        let places = [
            ("savedstate/memlocation", &saved.memory_file, "bin"),
            ("savedstate/vsvlocation", &saved.device_file, "vsv"),
        ];
        for (key, before, wanted) in places {
            let place = memory
                .iter()
                .find(|place| extension(Path::new(place.name())).eq_ignore_ascii_case(wanted));
            if let (Some(before), Some(place)) = (before, place) {
                changes.extend(set(
                    key,
                    before.to_string(),
                    &place.on_windows(root),
                    WHY_MOVED,
                ));
            }
        }
    }
}

/// All drives with their slots and the paths of their keys.
pub(super) fn drives(
    configuration: &Configuration,
) -> impl Iterator<Item = (Slot, &str, &Attachment)> {
    configuration.controllers.iter().flat_map(|controller| {
        controller.drives.iter().map(|drive| {
            let slot = Slot {
                controller: controller.kind,
                number: controller.number,
                location: drive.location,
            };
            (slot, &*drive.key, &drive.attachment)
        })
    })
}

/// The key that all others lie below, whether the file's root was kept or that key itself.
fn below_root(root: &vmcx::Node) -> &vmcx::Node {
    root.child(ROOT).unwrap_or(root)
}

/// The path of the key of this name in a device's node.
fn key_of(root: &vmcx::Node, name: &str) -> Option<String> {
    let devices = root.children.iter();
    let mut having = devices.filter(|device| device.child(name).is_some());
    having
        .next()
        .map(|device| format!("{}/{name}", device.name))
}

/// The change of the text of one key, if there is one.
fn set(key: &str, before: String, after: &str, why: &'static str) -> Option<(Edit, Change)> {
    if before == after {
        return None;
    }
    let edit = Edit::set(format!("{ROOT}/{key}"), after);
    let change = Change {
        kind: ChangeKind::Key,
        what: key.to_owned(),
        before,
        after: after.to_owned(),
        why,
    };
    Some((edit, change))
}

fn planned(from: &Path, place: SetPath, role: Role) -> PlannedFile {
    let own = name_of(from);
    let renamed = (!own.eq_ignore_ascii_case(place.name())).then(|| Change {
        kind: ChangeKind::Name,
        what: "name".into(),
        before: own.clone(),
        after: place.name().into(),
        why: "the import looks for a file of that name",
    });
    PlannedFile {
        size: std::fs::metadata(from).map_or(0, |found| found.len()),
        from: from.to_owned(),
        place,
        role,
        work: Work::Copy,
        changes: renamed.into_iter().collect(),
    }
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn extension(path: &Path) -> String {
    path.extension()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
