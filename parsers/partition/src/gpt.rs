//! GUID partition table: either header with either entry array, whichever pass their checksums.

mod entries;
mod header;

use blockio::Fault;
use uuid::Uuid;

use self::entries::Array;
pub(crate) use self::entries::Slot;
use self::header::{Found, Header};
use crate::codes;
use crate::format::gpt::{SMALLEST_ENTRY, USUAL_ENTRY_COUNT};
use crate::probe::Probe;

/// What is left of a disk's GPT.
pub(crate) struct Gpt<'a> {
    disk: Probe<'a>,
    pub(crate) sector_size: u32,
    primary: Found,
    backup: Found,
    last_lba: u64,
}

/// What a GPT says.
pub(crate) struct Content {
    pub(crate) disk_guid: Option<Uuid>,
    pub(crate) slots: Vec<Slot>,
}

/// Where one copy of the entry array should be, and the header that knows its checksum.
struct Candidate {
    header: Header,
    lba: u64,
    name: &'static str,
}

impl<'a> Gpt<'a> {
    /// The GPT in the first of `sector_sizes` that finds a valid header, else any signature of one.
    pub(crate) fn find(disk: Probe<'a>, sector_sizes: &[u32]) -> Option<Self> {
        let found: Vec<_> = sector_sizes
            .iter()
            .map(|&size| Self::at(disk, size))
            .collect();
        let valid = found.iter().position(|gpt| gpt.primary.good().is_some());
        let valid = valid.or_else(|| found.iter().position(Self::is_valid));
        let there = |gpt: &Self| gpt.primary.is_there() || gpt.backup.is_there();
        let at = valid.or_else(|| found.iter().position(there))?;
        found.into_iter().nth(at)
    }

    /// Whatever is left of the GPT that an MBR announces; no header need be found.
    pub(crate) fn at(disk: Probe<'a>, sector_size: u32) -> Self {
        let sectors = disk.size().checked_div(sector_size.into()).unwrap_or(0);
        let last_lba = sectors.saturating_sub(1);
        let primary = Found::at(disk, 1, sector_size, "primary GPT header");
        let alternate = primary.alternate_lba().filter(|&lba| lba < last_lba);
        let backup = Found::at(disk, last_lba, sector_size, "backup GPT header");
        let backup = match (backup, alternate) {
            (Found::Absent, Some(lba)) => Found::at(disk, lba, sector_size, "backup GPT header"),
            (backup, _) => backup,
        };
        Self {
            disk,
            sector_size,
            primary,
            backup,
            last_lba,
        }
    }

    /// Whether at least one header passes its checksum.
    pub(crate) fn is_valid(&self) -> bool {
        self.primary.good().or(self.backup.good()).is_some()
    }

    /// Whether the header at the start of the disk is valid.
    pub(crate) fn has_primary(&self) -> bool {
        self.primary.good().is_some()
    }

    /// Its partitions; what had to be passed over is added to `notes`.
    pub(crate) fn read(&self, notes: &mut Vec<Fault>) -> Result<Content, Fault> {
        self.note_headers(notes);
        let mut bad = Vec::new();
        let mut good: Option<Array> = None;
        for candidate in self.candidates() {
            match self.array(&candidate) {
                Ok(array) => match &good {
                    None => good = Some(array),
                    Some(first) => notes.extend(first.differs_from(&array)),
                },
                Err(fault) => bad.push(fault),
            }
        }
        match good {
            Some(array) => {
                notes.extend(bad.into_iter().filter(|_| self.is_valid()));
                Ok(Content {
                    disk_guid: self.disk_guid(),
                    slots: array.slots,
                })
            }
            None => self.salvage(bad, notes),
        }
    }

    fn disk_guid(&self) -> Option<Uuid> {
        let header = self.primary.good().or(self.backup.good())?;
        Some(Uuid::from_bytes_le(header.0.disk_guid))
    }

    fn note_headers(&self, notes: &mut Vec<Fault>) {
        if !self.is_valid() {
            return;
        }
        let size = u64::from(self.sector_size);
        notes.extend(self.primary.fault("primary GPT header", size));
        match (&self.backup, self.primary.alternate_lba()) {
            (Found::Absent, Some(lba)) if lba > self.last_lba => notes.push(self.moved(lba)),
            (Found::Good(header), _) if header.0.my_lba.get() != self.last_lba => {
                notes.push(self.moved(header.0.my_lba.get()));
            }
            (backup, _) => {
                notes.extend(backup.fault("backup GPT header", self.offset(self.last_lba)))
            }
        }
    }

    fn moved(&self, lba: u64) -> Fault {
        Fault::damaged(&codes::BACKUP_NOT_AT_END, "backup GPT header")
            .at(self.offset(lba))
            .expected(format!("sector {}, the last of the disk", self.last_lba))
            .found(format!("sector {lba}"))
    }

    fn offset(&self, lba: u64) -> u64 {
        lba.saturating_mul(self.sector_size.into())
    }

    /// Where entry arrays may be, by each valid header: its own, then where the other copy lies.
    fn candidates(&self) -> Vec<Candidate> {
        let mut all: Vec<Candidate> = Vec::new();
        let mut add = |header: Option<&Header>, lba: Option<u64>, name| {
            let (Some(&header), Some(lba)) = (header, lba) else {
                return;
            };
            if !all.iter().any(|known| known.lba == lba) {
                all.push(Candidate { header, lba, name });
            }
        };
        let (primary, backup) = (self.primary.good(), self.backup.good());
        let own = |header: Option<&Header>| Some(header?.0.entries_lba.get());
        add(primary, own(primary), "primary GPT entry array");
        add(backup, own(backup), "backup GPT entry array");
        if primary.is_none() {
            add(backup, Some(2), "primary GPT entry array");
        } else if backup.is_none() {
            let before = |header: &Header| header.backup_entries_lba(self.sector_size);
            add(primary, primary.and_then(before), "backup GPT entry array");
        }
        all
    }

    fn array(&self, candidate: &Candidate) -> Result<Array, Fault> {
        let array = self.unverified_array(candidate)?;
        let expected = candidate.header.0.entries_crc.get();
        if array.crc == expected {
            return Ok(array);
        }
        Err(Fault::damaged(&codes::GPT_ENTRIES, candidate.name)
            .at(self.offset(candidate.lba))
            .expected(format!("CRC-32 {expected:#010x}"))
            .found(format!("{:#010x}", array.crc)))
    }

    fn unverified_array(&self, candidate: &Candidate) -> Result<Array, Fault> {
        let offset = self.offset(candidate.lba);
        let fault = Fault::damaged(&codes::GPT_ENTRIES, candidate.name).at(offset);
        match Array::read(self.disk, offset, &candidate.header) {
            Ok(Some(array)) => Ok(array),
            Ok(None) => Err(fault.found("the end of the disk")),
            Err(error) => Err(fault.found(error.to_string())),
        }
    }

    /// Entries that look right in spite of a wrong checksum, from the copy that has most of them.
    fn salvage(&self, bad: Vec<Fault>, notes: &mut Vec<Fault>) -> Result<Content, Fault> {
        let mut candidates = self.candidates();
        if candidates.is_empty() {
            let header = Header::usual();
            let array_bytes = u64::from(SMALLEST_ENTRY.saturating_mul(USUAL_ENTRY_COUNT));
            let array_sectors = array_bytes.div_ceil(self.sector_size.into());
            let backup = self.last_lba.saturating_sub(array_sectors);
            let usual = [
                (2, "primary GPT entry array"),
                (backup, "backup GPT entry array"),
            ];
            candidates.extend(usual.map(|(lba, name)| Candidate { header, lba, name }));
        }
        let arrays = candidates.iter().filter_map(|candidate| {
            let array = self.unverified_array(candidate).ok()?;
            Some((candidate, array.plausible(self.last_lba)))
        });
        let best = arrays.rev().max_by_key(|(_, slots)| slots.len());
        let Some((candidate, slots)) = best.filter(|(_, slots)| !slots.is_empty()) else {
            return Err(self.lost());
        };
        notes.extend(bad);
        let what = format!("{} partitions of the {}", slots.len(), candidate.name);
        notes.push(
            Fault::damaged(&codes::GPT_UNVERIFIED, what)
                .at(self.offset(candidate.lba))
                .expected("a copy that passes its checksum")
                .found("none"),
        );
        Ok(Content {
            disk_guid: self.disk_guid(),
            slots,
        })
    }

    fn lost(&self) -> Fault {
        let headers = [
            self.primary.fault("primary GPT header", self.offset(1)),
            self.backup
                .fault("backup GPT header", self.offset(self.last_lba)),
        ];
        let found = headers
            .into_iter()
            .flatten()
            .map(|fault| format!("{}: {}", fault.what, fault.found));
        let mut found = found.collect::<Vec<_>>().join("; ");
        if found.is_empty() {
            found.push_str("valid headers, and no entry array that is");
        }
        Fault::damaged(&codes::GPT_LOST, "GPT")
            .at(self.offset(1))
            .expected("one valid header and one valid entry array")
            .found(found)
    }
}

#[cfg(test)]
mod tests;
