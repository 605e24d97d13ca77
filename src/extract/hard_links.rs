//! Files with several names: the first one met brings the data.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, PoisonError};

use tree::{GuestPath, NodeId};

/// Who brings the data of a file with several names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum First {
    /// The caller, who has to [`settle`](HardLinks::settle) it.
    Me,
    /// It is there under this name.
    At(GuestPath),
    /// The first could not be restored whole: each name for itself.
    Failed,
}

/// The files with several names that were met, as long as more names can come.
#[derive(Debug, Default)]
pub(super) struct HardLinks {
    met: Mutex<HashMap<NodeId, Met>>,
    settled: Condvar,
}

#[derive(Debug)]
struct Met {
    first: GuestPath,
    /// Whether the first is there; none while it is being moved.
    written: Option<bool>,
    /// Names that can still come.
    left: u32,
}

impl HardLinks {
    /// Who brings the data of `node`, one of whose `links` names goes to `out`. Waits while another
    /// thread moves it.
    pub(super) fn first_or_wait(&self, node: NodeId, out: &GuestPath, links: u32) -> First {
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match met.get_mut(&node) {
                None => {
                    let left = links.saturating_sub(1);
                    met.insert(
                        node,
                        Met {
                            first: out.clone(),
                            written: None,
                            left,
                        },
                    );
                    return First::Me;
                }
                Some(Met {
                    written: Some(written),
                    first,
                    left,
                }) => {
                    let first = if *written {
                        First::At(first.clone())
                    } else {
                        First::Failed
                    };
                    *left = left.saturating_sub(1);
                    if *left == 0 {
                        met.remove(&node);
                    }
                    return first;
                }
                Some(Met { written: None, .. }) => {
                    met = self
                        .settled
                        .wait(met)
                        .unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    /// The first of `node` is there, or is not.
    pub(super) fn settle(&self, node: NodeId, written: bool) {
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(met) = met.get_mut(&node) {
            met.written = Some(written);
        }
        self.settled.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_brings_the_data_and_all_are_forgotten_after_the_last() {
        let (links, node, first) = (HardLinks::default(), NodeId(7), GuestPath::from("a"));
        assert_eq!(links.first_or_wait(node, &first, 3), First::Me);
        links.settle(node, true);
        assert_eq!(
            links.first_or_wait(node, &"b".into(), 3),
            First::At(first.clone())
        );
        assert_eq!(links.first_or_wait(node, &"c".into(), 3), First::At(first));
        assert!(links.met.lock().expect("nobody panicked").is_empty());
    }

    #[test]
    fn others_wait_and_learn_that_it_failed() {
        let links = HardLinks::default();
        assert_eq!(links.first_or_wait(NodeId(7), &"a".into(), 2), First::Me);
        std::thread::scope(|scope| {
            let other = scope.spawn(|| links.first_or_wait(NodeId(7), &"b".into(), 2));
            links.settle(NodeId(7), false);
            assert_eq!(other.join().expect("no panic"), First::Failed);
        });
    }
}
