//! The thread that starts PostgreSQL, watches it, and starts it again when it dies.
//!
//! One thread does it all and lives as long as the cluster: Linux ties "end with your parent" to the
//! *thread* that forked, so a server forked from a passing thread would go down with it.

use std::{
    fs::{self, File},
    path::Path,
    process::{Child, ExitStatus},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::SyncSender,
    },
    thread,
    time::{Duration, Instant},
};

use tokio_postgres::NoTls;

use super::{
    ClusterError, ClusterStatus, DATABASE, Durability, Shared, USER, address,
    binaries::{self, Binaries},
    place::Place,
    process,
};
use crate::storage::pool::causes;

/// How often the server is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// Longest time from start to ready. Recovery after a crash takes a while when much was written.
const LONGEST_START: Duration = Duration::from_mins(10);
/// Waits before starting again, from the first failure on: doubled each time up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// By this name a server is known as ours.
const NAME: &str = "cluster_name=border-gate";

/// Settings of every cluster. On the command line, where no configuration file overrides them.
const SETTINGS: &[&str] = &[
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=200",
    "timezone=UTC",
    "log_timezone=UTC",
    "logging_collector=off",
    "log_destination=stderr",
    // The detail of an error holds whole rows, and with them the driver's data.
    "log_error_verbosity=terse",
    "jit=off",
    // After a crash everything written must be on the disk before recovery: one call for the file system takes a
    // tenth of the time of one for each of a thousand files. (Linux tells errors of it since 5.8.)
    #[cfg(target_os = "linux")]
    "recovery_init_sync_method=syncfs",
    NAME,
];
/// What was committed is there after a power cut.
const DURABLE: &[&str] = &["fsync=on", "synchronous_commit=on", "full_page_writes=on"];
/// Fast, and lost with the machine.
const THROWAWAY: &[&str] = &[
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "autovacuum=off",
];

pub(super) struct Server {
    pub(super) place: Place,
    pub(super) durability: Durability,
    pub(super) shared: Arc<Shared>,
}

impl Server {
    /// Runs the cluster until it is stopped; tells `started` how the first start went.
    pub(super) fn run(self, started: &SyncSender<Result<(), ClusterError>>) {
        let first = self.binaries().and_then(|binaries| Ok((self.launch(&binaries)?, binaries)));
        let (mut child, binaries) = match first {
            Ok((mut child, binaries)) => match self.create_database() {
                Ok(()) => (child, binaries),
                Err(error) => {
                    shut_down(&mut child);
                    // Nobody listens only when the caller is gone, and then nobody needs to know.
                    let _ = started.send(Err(error));
                    return;
                }
            },
            Err(error) => {
                let _ = started.send(Err(error));
                return;
            }
        };
        self.shared.set(ClusterStatus::Running);
        let _ = started.send(Ok(()));
        loop {
            thread::park_timeout(LOOK);
            if self.stopping() {
                shut_down(&mut child);
                break;
            }
            let ended = match child.try_wait() {
                Ok(None) => continue,
                Ok(Some(status)) => status.to_string(),
                Err(error) => error.to_string(),
            };
            let since = Instant::now();
            self.shared.set(ClusterStatus::Restarting { since });
            tracing::error!(ended, "PostgreSQL died; starting it again");
            match self.relaunch(&binaries) {
                Some(next) => child = next,
                None => break,
            }
            self.shared.set(ClusterStatus::Running);
            tracing::info!(away_ms = since.elapsed().as_millis(), "PostgreSQL runs again");
        }
        // The server has removed what was in it; if not, the next start does.
        let _ = fs::remove_dir(&self.place.socket);
        self.shared.set(ClusterStatus::Stopped);
    }

    fn stopping(&self) -> bool {
        self.shared.stopping.load(Ordering::Acquire)
    }

    /// The binaries for the data that is there; makes the data if there is none.
    fn binaries(&self) -> Result<Binaries, ClusterError> {
        let version = self.place.version()?;
        let binaries = binaries::find(version.as_deref(), &self.place.data)?;
        if version.is_none() {
            self.init(&binaries)?;
        }
        Ok(binaries)
    }

    /// Makes the data, aside and then renamed: an `initdb` killed half-way leaves no half cluster.
    fn init(&self, binaries: &Binaries) -> Result<(), ClusterError> {
        let new = self.place.new_data()?;
        let mut command = process::command(&binaries.initdb(), self.place.account);
        command.args(["--username", USER, "--auth=trust", "--encoding=UTF8", "--no-instructions"]);
        // Text is sorted by code point on every machine alike; what people read is sorted for them elsewhere.
        if binaries.major >= 17 {
            command.args(["--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]);
        } else {
            command.arg("--locale=C.UTF-8");
        }
        match self.durability {
            Durability::Durable => {}
            Durability::Throwaway => {
                command.arg("--no-sync");
            }
        }
        let output = command.arg("--pgdata").arg(&new).output().map_err(ClusterError::io("run", &binaries.initdb()))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).lines().collect::<Vec<_>>().join("; ");
            return Err(ClusterError::Init { said });
        }
        self.place.keep_new_data(&new)
    }

    /// Starts the server and waits until it takes connections.
    fn launch(&self, binaries: &Binaries) -> Result<Child, ClusterError> {
        self.end_leftovers()?;
        let log = self.place.open_log()?;
        let log_start = log.metadata().map_or(0, |log| log.len());
        let mut child = self.spawn(binaries, log)?;
        let start = Instant::now();
        let mut told = start;
        loop {
            match child.try_wait() {
                Ok(Some(status)) => return Err(self.ended(status, log_start)),
                Ok(None) => {}
                Err(error) => return Err(ClusterError::io("watch", &binaries.postgres())(error)),
            }
            if is_ready(&self.place.data, child.id()) {
                return Ok(child);
            }
            if self.stopping() || start.elapsed() > LONGEST_START {
                shut_down(&mut child);
                return Err(ClusterError::NotReady { log: self.place.log_path() });
            }
            if told.elapsed() > Duration::from_secs(5) {
                told = Instant::now();
                tracing::warn!(seconds = start.elapsed().as_secs(), "PostgreSQL is still starting");
            }
            thread::park_timeout(Duration::from_millis(5));
        }
    }

    fn spawn(&self, binaries: &Binaries, log: File) -> Result<Child, ClusterError> {
        let program = binaries.postgres();
        let mut command = process::command(&program, self.place.account);
        command.arg("-D").arg(&self.place.data).arg("-k").arg(&self.place.socket);
        let durability = match self.durability {
            Durability::Durable => DURABLE,
            Durability::Throwaway => THROWAWAY,
        };
        for setting in SETTINGS.iter().chain(durability) {
            command.args(["-c", setting]);
        }
        let again = log.try_clone().map_err(ClusterError::io("open", &self.place.log_path()))?;
        command.stdout(again).stderr(log).spawn().map_err(ClusterError::io("run", &program))
    }

    /// Starts the server again and again until it runs; `None` when the cluster is to stop.
    fn relaunch(&self, binaries: &Binaries) -> Option<Child> {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.launch(binaries) {
                Ok(child) => return Some(child),
                Err(_) if self.stopping() => return None,
                Err(error) => tracing::error!(%error, pause_ms = pause.as_millis(), "PostgreSQL does not start"),
            }
            let next = Instant::now() + pause;
            while Instant::now() < next {
                if self.stopping() {
                    return None;
                }
                thread::park_timeout(LOOK);
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Ends what an instance that was killed left running, and removes what would stop the next from starting.
    ///
    /// The lock is ours, so a server of ours on this data is an orphan on its way out. A server's children
    /// may outlive it for a moment; a new one refuses to start until they are gone.
    fn end_leftovers(&self) -> Result<(), ClusterError> {
        // The directory may be a link to another disk; processes are known by the real one.
        let data = &fs::canonicalize(&self.place.data).map_err(ClusterError::io("enter", &self.place.data))?;
        let file = data.join("postmaster.pid");
        let named: Option<u32> =
            fs::read_to_string(&file).ok().and_then(|text| text.lines().next()?.trim().parse().ok());
        if let Some(pid) = named
            && process::working_in(data).contains(&pid)
        {
            if !process::has_argument(pid, NAME) {
                return Err(ClusterError::RunByAnother { data: data.clone(), pid });
            }
            tracing::warn!(pid, "ending the PostgreSQL that an earlier instance left");
            for (signal, seconds) in [(libc::SIGINT, 20), (libc::SIGQUIT, 5), (libc::SIGKILL, 5)] {
                process::signal(pid, signal);
                if process::wait_until(Duration::from_secs(seconds), || !process::working_in(data).contains(&pid)) {
                    break;
                }
            }
        }
        for (signal, seconds) in [(libc::SIGQUIT, 3), (libc::SIGKILL, 5)] {
            for pid in process::working_in(data) {
                process::signal(pid, signal);
            }
            if process::wait_until(Duration::from_secs(seconds), || process::working_in(data).is_empty()) {
                break;
            }
        }
        // Both files name a process that is gone, or a stranger that has its number since (a container's
        // second process is the same number each time): PostgreSQL would take the stranger for a server.
        if process::can_see_processes() {
            for stale in [file, self.place.socket.join(".s.PGSQL.5432"), self.place.socket.join(".s.PGSQL.5432.lock")] {
                match fs::remove_file(&stale) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(ClusterError::io("remove", &stale)(error));
                    }
                    Ok(()) | Err(_) => {}
                }
            }
        }
        Ok(())
    }

    fn ended(&self, status: ExitStatus, log_start: u64) -> ClusterError {
        ClusterError::Ended { status, said: self.place.end_of_log(log_start), log: self.place.log_path() }
    }

    /// Creates the service's database unless it is there; so also a first connection.
    fn create_database(&self) -> Result<(), ClusterError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(ClusterError::io("connect to", &self.place.socket))?;
        runtime
            .block_on(async {
                let (client, connection) =
                    tokio_postgres::connect(&address(&self.place.socket, "postgres"), NoTls).await?;
                let driving = tokio::spawn(connection);
                let there = client.query_opt("select from pg_database where datname = $1", &[&DATABASE]).await?;
                if there.is_none() {
                    client.batch_execute(&format!("create database {DATABASE}")).await?;
                }
                drop(client);
                // A connection that ends badly after its work is done changes nothing.
                let _ = driving.await;
                Ok(())
            })
            .map_err(|error: tokio_postgres::Error| ClusterError::Database { cause: causes(&error) })
    }
}

/// Whether the server with this process number says in its own file that it is ready.
fn is_ready(data: &Path, pid: u32) -> bool {
    let Ok(text) = fs::read_to_string(data.join("postmaster.pid")) else { return false };
    let mut lines = text.lines();
    // Line 1 is the process, line 8 the state (PostgreSQL's pidfile.h).
    lines.next().is_some_and(|line| line.trim() == pid.to_string())
        && lines.nth(6).is_some_and(|line| line.trim() == "ready")
}

/// Stops the server: in order, then at once, then by force. None of them loses what was committed.
fn shut_down(child: &mut Child) {
    // SIGINT breaks connections off and writes everything out; SIGTERM would wait for the clients to leave.
    for (signal, seconds) in [(libc::SIGINT, 5), (libc::SIGQUIT, 2), (libc::SIGKILL, 2)] {
        // Not waited for yet, so the number is still this server's.
        process::signal(child.id(), signal);
        if process::wait_until(Duration::from_secs(seconds), || !matches!(child.try_wait(), Ok(None))) {
            return;
        }
    }
}

impl Shared {
    fn set(&self, status: ClusterStatus) {
        *self.status.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = status;
    }
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            status: std::sync::Mutex::new(ClusterStatus::Restarting { since: Instant::now() }),
            stopping: AtomicBool::new(false),
        }
    }
}
