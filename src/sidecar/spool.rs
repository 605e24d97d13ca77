//! A sidecar held in memory until it can be written, deflated block by block.

use std::io::{self, Read, Write};

use blockio::{Place, ReadAt, Run, check_range};
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

/// Bytes that are added in blocks and read like a file. Lines of a sidecar take about a tenth of their
/// length.
#[derive(Default)]
pub struct Spool {
    blocks: Vec<Block>,
    size: u64,
}

struct Block {
    /// Where its first byte belongs.
    start: u64,
    deflated: Vec<u8>,
}

impl Spool {
    /// Adds `bytes`, as one block.
    pub(super) fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes)?;
        let mut deflated = encoder.finish()?;
        deflated.shrink_to_fit();
        self.blocks.push(Block {
            start: self.size,
            deflated,
        });
        self.size += bytes.len() as u64;
        Ok(())
    }

    /// The bytes of a block.
    fn inflated(&self, number: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        DeflateDecoder::new(&self.blocks[number].deflated[..]).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl ReadAt for Spool {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        check_range(self.size, offset, buf.len())?;
        let after = self.blocks.partition_point(|block| block.start <= offset);
        let (mut number, mut filled) = (after.saturating_sub(1), 0);
        while filled < buf.len() {
            let bytes = self.inflated(number)?;
            let from = offset + filled as u64 - self.blocks[number].start;
            let rest = &bytes[from as usize..];
            let len = rest.len().min(buf.len() - filled);
            buf[filled..filled + len].copy_from_slice(&rest[..len]);
            filled += len;
            number += 1;
        }
        Ok(())
    }

    fn run_at(&self, offset: u64, max: u64) -> io::Result<Run<'_>> {
        let len = max.min(self.size.saturating_sub(offset));
        let place = Place::Computed { by: self, offset };
        Ok(Run { len, place })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_across_its_blocks() {
        let (mut spool, mut all) = (Spool::default(), Vec::new());
        for number in 0..20_u8 {
            let bytes = vec![number; 100 + usize::from(number)];
            spool.add(&bytes).expect("added");
            all.extend_from_slice(&bytes);
        }
        assert_eq!(spool.size(), all.len() as u64);
        for (from, to) in [(0, all.len()), (99, 101), (100, 100), (777, 1500)] {
            let mut found = vec![0xFF; to - from];
            spool.read_exact_at(&mut found, from as u64).expect("read");
            assert!(found == all[from..to], "{from}..{to}");
        }
        let mut one = [0];
        assert!(spool.read_exact_at(&mut one, all.len() as u64).is_err());
    }
}
