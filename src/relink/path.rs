//! From a folder to a file, as Windows writes it.

use std::path::{Component, Path};

/// The path from the folder `from` to the file `to`, with backslashes, beginning with `.` or `..`.
///
/// Links on the way are resolved. `None` where there is none that Windows could follow: from one drive
/// to another, or by names that it cannot have.
#[must_use]
pub fn relative(from: &Path, to: &Path) -> Option<String> {
    let from = from.canonicalize().ok()?;
    let to = to.canonicalize().ok()?;
    steps(&from, &to)
}

/// As [`relative`], of paths without links.
fn steps(from: &Path, to: &Path) -> Option<String> {
    let (from, to): (Vec<_>, Vec<_>) = (from.components().collect(), to.components().collect());
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let is_step = |part: &&Component<'_>| matches!(part, Component::Normal(_));
    let up = &from[common..];
    if common == 0 || !up.iter().all(|part| is_step(&part)) {
        return None;
    }
    let mut path = match up.len() {
        0 => vec!["."],
        levels => vec![".."; levels],
    };
    for part in &to[common..] {
        let Component::Normal(name) = part else {
            return None;
        };
        path.push(name.to_str().filter(|name| is_windows_name(name))?);
    }
    Some(path.join("\\"))
}

fn is_windows_name(name: &str) -> bool {
    let forbidden = |c: char| c < ' ' || "\\/:*?\"<>|".contains(c);
    !name.contains(forbidden) && !name.ends_with([' ', '.'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leads_beside_down_and_up() {
        for (from, to, expected) in [
            ("/a/b", "/a/b/x.vhdx", Some(r".\x.vhdx")),
            ("/a/b", "/a/b/c d/x.vhdx", Some(r".\c d\x.vhdx")),
            ("/a/b", "/a/x.vhdx", Some(r"..\x.vhdx")),
            ("/a/b/c", "/a/d/x.vhdx", Some(r"..\..\d\x.vhdx")),
            ("/", "/x.vhdx", Some(r".\x.vhdx")),
            ("/a", "/a/what?/x.vhdx", None),
            ("/a", "/a/c:/x.vhdx", None),
            ("/a", "/a/dot./x.vhdx", None),
            ("a", "/a/x.vhdx", None),
        ] {
            let found = steps(Path::new(from), Path::new(to));
            assert_eq!(found.as_deref(), expected, "{from} to {to}");
        }
    }

    #[test]
    fn follows_links_to_where_the_files_are() {
        let temp = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(temp.path().join("in")).expect("made");
        std::fs::write(temp.path().join("x.vhdx"), "x").expect("written");
        let found = relative(&temp.path().join("in"), &temp.path().join("in/../x.vhdx"));
        assert_eq!(found.as_deref(), Some(r"..\x.vhdx"));
        assert_eq!(relative(temp.path(), &temp.path().join("gone")), None);
    }
}
