//! Pending logs: what is replayed, what is not, and what a replay leaves of the file.

use std::sync::Arc;

use blockio::{Cache, FaultKind, Layer, Place, ReadAt, State};
use hvrestore_vhdx::File;
use testkit::failing::Failing;
use testkit::vhdx::{Built, Image, Log, MIB, state};

use crate::sound::{built as sound, every_state, parent, pattern};
use crate::{contents, losses, notes, open, refusal, verify};

/// A sound disk, its model, and the pages that hold its BAT and its sector bitmap.
fn disk() -> (Image, Built, Vec<u8>, Vec<u64>) {
    let image = every_state();
    let built = sound();
    let model = image.model(&parent(image.disk_size));
    let bitmap = built.layout.bitmaps[&0];
    let pages = vec![
        built.layout.bat.start,
        bitmap,
        built.layout.bat.start + 0x8000,
    ];
    (image, built, model, pages)
}

#[track_caller]
fn reads_as(built: &Built, model: &[u8]) -> File {
    let file = open(built);
    assert!(
        contents(&file, &parent(model.len() as u64)) == model,
        "the disk's bytes"
    );
    file
}

/// A page of the BAT with one entry changed.
fn bat_page(built: &Built, block: u64, entry: u64) -> Vec<u8> {
    let mut page = built.bytes.bytes(built.layout.bat.start, 4096);
    page[8 * block as usize..][..8].copy_from_slice(&entry.to_le_bytes());
    page
}

#[test]
fn a_log_is_replayed_from_wherever_it_begins_in_the_ring() {
    for start in [0, 0x8000, MIB - 0x1000, MIB - 0x2000, MIB - 0x3000] {
        let (_, mut built, model, pages) = disk();
        built.make_dirty(&pages, start);
        let file = reads_as(&built, &model);
        let replay = file.log_replay().expect("it was pending");
        assert_eq!((replay.entries, replay.pages), (2, 3), "{start:#x}");
        assert_eq!(replay.sequence_numbers, (100, 101));
        assert_eq!(
            replay.to_string(),
            "log replayed in memory: 2 entries (sequence numbers 100 to 101), 3 pages of 4 KiB"
        );
        assert!(notes(&file).is_empty() && verify(&file).is_empty());
    }
}

#[test]
fn the_file_reads_as_if_the_log_were_written_and_keeps_the_contract() {
    let (_, built, _, pages) = disk();
    let mut dirty = built.clone();
    dirty.make_dirty(&pages, MIB - 0x2000);
    let mut expected = dirty.clone();
    for page in &pages {
        expected.put(*page, &built.bytes.bytes(*page, 4096));
    }
    let file = open(&dirty);
    testkit::read_at_contract(file.file(), &expected.to_vec());
    let bat = built.layout.bat.start;
    let run = file.file().run_at(bat + 100, u64::MAX).expect("answered");
    assert!(matches!(run.place, Place::Computed { .. }), "{run:?}");
    assert_eq!(run.len, 4096 - 100);
}

#[test]
fn later_writes_lie_over_earlier_ones() {
    let (image, mut built, _, _) = disk();
    let (bat, four) = (built.layout.bat.start, built.layout.places[&4]);
    let mut log = Log::new(0x4000);
    log.entry()
        .zeros(bat..bat + 0x4000)
        .page(bat, &bat_page(&built, 4, 2));
    log.entry()
        .zeros(four..four + MIB)
        .page(four + 0x4000, &[1; 4096]);
    log.entry()
        .page(bat, &bat_page(&built, 4, state::PRESENT | four));
    log.entry()
        .page(four + 0x5000, &[2; 4096])
        .zeros(four + 0x5000..four + 0x6000);
    log.entry()
        .page(four + 0x8000, &[3; 4096])
        .page(four + 0x8000, &[4; 4096]);
    built.write_log(&log);
    let mut expected = image.model(&parent(image.disk_size));
    let block = &mut expected[4 << 20..5 << 20];
    block.fill(0);
    block[0x4000..0x5000].fill(1);
    block[0x8000..0x9000].fill(4);
    let file = reads_as(&built, &expected);
    let replay = file.log_replay().expect("it was pending");
    assert_eq!(
        (replay.pages, replay.zero_ranges, replay.zero_bytes),
        (6, 3, MIB + 0x5000)
    );
    assert!(
        replay
            .to_string()
            .ends_with("3 ranges of zeros (0x105000 bytes)"),
        "{replay}"
    );
    let run = file
        .file()
        .run_at(four + 0x6000, u64::MAX)
        .expect("answered");
    assert!(
        matches!(run.place, Place::Hole) && run.len == 0x2000,
        "{run:?}"
    );
}

#[test]
fn an_entry_may_have_more_descriptors_than_a_sector_holds() {
    let (image, mut built, _, _) = disk();
    let four = built.layout.places[&4];
    let mut log = Log::new(MIB - 0x3000);
    let entry = log.entry();
    for page in 0..200 {
        entry.page(four + page * 4096, &[page as u8; 4096]);
    }
    built.write_log(&log);
    let mut expected = image.model(&parent(image.disk_size));
    for (page, bytes) in expected[4 << 20..].chunks_mut(4096).take(200).enumerate() {
        bytes.fill(page as u8);
    }
    let file = reads_as(&built, &expected);
    let run = file.file().run_at(four, u64::MAX).expect("answered");
    assert_eq!(
        run.len,
        200 * 4096,
        "pages that follow each other are one run"
    );
}

#[test]
fn a_torn_last_entry_is_as_if_it_were_not_there() {
    let (_, mut built, model, pages) = disk();
    let good = bat_page(&built, 4, state::PRESENT | built.layout.places[&4]);
    built.put(pages[0], &[0; 4096]);
    let mut log = Log::new(MIB - 0x2000);
    log.entry().page(pages[0], &good);
    log.entry()
        .page(pages[0], &bat_page(&built, 4, state::ZERO))
        .torn = true;
    built.write_log(&log);
    let file = reads_as(&built, &model);
    assert_eq!(file.log_replay().expect("pending").entries, 1);
}

#[test]
fn only_the_newest_complete_sequence_counts() {
    let (_, mut built, model, pages) = disk();
    let clean = built.clone();
    built.make_dirty(&pages, 0x2_0000);
    let stale = |start, first: u64, tail: Option<u64>| {
        let mut log = Log::new(start);
        let entry = log.entry().page(pages[0], &[0; 4096]);
        (entry.sequence_number, entry.tail) = (first, tail);
        log
    };
    built.write_log(&stale(0x4_0000, 50, None)); // older
    built.write_log(&stale(0x5_0000, 500, Some(0x6_0000))); // newer, its tail is gone
    built.write_log(&stale(0x7_0000, 99, None)); // older still, one number short
    let mut other = stale(0x8_0000, 900, None); // of an earlier log
    other.guid = uuid::Uuid::from_u128(1);
    built.write_log(&other);
    built.write_log(&Log::new(0)); // gives the headers their GUID back
    let file = reads_as(&built, &model);
    assert_eq!(
        file.log_replay().expect("pending").sequence_numbers,
        (100, 101)
    );
    assert_eq!(clean.bytes.size(), built.bytes.size());
}

#[test]
fn entries_before_the_tail_of_the_head_were_written_and_are_not_replayed() {
    let (_, mut built, model, pages) = disk();
    let page = built.bytes.bytes(pages[1], 4096);
    built.put(pages[1], &[0; 4096]);
    let mut log = Log::new(0);
    log.entry().page(pages[0], &[0; 4096]);
    let tail = log.entries[0].len() as u64;
    let entry = log.entry().page(pages[1], &page);
    entry.tail = Some(tail);
    built.write_log(&log);
    let file = reads_as(&built, &model);
    assert_eq!(
        file.log_replay().expect("pending").sequence_numbers,
        (101, 101)
    );
    assert!(
        file.log_replay()
            .expect("pending")
            .to_string()
            .contains("1 entry (sequence number 101)")
    );
}

#[test]
fn the_file_grows_where_the_log_says_so() {
    let mut image = Image::dynamic(4 * MIB);
    image.write(0, &pattern(1 << 20, 5));
    let mut built = image.build();
    let end = built.end();
    let mut log = Log::new(0);
    let page = bat_page(&built, 1, state::PRESENT | end);
    let page = {
        let mut page = page;
        page[16..24].copy_from_slice(&(state::PRESENT | (end + MIB)).to_le_bytes());
        page
    };
    log.entry().page(built.layout.bat.start, &page).last_size = Some(end + 2 * MIB);
    built.write_log(&log);
    let file = reads_as(&built, &image.model(&[]));
    assert_eq!(file.file().size(), end + 2 * MIB);
    assert_eq!(
        file.log_replay().expect("pending").grown_to,
        Some(end + 2 * MIB)
    );
    assert!(
        matches!(file.extent_at(MIB, MIB).expect("answered").state, State::File(at) if at == end)
    );
    assert!(matches!(
        file.file().run_at(end, MIB).expect("answered").place,
        Place::Hole
    ));
    assert!(
        file.log_replay()
            .expect("pending")
            .to_string()
            .contains("file grown to")
    );
}

#[test]
fn a_page_beyond_the_end_makes_the_file_longer() {
    let (_, mut built, model, _) = disk();
    let end = built.bytes.size();
    let mut log = Log::new(0);
    log.entry().page(end + 0x3000, &[9; 4096]);
    built.write_log(&log);
    let file = reads_as(&built, &model);
    assert_eq!(file.file().size(), end + 0x4000);
    let mut bytes = vec![7; 0x4000];
    file.file().read_exact_at(&mut bytes, end).expect("grown");
    assert!(bytes[..0x3000].iter().all(|byte| *byte == 0));
    assert!(bytes[0x3000..].iter().all(|byte| *byte == 9));
}

#[test]
fn what_was_cut_off_a_file_is_lost_not_zeros() {
    let mut image = Image::dynamic(4 * MIB);
    image.write(0, &pattern(4 << 20, 5));
    let mut built = image.build();
    let bat = built.layout.bat.start;
    built.make_dirty(&[bat], 0);
    built.truncate(built.layout.places[&2] + 4096);
    let file = open(&built);
    assert_eq!(notes(&file), ["HV-W134"]);
    let lost = losses(&file);
    let ranges: Vec<_> = lost.iter().map(|(range, _)| range.clone()).collect();
    assert_eq!(ranges, [2 * MIB + 4096..3 * MIB, 3 * MIB..4 * MIB]);
    assert!(lost.iter().all(|(_, fault)| fault.code.id == "HV-D123"));
    let run = file.file().run_at(file.file().size() - 1, 1);
    assert!(run.is_ok(), "the container itself says so too");
}

#[test]
fn a_log_that_grew_a_cut_file_does_not_fill_the_cut() {
    let (_, mut built, _, pages) = disk();
    let end = built.bytes.size();
    let mut log = Log::new(0);
    let page = built.bytes.bytes(pages[0], 4096);
    let entry = log.entry().page(pages[0], &page);
    (entry.flushed_size, entry.last_size) = (Some(end + MIB), Some(end + 2 * MIB));
    built.write_log(&log);
    let file = open(&built);
    assert_eq!(notes(&file), ["HV-W134"]);
    let container = file.file();
    let run = container.run_at(end, u64::MAX).expect("answered");
    assert!(
        run.len == MIB && matches!(run.place, Place::Lost(_)),
        "{run:?}"
    );
    let error = container
        .read_exact_at(&mut [0; 8], end + 5)
        .expect_err("lost");
    let fault = blockio::Fault::of(&error).expect("a fault");
    assert_eq!(fault.code.id, "HV-D102");
    assert_eq!(fault.file.as_deref(), Some("disk.vhdx"));
    let run = container.run_at(end + MIB, u64::MAX).expect("answered");
    assert!(
        run.len == MIB && matches!(run.place, Place::Hole),
        "{run:?}"
    );
}

/// Makes a log pending, damages it, and expects the file to be refused with this code.
#[track_caller]
fn refused(code: &str, damage: impl FnOnce(&mut Built)) {
    let (_, mut built, _, pages) = disk();
    built.make_dirty(&pages, MIB - 0x1000);
    damage(&mut built);
    let fault = refusal(&built);
    assert_eq!(fault.code.id, code, "{fault}");
    assert!(fault.offset.is_some() && !fault.found.is_empty(), "{fault}");
}

#[test]
fn a_log_without_a_complete_sequence_refuses_the_file() {
    refused("HV-D119", |file| {
        file.spoil(file.layout.log.end - 0x1000 + 8)
    }); // length of the first entry
    refused("HV-D119", |file| file.spoil(file.layout.log.end - 1)); // its checksum
    refused("HV-D119", |file| file.spoil(file.layout.log.start + 0x800)); // data of it
    refused("HV-D119", |file| {
        file.edit_headers(|header| header[50] ^= 1)
    }); // another log's GUID
    refused("HV-D119", |file| {
        for at in (file.layout.log.start..file.layout.log.end).step_by(4096) {
            file.put(at, &[0; 4096]);
        }
    });
}

#[test]
fn entries_whose_fields_contradict_each_other_are_not_valid() {
    // Each of these has a right checksum: the fields themselves must be looked at.
    let edits: [(usize, &[u8]); 12] = [
        (0, b"logf"),
        (8, &[0, 0, 0, 0]),              // no length
        (8, &[0, 0x10, 0, 0]),           // too short for its data
        (8, &[1, 0x20, 0, 0]),           // not whole sectors
        (8, &[0, 0, 0, 0xF0]),           // longer than the log
        (12, &[1, 0, 0, 0]),             // tail within a sector
        (12, &[0, 0, 0, 0x80]),          // tail outside
        (16, &[0, 0, 0, 0, 0, 0, 0, 0]), // no sequence number
        (16, &[1, 0, 0, 0, 0, 0, 0, 0]), // not that of the descriptors
        (24, &[0xFF, 0xFF, 0xFF, 0xFF]), // descriptors without number
        (64, b"dest"),                   // no descriptor
        (80, &[1, 0, 0, 0, 0, 0, 0, 0]), // page within a page
    ];
    for (at, bytes) in edits {
        let (_, mut built, _, pages) = disk();
        let mut log = Log::new(0);
        log.entry()
            .page(pages[0], &built.bytes.bytes(pages[0], 4096));
        built.write_log(&log);
        let start = built.layout.log.start;
        built.put(start + at as u64, bytes);
        let mut image = built.to_vec();
        testkit::checksums::vhdx(&mut image);
        built.put(0, &image);
        assert_eq!(refusal(&built).code.id, "HV-D119", "{bytes:x?} at {at}");
    }
}

#[test]
fn a_pending_log_that_is_elsewhere_or_of_another_kind() {
    let place = |offset: u64, length: u32| {
        move |header: &mut [u8]| {
            header[68..72].copy_from_slice(&length.to_le_bytes());
            header[72..80].copy_from_slice(&offset.to_le_bytes());
        }
    };
    let mib = MIB as u32;
    for (offset, length) in [
        (0, mib),
        (MIB + 4096, mib),
        (MIB, mib - 4096),
        (MIB, 0),
        (1 << 40, mib),
        (u64::MAX << 20, mib),
    ] {
        refused("HV-D117", |file| file.edit_headers(place(offset, length)));
    }
    // The log's own place, grown over the metadata: the ring is another, and holds no sequence.
    refused("HV-D119", |file| file.edit_headers(place(MIB, 2 * mib)));
    refused("HV-E118", |file| file.edit_headers(|header| header[64] = 1));
    refused("HV-E118", |file| file.edit_headers(place(MIB, 257 * mib)));
}

#[test]
fn a_log_over_a_region_refuses_the_file_even_if_it_can_be_replayed() {
    let (_, mut built, _, pages) = disk();
    let mut log = Log::new(0);
    log.entry().page(pages[2], &[0; 4096]);
    built.write_log(&log);
    built.edit_headers(|header| header[68..72].copy_from_slice(&(2 * MIB as u32).to_le_bytes()));
    assert_eq!(refusal(&built).code.id, "HV-D117");
}

#[test]
fn a_log_sector_that_cannot_be_read_may_have_been_the_newest() {
    let (_, mut built, _, pages) = disk();
    built.make_dirty(&pages, 0);
    let bad = built.layout.log.start + 0x8_0000;
    let bytes = Failing::new(built.bytes, [bad..bad + 512]);
    let error = File::open(Arc::new(bytes), "disk.vhdx", &Cache::default());
    assert_eq!(
        error.err().expect("refused").fault().kind,
        FaultKind::CannotRead
    );
}

#[test]
fn more_writes_than_any_log_needs_are_refused() {
    let mut image = Image::dynamic(MIB);
    image.log_len = 16 * MIB as u32;
    let mut built = image.build();
    let mut log = Log::new(0);
    let entry = log.entry();
    for at in 0..(256 << 10) + 1 {
        entry.zeros(at * 0x2000..at * 0x2000 + 0x1000);
    }
    built.write_log(&log);
    assert_eq!(refusal(&built).code.id, "HV-E118");
}

#[test]
fn overlapping_entries_cannot_keep_a_reader_busy() {
    // Every sector claims to begin an entry that reaches round the whole ring.
    let (_, mut built, _, _) = disk();
    let guid = Log::new(0).guid;
    built.write_log(&Log::new(0));
    let log = built.layout.log.clone();
    for at in (log.start..log.end).step_by(4096) {
        let mut header = *b"loge\0\0\0\0\0\0\x10\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
        header[4] = 1;
        built.put(at, &[&header[..], &guid.to_bytes_le()].concat());
    }
    let fault = refusal(&built);
    assert_eq!(fault.code.id, "HV-D119");
    assert!(fault.found.contains("overlap"), "{fault}");
}

#[test]
fn regions_are_those_of_the_replayed_table() {
    let (_, mut built, model, _) = disk();
    let tables: Vec<_> = (0x3_0000..0x5_0000).step_by(4096).collect();
    // 32 pages do not fit the two halves of one log of 1 MiB any less.
    built.make_dirty(&tables, 0x1000);
    reads_as(&built, &model);
}
