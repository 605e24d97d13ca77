//! One record of the database: a volume, a component, a partition, a disk. Technical, VBLK.

use uuid::Uuid;
use zerocopy::FromBytes;

use super::fields::Fields;
use crate::format::ldm::{NOT_YET_ACTIVE, RecordHeader};

/// A record that counts.
pub(super) enum Record {
    Volume(VolumeRecord),
    Component(ComponentRecord),
    Partition(PartitionRecord),
    Disk(DiskRecord),
    /// The group itself, of which the database header knows as much.
    Group,
}

pub(super) struct VolumeRecord {
    pub(super) id: u64,
    pub(super) name: String,
    /// `gen` or `raid5`.
    pub(super) kind: String,
    pub(super) state: String,
    pub(super) components: u64,
    /// In sectors.
    pub(super) size: u64,
    /// An MBR partition type.
    pub(super) partition_type: u8,
    pub(super) guid: Uuid,
    /// The drive letter it had last, as `D:`.
    pub(super) drive: Option<String>,
}

pub(super) struct ComponentRecord {
    pub(super) id: u64,
    pub(super) layout: u8,
    pub(super) partitions: u64,
    /// Of the volume.
    pub(super) parent: u64,
    /// In sectors.
    pub(super) stripe: Option<u64>,
}

pub(super) struct PartitionRecord {
    /// On the disk's public region, in sectors.
    pub(super) start: u64,
    /// In the component, in sectors.
    pub(super) volume_offset: u64,
    /// In sectors.
    pub(super) size: u64,
    /// Of the component.
    pub(super) parent: u64,
    pub(super) disk: u64,
    /// Which column of the stripe.
    pub(super) column: u64,
}

pub(super) struct DiskRecord {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) guid: Option<Uuid>,
}

/// Why a record does not count.
pub(super) struct Rejected {
    pub(super) text: String,
    /// Nothing is wrong with it; it was being made.
    pub(super) is_unfinished: bool,
}

/// Flags of the optional fields, by the kind of record.
mod flag {
    pub(super) const COMPONENT_STRIPE: u8 = 0x10;
    pub(super) const PARTITION_COLUMN: u8 = 0x08;
    pub(super) const VOLUME_ID_1: u8 = 0x08;
    pub(super) const VOLUME_ID_2: u8 = 0x20;
    pub(super) const VOLUME_SIZE: u8 = 0x80;
    pub(super) const VOLUME_DRIVE: u8 = 0x02;
}

impl Record {
    /// The record that the joined fragments hold.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Rejected> {
        let damaged = |text: String| Rejected {
            text,
            is_unfinished: false,
        };
        let header = RecordHeader::read_from_prefix(bytes);
        let (header, data) = header.map_err(|_| damaged("less than its header".into()))?;
        if header.status.get() == NOT_YET_ACTIVE {
            let text = format!("update status {NOT_YET_ACTIVE}");
            return Err(Rejected {
                text,
                is_unfinished: true,
            });
        }
        let len = usize::try_from(header.len.get()).unwrap_or(usize::MAX);
        let data = data.get(..len).unwrap_or(data);
        let fields = Fields::new(data);
        let record = match header.kind {
            0x51 => volume(fields, header.flags).map(Self::Volume),
            0x32 => component(fields, header.flags).map(Self::Component),
            0x33 => partition(fields, header.flags).map(Self::Partition),
            0x34 => disk_3(fields).map(Self::Disk),
            0x44 => disk_4(fields).map(Self::Disk),
            0x35 | 0x45 => Some(Self::Group),
            kind => return Err(damaged(format!("unknown record type {kind:#04x}"))),
        };
        record.ok_or_else(|| damaged(format!("the end of a record of type {:#04x}", header.kind)))
    }
}

fn volume(mut fields: Fields<'_>, flags: u8) -> Option<VolumeRecord> {
    let id = fields.number()?;
    let name = fields.text()?;
    let kind = fields.text()?;
    // Something of variable length that is empty on every disk known.
    fields.text()?;
    let state = fields.padded(14)?;
    // Type, unknown, number, three zeros, flags.
    fields.skip(7)?;
    let components = fields.number()?;
    // Two transaction numbers.
    fields.skip(16)?;
    let size = fields.number()?;
    fields.skip(4)?;
    let partition_type = fields.byte()?;
    let guid = fields.guid()?;
    for optional in [flag::VOLUME_ID_1, flag::VOLUME_ID_2, flag::VOLUME_SIZE] {
        if flags & optional != 0 {
            fields.text()?;
        }
    }
    let drive = if flags & flag::VOLUME_DRIVE != 0 {
        Some(fields.text()?)
    } else {
        None
    };
    let drive = drive.filter(|drive| !drive.is_empty());
    Some(VolumeRecord {
        id,
        name,
        kind,
        state,
        components,
        size,
        partition_type,
        guid,
        drive,
    })
}

fn component(mut fields: Fields<'_>, flags: u8) -> Option<ComponentRecord> {
    let id = fields.number()?;
    // Name and state.
    fields.text()?;
    fields.text()?;
    let layout = fields.byte()?;
    fields.skip(4)?;
    let partitions = fields.number()?;
    // Two transaction numbers.
    fields.skip(16)?;
    let parent = fields.number()?;
    fields.skip(1)?;
    let has_stripe = flags & flag::COMPONENT_STRIPE != 0;
    let stripe = if has_stripe {
        Some(fields.number()?)
    } else {
        None
    };
    Some(ComponentRecord {
        id,
        layout,
        partitions,
        parent,
        stripe,
    })
}

fn partition(mut fields: Fields<'_>, flags: u8) -> Option<PartitionRecord> {
    // Id and name.
    fields.number()?;
    fields.text()?;
    // Zeros and a transaction number.
    fields.skip(12)?;
    let start = fields.fixed()?;
    let volume_offset = fields.fixed()?;
    let size = fields.number()?;
    let parent = fields.number()?;
    let disk = fields.number()?;
    let has_column = flags & flag::PARTITION_COLUMN != 0;
    let column = if has_column { fields.number()? } else { 0 };
    Some(PartitionRecord {
        start,
        volume_offset,
        size,
        parent,
        disk,
        column,
    })
}

fn disk_3(mut fields: Fields<'_>) -> Option<DiskRecord> {
    let (id, name) = (fields.number()?, fields.text()?);
    let guid = Uuid::try_parse(&fields.text()?).ok();
    Some(DiskRecord { id, name, guid })
}

fn disk_4(mut fields: Fields<'_>) -> Option<DiskRecord> {
    let (id, name) = (fields.number()?, fields.text()?);
    Some(DiskRecord {
        id,
        name,
        guid: Some(fields.guid()?),
    })
}
