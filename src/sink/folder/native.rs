//! What the destination itself keeps of an item besides bytes and streams.

use std::ffi::OsStr;
use std::fs::File;
use std::io;

use tree::Kind;

use super::{Folder, Open, Slot, kept, lock, not_kept, replace};
use crate::facts::Facts;
use crate::hostfs::{Part, Parts};
use crate::output::temporary_name;
use crate::sink::codes::NOT_KEPT;
use crate::sink::{Item, Note, Outcome, Target};

/// What is given to the destination as bytes, in this order; times come after it.
const BY_VALUE: [Part; 3] = [Part::ExtendedAttributes, Part::ObjectId, Part::Security];
/// What goes along with the times.
const WITH_TIMES: [Part; 3] = [Part::Created, Part::Changed, Part::Attributes];
/// FILE_ATTRIBUTE_DIRECTORY: of a symbolic link, that it leads to a directory.
const DIRECTORY: u32 = 0x10;

impl Folder {
    /// Keeps all that the destination can hold of `item` in its open file or folder, the times last.
    pub(super) fn keep_parts(&self, file: &File, item: &Item<'_>, outcome: &mut Outcome) {
        if self.holds.is_empty() {
            return self.keep_times(file, item, outcome);
        }
        let facts = Facts::read(item);
        for part in BY_VALUE {
            if self.keep_part(file, part, &facts, outcome) {
                outcome.kept = outcome.kept.with(part);
            }
        }
        outcome.kept = outcome.kept.with_all(Parts::ALL.without(facts.parts()));
        self.keep_times(file, item, outcome);
    }

    /// Keeps one part; whether it is kept now.
    fn keep_part(&self, file: &File, part: Part, facts: &Facts, outcome: &mut Outcome) -> bool {
        let Some(value) = facts.value(part).filter(|_| self.holds.has(part)) else {
            return false;
        };
        let answer = self.calls.set_part(file, part, &value);
        if let Err(error) = &answer {
            self.say_refused(part, error, outcome);
        }
        answer.is_ok()
    }

    /// A destination that refuses a part once does so for most: it is said once.
    fn say_refused(&self, part: Part, error: &io::Error, outcome: &mut Outcome) {
        let mut refused = lock(&self.refused);
        if !refused.has(part) {
            *refused = refused.with(part);
            let message = format!("{}, said once for all: {error}", part.words());
            outcome.notes.push(Note::new(&NOT_KEPT, message));
        }
    }

    /// Keeps times, and attributes where the destination has them.
    pub(super) fn keep_times(&self, file: &File, item: &Item<'_>, outcome: &mut Outcome) {
        match self.calls.keep(file, &kept(item.metadata), self.holds) {
            Ok(()) => {
                outcome.kept = outcome
                    .kept
                    .with_all(self.holds.and(Parts::of(&WITH_TIMES)))
            }
            Err(error) => outcome.notes.push(not_kept(&error)),
        }
    }

    /// Keeps times and attributes once more where a new name changes them: ntfs-3g marks a file for
    /// archiving by it.
    pub(super) fn keep_after_naming(&self, open: &Open, name: &OsStr, item: &Item<'_>) {
        if cfg!(target_os = "linux") && self.holds.has(Part::Attributes) {
            let file = open.dir.open_node(name);
            // A refusal was said when the file had its first name.
            let _ = file.and_then(|file| self.calls.keep(&file, &kept(item.metadata), self.holds));
        }
    }

    /// Makes the link `slot`: as the guest had it, where the destination holds such a thing, else with
    /// a relative path; which parts are kept by that.
    pub(super) fn make_link(
        &self,
        item: &Item<'_>,
        open: &Open,
        slot: &Slot,
        target: &Target,
    ) -> io::Result<Outcome> {
        let mut outcome = self.written(item.path, open, &slot.name);
        if self.holds.has(Part::Reparse) && self.make_exact(item, open, slot, &mut outcome).is_ok()
        {
            return Ok(outcome);
        }
        let text = self.relative(item.path, &target.path);
        let make = |name: &OsStr| open.dir.symlink(name, &text, target.directory);
        if slot.replace {
            let temporary = temporary_name();
            make(&temporary)?;
            replace(&open.dir, &temporary, &slot.name)?;
        } else {
            make(&slot.name)?;
        }
        let kept = self
            .calls
            .keep_link(&open.dir, &slot.name, &kept(item.metadata));
        outcome
            .notes
            .extend(kept.err().map(|error| not_kept(&error)));
        Ok(outcome)
    }

    /// A file or folder that becomes the guest's own reparse point; nothing is left of it if that is
    /// refused.
    fn make_exact(
        &self,
        item: &Item<'_>,
        open: &Open,
        slot: &Slot,
        outcome: &mut Outcome,
    ) -> io::Result<()> {
        let facts = Facts::read(item);
        let value = facts
            .value(Part::Reparse)
            .ok_or(io::ErrorKind::InvalidData)?;
        let directory =
            item.metadata.kind == Kind::Junction || item.metadata.attributes.contains(DIRECTORY);
        let temporary = temporary_name();
        // What is no link yet is of another kind to the system, which a rename may not like.
        let name = if slot.replace { &temporary } else { &slot.name };
        let made = open.dir.create_node(name, directory).and_then(|file| {
            self.calls.set_part(&file, Part::Reparse, &value)?;
            self.keep_parts(&file, item, outcome);
            outcome.kept = outcome.kept.with(Part::Reparse);
            drop(file);
            if slot.replace {
                replace(&open.dir, &temporary, &slot.name)
            } else {
                Ok(())
            }
        });
        if made.is_err() {
            outcome.kept = Parts::NONE;
            let _ = match directory {
                true => open.dir.remove_dir(name),
                false => open.dir.remove(name),
            };
        }
        made
    }
}
