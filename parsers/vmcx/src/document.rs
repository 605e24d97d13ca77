//! A configuration file of either format.

use std::borrow::Cow;

use blockio::{Fault, Memory, ReadAt};

use crate::container::Editor;
use crate::xml::{self, MAX_SIZE};
use crate::{Configuration, Edit, Error, Node, Value, codes, container};

/// A configuration file, read: a .vmcx, .vmrs or the host's data.vmcx, or an XML of 2012 R2 and before.
#[derive(Clone, Debug)]
pub struct Document {
    content: Content,
    name: String,
}

/// Which format a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// The container of 2016 and later.
    Container,
    /// The XML of 2012 R2 and before.
    Xml,
}

#[derive(Clone, Debug)]
enum Content {
    Container {
        file: container::File,
        /// The file itself, unless it is too large for one that is edited.
        bytes: Option<Vec<u8>>,
    },
    Xml(xml::File),
}

/// The first bytes of every container.
const SIGNATURE: [u8; 4] = [0x14, 0x20, 0x28, 0x01];
/// Both headers of a container.
const HEADERS: u64 = 0x2000;

impl Document {
    /// Reads the file in `bytes`, which messages call `name`: a container by its signature, else XML.
    /// Large values of a container (saved memory) are not loaded.
    ///
    /// # Errors
    /// Where it is neither, as the .vmcx of Windows Virtual PC, or so damaged that nothing is left.
    pub fn open(bytes: &dyn ReadAt, name: &str) -> Result<Self, Error> {
        let content = if is_container(bytes) {
            let file = container::File::open(bytes, name)?;
            let bytes = load(bytes).ok();
            Content::Container { file, bytes }
        } else {
            let bytes = load(bytes).map_err(|fault| fault.in_file(name))?;
            Content::Xml(xml::File::open(bytes, name)?)
        };
        Ok(Self {
            content,
            name: name.to_owned(),
        })
    }

    /// Which format it has.
    #[must_use]
    pub fn format(&self) -> Format {
        match self.content {
            Content::Container { .. } => Format::Container,
            Content::Xml(_) => Format::Xml,
        }
    }

    /// Its root, which has no name: below it are the keys of the file, such as `configuration`.
    #[must_use]
    pub fn root(&self) -> &Node {
        match &self.content {
            Content::Container { file, .. } => file.root(),
            Content::Xml(file) => file.root(),
        }
    }

    /// What is wrong with the file and did not keep it from being read. What single keys hold that they
    /// should not is in [`Configuration::oddities`].
    #[must_use]
    pub fn notes(&self) -> &[Fault] {
        match &self.content {
            Content::Container { file, .. } => file.notes(),
            Content::Xml(file) => file.notes(),
        }
    }

    /// Whether its keys are those of a machine or checkpoint. Not so: the XML of other programs, a .vmrs, the
    /// host's data.vmcx.
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        let known = |configuration: &Node| {
            let keys = [
                "manifest",
                "properties/global_id",
                "settings/global/logical_id",
            ];
            keys.iter().any(|key| configuration.at(key).is_some())
        };
        self.root().child("configuration").is_some_and(known)
    }

    /// What its keys mean.
    #[must_use]
    pub fn configuration(&self) -> Configuration {
        let configuration = Configuration::of(self.root());
        let oddities = configuration.oddities.into_iter();
        Configuration {
            oddities: oddities.map(|fault| fault.in_file(&self.name)).collect(),
            ..configuration
        }
    }

    /// The file's bytes with `edits` made. In XML every other byte stays as it is; in a container every
    /// other key does, and nearly every byte.
    ///
    /// # Errors
    /// Where a path leads to nothing or to no text, two edits touch one key of an XML, the text cannot be
    /// stored, or the file is damaged XML.
    pub fn edit(&self, edits: &[Edit]) -> Result<Vec<u8>, Error> {
        match &self.content {
            Content::Xml(file) => file
                .edit(edits)
                .map_err(|fault| fault.in_file(&self.name).into()),
            Content::Container { file, bytes } => match bytes {
                Some(bytes) => edit_container(file.root(), bytes, &self.name, edits),
                None => Err(too_large().in_file(&self.name).into()),
            },
        }
    }
}

/// What is removed becomes free room of its tables. In a damaged container room that looks free may be in
/// use, so the result is read and compared.
fn edit_container(root: &Node, bytes: &[u8], name: &str, edits: &[Edit]) -> Result<Vec<u8>, Error> {
    let mut expected = root.clone();
    let mut editor = Editor::open(&Memory::from(bytes.to_vec()), name)?;
    let (texts, removals): (Vec<_>, Vec<_>) = edits
        .iter()
        .partition(|edit| matches!(edit, Edit::SetText { .. }));
    // A key is changed first, so that the order of edits does not matter.
    for edit in texts.into_iter().chain(removals) {
        match edit {
            Edit::SetText { path, value } => editor.set(path, &Value::Text(value.clone()))?,
            Edit::Remove { path } => editor.remove(path)?,
        }
        edit.apply(&mut expected);
    }
    let edited = editor.into_bytes();
    let read = container::File::open(&Memory::from(edited.clone()), name)?;
    match read.root().is_alike(&expected) {
        true => Ok(edited),
        false => Err(spoiled().in_file(name).into()),
    }
}

fn spoiled() -> Fault {
    Fault::damaged(&codes::EDIT, "a damaged container")
        .expected("the same keys but for the change")
        .found("others")
}

fn too_large() -> Fault {
    let what = "a container too large to be a configuration";
    Fault::unsupported(&codes::EDIT, what).expected(format!("at most {MAX_SIZE:#x} bytes"))
}

fn is_container(bytes: &dyn ReadAt) -> bool {
    // Either header may be damaged; both never begin like XML.
    [0, HEADERS / 2].into_iter().any(|offset| {
        let mut signature = SIGNATURE.map(|_| 0);
        let read = bytes.read_exact_at(&mut signature, offset);
        read.is_ok() && signature == SIGNATURE
    })
}

fn load(bytes: &dyn ReadAt) -> Result<Vec<u8>, Fault> {
    let size = bytes.size();
    let length = usize::try_from(size).ok().filter(|_| size <= MAX_SIZE);
    let Some(length) = length else {
        let fault = Fault::unsupported(&codes::NOT_A_CONFIGURATION, "the file's size");
        return Err(fault
            .expected(format!("at most {MAX_SIZE:#x} bytes"))
            .found(format!("{size:#x}")));
    };
    let mut loaded = vec![0; length];
    let what: Cow<'static, str> = "the XML".into();
    match bytes.read_exact_at(&mut loaded, 0) {
        Ok(()) => Ok(loaded),
        Err(error) => Err((*Fault::from_io(&error, what)).clone()),
    }
}
