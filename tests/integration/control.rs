//! What an operator says of an extraction besides what and where to.

mod checks;
mod filters;
mod plans;
mod resume;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use crate::harness::program::Ran;
use crate::harness::{SIDECAR, Sources, Test, hvrestore, temp_dir};

/// The tests of this theme.
pub(crate) fn tests() -> Vec<Test> {
    let modules = [
        filters::tests(),
        plans::tests(),
        resume::tests(),
        checks::tests(),
    ];
    modules.into_iter().flatten().collect()
}

const DEMO: &str = "testdata/demo";

/// Extracts from the demo into `dest`.
fn extract(dest: &Path, more: &[&str]) -> Ran {
    let mut arguments = vec![OsStr::new("extract"), OsStr::new(DEMO)];
    arguments.extend([OsStr::new("-o"), dest.as_os_str()]);
    arguments.extend(more.iter().map(OsStr::new));
    hvrestore(arguments)
}

/// Whether this is a stream that has a file of its own, as in folders of Wine, which hold none.
fn is_stream(name: &str) -> bool {
    cfg!(windows) && name.contains("%3A")
}

/// The paths that are none of streams.
fn without_streams(mut paths: BTreeSet<String>) -> BTreeSet<String> {
    paths.retain(|path| !is_stream(path));
    paths
}

/// All that is below a folder, as `a/b`, folders with a slash at the end.
fn below(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![(folder.to_owned(), String::new())];
    while let Some((folder, path)) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let entry = entry.expect("an entry");
            let name = entry.file_name().into_string().expect("Unicode");
            if name == SIDECAR {
                continue;
            }
            if entry.file_type().expect("a kind").is_dir() {
                found.insert(format!("{path}{name}/"));
                folders.push((entry.path(), format!("{path}{name}/")));
            } else {
                found.insert(format!("{path}{name}"));
            }
        }
    }
    found
}

/// The files among [`below`].
fn files(folder: &Path) -> BTreeSet<String> {
    let mut found = below(folder);
    found.retain(|path| !path.ends_with('/'));
    found
}

/// A disk with a volume of which one block is lost, in the middle of `large.txt`; and beside it, in
/// another folder, the same disk whole.
fn damaged() -> (Sources, Sources) {
    use testkit::partition::{Gpt, GptPart};
    use testkit::vhdx::{Image, state};
    let sources = Sources::testdata(&["ntfs/plain.img.zst"]);
    let image = sources.path("plain.img");
    let volume = fs::read(&image).expect("unpacked");
    let content = hvrestore([
        OsStr::new("cat"),
        image.as_os_str(),
        OsStr::new("/large.txt"),
    ]);
    let content = content.expect_code(0).stdout;
    let sector = &content[content.len() / 2 / 512 * 512..][..512];
    let place = volume
        .chunks(512)
        .position(|bytes| bytes == sector)
        .expect("it is in it")
        * 512;
    // The lost block begins there.
    let mut gpt = Gpt::new(vec![GptPart::data("data", volume)]);
    gpt.alignment = (1 << 20) - place % (1 << 20);
    let (start, _) = gpt.places()[0].expect("the one partition");
    let bytes = gpt.build();
    let mut disk = Image::dynamic((bytes.len() as u64).next_multiple_of(512));
    disk.write(0, &bytes);
    let made = |lost: bool| {
        let folder = temp_dir();
        let mut file = disk.build();
        if lost {
            file.set_bat_entry((start + place) as u64 >> 20, state::PRESENT, 1 << 40);
        }
        file.write_to(&folder.path().join("disk.vhdx"))
            .expect("written");
        Sources::made(folder)
    };
    (made(true), made(false))
}
