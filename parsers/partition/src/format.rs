//! The on-disk structures: bytes only.

pub(crate) mod boot_sector;
pub(crate) mod gpt;
pub(crate) mod ldm;
pub(crate) mod mbr;
pub(crate) mod superblock;
