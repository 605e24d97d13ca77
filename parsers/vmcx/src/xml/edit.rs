//! Replacing one value, removing one key; every other byte stays as it is.

use std::ops::Range;

use blockio::Fault;

use super::File;
use super::encoding::Encoding;
use super::read::Place;
use crate::{Edit, Node, Text, Value, codes};

impl File {
    /// The file's bytes with the edits made.
    ///
    /// # Errors
    /// Where a path leads to nothing or to no text, where edits touch each other, where the text cannot be
    /// written in this encoding, or where the file is damaged.
    pub(crate) fn edit(&self, edits: &[Edit]) -> Result<Vec<u8>, Fault> {
        if self.is_broken {
            return Err(refused("a damaged file", "XML that is whole"));
        }
        let mut changes = Vec::new();
        for edit in edits {
            changes.push(self.change(edit)?);
        }
        changes.sort_by_key(|(range, _)| range.start);
        let mut edited = Vec::with_capacity(self.bytes.len());
        let mut done = 0;
        for (range, text) in changes {
            let kept = self.bytes.get(done..range.start);
            let kept = kept.ok_or_else(|| refused("edits of the same key", "one of each"))?;
            edited.extend_from_slice(kept);
            edited.extend_from_slice(&text);
            done = range.end;
        }
        edited.extend_from_slice(self.bytes.get(done..).unwrap_or_default());
        Ok(edited)
    }

    /// Which bytes of the file become what.
    fn change(&self, edit: &Edit) -> Result<(Range<usize>, Vec<u8>), Fault> {
        let path = edit.path();
        let missing = || refused(format!("key {path}"), "a key of that path");
        let (node, index) = locate(&self.root, path).ok_or_else(missing)?;
        let place = self.places.get(index).ok_or_else(missing)?;
        match edit {
            Edit::SetText { value, .. } => {
                if !matches!(node.value, Value::Text(_)) {
                    return Err(refused(format!("key {path}"), "text"));
                }
                self.replacement(place, node, value, path)
            }
            Edit::Remove { .. } => Ok((self.in_file(&self.with_indent(&place.outer)), Vec::new())),
        }
    }

    fn replacement(
        &self,
        place: &Place,
        node: &Node,
        value: &Text,
        path: &str,
    ) -> Result<(Range<usize>, Vec<u8>), Fault> {
        let impossible = || refused(format!("key {path}"), "text that this file can hold");
        let text = self.encoded(value).ok_or_else(impossible)?;
        if let Some(inner) = &place.inner {
            return Ok((self.in_file(inner), text));
        }
        // `<key type="string"/>`: the slash goes, a closing tag comes.
        let slash = place.outer.end.saturating_sub(2)..place.outer.end;
        let around = |part: &str| self.encoded_raw(&Text::from(part)).ok_or_else(impossible);
        let closing = around(&format!("</{}>", node.name))?;
        Ok((self.in_file(&slash), [around(">")?, text, closing].concat()))
    }

    /// The blanks before an element, and the element.
    fn with_indent(&self, outer: &Range<usize>) -> Range<usize> {
        let before = self.decoded.text.get(..outer.start).unwrap_or_default();
        before.trim_end().len()..outer.end
    }

    fn in_file(&self, range: &Range<usize>) -> Range<usize> {
        self.decoded.file_offset(range.start)..self.decoded.file_offset(range.end)
    }

    /// `value` in the file's encoding, what is special in XML escaped.
    fn encoded(&self, value: &Text) -> Option<Vec<u8>> {
        let mut units = Vec::with_capacity(value.units().len());
        for unit in value.units() {
            match unit {
                0x26 => units.extend("&amp;".encode_utf16()),
                0x3c => units.extend("&lt;".encode_utf16()),
                0x3e => units.extend("&gt;".encode_utf16()),
                0x0d => units.extend("&#13;".encode_utf16()),
                0x09 | 0x0a => units.push(*unit),
                0..0x20 | 0xfffe | 0xffff => return None,
                _ => units.push(*unit),
            }
        }
        self.encoded_raw(&Text::from_units(units))
    }

    fn encoded_raw(&self, text: &Text) -> Option<Vec<u8>> {
        let units = text.units().iter();
        match self.decoded.encoding {
            Encoding::Utf8 => text.to_unicode().map(String::into_bytes),
            Encoding::Utf16Le => Some(units.flat_map(|unit| unit.to_le_bytes()).collect()),
            Encoding::Utf16Be => Some(units.flat_map(|unit| unit.to_be_bytes()).collect()),
        }
    }
}

/// The first key at `path`, and its place in the order of the tree, the root element being 0.
fn locate<'a>(root: &'a Node, path: &str) -> Option<(&'a Node, usize)> {
    let mut node = root;
    // One less than the place of the first child: the root itself has no element.
    let mut index: Option<usize> = None;
    for name in path.split('/') {
        let mut next = index.map_or(Some(0), |index| index.checked_add(1))?;
        let mut children = node.children.iter();
        node = loop {
            let child = children.next()?;
            if child.name.eq_ignore_ascii_case(name) {
                break child;
            }
            next = next.checked_add(size(child))?;
        };
        index = Some(next);
    }
    Some((node, index?))
}

/// How many keys `node` and those below it are.
fn size(node: &Node) -> usize {
    let mut open = vec![node];
    let mut count: usize = 0;
    while let Some(node) = open.pop() {
        count = count.saturating_add(1);
        open.extend(&node.children);
    }
    count
}

fn refused(what: impl Into<std::borrow::Cow<'static, str>>, expected: &'static str) -> Fault {
    Fault::unsupported(&codes::EDIT, what).expected(expected)
}
