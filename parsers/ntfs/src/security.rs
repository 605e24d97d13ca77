//! The security descriptor of a file: in its own record, or in `$Secure`.

use std::sync::Arc;

use blockio::ReadAt;

use crate::codes;
use crate::content;
use crate::file::File;
use crate::flaw::{Flaw, Result};
use crate::format::{SECURITY_DESCRIPTORS, SECURITY_ID_INDEX, attribute_type, record_number};
use crate::metadata::standard_information_3;
use crate::secure::Secure;
use crate::volume::Inner;

/// Bytes of a descriptor in a file's own record at most: owner, group and two lists of 64 KiB.
const DESCRIPTOR_LEN: u64 = 256 << 10;

impl Inner {
    /// The descriptor of `file`: its own one before that of its security id.
    pub(crate) fn security_of(&self, file: &File) -> Result<Option<Arc<[u8]>>> {
        if let Some(own) = file.find(attribute_type::SECURITY_DESCRIPTOR, &[])? {
            let bytes = own.read(&self.pages, &self.geometry, DESCRIPTOR_LEN)?;
            return Ok(Some(bytes.into()));
        }
        let id = standard_information_3(file)?.map_or(0, |standard| standard.security_id.get());
        if id == 0 {
            return Ok(None);
        }
        let found = match self.secure.get_or_init(|| self.open_secure()) {
            Ok(secure) => secure.descriptor(id),
            Err(fault) => return Err(Arc::clone(fault)),
        };
        let found = found.map_err(|flaw| flaw.in_record(file.number()))?;
        if let Some(why) = found.mirrored {
            self.remark(Flaw::new(&codes::SECURITY_MIRROR, why).in_part("$Secure"));
        }
        Ok(Some(found.descriptor))
    }

    fn open_secure(&self) -> Result<Secure> {
        let file = self.join(self.mft.record(record_number::SECURE)?)?;
        let index = self.view_index(&file, &SECURITY_ID_INDEX);
        Ok(Secure::new(self.secure_stream(&file)?, index))
    }

    fn secure_stream(&self, file: &File) -> Result<Arc<dyn ReadAt>> {
        let sds = file.find(attribute_type::DATA, &SECURITY_DESCRIPTORS)?;
        let missing = || {
            let found = "$Secure has no stream $SDS";
            Flaw::new(&codes::SECURITY_DESCRIPTOR, found).in_record(record_number::SECURE)
        };
        let sds = sds.ok_or_else(missing)?;
        content::open(&sds, &self.pages, &self.geometry, &self.name)
    }
}
