//! The codes of machines and what is missing of them (HV-x84x, HV-x88x).

blockio::codes! {
    /// A disk of the host.
    PASS_THROUGH = "HV-W840": "a drive of the machine is a disk of the host itself (pass-through): no file of it can be in a backup of the host"
        => "restore its data from a backup made inside the guest; for the future either back it up there, or convert the disk to a VHDX. An import needs the drive removed: import.ps1 does so unless told otherwise";
    /// A disk of several machines.
    SHARED_DISK = "HV-W841": "a disk that the machine shares with others is not in this backup"
        => "restore its data from a backup made inside one of the guests that share it; for the future back it up there, or take it from a backup of the group";
    /// A device of the host.
    HOST_DEVICE = "HV-W842": "the machine uses a device of its host, which no backup holds"
        => "remove the device before the import (Remove-VMAssignableDevice, Remove-VMGpuPartitionAdapter), and assign one of the new host afterwards";
    /// A Fibre Channel adapter.
    FIBRE_CHANNEL = "HV-W843": "the machine reaches disks over a virtual Fibre Channel adapter; they are not in this backup"
        => "restore their data from a backup made inside the guest or of the storage; for the future either back them up there, or move the data to a VHDX";
    /// A disk file that the configuration names.
    DISK_MISSING = "HV-E844": "a disk file that the configuration names is not among the files at hand"
        => "take it from the backup too, or give its folder with --search DIR; where it has another name, say which file it is with --assign";
    /// One name, two disks.
    DISK_OVERWRITTEN = "HV-E845": "two disks of one file name were restored to one folder: one overwrote the other"
        => "restore them from the backup again, to their original folders or to two; if you know whose the file is, say so with --assign";
    /// A parent of a disk.
    PARENT_ABSENT = "HV-E846": "a file that a disk of the machine builds on is not among the files at hand, or is not the right one"
        => "chain on the source tells which file it is and what to do; what the files at hand hold can still be read";
    /// Checkpoints that the configuration counts.
    CHECKPOINTS_ABSENT = "HV-W847": "the configuration knows of more checkpoints than are here"
        => "in a backup of the latest state this is expected, not damage; otherwise take the folder Snapshots from the backup too";
    /// Files of saved memory.
    MEMORY_ABSENT = "HV-W848": "the machine was saved while it ran, and files of its memory are not here"
        => "take the .vmrs, or .bin and .vsv, from the backup too; without them restore with --no-saved-state: the guest starts as after a power cut";
    /// The .vmgs.
    GUEST_STATE_ABSENT = "HV-W849": "the file of firmware settings and virtual TPM (.vmgs) is not here"
        => "take it from the backup too: without it the boot entries are made anew, and keys that a virtual TPM kept are lost, such as BitLocker's";
    /// An image in a CD or diskette drive.
    IMAGE_ABSENT = "HV-W880": "the image in a CD or diskette drive is not here"
        => "nothing to do: the drive is left empty; insert an image again on the new host if the guest needs it";
    /// Several files of that name.
    DISK_AMBIGUOUS = "HV-E881": "several files may be this disk, and nothing decides between them"
        => "move the others away, or say which file it is with --assign";
    /// The same machine or checkpoint twice.
    CONFIG_DIFFERS = "HV-W882": "two different configurations have the same id; one of them was used"
        => "if it is the wrong one, open the other by its own path, or move the wrong one away";
    /// A link that leads out of the source.
    CONFIG_ELSEWHERE = "HV-W883": "a configuration is a link that leads out of the folders that were given, and was not followed"
        => "on the host that the backup came from it leads to the machine in use; where the file is meant, give its folder with --search";
    /// A link that was restored as a file.
    CONFIG_LINK = "HV-W884": "a file with the name of a configuration has nothing in it that is one"
        => "hosts of 2012 R2 and before register a machine by a link: restore the configuration that it leads to, in the machine's own folder";
    /// A name that was inferred against the dates.
    TOO_NEW = "HV-E885": "the file at this disk's place in the chain was written after the checkpoint was taken, and is not taken for it"
        => "restore the checkpoint's own file from the backup again; if the clock of the guest was wrong, say that the file is meant with --assign";
    /// `--assign` that means nothing.
    ASSIGN = "HV-E886": "--assign does not say which disk or which file is meant"
        => "write 'CHECKPOINT=FILE', 'SLOT=FILE' or 'CHECKPOINT/SLOT=FILE', such as 'now/SCSI 0:1=data.vhdx'; inspect lists checkpoints and drives, FILE must be within the source or a folder of --search";
    /// A parent that is newer than its child.
    NEWER_PARENT = "HV-W887": "the guest wrote to an older state after the newer one that builds on it: the older disk was changed after the checkpoint was taken"
        => "do not trust the newer state; read the older one, or look for the unchanged parent in another backup";
    /// The machine's own configuration.
    MACHINE_ABSENT = "HV-E888": "the configuration of the machine itself is not here, only those of its checkpoints"
        => "take the .vmcx or .xml from the folder Virtual Machines of the backup too; without it read the disks, or restore a checkpoint as a machine with --as-of";
    /// A format that is not read.
    EXPORT_OF_2008 = "HV-W889": "a configuration that Windows Server 2008 exported (.exp) was passed over"
        => "nothing later than 2008 R2 imports it: make a new machine of Generation 1 around the disks, which are shown as a machine without configuration";
}
