//! Installations whose hives the testkit writes.

use testkit::MemoryTree;
use testkit::hive::{Entry, Key, begin_write, changed_pages, hive, new_log};

use super::*;

const CONFIG: &str = "Windows/System32/config";

fn system() -> Key {
    let key = |path: &[&str], last: Key| {
        path.iter()
            .rev()
            .fold(last, |below, name| Key::new(name).key(below))
    };
    let environment = Key::new("Environment")
        .text(
            "PROCESSOR_IDENTIFIER",
            "Intel64 Family 6 Model 85 Stepping 7, GenuineIntel",
        )
        .text("PROCESSOR_ARCHITECTURE", "AMD64")
        .text("NUMBER_OF_PROCESSORS", "4");
    let zone = Key::new("TimeZoneInformation")
        .text("TimeZoneKeyName", "W. Europe Standard Time")
        .number("Bias", (-60_i32).cast_unsigned());
    let name = Key::new("ComputerName").text("ComputerName", "WEB01");
    let control = Key::new("Control")
        .key(key(&["ComputerName"], name))
        .key(key(&["Session Manager"], environment))
        .key(zone)
        .key(Key::new("ProductOptions").text("ProductType", "LanmanNT"))
        .key(Key::new("Windows").value(
            "ShutdownTime",
            3,
            &133_500_000_000_000_000_i64.to_le_bytes(),
        ));
    let tcpip = Key::new("Parameters")
        .text("NV Hostname", "web01")
        .text("Domain", "corp.example");
    let services = Key::new("Services")
        .key(Key::new("DHCPServer").number("Start", 4))
        .key(Key::new("MSSQL$ERP").number("Start", 2))
        .key(key(&["Tcpip"], tcpip));
    Key::new("ROOT")
        .key(Key::new("ControlSet002").key(control).key(services))
        .key(Key::new("Select").number("Current", 2))
        .key(Key::new("MountedDevices").value(
            r"\DosDevices\C:",
            3,
            &[1, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0],
        ))
}

fn software(product: &str, build: &str) -> Key {
    let version = Key::new("CurrentVersion")
        .text("ProductName", product)
        .text("CurrentBuild", build)
        .text("DisplayVersion", "23H2")
        .text("InstallationType", "Client")
        .number("UBR", 3007)
        .number("InstallDate", 1_700_000_000);
    Key::new("ROOT").key(Key::new("Microsoft").key(Key::new("Windows NT").key(version)))
}

fn volume(files: &[(&str, &[u8])]) -> MemoryTree {
    let mut volume = MemoryTree::new();
    for (name, bytes) in files {
        volume.file(&*format!("{CONFIG}/{name}"), bytes);
    }
    volume
}

#[test]
fn an_installation_tells_what_it_is() {
    let software = hive(&software("Windows 10 Pro", "22631"), 1);
    let volume = volume(&[("SYSTEM", &hive(&system(), 1)), ("SOFTWARE", &software)]);
    let guest = Guest::read(&volume).expect("it is there");
    assert_eq!(guest.os.product.as_deref(), Some("Windows 11 Pro"));
    assert_eq!(guest.os.full_build().as_deref(), Some("22631.3007"));
    assert_eq!(guest.os.installed.map(Time::unix), Some((1_700_000_000, 0)));
    assert_eq!(
        guest.computer.full_name().as_deref(),
        Some("web01.corp.example")
    );
    assert_eq!(guest.computer.name.as_deref(), Some("WEB01"));
    assert!(
        guest
            .processor
            .identifier
            .unwrap()
            .ends_with("GenuineIntel")
    );
    assert_eq!(guest.time_zone.bias, Some(-60));
    assert_eq!(guest.last_shutdown, Some(Time(133_500_000_000_000_000)));
    assert_eq!(last_shutdown(&volume), guest.last_shutdown);
    let roles: Vec<_> = guest.roles.iter().map(|role| role.name).collect();
    assert_eq!(
        roles,
        ["domain controller", "SQL Server"],
        "the DHCP service is turned off"
    );
    let services: Vec<_> = guest
        .services
        .iter()
        .map(|one| (&*one.name, one.start))
        .collect();
    assert_eq!(
        services,
        [
            ("DHCPServer", Start::Disabled),
            ("MSSQL$ERP", Start::Automatic)
        ],
        "Tcpip does not say how it starts"
    );
    let device = Device::Mbr {
        signature: 1,
        offset: 0x10_0000,
    };
    assert_eq!(
        guest.mounted,
        [Mounted {
            name: Name::Letter('C'),
            device
        }]
    );
    assert_eq!((guest.hives.len(), guest.notes.len()), (2, 0));
}

#[test]
fn a_windows_10_stays_one_and_a_server_too() {
    for (product, build) in [
        ("Windows 10 Pro", "19045"),
        ("Windows Server 2022 Standard", "20348"),
    ] {
        let software = hive(&software(product, build), 1);
        let volume = volume(&[("SYSTEM", &hive(&system(), 1)), ("SOFTWARE", &software)]);
        assert_eq!(
            Guest::read(&volume).unwrap().os.product.as_deref(),
            Some(product)
        );
    }
}

#[test]
fn a_domain_controller_is_known_by_its_database() {
    let bare = hive(&Key::new("ROOT"), 1);
    let mut volume = volume(&[("SYSTEM", &bare)]);
    volume.file("Windows/NTDS/ntds.dit", b"x");
    let guest = Guest::read(&volume).unwrap();
    assert_eq!(guest.roles[0].evidence, r"\Windows\NTDS\ntds.dit");
    assert_eq!(guest.os, Os::default(), "no SOFTWARE, nothing known");
    assert_eq!(guest.notes[0].code.id, "HV-E602");
}

#[test]
fn logs_beside_a_hive_are_applied() {
    let mut disk = hive(&Key::new("ROOT"), 10);
    begin_write(&mut disk);
    let after = hive(&system(), 10);
    let entry = Entry {
        sequence: 11,
        bins_size: (after.len() - 4096) as u32,
        pages: changed_pages(&disk, &after),
    };
    let log = new_log(&disk, &[entry]);
    let volume = volume(&[
        ("SYSTEM", &disk),
        ("SYSTEM.LOG1", &[]),
        ("SYSTEM.LOG2", &log),
    ]);
    let (mounted, notes) = mounted_devices(&volume).unwrap();
    assert_eq!((mounted.len(), notes.len()), (1, 0));
    let guest = Guest::read(&volume).unwrap();
    assert!(guest.hives[0].dirty && guest.hives[0].entries == 1);
}

#[test]
fn a_volume_without_an_installation_is_none() {
    assert!(Guest::read(&MemoryTree::new()).is_none());
    assert!(mounted_devices(&volume(&[("SOFTWARE", b"x")])).is_none());
}

#[test]
fn a_hive_that_is_none_is_noted() {
    let volume = volume(&[("SYSTEM", &[0; 8192])]);
    let (mounted, notes) = mounted_devices(&volume).unwrap();
    assert_eq!((mounted.len(), notes[0].code.id), (0, "HV-D901"));
}

#[test]
fn r20_targets_of_the_iscsi_initiator_are_read() {
    let targets = Key::new("PersistentTargets")
        .key(Key::new("iqn.2005-10.org.example:sql-data"))
        .key(Key::new("iqn.1991-05.com.example:quorum").key(Key::new("LoginTarget")));
    let class = Key::new("{4d36e97b-e325-11ce-bfc1-08002be10318}")
        .key(Key::new("0000").text("DriverDesc", "Microsoft Hyper-V SCSI Controller"))
        .key(Key::new("0001").key(targets));
    let control = Key::new("Control").key(Key::new("Class").key(class));
    let root = Key::new("ROOT")
        .key(Key::new("ControlSet001").key(control))
        .key(Key::new("Select").number("Current", 1));
    let with = volume(&[("SYSTEM", &hive(&root, 1))]);
    let names = |guest: Guest| {
        let targets = guest.iscsi_targets.into_iter();
        targets.map(|target| target.name).collect::<Vec<_>>()
    };
    assert_eq!(
        names(Guest::read(&with).unwrap()),
        [
            "iqn.1991-05.com.example:quorum",
            "iqn.2005-10.org.example:sql-data"
        ]
    );
    let without = volume(&[("SYSTEM", &hive(&system(), 1))]);
    assert_eq!(names(Guest::read(&without).unwrap()), [""; 0]);
}
