//! A file with lost bytes: `NAME.partial`, and beside it `NAME.partial.json` with what is missing.

use std::path::PathBuf;

use blockio::Code;
use blockio::codes::CANNOT_READ;
use tree::{GuestPath, Name};

use crate::copy::{Lost, lost_bytes};
use crate::json::Object;

/// A file or stream that was restored but for some bytes.
#[derive(Clone, Debug)]
pub struct Partial {
    /// Where it was saved; none if it was not.
    pub place: Option<PathBuf>,
    /// The size it should have, in bytes.
    pub size: u64,
    /// What is missing, in order; not empty. In the file these ranges are holes.
    pub lost: Vec<Lost>,
}

impl Partial {
    /// The code of the first fault.
    #[must_use]
    pub fn code(&self) -> &'static Code {
        self.lost
            .first()
            .map_or(&CANNOT_READ, |lost| lost.fault.code)
    }

    /// How many bytes are missing.
    #[must_use]
    pub fn lost_bytes(&self) -> u64 {
        lost_bytes(&self.lost)
    }

    /// The document beside a partial file: one JSON object. `lost` is the list that
    /// `extract --json` prints, too.
    pub(crate) fn describe(&self, path: Option<&GuestPath>, stream: Option<&Name>) -> Vec<u8> {
        let mut out = Vec::new();
        let mut object = Object::begin(&mut out);
        object.text("type", "partial");
        if let Some(path) = path {
            object.wtf8("path", "/", path.as_bytes());
        }
        if let Some(stream) = stream {
            object.wtf8("stream", "", stream.as_bytes());
        }
        object
            .number("size", self.size)
            .number("lost_bytes", self.lost_bytes());
        write_lost(&mut object, &self.lost);
        object.end_line();
        out
    }

    /// What happened, in a clause, with the first fault.
    #[must_use]
    pub fn message(&self) -> String {
        let (lost, size) = (self.lost_bytes(), self.size);
        let first = self
            .lost
            .first()
            .map_or_else(String::new, |lost| lost.fault.to_string());
        let saved = match &self.place {
            Some(place) => format!("the rest goes to {}", place.display()),
            None => "the rest is not saved".into(),
        };
        format!("{lost} of {size} bytes cannot be had, {saved}: {first}")
    }
}

/// The field `lost`: offset, length, code and message of each range.
pub(crate) fn write_lost(object: &mut Object<'_>, lost: &[Lost]) {
    object.list("lost", lost, |out, lost| {
        let mut object = Object::begin(out);
        object.number("offset", lost.range.start);
        object.number("length", lost.range.end - lost.range.start);
        object.text("code", lost.fault.code.id);
        object.text("message", &lost.fault.to_string());
        object.end();
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use blockio::Fault;

    #[test]
    fn the_document_lists_every_range_with_its_fault() {
        let fault = Fault::cannot_read(&CANNOT_READ, "data")
            .found("bad sector")
            .into();
        let lost = vec![Lost {
            range: 512..1536,
            fault,
        }];
        let partial = Partial {
            place: None,
            size: 4096,
            lost,
        };
        let text = partial.describe(Some(&GuestPath::from("a/b")), None);
        let value: serde_json::Value = serde_json::from_slice(&text).expect("valid JSON");
        let message = "cannot read: data: bad sector [HV-E601]";
        assert_eq!(
            value,
            serde_json::json!({
                "type": "partial", "path": "/a/b", "size": 4096, "lost_bytes": 1024,
                "lost": [{"offset": 512, "length": 1024, "code": "HV-E601", "message": message}]
            })
        );
    }
}
