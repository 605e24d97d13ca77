//! One GPT entry array.

use std::io;

use blockio::{Fault, clamp};
use uuid::Uuid;
use zerocopy::FromBytes;

use super::Header;
use crate::codes;
use crate::format::gpt::{Entry, LEGACY_BOOT};
use crate::probe::Probe;
use crate::text;

/// How much of an array is held at once; a multiple of every entry size.
const PIECE: u64 = 1 << 16;

/// The used entries of an array, and the checksum over all of it.
pub(super) struct Array {
    pub(super) slots: Vec<Slot>,
    pub(super) crc: u32,
}

/// A used entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    /// Index in the array + 1.
    pub(crate) number: u32,
    pub(crate) type_guid: Uuid,
    pub(crate) id: Uuid,
    pub(crate) name: Option<String>,
    pub(crate) legacy_boot: bool,
    pub(crate) first_lba: u64,
    /// Inclusive.
    pub(crate) last_lba: u64,
}

impl Array {
    /// The array at `offset` of the shape that `header` gives; `None` where the disk ends before it.
    pub(super) fn read(disk: Probe<'_>, offset: u64, header: &Header) -> io::Result<Option<Self>> {
        let len = header.array_len();
        let end = offset.checked_add(len).filter(|&end| end <= disk.size());
        if end.is_none() {
            return Ok(None);
        }
        let entry_size = usize::try_from(header.0.entry_size.get()).unwrap_or(usize::MAX);
        let mut hasher = crc32fast::Hasher::new();
        let mut slots = Vec::new();
        let mut numbers = 1..;
        let mut done: u64 = 0;
        while done < len {
            let piece = disk.bytes(
                offset.saturating_add(done),
                PIECE.min(len.saturating_sub(done)),
            )?;
            hasher.update(&piece);
            let entries = piece.chunks_exact(entry_size).zip(numbers.by_ref());
            slots.extend(entries.filter_map(|(entry, number)| Slot::parse(number, entry)));
            done = done.saturating_add(clamp(piece.len()).max(1));
        }
        Ok(Some(Self {
            slots,
            crc: hasher.finalize(),
        }))
    }

    /// That another valid array lists other partitions, if it does.
    pub(super) fn differs_from(&self, other: &Self) -> Option<Fault> {
        let count = |array: &Self| format!("{} partitions", array.slots.len());
        (self.slots != other.slots).then(|| {
            Fault::damaged(&codes::GPT_COPIES_DIFFER, "GPT entry arrays")
                .expected(format!("the same in both copies ({})", count(self)))
                .found(format!("others in the second ({})", count(other)))
        })
    }

    /// The entries that lie on the disk and overlap no other one.
    pub(super) fn plausible(self, last_lba: u64) -> Vec<Slot> {
        let mut kept: Vec<Slot> = Vec::new();
        for slot in self.slots {
            let apart =
                |other: &Slot| slot.last_lba < other.first_lba || other.last_lba < slot.first_lba;
            let on_disk =
                slot.first_lba > 1 && slot.first_lba <= slot.last_lba && slot.last_lba < last_lba;
            if on_disk && kept.iter().all(apart) {
                kept.push(slot);
            }
        }
        kept
    }
}

impl Slot {
    fn parse(number: u32, bytes: &[u8]) -> Option<Self> {
        let (entry, _) = Entry::read_from_prefix(bytes).ok()?;
        let type_guid = Uuid::from_bytes_le(entry.type_guid);
        (!type_guid.is_nil()).then(|| Self {
            number,
            type_guid,
            id: Uuid::from_bytes_le(entry.unique_guid),
            name: text::utf16(&entry.name),
            legacy_boot: entry.attributes.get() & LEGACY_BOOT != 0,
            first_lba: entry.first_lba.get(),
            last_lba: entry.last_lba.get(),
        })
    }
}
