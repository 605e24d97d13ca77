//! Copies put right in place: logs replayed into them, parent locators rewritten.

use std::sync::Arc;

use blockio::{Cache, Fault, ReadAt, WriteAt};
use hvrestore_vhdx::edit::{Edited, NewParent, relink, replay_log};
use hvrestore_vhdx::{File, ParentLocator};
use testkit::editable::Editable;
use testkit::sparse::Sparse;
use testkit::vhdx::{Built, MIB, PARENT_LOCATOR, VHDX_LOCATOR};
use uuid::Uuid;

use crate::sound::{built, every_state, parent};
use crate::{contents, fixtures, open_bytes, verify};

const NEW_FILE: Uuid = Uuid::from_u128(0xF11E);

fn moved() -> NewParent {
    NewParent {
        relative_path: r"..\base disks\the base.vhdx".into(),
        absolute_win32_path: None,
        linkage: None,
    }
}

fn editable(file: &Built) -> Arc<dyn WriteAt> {
    Arc::new(Editable::new(file.bytes.clone()))
}

fn reopen(copy: &Arc<dyn WriteAt>) -> File {
    let bytes: Arc<dyn ReadAt> = Arc::<dyn WriteAt>::clone(copy);
    open_bytes(bytes)
}

fn locator(file: &File) -> ParentLocator {
    file.parent_locator().expect("it has a parent").clone()
}

fn done(copy: &Arc<dyn WriteAt>, parent: &NewParent) -> Edited {
    relink(copy, "disk.vhdx", parent, NEW_FILE).unwrap_or_else(|error| panic!("{error}"))
}

fn fault(error: &std::io::Error) -> Fault {
    Fault::clone(Fault::of(error).unwrap_or_else(|| panic!("no fault: {error}")))
}

/// A child whose locator has everything that Windows writes, and a key of somebody else's.
fn child() -> Built {
    let mut file = built();
    let linkage = format!("{{{}}}", locator(&crate::open(&file)).linkage);
    file.put_locator(
        VHDX_LOCATOR,
        &[
            ("parent_linkage", &linkage),
            ("absolute_win32_path", r"C:\live\base.vhdx"),
            ("somebodys_own", "kept"),
            ("relative_path", r".\base.vhdx"),
            ("volume_path", r"\\?\Volume{1}\base.vhdx"),
            ("parent_linkage2", "{83ed2a1e-0000-0000-0000-000000000000}"),
        ],
    );
    file
}

fn keys_and_values(locator: &ParentLocator) -> Vec<(&str, &str)> {
    let entries = locator.entries.iter();
    entries
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect()
}

#[test]
fn a_relinked_copy_says_the_new_path_and_nothing_that_leads_to_a_live_disk() {
    let file = child();
    let before = crate::open(&file);
    let linkage = format!("{{{}}}", locator(&before).linkage);
    let copy = editable(&file);
    let edited = done(&copy, &moved());
    let shown: Vec<_> = edited.changes.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            r"absolute_win32_path: C:\live\base.vhdx was removed",
            r"relative_path: .\base.vhdx is now ..\base disks\the base.vhdx",
            r"volume_path: \\?\Volume{1}\base.vhdx was removed",
        ]
    );
    let after = reopen(&copy);
    assert_eq!(
        keys_and_values(&locator(&after)),
        [
            ("parent_linkage", linkage.as_str()),
            ("somebodys_own", "kept"),
            ("relative_path", r"..\base disks\the base.vhdx"),
            ("parent_linkage2", "{83ed2a1e-0000-0000-0000-000000000000}"),
        ]
    );
    assert_eq!(after.data_write_guid(), before.data_write_guid());
    assert_eq!(after.file_write_guid(), NEW_FILE);
    assert!(after.notes().is_empty() && verify(&after).is_empty());
    let image = every_state();
    let under = parent(image.disk_size);
    assert!(contents(&after, &under) == image.model(&under), "its bytes");
}

#[test]
fn a_path_of_the_new_host_and_an_accepted_parent_are_written() {
    let (file, accepted) = (child(), Uuid::from_u128(0xACCE));
    let copy = editable(&file);
    let wanted = NewParent {
        absolute_win32_path: Some(r"D:\VMs\web01\base.vhdx".into()),
        linkage: Some(accepted),
        ..moved()
    };
    let keys: Vec<_> = done(&copy, &wanted)
        .changes
        .into_iter()
        .map(|it| it.key)
        .collect();
    assert_eq!(
        keys,
        [
            "parent_linkage",
            "absolute_win32_path",
            "relative_path",
            "volume_path",
            "parent_linkage2"
        ]
    );
    let after = locator(&reopen(&copy));
    assert_eq!((after.linkage, after.linkage2), (accepted, None));
    assert_eq!(
        after.absolute_win32_path.as_deref(),
        Some(r"D:\VMs\web01\base.vhdx")
    );
    assert_eq!(after.changes(&wanted), []);
}

#[test]
fn keys_that_are_not_there_are_added_at_the_end() {
    let mut file = built();
    file.put_locator(
        VHDX_LOCATOR,
        &[("parent_linkage", &Uuid::from_u128(9).to_string())],
    );
    let copy = editable(&file);
    let wanted = NewParent {
        absolute_win32_path: Some(r"D:\b.vhdx".into()),
        ..moved()
    };
    done(&copy, &wanted);
    let after = locator(&reopen(&copy));
    let keys: Vec<_> = after.entries.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(
        keys,
        ["parent_linkage", "relative_path", "absolute_win32_path"]
    );
}

#[test]
fn a_file_that_says_so_already_is_not_touched() {
    let file = child();
    let copy = Arc::new(Editable::new(file.bytes.clone()));
    let handle: Arc<dyn WriteAt> = Arc::<Editable>::clone(&copy);
    done(&handle, &moved());
    let writes = copy.writes();
    let again = done(&handle, &moved());
    assert_eq!((again.changes, copy.writes()), (vec![], writes));
}

#[test]
fn relinking_again_and_again_finds_room_or_takes_the_old_place() {
    let copy = editable(&child());
    let mut wanted = moved();
    for round in 0..600 {
        // 2 KiB each: some 490 of them fill the metadata region, then the old place is used.
        wanted.relative_path = format!(r".\{round:04}\{}.vhdx", "x".repeat(900));
        done(&copy, &wanted);
    }
    let after = reopen(&copy);
    assert_eq!(
        locator(&after).relative_path,
        Some(wanted.relative_path.clone())
    );
    wanted.relative_path.push_str("longer than the last one");
    let error = relink(&copy, "disk.vhdx", &wanted, NEW_FILE).expect_err("the region is full");
    assert_eq!(fault(&error).code.id, "HV-E142");
    wanted.relative_path = "y".repeat(40_000);
    let error = relink(&copy, "disk.vhdx", &wanted, NEW_FILE).expect_err("longer than a value");
    assert_eq!(fault(&error).code.id, "HV-E142");
    assert!(fault(&error).to_string().contains("(disk.vhdx)"), "{error}");
}

#[test]
fn a_pending_log_is_replayed_into_the_copy_first() {
    let mut file = child();
    let pages = [file.layout.bat.start, file.layout.bitmaps[&0]];
    file.make_dirty(&pages, MIB - 0x1000);
    let copy = editable(&file);
    let edited = done(&copy, &moved());
    let replay = edited.log_replay.expect("it was pending");
    assert!(
        replay
            .to_string()
            .starts_with("log replayed into the copy: "),
        "{replay}"
    );
    let after = reopen(&copy);
    assert!(after.log_replay().is_none(), "nothing is pending any more");
    assert_eq!(
        locator(&after).relative_path.as_deref(),
        Some(r"..\base disks\the base.vhdx")
    );
    let image = every_state();
    let under = parent(image.disk_size);
    assert!(contents(&after, &under) == image.model(&under), "its bytes");
}

#[test]
fn either_header_alone_tells_the_whole_truth_afterwards() {
    let mut file = child();
    let pages = [file.layout.bat.start];
    file.make_dirty(&pages, 0);
    for lost in [0x1_0000, 0x2_0000] {
        let copy = editable(&file);
        done(&copy, &moved());
        copy.write_all_at(&[0; 4096], lost).expect("written");
        let after = reopen(&copy);
        assert!(after.log_replay().is_none(), "header at {lost:#x} lost");
        assert_eq!(after.notes().len(), 1, "header at {lost:#x} lost");
        let found = locator(&after).relative_path;
        assert_eq!(found.as_deref(), Some(r"..\base disks\the base.vhdx"));
    }
}

#[test]
fn a_copy_whose_power_fails_at_any_write_still_opens_and_reads_the_same() {
    let mut file = child();
    let pages = [
        file.layout.bat.start,
        file.layout.bitmaps[&0],
        file.layout.metadata.start,
    ];
    file.make_dirty(&pages, MIB - 0x2000);
    let image = every_state();
    let under = parent(image.disk_size);
    let model = image.model(&under);
    let (old, new) = (r".\base.vhdx", r"..\base disks\the base.vhdx");
    let mut seen_new = false;
    for writes in 0.. {
        let copy = Arc::new(Editable::failing_after(file.bytes.clone(), writes));
        let handle: Arc<dyn WriteAt> = Arc::<Editable>::clone(&copy);
        let edited = relink(&handle, "disk.vhdx", &moved(), NEW_FILE);
        let after = open_bytes(Arc::new(copy.contents()));
        let path = locator(&after).relative_path.expect("there is one");
        assert!(path == old || path == new, "after {writes} writes: {path}");
        assert!(contents(&after, &under) == model, "after {writes} writes");
        seen_new |= edited.is_err() && path == new;
        if edited.is_ok() {
            assert!(writes > 8 && seen_new, "{writes} writes");
            break;
        }
    }
}

#[test]
fn what_cannot_be_done_rightly_is_refused_and_leaves_the_copy_as_it_was() {
    let refused = |file: &Built, code: &str| {
        let copy = Arc::new(Editable::new(file.bytes.clone()));
        let handle: Arc<dyn WriteAt> = Arc::<Editable>::clone(&copy);
        let error = relink(&handle, "disk.vhdx", &moved(), NEW_FILE).expect_err("refused");
        assert_eq!((fault(&error).code.id, copy.writes()), (code, 0), "{error}");
        error
    };
    let plain = testkit::vhdx::Image::dynamic(MIB).build();
    refused(&plain, "HV-E141");
    let mut cut = child();
    let pages = [cut.layout.bat.start];
    cut.make_dirty(&pages, 0);
    cut.truncate(cut.end() - MIB);
    refused(&cut, "HV-E143");
    for over in [child().layout.log.start + 0x8_0000, 0x1_0000] {
        let mut file = child();
        let mut log = testkit::vhdx::Log::new(0);
        log.entry().page(over, &[7; 4096]);
        file.write_log(&log);
        refused(&file, "HV-D144");
    }
    let mut last = child();
    last.edit_headers(|header| header[8..16].copy_from_slice(&u64::MAX.to_le_bytes()));
    let error = relink(&editable(&last), "disk.vhdx", &moved(), NEW_FILE).expect_err("refused");
    assert_eq!(fault(&error).code.id, "HV-D103");
    let mut torn = child();
    torn.edit_item_entry(PARENT_LOCATOR, |entry| entry[19] = 0xFF);
    refused(&torn, "HV-D115");
}

#[test]
fn an_item_of_the_user_with_the_locators_id_is_another_item() {
    let mut file = child();
    file.add_item(PARENT_LOCATOR, 1, b"the user's own");
    let copy = editable(&file);
    done(&copy, &moved());
    let found = locator(&reopen(&copy)).relative_path;
    assert_eq!(found.as_deref(), Some(r"..\base disks\the base.vhdx"));
}

/// The first pieces of a disk that opens, each with its bytes unless some are lost.
fn pieces(bytes: Sparse, under: &[u8]) -> Option<Vec<Option<Vec<u8>>>> {
    let file = File::open(Arc::new(bytes), "disk.vhdx", &Cache::default()).ok()?;
    let size = file.disk_size().min(under.len() as u64);
    let read = |at: u64| {
        let mut piece = vec![0; 4096.min(size - at) as usize];
        let read = testkit::read_layer(&file, under, &mut piece, at);
        read.is_ok().then_some(piece)
    };
    Some((0..size).step_by(4096).map(read).collect())
}

/// Relinking what is damaged either refuses, or leaves a file that reads as it did before.
#[test]
fn damaged_files_are_refused_or_read_the_same_afterwards() {
    let mut file = child();
    let pages = [file.layout.bat.start, file.layout.metadata.start];
    file.make_dirty(&pages, MIB - 0x2000);
    let image = file.to_vec();
    let layout = &file.layout;
    let structures = [
        0..MIB,
        layout.log.clone(),
        layout.metadata.clone(),
        layout.bat.clone(),
    ];
    let targets = testkit::mutate::targets(&image, |number, block| {
        let at = number as u64 * 512;
        let inside = structures.iter().any(|range| range.contains(&at));
        inside && block.iter().any(|byte| *byte != 0)
    });
    let under = parent(every_state().disk_size);
    let (mut relinked, mut refused) = (0, 0);
    for seed in 0..200 {
        let mut damaged = image.clone();
        let mut chance = testkit::mutate::Chance::new(seed);
        testkit::mutate::damage(&mut damaged, &targets, &mut chance);
        if seed % 2 == 0 {
            testkit::checksums::vhdx(&mut damaged);
        }
        let mut bytes = Sparse::default();
        bytes.write(0, &damaged);
        let before = pieces(bytes.clone(), &under);
        let copy = Arc::new(Editable::new(bytes));
        let handle: Arc<dyn WriteAt> = Arc::<Editable>::clone(&copy);
        match relink(&handle, "disk.vhdx", &moved(), NEW_FILE) {
            Ok(_) => relinked += 1,
            Err(_) => refused += 1,
        }
        // A refusal half way costs nothing either.
        assert!(pieces(copy.contents(), &under) == before, "seed {seed}");
    }
    assert!(
        relinked > 20 && refused > 20,
        "{relinked} relinked, {refused} refused"
    );
}

#[test]
fn a_log_cannot_fill_the_medium_that_holds_the_copy() {
    let mut file = child();
    let mut log = testkit::vhdx::Log::new(0);
    let far = 1 << 44;
    log.entry().zeros(file.end()..far).last_size = Some(far);
    file.write_log(&log);
    let copy = Arc::new(Editable::new(file.bytes.clone()));
    let handle: Arc<dyn WriteAt> = Arc::<Editable>::clone(&copy);
    done(&handle, &moved());
    assert!(copy.writes() < 20, "zeros behind the end are not written");
    assert_eq!(copy.size(), far, "as long as the log says");
    let mut log = testkit::vhdx::Log::new(0);
    log.entry().zeros(0x40_0000..1 << 62);
    let mut file = child();
    file.write_log(&log);
    let error = relink(&editable(&file), "disk.vhdx", &moved(), NEW_FILE).expect_err("refused");
    assert_eq!(fault(&error).code.id, "HV-E118");
}

#[test]
#[ignore = "needs the real images that HVRESTORE_FIXTURES names"]
fn the_log_that_windows_left_is_replayed_into_a_copy() {
    let copy: Arc<dyn WriteAt> = Arc::new(Editable::new(fixtures::sparse("vhdx-log-replay.vhdx")));
    let replay = replay_log(&copy, "disk.vhdx", NEW_FILE)
        .expect("replayed")
        .expect("pending");
    assert_eq!((replay.entries, replay.pages), (2, 2));
    let file = reopen(&copy);
    assert!(file.log_replay().is_none());
    assert_eq!(file.notes(), []);
    assert_eq!(
        fixtures::sha256(&file, &[]),
        "3ba3b309425b7ff5e8e0199edceed95226250f880c53b24e8eae93865f3fad5e"
    );
    assert_eq!(
        replay_log(&copy, "disk.vhdx", NEW_FILE).expect("nothing to do"),
        None
    );
}

#[test]
#[ignore = "needs the real images that HVRESTORE_FIXTURES names"]
fn the_differencing_disk_of_windows_reads_the_same_when_it_is_relinked() {
    let copy: Arc<dyn WriteAt> =
        Arc::new(Editable::new(fixtures::sparse("ntfs-differential.vhdx")));
    let before = reopen(&copy);
    let edited = done(&copy, &moved());
    assert!(edited.log_replay.is_none());
    let child = reopen(&copy);
    assert_eq!(
        locator(&child).relative_path.as_deref(),
        Some(r"..\base disks\the base.vhdx")
    );
    assert_eq!(locator(&child).linkage, locator(&before).linkage);
    assert_eq!(child.data_write_guid(), before.data_write_guid());
    let base = open_bytes(Arc::new(fixtures::sparse("ntfs-parent.vhdx")));
    assert_eq!(
        fixtures::sha256(&child, &contents(&base, &[])),
        "1ef1fb5360247aa7d36a38415bc7bf6e1e52f62af5e6bd1283815e82584c7efc"
    );
}
