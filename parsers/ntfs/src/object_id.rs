//! Object ids: in the file's record, and where they were given in `$Extend/$ObjId`.

use std::sync::Arc;

use tree::{Birth, NodeId, ObjectId};
use zerocopy::FromBytes;

use crate::codes;
use crate::file::File;
use crate::flaw::{Flaw, Result};
use crate::format::{OBJECT_ID_INDEX, OBJECT_IDS, ObjectIdEntry, attribute_type, record_number};
use crate::reference::FileReference;
use crate::view_index::ViewIndex;
use crate::volume::Inner;

impl Inner {
    /// The object id in the record of `file`.
    pub(crate) fn object_id(&self, file: &File) -> Result<Option<ObjectId>> {
        let Some(value) = file.value(attribute_type::OBJECT_ID)? else {
            return Ok(None);
        };
        let (object, rest) = value.split_first_chunk().ok_or_else(|| {
            let found = format!("has an object id of {:#x} bytes", value.len());
            Flaw::new(&codes::OBJECT_ID, found).in_record(file.number())
        })?;
        let birth = match rest.as_chunks().0 {
            &[volume, object, domain, ..] => Some(Birth {
                volume,
                object,
                domain,
            }),
            _ => None,
        };
        let object = *object;
        Ok(Some(ObjectId { object, birth }))
    }

    /// Where the object id `object` of `file` was given, as the volume's index of them has it.
    pub(crate) fn birth(&self, file: &File, object: &[u8; 16]) -> Result<Option<Birth>> {
        let index = self.object_ids.get_or_init(|| self.open_object_ids());
        let Some(index) = index.as_ref().map_err(Arc::clone)? else {
            return Ok(None);
        };
        let data = index.get(object).map_err(|why| {
            let found = format!("has an object id that $ObjId:$O tells no more of: {why}");
            Flaw::new(&codes::OBJECT_ID, found).in_record(file.number())
        })?;
        let data = data.unwrap_or_default();
        let entry = ObjectIdEntry::ref_from_prefix(&data).map(|(entry, _)| entry);
        let owner = |entry: &&ObjectIdEntry| FileReference(entry.reference.get()).record();
        let entry = entry.ok().filter(|entry| owner(entry) == file.number());
        Ok(entry.map(|entry| Birth {
            volume: entry.birth_volume,
            object: entry.birth_object,
            domain: entry.domain,
        }))
    }

    /// The index of object ids; none on a volume that has none.
    fn open_object_ids(&self) -> Result<Option<ViewIndex>> {
        let Some(extend) = self.file(NodeId(record_number::EXTEND))? else {
            return Ok(None);
        };
        let Some(found) = self.directory(&extend).lookup(&OBJECT_IDS)? else {
            return Ok(None);
        };
        let file = self.file(NodeId(found.record()))?;
        Ok(file.map(|file| self.view_index(&file, &OBJECT_ID_INDEX)))
    }
}
