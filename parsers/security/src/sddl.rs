//! SDDL: security descriptors as text. MS-DTYP 2.5.1.

use std::fmt::Write;
use std::str::FromStr;

use crate::control::{
    DACL_AUTO_INHERIT_REQ, DACL_AUTO_INHERITED, DACL_PRESENT, DACL_PROTECTED,
    SACL_AUTO_INHERIT_REQ, SACL_AUTO_INHERITED, SACL_PRESENT, SACL_PROTECTED,
};
use crate::{Ace, Acl, Body, Descriptor, Error, Kind, Sid, claim, condition, rights};

mod cursor;
mod parse;

pub(crate) use cursor::{Cursor, number};

/// Letters of a DACL's control bits, in the order they are written in.
const DACL_FLAGS: [(&str, u16); 3] = [
    ("P", DACL_PROTECTED),
    ("AR", DACL_AUTO_INHERIT_REQ),
    ("AI", DACL_AUTO_INHERITED),
];

/// The same of a SACL.
const SACL_FLAGS: [(&str, u16); 3] = [
    ("P", SACL_PROTECTED),
    ("AR", SACL_AUTO_INHERIT_REQ),
    ("AI", SACL_AUTO_INHERITED),
];

/// Stands for a list that is present and null.
const NULL_LIST: &str = "NO_ACCESS_CONTROL";

impl Descriptor {
    /// The descriptor as SDDL: `O:BAG:SYD:PAI(A;OICI;FA;;;SY)`. Reading it back gives the same owner,
    /// group, lists and flags.
    #[must_use]
    pub fn sddl(&self) -> String {
        let mut text = String::new();
        for (letter, sid) in [("O:", &self.owner), ("G:", &self.group)] {
            if let Some(sid) = sid {
                text.push_str(letter);
                write_sid(&mut text, sid);
            }
        }
        for (letter, list, present, flags) in [
            ("D:", &self.dacl, DACL_PRESENT, &DACL_FLAGS),
            ("S:", &self.sacl, SACL_PRESENT, &SACL_FLAGS),
        ] {
            if self.control & present != 0 {
                let set = flags.iter().filter(|(_, bit)| self.control & bit != 0);
                text.push_str(letter);
                text.extend(set.map(|(letters, _)| *letters));
                write_list(&mut text, list.as_ref());
            }
        }
        text
    }
}

impl FromStr for Descriptor {
    type Err = Error;

    /// The descriptor that SDDL describes, as Windows or [`sddl`](Descriptor::sddl) writes it.
    fn from_str(text: &str) -> Result<Self, Error> {
        parse::descriptor(&mut Cursor::new(text))
    }
}

/// Writes a SID by its alias, where that means the same everywhere.
pub(crate) fn write_sid(text: &mut String, sid: &Sid) {
    match sid.alias() {
        Some(alias) => text.push_str(alias),
        None => text.push_str(&sid.to_string()),
    }
}

/// Writes bytes in hex behind a `#`.
pub(crate) fn write_hex(text: &mut String, bytes: &[u8]) {
    text.push('#');
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a string takes everything");
    }
}

fn write_list(text: &mut String, list: Option<&Acl>) {
    match list {
        None => text.push_str(NULL_LIST),
        Some(list) => list.aces.iter().for_each(|ace| write_ace(text, ace)),
    }
}

fn write_ace(text: &mut String, ace: &Ace) {
    let kind = ace.kind.letters().map(str::to_owned);
    let kind = kind.unwrap_or_else(|| format!("#{:02x}", ace.kind.0));
    let flags = rights::write_flags(ace.kind, ace.flags);
    text.extend(["(", &kind, ";", &flags, ";"]);
    match &ace.body {
        Body::Other(bytes) => write_hex(text, bytes),
        Body::Rights {
            mask,
            object_type,
            inherited_type,
            sid,
            data,
        } => {
            text.push_str(&rights::write(ace.kind, *mask));
            for guid in [object_type, inherited_type] {
                let guid = guid.map(|guid| guid.to_string());
                text.extend([";", &guid.unwrap_or_default()]);
            }
            text.push(';');
            write_sid(text, sid);
            write_data(text, ace.kind, data);
        }
    }
    text.push(')');
}

fn write_data(text: &mut String, kind: Kind, data: &[u8]) {
    let meaning = match kind {
        Kind::RESOURCE_ATTRIBUTE => claim::text(data),
        kind if kind.is_conditional() => condition::text(data),
        _ => None,
    };
    // Zeros behind a plain ACE only fill it up.
    let says_nothing = || !kind.is_conditional() && data.iter().all(|byte| *byte == 0);
    match meaning {
        Some(meaning) => text.extend([";", &meaning]),
        None if data.is_empty() || says_nothing() => {}
        None => {
            text.push(';');
            write_hex(text, data);
        }
    }
}

#[cfg(test)]
mod tests;
