//! What a differencing disk knows of its parent.

use blockio::{Fault, ReadAt};
use uuid::Uuid;

use crate::codes::LOCATOR;
use crate::format::{ABSOLUTE, Locator, RELATIVE, UNUSED};
use crate::header::ActiveHeader;

/// Longest path that is read, in bytes: what Windows can hold, in UTF-16.
const MAX_PATH: u32 = 64 << 10;

/// What a differencing disk knows of its parent. The unique id decides; names and paths only help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParentLocator {
    /// The parent's unique id.
    pub unique_id: Uuid,
    /// When the parent was last changed, in seconds since 2000-01-01 UTC; copying a file loses it.
    pub timestamp: u32,
    /// The parent's name, which some programs write as a whole path.
    pub name: Option<String>,
    /// Path from the child's folder (`W2ru`), backslashes as Windows writes them.
    pub relative: Option<String>,
    /// Path on the machine that made the child (`W2ku`).
    pub absolute: Option<String>,
    /// Codes of the locators of other platforms, which are not read: `MacX`, `Wi2r`, …
    pub others: Vec<[u8; 4]>,
}

/// The parent locator of `header`; what is damaged of it goes to `notes`.
pub(crate) fn read(
    bytes: &dyn ReadAt,
    header: &ActiveHeader,
    notes: &mut Vec<Fault>,
) -> ParentLocator {
    let units = units(&header.parent_name, u16::from_be_bytes);
    let mut parent = ParentLocator {
        unique_id: header.parent_unique_id,
        timestamp: header.parent_timestamp,
        name: text(&units),
        relative: None,
        absolute: None,
        others: Vec::new(),
    };
    for locator in &header.locators {
        let path = match locator.platform {
            RELATIVE => &mut parent.relative,
            ABSOLUTE => &mut parent.absolute,
            UNUSED => continue,
            other => {
                parent.others.push(other);
                continue;
            }
        };
        match read_path(bytes, locator) {
            Ok(text) => *path = text,
            Err(fault) => notes.push(fault),
        }
    }
    parent
}

fn read_path(bytes: &dyn ReadAt, locator: &Locator) -> Result<Option<String>, Fault> {
    let (at, len) = (locator.data_offset.get(), locator.data_length.get());
    let damaged = || {
        let code = locator.platform.escape_ascii();
        Fault::damaged(&LOCATOR, format!("parent locator {code}")).at(at)
    };
    if len > MAX_PATH {
        let fault = damaged().expected(format!("at most {MAX_PATH} bytes"));
        return Err(fault.found(len.to_string()));
    }
    let mut buf = vec![0; usize::try_from(len).unwrap_or_default()];
    bytes
        .read_exact_at(&mut buf, at)
        .map_err(|error| damaged().found(error.to_string()))?;
    Ok(text(&units(&buf, u16::from_le_bytes)))
}

/// UTF-16 code units up to the first NUL.
fn units(bytes: &[u8], decode: fn([u8; 2]) -> u16) -> Vec<u16> {
    let (pairs, _) = bytes.as_chunks();
    pairs
        .iter()
        .map(|pair| decode(*pair))
        .take_while(|unit| *unit != 0)
        .collect()
}

/// `None` where there is nothing, or nothing that can be a path.
fn text(units: &[u16]) -> Option<String> {
    String::from_utf16(units)
        .ok()
        .filter(|text| !text.is_empty())
}
