//! The writer's place of work: a connection with its statements, on which one set after the other is written.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::RwLock;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_postgres::{Client, Error};

use super::Done;
use super::failure::Failure;
use super::forming::{Mind, Set};
use super::writer::Pending;
use crate::domain::audit::Hash;
use crate::domain::declaration::{Declaration, Source};
use crate::domain::number::Number;
use crate::storage::pool::{causes, connect};
use crate::storage::sets::{KeptReply, Statements};

/// How long a set may take before its connection is given up: longer than the database's own bound on a statement.
const SET_TIMEOUT: Duration = Duration::from_secs(6);

/// A set is planned once, perhaps while its tables are still empty and reading all of one looks cheapest; the plan is kept while they
/// grow by millions. A few hundred rows are always best looked up by an index, one by one.
const PLANNING: &str = "set plan_cache_mode = force_generic_plan; set enable_seqscan = off;
    set enable_hashjoin = off; set enable_mergejoin = off";

/// An error of the database in the middle of a set, with what was not answered yet.
pub(super) struct Trouble {
    pub(super) error: Error,
    pub(super) unanswered: Vec<Pending>,
}

impl Trouble {
    /// An error before anything of `set` was written.
    pub(super) fn before(error: Error, set: Set) -> Self {
        Self { error, unanswered: set.into_pending() }
    }
}

/// The writer's place of work: its connection, and what the rules stand on.
pub(super) struct Desk {
    pub(super) client: Client,
    pub(super) statements: Statements,
    pub(super) mind: Rc<Mind>,
    /// Whoever holds a transaction has the connection alone; statements in autocommit share it.
    pub(super) transactions: RwLock<()>,
    backend: i32,
    driving: JoinHandle<Result<(), Error>>,
}

/// Ends a server process of our own login, and waits until it is gone. The role that the service acts as may not.
async fn end_backend(client: &Client, backend: i32) -> Result<(), Error> {
    let role: String = client.query_one("select quote_ident(current_user)", &[]).await?.try_get(0)?;
    client.batch_execute("reset role").await?;
    client
        .execute(
            "select pg_terminate_backend(pid, 2000) from pg_stat_activity where pid = $1 and usename = session_user",
            &[&backend],
        )
        .await?;
    client.batch_execute(&format!("set role {role}")).await
}

impl Desk {
    /// Connects and prepares. `left` is the server process of a connection that was lost: it may still be at work
    /// on a set whose outcome is about to be looked up, and is ended first.
    pub(super) async fn open(url: &str, mind: Rc<Mind>, left: Option<i32>) -> Result<Self, String> {
        let (client, driving) = connect(url).await.map_err(|error| error.to_string())?;
        let prepared = async {
            client.batch_execute(PLANNING).await?;
            if let Some(left) = left {
                end_backend(&client, left).await?;
            }
            let backend: i32 = client.query_one("select pg_backend_pid()", &[]).await?.try_get(0)?;
            Ok::<_, Error>((Statements::prepare(&client).await?, backend))
        };
        let (statements, backend) = prepared.await.map_err(|error| causes(&error))?;
        // It may lead to another database.
        mind.memory.clear();
        Ok(Self { client, statements, mind, transactions: RwLock::default(), backend, driving })
    }

    /// Whether its connection is of no more use.
    pub(super) fn is_lost(&self) -> bool {
        self.client.is_closed() || self.driving.is_finished()
    }

    /// Gives the connection up; its server process, which may not know yet.
    pub(super) fn close(&self) -> i32 {
        self.driving.abort();
        self.backend
    }

    /// Writes a set; what lost a race comes back.
    pub(super) async fn write(&self, mut set: Set, drawn: &mut HashSet<Number>) -> Result<Vec<Pending>, Trouble> {
        let new = set.is_new();
        let shared = self.transactions.read().await;
        if let Err(error) = self.answer_known(&mut set).await {
            return Err(Trouble::before(error, set));
        }
        drop(shared);
        // A connection that hangs is ended, so that the statement fails and its outcome is looked up.
        let stop = self.driving.abort_handle();
        let watch = tokio::spawn(async move {
            sleep(SET_TIMEOUT).await;
            stop.abort();
        });
        let outcome = if new { self.declare_set(set, drawn).await } else { self.act_set(set, drawn).await };
        watch.abort();
        outcome
    }

    /// Answers what was written by an earlier try whose outcome was not known.
    async fn answer_known(&self, set: &mut Set) -> Result<(), Error> {
        let tried: HashMap<i64, Hash> = set.asked().filter_map(|pending| pending.tried).collect();
        if tried.is_empty() {
            return Ok(());
        }
        let numbers: Vec<i64> = tried.keys().copied().collect();
        let hashes: Vec<Vec<u8>> = tried.values().map(|hash| hash.0.to_vec()).collect();
        let rows = self
            .client
            .query(
                "select declaration from actions where declaration = any($1::bigint[]) and hash = any($2::bytea[])",
                &[&numbers, &hashes],
            )
            .await?;
        let written: Vec<i64> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        let records: HashMap<i64, Arc<Declaration>> = self
            .statements
            .read(&self.client, &written)
            .await?
            .into_iter()
            .map(|declaration| (declaration.number.as_i64(), Arc::new(declaration)))
            .collect();
        let written = |pending: &Pending| pending.tried.and_then(|(number, _)| records.get(&number));
        for pending in set.take_out(|pending| written(pending).is_some()) {
            let Some(record) = written(&pending).map(Arc::clone) else { continue };
            pending.answer(Ok(Done::Written(record)));
        }
        // Of the others it is known that nothing was written.
        for pending in &mut set.undecided {
            pending.tried = None;
        }
        Ok(())
    }

    /// Answers what was imported before from the same source.
    pub(super) async fn answer_imported(&self, set: &mut Set) -> Result<(), Error> {
        let sources: Vec<&Source> = set.asked().filter_map(Pending::source).collect();
        let known = self.statements.imported(&self.client, &sources).await?;
        let known: HashMap<(&str, &str), i64> = known
            .iter()
            .map(|(source, number)| ((source.source.as_str(), source.source_id.as_str()), *number))
            .collect();
        let number = |pending: &Pending| {
            let source = pending.source()?;
            known.get(&(source.source.as_str(), source.source_id.as_str())).copied()
        };
        if known.is_empty() {
            return Ok(());
        }
        for pending in set.take_out(|pending| number(pending).is_some()) {
            let Some(number) = number(&pending) else { continue };
            pending.answer(Ok(Done::ImportedBefore(number)));
        }
        Ok(())
    }

    /// Answers what was done before under the same key.
    pub(super) async fn replay_known_keys(&self, set: &mut Set) -> Result<(), Error> {
        let keys: Vec<(&str, &str, &str)> =
            set.asked().filter_map(|pending| pending.ask.keep.as_ref()).map(super::Keep::name).collect();
        let known = self.statements.kept(&self.client, &keys).await?;
        if known.is_empty() {
            return Ok(());
        }
        let known: HashMap<(&str, &str, &str), &KeptReply> =
            known.iter().map(|kept| ((kept.caller.as_str(), kept.route.as_str(), kept.key.as_str()), kept)).collect();
        let kept = |pending: &Pending| {
            let keep = pending.ask.keep.as_ref()?;
            let kept = *known.get(&keep.name())?;
            Some((kept, kept.request_hash == keep.request_hash))
        };
        for pending in set.take_out(|pending| kept(pending).is_some()) {
            let answer = match kept(&pending) {
                Some((kept, true)) => Ok(Done::Replayed(kept.reply.clone())),
                Some((_, false)) | None => Err(Failure::KeyMismatch),
            };
            pending.answer(answer);
        }
        Ok(())
    }
}
