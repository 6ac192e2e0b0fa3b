//! Bringing a database's schema up to date.

use std::time::{Duration, Instant};

use diesel::{
    QueryResult,
    dsl::sql,
    migration::{Migration, MigrationSource},
    pg::Pg,
    sql_types::{Bool, Text},
};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use tokio::{task::spawn_blocking, time::sleep};

use super::pool::{ConnectError, causes, owner_connection};

/// The migrations, compiled in from `migrations/`.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// The lock that one instance holds while it migrates; "bgmigrat" in ASCII. One for the database, held by the connection.
const LOCK: i64 = 0x6267_6d69_6772_6174;

/// How long an instance waits for another one that migrates.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// The service may see which migrations there were (for its own readiness), and not pretend others.
const SHOW_TO_SERVICE: &str = "
    do $$ begin
        if exists (select from pg_roles where rolname = 'border_gate_service') then
            grant select on __diesel_schema_migrations to border_gate_service;
        end if;
    end $$";

/// A dump that was loaded into another server: there transactions are counted from anew, and what comes next would
/// stand before what is there. From then on what is missing is added to each. Nothing is done where nothing is missing.
const COUNT_ON: &str = "
    do $$
    declare
        settled bigint := pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
        next bigint := pg_snapshot_xmax(pg_current_snapshot())::text::bigint + settled_transactions() - settled;
        known bigint := greatest(
            (select transaction::text::bigint from actions order by actions.transaction desc limit 1),
            (select max(transactions_to) from checkpoints));
    begin
        if known > next then
            execute format('create or replace function settled_transactions() returns bigint language sql stable as %L',
                format('select pg_snapshot_xmin(pg_current_snapshot())::text::bigint + %s', known + 1 - settled));
            execute format('alter table actions alter column transaction set default '
                || '((pg_current_xact_id()::text::bigint + %s)::text::xid8)', known + 1 - settled);
        end if;
    end $$";

/// Why a database's schema was not brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// There is no connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Another instance has been at it for a minute.
    #[error("the schema is not up to date: another instance has been migrating this database for over a minute")]
    Locked,
    /// The connection was lost, or the database refused.
    #[error("the schema was not brought up to date: {cause}")]
    Failed {
        /// Why, with everything behind it.
        cause: String,
    },
}

impl MigrateError {
    fn failed(error: &(dyn std::error::Error + 'static)) -> Self {
        Self::Failed { cause: causes(error) }
    }
}

/// Runs the migrations that the database has not had, each in its transaction; their names, in order.
///
/// Several instances may do so at once: one runs them, the others wait and then find nothing left to do.
///
/// # Errors
///
/// [`MigrateError`]; the migrations before the one that failed stand.
pub async fn migrate(url: &str) -> Result<Vec<String>, MigrateError> {
    let connection = locked(url).await?;
    let (done, mut connection) = on_its_own_thread(connection, |harness| {
        let known = names()?;
        let done = harness.run_pending_migrations(MIGRATIONS).map_err(|error| MigrateError::failed(&*error))?;
        let done: Vec<String> = done.iter().map(ToString::to_string).collect();
        Ok(known.into_iter().filter(|(version, _)| done.contains(version)).map(|(_, name)| name).collect())
    })
    .await?;
    for statement in [SHOW_TO_SERVICE, COUNT_ON] {
        connection.batch_execute(statement).await.map_err(|error| MigrateError::failed(&error))?;
    }
    Ok(done)
}

/// Undoes every migration, the last first; their names. With them goes everything that was recorded.
///
/// # Errors
///
/// [`MigrateError`]; the migrations after the one that failed are undone.
pub async fn revert_all(url: &str) -> Result<Vec<String>, MigrateError> {
    let connection = locked(url).await?;
    let (undone, _) = on_its_own_thread(connection, |harness| {
        let known = names()?;
        let undone = harness.revert_all_migrations(MIGRATIONS).map_err(|error| MigrateError::failed(&*error))?;
        let name = |version: &String| known.iter().find(|(known, _)| known == version).map(|(_, name)| name.clone());
        Ok(undone.iter().map(ToString::to_string).filter_map(|version| name(&version)).collect())
    })
    .await?;
    Ok(undone)
}

/// Whether the database has had every migration. Changes nothing.
///
/// # Errors
///
/// [`MigrateError::Failed`].
pub async fn is_current(connection: &mut AsyncPgConnection) -> Result<bool, MigrateError> {
    Ok(pending_on(connection).await?.is_empty())
}

/// Whether the database takes no writes at present: it is a standby, or was made read-only.
///
/// # Errors
///
/// What diesel says when the database cannot be asked.
pub async fn is_read_only(connection: &mut AsyncPgConnection) -> QueryResult<bool> {
    diesel::select(sql::<Bool>("current_setting('transaction_read_only') = 'on'")).get_result(connection).await
}

/// The names of the migrations that the database has not had. Changes nothing.
///
/// A database that has had later ones too, from a newer version of this program, is no fault: migrations first
/// add, and remove only what no running version uses.
///
/// # Errors
///
/// [`MigrateError`].
pub async fn pending(url: &str) -> Result<Vec<String>, MigrateError> {
    pending_on(&mut owner_connection(url).await?).await
}

/// As [`pending`], on a connection that is there, which may be the service's.
///
/// # Errors
///
/// [`MigrateError::Failed`].
pub async fn pending_on(connection: &mut AsyncPgConnection) -> Result<Vec<String>, MigrateError> {
    let there = diesel::select(sql::<Bool>("to_regclass('__diesel_schema_migrations') is not null"));
    let had: Vec<String> = if there.get_result(connection).await.map_err(|error| MigrateError::failed(&error))? {
        let versions = sql::<Text>("select version from __diesel_schema_migrations");
        versions.load(connection).await.map_err(|error| MigrateError::failed(&error))?
    } else {
        Vec::new()
    };
    Ok(names()?.into_iter().filter(|(version, _)| !had.contains(version)).map(|(_, name)| name).collect())
}

/// Version and name of every migration, in order.
fn names() -> Result<Vec<(String, String)>, MigrateError> {
    let all: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations().map_err(|error| MigrateError::failed(&*error))?;
    let mut all: Vec<(String, String)> =
        all.iter().map(|migration| (migration.name().version().to_string(), migration.name().to_string())).collect();
    all.sort();
    Ok(all)
}

/// A connection that holds the lock; closing it lets go.
///
/// Asks again and again instead of waiting inside a statement: a statement that waits has a snapshot, and an
/// index built concurrently by the instance that migrates would wait for that one in turn.
async fn locked(url: &str) -> Result<AsyncPgConnection, MigrateError> {
    let mut connection = owner_connection(url).await?;
    let start = Instant::now();
    loop {
        let taken = diesel::select(sql::<Bool>(&format!("pg_try_advisory_lock({LOCK})")));
        if taken.get_result(&mut connection).await.map_err(|error| MigrateError::failed(&error))? {
            return Ok(connection);
        }
        if start.elapsed() > LONGEST_WAIT {
            return Err(MigrateError::Locked);
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// The harness blocks its thread, which must not be one that drives the connection. Gives the connection back.
async fn on_its_own_thread<T: Send + 'static>(
    connection: AsyncPgConnection,
    work: impl FnOnce(&mut AsyncMigrationHarness<AsyncPgConnection>) -> Result<T, MigrateError> + Send + 'static,
) -> Result<(T, AsyncPgConnection), MigrateError> {
    spawn_blocking(move || {
        let mut harness = AsyncMigrationHarness::new(connection);
        let done = work(&mut harness)?;
        Ok((done, harness.into_inner()))
    })
    .await
    .map_err(|error| MigrateError::failed(&error))?
}
