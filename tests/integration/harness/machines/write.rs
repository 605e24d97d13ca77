//! Puts a machine's files into a backup.

use std::fs;
use std::path::{Path, PathBuf};

use testkit::configuration::{Configuration, Drive, upper};
use testkit::configuration_xml::{self, Encoding};
use testkit::vmcx::{Key, Options, container};

use super::layout::Part;
use super::made::Files;
use super::{Format, Layout, Machine, Made, Moment, State};

impl Machine {
    /// Puts the machine's files into the backup in the folder `root`, among what is there.
    pub(crate) fn write_to(&self, root: &Path, layout: &Layout) -> Made {
        let states = (0..self.checkpoints.len()).map(State::Checkpoint);
        let write = |state| self.write_state(root, *layout, state);
        let checkpoints = match self.latest_state {
            true => vec![Files::default(); self.checkpoints.len()],
            false => states.map(write).collect(),
        };
        Made {
            machine: self.clone(),
            layers: self.write_disks(root, *layout),
            now: self.write_state(root, *layout, State::Now),
            checkpoints,
        }
    }

    /// Path on the host of a disk's file, as configurations record it.
    pub(super) fn recorded(&self, disk: usize, layer: usize) -> String {
        let disk = &self.disks[disk];
        format!(r"{}\{}", disk.host_folder, disk.layers[layer].file_name)
    }

    fn write_disks(&self, root: &Path, layout: Layout) -> Vec<Vec<Option<PathBuf>>> {
        let disks = 0..self.disks.len();
        let layers = |disk: usize| 0..self.disks[disk].layers.len();
        let file = |disk, layer| self.write_layer(root, layout, disk, layer);
        disks
            .map(|disk| layers(disk).map(|layer| file(disk, layer)).collect())
            .collect()
    }

    /// The file written, if this backup holds it.
    fn write_layer(
        &self,
        root: &Path,
        layout: Layout,
        disk: usize,
        layer: usize,
    ) -> Option<PathBuf> {
        let found = &self.disks[disk];
        let of = &found.layers[layer];
        let is_now = self.now.leaves[disk] == Some(layer);
        if of.is_gone || (self.latest_state && !is_now) {
            return None;
        }
        let name = match is_now && self.auto_recovery {
            true => auto_recovery(&of.file_name),
            false => of.file_name.clone(),
        };
        let part = Part::Disk(&found.host_folder);
        let path = layout
            .folder(root, &self.folder, &self.home, part)
            .join(name);
        let merged = || found.merged(layer);
        let image = if self.latest_state {
            merged()
        } else {
            of.image.clone()
        };
        make_folder_of(&path);
        image
            .build()
            .write_to(&path)
            .expect("a disk can be written");
        Some(path)
    }

    fn write_state(&self, root: &Path, layout: Layout, state: State) -> Files {
        let moment = self.moment(state);
        let part = match state {
            State::Now => Part::Machine,
            State::Checkpoint(_) => Part::Checkpoints,
        };
        let folder = layout.folder(root, &self.folder, &self.home, part);
        let memory = self.write_memory(&folder, moment);
        let keys = self.keys(moment);
        let (extension, bytes) = match self.format {
            Format::Xml => ("xml", configuration_xml::write(&keys, Encoding::Utf16Le)),
            Format::Vmcx => ("vmcx", container(&[keys], &Options::default()).bytes),
        };
        let configuration = folder.join(format!("{}.{extension}", upper(moment.id)));
        write(&configuration, &bytes);
        Files {
            configuration,
            memory,
        }
    }

    fn keys(&self, moment: &Moment) -> Key {
        let disks = moment.leaves.iter().enumerate();
        let disk = |(disk, leaf): (usize, &Option<usize>)| {
            Some(Drive {
                plug: self.disks[disk].plug,
                kind: "VHD".to_owned(),
                path: self.recorded(disk, (*leaf)?),
            })
        };
        let configuration = Configuration {
            machine: self.id,
            version: self.version,
            created: moment.created,
            checkpoints: i64::try_from(self.checkpoints.len()).expect("few checkpoints"),
            drives: disks
                .filter_map(disk)
                .chain(self.plugged.iter().cloned())
                .collect(),
            switch: self.switch.clone(),
            ..Configuration::new(&moment.name, moment.id, self.generation)
        };
        let mut keys = configuration.keys();
        if self.format == Format::Xml && moment.memory.is_some() {
            for (key, extension) in [("memlocation", "bin"), ("vsvlocation", "vsv")] {
                let id = upper(moment.id);
                let path = format!(r"{}\Virtual Machines\{id}\{id}.{extension}", self.home);
                keys.set(&format!("savedstate/{key}"), path);
            }
            keys.set("savedstate/type", "Normal");
        }
        for (path, value) in &moment.keys {
            keys.set(path, value.clone());
        }
        keys
    }

    fn write_memory(&self, folder: &Path, moment: &Moment) -> Vec<PathBuf> {
        let id = upper(moment.id);
        match (self.format, &moment.memory) {
            (Format::Xml, None) => Vec::new(),
            (Format::Xml, Some(memory)) => {
                let place = |extension| folder.join(&id).join(format!("{id}.{extension}"));
                let (bin, vsv) = (place("bin"), place("vsv"));
                write(&bin, memory);
                write(&vsv, b"devices");
                vec![bin, vsv]
            }
            (Format::Vmcx, memory) => {
                let path = folder.join(format!("{id}.vmrs"));
                write(&path, &runtime(self.version, memory.as_deref()));
                vec![path]
            }
        }
    }
}

/// `web01-AutoRecovery.avhdx` of `web01_<GUID>.avhdx`.
fn auto_recovery(name: &str) -> String {
    let suffix = "_00000000-0000-0000-0000-000000000000.avhdx".len();
    let stem = name.len().checked_sub(suffix).map(|length| &name[..length]);
    format!("{}-AutoRecovery.avhdx", stem.unwrap_or(name))
}

fn write(path: &Path, bytes: &[u8]) {
    make_folder_of(path);
    fs::write(path, bytes).expect("a file can be written");
}

fn make_folder_of(path: &Path) {
    let folder = path.parent().expect("a file in a folder");
    fs::create_dir_all(folder).expect("a folder can be made");
}

/// A .vmrs of a machine of this version, with this memory saved.
fn runtime(version: i64, memory: Option<&[u8]>) -> Vec<u8> {
    let mut configuration = Key::node("configuration");
    configuration.set("properties/version", version);
    let mut keys = vec![configuration];
    if let Some(memory) = memory {
        let mut saved = Key::node("savedstate");
        saved.set("VmVersion", version);
        saved.set("type", "Normal");
        saved.set("savedVM/partition_state", b"devices".to_vec());
        saved.set("RamMemoryBlock0", memory.to_vec());
        keys.push(saved);
    }
    container(&keys, &Options::default()).bytes
}
