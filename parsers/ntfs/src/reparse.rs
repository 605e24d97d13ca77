//! Reparse points: what they make of a file, and where links point.

use tree::{Kind, Link, LinkKind, Name, Storage};
use zerocopy::FromBytes;

use crate::format::{LinkHeader, ReparseHeader};

/// Tags of reparse points (ntifs.h, IO_REPARSE_TAG_*), those that are told apart.
pub(crate) mod tag {
    pub(crate) const MOUNT_POINT: u32 = 0xA000_0003;
    pub(crate) const SYMLINK: u32 = 0xA000_000C;
    pub(crate) const LX_SYMLINK: u32 = 0xA000_001D;
    pub(super) const HSM: u32 = 0xC000_0004;
    pub(super) const HSM2: u32 = 0x8000_0006;
    pub(super) const DEDUP: u32 = 0x8000_0013;
    pub(crate) const WOF: u32 = 0x8000_0017;
    pub(super) const CLOUD: u32 = 0x9000_001A;
    /// OneDrive before Windows 10 1709, and Azure File Sync.
    pub(super) const ONEDRIVE: u32 = 0x8000_0021;
    pub(super) const STORAGE_SYNC: u32 = 0x8000_001E;
    pub(super) const STORAGE_SYNC_FOLDER: u32 = 0x9000_0027;
    pub(super) const FILE_PLACEHOLDER: u32 = 0x8000_0015;
    /// Sockets, pipes and devices of the Linux subsystem and of NFS; links to packaged programs. No
    /// content.
    pub(super) const AF_UNIX: u32 = 0x8000_0023;
    pub(super) const LX_FIFO: u32 = 0x8000_0024;
    pub(super) const LX_CHR: u32 = 0x8000_0025;
    pub(super) const LX_BLK: u32 = 0x8000_0026;
    pub(super) const APP_EXEC_LINK: u32 = 0x8000_001B;
    pub(super) const NFS: u32 = 0x8000_0014;
    /// Content stays in the file: DFS, DFS-R, cluster shared volumes' marks.
    pub(super) const DFS: u32 = 0x8000_000A;
    pub(super) const DFSR: u32 = 0x8000_0012;
    pub(super) const CSV: u32 = 0x8000_0009;
}

/// The bits of a cloud tag that count up, one value for each state.
const CLOUD_STATES: u32 = 0x0000_F000;
/// Set in tags of links to other files or directories (name surrogates).
const IS_SURROGATE: u32 = 0x2000_0000;
/// Set in tags that Microsoft gives out; others carry a GUID before their data.
const IS_MICROSOFT: u32 = 0x8000_0000;
const GUID_LEN: usize = 16;
/// In the flags of a symbolic link: the target is relative to the link.
const SYMLINK_IS_RELATIVE: u32 = 0x1;
/// What the target of a mounted volume begins with.
const VOLUME_PREFIX: &[u8] = br"\??\Volume{";

/// A reparse point: its tag and the data behind its header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReparsePoint<'a> {
    pub(crate) tag: u32,
    pub(crate) data: &'a [u8],
}

impl<'a> ReparsePoint<'a> {
    /// The reparse point in a $REPARSE_POINT's value; `None` where its data leaves the value.
    pub(crate) fn parse(value: &'a [u8]) -> Option<Self> {
        let (header, rest) = ReparseHeader::ref_from_prefix(value).ok()?;
        let tag = header.tag.get();
        let guid = if tag & IS_MICROSOFT == 0 { GUID_LEN } else { 0 };
        let data = rest.get(guid..)?.get(..header.data_length.get().into())?;
        Some(Self { tag, data })
    }

    /// Whether it is one of those that point somewhere.
    pub(crate) fn is_link(&self) -> bool {
        [tag::SYMLINK, tag::MOUNT_POINT, tag::LX_SYMLINK].contains(&self.tag)
    }

    /// Where it points; `None` where the names leave the data.
    pub(crate) fn link(&self) -> Option<Link> {
        match self.tag {
            tag::SYMLINK => self.symlink(),
            tag::MOUNT_POINT => self.mount_point(),
            tag::LX_SYMLINK => self.lx_symlink(),
            _ => None,
        }
    }

    fn symlink(&self) -> Option<Link> {
        let (header, rest) = LinkHeader::ref_from_prefix(self.data).ok()?;
        let (flags, names) = rest.split_first_chunk()?;
        let relative = u32::from_le_bytes(*flags) & SYMLINK_IS_RELATIVE != 0;
        let (target, print) = link_names(header, names)?;
        Some(Link {
            kind: LinkKind::Symlink,
            target,
            print,
            relative,
        })
    }

    fn mount_point(&self) -> Option<Link> {
        let (header, names) = LinkHeader::ref_from_prefix(self.data).ok()?;
        let (target, print) = link_names(header, names)?;
        let kind = match target.as_bytes().starts_with(VOLUME_PREFIX) {
            true => LinkKind::MountPoint,
            false => LinkKind::Junction,
        };
        Some(Link {
            kind,
            target,
            print,
            relative: false,
        })
    }

    /// A link of the Linux subsystem: a version and the target in UTF-8.
    fn lx_symlink(&self) -> Option<Link> {
        let target = Name::from_bytes(self.data.get(4..)?);
        let relative = !target.as_bytes().starts_with(b"/");
        Some(Link {
            kind: LinkKind::Symlink,
            print: target.clone(),
            target,
            relative,
        })
    }
}

/// Substitute name and print name; offsets count from the end of the header.
fn link_names(header: &LinkHeader, names: &[u8]) -> Option<(Name, Name)> {
    let name = |offset: u16, length: u16| {
        let bytes = names.get(offset.into()..)?.get(..length.into())?;
        Some(Name::from_utf16(
            bytes
                .as_chunks()
                .0
                .iter()
                .map(|unit| u16::from_le_bytes(*unit)),
        ))
    };
    Some((
        name(
            header.substitute_offset.get(),
            header.substitute_length.get(),
        )?,
        name(header.print_offset.get(), header.print_length.get())?,
    ))
}

/// What a node is, by whether its record has an index and by its reparse tag.
pub(crate) fn kind(is_directory: bool, reparse_tag: Option<u32>) -> Kind {
    match reparse_tag {
        Some(tag::SYMLINK | tag::LX_SYMLINK) => Kind::Symlink,
        Some(tag::MOUNT_POINT) => Kind::Junction,
        Some(tag) if is_without_content(tag) => Kind::Other,
        _ if is_directory => Kind::Directory,
        Some(tag) if tag & IS_SURROGATE != 0 => Kind::Other,
        _ => Kind::File,
    }
}

/// How a file or directory with this reparse tag keeps its content; `is_local`: whether all of it is
/// there, as it is in a file that the cloud has a copy of.
pub(crate) fn storage(tag: u32, is_local: bool) -> Storage {
    match tag {
        tag::WOF => Storage::Wof,
        tag::DEDUP => Storage::Dedup,
        tag::HSM | tag::HSM2 => Storage::Hsm,
        _ if is_cloud(tag) && is_local => Storage::Plain,
        _ if is_cloud(tag) => Storage::Cloud,
        tag::SYMLINK | tag::MOUNT_POINT | tag::LX_SYMLINK => Storage::Plain,
        tag::DFS | tag::DFSR | tag::CSV => Storage::Plain,
        tag if is_without_content(tag) => Storage::Plain,
        tag if tree::storage_maker(tag).is_some() => Storage::Hsm,
        _ => Storage::Foreign,
    }
}

fn is_cloud(tag: u32) -> bool {
    tag & !CLOUD_STATES == tag::CLOUD
        || [
            tag::ONEDRIVE,
            tag::STORAGE_SYNC,
            tag::STORAGE_SYNC_FOLDER,
            tag::FILE_PLACEHOLDER,
        ]
        .contains(&tag)
}

fn is_without_content(tag: u32) -> bool {
    [
        tag::AF_UNIX,
        tag::LX_FIFO,
        tag::LX_CHR,
        tag::LX_BLK,
        tag::APP_EXEC_LINK,
        tag::NFS,
    ]
    .contains(&tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    /// A reparse point with two names, print name first as Windows writes symbolic links.
    fn point(tag: u32, flags: &[u8], target: &str, print: &str) -> Vec<u8> {
        let (target, print) = (utf16(target), utf16(print));
        let lengths = [print.len(), target.len(), 0, print.len()];
        let mut data: Vec<u8> = lengths
            .iter()
            .flat_map(|n| (*n as u16).to_le_bytes())
            .collect();
        data.extend([flags, &print, &target].concat());
        let len = (data.len() as u16).to_le_bytes();
        [&tag.to_le_bytes()[..], &len, &[0, 0], &data].concat()
    }

    fn link(value: &[u8]) -> Link {
        ReparsePoint::parse(value)
            .expect("whole")
            .link()
            .expect("a link")
    }

    #[test]
    fn symlinks_have_both_names_and_tell_relative() {
        let value = point(tag::SYMLINK, &[1, 0, 0, 0], r"..\b.txt", r"..\b.txt");
        let found = link(&value);
        assert_eq!((found.kind, found.relative), (LinkKind::Symlink, true));
        let found = link(&point(tag::SYMLINK, &[0; 4], r"\??\C:\b", r"C:\b"));
        assert_eq!(
            (found.target, found.print),
            (Name::from(r"\??\C:\b"), Name::from(r"C:\b"))
        );
    }

    #[test]
    fn junctions_and_mounted_volumes_differ_by_target() {
        let junction = link(&point(tag::MOUNT_POINT, &[], r"\??\C:\Users", r"C:\Users"));
        let volume = link(&point(tag::MOUNT_POINT, &[], r"\??\Volume{1234}\", ""));
        assert_eq!(
            (junction.kind, volume.kind),
            (LinkKind::Junction, LinkKind::MountPoint)
        );
    }

    #[test]
    fn linux_links_are_utf_8() {
        let value = [
            &tag::LX_SYMLINK.to_le_bytes()[..],
            &[8, 0, 0, 0],
            b"\x02\0\0\0/etc",
        ]
        .concat();
        let found = link(&value);
        assert_eq!((found.target, found.relative), (Name::from("/etc"), false));
    }

    #[test]
    fn names_that_leave_the_data_are_no_link() {
        let mut value = point(tag::MOUNT_POINT, &[], "target", "print");
        value[10] = 0xFF;
        assert!(
            ReparsePoint::parse(&value)
                .expect("the header is whole")
                .link()
                .is_none()
        );
        value[4] = 0xFF;
        assert!(ReparsePoint::parse(&value).is_none());
    }

    #[test]
    fn foreign_tags_carry_a_guid_before_their_data() {
        let value = [&0x10_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[9; 16], b"x"].concat();
        assert_eq!(ReparsePoint::parse(&value).expect("whole").data, b"x");
    }

    #[test]
    fn hidden_content_is_named_and_cloud_copies_are_not_hidden() {
        assert_eq!(storage(0x8000_0017, true), Storage::Wof);
        assert_eq!(storage(0x8000_0013, true), Storage::Dedup);
        assert_eq!(storage(0x9000_601A, false), Storage::Cloud);
        assert_eq!(storage(0x9000_601A, true), Storage::Plain);
        assert_eq!(storage(0xC000_0004, true), Storage::Hsm);
        assert_eq!(storage(0x9000_001C, true), Storage::Foreign);
        assert_eq!(storage(0x0000_1234, true), Storage::Foreign);
    }

    #[test]
    fn kinds_follow_record_and_tag() {
        assert_eq!(kind(true, None), Kind::Directory);
        assert_eq!(kind(true, Some(0x9000_101A)), Kind::Directory);
        assert_eq!(kind(true, Some(tag::SYMLINK)), Kind::Symlink);
        assert_eq!(kind(true, Some(tag::MOUNT_POINT)), Kind::Junction);
        assert_eq!(kind(false, Some(0x8000_0023)), Kind::Other);
        assert_eq!(kind(false, Some(tag::NFS)), Kind::Other);
        assert_eq!(kind(false, Some(0x8000_0017)), Kind::File);
    }
}
