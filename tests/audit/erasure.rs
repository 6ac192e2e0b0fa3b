//! Driver and crew are erased, on order and after their term: nothing of them is left, and everything else stands.

use border_gate::casework::doctor::recount;
use border_gate::casework::erasure::erase_due;
use border_gate::domain::workflow::Role;
use border_gate::storage::pool::connect;
use chrono::Duration;
use serde_json::{Value, json};

use super::{checkpoint, declared, done, nothing_differs, some_work};
use crate::casework::tractor;
use crate::support::gate::{TestGate, declarant, officer};

/// As PostgreSQL writes bytes in the form `escape`.
fn escaped(text: &str) -> String {
    text.bytes().map(|byte| if byte < 128 { char::from(byte).to_string() } else { format!("\\{byte:o}") }).collect()
}

/// Every text of every table that holds `needle`: table and column.
async fn places_of(gate: &TestGate, needle: &str) -> Vec<String> {
    let client = gate.database.admin().await;
    let columns = "select table_name::text, column_name::text, data_type::text from information_schema.columns where table_schema = 'public'";
    let mut found = Vec::new();
    for row in client.query(columns, &[]).await.unwrap() {
        let (table, column, kind): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        let text =
            if kind == "bytea" { format!("encode(\"{column}\", 'escape')") } else { format!("\"{column}\"::text") };
        let needle = if kind == "bytea" { escaped(needle) } else { needle.to_owned() };
        let sql = format!("select count(*) from \"{table}\" where position($1 in {text}) > 0");
        let count: i64 = client.query_one(&sql, &[&needle]).await.unwrap().get(0);
        if count > 0 {
            found.push(format!("{table}.{column}"));
        }
    }
    found.sort();
    found
}

async fn erase(gate: &TestGate, number: &str) -> (u16, Value) {
    let path = format!("/api/v1/admin/declarations/{number}/erasure");
    let reply = gate.post(&officer(Role::Admin, &[]), &path, &json!({"reason": "Request 12/2025"})).await;
    (reply.status, reply.json())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_driver_is_nowhere_any_more_and_the_record_still_proves_itself() {
    let gate = TestGate::open().await;
    let firm = declarant(1);
    let mut body = tractor("桂F12345");
    body["crew"] =
        json!([{"full_name": "李伟", "nationality": "CN", "document": {"kind": "passport", "number": "E7"}}]);
    let headers = [("Content-Type", "application/json"), ("Idempotency-Key", "one")];
    let declare = async || gate.ask(Some(&firm), "POST", "/api/v1/declarations", &headers, body.to_string()).await;
    let number = declare().await.json()["number"].as_str().unwrap().to_owned();
    // Another's, of the same minute, keeps its driver.
    let others = declared(&gate, "桂F12346").await;
    let path = format!("/api/v1/declarations/{number}");
    assert_eq!(erase(&gate, &number).await.0, 409, "it has not ended");
    let cancel = json!({"action": "cancel"}).to_string();
    let cancelled = gate.ask(Some(&firm), "POST", &format!("{path}/actions"), &headers, cancel).await;
    assert_eq!(cancelled.status, 200, "{}", cancelled.text);
    checkpoint(&gate).await;
    let salt: String = {
        let sql = "select people_salt from declarations where state = 'cancelled'";
        gate.database.admin().await.query_one(sql, &[]).await.unwrap().get(0)
    };
    let statistics = gate.get(&officer(Role::Analyst, &[]), "/api/v1/statistics/quarters/2025-Q1").await.json();
    assert_eq!(places_of(&gate, "李伟").await, ["declarations.people", "idempotency_keys.body"]);

    gate.clock.set(gate.now() + Duration::minutes(5));
    assert_eq!(erase(&gate, &number).await, (200, json!({"erased": [number]})));
    assert_eq!(places_of(&gate, "李伟").await, ["declarations.people"], "the other's alone");
    assert_eq!(places_of(&gate, &salt).await, Vec::<String>::new());
    let again = declare().await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, Some("true")), "{}", again.text);
    assert_eq!((&again.json()["driver"], &again.json()["crew"]), (&Value::Null, &json!([])));
    assert_eq!(again.json()["number"], json!(number));

    let shown = gate.get(&firm, &path).await.json();
    assert_eq!((&shown["driver"], &shown["crew"]), (&Value::Null, &json!([])));
    assert_eq!(shown["people_erased_at"], json!("2025-03-31T02:06:00Z"));
    assert_eq!(shown["state"], json!("cancelled"));
    let history = gate.get(&officer(Role::Auditor, &[]), &format!("{path}/actions")).await.json();
    let last = history["items"].as_array().unwrap().last().unwrap().clone();
    let admin = officer(Role::Admin, &[]).id.to_string();
    assert_eq!(
        (&last["action"], &last["actor"], &last["role"]),
        (&json!("erase_people"), &json!(admin), &json!("admin"))
    );
    assert_eq!(last["details"], json!({"reason": "Request 12/2025"}));
    let standing = gate.get(&firm, &format!("/api/v1/declarations/{others}")).await.json();
    assert_eq!((&standing["driver"]["full_name"], &standing["people_erased_at"]), (&json!("李伟"), &Value::Null));

    let after = gate.get(&officer(Role::Analyst, &[]), "/api/v1/statistics/quarters/2025-Q1").await.json();
    assert_eq!(after["declared"], statistics["declared"]);
    let (client, _driving) = connect(gate.database.url()).await.unwrap();
    assert_eq!(recount(&client, |_| ()).await.unwrap().differences, []);
    checkpoint(&gate).await;
    assert_eq!(nothing_differs(&gate).await.erased, 1);
    assert_eq!(erase(&gate, &number).await.0, 409, "there is nobody left");
    assert_eq!(erase(&gate, "0000-0000-0000-00").await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_reaches_all_that_transfers_join_once_the_last_has_ended() {
    let gate = TestGate::open().await;
    let [_, transferred, _, _] = some_work(&gate).await;
    assert_eq!(erase(&gate, &transferred).await.0, 409, "it goes on elsewhere");
    let path = format!("/api/v1/declarations/{transferred}");
    let shown = gate.get(&declarant(1), &path).await;
    let on = shown.json()["transferred_to"].as_str().unwrap_or_else(|| panic!("{}", shown.text)).to_owned();
    done(&gate, &declarant(1), &on, &json!({"action": "cancel"})).await;
    let (status, mut erased) = erase(&gate, &on).await;
    erased["erased"].as_array_mut().unwrap().sort_by_key(ToString::to_string);
    let mut both = [transferred, on];
    both.sort();
    assert_eq!((status, erased), (200, json!({"erased": both})));
    nothing_differs(&gate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_erased_when_their_term_is_over_and_not_before() {
    let gate = TestGate::open().await;
    let erase_due = async || {
        let mut conn = gate.service.pool.get().await.unwrap();
        erase_due(&mut conn, &gate.service.office.writer, gate.now(), 30).await.unwrap()
    };
    let [_, transferred, amended, _] = some_work(&gate).await;
    gate.clock.set(gate.now() + Duration::days(30) - Duration::seconds(1));
    assert_eq!(erase_due().await, 0);
    gate.clock.set(gate.now() + Duration::seconds(1));
    assert_eq!(erase_due().await, 3, "rejected, transferred and cancelled");
    assert_eq!(erase_due().await, 0, "once");
    let shown = gate.get(&officer(Role::Auditor, &[]), &format!("/api/v1/declarations/{transferred}")).await.json();
    assert!(shown["driver"].is_null() && !shown["people_erased_at"].is_null(), "{shown}");
    let standing = gate.get(&officer(Role::Auditor, &[]), &format!("/api/v1/declarations/{amended}")).await.json();
    assert_eq!(standing["driver"]["full_name"], json!("王芳"), "it has not ended");
    let history = gate.get(&officer(Role::Auditor, &[]), &format!("/api/v1/declarations/{transferred}/actions")).await;
    let last = history.json()["items"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["actor"], &last["details"]), (&json!("system"), &json!({"reason": "30 days after its end"})));
    nothing_differs(&gate).await;
}
