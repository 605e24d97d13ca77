//! The codes of security descriptors (HV-x24x, from 244 on).

blockio::codes! {
    /// A security descriptor cannot be understood.
    DESCRIPTOR = "HV-D244": "a security descriptor lies about what is in it"
        => "take the owner and permissions of this file from another checkpoint, or let it inherit those of its folder";
    /// SDDL text cannot be understood.
    SDDL = "HV-E245": "a security descriptor in text form (SDDL) cannot be understood"
        => "write it as stat --sddl does; names that mean another account on every machine (such as DA or LA) are to be given by their numbers, S-1-5-21-1-2-3-512 and the like";
    /// A security descriptor is too large to be written.
    TOO_LARGE = "HV-E246": "an access control list has more entries than its form can hold"
        => "shorten the list: one holds 64 KiB";
}
