//! SDDL read back.

use uuid::Uuid;

use super::{Cursor, DACL_FLAGS, NULL_LIST, SACL_FLAGS};
use crate::control::{DACL_PRESENT, SACL_PRESENT, SELF_RELATIVE};
use crate::sid::sid;
use crate::{Ace, Acl, Body, Descriptor, Error, Kind, claim, condition, rights};

/// The descriptor that the text describes.
pub(super) fn descriptor(text: &mut Cursor<'_>) -> Result<Descriptor, Error> {
    let mut made = Descriptor {
        control: SELF_RELATIVE,
        ..Descriptor::default()
    };
    loop {
        text.skip_blanks();
        if text.eat("O:") && made.owner.is_none() {
            made.owner = Some(sid(text)?);
        } else if text.eat("G:") && made.group.is_none() {
            made.group = Some(sid(text)?);
        } else if text.eat("D:") && made.control & DACL_PRESENT == 0 {
            made.dacl = list(text, &mut made.control, DACL_PRESENT, &DACL_FLAGS)?;
        } else if text.eat("S:") && made.control & SACL_PRESENT == 0 {
            made.sacl = list(text, &mut made.control, SACL_PRESENT, &SACL_FLAGS)?;
        } else {
            return text.end().map(|()| made);
        }
    }
}

fn list(
    text: &mut Cursor<'_>,
    control: &mut u16,
    present: u16,
    flags: &[(&str, u16)],
) -> Result<Option<Acl>, Error> {
    *control |= present;
    // The longer letters come first: P begins nothing else.
    while let Some((_, bit)) = flags.iter().find(|(letters, _)| text.eat(letters)) {
        *control |= bit;
    }
    if text.eat(NULL_LIST) {
        return Ok(None);
    }
    let mut aces = Vec::new();
    text.skip_blanks();
    while text.eat("(") {
        aces.push(ace(text)?);
        text.expect(")", "no end of the entry")?;
        text.skip_blanks();
    }
    Ok(Some(Acl { aces }))
}

fn ace(text: &mut Cursor<'_>) -> Result<Ace, Error> {
    let (kind, is_other) = kind(text)?;
    let at = text.at();
    let flags = rights::parse_flags(kind, field(text)?, at)?;
    let body = match is_other {
        true => {
            text.expect("#", "no bytes of an entry of unknown kind")?;
            Body::Other(text.hex()?)
        }
        false => body(text, kind)?,
    };
    Ok(Ace { kind, flags, body })
}

/// The kind, and whether it is one without letters.
fn kind(text: &mut Cursor<'_>) -> Result<(Kind, bool), Error> {
    let wrong = text.wrong("no kind of entry that is known");
    if text.eat("#") {
        let number = text.hex()?;
        text.expect(";", "no end of the field")?;
        return match *number {
            [number] if Kind(number).letters().is_none() => Ok((Kind(number), true)),
            _ => Err(wrong),
        };
    }
    let kind = Kind::of_letters(field(text)?);
    kind.map(|kind| (kind, false)).ok_or(wrong)
}

fn body(text: &mut Cursor<'_>, kind: Kind) -> Result<Body, Error> {
    let at = text.at();
    let mask = rights::parse(kind, field(text)?, at)?;
    let object_type = guid(text, kind)?;
    let inherited_type = guid(text, kind)?;
    text.skip_blanks();
    let sid = sid(text)?;
    text.skip_blanks();
    let data = match text.eat(";") {
        true => data(text, kind)?,
        false => Vec::new(),
    };
    Ok(Body::Rights {
        mask,
        object_type,
        inherited_type,
        sid,
        data,
    })
}

fn data(text: &mut Cursor<'_>, kind: Kind) -> Result<Vec<u8>, Error> {
    text.skip_blanks();
    match kind {
        _ if text.eat("#") => text.hex(),
        Kind::RESOURCE_ATTRIBUTE => claim::parse(text),
        kind if kind.is_conditional() => condition::parse(text),
        _ => Err(text.wrong("more fields than an entry of this kind has")),
    }
}

/// A field and the semicolon behind it.
fn field<'a>(text: &mut Cursor<'a>) -> Result<&'a str, Error> {
    let field = text.take_while(|char| !";()".contains(char)).trim();
    text.expect(";", "no end of the field")?;
    Ok(field)
}

fn guid(text: &mut Cursor<'_>, kind: Kind) -> Result<Option<Uuid>, Error> {
    let wrong = text.wrong("no GUID of an object");
    let guid = match field(text)? {
        "" => return Ok(None),
        guid => Uuid::try_parse(guid).ok(),
    };
    guid.filter(|_| kind.is_of_objects()).map(Some).ok_or(wrong)
}
