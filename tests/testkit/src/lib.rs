//! What the tests of all crates share: images written by the specifications, and the contracts
//! that every implementation of a trait must keep.

pub mod checksums;
pub mod exercise;
pub mod mutate;
