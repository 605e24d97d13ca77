//! How many files a volume holds, and how their content is kept.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tree::{GuestPath, Kind, Metadata};

use crate::cli::Context;
use crate::guest::EveryFile;
use crate::open::{Backup, Volume};

/// Files, folders, and files by how their content is kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    /// The volume's name.
    pub volume: String,
    pub files: u64,
    pub folders: u64,
    pub links: u64,
    /// Bytes of all unnamed streams.
    pub bytes: u64,
    /// Files by the word for how their content is kept, where that is worth a word.
    pub stored: BTreeMap<&'static str, Stored>,
    /// Folders in the same way: more of what belongs into them may be elsewhere.
    pub stored_folders: BTreeMap<&'static str, Stored>,
    /// Files, folders and links with reparse points, by their tags.
    pub tags: BTreeMap<u32, u64>,
    /// Entries that could not be read.
    pub lost: u64,
    /// The newest change among all of them.
    pub written: EveryFile,
}

/// What is kept in one way.
#[derive(Clone, Debug, Default)]
pub(super) struct Stored {
    pub count: u64,
    pub bytes: u64,
    /// By the tags of their reparse points.
    pub tags: BTreeMap<u32, u64>,
}

/// The counts of every volume; a volume that cannot be listed has none.
pub(super) fn count(backup: &Backup, ctx: &Context) -> Vec<Counts> {
    backup
        .volumes()
        .filter_map(|volume| one(volume, ctx))
        .collect()
}

fn one(volume: &Volume, ctx: &Context) -> Option<Counts> {
    let mut counts = Counts {
        volume: volume.name.clone(),
        ..Counts::default()
    };
    let entries = volume.fs.entries(volume.fs.root(), &GuestPath::root());
    let entries =
        entries.inspect_err(|error| ctx.console.note(&format!("{}: {error}", volume.name)));
    for item in entries.ok()? {
        counts.written.see(&item);
        match item {
            Ok(entry) if entry.metadata.system => {}
            Ok(entry) => counts.add(&entry.metadata),
            Err(loss) => {
                counts.lost += 1;
                ctx.console.detail(&format!("{}{loss}", volume.name));
            }
        }
        if ctx.cancelled() {
            return None;
        }
    }
    Some(counts)
}

impl Counts {
    fn add(&mut self, metadata: &Metadata) {
        match metadata.kind {
            Kind::Directory => self.folders += 1,
            Kind::Symlink | Kind::Junction => self.links += 1,
            Kind::File | Kind::Other => {
                self.files += 1;
                self.bytes = self.bytes.saturating_add(metadata.size);
            }
        }
        if let Some(tag) = metadata.reparse_tag {
            *self.tags.entry(tag).or_default() += 1;
        }
        if let Some(word) = metadata.storage.word() {
            let stored = match metadata.kind {
                Kind::Directory => &mut self.stored_folders,
                _ => &mut self.stored,
            };
            stored.entry(word).or_default().add(metadata);
        }
    }

    pub(super) fn json(&self) -> Value {
        let folders = &self.stored_folders;
        json!({
            "files": self.files, "folders": self.folders, "links": self.links, "bytes": self.bytes,
            "lost": self.lost,
            "stored": by_word(&self.stored, |stored| stored.count),
            "stored_bytes": by_word(&self.stored, |stored| stored.bytes),
            "stored_folders": by_word(folders, |stored| stored.count),
            "reparse_tags": self.tags.iter().map(|(tag, count)| (format!("{tag:#010x}"), json!(count)))
                .collect::<Map<_, _>>(),
        })
    }
}

fn by_word(stored: &BTreeMap<&str, Stored>, count: fn(&Stored) -> u64) -> Map<String, Value> {
    let counts = stored.iter();
    counts
        .map(|(word, stored)| ((*word).to_owned(), json!(count(stored))))
        .collect()
}

impl Stored {
    fn add(&mut self, metadata: &Metadata) {
        self.count += 1;
        self.bytes = self.bytes.saturating_add(metadata.size);
        if let Some(tag) = metadata.reparse_tag {
            *self.tags.entry(tag).or_default() += 1;
        }
    }
}
