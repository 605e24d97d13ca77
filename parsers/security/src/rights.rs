//! Rights and flags as SDDL writes them. MS-DTYP 2.5.1.1.

use crate::sddl::number;
use crate::{Error, Kind};

/// Rights that are many bits at once; written where a mask is just that.
const SETS: [(&str, u32); 8] = [
    ("FA", 0x001F_01FF),
    ("FR", 0x0012_0089),
    ("FW", 0x0012_0116),
    ("FX", 0x0012_00A0),
    ("KA", 0x000F_003F),
    ("KR", 0x0002_0019),
    ("KW", 0x0002_0006),
    // The same as KR, and never written.
    ("KX", 0x0002_0019),
];

/// Rights of one bit, from the lowest up.
const BITS: [(&str, u32); 17] = [
    ("CC", 0x1),
    ("DC", 0x2),
    ("LC", 0x4),
    ("SW", 0x8),
    ("RP", 0x10),
    ("WP", 0x20),
    ("DT", 0x40),
    ("LO", 0x80),
    ("CR", 0x100),
    ("SD", 0x1_0000),
    ("RC", 0x2_0000),
    ("WD", 0x4_0000),
    ("WO", 0x8_0000),
    ("GA", 0x1000_0000),
    ("GX", 0x2000_0000),
    ("GW", 0x4000_0000),
    ("GR", 0x8000_0000),
];

/// What a mandatory label forbids those below it.
const LABEL_BITS: [(&str, u32); 3] = [("NW", 0x1), ("NR", 0x2), ("NX", 0x4)];

/// Flags of an ACE.
const FLAGS: [(&str, u32); 8] = [
    ("OI", 0x1),
    ("CI", 0x2),
    ("NP", 0x4),
    ("IO", 0x8),
    ("ID", 0x10),
    ("CR", 0x20),
    ("SA", 0x40),
    ("FA", 0x80),
];

/// What the bit of SA means on a filter: it is kept by the trust that made it.
const TRUST_PROTECTED: (&str, u32) = ("TP", 0x40);

/// The rights of an ACE of this kind.
pub(crate) fn write(kind: Kind, mask: u32) -> String {
    let hex = || format!("{mask:#x}");
    if kind == Kind::MANDATORY_LABEL {
        return bits(&LABEL_BITS, mask).unwrap_or_else(hex);
    }
    match SETS.iter().find(|(_, set)| *set == mask) {
        Some((letters, _)) => (*letters).to_owned(),
        None => bits(&BITS, mask).unwrap_or_else(hex),
    }
}

/// The mask that `text` means; `at` is where it begins.
pub(crate) fn parse(kind: Kind, text: &str, at: usize) -> Result<u32, Error> {
    let what = "rights that are not known";
    if text.starts_with(|char: char| char.is_ascii_digit()) {
        let mask = number(text).and_then(|mask| u32::try_from(mask).ok());
        return mask.ok_or(Error::Text { what, at });
    }
    match kind {
        Kind::MANDATORY_LABEL => letters(&LABEL_BITS, text),
        _ => letters(&[&SETS[..], &BITS].concat(), text),
    }
    .ok_or(Error::Text { what, at })
}

/// The flags of an ACE of this kind.
pub(crate) fn write_flags(kind: Kind, flags: u8) -> String {
    bits(&flag_table(kind), flags.into()).unwrap_or_default()
}

/// The flags that `text` means; `at` is where it begins.
pub(crate) fn parse_flags(kind: Kind, text: &str, at: usize) -> Result<u8, Error> {
    let flags = letters(&flag_table(kind), text);
    let what = "flags that are not known";
    flags
        .and_then(|flags| u8::try_from(flags).ok())
        .ok_or(Error::Text { what, at })
}

fn flag_table(kind: Kind) -> [(&'static str, u32); 8] {
    FLAGS.map(|flag| match flag.1 {
        bit if bit == TRUST_PROTECTED.1 && kind == Kind::ACCESS_FILTER => TRUST_PROTECTED,
        _ => flag,
    })
}

/// The letters of all bits of `mask`; none where one has none.
fn bits(table: &[(&str, u32)], mask: u32) -> Option<String> {
    let known = table.iter().fold(0, |known, (_, bit)| known | bit);
    let set = table.iter().filter(|(_, bit)| mask & bit != 0);
    (mask & !known == 0).then(|| set.map(|(letters, _)| *letters).collect())
}

/// The bits of letters in pairs.
fn letters(table: &[(&str, u32)], text: &str) -> Option<u32> {
    let mut rest = text;
    let mut mask = 0;
    while !rest.is_empty() {
        let (pair, behind) = rest.split_at_checked(2)?;
        let found = table
            .iter()
            .find(|(letters, _)| letters.eq_ignore_ascii_case(pair));
        mask |= found?.1;
        rest = behind;
    }
    Some(mask)
}
