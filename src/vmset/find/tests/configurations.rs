//! Configurations: which count, which are copies, which are none.

use testkit::vmcx::{Key, Options, container};

use super::made::{Config, Folder, base, find};
use super::states;

#[test]
fn the_same_configuration_twice_is_one() {
    let web = Config::machine(1, "web").disk(0, r"D:\web.vhdx");
    let folder = Folder::new()
        .config_at("Virtual Machines Cache/a.xml", &web)
        .config_at("Virtual Machines/a.xml", &web)
        .disk("web.vhdx", &base(1));
    let set = find(&folder);
    assert_eq!(set.machines.len(), 1);
    assert!(set.notes.is_empty());
}

#[test]
fn of_copies_that_differ_the_rule_chooses_and_says_so() {
    let web = Config::machine(1, "web").disk(0, r"D:\web.vhdx");
    let old = Config::machine(1, "old name").disk(0, r"D:\web.vhdx");
    let folder = Folder::new()
        .config_at("A Cache/a.xml", &old)
        .config_at("Virtual Machines/a.xml", &web)
        .disk("web.vhdx", &base(1));
    let set = find(&folder);
    assert_eq!(set.machines.len(), 1);
    assert_eq!(set.machines[0].name, "web");
    assert_eq!(set.notes[0].code.id, "HV-W882");
    assert!(
        set.notes[0].to_string().contains("A Cache"),
        "{}",
        set.notes[0]
    );
}

#[test]
fn the_xml_of_others_is_passed_over_and_a_damaged_one_of_ours_is_told() {
    let web = Config::machine(1, "web").disk(0, r"D:\web.vhdx");
    let folder = Folder::new()
        .config(&web)
        .disk("web.vhdx", &base(1))
        .file(
            "app.exe.config.xml",
            b"<configuration><appSettings/></configuration>",
        )
        .file("books.xml", b"<books/>")
        .file("broken.vmcx", b"no container at all");
    let set = find(&folder);
    assert_eq!(set.machines.len(), 1);
    assert_eq!(set.unreadable.len(), 1);
    assert!(set.unreadable[0].0.ends_with("broken.vmcx"));
}

#[test]
fn a_configuration_of_another_name_is_found_by_its_content() {
    let web = Config::machine(1, "web").disk(0, r"D:\web.vhdx");
    let folder = Folder::new()
        .config_at("web.xml.bak", &web)
        .disk("web.vhdx", &base(1));
    let set = find(&folder);
    assert_eq!(states(&set.machines[0]), ["0 - now: web.vhdx"]);
}

#[test]
fn r13_a_link_that_was_restored_as_an_empty_file_is_told() {
    let name = "C0F16000-0000-4000-8000-000000000001.xml";
    let set = find(&Folder::new().file(name, b""));
    assert!(set.machines.is_empty());
    assert_eq!(set.notes[0].code.id, "HV-W884");
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_source_is_not_followed() {
    let web = Config::machine(1, "web").disk(0, r"D:\web.vhdx");
    let live = Folder::new().config_at("a.xml", &web);
    let folder = Folder::new();
    std::os::unix::fs::symlink(live.path().join("a.xml"), folder.path().join("b.xml")).unwrap();
    let set = find(&folder);
    assert!(set.machines.is_empty());
    assert_eq!(set.notes[0].code.id, "HV-W883");
}

#[test]
fn an_export_of_2008_is_passed_over_and_named() {
    let name = "C0F16000-0000-4000-8000-000000000001.exp";
    let folder = Folder::new().file(name, &vec![b'x'; 8192]);
    let set = find(&folder.disk("web.vhd", &base(1)));
    assert_eq!(set.notes[0].code.id, "HV-W889");
    assert_eq!(set.machines[0].id, None, "the disks are there without it");
}

#[test]
fn r13_the_list_of_a_host_says_which_copy_is_the_machines() {
    let web = Config::machine(1, "web").disk(0, r"D:\web.vhdx");
    let old = Config::machine(1, "old name").disk(0, r"D:\web.vhdx");
    let folder = Folder::new()
        .config_at("a/a.xml", &old)
        .config_at("b/a.xml", &web);
    assert_eq!(
        find(&folder).machines[0].name,
        "old name",
        "the first by its path"
    );
    let id = web.id.to_string().to_uppercase();
    let list = Key::node("VirtualMachines").key(Key::text(&format!("_{id}_"), r"D:\b\a.xml"));
    let list = Key::node("Configurations").key(list);
    let folder = folder.file("data.vmcx", &container(&[list], &Options::default()).bytes);
    let set = find(&folder);
    assert_eq!(set.machines[0].name, "web");
    assert!(set.unreadable.is_empty(), "{:?}", set.unreadable);
}
