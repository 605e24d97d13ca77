//! Systems that cannot give a pipe pages of the page cache.

use std::convert::Infallible;
use std::io;

use blockio::HostFile;

/// Stdout, where it is a pipe that can be given pages: nowhere here.
pub struct Pipe(Infallible);

impl Pipe {
    /// None.
    #[must_use]
    pub fn stdout() -> Option<Self> {
        None
    }

    /// Never called, since there is no such pipe.
    ///
    /// # Errors
    /// None.
    pub fn take(&self, _: &HostFile, _: u64, _: u64) -> io::Result<u64> {
        match self.0 {}
    }

    /// Never called, since there is no such pipe.
    ///
    /// # Errors
    /// None.
    pub fn take_zeros(&self, _: u64) -> io::Result<u64> {
        match self.0 {}
    }
}
