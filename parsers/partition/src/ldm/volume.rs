//! Volumes, built from the records that refer to each other.

use std::collections::HashSet;
use std::fmt;

use blockio::Fault;
use uuid::Uuid;

use super::record::{ComponentRecord, DiskRecord, PartitionRecord, Record, VolumeRecord};
use crate::format::ldm::RECORD_SECTOR;
use crate::{codes, text};

/// A disk of the group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disk {
    /// As Windows calls it: `Disk1`.
    pub name: String,
    /// Its identity, also written on the disk itself.
    pub guid: Option<Uuid>,
}

/// How the data of a volume is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// One piece of one disk.
    Simple,
    /// Pieces one after the other.
    Spanned,
    /// Pieces in turns.
    Striped,
    /// The same data more than once.
    Mirrored,
    /// Pieces in turns, with parity.
    Raid5,
}

impl Kind {
    /// The word that Windows has for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::Spanned => "spanned",
            Self::Striped => "striped",
            Self::Mirrored => "mirrored",
            Self::Raid5 => "RAID-5",
        }
    }
}

/// How one plex is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// Extents in turns.
    Striped,
    /// Extents one after the other; one extent for a simple volume.
    Concatenated,
    /// Extents in turns, with parity.
    Raid5,
    /// A layout of this number that nobody has described.
    Unknown(u8),
}

/// A volume of the group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// As Windows calls it: `Volume1`.
    pub name: String,
    /// How its data is laid out.
    pub kind: Kind,
    /// In bytes.
    pub size: u64,
    /// `ACTIVE` unless something is wrong with it.
    pub state: String,
    /// Its identity, as in `\\?\Volume{...}`.
    pub guid: Uuid,
    /// The drive letter it had last, as `D:`.
    pub drive: Option<String>,
    /// What it holds, as an MBR partition type.
    pub partition_type: u8,
    /// Each holds all of the data; more than one only in a mirrored volume.
    pub plexes: Vec<Plex>,
}

/// One copy of a volume's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plex {
    /// How its extents are joined.
    pub layout: Layout,
    /// Bytes before the next column's turn, where there are columns.
    pub stripe: Option<u64>,
    /// By column, then by where they are in the plex.
    pub extents: Vec<Extent>,
}

/// A piece of one disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Which of [`Database::disks`](super::Database::disks); `None` where its record is gone.
    pub disk: Option<usize>,
    /// Where it begins, in bytes from the start of that disk's data.
    pub start: u64,
    /// Where it belongs in its plex, or in its column of it, in bytes.
    pub offset: u64,
    /// In bytes.
    pub len: u64,
    /// Which column of the stripe, from 0.
    pub column: u64,
}

impl Volume {
    /// The disks it lies on, each once, as indexes of [`Database::disks`](super::Database::disks).
    #[must_use]
    pub fn disks(&self) -> Vec<usize> {
        let extents = self.plexes.iter().flat_map(|plex| &plex.extents);
        let mut disks: Vec<_> = extents.filter_map(|extent| extent.disk).collect();
        disks.sort_unstable();
        disks.dedup();
        disks
    }
}

impl fmt::Display for Volume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(drive) = &self.drive {
            write!(f, " ({drive})")?;
        }
        write!(f, ", {}, {}", self.kind.name(), text::size(self.size))?;
        match self.disks().len() {
            0 | 1 => Ok(()),
            disks => write!(f, " on {disks} disks"),
        }
    }
}

/// The records by kind.
#[derive(Default)]
struct Records {
    volumes: Vec<VolumeRecord>,
    components: Vec<ComponentRecord>,
    partitions: Vec<PartitionRecord>,
    disks: Vec<DiskRecord>,
}

/// The disks and volumes that the records describe; what does not fit is noted.
pub(super) fn build(records: Vec<Record>, notes: &mut Vec<Fault>) -> (Vec<Disk>, Vec<Volume>) {
    let mut by_kind = Records::default();
    // An id taken twice would multiply what belongs to it; the first of its kind has it.
    let mut ids = HashSet::new();
    for record in records {
        match record {
            Record::Volume(volume) if ids.insert((0, volume.id)) => by_kind.volumes.push(volume),
            Record::Component(component) if ids.insert((1, component.id)) => {
                by_kind.components.push(component);
            }
            Record::Volume(VolumeRecord { id, .. })
            | Record::Component(ComponentRecord { id, .. }) => {
                let what = format!("dynamic disk (LDM) object {id}");
                notes.push(
                    Fault::damaged(&codes::LDM_RECORD, what).found("a second record of its id"),
                );
            }
            Record::Partition(partition) => by_kind.partitions.push(partition),
            Record::Disk(disk) => by_kind.disks.push(disk),
            Record::Group => {}
        }
    }
    let volumes = by_kind
        .volumes
        .iter()
        .map(|volume| by_kind.volume(volume, notes))
        .collect();
    let disks = by_kind.disks.into_iter().map(|disk| Disk {
        name: disk.name,
        guid: disk.guid,
    });
    (disks.collect(), volumes)
}

impl Records {
    fn volume(&self, record: &VolumeRecord, notes: &mut Vec<Fault>) -> Volume {
        let components = self
            .components
            .iter()
            .filter(|component| component.parent == record.id);
        let plexes: Vec<_> = components.map(|record| self.plex(record, notes)).collect();
        let whole = usize::try_from(record.components).is_ok_and(|count| count == plexes.len());
        if !whole {
            notes.push(incomplete(
                &record.name,
                "components",
                record.components,
                plexes.len(),
            ));
        }
        Volume {
            name: record.name.clone(),
            kind: kind(record, &plexes),
            size: bytes(record.size),
            state: record.state.clone(),
            guid: record.guid,
            drive: record.drive.clone(),
            partition_type: record.partition_type,
            plexes,
        }
    }

    fn plex(&self, record: &ComponentRecord, notes: &mut Vec<Fault>) -> Plex {
        let partitions = self
            .partitions
            .iter()
            .filter(|partition| partition.parent == record.id);
        let mut extents: Vec<_> = partitions.map(|record| self.extent(record)).collect();
        extents.sort_by_key(|extent| (extent.column, extent.offset));
        let whole = usize::try_from(record.partitions).is_ok_and(|count| count == extents.len());
        if !whole {
            let name = format!("component {}", record.id);
            notes.push(incomplete(
                &name,
                "partitions",
                record.partitions,
                extents.len(),
            ));
        }
        let layout = match record.layout {
            1 => Layout::Striped,
            2 => Layout::Concatenated,
            3 => Layout::Raid5,
            other => Layout::Unknown(other),
        };
        Plex {
            layout,
            stripe: record.stripe.map(bytes),
            extents,
        }
    }

    fn extent(&self, record: &PartitionRecord) -> Extent {
        Extent {
            disk: self.disks.iter().position(|disk| disk.id == record.disk),
            start: bytes(record.start),
            offset: bytes(record.volume_offset),
            len: bytes(record.size),
            column: record.column,
        }
    }
}

fn kind(record: &VolumeRecord, plexes: &[Plex]) -> Kind {
    let first = plexes.first();
    match first.map(|plex| plex.layout) {
        _ if record.kind == "raid5" => Kind::Raid5,
        Some(Layout::Raid5) => Kind::Raid5,
        _ if record.components > 1 => Kind::Mirrored,
        Some(Layout::Striped) => Kind::Striped,
        _ if first.is_some_and(|plex| plex.extents.len() > 1) => Kind::Spanned,
        _ => Kind::Simple,
    }
}

fn bytes(sectors: u64) -> u64 {
    sectors.saturating_mul(RECORD_SECTOR)
}

fn incomplete(name: &str, parts: &str, expected: u64, found: usize) -> Fault {
    Fault::damaged(&codes::LDM_RECORD, format!("dynamic disk (LDM) {name}"))
        .expected(format!("{expected} {parts}"))
        .found(found.to_string())
}
