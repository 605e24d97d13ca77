//! What the operator may choose about a restore.

use std::collections::BTreeSet;
use std::path::Path;

use super::numbers_of;
use crate::cli::args::MachineArgs;
use crate::cli::{Exit, Stop};
use crate::codes;
use crate::vmset::codes::NO_MACHINE_STATE;
use crate::vmset::plan::{Choices, Keep, WithoutMemory, folder_name, unmarked};
use crate::vmset::{Host, Machine};

/// What the result is to be.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct ChoiceArgs {
    /// Keep all checkpoints, file by file; the default
    #[arg(long, conflicts_with = "as_of", help_heading = "Result")]
    keep_checkpoints: bool,
    /// Only this state, each of its disks merged into one new VHDX, with the configuration and memory of
    /// that state: its name, #N, GUID, base or now
    #[arg(long, value_name = "STATE", help_heading = "Result")]
    as_of: Option<String>,
    /// The host that it is bound for: 2012r2, 2016, 2019, 2022, 2025, azurelocal or a build number
    #[arg(long, value_name = "HOST", help_heading = "Result")]
    host: Option<String>,
    /// Leave out saved memory: of all states, or with =CHECKPOINT of that one (repeatable). The guest then
    /// starts as after a power failure. XML loses the element and its files; of a .vmcx the .vmrs stays,
    /// and import.ps1 removes the state from it
    #[arg(
        long,
        value_name = "CHECKPOINT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        help_heading = "Result"
    )]
    no_saved_state: Vec<String>,
    /// Another name for the machine (and its folder)
    #[arg(long, value_name = "NAME", help_heading = "Result")]
    rename: Option<String>,
    /// Have the import give the machine a new id, so that it can live beside the original
    #[arg(long, help_heading = "Result")]
    new_id: bool,
    /// Rewrite the paths in the configurations for this folder of the Windows host: the machine's own
    /// ('D:\VMs\web01'; with --all the one above). On Windows -o is meant unless you say else. Only a host
    /// can prove that it takes an edited .vmcx
    #[arg(long, value_name = "PATH", help_heading = "Result")]
    windows_path: Option<String>,
}

impl ChoiceArgs {
    /// The choices for `machine`, which gets `folder` in `output`.
    pub(super) fn of(
        &self,
        machine: &Machine,
        folder: &str,
        output: &Path,
        args: &MachineArgs,
    ) -> anyhow::Result<Choices> {
        let keep = match &self.as_of {
            None => Keep::Checkpoints,
            Some(word) => Keep::AsOf(state(machine, word)?),
        };
        Ok(Choices {
            folder: Some(folder.to_owned()),
            keep,
            without_memory: self.without_memory(machine)?,
            rename: self.rename(args)?,
            new_id: self.new_id,
            windows_path: self.windows_path(folder, output, args)?,
            host: self.host.as_deref().map(host).transpose()?,
        })
    }

    /// The folder of each of `machines`: of several with one name, upper and lower case aside, all but the
    /// first have a number.
    pub(super) fn folders(&self, machines: &[&Machine]) -> Vec<String> {
        let mut taken = BTreeSet::new();
        let folder = |machine: &&Machine| {
            let name = self.rename.as_ref().unwrap_or(&machine.name);
            let numbered = (2..).map(|number| folder_name(&format!("{name} ({number})")));
            let mut names = std::iter::once(folder_name(name)).chain(numbered);
            let free = names.find(|name| taken.insert(name.to_lowercase()));
            free.expect("there are more numbers than machines")
        };
        machines.iter().map(folder).collect()
    }

    fn without_memory(&self, machine: &Machine) -> anyhow::Result<WithoutMemory> {
        if self.no_saved_state.is_empty() {
            return Ok(WithoutMemory::None);
        }
        if self.no_saved_state.iter().any(String::is_empty) {
            return Ok(WithoutMemory::All);
        }
        Ok(WithoutMemory::Of(numbers_of(
            machine,
            &self.no_saved_state,
        )?))
    }

    fn rename(&self, args: &MachineArgs) -> anyhow::Result<Option<String>> {
        let Some(name) = &self.rename else {
            return Ok(None);
        };
        if args.vms.all || name.trim().is_empty() {
            return Err(usage("--rename takes the name of one machine"));
        }
        Ok(Some(name.clone()))
    }

    /// The machine's folder on Windows.
    fn windows_path(
        &self,
        folder: &str,
        output: &Path,
        args: &MachineArgs,
    ) -> anyhow::Result<Option<String>> {
        let Some(path) = &self.windows_path else {
            return Ok(cfg!(windows).then(|| here(output, folder)));
        };
        let path = unmarked(&path.replace('/', "\\"));
        if !is_absolute(&path) {
            return Err(usage(
                "--windows-path takes a whole path, such as D:\\VMs\\web01",
            ));
        }
        let path = path.trim_end_matches('\\');
        Ok(Some(match args.vms.all {
            true => format!("{path}\\{folder}"),
            false => path.to_owned(),
        }))
    }
}

/// The folder of the machine as Windows has it.
fn here(output: &Path, folder: &str) -> String {
    let path = std::path::absolute(output.join(folder));
    let path = path.unwrap_or_else(|_| output.join(folder));
    unmarked(&path.to_string_lossy())
}

/// Whether a path begins with a drive or names a share.
fn is_absolute(path: &str) -> bool {
    let bytes = path.as_bytes();
    let has_drive = matches!(bytes, [letter, b':', b'\\', ..] if letter.is_ascii_alphabetic());
    let is_share = path
        .strip_prefix(r"\\")
        .is_some_and(|rest| rest.contains('\\'));
    has_drive || is_share
}

fn host(word: &str) -> anyhow::Result<&'static Host> {
    let words = crate::vmset::hosts::HOSTS.iter().map(|host| host.word);
    let words: Vec<_> = words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    Host::find(word).ok_or_else(|| {
        let text = format!("--host {word}: no host is called that");
        Stop::new(Exit::Usage, &codes::cli::USAGE, text)
            .with(words)
            .into()
    })
}

/// The number of the state of `machine` that `word` means.
pub(super) fn state(machine: &Machine, word: &str) -> anyhow::Result<usize> {
    let found = machine.asked(word);
    match &found[..] {
        [one] => Ok(one.number),
        [] => {
            let text = format!("{} has no state '{word}'", machine.name);
            Err(Stop::new(Exit::Usage, &NO_MACHINE_STATE, text)
                .with(machine.state_lines())
                .into())
        }
        several => {
            let lines = machine.state_lines();
            let lines = several.iter().filter_map(|state| lines.get(state.number));
            let text = format!("{} states of {} fit '{word}'", several.len(), machine.name);
            Err(Stop::new(Exit::Usage, &codes::cli::AMBIGUOUS, text)
                .with(lines.cloned().collect())
                .into())
        }
    }
}

fn usage(text: &str) -> anyhow::Error {
    Stop::new(Exit::Usage, &codes::cli::USAGE, text).into()
}

#[cfg(test)]
mod tests {
    use super::is_absolute;

    #[test]
    fn paths_of_drives_and_shares_are_whole() {
        for path in [r"D:\VMs", r"c:\x", r"\\server\share"] {
            assert!(is_absolute(path), "{path}");
        }
        for path in ["", "VMs", r"D:VMs", r"\VMs", r"\\server", "/mnt/x"] {
            assert!(!is_absolute(path), "{path}");
        }
    }
}
