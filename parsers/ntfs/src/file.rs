//! One file: its base record and its extension records, read as one.

use std::collections::BTreeSet;
use std::sync::Arc;

use blockio::ReadAt;

use crate::attribute::Attribute;
use crate::attribute_list::{self, ListEntry};
use crate::boot::Geometry;
use crate::codes;
use crate::flaw::{Flaw, Result};
use crate::format::attribute_type;
use crate::joined::{Gone, Joined};
use crate::mft::Mft;
use crate::record::{FileRecord, Record};
use crate::reference::FileReference;

/// Extension records of a file that may be missing before we stop looking for more.
const MAX_GONE: usize = 64;

/// A file or directory: all its attributes, wherever they are.
///
/// Any attribute may be in an extension record. The attribute list says which records there are; what
/// is in them is taken from the records themselves, so that no fragment depends on how the list
/// numbers it.
#[derive(Debug)]
pub(crate) struct File {
    /// The base record, then the extension records.
    records: Vec<FileRecord>,
    /// What the attribute list names and cannot be had.
    gone: Vec<Gone>,
}

impl File {
    /// The file whose base record is `base`; `volume` is for an attribute list outside the record.
    ///
    /// # Errors
    /// Where the attribute list is damaged. Extension records that are damaged are errors of what is
    /// in them.
    pub(crate) fn join(
        mft: &Mft,
        volume: &Arc<dyn ReadAt>,
        geometry: &Geometry,
        base: FileRecord,
    ) -> Result<Self> {
        let list = attribute_list::read(volume, geometry, &base)?;
        let reference = base.view().reference();
        let mut file = Self {
            records: vec![base],
            gone: Vec::new(),
        };
        file.add_extensions(mft, reference, list.unwrap_or_default());
        Ok(file)
    }

    /// The file whose deleted base record is `base`, from what was freed with it: `extensions` are
    /// the records that say they are its. Its attribute list is not asked, whose clusters may be
    /// another's by now.
    pub(crate) fn join_deleted(base: FileRecord, extensions: Vec<FileRecord>) -> Self {
        let records = std::iter::once(base).chain(extensions).collect();
        let gone = Vec::new();
        Self { records, gone }
    }

    fn add_extensions(&mut self, mft: &Mft, base: FileReference, list: Vec<ListEntry>) {
        let mut seen = BTreeSet::from([base.record()]);
        let mut faults: Vec<(u64, Arc<blockio::Fault>)> = Vec::new();
        for entry in list {
            let number = entry.record.record();
            if seen.insert(number) && faults.len() < MAX_GONE {
                match extension(mft, base, entry.record) {
                    Ok(record) => self.records.push(record),
                    Err(fault) => faults.push((number, fault)),
                }
            }
            if let Some((_, fault)) = faults.iter().find(|(gone, _)| *gone == number) {
                self.gone.push(Gone {
                    entry,
                    fault: Arc::clone(fault),
                });
            }
        }
    }

    /// The base record.
    pub(crate) fn base(&self) -> Record<'_> {
        self.records
            .first()
            .expect("a file has a base record")
            .view()
    }

    /// The file record's number.
    pub(crate) fn number(&self) -> u64 {
        self.base().number
    }

    /// All its attributes and fragments, each with the number of its record.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = (u64, Attribute<'_>)> {
        self.records.iter().flat_map(|record| {
            let view = record.view();
            let parts = view.attributes().filter_map(Result::ok);
            parts.map(move |part| (view.number, part))
        })
    }

    /// The attribute of type `kind` named `name`, joined.
    ///
    /// # Errors
    /// Where it is there and its beginning cannot be had.
    pub(crate) fn find(&self, kind: u32, name: &[u16]) -> Result<Option<Joined<'_>>> {
        let parts = self.attributes();
        let parts = parts
            .filter(|(_, part)| part.kind == kind && part.is_named(name))
            .collect();
        let gone = self.gone.iter();
        let gone = gone
            .filter(|gone| gone.entry.kind == kind && gone.entry.name == name)
            .collect();
        Joined::new(parts, gone)
    }

    /// The first resident value of type `kind`.
    ///
    /// # Errors
    /// Where its record cannot be had.
    pub(crate) fn value(&self, kind: u32) -> Result<Option<&[u8]>> {
        let found = self.records.iter().find_map(|record| {
            let mut parts = record.view().attributes().filter_map(Result::ok);
            parts
                .find(|part| part.kind == kind)
                .and_then(|part| part.resident())
        });
        let gone = || self.gone.iter().find(|gone| gone.entry.kind == kind);
        match found.is_none().then(gone).flatten() {
            Some(gone) => Err(Arc::clone(&gone.fault)),
            None => Ok(found),
        }
    }

    /// Whether a part of type `kind` is gone, and why.
    pub(crate) fn gone(&self, kind: u32) -> Option<&Arc<blockio::Fault>> {
        self.gone
            .iter()
            .find(|gone| gone.entry.kind == kind)
            .map(|gone| &gone.fault)
    }

    /// The names of its streams, the unnamed one first where there is one.
    pub(crate) fn stream_names(&self) -> Vec<Vec<u16>> {
        let there = self
            .attributes()
            .filter(|(_, part)| part.kind == attribute_type::DATA);
        let there = there.map(|(_, part)| part.name.iter().map(|unit| unit.get()).collect());
        let gone = self
            .gone
            .iter()
            .filter(|gone| gone.entry.kind == attribute_type::DATA);
        let mut names: Vec<Vec<u16>> = Vec::new();
        for name in there.chain(gone.map(|gone| gone.entry.name.clone())) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.sort_by_key(|name| !name.is_empty());
        names
    }
}

/// The extension record that `reference` names, if it is one of `base`.
fn extension(mft: &Mft, base: FileReference, reference: FileReference) -> Result<FileRecord> {
    let record = mft.referenced(reference)?;
    match record.view().base() {
        Some(owner) if owner == base => Ok(record),
        owner => {
            let is = owner.map_or("is a base record itself".to_owned(), |owner| {
                format!("extends file record {owner}")
            });
            let found = format!("{is}, it does not extend file record {base}");
            Err(Flaw::new(&codes::STALE_REFERENCE, found).in_record(reference.record()))
        }
    }
}
