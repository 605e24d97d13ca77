//! The cases in which readers differ, as README has them in its table.

use std::io::{Read, Seek, SeekFrom};

use testkit::vhdx::{Block, Image, Order};

use super::{Folder, MIB, base, child, found, id, noise, read_as, reads, refused, run, stranger};
use crate::harness::{Outcome, Test, temp_dir, test};

pub(super) fn tests() -> Vec<Test> {
    vec![
        test!(child_and_parent_in_one_folder),
        test!(parent_at_a_relative_path_up),
        test!(only_an_absolute_path_in_the_locator),
        test!(identifiers_that_do_not_match),
        test!(renamed_parent),
        test!(pending_log_in_every_layer),
        test!(one_read_over_blocks_that_lie_apart),
        test!(zero_in_the_child_over_data_of_the_parent),
        test!(chunk_without_a_sector_bitmap),
    ]
}

fn child_and_parent_in_one_folder() -> Outcome {
    let leaf = child(&base(), r".\base.vhdx", 2);
    let sources = Folder::new()
        .with("base.vhdx", &base())
        .with("leaf.avhdx", &leaf)
        .done();
    let expected = leaf.model(&base().model(&[]));
    let chain = reads(&sources.path("leaf.avhdx"), &expected);
    assert_eq!(
        found(&chain),
        ["leaf.avhdx: given", "base.vhdx: same folder"]
    );
    // The folder as the source means the same state.
    let chain = reads(sources.folder(), &expected);
    assert_eq!(
        found(&chain),
        ["leaf.avhdx: given", "base.vhdx: same folder"]
    );
    Ok(())
}

fn parent_at_a_relative_path_up() -> Outcome {
    let leaf = child(&base(), r"..\base\x.vhdx", 2);
    let sources = Folder::new()
        .with("base/x.vhdx", &base())
        .with("snapshots/leaf.avhdx", &leaf)
        .done();
    let expected = leaf.model(&base().model(&[]));
    let chain = reads(&sources.path("snapshots/leaf.avhdx"), &expected);
    assert_eq!(found(&chain)[1], "x.vhdx: relative path");
    Ok(())
}

fn only_an_absolute_path_in_the_locator() -> Outcome {
    let mut leaf = child(&base(), "", 2);
    leaf.locator.retain(|(key, _)| key == "parent_linkage");
    let path = ("absolute_win32_path".into(), r"D:\VMs\web\x.vhdx".into());
    leaf.locator.push(path);
    let sources = Folder::new()
        .with("disks/restored.vhdx", &base())
        .with("leaf.avhdx", &leaf)
        .done();
    let chain = reads(sources.folder(), &leaf.model(&base().model(&[])));
    assert_eq!(found(&chain)[1], "restored.vhdx: identifier");
    Ok(())
}

fn identifiers_that_do_not_match() -> Outcome {
    let leaf = child(&base(), r".\base.vhdx", 2);
    let sources = Folder::new()
        .with("base.vhdx", &stranger())
        .with("leaf.avhdx", &leaf)
        .done();
    let leaf_file = sources.path("leaf.avhdx");
    let broken = refused(&leaf_file, &[], "HV-E502");
    let message = broken["message"].as_str().expect("a message");
    for part in [
        "leaf.avhdx",
        "base.vhdx",
        &id(1).to_string(),
        &id(99).to_string(),
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
    let fix = broken["fix"].as_str().expect("a fix");
    assert!(
        fix.contains("--accept-parent 'leaf.avhdx=base.vhdx'"),
        "{fix}"
    );
    let word = ["--accept-parent", "leaf.avhdx=base.vhdx"];
    let expected = leaf.model(&stranger().model(&[]));
    let chain = read_as(3, &leaf_file, &word, &expected);
    assert_eq!(found(&chain)[1], "base.vhdx: accepted by the operator");
    assert_eq!(chain["disks"][0]["layers"][0]["link"], "overridden");
    let said = run("inspect", &leaf_file, &word).stderr;
    assert!(
        said.contains("warning: ") && said.contains("HV-W812"),
        "{said}"
    );
    assert!(said.contains("what to do: "), "{said}");
    Ok(())
}

fn renamed_parent() -> Outcome {
    let leaf = child(&base(), r".\base.vhdx", 2);
    for name in ["copy of base (2).vhdx", "base.vhdx.bak", "no-extension"] {
        let sources = Folder::new()
            .with(name, &base())
            .with("leaf.avhdx", &leaf)
            .with_bytes("readme.txt", b"not a disk at all")
            .done();
        let expected = leaf.model(&base().model(&[]));
        let chain = reads(&sources.path("leaf.avhdx"), &expected);
        assert_eq!(found(&chain)[1], format!("{name}: identifier"));
    }
    Ok(())
}

fn pending_log_in_every_layer() -> Outcome {
    let middle = child(&base(), r".\base.vhdx", 2);
    let mut leaf = middle.child(r".\middle.avhdx", id(3));
    leaf.write(MIB, &noise(2 * MIB, 33));
    let mut folder = Folder::new();
    for (name, image) in [
        ("base.vhdx", &base()),
        ("middle.avhdx", &middle),
        ("leaf.avhdx", &leaf),
    ] {
        // The BAT's first page is in the log alone, which wraps round the end of its ring.
        let mut file = image.build();
        let (bat, block) = (file.layout.bat.start, file.layout.places[&1]);
        file.make_dirty(&[bat, block], u64::from(image.log_len) - 4096);
        folder = folder.with_file(name, &file);
    }
    let sources = folder.done();
    let expected = leaf.model(&middle.model(&base().model(&[])));
    let chain = reads(&sources.path("leaf.avhdx"), &expected);
    let layers = chain["disks"][0]["layers"].as_array().expect("a list");
    assert_eq!(layers.len(), 3);
    for layer in layers {
        assert!(layer["log_replayed"].is_string(), "{layer}");
    }
    let said = run("inspect", &sources.path("leaf.avhdx"), &[]).stderr;
    for name in ["base.vhdx", "middle.avhdx", "leaf.avhdx"] {
        let line = said
            .lines()
            .find(|line| line.contains(&format!("note: {name}: ")));
        assert!(
            line.is_some_and(|line| line.contains("log")),
            "{name}: {said}"
        );
    }
    Ok(())
}

fn one_read_over_blocks_that_lie_apart() -> Outcome {
    for seed in 0..3 {
        let mut parent = base();
        parent.order = Order::Shuffled(seed);
        let mut leaf = child(&parent, r".\base.vhdx", 2);
        leaf.set(1, Block::Full(noise(MIB, 5)));
        leaf.order = Order::Shuffled(seed + 1);
        let sources = Folder::new()
            .with("base.vhdx", &parent)
            .with("leaf.avhdx", &leaf)
            .done();
        reads(&sources.path("leaf.avhdx"), &leaf.model(&parent.model(&[])));
    }
    Ok(())
}

fn zero_in_the_child_over_data_of_the_parent() -> Outcome {
    let mut leaf = base().child(r".\base.vhdx", id(2));
    leaf.set(0, Block::Zero);
    leaf.set(1, Block::Undefined);
    leaf.set(2, Block::Unmapped);
    let sources = Folder::new()
        .with("base.vhdx", &base())
        .with("leaf.avhdx", &leaf)
        .done();
    let expected = leaf.model(&base().model(&[]));
    assert!(expected[..3 << 20].iter().all(|byte| *byte == 0));
    reads(&sources.path("leaf.avhdx"), &expected);
    Ok(())
}

fn chunk_without_a_sector_bitmap() -> Outcome {
    let chunk = 4096 * MIB;
    let mut parent = Image::dynamic(chunk + 4 * MIB);
    parent.data_write_guid = id(1);
    parent.write(0, &noise(MIB, 8));
    parent.write(chunk + MIB, &noise(MIB, 9));
    let mut leaf = parent.child(r".\base.vhdx", id(2));
    leaf.write(4096, &noise(512, 3));
    let file = leaf.build();
    assert!(
        !file.layout.bitmaps.contains_key(&1),
        "chunk 1 has no bitmap block"
    );
    let sources = Folder::new()
        .with("base.vhdx", &parent)
        .with_file("leaf.avhdx", &file)
        .done();
    let out = temp_dir();
    let flat = out.path().join("flat.raw");
    let to_file = ["-o", flat.to_str().expect("a plain path")];
    run("flatten", &sources.path("leaf.avhdx"), &to_file).expect_code(0);
    let mut flat = std::fs::File::open(flat)?;
    assert_eq!(flat.metadata()?.len(), chunk + 4 * MIB);
    let mut read = |offset: u64, len: usize| {
        let mut bytes = vec![0; len];
        flat.seek(SeekFrom::Start(offset))
            .expect("a file can be sought in");
        flat.read_exact(&mut bytes).expect("within the file");
        bytes
    };
    let mut first = noise(MIB, 8);
    first[4096..4608].copy_from_slice(&noise(512, 3));
    assert!(read(0, 1 << 20) == first, "chunk 0");
    assert!(read(chunk + MIB, 1 << 20) == noise(MIB, 9), "chunk 1");
    for zeros in [MIB, chunk - MIB, chunk, chunk + 2 * MIB] {
        assert!(
            read(zeros, 1 << 20).iter().all(|byte| *byte == 0),
            "{zeros:#x}"
        );
    }
    is_sparse(&flat, 8 * MIB)
}

/// What was never written takes no room.
#[cfg(unix)]
fn is_sparse(file: &std::fs::File, most: u64) -> Outcome {
    use std::os::unix::fs::MetadataExt;
    let allocated = file.metadata()?.blocks() * 512;
    assert!(allocated <= most, "{allocated} bytes on disk");
    Ok(())
}

#[cfg(not(unix))]
fn is_sparse(_: &std::fs::File, _: u64) -> Outcome {
    Ok(())
}
