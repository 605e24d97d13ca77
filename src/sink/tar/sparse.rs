//! Files with holes, as GNU tar stores them in PAX archives: `GNU.sparse` 1.0.
//!
//! The content begins with a map in decimal text, filled up to a block: how many ranges, then offset
//! and length of each. Their bytes follow, one range after the other.

use std::ops::Range;

use blockio::{Place, ReadAt};

use super::header::BLOCK;
use super::pax::Records;

/// Holes smaller than this, in bytes, are stored: a record of the map and a seek cost as much.
const LEAST_HOLE: u64 = 64 << 10;
/// Most ranges of a map. Beyond, holes are stored until the least of them is larger.
const MOST_RANGES: usize = 1 << 16;

/// The ranges of `data` to be stored, in order: all but its holes, and what is lost where that becomes
/// a hole (`gaps`). What cannot be said now shows when it is read.
pub(super) fn stored(data: &dyn ReadAt, gaps: bool) -> Vec<Range<u64>> {
    let (size, mut least) = (data.size(), LEAST_HOLE);
    let mut ranges: Vec<Range<u64>> = Vec::new();
    let mut at = 0;
    while at < size {
        let Ok(run) = data.run_at(at, size - at) else {
            add(&mut ranges, at..size, least);
            break;
        };
        let end = at + run.len.clamp(1, size - at);
        let left_out = match run.place {
            Place::Hole => true,
            Place::Lost(_) => gaps,
            _ => false,
        };
        if !left_out {
            add(&mut ranges, at..end, least);
        }
        while ranges.len() > MOST_RANGES {
            least *= 2;
            ranges = merged(&ranges, least);
        }
        at = end;
    }
    ranges
}

/// Adds `range` behind the others, or to the last if the hole between is smaller than `least`. The
/// first begins at 0 by the same rule.
fn add(ranges: &mut Vec<Range<u64>>, range: Range<u64>, least: u64) {
    match ranges.last_mut() {
        Some(last) if range.start - last.end < least => last.end = range.end,
        None if range.start < least => ranges.push(0..range.end),
        _ => ranges.push(range),
    }
}

fn merged(ranges: &[Range<u64>], least: u64) -> Vec<Range<u64>> {
    let mut fewer = Vec::new();
    for range in ranges {
        add(&mut fewer, range.clone(), least);
    }
    fewer
}

/// The map of `stored` ranges of a file of `size` bytes. A hole at its end is an empty range there.
pub(super) fn map(stored: &[Range<u64>], size: u64) -> Vec<u8> {
    let ends = stored.last().map_or(0, |range| range.end);
    let end = (ends < size).then_some(size..size);
    let count = stored.len() + usize::from(end.is_some());
    let mut text = format!("{count}\n");
    for range in stored.iter().cloned().chain(end) {
        text += &format!("{}\n{}\n", range.start, range.end - range.start);
    }
    let mut map = text.into_bytes();
    map.resize(map.len().next_multiple_of(BLOCK as usize), 0);
    map
}

/// Adds the records that make a member one with a map.
pub(super) fn describe(records: &mut Records, name: &str, size: u64) {
    records.add("GNU.sparse.major", b"1");
    records.add("GNU.sparse.minor", b"0");
    records.add("GNU.sparse.name", name.as_bytes());
    records.add("GNU.sparse.realsize", size.to_string().as_bytes());
}

/// The name that readers see who know nothing of maps, so that they do not take it for the file.
pub(super) fn name(name: &str) -> String {
    match name.rsplit_once('/') {
        Some((folder, file)) => format!("{folder}/GNUSparseFile.0/{file}"),
        None => format!("GNUSparseFile.0/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::sparse::Sparse;

    const KIB: u64 = 1 << 10;

    #[test]
    fn small_holes_are_stored_and_large_ones_left_out() {
        let mut ranges = Vec::new();
        for range in [KIB..2 * KIB, 3 * KIB..4 * KIB, 100 * KIB..101 * KIB] {
            add(&mut ranges, range, LEAST_HOLE);
        }
        assert_eq!(ranges, [0..4 * KIB, 100 * KIB..101 * KIB]);
        assert_eq!(merged(&ranges, 97 * KIB), vec![0..101 * KIB]);
    }

    #[test]
    fn the_ranges_of_a_file_are_what_is_not_a_hole() {
        let mut data = Sparse::new(1000 * KIB);
        data.write(200 * KIB, &[1; 8 << 10]);
        data.write(216 * KIB, &[1; 4 << 10]);
        data.write(999 * KIB, &[1; 1 << 10]);
        let end = 996 * KIB..1000 * KIB;
        assert_eq!(stored(&data, false), [200 * KIB..220 * KIB, end]);
    }

    #[test]
    fn the_map_is_text_in_whole_blocks() {
        let text = |stored: &[(u64, u64)], size| {
            let stored: Vec<_> = stored.iter().map(|&(start, end)| start..end).collect();
            let map = map(&stored, size);
            assert_eq!(map.len() % 512, 0);
            String::from_utf8(map)
                .expect("text")
                .trim_end_matches('\0')
                .to_owned()
        };
        assert_eq!(text(&[(5, 8)], 8), "1\n5\n3\n");
        assert_eq!(text(&[(0, 8)], 20), "2\n0\n8\n20\n0\n");
        assert_eq!(text(&[], 20), "1\n20\n0\n");
    }

    #[test]
    fn names_for_readers_without_maps() {
        assert_eq!(name("a/b"), "a/GNUSparseFile.0/b");
        assert_eq!(name("b"), "GNUSparseFile.0/b");
    }
}
