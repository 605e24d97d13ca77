//! What is to be extracted: guest paths, patterns and lists, volume by volume.

use std::collections::BTreeMap;

use tree::{Error, Kind};

use super::files_from::{ListArgs, Listed};
use crate::cli::address::{Address, VolumeChoice};
use crate::cli::args::PlaceArgs;
use crate::cli::{Context, Stop, context, targets};
use crate::codes::cli::{LETTER_ELSEWHERE, NO_LETTER, NO_SUCH_VOLUME, NOT_IN_STATE};
use crate::open::{Backup, Volume};
use crate::report::{Line, error_code, error_text};
use crate::select::{self, Lookup, Pattern, Root};

/// What is to be extracted, volume by volume.
#[derive(Default)]
pub(super) struct Chosen<'a> {
    pub(super) roots: Vec<(&'a Volume, Vec<Root>)>,
    /// What was asked for and cannot even be looked at.
    pub(super) losses: Vec<Line>,
}

impl<'a> Chosen<'a> {
    /// What `places` and `list` name in `backup`.
    ///
    /// # Errors
    /// A [`Stop`] where a volume has to be chosen, a list cannot be read, or a path
    /// that was given by itself matches nothing.
    pub(super) fn find(
        places: &PlaceArgs,
        list: &ListArgs,
        backup: &'a Backup,
        ctx: &Context,
    ) -> anyhow::Result<Self> {
        let volume = places.volume.volume.as_deref();
        if places.paths.is_empty() && !list.is_given() {
            return Self::whole(backup, volume, ctx);
        }
        let mut asked = Asked::new();
        for text in &places.paths {
            let address = Address::parse_within(text, volume);
            let volume = targets::choose(backup, &address.volume, ctx)?;
            let entry = asked.entry(&volume.name);
            let (_, texts, _) = entry.or_insert_with(|| (volume, Vec::new(), Vec::new()));
            texts.push((text.clone(), address.path));
        }
        let mut chosen = Self::default();
        for listed in list.read(volume)? {
            let volume = match targets::choose(backup, &listed.volume, ctx) {
                Ok(volume) => volume,
                Err(error) => {
                    chosen.losses.push(elsewhere(&listed, error)?);
                    continue;
                }
            };
            let entry = asked.entry(&volume.name);
            let (_, _, list) = entry.or_insert_with(|| (volume, Vec::new(), Vec::new()));
            list.push(listed);
        }
        if asked.is_empty() && chosen.losses.is_empty() {
            return Err(context::no_match("the list of paths is empty").into());
        }
        for (volume, texts, list) in asked.into_values() {
            let mut roots = chosen.matching(volume, &texts)?;
            roots.extend(chosen.listed(volume, &list));
            if !roots.is_empty() || list.is_empty() {
                chosen.roots.push((volume, select::topmost(roots)));
            }
        }
        Ok(chosen)
    }

    fn whole(backup: &'a Backup, volume: Option<&str>, ctx: &Context) -> anyhow::Result<Self> {
        let volumes = match volume {
            Some(text) => vec![targets::choose(backup, &VolumeChoice::parse(text), ctx)?],
            None => backup.data_volumes().collect(),
        };
        if volumes.is_empty() {
            return Err(targets::no_volume(backup));
        }
        let whole = |volume: &'a Volume| (volume, vec![Root::whole(&*volume.fs)]);
        Ok(Self {
            roots: volumes.into_iter().map(whole).collect(),
            losses: Vec::new(),
        })
    }

    /// The volumes that something is on.
    pub(super) fn volumes(&self) -> impl Iterator<Item = &'a Volume> {
        self.roots.iter().map(|(volume, _)| *volume)
    }

    fn matching(&mut self, volume: &Volume, texts: &[Text]) -> anyhow::Result<Vec<Root>> {
        let patterns = texts.iter().map(|(_, path)| targets::pattern(path));
        let found = select::find(&*volume.fs, &patterns.collect::<Result<Vec<Pattern>, _>>()?);
        if let Some(&number) = found.unmatched.first()
            && found.losses.is_empty()
        {
            return Err(context::no_match(&texts[number].0).into());
        }
        self.losses.extend(found.losses.iter().map(Line::of_loss));
        Ok(found.roots)
    }

    fn listed(&mut self, volume: &Volume, list: &[Listed]) -> Vec<Root> {
        let mut lookup = Lookup::on(&*volume.fs);
        let mut roots = Vec::new();
        for listed in list {
            match lookup.find(&listed.path) {
                Ok(root) => roots.push(root),
                Err(error) => self.losses.push(missing(listed, &error)),
            }
        }
        roots
    }
}

/// What was written, and the path in the volume.
type Text = (String, String);
/// What is asked of each volume, by its name.
type Asked<'a, 'n> = BTreeMap<&'n str, (&'a Volume, Vec<Text>, Vec<Listed>)>;

/// That a path of the list is on a volume that is not here.
///
/// # Errors
/// Where the operator has to choose one of several volumes.
fn elsewhere(listed: &Listed, error: anyhow::Error) -> anyhow::Result<Line> {
    let stop = error.downcast::<Stop>()?;
    if ![&NO_LETTER, &LETTER_ELSEWHERE, &NO_SUCH_VOLUME].contains(&stop.code) {
        return Err(stop.into());
    }
    let message = format!("{}: {}", listed.text, stop.message);
    Ok(Line::lost(
        &listed.path,
        Kind::default(),
        stop.code,
        message,
    ))
}

/// That a path of the list is not there, or cannot be looked at.
fn missing(listed: &Listed, error: &Error) -> Line {
    let (code, message) = match error {
        Error::Fault(_) => (error_code(error), error_text(error)),
        _ => (
            &NOT_IN_STATE,
            format!("{}: {}", listed.text, NOT_IN_STATE.meaning),
        ),
    };
    Line::lost(&listed.path, Kind::default(), code, message)
}
