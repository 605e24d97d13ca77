//! Who could decrypt a file, as JSON.

use tree::{Efs, KeyHolder};

use crate::json::Object;

/// The fields of `efs`: `version`, `understood`, and who holds keys as `users` and `recovery`.
pub(crate) fn write(object: &mut Object<'_>, efs: &Efs) {
    object.number("version", efs.version.into());
    object.flag("understood", efs.is_understood);
    object.list("users", &efs.users, write_holder);
    object.list("recovery", &efs.recovery, write_holder);
}

fn write_holder(out: &mut Vec<u8>, holder: &KeyHolder) {
    let mut object = Object::begin(out);
    object.maybe_text("name", holder.name.as_deref());
    object.maybe_text("sid", holder.sid.as_deref());
    object.maybe_text("thumbprint", holder.thumbprint.as_deref());
    object.maybe_text("container", holder.container.as_deref());
    object.maybe_text("provider", holder.provider.as_deref());
    object.end();
}
