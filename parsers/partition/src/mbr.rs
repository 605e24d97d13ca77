//! Master boot record: primary partitions, and the chain of logical ones.

use std::io;

use blockio::Fault;

use crate::codes;
use crate::format::mbr::{ACTIVE, BootRecord, EXTENDED, Entry, SIGNATURE};
use crate::probe::Probe;
use crate::types::MBR_PROTECTIVE;

/// More extended boot records than any system made; a longer chain is damage.
const MOST_RECORDS: usize = 256;
/// Number of the first logical partition.
const FIRST_LOGICAL: u32 = 5;

/// A boot record with the right signature.
pub(crate) struct Mbr {
    record: BootRecord,
}

/// One partition in sectors from the start of the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    /// Primary 1 to 4, logical from 5.
    pub(crate) number: u32,
    pub(crate) type_id: u8,
    pub(crate) active: bool,
    pub(crate) first_lba: u64,
    pub(crate) sectors: u64,
}

impl Mbr {
    /// The disk's first sector as an MBR; `None` without its signature.
    pub(crate) fn read(disk: Probe<'_>) -> io::Result<Option<Self>> {
        let record = disk.read::<BootRecord>(0)?;
        let record = record.filter(|record| record.signature.get() == SIGNATURE);
        Ok(record.map(|record| Self { record }))
    }

    /// The disk signature; `None` where it is zero.
    pub(crate) fn signature(&self) -> Option<u32> {
        Some(self.record.disk_signature.get()).filter(|&signature| signature != 0)
    }

    /// Whether an entry announces a GPT.
    pub(crate) fn is_protective(&self) -> bool {
        self.record
            .entries
            .iter()
            .any(|entry| entry.type_id == MBR_PROTECTIVE)
    }

    /// Whether any entry is a partition of the MBR's own.
    pub(crate) fn has_partitions(&self) -> bool {
        self.primaries().any(|slot| slot.type_id != MBR_PROTECTIVE)
    }

    /// Whether this is a table beyond doubt, and not the boot code of a volume in the same place:
    /// every entry has a boot indicator, none begins in sector 0, and one begins on a disk of
    /// `sectors` sectors (the others may lie where the disk was cut).
    pub(crate) fn is_table(&self, sectors: u64) -> bool {
        let mut indicators = self.record.entries.iter().map(|entry| entry.boot_indicator);
        indicators.all(|byte| byte == 0 || byte == ACTIVE)
            && self.primaries().all(|slot| slot.first_lba > 0)
            && self.primaries().any(|slot| slot.first_lba < sectors)
    }

    /// Whether no entry is used.
    pub(crate) fn is_empty(&self) -> bool {
        self.primaries().next().is_none()
    }

    fn primaries(&self) -> impl Iterator<Item = Slot> + '_ {
        let numbered = (1..).zip(&self.record.entries);
        numbered.filter_map(|(number, entry)| Slot::of(number, entry, 0))
    }

    /// All partitions by number; containers and GPT protection are none. What breaks the chain of
    /// logical ones is added to `notes`.
    pub(crate) fn slots(
        &self,
        disk: Probe<'_>,
        sector_size: u32,
        notes: &mut Vec<Fault>,
    ) -> Vec<Slot> {
        let mut slots = Vec::new();
        let mut next = FIRST_LOGICAL;
        for slot in self.primaries() {
            if EXTENDED.contains(&slot.type_id) {
                let mut chain = Chain {
                    disk,
                    sector_size,
                    container: slot,
                    next,
                };
                chain.follow(&mut slots, notes);
                next = chain.next;
            } else if slot.type_id != MBR_PROTECTIVE {
                slots.push(slot);
            }
        }
        slots.sort_by_key(|slot| slot.number);
        slots
    }
}

impl Slot {
    fn of(number: u32, entry: &Entry, base: u64) -> Option<Self> {
        let used = entry.type_id != 0 && entry.sectors.get() != 0;
        used.then(|| Self {
            number,
            type_id: entry.type_id,
            active: entry.boot_indicator == ACTIVE,
            first_lba: base.saturating_add(entry.first_lba.get().into()),
            sectors: entry.sectors.get().into(),
        })
    }
}

/// The chain of extended boot records within one container.
struct Chain<'a> {
    disk: Probe<'a>,
    sector_size: u32,
    container: Slot,
    /// Number of the next logical partition.
    next: u32,
}

impl Chain<'_> {
    /// Adds the logical partitions to `slots` until the chain ends or breaks.
    ///
    /// A record that comes again, and one too many, break it: a chain that was made up need not end.
    fn follow(&mut self, slots: &mut Vec<Slot>, notes: &mut Vec<Fault>) {
        let mut seen = Vec::new();
        let mut lba = Some(self.container.first_lba);
        while let Some(at) = lba {
            lba = match self.record(at, &seen) {
                Ok(record) => self.take(&record, at, slots),
                Err(found) => {
                    notes.push(self.broken(at, found));
                    return;
                }
            };
            seen.push(at);
        }
    }

    /// The extended boot record at a sector that is none of `seen`, or what is there instead.
    fn record(&self, lba: u64, seen: &[u64]) -> Result<BootRecord, String> {
        if seen.contains(&lba) {
            return Err("a loop".into());
        }
        if seen.len() >= MOST_RECORDS {
            return Err(format!("more than {MOST_RECORDS} of them"));
        }
        let record = self.disk.read::<BootRecord>(self.offset(lba));
        let record = record.map_err(|error| error.to_string())?;
        let record = record.ok_or("the end of the disk")?;
        match record.signature.get() {
            SIGNATURE => Ok(record),
            other => Err(format!("signature {other:#06x}")),
        }
    }

    /// Adds a record's partition and returns where the next record is.
    fn take(&mut self, record: &BootRecord, lba: u64, slots: &mut Vec<Slot>) -> Option<u64> {
        let mut link = None;
        for entry in &record.entries {
            if EXTENDED.contains(&entry.type_id) {
                let next = self
                    .container
                    .first_lba
                    .saturating_add(entry.first_lba.get().into());
                link = link.or(Some(next).filter(|_| entry.sectors.get() != 0));
            } else if let Some(slot) = Slot::of(self.next, entry, lba) {
                slots.push(slot);
                self.next = self.next.saturating_add(1);
            }
        }
        link
    }

    fn offset(&self, lba: u64) -> u64 {
        lba.saturating_mul(self.sector_size.into())
    }

    fn broken(&self, lba: u64, found: impl Into<String>) -> Fault {
        let number = self.container.number;
        let what = format!("logical partitions in MBR partition {number}");
        Fault::damaged(&codes::LOGICAL_CHAIN, what)
            .at(self.offset(lba))
            .expected("an extended boot record")
            .found(found.into())
    }
}
