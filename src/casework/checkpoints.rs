//! Making checkpoints: every minute in which something was done the actions since the last one are signed, kept, and
//! appended to a file. Whatever goes wrong with it stops nobody at the gate.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use diesel::result::Error as DieselError;
use diesel_async::AsyncPgConnection;

use crate::domain::audit::Hash;
use crate::domain::audit::checkpoint::{Checkpoint, Gap, Signed, gap, is_due};
use crate::domain::audit::merkle::{self, Tree};
use crate::identity::keys::Keys;
use crate::storage::{checkpoint_file, checkpoints};

/// How many actions are read at a time.
const PAGE: i64 = 10_000;
/// How many checkpoints are appended at a time, where the file is behind.
const LINES: i64 = 1_000;

/// Why there is no checkpoint where one was due.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] DieselError),
    /// The database counts its transactions anew: it was loaded from a dump.
    #[error(
        "the database's transactions count from {counts} on and the last checkpoint goes to {to}: it was loaded from a \
         dump, and `border-gate migrate` or a start of the service must set its count forward"
    )]
    CountsAnew {
        /// The transactions that have ended.
        counts: i64,
        /// Where the last checkpoint ends.
        to: i64,
    },
    /// The file cannot be written.
    #[error("the file {} cannot be written: {cause}", .file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The file holds a checkpoint that the database does not.
    #[error(
        "the file {} holds checkpoint {number}, and the database none or another: it was restored to an earlier time, \
         or its end was cut off (docs/AUDIT.md, after a restore)", .file.display()
    )]
    FileAhead {
        /// Which.
        file: PathBuf,
        /// The last checkpoint in it.
        number: i64,
    },
}

/// Whether the database's transactions count on from those of the last checkpoint. Where they do not, nothing should be
/// done on it before that is mended: what is done would stand before what is signed.
///
/// # Errors
///
/// [`CheckpointError::CountsAnew`], and the database's.
pub async fn counts_on(conn: &mut AsyncPgConnection) -> Result<(), CheckpointError> {
    let to = checkpoints::last(conn).await?.map_or(0, |last| last.checkpoint.transactions_to);
    let counts = checkpoints::waiting(conn, to).await?.settled_to;
    if counts < to { Err(CheckpointError::CountsAnew { counts, to }) } else { Ok(()) }
}

/// Makes a checkpoint, if one is due; it, where this instance made it.
///
/// # Errors
///
/// [`CheckpointError`]; what was done since the last one waits for the next.
pub async fn make(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    now: DateTime<Utc>,
) -> Result<Option<Signed>, CheckpointError> {
    let last = checkpoints::last(conn).await?;
    let from = last.as_ref().map_or(0, |last| last.checkpoint.transactions_to);
    let last_at = last.as_ref().map(|last| last.checkpoint.made_at);
    let waiting = checkpoints::waiting(conn, from).await?;
    let to = waiting.settled_to;
    if to < from {
        return Err(CheckpointError::CountsAnew { counts: to, to: from });
    }
    if !is_due(last_at, waiting.oldest.filter(|_| waiting.is_settled), now) {
        return Ok(None);
    }
    // What has ended by now changes no more: page after page belongs together without a snapshot.
    let mut tree = Tree::default();
    let mut after = (from, i64::MIN, 0);
    loop {
        let leaves = checkpoints::leaves(conn, after, to, PAGE).await?;
        for leaf in &leaves {
            tree.push(merkle::leaf(leaf.declaration, leaf.seq, leaf.hash));
            after = leaf.place();
        }
        if i64::try_from(leaves.len()).unwrap_or(0) < PAGE {
            break;
        }
    }
    let checkpoint = Checkpoint {
        number: last.as_ref().map_or(1, |last| last.checkpoint.number + 1),
        previous: last.as_ref().map_or_else(Hash::default, Signed::hash),
        key_id: keys.kid().to_owned(),
        made_at: now,
        transactions_from: from,
        transactions_to: to,
        actions: tree.leaves(),
        root: tree.root(),
        gap: gap(last_at, waiting.oldest, now),
    };
    let signed = Signed { signature: keys.sign(checkpoint.canonical().as_bytes()), checkpoint };
    Ok(checkpoints::insert(conn, &signed).await?.then_some(signed))
}

/// Appends to `file` the checkpoints that it does not hold yet, those of other instances too.
///
/// # Errors
///
/// [`CheckpointError`].
pub async fn publish(conn: &mut AsyncPgConnection, file: &Path) -> Result<(), CheckpointError> {
    let failed = |cause| CheckpointError::File { file: file.to_owned(), cause };
    let mut after = match checkpoint_file::last(file).map_err(failed)? {
        None => 0,
        Some(written) => {
            let number = written.checkpoint.number;
            if checkpoints::find(conn, number).await?.as_ref() != Some(&written) {
                return Err(CheckpointError::FileAhead { file: file.to_owned(), number });
            }
            number
        }
    };
    loop {
        let page = checkpoints::list(conn, after, LINES).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.checkpoint.number;
        checkpoint_file::append(file, &page).map_err(failed)?;
    }
}

/// Since when checkpoints are late, if they are: actions have waited for one too long, or silence has.
///
/// # Errors
///
/// The database's.
pub async fn late(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> Result<Option<Gap>, DieselError> {
    let Some(last) = checkpoints::last(conn).await? else { return Ok(None) };
    let waiting = checkpoints::waiting(conn, last.checkpoint.transactions_to).await?;
    Ok(gap(Some(last.checkpoint.made_at), waiting.oldest, now))
}

/// What keeps this instance from making checkpoints, in one sentence, until it does not any more.
#[derive(Debug, Default)]
pub struct CheckpointWatch(Mutex<Option<String>>);

impl CheckpointWatch {
    /// What keeps it now, if anything.
    #[must_use]
    pub fn impediment(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes how the last try went.
    pub fn note(&self, impediment: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = impediment;
    }
}
