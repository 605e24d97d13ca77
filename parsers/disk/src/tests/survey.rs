//! All disk files of a gate.

use std::path::{Path, PathBuf};

use super::{MemoryGate, base, child, finder, id};
use crate::{ParentFile, Survey};

fn paths(survey: &Survey, numbers: impl IntoIterator<Item = usize>) -> Vec<&Path> {
    let path = |number: usize| &*survey.files[number].path;
    numbers.into_iter().map(path).collect()
}

fn paths_of<'a>(names: &[&'a str]) -> Vec<&'a Path> {
    names.iter().map(|name| Path::new(*name)).collect()
}

#[test]
fn trees_orphans_and_damage() {
    let middle = child(&base(), r".\base.vhdx", 2);
    let gate = MemoryGate::default()
        .with("base.vhdx", &base())
        .with("middle.avhdx", &middle)
        .with("leaf1.avhdx", &child(&middle, r".\middle.avhdx", 3))
        .with("leaf2.avhdx", &child(&middle, r".\middle.avhdx", 4))
        .with(
            "orphan.avhdx",
            &child(&child(&base(), "", 50), r".\gone.vhdx", 5),
        )
        .with_bytes("damaged.vhdx", vec![0; 4096])
        .with_bytes("notes.txt", b"hello".to_vec())
        .with_bytes("raw.img", vec![0; 512])
        .with_bytes("set.vhds", vec![0; 512]);
    let survey = finder(gate).survey();
    assert_eq!(survey.files.len(), 7);
    let leaves = paths(&survey, survey.leaves());
    assert_eq!(
        leaves,
        paths_of(&["leaf1.avhdx", "leaf2.avhdx", "orphan.avhdx", "raw.img"])
    );
    assert_eq!(
        paths(&survey, survey.bases()),
        paths_of(&["base.vhdx", "raw.img"])
    );
    assert_eq!(
        paths(&survey, survey.orphans()),
        paths_of(&["orphan.avhdx"])
    );
    assert_eq!(
        paths(&survey, survey.damaged()),
        paths_of(&["damaged.vhdx"])
    );
    assert_eq!(survey.vhd_sets, [PathBuf::from("set.vhds")]);
    let on_base = survey.bases().next().map(|base| survey.leaves_on(base));
    let on_base = paths(&survey, on_base.expect("there is one"));
    assert_eq!(on_base, paths_of(&["leaf1.avhdx", "leaf2.avhdx"]));
}

#[test]
fn of_two_copies_the_one_beside_the_child_is_its_parent() {
    let gate = MemoryGate::default()
        .with("a/base.vhdx", &base())
        .with("b/base.vhdx", &base())
        .with("b/leaf.avhdx", &child(&base(), r".\base.vhdx", 2));
    let survey = finder(gate).survey();
    assert_eq!(survey.files[2].parent, ParentFile::File(1));
    assert_eq!(
        paths(&survey, survey.leaves()),
        paths_of(&["a/base.vhdx", "b/leaf.avhdx"])
    );
}

#[test]
fn a_cycle_has_no_leaves_and_ends() {
    let two = child(&base(), r".\one.avhdx", 12);
    let one = child(&two, r".\two.avhdx", 1);
    let gate = MemoryGate::default()
        .with("one.avhdx", &one)
        .with("two.avhdx", &two);
    let survey = finder(gate).survey();
    assert_eq!(
        survey.files[0].outcome.as_ref().expect("opens").id,
        Some(id(1))
    );
    assert_eq!(survey.leaves().count(), 0);
    assert_eq!(survey.leaves_on(0), Vec::<usize>::new());
}
