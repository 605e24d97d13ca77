//! Single values changed on a copy, every other byte left as it is.

use std::collections::BTreeSet;

use blockio::{Fault, ReadAt};
use zerocopy::FromBytes;

use super::encode::{self, Key};
use super::entry::{Entry, Slot};
use super::file::Parts;
use super::format::{EntryHeader, LogHeader, OUTSIDE_FROM, entry};
use super::link::Links;
use super::notes::Notes;
use super::room::Room;
use super::write::pointer;
use crate::codes::{NO_KEY, UNWRITABLE};
use crate::{Error, Value};

/// Bytes of a file that is edited at most: it is held in memory.
const MOST_BYTES: u64 = 256 << 20;
/// Bytes of an entry beside its name and data.
const FIXED: usize = size_of::<EntryHeader>();

/// A copy of a container in memory, to change single values in.
///
/// A new value is put where the old one is if there is room. Otherwise its entry moves: to free room
/// in a table, or to a new table at the end of the file. A value of 2,048 bytes and more lies outside
/// of the tables. Checksums are made right for what is changed and left as they are for what is not.
///
/// Room that looks free in a damaged container may be in use: read back what comes out of one, as
/// [`Document::edit`](crate::Document::edit) does.
#[derive(Clone, Debug)]
pub struct Editor {
    name: String,
    room: Room,
    keys: Vec<Entry>,
    free: Vec<Slot>,
    links: Links,
}

impl Editor {
    /// A copy of the container in `bytes`, which messages call `name`, with its replay log applied.
    ///
    /// # Errors
    /// As [`File::open`](super::File::open); and a version that is not written, and a file of more
    /// than 256 MiB.
    pub fn open(bytes: &dyn ReadAt, name: &str) -> Result<Self, Error> {
        Self::read(bytes, name).map_err(|fault| fault.in_file(name).into())
    }

    fn read(bytes: &dyn ReadAt, name: &str) -> Result<Self, Fault> {
        let parts = Parts::read(bytes, &mut Notes::default())?;
        parts.header.check_writable()?;
        if parts.image.size() > MOST_BYTES {
            return Err(Fault::unsupported(&UNWRITABLE, "file")
                .expected(format!("at most {MOST_BYTES:#x} bytes"))
                .found(format!("{:#x}", parts.image.size())));
        }
        let len = usize::try_from(parts.image.size()).unwrap_or(usize::MAX);
        let image = parts.image.read(0, len, &UNWRITABLE, "file")?;
        let last_table = parts.tables.iter().map(|table| table.index).max();
        let log_end = parts
            .header
            .log_offset
            .saturating_add(parts.header.log_size);
        let mut room = Room::new(image, parts.objects, last_table.unwrap_or(0), log_end);
        if parts.image.is_patched() {
            empty_log(&mut room, parts.header.log_offset);
        }
        Ok(Self {
            name: name.to_owned(),
            room,
            links: Links::of(&parts.keys),
            keys: parts.keys,
            free: parts.free,
        })
    }

    /// Sets the first key at `path`, names separated by `/` from the root on, to `value`.
    ///
    /// # Errors
    /// No such key; a value of another type than the one that is there.
    pub fn set(&mut self, path: &str, value: &Value) -> Result<(), Error> {
        self.put(path, value)
            .map_err(|fault| fault.in_file(&self.name).into())
    }

    /// Removes the first key at `path` and all below it.
    ///
    /// # Errors
    /// No such key.
    pub fn remove(&mut self, path: &str) -> Result<(), Error> {
        let missing = || Fault::unsupported(&NO_KEY, format!("key {path}")).in_file(&self.name);
        let found = self.links.find(&self.keys, path);
        let top = found
            .and_then(|number| self.keys.get(number))
            .ok_or_else(missing)?;
        let mut gone = BTreeSet::from([top.slot.place()]);
        let mut open = vec![top.slot.place()];
        while let Some(place) = open.pop() {
            let below = self.links.below(place).iter();
            let below = below.filter_map(|number| self.keys.get(*number));
            let below = below.map(|key| key.slot.place());
            open.extend(below.filter(|place| gone.insert(*place)));
        }
        let keys = std::mem::take(&mut self.keys);
        let is_gone = |key: &Entry| gone.contains(&key.slot.place());
        let (removed, kept) = keys.into_iter().partition(is_gone);
        self.keys = kept;
        self.links = Links::of(&self.keys);
        self.discard(removed);
        Ok(())
    }

    /// Frees the room of entries and of their values.
    fn discard(&mut self, removed: Vec<Entry>) {
        for key in removed {
            self.room.give_back(self.room.value_of(&key));
            self.room.put(key.slot.at, &encode::free(key.slot.size));
            self.free.push(key.slot);
        }
    }

    /// The changed container.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.room.into_bytes()
    }

    fn put(&mut self, path: &str, value: &Value) -> Result<(), Fault> {
        let what = format!("key {path}");
        let missing = || Fault::unsupported(&NO_KEY, what.clone());
        let number = self.links.find(&self.keys, path).ok_or_else(missing)?;
        let mut key = self.keys.get(number).cloned().ok_or_else(missing)?;
        if encode::kind(value) != Some(key.kind) || key.kind == entry::NODE {
            return Err(Fault::unsupported(&UNWRITABLE, what)
                .expected(format!("a value of type {}", key.kind))
                .found("another one"));
        }
        // A name that was no UTF-8 cannot be written as it was.
        if usize::from(key.name_len) != key.name.len().saturating_add(1) {
            return Err(Fault::unsupported(&UNWRITABLE, what).found("a name that is damaged"));
        }
        let old = self.room.value_of(&key);
        let data = self.data(&mut key, value)?;
        self.place(&mut key, &data)?;
        self.room.give_back(old);
        key.value = value.clone();
        if let Some(place) = self.keys.get_mut(number) {
            *place = key;
        }
        Ok(())
    }

    /// The data of `value` for the entry; what is too long for one is put elsewhere in the file.
    fn data(&mut self, key: &mut Entry, value: &Value) -> Result<Vec<u8>, Fault> {
        let content = encode::content(value);
        key.flags &= !entry::OUTSIDE;
        if content.len() < OUTSIDE_FROM {
            return Ok(encode::inline(value));
        }
        key.flags |= entry::OUTSIDE;
        let offset = self.room.add_value(&content)?;
        Ok(pointer(content.len(), offset))
    }

    /// Puts the entry where it is, or moves it if it does not fit there.
    fn place(&mut self, key: &mut Entry, data: &[u8]) -> Result<(), Fault> {
        let needed = FIXED
            .saturating_add(usize::from(key.name_len))
            .saturating_add(data.len());
        let needed = u32::try_from(needed).unwrap_or(u32::MAX);
        if needed > key.slot.size {
            let old = key.slot;
            key.slot = self.take(needed)?;
            self.room.put(old.at, &encode::free(old.size));
            self.free.push(old);
        }
        let bytes = Key {
            kind: key.kind,
            flags: key.flags,
            size: key.slot.size,
            parent: key.parent,
            sequence: key.sequence,
            name: &key.name,
        };
        self.room.put(key.slot.at, &encode::key(&bytes, data));
        Ok(())
    }

    /// Free room for an entry of `needed` bytes; what is left of it stays free.
    fn take(&mut self, needed: u32) -> Result<Slot, Fault> {
        let fits = self.free.iter().position(|slot| slot.size >= needed);
        let mut slot = match fits {
            Some(number) => self.free.swap_remove(number),
            None => self.room.add_table()?,
        };
        let left = slot.size.saturating_sub(needed);
        // Less is no entry of its own, and belongs to the one before it.
        if usize::try_from(left).is_ok_and(|left| left > FIXED) {
            let rest = Slot {
                offset: slot.offset.saturating_add(needed),
                at: slot.at.saturating_add(u64::from(needed)),
                size: left,
                ..slot
            };
            self.room.put(rest.at, &encode::free(left));
            self.free.push(rest);
            slot.size = needed;
        }
        Ok(slot)
    }
}

/// Says of the log at `offset` that it has been applied.
fn empty_log(room: &mut Room, offset: u64) {
    let header = room.bytes_at(offset, size_of::<LogHeader>());
    if let Ok(header) = LogHeader::read_from_bytes(header) {
        room.put(offset, &encode::applied_log(header));
    }
}
