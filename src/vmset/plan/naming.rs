//! Names and folders of the disks in the result.
//!
//! A chain keeps its files together in one folder, so that each finds its parent beside itself. Where
//! two disks have files of one name, the later disk gets a folder of its own: `Virtual Hard Disks/2`.

use std::collections::HashSet;
use std::path::Path;

use super::{DISKS, SetPath, safe_name};

/// How a file is to be called.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    /// The names that others have for it, the one that counts most first.
    pub(super) names: Vec<String>,
    /// The file that it builds on, by its place in the list.
    pub(super) parent: Option<usize>,
}

/// The place of each file.
pub(super) fn places(files: &[Wanted]) -> Vec<SetPath> {
    let names = names(files);
    let mut folders: Vec<HashSet<String>> = vec![HashSet::new()];
    let bases: Vec<_> = (0..files.len()).map(|number| base(files, number)).collect();
    let mut folder_of = vec![0; files.len()];
    for base in 0..files.len() {
        let members: Vec<_> = (0..files.len())
            .filter(|&file| bases[file] == base)
            .collect();
        if members.is_empty() {
            continue;
        }
        let folded: Vec<_> = members.iter().map(|&file| fold(&names[file])).collect();
        let is_free = |taken: &HashSet<String>| !folded.iter().any(|name| taken.contains(name));
        let folder = folders.iter().position(is_free).unwrap_or(folders.len());
        if folder == folders.len() {
            folders.push(HashSet::new());
        }
        folders[folder].extend(folded);
        members.iter().for_each(|&file| folder_of[file] = folder);
    }
    let place = |(name, folder): (&String, &usize)| match folder {
        0 => SetPath::of(&[DISKS, name]),
        folder => SetPath::of(&[DISKS, &(folder + 1).to_string(), name]),
    };
    names.iter().zip(&folder_of).map(place).collect()
}

/// The name of each file: the one that counts most, unless another file of its chain has it.
fn names(files: &[Wanted]) -> Vec<String> {
    let mut taken: HashSet<(usize, String)> = HashSet::new();
    let mut name = |(number, file): (usize, &Wanted)| {
        let base = base(files, number);
        let numbered = (2..).map(|n| {
            let last = file.names.last().map_or("disk.vhdx", String::as_str);
            let (stem, extension) = last.rsplit_once('.').unwrap_or((last, "vhdx"));
            format!("{stem} ({n}).{extension}")
        });
        let mut names = file.names.iter().cloned().chain(numbered);
        let free = names.find(|name| taken.insert((base, fold(&safe_name(name)))));
        safe_name(&free.expect("there are more numbers than files"))
    };
    files.iter().enumerate().map(&mut name).collect()
}

/// The file at the bottom of the chain of `number`.
fn base(files: &[Wanted], number: usize) -> usize {
    let mut at = number;
    for _ in 0..files.len() {
        match files[at].parent {
            Some(parent) => at = parent,
            None => break,
        }
    }
    at
}

/// Alike for names that Windows takes for one.
fn fold(name: &str) -> String {
    name.to_lowercase()
}

/// The file's own name.
pub(super) fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(names: &[&str], parent: Option<usize>) -> Wanted {
        Wanted {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            parent,
        }
    }

    fn placed(files: &[Wanted]) -> Vec<String> {
        places(files).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_chain_stays_in_one_folder_and_a_second_one_of_its_names_gets_its_own() {
        let files = [
            wanted(&["os_1.avhdx"], Some(1)),
            wanted(&["os.vhdx"], None),
            wanted(&["data.vhdx"], None),
            wanted(&["OS.vhdx"], None),
            wanted(&["other.avhdx"], Some(3)),
        ];
        assert_eq!(
            placed(&files),
            [
                "Virtual Hard Disks/os_1.avhdx",
                "Virtual Hard Disks/os.vhdx",
                "Virtual Hard Disks/data.vhdx",
                "Virtual Hard Disks/2/OS.vhdx",
                "Virtual Hard Disks/2/other.avhdx",
            ]
        );
    }

    #[test]
    fn two_files_of_a_chain_never_get_one_name() {
        let files = [
            wanted(&["a.vhdx", "b.vhdx"], Some(1)),
            wanted(&["A.vhdx", "a.VHDX"], None),
        ];
        assert_eq!(
            placed(&files),
            ["Virtual Hard Disks/a.vhdx", "Virtual Hard Disks/a (2).VHDX"]
        );
    }

    #[test]
    fn names_that_are_paths_stay_in_the_folder() {
        assert_eq!(
            placed(&[wanted(&["../x.vhdx"], None)]),
            ["Virtual Hard Disks/..%2Fx.vhdx"]
        );
    }
}
