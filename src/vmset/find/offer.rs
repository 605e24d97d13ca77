//! Files that could stand in for a missing disk, named and never taken. vmcx.md D.4.

use std::path::PathBuf;

use super::claim::Claim;
use super::disks::Disks;
use crate::vmset::Slot;

/// A file that could stand in for a missing disk, if the operator says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Number of the state.
    pub state: usize,
    /// The drive.
    pub slot: Slot,
    /// The file.
    pub file: PathBuf,
    /// What it is.
    pub kind: OfferKind,
}

/// What stands in for a missing disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferKind {
    /// The application-consistent state that a backup of 2012 R2 left.
    AutoRecovery,
    /// The disk that the missing one was made on: without what was written after that.
    Parent,
}

impl OfferKind {
    /// What taking it means, for people.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::AutoRecovery => "the application-consistent state that the backup left",
            Self::Parent => {
                "its parent, without what was written after the missing file was made: the normal \
                 state of a backup whose own checkpoint was not kept"
            }
        }
    }
}

/// The files that could stand in for a claim without one.
pub(crate) fn of(claim: &Claim, state: usize, disks: &Disks) -> Vec<Offer> {
    let name = claim.recorded.file_name();
    let (Some(base), None) = (base_of(name), &claim.tie) else {
        return Vec::new();
    };
    let (avhd, parent) = match name.ends_with(".avhd") {
        true => ("avhd", "vhd"),
        false => ("avhdx", "vhdx"),
    };
    let wanted = [
        (
            format!("{base}-autorecovery.{avhd}"),
            OfferKind::AutoRecovery,
        ),
        (format!("{base}.{parent}"), OfferKind::Parent),
    ];
    let offer = |(name, kind): (String, OfferKind)| match disks.named(&name) {
        [file] => Some(Offer {
            state,
            slot: claim.slot,
            file: disks.get(*file).path.clone(),
            kind,
        }),
        _ => None,
    };
    wanted.into_iter().filter_map(offer).collect()
}

/// The name before the id that Hyper-V gives a checkpoint's file: `web` of `web_<GUID>.avhdx`.
fn base_of(name: &str) -> Option<&str> {
    let (stem, ending) = name.rsplit_once('.')?;
    let (base, id) = stem.rsplit_once('_')?;
    let is_checkpoint = matches!(ending, "avhdx" | "avhd") && uuid::Uuid::try_parse(id).is_ok();
    is_checkpoint.then_some(base)
}

#[cfg(test)]
mod tests {
    use super::base_of;

    #[test]
    fn only_names_that_hyper_v_gives_have_a_base() {
        let id = "49c4baf3-0d50-4b4c-a1d8-4c7c1d2a3f10";
        assert_eq!(base_of(&format!("web_1_{id}.avhdx")), Some("web_1"));
        assert_eq!(base_of(&format!("web_{id}.avhd")), Some("web"));
        for name in [format!("web_{id}.vhdx"), "web_1.avhdx".into(), "web".into()] {
            assert_eq!(base_of(&name), None, "{name}");
        }
    }
}
