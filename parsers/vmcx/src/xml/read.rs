//! Keys out of elements, within bounds.

use std::ops::Range;

use blockio::Fault;
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::encoding::Decoded;
use super::value::value;
use crate::{Node, Text, Value, codes};

/// How deep keys lie at most: real ones reach 8.
const MAX_DEPTH: usize = 64;
/// How many keys there are at most: real ones have 500, and some 20 more for each device.
const MAX_KEYS: usize = 200_000;

/// Where a key is, in bytes of the text (not of the file).
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The whole element.
    pub(super) outer: Range<usize>,
    /// What is between its tags; `None` of one that closes itself.
    pub(super) inner: Option<Range<usize>>,
}

/// What was read.
pub(super) struct Read {
    /// Holds the root element as its only key.
    pub(super) root: Node,
    pub(super) places: Vec<Place>,
    pub(super) notes: Vec<Fault>,
    /// Whether the XML stopped making sense before its end.
    pub(super) is_broken: bool,
}

/// An element whose end is yet to come.
struct Open {
    node: Node,
    /// Its declared type.
    kind: Option<String>,
    text: String,
    place: usize,
}

impl Open {
    fn may_be_value(&self) -> bool {
        self.kind.is_some() || self.node.children.is_empty()
    }
}

struct Builder<'a> {
    decoded: &'a Decoded,
    open: Vec<Open>,
    root: Option<Node>,
    places: Vec<Place>,
    notes: Vec<Fault>,
}

/// Why reading stops.
enum Stop {
    /// It makes no sense from here on: what was read so far counts.
    Broken(String),
    /// It is meant to do harm.
    Refused(Fault),
}

impl<E: std::error::Error> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Broken(error.to_string())
    }
}

/// Reads the keys of the text.
///
/// # Errors
/// A document type, or more than any configuration has; or no key at all.
pub(super) fn read(decoded: &Decoded) -> Result<Read, Fault> {
    let mut builder = Builder {
        decoded,
        open: Vec::new(),
        root: None,
        places: Vec::new(),
        notes: Vec::new(),
    };
    let mut reader = Reader::from_str(&decoded.text);
    let stopped = loop {
        let start = position(&reader);
        let event = reader.read_event();
        let span = start..position(&reader);
        match event
            .map_err(Stop::from)
            .and_then(|event| builder.take(event, span))
        {
            Ok(true) => {}
            Ok(false) => break None,
            Err(Stop::Broken(why)) => break Some((start, why)),
            Err(Stop::Refused(fault)) => return Err(builder.at(fault, start)),
        }
    };
    builder.finish(stopped)
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

impl Builder<'_> {
    /// Takes what is at `span`; whether there is more.
    fn take(&mut self, event: Event<'_>, span: Range<usize>) -> Result<bool, Stop> {
        match event {
            Event::Start(tag) => self.begin(&tag, span)?,
            Event::Empty(tag) => {
                self.begin(&tag, span.clone())?;
                self.end(span.end, None);
            }
            Event::End(_) => self.end(span.end, Some(span.start)),
            Event::Text(text) => self.append(&text.xml10_content()),
            Event::CData(text) => self.append(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let character = resolve(&reference)?;
                self.append(character.encode_utf8(&mut [0; 4]));
            }
            Event::DocType(_) => return Err(refused("a document type")),
            Event::Eof if self.open.is_empty() => return Ok(false),
            Event::Eof => return Err(Stop::Broken("the end of the file".to_owned())),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
        Ok(true)
    }

    fn begin(&mut self, tag: &BytesStart<'_>, span: Range<usize>) -> Result<(), Stop> {
        if self.open.is_empty() && self.root.is_some() {
            return Err(Stop::Broken("a second root".to_owned()));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(refused("more than 64 keys one below the other"));
        }
        if self.places.len() >= MAX_KEYS {
            return Err(refused("more than 200000 keys"));
        }
        let place = self.places.len();
        self.places.push(Place {
            outer: span.start..span.end,
            inner: Some(span.end..span.end),
        });
        self.open.push(Open {
            node: Node::folder(tag.name().as_ref(), Vec::new()),
            kind: declared(tag)?,
            text: String::new(),
            place,
        });
        Ok(())
    }

    /// Closes the newest element, which ends at `end`; `inner_end` is where its closing tag begins.
    fn end(&mut self, end: usize, inner_end: Option<usize>) {
        let Some(open) = self.open.pop() else {
            return;
        };
        if let Some(place) = self.places.get_mut(open.place) {
            place.outer.end = end;
            place.inner = match (&place.inner, inner_end) {
                (Some(inner), Some(inner_end)) => Some(inner.start..inner_end),
                _ => None,
            };
        }
        let node = self.finished(open);
        match self.open.last_mut() {
            Some(parent) => parent.node.children.push(node),
            None => self.root = Some(node),
        }
    }

    fn finished(&mut self, open: Open) -> Node {
        let Open {
            mut node,
            kind,
            text,
            place,
        } = open;
        if !node.children.is_empty() {
            return node;
        }
        let found = value(kind.as_deref(), &text, self.decoded);
        node.value = found.unwrap_or_else(|| {
            let fault = Fault::damaged(&codes::ODD_VALUE, format!("key {}", node.name));
            let start = self.places.get(place).map_or(0, |place| place.outer.start);
            let fault = fault.expected(kind.unwrap_or_default()).found(shown(&text));
            self.notes.push(self.at(fault, start));
            Value::Text(self.decoded.units(&text))
        });
        node
    }

    fn append(&mut self, text: &str) {
        if let Some(open) = self.open.last_mut() {
            open.text.push_str(text);
        }
    }

    /// Closes what is still open, where the XML is broken at `stopped`.
    fn finish(mut self, stopped: Option<(usize, String)>) -> Result<Read, Fault> {
        let is_broken = stopped.is_some();
        if let Some((start, why)) = stopped {
            let fault = self.at(Fault::damaged(&codes::XML, "the XML").found(why), start);
            // A value that is cut off is not the value.
            if self.open.len() > 1 && self.open.last().is_some_and(Open::may_be_value) {
                self.open.pop();
            }
            while !self.open.is_empty() {
                self.end(start, None);
            }
            self.notes.push(fault);
        }
        let Some(root) = self.root else {
            let nothing = || Fault::damaged(&codes::XML, "the XML").found("no key at all");
            return Err(self.notes.pop().unwrap_or_else(nothing));
        };
        Ok(Read {
            root: Node::folder("", vec![root]),
            places: self.places,
            notes: self.notes,
            is_broken,
        })
    }

    /// `fault`, at what is at `at` of the text.
    fn at(&self, fault: Fault, at: usize) -> Fault {
        let offset = self.decoded.file_offset(at);
        fault.at(u64::try_from(offset).unwrap_or(u64::MAX))
    }
}

fn refused(found: &'static str) -> Stop {
    Stop::Refused(Fault::unsupported(&codes::XML_REFUSED, "the XML").found(found))
}

/// The type that a tag declares. Every attribute is looked at once: real tags have one.
fn declared(tag: &BytesStart<'_>) -> Result<Option<String>, Stop> {
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute?;
        if attribute.key.as_ref() == "type" {
            return Ok(Some(attribute.value.to_ascii_lowercase()));
        }
    }
    Ok(None)
}

/// One character, by its number or by one of the five names that XML itself has.
fn resolve(reference: &BytesRef<'_>) -> Result<char, Stop> {
    if let Some(character) = reference.resolve_char_ref()? {
        return Ok(character);
    }
    match &**reference {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        name => Err(Stop::Broken(format!(
            "the unknown entity &{};",
            shown(name)
        ))),
    }
}

/// The beginning of a text, for a message.
fn shown(text: &str) -> String {
    Text::from(text.chars().take(40).collect::<String>().as_str()).to_string()
}
