//! A line becomes an item again.
//!
//! Whoever wrote the file, nothing in it is believed: a place leads down from DEST or is refused,
//! numbers and lists have the bounds that NTFS has, and what is not understood is an error of its line.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use tree::{Birth, ExtendedAttribute, Name, ObjectId, Time};

use crate::facts::Facts;

/// Longest line that is read, in bytes: the largest item that NTFS can hold fits many times.
pub const LONGEST: usize = 16 << 20;

/// One line.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Line {
    /// A run begins.
    Header {
        /// Its format.
        format: u32,
    },
    /// A descriptor.
    Security(Descriptor),
    /// An item.
    Item(Box<Item>),
}

/// A descriptor of the table.
#[derive(Debug, Deserialize)]
pub struct Descriptor {
    /// By which items name it.
    pub id: String,
    /// As text.
    #[serde(default)]
    sddl: Option<String>,
    /// Its bytes, in base64.
    #[serde(default)]
    raw: Option<String>,
}

/// An item as it stands in the file.
#[derive(Debug, Deserialize)]
pub struct Item {
    /// Its place in DEST, not yet looked at; see [`names`](Self::names).
    pub to: String,
    /// What it is.
    pub kind: String,
    /// The place of the file that this is one more name of.
    #[serde(default)]
    pub link_of: Option<String>,
    /// Whether it is a link that was not made.
    #[serde(default)]
    pub left_out: bool,
    /// Attribute bits.
    #[serde(default)]
    pub attribute_bits: Option<u32>,
    /// The descriptor's id.
    #[serde(default)]
    pub security: Option<String>,
    /// Its named streams.
    #[serde(default)]
    pub streams: Vec<Stream>,
    #[serde(flatten)]
    times: Times,
    #[serde(default)]
    short_name: Option<String>,
    #[serde(default)]
    extended_attributes: Vec<Attribute>,
    #[serde(default)]
    object_id: Option<String>,
    #[serde(default)]
    reparse: Option<Reparse>,
}

/// A named stream.
#[derive(Debug, Deserialize)]
pub struct Stream {
    /// Its name.
    pub name: String,
    /// Where it went: `inside`, `beside`, `lost`.
    pub kept: String,
    /// The place of the file beside.
    #[serde(default)]
    pub to: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Times {
    created: Option<String>,
    created_filetime: Option<i64>,
    modified: Option<String>,
    modified_filetime: Option<i64>,
    changed: Option<String>,
    changed_filetime: Option<i64>,
    accessed: Option<String>,
    accessed_filetime: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct Attribute {
    name: String,
    #[serde(default)]
    name_wtf8: Option<String>,
    flags: u8,
    value: String,
}

#[derive(Debug, Deserialize)]
struct Reparse {
    tag: u32,
    data: String,
}

/// The four times of an item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FourTimes {
    /// When it was created.
    pub created: Time,
    /// When its data was last written.
    pub modified: Time,
    /// When its record was last changed.
    pub changed: Time,
    /// When it was last read.
    pub accessed: Time,
}

/// Largest values that NTFS holds: all extended attributes of a file, and reparse data, in bytes.
const MOST: usize = 64 << 10;

impl Line {
    /// Reads one line.
    ///
    /// # Errors
    /// What is wrong with it, in a clause.
    pub fn parse(line: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(line).map_err(|error| format!("not a line of a manifest: {error}"))
    }
}

impl Descriptor {
    /// The descriptor: of its bytes if they are there, else of its text.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(&self) -> Result<security::Descriptor, String> {
        let parsed = match (&self.raw, &self.sddl) {
            (Some(raw), _) => security::Descriptor::parse(&bytes(raw, "raw")?),
            (None, Some(sddl)) => sddl.parse(),
            (None, None) => return Err("a descriptor without text and bytes".into()),
        };
        parsed.map_err(|error| error.to_string())
    }

    /// About how much memory it takes, in bytes.
    pub(crate) fn size(&self) -> usize {
        let len = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        self.id.len() + len(&self.sddl) + len(&self.raw)
    }
}

impl Item {
    /// The names that lead from DEST to the item; none of DEST itself.
    ///
    /// # Errors
    /// Where the place is absolute or leads up.
    pub fn names(&self) -> Result<Vec<&str>, String> {
        names(&self.to)
    }

    /// The four times.
    ///
    /// # Errors
    /// Where one is no time.
    pub fn times(&self) -> Result<FourTimes, String> {
        let times = &self.times;
        Ok(FourTimes {
            created: time(times.created.as_deref(), times.created_filetime)?,
            modified: time(times.modified.as_deref(), times.modified_filetime)?,
            changed: time(times.changed.as_deref(), times.changed_filetime)?,
            accessed: time(times.accessed.as_deref(), times.accessed_filetime)?,
        })
    }

    /// The rest of what is known of it, without the descriptor, which is in the table.
    ///
    /// # Errors
    /// Where a value is not what it should be.
    pub fn facts(&self) -> Result<Facts, String> {
        let attributes = self.extended_attributes.iter().map(Attribute::read);
        let extended_attributes: Vec<_> = attributes.collect::<Result<_, _>>()?;
        let len: usize = extended_attributes.iter().map(|ea| ea.value.len()).sum();
        if len > MOST {
            return Err("more extended attributes than a file can have".into());
        }
        Ok(Facts {
            security: None,
            extended_attributes,
            object_id: self.object_id.as_deref().map(object_id).transpose()?,
            short_name: self.short_name.as_deref().map(Name::from),
            reparse: self.reparse.as_ref().map(Reparse::read).transpose()?,
        })
    }
}

impl Attribute {
    fn read(&self) -> Result<ExtendedAttribute, String> {
        let name = match &self.name_wtf8 {
            Some(exact) => Name::from_bytes(&bytes(exact, "name_wtf8")?),
            None => Name::from(&*self.name),
        };
        let value = bytes(&self.value, "an extended attribute")?;
        if name.as_bytes().len() > 254 || name.as_bytes().contains(&0) || value.len() > MOST {
            return Err("an extended attribute that no file can have".into());
        }
        Ok(ExtendedAttribute {
            name,
            flags: self.flags,
            value: value.into(),
        })
    }
}

impl Reparse {
    fn read(&self) -> Result<(u32, std::sync::Arc<[u8]>), String> {
        /// MAXIMUM_REPARSE_DATA_BUFFER_SIZE without its header.
        const MOST: usize = (16 << 10) - 8;
        let data = bytes(&self.data, "reparse data")?;
        if data.len() > MOST {
            return Err("reparse data longer than 16 KiB".into());
        }
        Ok((self.tag, data.into()))
    }
}

/// Splits a place into the names that lead to it from DEST.
///
/// # Errors
/// Where it is absolute or leads up, or a name is none that could have been written there.
pub fn names(place: &str) -> Result<Vec<&str>, String> {
    if place == "." {
        return Ok(Vec::new());
    }
    let names: Vec<_> = place.split('/').collect();
    for name in &names {
        let separator = cfg!(windows) && name.contains(['\\', ':']);
        if ["", ".", ".."].contains(name) || name.contains('\0') || separator {
            return Err(format!(
                "the place {place:?} does not lead down from the folder"
            ));
        }
    }
    Ok(names)
}

fn bytes(text: &str, what: &str) -> Result<Vec<u8>, String> {
    STANDARD
        .decode(text)
        .map_err(|error| format!("{what}: not base64: {error}"))
}

fn object_id(text: &str) -> Result<ObjectId, String> {
    let bytes = bytes(text, "object_id")?;
    let mut ids = bytes
        .chunks_exact(16)
        .map(|id| <[u8; 16]>::try_from(id).unwrap_or_default());
    let all = (ids.next(), ids.next(), ids.next(), ids.next());
    match (bytes.len(), all) {
        (16, (Some(object), ..)) => Ok(ObjectId {
            object,
            birth: None,
        }),
        (64, (Some(object), Some(volume), Some(born), Some(domain))) => Ok(ObjectId {
            object,
            birth: Some(Birth {
                volume,
                object: born,
                domain,
            }),
        }),
        (len, _) => Err(format!("object_id: {len} bytes, where 16 or 64 are right")),
    }
}

/// 100 ns since 1601 of RFC 3339 text, or the number itself.
fn time(text: Option<&str>, raw: Option<i64>) -> Result<Time, String> {
    /// 100 ns from 1601 to 1970.
    const TO_UNIX: i128 = 116_444_736_000_000_000;
    let Some(text) = text else {
        return raw.map(Time).ok_or_else(|| "a time is missing".into());
    };
    let ticks = since_1970(text).map(|nanos| nanos.div_euclid(100) + TO_UNIX);
    let time = ticks.and_then(|ticks| i64::try_from(ticks).ok()).map(Time);
    time.ok_or_else(|| format!("{text:?} is no time in UTC"))
}

/// Nanoseconds since 1970 of RFC 3339 in UTC; by the calendar, because a timestamp ends a day before
/// the year 9999 does.
fn since_1970(text: &str) -> Option<i128> {
    use jiff::civil::DateTime;
    let time: DateTime = text.strip_suffix('Z')?.parse().ok()?;
    let epoch = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
    Some(time.duration_since(epoch).as_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(fields: &str) -> Result<Box<Item>, String> {
        let line = format!(r#"{{"type":"item","to":"a/b","kind":"file"{fields}}}"#);
        match Line::parse(line.as_bytes())? {
            Line::Item(item) => Ok(item),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn places_lead_down_or_are_refused() {
        assert_eq!(names("a/b"), Ok(vec!["a", "b"]));
        assert_eq!(names("."), Ok(vec![]));
        for place in ["", "/etc", "../x", "a/../../x", "a//b", "a/.", "a\0b"] {
            assert!(names(place).is_err(), "{place:?}");
        }
    }

    #[test]
    fn times_come_back_to_100_ns() {
        assert_eq!(
            time(Some("2020-10-11T11:38:09.5045259Z"), None),
            Ok(Time(132_468_898_895_045_259))
        );
        assert_eq!(time(None, Some(-5)), Ok(Time(-5)));
        let last = Time::MAX_WRITABLE.rfc3339().expect("it can be written");
        assert_eq!(time(Some(last.as_str()), None), Ok(Time::MAX_WRITABLE));
        for wrong in [Some("yesterday"), Some("2020-10-11T11:38:09+01:00"), None] {
            assert!(time(wrong, None).is_err(), "{wrong:?}");
        }
        assert!(item("").expect("valid").times().is_err());
    }

    #[test]
    fn lies_are_errors_of_their_line() {
        assert!(Line::parse(b"[]").is_err());
        assert!(Line::parse(br#"{"type":"other"}"#).is_err());
        assert!(item(r#","attribute_bits":"x""#).is_err());
        for fields in [
            r#","object_id":"AAAA""#,
            r#","object_id":"!""#,
            r#","reparse":{"tag":1,"data":"%"}"#,
        ] {
            assert!(
                item(fields).expect("valid JSON").facts().is_err(),
                "{fields}"
            );
        }
        let long = STANDARD.encode(vec![0; 17 << 10]);
        let fields = format!(r#","reparse":{{"tag":1,"data":"{long}"}}"#);
        assert!(item(&fields).expect("valid JSON").facts().is_err());
    }
}
