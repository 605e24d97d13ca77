//! Values out of text, by their declared types.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::encoding::Decoded;
use crate::Value;

/// Base64 as found in configurations, padded or not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The value of `text` under the declared `kind`. Without a type: text, or nothing where it is all blank.
/// `None` where the text is not what the type says.
pub(super) fn value(kind: Option<&str>, text: &str, decoded: &Decoded) -> Option<Value> {
    let trimmed = text.trim();
    match kind {
        Some("integer") => integer(trimmed),
        Some("bool") => boolean(trimmed).map(Value::Bool),
        Some("bytes") => bytes(text).map(Value::Bytes),
        Some("double") => trimmed.parse().ok().map(Value::Double),
        None if trimmed.is_empty() => Some(Value::Node),
        Some(_) | None => Some(Value::Text(decoded.units(text))),
    }
}

fn integer(text: &str) -> Option<Value> {
    let signed = text.parse().ok().map(Value::Int);
    signed.or_else(|| text.parse().ok().map(Value::UInt))
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let packed: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    BASE64.decode(packed).ok()
}
