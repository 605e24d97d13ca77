use super::*;

/// SDDL as Windows itself writes it, in its own order of letters.
const OF_WINDOWS: &[&str] = &[
    "O:BAG:SYD:PAI(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)(A;OICI;0x1200a9;;;BU)(A;OICIIO;SDGXGWGR;;;AU)(A;;LC;;;AU)",
    "O:S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464G:SYD:AI(A;OICIIOID;GA;;;CO)(A;ID;0x1301bf;;;SY)",
    "D:ARAI(D;;FR;;;WD)(A;CINP;FX;;;BG)(A;;FW;;;S-1-5-21-1-2-3-1001)S:PAI(AU;SAFA;WDWO;;;WD)",
    "S:(ML;;NW;;;LW)",
    "D:NO_ACCESS_CONTROL",
    "D:",
    "O:BA",
    "D:(OA;CI;CCDC;bf967aba-0de6-11d0-a285-00aa003049e2;;AO)(OD;CIIO;;;bf967a86-0de6-11d0-a285-00aa003049e2;PS)",
    "D:(OU;;CR;ab721a53-1e2f-11d0-9819-00aa0040529b;bf967a86-0de6-11d0-a285-00aa003049e2;WD)(A;;KA;;;AC)(A;;KR;;;IU)",
];

fn parse(text: &str) -> Descriptor {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn what_windows_writes_comes_out_as_it_went_in() {
    for text in OF_WINDOWS {
        let descriptor = parse(text);
        assert_eq!(&descriptor.sddl(), text);
        let stored = descriptor.to_bytes().expect("small");
        assert_eq!(Descriptor::parse(&stored), Ok(descriptor), "{text}");
    }
}

#[test]
fn blanks_small_letters_and_decimal_masks_are_read() {
    let text = " O:ba G:S-1-5-18 D:p(a;oici;2032127;;;wd) (D; ;GA; ; ;S-1-0x000000000005-32-545)";
    assert_eq!(
        parse(text).sddl(),
        "O:BAG:SYD:P(A;OICI;FA;;;WD)(D;;GA;;;BU)"
    );
}

#[test]
fn what_text_cannot_say_stands_in_hex() {
    for text in [
        "D:(#04;CI;#0102030405060708)",
        "D:(XA;;FA;;;WD;#deadbeef)",
        "S:(RA;;;;;WD;#00010203)",
        "D:(A;;FA;;;WD;#01000000)",
    ] {
        assert_eq!(parse(text).sddl(), text);
    }
    let mut filled = parse("D:(A;;FA;;;WD)");
    if let Body::Rights { data, .. } = &mut filled.dacl.as_mut().expect("a list").aces[0].body {
        data.extend([0; 8]);
    }
    assert_eq!(filled.sddl(), "D:(A;;FA;;;WD)", "zeros say nothing");
}

#[test]
fn what_is_no_sddl_says_where() {
    for (text, at) in [
        ("O:XX", 2),
        ("O:DA", 2),
        ("O:S-1-5-x", 2),
        ("O:BAO:BA", 6),
        ("D:(A;;FA;;;BA", 13),
        ("D:(A;;FZ;;;BA)", 6),
        ("D:(A;;0x1ffffffff;;;BA)", 6),
        ("D:(A;QQ;FA;;;BA)", 5),
        ("D:(Q;;FA;;;BA)", 3),
        ("D:(A;;FA;00000000-0000-0000-0000-000000000001;;BA)", 9),
        ("D:(#00;;#00)", 3),
        ("D:(A;;FA;;;BA;(x))", 14),
        ("\u{4e2d}", 0),
    ] {
        let error = text.parse::<Descriptor>().expect_err(text);
        assert_eq!(error.code().id, "HV-E245");
        assert!(
            error.to_string().ends_with(&format!("at character {at}")),
            "{text}: {error}"
        );
    }
}
