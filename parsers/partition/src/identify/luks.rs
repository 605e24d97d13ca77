//! LUKS, versions 1 and 2.

use std::io;

use super::{Foreign, ForeignKind};
use crate::format::superblock::Luks;
use crate::probe::Probe;
use crate::text;

pub(super) fn detect(volume: Probe<'_>) -> io::Result<Option<Foreign>> {
    let header = volume.read::<Luks>(0)?;
    let header = header.filter(|header| header.magic == *b"LUKS\xba\xbe");
    Ok(header.map(|header| Foreign {
        label: text::label(&header.label).filter(|_| header.version.get() == 2),
        size: Some(volume.size()),
        id: text::label(&header.uuid),
        ..Foreign::of(ForeignKind::Luks)
    }))
}
