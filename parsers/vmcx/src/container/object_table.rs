//! The tables of objects: where the tables of keys are, what else takes room.

use std::collections::BTreeMap;

use blockio::{Fault, clamp};
use zerocopy::FromBytes;

use super::checksum::checksum;
use super::format::{
    FIRST_OBJECT_TABLE, OBJECT_TABLE_SIGNATURE, ObjectSlot, ObjectTableHeader, object,
};
use super::header::ActiveHeader;
use super::image::Image;
use super::notes::Notes;
use crate::codes;

/// Tables of objects in one file: room for the saved memory of a machine with terabytes of it.
const MOST_TABLES: usize = 1 << 13;
/// Slots in all of them, as many as that takes.
const MOST_SLOTS: usize = 1 << 21;
/// Bytes of one table: those of the largest alignment.
const MOST_BYTES: u64 = 0x1_0000;

/// What a slot says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Object {
    /// Where the slot is in the file.
    pub(crate) slot: u64,
    /// See [`object`].
    pub(crate) kind: u8,
    pub(crate) offset: u64,
    pub(crate) size: u64,
    /// Whether it is the last slot of its table, which only a further table may take.
    pub(crate) is_last: bool,
}

impl Object {
    /// An empty slot.
    pub(crate) fn empty(slot: u64) -> Self {
        Self {
            slot,
            kind: object::EMPTY,
            offset: 0,
            size: 0,
            is_last: false,
        }
    }
}

/// Every slot of every table, in their order.
///
/// # Errors
/// A first table that is no table: nothing can be found without it.
pub(crate) fn read(
    image: &Image<'_>,
    header: &ActiveHeader,
    notes: &mut Notes,
) -> Result<Vec<Object>, Fault> {
    let mut objects = table(
        image,
        FIRST_OBJECT_TABLE,
        u64::from(header.alignment),
        notes,
    )?;
    let first_end = FIRST_OBJECT_TABLE.saturating_add(u64::from(header.alignment));
    let mut known = BTreeMap::from([(FIRST_OBJECT_TABLE, first_end)]);
    let mut next = 0;
    while let Some(object) = objects.get(next).copied() {
        next = next.saturating_add(1);
        if object.kind != object::OBJECT_TABLE {
            continue;
        }
        let is_too_much = known.len() >= MOST_TABLES || objects.len() >= MOST_SLOTS;
        if is_too_much || !is_apart(&object, &known) {
            notes.add(cyclic(&object));
            continue;
        }
        known.insert(object.offset, end_of(&object));
        match table(image, object.offset, object.size, notes) {
            Ok(more) => objects.extend(more),
            Err(fault) => notes.add(fault),
        }
    }
    Ok(objects)
}

/// Whether the table lies in none of those that are `known`, by where each begins and ends: tables in each
/// other would make gigabytes of slots out of a few bytes.
fn is_apart(object: &Object, known: &BTreeMap<u64, u64>) -> bool {
    let before = known.range(..end_of(object)).next_back();
    before.is_none_or(|(_, end)| *end <= object.offset)
}

fn end_of(object: &Object) -> u64 {
    // One that is said to be empty is a table all the same, if there is one.
    object
        .offset
        .saturating_add(object.size.clamp(1, MOST_BYTES))
}

fn cyclic(object: &Object) -> Fault {
    Fault::damaged(&codes::OBJECT_TABLE, "table of objects")
        .at(object.slot)
        .found(format!(
            "a further table at {:#x}, which lies in one that is known or is one too many",
            object.offset
        ))
}

fn table(
    image: &Image<'_>,
    offset: u64,
    size: u64,
    notes: &mut Notes,
) -> Result<Vec<Object>, Fault> {
    let what = "table of objects";
    let len = usize::try_from(size.min(MOST_BYTES)).unwrap_or(usize::MAX);
    let bytes = image.read(offset, len, &codes::OBJECT_TABLE, what)?;
    let damaged = || Fault::damaged(&codes::OBJECT_TABLE, what).at(offset);
    let (header, slots) = ObjectTableHeader::read_from_prefix(&bytes)
        .map_err(|_| damaged().found("a table that is cut off"))?;
    if header.signature.get() != OBJECT_TABLE_SIGNATURE {
        return Err(damaged()
            .expected(format!("signature {OBJECT_TABLE_SIGNATURE:#010x}"))
            .found(format!("{:#010x}", header.signature.get())));
    }
    let room = slots
        .len()
        .checked_div(size_of::<ObjectSlot>())
        .unwrap_or(0);
    let count = usize::try_from(header.slots.get()).unwrap_or(usize::MAX);
    if count > room {
        notes.add(
            damaged()
                .expected(format!("{room} slots"))
                .found(count.to_string()),
        );
    }
    let count = count.min(room);
    let first = offset.saturating_add(clamp(size_of::<ObjectTableHeader>()));
    let offsets = (first..).step_by(size_of::<ObjectSlot>());
    let slots = slots.chunks_exact(size_of::<ObjectSlot>()).zip(offsets);
    let mut objects: Vec<_> = slots
        .take(count)
        .filter_map(|(bytes, at)| slot(bytes, at, notes))
        .collect();
    if let Some(last) = objects.last_mut() {
        last.is_last = true;
    }
    Ok(objects)
}

/// A slot with a wrong CRC is believed: what it leads to has checksums of its own.
fn slot(bytes: &[u8], at: u64, notes: &mut Notes) -> Option<Object> {
    let slot = ObjectSlot::read_from_bytes(bytes).ok()?;
    let sum = checksum(bytes, 1);
    if !notes.counts.slots.count(sum == slot.checksum.get()) {
        notes.add(
            Fault::damaged(&codes::OBJECT, "slot of the table of objects")
                .at(at)
                .expected(format!("CRC {:#010x}", slot.checksum.get()))
                .found(format!("{sum:#010x}")),
        );
    }
    Some(Object {
        slot: at,
        kind: slot.kind,
        offset: slot.offset.get(),
        size: u64::from(slot.size.get()),
        is_last: false,
    })
}
