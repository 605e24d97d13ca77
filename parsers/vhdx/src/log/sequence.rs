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

#[cfg(test)]
mod tests {
    use super::*;

    const LOG_LEN: u64 = 0x10_0000;

    fn entry(at: u64, len: u64, tail: u64, sequence_number: u64) -> Entry {
        let (descriptor_count, flushed_size, last_size) = (1, 0, 0);
        Entry {
            at,
            len,
            tail,
            sequence_number,
            descriptor_count,
            flushed_size,
            last_size,
        }
    }

    /// The sequence numbers of the active sequence.
    fn numbers(entries: &[Entry]) -> Option<Vec<u64>> {
        let sequence = active(entries.to_vec(), LOG_LEN)?;
        Some(sequence.iter().map(|entry| entry.sequence_number).collect())
    }

    #[test]
    fn none_of_none() {
        assert_eq!(numbers(&[]), None);
    }

    #[test]
    fn an_entry_may_be_its_own_tail() {
        assert_eq!(numbers(&[entry(0x3000, 0x2000, 0x3000, 8)]), Some(vec![8]));
        assert_eq!(
            numbers(&[entry(0x3000, 0x2000, 0x2000, 8)]),
            None,
            "its tail is no entry"
        );
    }

    #[test]
    fn wraps_round_the_ring_and_begins_at_the_tail_of_its_head() {
        let entries = [
            entry(0x1000, 0x1000, 0xF_F000, 9),
            entry(0xF_E000, 0x1000, 0xF_E000, 7),
            entry(0xF_F000, 0x2000, 0xF_E000, 8),
        ];
        assert_eq!(numbers(&entries), Some(vec![8, 9]));
        assert_eq!(
            numbers(&entries[1..]),
            Some(vec![7, 8]),
            "without its last entry"
        );
        assert_eq!(numbers(&entries[..2]), Some(vec![7]), "the gap ends it");
    }

    #[test]
    fn the_highest_number_wins_among_complete_ones_only() {
        let entries = [
            entry(0, 0x1000, 0, 10),
            entry(0x5000, 0x1000, 0x5000, 20),
            entry(0x6000, 0x1000, 0x5000, 21),
            entry(0x8000, 0x1000, 0x5000, 30), // its tail is in another sequence
        ];
        assert_eq!(numbers(&entries), Some(vec![20, 21]));
    }
}
