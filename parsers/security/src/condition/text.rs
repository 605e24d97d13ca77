//! Conditions written infix.

use super::token::{Form, Integer, Token};
use crate::sddl::{write_hex, write_sid};

/// Characters of an attribute's name that stand for themselves.
const PLAIN: &str = ":./_";

/// How tightly a piece of text holds together; what is looser than its place goes in parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tightness {
    Or,
    And,
    Term,
    /// Not an expression by itself, but an attribute.
    Operand,
}

/// The condition that these tokens are; none where they are none, or text cannot say it.
pub(super) fn write(tokens: &[Token]) -> Option<String> {
    let mut stack: Vec<(Tightness, String)> = Vec::new();
    for token in tokens {
        let piece = match token {
            Token::Operator(operator) => match operator.form {
                Form::Prefix => {
                    let (_, operand) = stack.pop()?;
                    (Tightness::Term, format!("{} {operand}", operator.word))
                }
                Form::Not => (Tightness::Term, format!("!({})", stack.pop()?.1)),
                form => {
                    let (right, left) = (stack.pop()?, stack.pop()?);
                    infix(form, operator.word, left, right)
                }
            },
            operand => (Tightness::Operand, operand_text(operand)?),
        };
        stack.push(piece);
    }
    match &stack[..] {
        [(_, text)] => Some(format!("({text})")),
        _ => None,
    }
}

fn infix(
    form: Form,
    word: &str,
    left: (Tightness, String),
    right: (Tightness, String),
) -> (Tightness, String) {
    let (own, right_needs) = match form {
        Form::Or => (Tightness::Or, Tightness::And),
        Form::And => (Tightness::And, Tightness::Term),
        _ => (Tightness::Term, Tightness::Operand),
    };
    let (left, right) = (within(left, own), within(right, right_needs));
    (own, format!("{left} {word} {right}"))
}

fn within((tightness, text): (Tightness, String), needs: Tightness) -> String {
    match tightness < needs {
        true => format!("({text})"),
        false => text,
    }
}

fn operand_text(token: &Token) -> Option<String> {
    let mut text = String::new();
    match token {
        Token::Integer(integer) => return integer_text(*integer),
        Token::Text(units) => text = quoted(units)?,
        Token::Octets(octets) => write_hex(&mut text, octets),
        Token::Sid(sid) => {
            text.push_str("SID(");
            write_sid(&mut text, sid);
            text.push(')');
        }
        Token::Attribute(code, name) => {
            text.push_str(scope(*code)?);
            name.iter().for_each(|unit| push_name(&mut text, *unit));
        }
        Token::Composite(values) => {
            let values: Option<Vec<_>> = values.iter().map(operand_text).collect();
            text = format!("{{{}}}", values?.join(", "));
        }
        Token::Operator(_) => return None,
    }
    Some(text)
}

/// What the names of attributes with this code begin with.
fn scope(code: u8) -> Option<&'static str> {
    let found = super::parse::SCOPES.iter().find(|(_, own)| *own == code);
    found.map(|(word, _)| *word)
}

fn push_name(text: &mut String, unit: u16) {
    let char = char::from_u32(unit.into());
    match char.filter(|char| char.is_ascii_alphanumeric() || PLAIN.contains(*char)) {
        Some(char) => text.push(char),
        None => text.push_str(&format!("%{unit:04x}")),
    }
}

fn integer_text(integer: Integer) -> Option<String> {
    let sign = match integer.sign {
        1 => "+",
        2 => "-",
        _ => "",
    };
    let size = integer.value.unsigned_abs();
    Some(match integer.base {
        1 => format!("{sign}0{size:o}"),
        2 => format!("{sign}{size}"),
        3 => format!("{sign}{size:#x}"),
        _ => return None,
    })
}

/// A string in quotation marks; none where it has one itself, or is no Unicode.
pub(crate) fn quoted(units: &[u16]) -> Option<String> {
    let text = String::from_utf16(units).ok()?;
    (!text.contains('"')).then(|| format!("\"{text}\""))
}
