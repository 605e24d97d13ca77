//! The active sequence: the newest entries that were written one after the other, and of which
//! none is missing. MS-VHDX 2.3.2, 2.3.3

use std::collections::HashMap;

use super::entry::Entry;

/// The entries of the active sequence, oldest first; `None` where no sequence is complete.
///
/// A sequence ends with a head that no entry follows, and begins with the tail that its head names.
/// Among several the one with the highest sequence number is active. `log_len` is that of the ring.
pub(super) fn active(entries: Vec<Entry>, log_len: u64) -> Option<Vec<Entry>> {
    let by_position: HashMap<u64, usize> = entries
        .iter()
        .enumerate()
        .map(|(index, entry)| (entry.at, index))
        .collect();
    let next = |entry: &Entry| {
        let end = entry.at.saturating_add(entry.len).checked_rem(log_len)?;
        let index = *by_position.get(&end)?;
        let follows =
            entries.get(index)?.sequence_number == entry.sequence_number.checked_add(1)?;
        follows.then_some(index)
    };
    let heads = heads(&entries, next);
    let is_complete = |head: usize| {
        let tail = entries
            .get(head)
            .and_then(|head| by_position.get(&head.tail));
        tail.and_then(|tail| heads.get(*tail)) == Some(&head)
    };
    let head = heads
        .iter()
        .enumerate()
        .filter(|(index, head)| index == *head && is_complete(*index))
        .map(|(index, _)| index)
        .max_by_key(|index| entries.get(*index).map(|entry| entry.sequence_number))?;
    let tail = *by_position.get(&entries.get(head)?.tail)?;
    let sequence = std::iter::successors(entries.get(tail), |entry| entries.get(next(entry)?));
    Some(sequence.cloned().collect())
}

/// For each entry the index of the last one that follows it without a gap; its own at the end.
fn heads(entries: &[Entry], next: impl Fn(&Entry) -> Option<usize>) -> Vec<usize> {
    let mut newest_first: Vec<_> = entries.iter().enumerate().collect();
    newest_first.sort_by_key(|(_, entry)| std::cmp::Reverse(entry.sequence_number));
    let mut heads: Vec<usize> = (0..entries.len()).collect();
    for (index, entry) in newest_first {
        // What follows has a higher number, so that its head is known already.
        let head = next(entry).and_then(|next| heads.get(next).copied());
        if let (Some(slot), Some(head)) = (heads.get_mut(index), head) {
            *slot = head;
        }
    }
    heads
}
