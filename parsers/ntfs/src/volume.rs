//! A volume, opened.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use blockio::{Cache, Fault, ReadAt};
use tree::{Cursor, NodeId};

use crate::boot::{self, Geometry};
use crate::codes;
use crate::content;
use crate::error::Error;
use crate::file::File;
use crate::flaw::{Flaw, Result};
use crate::format::{DIRECTORY_INDEX, attribute_type, record_number};
use crate::index::{Directory, Parts};
use crate::mft::Mft;
use crate::pages::Pages;
use crate::record::FileRecord;
use crate::scan::Scan;
use crate::secure::Secure;
use crate::upcase::UpCase;
use crate::view_index::ViewIndex;
use crate::volume_information::VolumeInformation;

/// Bytes of the case table.
const UPCASE_LEN: u64 = 128 << 10;
/// Bytes of $INDEX_ROOT at most: it is resident, and no record is larger.
const INDEX_ROOT_LEN: u64 = 64 << 10;
/// Nodes below $Extend that are looked at before the rest counts as the guest's.
const MAX_SYSTEM: usize = 1 << 16;

/// An NTFS volume. Clones share it.
#[derive(Clone)]
pub struct Volume(pub(crate) Arc<Inner>);

/// What all handles of a volume share.
pub(crate) struct Inner {
    /// The volume's bytes, for payload.
    pub(crate) bytes: Arc<dyn ReadAt>,
    /// The same through the cache, for records and indexes.
    pub(crate) pages: Arc<dyn ReadAt>,
    /// What to call it in messages.
    pub(crate) name: Arc<str>,
    pub(crate) geometry: Geometry,
    pub(crate) mft: Arc<Mft>,
    pub(crate) upcase: Arc<UpCase>,
    pub(crate) information: VolumeInformation,
    /// What was wrong on opening and could be worked around.
    notes: Vec<Arc<Fault>>,
    /// The same of what was read since; each code once.
    remarks: Mutex<Vec<Arc<Fault>>>,
    /// `$Secure`, once it was asked for.
    pub(crate) secure: OnceLock<Result<Secure>>,
    /// The index of object ids, once it was asked for; none where the volume has none.
    pub(crate) object_ids: OnceLock<Result<Option<ViewIndex>>>,
    /// Clusters not in use, once counted.
    pub(crate) free: OnceLock<Option<u64>>,
    /// Records below $Extend, once looked up.
    system: OnceLock<BTreeSet<u64>>,
    last_scan: Mutex<Weak<Scan>>,
    kept_scan: OnceLock<Arc<Scan>>,
}

impl Volume {
    /// Opens the NTFS volume in `bytes`; `name` is what messages call it (`web01.vhdx, partition 3`),
    /// `cache` keeps its file records and indexes.
    ///
    /// # Errors
    /// Where `bytes` hold no NTFS volume, or its $MFT cannot be found by either of its copies.
    pub fn open(bytes: Arc<dyn ReadAt>, name: &str, cache: &Cache) -> Result<Self, Error> {
        let named = |fault: Arc<Fault>| Arc::new(Fault::clone(&fault).in_file(name));
        Self::open_unnamed(bytes, name, cache).map_err(|fault| Error::Fault(named(fault)))
    }

    fn open_unnamed(bytes: Arc<dyn ReadAt>, name: &str, cache: &Cache) -> Result<Self> {
        let pages = Arc::new(Pages::new(Arc::clone(&bytes), cache));
        let mft = |geometry: &Geometry| Mft::open(Arc::clone(&pages), geometry);
        let (geometry, (mft, mirrored), note) = boot::by_either(&*bytes, mft)?;
        let cut = cut_off(&*bytes, &geometry, &mft);
        let mut inner = Inner {
            bytes,
            pages,
            name: name.into(),
            geometry,
            mft: Arc::new(mft),
            upcase: Arc::new(UpCase::standard()),
            information: VolumeInformation::default(),
            notes: note.into_iter().chain(cut).chain(mirrored).collect(),
            remarks: Mutex::default(),
            secure: OnceLock::new(),
            object_ids: OnceLock::new(),
            free: OnceLock::new(),
            system: OnceLock::new(),
            last_scan: Mutex::default(),
            kept_scan: OnceLock::new(),
        };
        inner.read_upcase();
        inner.information = VolumeInformation::read(&inner);
        Ok(Self(Arc::new(inner)))
    }
}

/// That the bytes end before the volume does, with what of its $MFT is gone.
fn cut_off(bytes: &dyn ReadAt, geometry: &Geometry, mft: &Mft) -> Option<Arc<Fault>> {
    let there = bytes.size();
    if there >= geometry.size {
        return None;
    }
    let gone = mft.beyond(there);
    let records = match gone {
        0 => "all of its file records".to_owned(),
        gone => format!("all but {gone} of its {} file records", mft.len()),
    };
    let found = format!("{there:#x} of {:#x} bytes, with {records}", geometry.size);
    let fault = Fault::damaged(&codes::CUT_OFF, "volume").found(found);
    Some(Arc::new(fault))
}

impl Inner {
    /// Takes the volume's own case table, or keeps the standard one and notes that.
    fn read_upcase(&mut self) {
        let table = self
            .system_stream(record_number::UPCASE)
            .and_then(|stream| {
                let len = usize::try_from(stream.size().min(UPCASE_LEN)).unwrap_or_default();
                let mut bytes = vec![0; len];
                stream
                    .read_exact_at(&mut bytes, 0)
                    .map_err(|error| Fault::from_io(&error, "$UpCase"))?;
                Ok(bytes)
            });
        match table {
            Ok(bytes) if !bytes.is_empty() => self.upcase = Arc::new(UpCase::parse(&bytes)),
            Ok(_) => self
                .notes
                .push(Flaw::new(&codes::UPCASE, "is empty").in_part("$UpCase")),
            Err(fault) => {
                let flaw = Flaw::new(&codes::UPCASE, fault.found.clone());
                self.notes.push(flaw.in_part("$UpCase"));
            }
        }
    }

    /// The same volume for reading what is in its files from `source` instead.
    pub(crate) fn over(&self, source: Arc<dyn ReadAt>) -> Self {
        Self {
            bytes: Arc::clone(&source),
            pages: source,
            name: Arc::clone(&self.name),
            geometry: self.geometry.clone(),
            mft: Arc::clone(&self.mft),
            upcase: Arc::clone(&self.upcase),
            information: self.information.clone(),
            notes: Vec::new(),
            remarks: Mutex::default(),
            object_ids: OnceLock::new(),
            secure: OnceLock::new(),
            free: OnceLock::new(),
            // No file of a guest's is the system's.
            system: OnceLock::from(BTreeSet::new()),
            last_scan: Mutex::default(),
            kept_scan: OnceLock::new(),
        }
    }

    /// All that was wrong so far and could be worked around.
    pub(crate) fn notes(&self) -> Vec<Arc<Fault>> {
        let remarks = self.remarks.lock().unwrap_or_else(PoisonError::into_inner);
        self.notes.iter().chain(&*remarks).cloned().collect()
    }

    /// Notes what could be worked around while reading, the first time it is met.
    pub(crate) fn remark(&self, fault: Arc<Fault>) {
        let mut remarks = self.remarks.lock().unwrap_or_else(PoisonError::into_inner);
        if !remarks.iter().any(|known| known.code == fault.code) {
            remarks.push(fault);
        }
    }

    /// The unnamed stream of a file of the system, read through the cache.
    pub(crate) fn system_stream(&self, number: u64) -> Result<Arc<dyn ReadAt>> {
        let file = self.join(self.mft.record(number)?)?;
        let data = file.find(attribute_type::DATA, &[])?;
        let missing = || Flaw::new(&codes::ATTRIBUTE, "has no $DATA").in_record(number);
        content::open(
            &data.ok_or_else(missing)?,
            &self.pages,
            &self.geometry,
            &self.name,
        )
    }

    /// The file whose base record is `base`.
    pub(crate) fn join(&self, base: FileRecord) -> Result<File> {
        File::join(&self.mft, &self.pages, &self.geometry, base)
    }

    /// The file `node`; `None` where there is none.
    pub(crate) fn file(&self, node: NodeId) -> Result<Option<File>> {
        if node.0 >= self.mft.len() {
            return Ok(None);
        }
        let record = self.mft.record(node.0)?;
        let view = record.view();
        if !view.is_in_use() || view.base().is_some() {
            return Ok(None);
        }
        self.join(record).map(Some)
    }

    /// The index of the directory `file`. What is wrong with it shows when it is read.
    pub(crate) fn directory(&self, file: &File) -> Directory {
        Directory::new(self.index_parts(file))
    }

    /// What the index of the directory `file` is made of.
    pub(crate) fn index_parts(&self, file: &File) -> Parts {
        Parts {
            directory: file.number(),
            root: self.index_root(file, &DIRECTORY_INDEX).unwrap_or_default(),
            allocation: self.index_stream(file, attribute_type::INDEX_ALLOCATION, &DIRECTORY_INDEX),
            bitmap: self.index_stream(file, attribute_type::BITMAP, &DIRECTORY_INDEX),
            cluster_size: self.geometry.cluster_size,
            record_size: self.geometry.index_record_size,
            upcase: Arc::clone(&self.upcase),
        }
    }

    /// All files of the volume by their own records, for as long as somebody holds them.
    pub(crate) fn scan(&self) -> Arc<Scan> {
        let mut last = self
            .last_scan
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        last.upgrade().unwrap_or_else(|| {
            let scan = Arc::new(Scan::new(self));
            *last = Arc::downgrade(&scan);
            scan
        })
    }

    /// The same, kept from now on: on a damaged volume it is asked for again and again.
    pub(crate) fn kept_scan(&self) -> &Scan {
        self.kept_scan.get_or_init(|| self.scan())
    }

    /// The view index `name` of `file`. What is wrong with it shows when it is read.
    pub(crate) fn view_index(&self, file: &File, name: &[u16]) -> ViewIndex {
        ViewIndex {
            root: self.index_root(file, name).unwrap_or_default(),
            allocation: self.index_stream(file, attribute_type::INDEX_ALLOCATION, name),
            cluster_size: self.geometry.cluster_size,
        }
    }

    fn index_root(&self, file: &File, name: &[u16]) -> Result<Vec<u8>> {
        let root = file.find(attribute_type::INDEX_ROOT, name)?;
        let value = root.map(|root| root.read(&self.pages, &self.geometry, INDEX_ROOT_LEN));
        Ok(value.transpose()?.unwrap_or_default().into_owned())
    }

    fn index_stream(&self, file: &File, kind: u32, name: &[u16]) -> Option<Arc<dyn ReadAt>> {
        let found = file.find(kind, name).ok()??;
        content::open(&found, &self.pages, &self.geometry, &self.name).ok()
    }

    /// Whether record `number` belongs to the file system itself: the first records but the root, and
    /// what is below $Extend.
    pub(crate) fn is_system(&self, number: u64) -> bool {
        match number {
            record_number::ROOT => false,
            0..record_number::FIRST_USER => true,
            _ => self
                .system
                .get_or_init(|| self.below_extend())
                .contains(&number),
        }
    }

    /// The records below $Extend.
    fn below_extend(&self) -> BTreeSet<u64> {
        let mut found = BTreeSet::new();
        let mut directories = vec![record_number::EXTEND];
        while let Some(directory) = directories.pop().filter(|_| found.len() < MAX_SYSTEM) {
            let Ok(Some(file)) = self.file(NodeId(directory)) else {
                continue;
            };
            if !file.base().is_directory() {
                continue;
            }
            for name in self.directory(&file).names(Cursor::START).flatten() {
                let number = name.reference.record();
                if number >= record_number::FIRST_USER && found.insert(number) {
                    directories.push(number);
                }
            }
        }
        found
    }
}
