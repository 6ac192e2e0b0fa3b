//! Nothing lost, nothing twice: the database's connections, the database itself and its right to write go away
//! under load, and come back.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use border_gate::casework::doctor::recount;
use border_gate::domain::number::Number;
use border_gate::domain::workflow::Role;
use border_gate::storage::pool::connect;
use serde_json::json;

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

/// Twenty-four firms' systems declare one vehicle after the other, and see each through, until `enough` says so.
async fn load(gate: &TestGate, enough: &AtomicBool) -> Vec<String> {
    let systems = (0..24).map(|system| async move {
        let mut numbers = Vec::new();
        while !enough.load(Ordering::Relaxed) {
            let number = declared_for_sure(gate, system * 1_000 + numbers.len()).await;
            let read = gate.get(&declarant(1), &format!("/api/v1/declarations/{number}")).await;
            assert!(matches!(read.status, 200 | 503), "what was acknowledged: {} {}", read.status, read.text);
            numbers.push(number);
        }
        numbers
    });
    futures_util::future::join_all(systems).await.concat()
}

/// Every number is there once, with its two actions, every history replays to its row, and all figures equal a
/// recount.
async fn nothing_is_lost_or_doubled(gate: &TestGate, numbers: Vec<String>) {
    let (client, _driving) = connect(gate.database.url()).await.unwrap();
    let count = async |sql: &str| -> i64 { client.query_one(sql, &[]).await.unwrap().get(0) };
    let expected = i64::try_from(numbers.len()).unwrap();
    assert_eq!(count("select count(*) from declarations").await, expected);
    assert_eq!(count("select count(*) from actions").await, 2 * expected);
    assert_eq!(count("select coalesce(sum(declared), 0)::bigint from throughput").await, expected);
    let known: Vec<i64> = numbers.iter().map(|number| number.parse::<Number>().unwrap().as_i64()).collect();
    let sql = "select count(*) from declarations where number = any($1::bigint[])";
    let found: i64 = client.query_one(sql, &[&known]).await.unwrap().get(0);
    assert_eq!(found, expected, "an acknowledged number is not there");
    assert_eq!(recount(&client, |_| ()).await.unwrap().differences, []);
    every_history_replays(gate, &numbers).await;
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
    let (numbers, ()) = tokio::join!(load(&gate, &enough), cuts);
    assert!(numbers.len() > 24, "{} were declared: nothing went on between the cuts", numbers.len());
    nothing_is_lost_or_doubled(&gate, numbers).await;
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
    let (numbers, ()) = tokio::join!(load(&gate, &enough), deaths);
    nothing_is_lost_or_doubled(&gate, numbers).await;
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
    nothing_is_lost_or_doubled(&gate, vec![before, after]).await;
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
