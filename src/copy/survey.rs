//! What is known of a stream before a byte of it is read.

use blockio::{Fault, Place, ReadAt};

use super::{Error, Lost, search};
use crate::progress::Watch;

/// What is known of a stream before a byte of it is read.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Bytes that are not in holes.
    pub stored: u64,
    /// What cannot be had for certain, in order. A bad sector, or damage in compressed data, shows
    /// only when it is read.
    pub lost: Vec<Lost>,
}

/// Asks `source` where each of its runs lies.
///
/// # Errors
/// Only that the operator interrupted.
pub fn survey(source: &dyn ReadAt, watch: Watch<'_>) -> Result<Survey, Error> {
    let (mut survey, mut at, size) = (Survey::default(), 0, source.size());
    while at < size {
        if watch.cancelled() {
            return Err(Error::Cancelled);
        }
        let (end, place) = match source.run_at(at, size - at) {
            Ok(run) if run.len > 0 => (at + run.len.min(size - at), run.place),
            answer => {
                let error = answer.err();
                let error = error.unwrap_or_else(|| std::io::Error::other("an empty run"));
                let answers = |at| watch.cancelled() || source.run_at(at, size - at).is_ok();
                let end = search::end_of_gap(at, size, answers);
                (
                    end,
                    Place::Lost(Fault::from_io(&error, "the place of the data")),
                )
            }
        };
        match place {
            Place::Hole => {}
            Place::Lost(fault) => survey.lose(Lost {
                range: at..end,
                fault,
            }),
            Place::Host { .. } | Place::Computed { .. } => survey.stored += end - at,
        }
        at = end;
    }
    Ok(survey)
}

impl Survey {
    fn lose(&mut self, lost: Lost) {
        match self.lost.last_mut() {
            Some(last) if last.continues_with(&lost) => last.range.end = lost.range.end,
            _ => self.lost.push(lost),
        }
    }
}
