//! Why the guest could not be quiesced, so that the backup is only crash-consistent.

use super::codes::NOT_QUIESCED;
use super::facts::Purpose;
use super::{Facts, Row, Topic, VolumeFacts};
use crate::guest::{Service, Start};
use crate::quantity;
use crate::vmset::Machine;

/// Below this no shadow copy can be made of a volume.
const SHADOW: u64 = 300 << 20;
/// What backup products ask for on each volume.
const WISHED: u64 = 2 << 30;
/// A volume smaller than this never has so much free, and is not asked for it.
const LARGE: u64 = 8 << 30;

/// A service that a backup needs in the guest.
struct Needed {
    /// Its name in the registry.
    name: &'static str,
    /// As people know it.
    title: &'static str,
    /// What goes wrong without it.
    effect: &'static str,
    /// Whether it is a part of every Windows; integration services may never have been installed.
    is_basic: bool,
}

const fn basic(name: &'static str, title: &'static str, effect: &'static str) -> Needed {
    Needed {
        name,
        title,
        effect,
        is_basic: true,
    }
}

const NO_SHADOW: &str = "the guest cannot make a shadow copy";
const NO_WRITERS: &str = "programs are not asked to bring their data into order";

const NEEDED: [Needed; 9] = [
    basic("VSS", "Volume Shadow Copy", NO_SHADOW),
    basic(
        "swprv",
        "Microsoft Software Shadow Copy Provider",
        NO_SHADOW,
    ),
    basic("EventSystem", "COM+ Event System", NO_WRITERS),
    basic("COMSysApp", "COM+ System Application", NO_WRITERS),
    basic("RpcSs", "Remote Procedure Call", NO_WRITERS),
    basic("DcomLaunch", "DCOM Server Process Launcher", NO_WRITERS),
    basic(
        "CryptSvc",
        "Cryptographic Services",
        "system files and settings are not brought into order",
    ),
    Needed {
        name: "vmicvss",
        title: "Hyper-V Volume Shadow Copy Requestor",
        effect: "the host cannot ask the guest for a shadow copy",
        is_basic: false,
    },
    Needed {
        name: "vmicheartbeat",
        title: "Hyper-V Heartbeat Service",
        effect: "the host cannot tell that the guest is running",
        is_basic: false,
    },
];

pub(super) fn rows(_: &Machine, facts: &Facts<'_>, rows: &mut Vec<Row>) {
    if !facts.ask_guest {
        return;
    }
    let volumes = &facts.volumes;
    let begin = rows.len();
    for guest in &facts.guests {
        rows.extend(services(&guest.services));
    }
    rows.extend(volumes.iter().filter_map(volume));
    let reasons = rows.len() > begin;
    rows.extend(volumes.iter().filter_map(unclean));
    rows.extend(nothing(facts, reasons));
}

/// A row for each service that is turned off, and one for those of a kind that are not there.
fn services(services: &[Service]) -> Vec<Row> {
    // A registry that could not be read says nothing of what is missing.
    if services.is_empty() {
        return Vec::new();
    }
    let find = |needed: &Needed| {
        let mut services = services.iter();
        services.find(|service| service.name.eq_ignore_ascii_case(needed.name))
    };
    let is_off = |needed: &&Needed| find(needed).is_some_and(|one| one.start == Start::Disabled);
    let mut rows: Vec<_> = NEEDED.iter().filter(is_off).map(off).collect();
    for is_basic in [true, false] {
        let lacks = |needed: &&Needed| needed.is_basic == is_basic && find(needed).is_none();
        let lacking: Vec<_> = NEEDED.iter().filter(lacks).collect();
        rows.extend((!lacking.is_empty()).then(|| not_there(&lacking, is_basic)));
    }
    rows
}

fn off(needed: &Needed) -> Row {
    let Needed {
        name,
        title,
        effect,
        ..
    } = needed;
    let why = format!("the service {title} ({name}) is turned off: {effect}");
    Row::warn(Topic::Guest, &NOT_QUIESCED, why)
        .do_this("let it start in the guest again, then run the backup again")
        .by_hand(format!("sc.exe config {name} start= {}", usual(name)))
}

fn not_there(lacking: &[&Needed], is_basic: bool) -> Row {
    let each = |needed: &&Needed| format!("{} ({})", needed.title, needed.name);
    let names: Vec<_> = lacking.iter().map(each).collect();
    let mut effects: Vec<_> = lacking.iter().map(|needed| needed.effect).collect();
    effects.dedup();
    let why = format!(
        "not installed: {}; {}",
        names.join(", "),
        effects.join(", ")
    );
    let row = Row::warn(Topic::Guest, &NOT_QUIESCED, why);
    match is_basic {
        true => row
            .do_this("repair Windows in the guest, then run the backup again")
            .by_hand("sfc.exe /scannow"),
        false => row.do_this(
            "install the integration services in the guest, and turn on 'Backup (volume checkpoint)' in the machine's settings; then run the backup again",
        ),
    }
}

/// How Windows starts a service by itself.
fn usual(name: &str) -> &'static str {
    match name {
        "EventSystem" | "RpcSs" | "DcomLaunch" | "CryptSvc" => "auto",
        _ => "demand",
    }
}

/// A row for a volume that no shadow copy can be made of.
fn volume(volume: &VolumeFacts) -> Option<Row> {
    let VolumeFacts {
        name,
        kind,
        size,
        free,
        purpose,
        ..
    } = volume;
    let warn = |why: String| Row::warn(Topic::Guest, &NOT_QUIESCED, why);
    match purpose {
        Purpose::Boot => return None,
        Purpose::Dynamic => {
            let why = format!(
                "{name} lies on a dynamic disk (LDM), which Hyper-V backs up only with the machine paused or off"
            );
            return Some(
                warn(why)
                    .do_this("convert it to a basic disk, or back it up from inside the guest"),
            );
        }
        Purpose::Data => {}
    }
    if !has_shadow_copies(kind) {
        let why = format!("{name} is {kind}, of which Windows makes no shadow copies");
        return Some(warn(why).do_this("back it up from inside the guest; a guest that is not Windows is only consistent where its own agent (hv_vss_daemon) froze its file systems"));
    }
    let free = (*free)?;
    let less = match free {
        _ if free < SHADOW => "too little for a shadow copy (300 MB)",
        _ if free < WISHED && *size >= LARGE => "less than the 2 GB that backups ask for",
        _ => return None,
    };
    let why = format!("{name} has {} free, {less}", quantity::size(free));
    Some(warn(why).do_this("make room in the guest, or give its shadow storage another volume (vssadmin add shadowstorage)"))
}

fn has_shadow_copies(kind: &str) -> bool {
    ["NTFS", "ReFS", "BitLocker"]
        .iter()
        .any(|known| kind.starts_with(known))
}

/// What a volume itself says of how it was left.
fn unclean(volume: &VolumeFacts) -> Option<Row> {
    let dirty = volume.dirty.as_ref()?;
    let why = format!("{} was in use when it was saved: {dirty}", volume.name);
    Some(Row::pass(Topic::Guest, why))
}

/// What is said where no reason was found, or nothing could be asked.
fn nothing(facts: &Facts<'_>, reasons: bool) -> Option<Row> {
    if reasons {
        return None;
    }
    let why = match facts.guests.iter().any(|guest| !guest.services.is_empty()) {
        true => {
            "nothing in the guest's registry and volumes keeps a backup from being application-consistent; whether this one is, its own log on the host tells"
        }
        false => {
            "no Windows installation with a registry that can be read was found, so its services are not known"
        }
    };
    Some(Row::pass(Topic::Guest, why))
}

#[cfg(test)]
mod tests {
    use super::super::rows as all_rows;
    use super::super::sample::machine;
    use super::*;
    use crate::guest::Guest;

    fn guest(change: impl FnOnce(&mut Vec<Service>)) -> Guest {
        let service = |needed: &Needed| Service {
            name: needed.name.to_uppercase(),
            start: Start::Manual,
        };
        let mut guest = Guest {
            services: NEEDED.iter().map(service).collect(),
            ..Guest::default()
        };
        change(&mut guest.services);
        guest
    }

    fn reasons(guest: Guest, volumes: Vec<VolumeFacts>) -> Vec<Row> {
        let facts = Facts {
            guests: vec![guest],
            volumes,
            ask_guest: true,
            ..Facts::default()
        };
        let rows = all_rows(&machine(|_| ()), &facts);
        rows.into_iter()
            .filter(|row| row.topic == Topic::Guest)
            .collect()
    }

    fn of(kind: &str, size: u64, free: u64) -> VolumeFacts {
        VolumeFacts {
            name: "C:".into(),
            kind: kind.into(),
            size,
            free: Some(free),
            ..VolumeFacts::default()
        }
    }

    const GIB: u64 = 1 << 30;

    #[test]
    fn r18_a_guest_in_order_has_no_reason() {
        let rows = reasons(guest(|_| ()), vec![of("NTFS 3.1", 100 * GIB, 50 * GIB)]);
        assert_eq!(rows.len(), 1);
        assert!(
            rows[0].code.is_none()
                && rows[0]
                    .reason
                    .starts_with("nothing in the guest's registry")
        );
    }

    #[test]
    fn r18_services_that_are_off_or_not_there_are_reasons() {
        for needed in &NEEDED {
            let off = guest(|services| {
                let of = services
                    .iter_mut()
                    .find(|one| one.name.eq_ignore_ascii_case(needed.name));
                of.expect("it is there").start = Start::Disabled;
            });
            let rows = reasons(off, Vec::new());
            assert_eq!(rows.len(), 1, "{}", needed.name);
            assert!(rows[0].reason.contains(needed.title) && rows[0].reason.contains("turned off"));
            assert!(
                rows[0]
                    .command
                    .as_ref()
                    .unwrap()
                    .starts_with(&format!("sc.exe config {} start= ", needed.name))
            );
        }
        let without = guest(|services| services.retain(|one| one.name != "VMICVSS"));
        let rows = reasons(without, Vec::new());
        assert!(rows[0].reason.contains("not installed"));
        assert!(
            rows[0]
                .remedy
                .as_ref()
                .unwrap()
                .contains("integration services")
        );
    }

    #[test]
    fn r18_free_space_below_300_mb_and_2_gb_is_a_reason() {
        let few = |kind, size, free| reasons(guest(|_| ()), vec![of(kind, size, free)]);
        for (size, free, part) in [
            (100 * GIB, SHADOW - 1, Some("300 MB")),
            (GIB, SHADOW - 1, Some("300 MB")),
            (100 * GIB, WISHED - 1, Some("2 GB")),
            (100 * GIB, WISHED, None),
            (GIB, SHADOW, None),
        ] {
            let rows = few("NTFS 3.1", size, free);
            let told = rows.iter().find(|row| row.code == Some(&NOT_QUIESCED));
            assert_eq!(told.is_some(), part.is_some(), "{size} {free}");
            assert!(part.is_none_or(|part| told.unwrap().reason.contains(part)));
        }
    }

    #[test]
    fn r16_dynamic_disks_are_a_reason_and_boot_volumes_are_none() {
        let as_purpose = |kind: &str, purpose| VolumeFacts {
            purpose,
            ..of(kind, GIB, 1)
        };
        let rows = reasons(guest(|_| ()), vec![as_purpose("LDM", Purpose::Dynamic)]);
        assert!(rows[0].reason.contains("dynamic disk (LDM)"));
        let rows = reasons(guest(|_| ()), vec![as_purpose("FAT32", Purpose::Boot)]);
        assert!(rows[0].code.is_none());
    }

    #[test]
    fn r16_volumes_without_shadow_copies_are_a_reason() {
        for (kind, is_one) in [("exFAT", true), ("ext4", true), ("ReFS 3.4", false)] {
            let rows = reasons(guest(|_| ()), vec![of(kind, 100 * GIB, 50 * GIB)]);
            assert_eq!(rows[0].code.is_some(), is_one, "{kind}");
        }
    }

    #[test]
    fn a_guest_nobody_asked_for_has_no_rows() {
        let rows = all_rows(&machine(|_| ()), &Facts::default());
        assert!(rows.iter().all(|row| row.topic != Topic::Guest));
    }
}
