//! Which table of a disk counts, where it has several or none.

use std::sync::Arc;

use blockio::{Fault, ReadAt};

use super::place::{Placer, Stated};
use super::{Scheme, Table};
use crate::Error;
use crate::codes;
use crate::gpt::Gpt;
use crate::mbr::Mbr;
use crate::probe::Probe;

/// The sector sizes that disks have.
const SECTOR_SIZES: [u32; 2] = [512, 4096];

/// Reads the tables of one disk and chooses.
pub(super) struct Chooser<'a> {
    disk: &'a Arc<dyn ReadAt>,
    probe: Probe<'a>,
    /// The likeliest first.
    sizes: Vec<u32>,
}

impl<'a> Chooser<'a> {
    /// For a disk that was said to have sectors of `hint` bytes; 0 if nothing was said.
    pub(super) fn new(disk: &'a Arc<dyn ReadAt>, hint: u32) -> Self {
        let mut sizes = vec![hint];
        sizes.retain(|size| size.is_power_of_two() && (512..=1 << 16).contains(size));
        let others = SECTOR_SIZES.into_iter().filter(|&size| size != hint);
        sizes.extend(others);
        Self {
            disk,
            probe: Probe::new(&**disk),
            sizes,
        }
    }

    /// The likeliest sector size, in bytes.
    fn sector_size(&self) -> u32 {
        self.sizes.first().copied().unwrap_or(512)
    }

    /// The table that counts, or the whole disk where there is none.
    pub(super) fn choose(&self) -> Result<Table, Error> {
        let mut notes = Vec::new();
        let mbr = Mbr::read(self.probe).unwrap_or_else(|error| {
            let fault = Fault::from_io(&error, "first sector of the disk");
            notes.push(Arc::unwrap_or_clone(fault));
            None
        });
        let gpt = Gpt::find(self.probe, &self.sizes);
        match mbr {
            Some(mbr) if mbr.is_protective() => self.announced_gpt(gpt, &mbr),
            Some(mbr) if mbr.is_table(self.probe.size() >> 9) => Ok(self.mbr_beside(gpt, &mbr)),
            mbr => self.unannounced(gpt, mbr.as_ref(), notes),
        }
    }

    /// The MBR says that there is a GPT.
    fn announced_gpt(&self, gpt: Option<Gpt<'_>>, mbr: &Mbr) -> Result<Table, Error> {
        let gpt = gpt.unwrap_or_else(|| Gpt::at(self.probe, self.sector_size()));
        let mut notes = Vec::new();
        if mbr.has_partitions() {
            let note = Fault::damaged(&codes::HYBRID_MBR, "master boot record").at(0);
            notes.push(note.found("partitions beside the GPT"));
        }
        match self.gpt(&gpt, mbr.signature(), notes) {
            Err(lost) if mbr.has_partitions() => Ok(self.mbr(mbr, vec![lost])),
            table => Ok(table?),
        }
    }

    /// The MBR has partitions and says nothing of a GPT.
    fn mbr_beside(&self, gpt: Option<Gpt<'_>>, mbr: &Mbr) -> Table {
        let ignored = gpt
            .filter(Gpt::is_valid)
            .and_then(|gpt| gpt.read(&mut Vec::new()).ok());
        let ignored = ignored.filter(|content| !content.slots.is_empty());
        let note = ignored.map(|content| {
            Fault::damaged(&codes::GPT_IGNORED, "master boot record")
                .at(0)
                .expected("no GPT beside its partitions")
                .found(format!("a GPT of {} partitions", content.slots.len()))
        });
        self.mbr(mbr, note.into_iter().collect())
    }

    /// No MBR says what the disk holds: a GPT may, or a volume begins at byte 0.
    ///
    /// A backup GPT alone counts less than a volume: it outlives the formatting of the whole disk.
    fn unannounced(
        &self,
        gpt: Option<Gpt<'_>>,
        mbr: Option<&Mbr>,
        notes: Vec<Fault>,
    ) -> Result<Table, Error> {
        if let Some(gpt) = &gpt
            && (gpt.has_primary() || !self.begins_with_volume())
        {
            let mut notes = notes;
            let note = Fault::damaged(&codes::NO_PROTECTIVE_MBR, "master boot record").at(0);
            notes.push(note.expected("an entry of type 0xee").found("none"));
            return Ok(self.gpt(gpt, None, notes)?);
        }
        match mbr {
            Some(mbr) if mbr.is_empty() && !self.begins_with_volume() => Ok(self.mbr(mbr, notes)),
            _ => Ok(self.whole(notes)),
        }
    }

    fn begins_with_volume(&self) -> bool {
        let whole = self.whole(Vec::new());
        whole
            .partitions
            .iter()
            .any(|whole| whole.content.is_known())
    }

    fn gpt(
        &self,
        gpt: &Gpt<'_>,
        mbr_signature: Option<u32>,
        mut notes: Vec<Fault>,
    ) -> Result<Table, Fault> {
        let content = gpt.read(&mut notes)?;
        let mut placer = Placer::new(self.disk, notes);
        let size = gpt.sector_size;
        for slot in content.slots {
            placer.place_gpt(slot, size);
        }
        let table = table(Scheme::Gpt, size, placer);
        Ok(Table {
            disk_guid: content.disk_guid,
            mbr_signature,
            ..table
        })
    }

    /// The MBR in the sector size that makes sense of most partitions; the likeliest where all do.
    fn mbr(&self, mbr: &Mbr, notes: Vec<Fault>) -> Table {
        let mut best = self.mbr_in(mbr, self.sector_size(), notes.clone());
        for &size in self.sizes.iter().skip(1) {
            if known(&best) > 0 {
                break;
            }
            let other = self.mbr_in(mbr, size, notes.clone());
            if known(&other) > 0 {
                best = other;
            }
        }
        best
    }

    fn mbr_in(&self, mbr: &Mbr, sector_size: u32, mut notes: Vec<Fault>) -> Table {
        let slots = mbr.slots(self.probe, sector_size, &mut notes);
        let mut placer = Placer::new(self.disk, notes);
        for slot in slots {
            placer.place_mbr(slot, sector_size);
        }
        let table = table(Scheme::Mbr, sector_size, placer);
        Table {
            mbr_signature: mbr.signature(),
            ..table
        }
    }

    fn whole(&self, notes: Vec<Fault>) -> Table {
        let mut placer = Placer::new(self.disk, notes);
        placer.place(Stated::whole(self.probe.size()));
        table(Scheme::None, self.sector_size(), placer)
    }
}

/// How many partitions hold what their type or their bytes name.
fn known(table: &Table) -> usize {
    let known = table
        .partitions
        .iter()
        .filter(|part| part.content.is_known());
    known.count()
}

fn table(scheme: Scheme, sector_size: u32, placer: Placer<'_>) -> Table {
    Table {
        scheme,
        sector_size,
        disk_guid: None,
        mbr_signature: None,
        partitions: placer.partitions,
        notes: placer.notes,
        ldm: None,
    }
}
