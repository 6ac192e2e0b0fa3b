//! Connections to PostgreSQL, each with bounded waits and no more rights than the service needs.

use std::{error::Error as StdError, fmt::Write, sync::Arc, time::Duration};

use diesel::{ConnectionError, result::Error as DieselError};
use diesel_async::{
    AsyncPgConnection, SimpleAsyncConnection,
    pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod, deadpool},
};
use futures_util::FutureExt;
use tokio::{task::JoinHandle, time::timeout};
use tokio_postgres::{Client, Connection, Socket, error::SqlState, tls::MakeTlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::target::Target;

/// A pool of connections.
pub type Pool = deadpool::Pool<AsyncPgConnection>;
/// A connection out of the pool; it goes back when dropped.
pub type Pooled = deadpool::Object<AsyncPgConnection>;
/// Why the pool gave none.
pub type PoolError = deadpool::PoolError;

/// How long a request waits for a connection to be free.
pub(super) const WAIT: Duration = Duration::from_secs(2);
/// How long connecting may take, over all servers of the address. With [`WAIT`], an answer within 5 s.
const CONNECT: Duration = Duration::from_secs(3);

/// What is set on every connection of the service: statements end after 5 s, waits for a lock after 2 s, and a
/// transaction that nobody goes on with after 10 s, so that nothing that hangs holds others up. Then the role that can
/// add to the record and not change it, if the migrations have made it and we may take it: before PostgreSQL 16,
/// members may; since then, there is a right of its own.
const SERVICE_SESSION: &str = "
    select set_config('statement_timeout', '5s', false),
           set_config('lock_timeout', '2s', false),
           set_config('idle_in_transaction_session_timeout', '10s', false);
    select set_config('role', rolname, false)
      from pg_roles
     where rolname = 'border_gate_service'
       and pg_has_role(current_user, oid,
                       case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end)";

/// What is set on the owner's connection: a migration may take as long as it needs, but waits for a table's lock no
/// longer than requests can, which queue behind it.
const OWNER_SESSION: &str = "
    select set_config('lock_timeout', '5s', false),
           set_config('idle_in_transaction_session_timeout', '60s', false)";

/// What drives a client of tokio-postgres.
type Driver = Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

/// Why there is no connection; for the log and for whoever starts the service. Never holds the password.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address cannot be read.
    #[error(
        "the database's address cannot be read: {reason}; \
         it should look like postgres://user:password@host:5432/database"
    )]
    Address {
        /// What is wrong with it.
        reason: String,
    },
    /// The file of trusted authorities cannot be used.
    #[error("the authorities in {file} cannot be used: {reason}")]
    Certificate {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// Nobody answers there.
    #[error("the database {target} cannot be reached: {cause}")]
    Unreachable {
        /// Which database, where and as whom.
        target: String,
        /// Why, with everything behind it.
        cause: String,
    },
    /// The server answers, but not over a connection that could be trusted.
    #[error(
        "no secure connection to the database {target}: {cause}; \
         name the authority's file by sslrootcert=, or ask for less by sslmode=prefer"
    )]
    Insecure {
        /// Which database, where and as whom.
        target: String,
        /// Why, with everything behind it.
        cause: String,
    },
    /// The server answers and says no.
    #[error("the database {target} refused the connection: {cause}")]
    Refused {
        /// Which database, where and as whom.
        target: String,
        /// Its words.
        cause: String,
    },
    /// The server is a standby, or was made read-only.
    #[error("the database {target} takes no writes at present; the service needs one that does")]
    ReadOnly {
        /// Which database, where and as whom.
        target: String,
    },
    /// No answer in time.
    #[error("the database {target} did not answer within {} s", CONNECT.as_secs())]
    TimedOut {
        /// Which database, where and as whom.
        target: String,
    },
    /// The pool cannot be made as asked.
    #[error("the pool of connections cannot be made: {reason}")]
    Pool {
        /// Why.
        reason: String,
    },
}

impl ConnectError {
    pub(super) fn address(reason: &str) -> Self {
        Self::Address { reason: reason.to_owned() }
    }

    fn from_postgres(target: &Target, error: &tokio_postgres::Error) -> Self {
        let (target, cause) = (target.words.clone(), causes(error));
        if let Some(refusal) = error.as_db_error() {
            let cause = refusal.message().to_owned();
            // A server that is starting or stopping answers too; to the caller it is away.
            let away = [SqlState::CANNOT_CONNECT_NOW, SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN];
            return if away.contains(refusal.code()) {
                Self::Unreachable { target, cause }
            } else {
                Self::Refused { target, cause }
            };
        }
        // tokio-postgres tells its kinds by their words alone.
        match error.to_string().as_str() {
            "error performing TLS handshake" => Self::Insecure { target, cause },
            "authentication error" | "invalid configuration" => Self::Refused { target, cause },
            "error connecting to server" if cause.ends_with("database does not allow writes") => {
                Self::ReadOnly { target }
            }
            _ => Self::Unreachable { target, cause },
        }
    }
}

/// How the words begin in which PostgreSQL gives up on a statement for reasons of its own. diesel keeps no code of
/// these; a server that speaks another language is taken at its kind alone.
const GIVEN_UP: [&str; 6] = [
    "terminating connection",
    "canceling statement",
    "the database system is",
    "deadlock detected",
    "out of memory",
    "could not extend file",
];

/// Whether it is the database that is away or short of something, and not what was asked of it: the same may do later.
#[must_use]
pub fn is_away(error: &DieselError) -> bool {
    use diesel::result::DatabaseErrorKind as Kind;
    match error {
        // A connection that ends under way is reported as a statement that could not be sent.
        DieselError::DatabaseError(
            Kind::UnableToSendCommand | Kind::ClosedConnection | Kind::ReadOnlyTransaction | Kind::SerializationFailure,
            _,
        )
        | DieselError::BrokenTransactionManager => true,
        DieselError::DatabaseError(_, why) => GIVEN_UP.iter().any(|words| why.message().starts_with(words)),
        _ => false,
    }
}

/// Whether the connection is of no more use: what was asked may be asked again on another.
#[must_use]
pub fn is_lost(error: &tokio_postgres::Error) -> bool {
    // Without a code it is the connection itself that failed; 08 and 57 are PostgreSQL's classes of what ends one.
    error.code().is_none_or(|code| {
        *code == SqlState::READ_ONLY_SQL_TRANSACTION
            || !is_too_late(error) && ["08", "57"].iter().any(|class| code.code().starts_with(class))
    })
}

/// Whether the database gave up on it in the time, or is short of memory, disk or connections (class 53).
#[must_use]
pub fn is_too_late(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| {
        [SqlState::QUERY_CANCELED, SqlState::LOCK_NOT_AVAILABLE].contains(code) || code.code().starts_with("53")
    })
}

/// An error and everything behind it, in one line. diesel and tokio-postgres keep the cause out of their words.
pub(crate) fn causes(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        if !text.ends_with(&said) {
            // Writing to a string does not fail.
            let _ = write!(text, ": {said}");
        }
        next = cause.source();
    }
    text
}

/// A pool of at most `size` connections to the database at `url`. Connects only when asked for a connection.
///
/// A connection that was lost is noticed when it is next asked for, and replaced.
///
/// # Errors
///
/// [`ConnectError::Address`] and [`ConnectError::Certificate`].
pub fn pool(url: &str, size: usize) -> Result<Pool, ConnectError> {
    let target = Arc::new(Target::parse(url)?);
    let mut config = ManagerConfig::default();
    config.custom_setup = Box::new(move |_| {
        let target = Arc::clone(&target);
        async move {
            service_connection(&target).await.map_err(|error| ConnectionError::BadConnection(error.to_string()))
        }
        .boxed()
    });
    // A round trip for each request buys little: a server that died is noticed without.
    config.recycling_method = RecyclingMethod::Fast;
    // The address stays in the closure: the manager need not know the password.
    let manager = AsyncDieselConnectionManager::new_with_config("", config);
    Pool::builder(manager)
        .max_size(size)
        .wait_timeout(Some(WAIT))
        .create_timeout(Some(CONNECT + Duration::from_millis(500)))
        .recycle_timeout(Some(WAIT))
        .runtime(::deadpool::Runtime::Tokio1)
        .build()
        .map_err(|error| ConnectError::Pool { reason: error.to_string() })
}

/// One connection of the service beside the pool, for whoever keeps statements of its own on it.
///
/// It is driven by a task on the present runtime; the task's end is the connection's, and its result says why.
///
/// # Errors
///
/// [`ConnectError`].
pub async fn connect(url: &str) -> Result<(Client, JoinHandle<Result<(), tokio_postgres::Error>>), ConnectError> {
    let target = Target::parse(url)?;
    within_bounds(&target, async {
        let (client, connection) = open(&target).await?;
        let driving = tokio::spawn(connection);
        client.batch_execute(SERVICE_SESSION).await.map_err(|error| ConnectError::from_postgres(&target, &error))?;
        Ok((client, driving))
    })
    .await
}

/// One connection for diesel as the owner of the schema, for migrations.
pub(super) async fn owner_connection(url: &str) -> Result<AsyncPgConnection, ConnectError> {
    let target = Target::parse(url)?;
    within_bounds(&target, diesel_connection(&target, OWNER_SESSION)).await
}

async fn service_connection(target: &Target) -> Result<AsyncPgConnection, ConnectError> {
    within_bounds(target, diesel_connection(target, SERVICE_SESSION)).await
}

async fn diesel_connection(target: &Target, session: &str) -> Result<AsyncPgConnection, ConnectError> {
    let refused =
        |error: &(dyn StdError + 'static)| ConnectError::Refused { target: target.words.clone(), cause: causes(error) };
    let (client, connection) = open(target).await?;
    let mut connection =
        AsyncPgConnection::try_from_client_and_connection(client, connection).await.map_err(|error| refused(&error))?;
    connection.batch_execute(session).await.map_err(|error| refused(&error))?;
    Ok(connection)
}

async fn open(target: &Target) -> Result<(Client, Driver), ConnectError> {
    target.config.connect(target.tls.clone()).await.map_err(|error| ConnectError::from_postgres(target, &error))
}

async fn within_bounds<T>(
    target: &Target,
    connecting: impl Future<Output = Result<T, ConnectError>>,
) -> Result<T, ConnectError> {
    match timeout(CONNECT, connecting).await {
        Ok(outcome) => outcome,
        Err(_) => Err(ConnectError::TimedOut { target: target.words.clone() }),
    }
}
