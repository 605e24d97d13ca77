//! What is known of a file, as JSON.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use security::{Descriptor, Sid};
use serde_json::{Map, Value, json};
use tree::{ExtendedAttribute, ObjectId};

use super::Extras;
use super::extras::guid;
use crate::cli::entry;
use crate::cli::targets::Target;
use crate::efs;
use crate::json::Object;

/// The listing's object of the entry, and what only `stat` asks for.
pub(super) fn of(target: &Target<'_>, extras: &Extras) -> Value {
    let Target { volume, entry } = target;
    let mut line = Vec::new();
    entry::write_json(&mut line, volume, entry);
    let mut value: Value = serde_json::from_slice(&line).unwrap_or_default();
    let details = &extras.details;
    value["type"] = json!("stat");
    if let Some(found) = &details.efs {
        let mut text = Vec::new();
        let mut object = Object::begin(&mut text);
        efs::write(&mut object, found);
        object.end();
        value["efs"] = serde_json::from_slice(&text).unwrap_or_default();
    }
    value["short_name"] = json!(details.short_name.as_ref().map(ToString::to_string));
    value["names"] = details
        .names
        .iter()
        .map(|(_, name)| name.to_string())
        .collect();
    value["security"] = security(extras);
    value["extended_attributes"] = details.extended_attributes.iter().map(attribute).collect();
    value["object_id"] = details.object_id.map_or(Value::Null, object_id);
    value["usn"] = json!(details.usn);
    if !extras.lost.is_empty() {
        let lost = extras.lost.iter();
        value["lost"] = lost
            .map(|fault| json!({ "code": fault.code.id, "message": fault.to_string() }))
            .collect();
    }
    value
}

/// The descriptor: `raw` is as it is stored, the rest what it says; null where there is none.
fn security(extras: &Extras) -> Value {
    let Some(stored) = &extras.stored else {
        return Value::Null;
    };
    let mut object = Map::new();
    if let Some(descriptor) = &extras.descriptor {
        let Descriptor { owner, group, .. } = descriptor;
        object.insert("sddl".into(), descriptor.sddl().into());
        object.insert("owner".into(), account(owner.as_ref()));
        object.insert("group".into(), account(group.as_ref()));
    }
    object.insert("raw".into(), BASE64_STANDARD.encode(stored).into());
    object.into()
}

/// A SID, and its name where that is known everywhere.
fn account(sid: Option<&Sid>) -> Value {
    sid.map_or(
        Value::Null,
        |sid| json!({ "sid": sid.to_string(), "name": sid.name() }),
    )
}

fn attribute(attribute: &ExtendedAttribute) -> Value {
    json!({
        "name": attribute.name.to_string(),
        "needed": attribute.is_needed(),
        "value": BASE64_STANDARD.encode(&attribute.value),
    })
}

fn object_id(id: ObjectId) -> Value {
    let birth =
        |part: fn(&tree::Birth) -> [u8; 16]| id.birth.as_ref().map(|birth| guid(part(birth)));
    json!({
        "id": guid(id.object),
        "birth_volume": birth(|birth| birth.volume),
        "birth_object": birth(|birth| birth.object),
        "domain": birth(|birth| birth.domain),
    })
}
