//! Which hosts take the configuration, and what they must have.

use blockio::Fault;
use vmcx::{Configuration, Version};

use super::codes::{HOST_VERSION, NO_CONFIGURATION, VERSION_LIMITS};
use super::{Facts, Row, Topic, states};
use crate::vmset::hosts::{self, Acceptance, HOSTS, Host};
use crate::vmset::{ConfigFile, ConfigFormat, Machine};

pub(super) fn rows(machine: &Machine, facts: &Facts<'_>, rows: &mut Vec<Row>) {
    for file in states(machine, facts).filter_map(|state| state.configuration.as_ref()) {
        rows.extend(damage(file));
    }
    let Some(file) = machine.configuration() else {
        let why = "only disks are here, which nothing ties to a machine";
        rows.push(Row::block(Topic::Version, &NO_CONFIGURATION, why));
        return;
    };
    rows.push(version(file, facts.host));
    rows.extend(resources(&file.configuration));
}

/// A row for each thing that is wrong with a configuration, or that it says and nobody here reads.
fn damage(file: &ConfigFile) -> Vec<Row> {
    let mut told: Vec<Row> = Vec::new();
    let name = file.path.file_name().unwrap_or_default().to_string_lossy();
    for fault in file.notes.iter().chain(&file.configuration.oddities) {
        let row = damaged(fault, fault.clone().in_file(&name).to_string());
        if !told.contains(&row) {
            told.push(row);
        }
    }
    told
}

/// A row for `fault`, which reads as `text`: its code comes with the row.
fn damaged(fault: &Fault, text: String) -> Row {
    let why = text.trim_end_matches(&format!(" [{}]", fault.code));
    Row::warn(Topic::Configuration, fault.code, why)
}

fn version(file: &ConfigFile, host: Option<&'static Host>) -> Row {
    if file.format == ConfigFormat::Exp {
        let why = "it is an export of Windows Server 2008, which no host since 2012 imports";
        return Row::block(Topic::Version, &HOST_VERSION, why).do_this(NEW_MACHINE);
    }
    match (file.configuration.version, host) {
        (None, _) => {
            let why = "the configuration does not say its version";
            Row::warn(Topic::Version, &VERSION_LIMITS, why)
                .do_this("import it on the host's own release of Windows, or on an older one")
        }
        (Some(version), None) => any_host(version),
        (Some(version), Some(host)) => on_host(version, host),
    }
}

/// What is said of a version where no host was named.
fn any_host(version: Version) -> Row {
    let Some(takers) = hosts::in_words(version) else {
        let why = format!("version {} is not known here", version);
        return Row::warn(Topic::Version, &VERSION_LIMITS, why)
            .do_this("import it on the release of Windows that it comes from, or on a newer one");
    };
    let why = format!("version {} is accepted by {takers}", version);
    let newest = HOSTS.iter().rfind(|host| host.is_server);
    let stays = newest.is_some_and(|host| host.accepts(version) == Acceptance::Yes);
    match stays {
        true => Row::pass(Topic::Version, why),
        false => Row::warn(
            Topic::Version,
            &VERSION_LIMITS,
            format!("{why}, and by no later one"),
        )
        .do_this(remedy(version)),
    }
}

fn on_host(version: Version, host: &Host) -> Row {
    let name = host.name;
    match host.accepts(version) {
        Acceptance::Yes => Row::pass(Topic::Version, format!("{name} accepts version {version}")),
        Acceptance::Unproven => Row::warn(
            Topic::Version,
            &VERSION_LIMITS,
            format!("{name} is said to accept version {version}, and nothing official says so"),
        )
        .do_this(NEW_MACHINE),
        Acceptance::TooNew => {
            let why = format!("version {version} is newer than {name} accepts");
            Row::block(Topic::Version, &HOST_VERSION, why).do_this(remedy(version))
        }
        Acceptance::TooOld => {
            let why = format!("version {version} is older than {name} accepts");
            Row::block(Topic::Version, &HOST_VERSION, why).do_this(remedy(version))
        }
    }
}

const NEW_MACHINE: &str = "restore one state with --as-of and let import.ps1 make a new machine of the same generation around its disks";

/// The ways out where a host does not take a version.
fn remedy(version: Version) -> String {
    let r2 = Version { major: 5, minor: 0 };
    if version == r2 {
        return format!(
            "{NEW_MACHINE}; or import on Windows Server 2016 or 2019, run Update-VMVersion there, and move it on"
        );
    }
    match hosts::in_words(version) {
        Some(takers) if version > r2 => format!("import it on {takers}; or {NEW_MACHINE}"),
        _ => NEW_MACHINE.into(),
    }
}

/// What the host must have: nobody here can compare it, but can see it coming.
fn resources(configuration: &Configuration) -> Option<Row> {
    let (memory, processors) = (configuration.memory, configuration.processors);
    let mut needs = Vec::new();
    needs.extend(processors.count.map(|count| match count {
        1 => "1 processor".into(),
        count => format!("{count} processors"),
    }));
    needs.extend(
        memory
            .startup
            .map(|mib| match (memory.dynamic, memory.maximum) {
                (true, Some(most)) => format!("{mib} MiB of memory to start, up to {most} MiB"),
                _ => format!("{mib} MiB of memory"),
            }),
    );
    needs.extend(processors.nested.then(|| "nested virtualization".into()));
    (!needs.is_empty()).then(|| {
        let why = format!("the host needs {}", needs.join(", "));
        Row::pass(Topic::Resources, why)
            .do_this("with fewer, lower them after the import (Set-VMProcessor, Set-VMMemory)")
    })
}

#[cfg(test)]
mod tests {
    use super::super::sample::{configured, level_of, machine};
    use super::super::{Level, rows};
    use super::*;

    fn row(major: u8, minor: u8, host: Option<&str>) -> Row {
        let machine = machine(|configuration| {
            configuration.version = Some(Version { major, minor });
        });
        let facts = Facts {
            host: host.map(|word| Host::find(word).unwrap()),
            ..Facts::default()
        };
        let found = rows(&machine, &facts);
        let is_version = |row: &Row| row.topic == Topic::Version;
        found.into_iter().find(is_version).unwrap()
    }

    #[test]
    fn r4_a_version_passes_on_the_hosts_of_the_table_alone() {
        assert_eq!(row(9, 0, Some("2022")).level, Level::Pass);
        assert_eq!(row(5, 0, Some("2012r2")).level, Level::Pass);
        let new = row(9, 0, Some("2016"));
        assert_eq!((new.level, new.code), (Level::Block, Some(&HOST_VERSION)));
        assert!(new.remedy.unwrap().contains("Windows Server 2019"));
    }

    #[test]
    fn r4_the_xml_of_2012_r2_is_refused_from_2022_on_with_both_ways_out() {
        for host in ["2022", "2025", "azurelocal", "22000"] {
            let row = row(5, 0, Some(host));
            assert_eq!(
                (row.level, row.code),
                (Level::Block, Some(&HOST_VERSION)),
                "{host}"
            );
            let remedy = row.remedy.unwrap();
            assert!(
                remedy.contains("--as-of") && remedy.contains("new machine"),
                "{remedy}"
            );
            assert!(remedy.contains("2016 or 2019") && remedy.contains("Update-VMVersion"));
        }
    }

    #[test]
    fn r4_without_a_host_the_hosts_are_named() {
        let nine = row(9, 0, None);
        assert_eq!((nine.level, nine.code), (Level::Pass, None));
        assert!(nine.reason.contains("2025"));
        let old = row(5, 0, None);
        assert_eq!((old.level, old.code), (Level::Warn, Some(&VERSION_LIMITS)));
        assert!(old.reason.contains("2019") && !old.reason.contains("2025"));
        assert_eq!(row(60, 0, None).level, Level::Warn);
        assert_eq!(row(3, 0, Some("2012r2")).level, Level::Warn);
        assert_eq!(row(3, 0, Some("2019")).level, Level::Block);
    }

    #[test]
    fn an_export_of_2008_and_no_configuration_are_nothing_to_import() {
        let mut old = machine(|_| ());
        configured(&mut old).format = ConfigFormat::Exp;
        assert_eq!(level_of(&old, &HOST_VERSION), Some(Level::Block));
        let mut bare = machine(|_| ());
        bare.states[0].configuration = None;
        assert_eq!(level_of(&bare, &NO_CONFIGURATION), Some(Level::Block));
    }

    #[test]
    fn what_the_host_must_have_is_listed() {
        let machine = machine(|configuration| {
            configuration.processors.count = Some(8);
            configuration.memory.startup = Some(4096);
            configuration.memory.maximum = Some(16384);
            configuration.memory.dynamic = true;
        });
        let found = rows(&machine, &Facts::default());
        let row = found
            .iter()
            .find(|row| row.topic == Topic::Resources)
            .unwrap();
        assert_eq!(
            row.reason,
            "the host needs 8 processors, 4096 MiB of memory to start, up to 16384 MiB"
        );
        assert!(row.remedy.as_ref().unwrap().contains("Set-VMProcessor"));
    }

    #[test]
    fn damage_of_a_configuration_is_told_by_its_own_code() {
        let mut machine = machine(|_| ());
        let note = blockio::Fault::damaged(&blockio::codes::CANNOT_OPEN, "key table 3");
        configured(&mut machine).notes = vec![note];
        assert_eq!(
            level_of(&machine, &blockio::codes::CANNOT_OPEN),
            Some(Level::Warn)
        );
    }
}
