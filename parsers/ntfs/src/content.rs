//! The bytes of an attribute, whatever form it has.

use std::sync::Arc;

use blockio::{Memory, ReadAt};

use crate::boot::Geometry;
use crate::compressed::Compressed;
use crate::flaw::Result;
use crate::joined::Joined;
use crate::stream::Stream;

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
        Some(unit) if unit > 0 => Ok(Arc::new(Compressed::new(stream, unit)?)),
        _ => Ok(Arc::new(stream)),
    }
}
