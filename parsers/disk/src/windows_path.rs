//! What a relative path in a parent locator means.

/// One step of a relative path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// To the folder above.
    Up,
    /// To what has this name.
    Into(&'a str),
}

/// The steps of `relative`, which has backslashes or slashes; `None` unless it is relative: for a
/// drive, a share, a device, a stream, or a path from the root.
#[must_use]
pub fn steps(relative: &str) -> Option<Vec<Step<'_>>> {
    if relative.starts_with(['\\', '/']) || relative.contains([':', '\0']) {
        return None;
    }
    let step = |part| match part {
        "" | "." => None,
        ".." => Some(Step::Up),
        name => Some(Step::Into(name)),
    };
    Some(relative.split(['\\', '/']).filter_map(step).collect())
}

/// The last name of a path as Windows writes it.
#[must_use]
pub fn last_name(path: &str) -> Option<&str> {
    let name = path.rsplit(['\\', '/']).next()?;
    let is_name = !name.is_empty() && name != "." && name != ".." && !name.contains([':', '\0']);
    is_name.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::{Step, last_name, steps};

    #[test]
    fn both_separators_and_dots() {
        let expected = vec![Step::Up, Step::Into("base"), Step::Into("x.vhdx")];
        assert_eq!(steps(r"..\base\.\x.vhdx"), Some(expected.clone()));
        assert_eq!(steps("./../base//x.vhdx"), Some(expected));
    }

    #[test]
    fn whatever_is_not_relative_is_refused() {
        for path in [
            r"C:\x.vhdx",
            "C:x.vhdx",
            r"\x.vhdx",
            r"\\server\share\x.vhdx",
            r"\\?\Volume{0}\x.vhdx",
            "/etc/passwd",
            r"..\x.vhdx:stream",
            "a\0b",
        ] {
            assert_eq!(steps(path), None, "{path}");
        }
    }

    #[test]
    fn the_last_name_is_what_follows_the_last_separator() {
        assert_eq!(last_name(r"D:\VMs\base.vhdx"), Some("base.vhdx"));
        assert_eq!(last_name("base.vhdx"), Some("base.vhdx"));
        for path in [r"D:\VMs\", "D:", "..", ""] {
            assert_eq!(last_name(path), None, "{path}");
        }
    }
}
