//! New identifiers.

use std::hash::{BuildHasher, RandomState};

use uuid::{Builder, Uuid};

/// A GUID that nobody has: random, version 4.
///
/// Of the random keys that the system gives the standard library's hashers; nothing secret depends
/// on it.
#[must_use]
pub fn new_guid() -> Uuid {
    let random = || RandomState::new().hash_one(()).to_le_bytes();
    let mut bytes = [0; 16];
    let (first, second) = bytes.split_at_mut(8);
    first.copy_from_slice(&random());
    second.copy_from_slice(&random());
    Builder::from_random_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::new_guid;

    #[test]
    fn are_random_ones_and_differ() {
        let guids: BTreeSet<_> = (0..10_000).map(|_| new_guid()).collect();
        assert_eq!(guids.len(), 10_000);
        assert!(guids.iter().all(|guid| guid.get_version_num() == 4));
        let halves: BTreeSet<_> = guids.iter().map(|guid| guid.as_u64_pair().1).collect();
        assert_eq!(halves.len(), 10_000, "either half is random");
    }
}
