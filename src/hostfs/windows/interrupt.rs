//! Ctrl-C and the closing of the console.
//!
//! The system calls the handler on a thread that it makes for the event. No thread of ours waits for
//! it: one that is still being started while a short command ends would be in that end's way.

use std::io;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use windows::Win32::System::Console::{CTRL_BREAK_EVENT, CTRL_C_EVENT, SetConsoleCtrlHandler};
use windows::core::BOOL;

use super::system_error;

/// What is to be done at each interruption.
static HANDLER: OnceLock<Box<dyn Fn() + Send + Sync>> = OnceLock::new();
/// How long the system lets a process clean up after its console was closed.
const GRACE: Duration = Duration::from_secs(5);

#[expect(unsafe_code, reason = "std has no way to hear of Ctrl-C")]
pub(crate) fn on_interrupt(handler: Box<dyn Fn() + Send + Sync>) -> io::Result<()> {
    if HANDLER.set(handler).is_err() {
        return Ok(());
    }
    // SAFETY: `heard` is a function of this program, of the type asked for, and never goes away.
    unsafe { SetConsoleCtrlHandler(Some(heard), true) }.map_err(|error| system_error(&error))
}

/// Passes an event on. The process is ended once this answers, unless it was a key: after anything
/// else the command gets its time to take back what is half written.
extern "system" fn heard(event: u32) -> BOOL {
    if let Some(handler) = HANDLER.get() {
        handler();
    }
    if !matches!(event, CTRL_C_EVENT | CTRL_BREAK_EVENT) {
        thread::sleep(GRACE);
    }
    true.into()
}
