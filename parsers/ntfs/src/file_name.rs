//! File names: values of $FILE_NAME.

use tree::Name;
use zerocopy::FromBytes;
use zerocopy::little_endian::U16;

use crate::format::FileNameHeader;
use crate::index::Namespace;
use crate::reference::FileReference;

/// One name of a file, and the directory it is in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileName<'a> {
    pub(crate) parent: FileReference,
    pub(crate) namespace: Namespace,
    pub(crate) units: &'a [U16],
}

impl<'a> FileName<'a> {
    /// The name in a $FILE_NAME's value; `None` where it is damaged.
    pub(crate) fn parse(value: &'a [u8]) -> Option<Self> {
        let (header, rest) = FileNameHeader::ref_from_prefix(value).ok()?;
        let bytes = rest.get(..usize::from(header.name_length).checked_mul(2)?)?;
        Some(Self {
            parent: FileReference(header.parent.get()),
            namespace: Namespace::parse(header.namespace)?,
            units: <[U16]>::ref_from_bytes(bytes).ok()?,
        })
    }

    /// Whether it is the short twin of a long name, and not a name of its own.
    pub(crate) fn is_dos_twin(&self) -> bool {
        self.namespace == Namespace::Dos
    }

    /// The name as the tree has it.
    pub(crate) fn name(&self) -> Name {
        Name::from_utf16(self.units.iter().map(|unit| unit.get()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(namespace: u8, length: u8) -> Vec<u8> {
        let mut value = vec![0; 66];
        (value[0], value[6], value[64], value[65]) = (5, 2, length, namespace);
        value.extend(b"a\0b\0");
        value
    }

    #[test]
    fn gives_parent_and_name() {
        let value = value(1, 2);
        let name = FileName::parse(&value).expect("whole");
        assert_eq!(
            (name.parent, name.name()),
            (FileReference::new(5, 2), Name::from("ab"))
        );
        assert!(!name.is_dos_twin());
    }

    #[test]
    fn a_short_twin_is_told() {
        assert!(FileName::parse(&value(2, 2)).expect("whole").is_dos_twin());
    }

    #[test]
    fn a_name_that_leaves_its_value_is_none() {
        assert!(FileName::parse(&value(1, 3)).is_none());
        assert!(FileName::parse(&[0; 65]).is_none());
    }
}
