//! Security identifiers.

use std::fmt;
use std::str::FromStr;

use zerocopy::{FromBytes, IntoBytes};

use crate::Error;
use crate::format::{MAX_SUB_AUTHORITIES, REVISION, SidHeader};
use crate::sddl::Cursor;

/// Digits of an authority in hex.
const HEX_DIGITS: usize = 12;

/// Who somebody is to Windows: an authority and what that has handed out. MS-DTYP 2.4.2.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sid {
    /// 48 bits.
    authority: u64,
    sub_authorities: Vec<u32>,
}

impl Sid {
    /// The SID of `authority` (48 bits) with these sub-authorities (15 at most); none where those are
    /// exceeded.
    #[must_use]
    pub fn new(authority: u64, sub_authorities: &[u32]) -> Option<Self> {
        let fits = authority >> 48 == 0 && sub_authorities.len() <= MAX_SUB_AUTHORITIES;
        fits.then(|| Self {
            authority,
            sub_authorities: sub_authorities.to_vec(),
        })
    }

    /// The SID that `bytes` begin with, and what is behind it.
    ///
    /// # Errors
    /// Where they hold no whole SID.
    pub fn parse(bytes: &[u8]) -> Result<(Self, &[u8]), Error> {
        let damaged = |what| Error::damaged(format!("a SID {what}"));
        let (header, rest) =
            SidHeader::ref_from_prefix(bytes).map_err(|_| damaged("is cut off"))?;
        let count = usize::from(header.count);
        if header.revision != REVISION || count > MAX_SUB_AUTHORITIES {
            return Err(damaged("has an impossible header"));
        }
        let (parts, rest) = rest
            .split_at_checked(count.saturating_mul(4))
            .ok_or_else(|| damaged("is cut off"))?;
        let parts = parts.as_chunks().0.iter().copied();
        let [a, b, c, d, e, f] = header.authority;
        let sid = Self {
            authority: u64::from_be_bytes([0, 0, a, b, c, d, e, f]),
            sub_authorities: parts.map(u32::from_le_bytes).collect(),
        };
        Ok((sid, rest))
    }

    /// The SID as it is stored.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let [_, _, authority @ ..] = self.authority.to_be_bytes();
        let header = SidHeader {
            revision: REVISION,
            count: u8::try_from(self.sub_authorities.len()).unwrap_or(u8::MAX),
            authority,
        };
        let parts = self.sub_authorities.iter().copied();
        let parts: Vec<_> = parts.map(u32::to_le_bytes).collect();
        [header.as_bytes(), parts.as_flattened()].concat()
    }

    /// Its authority.
    #[must_use]
    pub fn authority(&self) -> u64 {
        self.authority
    }

    /// Its sub-authorities; the last one is the relative id (RID).
    #[must_use]
    pub fn sub_authorities(&self) -> &[u32] {
        &self.sub_authorities
    }

    /// Whether it was handed out by a machine or a domain (`S-1-5-21-...`), so that it means nobody, or
    /// somebody else, anywhere else.
    #[must_use]
    pub fn is_of_a_domain(&self) -> bool {
        self.authority == 5 && self.sub_authorities.first() == Some(&21)
    }
}

impl fmt::Display for Sid {
    /// `S-1-5-32-544`; authorities of more than 32 bits in hex, as Windows writes them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match u32::try_from(self.authority) {
            Ok(authority) => write!(f, "S-1-{authority}")?,
            Err(_) => write!(f, "S-1-{:#014x}", self.authority)?,
        }
        self.sub_authorities
            .iter()
            .try_for_each(|part| write!(f, "-{part}"))
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Sid {
    type Err = Error;

    /// The SID that `S-1-5-32-544` or an alias of SDDL (`BA`) names.
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut cursor = Cursor::new(text);
        let sid = sid(&mut cursor)?;
        cursor.end()?;
        Ok(sid)
    }
}

/// The SID that the text goes on with.
pub(crate) fn sid(text: &mut Cursor<'_>) -> Result<Sid, Error> {
    let wrong = text.wrong("no SID");
    if !text.eat("S-") {
        return text.alias();
    }
    let revision = part(text);
    text.eat("-");
    let authority = part(text).ok_or_else(|| wrong.clone())?;
    let mut sub_authorities = Vec::new();
    while text.eat("-") {
        let number = part(text).and_then(|number| u32::try_from(number).ok());
        sub_authorities.push(number.ok_or_else(|| wrong.clone())?);
    }
    let sid = Sid::new(authority, &sub_authorities);
    sid.filter(|_| revision == Some(1)).ok_or(wrong)
}

/// One number of a SID: decimal, or `0x` and at most twelve digits, since letters may follow.
fn part(text: &mut Cursor<'_>) -> Option<u64> {
    if text.eat("0x") {
        let digits = text.take_up_to(HEX_DIGITS, |char| char.is_ascii_hexdigit());
        return u64::from_str_radix(digits, 16).ok();
    }
    text.take_while(|char| char.is_ascii_digit()).parse().ok()
}
