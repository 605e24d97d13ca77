//! The header of a member: one block of 512 bytes. POSIX pax, "ustar Interchange Format".

use std::io;

use super::super::archive::format::Member;
use super::super::archive::out::Out;
use super::pax::Records;

/// Everything in a tar is a multiple of this, in bytes.
pub(super) const BLOCK: u64 = 512;
/// The largest number that 11 octal digits hold.
const LARGEST: u64 = (1 << 33) - 1;
/// FILE_ATTRIBUTE_READONLY.
const READONLY: u32 = 0x1;

/// What a member is.
#[derive(Clone, Copy)]
pub(super) enum Kind<'a> {
    File,
    Directory,
    Symlink(&'a str),
    HardLink(&'a str),
}

/// Writes the header of `member` under `name`, with `records` before it if there are any. `size`
/// bytes of content follow.
pub(super) fn write(
    out: &mut Out<'_>,
    member: &Member<'_>,
    name: &str,
    kind: Kind<'_>,
    size: u64,
    mut records: Records,
) -> io::Result<()> {
    let (flag, target) = kind.flag();
    let mut header = Header::new(flag, mode(member, kind));
    if !header.set_name(name) {
        records.add("path", name.as_bytes());
    }
    if !header.set_target(target) {
        records.add("linkpath", target.as_bytes());
    }
    if size > LARGEST {
        records.add("size", size.to_string().as_bytes());
    }
    header.number(124..136, size.min(LARGEST));
    let seconds = member.metadata.modified.unix().0;
    let seconds = u64::try_from(seconds).unwrap_or_default();
    header.number(136..148, seconds.min(LARGEST));
    write_records(out, name, &records)?;
    out.write(&header.finish())
}

/// A header with the records that the next one has no room for.
fn write_records(out: &mut Out<'_>, name: &str, records: &Records) -> io::Result<()> {
    let bytes = records.as_bytes();
    if bytes.is_empty() {
        return Ok(());
    }
    let last = name.trim_end_matches('/').rsplit('/').next();
    let mut header = Header::new(b'x', 0o644);
    header.text(0..100, &format!("PaxHeaders/{}", last.unwrap_or_default()));
    header.number(124..136, bytes.len() as u64);
    header.number(136..148, 0);
    out.write(&header.finish())?;
    out.write(bytes)?;
    let len = bytes.len() as u64;
    out.zeros(len.next_multiple_of(BLOCK) - len)
}

/// Who may do what, as far as an attribute of the guest says so. What a folder's read-only bit means
/// on Windows has nothing to do with writing.
fn mode(member: &Member<'_>, kind: Kind<'_>) -> u64 {
    match kind {
        Kind::Directory => 0o755,
        Kind::Symlink(_) => 0o777,
        Kind::File | Kind::HardLink(_) if member.metadata.attributes.contains(READONLY) => 0o444,
        Kind::File | Kind::HardLink(_) => 0o644,
    }
}

impl<'a> Kind<'a> {
    /// Its letter, and where a link leads.
    fn flag(self) -> (u8, &'a str) {
        match self {
            Self::File => (b'0', ""),
            Self::HardLink(first) => (b'1', first),
            Self::Symlink(text) => (b'2', text),
            Self::Directory => (b'5', ""),
        }
    }
}

/// A header being filled.
struct Header([u8; BLOCK as usize]);

impl Header {
    fn new(flag: u8, mode: u64) -> Self {
        let mut header = Self([0; BLOCK as usize]);
        header.number(100..108, mode);
        // The owner is said by the security descriptor, which knows nothing of these numbers.
        header.number(108..116, 0);
        header.number(116..124, 0);
        header.0[156] = flag;
        header.0[257..265].copy_from_slice(b"ustar\x0000");
        header
    }

    /// Sets the name; whether it fits and is ASCII, so that no record is needed.
    fn set_name(&mut self, name: &str) -> bool {
        let split = split_name(name);
        let (prefix, rest) = split.unwrap_or(("", name));
        self.text(0..100, rest);
        self.text(345..500, prefix);
        split.is_some() && name.is_ascii()
    }

    /// Sets where a link leads; whether no record is needed.
    fn set_target(&mut self, target: &str) -> bool {
        self.text(157..257, target);
        target.len() <= 100 && target.is_ascii()
    }

    /// As much of `text` as the field holds; `_` for what is not ASCII.
    fn text(&mut self, field: std::ops::Range<usize>, text: &str) {
        let ascii = text.chars().map(|char| match u8::try_from(char) {
            Ok(byte) if byte.is_ascii() => byte,
            _ => b'_',
        });
        for (place, byte) in self.0[field].iter_mut().zip(ascii) {
            *place = byte;
        }
    }

    /// A number in octal digits up to the last byte of the field, which is 0.
    fn number(&mut self, field: std::ops::Range<usize>, mut value: u64) {
        let (end, digits) = self.0[field].split_last_mut().expect("no field is empty");
        *end = 0;
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (value & 7) as u8;
            value >>= 3;
        }
    }

    /// The block with its checksum, which counts its own field as blanks.
    fn finish(mut self) -> [u8; BLOCK as usize] {
        self.0[148..156].fill(b' ');
        let sum = self.0.iter().map(|&byte| u64::from(byte)).sum();
        self.number(148..155, sum);
        self.0
    }
}

/// `name` cut at a `/` into a prefix of up to 155 bytes and a rest of up to 100, if it can be.
fn split_name(name: &str) -> Option<(&str, &str)> {
    if name.len() <= 100 {
        return Some(("", name));
    }
    let least = name.len().checked_sub(101)?;
    let mut cuts = name.match_indices('/').map(|(at, _)| at);
    let cut = cuts.rfind(|&at| at >= least && at <= 155 && at + 1 < name.len())?;
    Some((&name[..cut], &name[cut + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_at_a_slash() {
        let (folder, file) = ("d".repeat(60), "f".repeat(90));
        let name = format!("{folder}/{file}");
        assert_eq!(split_name(&name), Some((&*folder, &*file)));
        assert_eq!(split_name(&"x".repeat(100)), Some(("", &*"x".repeat(100))));
        for name in ["x".repeat(101), format!("{}/{file}", "d".repeat(156))] {
            assert_eq!(split_name(&name), None, "{name}");
        }
        let folder_alone = format!("{}/{}/", "d".repeat(90), "e".repeat(20));
        let (prefix, rest) = split_name(&folder_alone).expect("it has a cut");
        assert_eq!((prefix.len(), rest.len()), (90, 21));
    }

    #[test]
    fn numbers_are_octal_and_the_checksum_counts_blanks() {
        let mut header = Header::new(b'0', 0o644);
        header.number(124..136, LARGEST);
        assert_eq!(&header.0[124..136], b"77777777777\0");
        let block = header.finish();
        let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
        let own: u32 = block[148..156].iter().map(|&byte| u32::from(byte)).sum();
        let told = std::str::from_utf8(&block[148..154]).expect("digits");
        assert_eq!(u32::from_str_radix(told, 8), Ok(sum - own + 8 * 32));
        assert_eq!(&block[154..156], b"\0 ");
    }
}
