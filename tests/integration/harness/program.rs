//! Runs `hvrestore` and looks at what it did.

use serde_json::Value;
use std::ffi::OsStr;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Longer than any command takes on an image of the tests, also under Wine and a busy
/// machine: what runs into it hangs.
const TIME_LIMIT: Duration = Duration::from_secs(900);

/// One finished run of the program.
pub(crate) struct Ran {
    /// The exit code; `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    /// Everything on standard output.
    pub(crate) stdout: Vec<u8>,
    /// Everything on standard error.
    pub(crate) stderr: String,
    status: ExitStatus,
    command: String,
}

/// Runs `hvrestore` with these arguments to its end, in a clean environment of its own.
pub(crate) fn hvrestore<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Ran {
    run(command(arguments))
}

/// The same, in a working folder.
pub(crate) fn hvrestore_in<A: AsRef<OsStr>>(
    folder: &Path,
    arguments: impl IntoIterator<Item = A>,
) -> Ran {
    let mut command = command(arguments);
    command.current_dir(folder);
    run(command)
}

/// The command itself, for a test that sets more before it [`run`]s it.
pub(crate) fn command<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(super::absolute(env!("CARGO_BIN_EXE_hvrestore")));
    command
        .args(arguments)
        .env_remove("RUST_LOG")
        .env_remove("COLUMNS");
    command
}

/// Runs a command to its end, with nothing on its standard input.
pub(crate) fn run(mut command: Command) -> Ran {
    let shown = format!("{command:?}");
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = start(&mut command).unwrap_or_else(|error| panic!("{shown}: {error}"));
    // Read beside the waiting, so that a full pipe cannot stop the program.
    let stdout = read_aside(child.stdout.take().expect("stdout is piped"));
    let stderr = read_aside(child.stderr.take().expect("stderr is piped"));
    let status = wait(&mut child, &shown);
    Ran {
        code: status.code(),
        stdout: stdout.join().expect("the reader does not panic"),
        stderr: String::from_utf8_lossy(&stderr.join().expect("the reader does not panic")).into(),
        status,
        command: shown,
    }
}

impl Ran {
    /// Fails the test unless the program ended with `code`.
    pub(crate) fn expect_code(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "{}\n--- ended with {}\n--- stderr\n{}\n--- stdout\n{}",
            self.command,
            self.status,
            self.stderr,
            String::from_utf8_lossy(&self.stdout[..self.stdout.len().min(4096)]),
        );
        self
    }

    /// Standard output as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout)
            .unwrap_or_else(|error| panic!("{}: stdout is not UTF-8: {error}", self.command))
    }

    /// Standard output as one JSON document.
    pub(crate) fn json(&self) -> Value {
        self.parse(self.text())
    }

    /// Standard output as one JSON document a line.
    pub(crate) fn json_lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| self.parse(line)).collect()
    }

    fn parse(&self, text: &str) -> Value {
        serde_json::from_str(text)
            .unwrap_or_else(|error| panic!("{}: not JSON: {error}: {text}", self.command))
    }
}

/// SHA-256 in hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn read_aside(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).expect("a pipe can be read");
        bytes
    })
}

/// Starts a command. Wine now and then says that it could not make a process, and then can.
fn start(command: &mut Command) -> std::io::Result<Child> {
    const INTERNAL_ERROR: i32 = 1359;
    for _ in 0..3 {
        match command.spawn() {
            Err(error) if cfg!(windows) && error.raw_os_error() == Some(INTERNAL_ERROR) => {
                thread::sleep(Duration::from_millis(200));
            }
            answer => return answer,
        }
    }
    command.spawn()
}

fn wait(child: &mut Child, shown: &str) -> ExitStatus {
    let started = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            return status;
        }
        if started.elapsed() > TIME_LIMIT {
            child.kill().expect("a child can be ended");
            panic!("{shown}: still running after {TIME_LIMIT:?}");
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}
