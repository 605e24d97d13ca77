//! Checksums, and the lines that `sha256sum` and `b3sum` write and check.

use std::io;

use blockio::ReadAt;
use sha2::Digest;

/// Bytes read at a time.
const CHUNK: usize = 1 << 20;

/// Hash algorithms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Algorithm {
    /// SHA-256.
    #[default]
    Sha256,
    /// BLAKE3.
    Blake3,
}

impl Algorithm {
    /// Its name, as in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Blake3 => "blake3",
        }
    }
}

/// A checksum in the making.
pub struct Hasher(State);

enum State {
    Sha256(Box<sha2::Sha256>),
    Blake3(Box<blake3::Hasher>),
}

impl Hasher {
    /// Of no bytes yet.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        Self(match algorithm {
            Algorithm::Sha256 => State::Sha256(Box::default()),
            Algorithm::Blake3 => State::Blake3(Box::default()),
        })
    }

    /// After these bytes, too.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Sha256(hash) => hash.update(bytes),
            State::Blake3(hash) => {
                hash.update(bytes);
            }
        }
    }

    /// After all bytes of `data` from `from` on, read through `buffer`.
    ///
    /// # Errors
    /// Where they cannot be read.
    pub fn read(&mut self, data: &dyn ReadAt, from: u64, buffer: &mut [u8]) -> io::Result<()> {
        let mut at = from;
        while at < data.size() {
            let left = usize::try_from(data.size() - at).unwrap_or(CHUNK);
            let part = &mut buffer[..left.min(CHUNK)];
            data.read_exact_at(part, at)?;
            self.update(part);
            at += part.len() as u64;
        }
        Ok(())
    }

    /// Room to [`read`](Self::read) through.
    #[must_use]
    pub fn buffer() -> Vec<u8> {
        vec![0; CHUNK]
    }

    /// In hex.
    #[must_use]
    pub fn finish(self) -> String {
        match self.0 {
            State::Sha256(hash) => hash.finalize().iter().map(hex).collect(),
            State::Blake3(hash) => hash.finalize().to_hex().to_string(),
        }
    }
}

fn hex(byte: &u8) -> String {
    format!("{byte:02x}")
}

/// A line as `sha256sum` writes and reads it, without its end: a name with a backslash or the end of a
/// line in it is spelled with backslashes, and so says the first character.
#[must_use]
pub fn sum_line(sum: &str, name: &str) -> String {
    if !name.contains(['\\', '\n', '\r']) {
        return format!("{sum}  {name}");
    }
    let name = name
        .replace('\\', "\\\\")
        .replace('\n', "\\n")
        .replace('\r', "\\r");
    format!("\\{sum}  {name}")
}

#[cfg(test)]
mod tests {
    use blockio::Memory;

    use super::*;

    #[test]
    fn bytes_are_counted_once_whether_read_or_given() {
        for (algorithm, sum) in [
            (
                Algorithm::Sha256,
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                Algorithm::Blake3,
                "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85",
            ),
        ] {
            let mut hasher = Hasher::new(algorithm);
            hasher.update(b"a");
            let data = Memory::from(b"xbc".to_vec());
            let read = hasher.read(&data, 1, &mut Hasher::buffer());
            read.expect("in memory");
            assert_eq!(hasher.finish(), sum, "{}", algorithm.word());
        }
    }

    #[test]
    fn names_that_would_break_a_line_are_spelled_out() {
        assert_eq!(sum_line("00", "a b"), "00  a b");
        assert_eq!(sum_line("00", "a\\b\nc"), "\\00  a\\\\b\\nc");
    }
}
