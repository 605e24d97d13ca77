//! What only some readers want of a file.

use std::sync::Arc;

use blockio::Fault;
use tree::{Details, ExtendedAttribute, NodeId, ObjectId};

use crate::codes;
use crate::extended_attributes;
use crate::file::File;
use crate::file_name::FileName;
use crate::flaw::{Flaw, Result};
use crate::format::attribute_type;
use crate::metadata::{file_names, standard_information_3};
use crate::volume::Inner;

/// Bytes of a reparse point's header, which its raw data goes without.
const REPARSE_HEADER: usize = 8;

impl Inner {
    /// The details of `file`, each part for itself.
    pub(crate) fn details_of(&self, file: &File) -> Details {
        let mut lost = Vec::new();
        let short = file_names(file).find(FileName::is_dos_twin);
        let long = file_names(file).filter(|name| !name.is_dos_twin());
        Details {
            reparse: kept(self.reparse_data(file), &mut lost).flatten(),
            short_name: short.map(|name| name.name()),
            names: long
                .map(|name| (NodeId(name.parent.record()), name.name()))
                .collect(),
            extended_attributes: kept(self.extended_attributes(file), &mut lost)
                .unwrap_or_default(),
            object_id: self.object_id_and_birth(file, &mut lost),
            efs: kept(self.efs(file), &mut lost).flatten(),
            usn: kept(usn(file), &mut lost).flatten(),
            lost,
        }
    }

    fn object_id_and_birth(&self, file: &File, lost: &mut Vec<Arc<Fault>>) -> Option<ObjectId> {
        let mut id = kept(self.object_id(file), lost).flatten()?;
        if id.birth.is_none() {
            id.birth = kept(self.birth(file, &id.object), lost).flatten();
        }
        Some(id)
    }

    fn reparse_data(&self, file: &File) -> Result<Option<Arc<[u8]>>> {
        let value = self.reparse_value(file)?;
        Ok(value.and_then(|value| value.get(REPARSE_HEADER..).map(Arc::from)))
    }

    fn extended_attributes(&self, file: &File) -> Result<Vec<ExtendedAttribute>> {
        let Some(list) = file.find(attribute_type::EA, &[])? else {
            return Ok(Vec::new());
        };
        let bytes = list.read(&self.pages, &self.geometry, extended_attributes::MAX_LEN)?;
        let parsed = extended_attributes::parse(&bytes);
        parsed.map_err(|why| Flaw::new(&codes::EXTENDED_ATTRIBUTES, why).in_record(file.number()))
    }
}

/// What was read; why not goes to `lost`.
fn kept<T>(read: Result<T>, lost: &mut Vec<Arc<Fault>>) -> Option<T> {
    read.map_err(|fault| lost.push(fault)).ok()
}

fn usn(file: &File) -> Result<Option<u64>> {
    let usn = standard_information_3(file)?.map(|standard| standard.usn.get());
    Ok(usn.filter(|&usn| usn != 0))
}
