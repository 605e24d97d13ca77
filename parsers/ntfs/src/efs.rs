//! The `$EFS` attribute of an encrypted file: who could decrypt it. MS-EFSR 2.2.2.1.
//!
//! Nothing is decrypted here: the keys are not in the attribute, only what they are known by.

use blockio::Fault;
use tree::{Efs, KeyHolder};
use zerocopy::FromBytes;

use crate::file::File;
use crate::flaw::Result;
use crate::format::{
    EFS_NAME, EfsCertificate, EfsHeader, EfsKeyEntry, EfsPublicKey, attribute_type,
};
use crate::volume::Inner;

/// Windows lets the attribute grow no further, in bytes.
const MAX_LEN: u64 = 256 << 10;
/// The last version whose key lists have the form of MS-EFSR 2.2.2.1; later ones are 2.2.2.2.
const LAST_VERSION: u32 = 3;
/// A public key that is known by its certificate's thumbprint.
const BY_CERTIFICATE: u32 = 3;
/// Code units of a name at most.
const MAX_TEXT: usize = 1024;
/// Holders of keys that a message names.
const TOLD: usize = 3;

impl Inner {
    /// What `file` carries for those who can decrypt it, if it carries anything.
    pub(crate) fn efs(&self, file: &File) -> Result<Option<Efs>> {
        let Some(found) = file.find(attribute_type::LOGGED_UTILITY_STREAM, &EFS_NAME)? else {
            return Ok(None);
        };
        let value = found.read(&self.pages, &self.geometry, MAX_LEN)?;
        Ok(Some(parse(&value)))
    }

    /// `fault`, that `file` is encrypted, with who could decrypt it.
    pub(crate) fn with_holders(&self, fault: Fault, file: &File) -> Fault {
        let holders = match self.efs(file) {
            Ok(Some(efs)) => told(&efs),
            Ok(None) => "it carries no keys".into(),
            Err(fault) => format!("its keys cannot be read: {}", fault.found),
        };
        let found = format!("{}; {holders}", fault.found);
        fault.found(found)
    }
}

/// Who could decrypt, in a clause.
fn told(efs: &Efs) -> String {
    let all: Vec<_> = efs.users.iter().chain(&efs.recovery).collect();
    let mut names: Vec<_> = all.iter().take(TOLD).map(ToString::to_string).collect();
    match all.len().saturating_sub(TOLD) {
        0 => {}
        more => names.push(format!("{more} more")),
    }
    match names.is_empty() {
        true => format!(
            "who could decrypt it is not understood (version {})",
            efs.version
        ),
        false => format!("decrypted by {}", names.join("; by ")),
    }
}

/// What the attribute's value says; what cannot be understood is left out.
fn parse(value: &[u8]) -> Efs {
    let header = EfsHeader::ref_from_prefix(value)
        .ok()
        .map(|(header, _)| header);
    let version = header.map_or(0, |header| header.version.get());
    let lists = header.filter(|_| (1..=LAST_VERSION).contains(&version));
    let [users, recovery] = [
        lists.map(|header| header.ddf),
        lists.map(|header| header.drf),
    ]
    .map(|offset| offset.and_then(|offset| key_list(value, offset.get())));
    Efs {
        raw: value.into(),
        version,
        is_understood: users.is_some() && recovery.is_some(),
        users: users.unwrap_or_default(),
        recovery: recovery.unwrap_or_default(),
    }
}

/// The key list at `offset`; none where that is 0. `None`: it leaves the value.
fn key_list(value: &[u8], offset: u32) -> Option<Vec<KeyHolder>> {
    if offset == 0 {
        return Some(Vec::new());
    }
    let (count, mut rest) = at(value, offset)?.split_first_chunk()?;
    let mut holders = Vec::new();
    for _ in 0..u32::from_le_bytes(*count) {
        let (entry, _) = EfsKeyEntry::ref_from_prefix(rest).ok()?;
        let len = usize::try_from(entry.length.get()).ok()?;
        let bytes = rest
            .get(..len)
            .filter(|_| len >= size_of::<EfsKeyEntry>())?;
        holders.push(holder(at(bytes, entry.public_key.get())?)?);
        rest = rest.get(len..)?;
    }
    Some(holders)
}

/// Whose public key this is. MS-EFSR 2.2.2.1.3.
fn holder(bytes: &[u8]) -> Option<KeyHolder> {
    let (key, _) = EfsPublicKey::ref_from_prefix(bytes).ok()?;
    let mut holder = match key.kind.get() {
        BY_CERTIFICATE => certificate(at(bytes, key.certificate.get())?)?,
        _ => KeyHolder::default(),
    };
    if key.owner.get() != 0 {
        holder.sid = Some(sid(at(bytes, key.owner.get())?)?);
    }
    Some(holder)
}

/// By what a key is known. MS-EFSR 2.2.2.1.4.
fn certificate(bytes: &[u8]) -> Option<KeyHolder> {
    let (certificate, _) = EfsCertificate::ref_from_prefix(bytes).ok()?;
    let len = usize::try_from(certificate.thumbprint_length.get()).ok()?;
    let thumbprint = at(bytes, certificate.thumbprint.get())?.get(..len)?;
    let hex = thumbprint.iter().map(|byte| format!("{byte:02X}"));
    Some(KeyHolder {
        name: text(bytes, certificate.name.get()),
        sid: None,
        thumbprint: (len > 0).then(|| hex.collect()),
        container: text(bytes, certificate.container.get()),
        provider: text(bytes, certificate.provider.get()),
    })
}

/// The text at `offset`, which ends with a zero; none where the offset is 0.
fn text(bytes: &[u8], offset: u32) -> Option<String> {
    let bytes = at(bytes, offset).filter(|_| offset != 0)?;
    let units = bytes
        .as_chunks()
        .0
        .iter()
        .map(|unit| u16::from_le_bytes(*unit));
    let units: Vec<u16> = units.take_while(|unit| *unit != 0).take(MAX_TEXT).collect();
    Some(String::from_utf16_lossy(&units)).filter(|text| !text.is_empty())
}

/// A security identifier as text. MS-DTYP 2.4.2.
fn sid(bytes: &[u8]) -> Option<String> {
    let (&[revision, count], rest) = bytes.split_first_chunk()?;
    let (authority, rest) = rest.split_first_chunk::<6>()?;
    let authority = authority
        .iter()
        .fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
    let parts = rest.as_chunks().0.get(..count.into())?;
    let parts = parts
        .iter()
        .map(|part| format!("-{}", u32::from_le_bytes(*part)));
    Some(format!(
        "S-{revision}-{authority}{}",
        parts.collect::<String>()
    ))
}

/// What begins at `offset` of `bytes`.
fn at(bytes: &[u8], offset: u32) -> Option<&[u8]> {
    bytes.get(usize::try_from(offset).ok()?..)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value with one key list of one entry: header 0x54, list 4, entry 20, key 28, SID 12,
    /// certificate 20, thumbprint 3, name 8.
    fn value() -> Vec<u8> {
        let words = |words: &[u32]| -> Vec<u8> {
            words.iter().flat_map(|word| word.to_le_bytes()).collect()
        };
        let certificate = [
            words(&[20, 3, 0, 0, 23]),
            vec![0xAB, 0xCD, 0x01],
            b"a\0n\0a\0\0\0".to_vec(),
        ]
        .concat();
        let sid = [&[1, 1, 0, 0, 0, 0, 0, 5][..], &words(&[18])].concat();
        let key = [words(&[71, 28, 3, 31, 40, 0, 0]), sid, certificate].concat();
        let entry = [words(&[91, 20, 0, 91, 0]), key].concat();
        let ids = vec![0; 48];
        let header = [
            words(&[0x54 + 95, 0, 2, 0]),
            ids,
            words(&[0x54, 0, 0, 0, 0]),
        ]
        .concat();
        [header, words(&[1]), entry].concat()
    }

    #[test]
    fn holders_are_named_by_account_name_and_certificate() {
        let efs = parse(&value());
        let holder = KeyHolder {
            name: Some("ana".into()),
            sid: Some("S-1-5-18".into()),
            thumbprint: Some("ABCD01".into()),
            ..KeyHolder::default()
        };
        assert_eq!((efs.version, efs.is_understood), (2, true));
        assert_eq!((efs.users, efs.recovery), (vec![holder], vec![]));
        let text = "decrypted by ana, S-1-5-18, certificate ABCD01";
        assert_eq!(told(&parse(&value())), text);
    }

    #[test]
    fn no_lie_about_lengths_is_followed() {
        let value = value();
        for at in (0..value.len()).step_by(4) {
            for lie in [0, 1, 0x7FFF_FFFF_u32, u32::MAX] {
                let mut value = value.clone();
                let end = value.len().min(at + 4);
                value[at..end].copy_from_slice(&lie.to_le_bytes()[..end - at]);
                let efs = parse(&value);
                assert!(
                    efs.users.len() + efs.recovery.len() <= 2,
                    "{at:#x}: {lie:#x}"
                );
            }
        }
        for len in 0..value.len() - 8 {
            assert!(!parse(&value[..len]).is_understood, "{len}");
        }
    }

    #[test]
    fn other_versions_are_not_guessed_at() {
        let mut value = value();
        value[8] = 4;
        let efs = parse(&value);
        assert!(!efs.is_understood && efs.users.is_empty());
        let text = "who could decrypt it is not understood (version 4)";
        assert_eq!(told(&efs), text);
    }
}
