//! The bytes of an attribute, whatever form it has.

use std::sync::Arc;

use blockio::{Memory, ReadAt};

use crate::boot::Geometry;
use crate::compressed;
use crate::flaw::Result;
use crate::joined::Joined;
use crate::stream::{Sizes, Stream};

/// What EFS encrypts at once, in bytes.
const CIPHER_BLOCK: u64 = 512;

/// The bytes of `attribute` of the volume `source`, which messages call `name`.
///
/// # Errors
/// Where its fragments contradict each other. What is lost of it shows where it is read.
pub(crate) fn open(
    attribute: &Joined<'_>,
    source: &Arc<dyn ReadAt>,
    geometry: &Geometry,
    name: &Arc<str>,
) -> Result<Arc<dyn ReadAt>> {
    if let Some(value) = attribute.resident() {
        return Ok(Arc::new(Memory::from(value.to_vec())));
    }
    let runs = attribute.run_list(geometry)?.named(name);
    let (record, sizes) = (attribute.record(), attribute.sizes());
    let source = Arc::clone(source);
    let stream = Stream::new(source, record, geometry.cluster_size, sizes, runs).named(name);
    match attribute.compression_unit() {
        Some(unit) if unit > 0 => Ok(Arc::new(compressed::open(stream, unit)?)),
        _ => Ok(Arc::new(stream)),
    }
}

/// The bytes of `attribute` as its clusters hold them: of an encrypted one the ciphertext, whole blocks
/// of it, of a compressed one its units as they are. What was never written is a hole.
///
/// # Errors
/// As [`open`].
pub(crate) fn open_stored(
    attribute: &Joined<'_>,
    source: &Arc<dyn ReadAt>,
    geometry: &Geometry,
    name: &Arc<str>,
) -> Result<Arc<dyn ReadAt>> {
    if let Some(value) = attribute.resident() {
        return Ok(Arc::new(Memory::from(value.to_vec())));
    }
    let runs = attribute.run_list(geometry)?.named(name);
    let Sizes { size, valid } = attribute.sizes();
    let [size, valid] = [size, valid.min(size)].map(|bytes| {
        let blocks = bytes.div_ceil(CIPHER_BLOCK);
        blocks.saturating_mul(CIPHER_BLOCK)
    });
    let sizes = Sizes { size, valid };
    let (source, record) = (Arc::clone(source), attribute.record());
    let stream = Stream::new(source, record, geometry.cluster_size, sizes, runs);
    Ok(Arc::new(stream.named(name)))
}
