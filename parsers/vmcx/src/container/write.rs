//! A whole container from a tree of keys.

use blockio::clamp;
use zerocopy::IntoBytes;

use super::encode::{self, Key, SLOTS};
use super::format::{
    FIRST_OBJECT_TABLE, FilePointer, HEADER_SIGNATURE, HEADERS, Header, ObjectSlot,
    ObjectTableHeader, PAGE, VERSION, entry, object,
};
use super::plan::{Plan, Planned};
use crate::{Error, Node};

/// The tree below `root` as a container of its own: every key, its flags and its place among its
/// siblings as they are.
///
/// What `root` itself says is left out, as in [`File::root`](super::File::root). Siblings without
/// sequences, as those of an XML file are, get some in their order.
///
/// # Errors
/// A tree that no container can hold: a value that was not loaded, keys below a value, a name of
/// more than 254 bytes or with a NUL, more keys than there is room for.
pub fn write(root: &Node) -> Result<Vec<u8>, Error> {
    let plan = Plan::of(root)?;
    let layout = Layout::of(&plan);
    let mut image = Image(vec![0; layout.log.saturating_add(PAGE)]);
    for (at, sequence) in HEADERS.into_iter().zip([1, 0]) {
        image.put(
            usize::try_from(at).unwrap_or(usize::MAX),
            &header(&layout, sequence),
        );
    }
    image.put_objects(&layout);
    image.put_keys(&plan, &layout);
    image.put(layout.log, &encode::empty_log());
    Ok(image.0)
}

/// Where what is, in bytes from the start of the file.
struct Layout {
    /// Tables of keys and values outside of them: kind, offset, size in pages.
    objects: Vec<(u8, usize, usize)>,
    /// Tables of objects.
    object_tables: Vec<usize>,
    log: usize,
}

impl Layout {
    fn of(plan: &Plan<'_>) -> Self {
        let first = usize::try_from(FIRST_OBJECT_TABLE).unwrap_or(usize::MAX);
        let mut end = first.saturating_add(PAGE);
        let mut take = |size: usize| {
            let at = end;
            end = end.saturating_add(size.next_multiple_of(PAGE));
            at
        };
        let tables = (0..plan.tables).map(|_| (object::KEY_TABLE, PAGE));
        let outside = plan.keys.iter().filter_map(|key| key.outside.as_ref());
        let outside = outside.map(|bytes| (object::FILE_OBJECT, bytes.len()));
        let objects: Vec<_> = tables
            .chain(outside)
            .map(|(kind, size)| (kind, take(size), size))
            .collect();
        // The last slot of each leads to the next.
        let further = objects.len().div_ceil(SLOTS.saturating_sub(1)).max(1);
        let mut object_tables = vec![first];
        object_tables.extend((1..further).map(|_| take(PAGE)));
        Self {
            objects,
            object_tables,
            log: end,
        }
    }
}

fn header(layout: &Layout, sequence: u16) -> Vec<u8> {
    let page = u32::try_from(PAGE).unwrap_or(u32::MAX);
    let header = Header {
        signature: HEADER_SIGNATURE.into(),
        checksum: 0.into(),
        sequence: sequence.into(),
        version: VERSION.into(),
        data_version: 0.into(),
        flags: 0.into(),
        alignment: page.into(),
        log_offset: clamp(layout.log).into(),
        log_size: u64::from(page).into(),
        log_header_size: page.into(),
    };
    encode::sealed(header.as_bytes().to_vec(), 4)
}

/// The bytes of the file, as long as it will be.
struct Image(Vec<u8>);

impl Image {
    fn put(&mut self, at: usize, bytes: &[u8]) {
        let end = at.saturating_add(bytes.len());
        if let Some(place) = self.0.get_mut(at..end) {
            place.copy_from_slice(bytes);
        }
    }

    fn put_objects(&mut self, layout: &Layout) {
        let slots = SLOTS.saturating_sub(1);
        let parts = layout
            .objects
            .chunks(slots)
            .chain(std::iter::repeat(&[][..]));
        for (number, (table, part)) in layout.object_tables.iter().zip(parts).enumerate() {
            self.put(*table, &encode::object_table());
            for (place, (kind, offset, size)) in part.iter().enumerate() {
                self.put_slot(*table, place, *kind, *offset, *size);
            }
            if let Some(next) = layout.object_tables.get(number.saturating_add(1)) {
                self.put_slot(*table, slots, object::OBJECT_TABLE, *next, PAGE);
            }
        }
    }

    fn put_slot(&mut self, table: usize, place: usize, kind: u8, offset: usize, size: usize) {
        let size = u32::try_from(size.next_multiple_of(PAGE)).unwrap_or(u32::MAX);
        let slot = encode::slot(kind, clamp(offset), size, object::IN_USE);
        let within = place.saturating_mul(size_of::<ObjectSlot>());
        let at = table
            .saturating_add(size_of::<ObjectTableHeader>())
            .saturating_add(within);
        self.put(at, &slot);
    }

    fn put_keys(&mut self, plan: &Plan<'_>, layout: &Layout) {
        let (tables, outside) = layout
            .objects
            .split_at_checked(usize::from(plan.tables))
            .unwrap_or_default();
        let at = |table: u16, offset: u32| {
            let table = tables.get(usize::from(table).saturating_sub(1));
            let within = usize::try_from(offset).unwrap_or(usize::MAX);
            table.map_or(usize::MAX, |(_, table, _)| table.saturating_add(within))
        };
        for index in 1..=plan.tables {
            self.put(at(index, 0), &encode::key_table(index));
        }
        for room in &plan.free {
            self.put(at(room.table, room.offset), &encode::free(room.size));
        }
        let mut outside = outside.iter();
        for planned in &plan.keys {
            let at = at(planned.room.table, planned.room.offset);
            let Some(bytes) = &planned.outside else {
                self.put(at, &key(planned, 0, &planned.data));
                continue;
            };
            let to = outside.next().map_or(usize::MAX, |(_, offset, _)| *offset);
            self.put(to, bytes);
            let pointer = pointer(bytes.len(), clamp(to));
            self.put(at, &key(planned, entry::OUTSIDE, &pointer));
        }
    }
}

fn key(planned: &Planned<'_>, outside: u8, data: &[u8]) -> Vec<u8> {
    let key = Key {
        kind: planned.kind,
        flags: planned.node.flags & !entry::OUTSIDE | outside,
        size: planned.room.size,
        parent: planned.parent,
        sequence: planned.sequence,
        name: &planned.node.name,
    };
    encode::key(&key, data)
}

/// The data of a value of `len` bytes that lies outside, at `offset`.
pub(crate) fn pointer(len: usize, offset: u64) -> Vec<u8> {
    let pointer = FilePointer {
        size: u32::try_from(len).unwrap_or(u32::MAX).into(),
        offset: offset.into(),
    };
    pointer.as_bytes().to_vec()
}
