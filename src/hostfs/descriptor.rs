//! Whether a security descriptor is one: a system reads as far as the descriptor itself says.

/// Whether all parts of a self-relative descriptor lie within its bytes. MS-DTYP 2.4.6.
#[must_use]
pub fn is_whole(descriptor: &[u8]) -> bool {
    let Some((header, _)) = descriptor.split_first_chunk::<20>() else {
        return false;
    };
    /// SE_SELF_RELATIVE in the control bits.
    const SELF_RELATIVE: u8 = 0x80;
    let [owner, group, sacl, dacl] = [4, 8, 12, 16].map(|at| {
        let offset = [0, 1, 2, 3].map(|byte| header[at + byte]);
        u32::from_le_bytes(offset) as usize
    });
    let part = |offset: usize| descriptor.get(offset..).filter(|_| offset >= header.len());
    let sid = |offset| offset == 0 || part(offset).is_some_and(is_sid);
    let acl = |offset| offset == 0 || part(offset).is_some_and(is_acl);
    header[0] == 1
        && header[3] & SELF_RELATIVE != 0
        && sid(owner)
        && sid(group)
        && acl(sacl)
        && acl(dacl)
}

/// Whether a SID begins here. MS-DTYP 2.4.2.
fn is_sid(bytes: &[u8]) -> bool {
    /// Most sub-authorities.
    const MOST: u8 = 15;
    match bytes {
        [1, count @ ..=MOST, ..] => bytes.len() >= 8 + 4 * usize::from(*count),
        _ => false,
    }
}

/// Whether an ACL begins here, with all the entries that it counts. MS-DTYP 2.4.5.
fn is_acl(bytes: &[u8]) -> bool {
    let &[_, _, low, high, few, many, ..] = bytes else {
        return false;
    };
    let size = usize::from(u16::from_le_bytes([low, high]));
    let Some(mut rest) = bytes.get(8..size) else {
        return false;
    };
    for _ in 0..u16::from_le_bytes([few, many]) {
        let &[_, _, low, high, ..] = rest else {
            return false;
        };
        let len = usize::from(u16::from_le_bytes([low, high]));
        match rest.get(len..) {
            Some(next) if len >= 8 => rest = next,
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SYSTEM as owner, and one entry for it.
    fn descriptor() -> Vec<u8> {
        let mut bytes = vec![
            1, 0, 4, 0x80, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0,
        ];
        let sid = [1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0];
        bytes.extend(sid);
        bytes.extend([2, 0, 28, 0, 1, 0, 0, 0]);
        bytes.extend([0, 0, 20, 0, 0xFF, 1, 0x1F, 0]);
        bytes.extend(sid);
        bytes
    }

    #[test]
    fn a_whole_descriptor_is_one_and_no_beginning_of_it() {
        let whole = descriptor();
        assert!(is_whole(&whole));
        for len in 0..whole.len() {
            assert!(!is_whole(&whole[..len]), "{len} bytes");
        }
    }

    #[test]
    fn parts_that_lie_outside_are_refused() {
        for (at, value) in [
            (0, 2),
            (3, 0),
            (4, 0xF0),
            (4, 4),
            (21, 16),
            (34, 60),
            (36, 2),
            (42, 7),
        ] {
            let mut bytes = descriptor();
            bytes[at] = value;
            assert!(!is_whole(&bytes), "{value} at {at}");
        }
    }
}
