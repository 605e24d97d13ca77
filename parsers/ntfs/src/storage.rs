//! How the content of a file is kept, and what that means for who wants to read it.

use tree::Storage;

use crate::codes;
use crate::joined::Joined;
use crate::reparse;

/// FILE_ATTRIBUTE_* bits of files whose content is elsewhere: offline, recall on open, recall on data
/// access.
const ELSEWHERE: u32 = 0x1000 | 0x4_0000 | 0x40_0000;

/// How a file with these attribute bits, this reparse tag and this unnamed stream keeps its content.
pub(crate) fn of_file(attributes: u32, tag: Option<u32>, data: Option<&Joined<'_>>) -> Storage {
    let Some(data) = data else {
        return tag.map_or(Storage::Plain, |tag| reparse::storage(tag, false));
    };
    if data.is_encrypted() {
        return Storage::Efs;
    }
    let is_local = attributes & ELSEWHERE == 0 && !data.is_sparse() && data.sizes().size > 0;
    match tag.map(|tag| reparse::storage(tag, is_local)) {
        None | Some(Storage::Plain) if data.is_compressed() => Storage::Compressed,
        None => Storage::Plain,
        Some(storage) => storage,
    }
}

/// The fault of reading content that is kept so, if it hides the content.
pub(crate) fn hidden(storage: Storage, tag: Option<u32>) -> Option<blockio::Fault> {
    let (code, found) = match storage {
        Storage::Plain | Storage::Compressed => return None,
        Storage::Wof => (&codes::WOF, "WOF compressed"),
        Storage::Dedup => (&codes::DEDUP, "deduplicated"),
        Storage::Efs => (&codes::EFS, "encrypted (EFS)"),
        Storage::Cloud => (&codes::CLOUD, "cloud placeholder"),
        Storage::Hsm => (&codes::HSM, "HSM stub"),
        Storage::Foreign => (&codes::HIDDEN, "foreign reparse point"),
    };
    let what = match tag {
        Some(tag) if storage != Storage::Efs => format!("{found}, reparse tag {tag:#010x}"),
        _ => found.to_owned(),
    };
    Some(blockio::Fault::unsupported(code, what))
}
