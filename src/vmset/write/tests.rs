use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use blockio::{Cache, Memory, ReadAt};
use disk::{Folders, VirtualDisk};
use testkit::vhdx::Image;
use uuid::Uuid;

use super::*;
use crate::progress::Silent;
use crate::vmset::plan::{Choices, WithoutMemory, Work};
use crate::vmset::{
    BackupMode, ConfigFile, ConfigFormat, How, Machine, MachineState, ModeKind, SavedMemory, Slot,
    StateDisk, StateKind, Tie,
};

const MIB: u64 = 1 << 20;
const VM: Uuid = Uuid::from_u128(0xA1);
const SNAPSHOT: Uuid = Uuid::from_u128(0xB2);
const LIVE: &str = r"C:\Hyper-V\Disks";
/// Never set: nobody interrupts.
static NEVER: AtomicBool = AtomicBool::new(false);

/// A flat folder with a machine that has one checkpoint, its chain of two files, and saved memory.
struct Backup {
    temp: tempfile::TempDir,
    machine: Machine,
    finder: Finder,
}

/// An XML configuration with one SCSI disk and saved state.
fn xml(id: Uuid, kind: &str, name: &str, disk: &str) -> String {
    format!(
        "<configuration><_d422512d-2bf2-4752-809d-7b82b5fcb1b4_><controller0><drive0>\
         <pathname type=\"string\">{LIVE}\\{disk}</pathname><type type=\"string\">VHD</type>\
         </drive0></controller0></_d422512d-2bf2-4752-809d-7b82b5fcb1b4_>\
         <manifest><size type=\"integer\">1</size><vdev001>\
         <device type=\"string\">d422512d-2bf2-4752-809d-7b82b5fcb1b4</device>\
         <instance type=\"string\">d422512d-2bf2-4752-809d-7b82b5fcb1b4</instance></vdev001></manifest>\
         <properties><global_id type=\"string\">{id}</global_id><name type=\"string\">{name}</name>\
         <subtype type=\"integer\">1</subtype><type_id type=\"string\">{kind}</type_id>\
         <version type=\"integer\">1280</version></properties>\
         <savedstate><memlocation type=\"string\">C:\\x\\{id}.bin</memlocation>\
         <vsvlocation type=\"string\">C:\\x\\{id}.vsv</vsvlocation><type type=\"string\">Normal</type></savedstate>\
         <settings><global><logical_id type=\"string\">{VM}</logical_id></global></settings>\
         </configuration>"
    )
}

impl Backup {
    fn new() -> Self {
        let temp = tempfile::tempdir().expect("a temporary folder");
        let place = |name: &str| temp.path().join("source").join(name);
        fs::create_dir(temp.path().join("source")).expect("made");
        let mut base = Image::dynamic(8 * MIB);
        base.write(MIB, &[0x11; 4096]);
        let mut child = base.child(r".\os.vhdx", Uuid::from_u128(7));
        let path = format!(r"{LIVE}\os.vhdx");
        child.locator.push(("absolute_win32_path".into(), path));
        child.write(2 * MIB, &[0x22; 4096]);
        base.build().write_to(&place("os.vhdx")).expect("written");
        // Renamed: the configuration calls it os_1.avhdx.
        child
            .build()
            .write_to(&place("renamed.avhdx"))
            .expect("written");
        for (id, kind, name, disk) in [
            (VM, "Virtual Machines", "web01", "os_1.avhdx"),
            (SNAPSHOT, "Snapshots", "before update", "os.vhdx"),
        ] {
            fs::write(place(&format!("{id}.xml")), xml(id, kind, name, disk)).expect("written");
            fs::write(place(&format!("{id}.bin")), [0x33; 5000]).expect("written");
            fs::write(place(&format!("{id}.vsv")), [0x44; 3000]).expect("written");
        }
        let states = vec![
            state(
                &place,
                0,
                StateKind::Checkpoint(SNAPSHOT),
                SNAPSHOT,
                ("os.vhdx", How::Name),
            ),
            state(
                &place,
                1,
                StateKind::Now,
                VM,
                ("renamed.avhdx", How::Inferred("its place".into())),
            ),
        ];
        let machine = Machine {
            id: Some(VM),
            name: "web01".into(),
            states,
            mode: BackupMode {
                kind: ModeKind::AllCheckpoints,
                evidence: Vec::new(),
                named: None,
                present: 1,
            },
            absent: Vec::new(),
            leftovers: Vec::new(),
            offers: Vec::new(),
            guest_state: None,
        };
        let folders = Arc::new(Folders::around(&temp.path().join("source")));
        let finder = Finder::new(folders, &Cache::default());
        Self {
            temp,
            machine,
            finder,
        }
    }

    fn out(&self) -> PathBuf {
        self.temp.path().join("out")
    }

    fn plan(&self, choices: &Choices) -> Plan {
        Plan::of(&self.machine, &self.finder, choices).expect("it can be planned")
    }

    fn write(&self, plan: &Plan, resume: bool) -> Result<Written, Error> {
        let out = self.out();
        let job = Job {
            plan,
            destination: &out,
            finder: &self.finder,
            resume,
            verify: true,
            hash: true,
            watch: Watch {
                progress: &Silent,
                cancel: &NEVER,
            },
        };
        write(&job, |_| vec![("said.txt".into(), b"text".to_vec())])
    }

    fn bytes(&self, leaf: &Path, around: &Path) -> Vec<u8> {
        let finder = Finder::new(Arc::new(Folders::around(around)), &Cache::default());
        let disk = VirtualDisk::open(finder.chain(leaf).expect("found")).expect("whole");
        let mut bytes = vec![0; disk.size() as usize];
        disk.read_exact_at(&mut bytes, 0).expect("read");
        bytes
    }
}

fn state(
    place: &dyn Fn(&str) -> PathBuf,
    number: usize,
    kind: StateKind,
    id: Uuid,
    (disk, how): (&str, How),
) -> MachineState {
    let path = place(&format!("{id}.xml"));
    let bytes = Memory::from(fs::read(&path).expect("written before"));
    let document = vmcx::Document::open(&bytes, "configuration").expect("it is one");
    let configuration = document.configuration();
    let drive = &configuration.controllers[0].drives[0];
    let vmcx::Attachment::Disk(recorded) = &drive.attachment else {
        panic!("a disk: {drive:?}");
    };
    let disk = StateDisk {
        slot: Some(Slot {
            controller: configuration.controllers[0].kind,
            number: configuration.controllers[0].number,
            location: drive.location,
        }),
        recorded: Some(recorded.clone()),
        tie: Tie::File {
            path: place(disk),
            how,
        },
    };
    MachineState {
        number,
        kind,
        name: configuration.name.to_string(),
        created: None,
        parent: number.checked_sub(1),
        configuration: Some(ConfigFile {
            path,
            format: ConfigFormat::Xml,
            root: Arc::new(document.root().clone()),
            configuration: Arc::new(configuration),
            notes: Vec::new(),
        }),
        disks: vec![disk],
        memory: Some(SavedMemory {
            files: ["bin", "vsv"]
                .map(|end| place(&format!("{id}.{end}")))
                .into(),
            size: 8000,
            evidence: "savedstate".into(),
            incomplete: false,
        }),
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).expect("a folder").flatten() {
            let path = entry.path();
            match path.is_dir() {
                true => open.push(path),
                false => found.push(
                    path.strip_prefix(folder)
                        .expect("below it")
                        .to_string_lossy()
                        .replace('\\', "/"),
                ),
            }
        }
    }
    found.sort();
    found
}

fn id(of: Uuid) -> String {
    of.hyphenated().to_string().to_uppercase()
}

#[test]
fn r26_r28_a_flat_folder_becomes_the_layout_of_an_export_with_every_state_as_it_was() {
    let backup = Backup::new();
    let plan = backup.plan(&Choices::default());
    let written = backup.write(&plan, false).expect("written");
    let root = backup.out().join("web01");
    assert_eq!(written.place, root);
    let mut expected = vec![
        "Virtual Hard Disks/os.vhdx".to_owned(),
        "Virtual Hard Disks/os_1.avhdx".to_owned(),
        format!("Virtual Machines/{}.xml", id(VM)),
        format!("Snapshots/{}.xml", id(SNAPSHOT)),
        format!("Snapshots/{0}/{0}.bin", id(SNAPSHOT)),
        format!("Snapshots/{0}/{0}.vsv", id(SNAPSHOT)),
        "said.txt".to_owned(),
    ];
    expected.sort();
    assert_eq!(names(&root), expected);
    let source = backup.temp.path().join("source");
    for (was, is) in [("os.vhdx", "os.vhdx"), ("renamed.avhdx", "os_1.avhdx")] {
        let disks = root.join("Virtual Hard Disks");
        assert_eq!(
            backup.bytes(&source.join(was), &source),
            backup.bytes(&disks.join(is), &disks),
            "{is}"
        );
    }
    assert!(written.is_whole() && written.files.iter().all(|file| file.sha256.is_some()));
}

/// The leaf was inferred, so that now's memory goes; the checkpoint's disk was found by name.
#[test]
fn r30_memory_goes_where_a_disk_is_not_surely_its_own() {
    let backup = Backup::new();
    let plan = backup.plan(&Choices::default());
    let kept: Vec<_> = plan.memory.iter().map(|m| m.dropped.is_none()).collect();
    assert_eq!(kept, [true, false]);
    backup.write(&plan, false).expect("written");
    let text = |folder: &str, of: Uuid| {
        let place = format!("web01/{folder}/{}.xml", id(of));
        fs::read_to_string(backup.out().join(place)).expect("there")
    };
    assert!(!text("Virtual Machines", VM).contains("savedstate"));
    assert!(text("Snapshots", SNAPSHOT).contains("savedstate"));
    let all = Choices {
        without_memory: WithoutMemory::All,
        ..Choices::default()
    };
    let plan = backup.plan(&all);
    assert!(plan.memory.iter().all(|memory| memory.dropped.is_some()));
    assert!(
        plan.files
            .iter()
            .all(|file| file.role != crate::vmset::plan::Role::Memory)
    );
}

#[test]
fn the_live_parent_is_no_longer_named_and_its_id_stays() {
    let backup = Backup::new();
    let plan = backup.plan(&Choices::default());
    backup.write(&plan, false).expect("written");
    let disks = backup.out().join("web01").join("Virtual Hard Disks");
    let finder = Finder::new(Arc::new(Folders::around(&disks)), &Cache::default());
    let chain = finder.chain(&disks.join("os_1.avhdx")).expect("found");
    let link = chain.leaf().image.parent().expect("it has one");
    assert_eq!(link.relative.as_deref(), Some(r".\os.vhdx"));
    assert!(link.absolute.is_empty(), "{link:?}");
    assert_eq!(chain.leaf().image.id(), Some(Uuid::from_u128(7)));
}

#[test]
fn paths_are_rewritten_for_windows_in_every_configuration() {
    let backup = Backup::new();
    let choices = Choices {
        windows_path: Some(r"D:\VMs\web01".into()),
        ..Choices::default()
    };
    let plan = backup.plan(&choices);
    assert!(plan.hindrances.is_empty(), "{:?}", plan.hindrances);
    backup.write(&plan, false).expect("written");
    for (folder, of, disk) in [
        ("Virtual Machines", VM, "os_1.avhdx"),
        ("Snapshots", SNAPSHOT, "os.vhdx"),
    ] {
        let place = backup.out().join(format!("web01/{folder}/{}.xml", id(of)));
        let text = fs::read_to_string(place).expect("there");
        let expected = format!(r"D:\VMs\web01\Virtual Hard Disks\{disk}<");
        assert!(text.contains(&expected) && !text.contains(LIVE), "{text}");
    }
    let leaf = plan
        .files
        .iter()
        .find(|file| file.place.name() == "os_1.avhdx");
    let Some(Work::Relink(relink)) = leaf.map(|file| &file.work) else {
        panic!("{leaf:?}");
    };
    let parent = r"D:\VMs\web01\Virtual Hard Disks\os.vhdx";
    assert_eq!(relink.absolute.as_deref(), Some(parent));
}

#[test]
fn r27_a_folder_with_something_in_it_and_a_machine_of_that_id_are_left_alone() {
    let backup = Backup::new();
    let plan = backup.plan(&Choices::default());
    let code = |result: Result<Written, Error>| match result {
        Err(Error::Destination(refusal)) => refusal.code.id,
        other => panic!("{other:?}"),
    };
    backup.write(&plan, false).expect("written");
    assert_eq!(code(backup.write(&plan, false)), "HV-E700");
    let other = Choices {
        rename: Some("web02".into()),
        ..Choices::default()
    };
    assert_eq!(code(backup.write(&backup.plan(&other), false)), "HV-E701");
    assert_eq!(fs::read_dir(backup.out()).expect("there").count(), 1);
}

#[test]
fn r6_what_an_interrupted_run_has_finished_is_kept_and_has_no_name_before_the_end() {
    let backup = Backup::new();
    let mut plan = backup.plan(&Choices::default());
    // A file that cannot be edited stops the run half way.
    let whole = plan.clone();
    let last = plan.files.last_mut().expect("files");
    last.work = Work::Edit(vec![vmcx::Edit::remove("configuration/nowhere")]);
    let plan_of_files: Vec<_> = plan
        .files
        .iter()
        .map(|file| file.place.to_string())
        .collect();
    match backup.write(&plan, false) {
        Err(Error::Source(fault)) => assert_eq!(fault.code.id, "HV-D715", "{fault}"),
        other => panic!("{other:?}"),
    }
    assert!(!backup.out().join("web01").exists());
    let part = backup.out().join(".web01.hvrestore-part");
    assert!(part.join(&plan_of_files[0]).exists());
    let code = |result: Result<Written, Error>| match result {
        Err(Error::Destination(refusal)) => refusal.code.id,
        other => panic!("{other:?}"),
    };
    assert_eq!(code(backup.write(&plan, false)), "HV-E702");
    assert_eq!(code(backup.write(&whole, true)), "HV-E703", "another plan");
    fs::write(
        part.join("Virtual Hard Disks/.hvrestore-0123456789abcdef.tmp"),
        "half",
    )
    .expect("written");
    assert!(backup.write(&plan, true).is_err());
    fs::remove_dir_all(&part).expect("removed");
    let written = backup.write(&whole, false).expect("written");
    assert!(written.is_whole() && !part.exists());
}

#[test]
fn a_result_that_reads_otherwise_gets_no_name() {
    let backup = Backup::new();
    let mut plan = backup.plan(&Choices::default());
    // As if another file had been put in the place of the base.
    let mut other = Image::dynamic(8 * MIB);
    other.write(3 * MIB, &[0x55; 4096]);
    let elsewhere = backup.temp.path().join("other.vhdx");
    other.build().write_to(&elsewhere).expect("written");
    let base = plan
        .files
        .iter_mut()
        .find(|file| file.place.name() == "os.vhdx");
    base.expect("it is planned").from = elsewhere;
    match backup.write(&plan, false) {
        Err(Error::Source(fault)) => assert_eq!(fault.code.id, "HV-D709", "{fault}"),
        other => panic!("{other:?}"),
    }
    assert!(!backup.out().join("web01").exists());
}

#[test]
fn one_state_is_merged_with_its_own_configuration_memory_and_disk_id() {
    let backup = Backup::new();
    let choices = Choices {
        keep: crate::vmset::plan::Keep::AsOf(1),
        ..Choices::default()
    };
    let plan = backup.plan(&choices);
    let written = backup.write(&plan, false).expect("written");
    assert!(written.is_whole());
    let root = backup.out().join("web01");
    let expected = [
        "Virtual Hard Disks/os.vhdx".to_owned(),
        format!("Virtual Machines/{}.xml", id(VM)),
        "said.txt".to_owned(),
    ];
    assert_eq!(names(&root), expected);
    let source = backup.temp.path().join("source");
    let disks = root.join("Virtual Hard Disks");
    assert_eq!(
        backup.bytes(&source.join("renamed.avhdx"), &source),
        backup.bytes(&disks.join("os.vhdx"), &disks)
    );
    let open = |folder: &Path, name: &str| {
        let finder = Finder::new(Arc::new(Folders::around(folder)), &Cache::default());
        let chain = finder.chain(&folder.join(name)).expect("found");
        match &*chain.leaf().image {
            disk::Image::Vhdx(file) => (file.disk_id(), file.data_write_guid(), chain.layers.len()),
            other => panic!("{other:?}"),
        }
    };
    let (was, is) = (open(&source, "renamed.avhdx"), open(&disks, "os.vhdx"));
    assert_eq!((was.0, is.2), (is.0, 1));
    assert_ne!(
        was.1, is.1,
        "children of the old disk must not take it for their parent"
    );
}

#[test]
fn r30_a_checkpoint_becomes_the_machine_with_its_own_memory() {
    let backup = Backup::new();
    let choices = Choices {
        keep: crate::vmset::plan::Keep::AsOf(0),
        ..Choices::default()
    };
    let plan = backup.plan(&choices);
    assert_eq!(plan.memory.len(), 1);
    assert_eq!(plan.memory[0].dropped, None);
    backup.write(&plan, false).expect("written");
    let machine = backup.out().join("web01").join("Virtual Machines");
    let text = fs::read_to_string(machine.join(format!("{}.xml", id(VM)))).expect("there");
    for expected in [
        ">Virtual Machines<",
        ">web01<",
        &format!(">{}<", id(VM)),
        "savedstate",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let memory = machine.join(id(VM)).join(format!("{}.bin", id(VM)));
    assert_eq!(fs::read(memory).expect("there"), [0x33; 5000]);
}

/// Two runs at once, and a copy that has no parent to be told of.
#[test]
fn what_is_in_the_way_has_its_code() {
    let backup = Backup::new();
    let plan = backup.plan(&Choices::default());
    let mut stage = stage::Stage::check(&backup.out(), "web01", None).expect("free");
    stage.begin("key", false).expect("begun");
    let mut other = stage::Stage::check(&backup.out(), "web01", None).expect("free");
    match other.begin("key", true) {
        Err(Error::Destination(refusal)) => assert_eq!(refusal.code.id, "HV-E704"),
        _ => panic!("it is locked"),
    }
    drop((stage, other));
    fs::remove_dir_all(backup.out()).expect("removed");
    let mut wrong = plan;
    let leaf = wrong.files.iter().find_map(|file| match &file.work {
        Work::Relink(_) => Some(file.work.clone()),
        _ => None,
    });
    let base = wrong
        .files
        .iter_mut()
        .find(|file| file.place.name() == "os.vhdx");
    base.expect("it is planned").work = leaf.expect("it is relinked");
    match backup.write(&wrong, false) {
        Err(Error::Source(fault)) => assert_eq!(fault.code.id, "HV-D714", "{fault}"),
        other => panic!("{other:?}"),
    }
}
