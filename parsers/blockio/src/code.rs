//! Stable codes of faults and messages.

/// A stable code: what an operator can look up, search for and script against.
///
/// Every crate lists its own in a module `codes`; the product joins the lists to one table.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// `HV-` + `W` (warning), `E` (error) or `D` (damage) + three digits.
    pub id: &'static str,
    /// What has happened, in one clause.
    pub meaning: &'static str,
    /// What the operator does next.
    pub remedy: &'static str,
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id)
    }
}

/// Declares a crate's codes: one public static per code, and `ALL`, which lists them.
///
/// ```
/// hvrestore_blockio::codes! {
///     /// A header is bad.
///     HEADER = "HV-D199": "a header is damaged" => "try another copy of the file";
/// }
/// assert_eq!(ALL, [&HEADER]);
/// ```
#[macro_export]
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $id:literal: $meaning:literal => $remedy:literal;)*) => {
        $($(#[$doc])* pub static $name: $crate::Code =
            $crate::Code { id: $id, meaning: $meaning, remedy: $remedy };)*
        /// Every code of this crate.
        pub static ALL: &[&$crate::Code] = &[$(&$name),*];
    };
}
