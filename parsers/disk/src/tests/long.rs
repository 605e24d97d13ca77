//! Chains of as many layers as there may be, and one more, in files of this machine.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use blockio::{Cache, ReadAt};
use tempfile::TempDir;
use testkit::vhd::{Image, Kind};

use super::{MIB, bytes, id, noise};
use crate::{Finder, Folders, MAX_LAYERS, VirtualDisk};

/// Layers from `0.vhd`, the base, to `1000.avhd`, one too many. Layer n writes sector n of the disk,
/// whose bytes as of the last layer but one come with the folder.
fn long_chain() -> (TempDir, Vec<u8>) {
    let dir = tempfile::tempdir().expect("a folder");
    let put = |name: &str, image: &Image| {
        fs::write(dir.path().join(name), image.to_bytes()).expect("written");
    };
    let mut layer = Image::new(Kind::Dynamic, MIB, 64 << 10);
    layer.unique_id = id(0);
    let mut model = noise(MIB, 1);
    layer.write(0, &model);
    put("0.avhd", &layer);
    for number in 1..=MAX_LAYERS {
        layer = Image::child_of(&layer, &format!("{}.avhd", number - 1), id(number as u128));
        layer.block_size = 64 << 10;
        let sector = noise(512, number as u64);
        layer.write(number as u64 * 512, &sector);
        if number < MAX_LAYERS {
            model[number * 512..][..512].copy_from_slice(&sector);
        }
        put(&format!("{number}.avhd"), &layer);
    }
    (dir, model)
}

#[test]
fn a_thousand_layers_open_and_read_and_one_more_is_refused() {
    let (dir, model) = long_chain();
    let finder = |path: &Path| {
        let gate = Arc::new(Folders::around(path));
        Finder::new(gate, &Cache::default())
            .chain(path)
            .expect("the leaf opens")
    };
    let disk = VirtualDisk::open(finder(&dir.path().join("999.avhd"))).expect("every link holds");
    assert_eq!(disk.layers().len(), MAX_LAYERS);
    assert_eq!(bytes(&disk), model);
    let run = disk.run_at(999 * 512, u64::MAX).expect("answered");
    assert_eq!(run.len, 512, "the leaf's own sector");
    drop(disk);
    let chain = finder(&dir.path().join("1000.avhd"));
    assert_eq!(chain.layers.len(), MAX_LAYERS);
    let link = chain.broken.expect("one too many");
    assert_eq!(link.fault.code.id, "HV-E505");
    assert_eq!(link.child, dir.path().join("1.avhd"));
}
