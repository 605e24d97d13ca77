//! Messages of Hyper-V that a restore meets, for `explain`.
//!
//! They are known by their number, where they have one, or by words that the English text has. The
//! meanings and remedies are ours.

/// A message of Hyper-V, or of what a backup product says in its name.
#[derive(Debug, PartialEq, Eq)]
pub struct Message {
    /// Its number as Hyper-V prints it: a message id, a job's error, an HRESULT; or a name for it.
    pub id: &'static str,
    /// What its text has, each of them in this order, lower case; empty where the number is enough.
    text: &'static [&'static str],
    /// What has happened, in one clause.
    pub meaning: &'static str,
    /// What to do next.
    pub remedy: &'static str,
}

const fn message(
    id: &'static str,
    text: &'static [&'static str],
    meaning: &'static str,
    remedy: &'static str,
) -> Message {
    Message {
        id,
        text,
        meaning,
        remedy,
    }
}

/// The messages that are known.
pub static MESSAGES: &[Message] = &[
    message(
        "33012",
        &["could not find ethernet switch"],
        "a network adapter is connected to a virtual switch that this host does not have",
        "run import.ps1 with -SwitchMap; by hand: Connect-VMNetworkAdapter -SwitchName, or Disconnect-VMNetworkAdapter, on the incompatibility's Source",
    ),
    message(
        "40010",
        &["the device at", "could not be opened"],
        "a disk or CD image is not at the path that the configuration records",
        "an image: Set-VMDvdDrive -Path $null; a disk: Set-VMHardDiskDrive -Path with the restored file; run hvrestore doctor on the backup to see which files are in it",
    ),
    message(
        "40004",
        &["could not find state file"],
        "the configuration counts on a saved state (.vsv) that is not there",
        "Remove-VMSavedState on the incompatibility's Source, or restore with --no-saved-state; what was only in memory is lost",
    ),
    message(
        "40006",
        &["could not find memory file"],
        "the configuration counts on saved memory (.bin) that is not there",
        "Remove-VMSavedState on the incompatibility's Source, or restore with --no-saved-state; what was only in memory is lost",
    ),
    message(
        "processors out of range",
        &["number of processors", "out of range"],
        "the machine, or one of its checkpoints, has more processors than this host",
        "Set-VMProcessor -VM $report.VM -Count N; if a checkpoint has them, restore with --as-of now, which leaves the checkpoints out",
    ),
    message(
        "saved state of another processor",
        &["saved state", "processor"],
        "the saved memory is of a processor that this host's is not compatible with",
        "choose Turn Off (older hosts: Power off), not Shut Down, and start again; or restore with --no-saved-state; both lose what was only in memory",
    ),
    message(
        "saved state cannot be read",
        &["saved state", "cannot be read"],
        "the saved memory is damaged, incomplete, or of another version of Windows",
        "Remove-VMSavedState, then start; or restore with --no-saved-state; what was only in memory is lost",
    ),
    message(
        "identifier exists",
        &["identifier", "already exists"],
        "a machine of this id is registered on the host already",
        "if that one is to stay, import a copy with a new id (import.ps1 -Mode Copy, or restore --new-id); else copy its files aside first and remove it with Remove-VM",
    ),
    message(
        "32784",
        &["version", "not supported"],
        "the host does not accept the machine's configuration version",
        "hvrestore doctor SOURCE lists the hosts that do; else restore --as-of now, whose import.ps1 makes a new machine around the disks",
    ),
    message(
        "no machine in the folder",
        &["no virtual machine", "found"],
        "the wizard found no configuration there that this host accepts",
        "run hvrestore doctor SOURCE --host with this host's release: the version may be too old or too new; else choose the folder that holds Virtual Machines",
    ),
    message(
        "32769",
        &[],
        "a job of Hyper-V was denied access",
        "run PowerShell as administrator, and let import.ps1 give the machine its rights on the files",
    ),
    message(
        "32773",
        &["a parameter that is not valid was passed"],
        "Compare-VM or Import-VM was given something it cannot take: a folder instead of the configuration, or a .vmcx on 2012 R2",
        "give the path of the .vmcx or .xml itself; hvrestore doctor SOURCE --host 2012r2 tells whether that host reads it",
    ),
    message(
        "32774",
        &[],
        "the machine or one of its files is in use",
        "end backups, merges and mounts that hold it, and try again",
    ),
    message(
        "32779",
        &[],
        "a file is in use by something else",
        "look whether a disk is attached or mounted (Dismount-VHD), and try again",
    ),
    message(
        "4096",
        &[],
        "as an answer of WMI: a job was started, which is no error; as an event of VMMS: a configuration can no longer be reached",
        "wait for the job; for the event, look whether the machine's folder is there and may be read",
    ),
    message(
        "0x80070005",
        &["general access denied error"],
        "the machine's own account may not open its disk or folder",
        "icacls FILE /grant \"NT VIRTUAL MACHINE\\GUID:(F)\" for every file of every chain and the folder, as import.ps1 does; attaching the disk anew in the settings does it too",
    ),
    message(
        "0xC03A000D",
        &["parent virtual hard disk", "not found"],
        "the parent of a differencing disk is not where the disk says",
        "put all files of the chain into one folder under their own names; hvrestore chain shows which belongs to which, hvrestore relink writes a new parent into a copy",
    ),
    message(
        "0xC03A000E",
        &["chain of virtual hard disks is corrupted"],
        "the parent is not the one that the differencing disk was made on, or was written to since",
        "run hvrestore chain to see what differs; look for the right parent in the backup with --search; Set-VHD -IgnoreIdMismatch is only safe where the parent's blocks are certainly unchanged",
    ),
    message(
        "0xC03A0016",
        &[],
        "the parent of a differencing disk may not be opened",
        "give the machine its rights on every file of the chain, as import.ps1 does",
    ),
    message(
        "0xC03A0017",
        &[],
        "parent and differencing disk have different sizes",
        "the parent was resized after the checkpoint; hvrestore reads the chain all the same: restore --as-of makes one disk of it",
    ),
    message(
        "0xC03A0019",
        &[],
        "a file further down the chain is at fault",
        "run hvrestore chain: it names the file and what mends it",
    ),
    message(
        "0xC03A001A",
        &["virtual disk system limitation"],
        "the file is compressed, encrypted or marked as sparse, or has integrity streams on ReFS: Hyper-V takes none of these",
        "on the host: compact /u FILE, cipher /d FILE, fsutil sparse setflag FILE 0, or Set-FileIntegrity FILE -Enable $false; then start again",
    ),
    message(
        "file or directory is corrupted",
        &["file or directory is corrupted"],
        "what was opened is no whole disk: a differencing disk that was renamed to .vhdx, or a damaged one",
        "give .avhdx files their names back and run hvrestore chain on the folder",
    ),
    message(
        "key protector",
        &["key protector", "could not be"],
        "the machine's virtual TPM is locked with keys of its old host",
        "bring the certificates of 'Shielded VM Local Certificates' with their private keys from the old host; without them the virtual TPM is lost, and BitLocker asks for its recovery key",
    ),
    message(
        "conflicting operation",
        &["conflicting operation"],
        "a backup found the machine busy with another one: a backup, a merge, a checkpoint; this belongs to the time of the backup, and says nothing of the files",
        "run the backup again when the other has ended; give jobs on one machine different times, and if two products back it up, have one wait for the other with its Before and After commands; hvrestore doctor SOURCE tells whether the files at hand are whole",
    ),
];

/// The messages that `text`, pasted from a log or a window, has in it.
#[must_use]
pub fn find(text: &str) -> Vec<&'static Message> {
    let text = text.to_lowercase();
    let words: Vec<&str> = text
        .split(|char: char| !char.is_ascii_alphanumeric())
        .collect();
    let is_meant = |message: &&Message| {
        let by_number = is_number(message.id) && words.contains(&&*message.id.to_lowercase());
        by_number || text == message.id || has_all(&text, message.text)
    };
    MESSAGES.iter().filter(is_meant).collect()
}

/// Whether an id is a number, and not a name.
fn is_number(id: &str) -> bool {
    id.starts_with(|char: char| char.is_ascii_digit())
}

/// Whether `text` has all `parts`, in their order.
fn has_all(text: &str, parts: &[&str]) -> bool {
    let mut rest = text;
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else {
            return false;
        };
        rest = after;
    }
    !parts.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str) -> Vec<&'static str> {
        find(text).iter().map(|message| message.id).collect()
    }

    #[test]
    fn messages_are_found_by_number_and_by_text() {
        assert_eq!(ids("MessageId 33012"), ["33012"]);
        assert_eq!(ids("Could not find Ethernet switch 'Lab'."), ["33012"]);
        assert_eq!(
            ids(r"The device at 'D:\iso\win.iso' could not be opened."),
            ["40010"]
        );
        assert_eq!(
            ids("'General access denied error' (0x80070005)"),
            ["0x80070005"]
        );
        assert_eq!(ids("failed: 0xc03a000e"), ["0xC03A000E"]);
        assert_eq!(ids("error 133012, or could open the device at"), [""; 0]);
    }

    #[test]
    fn r23_a_conflicting_operation_belongs_to_the_backups_time() {
        let pasted = "The virtual machine 'web01' cannot perform a conflicting operation. Try the backup again.";
        let found = find(pasted);
        assert_eq!(found.len(), 1);
        assert!(found[0].meaning.contains("time of the backup"));
        assert!(found[0].remedy.contains("Before and After commands"));
    }

    #[test]
    fn each_is_found_by_what_it_says_and_by_its_id() {
        for message in MESSAGES {
            assert!(find(message.id).contains(&message), "{}", message.id);
            let text = message.text.join(" x ").to_uppercase();
            assert!(
                message.text.is_empty() || find(&text).contains(&message),
                "{text}"
            );
            for text in [message.meaning, message.remedy] {
                assert!(text.len() > 10 && !text.ends_with('.'), "{text}");
            }
        }
    }
}
