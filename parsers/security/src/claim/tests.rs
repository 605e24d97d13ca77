use super::*;

#[test]
fn attributes_come_out_as_they_went_in() {
    for written in [
        r#"("Project",TS,0x0,"Windows","SQL")"#,
        r#"("Secrecy",TU,0x3,3)"#,
        r#"("x",TI,0x10001,-1,9223372036854775807)"#,
        r#"("owners",TD,0x0,BA,S-1-5-21-1-2-3-500)"#,
        r#"("raw",TX,0x0,#00ff,#)"#,
        r#"("yes",TB,0x0,1)"#,
    ] {
        let data =
            parse(&mut Cursor::new(written)).unwrap_or_else(|error| panic!("{written}: {error}"));
        assert_eq!(text(&data).as_deref(), Some(written));
    }
}

#[test]
fn any_order_of_the_parts_is_read() {
    // The value before the name, as nobody promises another order.
    let mut data = vec![28, 0, 0, 0, 2, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 20, 0, 0, 0];
    data.extend(5_u64.to_le_bytes());
    data.extend(b"n\0\0\0");
    assert_eq!(text(&data).as_deref(), Some(r#"("n",TU,0x7,5)"#));
}

#[test]
fn what_lies_about_its_parts_is_no_text() {
    let good = parse(&mut Cursor::new(r#"("Project",TS,0x0,"Windows")"#)).expect("an attribute");
    for at in [1, 3, 5, 13, 14, 18, 19] {
        let mut bytes = good.clone();
        bytes[at] = 0xFF;
        assert!(text(&bytes).is_none(), "{at}");
    }
    assert!(text(&good[..19]).is_none());
}

#[test]
fn sids_are_found_and_exchanged() {
    let data = parse(&mut Cursor::new(r#"("o",TD,0x0,BA)"#)).expect("an attribute");
    let users: Sid = "BU".parse().unwrap();
    assert_eq!(sids(&data), ["BA".parse::<Sid>().unwrap()]);
    let mapped = map_sids(&data, &|_| Some(users.clone())).expect("one");
    assert_eq!(text(&mapped).as_deref(), Some(r#"("o",TD,0x0,BU)"#));
}
