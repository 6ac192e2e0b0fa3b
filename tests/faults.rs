//! Nothing lost, nothing twice: the database's connections, the database itself and its right to write go away
//! under load, and come back.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use border_gate::casework::doctor::recount;
use border_gate::domain::number::Number;
use border_gate::domain::workflow::Role;
use border_gate::storage::pool::connect;
use futures_util::future::join_all;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};
use tokio::time::sleep;

use crate::casework::tractor;
use crate::exact::every_history_replays;
use crate::support::database::TestDatabase;
use crate::support::gate::{TestGate, declarant, officer};
use crate::support::http::Reply;

/// The longest that anybody waits for an answer, whatever happens, and some room for a busy machine.
const ANSWER: Duration = Duration::from_secs(6);

/// Declares with a key until it is acknowledged, as a careful client does; the number.
async fn declared_for_sure(gate: &TestGate, place: usize) -> String {
    let body = tractor(&format!("桂F{}", 10_000 + place)).to_string();
    let key = format!("key-{place}");
    let until = Instant::now() + Duration::from_secs(30);
    while Instant::now() < until {
        let headers = [("Content-Type", "application/json"), ("Idempotency-Key", key.as_str())];
        let asked = Instant::now();
        let reply = gate.ask(Some(&declarant(1)), "POST", "/api/v1/declarations", &headers, &body).await;
        assert!(asked.elapsed() < ANSWER, "an answer took {:?}", asked.elapsed());
        match reply.status {
            201 => return reply.json()["number"].as_str().unwrap().to_owned(),
            503 => {
                assert!(reply.header("retry-after").is_some(), "{reply:?}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            _ => panic!("{} {}", reply.status, reply.text),
        }
    }
    panic!("never acknowledged");
}

/// What became of a load.
#[derive(Default)]
struct Load {
    /// The declarations that were acknowledged.
    acknowledged: Vec<String>,
    /// How many were asked for without a key and answered by 503: they may be there or not.
    unknown: usize,
}

/// Twenty-four firms' systems declare one vehicle after the other until `enough` says so. Half of them send keys and
/// try again; the others ask once, and must be told the truth about it: nothing that the service itself tries again
/// may stand in its own way.
async fn load(gate: &TestGate, enough: &AtomicBool) -> Load {
    let manager = officer(Role::GateManager, &[]);
    let systems = (0..24).map(|system| {
        let manager = &manager;
        async move {
            let mut load = Load::default();
            for place in system * 1_000.. {
                if enough.load(Ordering::Relaxed) {
                    break;
                }
                let number = if system % 2 == 0 {
                    declared_for_sure(gate, place).await
                } else {
                    let body = tractor(&format!("桂F{}", 10_000 + place));
                    let reply = gate.post(&declarant(1), "/api/v1/declarations", &body).await;
                    assert!(matches!(reply.status, 201 | 503), "asked once: {} {}", reply.status, reply.text);
                    if reply.status == 503 {
                        load.unknown += 1;
                        tokio::time::sleep(Duration::from_millis(20)).await;
                        continue;
                    }
                    reply.json()["number"].as_str().unwrap().to_owned()
                };
                let read = gate.get(&declarant(1), &format!("/api/v1/declarations/{number}")).await;
                assert!(matches!(read.status, 200 | 503), "what was acknowledged: {} {}", read.status, read.text);
                let registered = gate.act(manager, &number, &json!({"action": "register"})).await;
                assert!(matches!(registered.status, 200 | 503), "{} {}", registered.status, registered.text);
                load.acknowledged.push(number);
            }
            load
        }
    });
    futures_util::future::join_all(systems).await.into_iter().fold(Load::default(), |mut all, one| {
        all.acknowledged.extend(one.acknowledged);
        all.unknown += one.unknown;
        all
    })
}

/// Every acknowledged number is there once and nothing that nobody asked for, every history replays to its row,
/// and all figures equal a recount.
async fn nothing_is_lost_or_doubled(gate: &TestGate, load: Load) {
    let (client, _driving) = connect(gate.database.url()).await.unwrap();
    let known: Vec<i64> = load.acknowledged.iter().map(|number| number.parse::<Number>().unwrap().as_i64()).collect();
    let sql = "select count(*) from declarations where number = any($1::bigint[])";
    let found: i64 = client.query_one(sql, &[&known]).await.unwrap().get(0);
    assert_eq!(usize::try_from(found).unwrap(), known.len(), "an acknowledged number is not there");
    let rows = client.query("select number from declarations", &[]).await.unwrap();
    assert!(rows.len() <= known.len() + load.unknown, "{} were asked for, {} are there", known.len(), rows.len());
    let all: Vec<String> = rows.iter().map(|row| Number::from_i64(row.get(0)).unwrap().to_string()).collect();
    let declared: i64 =
        client.query_one("select coalesce(sum(declared), 0)::bigint from throughput", &[]).await.unwrap().get(0);
    assert_eq!(usize::try_from(declared).unwrap(), all.len());
    let orphans = "select count(*) from actions where declaration not in (select number from declarations)";
    assert_eq!(client.query_one(orphans, &[]).await.unwrap().get::<_, i64>(0), 0);
    assert_eq!(recount(&client, |_| ()).await.unwrap().differences, []);
    every_history_replays(gate, &all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_cut_under_load_lose_nothing_and_double_nothing() {
    let gate = TestGate::open().await;
    let admin = gate.database.admin().await;
    let enough = AtomicBool::new(false);
    let cuts = async {
        // Whoever is there: the writer in the middle of a set, a reader, a writer that has just come back.
        let sql = "select count(pg_terminate_backend(pid)) from pg_stat_activity
                    where datname = current_database() and pid <> pg_backend_pid()";
        let until = Instant::now() + Duration::from_secs(30);
        let mut rounds: u64 = 0;
        while rounds < 20 {
            assert!(Instant::now() < until, "only {rounds} times was there somebody to cut off");
            // Now sooner and now later, so that everything is cut at every stage of its work.
            tokio::time::sleep(Duration::from_millis(10 + rounds * 23 % 70)).await;
            let cut: i64 = admin.query_one(sql, &[]).await.unwrap().get(0);
            rounds += u64::from(cut > 0);
        }
        enough.store(true, Ordering::Relaxed);
    };
    let (load, ()) = tokio::join!(load(&gate, &enough), cuts);
    let declared = load.acknowledged.len();
    // How much goes on between the cuts is the machine's pace; that something does is what is asked.
    assert!(declared > 0, "nothing was acknowledged between the cuts");
    nothing_is_lost_or_doubled(&gate, load).await;
}

/// A way to `socket` that loses the answer to the next large request, and the connection with it, whenever `armed`:
/// what was asked is done, and nobody is told. Its port.
async fn lossy_way(socket: PathBuf, armed: Arc<AtomicBool>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = UnixStream::connect(&socket).await.unwrap();
            let armed = Arc::clone(&armed);
            tokio::spawn(async move {
                let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
                    (client.into_split(), server.into_split());
                let (mut asked, mut answered) = (vec![0; 1 << 16], vec![0; 1 << 16]);
                let mut lose = false;
                loop {
                    tokio::select! {
                        read = from_client.read(&mut asked) => match read {
                            Ok(size @ 1..) => {
                                lose |= size > 1_500 && armed.swap(false, Ordering::Relaxed);
                                to_server.write_all(&asked[..size]).await.unwrap();
                            }
                            _ => return,
                        },
                        read = from_server.read(&mut answered) => match read {
                            Ok(size @ 1..) if !lose => to_client.write_all(&answered[..size]).await.unwrap(),
                            _ => return,
                        },
                    }
                }
            });
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_while_its_answer_was_lost_is_acknowledged_and_not_written_again() {
    let database = TestDatabase::open().await;
    let armed = Arc::new(AtomicBool::new(false));
    let port = lossy_way(database.socket(), Arc::clone(&armed)).await;
    let gate = TestGate::on(database.through(port)).await;
    let manager = officer(Role::GateManager, &[]);
    let mut load = Load::default();
    for place in 0..6 {
        // Without a key: the service alone knows what it asked for.
        armed.store(true, Ordering::Relaxed);
        let body = tractor(&format!("桂F{}", 10_000 + place));
        let declared = gate.post(&declarant(1), "/api/v1/declarations", &body).await;
        assert_eq!(declared.status, 201, "{}", declared.text);
        assert!(!armed.load(Ordering::Relaxed), "no answer was lost");
        let number = declared.json()["number"].as_str().unwrap().to_owned();

        armed.store(true, Ordering::Relaxed);
        let registered = gate.act(&manager, &number, &json!({"action": "register"})).await;
        assert_eq!((registered.status, &registered.json()["state"]), (200, &json!("registered")));
        assert!(!armed.load(Ordering::Relaxed), "no answer was lost");
        load.acknowledged.push(number);
    }
    nothing_is_lost_or_doubled(&gate, load).await;
}

/// A way to `socket` on which nothing arrives any more while it `hangs`, and nobody is told so. Its port.
async fn hanging_way(socket: PathBuf, hangs: Arc<AtomicBool>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let carry = move |mut from: Box<dyn AsyncRead + Send + Unpin>, mut to: Box<dyn AsyncWrite + Send + Unpin>| {
        let hangs = Arc::clone(&hangs);
        async move {
            let mut held = vec![0; 1 << 16];
            while let Ok(size @ 1..) = from.read(&mut held).await {
                while hangs.load(Ordering::Relaxed) {
                    sleep(Duration::from_millis(20)).await;
                }
                if to.write_all(&held[..size]).await.is_err() {
                    return;
                }
            }
        }
    };
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = UnixStream::connect(&socket).await.unwrap();
            let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
            tokio::spawn(carry(Box::new(from_client), Box::new(to_server)));
            tokio::spawn(carry(Box::new(from_server), Box::new(to_client)));
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_hangs_every_reader_is_told_so_at_once_and_not_one_after_the_other() {
    let database = TestDatabase::open().await;
    let hangs = Arc::new(AtomicBool::new(false));
    let port = hanging_way(database.socket(), Arc::clone(&hangs)).await;
    let gate = TestGate::on(database.through(port)).await;
    let firm = declarant(1);
    let declared = gate.post(&firm, "/api/v1/declarations", &tractor("桂F00001")).await;
    let path = format!("/api/v1/declarations/{}", declared.json()["number"].as_str().unwrap());
    hangs.store(true, Ordering::Relaxed);
    // The connections that are there, and those that are to take their place.
    for readers in [1, 48] {
        let began = Instant::now();
        let replies = join_all((0..readers).map(|_| gate.get(&firm, &path))).await;
        for reply in replies {
            assert_eq!(reply.status, 503, "{}", reply.text);
            assert!(reply.header("retry-after").is_some());
        }
        let waited = began.elapsed();
        assert!(waited < ANSWER, "{readers} readers waited {waited:?}");
    }
    hangs.store(false, Ordering::Relaxed);
    let until = Instant::now() + Duration::from_secs(5);
    while gate.get(&firm, &path).await.status != 200 {
        assert!(Instant::now() < until, "it does not mend itself");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_dies_under_load_is_said_so_and_comes_back_with_everything() {
    let gate = TestGate::on(TestDatabase::on_its_own_cluster().await).await;
    let cluster = gate.database.cluster().unwrap();
    let server = || -> i32 {
        let file = fs::read_to_string(cluster.directory().join("data/postmaster.pid")).unwrap_or_default();
        file.lines().next().and_then(|pid| pid.parse().ok()).unwrap_or_default()
    };
    let enough = AtomicBool::new(false);
    let deaths = async {
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_millis(200)).await;
            let killed = server();
            assert!(Command::new("kill").args(["-KILL", &killed.to_string()]).status().unwrap().success());
            let mut refused = 0;
            let until = Instant::now() + Duration::from_secs(20);
            let mut back: Option<Instant> = None;
            loop {
                let asked = Instant::now();
                let record = gate.get(&declarant(1), "/api/v1/declarations?limit=1").await;
                let ready = gate.ask(None, "GET", "/health/ready", &[], "").await;
                assert!(asked.elapsed() < ANSWER, "two answers took {:?}", asked.elapsed());
                for reply in [&record, &ready] {
                    assert!(matches!(reply.status, 200 | 503), "{} {}", reply.status, reply.text);
                    assert!(reply.status == 200 || reply.header("retry-after").is_some(), "{reply:?}");
                    refused += i32::from(reply.status == 503);
                }
                let returned = cluster.is_alive() && server() != killed;
                if returned && record.status == 200 && ready.status == 200 && refused > 0 {
                    break;
                }
                let since = *back.get_or_insert_with(Instant::now);
                if !returned {
                    back = None;
                }
                assert!(since.elapsed() < Duration::from_secs(5), "not mended 5 s after the database's return");
                assert!(Instant::now() < until, "{refused} answers were 503; the server is {}", server());
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        enough.store(true, Ordering::Relaxed);
    };
    let (load, ()) = tokio::join!(load(&gate, &enough), deaths);
    nothing_is_lost_or_doubled(&gate, load).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_takes_no_writes_is_said_so_and_mended_when_it_does_again() {
    let gate = TestGate::open().await;
    let before = declared_for_sure(&gate, 0).await;
    let admin = gate.database.admin().await;
    let name: String = admin.query_one("select quote_ident(current_database())", &[]).await.unwrap().get(0);
    let cut = "select pg_terminate_backend(pid) from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid()";
    admin.batch_execute(&format!("alter database {name} set default_transaction_read_only = on; {cut}")).await.unwrap();

    let asked = Instant::now();
    let reply = gate.post(&declarant(1), "/api/v1/declarations", &tractor("桂F54321")).await;
    assert_eq!((reply.status, reply.problem().as_str()), (503, "unavailable"), "{}", reply.text);
    assert!(reply.header("retry-after").is_some());
    assert!(asked.elapsed() < ANSWER, "the answer took {:?}", asked.elapsed());
    let ready = gate.ask(None, "GET", "/health/ready", &[], "").await;
    assert_eq!(ready.status, 503, "{}", ready.text);
    assert_eq!(gate.ask(None, "GET", "/health/live", &[], "").await.status, 200);

    let writes = format!(
        "set default_transaction_read_only = off; alter database {name} reset default_transaction_read_only; {cut}"
    );
    admin.batch_execute(&writes).await.unwrap();
    let after = declared_for_sure(&gate, 1).await;
    let until = Instant::now() + Duration::from_secs(5);
    while gate.ask(None, "GET", "/health/ready", &[], "").await.status != 200 {
        assert!(Instant::now() < until, "not ready 5 s after the database takes writes again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    nothing_is_lost_or_doubled(&gate, Load { acknowledged: vec![before, after], unknown: 1 }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_thirty_two_who_do_the_same_at_once_one_has_an_effect() {
    let gate = TestGate::open().await;
    let number = declared_for_sure(&gate, 0).await;
    let statuses = |replies: Vec<Reply>| {
        let mut all: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    let manager = officer(Role::GateManager, &[]);
    let register = json!({"action": "register"});
    let registered = (0..32).map(|_| gate.act(&manager, &number, &register));
    assert_eq!(statuses(futures_util::future::join_all(registered).await), [200, 409]);

    let path = format!("/api/v1/declarations/{number}");
    let amendments: Vec<String> =
        (0..32).map(|place| json!({"vehicle": {"plate": format!("桂F{}", 30_000 + place)}}).to_string()).collect();
    let headers = [("Content-Type", "application/merge-patch+json"), ("If-Match", "\"3\"")];
    let firm = declarant(1);
    let amended = amendments.iter().map(|body| gate.ask(Some(&firm), "PATCH", &path, &headers, body));
    let replies = futures_util::future::join_all(amended).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    assert_eq!(statuses(replies), [200, 412]);

    let headers = [("Content-Type", "application/json"), ("Idempotency-Key", "one")];
    let arrive = json!({"action": "arrive", "observed_plate": "桂F00000", "mismatch_reason": "seen"}).to_string();
    let guard = officer(Role::BorderGuard, &[]);
    let path = format!("{path}/actions");
    let arrived = (0..32).map(|_| gate.ask(Some(&guard), "POST", &path, &headers, &arrive));
    let replies = futures_util::future::join_all(arrived).await;
    assert!(replies.iter().all(|reply| reply.status == 200 && reply.text == replies[0].text), "one answer for all");
    let fresh = replies.iter().filter(|reply| reply.header("idempotency-replayed").is_none());
    assert_eq!(fresh.count(), 1);
}
