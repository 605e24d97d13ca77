//! How the content of a file is kept, and what that means for who wants to read it.

use blockio::Fault;
use tree::Storage;

use crate::codes;
use crate::format::{ATTRIBUTE_COMPRESSED, ATTRIBUTE_ENCRYPTED, ATTRIBUTE_SPARSE};
use crate::reparse;

/// FILE_ATTRIBUTE_* bits of files whose content is elsewhere: offline, recall on open, recall on data
/// access.
const ELSEWHERE: u32 = 0x1000 | 0x4_0000 | 0x40_0000;

/// What the header of a $DATA attribute says of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DataFacts {
    /// Flags of the attribute.
    pub(crate) flags: u16,
    /// Bytes of the stream.
    pub(crate) size: u64,
    /// Bytes that it takes up.
    pub(crate) allocated: u64,
}

/// How a record keeps its content.
pub(crate) fn of_record(
    is_directory: bool,
    attributes: u32,
    tag: Option<u32>,
    data: Option<DataFacts>,
) -> Storage {
    match is_directory {
        true => of_directory(attributes, tag),
        false => of_file(attributes, tag, data),
    }
}

/// A directory's entries are its own, whatever its tag; what is elsewhere may be more of them.
fn of_directory(attributes: u32, tag: Option<u32>) -> Storage {
    let is_listed = attributes & ELSEWHERE == 0;
    tag.map_or(Storage::Plain, |tag| reparse::storage(tag, is_listed))
}

/// How a file with these attribute bits, this reparse tag and this unnamed stream keeps its content.
fn of_file(attributes: u32, tag: Option<u32>, data: Option<DataFacts>) -> Storage {
    let data = data.unwrap_or_default();
    if data.flags & ATTRIBUTE_ENCRYPTED != 0 {
        return Storage::Efs;
    }
    // A file that the cloud only has a copy of has all its own clusters; a placeholder has holes.
    let is_sparse = data.flags & ATTRIBUTE_SPARSE != 0;
    let is_local = attributes & ELSEWHERE == 0 && !is_sparse && data.size > 0;
    match tag.map_or(Storage::Plain, |tag| reparse::storage(tag, is_local)) {
        Storage::Plain if data.flags & ATTRIBUTE_COMPRESSED != 0 => Storage::Compressed,
        storage => storage,
    }
}

/// The fault of reading file record `number`, whose content is kept so, if that hides the content.
pub(crate) fn hidden(number: u64, storage: Storage, tag: Option<u32>) -> Option<Fault> {
    let (code, found) = match storage {
        Storage::Plain | Storage::Compressed | Storage::Wof => return None,
        Storage::Dedup => (&codes::DEDUP, "deduplicated"),
        Storage::Efs => (&codes::EFS, "encrypted (EFS)"),
        Storage::Cloud => (&codes::CLOUD, "a cloud placeholder"),
        Storage::Hsm => (&codes::HSM, "moved to other storage (HSM)"),
        Storage::Foreign => (&codes::HIDDEN, "hidden behind a reparse point"),
    };
    let found = match tag.filter(|_| storage != Storage::Efs) {
        Some(tag) => format!("{found} ({})", owned(tag)),
        None => found.to_owned(),
    };
    Some(Fault::unsupported(code, format!("file record {number}")).found(found))
}

/// `reparse tag 0x8000001e of Azure File Sync`.
fn owned(tag: u32) -> String {
    let owner = tree::reparse_owner(tag);
    let owner = owner.map_or_else(String::new, |owner| format!(" of {owner}"));
    format!("reparse tag {tag:#010x}{owner}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(flags: u16) -> Option<DataFacts> {
        Some(DataFacts {
            flags,
            size: 10,
            allocated: 16,
        })
    }

    #[test]
    fn flags_and_tags_tell_how_content_is_kept() {
        assert_eq!(of_file(0x20, None, data(0)), Storage::Plain);
        assert_eq!(of_file(0x820, None, data(1)), Storage::Compressed);
        assert_eq!(of_file(0x4020, None, data(0x4000)), Storage::Efs);
        assert_eq!(
            of_file(0x420, Some(0x8000_0017), data(0x8000)),
            Storage::Wof
        );
        assert_eq!(of_file(0, None, None), Storage::Plain);
    }

    #[test]
    fn a_file_the_cloud_has_a_copy_of_is_plain_only_with_all_its_bytes() {
        let tag = Some(0x9000_301A);
        assert_eq!(of_file(0x420, tag, data(0)), Storage::Plain);
        assert_eq!(of_file(0x420, tag, data(0x8000)), Storage::Cloud);
        assert_eq!(of_file(0x1420, tag, data(0)), Storage::Cloud);
        assert_eq!(of_file(0x420, tag, None), Storage::Cloud);
    }

    #[test]
    fn a_directory_of_the_cloud_hides_entries_only_where_it_was_not_listed_yet() {
        let of = |attributes, tag| of_record(true, attributes, Some(tag), None);
        assert_eq!(of(0x410, 0x9000_701A), Storage::Plain);
        assert_eq!(of(0x40_0410, 0x9000_701A), Storage::Cloud);
        assert_eq!(of(0x410, 0x9000_001C), Storage::Foreign);
        assert_eq!(of(0x410, 0xA000_0003), Storage::Plain);
        assert_eq!(of(0x410, 0x8000_000A), Storage::Plain);
        assert_eq!(of_record(true, 0x4010, None, None), Storage::Plain, "EFS");
    }

    #[test]
    fn stubs_of_every_maker_of_storage_are_stubs() {
        for tag in [0xC000_0004, 0x8000_0006, 0x1D, 0x60, 0x6F, 0x2000_002F] {
            assert_eq!(of_file(0x420, Some(tag), data(0)), Storage::Hsm, "{tag:#x}");
        }
        for tag in [0x8000_0007, 0x9000_001C, 0xC000_0014, 0x1234] {
            let storage = of_file(0x420, Some(tag), data(0));
            assert_eq!(storage, Storage::Foreign, "{tag:#x}");
        }
    }

    #[test]
    fn the_owner_of_a_tag_is_named() {
        let told = |tag| hidden(42, Storage::Hsm, Some(tag)).expect("hidden").found;
        let text = "moved to other storage (HSM) (reparse tag 0x0000001d of CommVault)";
        assert_eq!(told(0x1D), text);
        assert!(told(0x1234).ends_with("(reparse tag 0x00001234)"));
    }

    #[test]
    fn every_hidden_storage_has_its_own_code() {
        let all = [
            Storage::Dedup,
            Storage::Efs,
            Storage::Cloud,
            Storage::Hsm,
            Storage::Foreign,
        ];
        for (number, storage) in (221..).zip(all) {
            let fault = hidden(42, storage, Some(0x8000_0017)).expect("hidden");
            assert_eq!(fault.code.id, format!("HV-E{number}"));
            assert!(
                fault
                    .to_string()
                    .starts_with("not supported: file record 42: "),
                "{fault}"
            );
        }
        assert!(hidden(42, Storage::Plain, None).is_none());
    }
}
