//! How consistent the disks of a state are with each other, with memory, and with the programs that wrote
//! to them. vmcx.md G.
//!
//! No file of a backup says "application-consistent" in so many words. So that word needs positive
//! evidence; where there is none, the verdict is that it is not provable, and never the better one.

use tree::Time;
use vmcx::Configuration;

use super::{MachineState, SavedMemory, Tie};

/// How consistent a state is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The disks go with saved memory: the machine goes on where it stopped.
    SavedWithMemory,
    /// Programs had been asked to write what they held (VSS in the guest).
    ApplicationConsistent,
    /// The guest had shut down.
    ShutDown,
    /// As after a power failure.
    CrashConsistent,
    /// Nothing here tells.
    NotProvable,
}

/// A verdict, and what speaks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consistency {
    /// The verdict.
    pub verdict: Verdict,
    /// What speaks for it, a clause each, for people.
    pub evidence: Vec<String>,
}

/// What the guest's volumes say of the state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VolumeSigns {
    /// How many of its volumes could be read.
    pub read: usize,
    /// The volumes that were not cleanly shut down, and why.
    pub dirty: Vec<(String, String)>,
    /// When the guest last wrote, or a time at which it did.
    pub last_written: Option<Time>,
    /// Whether all its files were looked at for that, so that it did not write later.
    pub all_seen: bool,
    /// When the guest was last shut down, by its registry.
    pub last_shutdown: Option<Time>,
}

/// A shutdown ends a little after the time that it records.
const SHUTDOWN_TAKES: i64 = 10 * 60 * 10_000_000;

impl Verdict {
    /// The words for people, and for JSON.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::SavedWithMemory => "saved with its memory",
            Self::ApplicationConsistent => "application-consistent",
            Self::ShutDown => "shut down",
            Self::CrashConsistent => "crash-consistent",
            Self::NotProvable => "not provable",
        }
    }
}

impl Consistency {
    /// The verdict on `state`. `configuration` is its own, or else the machine's.
    #[must_use]
    pub fn of(
        state: &MachineState,
        configuration: Option<&Configuration>,
        signs: &VolumeSigns,
    ) -> Self {
        let found = by_memory(state.memory.as_ref())
            .or_else(|| configuration.and_then(by_replica))
            .or_else(|| by_auto_recovery(state))
            .unwrap_or_else(|| by_volumes(signs));
        match configuration.filter(|told| is_on_cluster(told)) {
            Some(_) if found.verdict == Verdict::ApplicationConsistent => found.capped(),
            _ => found,
        }
    }

    fn new(verdict: Verdict, evidence: impl IntoIterator<Item = String>) -> Self {
        Self {
            verdict,
            evidence: evidence.into_iter().collect(),
        }
    }

    /// On a cluster shared volume another node may have written after the programs had been asked.
    fn capped(mut self) -> Self {
        self.verdict = Verdict::NotProvable;
        let why = "its disks are on a cluster shared volume, where that proves nothing";
        self.evidence.push(why.into());
        self
    }
}

fn by_memory(memory: Option<&SavedMemory>) -> Option<Consistency> {
    let memory = memory?;
    let evidence = vec![memory.evidence.clone()];
    Some(match memory.incomplete {
        false => Consistency::new(Verdict::SavedWithMemory, evidence),
        true => {
            let lost = "the memory is not here, so that the disks are as after a power failure";
            let evidence = evidence.into_iter().chain([lost.into()]);
            Consistency::new(Verdict::CrashConsistent, evidence)
        }
    })
}

fn by_replica(configuration: &Configuration) -> Option<Consistency> {
    configuration.replication.as_ref()?;
    let why =
        "the machine took part in Hyper-V Replica, whose copies are only ever crash-consistent";
    Some(Consistency::new(Verdict::CrashConsistent, [why.into()]))
}

/// A 2012 R2 host writes this file while the guest's programs are asked.
fn by_auto_recovery(state: &MachineState) -> Option<Consistency> {
    let is_one = |disk: &super::StateDisk| match &disk.tie {
        Tie::File { path, .. } => {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            stem.to_lowercase().ends_with("-autorecovery")
        }
        Tie::Missing { .. } => false,
    };
    let all = !state.disks.is_empty() && state.disks.iter().all(is_one);
    all.then(|| {
        let why =
            "its disks are the -AutoRecovery files that a backup through the guest's VSS leaves";
        Consistency::new(Verdict::ApplicationConsistent, [why.into()])
    })
}

fn by_volumes(signs: &VolumeSigns) -> Consistency {
    if !signs.dirty.is_empty() {
        let dirty = signs.dirty.iter();
        let dirty = dirty.map(|(volume, why)| format!("{volume} was in use: {why}"));
        let more = "nothing here proves that programs were asked to write what they held";
        return Consistency::new(Verdict::CrashConsistent, dirty.chain([more.into()]));
    }
    if signs.read == 0 {
        let why = "no volume of the guest could be read";
        return Consistency::new(Verdict::NotProvable, [why.into()]);
    }
    let clean = "every volume that can be read was cleanly shut down";
    let off = signs.last_shutdown.zip(signs.last_written);
    match off.filter(|(off, written)| written.0 <= off.0.saturating_add(SHUTDOWN_TAKES)) {
        Some(_) if !signs.all_seen => {
            let why = "not all files were looked at, so that the guest may have run after its last shutdown";
            Consistency::new(Verdict::NotProvable, [clean.into(), why.into()])
        }
        Some(_) => {
            let why = "nothing was written after the shutdown that the registry records";
            Consistency::new(Verdict::ShutDown, [clean.into(), why.into()])
        }
        None => {
            let why = "no sign tells a shutdown, a backup through VSS and a lucky moment apart";
            Consistency::new(Verdict::NotProvable, [clean.into(), why.into()])
        }
    }
}

/// Whether a disk of the machine is on a cluster shared volume, by its recorded path.
#[must_use]
pub fn is_on_cluster(configuration: &Configuration) -> bool {
    let drives = configuration
        .controllers
        .iter()
        .flat_map(|controller| &controller.drives);
    let paths = drives.filter_map(|drive| match &drive.attachment {
        vmcx::Attachment::Disk(path) => Some(path.to_string().to_lowercase()),
        _ => None,
    });
    let mut paths = paths.map(|path| path.replace('/', "\\"));
    paths.any(|path| path.contains(r":\clusterstorage\"))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::vmset::{How, StateDisk, StateKind};

    fn state(files: &[&str], memory: Option<bool>) -> MachineState {
        let disk = |file: &&str| StateDisk {
            slot: None,
            recorded: None,
            tie: Tie::File {
                path: PathBuf::from(*file),
                how: How::Name,
            },
        };
        MachineState {
            number: 0,
            kind: StateKind::Now,
            name: "now".into(),
            created: None,
            parent: None,
            configuration: None,
            disks: files.iter().map(disk).collect(),
            memory: memory.map(|incomplete| SavedMemory {
                files: Vec::new(),
                size: 0,
                evidence: "the .vmrs has it".into(),
                incomplete,
            }),
        }
    }

    fn told(keys: Vec<vmcx::Node>) -> Configuration {
        let root = node("configuration", keys);
        Configuration::of(&root)
    }

    fn node(name: &str, children: Vec<vmcx::Node>) -> vmcx::Node {
        vmcx::Node {
            name: name.into(),
            value: vmcx::Value::Node,
            children,
            flags: 0,
            sequence: 0,
        }
    }

    fn leaf(name: &str, value: vmcx::Value) -> vmcx::Node {
        vmcx::Node {
            value,
            ..node(name, Vec::new())
        }
    }

    /// A configuration with one SCSI disk at this path.
    fn with_disk(path: &str) -> Configuration {
        let text = |text: &str| vmcx::Value::Text(text.into());
        let instance = "0a51b1f0-6b0f-4d2a-9c1e-0123456789ab";
        let drive = node(
            "drive0",
            vec![leaf("type", text("VHD")), leaf("pathname", text(path))],
        );
        let device = node(
            &format!("_{instance}_"),
            vec![node("controller0", vec![drive])],
        );
        let entry = node(
            "vdev001",
            vec![
                leaf("device", text("d422512d-2bf2-4752-809d-7b82b5fcb1b4")),
                leaf("instance", text(instance)),
            ],
        );
        let manifest = node("manifest", vec![leaf("size", vmcx::Value::Int(1)), entry]);
        told(vec![manifest, device])
    }

    fn clean() -> VolumeSigns {
        VolumeSigns {
            read: 2,
            ..VolumeSigns::default()
        }
    }

    fn verdict(state: &MachineState, told: Option<&Configuration>, signs: &VolumeSigns) -> Verdict {
        let found = Consistency::of(state, told, signs);
        assert!(!found.evidence.is_empty(), "each verdict has its evidence");
        found.verdict
    }

    #[test]
    fn r11_saved_memory_decides() {
        let with = |incomplete| state(&["a.avhdx"], Some(incomplete));
        assert_eq!(
            verdict(&with(false), None, &clean()),
            Verdict::SavedWithMemory
        );
        assert_eq!(
            verdict(&with(true), None, &clean()),
            Verdict::CrashConsistent
        );
    }

    #[test]
    fn r11_volumes_in_use_are_crash_consistent() {
        let mut signs = clean();
        signs
            .dirty
            .push(("disk0/part2".into(), "$LogFile is open".into()));
        assert_eq!(
            verdict(&state(&["a.avhdx"], None), None, &signs),
            Verdict::CrashConsistent
        );
    }

    #[test]
    fn r11_clean_volumes_prove_nothing_but_a_shutdown() {
        let bare = state(&["a.avhdx"], None);
        assert_eq!(verdict(&bare, None, &clean()), Verdict::NotProvable);
        assert_eq!(
            verdict(&bare, None, &VolumeSigns::default()),
            Verdict::NotProvable
        );
        let mut off = clean();
        (off.last_shutdown, off.last_written) = (Some(Time(1_000)), Some(Time(2_000)));
        assert_eq!(
            verdict(&bare, None, &off),
            Verdict::NotProvable,
            "a file that was not looked at may be newer"
        );
        off.all_seen = true;
        assert_eq!(verdict(&bare, None, &off), Verdict::ShutDown);
        off.last_written = Some(Time(SHUTDOWN_TAKES + 1_001));
        assert_eq!(
            verdict(&bare, None, &off),
            Verdict::NotProvable,
            "it ran again since"
        );
    }

    #[test]
    fn r11_application_consistent_only_by_positive_evidence_and_never_on_a_cluster() {
        let recovered = state(&["web01-AutoRecovery.avhdx"], None);
        let own = with_disk(r"D:\VMs\web01-AutoRecovery.avhdx");
        assert!(!is_on_cluster(&own));
        assert_eq!(
            verdict(&recovered, Some(&own), &clean()),
            Verdict::ApplicationConsistent
        );
        let shared = with_disk(r"C:\ClusterStorage\Volume1\web01-AutoRecovery.avhdx");
        assert_eq!(
            verdict(&recovered, Some(&shared), &clean()),
            Verdict::NotProvable
        );
    }
}
