//! The private PostgreSQL cluster: the service's own server, for a machine that has none.
//!
//! It runs the PostgreSQL that is installed, as `postgres` or `nobody` when we are root, reachable through
//! a socket alone that only its account and root may open. It ends with the process that started it, however that ends; when it
//! dies by itself, it is started again, and whoever asks [`ClusterWatch::status`] is told so meanwhile.

mod binaries;
mod error;
mod place;
mod process;
mod server;
pub mod shared;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::Instant,
};

pub use error::ClusterError;
use place::Place;
use server::Server;

/// The database that every cluster has for the service.
pub const DATABASE: &str = "border_gate";
/// The cluster's superuser, and the only one there is at first.
const USER: &str = "border_gate";

/// What a cluster keeps when the machine loses power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Everything that was committed.
    Durable,
    /// Perhaps nothing: for tests. When only processes die, it too keeps everything.
    Throwaway,
}

/// How a cluster is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClusterStatus {
    /// It takes connections.
    Running,
    /// It died and is being started again.
    Restarting {
        /// When that was noticed.
        since: Instant,
    },
    /// It was stopped by us.
    Stopped,
}

/// What the cluster's thread and its owner both see.
#[derive(Debug)]
struct Shared {
    status: Mutex<ClusterStatus>,
    stopping: AtomicBool,
}

/// Tells how a cluster is; cheap to clone, and keeps nothing alive.
#[derive(Clone, Debug)]
pub struct ClusterWatch(Arc<Shared>);

impl ClusterWatch {
    /// How the cluster is now.
    #[must_use]
    pub fn status(&self) -> ClusterStatus {
        *self.0.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running private cluster. It stops when this is dropped.
pub struct EmbeddedCluster {
    directory: PathBuf,
    socket: PathBuf,
    watch: ClusterWatch,
    thread: Option<JoinHandle<()>>,
}

impl EmbeddedCluster {
    /// Starts the cluster in `dir`, making directory, cluster and [`DATABASE`] as needed, and waits until it takes connections.
    ///
    /// Blocks, for half a second the first time and a tenth later, longer after a crash.
    ///
    /// # Errors
    ///
    /// [`ClusterError`] says in a sentence what is in the way and what helps.
    pub fn start(dir: &Path, durability: Durability) -> Result<Self, ClusterError> {
        let place = Place::take(dir)?;
        let (directory, socket) = (place.directory.clone(), place.socket.clone());
        let shared = Arc::new(Shared::default());
        let watch = ClusterWatch(Arc::clone(&shared));
        let server = Server { place, durability, shared };
        let (started, outcome) = mpsc::sync_channel(1);
        let thread = thread::Builder::new()
            .name("postgres".to_owned())
            .spawn(move || server.run(&started))
            .map_err(ClusterError::io("watch", &directory))?;
        let cluster = Self { directory, socket, watch, thread: Some(thread) };
        match outcome.recv() {
            Ok(Ok(())) => Ok(cluster),
            Ok(Err(error)) => Err(error),
            Err(mpsc::RecvError) => Err(ClusterError::NotReady { log: cluster.directory.join("postgres.log") }),
        }
    }

    /// The address of a database in the cluster, as tokio-postgres reads it.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        address(&self.socket, database)
    }

    /// Where the cluster is: the directory asked for, or where it had to move (see `DIR/moved-to`).
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What tells others how the cluster is.
    #[must_use]
    pub fn watch(&self) -> ClusterWatch {
        self.watch.clone()
    }

    /// How the cluster is now.
    #[must_use]
    pub fn status(&self) -> ClusterStatus {
        self.watch.status()
    }

    /// Whether the cluster takes connections, as far as was noticed: a death is noticed within 50 ms.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.status() == ClusterStatus::Running
    }

    /// Stops the cluster and waits for its end: at most 9 s, and under 0.1 s when it has little to write out.
    pub fn stop(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.watch.0.stopping.store(true, Ordering::Release);
            thread.thread().unpark();
            if thread.join().is_err() {
                tracing::error!("the thread that watches PostgreSQL ended in a panic");
            }
        }
    }
}

impl Drop for EmbeddedCluster {
    fn drop(&mut self) {
        self.stop();
    }
}

impl fmt::Debug for EmbeddedCluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedCluster")
            .field("directory", &self.directory)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

/// The address of a database in the cluster that another process runs in `dir`, where one does.
#[must_use]
pub fn running(dir: &Path, database: &str) -> Option<String> {
    place::socket_of_running(dir).map(|socket| address(&socket, database))
}

/// The socket's directory has only characters that need no quotes: [`place`] sees to it.
fn address(socket: &Path, database: &str) -> String {
    let database = database.replace('\\', "\\\\").replace('\'', "\\'");
    format!("host={} user={USER} dbname='{database}'", socket.display())
}
