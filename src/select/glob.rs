//! One name against one part of a pattern.

use tree::{FileSystem, Name};

/// A part of a pattern that stands for single names, ready to be matched by one volume's rule.
#[derive(Clone, Debug)]
pub(super) struct Glob {
    /// The part as an ordinary name, folded.
    literal: Name,
    tokens: Vec<Token>,
    /// Whether the volume takes `a` for `A`.
    folds: bool,
}

#[derive(Clone, Debug)]
enum Token {
    /// This character, folded.
    One(u32),
    Any,
    Many,
    /// One of these ranges, or none of them.
    Set {
        ranges: Vec<(u32, u32)>,
        inverted: bool,
    },
}

/// A name as characters: as it is, and folded.
pub(super) struct Chars {
    folded_name: Name,
    own: Vec<u32>,
    folded: Vec<u32>,
}

impl Chars {
    pub(super) fn of(fs: &dyn FileSystem, name: &Name) -> Self {
        let folded_name = fs.fold(name);
        let (own, folded) = (characters(name), characters(&folded_name));
        // A rule that changes lengths (none known does) leaves only the folded form to go by.
        let own = if own.len() == folded.len() {
            own
        } else {
            folded.clone()
        };
        Self {
            folded_name,
            own,
            folded,
        }
    }

    pub(super) fn folded_name(&self) -> &Name {
        &self.folded_name
    }
}

/// Whether a part holds anything but ordinary characters.
pub(super) fn is_glob(part: &str) -> bool {
    part.contains(['*', '?', '['])
}

impl Glob {
    pub(super) fn new(fs: &dyn FileSystem, part: &str) -> Self {
        let literal = fs.fold(&Name::from(part));
        let folds = fs.fold(&Name::from("a")) == fs.fold(&Name::from("A"));
        let mut tokens = Vec::new();
        let mut rest = part;
        while let Some(char) = rest.chars().next() {
            rest = &rest[char.len_utf8()..];
            tokens.push(match char {
                '*' => Token::Many,
                '?' => Token::Any,
                '[' => match set(rest) {
                    Some((set, after)) => {
                        rest = after;
                        set
                    }
                    None => one(fs, char),
                },
                char => one(fs, char),
            });
        }
        Self {
            literal,
            tokens,
            folds,
        }
    }

    /// Whether `name` matches. Takes at most the product of both lengths in steps.
    pub(super) fn matches(&self, name: &Chars) -> bool {
        name.folded_name == self.literal || self.matches_tokens(name)
    }

    /// Goes on greedily, and on a mismatch only lets the last `*` take one more.
    fn matches_tokens(&self, name: &Chars) -> bool {
        let (mut token, mut at) = (0, 0);
        let mut last_many = None;
        while at < name.own.len() {
            match self.tokens.get(token) {
                Some(Token::Many) => {
                    last_many = Some((token, at));
                    token += 1;
                }
                Some(one) if self.takes(one, name, at) => (token, at) = (token + 1, at + 1),
                _ => match &mut last_many {
                    None => return false,
                    Some((many, from)) => {
                        *from += 1;
                        (token, at) = (*many + 1, *from);
                    }
                },
            }
        }
        self.tokens[token..]
            .iter()
            .all(|token| matches!(token, Token::Many))
    }

    fn takes(&self, token: &Token, name: &Chars, at: usize) -> bool {
        match token {
            Token::Many => false,
            Token::Any => true,
            Token::One(char) => name.folded[at] == *char,
            Token::Set { ranges, inverted } => {
                let own = name.own[at];
                let holds = |char| {
                    ranges
                        .iter()
                        .any(|(from, to)| (*from..=*to).contains(&char))
                };
                let held = holds(own) || self.folds && other_cases(own).any(holds);
                held != *inverted
            }
        }
    }
}

fn one(fs: &dyn FileSystem, char: char) -> Token {
    let folded = characters(&fs.fold(&Name::from(&*char.to_string())));
    Token::One(folded.first().copied().unwrap_or(char.into()))
}

/// The set that begins after `[`, and what follows its `]`; none if there is no `]`.
///
/// A `]` right at the start is a member, `!` or `^` before all inverts.
fn set(text: &str) -> Option<(Token, &str)> {
    let body = text.strip_prefix(['!', '^']);
    let (inverted, body) = (body.is_some(), body.unwrap_or(text));
    let first = body.chars().next()?.len_utf8();
    let end = first + body.get(first..)?.find(']')?;
    let chars: Vec<u32> = body[..end].chars().map(u32::from).collect();
    let mut ranges = Vec::new();
    let mut rest = &*chars;
    while let [from, after @ ..] = rest {
        rest = match after {
            [dash, to, after @ ..] if *dash == u32::from('-') => {
                ranges.push((*from, *to));
                after
            }
            _ => {
                ranges.push((*from, *from));
                after
            }
        };
    }
    Some((Token::Set { ranges, inverted }, &body[end + 1..]))
}

fn other_cases(char: u32) -> impl Iterator<Item = u32> {
    let char = char::from_u32(char);
    let cases = char
        .into_iter()
        .flat_map(|char| char.to_lowercase().chain(char.to_uppercase()));
    cases.map(u32::from)
}

/// Code points; a lone surrogate is its own number.
fn characters(name: &Name) -> Vec<u32> {
    if name.as_bytes().is_ascii() {
        return name.as_bytes().iter().map(|&byte| byte.into()).collect();
    }
    let units = char::decode_utf16(name.to_utf16());
    units
        .map(|unit| unit.map_or_else(|lone| lone.unpaired_surrogate().into(), u32::from))
        .collect()
}
