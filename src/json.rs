//! JSON a line at a time, fast enough for millions of entries.
//!
//! Single documents go through serde; item streams are written here, field by field into a buffer
//! that is used again, because a listing prints hundreds of thousands of them a second.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::io::Write;
use tree::Time;

/// One JSON object being written to the end of a buffer.
pub struct Object<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a> Object<'a> {
    /// Begins an object at the end of `out`.
    pub fn begin(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, first: true }
    }

    /// Ends the object.
    pub fn end(self) {
        self.out.push(b'}');
    }

    /// Ends the object and the line.
    pub fn end_line(self) {
        self.out.extend_from_slice(b"}\n");
    }

    fn key(&mut self, key: &str) {
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    /// A field of text.
    pub fn text(&mut self, key: &str, value: &str) -> &mut Self {
        self.key(key);
        quote(self.out, value);
        self
    }

    /// A field of text or null.
    pub fn maybe_text(&mut self, key: &str, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.text(key, value),
            None => self.raw(key, "null"),
        }
    }

    /// A path or name in WTF-8: as text with U+FFFD for what is no Unicode, and then also exactly, in
    /// base64, as `<key>_wtf8`. `lead` is put before it.
    pub fn wtf8(&mut self, key: &str, lead: &str, bytes: &[u8]) -> &mut Self {
        self.key(key);
        let Ok(text) = std::str::from_utf8(bytes) else {
            return self.not_unicode(key, lead, bytes);
        };
        if is_plain(bytes) {
            self.out.push(b'"');
            self.out.extend_from_slice(lead.as_bytes());
            self.out.extend_from_slice(bytes);
            self.out.push(b'"');
        } else {
            quote(self.out, &format!("{lead}{text}"));
        }
        self
    }

    fn not_unicode(&mut self, key: &str, lead: &str, bytes: &[u8]) -> &mut Self {
        quote(
            self.out,
            &format!("{lead}{}", tree::Name::from_bytes(bytes)),
        );
        let exact = STANDARD.encode([lead.as_bytes(), bytes].concat());
        self.text(&format!("{key}_wtf8"), &exact)
    }

    /// A field with a whole number.
    pub fn number(&mut self, key: &str, value: u64) -> &mut Self {
        self.key(key);
        decimal(self.out, value);
        self
    }

    /// A field with true or false.
    pub fn flag(&mut self, key: &str, value: bool) -> &mut Self {
        self.raw(key, if value { "true" } else { "false" })
    }

    /// A time in RFC 3339 UTC with 100 ns; outside the years 1601 to 9999 null and `<key>_filetime`.
    pub fn time(&mut self, key: &str, time: Time) -> &mut Self {
        self.key(key);
        if let Some(text) = time.rfc3339() {
            self.out.push(b'"');
            self.out.extend_from_slice(text.as_str().as_bytes());
            self.out.push(b'"');
            return self;
        }
        self.out.extend_from_slice(b"null");
        self.key(&format!("{key}_filetime"));
        let _ = write!(self.out, "{}", time.0);
        self
    }

    /// A field whose value is JSON already.
    pub fn raw(&mut self, key: &str, json: &str) -> &mut Self {
        self.key(key);
        self.out.extend_from_slice(json.as_bytes());
        self
    }

    /// A field with a list, whose items `each` writes to the end of the buffer.
    pub fn list<T>(
        &mut self,
        key: &str,
        items: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Vec<u8>, T),
    ) -> &mut Self {
        self.key(key);
        self.out.push(b'[');
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            each(self.out, item);
        }
        self.out.push(b']');
        self
    }

    /// A field with an object, which `fill` writes.
    pub fn object(&mut self, key: &str, fill: impl FnOnce(&mut Object<'_>)) -> &mut Self {
        self.key(key);
        let mut inner = Object::begin(self.out);
        fill(&mut inner);
        inner.end();
        self
    }
}

/// Writes `text` as a JSON string.
pub fn quote(out: &mut Vec<u8>, text: &str) {
    if is_plain(text.as_bytes()) {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        serde_json::to_writer(out, text).expect("a string into memory cannot fail");
    }
}

/// Whether a JSON string holds these bytes of UTF-8 as they are.
fn is_plain(bytes: &[u8]) -> bool {
    let special = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
    !bytes.iter().any(special)
}

/// Writes `value`; the formatting machinery would take several times as long.
fn decimal(out: &mut Vec<u8>, mut value: u64) {
    let mut digits = [b'0'; 20];
    let mut first = digits.len() - 1;
    loop {
        digits[first] += (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
        first -= 1;
    }
    out.extend_from_slice(&digits[first..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(fill: impl FnOnce(&mut Object<'_>)) -> serde_json::Value {
        let mut out = Vec::new();
        let mut object = Object::begin(&mut out);
        fill(&mut object);
        object.end_line();
        serde_json::from_slice(&out).expect("valid JSON")
    }

    #[test]
    fn every_kind_of_field_is_valid_json() {
        let value = object(|o| {
            o.text("t", "a\"\\\n")
                .maybe_text("none", None)
                .number("n", u64::MAX)
                .flag("f", true);
            o.list("l", ["x", "y"], quote);
            o.object("o", |o| {
                o.number("in", 1);
            });
        });
        let expected = serde_json::json!({
            "t": "a\"\\\n", "none": null, "n": u64::MAX, "f": true, "l": ["x", "y"], "o": {"in": 1}
        });
        assert_eq!(value, expected);
    }

    #[test]
    fn a_name_that_is_no_unicode_comes_exactly_too() {
        let value = object(|o| {
            o.wtf8("path", "/", b"a\xED\xA0\x80");
        });
        assert_eq!(value["path"], "/a\u{FFFD}");
        assert_eq!(value["path_wtf8"], STANDARD.encode(b"/a\xED\xA0\x80"));
        let value = object(|o| {
            o.wtf8("path", "/", "tab\t\"".as_bytes());
        });
        assert_eq!(value, serde_json::json!({"path": "/tab\t\""}));
    }

    #[test]
    fn numbers_have_all_their_digits_and_no_more() {
        for value in [0, 7, 10, 99, 100, 123_456_789, u64::MAX - 1, u64::MAX] {
            let mut out = Vec::new();
            decimal(&mut out, value);
            assert_eq!(String::from_utf8(out).expect("digits"), value.to_string());
        }
    }

    #[test]
    fn times_outside_the_calendar_are_null_and_raw() {
        let value = object(|o| {
            o.time("modified", Time(132_468_898_895_045_259))
                .time("created", Time(i64::MAX));
        });
        assert_eq!(value["modified"], "2020-10-11T11:38:09.5045259Z");
        assert_eq!(value["created"], serde_json::Value::Null);
        assert_eq!(value["created_filetime"], i64::MAX);
    }
}
