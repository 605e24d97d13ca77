//! `RESTORED.md`: what was restored, what is missing, what to do next.

use std::fmt::Write;

use vmcx::{DeviceKind, Generation};

use super::facts::{Facts, Fate, MemoryFate, StateFacts, StateKind, Way};
use super::markdown::{code, plain};
use super::{markdown, words};
use crate::vmset::ModeKind;
use crate::vmset::preflight::Level;

/// The text of `RESTORED.md`, to be written into the machine's folder.
#[must_use]
pub fn restored(facts: &Facts) -> String {
    let sections = [
        what(facts),
        states(facts),
        missing(facts),
        findings(facts),
        next(facts),
        wizard(facts),
        afterwards(facts),
        UNPROVEN.to_owned(),
    ];
    sections
        .into_iter()
        .filter(|section| !section.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Said of every set: nobody has yet seen a host take one.
const UNPROVEN: &str = "## What only a Windows host can prove\n\n\
    That Hyper-V accepts the configuration and the parents of the disks as they are written here, and \
    that the guest starts. `import.ps1 -Check` asks the host, and changes nothing.\n";

fn what(facts: &Facts) -> String {
    let headline = if facts.absent.is_empty() && facts.is_whole {
        "RESTORED"
    } else {
        "RESTORED, NOT COMPLETE"
    };
    let mut text = format!("# {}\n\n**{headline}**\n\n", plain(&facts.name.to_string()));
    for (key, value) in identity(facts) {
        let _ = writeln!(text, "- {key}: {value}");
    }
    text
}

fn identity(facts: &Facts) -> Vec<(&'static str, String)> {
    let generation = match facts.generation {
        Generation::One => "1 (BIOS)",
        Generation::Two => "2 (UEFI)",
    };
    let mut lines = Vec::new();
    if let Some(id) = facts.id {
        lines.push(("id", format!("`{}`", id.to_string().to_uppercase())));
    }
    lines.push(("generation", generation.to_owned()));
    if let Some(version) = facts.version {
        let hosts = facts.hosts.join(", ");
        lines.push((
            "configuration version",
            format!("{}, taken by: {}", words::version(version), plain(&hosts)),
        ));
    }
    lines.push(("backup", mode(facts)));
    if let Some(state) = &facts.merged {
        lines.push((
            "state",
            format!("{}, merged into one file per disk", code(state)),
        ));
    }
    let disks = facts.files.iter().map(|file| code(&file.path));
    lines.push(("disk files", disks.collect::<Vec<_>>().join(", ")));
    lines
}

fn mode(facts: &Facts) -> String {
    let mode = match facts.mode.kind {
        ModeKind::AllCheckpoints => "all checkpoints",
        ModeKind::LatestState => "latest state only",
        ModeKind::NoCheckpoints => "a machine without checkpoints",
        ModeKind::Unknown => "of a mode that nothing tells",
    };
    if facts.mode.evidence.is_empty() {
        return mode.to_owned();
    }
    format!("{mode} ({})", plain(&facts.mode.evidence.join("; ")))
}

fn states(facts: &Facts) -> String {
    let mut text =
        "## States\n\n| state | taken | in this set | saved memory |\n|---|---|---|---|\n"
            .to_owned();
    for state in &facts.states {
        text.push_str(&markdown::row(&[
            name(state),
            taken(state),
            fate(state).to_owned(),
            memory(state),
        ]));
    }
    text
}

fn name(state: &StateFacts) -> String {
    match state.kind {
        StateKind::Now => "now".to_owned(),
        StateKind::Checkpoint => code(&state.name.to_string()).replace('|', "\\|"),
    }
}

fn taken(state: &StateFacts) -> String {
    match state.kind {
        StateKind::Now => String::new(),
        StateKind::Checkpoint => words::time(state.created),
    }
}

fn fate(state: &StateFacts) -> &'static str {
    match state.fate {
        Fate::Kept if state.lacks_disks() => "yes, but not all its disks",
        Fate::Kept => "yes",
        Fate::Absent => "no: not in the backup",
        Fate::MergedAway => "no: a single state was asked for",
    }
}

fn memory(state: &StateFacts) -> String {
    match &state.memory {
        MemoryFate::None => "none".to_owned(),
        MemoryFate::Kept => "kept".to_owned(),
        MemoryFate::Drop { why } => format!("dropped by import.ps1: {}", plain(why)),
    }
}

fn missing(facts: &Facts) -> String {
    if facts.absent.is_empty() {
        return String::new();
    }
    let mut text = "## What is missing\n\n".to_owned();
    for absence in &facts.absent {
        let _ = writeln!(
            text,
            "- **NOT IN THIS BACKUP**: {}. {}. What to do: {} ({})",
            plain(&words::absence(absence)),
            plain(&absence.reason),
            plain(absence.code.remedy),
            absence.code
        );
    }
    text
}

/// Pre-flight's rows but those that pass.
fn findings(facts: &Facts) -> String {
    let mut rows = facts
        .rows
        .iter()
        .filter(|row| row.level != Level::Pass)
        .peekable();
    if rows.peek().is_none() {
        return String::new();
    }
    let mut text = "## Before the import\n\n".to_owned();
    for row in rows {
        let word = row.level.word();
        let topic = row.topic.word();
        let remedy = row.remedy.as_deref().unwrap_or("nothing to be done");
        let _ = writeln!(
            text,
            "- {word}: {topic}: {}. What to do: {}",
            plain(&row.reason),
            plain(remedy)
        );
    }
    text
}

fn next(facts: &Facts) -> String {
    let mut text = "## Next\n\nOn the Hyper-V host, in Windows PowerShell as administrator, in this folder:\n\n\
        ```powershell\n\
        Set-ExecutionPolicy -Scope Process Bypass\n\
        .\\import.ps1 -Check    # a rehearsal, changes nothing\n\
        .\\import.ps1\n```\n\n\
        `Get-Help .\\import.ps1 -Full` tells of switches, copies, names, saved state. Network adapters stay \
        disconnected and the machine stays off unless asked otherwise. A machine of the same id that the host has \
        already is never touched.\n"
        .to_owned();
    if let Way::Anew { why } = &facts.way {
        let _ = write!(
            text,
            "\nThe script makes a new machine around the disks: {}.\n",
            plain(why)
        );
    }
    if let Some(place) = &facts.fits {
        let _ = write!(
            text,
            "\nThe configuration expects this folder to be {}.\n",
            code(&place.to_string())
        );
    }
    text
}

/// The way through Hyper-V Manager, where it cannot go wrong.
fn wizard(facts: &Facts) -> String {
    let stops = facts.wizard_stops();
    if stops.is_empty() {
        let place = facts
            .fits
            .as_ref()
            .map_or_else(String::new, |place| code(&place.to_string()));
        return format!(
            "## With Hyper-V Manager\n\nWizard-ready, if this folder is {place}: Import Virtual Machine, this folder, \
             \"Register the virtual machine in-place\". See that no machine of this id is there, and look at the \
             switch of each network adapter before the first start.\n"
        );
    }
    let mut text = "## Not with Hyper-V Manager's wizard\n\nIt would go wrong here, or bind the disks of a running \
        machine:\n\n"
        .to_owned();
    for stop in stops {
        let _ = writeln!(text, "- {}", plain(&stop));
    }
    text
}

fn afterwards(facts: &Facts) -> String {
    let mut lines = vec![start(facts)];
    if facts.clustered {
        lines.push("It was a role of a failover cluster: take its old role offline in Failover Cluster Manager before the import, and make the imported machine a role afterwards: `Add-ClusterVirtualMachineRole -VMId ID`.".to_owned());
    }
    if facts.domain_controller {
        lines.push("Its guest is a domain controller: start it isolated, use now, and never apply an older checkpoint where other controllers run.".to_owned());
    }
    if facts.replication.is_some() {
        lines.push("It took part in Hyper-V Replica: `import.ps1` removes replication from the imported machine. It is crash-consistent at best.".to_owned());
    }
    if facts
        .devices
        .iter()
        .any(|device| device.kind == DeviceKind::Tpm)
    {
        lines.push("If it uses its virtual TPM, it starts only where the old host's guardian certificates are: \"Shielded VM Local Certificates\" of the local computer, with their private keys.".to_owned());
    }
    format!("## Afterwards\n\n{}\n", lines.join("\n\n"))
}

/// Start now; the newest checkpoint is for those who want to lose what came after it.
fn start(facts: &Facts) -> String {
    let id = facts
        .id
        .map_or_else(|| "ID".to_owned(), |id| id.to_string().to_uppercase());
    let start = format!("`Get-VM -Id {id} | Start-VM`");
    let Some(newest) = facts.newest_checkpoint() else {
        return format!("Start it: {start}");
    };
    let line = format!(
        "`Get-VMSnapshot -Id {} | Restore-VMSnapshot`",
        newest.id.to_string().to_uppercase()
    );
    let checkpoint = code(&newest.name.to_string());
    let taken = words::time(newest.created);
    if facts.now_lacks_disks() {
        return format!(
            "The disks of now are not in the backup. Go back to the newest checkpoint, {checkpoint} of {taken}: {line}, then start it: {start}"
        );
    }
    format!(
        "Start now: {start}\n\nOnly to go back to the newest checkpoint, {checkpoint}, which discards all writes since {taken}: {line}"
    )
}

#[cfg(test)]
mod tests {
    use super::super::sample::{ABSENT, anew, id, name_of, troubled, web01};
    use super::*;
    use vmcx::Text;

    #[test]
    fn r10_start_now_comes_first_and_going_back_says_what_it_loses() {
        let text = restored(&web01());
        let start = text.find("Get-VM -Id").unwrap();
        let line = format!(
            "`Get-VMSnapshot -Id {} | Restore-VMSnapshot`",
            name_of(id(3))
        );
        let back = text.find(&line).unwrap();
        assert!(start < back);
        let taken = words::time(web01().states[2].created);
        assert!(text.contains(&format!("discards all writes since {taken}")));
        assert!(taken.starts_with("2024-12-"), "{taken}");
    }

    #[test]
    fn r10_going_back_is_recommended_where_disks_of_now_are_missing() {
        let text = restored(&troubled());
        assert!(text.contains("The disks of now are not in the backup. Go back"));
        assert!(!text.contains("Start now"));
    }

    #[test]
    fn r19_what_is_missing_is_named_with_what_to_do() {
        let text = restored(&troubled());
        assert!(text.contains("**RESTORED, NOT COMPLETE**"));
        assert!(text.contains("**NOT IN THIS BACKUP**: SCSI 0:1, disk of the host"));
        assert!(text.contains(ABSENT.remedy));
        assert!(restored(&web01()).contains("**RESTORED**\n"));
    }

    #[test]
    fn the_wizard_is_told_of_only_where_it_cannot_go_wrong() {
        let mut facts = web01();
        assert!(restored(&facts).contains("## Not with Hyper-V Manager's wizard"));
        facts.fits = Some(r"D:\VMs\web01".into());
        assert_eq!(facts.wizard_stops(), Vec::<String>::new());
        let text = restored(&facts);
        assert!(text.contains(r"Wizard-ready, if this folder is `D:\VMs\web01`"));
        for mut facts in [troubled(), anew()] {
            facts.fits = Some(r"D:\VMs\web01".into());
            assert!(!restored(&facts).contains("Wizard-ready"));
        }
    }

    #[test]
    fn each_reason_against_the_wizard_is_named() {
        let mut facts = troubled();
        facts.new_id = true;
        let stops = facts.wizard_stops().join("\n");
        for reason in [
            "the places that the machine came from",
            "new id",
            "replication",
            "SCSI 0:1 is a disk of its old host",
            "the disk of SCSI 0:2 is not in the backup",
            "saved state of \"before update\" has to be dropped: a link was overridden",
            "checkpoint \"lost\" is not in the backup",
        ] {
            assert!(stops.contains(reason), "{reason}: {stops}");
        }
        assert!(anew().wizard_stops()[0].contains("does not take version 5.0"));
        assert!(
            anew()
                .wizard_stops()
                .join("")
                .contains("is not in this set, which has a single state")
        );
    }

    #[test]
    fn r35_hostile_names_stay_text_in_markdown() {
        let mut facts = troubled();
        facts.name = Text::from("x\n# y <script> [a](b) | `c`");
        facts.states[1].name = Text::from("a | b ``c`` \u{202E}d");
        let text = restored(&facts);
        let headline = text.lines().next().unwrap();
        assert_eq!(headline, r"# x\\u{a}\# y \<script\> \[a\](b) \| \`c\`");
        assert!(text.contains(r"```a \| b ``c`` \u{202e}d```"));
        assert!(!text.contains('\u{202E}'));
    }

    #[test]
    fn a_machine_made_anew_has_no_checkpoint_to_go_back_to() {
        let text = restored(&anew());
        assert!(!text.contains("Restore-VMSnapshot"));
        assert!(
            text.contains(
                "makes a new machine around the disks: Windows Server 2022 does not take"
            )
        );
        assert!(text.contains("`now`, merged into one file per disk"));
    }
}
