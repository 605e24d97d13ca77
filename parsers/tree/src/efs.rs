//! Encrypted files (EFS): who could decrypt them.

use std::fmt;
use std::sync::Arc;

/// What an encrypted file carries for those who can decrypt it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Efs {
    /// All of it as it is stored: the value of the `$EFS` attribute.
    pub raw: Arc<[u8]>,
    /// Version of its format; up to 3 the lists below can be understood.
    pub version: u32,
    /// Whose keys open the file.
    pub users: Vec<KeyHolder>,
    /// Whose keys open it for recovery, as the domain's policy said when it was written.
    pub recovery: Vec<KeyHolder>,
    /// Whether both lists were understood to their ends.
    pub is_understood: bool,
}

/// Somebody whose key opens an encrypted file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyHolder {
    /// The name in the certificate, for people: `ana(ana@corp.example)`.
    pub name: Option<String>,
    /// The account: `S-1-5-21-...`.
    pub sid: Option<String>,
    /// SHA-1 of the certificate, in hex: by this the key is found in a certificate store or a .pfx.
    pub thumbprint: Option<String>,
    /// The key's container in the profile of its owner.
    pub container: Option<String>,
    /// The provider that keeps the container.
    pub provider: Option<String>,
}

impl fmt::Display for KeyHolder {
    /// `ana(ana@corp.example), S-1-5-21-1, certificate 1F2E3D`: raw, for whoever escapes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let thumbprint = self.thumbprint.as_ref();
        let certificate = thumbprint.map(|thumbprint| format!("certificate {thumbprint}"));
        let known = [&self.name, &self.sid, &certificate].into_iter().flatten();
        let known: Vec<_> = known.map(String::as_str).collect();
        match known.is_empty() {
            true => f.write_str("an unnamed key"),
            false => f.write_str(&known.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::KeyHolder;

    #[test]
    fn a_holder_is_told_by_what_is_known() {
        let mut holder = KeyHolder::default();
        assert_eq!(holder.to_string(), "an unnamed key");
        holder.thumbprint = Some("1F2E".into());
        assert_eq!(holder.to_string(), "certificate 1F2E");
        holder.name = Some("ana".into());
        holder.sid = Some("S-1-5-18".into());
        assert_eq!(holder.to_string(), "ana, S-1-5-18, certificate 1F2E");
    }
}
