//! The writer's place of work: one connection with its statements, on which one set at a time is written.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_postgres::{Client, Error};

use super::Done;
use super::failure::Failure;
use super::memory::Memory;
use super::writer::Pending;
use crate::clock::Clock;
use crate::domain::audit::Hash;
use crate::domain::declaration::Source;
use crate::domain::number::Number;
use crate::domain::rule_book::InForce;
use crate::storage::pool::{causes, connect};
use crate::storage::sets::Statements;
use crate::storage::sources::imported;

/// How long a set may take before its connection is given up: longer than the database's own bound on a statement.
const SET_TIMEOUT: Duration = Duration::from_secs(6);

/// An error of the database in the middle of a set, with what was not answered yet.
pub(super) struct Trouble {
    pub(super) error: Error,
    pub(super) unanswered: Vec<Pending>,
}

/// The writer's place of work: its connection, and what the rules stand on.
pub(super) struct Desk {
    pub(super) client: Client,
    pub(super) statements: Statements,
    pub(super) clock: Clock,
    pub(super) rules: Arc<InForce>,
    pub(super) memory: Memory,
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
    pub(super) async fn open(url: &str, clock: Clock, rules: Arc<InForce>, left: Option<i32>) -> Result<Self, String> {
        let (client, driving) = connect(url).await.map_err(|error| error.to_string())?;
        let prepared = async {
            client.batch_execute("set plan_cache_mode = force_generic_plan").await?;
            if let Some(left) = left {
                end_backend(&client, left).await?;
            }
            let backend: i32 = client.query_one("select pg_backend_pid()", &[]).await?.try_get(0)?;
            Ok::<_, Error>((Statements::prepare(&client).await?, backend))
        };
        let (statements, backend) = prepared.await.map_err(|error| causes(&error))?;
        Ok(Self { client, statements, clock, rules, memory: Memory::new(), backend, driving })
    }

    /// Whether its connection is of no more use.
    pub(super) fn is_lost(&self) -> bool {
        self.client.is_closed() || self.driving.is_finished()
    }

    /// Gives the connection up; its server process, which may not know yet.
    pub(super) fn close(self) -> i32 {
        self.driving.abort();
        self.backend
    }

    /// Writes a set of one kind; what lost a race comes back.
    pub(super) async fn write(&self, set: Vec<Pending>, drawn: &mut HashSet<Number>) -> Result<Vec<Pending>, Trouble> {
        let new = set.iter().any(|pending| pending.number().is_none());
        let set = self.answer_known(set).await?;
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
    async fn answer_known(&self, set: Vec<Pending>) -> Result<Vec<Pending>, Trouble> {
        let tried: HashMap<i64, Hash> = set.iter().filter_map(|pending| pending.tried).collect();
        if tried.is_empty() {
            return Ok(set);
        }
        let numbers: Vec<i64> = tried.keys().copied().collect();
        let hashes: Vec<Vec<u8>> = tried.values().map(|hash| hash.0.to_vec()).collect();
        let looked = async {
            let rows = self
                .client
                .query(
                    "select declaration from actions where declaration = any($1::bigint[]) and hash = any($2::bytea[])",
                    &[&numbers, &hashes],
                )
                .await?;
            let written: Vec<i64> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
            self.statements.read(&self.client, &written).await
        };
        let rows = match looked.await {
            Ok(rows) => rows,
            Err(error) => return Err(Trouble { error, unanswered: set }),
        };
        let records: HashMap<i64, _> =
            rows.into_iter().map(|declaration| (declaration.number.as_i64(), Arc::new(declaration))).collect();
        let mut rest = Vec::new();
        for mut pending in set {
            match pending.tried.take().and_then(|(number, _)| records.get(&number)) {
                Some(declaration) => pending.answer(Ok(Done::Written(Arc::clone(declaration)))),
                None => rest.push(pending),
            }
        }
        Ok(rest)
    }

    /// Answers what was imported before from the same source.
    pub(super) async fn answer_imported(&self, set: Vec<Pending>) -> Result<Vec<Pending>, Trouble> {
        let sources: Vec<&Source> = set.iter().filter_map(Pending::source).collect();
        if sources.is_empty() {
            return Ok(set);
        }
        let known = match imported(&self.client, &sources).await {
            Ok(known) => known,
            Err(error) => return Err(Trouble { error, unanswered: set }),
        };
        if known.is_empty() {
            return Ok(set);
        }
        let known: HashMap<(&str, &str), i64> = known
            .iter()
            .map(|(source, number)| ((source.source.as_str(), source.source_id.as_str()), *number))
            .collect();
        let mut rest = Vec::new();
        for pending in set {
            let source = pending.source().map(|source| (source.source.as_str(), source.source_id.as_str()));
            match source.and_then(|source| known.get(&source).copied()) {
                Some(number) => pending.answer(Ok(Done::ImportedBefore(number))),
                None => rest.push(pending),
            }
        }
        Ok(rest)
    }

    /// Answers what was done before under the same key.
    pub(super) async fn replay_known_keys(&self, set: Vec<Pending>) -> Result<Vec<Pending>, Trouble> {
        let keys: Vec<(&str, &str, &str)> =
            set.iter().filter_map(|pending| pending.ask.keep.as_ref()).map(super::Keep::name).collect();
        let known = match self.statements.kept(&self.client, &keys).await {
            Ok(known) => known,
            Err(error) => return Err(Trouble { error, unanswered: set }),
        };
        if known.is_empty() {
            return Ok(set);
        }
        let mut rest = Vec::new();
        for pending in set {
            let kept = pending.ask.keep.as_ref().and_then(|keep| {
                let same = known.iter().find(|kept| keep.name() == (&kept.caller, &kept.route, &kept.key))?;
                Some((same.request_hash == keep.request_hash, same.reply.clone()))
            });
            match kept {
                Some((true, reply)) => pending.answer(Ok(Done::Replayed(reply))),
                Some((false, _)) => pending.answer(Err(Failure::KeyMismatch)),
                None => rest.push(pending),
            }
        }
        Ok(rest)
    }
}
