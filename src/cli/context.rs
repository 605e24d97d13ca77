//! What a command runs in: its options, its console, the way to stop it.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, StdoutLock, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::cli::args::{DeletedArgs, FindingArgs, Global, MachineArgs, SourceArgs, StateArgs};
use crate::cli::stop::candidates_of;
use crate::cli::{Console, Exit, Stop};
use crate::codes;
use crate::hostfs;
use crate::open::{Backup, Note, Options, Source, Watch};
use crate::vmset::Machine;

/// What a command runs in: its options, its console, the way to stop it.
pub struct Context {
    /// The options every command has.
    pub global: Global,
    /// Where messages go.
    pub console: Console,
    /// Set when the operator asks to stop.
    pub cancel: Arc<AtomicBool>,
    /// Watch the sources, once they are open.
    watches: Mutex<Vec<Watch>>,
    /// Set where what is delivered cannot be all of it, or rests on the operator's word.
    partly: AtomicBool,
    said: Mutex<BTreeSet<String>>,
}

impl Context {
    /// A context with these options; Ctrl-C sets its `cancel` from now on.
    #[must_use]
    pub fn new(global: Global) -> Self {
        let console = Console::new(&global);
        let cancel = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&cancel);
        // A second Ctrl-C ends the process at once.
        let handler = move || {
            if flag.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
        };
        if let Err(error) = hostfs::on_interrupt(handler) {
            console.detail(&format!("Ctrl-C ends the run at once: {error}"));
        }
        Self {
            global,
            console,
            cancel,
            watches: Mutex::default(),
            partly: AtomicBool::new(false),
            said: Mutex::default(),
        }
    }

    /// Whether the operator asked to stop.
    #[must_use]
    pub fn cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    /// Stdout, buffered. Flush it at the end, or errors are lost.
    #[must_use]
    pub fn stdout(&self) -> BufWriter<StdoutLock<'static>> {
        BufWriter::with_capacity(1 << 16, io::stdout().lock())
    }

    /// Opens the source in the state asked for and says which that is.
    ///
    /// # Errors
    /// As [`Backup::open`].
    pub fn open(&self, args: &SourceArgs) -> anyhow::Result<Backup> {
        self.open_with(args, &options(&args.state))
    }

    /// As [`open`](Self::open); `trash` says whether live or deleted files are meant.
    ///
    /// # Errors
    /// As [`Backup::open`].
    pub fn open_files(&self, args: &SourceArgs, trash: DeletedArgs) -> anyhow::Result<Backup> {
        let deleted = trash.deleted;
        self.open_with(
            args,
            &Options {
                deleted,
                ..options(&args.state)
            },
        )
    }

    /// As [`open`](Self::open), with options of the caller's.
    ///
    /// # Errors
    /// As [`Backup::open`].
    pub fn open_with(&self, args: &SourceArgs, options: &Options) -> anyhow::Result<Backup> {
        let source = self.look_for(&args.source, options)?;
        self.open_machine(&source, source.machine(options)?, options)
    }

    /// Looks through the source for its machines: what commands begin with that deal with whole machines,
    /// or with several. Which of them are meant, [`chosen`](Self::chosen) says.
    ///
    /// # Errors
    /// As [`Source::look`].
    pub fn look(&self, args: &MachineArgs) -> anyhow::Result<Source> {
        self.look_for(&args.source, &finding(&args.vms.vm, &args.finding))
    }

    /// As [`look`](Self::look), with options of the caller's; says what is wrong with the source's
    /// configurations as a whole.
    ///
    /// # Errors
    /// As [`Source::look`], and where `source` is a configuration that cannot be read.
    pub fn look_for(&self, source: &Path, options: &Options) -> anyhow::Result<Source> {
        let source = Source::look(source, options)?;
        // Also where it stops here: a machine that is missed may be the one that cannot be read.
        for fault in source.vms().problems() {
            if self.is_new(&fault.to_string()) {
                self.console.fault(fault);
            }
        }
        source.check_readable()?;
        Ok(source)
    }

    /// Opens each of `machines`, or where there is none the disks of `source`, and says which states those
    /// are.
    ///
    /// # Errors
    /// As [`Source::open`].
    pub fn open_all<'a>(
        &self,
        source: &Source,
        machines: &[&'a Machine],
        options: &Options,
    ) -> anyhow::Result<Vec<(Option<&'a Machine>, Backup)>> {
        let mut targets: Vec<_> = machines.iter().copied().map(Some).collect();
        if targets.is_empty() {
            targets.push(None);
        }
        let open = |machine| Ok((machine, self.open_machine(source, machine, options)?));
        targets.into_iter().map(open).collect()
    }

    /// The machines of `source` that `args` mean: by `--vm`, with `--all` every one, else the only one.
    ///
    /// # Errors
    /// As [`Source::machines`].
    pub fn chosen<'a>(
        &self,
        source: &'a Source,
        args: &MachineArgs,
    ) -> anyhow::Result<Vec<&'a Machine>> {
        Ok(source.machines(&args.vms.vm, args.vms.all)?)
    }

    /// Opens one machine of `source` and says which state that is; without one, the disks of the source.
    ///
    /// # Errors
    /// As [`Source::open`].
    pub fn open_machine(
        &self,
        source: &Source,
        machine: Option<&Machine>,
        options: &Options,
    ) -> anyhow::Result<Backup> {
        let backup = source.open(machine, options)?;
        self.watch(backup.watch());
        // The reason why the only disk cannot be read is what stops the run: said once, at its end.
        let stops =
            !options.every_leaf && matches!(&backup.disks[..], [one] if one.opened.is_err());
        let notes = backup.notes().iter();
        for note in notes.filter(|note| !(stops && matches!(note, Note::Grave(..)))) {
            self.say(note);
        }
        Ok(backup)
    }

    /// Watches more of the sources.
    pub(crate) fn watch(&self, watch: Watch) {
        let mut watches = self.watches.lock().unwrap_or_else(PoisonError::into_inner);
        watches.push(watch);
    }

    /// Says `text`, unless it was said before in this run.
    pub fn say_once(&self, text: &str) {
        if self.is_new(text) {
            self.console.note(text);
        }
    }

    /// Says what the volumes of `backup` had to work around since it was opened.
    pub fn say_remarks(&self, backup: &Backup) {
        for volume in backup.volumes() {
            for fault in &volume.fs.info().notes {
                if self.is_new(&fault.to_string()) {
                    self.console.fault(fault);
                }
            }
        }
    }

    /// Whether `text` is said for the first time in this run.
    fn is_new(&self, text: &str) -> bool {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.insert(text.to_owned())
    }

    fn say(&self, note: &Note) {
        match note {
            Note::Info(text) => self.console.note(text),
            Note::Detail(text) => self.console.detail(text),
            Note::Warning(code, text) => self.console.warn(code, text),
            // Several machines of one source have what is wrong with the source in common.
            Note::Fault(fault) if self.is_new(&fault.to_string()) => self.console.fault(fault),
            Note::Fault(_) => {}
            Note::Grave(code, text) => {
                self.partly.store(true, Ordering::Relaxed);
                self.console.warn(code, text);
            }
        }
    }

    /// How the process ends after `exit`: a source that changed meanwhile, or an interruption, counts.
    #[must_use]
    pub fn end(&self, exit: Exit) -> Exit {
        if self.cancelled() {
            return Exit::Interrupted;
        }
        let changed = self.tell_changes();
        let whole = !changed && !self.partly.load(Ordering::Relaxed);
        if whole { exit } else { exit.and(Exit::Partly) }
    }

    /// Names the sources that changed since they were opened; whether there are any.
    fn tell_changes(&self) -> bool {
        let watches = self.watches.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed: Vec<_> = watches.iter().flat_map(Watch::changed).collect();
        changed.sort();
        changed.dedup();
        for file in &changed {
            let text = format!("{} changed while it was read", file.display());
            self.console.warn(&blockio::codes::SOURCE_CHANGED, &text);
        }
        !changed.is_empty()
    }

    /// Says why the run stopped; how the process ends.
    #[must_use]
    pub fn fail(&self, error: &anyhow::Error) -> Exit {
        if self.cancelled() {
            return Exit::Interrupted;
        }
        let (exit, code) = crate::cli::stop::class_of(error);
        if self.global.json {
            self.fail_in_json(error, code.map(|code| code.id));
        }
        let mut text = format!("{error:#}");
        if let Some(code) = code.filter(|code| !text.contains(code.id)) {
            text = format!("{text} [{code}]");
        }
        self.console.stop(&text, candidates_of(error), code);
        // It may be the reason.
        self.tell_changes();
        exit
    }

    fn fail_in_json(&self, error: &anyhow::Error, code: Option<&str>) {
        let mut line = Vec::new();
        let mut object = crate::json::Object::begin(&mut line);
        object.text("type", "error").maybe_text("code", code);
        object.text("message", &format!("{error:#}"));
        object.end_line();
        let _ = io::stdout().lock().write_all(&line);
    }
}

/// The options of the library for what the operator wrote.
#[must_use]
pub(crate) fn options(args: &StateArgs) -> Options {
    Options {
        state: args.checkpoint.clone(),
        at: args.at.map(|when| when.0),
        disk: args.disk.clone(),
        ..finding(&args.vm.vm, &args.finding)
    }
}

/// The options of the library for how machines are chosen and files are found.
#[must_use]
pub(crate) fn finding(vm: &[String], args: &FindingArgs) -> Options {
    Options {
        vm: vm.to_vec(),
        search: args.search.clone(),
        map: args.map.clone(),
        assign: args.assign.clone(),
        accept_parent: args.accept_parent.clone(),
        allow_absolute_parents: args.allow_absolute_parents,
        ..Options::default()
    }
}

/// The stop for a pattern or path that matches nothing.
#[must_use]
pub(crate) fn no_match(text: &str) -> Stop {
    Stop::new(
        Exit::NoMatch,
        &codes::cli::NO_MATCH,
        format!("{text}: nothing matched{}", unclosed(text)),
    )
}

/// A hint where a bracket stands for itself, because it is not closed.
fn unclosed(text: &str) -> String {
    let open = [('[', ']'), ('{', '}')]
        .into_iter()
        .filter(|(open, close)| {
            text.rfind(*open)
                .is_some_and(|at| !text[at..].contains(*close))
        });
    let open: Vec<_> = open.map(|(open, _)| open.to_string()).collect();
    match open.is_empty() {
        true => String::new(),
        false => format!(
            " ({} is not closed and stands for itself)",
            open.join(" and ")
        ),
    }
}
