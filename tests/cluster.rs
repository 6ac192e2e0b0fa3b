//! The private cluster, in everything that happens to one: killed, moved, started twice, started by root.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails at once")]

use std::{
    fs::{self, File, Permissions},
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown, symlink},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use border_gate::storage::{
    embedded::{ClusterError, ClusterStatus, DATABASE, Durability, EmbeddedCluster, running},
    pool,
};
use tokio_postgres::Client;

/// A directory of a test's own that anybody can reach; gone with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("bg-cluster-{}-{number}", std::process::id()));
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// As the service has it.
fn start_durable(directory: &Path) -> EmbeddedCluster {
    EmbeddedCluster::start(directory, Durability::Durable).unwrap()
}

/// Where no power is cut: quicker.
fn start(directory: &Path) -> EmbeddedCluster {
    EmbeddedCluster::start(directory, Durability::Throwaway).unwrap()
}

fn refusal(directory: &Path) -> ClusterError {
    match EmbeddedCluster::start(directory, Durability::Throwaway) {
        Ok(_) => panic!("it started"),
        Err(error) => error,
    }
}

async fn client(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn record_a_vehicle(cluster: &EmbeddedCluster) {
    let client = client(&cluster.url(DATABASE)).await;
    client
        .batch_execute("create table if not exists vehicles (plate text); insert into vehicles values ('29C-12345')")
        .await
        .unwrap();
}

async fn vehicles(url: &str) -> i64 {
    client(url).await.query_one("select count(*) from vehicles", &[]).await.unwrap().get(0)
}

async fn setting(cluster: &EmbeddedCluster, name: &str) -> String {
    client(&cluster.url(DATABASE)).await.query_one("select current_setting($1)", &[&name]).await.unwrap().get(0)
}

/// The process of the server on this data.
fn server(cluster_directory: &Path) -> u32 {
    let file = fs::read_to_string(cluster_directory.join("data/postmaster.pid")).unwrap();
    file.lines().next().unwrap().parse().unwrap()
}

fn kill(pid: u32, signal: &str) {
    assert!(Command::new("kill").args([signal, &pid.to_string()]).status().unwrap().success());
}

fn working_in(directory: &Path) -> usize {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes.filter(|entry| fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == directory)).count()
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what}: not within 20 s");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A process of its own that keeps a cluster, as the service would.
fn keeper(program: &Path, directory: &Path, uid: Option<u32>) -> Child {
    let mut command = Command::new(program);
    command.arg("test-cluster").arg(directory).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Some(uid) = uid {
        command.uid(uid).gid(uid).current_dir("/");
    }
    let child = command.spawn().unwrap();
    wait_until("a cluster in another process", || directory.join("url").exists());
    child
}

#[tokio::test]
async fn the_server_is_durable_speaks_on_a_socket_alone_and_is_never_root() {
    let scratch = Scratch::new();
    let cluster = start_durable(&scratch.path("cluster"));

    assert_eq!(setting(&cluster, "listen_addresses").await, "");
    for durable in ["fsync", "synchronous_commit", "full_page_writes"] {
        assert_eq!(setting(&cluster, durable).await, "on", "{durable}");
    }
    let process = fs::metadata(format!("/proc/{}", server(cluster.directory()))).unwrap();
    assert_ne!(process.uid(), 0);
    let socket = fs::metadata(cluster.directory().join("socket")).unwrap();
    assert_eq!((socket.uid(), socket.mode() & 0o777), (process.uid(), 0o700));
}

#[tokio::test]
async fn no_configuration_file_makes_the_server_forget() {
    let scratch = Scratch::new();
    let mut cluster = start_durable(&scratch.path("cluster"));
    let client = client(&cluster.url(DATABASE)).await;
    client.batch_execute("alter system set fsync = off").await.unwrap();
    client.batch_execute("alter system set listen_addresses = '*'").await.unwrap();
    cluster.stop();

    let cluster = start_durable(&scratch.path("cluster"));

    assert_eq!(setting(&cluster, "fsync").await, "on");
    assert_eq!(setting(&cluster, "listen_addresses").await, "");
}

#[tokio::test]
async fn what_was_committed_is_there_after_stop_and_start() {
    let scratch = Scratch::new();
    let mut cluster = start(&scratch.path("a place, with 'signs'"));
    record_a_vehicle(&cluster).await;
    cluster.stop();
    assert_eq!(cluster.status(), ClusterStatus::Stopped);
    assert_eq!(working_in(&cluster.directory().join("data")), 0);

    let cluster = start(&scratch.path("a place, with 'signs'"));

    assert_eq!(vehicles(&cluster.url(DATABASE)).await, 1);
    drop(cluster);
    // Moved to another disk and linked, as administrators do.
    let data = scratch.path("a place, with 'signs'/data");
    fs::rename(&data, scratch.path("disk")).unwrap();
    symlink(scratch.path("disk"), &data).unwrap();
    let cluster = start(&scratch.path("a place, with 'signs'"));
    assert_eq!(vehicles(&cluster.url(DATABASE)).await, 1);
}

#[test]
fn a_second_instance_is_refused_and_told_who_was_first() {
    let scratch = Scratch::new();
    let first = start(&scratch.path("cluster"));

    // A command that works beside it joins it.
    assert_eq!(running(&scratch.path("cluster"), DATABASE), Some(first.url(DATABASE)));
    let said = refusal(&scratch.path("cluster")).to_string();

    assert!(said.contains(&format!("another instance (process {})", std::process::id())), "{said}");
    assert!(said.contains("DATA_DIR"), "{said}");
}

#[tokio::test]
async fn the_server_outlives_the_thread_that_asked_for_it() {
    let scratch = Scratch::new();
    let directory = scratch.path("cluster");
    let cluster = thread::spawn(move || start(&directory)).join().unwrap();
    thread::sleep(Duration::from_millis(200));
    record_a_vehicle(&cluster).await;
    assert!(cluster.is_alive());
}

#[tokio::test]
async fn a_stale_process_file_that_names_a_stranger_stops_nobody() {
    let scratch = Scratch::new();
    let mut cluster = start(&scratch.path("cluster"));
    record_a_vehicle(&cluster).await;
    let directory = cluster.directory().to_owned();
    let process = fs::read_to_string(directory.join("data/postmaster.pid")).unwrap();
    let lock = fs::read_to_string(directory.join("socket/.s.PGSQL.5432.lock")).unwrap();
    let server = server(&directory).to_string();
    cluster.stop();
    // Of the same user, so that the server itself would take it for a server.
    let owner = fs::metadata(directory.join("data")).unwrap();
    let mut stranger = Command::new("sleep");
    stranger.arg("60").current_dir("/").uid(owner.uid()).gid(owner.gid());
    let mut stranger = stranger.spawn().unwrap();
    fs::create_dir(directory.join("socket")).unwrap();
    for (file, text) in [("data/postmaster.pid", process), ("socket/.s.PGSQL.5432.lock", lock)] {
        let file = directory.join(file);
        fs::write(&file, text.replacen(&server, &stranger.id().to_string(), 1)).unwrap();
        chown(&file, Some(owner.uid()), Some(owner.gid())).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    }
    assert_eq!(running(&directory, DATABASE), None);

    let cluster = start(&scratch.path("cluster"));

    assert_eq!(vehicles(&cluster.url(DATABASE)).await, 1);
    assert!(stranger.try_wait().unwrap().is_none(), "the stranger was killed");
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_gets_a_short_one() {
    let scratch = Scratch::new();
    let long = scratch.path(&"x".repeat(120));
    let mut cluster = start(&long);
    record_a_vehicle(&cluster).await;
    let socket = cluster.url(DATABASE).split(' ').next().unwrap().replace("host=", "");
    assert!(socket.len() < 60, "{socket}");
    cluster.stop();

    let again = start(&long);

    assert_eq!(again.url(DATABASE), cluster.url(DATABASE));
    assert_eq!(vehicles(&again.url(DATABASE)).await, 1);
    drop(again);
    assert!(!Path::new(&socket).exists(), "{socket} is left");
}

#[test]
fn data_of_another_major_version_is_refused_by_name_and_left_alone() {
    let scratch = Scratch::new();
    let mut cluster = start(&scratch.path("cluster"));
    cluster.stop();
    let file = cluster.directory().join("data/PG_VERSION");
    let made_by = fs::read_to_string(&file).unwrap();
    fs::write(&file, "12\n").unwrap();

    let said = refusal(&scratch.path("cluster")).to_string();

    assert!(said.contains("was made by PostgreSQL 12, but this machine has "), "{said}");
    assert!(said.contains("apt-get install --yes postgresql-12"), "{said}");
    fs::write(&file, made_by).unwrap();
    start(&scratch.path("cluster"));
}

#[test]
fn data_that_is_no_cluster_is_refused_and_left_alone() {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.path("cluster/data")).unwrap();
    let owner = u32::from(root()) * 65_534;
    if root() {
        chown(scratch.path("cluster/data"), Some(owner), Some(owner)).unwrap();
    }
    fs::write(scratch.path("cluster/data/photographs"), "of the family").unwrap();

    let said = refusal(&scratch.path("cluster")).to_string();

    assert!(said.contains("is no PostgreSQL cluster"), "{said}");
    assert!(scratch.path("cluster/data/photographs").exists());
}

#[test]
fn an_initialisation_killed_half_way_is_begun_anew() {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.path("cluster/data.new/base")).unwrap();
    fs::write(scratch.path("cluster/data.new/PG_VERSION"), "15\n").unwrap();
    assert!(start(&scratch.path("cluster")).is_alive());
}

#[test]
fn a_server_that_does_not_start_is_quoted() {
    let scratch = Scratch::new();
    let mut cluster = start(&scratch.path("cluster"));
    cluster.stop();
    let file = cluster.directory().join("data/postgresql.auto.conf");
    fs::write(&file, "no_such_setting = 1\n").unwrap();

    let said = refusal(&scratch.path("cluster")).to_string();

    assert!(said.contains("unrecognized configuration parameter \"no_such_setting\""), "{said}");
    assert!(said.contains("postgres.log"), "{said}");
}

#[tokio::test]
async fn the_server_is_gone_with_its_parent_even_by_kill_9() {
    let scratch = Scratch::new();
    let directory = scratch.path("cluster");
    let mut keeper = keeper(Path::new(env!("CARGO_BIN_EXE_border-gate")), &directory, None);
    let url = fs::read_to_string(directory.join("url")).unwrap();
    let admin = client(&url).await;
    admin.batch_execute("create table vehicles (plate text); insert into vehicles values ('29C-12345')").await.unwrap();

    keeper.kill().unwrap();
    keeper.wait().unwrap();

    wait_until("the orphan's end", || working_in(&directory.join("data")) == 0);
    let cluster = start(&directory);
    assert_eq!(vehicles(&cluster.url("postgres")).await, 1);
}

#[tokio::test]
async fn an_instance_started_right_after_a_killed_one_takes_over() {
    let scratch = Scratch::new();
    let directory = scratch.path("cluster");
    let mut keeper = keeper(Path::new(env!("CARGO_BIN_EXE_border-gate")), &directory, None);
    // The orphan cannot end while it is stopped: the next instance meets it alive.
    let orphan = server(&directory);
    kill(orphan, "-STOP");
    keeper.kill().unwrap();
    keeper.wait().unwrap();
    let waking = thread::spawn(move || {
        thread::sleep(Duration::from_millis(300));
        kill(orphan, "-CONT");
    });

    let cluster = start(&directory);

    waking.join().unwrap();
    record_a_vehicle(&cluster).await;
    assert_ne!(server(&directory), orphan);
}

#[tokio::test]
async fn a_server_killed_under_the_service_is_started_again_and_loses_nothing() {
    let scratch = Scratch::new();
    let cluster = start_durable(&scratch.path("cluster"));
    let watch = cluster.watch();
    record_a_vehicle(&cluster).await;
    let pool = pool::pool(&cluster.url(DATABASE), 2).unwrap();
    drop(pool.get().await.unwrap());

    for round in 1..=3 {
        let killed = server(cluster.directory());
        kill(killed, "-KILL");

        wait_until("the death is noticed", || matches!(watch.status(), ClusterStatus::Restarting { .. }));
        wait_until("the server is back", || watch.status() == ClusterStatus::Running);
        assert_ne!(server(cluster.directory()), killed);
        assert_eq!(vehicles(&cluster.url(DATABASE)).await, round);
        record_a_vehicle(&cluster).await;
        assert!(pool.get().await.is_ok(), "the pool mends itself");
    }
}

#[tokio::test]
async fn data_that_the_servers_account_cannot_reach_goes_where_it_can() {
    let scratch = Scratch::new();
    let home = scratch.path("home");
    fs::create_dir(&home).unwrap();
    fs::set_permissions(&home, Permissions::from_mode(0o700)).unwrap();
    let mut cluster = start(&home.join("cluster"));
    record_a_vehicle(&cluster).await;
    let used = cluster.directory().to_owned();
    cluster.stop();

    let again = start(&home.join("cluster"));

    assert_eq!(vehicles(&again.url(DATABASE)).await, 1);
    assert_eq!(again.directory(), used);
    if root() {
        assert!(used.starts_with("/var/lib/border-gate"), "{}", used.display());
        assert_eq!(fs::read_to_string(home.join("cluster/moved-to")).unwrap().trim(), used.to_str().unwrap());
        drop(again);
        fs::remove_dir_all(&used).unwrap();
        // Without its data the start says so; it does not begin anew in silence.
        let said = refusal(&home.join("cluster")).to_string();
        assert!(said.contains("remove the note to begin anew"), "{said}");
    } else {
        assert_eq!(used, home.join("cluster"));
    }
}

#[test]
fn data_that_is_out_of_reach_since_is_not_begun_anew_elsewhere() {
    if !root() {
        return; // our own account reaches what is ours
    }
    let scratch = Scratch::new();
    let home = scratch.path("home");
    fs::create_dir(&home).unwrap();
    start(&home.join("cluster")).stop();
    fs::set_permissions(&home, Permissions::from_mode(0o700)).unwrap();

    let said = refusal(&home.join("cluster")).to_string();

    assert!(said.contains("cannot reach"), "{said}");
}

#[test]
fn root_writes_through_no_link_and_in_no_directory_of_another() {
    if !root() {
        return;
    }
    let scratch = Scratch::new();
    let directory = scratch.path("cluster");
    fs::create_dir(&directory).unwrap();
    let prized = scratch.path("prized");
    fs::write(&prized, "untouched").unwrap();
    for name in ["lock", "postgres.log"] {
        symlink(&prized, directory.join(name)).unwrap();
        let said = refusal(&directory).to_string();
        assert!(said.contains("cannot open"), "{said}");
        fs::remove_file(directory.join(name)).unwrap();
    }
    assert_eq!(fs::read_to_string(&prized).unwrap(), "untouched");
    let cluster = start(&directory);
    let theirs = fs::metadata(directory.join("data")).unwrap();
    for inside in ["data", "socket"] {
        for entry in fs::read_dir(directory.join(inside)).unwrap() {
            let entry = entry.unwrap();
            assert_eq!(entry.metadata().unwrap().uid(), theirs.uid(), "{}", entry.path().display());
        }
    }
    drop(cluster);
    chown(&directory, Some(theirs.uid()), Some(theirs.gid())).unwrap();
    let said = refusal(&directory).to_string();
    assert!(said.contains("start as that user"), "{said}");
}

#[tokio::test]
async fn an_ordinary_user_runs_it_as_itself() {
    if !root() {
        return; // then every other test has shown it
    }
    let nobody = 65_534;
    let scratch = Scratch::new();
    let program = scratch.path("border-gate");
    fs::copy(env!("CARGO_BIN_EXE_border-gate"), &program).unwrap();
    // A file that a process has just written may still be held open by a fork of another test.
    wait_until("the copied program can be run", || {
        Command::new(&program).arg("--help").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    });
    let home = scratch.path("home");
    fs::create_dir(&home).unwrap();
    fs::set_permissions(&home, Permissions::from_mode(0o700)).unwrap();
    chown(&home, Some(nobody), Some(nobody)).unwrap();
    let directory = home.join("cluster");

    let mut keeper = keeper(&program, &directory, Some(nobody));

    let server = server(&directory);
    assert_eq!(fs::metadata(format!("/proc/{server}")).unwrap().uid(), nobody);
    keeper.kill().unwrap();
    keeper.wait().unwrap();
    wait_until("the orphan's end", || working_in(&directory.join("data")) == 0);
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let scratch = Scratch::new();
    File::create(scratch.path("file")).unwrap();
    let said = refusal(&scratch.path("file/cluster")).to_string();
    assert!(said.starts_with("cannot make ") && said.contains("file/cluster"), "{said}");
}
