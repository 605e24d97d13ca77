use std::sync::Arc;

use blockio::{Cache, Fault, ReadAt, WriteAt};
use testkit::editable::Editable;
use testkit::sparse::Sparse;
use testkit::vhd::{Image, Kind};
use uuid::Uuid;

use super::{NewParent, relink};
use crate::{File, ParentLocator};

const BLOCK: u32 = 64 << 10;
const SIZE: u64 = 10 * 65_536 + 4096;

fn moved() -> NewParent {
    NewParent {
        relative: r"..\Basis f\u{fc}r alle\base.vhd".into(),
        absolute: None,
        unique_id: None,
    }
}

fn images() -> (Image, Image) {
    let mut base = Image::new(Kind::Dynamic, SIZE, BLOCK);
    base.write(1024, &[1; 70_144]);
    let mut child = Image::child_of(&base, "base.vhd", Uuid::from_u128(2));
    child.write(512, &[2; 512]);
    child.write(3 * 65_536 + 512, &[3; 1024]);
    (base, child)
}

fn sparse(bytes: &[u8]) -> Sparse {
    let mut sparse = Sparse::default();
    sparse.write(0, bytes);
    sparse
}

fn open(copy: &Arc<Editable>) -> File {
    let bytes: Arc<dyn ReadAt> = Arc::<Editable>::clone(copy);
    File::open(bytes, "child.vhd", &Cache::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn locator(file: &File) -> ParentLocator {
    file.parent().expect("it has a parent").clone()
}

fn contents(file: &File) -> Vec<u8> {
    let (base, _) = images();
    let base = Arc::new(Editable::new(sparse(&base.to_bytes())));
    let mut under = vec![0; SIZE as usize];
    testkit::read_layer(&open(&base), &[], &mut under, 0).expect("sound");
    let mut bytes = vec![0; SIZE as usize];
    testkit::read_layer(file, &under, &mut bytes, 0).expect("sound");
    bytes
}

fn copy() -> Arc<Editable> {
    Arc::new(Editable::new(sparse(&images().1.to_bytes())))
}

#[test]
fn a_relinked_copy_says_the_new_path_only_and_reads_the_same() {
    let copy = copy();
    let before = open(&copy);
    let (bytes, old) = (contents(&before), locator(&before));
    let changes = relink(&*copy, "child.vhd", &moved()).expect("done");
    assert!(
        changes.iter().any(|change| change.key == "W2ru"),
        "{changes:?}"
    );
    let after = open(&copy);
    let found = locator(&after);
    assert_eq!(found.relative, Some(moved().relative));
    assert_eq!(found.name.as_deref(), Some("base.vhd"));
    assert_eq!((found.absolute, found.others), (None, vec![]));
    assert_eq!(
        (found.unique_id, found.timestamp),
        (old.unique_id, old.timestamp)
    );
    assert_eq!(after.unique_id(), before.unique_id());
    assert_eq!(after.notes(), []);
    assert!(contents(&after) == bytes, "its bytes");
    let writes = copy.writes();
    assert_eq!(
        relink(&*copy, "child.vhd", &moved()).expect("nothing to do"),
        []
    );
    assert_eq!(
        copy.writes(),
        writes,
        "a file that says so already is not touched"
    );
}

#[test]
fn a_path_of_the_new_host_and_an_accepted_parent_are_written() {
    let copy = copy();
    let wanted = NewParent {
        absolute: Some(r"D:\VMs\web01\base.vhd".into()),
        unique_id: Some(Uuid::from_u128(0xACCE)),
        ..moved()
    };
    relink(&*copy, "child.vhd", &wanted).expect("done");
    let found = locator(&open(&copy));
    assert_eq!(found.unique_id, Uuid::from_u128(0xACCE));
    assert_eq!(found.absolute, wanted.absolute);
    assert_eq!(found.name, wanted.absolute);
    assert_eq!(found.relative, Some(wanted.relative.clone()));
    assert_eq!(found.changes(&wanted), []);
}

#[test]
fn paths_that_fit_nowhere_else_go_to_the_end_before_the_footer() {
    let copy = copy();
    let bytes = contents(&open(&copy));
    let long = "x".repeat(30_000);
    let wanted = NewParent {
        relative: format!(r".\{long}\base.vhd"),
        absolute: Some(format!(r"D:\{long}\base.vhd")),
        unique_id: None,
    };
    let size = copy.size();
    relink(&*copy, "child.vhd", &wanted).expect("done");
    assert!(copy.size() > size + 60_000);
    let after = open(&copy);
    assert_eq!(locator(&after).relative, Some(wanted.relative));
    assert_eq!(locator(&after).absolute, wanted.absolute);
    assert_eq!(locator(&after).name.as_deref(), Some("base.vhd"));
    assert_eq!(after.notes(), []);
    assert!(contents(&after) == bytes, "its bytes");
    let mut found = Vec::new();
    after.verify(&mut |fault| found.push(fault)).expect("read");
    assert_eq!(found, []);
}

#[test]
fn a_power_failure_costs_the_copy_only_in_the_last_write() {
    let bytes = contents(&open(&copy()));
    let old = locator(&open(&copy()));
    let whole = copy();
    relink(&*whole, "child.vhd", &moved()).expect("done");
    let last = whole.writes() - 1;
    for writes in 0..last {
        let copy = Editable::failing_after(sparse(&images().1.to_bytes()), writes);
        relink(&copy, "child.vhd", &moved()).expect_err("the power fails");
        let copy = Arc::new(Editable::new(copy.contents()));
        let after = open(&copy);
        assert_eq!(locator(&after), old, "after {writes} writes");
        assert!(contents(&after) == bytes, "after {writes} writes");
    }
    assert!(last >= 1, "the path, then the header");
}

#[test]
fn what_cannot_be_done_is_refused_and_leaves_the_copy_as_it_was() {
    let refused = |copy: &Editable, wanted: &NewParent, code: &str| {
        let error = relink(copy, "child.vhd", wanted).expect_err("refused");
        let fault = Fault::clone(Fault::of(&error).expect("a fault"));
        assert_eq!((fault.code.id, copy.writes()), (code, 0), "{fault}");
        assert_eq!(fault.file.as_deref(), Some("child.vhd"));
    };
    let (base, _) = images();
    refused(
        &Editable::new(sparse(&base.to_bytes())),
        &moved(),
        "HV-E321",
    );
    let long = NewParent {
        relative: "y".repeat(33_000),
        ..moved()
    };
    refused(&copy(), &long, "HV-E322");
    let long_name = NewParent {
        relative: format!(r".\{}", "z".repeat(256)),
        ..moved()
    };
    refused(&copy(), &long_name, "HV-E322");
    let torn = copy();
    torn.write_all_at(&[9], 512 + 70).expect("written");
    let torn = Editable::new(torn.contents());
    refused(&torn, &moved(), "HV-D305");
}

/// The first pieces of a disk that opens, each with its bytes unless some are lost.
fn pieces(bytes: Sparse) -> Option<Vec<Option<Vec<u8>>>> {
    let file = File::open(Arc::new(bytes), "child.vhd", &Cache::default()).ok()?;
    let size = file.disk_size().min(SIZE);
    let read = |at: u64| {
        let mut piece = vec![0; 4096.min(size - at) as usize];
        let read = testkit::read_layer(&file, &[], &mut piece, at);
        read.is_ok().then_some(piece)
    };
    Some((0..size).step_by(4096).map(read).collect())
}

/// Relinking what is damaged either refuses, or leaves a file that reads as it did before.
#[test]
fn damaged_files_are_refused_or_read_the_same_afterwards() {
    let image = images().1.to_bytes();
    let targets = testkit::mutate::targets(&image, |number, block| {
        (number < 8 || (number + 1) * 512 == image.len()) && block.iter().any(|byte| *byte != 0)
    });
    let (mut relinked, mut refused) = (0, 0);
    for seed in 0..400 {
        let mut damaged = image.clone();
        let mut chance = testkit::mutate::Chance::new(seed);
        testkit::mutate::damage(&mut damaged, &targets, &mut chance);
        if seed % 2 == 0 {
            testkit::checksums::vhd(&mut damaged);
        }
        let before = pieces(sparse(&damaged));
        let copy = Editable::new(sparse(&damaged));
        match relink(&copy, "child.vhd", &moved()) {
            Ok(_) => relinked += 1,
            Err(_) => refused += 1,
        }
        assert!(pieces(copy.contents()) == before, "seed {seed}");
    }
    assert!(
        relinked > 50 && refused > 50,
        "{relinked} relinked, {refused} refused"
    );
}
