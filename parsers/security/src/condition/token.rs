//! Tokens of a condition.

use crate::Sid;
use crate::ace::split_u32;
use crate::format::ALIGNMENT;

/// What a condition begins with.
const SIGNATURE: [u8; 4] = *b"artx";
/// Tokens beyond which a condition is not taken apart.
const MAX_TOKENS: usize = 1024;

/// Codes of operands; those of operators are in [`OPERATORS`].
const PADDING: u8 = 0x00;
const INTEGER: u8 = 0x04;
const TEXT: u8 = 0x10;
const OCTETS: u8 = 0x18;
const COMPOSITE: u8 = 0x50;
const SID: u8 = 0x51;
/// Attributes: of the resource's ACE itself, of the user, the resource, the device.
const ATTRIBUTES: std::ops::RangeInclusive<u8> = 0xF8..=0xFB;

/// A number as a condition has it. MS-DTYP 2.4.4.17.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Integer {
    pub(super) value: i64,
    /// 1: written with a plus; 2: with a minus; 3: without.
    pub(super) sign: u8,
    /// 1: octal; 2: decimal; 3: hex.
    pub(super) base: u8,
}

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Integer(Integer),
    Text(Vec<u16>),
    Octets(Vec<u8>),
    Sid(Sid),
    /// Several values; none of them composite itself.
    Composite(Vec<Token>),
    /// An attribute: whose, by its code, and its name.
    Attribute(u8, Vec<u16>),
    Operator(&'static Operator),
}

/// An operator.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) code: u8,
    pub(super) word: &'static str,
    pub(super) form: Form,
}

/// How an operator is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Before its one operand.
    Prefix,
    /// Between its two.
    Infix,
    Not,
    And,
    Or,
}

const fn operator(code: u8, word: &'static str, form: Form) -> Operator {
    Operator { code, word, form }
}

/// All operators. MS-DTYP 2.4.4.17.6 and 7. Of two that begin alike the longer one comes first.
pub(super) static OPERATORS: [Operator; 23] = [
    operator(0x80, "==", Form::Infix),
    operator(0x81, "!=", Form::Infix),
    operator(0x83, "<=", Form::Infix),
    operator(0x82, "<", Form::Infix),
    operator(0x85, ">=", Form::Infix),
    operator(0x84, ">", Form::Infix),
    operator(0x86, "Contains", Form::Infix),
    operator(0x88, "Any_of", Form::Infix),
    operator(0x8E, "Not_Contains", Form::Infix),
    operator(0x8F, "Not_Any_of", Form::Infix),
    operator(0x87, "Exists", Form::Prefix),
    operator(0x8D, "Not_Exists", Form::Prefix),
    operator(0x8B, "Member_of_Any", Form::Prefix),
    operator(0x89, "Member_of", Form::Prefix),
    operator(0x8C, "Device_Member_of_Any", Form::Prefix),
    operator(0x8A, "Device_Member_of", Form::Prefix),
    operator(0x92, "Not_Member_of_Any", Form::Prefix),
    operator(0x90, "Not_Member_of", Form::Prefix),
    operator(0x93, "Not_Device_Member_of_Any", Form::Prefix),
    operator(0x91, "Not_Device_Member_of", Form::Prefix),
    operator(0xA2, "!", Form::Not),
    operator(0xA0, "&&", Form::And),
    operator(0xA1, "||", Form::Or),
];

/// The operator of this form's logic: not, and, or.
pub(super) fn logic(form: Form) -> Token {
    let found = OPERATORS.iter().find(|operator| operator.form == form);
    Token::Operator(found.expect("the table has all three"))
}

/// The tokens of a condition; none where it is none, or larger than any that is meant.
pub(super) fn decode(data: &[u8]) -> Option<Vec<Token>> {
    let mut rest = data.strip_prefix(&SIGNATURE)?;
    let mut tokens = Vec::new();
    while let Some((&code, behind)) = rest.split_first() {
        if code == PADDING && behind.len() < ALIGNMENT && behind.iter().all(|byte| *byte == 0) {
            break;
        }
        let (token, behind) = if code == COMPOSITE {
            let (own, behind) = sized(behind)?;
            (Token::Composite(literals(own)?), behind)
        } else {
            operand(code, behind).or_else(|| Some((operator_of(code)?, behind)))?
        };
        tokens.push(token);
        rest = behind;
        if tokens.len() > MAX_TOKENS {
            return None;
        }
    }
    Some(tokens)
}

fn literals(mut rest: &[u8]) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    while let Some((&code, behind)) = rest.split_first() {
        let (token, behind) = operand(code, behind)?;
        tokens.push(token);
        rest = behind;
        if tokens.len() > MAX_TOKENS {
            return None;
        }
    }
    Some(tokens)
}

fn operator_of(code: u8) -> Option<Token> {
    let found = OPERATORS.iter().find(|operator| operator.code == code);
    found.map(Token::Operator)
}

/// The operand of this code, and what is behind it.
fn operand(code: u8, bytes: &[u8]) -> Option<(Token, &[u8])> {
    if code == INTEGER {
        let (value, rest) = bytes.split_first_chunk()?;
        let ([sign, base], rest) = rest.split_first_chunk()?;
        let integer = Integer {
            value: i64::from_le_bytes(*value),
            sign: *sign,
            base: *base,
        };
        return Some((Token::Integer(integer), rest));
    }
    let (own, rest) = sized(bytes)?;
    let token = match code {
        TEXT => Token::Text(units(own)?),
        OCTETS => Token::Octets(own.to_vec()),
        SID => match Sid::parse(own).ok()? {
            (sid, []) => Token::Sid(sid),
            _ => return None,
        },
        code if ATTRIBUTES.contains(&code) => Token::Attribute(code, units(own)?),
        _ => return None,
    };
    Some((token, rest))
}

/// What is behind a length, and the rest.
fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = split_u32(bytes)?;
    rest.split_at_checked(usize::try_from(length).ok()?)
}

fn units(bytes: &[u8]) -> Option<Vec<u16>> {
    let (units, odd) = bytes.as_chunks();
    let units = units.iter().copied().map(u16::from_le_bytes);
    odd.is_empty().then(|| units.collect())
}

/// The stored form of a condition.
pub(super) fn encode(tokens: &[Token]) -> Vec<u8> {
    let mut bytes = SIGNATURE.to_vec();
    tokens.iter().for_each(|token| token.push(&mut bytes));
    bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), PADDING);
    bytes
}

impl Token {
    fn push(&self, bytes: &mut Vec<u8>) {
        let wide = |units: &[u16]| units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        match self {
            Self::Operator(operator) => bytes.push(operator.code),
            Self::Integer(integer) => {
                bytes.push(INTEGER);
                bytes.extend(integer.value.to_le_bytes());
                bytes.extend([integer.sign, integer.base]);
            }
            Self::Text(units) => push_sized(bytes, TEXT, wide(units)),
            Self::Octets(octets) => push_sized(bytes, OCTETS, octets.clone()),
            Self::Sid(sid) => push_sized(bytes, SID, sid.to_bytes()),
            Self::Attribute(code, name) => push_sized(bytes, *code, wide(name)),
            Self::Composite(values) => {
                let mut own = Vec::new();
                values.iter().for_each(|value| value.push(&mut own));
                push_sized(bytes, COMPOSITE, own);
            }
        }
    }

    /// Tells of each SID in it.
    pub(super) fn tell_sids(&self, tell: &mut dyn FnMut(&Sid)) {
        let values = match self {
            Self::Composite(values) => values,
            other => std::slice::from_ref(other),
        };
        for value in values {
            if let Self::Sid(sid) = value {
                tell(sid);
            }
        }
    }

    /// Exchanges SIDs; whether there was one to be exchanged.
    pub(super) fn map_sids(&mut self, map: &dyn Fn(&Sid) -> Option<Sid>) -> bool {
        let values = match self {
            Self::Composite(values) => values,
            other => std::slice::from_mut(other),
        };
        let mut changed = false;
        for value in values {
            if let Self::Sid(sid) = value
                && let Some(other) = map(sid)
            {
                *sid = other;
                changed = true;
            }
        }
        changed
    }
}

fn push_sized(bytes: &mut Vec<u8>, code: u8, own: Vec<u8>) {
    bytes.push(code);
    bytes.extend(u32::try_from(own.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend(own);
}
