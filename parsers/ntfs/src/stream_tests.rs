use blockio::Memory;
use zerocopy::FromZeros;

use super::*;
use crate::attribute::NonResident;
use crate::compressed::{self, Compressed};
use crate::data_run::Bounds;
use crate::format::NonResidentHeader;

const CLUSTER: u64 = 512;

/// A volume of 64 clusters, each filled with its own number.
fn volume() -> Arc<dyn ReadAt> {
    let bytes: Vec<u8> = (0..64).flat_map(|lcn| [lcn; CLUSTER as usize]).collect();
    Arc::new(Memory::from(bytes))
}

/// A stream of file record 42 with these encoded runs.
fn stream(clusters: u64, runs: &[u8], sizes: Sizes) -> Stream {
    let mut header = NonResidentHeader::new_zeroed();
    header.highest_vcn = clusters.wrapping_sub(1).into();
    let part = NonResident {
        header: &header,
        total_allocated: None,
        runs,
        runs_at: 0x48,
    };
    let mut list = RunList::default();
    let bounds = Bounds {
        record: 42,
        clusters: 80,
        max_vcn: 1 << 32,
    };
    list.append(&part, bounds).expect("possible bounds");
    Stream::new(volume(), 42, CLUSTER, sizes, list)
}

fn all(size: u64) -> Sizes {
    Sizes { size, valid: size }
}

fn expected(parts: &[(u8, usize)]) -> Vec<u8> {
    parts
        .iter()
        .flat_map(|(byte, len)| vec![*byte; *len])
        .collect()
}

#[test]
fn runs_holes_and_the_last_cluster_in_part() {
    let stream = stream(6, &[0x11, 2, 10, 0x01, 2, 0x11, 2, 10, 0], all(2900));
    let bytes = expected(&[(10, 512), (11, 512), (0, 1024), (20, 512), (21, 340)]);
    testkit::read_at_contract(&stream, &bytes);
}

#[test]
fn zeros_from_the_valid_data_length_on() {
    let stream = stream(
        4,
        &[0x11, 4, 10, 0],
        Sizes {
            size: 2000,
            valid: 700,
        },
    );
    testkit::read_at_contract(&stream, &expected(&[(10, 512), (11, 188), (0, 1300)]));
    let run = stream.run_at(700, u64::MAX).expect("within the size");
    assert!(matches!(run.place, Place::Hole), "{run:?}");
}

#[test]
fn a_size_beyond_the_runs_is_lost_from_there() {
    let stream = stream(
        2,
        &[0x11, 2, 10, 0],
        Sizes {
            size: 1 << 40,
            valid: 0,
        },
    );
    let run = stream.run_at(1024, u64::MAX).expect("within the size");
    let Place::Lost(fault) = run.place else {
        panic!("{run:?}")
    };
    assert_eq!((fault.code.id, run.len), ("HV-D208", (1 << 40) - 1024));
    assert!(stream.read_exact_at(&mut [0; 2], 1023).is_err());
}

#[test]
fn clusters_that_the_volume_states_and_does_not_have_are_lost() {
    let stream = stream(4, &[0x11, 4, 62, 0], all(2048));
    let mut good = [0; 1024];
    stream
        .read_exact_at(&mut good, 0)
        .expect("the volume has these");
    let error = stream
        .read_exact_at(&mut [0], 1024)
        .expect_err("it ends here");
    assert_eq!(Fault::of(&error).expect("a fault").code.id, "HV-D209");
}

/// Units of four clusters: raw, packed in one cluster, sparse, and packed badly.
fn compressed() -> Compressed {
    let mut image: Vec<u8> = (0..64).flat_map(|lcn| [lcn; CLUSTER as usize]).collect();
    // One chunk: a literal, and a match of 2,047 bytes at distance one.
    image[20 * 512..21 * 512].fill(0);
    image[20 * 512..20 * 512 + 6].copy_from_slice(&[0x03, 0xB0, 0x02, b'z', 0xFC, 0x07]);
    let runs = [
        0x11, 4, 10, 0x11, 1, 10, 0x01, 3, 0x01, 4, 0x11, 1, 10, 0x01, 3, 0,
    ];
    let stored = stream(16, &runs, all(8000)).over(Arc::new(Memory::from(image)));
    compressed::open(stored, 2).expect("units of 2 KiB")
}

#[test]
fn units_are_raw_packed_or_sparse_and_a_bad_one_is_lost_alone() {
    let stream = compressed();
    let mut bytes = vec![0xA5; 6144];
    stream
        .read_exact_at(&mut bytes, 0)
        .expect("three good units");
    let raw = expected(&[(10, 512), (11, 512), (12, 512), (13, 512)]);
    assert_eq!(bytes[..2048], raw);
    assert!(
        bytes[2048..4096].iter().all(|&byte| byte == b'z'),
        "{:?}",
        &bytes[2048..2060]
    );
    assert!(bytes[4096..].iter().all(|&byte| byte == 0));
    let run = stream.run_at(6200, u64::MAX).expect("within the size");
    let Place::Lost(fault) = run.place else {
        panic!("{run:?}")
    };
    assert_eq!((fault.code.id, run.len), ("HV-D210", 8000 - 6200));
}

#[test]
fn what_comes_before_the_damage_in_a_unit_is_saved() {
    // A unit of 16 KiB in 8 clusters: a raw chunk, and a token from before the start of its chunk.
    let mut image = vec![0; 64 * CLUSTER as usize];
    image[10 * 512..][..2].copy_from_slice(&0x3FFF_u16.to_le_bytes());
    image[10 * 512 + 2..][..4096].fill(b'r');
    image[10 * 512 + 2 + 4096..][..5].copy_from_slice(&[0x02, 0xB0, 0x01, 0xFF, 0xFF]);
    let runs = [0x11, 9, 10, 0x01, 23, 0x11, 9, 10, 0x01, 23, 0];
    let stored = stream(64, &runs, all(30_000)).over(Arc::new(Memory::from(image)));
    let stream = compressed::open(stored, 5).expect("units of 16 KiB");
    let good = stream.run_at(0, u64::MAX).expect("within the size");
    assert_eq!(good.len, 4096, "{good:?}");
    let mut bytes = [0; 4096];
    stream.read_exact_at(&mut bytes, 0).expect("it is good");
    assert_eq!(bytes, [b'r'; 4096]);
    let lost = stream.run_at(5000, u64::MAX).expect("within the size");
    let Place::Lost(fault) = lost.place else {
        panic!("{lost:?}")
    };
    assert_eq!((fault.code.id, lost.len), ("HV-D210", 16_384 - 5000));
}

#[test]
fn units_larger_than_any_are_refused() {
    let fault = compressed::open(stream(1, &[0x11, 1, 10, 0], all(1)), 63).err();
    assert_eq!(fault.expect("too large").code.id, "HV-D203");
}
