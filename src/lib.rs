//! Gets data back out of Hyper-V backups: disks and checkpoints in, a guest's files out.
//!
//! [`open::Backup`] turns a path into disks, chains and volumes in the state asked for. A volume is a
//! [`tree::FileSystem`], a file's stream a [`blockio::ReadAt`]. [`extract`] walks a tree and pushes it
//! into a [`sink`], going on after a loss; [`flatten`] writes a whole disk.
//!
//! ```
//! use hvrestore::open::{Backup, Options};
//! use hvrestore::select::{self, Pattern};
//!
//! let base = Options { state: "base".into(), ..Options::default() };
//! let backup = Backup::open("testdata/demo".as_ref(), &base)?;
//! let volume = backup.data_volumes().next().ok_or("the demo has a volume")?;
//!
//! let pattern = Pattern::parse("Users/ana/Documents/thesis/*.txt")?;
//! for root in select::find(&*volume.fs, &[pattern]).roots {
//!     let stream = volume.fs.open(root.node, None)?;
//!     let mut bytes = vec![0; usize::try_from(stream.size())?];
//!     stream.read_exact_at(&mut bytes, 0)?;
//!     println!("{}: {} bytes", root.path, bytes.len());
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | owns |
//! |---|---|
//! | [`open`] | a path -> disks, chains, volumes; the only place that knows every parser |
//! | [`select`] | which guest paths patterns mean |
//! | [`extract`], [`report`], [`progress`] | a walk into a sink, what became of each item, how far it is |
//! | [`sink`] | where things go: a folder |
//! | [`facts`], [`sidecar`] | what a node has besides bytes, and a record of what the destination cannot hold of it |
//! | [`guest`] | what a Windows installation says of itself: letters, names, version, roles |
//! | [`apply`] | what such a record holds, put back |
//! | [`copy`] | bytes to a file: shared, copied in the kernel, left out, or read and written |
//! | [`hostfs`] | what only a platform can do to a destination |
//! | [`deleted`] | files that were deleted, and how much of them is left |
//! | [`checksum`] | checksums and the lines that tell them |
//! | [`flatten`] | a disk as one stream of bytes: raw, VHDX, VHD |
//! | [`relink`] | a copy of a checkpoint whose parent lies elsewhere |
//! | [`identity`] | new identifiers |
//! | [`quantity`] | sizes and counts, for people |
//! | [`vmset`] | which files are one virtual machine, its checkpoints, what is absent |
//! | [`codes`] | every stable code, with what to do |
//! | [`json`] | JSON a line at a time |
//! | [`cli`] | the command line, one file per command |
//!
//! Sources are opened for reading only and never written.

pub mod apply;
pub mod checksum;
pub mod cli;
pub mod codes;
pub mod copy;
pub mod deleted;
mod efs;
pub mod extract;
pub mod facts;
pub mod flatten;
pub mod guest;
pub mod hostfs;
pub mod identity;
pub mod json;
pub mod open;
mod output;
pub mod progress;
pub mod quantity;
pub mod relink;
pub mod report;
pub mod select;
pub mod sidecar;
pub mod sink;
pub mod vmset;
