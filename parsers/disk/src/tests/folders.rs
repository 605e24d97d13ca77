//! Folders of this machine.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use blockio::{Cache, Place, ReadAt};
use testkit::vhdx::Image;

use super::{base, bytes, child};
use crate::{Chain, Finder, Folders, FoundBy, Gate, VirtualDisk};

fn put(folder: &Path, path: &str, image: &Image) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("in a folder")).expect("made");
    image.build().write_to(&path).expect("written");
}

fn chain(folders: Folders, leaf: &Path) -> Chain {
    let finder = Finder::new(Arc::new(folders), &Cache::default());
    finder.chain(leaf).expect("the leaf opens")
}

#[cfg(unix)]
fn names(folders: &Folders) -> Vec<String> {
    let files = folders.list().files;
    let name = |path: &Path| {
        path.file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned()
    };
    files.iter().map(|path| name(path)).collect()
}

#[test]
fn windows_paths_are_found_whatever_their_case() {
    let dir = tempfile::tempdir().expect("a folder");
    put(dir.path(), "Base/X.VHDX", &base());
    let leaf = child(&base(), r"..\base\x.vhdx", 2);
    put(dir.path(), "snap/leaf.avhdx", &leaf);
    let path = dir.path().join("snap/leaf.avhdx");
    let folders = Folders::around(&path);
    let chain = chain(folders, &path);
    assert_eq!(chain.layers[1].found_by, FoundBy::RelativePath);
    let disk = VirtualDisk::open(chain).expect("every link holds");
    assert_eq!(bytes(&disk), leaf.model(&base().model(&[])));
    let run = disk.run_at(512 * 1000, 512).expect("answered");
    let Place::Host { file, .. } = run.place else {
        panic!("{run:?}")
    };
    assert!(
        file.name().eq_ignore_ascii_case("X.VHDX"),
        "{}",
        file.name()
    );
}

#[test]
fn other_folders_are_searched_when_asked_for() {
    let (vm, other) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("two"),
    );
    put(other.path(), "deep/down/renamed.vhdx", &base());
    put(vm.path(), "leaf.avhdx", &child(&base(), r".\base.vhdx", 2));
    let leaf = vm.path().join("leaf.avhdx");
    let alone = chain(Folders::around(vm.path()), &leaf);
    assert_eq!(alone.broken.expect("not here").fault.code.id, "HV-E501");
    let both = chain(Folders::around(vm.path()).search(other.path()), &leaf);
    assert!(both.broken.is_none());
    assert_eq!(both.layers[1].found_by, FoundBy::Id);
}

#[test]
fn an_absolute_path_is_opened_only_when_allowed() {
    let (vm, live) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("two"),
    );
    put(live.path(), "base.vhdx", &base());
    let absolute = live.path().join("base.vhdx");
    let mut leaf = child(&base(), r".\base.vhdx", 2);
    let text = absolute
        .to_str()
        .expect("temporary names are ASCII")
        .to_owned();
    leaf.locator.push(("absolute_win32_path".to_owned(), text));
    put(vm.path(), "leaf.avhdx", &leaf);
    let path = vm.path().join("leaf.avhdx");
    let folders = Arc::new(Folders::around(&path));
    let finder = Finder::new(folders.clone(), &Cache::default());
    let closed = finder.chain(&path).expect("the leaf opens");
    assert!(closed.broken.is_some());
    let opened: Vec<_> = folders
        .opened()
        .iter()
        .map(|f| f.path().to_owned())
        .collect();
    assert_eq!(opened.as_slice(), std::slice::from_ref(&path));
    let allowed = chain(Folders::around(&path).allow_absolute(true), &path);
    assert_eq!(allowed.layers[1].found_by, FoundBy::AbsolutePath);
    assert_eq!(allowed.layers[1].path, absolute);
}

#[test]
fn files_in_use_are_opened_once_and_known() {
    let dir = tempfile::tempdir().expect("a folder");
    put(dir.path(), "base.vhdx", &base());
    put(dir.path(), "leaf.avhdx", &child(&base(), r".\base.vhdx", 2));
    let folders = Arc::new(Folders::around(dir.path()));
    let finder = Finder::new(folders.clone(), &Cache::default());
    assert_eq!(finder.survey().files.len(), 2);
    assert!(
        folders.opened().is_empty(),
        "a survey closes what it has looked at"
    );
    let chain = finder.chain(&dir.path().join("leaf.avhdx")).expect("opens");
    let again = finder.chain(&dir.path().join("base.vhdx")).expect("opens");
    assert_eq!(folders.opened().len(), 2);
    drop((chain, again));
    assert!(folders.opened().is_empty());
}

#[test]
fn a_folder_is_no_file() {
    let dir = tempfile::tempdir().expect("a folder");
    let error = Folders::around(dir.path())
        .open(dir.path())
        .err()
        .expect("no file");
    assert_eq!(
        blockio::Fault::of(&error).expect("a fault").code.id,
        "HV-E514"
    );
}

#[cfg(unix)]
#[test]
fn a_pipe_does_not_block_the_search() {
    let dir = tempfile::tempdir().expect("a folder");
    let pipe = dir.path().join("pipe.vhdx");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    if !made.is_ok_and(|status| status.success()) {
        return;
    }
    put(dir.path(), "base.vhdx", &base());
    let folders = Folders::around(dir.path());
    assert_eq!(names(&folders), ["base.vhdx"]);
    let error = folders.open(&pipe).err().expect("no file");
    assert_eq!(
        blockio::Fault::of(&error).expect("a fault").code.id,
        "HV-E514"
    );
}

#[cfg(unix)]
#[test]
fn links_in_a_circle_end() {
    let dir = tempfile::tempdir().expect("a folder");
    put(dir.path(), "a/base.vhdx", &base());
    std::os::unix::fs::symlink(dir.path(), dir.path().join("a/up")).expect("linked");
    std::os::unix::fs::symlink("nowhere", dir.path().join("a/dangling.vhdx")).expect("linked");
    let folders = Folders::around(dir.path());
    assert_eq!(names(&folders), ["base.vhdx"]);
    assert!(folders.list().notes.is_empty());
}

#[test]
fn folders_too_deep_are_left_out_and_said_so() {
    let dir = tempfile::tempdir().expect("a folder");
    let deep = ["d"; 40].join("/");
    put(dir.path(), &format!("{deep}/base.vhdx"), &base());
    let listing = Folders::around(dir.path()).list();
    assert!(listing.files.is_empty());
    let codes: Vec<_> = listing.notes.iter().map(|note| note.code.id).collect();
    assert_eq!(codes, ["HV-W511"]);
}

#[test]
fn a_folder_that_cannot_be_listed_is_said_so() {
    let dir = tempfile::tempdir().expect("a folder");
    let listing = Folders::around(dir.path())
        .search(&dir.path().join("gone"))
        .list();
    let codes: Vec<_> = listing.notes.iter().map(|note| note.code.id).collect();
    assert_eq!(codes, ["HV-W512"]);
}
