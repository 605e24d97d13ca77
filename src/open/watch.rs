//! Whether a source changed while it was read.

use std::path::PathBuf;
use std::sync::Arc;

use blockio::HostFile;

/// Tells whether a source file has another size or time than when it was opened.
pub struct Watch {
    files: Vec<Arc<HostFile>>,
}

impl Watch {
    pub(super) fn new(files: Vec<Arc<HostFile>>) -> Self {
        Self { files }
    }

    /// The files that changed.
    #[must_use]
    pub fn changed(&self) -> Vec<PathBuf> {
        let differs = |file: &&Arc<HostFile>| file.stamp_now().is_ok_and(|now| now != file.stamp());
        self.files
            .iter()
            .filter(differs)
            .map(|file| file.path().to_owned())
            .collect()
    }
}
