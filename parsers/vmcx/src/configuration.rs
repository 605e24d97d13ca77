//! What the tree of keys says of a machine or of a checkpoint, typed.
//!
//! Reading it never fails: a key that is missing is `None`, one that holds something odd is left out and
//! noted in [`Configuration::oddities`].
//!
//! | module | owns |
//! |---|---|
//! | `identity` | of what it is, generation, version |
//! | `manifest` | which devices belong to the machine |
//! | `hardware` | memory, processors, power |
//! | `firmware` | BIOS or UEFI, what points to a TPM |
//! | `storage` | controllers and what is plugged into them |
//! | `network` | network adapters |
//! | `devices` | what ties it to its host |
//! | `checkpoints` | what it says of checkpoints, and hints of their parents |
//! | `replication`, `saved_state` | Hyper-V Replica; saved memory by the XML |

mod checkpoints;
mod devices;
mod firmware;
mod hardware;
mod identity;
mod manifest;
mod network;
mod replication;
mod saved_state;
mod storage;

use std::cell::RefCell;

use blockio::Fault;
use uuid::Uuid;

pub use checkpoints::Checkpoints;
pub use devices::{Device, DeviceKind};
pub use firmware::Firmware;
pub use hardware::{Memory, Power, Processors};
pub use identity::{Generation, Kind, Version};
pub use network::{Adapter, AdapterKind};
pub use replication::Replication;
pub use saved_state::SavedState;
pub use storage::{Attachment, Controller, ControllerKind, Drive, DriveKind};

use crate::keys::Keys;
use crate::{Node, Text};
use manifest::Manifest;

/// A configuration: of a machine as it is now, or of one of its checkpoints.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Configuration {
    /// Of what.
    pub kind: Kind,
    /// Its own id, which is its file's name too (`properties/global_id`).
    pub id: Option<Uuid>,
    /// Id of the machine that it belongs to (`settings/global/logical_id`).
    pub machine_id: Option<Uuid>,
    /// Name of the machine or checkpoint.
    pub name: Text,
    /// What somebody wrote about it.
    pub notes: Text,
    /// Which hardware the guest sees; [`Generation::One`] where it does not say.
    pub generation: Generation,
    /// Version of the configuration, which decides on which hosts it runs.
    pub version: Option<Version>,
    /// When it was made, in 100 ns since 1601 (UTC).
    pub created: Option<u64>,
    /// When the machine was last turned on and off, in 100 ns since 1601; `None` for never.
    pub last_powered_on: Option<u64>,
    /// See `last_powered_on`.
    pub last_powered_off: Option<u64>,
    /// Whether it is a role of a failover cluster.
    pub highly_available: bool,
    /// SID of who made it.
    pub owner: Option<Text>,
    /// Its memory.
    pub memory: Memory,
    /// Its processors.
    pub processors: Processors,
    /// BIOS or UEFI.
    pub firmware: Firmware,
    /// IDE, SCSI and floppy controllers, with everything plugged into them, in the order of the manifest.
    pub controllers: Vec<Controller>,
    /// Network adapters.
    pub adapters: Vec<Adapter>,
    /// Devices that tie it to its host, or that no file of a backup holds.
    pub devices: Vec<Device>,
    /// What it says about checkpoints.
    pub checkpoints: Checkpoints,
    /// Saved memory as the XML of 5.0 and before says it; later versions say it in their .vmrs
    /// (see [`RuntimeState`](crate::RuntimeState)).
    pub saved_state: Option<SavedState>,
    /// Hyper-V Replica, if the machine took part.
    pub replication: Option<Replication>,
    /// Where its .vmgs was (`StateFilePath`).
    pub guest_state_file: Option<Text>,
    /// Whether disks were being merged when it was saved.
    pub disk_merge_pending: bool,
    /// Files that a backup renamed in its snapshot (`renamed_files`).
    pub renamed_files: Vec<Text>,
    /// Whether the VSS writer of Hyper-V marked it as taken from a running machine (`hot_backup`).
    pub hot_backup: bool,
    /// What happens when its host starts and stops.
    pub power: Power,
    /// Root of its configuration, of its checkpoints and of its smart paging files, where they are not beside it.
    pub data_root: Option<Text>,
    /// See `data_root`.
    pub checkpoint_root: Option<Text>,
    /// See `data_root`.
    pub paging_root: Option<Text>,
    /// Ids in places where a parent checkpoint may be named: hints, no more.
    pub hints: Vec<Uuid>,
    /// Keys that hold something else than they should, and what is left out for it.
    pub oddities: Vec<Fault>,
}

impl Configuration {
    /// Reads the keys below `root`: the root of a file, or its key `configuration`.
    #[must_use]
    pub fn of(root: &Node) -> Self {
        let oddities = RefCell::new(Vec::new());
        let keys = Keys::new(root.child("configuration").unwrap_or(root), &oddities);
        let manifest = Manifest::of(&keys);
        let configuration = Self {
            kind: Kind::of(&keys),
            id: keys.uuid("properties/global_id"),
            machine_id: keys.uuid("settings/global/logical_id"),
            name: keys.text("properties/name").unwrap_or_default(),
            notes: keys.text("properties/notes").unwrap_or_default(),
            generation: Generation::of(&keys),
            version: Version::of(&keys),
            created: keys.time("properties/creation_time"),
            last_powered_on: keys.time("properties/last_powered_on_time"),
            last_powered_off: keys.time("properties/last_powered_off_time"),
            highly_available: keys.flag("properties/highly_available"),
            owner: keys.filled("global_settings/owner/sid"),
            memory: Memory::of(&keys),
            processors: Processors::of(&keys),
            firmware: Firmware::of(&keys),
            controllers: storage::controllers(&keys, &manifest),
            adapters: network::adapters(&keys, &manifest),
            devices: devices::devices(&manifest),
            checkpoints: Checkpoints::of(&keys),
            saved_state: SavedState::of(&keys),
            replication: Replication::of(&keys),
            guest_state_file: firmware::guest_state_file(&keys),
            disk_merge_pending: keys.flag("global_settings/disk_merge_pending"),
            renamed_files: checkpoints::renamed_files(&keys),
            hot_backup: checkpoints::is_hot_backup(&keys),
            power: Power::of(&keys),
            data_root: keys.filled("global_settings/data_root"),
            checkpoint_root: keys.filled("global_settings/snapshots/data_root"),
            paging_root: keys.filled("global_settings/slp_data_root"),
            hints: checkpoints::hints(&keys),
            oddities: Vec::new(),
        };
        Self {
            oddities: oddities.into_inner(),
            ..configuration
        }
    }

    /// The drives that hold virtual disks, each with its controller, in the order of the manifest.
    pub fn disks(&self) -> impl Iterator<Item = (&Controller, &Drive)> {
        self.controllers
            .iter()
            .flat_map(|controller| {
                controller
                    .drives
                    .iter()
                    .map(move |drive| (controller, drive))
            })
            .filter(|(_, drive)| matches!(drive.attachment, Attachment::Disk(_)))
    }
}
