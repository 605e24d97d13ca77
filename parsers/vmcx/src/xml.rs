//! The XML of 2012 R2 and before. vmcx.md C.
//!
//! The file is kept as it is. Every key's place in it is remembered, so that one value can be replaced, or
//! one key removed, while all other bytes stay the same. Where the XML stops making sense, what came before
//! is used, and nothing is edited.
//!
//! | module | owns |
//! |---|---|
//! | `encoding` | the characters of the file, and where in it each is |
//! | `read` | keys out of elements, within bounds |
//! | `value` | values out of text, by their declared types |
//! | `edit` | replacing and removing |

mod edit;
mod encoding;
mod read;
mod value;

use blockio::Fault;

use crate::{Error, Node};
use encoding::Decoded;
use read::Place;

/// Bytes of a file beyond which it is no configuration: real ones have 40 thousand.
pub(crate) const MAX_SIZE: u64 = 16 << 20;

/// An XML configuration.
#[derive(Clone, Debug)]
pub(crate) struct File {
    bytes: Vec<u8>,
    decoded: Decoded,
    root: Node,
    /// Where the keys are, each before those below it, in the order of the tree.
    places: Vec<Place>,
    notes: Vec<Fault>,
    is_broken: bool,
}

impl File {
    /// Reads the XML in `bytes`, which messages call `name`. Its root element becomes the one key below
    /// [`root`](Self::root).
    ///
    /// # Errors
    /// Where it is no XML, or XML that no configuration can be.
    pub(crate) fn open(bytes: Vec<u8>, name: &str) -> Result<Self, Error> {
        let decoded = Decoded::of(&bytes).map_err(|fault| fault.in_file(name))?;
        let read = read::read(&decoded).map_err(|fault| fault.in_file(name))?;
        let notes = read.notes.into_iter().map(|note| note.in_file(name));
        Ok(Self {
            notes: notes.collect(),
            root: read.root,
            places: read.places,
            is_broken: read.is_broken,
            decoded,
            bytes,
        })
    }

    pub(crate) fn root(&self) -> &Node {
        &self.root
    }

    pub(crate) fn notes(&self) -> &[Fault] {
        &self.notes
    }
}
