//! Conditions of conditional ACEs. MS-DTYP 2.4.4.17.
//!
//! They are stored as the tokens of an expression in postfix order, and written infix.

use crate::Sid;
use crate::sddl::Cursor;

mod parse;
mod text;
mod token;

pub(crate) use parse::quoted as unquoted;
pub(crate) use text::quoted as quoted_text;
use token::{decode, encode};

/// The condition in `data` as SDDL writes it, if reading that gives the same bytes again.
pub(crate) fn text(data: &[u8]) -> Option<String> {
    let text = text::write(&decode(data)?)?;
    let back = parse(&mut Cursor::new(&text)).ok();
    back.is_some_and(|back| back == data).then_some(text)
}

/// The stored form of the condition that the text goes on with.
pub(crate) fn parse(text: &mut Cursor<'_>) -> Result<Vec<u8>, crate::Error> {
    Ok(encode(&parse::expression(text)?))
}

/// The SIDs that the condition in `data` names.
pub(crate) fn sids(data: &[u8]) -> Vec<Sid> {
    let mut sids = Vec::new();
    for token in decode(data).iter().flatten() {
        token.tell_sids(&mut |sid| sids.push(sid.clone()));
    }
    sids
}

/// The condition in `data` with other SIDs; none where it names none that is exchanged.
pub(crate) fn map_sids(data: &[u8], map: &dyn Fn(&Sid) -> Option<Sid>) -> Option<Vec<u8>> {
    let mut tokens = decode(data)?;
    let mut changed = false;
    for token in &mut tokens {
        changed |= token.map_sids(map);
    }
    changed.then(|| encode(&tokens))
}

#[cfg(test)]
mod tests;
