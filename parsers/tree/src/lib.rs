//! The tree that every file system is read as.
//!
//! [`FileSystem`] is the second waist: whoever shows, mounts or extracts files knows this crate and
//! `blockio` only. A file's stream is a [`ReadAt`](blockio::ReadAt) again.
//!
//! | module | owns |
//! |---|---|
//! | [`FileSystem`], [`VolumeInfo`] | the trait, and what a volume says of itself |
//! | [`NodeId`], [`Cursor`], [`DirEntry`], [`Entry`] | what listings yield |
//! | [`Metadata`], [`Kind`], [`Storage`], [`Attributes`], [`Time`], [`Rfc3339`] | what is known of a node without its data |
//! | [`Name`], [`GuestPath`] | names and paths as bytes, lone surrogates and all |
//! | [`Link`], [`StreamInfo`] | links and streams |
//! | [`Details`], [`ExtendedAttribute`], [`ObjectId`] | what only some readers want |
//! | [`Efs`], [`KeyHolder`] | who could decrypt an encrypted file |
//! | [`reparse_owner`], [`storage_maker`] | whose a reparse tag is |
//! | [`walk`](fn@walk), [`Walk`], [`resolve`] | a tree depth-first, a path to its node |
//! | [`Error`], [`Loss`] | a fault, or that a thing is not there |

#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests fail loudly, and count in what is at hand"
    )
)]

mod civil;
pub mod codes;
mod details;
mod efs;
mod error;
mod file_system;
mod link;
mod listing;
mod metadata;
mod name;
mod path;
mod reparse_tag;
mod time;
mod walk;

pub use civil::Rfc3339;
pub use details::{Birth, Details, ExtendedAttribute, ObjectId};
pub use efs::{Efs, KeyHolder};
pub use error::{Error, Loss};
pub use file_system::{FileSystem, VolumeInfo};
pub use link::{Link, LinkKind, StreamInfo};
pub use listing::{Cursor, DirEntry, DirIter, Entry, EntryIter, NodeId};
pub use metadata::{Attributes, Deleted, Kind, Metadata, Storage};
pub use name::Name;
pub use path::GuestPath;
pub use reparse_tag::{reparse_owner, storage_maker};
pub use time::Time;
pub use walk::{Walk, resolve, walk};
