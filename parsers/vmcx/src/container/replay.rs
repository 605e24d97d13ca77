//! The replay log: what was about to be written when the file was saved.

use blockio::Fault;
use zerocopy::FromBytes;

use super::checksum::checksum;
use super::format::{LOG_SIGNATURE, LogEntry, LogHeader};
use super::header::ActiveHeader;
use super::image::{Image, MOST_GAP, Patch};
use super::notes::Notes;
use crate::codes;

/// Bytes of the log's header and descriptors that are read at most; real ones have 4 KiB.
const MOST_DESCRIPTORS: usize = 0x1_0000;
/// Bytes of an entry's data that are looked at in one go.
const STEP: u64 = 0x1_0000;

/// The entries of the log that are to be applied, in their order.
///
/// The first damaged one ends the list: what follows was written on top of it.
pub(crate) fn patches(image: &Image<'_>, header: &ActiveHeader, notes: &mut Notes) -> Vec<Patch> {
    if header.log_size == 0 {
        return Vec::new();
    }
    let mut patches = Vec::new();
    if let Err(fault) = collect(image, header, notes, &mut patches) {
        notes.add(fault);
    }
    patches
}

fn collect(
    image: &Image<'_>,
    header: &ActiveHeader,
    notes: &mut Notes,
    patches: &mut Vec<Patch>,
) -> Result<(), Fault> {
    let (log, bytes) = read_header(image, header, notes)?;
    let descriptors = bytes.get(size_of::<LogHeader>()..).unwrap_or_default();
    let mut descriptors = descriptors.chunks_exact(size_of::<LogEntry>());
    let count = usize::try_from(log.count.get()).unwrap_or(usize::MAX);
    let fits = count.min(descriptors.len());
    for (number, descriptor) in descriptors.by_ref().take(fits).enumerate() {
        patches.push(patch(image, header, descriptor, number, notes)?);
    }
    if fits < count {
        return Err(Fault::damaged(&codes::LOG, "replay log")
            .at(header.log_offset)
            .expected(format!("at most {fits} entries"))
            .found(count.to_string()));
    }
    Ok(())
}

/// The log's header, and the bytes of it and of the descriptors behind it.
fn read_header(
    image: &Image<'_>,
    header: &ActiveHeader,
    notes: &mut Notes,
) -> Result<(LogHeader, Vec<u8>), Fault> {
    let what = "header of the replay log";
    let at = header.log_offset;
    let stored = image.size().saturating_sub(at).min(header.log_size);
    let len = usize::try_from(header.log_header_size.max(34)).unwrap_or(usize::MAX);
    let len = len.min(usize::try_from(stored).unwrap_or(usize::MAX));
    let len = len.clamp(size_of::<LogHeader>(), MOST_DESCRIPTORS);
    let bytes = image.read(at, len, &codes::LOG, what)?;
    let damaged = || Fault::damaged(&codes::LOG, what).at(at);
    let (log, _) = LogHeader::read_from_prefix(&bytes)
        .map_err(|_| damaged().found("a header that is cut off"))?;
    let covered = bytes.get(..size_of::<LogHeader>()).unwrap_or_default();
    let sum = checksum(covered, 4);
    let is_right = log.signature.get() == LOG_SIGNATURE && sum == log.checksum.get();
    if !notes.counts.log.count(is_right) {
        return Err(damaged()
            .expected(format!(
                "signature {LOG_SIGNATURE:#010x} and CRC {sum:#010x}"
            ))
            .found(format!(
                "{:#010x} and {:#010x}",
                log.signature.get(),
                log.checksum.get()
            )));
    }
    Ok((log, bytes))
}

fn patch(
    image: &Image<'_>,
    header: &ActiveHeader,
    descriptor: &[u8],
    number: usize,
    notes: &mut Notes,
) -> Result<Patch, Fault> {
    let damaged = |found: &'static str| {
        Fault::damaged(&codes::LOG, format!("entry {number} of the replay log"))
            .at(header.log_offset)
            .found(found)
    };
    let entry = LogEntry::read_from_bytes(descriptor).map_err(|_| damaged("cut off"))?;
    let is_right = checksum(descriptor, 20) == entry.checksum.get();
    if !notes.counts.log.count(is_right) {
        return Err(damaged("a descriptor with a wrong CRC"));
    }
    let len = u64::from(entry.size.get());
    let start = entry.data_offset.get();
    let end = start.checked_add(len).filter(|end| *end <= header.log_size);
    let from = end.and(header.log_offset.checked_add(start));
    let from = from.filter(|from| from.saturating_add(len) <= image.size());
    let from = from.ok_or_else(|| damaged("data beyond the end of the log or of the file"))?;
    let to = entry.destination.get();
    let most = image.size().saturating_add(MOST_GAP);
    if to.checked_add(len).is_none_or(|end| end > most) {
        return Err(damaged("a destination far behind the end of the file"));
    }
    let is_right = data_checksum(image, from, len)? == entry.data_checksum.get();
    if !notes.counts.log.count(is_right) {
        return Err(damaged("data with a wrong CRC"));
    }
    Ok(Patch { from, to, len })
}

/// CRC-32 of what may be large, a part at a time.
fn data_checksum(image: &Image<'_>, from: u64, len: u64) -> Result<u32, Fault> {
    let mut crc = crc32fast::Hasher::new();
    let mut done = 0;
    while done < len {
        let step = len.saturating_sub(done).min(STEP);
        let part = usize::try_from(step).unwrap_or(usize::MAX);
        let at = from.saturating_add(done);
        crc.update(&image.read(at, part, &codes::LOG, "data of the replay log")?);
        done = done.saturating_add(step);
    }
    Ok(crc.finalize())
}
