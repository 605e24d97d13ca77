//! What only a pass over every block shows.

use std::io;

use blockio::{Fault, Layer};

use crate::codes::{BLOCK_CUT, BLOCKS_OVERLAP, FOOTERS_DIFFER, HIDDEN_DATA};
use crate::format::{FOOTER_LEN, SECTOR_BYTES};
use crate::sparse::{Block, Sparse};
use crate::{File, Kind, footer};

/// Bytes that are compared with zeros at a time.
const PIECE: usize = 64 << 10;

pub(crate) fn verify(file: &File, report: &mut dyn FnMut(Fault)) -> io::Result<()> {
    let Some(sparse) = &file.sparse else {
        cut_fixed(file).into_iter().for_each(report);
        return Ok(());
    };
    if let Some(fault) = footers_differ(file) {
        report(fault);
    }
    let mut blocks = Vec::new();
    sparse.for_each_block(&mut |block| {
        match sparse.check_place(block) {
            Err(fault) => report(fault),
            Ok(()) => {
                cut(sparse, file, block).into_iter().for_each(&mut *report);
                if file.kind() == Kind::Dynamic {
                    hidden_data(file, sparse, block)?
                        .into_iter()
                        .for_each(&mut *report);
                }
                blocks.push(block);
            }
        }
        Ok(())
    })?;
    overlaps(sparse, blocks, report);
    Ok(())
}

/// A fixed disk that its footer says is longer than what lies before it.
fn cut_fixed(file: &File) -> Option<Fault> {
    let end = file.footer.data_end;
    (end < file.disk_size()).then(|| {
        Fault::damaged(&BLOCK_CUT, "data of the fixed disk")
            .at(end)
            .expected(format!("{:#x} bytes", file.disk_size()))
            .found(format!("{end:#x}"))
    })
}

/// The copy at the start against the footer at the end.
fn footers_differ(file: &File) -> Option<Fault> {
    let fault = Fault::damaged(&FOOTERS_DIFFER, "footer copy").at(0);
    if let Err(inner) = footer::read_at(file.file(), &(0..SECTOR_BYTES)) {
        return Some(fault.found(inner.to_string()));
    }
    match same_footers(file) {
        Ok(true) => None,
        Ok(false) => Some(fault.expected("the bytes at the end").found("others")),
        Err(error) => Some(fault.found(error.to_string())),
    }
}

fn same_footers(file: &File) -> io::Result<bool> {
    let end = file.footer.data_end;
    // A file of which only the copy is left has none at its end, a footer of old is a byte shorter.
    let len = usize::try_from(file.file().size().saturating_sub(end)).unwrap_or(FOOTER_LEN);
    let [mut copy, mut last] = [[0; FOOTER_LEN]; 2];
    let len = len.min(FOOTER_LEN);
    let copy = copy.get_mut(..len).unwrap_or_default();
    let last = last.get_mut(..len).unwrap_or_default();
    file.file().read_exact_at(copy, 0)?;
    file.file().read_exact_at(last, end)?;
    Ok(copy == last)
}

/// A block whose last bytes the file does not have.
fn cut(sparse: &Sparse, file: &File, block: Block) -> Option<Fault> {
    let end = block.start.saturating_add(sparse.len_in_file(block));
    let have = file.footer.data_end;
    (end > have).then(|| {
        sparse
            .fault(&BLOCK_CUT, block)
            .expected(format!("data up to {end:#x}"))
            .found(format!("the file's data end at {have:#x}"))
    })
}

/// Sectors of a dynamic disk's block that are marked as never written and hold something.
fn hidden_data(file: &File, sparse: &Sparse, block: Block) -> io::Result<Option<Fault>> {
    let disk_offset = sparse.disk_offset(block);
    let len = sparse.len_on_disk(block);
    let data = block.start.saturating_add(sparse.bitmap_len);
    let mut within = 0;
    while within < len {
        let at = disk_offset.saturating_add(within);
        let extent = file.extent_at(at, len.saturating_sub(within))?;
        let place = data.saturating_add(within);
        if matches!(extent.state, blockio::State::Zero) && holds_data(file, place, extent.len)? {
            let found = format!("data in a sector from {at:#x} of the disk on");
            return Ok(Some(
                sparse
                    .fault(&HIDDEN_DATA, block)
                    .expected("zeros where the bitmap says never written")
                    .found(found),
            ));
        }
        within = within.saturating_add(extent.len.max(1));
    }
    Ok(None)
}

/// Whether any of the `len` bytes at `place`, as far as the file has them, is not zero.
fn holds_data(file: &File, place: u64, len: u64) -> io::Result<bool> {
    let mut buf = [0; PIECE];
    let end = place.saturating_add(len).min(file.footer.data_end);
    let mut at = place;
    while at < end {
        let want = usize::try_from(end.saturating_sub(at)).unwrap_or(PIECE);
        let piece = buf.get_mut(..want.min(PIECE)).unwrap_or_default();
        file.file().read_exact_at(piece, at)?;
        if piece.iter().any(|byte| *byte != 0) {
            return Ok(true);
        }
        at = at.saturating_add(blockio::clamp(piece.len()).max(1));
    }
    Ok(false)
}

/// Blocks that begin before one that begins no later has ended.
fn overlaps(sparse: &Sparse, mut blocks: Vec<Block>, report: &mut dyn FnMut(Fault)) {
    blocks.sort_unstable_by_key(|block| (block.start, block.number));
    let mut furthest = (0, 0);
    for block in blocks {
        let (end, number) = furthest;
        if block.start < end {
            let fault = sparse.fault(&BLOCKS_OVERLAP, block);
            report(fault.expected(format!("at {end:#x} or later, after block {number}")));
        }
        let own_end = block.start.saturating_add(sparse.len_in_file(block));
        furthest = furthest.max((own_end, block.number));
    }
}
