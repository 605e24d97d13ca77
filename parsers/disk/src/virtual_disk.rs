//! A chain read as the disk that the guest saw.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use blockio::{Layer, ReadAt, Run};

use crate::{Chain, Error, LayerEntry, Stack};

/// A chain read as the disk that the guest saw as of its leaf.
pub struct VirtualDisk {
    stack: Stack,
    chain: Chain,
}

impl VirtualDisk {
    /// The disk of a chain all of whose links hold.
    ///
    /// # Errors
    /// [`Error::Broken`] where one does not.
    pub fn open(mut chain: Chain) -> Result<Self, Error> {
        match chain.broken.take() {
            Some(link) => Err(Error::Broken(Box::new(link))),
            None => Ok(Self {
                stack: Stack::new(layers(&chain)),
                chain,
            }),
        }
    }

    /// The disk of a chain that may be broken: what the layers at hand hold is served, every other
    /// byte is [lost](blockio::Place::Lost).
    #[must_use]
    pub fn salvage(chain: Chain) -> Self {
        let stack = match &chain.broken {
            Some(link) => Stack::without_base(layers(&chain), Arc::clone(&link.fault)),
            None => Stack::new(layers(&chain)),
        };
        Self { stack, chain }
    }

    /// The chain that is read.
    #[must_use]
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Its layers, leaf first.
    #[must_use]
    pub fn layers(&self) -> &[LayerEntry] {
        &self.chain.layers
    }

    /// Bytes of a logical sector, as the leaf says.
    #[must_use]
    pub fn logical_sector_size(&self) -> u32 {
        self.chain.leaf().image.logical_sector_size()
    }
}

fn layers(chain: &Chain) -> Vec<Arc<dyn Layer>> {
    let layer = |entry: &LayerEntry| -> Arc<dyn Layer> { entry.image.clone() };
    chain.layers.iter().map(layer).collect()
}

impl ReadAt for VirtualDisk {
    fn size(&self) -> u64 {
        self.stack.size()
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        self.stack.read_exact_at(buf, offset)
    }

    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        self.stack.run_at(offset, max)
    }

    fn prefetch(&self, ranges: &[Range<u64>]) {
        self.stack.prefetch(ranges);
    }
}
