//! Security descriptors: who owns a thing and who may do what with it (MS-DTYP 2.4).
//!
//! A [`Descriptor`] is read from the self-relative form that file systems store, shown as SDDL, the
//! text that Windows uses for it, and read back from either. Its SIDs can be listed and exchanged.
//!
//! | module | owns |
//! |---|---|
//! | `format` | constants and stored structures, no logic |
//! | `descriptor`, `acl`, `ace` | the stored form, read and written |
//! | `sid`, `well_known` | who somebody is, and those that are the same everywhere |
//! | `sddl`, `rights` | the text, written and read |
//! | `condition`, `claim` | what some entries have besides: a condition, a resource attribute |
//!
//! The text is that of `ConvertSecurityDescriptorToStringSecurityDescriptor`, with two differences,
//! both so that it means the same on every machine and nothing is left out: SIDs of a domain are
//! always written out (`S-1-5-21-...`, never `DA`), and what Windows refuses to write (entries of an
//! unknown kind, data it does not understand) stands in hex behind a `#`.

#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests fail loudly, and count in what is at hand"
    )
)]

mod ace;
mod acl;
mod claim;
pub mod codes;
mod condition;
mod descriptor;
mod error;
mod format;
mod rights;
mod sddl;
mod sid;
mod well_known;

pub use ace::{Ace, Body, Kind};
pub use acl::Acl;
pub use descriptor::{Descriptor, control};
pub use error::Error;
pub use sid::Sid;
