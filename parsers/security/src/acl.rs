//! Access control lists.

use zerocopy::little_endian::U16;
use zerocopy::{FromBytes, IntoBytes};

use crate::format::{ACL_REVISION, ACL_REVISION_OBJECTS, AclHeader};
use crate::{Ace, Error};

/// A list of who may do what, or of what is logged. MS-DTYP 2.4.5.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acl {
    /// Its entries: the first that fits decides.
    pub aces: Vec<Ace>,
}

impl Acl {
    /// The ACL that `bytes` begin with.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let (header, _) =
            AclHeader::ref_from_prefix(bytes).map_err(|_| "leaves the descriptor".to_owned())?;
        if !(ACL_REVISION..=ACL_REVISION_OBJECTS).contains(&header.revision) {
            return Err(format!("has revision {}", header.revision));
        }
        let mut rest = bytes
            .get(..header.size.get().into())
            .and_then(|own| own.get(size_of::<AclHeader>()..))
            .ok_or("leaves the descriptor")?;
        let mut aces = Vec::new();
        for at in 0..header.count.get() {
            let (ace, behind) = Ace::parse(rest).map_err(|why| format!("entry {at}: {why}"))?;
            aces.push(ace);
            rest = behind;
        }
        Ok(Self { aces })
    }

    /// The ACL as it is stored.
    ///
    /// # Errors
    /// Where it is larger than its length field can say.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let aces = self.aces.iter().map(Ace::to_bytes);
        let aces = aces.collect::<Result<Vec<_>, _>>()?.concat();
        let size = size_of::<AclHeader>().saturating_add(aces.len());
        let has_objects = self.aces.iter().any(|ace| ace.kind.is_of_objects());
        let number = |number: usize| u16::try_from(number).map_err(|_| Error::TooLarge(size));
        let header = AclHeader {
            revision: match has_objects {
                true => ACL_REVISION_OBJECTS,
                false => ACL_REVISION,
            },
            reserved: 0,
            size: U16::new(number(size)?),
            count: U16::new(number(self.aces.len())?),
            reserved_2: U16::ZERO,
        };
        Ok([header.as_bytes(), &aces].concat())
    }
}
