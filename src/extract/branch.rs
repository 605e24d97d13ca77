//! A directory in work: left when all that is in it is settled.

use std::sync::Arc;

use tree::{GuestPath, Metadata, NodeId};

use super::Run;
use crate::sink::Item;

/// A directory in work. Whoever works on something in it holds it; the last one leaves it.
pub(super) struct Branch {
    pub(super) parent: Option<Arc<Self>>,
    /// The guest's path.
    pub(super) path: GuestPath,
    pub(super) node: NodeId,
    pub(super) metadata: Metadata,
}

impl Run<'_> {
    /// Lets go of a directory, and leaves it and those above it that nobody works on any more.
    pub(super) fn release(&self, branch: Arc<Branch>) {
        let mut next = Some(branch);
        while let Some(branch) = next.and_then(Arc::into_inner) {
            if !self.is_over() {
                let out = self.out(&branch.path);
                let item = Item {
                    path: &out,
                    metadata: &branch.metadata,
                    data: None,
                    streams: Vec::new(),
                    origin: self.origin(branch.node),
                    watch: self.watch,
                };
                self.leave(&item);
            }
            next = branch.parent;
        }
    }

    fn leave(&self, item: &Item<'_>) {
        match self.sink.leave_dir(item) {
            Ok(outcome) => self.add_notes(item, &outcome.notes),
            error => {
                self.record(item, error);
            }
        }
    }
}
