//! Nothing lost, nothing twice: the database's connections, the database itself and its right to write go away
//! under load, and come back.

use std::time::{Duration, Instant};

use border_gate::casework::doctor::recount;
use border_gate::domain::workflow::Role;
use border_gate::storage::pool::connect;
use serde_json::json;

use crate::casework::tractor;
use crate::support::gate::{TestGate, declarant, officer};
use crate::support::http::Reply;

/// Declares with a key until it is acknowledged, as a careful client does; the number, and how long the slowest
/// answer took.
async fn declared_for_sure(gate: &TestGate, place: usize) -> (String, Duration) {
    let body = tractor(&format!("桂F{}", 10_000 + place)).to_string();
    let key = format!("key-{place}");
    let mut slowest = Duration::ZERO;
    for _ in 0..200 {
        let headers = [("Content-Type", "application/json"), ("Idempotency-Key", key.as_str())];
        let asked = Instant::now();
        let reply = gate.ask(Some(&declarant(1)), "POST", "/api/v1/declarations", &headers, &body).await;
        slowest = slowest.max(asked.elapsed());
        match reply.status {
            201 => return (reply.json()["number"].as_str().unwrap().to_owned(), slowest),
            503 => {
                assert!(reply.header("retry-after").is_some(), "{reply:?}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            _ => panic!("{} {}", reply.status, reply.text),
        }
    }
    panic!("never acknowledged");
}

/// Every number is there once, with its two actions, and all figures equal a recount.
async fn nothing_is_lost_or_doubled(gate: &TestGate, numbers: Vec<String>) {
    let (client, _driving) = connect(gate.database.url()).await.unwrap();
    let count = async |sql: &str| -> i64 { client.query_one(sql, &[]).await.unwrap().get(0) };
    let expected = i64::try_from(numbers.len()).unwrap();
    assert_eq!(count("select count(*) from declarations").await, expected);
    assert_eq!(count("select count(*) from actions").await, 2 * expected);
    assert_eq!(count("select coalesce(sum(declared), 0)::bigint from throughput").await, expected);
    let known: Vec<i64> =
        numbers.iter().map(|number| number.parse::<border_gate::domain::number::Number>().unwrap().as_i64()).collect();
    let sql = "select count(*) from declarations where number = any($1::bigint[])";
    let found: i64 = client.query_one(sql, &[&known]).await.unwrap().get(0);
    assert_eq!(found, expected, "an acknowledged number is not there");
    assert_eq!(recount(&client, |_| ()).await.unwrap().differences, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_cut_under_load_lose_nothing_and_double_nothing() {
    let gate = TestGate::open().await;
    let admin = gate.database.admin().await;
    let load = async {
        let mut numbers = Vec::new();
        for batch in 0..20 {
            let asks = (0..24).map(|place| declared_for_sure(&gate, batch * 24 + place));
            numbers.extend(futures_util::future::join_all(asks).await.into_iter().map(|(number, _)| number));
        }
        numbers
    };
    let cuts = async {
        let sql = "select count(pg_terminate_backend(pid)) from pg_stat_activity
                    where datname = current_database() and pid <> pg_backend_pid()";
        let mut cut = 0_i64;
        for _ in 0..30 {
            tokio::time::sleep(Duration::from_millis(15)).await;
            cut += admin.query_one(sql, &[]).await.unwrap().get::<_, i64>(0);
        }
        cut
    };
    let (numbers, cut) = tokio::join!(load, cuts);
    assert!(cut > 20, "{cut} connections were cut");
    nothing_is_lost_or_doubled(&gate, numbers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_takes_no_writes_is_said_so_and_mended_when_it_does_again() {
    let gate = TestGate::open().await;
    let (before, _) = declared_for_sure(&gate, 0).await;
    let admin = gate.database.admin().await;
    let name: String = admin.query_one("select quote_ident(current_database())", &[]).await.unwrap().get(0);
    let cut = "select pg_terminate_backend(pid) from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid()";
    admin.batch_execute(&format!("alter database {name} set default_transaction_read_only = on; {cut}")).await.unwrap();

    let asked = Instant::now();
    let reply = gate.post(&declarant(1), "/api/v1/declarations", &tractor("桂F54321")).await;
    assert_eq!((reply.status, reply.problem().as_str()), (503, "unavailable"), "{}", reply.text);
    assert!(reply.header("retry-after").is_some());
    assert!(asked.elapsed() < Duration::from_secs(6), "the answer took {:?}", asked.elapsed());
    let ready = gate.ask(None, "GET", "/health/ready", &[], "").await;
    assert_eq!(ready.status, 503, "{}", ready.text);
    assert_eq!(gate.ask(None, "GET", "/health/live", &[], "").await.status, 200);

    let writes = format!(
        "set default_transaction_read_only = off; alter database {name} reset default_transaction_read_only; {cut}"
    );
    admin.batch_execute(&writes).await.unwrap();
    let (after, _) = declared_for_sure(&gate, 1).await;
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
    let (number, _) = declared_for_sure(&gate, 0).await;
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
