//! What the operator writes for a place in a guest: `C:\Users\x`, `disk0/part2/x`, `label=Data/x`, `/x`.

use std::fmt;

/// A guest path as written: which volume, and what in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Which volume.
    pub volume: VolumeChoice,
    /// The rest, `/` between names, none at the start; may hold globs; empty is the root.
    pub path: String,
}

/// How a volume is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VolumeChoice {
    /// Not at all: the one data volume there is.
    Only,
    /// A drive letter as the guest knows it, upper case.
    Letter(char),
    /// The partition `part` of the disk `disk`, both as listings number them.
    Part {
        /// Number of the disk, from 0.
        disk: usize,
        /// Number of the partition.
        part: u32,
    },
    /// The volume with this label, letter case aside.
    Label(String),
    /// The partition with this GUID.
    Id(uuid::Uuid),
    /// The volume with this number in listings, from 1.
    Number(usize),
}

impl Address {
    /// Reads a GUEST-PATH. `\` and `/` both separate names, except that `\` before a glob character
    /// is no different: Windows has no names with `*` or `?` to escape.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = text.replace('\\', "/");
        let text = text.strip_prefix("//?/").unwrap_or(&text);
        if let Some((letter, rest)) = split_letter(text) {
            return Self::new(VolumeChoice::Letter(letter), rest);
        }
        if let Some((disk, part, rest)) = split_part(text) {
            return Self::new(VolumeChoice::Part { disk, part }, rest);
        }
        if let Some(rest) = text.strip_prefix("label=") {
            let (label, rest) = rest.split_once('/').unwrap_or((rest, ""));
            return Self::new(VolumeChoice::Label(label.into()), rest);
        }
        Self::new(VolumeChoice::Only, text)
    }

    /// Reads a GUEST-PATH that belongs to the volume `within` unless it names one itself.
    #[must_use]
    pub fn parse_within(text: &str, within: Option<&str>) -> Self {
        let mut address = Self::parse(text);
        if let (VolumeChoice::Only, Some(volume)) = (&address.volume, within) {
            address.volume = VolumeChoice::parse(volume);
        }
        address
    }

    fn new(volume: VolumeChoice, rest: &str) -> Self {
        let names: Vec<_> = rest
            .split('/')
            .filter(|name| !name.is_empty() && *name != ".")
            .collect();
        Self {
            volume,
            path: names.join("/"),
        }
    }
}

impl VolumeChoice {
    /// Reads the value of `--volume`: `C:`, `2`, `disk0/part2`, a GUID or a label.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let address = Address::parse(text);
        if let (Ok(number), true) = (text.parse(), address.volume == Self::Only) {
            return Self::Number(number);
        }
        match address.volume {
            Self::Only => match uuid::Uuid::try_parse(text) {
                Ok(id) => Self::Id(id),
                Err(_) => Self::Label(text.into()),
            },
            choice => choice,
        }
    }
}

impl fmt::Display for VolumeChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Only => f.write_str("the only data volume"),
            Self::Letter(letter) => write!(f, "{letter}:"),
            Self::Part { disk, part } => write!(f, "disk{disk}/part{part}"),
            Self::Label(label) => write!(f, "label={label}"),
            Self::Id(id) => write!(f, "{id}"),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

/// `C:` or `C:/rest`; `C:rest` is read as `C:/rest`, since an image has no current directory.
fn split_letter(text: &str) -> Option<(char, &str)> {
    let letter = text.chars().next().filter(char::is_ascii_alphabetic)?;
    Some((letter.to_ascii_uppercase(), text[1..].strip_prefix(':')?))
}

/// `disk0/part2` or `disk0/part2/rest`.
fn split_part(text: &str) -> Option<(usize, u32, &str)> {
    let (disk, rest) = text
        .trim_start_matches('/')
        .strip_prefix("disk")?
        .split_once('/')?;
    let (part, rest) = rest
        .strip_prefix("part")?
        .split_once('/')
        .unwrap_or((&rest[4..], ""));
    Some((disk.parse().ok()?, part.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (VolumeChoice, String) {
        let address = Address::parse(text);
        (address.volume, address.path)
    }

    #[test]
    fn drive_letters_in_both_spellings() {
        for text in [
            r"C:\Users\ana",
            "c:/Users/ana/",
            r"C:Users\ana",
            r"\\?\C:\Users\.\ana",
        ] {
            assert_eq!(
                parsed(text),
                (VolumeChoice::Letter('C'), "Users/ana".into()),
                "{text}"
            );
        }
        assert_eq!(parsed("D:"), (VolumeChoice::Letter('D'), String::new()));
    }

    #[test]
    fn partitions_and_labels() {
        let part = VolumeChoice::Part { disk: 0, part: 2 };
        assert_eq!(parsed("disk0/part2"), (part.clone(), String::new()));
        assert_eq!(parsed("/disk0/part2/a/b"), (part, "a/b".into()));
        assert_eq!(
            parsed("label=Data/x"),
            (VolumeChoice::Label("Data".into()), "x".into())
        );
    }

    #[test]
    fn anything_else_is_a_path_on_the_only_volume() {
        for (text, path) in [
            ("/Users/x", "Users/x"),
            ("disk1.txt", "disk1.txt"),
            ("", ""),
            ("é:", "é:"),
        ] {
            assert_eq!(parsed(text), (VolumeChoice::Only, path.into()), "{text}");
        }
    }

    #[test]
    fn volumes_by_letter_number_guid_label() {
        let id = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b";
        for (text, choice) in [
            ("C:", VolumeChoice::Letter('C')),
            ("2", VolumeChoice::Number(2)),
            ("disk1/part3", VolumeChoice::Part { disk: 1, part: 3 }),
            (id, VolumeChoice::Id(uuid::Uuid::parse_str(id).unwrap())),
            ("Data", VolumeChoice::Label("Data".into())),
        ] {
            assert_eq!(VolumeChoice::parse(text), choice);
        }
    }
}
