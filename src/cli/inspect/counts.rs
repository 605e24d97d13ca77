//! How many files a volume holds, and how their content is kept.

use serde_json::{Value, json};
use tree::{GuestPath, Kind, Storage};

use crate::cli::Context;
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
    /// By the word for how content is kept, where that is worth a word.
    pub stored: Vec<(&'static str, u64)>,
    /// Entries that could not be read.
    pub lost: u64,
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
        match item {
            Ok(entry) if entry.metadata.system => {}
            Ok(entry) => counts.add(
                entry.metadata.kind,
                entry.metadata.size,
                entry.metadata.storage,
            ),
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
    fn add(&mut self, kind: Kind, size: u64, storage: Storage) {
        match kind {
            Kind::Directory => self.folders += 1,
            Kind::Symlink | Kind::Junction => self.links += 1,
            Kind::File | Kind::Other => {
                self.files += 1;
                self.bytes = self.bytes.saturating_add(size);
            }
        }
        let Some(word) = storage.word() else {
            return;
        };
        match self.stored.iter_mut().find(|(known, _)| *known == word) {
            Some((_, count)) => *count += 1,
            None => self.stored.push((word, 1)),
        }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "files": self.files, "folders": self.folders, "links": self.links, "bytes": self.bytes,
            "lost": self.lost,
            "stored": self.stored.iter().map(|(word, count)| ((*word).to_owned(), json!(count)))
                .collect::<serde_json::Map<_, _>>(),
        })
    }
}
