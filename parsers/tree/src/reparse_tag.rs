//! Whose a reparse tag is: what an operator has to know of content that a tag hides.

use std::ops::RangeInclusive;

/// Tags of Microsoft's, and what uses them (MS-FSCC 2.1.2.1, ntifs.h); those of the cloud, which count
/// up, stand with [`CLOUD_STATES`] cleared.
const MICROSOFT: [(u32, &str); 38] = [
    (0xA000_0003, "mount point"),
    (0xC000_0004, "Remote Storage"),
    (0x8000_0005, "Drive Extender"),
    (0x8000_0006, "Remote Storage"),
    (0x8000_0007, "Single Instance Storage"),
    (0x8000_0008, "a mounted WIM image"),
    (0x8000_0009, "Cluster Shared Volumes"),
    (0x8000_000A, "Distributed File System"),
    (0x8000_000B, "filter manager"),
    (0xA000_000C, "symbolic link"),
    (0xA000_0010, "IIS cache"),
    (0x8000_0012, "DFS Replication"),
    (0x8000_0013, "Data Deduplication"),
    (0xC000_0014, "application streaming"),
    (0x8000_0014, "Server for NFS"),
    (0x8000_0015, "OneDrive of Windows 8.1"),
    (0x8000_0016, "dynamic file manager"),
    (0x8000_0017, "CompactOS (WOF)"),
    (0x8000_0018, "Windows containers"),
    (0x9000_1018, "Windows containers"),
    (0xA000_0019, "NT name space"),
    (0x9000_001A, "cloud files"),
    (0x8000_001B, "app execution alias"),
    (0x9000_001C, "Projected File System"),
    (0xA000_001D, "Linux symbolic link"),
    (0x8000_001E, "Azure File Sync"),
    (0xA000_001F, "Windows containers, deleted"),
    (0x8000_0020, "unhandled"),
    (0x8000_0021, "OneDrive"),
    (0xA000_0022, "Projected File System, deleted"),
    (0x8000_0023, "Unix socket"),
    (0x8000_0024, "Linux pipe"),
    (0x8000_0025, "Linux character device"),
    (0x8000_0026, "Linux block device"),
    (0x9000_0027, "Azure File Sync"),
    (0xA000_0027, "Windows containers"),
    (0xA000_1027, "Windows containers"),
    (0xA000_0028, "Windows containers, base image"),
];

/// The bits of a cloud tag that count up, one value for each state of a file.
const CLOUD_STATES: u32 = 0x0000_F000;
const CLOUD: u32 = 0x9000_001A;

/// Tags that were given to makers of hierarchical storage: their stubs stand for content elsewhere.
#[rustfmt::skip]
const STORAGE_MAKERS: [(u32, &str); 57] = [
    (0xA, "Moonwalk"),
    (0xC, "Arkivio"),
    (0xE, "CommVault"),
    (0xF, "Overtone"),
    (0x10, "Symantec Enterprise Vault"),
    (0x11, "Enigma Data"),
    (0x12, "Symantec"),
    (0x13, "Intercope"),
    (0x14, "KOM Networks"),
    (0x15, "Memory-Tech"),
    (0x16, "BridgeHead"),
    (0x18, "Global 360"),
    (0x19, "Altiris"),
    (0x1A, "Hermes"),
    (0x1B, "PointSoft"),
    (0x1C, "GRAU DATA"),
    (0x1D, "CommVault"),
    (0x1F, "EDSI"),
    (0x20, "HP"),
    (0x21, "SER"),
    (0x22, "Double-Take"),
    (0x23, "Wisdata"),
    (0x24, "Mimosa"),
    (0x25, "HSAG"),
    (0x26, "ADA"),
    (0x27, "Autonomy"),
    (0x28, "Nexsan"),
    (0x2A, "Sony"),
    (0x2B, "Eltan"),
    (0x2C, "Utixo"),
    (0x2D, "Quest"),
    (0x2E, "dataglobal"),
    (0x30, "DataFirst"),
    (0x31, "C2C Systems"),
    (0x33, "Riverbed"),
    (0x34, "Caringo"),
    (0x38, "ZLTI"),
    (0x39, "EMC"),
    (0x3C, "Carroll"),
    (0x3D, "Comtrade"),
    (0x3E, "EaseVault"),
    (0x3F, "HDS"),
    (0x41, "Google"),
    (0x42, "Quaddra"),
    (0x44, "Dropbox"),
    (0x45, "Adobe"),
    (0x47, "Activision"),
    (0x48, "HDS HCP"),
    (0x4E, "CTERA"),
    (0x4F, "Nippon"),
    (0x50, "Redstor"),
    (0x52, "DOR"),
    (0x55, "HubStor"),
    (0x57, "EaseFilter"),
    (0x2000_002F, "QI-Tech"),
    (0x2000_0035, "MaxiScale"),
    (0x2000_0056, "iManage"),
];
/// The sixteen tags of Acronis.
const ACRONIS: RangeInclusive<u32> = 0x60..=0x6F;

/// What uses reparse points with this tag, where that is known.
///
/// ```
/// assert_eq!(hvrestore_tree::reparse_owner(0x9000_601A), Some("cloud files"));
/// assert_eq!(hvrestore_tree::reparse_owner(0x1D), Some("CommVault"));
/// assert_eq!(hvrestore_tree::reparse_owner(0x1234), None);
/// ```
#[must_use]
pub fn reparse_owner(tag: u32) -> Option<&'static str> {
    let listed = match tag & !CLOUD_STATES == CLOUD {
        true => CLOUD,
        false => tag,
    };
    let known = MICROSOFT.iter().find(|(known, _)| *known == listed);
    known
        .map(|(_, owner)| *owner)
        .or_else(|| storage_maker(tag))
}

/// The maker of hierarchical storage (HSM) that this tag was given to, if it was.
#[must_use]
pub fn storage_maker(tag: u32) -> Option<&'static str> {
    if ACRONIS.contains(&tag) {
        return Some("Acronis");
    }
    let known = STORAGE_MAKERS.iter().find(|(known, _)| *known == tag);
    known.map(|(_, maker)| *maker)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_listed_once() {
        let tags = MICROSOFT.iter().chain(&STORAGE_MAKERS).map(|(tag, _)| *tag);
        let tags: Vec<_> = tags.chain(ACRONIS).collect();
        let different: std::collections::BTreeSet<_> = tags.iter().collect();
        assert_eq!(different.len(), tags.len());
    }

    #[test]
    fn only_tags_given_to_makers_of_storage_are_theirs() {
        assert_eq!(storage_maker(0x6A), Some("Acronis"));
        assert_eq!(storage_maker(0x2000_0056), Some("iManage"));
        assert_eq!(storage_maker(0x9000_001A), None);
        // Samples, unions and backups have tags, too.
        for tag in [0x9, 0xB, 0x36, 0x3B, 0x4C, 0x70, 0x2000_0054] {
            assert_eq!(storage_maker(tag), None, "{tag:#x}");
        }
    }
}
