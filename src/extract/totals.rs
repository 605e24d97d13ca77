//! How much there is to do, counted beside the run for whoever shows how far it is.

use std::collections::HashSet;

use tree::{Kind, Metadata, NodeId, StreamInfo, Walk};

use super::Run;
use crate::select::Verdict;

/// Entries between two reports of the count.
const REPORTED: u64 = 1024;

#[derive(Default)]
struct Count {
    files: u64,
    bytes: u64,
    /// Files with several names, which are moved once.
    seen: HashSet<NodeId>,
}

/// Counts what the run selects; what cannot be listed counts nothing, the run itself will say so.
pub(super) fn count(run: &Run<'_>) {
    let fs = run.job.fs;
    let mut count = Count::default();
    let mut sift = run.sieve.sift();
    for root in &run.job.roots {
        if let (Ok(metadata), Ok(streams)) = (fs.metadata(root.node), fs.streams(root.node)) {
            count.add(root.node, &metadata, &streams);
        }
        let Ok(mut listing) = Walk::below(fs, root.node, &root.path) else {
            continue;
        };
        let mut number = 0;
        while let Some(found) = listing.next() {
            if run.is_over() {
                return;
            }
            number += 1;
            let Ok(found) = found else { continue };
            let hidden = found.metadata.system && !run.job.options.system;
            match sift.judge(&found) {
                _ if hidden => listing.leave(),
                Verdict::Take => count.add(found.node, &found.metadata, &found.streams),
                Verdict::Leave => {}
                Verdict::LeaveAll => listing.leave(),
            }
            if number % REPORTED == 0 {
                run.watch.progress.total(count.files, count.bytes);
            }
        }
    }
    run.watch.progress.total(count.files, count.bytes);
}

impl Count {
    fn add(&mut self, node: NodeId, metadata: &Metadata, streams: &[StreamInfo]) {
        let named = streams.iter().filter(|stream| !stream.name.is_empty());
        self.bytes += named.map(|stream| stream.size).sum::<u64>();
        let again = metadata.links > 1 && !self.seen.insert(node);
        if metadata.kind == Kind::File && !again {
            self.files += 1;
            self.bytes += metadata.size;
        }
    }
}
