//! File systems that share blocks: a file restored within one takes no room of its own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use blockio::{HostFile, Place, ReadAt, Run, read_mapped};
use hvrestore::extract::{self, Job};
use hvrestore::progress::{Progress, Tally, Way};
use hvrestore::select::Root;
use hvrestore::sink::{self, Folder};
use tempfile::TempDir;
use testkit::MemoryTree;

use crate::harness::{Outcome, Test, temp_dir, test};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
/// Bytes of a file system; XFS is not made smaller.
const SIZE: u64 = 320 * MIB;

/// The tests of this theme.
pub(super) fn tests() -> Vec<Test> {
    let needs = |test: Test, make| {
        let tools = ["mount", "filefrag", make];
        let tools = tools.into_iter();
        tools.fold(test.needs_root().needs_loop(), Test::needs_tool)
    };
    vec![
        needs(test!(xfs_shares_whole_blocks), "mkfs.xfs"),
        needs(test!(btrfs_shares_whole_blocks), "mkfs.btrfs"),
    ]
}

/// A file system in a file, unmounted when it is dropped.
struct Mounted {
    place: PathBuf,
    _temp: TempDir,
}

impl Mounted {
    fn make(program: &str) -> Self {
        let temp = temp_dir();
        let (image, place) = (temp.path().join("image"), temp.path().join("mounted"));
        let file = File::create(&image).expect("an image");
        file.set_len(SIZE).expect("made as long");
        fs::create_dir(&place).expect("a folder to mount on");
        succeed(Command::new(program).arg("-q").arg(&image));
        succeed(
            Command::new("mount")
                .args(["-o", "loop"])
                .args([&image, &place]),
        );
        Self { place, _temp: temp }
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.place).status();
    }
}

fn succeed(command: &mut Command) {
    let output = command.output().expect("it can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}

/// Pieces of a host file and holes, one behind the other.
struct Pieces {
    file: Arc<HostFile>,
    /// Where in the file each begins, none for a hole, and its bytes.
    pieces: Vec<(Option<u64>, u64)>,
}

impl ReadAt for Pieces {
    fn size(&self) -> u64 {
        self.pieces.iter().map(|(_, len)| len).sum()
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> std::io::Result<()> {
        read_mapped(self, buf, offset)
    }

    fn run_at(&self, offset: u64, max: u64) -> std::io::Result<Run<'_>> {
        let mut start = 0;
        for (place, len) in &self.pieces {
            if offset < start + len {
                let within = offset - start;
                let place = place.map_or(Place::Hole, |at| Place::Host {
                    file: &self.file,
                    offset: at + within,
                });
                let len = max.min(len - within);
                return Ok(Run { len, place });
            }
            start += len;
        }
        Err(std::io::ErrorKind::UnexpectedEof.into())
    }
}

impl Progress for Tallied {
    fn went(&self, way: Way, bytes: u64) {
        self.0.add(way, bytes);
    }
}

#[derive(Default)]
struct Tallied(Tally);

/// The runs of a file: where each lies on the disk, if it is stored, and its length.
type Runs = &'static [(Option<u64>, u64)];

/// Files of all sorts of beginnings and ends, how many bytes of each are shared, and whether its tail is
/// one of them.
const FILES: [(&str, Runs, u64); 6] = [
    ("whole", &[(Some(MIB), 2 * MIB)], 2 * MIB),
    // A last block of 100 bytes is shared whole, and cut off.
    ("tail", &[(Some(MIB), MIB + 100)], MIB + 100),
    // From an odd place, but in step: head and tail are copied around the blocks.
    (
        "head",
        &[
            (None, 512),
            (Some(3 * MIB + 512), 256 * KIB),
            (None, 10 * KIB),
        ],
        256 * KIB - 4096,
    ),
    // Out of step: nothing can be shared.
    ("odd", &[(Some(MIB + 512), 300 * KIB)], 0),
    // Two runs that lie the other way round, and a hole between them.
    (
        "turned",
        &[
            (Some(5 * MIB), 128 * KIB),
            (None, MIB),
            (Some(4 * MIB), 128 * KIB),
        ],
        256 * KIB,
    ),
    // Gathered: too short to be worth it.
    (
        "short",
        &[(Some(2 * MIB), 8 * KIB), (Some(6 * MIB), 8 * KIB)],
        0,
    ),
];

fn xfs_shares_whole_blocks() -> Outcome {
    shares_whole_blocks("mkfs.xfs")
}

fn btrfs_shares_whole_blocks() -> Outcome {
    shares_whole_blocks("mkfs.btrfs")
}

fn shares_whole_blocks(make: &str) -> Outcome {
    let mounted = Mounted::make(make);
    let source = mounted.place.join("disk.vhdx");
    let noise: Vec<u8> = (0..8 * MIB).map(|at| (at * 7 + at / 4093) as u8).collect();
    fs::write(&source, &noise)?;
    File::open(&source)?.sync_all()?;
    let file = Arc::new(HostFile::open(&source)?);
    for (name, pieces, shared) in FILES {
        let pieces = pieces.to_vec();
        let data = Arc::new(Pieces {
            file: Arc::clone(&file),
            pieces,
        });
        let mut expected = vec![0; usize::try_from(data.size())?];
        data.read_exact_at(&mut expected, 0)?;
        let (dest, said) = (
            mounted.place.join(format!("out {name}")),
            Tallied::default(),
        );
        restore(data, &dest, &said)?;
        assert_eq!(fs::read(dest.join("file"))?, expected, "{name}");
        let start = format!("{shared} bytes shared");
        assert!(said.0.to_string().starts_with(&start), "{name}: {}", said.0);
        let frag = Command::new("filefrag")
            .arg("-v")
            .arg(dest.join("file"))
            .output()?;
        let frag = String::from_utf8_lossy(&frag.stdout);
        assert_eq!(frag.contains("shared"), shared > 0, "{name}: {frag}");
    }
    assert_eq!(fs::read(&source)?, noise, "the source is what it was");
    Ok(())
}

fn restore(data: Arc<dyn ReadAt>, dest: &Path, said: &Tallied) -> Outcome {
    let mut tree = MemoryTree::new();
    tree.file_of("file", data);
    let job = Job {
        fs: &tree,
        roots: vec![Root::whole(&tree)],
        options: extract::Options::default(),
    };
    let folder = Folder::open(dest, sink::Options::default())?;
    let report = extract::run(&job, &folder, said, &AtomicBool::new(false));
    assert!(report.is_whole(), "{report}: {:?}", report.losses);
    Ok(())
}
