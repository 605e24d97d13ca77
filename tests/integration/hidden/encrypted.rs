//! Files that the guest encrypted: ciphertext and keys as they are, and who could decrypt them.

use serde_json::Value;
use tempfile::TempDir;

use super::{run, volume};
use crate::harness::program::sha256;
use crate::harness::{Outcome, Sources, Test, repository, temp_dir, test};
use crate::manifest::text;

pub(super) fn tests() -> Vec<Test> {
    let tests = vec![
        test!(ciphertext_and_keys_come_as_they_are),
        test!(stat_names_who_could_decrypt),
        test!(without_keys_ciphertext_is_a_loss),
    ];
    #[cfg(target_os = "linux")]
    let tests = tests.into_iter().chain(driver::tests()).collect();
    tests
}

/// The encrypted files of the volume, as its writer's manifest has them.
fn written() -> Vec<Value> {
    let manifest = repository().join("testdata/ntfs/hidden.json");
    let manifest = std::fs::read(manifest).expect("committed");
    let manifest: Value = serde_json::from_slice(&manifest).expect("valid JSON");
    let entries = manifest["entries"].as_array().expect("a list").clone();
    let encrypted = entries
        .into_iter()
        .filter(|entry| entry["unsupported"] == "efs");
    encrypted.collect()
}

/// Extracts `/secret` as ciphertext; where it is.
fn extracted(sources: &Sources) -> (TempDir, std::path::PathBuf) {
    let out = temp_dir();
    let dest = out.path().join("out");
    let to = dest.to_str().expect("Unicode");
    let ran = run(sources, &["extract", "/secret", "--efs", "raw", "-o", to]).expect_code(0);
    assert!(ran.stderr.contains("HV-W788"), "{}", ran.stderr);
    (out, dest)
}

/// Where the ciphertext of a stream is; a colon stands in no name on Windows.
fn raw_name(path: &str, stream: &str) -> String {
    let colon = if cfg!(windows) { "%3A" } else { ":" };
    let path = path.trim_start_matches('/');
    match stream {
        "" => format!("{path}.efs-raw"),
        stream => format!("{path}{colon}{stream}.efs-raw"),
    }
}

fn ciphertext_and_keys_come_as_they_are() -> Outcome {
    let sources = volume();
    let (_out, dest) = extracted(&sources);
    let mut files = 0;
    for entry in written() {
        let path = text(&entry["path"]);
        assert!(!dest.join(path.trim_start_matches('/')).exists(), "{path}");
        for (stream, expected) in entry["streams"].as_object().expect("streams") {
            let raw = std::fs::read(dest.join(raw_name(&path, stream)))?;
            assert_eq!(raw.len(), expected["stored"], "{path}:{stream}");
            assert_eq!(sha256(&raw), expected["stored_sha256"], "{path}:{stream}");
            files += 1;
        }
        let beside = |tail: &str| dest.join(format!("{}{tail}", path.trim_start_matches('/')));
        let keys = std::fs::read(beside(".efs-metadata"))?;
        assert_eq!(sha256(&keys), entry["efs"]["sha256"], "{path}");
        let document: Value = serde_json::from_slice(&std::fs::read(beside(".efs.json"))?)?;
        assert_eq!(document["path"], entry["path"]);
        for stream in document["streams"].as_array().expect("a list") {
            let expected = &entry["streams"][text(&stream["stream"])];
            assert_eq!(stream["size"], expected["size"], "{path}");
            assert_eq!(stream["stored"], expected["stored"], "{path}");
            let file = dest.join("secret").join(text(&stream["file"]));
            assert!(file.is_file(), "{file:?}");
        }
        holders(&document["efs"], &entry["efs"]);
    }
    assert_eq!(files, 4);
    Ok(())
}

/// Who could decrypt is told as it was written.
fn holders(ours: &Value, written: &Value) {
    assert_eq!(ours["understood"], true);
    for list in ["users", "recovery"] {
        let [ours, written] = [ours, written].map(|efs| efs[list].as_array().expect("a list"));
        assert_eq!(ours.len(), written.len(), "{list}");
        for (ours, written) in ours.iter().zip(written) {
            for field in ["name", "sid", "container", "provider"] {
                assert_eq!(ours[field], written[field], "{list}: {field}");
            }
            let thumbprint = text(&written["thumbprint"]).to_uppercase();
            assert_eq!(ours["thumbprint"], thumbprint, "{list}");
        }
    }
}

fn stat_names_who_could_decrypt() -> Outcome {
    let sources = volume();
    for entry in written() {
        let path = text(&entry["path"]);
        let stat = run(&sources, &["stat", "--json", &path])
            .expect_code(0)
            .json();
        holders(&stat["efs"], &entry["efs"]);
        let shown = run(&sources, &["stat", &path]).expect_code(0);
        let refused = run(&sources, &["cat", &path]).expect_code(15);
        for holder in entry["efs"]["users"].as_array().expect("a list") {
            let name = text(&holder["name"]);
            let thumbprint = text(&holder["thumbprint"]).to_uppercase();
            assert!(shown.text().contains(&format!("key of      {name}")));
            for part in [&name, &thumbprint] {
                assert!(shown.text().contains(part.as_str()), "{}", shown.text());
                assert!(refused.stderr.contains(part.as_str()), "{}", refused.stderr);
            }
        }
    }
    Ok(())
}

/// Files that are marked as encrypted and carry no keys.
fn without_keys_ciphertext_is_a_loss() -> Outcome {
    let sources = Sources::testdata(&["ntfs/unsupported.img.zst"]);
    let image = sources.path("unsupported.img");
    let out = temp_dir();
    let dest = out.path().join("out");
    let extract = ["extract".as_ref(), image.as_os_str(), "/efs.txt".as_ref()];
    let options = [
        "--efs".as_ref(),
        "raw".as_ref(),
        "-o".as_ref(),
        dest.as_os_str(),
    ];
    let ran = crate::harness::hvrestore(extract.into_iter().chain(options)).expect_code(3);
    assert!(ran.stderr.contains("HV-D787"), "{}", ran.stderr);
    assert_eq!(
        std::fs::metadata(dest.join("efs.txt.efs-raw"))?.len(),
        12_288
    );
    assert!(!dest.join("efs.txt.efs-metadata").exists());
    Ok(())
}

/// What ntfs-3g says of the same files, and makes of what was extracted.
#[cfg(target_os = "linux")]
mod driver {
    use std::path::Path;
    use std::process::Command;

    use super::*;
    use crate::harness::program;

    pub(super) fn tests() -> Vec<Test> {
        let tests = vec![
            test!(ntfs_3g_reads_the_same_ciphertext),
            test!(what_was_extracted_can_be_put_back),
        ];
        let tools = ["ntfs-3g", "mkntfs", "setfattr", "getfattr"];
        let tests = tests.into_iter().map(|test| test.needs_root().needs_fuse());
        tests
            .map(|test| tools.into_iter().fold(test, Test::needs_tool))
            .collect()
    }

    /// A volume mounted with its ciphertext in sight.
    struct Mounted(TempDir);

    impl Mounted {
        fn new(image: &Path, mode: &str) -> Self {
            let point = temp_dir();
            let mut mount = Command::new("ntfs-3g");
            mount
                .arg("-o")
                .arg(format!("{mode},efs_raw,streams_interface=windows"));
            mount.arg(image).arg(point.path());
            program::run(mount).expect_code(0);
            Self(point)
        }

        fn path(&self, path: &str) -> std::path::PathBuf {
            self.0.path().join(path.trim_start_matches('/'))
        }
    }

    impl Drop for Mounted {
        fn drop(&mut self) {
            let gone = Command::new("umount").arg(self.0.path()).status();
            assert!(gone.is_ok_and(|status| status.success()), "umount");
        }
    }

    /// The driver's form of ciphertext: behind it, how many of its bytes are padding.
    fn with_padding(raw: &[u8], size: usize) -> Vec<u8> {
        let padding = u16::try_from(raw.len() - size).expect("less than a block");
        [raw, &padding.to_le_bytes()].concat()
    }

    fn size(expected: &Value) -> usize {
        let size = expected["size"].as_u64().expect("a size");
        usize::try_from(size).expect("a small one")
    }

    fn ntfs_3g_reads_the_same_ciphertext() -> Outcome {
        let sources = volume();
        let (_out, dest) = extracted(&sources);
        let mounted = Mounted::new(&sources.path("hidden.img"), "ro,noatime");
        for entry in written() {
            let path = text(&entry["path"]);
            let theirs = std::fs::read(mounted.path(&path))?;
            let ours = std::fs::read(dest.join(raw_name(&path, "")))?;
            assert!(
                theirs == with_padding(&ours, size(&entry["streams"][""])),
                "{path}"
            );
            let mut ask = Command::new("getfattr");
            ask.args([
                "--absolute-names",
                "--only-values",
                "-n",
                "system.ntfs_efsinfo",
            ]);
            ask.arg(mounted.path(&path));
            let theirs = program::run(ask).expect_code(0).stdout;
            let keys = dest.join(format!("{}.efs-metadata", path.trim_start_matches('/')));
            assert!(theirs == std::fs::read(keys)?, "{path}");
        }
        Ok(())
    }

    /// What `explain HV-W788` says: back onto an NTFS volume, from which the same comes again.
    fn what_was_extracted_can_be_put_back() -> Outcome {
        let sources = volume();
        let (_out, dest) = extracted(&sources);
        let folder = temp_dir();
        let image = folder.path().join("hidden.img");
        std::fs::File::create(&image)?.set_len(8 << 20)?;
        let mut format = Command::new("mkntfs");
        format.args(["-q", "-F", "-f"]).arg(&image);
        program::run(format).expect_code(0);
        put_back(&image, &dest)?;
        let again = Sources::made(folder);
        let (_out, second) = extracted(&again);
        for entry in written() {
            let path = text(&entry["path"]);
            for tail in [".efs-raw", ".efs-metadata"] {
                let name = format!("{}{tail}", path.trim_start_matches('/'));
                let [first, second] = [&dest, &second].map(|dest| std::fs::read(dest.join(&name)));
                assert!(first? == second?, "{name}");
            }
        }
        Ok(())
    }

    fn put_back(image: &Path, dest: &Path) -> Outcome {
        let mounted = Mounted::new(image, "rw");
        std::fs::create_dir(mounted.path("secret"))?;
        for entry in written() {
            let path = text(&entry["path"]);
            let raw = std::fs::read(dest.join(raw_name(&path, "")))?;
            let place = mounted.path(&path);
            std::fs::write(&place, with_padding(&raw, size(&entry["streams"][""])))?;
            let keys = dest.join(format!("{}.efs-metadata", path.trim_start_matches('/')));
            let keys: String = std::fs::read(keys)?
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect();
            let mut set = Command::new("setfattr");
            set.args(["-n", "system.ntfs_efsinfo", "-v"]);
            set.arg(format!("0x{keys}")).arg(&place);
            program::run(set).expect_code(0);
        }
        Ok(())
    }
}
