//! LZNT1, the compression of NTFS. MS-XCA 2.5.
//!
//! A compression unit is a row of chunks, each 4,096 bytes when decompressed and complete in itself.
//! A chunk is stored raw or as groups of a flag byte and eight tokens: a literal byte, or 16 bits that
//! name an earlier range of the same chunk. How the 16 bits divide into distance and length depends
//! on how far the chunk has got.

/// Bytes of a chunk when it is decompressed.
const CHUNK: usize = 4096;
/// Bit of a chunk header that says that the chunk is compressed.
const COMPRESSED: u16 = 0x8000;
/// Bits of a chunk header that hold the number of its bytes, less one.
const SIZE_MASK: u16 = 0x0FFF;
/// Bits 12 to 14 of every chunk header hold 3.
const SIGNATURE_MASK: u16 = 0x7000;
const SIGNATURE: u16 = 0x3000;
/// Bytes that are copied at once; what a copy writes too much is overwritten by what follows it.
const WORD: usize = 8;
/// Matches longer than this are copied by `memmove`, shorter ones word by word.
const LONG_MATCH: usize = 64;

/// Why a unit is no LZNT1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bad {
    /// Byte in the compressed unit where the chunk begins that is wrong.
    pub at: usize,
    /// Bytes of the output, from its start, that the chunks before it gave.
    pub good: usize,
    /// What is wrong with it.
    pub why: &'static str,
}

/// Decompresses `unit` into `out`; how many bytes that gave. The rest of `out` is zero-filled.
///
/// A chunk that gives less than 4,096 bytes with others after it is filled up with zeros, as NTFS
/// does.
///
/// # Errors
/// [`Bad`] where `unit` is no LZNT1 or gives more than `out` holds; `out` then holds `good` bytes of
/// data, and nothing of meaning after them.
pub fn decompress(unit: &[u8], out: &mut [u8]) -> Result<usize, Bad> {
    let mut produced = 0;
    let mut ended = 0;
    let mut chunks = out.chunks_mut(CHUNK);
    let mut at = 0;
    while let Some((header, body)) = chunk_at(unit, at).map_err(|why| bad(at, produced, why))? {
        let Some(chunk) = chunks.next() else {
            return Err(bad(at, produced, "more chunks than the unit has room for"));
        };
        let len = decompress_chunk(header, body, chunk).map_err(|why| bad(at, produced, why))?;
        chunk.get_mut(len..).unwrap_or_default().fill(0);
        ended = produced.saturating_add(len);
        produced = produced.saturating_add(chunk.len());
        at = at.saturating_add(body.len()).saturating_add(2);
    }
    chunks.for_each(|chunk| chunk.fill(0));
    Ok(ended)
}

fn bad(at: usize, good: usize, why: &'static str) -> Bad {
    Bad { at, good, why }
}

/// Header and body of the chunk at byte `at` of `unit`; `None` where the unit ends.
fn chunk_at(unit: &[u8], at: usize) -> Result<Option<(u16, &[u8])>, &'static str> {
    let rest = unit.get(at..).unwrap_or_default();
    let Some((header, body)) = rest.split_first_chunk() else {
        return Ok(None);
    };
    let header = u16::from_le_bytes(*header);
    if header == 0 {
        return Ok(None);
    }
    if header & SIGNATURE_MASK != SIGNATURE {
        return Err("a chunk header without the signature 3");
    }
    let size = usize::from(header & SIZE_MASK).saturating_add(1);
    match body.get(..size) {
        Some(body) => Ok(Some((header, body))),
        None => Err("a chunk that runs past the end of the unit"),
    }
}

/// Decompresses one chunk into the start of `out`; how many bytes that gave.
fn decompress_chunk(header: u16, body: &[u8], out: &mut [u8]) -> Result<usize, &'static str> {
    if header & COMPRESSED != 0 {
        return Chunk {
            body,
            out,
            from: 0,
            to: 0,
        }
        .decompress();
    }
    let to = out
        .get_mut(..body.len())
        .ok_or("a raw chunk longer than its room")?;
    to.copy_from_slice(body);
    Ok(body.len())
}

/// One compressed chunk on its way.
///
/// `from` never leaves `body` and `to` never leaves `out`, both at most 4,098 bytes long, so sums of
/// them with a distance or a length cannot wrap.
struct Chunk<'a> {
    body: &'a [u8],
    out: &'a mut [u8],
    /// Next byte of `body`.
    from: usize,
    /// Next byte of `out`.
    to: usize,
}

impl Chunk<'_> {
    fn decompress(mut self) -> Result<usize, &'static str> {
        while let Some(&flags) = self.body.get(self.from) {
            self.from = self.from.wrapping_add(1);
            self.group(flags)?;
        }
        Ok(self.to)
    }

    /// The eight tokens of one flag byte, lowest bit first; fewer where the chunk ends.
    #[inline]
    fn group(&mut self, flags: u8) -> Result<(), &'static str> {
        // A bit above the eight ends the last run of literals.
        let mut flags = u32::from(flags) | 0x100;
        loop {
            let literals = flags.trailing_zeros();
            self.literals(usize::try_from(literals).unwrap_or_default())?;
            flags = flags.wrapping_shr(literals);
            if flags == 1 || self.from >= self.body.len() {
                return Ok(());
            }
            self.token()?;
            flags = flags.wrapping_shr(1);
        }
    }

    /// Copies `len` literal bytes, at most eight; fewer where the chunk ends.
    #[inline]
    fn literals(&mut self, len: usize) -> Result<(), &'static str> {
        let body = self.body.get(self.from..).unwrap_or_default();
        let out = self.out.get_mut(self.to..).unwrap_or_default();
        let copied = match (body.first_chunk::<WORD>(), out.first_chunk_mut()) {
            (Some(word), Some(to)) => {
                *to = *word;
                len
            }
            _ => copy_some(body, out, len)?,
        };
        self.from = self.from.wrapping_add(copied);
        self.to = self.to.wrapping_add(copied);
        Ok(())
    }

    /// Copies what the next token names.
    #[inline]
    fn token(&mut self) -> Result<(), &'static str> {
        let body = self.body.get(self.from..).unwrap_or_default();
        let token = u16::from_le_bytes(*body.first_chunk().ok_or("half a token at its end")?);
        self.from = self.from.wrapping_add(2);
        let length_bits = length_bits(self.to);
        let distance = usize::from(token.wrapping_shr(length_bits)).wrapping_add(1);
        let mask = 0xFFFF_u16.wrapping_shr(16_u32.wrapping_sub(length_bits));
        let len = usize::from(token & mask).wrapping_add(3);
        if distance > self.to {
            return Err("a match from before the start of its chunk");
        }
        self.copy_match(distance, len)
    }

    /// Copies `len` bytes from `distance` bytes back, `0 < distance <= to`; the ranges may overlap.
    #[inline]
    fn copy_match(&mut self, distance: usize, len: usize) -> Result<(), &'static str> {
        let from = self.to.wrapping_sub(distance);
        let end = self.to.wrapping_add(len);
        if len > LONG_MATCH || end.wrapping_add(2 * WORD) > self.out.len() {
            return self.copy_exactly(from, end);
        }
        let (mut to, mut period) = (self.to, distance);
        // A short pattern doubles until a word of it can be copied at once.
        while period < WORD {
            copy_word(self.out, from, to);
            to = to.wrapping_add(period);
            period = period.wrapping_mul(2);
        }
        while to < end {
            copy_word(self.out, to.wrapping_sub(period), to);
            to = to.wrapping_add(WORD);
        }
        self.to = end;
        Ok(())
    }

    /// Repeats what lies between `from` and `to` until `end`, and writes nothing beyond it.
    fn copy_exactly(&mut self, from: usize, end: usize) -> Result<(), &'static str> {
        if end > self.out.len() {
            return Err("more bytes than a chunk has room for");
        }
        while self.to < end {
            let ahead = self.to.wrapping_sub(from);
            let len = ahead.min(end.wrapping_sub(self.to));
            self.out.copy_within(from..from.wrapping_add(len), self.to);
            self.to = self.to.wrapping_add(len);
        }
        Ok(())
    }
}

/// How many bits of a token are its length where `to` bytes of the chunk are there: 12 at first, and
/// one less each time that a distance needs a bit more.
#[inline]
fn length_bits(to: usize) -> u32 {
    let farthest = u32::try_from(to.saturating_sub(1)).unwrap_or(u32::MAX);
    let distance_bits = 32_u32.wrapping_sub((farthest | 0xF).leading_zeros());
    16_u32.saturating_sub(distance_bits)
}

/// Copies a word within `out`, where both ends lie within it.
#[inline]
fn copy_word(out: &mut [u8], from: usize, to: usize) {
    let word = out
        .get(from..)
        .and_then(<[u8]>::first_chunk::<WORD>)
        .copied();
    let place = out.get_mut(to..).and_then(<[u8]>::first_chunk_mut);
    if let (Some(word), Some(place)) = (word, place) {
        *place = word;
    }
}

/// Copies `len` bytes, or as many as `body` has; how many that were.
#[cold]
fn copy_some(body: &[u8], out: &mut [u8], len: usize) -> Result<usize, &'static str> {
    let body = body.get(..len).unwrap_or(body);
    let to = out
        .get_mut(..body.len())
        .ok_or("more bytes than a chunk has room for")?;
    to.copy_from_slice(body);
    Ok(body.len())
}

#[cfg(test)]
#[path = "lznt1_tests.rs"]
mod tests;
