//! The mount manager's names: which device has which drive letter.

use std::fmt;
use std::sync::Arc;

use blockio::Fault;
use hive::Value;
use tree::FileSystem;
use uuid::Uuid;

use super::files::Config;
use super::settings::Settings;

/// What the value's data begins with for a partition of a GPT disk, and for a volume of a dynamic one.
const DMIO: &[u8] = b"DMIO:ID:";

/// One name of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mounted {
    /// The name.
    pub name: Name,
    /// Which device.
    pub device: Device,
}

/// A name that the mount manager gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// A drive letter, upper case.
    Letter(char),
    /// A volume's own name, `\\?\Volume{...}`.
    Volume(Uuid),
    /// Any other, as it is.
    Other(String),
}

/// How the mount manager knows a device again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Device {
    /// A partition of an MBR disk.
    Mbr {
        /// The disk's signature.
        signature: u32,
        /// Where the partition begins, in bytes.
        offset: u64,
    },
    /// A partition of a GPT disk by its GUID, or a volume of a dynamic disk (LDM) by its own.
    Guid(Uuid),
    /// Anything else by its path: a drive with removable media, a memory card.
    Path(String),
    /// Bytes of a form that is not known.
    Unknown(Vec<u8>),
}

impl Device {
    fn parse(data: &[u8]) -> Self {
        if let (12, Some((signature, offset))) = (data.len(), data.split_first_chunk::<4>())
            && let Ok(offset) = offset.try_into()
        {
            return Self::Mbr {
                signature: u32::from_le_bytes(*signature),
                offset: u64::from_le_bytes(offset),
            };
        }
        let guid = data.strip_prefix(DMIO).map(<[u8; 16]>::try_from);
        if let Some(Ok(guid)) = guid {
            return Self::Guid(Uuid::from_bytes_le(guid));
        }
        let units = data
            .chunks_exact(2)
            .map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
        let text: Option<String> = char::decode_utf16(units).map(Result::ok).collect();
        match text.filter(|text| text.starts_with(['_', '\\'])) {
            Some(path) => Self::Path(path),
            None => Self::Unknown(data.to_vec()),
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mbr { signature, offset } => write!(
                f,
                "the partition at {offset:#x} of the MBR disk with signature {signature:08x}"
            ),
            Self::Guid(id) => write!(f, "the partition or volume {id}"),
            Self::Path(path) => write!(f, "the device {path}"),
            Self::Unknown(data) => {
                write!(f, "a device known by {} bytes of another form", data.len())
            }
        }
    }
}

impl Name {
    fn parse(name: &str) -> Self {
        if let Some([letter, b':']) = name.strip_prefix(r"\DosDevices\").map(str::as_bytes)
            && letter.is_ascii_alphabetic()
        {
            return Self::Letter(char::from(letter.to_ascii_uppercase()));
        }
        let guid = name
            .strip_prefix(r"\??\Volume{")
            .and_then(|rest| rest.strip_suffix('}'));
        let guid = guid.and_then(|guid| Uuid::try_parse(guid).ok());
        guid.map_or_else(|| Self::Other(name.into()), Self::Volume)
    }
}

/// The devices that the installation on `fs` knows, and what could not be read of them; `None`
/// where there is no installation.
#[must_use]
pub fn mounted_devices(fs: &dyn FileSystem) -> Option<(Vec<Mounted>, Vec<Arc<Fault>>)> {
    let hive = match Config::find(fs)?.open("SYSTEM") {
        Ok(hive) => hive,
        Err(fault) => return Some((Vec::new(), vec![fault])),
    };
    let settings = Settings::of_system(&hive);
    let mounted = of(&settings);
    let own = hive.notes().iter().cloned();
    let notes = own.chain(settings.into_notes()).collect();
    Some((mounted, notes))
}

/// The values of `MountedDevices`.
pub(super) fn of(settings: &Settings<'_>) -> Vec<Mounted> {
    let Some(key) = settings.top("MountedDevices") else {
        return Vec::new();
    };
    let values = settings.known(key.values()).into_iter().flatten();
    let mounted = |value: Value| Mounted {
        name: Name::parse(&value.name),
        device: Device::parse(&value.data),
    };
    values
        .filter_map(|value| settings.known(value))
        .map(mounted)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_of_every_form() {
        let mbr = b"\x0d\xf0\xad\xde\0\0\x10\0\0\0\0\0";
        assert_eq!(
            Device::parse(mbr),
            Device::Mbr {
                signature: 0xdead_f00d,
                offset: 0x10_0000
            }
        );
        let gpt = b"DMIO:ID:\x28\x73\x2a\xc1\x1f\xf8\xd2\x11\xba\x4b\x00\xa0\xc9\x3e\xc9\x3b";
        let id = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b".parse().unwrap();
        assert_eq!(Device::parse(gpt), Device::Guid(id));
        let path: Vec<u8> = "_??_USBSTOR#Disk"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(
            Device::parse(&path),
            Device::Path("_??_USBSTOR#Disk".into())
        );
        for odd in [&b""[..], b"DMIO:ID:\x01", b"\xff\xff\xff\xff\xff\xff\xff"] {
            assert_eq!(Device::parse(odd), Device::Unknown(odd.to_vec()));
        }
    }

    #[test]
    fn names_of_every_form() {
        assert_eq!(Name::parse(r"\DosDevices\c:"), Name::Letter('C'));
        let id = "6d0a8a3c-51b9-4f0f-9c55-0d5b6e2f7a41";
        let volume = Name::Volume(id.parse().unwrap());
        assert_eq!(Name::parse(&format!(r"\??\Volume{{{id}}}")), volume);
        for odd in [
            r"\DosDevices\",
            r"\DosDevices\\u{e9}:",
            r"#{guid}",
            r"\??\Volume{x}",
        ] {
            assert_eq!(Name::parse(odd), Name::Other(odd.into()));
        }
    }
}
