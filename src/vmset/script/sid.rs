//! The account that a host runs a machine under.

use uuid::Uuid;

/// SID of `NT VIRTUAL MACHINE\<id>`, which must be let to a machine's disks: `S-1-5-83-1-` and the id's
/// four little-endian numbers, in the byte order that Windows stores the id in.
#[must_use]
pub fn sid(id: Uuid) -> String {
    let bytes = id.to_bytes_le();
    let number = |at: usize| {
        let mut four = [0; 4];
        four.copy_from_slice(&bytes[at..at + 4]);
        u32::from_le_bytes(four)
    };
    format!(
        "S-1-5-83-1-{}-{}-{}-{}",
        number(0),
        number(4),
        number(8),
        number(12)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pair is of an event that a worker process of Hyper-V wrote.
    #[test]
    fn r33_sid_is_the_one_that_a_host_gave_a_machine() {
        let id = Uuid::parse_str("D9E0EB0A-5B37-508E-9173-67E9ADE83ACF").unwrap();
        assert_eq!(
            sid(id),
            "S-1-5-83-1-3655396106-1351506743-3915871121-3476744365"
        );
    }

    #[test]
    fn r33_sid_of_an_id_counted_up_has_its_bytes_in_the_order_of_windows() {
        let id = Uuid::parse_str("03020100-0504-0706-0809-0A0B0C0D0E0F").unwrap();
        let number = |bytes: [u8; 4]| u32::from_le_bytes(bytes).to_string();
        let expected = [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11], [12, 13, 14, 15]]
            .map(number)
            .join("-");
        assert_eq!(sid(id), format!("S-1-5-83-1-{expected}"));
    }
}
