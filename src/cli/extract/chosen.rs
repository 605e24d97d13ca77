//! What is to be extracted: guest paths and patterns, volume by volume.

use std::collections::BTreeMap;

use crate::cli::address::{Address, VolumeChoice};
use crate::cli::args::PlaceArgs;
use crate::cli::{Context, context, targets};
use crate::open::{Backup, Volume};
use crate::select::{self, Pattern, Root};

/// What is to be extracted, volume by volume.
pub(super) struct Chosen<'a> {
    pub(super) roots: Vec<(&'a Volume, Vec<Root>)>,
    pub(super) losses: Vec<tree::Loss>,
}

impl<'a> Chosen<'a> {
    pub(super) fn find(
        places: &PlaceArgs,
        backup: &'a Backup,
        ctx: &Context,
    ) -> anyhow::Result<Self> {
        let volume = places.volume.volume.as_deref();
        if places.paths.is_empty() {
            return Self::whole(backup, volume, ctx);
        }
        let mut chosen = Self {
            roots: Vec::new(),
            losses: Vec::new(),
        };
        for (volume, texts) in by_volume(places, backup, ctx)? {
            let patterns = texts.iter().map(|(_, path)| targets::pattern(path));
            let found = select::find(&*volume.fs, &patterns.collect::<Result<Vec<Pattern>, _>>()?);
            if let Some(&number) = found.unmatched.first()
                && found.losses.is_empty()
            {
                return Err(context::no_match(&texts[number].0).into());
            }
            chosen.losses.extend(found.losses);
            chosen.roots.push((volume, found.roots));
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
}

/// What was written, and the path in the volume.
type Texts = Vec<(String, String)>;

fn by_volume<'a>(
    places: &PlaceArgs,
    backup: &'a Backup,
    ctx: &Context,
) -> anyhow::Result<Vec<(&'a Volume, Texts)>> {
    let mut volumes: BTreeMap<&str, (&'a Volume, Texts)> = BTreeMap::new();
    for text in &places.paths {
        let address = Address::parse_within(text, places.volume.volume.as_deref());
        let volume = targets::choose(backup, &address.volume, ctx)?;
        let entry = volumes
            .entry(&volume.name)
            .or_insert_with(|| (volume, Texts::new()));
        entry.1.push((text.clone(), address.path));
    }
    Ok(volumes.into_values().collect())
}
