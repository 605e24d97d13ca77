//! Sizes of sectors, blocks and disks; the older format; VHD Sets.

use testkit::vhd;
use testkit::vhdx::{Block, Image};

use super::{Folder, MIB, base, child, found, id, noise, reads, refused, run};
use crate::harness::{Outcome, Test, test};

pub(super) fn tests() -> Vec<Test> {
    vec![
        test!(sectors_of_512_and_4096_bytes),
        test!(blocks_of_each_layers_own_size),
        test!(disks_of_each_layers_own_size),
        test!(fixed_disks_below_children),
        test!(vhd_of_each_kind),
        test!(vhd_sets),
        test!(raw_images),
    ]
}

fn sectors_of_512_and_4096_bytes() -> Outcome {
    for sector in [512, 4096] {
        let mut parent = base();
        parent.logical_sector_size = sector;
        let mut leaf = child(&parent, r".\base.vhdx", 2);
        leaf.set(3, Block::Zero);
        let sources = Folder::new()
            .with("base.vhdx", &parent)
            .with("leaf.avhdx", &leaf)
            .done();
        let expected = leaf.model(&parent.model(&[]));
        let chain = reads(&sources.path("leaf.avhdx"), &expected);
        for layer in chain["disks"][0]["layers"].as_array().expect("a list") {
            assert_eq!(layer["logical_sector_size"], sector);
        }
    }
    Ok(())
}

fn blocks_of_each_layers_own_size() -> Outcome {
    let size = 40 * MIB;
    let mut parent = Image::dynamic(size);
    parent.data_write_guid = id(1);
    parent.block_size = 32 << 20;
    parent.write(31 * MIB, &noise(2 * MIB, 1));
    let mut expected = parent.model(&[]);
    let mut folder = Folder::new().with("0.vhdx", &parent);
    for (number, block_size) in [(1, 2_u32 << 20), (2, 1 << 20), (3, 8 << 20)] {
        let below = if number == 1 {
            "0.vhdx".into()
        } else {
            format!("{}.avhdx", number - 1)
        };
        let mut image = parent.child(&format!(r".\{below}"), id(1 + u128::from(number)));
        image.block_size = block_size;
        image.write(number * 9 * MIB - 512, &noise(MIB + 1024, number));
        expected = image.model(&expected);
        folder = folder.with(&format!("{number}.avhdx"), &image);
        parent = image;
    }
    let sources = folder.done();
    let chain = reads(sources.folder(), &expected);
    let layers = chain["disks"][0]["layers"].as_array().expect("a list");
    let sizes: Vec<_> = layers
        .iter()
        .map(|layer| layer["block_size"].as_u64())
        .collect();
    assert_eq!(sizes, [8 << 20, 1 << 20, 2 << 20, 32 << 20].map(Some));
    Ok(())
}

/// A child that grew has zeros beyond its parent; one that shrank hides the rest, also from a
/// grandchild that grew again.
fn disks_of_each_layers_own_size() -> Outcome {
    let sized = |size: u64, parent: &Image, name: &str, number: u128| {
        let mut image = child(parent, name, number);
        image.disk_size = size;
        image
    };
    let larger = sized(6 * MIB + 512, &base(), r".\base.vhdx", 2);
    let smaller = sized(3 * MIB, &base(), r".\base.vhdx", 3);
    let again = sized(5 * MIB, &smaller, r".\smaller.avhdx", 4);
    let sources = Folder::new()
        .with("base.vhdx", &base())
        .with("larger.avhdx", &larger)
        .with("smaller.avhdx", &smaller)
        .with("again.avhdx", &again)
        .done();
    let bottom = base().model(&[]);
    reads(&sources.path("larger.avhdx"), &larger.model(&bottom));
    let cut = smaller.model(&bottom[..3 << 20]);
    reads(&sources.path("smaller.avhdx"), &cut);
    reads(&sources.path("again.avhdx"), &again.model(&cut));
    Ok(())
}

fn fixed_disks_below_children() -> Outcome {
    let mut parent = Image::fixed(4 * MIB);
    parent.data_write_guid = id(1);
    parent.write(MIB, &noise(MIB, 1));
    let leaf = child(&parent, r".\base.vhdx", 2);
    let sources = Folder::new()
        .with("base.vhdx", &parent)
        .with("leaf.avhdx", &leaf)
        .done();
    reads(&sources.path("base.vhdx"), &parent.model(&[]));
    reads(&sources.path("leaf.avhdx"), &leaf.model(&parent.model(&[])));
    Ok(())
}

fn vhd_of_each_kind() -> Outcome {
    for kind in [vhd::Kind::Fixed, vhd::Kind::Dynamic] {
        let mut parent = vhd::Image::new(kind, 4 * MIB, 2 << 20);
        parent.unique_id = id(1);
        parent.write(0, &noise(4 * MIB, 1));
        let mut leaf = vhd::Image::child_of(&parent, "base.vhd", id(2));
        let mut expected = noise(4 * MIB, 1);
        for offset in [512, 2 * MIB - 512, 3 * MIB] {
            let at = usize::try_from(offset).expect("a small number");
            leaf.write(offset, &noise(1024, offset));
            expected[at..at + 1024].copy_from_slice(&noise(1024, offset));
        }
        for place in ["base.vhd", "moved/renamed.vhd"] {
            let sources = Folder::new()
                .with_bytes(place, &parent.to_bytes())
                .with_bytes("leaf.avhd", &leaf.to_bytes())
                .done();
            let chain = reads(&sources.path("leaf.avhd"), &expected);
            assert_eq!(chain["disks"][0]["layers"][1]["format"], "VHD");
            reads(&sources.path(place), &noise(4 * MIB, 1));
        }
        parent.unique_id = id(3);
        let sources = Folder::new()
            .with_bytes("base.vhd", &parent.to_bytes())
            .with_bytes("leaf.avhd", &leaf.to_bytes())
            .done();
        refused(&sources.path("leaf.avhd"), &[], "HV-E502");
    }
    Ok(())
}

fn vhd_sets() -> Outcome {
    const FIRST: &str = "Data_6DB4A4A2-8E1F-4F6E-9B3B-2A3E2D6B1C01.avhdx";
    const SECOND: &str = "Data_6DB4A4A2-8E1F-4F6E-9B3B-2A3E2D6B1C02.avhdx";
    let set = Image::dynamic(4 * MIB);
    let one = Folder::new()
        .with("Data.vhds", &set)
        .with(FIRST, &base())
        .done();
    reads(&one.path("Data.vhds"), &base().model(&[]));
    let latest = child(&base(), &format!(r".\{FIRST}"), 2);
    let two = Folder::new()
        .with("Data.vhds", &set)
        .with(FIRST, &base())
        .with(SECOND, &latest)
        .done();
    let expected = latest.model(&base().model(&[]));
    for source in [two.path("Data.vhds"), two.folder().to_owned()] {
        let chain = reads(&source, &expected);
        let lines = [format!("{SECOND}: given"), format!("{FIRST}: same folder")];
        assert_eq!(found(&chain), lines);
    }
    let alone = Folder::new().with("Data.vhds", &set).done();
    let ran = run("flatten", &alone.path("Data.vhds"), &["-o", "-"]).expect_code(11);
    assert!(ran.stdout.is_empty(), "the set itself is no disk");
    for part in ["Data.vhds", "HV-E509", "what to do: "] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    let unclear = Folder::new()
        .with("Data.vhds", &set)
        .with(FIRST, &base())
        .with(SECOND, &super::stranger())
        .done();
    let ran = run("flatten", &unclear.path("Data.vhds"), &["-o", "-"]).expect_code(2);
    for part in [FIRST, SECOND, "HV-E510", "what to do: "] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    Ok(())
}

fn raw_images() -> Outcome {
    let bytes = noise(3 * MIB + 512, 1);
    let sources = Folder::new().with_bytes("disk.img", &bytes).done();
    reads(&sources.path("disk.img"), &bytes);
    Ok(())
}
