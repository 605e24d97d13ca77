//! Paths as a host recorded them, and how they fall together with paths here.

use std::fmt;
use std::path::{Component, Path};

use vmcx::Text;

/// A path of the host that a configuration or a locator records. It is never opened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Recorded {
    /// Where it begins.
    pub(crate) root: Root,
    /// Its names below that, lower case; never `.` or `..`.
    pub(crate) names: Vec<String>,
}

/// Where a recorded path begins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Root {
    /// A drive, lower case.
    Drive(char),
    /// A volume by its GUID, or another name below `\\?\`.
    Device(String),
    /// A share: server and share.
    Share(String, String),
    /// It does not say.
    None,
}

impl Recorded {
    /// The path that `text` writes, with `\` or `/`.
    pub(crate) fn parse(text: &str) -> Self {
        let text = text.replace('/', "\\").to_lowercase();
        let (is_verbatim, rest) = match text.strip_prefix(r"\\?\") {
            Some(rest) => (true, rest),
            None => (false, &*text),
        };
        let unc = match is_verbatim {
            true => rest.strip_prefix(r"unc\"),
            false => rest.strip_prefix(r"\\"),
        };
        match (unc, drive(rest)) {
            (Some(rest), _) => Self::share(rest),
            (None, Some((letter, rest))) => Self::below(Root::Drive(letter), rest),
            (None, None) if is_verbatim => {
                let (device, rest) = rest.split_once('\\').unwrap_or((rest, ""));
                Self::below(Root::Device(device.into()), rest)
            }
            (None, None) => Self::below(Root::None, rest),
        }
    }

    fn share(rest: &str) -> Self {
        let mut parts = rest.splitn(3, '\\');
        let mut part = || parts.next().unwrap_or_default();
        let root = Root::Share(part().into(), part().into());
        Self::below(root, part())
    }

    fn below(root: Root, rest: &str) -> Self {
        let names = rest.split('\\');
        let names = names.filter(|name| !matches!(*name, "" | "." | ".."));
        Self {
            root,
            names: names.map(str::to_owned).collect(),
        }
    }

    /// Its last name, lower case.
    pub(crate) fn file_name(&self) -> &str {
        self.names.last().map_or("", String::as_str)
    }

    /// The volume that it is on, for people: `S:`, `C:\ClusterStorage\volume1`, `\\server\share`.
    pub(crate) fn volume(&self) -> Option<String> {
        match (&self.root, self.names.as_slice()) {
            (Root::Drive(letter), [first, volume, _, ..]) if first == "clusterstorage" => Some(
                format!(r"{}:\ClusterStorage\{volume}", letter.to_ascii_uppercase()),
            ),
            (Root::Drive(letter), _) => Some(format!("{}:", letter.to_ascii_uppercase())),
            (Root::Share(server, share), _) => Some(format!(r"\\{server}\{share}")),
            (Root::Device(device), _) => Some(format!(r"\\?\{device}")),
            (Root::None, _) => None,
        }
    }

    /// What is left of it below `prefix`, if it lies there.
    pub(crate) fn below_prefix(&self, prefix: &Self) -> Option<&[String]> {
        if self.root != prefix.root {
            return None;
        }
        self.names.strip_prefix(prefix.names.as_slice())
    }

    /// How many names, counted from the last, are the same as those of the path `here`. The drive
    /// counts as one where a folder of its letter (`S`, `S_`, `S$`, `Volume_S`) stands for it.
    pub(crate) fn tail(&self, here: &[String]) -> usize {
        let pairs = self.names.iter().rev().zip(here.iter().rev());
        let same = pairs.take_while(|(a, b)| a == b).count();
        let above = here.len().checked_sub(same + 1).and_then(|i| here.get(i));
        let is_whole = same == self.names.len();
        same + usize::from(is_whole && above.is_some_and(|name| self.root.is_named(name)))
    }
}

impl Root {
    /// Whether a folder of this name stands for it, as backup products lay drives out.
    fn is_named(&self, folder: &str) -> bool {
        let Self::Drive(letter) = self else {
            return false;
        };
        let plain = folder.trim_end_matches(['_', '$', ':']);
        let plain = plain.rsplit(['_', ' ']).next().unwrap_or(plain);
        let mut letters = plain.chars();
        letters.next() == Some(*letter) && letters.next().is_none()
    }
}

impl From<&Text> for Recorded {
    fn from(text: &Text) -> Self {
        Self::parse(&text.to_string())
    }
}

/// As Windows writes it, lower case.
impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.root {
            Root::Drive(letter) => write!(f, "{}:\\", letter.to_ascii_uppercase())?,
            Root::Share(server, share) => write!(f, r"\\{server}\{share}\")?,
            Root::Device(device) => write!(f, r"\\?\{device}\")?,
            Root::None => {}
        }
        f.write_str(&self.names.join("\\"))
    }
}

fn drive(text: &str) -> Option<(char, &str)> {
    let mut letters = text.chars();
    let letter = letters.next().filter(char::is_ascii_alphabetic)?;
    let rest = letters.as_str().strip_prefix(':')?;
    Some((letter, rest))
}

/// The names of a path of this machine, lower case.
pub(crate) fn names_of(path: &Path) -> Vec<String> {
    let name = |part: Component<'_>| match part {
        Component::Normal(name) => Some(name.to_string_lossy().to_lowercase()),
        _ => None,
    };
    path.components().filter_map(name).collect()
}

/// How many names two paths have in common, counted from the first.
pub(crate) fn common_head(a: &[String], b: &[String]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(path: &str) -> Vec<String> {
        names_of(Path::new(path))
    }

    #[test]
    fn r25_every_style_of_path_is_parsed_and_says_its_volume() {
        for (path, volume, count) in [
            (r"C:\VMs\web.vhdx", Some("C:"), 2),
            (r"\\?\D:\VMs\web.vhdx", Some("D:"), 2),
            ("d:/VMs/./web.vhdx", Some("D:"), 2),
            (
                r"C:\ClusterStorage\Volume1\web\web.vhdx",
                Some(r"C:\ClusterStorage\volume1"),
                4,
            ),
            (r"\\nas\vms\web.vhdx", Some(r"\\nas\vms"), 1),
            (r"\\?\UNC\nas\vms\a\web.vhdx", Some(r"\\nas\vms"), 2),
            (r"\\?\Volume{0a1b}\web.vhdx", Some(r"\\?\volume{0a1b}"), 1),
            ("web.vhdx", None, 1),
            ("", None, 0),
        ] {
            let recorded = Recorded::parse(path);
            assert_eq!(recorded.volume().as_deref(), volume, "{path}");
            assert_eq!(recorded.names.len(), count, "{path}");
        }
    }

    #[test]
    fn a_path_that_climbs_out_stays_below_its_root() {
        let hostile = Recorded::parse(r"D:\VMs\..\..\Windows\x.vhdx");
        assert_eq!(hostile.names, ["vms", "windows", "x.vhdx"]);
    }

    #[test]
    fn the_tail_counts_folders_and_the_folder_of_a_drive() {
        let recorded = Recorded::parse(r"S:\VMs\Web\data.VHDX");
        for (here, expected) in [
            ("flat/data.vhdx", 1),
            ("x/web/data.vhdx", 2),
            ("x/VMs/web/data.vhdx", 3),
            ("x/S/VMs/web/Data.vhdx", 4),
            ("x/S_/VMs/web/data.vhdx", 4),
            ("x/Volume_S/VMs/web/data.vhdx", 4),
            ("x/T/VMs/web/data.vhdx", 3),
            ("x/web/other.vhdx", 0),
        ] {
            assert_eq!(recorded.tail(&names(here)), expected, "{here}");
        }
    }

    #[test]
    fn what_lies_below_a_prefix_is_split_at_names() {
        let path = Recorded::parse(r"C:\ClusterStorage\Volume1\web\x.vhdx");
        let below = |prefix| {
            path.below_prefix(&Recorded::parse(prefix))
                .map(<[String]>::to_vec)
        };
        let rest = vec!["web".to_owned(), "x.vhdx".to_owned()];
        assert_eq!(below(r"c:\clusterstorage\VOLUME1\"), Some(rest));
        assert_eq!(below(r"C:\ClusterStorage\Volume"), None);
        assert_eq!(below(r"D:\ClusterStorage\Volume1"), None);
    }
}
