//! What is known of a file without its data.

use std::borrow::Cow;
use std::sync::Arc;

use tree::{Attributes, Metadata, Name, Storage, StreamInfo, Time};
use zerocopy::FromBytes;

use crate::codes;
use crate::file::File;
use crate::file_name::FileName;
use crate::flaw::{Flaw, Result};
use crate::format::{StandardInformation, StandardInformation3, attribute_type};
use crate::reparse;
use crate::storage::{self, DataFacts};
use crate::volume::Inner;
use crate::wof;

/// Bytes that a $REPARSE_POINT has at most (MAXIMUM_REPARSE_DATA_BUFFER_SIZE).
const REPARSE_LEN: u64 = 16 << 10;

impl Inner {
    /// What is known of `file`, all of it from its own records.
    pub(crate) fn metadata_of(&self, file: &File) -> Result<Metadata> {
        let standard = standard_information(file)?;
        if let Some(fault) = file.gone(attribute_type::FILE_NAME) {
            return Err(Arc::clone(fault));
        }
        let names = file_names(file).filter(|name| !name.is_dos_twin()).count();
        let data = file
            .find(attribute_type::DATA, &[])?
            .map(|data| data.facts());
        let attributes = standard.attributes.get();
        let reparse_tag = self.reparse_tag(file)?;
        let is_directory = file.base().is_directory();
        let storage = storage::of_record(is_directory, attributes, reparse_tag, data);
        let kept = match storage {
            Storage::Wof => wof::allocated(file),
            _ => None,
        };
        Ok(Metadata {
            kind: reparse::kind(is_directory, reparse_tag),
            number: file.number(),
            size: data.map_or(0, |data| data.size),
            allocated: kept.unwrap_or_else(|| data.map_or(0, |data| data.allocated)),
            attributes: Attributes(attributes),
            created: Time(standard.created.get()),
            modified: Time(standard.modified.get()),
            changed: Time(standard.changed.get()),
            accessed: Time(standard.accessed.get()),
            links: u32::try_from(names).unwrap_or(u32::MAX),
            reparse_tag,
            storage,
            system: self.is_system(file.number()),
            deleted: None,
        })
    }

    /// The value of the file's reparse point, header included.
    pub(crate) fn reparse_value<'a>(&self, file: &'a File) -> Result<Option<Cow<'a, [u8]>>> {
        let Some(point) = file.find(attribute_type::REPARSE_POINT, &[])? else {
            return Ok(None);
        };
        point
            .read(&self.pages, &self.geometry, REPARSE_LEN)
            .map(Some)
    }

    /// The tag of the file's reparse point.
    pub(crate) fn reparse_tag(&self, file: &File) -> Result<Option<u32>> {
        let Some(value) = self.reparse_value(file)? else {
            return Ok(None);
        };
        let tag = value.first_chunk().map(|tag| u32::from_le_bytes(*tag));
        let tag = tag.filter(|&tag| tag != 0);
        let damage = || {
            Flaw::new(&codes::REPARSE_POINT, "has a reparse point without a tag")
                .in_record(file.number())
        };
        tag.map(Some).ok_or_else(damage)
    }
}

/// The file's $STANDARD_INFORMATION.
fn standard_information(file: &File) -> Result<&StandardInformation> {
    let value = file
        .value(attribute_type::STANDARD_INFORMATION)?
        .unwrap_or_default();
    let standard = StandardInformation::ref_from_prefix(value).map(|(standard, _)| standard);
    standard.map_err(|_| {
        let found = "has no whole $STANDARD_INFORMATION";
        Flaw::new(&codes::ATTRIBUTE, found).in_record(file.number())
    })
}

/// What the file's $STANDARD_INFORMATION has from version 3 on; `None` where it is of an older one.
pub(crate) fn standard_information_3(file: &File) -> Result<Option<&StandardInformation3>> {
    let value = file.value(attribute_type::STANDARD_INFORMATION)?;
    let rest = value.and_then(|value| value.get(size_of::<StandardInformation>()..));
    Ok(rest.and_then(|rest| {
        StandardInformation3::ref_from_prefix(rest)
            .ok()
            .map(|(tail, _)| tail)
    }))
}

/// All names of the file, DOS twins included.
pub(crate) fn file_names(file: &File) -> impl Iterator<Item = FileName<'_>> {
    let names = file
        .attributes()
        .filter(|(_, part)| part.kind == attribute_type::FILE_NAME);
    names.filter_map(|(_, part)| FileName::parse(part.resident()?))
}

/// All streams of the file, the unnamed one first.
///
/// One whose beginning is lost has no known size: it is listed with 0, and opening it is the fault, so
/// that it costs neither its file nor the other streams.
///
/// What is no stream of the user's but storage, as the file's reparse tag says, is left out.
pub(crate) fn streams(file: &File, reparse_tag: Option<u32>) -> Vec<StreamInfo> {
    let info = |name: Vec<u16>| {
        let facts = match file.find(attribute_type::DATA, &name) {
            Ok(data) => data?.facts(),
            Err(_) => DataFacts::default(),
        };
        let DataFacts {
            size, allocated, ..
        } = facts;
        Some(StreamInfo {
            name: Name::from_utf16(name),
            size,
            allocated,
        })
    };
    let streams = file.stream_names().into_iter().filter_map(info);
    streams
        .filter(|stream| !wof::is_storage(reparse_tag, stream.name.as_bytes()))
        .collect()
}
