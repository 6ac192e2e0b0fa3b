//! A database for each test, on one throwaway cluster for all tests of a run.
//!
//! Tests run as threads of one process or as processes of their own: the cluster is kept by a process
//! beside them (`border-gate test-cluster`), found through files, and gone a while after the last user.

use std::{
    fs::{self, File},
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use border_gate::domain::audit::hex;
use border_gate::storage::{
    embedded::{DATABASE, Durability, EmbeddedCluster},
    migrate, pool,
};
use sha2::{Digest, Sha256};
use tokio_postgres::Client;

/// Held in the database while the template is made: tests may be processes of their own.
const TEMPLATE_LOCK: i64 = 0x7465_6d70_6c61_7465;

struct Cluster {
    /// The address of its database `postgres`.
    url: String,
    /// Locked, shared, for as long as this process lives.
    _users: File,
}

fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        // One for each user, since root's is no other's, and one for each build.
        let user = fs::metadata("/proc/self").unwrap().uid();
        let build = hex(&Sha256::digest(env!("CARGO_TARGET_TMPDIR"))[..4]);
        let directory = std::env::temp_dir().join(format!("border-gate-tests-{user}-{build}"));
        fs::create_dir_all(&directory).unwrap();
        assert_eq!(fs::metadata(&directory).unwrap().uid(), user, "{} is somebody else's", directory.display());
        let starter = File::create(directory.join("starter")).unwrap();
        starter.lock().unwrap(); // one at a time looks whether there is a cluster, and starts it
        let users = File::create(directory.join("users")).unwrap();
        users.lock_shared().unwrap(); // waits while a keeper is just going
        let url = directory.join("url");
        if !is_kept(&directory) {
            let _ = fs::remove_file(&url);
            start_keeper(&directory);
            drop_leftovers(&fs::read_to_string(&url).unwrap());
        }
        Cluster { url: fs::read_to_string(&url).unwrap(), _users: users }
    })
}

fn is_kept(directory: &Path) -> bool {
    directory.join("url").exists() && File::create(directory.join("keeper")).unwrap().try_lock().is_err()
}

#[expect(clippy::zombie_processes, reason = "the keeper outlives this process; when it does not, it is quoted")]
fn start_keeper(directory: &Path) {
    let log = directory.join("keeper.log");
    let mut keeper = Command::new(env!("CARGO_BIN_EXE_border-gate"))
        .arg("test-cluster")
        .arg(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(&log).unwrap())
        .process_group(0)
        .spawn()
        .unwrap();
    let start = Instant::now();
    while !directory.join("url").exists() {
        let ended = keeper.try_wait().unwrap();
        assert!(
            ended.is_none() && start.elapsed() < Duration::from_mins(1),
            "no cluster for the tests: {}",
            fs::read_to_string(&log).unwrap()
        );
        thread::sleep(Duration::from_millis(10));
    }
}

/// Removes the databases of tests that were killed, and the templates of earlier migrations.
fn drop_leftovers(url: &str) {
    let url = url.to_owned();
    on_own_runtime(async move {
        let admin = connect(&url).await;
        let left = r"select datname from pg_database
                      where datname like 'test\_%' or datname like 'template\_%' and datname <> $1";
        for row in admin.query(left, &[&template_name()]).await.unwrap() {
            let name: String = row.get(0);
            admin.batch_execute(&format!("drop database {name} with (force)")).await.unwrap();
        }
    });
}

/// A migrated database of a test's own; gone when this is dropped.
pub struct TestDatabase {
    name: String,
    url: String,
    private: Option<Private>,
}

/// A cluster for one test that does to it what no other test could bear.
struct Private {
    cluster: EmbeddedCluster,
    directory: PathBuf,
}

impl TestDatabase {
    /// A new, migrated database without rows.
    pub async fn open() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let admin = connect(&cluster().url).await;
        let template = template(&admin).await;
        let name = format!("test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        admin.batch_execute(&format!("create database {name} template {template} strategy file_copy")).await.unwrap();
        Self { url: url_of(&name), name, private: None }
    }

    /// A new database with nothing in it, for tests of the migrations themselves.
    pub async fn empty() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_empty_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        connect(&cluster().url).await.batch_execute(&format!("create database {name}")).await.unwrap();
        Self { url: url_of(&name), name, private: None }
    }

    /// A new, migrated database on a cluster of its own, durable as the service has it.
    pub async fn on_its_own_cluster() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("bg-own-{}-{number}", std::process::id()));
        fs::create_dir(&directory).unwrap();
        // The server runs as another than root.
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).unwrap();
        let cluster = EmbeddedCluster::start(&directory.join("postgres"), Durability::Durable).unwrap();
        let url = cluster.url(DATABASE);
        migrate::migrate(&url).await.unwrap();
        Self { name: DATABASE.to_owned(), url, private: Some(Private { cluster, directory }) }
    }

    /// The same database, reached over `port` of this machine.
    pub fn through(mut self, port: u16) -> Self {
        self.url = self.url.replace(&format!("host={}", self.host()), &format!("host=127.0.0.1 port={port}"));
        self
    }

    /// The socket on which its server listens.
    pub fn socket(&self) -> PathBuf {
        Path::new(self.host()).join(".s.PGSQL.5432")
    }

    fn host(&self) -> &str {
        self.url.split_whitespace().find_map(|part| part.strip_prefix("host=")).unwrap()
    }

    /// The cluster of its own, where it has one.
    pub fn cluster(&self) -> Option<&EmbeddedCluster> {
        self.private.as_ref().map(|private| &private.cluster)
    }

    /// Its address, as the cluster's superuser.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A pool of up to four connections to it, as the service has it.
    pub fn pool(&self) -> pool::Pool {
        pool::pool(&self.url, 4).unwrap()
    }

    /// A connection as the superuser, for what the service itself must not do or see.
    pub async fn admin(&self) -> Client {
        connect(&self.url).await
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some(Private { cluster, directory }) = self.private.take() {
            drop(cluster);
            let _ = fs::remove_dir_all(directory);
            return;
        }
        let name = self.name.clone();
        on_own_runtime(async move {
            let admin = connect(&cluster().url).await;
            // What is left is dropped when the next cluster starts.
            let _ = admin.batch_execute(&format!("drop database {name} with (force)")).await;
        });
    }
}

/// Makes the migrated template unless it is there. It is named after the migrations' text, so that changed ones make a new one.
async fn template(admin: &Client) -> String {
    let name = template_name();
    let there =
        async || admin.query_opt("select from pg_database where datname = $1", &[&name]).await.unwrap().is_some();
    if !there().await {
        admin.batch_execute(&format!("select pg_advisory_lock({TEMPLATE_LOCK})")).await.unwrap();
        if !there().await {
            let new = format!("{name}_new");
            admin.batch_execute(&format!("drop database if exists {new} with (force)")).await.unwrap();
            admin.batch_execute(&format!("create database {new}")).await.unwrap();
            migrate::migrate(&url_of(&new)).await.unwrap();
            // Nobody may be connected to what is renamed or copied; the migrator's connection closes a moment later.
            admin.batch_execute(&format!("alter database {new} allow_connections false")).await.unwrap();
            admin
                .batch_execute(&format!(
                    "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '{new}'"
                ))
                .await
                .unwrap();
            admin.batch_execute(&format!("alter database {new} rename to {name}")).await.unwrap();
        }
        admin.batch_execute(&format!("select pg_advisory_unlock({TEMPLATE_LOCK})")).await.unwrap();
    }
    name
}

fn template_name() -> String {
    let mut files = files_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations"));
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        hash.update(file.as_os_str().as_encoded_bytes());
        hash.update(fs::read(&file).unwrap());
    }
    format!("template_{}", hex(&hash.finalize()[..6]))
}

fn files_in(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_in(&path) } else { vec![path] }).collect()
}

fn url_of(database: &str) -> String {
    cluster().url.replace("dbname='postgres'", &format!("dbname='{database}'"))
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Runs to the end what a `drop` or a plain function cannot wait for.
fn on_own_runtime(work: impl Future<Output = ()> + Send + 'static) {
    let run = move || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
    let done = thread::spawn(run).join();
    assert!(done.is_ok() || thread::panicking(), "work on the test cluster failed");
}
