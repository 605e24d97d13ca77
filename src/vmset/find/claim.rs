//! What configurations say about disks: each drive claims a file.

use vmcx::{Attachment, Text};

use super::configs::Loaded;
use super::recorded::{Recorded, names_of};
use crate::vmset::{How, Slot};

/// One drive of one configuration, and the file that it is taken to mean.
pub(crate) struct Claim {
    /// Number of the machine.
    pub(crate) owner: usize,
    /// Number of the configuration.
    pub(crate) config: usize,
    /// The drive.
    pub(crate) slot: Slot,
    /// The path as it is recorded.
    pub(crate) text: Text,
    /// The same, taken apart.
    pub(crate) recorded: Recorded,
    /// When the checkpoint was taken; `None` of now, which is always newest.
    pub(crate) taken: Option<u64>,
    /// Whether it is of the running state.
    pub(crate) is_now: bool,
    /// Whether several machines may have it at once.
    pub(crate) is_shared: bool,
    /// Where the configuration is.
    pub(crate) near: Vec<String>,
    /// Number of the file, and how it was found.
    pub(crate) tie: Option<(usize, How)>,
    /// Why it has none, as far as it has none.
    pub(crate) why: Why,
}

/// Why a claim has no file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Why {
    /// No file of that name, and none whose place in the chain says that it is meant.
    #[default]
    NotHere,
    /// The one file of that name is another's: of the recorded path that fits its folder better.
    Others {
        /// The file.
        file: usize,
        /// The other path, or the other machine.
        other: String,
    },
    /// The one file of that name may be another's, or is.
    Overwritten {
        /// The file.
        file: usize,
        /// The other path, or the other machine.
        other: String,
    },
    /// Several files are as likely.
    Several(Vec<usize>),
    /// The one file that its place in the chain speaks for was written too late.
    TooNew {
        /// The file.
        file: usize,
        /// When its guest last wrote, in 100 ns since 1601.
        written: u64,
    },
}

impl Claim {
    /// The claims of `config`, which is the configuration of this number.
    pub(crate) fn all(config: usize, owner: usize, loaded: &Loaded) -> Vec<Self> {
        let near = names_of(&loaded.true_path);
        let controllers = loaded.configuration().controllers.iter();
        let drives = controllers.flat_map(|controller| {
            let slot = |location| Slot {
                controller: controller.kind,
                number: controller.number,
                location,
            };
            let drives = controller.drives.iter();
            drives.map(move |drive| (slot(drive.location), drive))
        });
        let mut claims: Vec<Self> = drives
            .filter_map(|(slot, drive)| {
                let Attachment::Disk(text) = &drive.attachment else {
                    return None;
                };
                let recorded = Recorded::from(text);
                Some(Self {
                    owner,
                    config,
                    slot,
                    text: text.clone(),
                    taken: loaded.taken(),
                    is_now: !loaded.is_checkpoint,
                    is_shared: drive.shared || recorded.file_name().ends_with(".vhds"),
                    near: near.clone(),
                    recorded,
                    tie: None,
                    why: Why::default(),
                })
            })
            .collect();
        claims.sort_by_key(|claim| claim.slot);
        claims
    }

    /// The file that it is taken to mean.
    pub(crate) fn file(&self) -> Option<usize> {
        self.tie.as_ref().map(|(file, _)| *file)
    }

    /// Takes the file away from it.
    pub(crate) fn untie(&mut self, why: Why) {
        self.tie = None;
        self.why = why;
    }

    /// Whether it is of the same drive of the same machine, in whatever state.
    pub(crate) fn is_same_drive(&self, other: &Self) -> bool {
        (self.owner, self.slot) == (other.owner, other.slot)
    }

    /// What orders the states of a drive: the time of the checkpoint, now last.
    pub(crate) fn order(&self) -> (bool, Option<u64>, usize) {
        (self.is_now, self.taken, self.config)
    }
}
