//! What is done, in the order of commits: a reader under load misses nothing and sees nothing twice.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use border_gate::domain::actor::Actor;
use border_gate::domain::workflow::Role;
use border_gate::storage::pool::connect;
use serde_json::{Value, json};

use crate::casework::tractor;
use crate::support::gate::{TestGate, declarant, officer};

async fn declared(gate: &TestGate, firm: usize, plate: &str) -> String {
    let reply = gate.post(&declarant(firm), "/api/v1/declarations", &tractor(plate)).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.json()["number"].as_str().unwrap().to_owned()
}

/// Waits until all that was done is settled: on the tests' cluster others' transactions are under way as well.
async fn settled(gate: &TestGate) {
    let sql =
        "select settled_transactions() > transaction::text::bigint from actions order by transaction desc limit 1";
    let client = gate.database.admin().await;
    for _ in 0..500 {
        if client.query_one(sql, &[]).await.unwrap().get::<_, bool>(0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("somebody's transaction does not end");
}

/// What the feed tells `actor` after `cursor`, and the next cursor.
async fn fed(gate: &TestGate, actor: &Actor, query: &str, cursor: &str) -> (Vec<(String, i64)>, String) {
    let reply = gate.get(actor, &format!("/api/v1/feed?after={cursor}{query}")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let answer = reply.json();
    let of = |item: &Value| (item["declaration"].as_str().unwrap().to_owned(), item["seq"].as_i64().unwrap());
    let items = answer["items"].as_array().unwrap().iter().map(of).collect();
    (items, answer["next_cursor"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_under_full_load_misses_nothing_and_sees_nothing_twice_also_what_commits_late() {
    let gate = TestGate::open().await;
    let auditor = officer(Role::Auditor, &[]);
    let (late, _driving) = connect(gate.database.url()).await.unwrap();
    let enough = AtomicBool::new(false);
    let until = Instant::now() + Duration::from_secs(2);
    let writing = async {
        // Rows that commit late: an old transaction writes first and commits long after others.
        late.batch_execute("begin; select pg_current_xact_id()").await.unwrap();
        let crowd = (0..12).map(|place| {
            let gate = &gate;
            async move {
                let mut round = 0;
                while Instant::now() < until {
                    let number = declared(gate, 1, &format!("桂F{place:02}{round:03}")).await;
                    let register = json!({"action": "register"});
                    assert_eq!(gate.act(&officer(Role::GateManager, &[]), &number, &register).await.status, 200);
                    round += 1;
                }
            }
        });
        let commits = async {
            for _ in 0..8 {
                tokio::time::sleep(Duration::from_millis(200)).await;
                late.batch_execute(
                    "insert into actions (declaration, seq, action, actor, role, at, recorded_at, details, hash)
                     select declaration, 900 + count(*)::int, 'remark', 'account:1', 'gate_manager', now(), now(), '{}', decode(repeat('00', 32), 'hex')
                     from actions group by declaration order by declaration limit 1;
                     select pg_sleep(0.1); commit; begin; select pg_current_xact_id()",
                )
                .await
                .unwrap();
            }
            late.batch_execute("commit").await.unwrap();
        };
        tokio::join!(futures_util::future::join_all(crowd), commits);
        enough.store(true, Ordering::Relaxed);
    };
    let reading = async {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let over = enough.load(Ordering::Relaxed);
            let (items, next) = fed(&gate, &auditor, "&limit=17", &cursor).await;
            if over && items.is_empty() {
                settled(&gate).await;
                if fed(&gate, &auditor, "", &next).await.0.is_empty() {
                    return seen;
                }
            }
            seen.extend(items);
            cursor = next;
        }
    };
    let ((), seen) = tokio::join!(writing, reading);
    let sql = "select declaration, seq from actions";
    let client = gate.database.admin().await;
    let done: BTreeSet<(String, i64)> = client
        .query(sql, &[])
        .await
        .unwrap()
        .iter()
        .map(|row| {
            let number = border_gate::domain::number::Number::from_i64(row.get(0)).unwrap();
            (number.to_string(), i64::from(row.get::<_, i32>(1)))
        })
        .collect();
    assert!(done.len() > 60, "{} actions", done.len());
    let distinct: BTreeSet<(String, i64)> = seen.iter().cloned().collect();
    assert_eq!(distinct.len(), seen.len(), "something came twice");
    assert_eq!(distinct, done, "something was passed over");
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_told_of_what_he_sees_and_of_nothing_else() {
    let gate = TestGate::open().await;
    let own = declared(&gate, 1, "桂F12345").await;
    let others = declared(&gate, 2, "桂F12346").await;
    let register = json!({"action": "register"});
    assert_eq!(gate.act(&officer(Role::GateManager, &[]), &own, &register).await.status, 200);
    settled(&gate).await;
    let told = async |actor: &Actor| fed(&gate, actor, "", "").await.0;
    let all = |number: &str, count: i64| (1..=count).map(|seq| (number.to_owned(), seq)).collect::<Vec<_>>();
    assert_eq!(told(&declarant(2)).await, all(&others, 2));
    // The goods of both are the first firm's.
    assert_eq!(told(&declarant(1)).await.len(), 5);
    assert_eq!(told(&officer(Role::BorderGuard, &["HUU_NGHI"])).await.len(), 5);
    assert_eq!(told(&officer(Role::BorderGuard, &["CHI_MA"])).await, []);
    let refused = gate.get(&officer(Role::Analyst, &[]), "/api/v1/feed").await;
    assert_eq!(refused.status, 403);
    // A firm sees the agency, not the account.
    let feed = gate.get(&declarant(1), "/api/v1/feed").await.json();
    let registered = feed["items"].as_array().unwrap().iter().find(|item| item["action"] == "register").unwrap();
    assert_eq!((&registered["actor"], &registered["role"]), (&Value::Null, &json!("gate_manager")));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_is_told_when_something_is_done_also_at_another_instance() {
    let gate = TestGate::open().await;
    let other = gate.another().await;
    let auditor = officer(Role::Auditor, &[]);
    let (_, mut cursor) = fed(&gate, &auditor, "", "").await;
    let nothing = Instant::now();
    let (items, _) = fed(&gate, &auditor, "&wait=1", &cursor).await;
    assert!(items.is_empty() && nothing.elapsed() >= Duration::from_secs(1), "it waited {:?}", nothing.elapsed());
    for instance in [&gate, &other] {
        let plate = format!("桂F{}", instance.address().port());
        let (waited, number) = tokio::join!(fed(&gate, &auditor, "&wait=20", &cursor), async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            declared(instance, 1, &plate).await
        });
        assert!(waited.0.contains(&(number, 1)), "{waited:?}");
        settled(instance).await;
        cursor = fed(&gate, &auditor, "", &waited.1).await.1;
    }
    for wrong in ["wait=31", "wait=x", "limit=0"] {
        assert_eq!(gate.get(&auditor, &format!("/api/v1/feed?{wrong}")).await.status, 422, "{wrong}");
    }
    assert_eq!(gate.get(&auditor, "/api/v1/feed?after=nonsense").await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_show_each_declaration_as_it_is_now_once_for_its_last_change() {
    let gate = TestGate::open().await;
    let auditor = officer(Role::Auditor, &[]);
    let changes = async |cursor: &str| {
        let reply = gate.get(&auditor, &format!("/api/v1/declarations?changes_after={cursor}&limit=2")).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let answer = reply.json();
        let of = |item: &Value| (item["number"].as_str().unwrap().to_owned(), item["revision"].as_i64().unwrap());
        let items: Vec<_> = answer["items"].as_array().unwrap().iter().map(of).collect();
        (items, answer["next_cursor"].as_str().unwrap().to_owned())
    };
    let (a, b, c) = (
        declared(&gate, 1, "桂F00001").await,
        declared(&gate, 1, "桂F00002").await,
        declared(&gate, 1, "桂F00003").await,
    );
    let register = json!({"action": "register"});
    assert_eq!(gate.act(&officer(Role::GateManager, &[]), &a, &register).await.status, 200);
    settled(&gate).await;
    let (first, cursor) = changes("").await;
    assert_eq!(first, [(b.clone(), 2), (c, 2)], "the first was changed since: it comes with that change");
    let (second, cursor) = changes(&cursor).await;
    assert_eq!(second, [(a, 3)]);
    let (none, cursor) = changes(&cursor).await;
    assert_eq!(none, []);
    assert_eq!(gate.act(&officer(Role::GateManager, &[]), &b, &register).await.status, 200);
    settled(&gate).await;
    assert_eq!(changes(&cursor).await.0, [(b, 3)]);
    let with_filter = gate.get(&auditor, "/api/v1/declarations?changes_after=&state=submitted").await;
    assert_eq!(with_filter.status, 422, "{}", with_filter.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_from_before_a_restore_is_gone() {
    let gate = TestGate::open().await;
    let auditor = officer(Role::Auditor, &[]);
    let (_, cursor) = fed(&gate, &auditor, "", "").await;
    let restored = gate.restored().await;
    for path in ["/api/v1/feed?after=", "/api/v1/declarations?changes_after="] {
        let reply = restored.get(&auditor, &format!("{path}{cursor}")).await;
        assert_eq!((reply.status, reply.problem().as_str()), (410, "gone"), "{}", reply.text);
    }
}
