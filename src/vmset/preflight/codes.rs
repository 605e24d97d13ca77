//! The codes of what stands in the way of an import (HV-x85x to HV-x87x).

blockio::codes! {
    /// The host does not take the configuration.
    HOST_VERSION = "HV-E850": "the host does not accept a machine of this configuration version"
        => "import it on a host that does (the row lists them), or restore one state with --as-of and let import.ps1 make a new machine around its disks";
    /// Which hosts take the configuration cannot be told, or not all do.
    VERSION_LIMITS = "HV-W851": "not every host in use today accepts this configuration version"
        => "say which host is meant with --host, and doctor decides";
    /// There is nothing to import.
    NO_CONFIGURATION = "HV-E852": "there is no configuration that Hyper-V could import"
        => "look for the .vmcx or .xml in the backup and name its folder with --search; without it, make a new machine of the same generation around the disks, which flatten writes as one file each";
    /// A link of a chain that was accepted.
    LINK_BY_WORD = "HV-W855": "a link of a chain holds by the operator's word alone"
        => "Hyper-V refuses a chain whose identifiers differ: restore one state with --as-of, which makes one disk of it, and check the data before you rely on it";
    /// A merge was under way.
    MERGE_PENDING = "HV-W856": "disks were being merged when the machine was saved"
        => "do not delete or merge anything by hand; the merge goes on when the restored machine first starts, and restore --as-of now makes one disk of each chain instead";
    /// Saved memory that another processor may refuse.
    SAVED_STATE = "HV-W857": "the machine resumes from saved memory, which needs the like of the processor it was saved on"
        => "say --cpu intel or --cpu amd to have it compared; if the host refuses to start it, (A) choose Turn Off (older hosts: Power off), not Shut Down, and start again, or (B) restore with --no-saved-state; both lose what was in memory and not yet on the disks";
    /// Saved memory of another maker's processor.
    OTHER_CPU = "HV-E858": "memory was saved on a processor of another maker than the host's"
        => "import on a host with a processor of that maker; else (A) import and choose Turn Off (older hosts: Power off), not Shut Down, before the first start, or (B) restore with --no-saved-state; both lose what was in memory and not yet on the disks";
    /// Saved memory whose files are not there.
    MEMORY_MISSING = "HV-E859": "the configuration counts on saved memory whose files are not in this backup"
        => "restore with --no-saved-state: the machine then starts from its disks as after a power failure; without that the import stops with message 40004 or 40006";
    /// A switch that the host must have.
    SWITCH = "HV-W860": "network adapters are connected to virtual switches that the host must have"
        => "let import.ps1 map them (-SwitchMap); without a map it leaves the adapters disconnected; the wizard asks for each (message 33012)";
    /// An image in a drive.
    MEDIA = "HV-W861": "a drive holds an image that is no part of the machine's files"
        => "put the image at the same path on the host, or empty the drive before the import (message 40010); import.ps1 does so";
    /// A virtual TPM.
    TPM = "HV-W862": "the machine may depend on a virtual TPM, which only its old host's keys open"
        => "if Get-VMSecurity says TpmEnabled, bring the certificates 'Shielded VM Encryption' and 'Shielded VM Signing (UntrustedGuardian)' with their private keys from the old host (LocalMachine, Shielded VM Local Certificates), and have the guest's BitLocker recovery keys at hand";
    /// One id twice.
    SAME_ID = "HV-E863": "two machines of this source have the same id, and a host takes each id once"
        => "restore each into a folder of its own and import one of them with a new id (restore --new-id, or import.ps1 -Mode Copy)";
    /// One name twice.
    SAME_NAME = "HV-W864": "a name is there twice"
        => "nothing is overwritten: restore keeps the two apart; use ids or paths where a name is asked for";
    /// A replica that was being written.
    MID_APPLY = "HV-E865": "changes of a replication were being applied, so that the disk may be mid-apply"
        => "use an older checkpoint or recovery point, or a backup of the primary machine; if there is none, extract files and check them one by one";
    /// A member of a replication.
    REPLICA = "HV-W866": "the machine takes part in Hyper-V Replica"
        => "remove the replication from the imported machine (Remove-VMReplication; import.ps1 does so) and set it up anew; a backup of a replica is never better than crash-consistent";
    /// A role of a cluster.
    CLUSTER = "HV-W867": "the machine is a role of a failover cluster"
        => "take its resource offline in Failover Cluster Manager first (or remove the role), import on one node onto the cluster's storage, then Add-ClusterVirtualMachineRole";
    /// A domain controller.
    DOMAIN_CONTROLLER = "HV-W868": "the guest is a domain controller"
        => "restore its newest state and use it now; never apply an old checkpoint; start it isolated from the network first and check replication (repadmin /replsummary) before it meets the other controllers";
    /// What a backup left.
    LEFTOVER = "HV-W869": "files that a backup or a replica left are beside the machine's own"
        => "they are never used unless asked for: look at them with inspect, choose one with --assign, and do not copy them into the restored machine's folders";
    /// Paths or names that Windows does not take.
    PATHS = "HV-W870": "a path or name is longer than tools on Windows take, or not possible there"
        => "restore into a folder with a short path, such as D:\\VMs, or give the machine a shorter name (restore --rename)";
    /// The destination cannot have holes in files.
    NO_HOLES = "HV-W871": "the destination's file system has no sparse files"
        => "every hole takes its room there; choose NTFS, ReFS, XFS, Btrfs or ext4 where room is short";
    /// The destination is not empty.
    OCCUPIED = "HV-E872": "the destination already holds something"
        => "restore makes a folder for each machine and refuses one that is there; choose an empty folder";
    /// A cause for a backup without the guest's help.
    NOT_QUIESCED = "HV-W873": "the guest had what keeps a backup from being application-consistent"
        => "mend it in the running machine before the next backup; of this one, let databases recover and check what was open when it was made";
}
