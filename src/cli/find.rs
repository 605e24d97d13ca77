//! `find`: files by name, size, time and kind, anywhere in the guest.

use regex::{Regex, RegexBuilder};
use tree::{Entry, GuestPath};

use crate::cli::address::{Address, VolumeChoice};
use crate::cli::args::{DeletedArgs, SourceArgs, VolumeArgs};
use crate::cli::filter::{FilterArgs, Filters, KindTest};
use crate::cli::listing::{Listing, Style};
use crate::cli::targets::{self, Target};
use crate::cli::{Context, Exit, Stop};
use crate::codes;
use crate::select::{Filter, Matcher, Pattern, Sift};

/// Find files by name, size, time or kind, anywhere in the guest
///
/// A pattern without a slash is matched against names, one with a slash against whole paths. All tests
/// must pass. Letter case counts as the volume counts it.
///
///   hvrestore find /backup/web01 '*.docx' --newer 2026-11-01
///   hvrestore find /backup/web01 --size +1G --kind file
///   hvrestore find /backup/web01 --regex 'invoice.*2026' --in 'C:\Users'
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// Name patterns with * ? [..] {a,b}; with a slash they are matched against the path (** too)
    #[arg(value_name = "PATTERN")]
    patterns: Vec<String>,
    /// Look below this folder only (repeatable); without it, all data volumes
    #[arg(long = "in", value_name = "GUEST-PATH")]
    under: Vec<String>,
    #[command(flatten)]
    volume: VolumeArgs,
    #[command(flatten)]
    trash: DeletedArgs,
    /// A regular expression the path must match, letter case aside
    #[arg(long, value_name = "REGEX")]
    regex: Option<String>,
    /// What of it is wanted.
    #[command(flatten)]
    filter: FilterArgs,
    /// Kind
    #[arg(long, value_enum)]
    kind: Option<KindTest>,
    /// Show attributes, size and time
    #[arg(short, long)]
    long: bool,
    /// Also the file system's own files
    #[arg(short, long)]
    all: bool,
    /// End each line with NUL instead of a newline
    #[arg(short = '0', long, conflicts_with_all = ["long", "json"])]
    null: bool,
}

/// Runs the command.
///
/// # Errors
/// Where the source cannot be opened, a pattern cannot be read, or nothing was found.
pub(crate) fn run(args: &Args, ctx: &Context) -> anyhow::Result<Exit> {
    let query = Query::new(args)?;
    let backup = ctx.open_files(&args.source, args.trash)?;
    let style = Style {
        json: ctx.global.json,
        long: args.long,
        null: args.null,
    };
    let targets = targets::find(&backup, &args.under, args.volume.volume.as_deref(), ctx)?;
    let mut listing = Listing::new(ctx, style).over(&targets);
    for target in &targets {
        let filter = query.filters.of(&backup, target.volume, ctx)?;
        query.below(target, &filter, &mut listing)?;
    }
    listing.finish_some()
}

/// What is looked for, whatever the volume.
struct Query<'a> {
    args: &'a Args,
    filters: Filters,
    names: Vec<Pattern>,
    paths: Vec<Pattern>,
    regex: Option<Regex>,
}

/// What is looked for, by the case rule of one volume.
struct Search<'a> {
    query: &'a Query<'a>,
    filter: &'a Filter,
    sift: Sift<'a>,
    names: Vec<Matcher<'a>>,
    paths: Vec<Matcher<'a>>,
}

impl<'a> Query<'a> {
    fn new(args: &'a Args) -> anyhow::Result<Self> {
        if let Some(text) = args.patterns.iter().find(|text| names_volume(text)) {
            let text =
                format!("{text}: a pattern is for every volume; choose one with --volume or --in");
            return Err(Stop::new(Exit::Usage, &codes::cli::USAGE, text).into());
        }
        let is_path = |text: &&String| text.contains(['/', '\\']);
        let (paths, names): (Vec<_>, Vec<_>) = args.patterns.iter().partition(is_path);
        let regex = args.regex.as_deref().map(|text| {
            RegexBuilder::new(text)
                .case_insensitive(true)
                .build()
                .map_err(|error| bad_pattern(text, &last_line(&error)))
        });
        Ok(Self {
            args,
            filters: args.filter.parse()?,
            names: patterns(&names)?,
            paths: patterns(&paths)?,
            regex: regex.transpose()?,
        })
    }

    fn below(
        &self,
        target: &Target<'_>,
        filter: &Filter,
        listing: &mut Listing<'_>,
    ) -> anyhow::Result<()> {
        let Target { volume, entry } = target;
        let on = |patterns: &[Pattern]| {
            patterns
                .iter()
                .map(|pattern| pattern.on(&*volume.fs))
                .collect()
        };
        let sieve = filter.on(&*volume.fs);
        let mut search = Search {
            query: self,
            filter,
            sift: sieve.sift(),
            names: on(&self.names),
            paths: on(&self.paths),
        };
        let entries = match volume.fs.entries(entry.node, &entry.path) {
            Ok(entries) => entries,
            Err(error) => return listing.loss(volume, &entry.path, &error),
        };
        for item in entries {
            match item {
                Err(loss) => listing.loss(volume, &loss.path, &loss.error)?,
                Ok(entry) if search.wants(&entry) => listing.entry_at_its_path(volume, &entry)?,
                Ok(_) => {}
            }
            if listing.cancelled() {
                break;
            }
        }
        Ok(())
    }
}

impl Search<'_> {
    fn wants(&mut self, entry: &Entry) -> bool {
        let args = self.query.args;
        let metadata = &entry.metadata;
        (args.all || !metadata.system)
            && args.kind.is_none_or(|kind| kind.passes(metadata.kind))
            && self.filter.passes(metadata)
            && self.sift.admits(entry)
            && self.wants_path(&entry.path)
    }

    fn wants_path(&self, path: &GuestPath) -> bool {
        let named = || {
            path.name().is_some_and(|name| {
                let name = GuestPath::root().join(&name);
                self.names.iter().any(|pattern| pattern.matches(&name))
            })
        };
        let any = self.names.is_empty() && self.paths.is_empty();
        (any || named() || self.paths.iter().any(|pattern| pattern.matches(path)))
            && self
                .query
                .regex
                .as_ref()
                .is_none_or(|regex| regex.is_match(&path.to_string()))
    }
}

/// Whether `text` is written for one volume, such as `C:\*.txt`. Taken for a path within a volume it
/// would match nothing, which must not pass for an answer.
fn names_volume(text: &str) -> bool {
    Address::parse(text).volume != VolumeChoice::Only
}

fn patterns(texts: &[&String]) -> anyhow::Result<Vec<Pattern>> {
    let parse = |text: &&String| targets::pattern(text);
    Ok(texts.iter().map(parse).collect::<Result<_, _>>()?)
}

/// What a regex error comes down to: before it come lines that point at the place.
fn last_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().next_back().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}

fn bad_pattern(text: &str, error: &dyn std::fmt::Display) -> Stop {
    Stop::new(
        Exit::Usage,
        &codes::cli::BAD_PATTERN,
        format!("{text:?}: {error}"),
    )
}
