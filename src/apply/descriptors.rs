//! Security descriptors on their way back: other SIDs, entries of their own only, who is unknown here.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use security::{Acl, Descriptor, Sid, control};

use super::index::Index;
use super::{AclMode, Options};
use crate::hostfs::Calls;

/// INHERITED_ACE: the entry came from above.
const INHERITED: u8 = 0x10;

/// The descriptors of a manifest, as they are to be given.
pub(super) struct Descriptors<'a> {
    index: &'a Index,
    options: &'a Options,
    calls: &'a dyn Calls,
    ready: HashMap<String, Result<Arc<[u8]>, String>>,
    /// Whether each SID that was met is known here.
    known: BTreeMap<Sid, Option<bool>>,
}

impl<'a> Descriptors<'a> {
    pub(super) fn new(index: &'a Index, options: &'a Options, calls: &'a dyn Calls) -> Self {
        Self {
            index,
            options,
            calls,
            ready: HashMap::new(),
            known: BTreeMap::new(),
        }
    }

    /// The descriptor `id` as it is to be given, in self-relative form.
    pub(super) fn get(&mut self, id: &str) -> Result<Arc<[u8]>, String> {
        if let Some(ready) = self.ready.get(id) {
            return ready.clone();
        }
        let ready = self.make(id);
        self.ready.insert(id.to_owned(), ready.clone());
        ready
    }

    fn make(&mut self, id: &str) -> Result<Arc<[u8]>, String> {
        let found = self.index.descriptor(id);
        let found = found.ok_or_else(|| format!("no descriptor {id:?} in the manifest"))?;
        let mapped = found.read()?.map_sids(|sid| self.options.sids.of(sid));
        for sid in mapped.sids() {
            let calls = self.calls;
            let ask = || calls.is_known(&sid.to_bytes());
            self.known.entry(sid.clone()).or_insert_with(ask);
        }
        let wanted = match self.options.acl {
            AclMode::Inherit => explicit(mapped),
            AclMode::Exact if cfg!(windows) => protected(mapped),
            AclMode::Exact | AclMode::None => mapped,
        };
        let bytes = wanted.to_bytes().map_err(|error| error.to_string())?;
        Ok(bytes.into())
    }

    /// The SIDs that are nobody's here.
    pub(super) fn unresolved(&self) -> Vec<String> {
        let unknown = self
            .known
            .iter()
            .filter(|(_, known)| **known == Some(false));
        unknown.map(|(sid, _)| sid.to_string()).collect()
    }
}

/// Without the entries that came from above.
fn explicit(mut descriptor: Descriptor) -> Descriptor {
    let own = |list: Option<Acl>| {
        list.map(|mut list| {
            list.aces.retain(|ace| ace.flags & INHERITED == 0);
            list
        })
    };
    descriptor.dacl = own(descriptor.dacl);
    descriptor.sacl = own(descriptor.sacl);
    descriptor
}

/// Takes nothing from above.
fn protected(mut descriptor: Descriptor) -> Descriptor {
    for (present, protected) in [
        (control::DACL_PRESENT, control::DACL_PROTECTED),
        (control::SACL_PRESENT, control::SACL_PROTECTED),
    ] {
        if descriptor.control & present != 0 {
            descriptor.control |= protected;
        }
    }
    descriptor
}

#[cfg(test)]
mod tests {
    use super::*;

    fn descriptor(sddl: &str) -> Descriptor {
        sddl.parse().expect("SDDL")
    }

    #[test]
    fn inherited_entries_go_and_own_ones_stay() {
        let found = explicit(descriptor("O:BAD:AI(A;;FA;;;SY)(A;ID;FR;;;WD)"));
        assert_eq!(found.sddl(), "O:BAD:AI(A;;FA;;;SY)");
    }

    #[test]
    fn what_is_protected_takes_nothing_from_above() {
        assert_eq!(
            protected(descriptor("O:BAD:(A;;FA;;;SY)")).sddl(),
            "O:BAD:P(A;;FA;;;SY)"
        );
        assert_eq!(protected(descriptor("O:BA")).sddl(), "O:BA");
    }
}
