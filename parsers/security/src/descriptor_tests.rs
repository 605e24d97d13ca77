//! Descriptors that lie, and random ones.

use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{Body, Kind};

fn full() -> Vec<u8> {
    let text = "O:BAG:SYD:PAI(A;OICI;FA;;;BA)(OA;;RP;bf967aba-0de6-11d0-a285-00aa003049e2;;WD)\
                (XA;;FX;;;WD;(Member_of {SID(BU)}))S:(ML;;NW;;;HI)(RA;;;;;WD;(\"o\",TD,0x0,SO))";
    let descriptor: Descriptor = text.parse().expect("SDDL");
    assert_eq!(descriptor.sddl(), text);
    descriptor.to_bytes().expect("small")
}

#[test]
fn nothing_that_leaves_the_descriptor_is_read() {
    let bytes = full();
    for len in 0..bytes.len() {
        let error = Descriptor::parse(&bytes[..len]).expect_err("cut off");
        assert_eq!(error.code().id, "HV-D244", "{len}: {error}");
    }
}

#[test]
fn any_bit_may_be_wrong() {
    let bytes = full();
    for at in 0..bytes.len() * 8 {
        let mut bytes = bytes.clone();
        bytes[at / 8] ^= 1 << (at % 8);
        if let Ok(descriptor) = Descriptor::parse(&bytes) {
            let text = descriptor.sddl();
            let back: Descriptor = text
                .parse()
                .unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(back.sddl(), text, "bit {at}");
            let _ = descriptor.sids();
        }
    }
}

#[test]
fn parts_may_share_bytes_and_cost_no_more() {
    let mut bytes = full();
    let dacl = bytes[16..20].to_vec();
    bytes[12..16].copy_from_slice(&dacl);
    let descriptor = Descriptor::parse(&bytes).expect("the same list twice");
    assert_eq!(descriptor.sacl, descriptor.dacl);
    // An offset into the header itself: whatever stands there is no list.
    bytes[16] = 4;
    assert!(Descriptor::parse(&bytes).is_err());
}

#[test]
fn counts_are_bounded_by_the_size() {
    let mut acl = vec![2, 0, 8, 0, 0xFF, 0xFF, 0, 0];
    assert_eq!(Acl::parse(&acl), Err("entry 0: has no room for it".into()));
    acl.extend([0, 0, 0, 0]);
    acl[2] = 12;
    let why = Acl::parse(&acl).expect_err("an entry of no length");
    assert_eq!(why, "entry 0: has one that is shorter than its header");
}

#[test]
fn null_lists_are_not_empty_ones() {
    let null: Descriptor = "D:PNO_ACCESS_CONTROLS:".parse().expect("SDDL");
    assert_eq!((&null.dacl, null.sacl.is_some()), (&None, true));
    let back = Descriptor::parse(&null.to_bytes().expect("small")).expect("whole");
    assert_eq!(back.sddl(), "D:PNO_ACCESS_CONTROLS:");
    let none = Descriptor::parse(&[&[1, 0, 0, 0x80][..], &[0; 16]].concat()).expect("whole");
    assert_eq!(none.sddl(), "");
}

#[test]
fn a_list_of_more_than_its_length_can_say_is_refused() {
    let entry = "(A;;FA;;;WD)".repeat(4000);
    let descriptor: Descriptor = format!("D:{entry}").parse().expect("SDDL");
    let error = descriptor.to_bytes().expect_err("80 KB");
    assert_eq!(error.code().id, "HV-E246");
    assert_eq!(error.fault("x").code.id, "HV-E246");
}

#[test]
fn sids_are_listed_once_and_exchanged_everywhere() {
    let descriptor = Descriptor::parse(&full()).expect("whole");
    let sids =
        |text: &[&str]| -> Vec<Sid> { text.iter().map(|text| text.parse().unwrap()).collect() };
    let mut wanted = sids(&["BA", "SY", "WD", "BU", "HI", "SO"]);
    wanted.sort();
    assert_eq!(descriptor.sids(), wanted);
    let other = &sids(&["S-1-5-21-7-8-9-1000"])[0];
    let mapped = descriptor.map_sids(|sid| sid.name().is_some().then(|| other.clone()));
    assert_eq!(mapped.sids(), std::slice::from_ref(other));
    let stored = mapped.to_bytes().expect("small");
    assert_eq!(Descriptor::parse(&stored), Ok(mapped));
    assert_eq!(descriptor.map_sids(|_| None), descriptor);
}

fn any_sid() -> impl Strategy<Value = Sid> {
    let parts = (0_u64..1 << 48, vec(any::<u32>(), 0..=15));
    let any = parts.prop_map(|(authority, parts)| Sid::new(authority, &parts).expect("in bounds"));
    prop_oneof![
        any,
        Just("BA".parse().unwrap()),
        Just("S-1-5-21-1-2-3-4".parse().unwrap())
    ]
}

fn any_ace() -> impl Strategy<Value = Ace> {
    let guid = || proptest::option::of(any::<u128>().prop_map(Uuid::from_u128));
    let bytes = vec(any::<u8>(), 0..40);
    (
        any::<u8>(),
        any::<u8>(),
        any::<u32>(),
        guid(),
        guid(),
        any_sid(),
        bytes,
    )
        .prop_map(
            |(kind, flags, mask, object_type, inherited_type, sid, mut data)| {
                let kind = Kind(kind % 0x1A);
                data.truncate(data.len() / 4 * 4);
                let of_objects = |guid: Option<Uuid>| guid.filter(|_| kind.is_of_objects());
                let body = match kind.letters() {
                    None => Body::Other(data),
                    Some(_) => Body::Rights {
                        mask,
                        object_type: of_objects(object_type),
                        inherited_type: of_objects(inherited_type),
                        sid,
                        data,
                    },
                };
                Ace { kind, flags, body }
            },
        )
}

fn any_descriptor() -> impl Strategy<Value = Descriptor> {
    let list = || proptest::option::of(vec(any_ace(), 0..6).prop_map(|aces| Acl { aces }));
    let sid = || proptest::option::of(any_sid());
    (any::<u16>(), sid(), sid(), list(), list()).prop_map(|(control, owner, group, sacl, dacl)| {
        let list = |bit: u16, list: Option<Acl>| list.filter(|_| control & bit != 0);
        Descriptor {
            control: control | control::SELF_RELATIVE,
            owner,
            group,
            sacl: list(control::SACL_PRESENT, sacl),
            dacl: list(control::DACL_PRESENT, dacl),
        }
    })
}

proptest! {
    #[test]
    fn stored_form_and_text_lead_back(descriptor in any_descriptor()) {
        let stored = descriptor.to_bytes().expect("small");
        prop_assert_eq!(&Descriptor::parse(&stored).expect("whole"), &descriptor);
        let text = descriptor.sddl();
        let back: Descriptor = text.parse().expect("SDDL");
        prop_assert_eq!(back.sddl(), text);
        let same = back.owner == descriptor.owner && back.group == descriptor.group;
        prop_assert!(same, "owner and group");
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[OGDS:()A;#0-9a-fBA@{}\"|&!= ]{0,60}") {
        if let Ok(descriptor) = text.parse::<Descriptor>() {
            let again: Descriptor = descriptor.sddl().parse().expect("SDDL");
            prop_assert_eq!(again.sddl(), descriptor.sddl());
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..200)) {
        let bytes = [&[1, 0, 0x14, 0x80], &bytes[..]].concat();
        if let Ok(descriptor) = Descriptor::parse(&bytes) {
            prop_assert!(descriptor.sddl().parse::<Descriptor>().is_ok());
        }
    }
}
