//! Room for more in a copy of a container: its bytes, and which of them are whose.

use blockio::{Fault, clamp};
use zerocopy::FromBytes;

use super::encode::{self, SLOTS};
use super::entry::{Entry, Slot};
use super::format::{
    EntryHeader, FilePointer, KeyTableHeader, ObjectSlot, ObjectTableHeader, PAGE, entry, object,
};
use super::image::MOST_GAP;
use super::object_table::Object;
use crate::codes::UNWRITABLE;

/// The bytes of a container and its objects.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    image: Vec<u8>,
    objects: Vec<Object>,
    /// The highest index that a table of keys has.
    last_table: u16,
    /// Where the region of the log ends, which may be behind the end of the file.
    log_end: u64,
}

impl Room {
    pub(crate) fn new(image: Vec<u8>, objects: Vec<Object>, last_table: u16, log_end: u64) -> Self {
        Self {
            image,
            objects,
            last_table,
            log_end,
        }
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.image
    }

    /// Replaces bytes; all of them lie within the image.
    pub(crate) fn put(&mut self, at: u64, bytes: &[u8]) {
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        let end = at.saturating_add(bytes.len());
        if let Some(place) = self.image.get_mut(at..end) {
            place.copy_from_slice(bytes);
        }
    }

    /// The bytes at `at`; fewer where the image ends.
    pub(crate) fn bytes_at(&self, at: u64, len: usize) -> &[u8] {
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        let rest = self.image.get(at..).unwrap_or_default();
        rest.get(..len).unwrap_or(rest)
    }

    /// A table of keys with nothing in it, as the room that it is.
    pub(crate) fn add_table(&mut self) -> Result<Slot, Fault> {
        let index = self.last_table.checked_add(1).ok_or_else(full)?;
        let table = self.add(object::KEY_TABLE, &encode::key_table(index))?;
        self.last_table = index;
        let header = size_of::<KeyTableHeader>();
        let slot = Slot {
            table: index,
            offset: u32::try_from(header).unwrap_or(u32::MAX),
            at: table.saturating_add(clamp(header)),
            size: u32::try_from(PAGE.saturating_sub(header)).unwrap_or(0),
        };
        self.put(slot.at, &encode::free(slot.size));
        Ok(slot)
    }

    /// Where the bytes of a value now are that lies outside of the tables.
    pub(crate) fn add_value(&mut self, content: &[u8]) -> Result<u64, Fault> {
        self.add(object::FILE_OBJECT, content)
    }

    /// The number of the object that holds the value of `key`, if that lies outside of the tables.
    pub(crate) fn value_of(&self, key: &Entry) -> Option<usize> {
        if key.flags & entry::OUTSIDE == 0 {
            return None;
        }
        let data = size_of::<EntryHeader>().saturating_add(usize::from(key.name_len));
        let at = key.slot.at.saturating_add(clamp(data));
        let pointer = self.bytes_at(at, size_of::<FilePointer>());
        let pointer = FilePointer::read_from_bytes(pointer).ok()?;
        self.objects.iter().position(|object| {
            object.kind == object::FILE_OBJECT && object.offset == pointer.offset.get()
        })
    }

    /// Says that nobody uses an object any more.
    pub(crate) fn give_back(&mut self, number: Option<usize>) {
        if let Some(object) = number.and_then(|number| self.objects.get_mut(number)) {
            object.kind = object::FREE;
            let freed = *object;
            self.put_slot(&freed);
        }
    }

    /// Puts a new object behind everything there is, and says so in a slot.
    fn add(&mut self, kind: u8, bytes: &[u8]) -> Result<u64, Fault> {
        let slot = self.empty_slot()?;
        self.append(slot, kind, bytes)
    }

    fn append(&mut self, slot: usize, kind: u8, bytes: &[u8]) -> Result<u64, Fault> {
        let offset = self.end();
        let size = bytes.len().next_multiple_of(PAGE);
        let at = usize::try_from(offset).map_err(|_| full())?;
        if offset.saturating_sub(clamp(self.image.len())) > MOST_GAP {
            return Err(full());
        }
        self.image.resize(at.saturating_add(size), 0);
        self.put(offset, bytes);
        let object = self.objects.get_mut(slot).ok_or_else(full)?;
        object.kind = kind;
        object.offset = offset;
        object.size = clamp(size);
        let added = *object;
        self.put_slot(&added);
        Ok(offset)
    }

    /// The number of an empty slot, of a further table if need be.
    fn empty_slot(&mut self) -> Result<usize, Fault> {
        let is_empty = |object: &Object| object.kind == object::EMPTY;
        let inner = |object: &Object| is_empty(object) && !object.is_last;
        if let Some(slot) = self.objects.iter().position(inner) {
            return Ok(slot);
        }
        let last = self.objects.iter().position(is_empty).ok_or_else(full)?;
        let table = self.append(last, object::OBJECT_TABLE, &encode::object_table())?;
        let first = self.objects.len();
        let slots = table.saturating_add(clamp(size_of::<ObjectTableHeader>()));
        let slots = (slots..).step_by(size_of::<ObjectSlot>());
        self.objects.extend(slots.take(SLOTS).map(Object::empty));
        if let Some(object) = self.objects.last_mut() {
            object.is_last = true;
        }
        Ok(first)
    }

    fn put_slot(&mut self, object: &Object) {
        let size = u32::try_from(object.size).unwrap_or(u32::MAX);
        let bytes = encode::slot(object.kind, object.offset, size, object::IN_USE);
        self.put(object.slot, &bytes);
    }

    /// Behind every object, the log's region and the last byte, at the start of a page.
    fn end(&self) -> u64 {
        let used = self
            .objects
            .iter()
            .filter(|object| object.kind != object::EMPTY);
        let ends = used.map(|object| object.offset.saturating_add(object.size));
        let end = ends.fold(clamp(self.image.len()).max(self.log_end), u64::max);
        end.checked_next_multiple_of(clamp(PAGE)).unwrap_or(end)
    }
}

fn full() -> Fault {
    Fault::unsupported(&UNWRITABLE, "file").found("no room for anything more")
}
