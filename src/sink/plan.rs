//! A folder that is not filled: what would become of each item, and what it would take.
//!
//! It answers as [`Folder`](super::Folder) would, from what is in the destination already and from
//! where the source says that its bytes are. Nothing is created, and no data is read.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tree::{GuestPath, Link};

use super::codes::{DETOUR, LINK_LEFT_OUT, SKIPPED};
use super::conflict::Verdict;
use super::host_name::{Rules, host_name, with_tail};
use super::names::{Renamed, Taken, lock};
use super::{Ending, Error, Item, Note, Options, Outcome, Partial, Sink, StreamMode, Target};
use crate::copy;
use crate::hostfs::{self, Dir, HostKind};

/// What a file takes up at least, in bytes: the block of most file systems.
const BLOCK: u64 = 4096;

/// A folder that is not filled.
pub struct Plan {
    root: Arc<Planned>,
    options: Options,
    folds_case: bool,
    folders: Mutex<HashMap<GuestPath, Arc<Planned>>>,
    renamed: Renamed,
    needed: AtomicU64,
}

/// A folder as it is, or would be.
struct Planned {
    /// None: it is not there yet.
    dir: Option<Dir>,
    place: PathBuf,
    taken: Taken,
}

impl Plan {
    /// Plans to fill `destination`, which need not be there.
    ///
    /// # Errors
    /// Where something else is there.
    pub fn new(destination: &Path, options: Options) -> Result<Self, Error> {
        let folds_case = folds_case(destination);
        let dir = match Dir::open(destination) {
            Ok(dir) => Some(dir),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(Error::writing(destination, &error)),
        };
        Ok(Self {
            root: Arc::new(Planned {
                dir,
                place: destination.into(),
                taken: Taken::new(folds_case),
            }),
            options,
            folds_case,
            folders: Mutex::default(),
            renamed: Renamed::new(Rules::HERE),
            needed: AtomicU64::new(0),
        })
    }

    /// How many bytes all that was planned would take up, blocks filled up, holes left out.
    #[must_use]
    pub fn needed(&self) -> u64 {
        self.needed.load(Ordering::Relaxed)
    }

    /// How many bytes are free where the destination is or would be, if the system tells.
    #[must_use]
    pub fn free(&self) -> Option<u64> {
        hostfs::free_space(above(&self.root.place)?).ok()
    }

    fn folder_of(&self, item: &Item<'_>) -> Arc<Planned> {
        let parent = item.path.parent().unwrap_or_default();
        let known = lock(&self.folders).get(&parent).cloned();
        known.unwrap_or_else(|| Arc::clone(&self.root))
    }

    /// The name that an item would have in `folder`; none if what is there stays.
    fn name(&self, folder: &Planned, item: &Item<'_>) -> Result<Option<OsString>, Error> {
        let wanted = OsString::from(host_name(
            &item.path.name().unwrap_or_default(),
            Rules::HERE,
        ));
        let modified = item.metadata.modified;
        for number in 1.. {
            let name = folder.taken.claim(&wanted, number);
            let Some(dir) = &folder.dir else {
                return Ok(Some(name));
            };
            let place = folder.place.join(&name);
            let Options {
                conflict, sources, ..
            } = &self.options;
            match conflict.judge(dir, &name, &place, modified, sources)? {
                Verdict::Free | Verdict::Replace => return Ok(Some(name)),
                Verdict::Keep => return Ok(None),
                Verdict::Another => folder.taken.release(&name),
            }
        }
        unreachable!("there are more numbers than names in a folder")
    }

    fn planned(&self, item: &Item<'_>, folder: &Planned, name: &OsStr) -> Outcome {
        let renamed = self.renamed.note(item.path, name);
        let ending = if renamed {
            Ending::Renamed
        } else {
            Ending::Written
        };
        Outcome {
            place: Some(folder.place.join(name)),
            ..Outcome::of(ending)
        }
    }

    /// What would be lost of an item's data; adds up what its streams take.
    fn look_at(&self, item: &Item<'_>) -> Result<Vec<copy::Lost>, Error> {
        let look = |data| {
            let survey = copy::survey(data, item.watch);
            let survey = survey.map_err(|error| Error::copying("", &error))?;
            let room = survey.stored.next_multiple_of(BLOCK);
            self.needed.fetch_add(room, Ordering::Relaxed);
            Ok(survey.lost)
        };
        for stream in &item.streams {
            look(&*stream.data)?;
        }
        item.data.as_deref().map_or_else(|| Ok(Vec::new()), look)
    }
}

impl Sink for Plan {
    fn ordered(&self) -> bool {
        true
    }

    fn takes_streams(&self) -> bool {
        self.options.streams != StreamMode::Leave
    }

    fn dir(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        self.look_at(item)?;
        if item.path.is_root() {
            return Ok(Outcome::of(Ending::Written));
        }
        let parent = self.folder_of(item);
        let wanted = OsString::from(host_name(
            &item.path.name().unwrap_or_default(),
            Rules::HERE,
        ));
        let name = parent.taken.claim(&wanted, 1);
        let place = parent.place.join(&name);
        let dir = match &parent.dir {
            None => None,
            Some(parent) => match parent.status(&name) {
                Ok(Some(found)) if found.kind != HostKind::Directory => {
                    return Err(Error::item(&DETOUR, place, "it is there and no folder"));
                }
                Ok(Some(_)) => {
                    let dir = parent.open_beneath(&[&name]);
                    Some(dir.map_err(|error| Error::writing(&place, &error))?)
                }
                Ok(None) => None,
                Err(error) => return Err(Error::writing(place, &error)),
            },
        };
        let outcome = self.planned(item, &parent, &name);
        let taken = Taken::new(self.folds_case);
        let planned = Arc::new(Planned { dir, place, taken });
        lock(&self.folders).insert(item.path.clone(), planned);
        Ok(outcome)
    }

    fn file(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        let folder = self.folder_of(item);
        let Some(name) = self.name(&folder, item)? else {
            return Ok(skipped());
        };
        let lost = self.look_at(item)?;
        if lost.is_empty() {
            return Ok(self.planned(item, &folder, &name));
        }
        let size = item.data.as_ref().map_or(0, |data| data.size());
        let partial = || folder.place.join(with_tail(&name, ".partial"));
        let place = self.options.partial.then(partial);
        Ok(Outcome {
            place: place.clone(),
            ..Outcome::of(Ending::Lost(Partial { place, size, lost }))
        })
    }

    fn link(
        &self,
        item: &Item<'_>,
        link: &Link,
        inside: Option<&Target>,
    ) -> Result<Outcome, Error> {
        if inside.is_none() {
            let message = format!("link to {}: its target is not restored", link.target);
            return Ok(Outcome::of(Ending::Skipped(Note::new(
                &LINK_LEFT_OUT,
                message,
            ))));
        }
        self.hard_link(item, &GuestPath::root())
    }

    fn hard_link(&self, item: &Item<'_>, _: &GuestPath) -> Result<Outcome, Error> {
        let folder = self.folder_of(item);
        Ok(match self.name(&folder, item)? {
            Some(name) => self.planned(item, &folder, &name),
            None => skipped(),
        })
    }

    fn leave_dir(&self, item: &Item<'_>) -> Result<Outcome, Error> {
        lock(&self.folders).remove(item.path);
        Ok(Outcome::of(Ending::Written))
    }

    fn finish(&self) -> Result<(), Error> {
        Ok(())
    }
}

fn skipped() -> Outcome {
    Outcome::of(Ending::Skipped(Note::new(&SKIPPED, SKIPPED.meaning)))
}

/// The nearest folder above `place`, or it itself, that is there.
fn above(place: &Path) -> Option<&Path> {
    let place = place.ancestors().find(|place| place.exists())?;
    Some(match place.as_os_str().is_empty() {
        true => Path::new("."),
        false => place,
    })
}

/// Whether names that differ in case only would be one there, found out with those that are there.
fn folds_case(destination: &Path) -> bool {
    let fallback = cfg!(any(windows, target_os = "macos"));
    let Some(there) = above(destination).and_then(|place| place.canonicalize().ok()) else {
        return fallback;
    };
    let Some((name, parent)) = there.file_name().zip(there.parent()) else {
        return fallback;
    };
    let text = name.to_string_lossy();
    let other = text.to_uppercase();
    let other = if other == text {
        text.to_lowercase()
    } else {
        other
    };
    if other == text {
        return fallback;
    }
    same_file::is_same_file(&there, parent.join(other)).unwrap_or(false)
}
