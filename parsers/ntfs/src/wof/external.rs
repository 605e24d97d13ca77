//! What the reparse point of a WOF file says. MS-FSCC has the tag; wofapi.h and ntifs.h the rest.

use zerocopy::FromBytes;

use super::Codec;
use crate::format::WofHeader;

/// The versions of both parts that there are.
const VERSION: u32 = 1;
/// The content is in a WIM image elsewhere.
const PROVIDER_WIM: u32 = 1;
/// The content is in a stream of the file.
const PROVIDER_FILE: u32 = 2;

/// The codec that the reparse point with this `data` names.
///
/// # Errors
/// What it is that cannot be read.
pub(super) fn codec(data: &[u8]) -> Result<Codec, String> {
    let Ok((header, _)) = WofHeader::ref_from_prefix(data) else {
        return Err(format!("WOF data of {} bytes", data.len()));
    };
    match (header.version.get(), header.provider.get()) {
        (VERSION, PROVIDER_FILE) => {}
        (VERSION, PROVIDER_WIM) => return Err("content in a WIM image (WIMBoot)".to_owned()),
        (version, provider) => return Err(format!("WOF provider {provider}, version {version}")),
    }
    let (version, algorithm) = (header.file_version.get(), header.algorithm.get());
    let codec = Codec::numbered(algorithm).filter(|_| version == VERSION);
    codec.ok_or_else(|| format!("WOF compression {algorithm}, version {version}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(fields: &[u32]) -> Result<Codec, String> {
        let data: Vec<u8> = fields
            .iter()
            .flat_map(|field| field.to_le_bytes())
            .collect();
        codec(&data)
    }

    #[test]
    fn the_file_provider_names_one_of_four() {
        assert_eq!(of(&[1, 2, 1, 0]), Ok(Codec::Xpress4K));
        assert_eq!(of(&[1, 2, 1, 1]), Ok(Codec::Lzx32K));
        assert_eq!(of(&[1, 2, 1, 2, 0]), Ok(Codec::Xpress8K));
        assert_eq!(of(&[1, 2, 1, 3]), Ok(Codec::Xpress16K));
    }

    #[test]
    fn everything_else_is_named() {
        let cases: [(&[u32], &str); 5] = [
            (&[1, 1, 2, 0], "content in a WIM image (WIMBoot)"),
            (&[1, 2, 1, 4], "WOF compression 4, version 1"),
            (&[1, 2, 2, 1], "WOF compression 1, version 2"),
            (&[2, 2, 1, 1], "WOF provider 2, version 2"),
            (&[1, 2, 1], "WOF data of 12 bytes"),
        ];
        for (fields, why) in cases {
            assert_eq!(of(fields), Err(why.to_owned()));
        }
    }
}
