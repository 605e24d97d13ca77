//! What `stat` asks for besides what a listing has.

use std::sync::Arc;

use blockio::Fault;
use security::Descriptor;
use tree::{Details, Error};
use uuid::Uuid;

use crate::cli::targets::Target;

/// What `stat` asks for besides what a listing has.
pub(super) struct Extras {
    pub(super) details: Details,
    /// The security descriptor as it is stored.
    pub(super) stored: Option<Arc<[u8]>>,
    /// The same, understood.
    pub(super) descriptor: Option<Descriptor>,
    /// What of all that could not be had.
    pub(super) lost: Vec<Arc<Fault>>,
}

impl Extras {
    /// What there is of `target`.
    ///
    /// # Errors
    /// Where its record cannot be read; a part that is damaged is [`lost`](Self::lost) alone.
    pub(super) fn of(target: &Target<'_>) -> Result<Self, Error> {
        let (fs, node) = (&target.volume.fs, target.entry.node);
        let details = fs.details(node)?;
        let mut lost = details.lost.clone();
        let stored = match fs.security(node) {
            Ok(stored) => stored,
            Err(Error::Fault(fault)) => {
                lost.push(fault);
                None
            }
            Err(error) => return Err(error),
        };
        let descriptor = match stored.as_deref().map(Descriptor::parse).transpose() {
            Ok(descriptor) => descriptor,
            Err(error) => {
                let what = format!("file record {}", target.entry.metadata.number);
                lost.push(error.fault(what).in_file(&target.volume.name).into());
                None
            }
        };
        Ok(Self {
            details,
            stored,
            descriptor,
            lost,
        })
    }
}

/// A GUID as it is stored, as text.
pub(super) fn guid(stored: [u8; 16]) -> Uuid {
    Uuid::from_bytes_le(stored)
}
