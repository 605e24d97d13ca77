//! The scripts as PowerShell will read them.

use super::grammar::{Script, Value, under};
use super::sample::{anew, id, troubled, web01};
use super::*;
use std::collections::BTreeSet;

fn script(facts: &Facts) -> Script {
    Script::parse(&String::from_utf8(import(facts)).unwrap())
}

fn all() -> Script {
    let members = [("web01", "web01"), ("db '01'", "db '01'")].map(|(name, folder)| Member {
        name: name.into(),
        folder: folder.into(),
    });
    Script::parse(&String::from_utf8(import_all(&members)).unwrap())
}

fn every() -> Vec<Script> {
    vec![
        script(&web01()),
        script(&troubled()),
        script(&anew()),
        all(),
    ]
}

#[test]
fn scripts_are_powershell() {
    for script in every() {
        assert_eq!(script.errors(), Vec::<String>::new());
    }
}

#[test]
fn scripts_have_a_byte_order_mark_and_the_line_ends_of_windows() {
    for bytes in [import(&troubled()), import(&anew()), import_all(&[])] {
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with('\u{FEFF}'));
        assert!(text.ends_with("\r\n"));
        let lines = text.replace("\r\n", "");
        assert!(!lines.contains(['\r', '\n']));
    }
}

#[test]
fn nothing_stands_in_double_quotes_in_which_powershell_would_look_for_variables() {
    for script in every() {
        let expandable = script
            .nodes()
            .into_iter()
            .filter(|node| node.kind().contains("expandable"))
            .map(|node| script.of(node).to_owned())
            .collect::<Vec<_>>();
        assert_eq!(expandable, Vec::<String>::new());
    }
}

/// The fixed text is ASCII, so that no reader has to guess at quotes and dashes.
#[test]
fn what_is_not_data_is_ascii() {
    for facts in [web01(), troubled(), anew()] {
        let text = String::from_utf8(import(&facts)).unwrap();
        assert!(text.trim_start_matches('\u{FEFF}').is_ascii());
    }
}

#[test]
fn every_function_that_is_called_is_there_and_every_cmdlet_is_known() {
    for script in every() {
        let functions: BTreeSet<&str> = script.functions().iter().map(|(name, _)| *name).collect();
        for command in script.commands() {
            let Some(name) = script.name(command) else {
                continue;
            };
            if functions.contains(name) {
                continue;
            }
            let known = cmdlets::PARAMETERS
                .iter()
                .find(|(cmdlet, _)| *cmdlet == name);
            let (_, parameters) = known.unwrap_or_else(|| panic!("{name} is not on the list"));
            for parameter in parameters_of(&script, command) {
                assert!(
                    parameters.split(' ').any(|known| known == parameter),
                    "{name} {parameter}"
                );
            }
        }
    }
}

/// Functions are given no more than they take, and no parameter by name.
#[test]
fn functions_are_called_with_what_they_take() {
    for script in every() {
        let functions = script.functions();
        for command in script.commands() {
            let name = script.name(command);
            let Some((name, node)) = functions.iter().find(|(f, _)| Some(*f) == name) else {
                continue;
            };
            let takes = under(*node)
                .into_iter()
                .filter(|node| node.kind() == "script_parameter")
                .count();
            let given = arguments_of(command);
            assert!(given <= takes, "{name}: {}", script.of(command));
            assert_eq!(
                parameters_of(&script, command),
                Vec::<&str>::new(),
                "{name}"
            );
        }
    }
}

#[test]
fn every_function_is_used() {
    for script in every() {
        let called: BTreeSet<&str> = script
            .commands()
            .into_iter()
            .filter_map(|command| script.name(command))
            .collect();
        for (function, _) in script.functions() {
            assert!(called.contains(function), "{function}");
        }
    }
}

/// A name that is misspelled is empty, and PowerShell goes on with that.
#[test]
fn every_variable_is_given_a_value_somewhere() {
    const GIVEN: &[&str] = &[
        "_",
        "true",
        "false",
        "null",
        "psscriptroot",
        "matches",
        "lastexitcode",
        "executioncontext",
        "env:computername",
        "env:systemroot",
        "erroractionpreference",
    ];
    for script in every() {
        let nodes = script.nodes();
        let mut given: BTreeSet<String> = GIVEN.iter().map(|name| (*name).to_owned()).collect();
        for node in &nodes {
            let target = match node.kind() {
                "assignment_expression" => node.child(0),
                "script_parameter" | "foreach_statement" => Some(*node),
                _ => None,
            };
            let variable = target.and_then(|target| {
                under(target)
                    .into_iter()
                    .find(|node| node.kind() == "variable")
            });
            given.extend(variable.map(|variable| plain(script.of(variable))));
        }
        for node in nodes.iter().filter(|node| node.kind() == "variable") {
            let name = plain(script.of(*node));
            assert!(given.contains(&name), "${name}");
        }
    }
}

fn plain(variable: &str) -> String {
    let name = variable.trim_start_matches(['$', '@']).to_lowercase();
    name.trim_start_matches("script:").to_owned()
}

fn parameters_of<'s>(script: &'s Script, command: tree_sitter::Node<'_>) -> Vec<&'s str> {
    elements(command)
        .into_iter()
        .filter(|node| node.kind() == "command_parameter")
        .map(|node| script.of(node))
        .collect()
}

fn arguments_of(command: tree_sitter::Node<'_>) -> usize {
    elements(command)
        .into_iter()
        .filter(|node| !matches!(node.kind(), "command_parameter" | "command_argument_sep"))
        .count()
}

fn elements(command: tree_sitter::Node<'_>) -> Vec<tree_sitter::Node<'_>> {
    let Some(elements) = command.child_by_field_name("command_elements") else {
        return Vec::new();
    };
    let mut cursor = elements.walk();
    elements.children(&mut cursor).collect()
}

#[test]
fn help_tells_of_every_parameter() {
    for facts in [web01(), anew()] {
        let text = String::from_utf8(import(&facts)).unwrap();
        let help = text.split("#>").next().unwrap();
        assert!(help.contains(".SYNOPSIS") && help.contains(".EXAMPLE"));
        for parameter in [
            "Mode",
            "Destination",
            "VhdDestination",
            "SwitchMap",
            "KeepPassThrough",
            "DropSavedState",
            "NewName",
            "Start",
            "Check",
        ] {
            assert!(
                help.contains(&format!(".PARAMETER {parameter}\r\n")),
                "{parameter}"
            );
        }
    }
}

#[test]
fn r10_script_knows_the_newest_checkpoint_and_what_going_back_loses() {
    let script = script(&web01());
    let machine = script.table("Machine");
    assert_eq!(
        *machine.at("NewestCheckpoint"),
        Value::text("before update")
    );
    assert_eq!(*machine.at("NowLacksDisks"), Value::Bool(false));
    assert!(script.called_by("Write-Next").contains(&"Get-RestoreLine"));
    let machine = self::script(&troubled()).table("Machine");
    assert_eq!(*machine.at("NowLacksDisks"), Value::Bool(true));
}

#[test]
fn every_drive_is_looked_at_again_before_anything_is_made_real() {
    let script = script(&web01());
    let order = script.called_by("Set-Planned");
    let at = |name: &str| order.iter().position(|called| *called == name).unwrap();
    assert!(at("Remove-LostCheckpoints") < at("Set-Drives"));
    assert!(at("Set-Drives") < at("Assert-Bound"));
    assert!(at("Clear-SavedMemory") < at("Assert-Bound"));
    assert!(at("Assert-Bound") < at("Assert-Valid"));
    assert_eq!(at("Assert-Valid"), order.len() - 1);

    let import = script.called_by("Import-Machine");
    let at = |name: &str| import.iter().position(|called| *called == name).unwrap();
    assert!(at("Set-Planned") < at("Complete-Planned"));
    assert!(at("Complete-Planned") < at("Remove-Planned"));
    assert!(script.called_by("Assert-Bound").contains(&"Get-Chain"));
}

/// A rehearsal ends before the machine is made real, and throws the planned one away whatever happens.
#[test]
fn a_rehearsal_leaves_nothing_behind() {
    let text = String::from_utf8(import(&web01())).unwrap();
    let import = text.split("function Import-Machine").nth(1).unwrap();
    let rehearsed = import.find("if ($Check) { return $null }").unwrap();
    let real = import.find("Complete-Planned $planned").unwrap();
    let thrown = import.find("finally {").unwrap();
    assert!(rehearsed < real && real < thrown);
    assert!(
        import[thrown..]
            .trim_start()
            .starts_with("finally {\r\n        if ($planned) { Remove-Planned $planned }")
    );
}

#[test]
fn r19_disks_of_the_host_are_removed_unless_kept_and_named() {
    let script = script(&troubled());
    assert!(
        script
            .called_by("Set-Planned")
            .contains(&"Remove-PassThrough")
    );
    let drives = script.table("Drives");
    let physical = drives
        .rows()
        .iter()
        .find(|row| *row.at("Kind") == Value::text("Physical"));
    assert_eq!(
        *physical.unwrap().at("Recorded"),
        Value::text(r"\\.\PHYSICALDRIVE2")
    );
    let absent = script.table("Absent");
    assert_eq!(
        *absent.rows()[0].at("What"),
        Value::text(r"SCSI 0:1, disk of the host: \\.\PHYSICALDRIVE2")
    );
}

#[test]
fn r24_a_role_of_a_cluster_is_told_so() {
    assert_eq!(
        *script(&troubled()).table("Machine").at("Clustered"),
        Value::Bool(true)
    );
    let text = restored(&troubled());
    assert!(text.contains("Add-ClusterVirtualMachineRole"));
    assert!(text.contains("offline in Failover Cluster Manager"));
    assert!(!restored(&web01()).contains("Cluster"));
}

/// Nothing removes, stops or exports a machine that was there before.
#[test]
fn r27_a_machine_that_is_there_is_never_touched() {
    let import = script(&troubled());
    for command in import.commands() {
        let name = import.name(command).unwrap_or_default();
        assert!(
            ![
                "Remove-VM",
                "Stop-VM",
                "Export-VM",
                "Move-VM",
                "Dismount-VHD"
            ]
            .contains(&name),
            "{name}"
        );
    }
    assert!(import.called_by("Assert-IdIsFree").contains(&"Stop-Import"));
    // The other way removes one machine only: the one that it has just made.
    let anew = script(&anew());
    let removes: Vec<&str> = anew
        .commands()
        .into_iter()
        .filter(|command| anew.name(*command) == Some("Remove-VM"))
        .map(|command| anew.of(command))
        .collect();
    assert_eq!(removes, ["Remove-VM -VM $vm -Force"]);
}

#[test]
fn r29_r30_saved_memory_goes_where_asked_by_state() {
    let script = script(&troubled());
    let states = script.table("States");
    let memory = |row: usize| states.rows()[row].at("Memory").clone();
    assert_eq!(memory(0), Value::text("None"));
    assert_eq!(memory(1), Value::text("Kept"));
    assert_eq!(memory(2), Value::text("Drop"));
    assert_eq!(
        *states.rows()[2].at("MemoryReason"),
        Value::text("a link was overridden")
    );
    assert!(
        script
            .called_by("Complete-Machine")
            .contains(&"Assert-MemoryGone")
    );
}

#[test]
fn r31_each_adapter_says_which_switch_it_had() {
    let script = script(&web01());
    let adapters = script.table("Adapters");
    assert_eq!(*adapters.rows()[0].at("Switch"), Value::text("LAN"));
    assert!(
        script
            .called_by("Set-Connections")
            .contains(&"Get-SwitchFor")
    );
}

#[test]
fn r33_the_machines_account_is_let_to_every_disk() {
    let script = script(&web01());
    assert_eq!(*script.table("Machine").at("Sid"), Value::text(&sid(id(1))));
    assert!(script.called_by("Grant-Access").contains(&"Invoke-Icacls"));
    assert!(script.called_by("Set-Planned").contains(&"Grant-Access"));
    let anew = self::script(&anew());
    assert!(anew.called_by("New-Machine").contains(&"Grant-Access"));
}

/// Hyper-V attaches no file that is sparse, compressed or encrypted, so the marks go before anything is
/// opened; a rehearsal only tells of them.
#[test]
fn r33_the_marks_that_hyper_v_refuses_are_taken_from_every_disk() {
    for facts in [web01(), anew()] {
        let script = script(&facts);
        assert!(
            script
                .called_by("Write-HostRows")
                .contains(&"Write-MarkRows")
        );
        let changed = ["Invoke-Program", "Remove-Mark", "Clear-Marks"];
        let rows = script.called_by("Write-MarkRows");
        assert!(rows.iter().all(|called| !changed.contains(called)));
        let text = String::from_utf8(import(&facts)).unwrap();
        let cleared = text
            .rfind("        Clear-Marks\r\n")
            .or(text.rfind("    Clear-Marks\r\n"));
        let repaired = text.rfind("    Repair-Chains\r\n").unwrap();
        assert!(cleared.unwrap() < repaired);
    }
    let script = script(&web01());
    let function = |name: &str| {
        let functions = script.functions();
        let found = functions.iter().find(|(function, _)| *function == name);
        script.of(found.unwrap().1).to_owned()
    };
    let marks = function("Get-Marks");
    let tools = function("Remove-Mark");
    for (mark, tool) in [
        (
            "'SparseFile'",
            "'fsutil.exe' @('sparse', 'setflag', $Path, '0')",
        ),
        ("'Compressed'", "'compact.exe' @('/u', $Path)"),
        ("'Encrypted'", "'cipher.exe' @('/d', $Path)"),
    ] {
        assert!(marks.contains(mark), "{mark}");
        assert!(
            tools.contains(&format!("{mark} {{ Invoke-Program {tool} }}")),
            "{tool}"
        );
    }
    // What is left of a mark ends the import, with the number that Hyper-V would give.
    assert!(script.called_by("Clear-Marks").contains(&"Stop-Import"));
    assert!(function("Clear-Marks").contains("0xC03A001A"));
}

#[test]
fn a_new_machine_names_what_it_does_not_carry() {
    let mut facts = anew();
    facts.adapters[0].has_vlan = true;
    facts.states[0]
        .drives
        .extend(troubled().states[0].drives.split_off(1));
    let script = script(&facts);
    let lines = format!("{:?}", carry::not_carried(&facts));
    assert_eq!(
        script.table("NotCarried").rows().len(),
        carry::not_carried(&facts).len()
    );
    for named in [
        "BIOS GUID",
        "VLAN of Network Adapter",
        "PHYSICALDRIVE2",
        "data.vhdx",
    ] {
        assert!(lines.contains(named), "{named}");
    }
    let order = ["IDE", "CD", "LegacyNetworkAdapter", "Floppy"].map(Value::text);
    assert_eq!(
        *script.table("Machine").at("BootOrder"),
        Value::List(order.to_vec())
    );
    assert!(carry::not_carried(&web01()).is_empty());
}

#[test]
fn import_all_keeps_the_order_it_is_given() {
    let machines = all().table("Machines");
    assert_eq!(*machines.rows()[0].at("Folder"), Value::text("web01"));
    assert_eq!(*machines.rows()[1].at("Folder"), Value::text("db '01'"));
}

#[test]
fn parents_come_before_their_children_whatever_the_order() {
    let mut facts = web01();
    facts.files.reverse();
    let files = script(&facts).table("Files");
    let paths: Vec<_> = files
        .rows()
        .iter()
        .map(|row| row.at("Path").clone())
        .collect();
    let expected = ["web01.vhdx", "web01_1.avhdx", "web01_2.avhdx"];
    assert_eq!(
        paths,
        expected.map(|name| Value::text(&format!(r"Virtual Hard Disks\{name}")))
    );
    // A circle is handed on for the script to find.
    facts.files[2].parent = Some(facts.files[0].path.clone());
    assert_eq!(script(&facts).table("Files").rows().len(), 3);
}

#[test]
fn disks_without_a_configuration_get_a_machine_with_all_of_them() {
    let mut facts = anew();
    facts.states.clear();
    facts.id = None;
    facts.files = ["a", "b", "c", "d", "e"]
        .map(|name| DiskFile {
            path: format!("{name}.vhd"),
            parent: None,
        })
        .to_vec();
    facts.files.push(DiskFile {
        path: "e1.avhd".into(),
        parent: Some("e.vhd".into()),
    });
    let drives = script(&facts).table("Drives");
    let show = |row: &Value| {
        let text = |key| match row.at(key) {
            Value::Text(units) => String::from_utf16(units).unwrap(),
            Value::Number(number) => number.to_string(),
            other => format!("{other:?}"),
        };
        format!(
            "{} {}:{} {}",
            text("Controller"),
            text("Number"),
            text("Location"),
            text("File")
        )
    };
    assert_eq!(
        drives.rows().iter().map(show).collect::<Vec<_>>(),
        [
            "IDE 0:0 a.vhd",
            "IDE 0:1 b.vhd",
            "IDE 1:0 c.vhd",
            "IDE 1:1 d.vhd",
            "SCSI 0:0 e1.avhd"
        ]
    );
}
