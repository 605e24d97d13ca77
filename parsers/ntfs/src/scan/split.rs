//! Files of several records, and whatever else is not as simple as most: looked up one by one.

use super::batch::Batch;
use super::digest::Digest;
use super::row::Row;
use crate::file::File;
use crate::flaw::Result;
use crate::metadata::{file_names, streams};
use crate::volume::Inner;
use tree::NodeId;

/// Adds the file whose base record is `number`, if it can be read.
pub(super) fn add(batch: &mut Batch, volume: &Inner, number: u64) {
    if let Ok(Some(file)) = volume.file(NodeId(number)) {
        let marks = batch.marks();
        if add_file(batch, volume, &file).is_err() {
            batch.reset(marks);
        }
    }
}

fn add_file(batch: &mut Batch, volume: &Inner, file: &File) -> Result<()> {
    let metadata = volume.metadata_of(file)?;
    let Ok(number) = u32::try_from(file.number()) else {
        return Ok(());
    };
    for name in file_names(file).filter(|name| !name.is_dos_twin()) {
        // Without room for a name the index decides.
        let _ = batch.add_name(&name);
    }
    batch.add_streams(number, streams(file, metadata.reparse_tag));
    let is_directory = file.base().is_directory();
    batch.push_row(Row {
        number,
        attributes: metadata.attributes.0,
        reparse_tag: metadata.reparse_tag.unwrap_or_default(),
        sequence: file.base().sequence(),
        links: u16::try_from(metadata.links).unwrap_or(u16::MAX),
        times: [
            metadata.created,
            metadata.modified,
            metadata.changed,
            metadata.accessed,
        ]
        .map(|time| time.0),
        size: metadata.size,
        allocated: metadata.allocated,
        storage: metadata.storage,
        is_directory,
        has_streams: false,
    });
    if is_directory {
        batch
            .indexes
            .push((number, Digest::of_index(volume.index_parts(file))));
    }
    Ok(())
}
