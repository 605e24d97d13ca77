//! Every code there is, in one table, and the command line's own.

use blockio::Code;

pub mod hyper_v;

/// The command line's own codes (HV-x8xx).
pub mod cli {
    blockio::codes! {
        /// The source is not there.
        NO_SOURCE = "HV-E801": "the source was not found"
            => "check the path; on Windows quote paths with spaces, on Linux mind upper and lower case";
        /// No disk among the files.
        NO_DISK = "HV-E802": "no virtual disk was found among the files of the source"
            => "point at the folder that holds the .vhdx, .avhdx, .vhd or .avhd files, or at one of them; add further folders with --search";
        /// No volume that can be read.
        NO_VOLUME = "HV-E803": "no volume that can be read was found on these disks"
            => "run inspect on the source: it names what each partition holds";
        /// Nothing matched.
        NO_MATCH = "HV-E804": "nothing matched"
            => "list the folder with ls, or look for the name with find; another checkpoint may still have it (--checkpoint)";
        /// More than one candidate.
        AMBIGUOUS = "HV-E805": "more than one candidate fits and none was chosen"
            => "choose one of the candidates listed: --vm, --checkpoint, --disk, --volume, or a path that begins with disk0/part2";
        /// No such state.
        NO_STATE = "HV-E806": "no state of this backup has that name"
            => "run chain on the source: it lists every state there is";
        /// A letter that no volume answers to.
        NO_LETTER = "HV-E807": "no volume of this backup is known by that letter"
            => "the volume may be on a disk that is not in this backup; run inspect to see what is there, and address volumes as disk0/part2 or label=NAME";
        /// A directory where a file is needed.
        IS_DIRECTORY = "HV-E808": "a directory, where a file is needed"
            => "name a file in it, or use extract for whole folders";
        /// A pattern that cannot be read.
        BAD_PATTERN = "HV-E809": "the pattern cannot be read"
            => "quote it so that the shell leaves it alone; the help of the command shows the forms there are";
        /// No such machine.
        NO_MACHINE = "HV-E831": "no virtual machine of this backup is the one that was named"
            => "name one of those listed with --vm, by its name, its GUID or a pattern with *; inspect shows what each is";
        /// A disk file that was tied to a drive by its place in the chain.
        DISK_INFERRED = "HV-W832": "a disk file does not have the name that the configuration records; its place in the chain tied it to its drive"
            => "compare what inspect shows of it with the machine that you know; if another file is meant, say so with --assign 'CHECKPOINT=FILE'";
        /// A state that was written after what builds on it.
        PARENT_NEWER = "HV-W834": "a state was written after the state that builds on it was begun"
            => "somebody mounted or started the older disk by itself, or files of different backups lie together: check what was extracted, or restore the set again from one backup";
        /// A disk that the guest had from the network.
        IN_GUEST_ISCSI = "HV-W836": "the guest logged on to iSCSI disks by itself, and those are in no backup of the machine's files"
            => "restore their data from a backup that was made inside the guest, or from the storage itself; drive letters on them mean nothing here";
        /// An older state is read.
        OLDER_STATE = "HV-W810": "an older state of the machine is read, newer data exists"
            => "leave out --checkpoint and --at to read the newest state";
        /// A volume could not be opened.
        VOLUME_SKIPPED = "HV-W811": "a volume could not be opened and was left out"
            => "the other volumes were served; try an older checkpoint for this one";
        /// A link accepted by the operator.
        LINK_ACCEPTED = "HV-W812": "a link of the chain was accepted although the identifiers differ"
            => "check what was extracted before you rely on it: parent and child may be of different times";
        /// A letter of a device that is on no disk of the backup.
        LETTER_ELSEWHERE = "HV-E830": "the drive with that letter is not on a disk of this backup"
            => "restore the disk that holds it from the backup too and name its folder with SOURCE or --search; a CD, a USB or a network drive is in no backup of the machine";
        /// Text that no code or message matches.
        UNKNOWN_CODE = "HV-E814": "no code of hvrestore has that name, and no known message of Hyper-V"
            => "explain without an argument lists all codes, explain hyper-v the messages";
        /// Arguments that make no sense.
        USAGE = "HV-E815": "the arguments do not fit together"
            => "the command's --help shows what it takes, with examples";
        /// A volume that is not there.
        NO_SUCH_VOLUME = "HV-E816": "no volume of this backup is the one that was named"
            => "name one of those listed, as disk0/part2 or label=NAME; inspect shows what the other partitions hold";
        /// A list of paths that cannot be read.
        NO_LIST = "HV-E817": "the list of paths cannot be read"
            => "--files-from takes a file with a path a line, or - for standard input; with -0 paths that end with NUL";
        /// A listed path that is not there.
        NOT_IN_STATE = "HV-E818": "no such path in this state of the volume"
            => "look for its name with find, or in another state (--checkpoint); the other paths of the list were restored";
        /// A filter that leaves nothing.
        ALL_FILTERED = "HV-E819": "the filters leave nothing of what was selected"
            => "look with find and the same filters at what they leave; --exclude wins over --include, and patterns with a slash count from the volume's root";
        /// A file system that keeps no trace of deleted files.
        NO_TRACE = "HV-E821": "this file system keeps no trace of deleted files that can be read"
            => "look for the file in an older state (--checkpoint), where it may still be there";
    }
}

/// Every code of the product, sorted by its number.
#[must_use]
pub fn all() -> Vec<&'static Code> {
    let crates = [
        blockio::codes::ALL,
        cli::ALL,
        crate::apply::codes::ALL,
        disk::codes::ALL,
        crate::relink::codes::ALL,
        crate::sink::codes::ALL,
        crate::vmset::codes::ALL,
        crate::vmset::find::codes::ALL,
        crate::vmset::preflight::codes::ALL,
        hive::codes::ALL,
        ntfs::codes::ALL,
        partition::codes::ALL,
        security::codes::ALL,
        tree::codes::ALL,
        vhd::codes::ALL,
        vhdx::codes::ALL,
        vmcx::codes::ALL,
    ];
    let mut codes: Vec<_> = crates.concat();
    codes.sort_by_key(|code| code.id.get(4..).unwrap_or(code.id));
    codes
}

/// The code with this id, letter case and a missing `HV-` aside.
#[must_use]
pub fn find(id: &str) -> Option<&'static Code> {
    let id = id.trim().trim_matches(['[', ']']).to_ascii_uppercase();
    let id = id.strip_prefix("HV-").unwrap_or(&id);
    all()
        .into_iter()
        .find(|code| code.id.strip_prefix("HV-") == Some(id))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_well_formed() {
        let numbers: BTreeSet<_> = all().iter().map(|code| &code.id[4..]).collect();
        assert_eq!(numbers.len(), all().len(), "a number is used twice");
        for code in all() {
            let (head, number) = code.id.split_at(4);
            assert!(["HV-W", "HV-E", "HV-D"].contains(&head), "{code}");
            assert!(
                number.len() == 3 && number.bytes().all(|b| b.is_ascii_digit()),
                "{code}"
            );
        }
    }

    #[test]
    fn each_says_what_happened_and_what_to_do() {
        for code in all() {
            for text in [code.meaning, code.remedy] {
                assert!(text.len() > 10, "{code}: {text:?}");
                assert!(
                    !text.ends_with('.') && text == text.trim(),
                    "{code}: {text:?}"
                );
            }
        }
    }

    #[test]
    fn are_found_however_they_are_written() {
        for text in ["HV-E802", "hv-e802", "[HV-E802]", "E802"] {
            assert_eq!(find(text), Some(&cli::NO_DISK), "{text}");
        }
        assert_eq!(find("HV-E999"), None);
    }
}
