//! `border-gate verify-audit` and `border-gate export-audit`

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use border_gate::casework::evidence::gather;
use border_gate::clock::Clock;
use border_gate::domain::audit::checkpoint::Signed;
use border_gate::domain::audit::evidence::Evidence;
use border_gate::domain::audit::verify::{Compared, Verification};
use border_gate::identity::keys::PublicKeys;
use border_gate::settings::Settings;
use border_gate::storage::checkpoint_file;
use border_gate::storage::pool::connect;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::sync::mpsc;

use super::UsedWrongly;
use super::database::Database;

/// What is checked, and against what.
#[derive(Args)]
pub struct VerifyArguments {
    /// Check this export in place of the database
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// Compare with this copy of the published checkpoints: the only way to see that the end was cut off or signed anew
    #[arg(long, value_name = "FILE")]
    checkpoints: Option<PathBuf>,
    /// The public keys, as `/.well-known/jwks.json` gave them or as PEM; without it the service's own
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
}

/// What is exported.
#[derive(Args)]
pub struct ExportArguments {
    /// The file to write; one that is there is not touched
    file: PathBuf,
    /// With driver and crew, and the salts of their digests
    #[arg(long)]
    with_people: bool,
}

/// How many pieces wait to be checked or written while the next are read.
const AHEAD: usize = 4;

/// The most differences that are listed one by one: what was swapped wholesale is told by a few.
const LISTED: u64 = 10_000;

/// A progress bar that counts actions; nothing where nobody looks.
fn bar(what: &str) -> anyhow::Result<ProgressBar> {
    let target = if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template(&format!("{{spinner}} {{pos}} actions {what}, {{per_sec}}"))?;
    let bar = ProgressBar::with_draw_target(None, target).with_style(style);
    bar.enable_steady_tick(Duration::from_millis(200));
    Ok(bar)
}

/// A file that the call names; that it is not there is the call's fault.
fn named(file: &Path, error: &io::Error) -> anyhow::Error {
    UsedWrongly(format!("{} cannot be opened: {error}", file.display())).into()
}

/// The keys that signatures are checked with.
fn public_keys(settings: &Settings, given: Option<&Path>) -> anyhow::Result<PublicKeys> {
    if let Some(file) = given {
        let text = fs::read_to_string(file).map_err(|error| named(file, &error))?;
        let keys = PublicKeys::read(&text);
        return keys.ok_or_else(|| {
            UsedWrongly(format!("{} is neither a JSON key set with Ed25519 keys nor such a key as PEM", file.display()))
                .into()
        });
    }
    // A key made now would have signed nothing.
    if settings.signing_key_file.is_none() && !settings.data_dir.join("keys/signing.pem").exists() {
        let why = "the service's keys are not here: name the public ones by --keys, or SIGNING_KEY_FILE or DATA_DIR";
        return Err(UsedWrongly(why.to_owned()).into());
    }
    Ok(super::serve::keys(settings)?.public_keys())
}

/// Takes all pieces and says every difference as it is found.
fn check(
    keys: &PublicKeys,
    copy: Option<Box<dyn Iterator<Item = Result<Signed, String>>>>,
    key: [u8; 32],
    mut pieces: impl Iterator<Item = Vec<Evidence>>,
    bar: &ProgressBar,
) -> (Compared, u64) {
    let mut verification = Verification::new(keys, copy.into_iter().flatten(), key);
    let mut differences = 0;
    let mut tell = |verification: &mut Verification| {
        for difference in verification.differences() {
            differences += 1;
            if differences <= LISTED {
                bar.suspend(|| println!("  {difference}"));
            }
        }
    };
    for some in &mut pieces {
        for piece in &some {
            verification.take(piece);
        }
        tell(&mut verification);
        bar.set_position(verification.compared().actions);
    }
    verification.finish();
    tell(&mut verification);
    (verification.compared(), differences)
}

/// Checks the record against itself, and against a copy of its checkpoints.
pub async fn verify(settings: &Settings, arguments: VerifyArguments) -> anyhow::Result<()> {
    let keys = public_keys(settings, arguments.keys.as_deref())?;
    let copy: Option<Box<dyn Iterator<Item = Result<Signed, String>> + Send>> = match &arguments.checkpoints {
        Some(file) => Some(Box::new(checkpoint_file::read(file).map_err(|error| named(file, &error))?)),
        None => None,
    };
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| anyhow::anyhow!("no random bytes: {error}"))?;
    let bar = bar("checked")?;
    let told = bar.clone();
    let copied = copy.is_some();
    let (to, mut from) = mpsc::channel::<Vec<Evidence>>(AHEAD);
    let checking = tokio::task::spawn_blocking(move || {
        let copy = copy.map(|copy| copy as Box<dyn Iterator<Item = Result<Signed, String>>>);
        check(&keys, copy, key, std::iter::from_fn(|| from.blocking_recv()), &told)
    });
    let read = match &arguments.export {
        Some(file) => read_export(file, &to).await,
        None => read_database(settings, &to).await,
    };
    drop(to);
    let (compared, differences) = checking.await?;
    bar.finish_and_clear();
    read?;
    println!("{}", summary(&compared, copied));
    match differences {
        0 => {
            println!("no difference");
            Ok(())
        }
        1 => bail!("1 difference"),
        many => bail!("{many} differences"),
    }
}

async fn read_database(settings: &Settings, to: &mpsc::Sender<Vec<Evidence>>) -> anyhow::Result<()> {
    let database = Database::open_or_join(settings)?;
    let (client, _driving) = connect(&database.url).await?;
    gather(&client, Clock::System.now(), to).await.context("the record cannot be read")?;
    Ok(())
}

/// Reads an export line by line; a line that cannot be read ends it.
async fn read_export(file: &Path, to: &mpsc::Sender<Vec<Evidence>>) -> anyhow::Result<()> {
    let opened = File::open(file).map_err(|error| named(file, &error))?;
    let (to, name) = (to.clone(), file.display().to_string());
    let reading = move || -> anyhow::Result<()> {
        let mut pieces = Vec::new();
        for (number, line) in (1..).zip(BufReader::with_capacity(1 << 18, opened).lines()) {
            let line = line.with_context(|| format!("line {number} of {name} cannot be read"))?;
            pieces.push(
                serde_json::from_str(&line).with_context(|| format!("line {number} of {name} is none of an export"))?,
            );
            if pieces.len() == 512 {
                // Whoever checks has ended: his answer says why.
                drop(to.blocking_send(std::mem::take(&mut pieces)));
            }
        }
        drop(to.blocking_send(pieces));
        Ok(())
    };
    tokio::task::spawn_blocking(reading).await?
}

fn summary(compared: &Compared, copied: bool) -> String {
    let Compared { declarations, actions, checkpoints, copies, uncovered, gaps, erased } = compared;
    let copy = if copied {
        format!("; {copies} of the copy compared with them")
    } else {
        "; without a copy of them kept elsewhere a cut end does not show".to_owned()
    };
    format!(
        "compared {declarations} declarations with what their {actions} actions add up to ({erased} of them without \
         their people, who were erased), and {checkpoints} checkpoints with the actions ({gaps} tell of a gap; \
         {uncovered} actions wait for the next){copy}"
    )
}

/// Writes the whole record to a file.
pub async fn export(settings: &Settings, arguments: ExportArguments) -> anyhow::Result<()> {
    let file = &arguments.file;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let opened = options.open(file).map_err(|error| named(file, &error))?;
    let database = Database::open_or_join(settings)?;
    let (client, _driving) = connect(&database.url).await?;
    let bar = bar("exported")?;
    let (to, mut from) = mpsc::channel::<Vec<Evidence>>(AHEAD);
    let with_people = arguments.with_people;
    let writing = tokio::task::spawn_blocking(move || -> anyhow::Result<()> {
        let mut lines = BufWriter::with_capacity(1 << 18, opened);
        while let Some(pieces) = from.blocking_recv() {
            for piece in pieces {
                let piece = if with_people { piece } else { piece.without_people() };
                serde_json::to_writer(&mut lines, &piece)?;
                lines.write_all(b"\n")?;
                if let Evidence::Declaration(recorded) = &piece {
                    bar.inc(u64::try_from(recorded.actions.len())?);
                }
            }
        }
        bar.finish_and_clear();
        Ok(lines.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?)
    });
    let gathered = gather(&client, Clock::System.now(), &to).await;
    drop(to);
    writing.await?.with_context(|| format!("{} cannot be written", file.display()))?;
    let end = gathered.context("the record cannot be read")?;
    println!(
        "exported {} declarations, {} actions and {} checkpoints to {}{}",
        end.declarations,
        end.actions,
        end.checkpoints,
        file.display(),
        if with_people { ", with the people in them" } else { ", without the people in them" }
    );
    Ok(())
}
