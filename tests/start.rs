//! The binary itself: what it says when it cannot start, and how it lives through the death of its database.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use border_gate::demo::accounts;
use border_gate::identity::passwords::Passwords;
use chrono::DateTime;
use diesel_async::AsyncConnection;

use crate::support::database::TestDatabase;
use crate::support::http::{Ask, Reply};

/// A folder of a test's own.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("border-gate-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn border_gate(arguments: &[&str], settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_border-gate"));
    command.args(arguments).env_clear().env("PATH", std::env::var_os("PATH").unwrap()).envs(settings.iter().copied());
    command.stdin(Stdio::null());
    command
}

fn ended(arguments: &[&str], settings: &[(&str, &str)]) -> (i32, String) {
    let Output { status, stderr, .. } = border_gate(arguments, settings).output().unwrap();
    (status.code().unwrap(), String::from_utf8(stderr).unwrap())
}

/// An address on which nobody listens just now.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[test]
fn settings_that_are_wrong_stop_the_start_and_are_all_named() {
    let wrong =
        [("LISTEN", "8080"), ("WORKERS", "many"), ("DATABASE_URL", "mysql://root:hunter2@db/x"), ("LOG_FORMAT", "xml")];
    let (code, said) = ended(&["serve"], &wrong);
    assert_eq!(code, 2, "{said}");
    for (name, _) in wrong {
        assert!(said.contains(name), "{name} in {said}");
    }
    assert!(!said.contains("hunter2"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_ends_well_on_figures_that_are_right_and_fails_on_others() {
    let database = TestDatabase::open().await;
    let settings = [("DATABASE_URL", database.url())];
    let (code, said) = ended(&["doctor"], &settings);
    assert_eq!(code, 0, "{said}");
    let sql = "insert into throughput (day, crossing_point, direction, cargo_class, declared)
               values ('2025-03-31', 'HUU_NGHI', 'import', 'general', 1)";
    database.admin().await.execute(sql, &[]).await.unwrap();
    let (code, said) = ended(&["doctor"], &settings);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("1 difference"), "{said}");
}

#[test]
fn an_account_cannot_be_the_services_own() {
    let (code, said) = ended(&["account", "create", "robot", "--role", "system"], &[]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("gate_manager") && !said.contains("admin, system"), "{said}");
}

#[test]
fn a_port_in_use_and_a_database_that_cannot_be_reached_are_said_in_a_sentence() {
    let folder = Folder::new("sentences");
    let data = folder.0.to_str().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let (code, said) = ended(&["serve"], &[("LISTEN", &listen), ("DATA_DIR", data)]);
    assert_eq!(code, 1);
    assert!(said.contains(&format!("cannot listen on {listen}")) && said.contains("LISTEN"), "{said}");

    let nowhere = format!("postgres://gate:hunter2@{}/gate", free());
    let listen = free().to_string();
    let (code, said) = ended(&["serve"], &[("LISTEN", &listen), ("DATA_DIR", data), ("DATABASE_URL", &nowhere)]);
    assert_eq!(code, 1);
    assert!(said.contains("cannot be reached") && !said.contains("hunter2"), "{said}");
    assert!(said.lines().count() <= 3, "one sentence, not {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_writes_is_refused_by_name() {
    let database = TestDatabase::open().await;
    let admin = database.admin().await;
    let name: String = admin.query_one("select quote_ident(current_database())", &[]).await.unwrap().get(0);
    admin.batch_execute(&format!("alter database {name} set default_transaction_read_only = on")).await.unwrap();
    let (listen, url) = (free().to_string(), database.url().to_owned());
    let folder = Folder::new("read-only");
    let data = folder.0.to_str().unwrap().to_owned();
    let (code, said) = tokio::task::spawn_blocking(move || {
        ended(&["serve"], &[("LISTEN", &listen), ("DATA_DIR", &data), ("DATABASE_URL", &url)])
    })
    .await
    .unwrap();
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("takes no writes"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demos_accounts_are_served_only_as_a_demo_and_only_on_this_machine() {
    let (code, said) = ended(&["serve", "--demo"], &[("LISTEN", "0.0.0.0:0")]);
    assert_eq!(code, 1);
    assert!(said.contains("this machine alone"), "{said}");

    let database = TestDatabase::open().await;
    let pool = database.pool();
    let mut conn = pool.get().await.unwrap();
    let passwords = Passwords::cheap_for_tests().unwrap();
    let now = DateTime::UNIX_EPOCH;
    conn.transaction(async |conn| accounts::make(conn, &passwords, now).await).await.unwrap();
    let folder = Folder::new("demo");
    let (listen, data, url) = (free().to_string(), folder.0.to_str().unwrap().to_owned(), database.url().to_owned());
    let (code, said) = tokio::task::spawn_blocking(move || {
        ended(&["serve"], &[("LISTEN", &listen), ("DATA_DIR", &data), ("DATABASE_URL", &url)])
    })
    .await
    .unwrap();
    assert_eq!(code, 1);
    assert!(said.contains("the demo's accounts") && said.contains("--demo"), "{said}");
}

/// A service that is ready; stopped with the test.
struct Served {
    child: Child,
    listen: SocketAddr,
}

impl Served {
    fn start(data: &Path) -> Self {
        let listen = free();
        let settings = [("LISTEN", listen.to_string()), ("DATA_DIR", data.to_str().unwrap().to_owned())];
        let mut child = border_gate(&["serve"], &[]).envs(settings).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        while !said.contains(" ready") {
            let mut line = String::new();
            assert!(lines.read_line(&mut line).unwrap() > 0, "it ended: {said}");
            said += &line;
        }
        assert!(said.contains("account create NAME --role admin"), "nobody was told how to begin: {said}");
        // What it says on must go somewhere.
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Self { child, listen }
    }

    async fn ready(&self) -> Reply {
        Ask::new("GET", "/health/ready").send(self.listen).await
    }

    fn ends(mut self, signal: &str) -> i32 {
        assert!(Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap().success());
        self.child.wait().unwrap().code().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn postgres(data: &Path) -> u32 {
    let moved = data.join("postgres/moved-to");
    let directory = fs::read_to_string(moved).map_or_else(|_| data.join("postgres"), |to| PathBuf::from(to.trim()));
    let file = fs::read_to_string(directory.join("data/postmaster.pid")).unwrap();
    file.lines().next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn when_its_database_is_killed_the_service_says_so_starts_it_again_and_stops_in_order() {
    let folder = Folder::new("killed");
    let served = Served::start(&folder.0);
    assert_eq!(served.ready().await.status, 200);
    for _ in 0..2 {
        let killed = postgres(&folder.0);
        assert!(Command::new("kill").args(["-KILL", &killed.to_string()]).status().unwrap().success());
        let until = Instant::now() + Duration::from_secs(15);
        let mut was_away = false;
        loop {
            let asked = Instant::now();
            let reply = served.ready().await;
            assert!(asked.elapsed() < Duration::from_secs(5), "an answer took {:?}", asked.elapsed());
            match reply.status {
                503 => was_away = true,
                200 if was_away && postgres(&folder.0) != killed => break,
                200 => {}
                other => panic!("{other} {}", reply.text),
            }
            assert!(
                Instant::now() < until,
                "not ready 15 s after its database was killed; said to be away: {was_away}"
            );
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    let (code, said) = {
        let listen = free().to_string();
        let data = folder.0.to_str().unwrap().to_owned();
        tokio::task::spawn_blocking(move || ended(&["serve"], &[("LISTEN", &listen), ("DATA_DIR", &data)]))
            .await
            .unwrap()
    };
    assert_eq!(code, 1, "a second instance on the same data: {said}");
    assert_eq!(served.ends("-TERM"), 0);
}
