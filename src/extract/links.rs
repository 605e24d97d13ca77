//! Which links lead to something that is extracted, too.

use tree::{FileSystem, GuestPath, Kind, Link, Name, NodeId};

use super::Run;
use crate::select::spelled;
use crate::sink::Target;

/// Links on the way to a target: more than these are a circle. Windows' own bound.
const MOST_LINKS: usize = 63;

impl Run<'_> {
    /// The target of the link at `from`, if it exists and is extracted with this job.
    pub(super) fn inside(&self, from: &GuestPath, link: &Link) -> Option<Target> {
        let (path, node) = follow(self.job.fs, &self.job.options.letters, from, link)?;
        let metadata = self.job.fs.metadata(node).ok()?;
        let system = metadata.system && !self.job.options.system;
        let selected = self.job.roots.iter().any(|root| root.holds(&path));
        let directory = metadata.kind == Kind::Directory;
        let wanted = self.sieve.wants(&path, &metadata);
        (selected && wanted && !system).then(|| Target {
            path: self.out(&path),
            directory,
        })
    }
}

/// Where the link at `from` leads within its own volume, in the volume's spelling.
///
/// Links on the way are followed, one at the end is not: it is restored as a link itself.
fn follow(
    fs: &dyn FileSystem,
    letters: &[char],
    from: &GuestPath,
    link: &Link,
) -> Option<(GuestPath, NodeId)> {
    let mut steps = Steps::default();
    let mut here = Here::at(fs, &from.parent()?)?;
    steps.push(&mut here, letters, link)?;
    let mut links = 0;
    while let Some(name) = steps.names.pop() {
        if !here.go(&name)? {
            continue;
        }
        let node = here.node();
        let through = !steps.names.is_empty();
        if through && matches!(fs.metadata(node).ok()?.kind, Kind::Symlink | Kind::Junction) {
            links += 1;
            let link = fs.read_link(node).ok().filter(|_| links <= MOST_LINKS)?;
            here.open.pop();
            steps.push(&mut here, letters, &link)?;
        }
    }
    Some(here.now())
}

/// A place in the volume, with the way to it.
struct Here<'a> {
    fs: &'a dyn FileSystem,
    /// Name and node of each directory from the root down, the root left out.
    open: Vec<(Name, NodeId)>,
}

impl<'a> Here<'a> {
    fn at(fs: &'a dyn FileSystem, path: &GuestPath) -> Option<Self> {
        let mut here = Self {
            fs,
            open: Vec::new(),
        };
        for name in path.names() {
            here.go(&name)?;
        }
        Some(here)
    }

    fn now(&self) -> (GuestPath, NodeId) {
        let path = self.open.iter().map(|(name, _)| name.clone()).collect();
        (path, self.node())
    }

    fn node(&self) -> NodeId {
        self.open.last().map_or(self.fs.root(), |(_, node)| *node)
    }

    /// Goes to `name`; whether that was a step down.
    fn go(&mut self, name: &Name) -> Option<bool> {
        match name.as_bytes() {
            b"." | b"" => Some(false),
            b".." => {
                self.open.pop();
                Some(false)
            }
            _ => {
                let dir = self.node();
                let node = self.fs.lookup(dir, name).ok()?;
                self.open.push((spelled(self.fs, dir, node, name), node));
                Some(true)
            }
        }
    }
}

/// The names still to go, the next one last.
#[derive(Default)]
struct Steps {
    names: Vec<Name>,
}

impl Steps {
    /// Puts the target of `link`, which lies in `here`, before the names still to go. None if it
    /// leads to another volume.
    fn push(&mut self, here: &mut Here<'_>, letters: &[char], link: &Link) -> Option<()> {
        let target: Vec<u8> = link
            .target
            .as_bytes()
            .iter()
            .map(|&byte| slash(byte))
            .collect();
        let bare = ["/??/", "//?/", "//./"]
            .iter()
            .find_map(|lead| target.strip_prefix(lead.as_bytes()));
        let bare = bare.unwrap_or(&target);
        let rest = match bare {
            [letter, b':', rest @ ..] => {
                let letter = char::from(*letter).to_ascii_uppercase();
                letters
                    .iter()
                    .find(|known| known.to_ascii_uppercase() == letter)?;
                here.open.clear();
                rest
            }
            [b'/', b'/', ..] => return None,
            [b'/', rest @ ..] => {
                here.open.clear();
                rest
            }
            _ if !link.relative => return None,
            rest => rest,
        };
        self.names
            .extend(rest.split(|&byte| byte == b'/').rev().map(Name::from_bytes));
        Some(())
    }
}

fn slash(byte: u8) -> u8 {
    if byte == b'\\' { b'/' } else { byte }
}
