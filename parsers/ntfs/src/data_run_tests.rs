use zerocopy::FromZeros;

use super::*;
use crate::format::NonResidentHeader;

const BOUNDS: Bounds = Bounds {
    record: 42,
    clusters: 1000,
    max_vcn: 1 << 32,
};

/// The run list of one fragment of `clusters` clusters.
fn list(clusters: u64, runs: &[u8]) -> RunList {
    let mut list = RunList::default();
    append(&mut list, 0, clusters, runs).expect("possible bounds");
    list
}

fn append(list: &mut RunList, lowest: u64, end: u64, runs: &[u8]) -> Result<(), Flaw> {
    let mut header = NonResidentHeader::new_zeroed();
    header.lowest_vcn = lowest.into();
    header.highest_vcn = end.wrapping_sub(1).into();
    let part = NonResident {
        header: &header,
        total_allocated: None,
        runs,
        runs_at: 0x100,
    };
    list.append(&part, BOUNDS)
}

fn runs(list: &RunList) -> Vec<(u64, u64, Clusters)> {
    list.iter()
        .map(|(vcn, len, clusters)| (vcn, len, clusters.clone()))
        .collect()
}

fn fault(list: &RunList, vcn: u64) -> Arc<Fault> {
    match list.find(vcn) {
        Some((Clusters::Lost(fault), _)) => fault,
        other => panic!("VCN {vcn}: {other:?}"),
    }
}

#[test]
fn deltas_are_signed_and_from_the_run_before() {
    let list = list(
        30,
        &[0x11, 10, 100, 0x11, 10, 0xF6, 0x21, 10, 0x2C, 0x01, 0],
    );
    use Clusters::At;
    assert_eq!(
        runs(&list),
        [(0, 10, At(100)), (10, 10, At(90)), (20, 10, At(390))]
    );
    assert_eq!(list.find(25), Some((At(395), 5)));
    assert_eq!(list.find(30), None);
}

#[test]
fn sparse_is_a_width_of_zero_not_a_delta_of_zero() {
    let list = list(9, &[0x11, 2, 0, 0x01, 3, 0x11, 4, 50, 0]);
    use Clusters::{At, Sparse};
    assert_eq!(runs(&list), [(0, 2, At(0)), (2, 3, Sparse), (5, 4, At(50))]);
}

#[test]
fn neighbours_are_joined() {
    let joined = list(8, &[0x11, 2, 10, 0x11, 3, 2, 0x01, 1, 0x01, 2, 0]);
    assert_eq!(
        runs(&joined),
        [(0, 5, Clusters::At(10)), (5, 3, Clusters::Sparse)]
    );
}

#[test]
fn only_what_lies_outside_the_volume_is_lost() {
    // Eight clusters at LCN 995 of 1,000: five are there.
    let list = list(10, &[0x21, 8, 0xE3, 0x03, 0x11, 2, 0x9C, 0]);
    assert_eq!(list.find(4), Some((Clusters::At(999), 1)));
    let lost = fault(&list, 5);
    assert_eq!(lost.code.id, "HV-D207");
    let text = "damaged: file record 42: data run at 0x100 ends at LCN 1002, volume has 1000 clusters \
                [HV-D207]";
    assert_eq!(lost.to_string(), text);
    assert_eq!(list.find(8), Some((Clusters::At(895), 2)));
}

#[test]
fn a_negative_lcn_is_outside_the_volume() {
    let list = list(2, &[0x11, 2, 0xFF, 0]);
    assert!(
        fault(&list, 0).found.contains("ends at LCN 0,"),
        "{}",
        fault(&list, 0).found
    );
}

#[test]
fn a_volume_named_twice_over_is_lost() {
    let runs: Vec<u8> = [0x21, 0x7F, 0, 0].repeat(20);
    let list = list(0x7F * 20, &runs);
    assert!(
        fault(&list, 1500)
            .found
            .contains("beyond what the volume holds")
    );
}

#[test]
fn what_cannot_be_decoded_is_lost_and_told() {
    for (bytes, why) in [
        (&[0x11, 2, 10, 0x91, 1, 0][..], "impossible width"),
        (&[0x11, 2, 10, 0x11, 0, 5], "impossible length"),
        (&[0x11, 2, 10, 0x11, 0x80, 5], "impossible length"),
        (&[0x11, 2, 10, 0x10, 5], "impossible length"),
    ] {
        let list = list(9, bytes);
        assert_eq!(list.find(0), Some((Clusters::At(10), 2)));
        let lost = fault(&list, 2);
        assert_eq!((lost.code.id, list.end()), ("HV-D206", 9));
        assert!(
            lost.found.contains(why) && lost.found.contains("0x103"),
            "{lost}"
        );
    }
}

#[test]
fn runs_that_end_early_leave_the_rest_lost() {
    assert_eq!(fault(&list(9, &[0x11, 2, 10, 0]), 2).code.id, "HV-D208");
    assert_eq!(fault(&list(9, &[]), 0).code.id, "HV-D208");
}

#[test]
fn more_runs_than_the_fragment_states_are_cut() {
    assert_eq!(
        runs(&list(1, &[0x11, 2, 10, 0x11, 5, 9, 0])),
        [(0, 1, Clusters::At(10))]
    );
}

#[test]
fn impossible_bounds_are_a_flaw() {
    let mut list = RunList::default();
    for (lowest, end) in [(5, 4), (0, u64::MAX), (0, (1 << 32) + 1)] {
        let flaw = append(&mut list, lowest, end, &[]).expect_err("impossible");
        assert_eq!(flaw.code.id, "HV-D206");
    }
    append(&mut list, 0, 0, &[]).expect("an empty attribute ends at VCN -1");
    assert_eq!((list.end(), runs(&list).len()), (0, 0));
}
