//! Files that WOF (the Windows Overlay Filter, `compact /exe`, CompactOS) keeps compressed.
//!
//! Their unnamed stream has a size and no bytes. These are in the stream `WofCompressedData`: a table,
//! then chunks of XPRESS or LZX; a reparse point says which.

mod bits;
mod chunk_table;
mod codec;
mod external;
mod huffman;
mod lzx;
mod matches;
mod stream;
#[cfg(test)]
mod test_chunk;
mod xpress;

use std::sync::Arc;

use blockio::{Fault, Memory, ReadAt};
pub use codec::{Codec, Decoder};

use crate::codes;
use crate::file::File;
use crate::flaw::{Flaw, Result};
use crate::format::attribute_type;
use crate::reparse::{ReparsePoint, tag};
use crate::volume::Inner;
use stream::Chunks;

/// The stream with the compressed bytes.
const DATA_STREAM: &str = "WofCompressedData";

impl Inner {
    /// The content of `file`, of `size` bytes, which WOF keeps.
    ///
    /// # Errors
    /// Where it is kept in a way that is not read, or its parts contradict each other. What is lost
    /// of it shows where it is read.
    pub(crate) fn open_wof(&self, file: &File, size: u64) -> Result<Arc<dyn ReadAt>> {
        let number = file.number();
        let value = self.reparse_value(file)?.unwrap_or_default();
        let point = ReparsePoint::parse(&value).ok_or_else(|| {
            let found = "has a reparse point that ends within its data";
            Flaw::new(&codes::REPARSE_POINT, found).in_record(number)
        })?;
        let codec = external::codec(point.data).map_err(|found| {
            let what = format!("file record {number}");
            Arc::new(Fault::unsupported(&codes::WOF, what).found(found))
        })?;
        if size == 0 {
            return Ok(Arc::new(Memory::from(Vec::new())));
        }
        let name: Vec<u16> = DATA_STREAM.encode_utf16().collect();
        let stored = self.open_stream(file, &name)?.ok_or_else(|| {
            let found = format!("is WOF compressed and has no stream {DATA_STREAM}");
            Flaw::new(&codes::WOF_TABLE, found).in_record(number)
        })?;
        let chunks = Chunks::new(stored, codec, size, number, &self.name)?;
        Ok(Arc::new(crate::units::Made::new(chunks)))
    }
}

/// Bytes that the content of `file` takes up; `None` where it is not there.
pub(crate) fn allocated(file: &File) -> Option<u64> {
    let name: Vec<u16> = DATA_STREAM.encode_utf16().collect();
    let stored = file.find(attribute_type::DATA, &name).ok().flatten();
    stored.map(|stored| stored.facts().allocated)
}

/// Whether the stream `name` of a file with this reparse tag is storage and no stream of its own.
pub(crate) fn is_storage(reparse_tag: Option<u32>, name: &[u8]) -> bool {
    reparse_tag == Some(tag::WOF) && name == DATA_STREAM.as_bytes()
}
