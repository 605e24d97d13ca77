//! What a format of archives does.

use std::io;

use tree::Metadata;

use super::body::Content;
use super::out::Out;
use crate::copy::{self, Lost};
use crate::sink::host_name::Rules;

/// What is said of a member before its content.
pub(crate) struct Member<'a> {
    /// Its place in the archive, without a `/` at its end.
    pub(crate) name: &'a str,
    /// What is known of it.
    pub(crate) metadata: &'a Metadata,
    /// Extended attributes; none unless the format [keeps](Format::keeps_xattrs) them.
    pub(crate) xattrs: &'a [Xattr],
}

/// An extended attribute.
pub(crate) struct Xattr {
    /// Its name with the name space, such as `user.Zone.Identifier`.
    pub(crate) name: String,
    /// Its value.
    pub(crate) value: Vec<u8>,
}

/// A format of archives. It writes members to the end of an [`Out`].
pub(crate) trait Format: Send {
    /// By which rules names are made.
    fn rules(&self) -> Rules;

    /// Whether two names that differ in case only must not meet in one folder.
    fn folds_case(&self) -> bool;

    /// Whether members have extended attributes.
    fn keeps_xattrs(&self) -> bool;

    /// Writes a folder.
    fn dir(&mut self, out: &mut Out<'_>, member: &Member<'_>) -> io::Result<()>;

    /// Writes a file with its bytes; what is lost of them. If anything is and the content may have
    /// no gaps, no reader will find the member.
    fn file(
        &mut self,
        out: &mut Out<'_>,
        member: &Member<'_>,
        content: Content<'_>,
    ) -> Result<Vec<Lost>, copy::Error>;

    /// Writes a symbolic link with this text.
    fn symlink(&mut self, out: &mut Out<'_>, member: &Member<'_>, text: &str) -> io::Result<()>;

    /// Writes one more name of the member `first`; whether the format can.
    fn hard_link(
        &mut self,
        out: &mut Out<'_>,
        member: &Member<'_>,
        first: &str,
    ) -> io::Result<bool>;

    /// Writes what stands at the end.
    fn finish(&mut self, out: &mut Out<'_>) -> io::Result<()>;
}
