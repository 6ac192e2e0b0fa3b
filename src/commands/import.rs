//! `border-gate import`

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use border_gate::casework::import::{Import, Tally};
use border_gate::casework::writer::Writer;
use border_gate::clock::Clock;
use border_gate::demo;
use border_gate::domain::reference::files;
use border_gate::domain::rule_book::{InForce, RuleBook};
use border_gate::domain::rule_failure::RuleFailure;
use border_gate::intake::{Format, Kind, LineError, Lines, Read, column_of};
use border_gate::settings::Settings;
use border_gate::storage::pool::pool;
use border_gate::storage::reference;
use border_gate::texts::{self, Language};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::UsedWrongly;
use super::database::Database;

/// What is imported and how.
#[derive(Args)]
pub struct Arguments {
    /// The file, CSV or NDJSON; - is standard input
    #[arg(required_unless_present = "demo")]
    file: Option<PathBuf>,
    /// What its lines are; without it each line tells (a history has a source and stamps)
    #[arg(long = "as", value_name = "KIND", value_parser = Kind::WORDS.to_vec())]
    kind: Option<String>,
    /// How it is written; without it its first character tells
    #[arg(long, value_name = "FORMAT", value_parser = Format::WORDS.to_vec())]
    format: Option<String>,
    /// The tax code of the firm that declares a file's declarations; a history names its own
    #[arg(long, value_name = "TAX CODE")]
    firm: Option<String>,
    /// Make firms that are not known yet
    #[arg(long)]
    create_firms: bool,
    /// Check everything and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Also write the bad lines to this file, a JSON object a line
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// The demo's made-up histories in place of a file
    #[arg(long, conflicts_with_all = ["file", "kind", "format", "firm"])]
    demo: bool,
}

/// How often the progress is drawn.
const DRAWN: u8 = 8;

/// Imports a file and tells what became of it.
pub async fn import(settings: &Settings, arguments: Arguments) -> anyhow::Result<()> {
    // What is wrong with the call is said before anything is started.
    let file = arguments.file.as_ref().map(|file| input(file, &arguments)).transpose()?;
    let mut report = arguments.report.as_deref().map(created).transpose()?;
    let database = Database::open_or_join(settings)?;
    database.migrate().await?;
    let mut unwritten = None;
    let reported = |error: &LineError| {
        if let Some(report) = &mut report
            && let Err(error) = writeln!(report, "{}", told(error))
        {
            unwritten = Some(error);
        }
    };
    let tally = match file {
        None => demo(settings, &database, arguments.dry_run).await?,
        Some(Input { lines, bar, format }) => {
            let mut import = prepared(settings, &database).await?;
            import.firm = arguments.firm;
            import.create_firms = arguments.create_firms;
            import.dry_run = arguments.dry_run;
            // The bytes that are read move the bar.
            run(&import, lines, &bar, format, reported, |_| ()).await?
        }
    };
    if let Some(mut report) = report {
        unwritten.map_or_else(|| report.flush(), Err).context("the report cannot be written")?;
    }
    println!("{}", summary(&tally, arguments.dry_run));
    match tally.refused {
        0 => Ok(()),
        1 => bail!("1 line was refused"),
        refused => bail!("{refused} lines were refused"),
    }
}

/// Takes the demo's histories in, those that are not there yet, and shows how far it has come.
pub async fn demo(settings: &Settings, database: &Database, dry_run: bool) -> anyhow::Result<Tally> {
    let import = Import { create_firms: true, dry_run, ..prepared(settings, database).await? };
    let bar = drawn(ProgressBar::new(demo::count()), "{wide_bar} {pos}/{len} {per_sec}  {msg}");
    let moved = |tally: &Tally| bar.set_position(tally.lines());
    run(&import, demo::lines(demo::SEED), &bar, Format::Ndjson, |_| (), moved).await
}

/// An import into `database`, which is migrated.
async fn prepared(settings: &Settings, database: &Database) -> anyhow::Result<Import> {
    let pool = pool(&database.url, settings.pool_size)?;
    let mut conn = pool.get().await.context("the database cannot be reached")?;
    reference::seed(&mut conn, files()?).await?;
    let reference = reference::load(&mut conn).await.context("the reference data cannot be read")?;
    drop(conn);
    let rules = Arc::new(InForce::new(RuleBook {
        reference: Arc::new(reference),
        expire_after_days: settings.expire_after_days,
        tax_code_check: settings.tax_code_check,
    }));
    let writer = Writer::start(database.url.clone(), Clock::System, Arc::clone(&rules))?;
    Ok(Import { writer, pool, rules, clock: Clock::System, firm: None, create_firms: false, dry_run: false })
}

/// Runs an import; every refused line goes to standard error and to `reported`.
async fn run(
    import: &Import,
    lines: impl Iterator<Item = Result<Read, LineError>>,
    bar: &ProgressBar,
    format: Format,
    mut reported: impl FnMut(&LineError),
    moved: impl Fn(&Tally),
) -> anyhow::Result<Tally> {
    let refused = |error: &LineError| {
        bar.suspend(|| error.failures.iter().for_each(|fault| eprintln!("{}", sentence(error.line, fault, format))));
        reported(error);
    };
    let progress = |tally: &Tally| {
        if tally.lines().is_multiple_of(256) {
            moved(tally);
            bar.set_message(format!("{} lines, {} refused", tally.lines(), tally.refused));
        }
    };
    let tally = import.run(lines, refused, progress).await;
    bar.finish_and_clear();
    tally.context("the import ended early; what was taken in stays, and a second run goes on from there")
}

/// A file that is read while a bar shows how far.
struct Input {
    lines: Lines<Box<dyn BufRead>>,
    bar: ProgressBar,
    format: Format,
}

fn input(file: &Path, arguments: &Arguments) -> anyhow::Result<Input> {
    let kind = arguments.kind.as_deref().and_then(|kind| kind.parse::<Kind>().ok());
    let mut format = arguments.format.as_deref().and_then(|format| format.parse::<Format>().ok());
    let (reader, bar): (Box<dyn BufRead>, ProgressBar) = if file == Path::new("-") {
        let bar = drawn(ProgressBar::no_length(), "{spinner} {bytes} {bytes_per_sec}  {msg}");
        (Box::new(BufReader::new(bar.wrap_read(io::stdin()))), bar)
    } else {
        let open = File::open(file).and_then(|open| {
            let about = open.metadata()?;
            if about.is_dir() { Err(io::ErrorKind::IsADirectory.into()) } else { Ok((open, about.len())) }
        });
        let (open, length) =
            open.map_err(|error| UsedWrongly(format!("{} cannot be read: {error}", file.display())))?;
        let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
        format = format.or(match ending.as_str() {
            "csv" => Some(Format::Csv),
            "ndjson" | "jsonl" => Some(Format::Ndjson),
            _ => None,
        });
        let bar = drawn(ProgressBar::new(length), "{wide_bar} {percent}% {bytes_per_sec} {eta}  {msg}");
        (Box::new(BufReader::with_capacity(1 << 16, bar.wrap_read(open))), bar)
    };
    let lines = Lines::new(reader, format, kind).with_context(|| format!("{} cannot be read", file.display()))?;
    Ok(Input { format: lines.format(), lines, bar })
}

/// The bar, on a terminal alone: elsewhere it would only be in the way.
fn drawn(bar: ProgressBar, template: &str) -> ProgressBar {
    if io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(DRAWN));
        bar.enable_steady_tick(Duration::from_millis(200));
    } else {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn created(report: &Path) -> anyhow::Result<io::BufWriter<File>> {
    let file = File::create(report)
        .map_err(|error| UsedWrongly(format!("the report {} cannot be written: {error}", report.display())))?;
    Ok(io::BufWriter::new(file))
}

/// One thing that is wrong with a line: where, what, and what was probably meant.
fn sentence(line: u64, fault: &RuleFailure, format: Format) -> String {
    let place = match format {
        Format::Csv => [Kind::Histories, Kind::Declarations].iter().find_map(|kind| column_of(*kind, &fault.pointer)),
        Format::Ndjson => None,
    };
    let place = place.unwrap_or(&fault.pointer);
    let between = if place.is_empty() { "" } else { ": " };
    let nearest = nearest(fault).map(|nearest| format!(" Did you mean {nearest}?")).unwrap_or_default();
    format!("line {line}: {place}{between}{}{nearest}", said(fault))
}

fn nearest(fault: &RuleFailure) -> Option<&str> {
    fault.args.iter().find(|(name, _)| *name == "nearest").map(|(_, value)| value.as_str())
}

fn said(failure: &RuleFailure) -> String {
    let args: Vec<(&str, &str)> = failure.args.iter().map(|(name, value)| (*name, value.as_str())).collect();
    texts::say(Language::En, &format!("rule-{}", failure.code), &args)
}

/// The same for a program.
fn told(error: &LineError) -> serde_json::Value {
    let faults: Vec<_> = error
        .failures
        .iter()
        .map(|failure| serde_json::json!({"pointer": failure.pointer, "code": failure.code, "detail": said(failure)}))
        .collect();
    serde_json::json!({"line": error.line, "errors": faults})
}

fn summary(tally: &Tally, dry_run: bool) -> String {
    let would = if dry_run { "would be " } else { "" };
    let rest = [(tally.known, "taken in before"), (tally.refused, "refused"), (tally.firms, "firms made")];
    let rest = rest.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!(", {count} {what}"));
    format!("{} lines: {} {would}taken in{}", tally.lines(), tally.taken_in, rest.collect::<Vec<_>>().concat())
}
