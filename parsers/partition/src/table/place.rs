//! Partitions as a table states them, held against the disk.

use std::sync::Arc;

use blockio::{Fault, ReadAt, Slice};
use uuid::Uuid;

use crate::partition::{Partition, TypeId};
use crate::{codes, gpt, identify, mbr};

/// A partition as a table states it, in bytes.
pub(super) struct Stated {
    number: u32,
    start: u64,
    len: u64,
    type_id: TypeId,
    id: Option<Uuid>,
    name: Option<String>,
    active: bool,
}

impl Stated {
    /// The whole disk as one volume.
    pub(super) fn whole(len: u64) -> Self {
        let type_id = TypeId::Whole;
        Self {
            number: 0,
            start: 0,
            len,
            type_id,
            id: None,
            name: None,
            active: false,
        }
    }
}

/// Collects the partitions that are on the disk, and notes on those that are not.
pub(super) struct Placer<'a> {
    disk: &'a Arc<dyn ReadAt>,
    pub(super) partitions: Vec<Partition>,
    pub(super) notes: Vec<Fault>,
}

impl<'a> Placer<'a> {
    pub(super) fn new(disk: &'a Arc<dyn ReadAt>, notes: Vec<Fault>) -> Self {
        Self {
            disk,
            partitions: Vec::new(),
            notes,
        }
    }

    /// A GPT entry, counted in sectors of `sector_size`.
    pub(super) fn place_gpt(&mut self, slot: gpt::Slot, sector_size: u32) {
        let sector_size = u64::from(sector_size);
        let sectors = slot.last_lba.checked_sub(slot.first_lba);
        let Some(sectors) = sectors.and_then(|last| last.checked_add(1)) else {
            let fault = Fault::damaged(&codes::BAD_ENTRY, format!("GPT entry {}", slot.number));
            let fault = fault.expected(format!("a last sector from {} on", slot.first_lba));
            self.notes.push(fault.found(slot.last_lba.to_string()));
            return;
        };
        self.place(Stated {
            number: slot.number,
            start: slot.first_lba.saturating_mul(sector_size),
            len: sectors.saturating_mul(sector_size),
            type_id: TypeId::Gpt(slot.type_guid),
            id: Some(slot.id),
            name: slot.name,
            active: slot.legacy_boot,
        });
    }

    /// An MBR entry, counted in sectors of `sector_size`.
    pub(super) fn place_mbr(&mut self, slot: mbr::Slot, sector_size: u32) {
        let sector_size = u64::from(sector_size);
        self.place(Stated {
            number: slot.number,
            start: slot.first_lba.saturating_mul(sector_size),
            len: slot.sectors.saturating_mul(sector_size),
            type_id: TypeId::Mbr(slot.type_id),
            id: None,
            name: None,
            active: slot.active,
        });
    }

    /// Cuts a partition at the end of the disk and looks what it holds.
    pub(super) fn place(&mut self, stated: Stated) {
        let Some(len) = self.len_on_disk(&stated) else {
            return;
        };
        let slice = Slice::new(Arc::clone(self.disk), stated.start, len);
        let (content, notes) = identify::of_partition(&slice, stated.type_id);
        let name = match stated.number {
            0 => "whole disk".to_owned(),
            number => format!("partition {number}"),
        };
        let notes = notes.into_iter().map(|note| note.in_file(&name));
        self.notes.extend(notes);
        self.partitions.push(Partition {
            number: stated.number,
            start: stated.start,
            len,
            stated_len: stated.len,
            type_id: stated.type_id,
            type_name: stated.type_id.name(),
            id: stated.id,
            name: stated.name,
            active: stated.active,
            content,
        });
    }

    /// How much of a partition the disk has; `None` where that is nothing. Less than all is noted.
    fn len_on_disk(&mut self, stated: &Stated) -> Option<u64> {
        let size = self.disk.size();
        let end = stated.start.saturating_add(stated.len);
        if end <= size {
            return Some(stated.len);
        }
        let is_beyond = stated.start >= size;
        let (code, part) = match is_beyond {
            true => (&codes::BEYOND_DISK, "a start"),
            false => (&codes::CUT_BY_DISK, "an end"),
        };
        let what = format!("partition {} ({})", stated.number, stated.type_id.name());
        let found = if is_beyond { stated.start } else { end };
        self.notes.push(
            Fault::damaged(code, what)
                .at(stated.start)
                .expected(format!("{part} within the {size:#x} bytes of the disk"))
                .found(format!("{found:#x}")),
        );
        (!is_beyond).then(|| size.saturating_sub(stated.start))
    }
}
