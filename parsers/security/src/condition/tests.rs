use super::*;

/// Conditions as MS-DTYP 2.5.1.2 and the documentation of Windows show them, blanks as here.
const WRITTEN: &[&str] = &[
    r#"(@User.Title == "PM" && (@User.Division == "Finance" || @User.Division == "Sales"))"#,
    "(@User.clearance >= @Resource.requiredClearance)",
    "(Member_of {SID(BA), SID(S-1-5-21-1-2-3-513)})",
    "(Exists @Device.Managed && !(Not_Member_of_Any {SID(SY)}))",
    "(@User.Project Any_of {1, -2, +3, 0x1f, 017, 0})",
    "(@Resource.x Not_Contains #00ff)",
    "(a == 1 || b != 2 && c < 3 || (d || e))",
    "(@User.%0020odd%4e2d <= 1)",
    "(Title)",
];

#[test]
fn conditions_come_out_as_they_went_in() {
    for written in WRITTEN {
        let data =
            parse(&mut Cursor::new(written)).unwrap_or_else(|error| panic!("{written}: {error}"));
        assert_eq!(&data[..4], b"artx");
        assert_eq!(text(&data).as_deref(), Some(*written));
    }
}

#[test]
fn the_stored_form_is_postfix() {
    let data = parse(&mut Cursor::new(r#"(Title=="VP"&&!Exists x)"#)).expect("a condition");
    let mut wanted = b"artx\xF8\x0A\0\0\0T\0i\0t\0l\0e\0\x10\x04\0\0\0V\0P\0\x80".to_vec();
    wanted.extend(b"\xF8\x02\0\0\0x\0\x87\xA2\xA0");
    wanted.resize(wanted.len().next_multiple_of(4), 0);
    assert_eq!(data, wanted);
}

#[test]
fn what_is_no_condition_is_no_text() {
    let good = parse(&mut Cursor::new("(Member_of {SID(BA)})")).expect("a condition");
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 0x55;
        if let Some(found) = text(&bytes) {
            assert_eq!(parse(&mut Cursor::new(&found)).as_ref(), Ok(&bytes), "{at}");
        }
        assert!(text(&good[..at]).is_none(), "{at}");
    }
    assert!(text(b"artx").is_none() && text(b"artx\xA0\0\0\0").is_none());
}

#[test]
fn depth_and_length_are_bounded() {
    let deep = "(".repeat(65) + "a" + &")".repeat(65);
    assert!(parse(&mut Cursor::new(&deep)).is_err());
    let nots = format!("({}a)", "!".repeat(70_000));
    assert!(parse(&mut Cursor::new(&nots)).is_err());
    let stored = [&b"artx\xF8\x02\0\0\0a\0"[..], &[0xA2; 60_000]].concat();
    assert!(text(&stored).is_none());
}

#[test]
fn sids_are_found_and_exchanged() {
    let data = parse(&mut Cursor::new("(Member_of {SID(BA), SID(SY)})")).expect("a condition");
    let (admins, users): (Sid, Sid) = ("BA".parse().unwrap(), "BU".parse().unwrap());
    assert_eq!(sids(&data), [admins.clone(), "SY".parse().unwrap()]);
    let mapped = map_sids(&data, &|sid| (*sid == admins).then(|| users.clone()));
    assert_eq!(
        text(&mapped.expect("one")).as_deref(),
        Some("(Member_of {SID(BU), SID(SY)})")
    );
    assert!(map_sids(&data, &|_| None).is_none());
}
