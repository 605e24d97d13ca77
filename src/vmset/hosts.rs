//! Which Windows hosts accept which version of a configuration.
//!
//! The table is Microsoft's ("supported virtual machine configuration versions"). Two rows are not in
//! it and say so: Windows Server, version 23H2 with Azure Local, and machines of 2008 R2 and 2012 on 2012 R2.

use vmcx::Version;

/// A release of Windows that runs Hyper-V.
#[derive(Debug, PartialEq, Eq)]
pub struct Host {
    /// The word for it on the command line; empty where there is none.
    pub word: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its first build.
    pub build: u32,
    /// Whether it is a server.
    pub is_server: bool,
    /// Versions before 8.0 that it accepts.
    older: &'static [Version],
    /// The highest version that it accepts; all from 8.0 up to it, where that is 8.0 or more.
    highest: Version,
}

/// Whether a host accepts a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// It does.
    Yes,
    /// It is said to, and nothing official says so.
    Unproven,
    /// It does not: the version is too new for it.
    TooNew,
    /// It does not any more: the version is too old for it.
    TooOld,
}

const fn v(major: u8, minor: u8) -> Version {
    Version { major, minor }
}

/// The first version of which every later host accepts all that follow.
const EIGHT: Version = v(8, 0);
/// What the hosts from 2016 to 1909 take besides the versions from 8.0 on.
const FROM_2012_R2: &[Version] = &[v(5, 0), v(6, 2), v(7, 0), v(7, 1)];

/// The hosts, oldest first.
pub const HOSTS: &[Host] = &[
    server(
        "2012r2",
        "Windows Server 2012 R2",
        9600,
        &[v(5, 0)],
        v(5, 0),
    ),
    client("Windows 8.1", 9600, &[v(5, 0)], v(5, 0)),
    client("Windows 10 2015 LTSB", 10240, &[v(5, 0), v(6, 2)], v(6, 2)),
    server("2016", "Windows Server 2016", 14393, FROM_2012_R2, EIGHT),
    client("Windows 10 1607", 14393, FROM_2012_R2, EIGHT),
    server("2019", "Windows Server 2019", 17763, FROM_2012_R2, v(9, 0)),
    client("Windows 10 1809", 17763, FROM_2012_R2, v(9, 0)),
    client("Windows 10 1903/1909", 18362, FROM_2012_R2, v(9, 1)),
    client("Windows 10 2004 to 22H2", 19041, &[], v(9, 2)),
    server("2022", "Windows Server 2022", 20348, &[], v(10, 0)),
    client("Windows 11 21H2", 22000, &[], v(10, 0)),
    client("Windows 11 22H2/23H2", 22621, &[], v(11, 0)),
    server("azurelocal", "Azure Local 23H2", 25398, &[], v(11, 0)),
    server("2025", "Windows Server 2025", 26100, &[], v(12, 0)),
    client("Windows 11 24H2", 26100, &[], v(12, 0)),
];

const fn server(
    word: &'static str,
    name: &'static str,
    build: u32,
    older: &'static [Version],
    highest: Version,
) -> Host {
    Host {
        word,
        name,
        build,
        is_server: true,
        older,
        highest,
    }
}

const fn client(
    name: &'static str,
    build: u32,
    older: &'static [Version],
    highest: Version,
) -> Host {
    Host {
        word: "",
        name,
        build,
        is_server: false,
        older,
        highest,
    }
}

impl Host {
    /// The host that `text` means: a word of the command line, or a build number, which stands for the
    /// newest release that is no newer, the server of that build first.
    #[must_use]
    pub fn find(text: &str) -> Option<&'static Self> {
        let word: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
        let word = word.to_ascii_lowercase();
        let named = HOSTS
            .iter()
            .find(|host| !word.is_empty() && host.word == word);
        let by_build = || {
            let build: u32 = text.trim().parse().ok()?;
            let older = HOSTS.iter().filter(|host| host.build <= build);
            older.max_by_key(|host| (host.build, host.is_server))
        };
        named.or_else(by_build)
    }

    /// Whether it accepts machines of this version.
    #[must_use]
    pub fn accepts(&self, version: Version) -> Acceptance {
        let is_r2 = self.highest == v(5, 0);
        if self.older.contains(&version) || (version >= EIGHT && version <= self.highest) {
            Acceptance::Yes
        } else if is_r2 && [v(3, 0), v(4, 0)].contains(&version) {
            Acceptance::Unproven
        } else if version > self.highest {
            Acceptance::TooNew
        } else {
            Acceptance::TooOld
        }
    }

    /// Whether it reads a .vmcx at all; hosts before it know the XML alone.
    #[must_use]
    pub fn reads_vmcx(&self) -> bool {
        self.build >= 10240
    }
}

/// The hosts that accept machines of this version, oldest first; those of [`Acceptance::Unproven`] not.
pub fn accepting(version: Version) -> impl Iterator<Item = &'static Host> {
    HOSTS
        .iter()
        .filter(move |host| host.accepts(version) == Acceptance::Yes)
}

/// What names begin with, in the order in which they are told.
const FAMILIES: [&str; 5] = [
    "Windows Server ",
    "Azure Local ",
    "Windows 8.1",
    "Windows 10 ",
    "Windows 11 ",
];

/// The hosts that accept machines of this version, in words: `Windows Server 2022, 2025; Azure Local
/// 23H2; Windows 11 21H2, ...`; `None` where none does.
#[must_use]
pub fn in_words(version: Version) -> Option<String> {
    let of_family = |family: &str| {
        let names = accepting(version).filter_map(|host| host.name.strip_prefix(family));
        let names: Vec<_> = names.collect();
        (!names.is_empty()).then(|| format!("{family}{}", names.join(", ")))
    };
    let families: Vec<_> = FAMILIES.into_iter().filter_map(of_family).collect();
    (!families.is_empty()).then(|| families.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(version: Version) -> Vec<&'static str> {
        let hosts = accepting(version).filter(|host| host.is_server);
        hosts.map(|host| host.word).collect()
    }

    #[test]
    fn r4_each_version_has_the_servers_of_the_table() {
        assert_eq!(words(v(5, 0)), ["2012r2", "2016", "2019"]);
        assert_eq!(
            words(v(8, 0)),
            ["2016", "2019", "2022", "azurelocal", "2025"]
        );
        assert_eq!(words(v(8, 3)), ["2019", "2022", "azurelocal", "2025"]);
        assert_eq!(words(v(9, 0)), ["2019", "2022", "azurelocal", "2025"]);
        assert_eq!(words(v(10, 0)), ["2022", "azurelocal", "2025"]);
        assert_eq!(words(v(12, 0)), ["2025"]);
        assert_eq!(words(v(6, 2)), ["2016", "2019"]);
        assert!(words(v(254, 0)).is_empty(), "a preview");
    }

    #[test]
    fn a_refusal_says_which_way() {
        let host = |word| Host::find(word).unwrap();
        assert_eq!(host("2016").accepts(v(9, 0)), Acceptance::TooNew);
        assert_eq!(host("2022").accepts(v(5, 0)), Acceptance::TooOld);
        assert_eq!(host("2019").accepts(v(3, 0)), Acceptance::TooOld);
        assert_eq!(host("2012r2").accepts(v(4, 0)), Acceptance::Unproven);
        assert!(!host("2012r2").reads_vmcx() && host("2016").reads_vmcx());
    }

    #[test]
    fn hosts_by_word_and_build() {
        for (text, name) in [
            ("2012R2", "Windows Server 2012 R2"),
            ("2012 r2", "Windows Server 2012 R2"),
            ("Azure Local", "Azure Local 23H2"),
            ("20348", "Windows Server 2022"),
            ("19045", "Windows 10 2004 to 22H2"),
            ("17784", "Windows Server 2019"),
            ("26100", "Windows Server 2025"),
        ] {
            assert_eq!(Host::find(text).map(|host| host.name), Some(name), "{text}");
        }
        for text in ["", "2008", "vista", "-1"] {
            assert_eq!(Host::find(text), None, "{text}");
        }
    }

    #[test]
    fn in_words_they_are_short() {
        assert_eq!(
            in_words(v(12, 0)).as_deref(),
            Some("Windows Server 2025; Windows 11 24H2")
        );
        assert_eq!(
            in_words(v(9, 0)).as_deref(),
            Some(
                "Windows Server 2019, 2022, 2025; Azure Local 23H2; Windows 10 1809, 1903/1909, 2004 to \
                 22H2; Windows 11 21H2, 22H2/23H2, 24H2"
            )
        );
        let told = |host: &Host| FAMILIES.iter().any(|family| host.name.starts_with(family));
        assert!(HOSTS.iter().all(told), "each host is of a family");
        assert_eq!(in_words(v(13, 0)), None);
    }
}
