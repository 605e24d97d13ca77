use std::fs;
use std::sync::atomic::AtomicBool;

use blockio::Memory;
use testkit::failing::Failing;
use testkit::sparse::Sparse;

use super::*;
use crate::progress::Silent;

static NEVER: AtomicBool = AtomicBool::new(false);

fn watch() -> Watch<'static> {
    Watch {
        progress: &Silent,
        cancel: &NEVER,
    }
}

fn options() -> Options {
    Options {
        overwrite: false,
        partial: true,
        sources: Sources::default(),
    }
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).expect("listed");
    let name = |entry: io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
    let mut names: Vec<_> = entries
        .map(|entry| name(entry).to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn raw(disk: impl ReadAt + 'static) -> Image {
    Image::raw(std::sync::Arc::new(disk))
}

fn disk() -> Sparse {
    let mut disk = Sparse::new(100 << 20);
    disk.write(0, b"first");
    disk.write(50 << 20, &[7; 10_000]);
    disk
}

#[test]
fn a_disk_becomes_a_sparse_file() {
    let temp = tempfile::tempdir().expect("a folder");
    let path = temp.path().join("disk.raw");
    let flat = to_file(&raw(disk()), &path, &options(), watch()).expect("written");
    assert!(matches!(flat, Flat::Whole(place) if place == path));
    assert!(fs::read(&path).expect("there") == disk().to_vec());
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        assert!(fs::metadata(&path).expect("there").blocks() < 256);
    }
    assert_eq!(names(temp.path()), ["disk.raw"]);
}

#[test]
fn a_disk_that_ends_in_nothing_has_its_whole_length() {
    let temp = tempfile::tempdir().expect("a folder");
    let path = temp.path().join("disk.raw");
    to_file(&raw(Sparse::new(12_345)), &path, &options(), watch()).expect("written");
    assert_eq!(fs::read(&path).expect("there"), [0; 12_345]);
}

#[test]
fn what_is_there_is_replaced_only_when_told_so() {
    let temp = tempfile::tempdir().expect("a folder");
    let path = temp.path().join("disk.raw");
    fs::write(&path, "old").expect("written");
    let error = to_file(&raw(disk()), &path, &options(), watch()).expect_err("it is there");
    assert!(
        matches!(&error, Error::Item(refusal) if refusal.code.id == "HV-E751"),
        "{error}"
    );
    assert_eq!(
        (fs::read(&path).expect("there"), names(temp.path()).len()),
        (b"old".into(), 1)
    );
    let overwrite = Options {
        overwrite: true,
        ..options()
    };
    to_file(&raw(disk()), &path, &overwrite, watch()).expect("it may go");
    assert_eq!(fs::metadata(&path).expect("there").len(), 100 << 20);
    let sources = Sources::at([&path]).expect("opened");
    let own = Options {
        overwrite: true,
        sources,
        ..options()
    };
    let error = to_file(&raw(disk()), &path, &own, watch()).expect_err("it is the source");
    assert!(
        matches!(&error, Error::Stop(refusal) if refusal.code.id == "HV-E754"),
        "{error}"
    );
}

#[test]
fn lost_bytes_make_it_partial() {
    let temp = tempfile::tempdir().expect("a folder");
    let path = temp.path().join("disk.raw");
    let broken = raw(Failing::new(Memory::from(vec![7; 4096]), Some(600..601)));
    let flat = to_file(&broken, &path, &options(), watch()).expect("written");
    let Flat::Partly(partial) = flat else {
        panic!("a byte is lost");
    };
    assert_eq!(
        (partial.lost_bytes(), partial.lost[0].range.clone()),
        (512, 512..1024)
    );
    assert_eq!(
        names(temp.path()),
        ["disk.raw.partial", "disk.raw.partial.json"]
    );
    let mut expected = vec![7; 4096];
    expected[512..1024].fill(0);
    assert_eq!(
        fs::read(temp.path().join("disk.raw.partial")).expect("there"),
        expected
    );
    let nothing = Options {
        partial: false,
        ..options()
    };
    let other = temp.path().join("other");
    to_file(&broken, &other, &nothing, watch()).expect("nothing to write");
    assert_eq!(names(temp.path()).len(), 2);
}

#[test]
fn a_missing_folder_is_named() {
    let temp = tempfile::tempdir().expect("a folder");
    let path = temp.path().join("no/such/disk.raw");
    let error = to_file(&raw(disk()), &path, &options(), watch()).expect_err("no folder");
    assert!(error.to_string().contains("disk.raw"), "{error}");
    assert!(error.to_string().contains("HV-E753"), "{error}");
}

#[test]
fn a_stream_gets_zeros_for_holes_and_ends_at_a_gap() {
    let mut out = Vec::new();
    to_stream(&disk(), &mut out, None, watch()).expect("written");
    assert!(out == disk().to_vec());
    let mut out = Vec::new();
    let broken = raw(Failing::new(Memory::from(vec![7; 4096]), Some(600..601)));
    let error = to_stream(broken.bytes(), &mut out, None, watch()).expect_err("a gap");
    let copy::Error::Target(error) = error else {
        panic!("nobody interrupted");
    };
    assert_eq!(Fault::of(&error).expect("a fault").code.id, "HV-E764");
    assert_eq!(out, [7; 512], "not one byte after the gap");
}
