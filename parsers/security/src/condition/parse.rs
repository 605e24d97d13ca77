//! Conditions read from text.

use super::token::{Form, Integer, OPERATORS, Token, logic};
use crate::Error;
use crate::sddl::Cursor;
use crate::sid::sid;

/// Parentheses and negations in each other, at most.
const MAX_DEPTH: usize = 64;

/// Whose an attribute is, by what its name begins with; the last one fits every name.
pub(super) const SCOPES: [(&str, u8); 4] = [
    ("@User.", 0xF9),
    ("@Resource.", 0xFA),
    ("@Device.", 0xFB),
    ("", 0xF8),
];

/// Characters that end an attribute's name.
const NAME_ENDS: &str = " \t\r\n()!=<>&|{},;\"";

/// The tokens of the condition in parentheses that the text goes on with.
pub(super) fn expression(text: &mut Cursor<'_>) -> Result<Vec<Token>, Error> {
    let mut parser = Parser {
        text,
        tokens: Vec::new(),
        depth: 0,
    };
    parser.in_parentheses()?;
    Ok(parser.tokens)
}

struct Parser<'p, 't> {
    text: &'p mut Cursor<'t>,
    /// In postfix order, as far as they are known.
    tokens: Vec<Token>,
    depth: usize,
}

impl Parser<'_, '_> {
    fn in_parentheses(&mut self) -> Result<(), Error> {
        self.enter()?;
        self.text.expect("(", "no condition in parentheses")?;
        self.or()?;
        self.text.skip_blanks();
        self.text.expect(")", "no end of the condition")?;
        self.depth = self.depth.saturating_sub(1);
        Ok(())
    }

    fn enter(&mut self) -> Result<(), Error> {
        self.depth = self.depth.saturating_add(1);
        match self.depth > MAX_DEPTH {
            true => Err(self.text.wrong("too many parentheses in each other")),
            false => Ok(()),
        }
    }

    fn or(&mut self) -> Result<(), Error> {
        self.and()?;
        while self.eat("||") {
            self.and()?;
            self.tokens.push(logic(Form::Or));
        }
        Ok(())
    }

    fn and(&mut self) -> Result<(), Error> {
        self.factor()?;
        while self.eat("&&") {
            self.factor()?;
            self.tokens.push(logic(Form::And));
        }
        Ok(())
    }

    fn factor(&mut self) -> Result<(), Error> {
        self.text.skip_blanks();
        if self.text.rest().starts_with('(') {
            return self.in_parentheses();
        }
        if self.eat("!") {
            self.enter()?;
            self.factor()?;
            self.depth = self.depth.saturating_sub(1);
            self.tokens.push(logic(Form::Not));
            return Ok(());
        }
        self.relation()
    }

    /// A comparison, a test, or an attribute by itself.
    fn relation(&mut self) -> Result<(), Error> {
        if let Some(operator) = self.operator(Form::Prefix) {
            self.operand()?;
            self.tokens.push(operator);
            return Ok(());
        }
        self.operand()?;
        if let Some(operator) = self.operator(Form::Infix) {
            self.operand()?;
            self.tokens.push(operator);
        }
        Ok(())
    }

    fn operator(&mut self, form: Form) -> Option<Token> {
        self.text.skip_blanks();
        let ends = |rest: &str| {
            !rest.starts_with(|char: char| char.is_ascii_alphanumeric() || char == '_')
        };
        let found = OPERATORS.iter().find(|operator| {
            let mut behind = self.text.clone();
            operator.form == form
                && behind.eat(operator.word)
                && (operator.word.starts_with(['=', '!', '<', '>']) || ends(behind.rest()))
        })?;
        self.text.eat(found.word);
        Some(Token::Operator(found))
    }

    fn operand(&mut self) -> Result<(), Error> {
        self.text.skip_blanks();
        let token = match self.text.eat("{") {
            true => Token::Composite(self.values()?),
            false => self.value()?,
        };
        self.tokens.push(token);
        Ok(())
    }

    fn values(&mut self) -> Result<Vec<Token>, Error> {
        let mut values = Vec::new();
        while !self.eat("}") {
            if !values.is_empty() {
                self.text.expect(",", "no comma between values")?;
            }
            self.text.skip_blanks();
            values.push(self.value()?);
        }
        Ok(values)
    }

    fn value(&mut self) -> Result<Token, Error> {
        let next = self.text.rest().chars().next().unwrap_or_default();
        match next {
            '"' => quoted(self.text).map(Token::Text),
            '#' => {
                self.text.eat("#");
                self.text.hex().map(Token::Octets)
            }
            '+' | '-' | '0'..='9' => self.integer().map(Token::Integer),
            _ if self.text.eat("SID(") => {
                let sid = sid(self.text)?;
                self.text.expect(")", "no end of the SID")?;
                Ok(Token::Sid(sid))
            }
            _ => self.attribute(),
        }
    }

    fn attribute(&mut self) -> Result<Token, Error> {
        let wrong = self.text.wrong("no value and no attribute");
        let scope = SCOPES.iter().find(|(word, _)| self.text.eat(word));
        let (_, code) = scope.expect("the last one fits every name");
        let name = self.text.take_while(|char| !NAME_ENDS.contains(char));
        let name = unescaped(name).filter(|name| !name.is_empty());
        name.map(|name| Token::Attribute(*code, name)).ok_or(wrong)
    }

    fn integer(&mut self) -> Result<Integer, Error> {
        let wrong = self.text.wrong("no number");
        let sign = match (self.text.eat("+"), self.text.eat("-")) {
            (true, false) => 1,
            (false, true) => 2,
            _ => 3,
        };
        let hex = self.text.eat("0x");
        let digits = self.text.take_while(|char| char.is_ascii_alphanumeric());
        let (base, radix) = match (hex, digits.len()) {
            (true, _) => (3, 16),
            (false, 2..) if digits.starts_with('0') => (1, 8),
            (false, _) => (2, 10),
        };
        let size = i128::from(u64::from_str_radix(digits, radix).map_err(|_| wrong.clone())?);
        let value = if sign == 2 {
            size.checked_neg()
        } else {
            Some(size)
        };
        let value = value.and_then(|value| i64::try_from(value).ok());
        value
            .map(|value| Integer { value, sign, base })
            .ok_or(wrong)
    }

    /// Whether `word` comes, blanks aside.
    fn eat(&mut self, word: &str) -> bool {
        self.text.skip_blanks();
        self.text.eat(word)
    }
}

/// A string in quotation marks.
pub(crate) fn quoted(text: &mut Cursor<'_>) -> Result<Vec<u16>, Error> {
    text.expect("\"", "no string in quotation marks")?;
    let own = text.take_while(|char| char != '"');
    text.expect("\"", "no end of the string")?;
    Ok(own.encode_utf16().collect())
}

/// A name whose unusual characters stand as `%` and four hex digits.
fn unescaped(name: &str) -> Option<Vec<u16>> {
    let mut units = Vec::new();
    let mut rest = name;
    while let Some(char) = rest.chars().next() {
        let (own, behind) = if char == '%' {
            let (digits, behind) = rest.get(1..)?.split_at_checked(4)?;
            units.push(u16::from_str_radix(digits, 16).ok()?);
            ("", behind)
        } else {
            rest.split_at_checked(char.len_utf8())?
        };
        units.extend(own.encode_utf16());
        rest = behind;
    }
    Some(units)
}
