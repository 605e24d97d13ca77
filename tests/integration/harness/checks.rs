//! That the harness itself notices what it is there to notice.

use super::need::Need;
use super::permitted::Permitted;
use super::program::hvrestore_in;
use super::unchanged::Unchanged;
use super::{Outcome, Policy, Sources, Test, hvrestore, temp_dir, test};
use std::fs;

/// The tests of this theme.
pub(crate) fn tests() -> Vec<Test> {
    vec![
        test!(a_written_source_is_noticed),
        test!(a_removed_source_is_noticed),
        test!(permitted_ignores_are_those_listed),
        test!(what_is_absent_ignores_or_fails),
        test!(the_program_runs_anywhere),
        test!(real_images_unpack_side_by_side)
            .needs_fixture("vhdx/ntfs-parent.vhdx.zst")
            .needs_fixture("vhdx/ntfs-differential.vhdx.zst"),
    ]
}

fn a_written_source_is_noticed() -> Outcome {
    let folder = temp_dir();
    let image = folder.path().join("disk.vhdx");
    fs::write(&image, "before")?;
    let modified = fs::metadata(&image)?.modified()?;
    let guard = Unchanged::new([folder.path().to_path_buf()]);
    assert_eq!(guard.changes(), [""; 0]);
    // Same size, same time, other bytes.
    fs::write(&image, "behind")?;
    fs::File::options()
        .write(true)
        .open(&image)?
        .set_modified(modified)?;
    assert_eq!(guard.changes().len(), 1);
    fs::write(&image, "before")?;
    fs::File::options()
        .write(true)
        .open(&image)?
        .set_modified(modified)?;
    Ok(())
}

fn a_removed_source_is_noticed() -> Outcome {
    let folder = temp_dir();
    let image = folder.path().join("disk.vhdx");
    fs::write(&image, "before")?;
    let guard = Unchanged::new([folder.path().to_path_buf()]);
    let aside = folder.path().join("aside");
    fs::rename(&image, &aside)?;
    assert_eq!(guard.changes().len(), 2, "one gone, one new");
    fs::rename(&aside, &image)?;
    Ok(())
}

fn permitted_ignores_are_those_listed() -> Outcome {
    let list = Permitted::parse("# reasons\n need tool\nneed fixture a.zst\n\nlinks::\n");
    assert!(list.covers("any", &Need::Tool("qemu-img")));
    assert!(list.covers("any", &Need::Fixture("a.zst")));
    assert!(!list.covers("any", &Need::Fixture("b.zst")));
    assert!(!list.covers("any", &Need::Root));
    assert!(!list.covers("any", &Need::Fuse));
    assert!(list.covers("links::of_a_folder", &Need::Root));
    assert!(!Permitted::default().covers("links::of_a_folder", &Need::Root));
    Ok(())
}

fn what_is_absent_ignores_or_fails() -> Outcome {
    let ignored = |required, list| {
        let policy = Policy {
            required,
            permitted: Permitted::parse(list),
        };
        let lacking = Test::new("links::kept", || Ok(())).needs_tool("no-such-program");
        lacking.into_trial(&policy).has_ignored_flag()
    };
    assert!(ignored(false, ""), "a developer without it");
    assert!(!ignored(true, ""), "CI without it");
    assert!(
        !ignored(true, "need root\nneed fixture"),
        "CI that permits others"
    );
    assert!(ignored(true, "need tool"), "CI that permits it");
    let policy = Policy {
        required: true,
        permitted: Permitted::default(),
    };
    let running = Test::new("links::kept", || Ok(())).into_trial(&policy);
    assert!(!running.has_ignored_flag() && running.kind().is_empty());
    Ok(())
}

fn the_program_runs_anywhere() -> Outcome {
    let version = hvrestore(["--version"]).expect_code(0);
    assert_eq!(
        version.text().trim(),
        concat!("hvrestore ", env!("CARGO_PKG_VERSION"))
    );
    let elsewhere = temp_dir();
    assert_eq!(
        hvrestore_in(elsewhere.path(), ["--version"]).stdout,
        version.stdout
    );
    Ok(())
}

fn real_images_unpack_side_by_side() -> Outcome {
    let sources = Sources::fixtures(&[
        "vhdx/ntfs-parent.vhdx.zst",
        "vhdx/ntfs-differential.vhdx.zst",
    ]);
    for name in ["ntfs-parent.vhdx", "ntfs-differential.vhdx"] {
        assert_eq!(fs::read(sources.path(name))?[..8], *b"vhdxfile", "{name}");
    }
    assert_eq!(fs::read_dir(sources.folder())?.count(), 2);
    Ok(())
}
