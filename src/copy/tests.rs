use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use blockio::{Memory, Slice};
use testkit::failing::Failing;

use super::*;
use crate::progress::{Progress, Silent};

const LEN: usize = 3 << 20;

fn bytes(len: usize) -> Vec<u8> {
    (0..len)
        .map(|at| (at / 512 * 31 + at % 251) as u8)
        .collect()
}

/// What a copy did, byte by byte: written, left as a hole, lost.
#[derive(Default)]
struct Log {
    data: Vec<u8>,
    written: u64,
    writes: Vec<Range<u64>>,
    holes: Vec<Range<u64>>,
    lost: u64,
    takes: Option<u64>,
    fails: bool,
}

impl Target for Log {
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        if self.fails {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let end = offset as usize + bytes.len();
        self.data.resize(self.data.len().max(end), 0);
        self.data[offset as usize..end].copy_from_slice(bytes);
        self.written += bytes.len() as u64;
        self.writes.push(offset..end as u64);
        Ok(())
    }

    fn take(&mut self, from: &HostFile, at: u64, offset: u64, len: u64) -> io::Result<u64> {
        let Some(most) = self.takes else {
            return Ok(0);
        };
        let mut bytes = vec![0; len.min(most) as usize];
        from.read_exact_at(&mut bytes, at)?;
        self.write_at(&bytes, offset)?;
        Ok(bytes.len() as u64)
    }

    fn hole(&mut self, range: Range<u64>) -> io::Result<()> {
        self.holes.push(range);
        Ok(())
    }

    fn lost(&mut self, lost: &Lost) -> io::Result<()> {
        self.lost += lost.range.end - lost.range.start;
        Ok(())
    }
}

fn copied(source: &dyn ReadAt, log: &mut Log, buffer: usize) -> Vec<Lost> {
    let cancel = AtomicBool::new(false);
    let watch = Watch {
        progress: &Silent,
        cancel: &cancel,
    };
    copy(source, log, &mut vec![0; buffer], watch).expect("the target takes everything")
}

#[test]
fn all_bytes_arrive_whatever_the_buffer() {
    let bytes = bytes(10_000);
    for buffer in [1, 7, 512, 4096, 10_000, 20_000] {
        let mut log = Log::default();
        assert!(copied(&Memory::from(bytes.clone()), &mut log, buffer).is_empty());
        assert!(
            log.data == bytes && log.written == 10_000,
            "buffer of {buffer}"
        );
    }
    let mut log = Log::default();
    assert!(copied(&Memory::default(), &mut log, 512).is_empty());
    assert!(log.writes.is_empty());
}

#[test]
fn only_bad_sectors_are_lost() {
    let good = bytes(LEN);
    let bad = [
        1000..1001,
        700_000..700_600,
        1_048_576..1_048_577,
        3_145_727..3_145_728,
    ];
    let source = Failing::new(Memory::from(good.clone()), bad.clone());
    let mut log = Log::default();
    let lost = copied(&source, &mut log, BUFFER);
    let ranges: Vec<_> = lost.iter().map(|lost| lost.range.clone()).collect();
    let sectors = [
        512..1024,
        699_904..700_928,
        1_048_576..1_049_088,
        3_145_216..3_145_728,
    ];
    assert_eq!(ranges, sectors);
    assert_eq!(lost[0].fault.code.id, "HV-E601");
    assert_eq!(log.written + lost_bytes(&lost), LEN as u64);
    assert_eq!(log.lost, lost_bytes(&lost));
    for (at, (&found, &expected)) in log.data.iter().zip(&good).enumerate() {
        let gone = ranges.iter().any(|range| range.contains(&(at as u64)));
        assert_eq!(found, if gone { 0 } else { expected }, "{at:#x}");
    }
}

/// Runs as a chain of disks has them: data, hole, lost, data, and a place that cannot be found.
struct Mixed(Memory, Arc<Fault>);

impl ReadAt for Mixed {
    fn size(&self) -> u64 {
        LEN as u64
    }
    fn read_exact_at(&self, _: &mut [u8], _: u64) -> io::Result<()> {
        panic!("reads go to the place of each run")
    }
    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        let (end, place) = match offset {
            ..100_000 => (
                100_000,
                Place::Computed {
                    by: &self.0,
                    offset,
                },
            ),
            100_000..200_000 => (200_000, Place::Hole),
            200_000..300_000 => (300_000, Place::Lost(Arc::clone(&self.1))),
            300_000..1_000_000 => (
                1_000_000,
                Place::Computed {
                    by: &self.0,
                    offset,
                },
            ),
            1_000_000..2_000_000 => return Err(io::Error::other("a table is unreadable")),
            _ => (
                LEN as u64,
                Place::Computed {
                    by: &self.0,
                    offset,
                },
            ),
        };
        Ok(Run {
            len: max.min(end - offset),
            place,
        })
    }
}

#[test]
fn holes_stay_holes_and_lost_runs_are_told() {
    let good = bytes(LEN);
    let fault = Fault::damaged(&blockio::codes::SHORT_READ, "block 7").into();
    let mut log = Log::default();
    let lost = copied(&Mixed(Memory::from(good.clone()), fault), &mut log, 65_536);
    assert_eq!(
        (log.holes.len(), log.holes[0].clone()),
        (1, 100_000..200_000)
    );
    let ranges: Vec<_> = lost.iter().map(|lost| lost.range.clone()).collect();
    // Where answers begin again is found to the sector.
    assert_eq!(ranges, [200_000..300_000, 1_000_000..2_000_384]);
    assert_eq!(lost[0].fault.what, "block 7");
    for range in [0..100_000, 300_000..1_000_000, 2_000_384..LEN] {
        assert!(log.data[range.clone()] == good[range.clone()], "{range:?}");
    }
}

#[test]
fn short_runs_are_gathered_into_one_write() {
    struct Crumbs(Memory);
    impl ReadAt for Crumbs {
        fn size(&self) -> u64 {
            self.0.size()
        }
        fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
            self.0.read_exact_at(buf, offset)
        }
        fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
            self.0.run_at(offset, max.min(100))
        }
    }
    let bytes = bytes(10_000);
    let mut log = Log::default();
    copied(&Crumbs(Memory::from(bytes.clone())), &mut log, 4096);
    assert_eq!(log.writes, [0..4096, 4096..8192, 8192..10_000]);
    assert!(log.data == bytes);
}

#[test]
fn long_runs_of_host_files_are_offered_first() {
    let temp = tempfile::tempdir().expect("a folder");
    let bytes = bytes(LEN);
    std::fs::write(temp.path().join("disk"), &bytes).expect("written");
    let file = HostFile::open(&temp.path().join("disk")).expect("just written");
    let slice = Slice::new(Arc::new(file), 1000, 2 << 20);
    for takes in [None, Some(100_000), Some(u64::MAX)] {
        let mut log = Log {
            takes,
            ..Log::default()
        };
        assert!(copied(&slice, &mut log, BUFFER).is_empty());
        assert!(
            log.data == bytes[1000..1000 + (2 << 20)],
            "taking {takes:?}"
        );
    }
}

#[test]
fn a_target_that_takes_no_more_ends_it() {
    let cancel = AtomicBool::new(false);
    let watch = Watch {
        progress: &Silent,
        cancel: &cancel,
    };
    let mut log = Log {
        fails: true,
        ..Log::default()
    };
    let error = copy(&Memory::from(bytes(10)), &mut log, &mut [0; 512], watch);
    assert!(
        matches!(error, Err(Error::Target(error)) if error.kind() == io::ErrorKind::StorageFull)
    );
}

#[test]
fn cancelling_ends_it_between_buffers() {
    /// Interrupts after the first bytes.
    struct Interrupt<'a>(&'a AtomicBool, AtomicU64);
    impl Progress for Interrupt<'_> {
        fn advanced(&self, bytes: u64) {
            self.1.fetch_add(bytes, Ordering::Relaxed);
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let cancel = AtomicBool::new(false);
    let progress = Interrupt(&cancel, AtomicU64::new(0));
    let watch = Watch {
        progress: &progress,
        cancel: &cancel,
    };
    let mut log = Log::default();
    let error = copy(&Memory::from(bytes(LEN)), &mut log, &mut [0; 4096], watch);
    assert!(matches!(error, Err(Error::Cancelled)));
    assert_eq!((progress.1.into_inner(), log.written), (4096, 4096));
}

/// Shares blocks of 4 KiB, and puts on record which.
#[derive(Default)]
struct Sharing {
    data: Vec<u8>,
    shared: Vec<(u64, Range<u64>)>,
}

impl Target for Sharing {
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let end = offset as usize + bytes.len();
        self.data.resize(self.data.len().max(end), 0);
        self.data[offset as usize..end].copy_from_slice(bytes);
        Ok(())
    }

    fn share_unit(&mut self, _: &HostFile) -> Option<u64> {
        Some(4096)
    }

    fn share(&mut self, from: &HostFile, at: u64, offset: u64, len: u64) -> io::Result<u64> {
        assert!([at, offset, len].iter().all(|value| value % 4096 == 0));
        let mut bytes = vec![0; len as usize];
        from.read_exact_at(&mut bytes, at)?;
        self.shared.push((at, offset..offset + len));
        self.write_at(&bytes, offset).map(|()| len)
    }

    fn hole(&mut self, _: Range<u64>) -> io::Result<()> {
        unreachable!("there are none")
    }

    fn lost(&mut self, _: &Lost) -> io::Result<()> {
        unreachable!("nothing is")
    }
}

/// The bytes of a host file from `skip` on, behind `lead` bytes of memory.
struct Led {
    lead: Memory,
    file: HostFile,
    skip: u64,
    len: u64,
}

impl ReadAt for Led {
    fn size(&self) -> u64 {
        self.lead.size() + self.len
    }
    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        blockio::read_mapped(self, buf, offset)
    }
    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        match offset.checked_sub(self.lead.size()) {
            None => self.lead.run_at(offset, max.min(self.lead.size() - offset)),
            Some(within) => Ok(Run {
                len: max.min(self.len - within),
                place: Place::Host {
                    file: &self.file,
                    offset: self.skip + within,
                },
            }),
        }
    }
}

#[test]
fn whole_blocks_are_shared_and_their_surroundings_copied() {
    let temp = tempfile::tempdir().expect("a temporary folder");
    let path = temp.path().join("disk");
    let all = bytes(1 << 20);
    std::fs::write(&path, &all).expect("written");
    let whole = 1 << 20;
    for (lead, skip, len, shared) in [
        (0, 0, whole, vec![(0, 0..whole)]),
        // In step, with a head; the end of the file is no whole block and no more is there.
        (100, 100, whole - 100, vec![(4096, 4096..whole)]),
        // The last block is shared whole: what follows it is cut off by the target.
        (0, 8192, 200_001, vec![(8192, 0..200_704)]),
        // Out of step.
        (0, 100, 200_000, vec![]),
        // Too short.
        (0, 0, 60_000, vec![]),
    ] {
        let file = HostFile::open(&path).expect("just written");
        let lead = Memory::from(vec![7; lead]);
        let source = Led {
            lead,
            file,
            skip,
            len,
        };
        let mut expected = vec![0; source.size() as usize];
        source.read_exact_at(&mut expected, 0).expect("all there");
        let (mut target, never) = (Sharing::default(), AtomicBool::new(false));
        let watch = Watch {
            progress: &Silent,
            cancel: &never,
        };
        let mut buffer = vec![0; BUFFER];
        let lost = copy(&source, &mut target, &mut buffer, watch).expect("copied");
        assert!(lost.is_empty());
        assert_eq!(target.shared, shared, "{skip} + {len}");
        assert_eq!(target.data[..expected.len()], expected, "{skip} + {len}");
    }
}
