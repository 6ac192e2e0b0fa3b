//! Closing a period: what is signed stays, what differs since is told, and nobody's closing stands twice.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use border_gate::casework::doctor::recount;
use border_gate::domain::actor::Actor;
use border_gate::domain::workflow::Role;
use border_gate::storage::pool::connect;
use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::{Value, json};

use crate::support::gate::{TestGate, declarant, officer};
use crate::support::http::Reply;

fn analyst() -> Actor {
    officer(Role::Analyst, &[])
}

async fn read(gate: &TestGate, path: &str) -> Value {
    let reply = gate.get(&analyst(), &format!("/api/v1/statistics/{path}")).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    reply.json()
}

async fn close(gate: &TestGate, period: &str) -> Reply {
    gate.post(&analyst(), "/api/v1/statistics/closings", &json!({"period": period})).await
}

/// Counts vehicles declared on a day, without a declaration: what is there is added to.
async fn count(gate: &TestGate, day: &str, crossing_point: &str, declared: i64) {
    let sql = format!(
        "insert into throughput (day, crossing_point, direction, cargo_class, declared)
         values ('{day}', '{crossing_point}', 'export', 'fruit', {declared})
         on conflict (day, crossing_point, direction, cargo_class)
         do update set declared = throughput.declared + excluded.declared"
    );
    gate.database.admin().await.execute(&sql, &[]).await.unwrap();
}

/// A gate on 1 April 2025, with some vehicles of the quarter before.
async fn after_the_quarter() -> TestGate {
    let gate = TestGate::open().await;
    gate.clock.set("2025-04-01T00:00:00Z".parse().unwrap());
    count(&gate, "2024-12-31", "HUU_NGHI", 8).await;
    count(&gate, "2025-01-01", "HUU_NGHI", 10).await;
    count(&gate, "2025-03-31", "TAN_THANH", 100).await;
    gate
}

#[tokio::test(flavor = "multi_thread")]
async fn a_period_that_is_not_over_is_not_closed_and_the_answer_says_when_it_will_be() {
    let gate = TestGate::open().await;
    for (now, status) in [("2025-03-31T16:59:59.999Z", 422), ("2025-03-31T17:00:00Z", 201)] {
        gate.clock.set(now.parse().unwrap());
        let reply = close(&gate, "2025-Q1").await;
        assert_eq!(reply.status, status, "{}", reply.text);
        if status == 422 {
            assert_eq!(reply.faults(), [("/period".to_owned(), "period-not-over".to_owned())]);
            assert!(reply.text.contains("2025-03-31T17:00:00Z"), "{}", reply.text);
        }
    }
    for (period, code) in [
        ("2025-03-01..2025-03-15", "period-not-of-the-calendar"),
        ("2025-Q9", "period-format"),
        ("last quarter", "period-format"),
    ] {
        let reply = close(&gate, period).await;
        assert_eq!((reply.status, reply.faults()), (422, vec![("/period".to_owned(), code.to_owned())]), "{period}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closing_can_be_verified_by_whoever_has_the_public_key() {
    let gate = after_the_quarter().await;
    let closed = close(&gate, "2025-Q1").await;
    assert_eq!(closed.status, 201, "{}", closed.text);
    assert_eq!(closed.header("location"), Some("/api/v1/statistics/closings/2025-Q1/1"));
    let closing = read(&gate, "closings/2025-Q1/1").await;
    assert_eq!(closing, closed.json());

    let document = gate.get(&analyst(), closing["links"]["document"].as_str().unwrap()).await;
    let keys = gate.ask(None, "GET", closing["links"]["keys"].as_str().unwrap(), &[], "").await.json();
    let key = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == closing["kid"]).unwrap();
    let bytes = |text: &Value| URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap();
    let key = VerifyingKey::from_bytes(&bytes(&key["x"]).try_into().unwrap()).unwrap();
    let signature = Signature::from_slice(&bytes(&closing["signature"])).unwrap();
    key.verify_strict(document.text.as_bytes(), &signature).unwrap();
    let forged = document.text.replace("\"declared\":100", "\"declared\":101");
    assert_ne!(forged, document.text);
    assert!(key.verify_strict(forged.as_bytes(), &signature).is_err());

    let signed = document.json();
    assert_eq!(
        (&signed["period"], &signed["revision"], &signed["previous_hash"]),
        (&json!("2025-Q1"), &json!(1), &Value::Null)
    );
    assert_eq!(signed["closed_at"], "2025-04-01T00:00:00Z");
    assert_eq!(signed["closed_by"], analyst().id.to_string());
    assert!(signed["definitions"]["declared"].is_string(), "{signed}");
    let tan_thanh = &signed["figures"][1];
    assert_eq!((&tan_thanh["gate"], &tan_thanh["crossing_point"]), (&json!("HUU_NGHI"), &json!("TAN_THANH")));
    assert_eq!(tan_thanh["counts"]["declared"], 100);

    let second = close(&gate, "2025-01").await.json();
    let signed = gate.get(&analyst(), second["links"]["document"].as_str().unwrap()).await.json();
    assert_eq!((&signed["seq"], &signed["previous_hash"]), (&json!(2), &closing["hash"]), "all are one chain");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_correction_shows_and_every_revision_stays() {
    let gate = after_the_quarter().await;
    assert_eq!(read(&gate, "quarters/2025-Q1").await["revised"], false, "nothing is published yet");
    assert_eq!(close(&gate, "2025-Q1").await.status, 201);
    let first = read(&gate, "quarters/2025-Q1?revision=1").await;
    let live = read(&gate, "quarters/2025-Q1").await;
    assert_eq!((&live["revised"], live.get("revision")), (&json!(false), None));
    for field in ["declared", "gates", "crossing_points", "change", "closed"] {
        assert_eq!(first[field], live[field], "{field}");
    }
    let unchanged = close(&gate, "2025-Q1").await;
    assert_eq!((unchanged.status, unchanged.problem().as_str()), (409, "nothing-new"));

    // A vehicle of January counts at Tân Thanh now, and so does another of December.
    gate.clock.set("2025-04-02T00:00:00Z".parse().unwrap());
    count(&gate, "2025-01-01", "HUU_NGHI", -1).await;
    count(&gate, "2025-01-01", "TAN_THANH", 1).await;
    count(&gate, "2024-12-31", "HUU_NGHI", 1).await;
    assert_eq!(read(&gate, "quarters/2025-Q1").await["revised"], true, "the sum is the same, its places are not");
    let published = read(&gate, "quarters/2025-Q1?revision=1").await;
    let revised = json!({"revised": true});
    assert_eq!(published["revised"], revised["revised"]);
    for field in ["declared", "gates", "crossing_points", "change", "as_of"] {
        assert_eq!(published[field], first[field], "{field} is as it was published");
    }
    let since = read(&gate, "closings/2025-Q1/differences?before=1").await;

    let second = close(&gate, "2025-Q1").await;
    assert_eq!((second.status, &second.json()["revision"]), (201, &json!(2)), "{}", second.text);
    assert_eq!(read(&gate, "quarters/2025-Q1").await["revised"], false);
    assert_eq!(read(&gate, "quarters/2025-Q1?revision=2").await["as_of"], "2025-04-02T00:00:00Z");
    let between = read(&gate, "closings/2025-Q1/differences?before=1&after=2").await;
    let cell = |point: &str, before: i64, after: i64| {
        json!({"gate": "HUU_NGHI", "crossing_point": point, "direction": "export", "cargo_class": "fruit",
               "measure": "declared", "before": before, "after": after})
    };
    let differences = json!([cell("HUU_NGHI", 10, 9), cell("TAN_THANH", 100, 101)]);
    assert_eq!((&between["differences"], &since["differences"]), (&differences, &differences));

    let list = read(&gate, "closings?limit=1").await;
    assert_eq!((&list["items"][0]["revision"], list["next_cursor"].is_string()), (&json!(2), true), "{list}");
    for missing in [
        "quarters/2025-Q1?revision=3",
        "closings/2025-Q1/3",
        "closings/2025-Q2/1",
        "closings/2025-Q1/0",
        "closings/2025-Q1/differences?before=1&after=3",
        "closings/2025-Q9/1",
        "closings/%00/1/document",
    ] {
        let reply = gate.get(&analyst(), &format!("/api/v1/statistics/{missing}")).await;
        assert_eq!(reply.status, 404, "{missing}: {}", reply.text);
    }
    let wrong = gate.get(&analyst(), "/api/v1/statistics/closings/2025-Q1/differences?after=x").await;
    let mut faults = wrong.faults();
    faults.sort();
    let fault = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
    assert_eq!(faults, [fault("/after", "wrong-type"), fault("/before", "required")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_analysts_at_once_each_closing_has_a_number_and_a_place_of_its_own() {
    let gate = after_the_quarter().await;
    let periods = ["2025-Q1", "2025-01", "2025-03", "2025-03-31", "2025-W10", "2024"];
    let asked = periods.iter().chain(&periods).chain(&periods).map(|period| close(&gate, period));
    let replies = futures_util::future::join_all(asked).await;
    let count = |status: u16| replies.iter().filter(|reply| reply.status == status).count();
    assert_eq!((count(201), count(409)), (6, 12), "each is closed once: {replies:?}");
    let mut places: Vec<i64> =
        replies.iter().filter(|reply| reply.status == 201).map(|reply| reply.json()["seq"].as_i64().unwrap()).collect();
    places.sort_unstable();
    assert_eq!(places, [1, 2, 3, 4, 5, 6]);
    let (client, _driving) = connect(gate.database.url()).await.unwrap();
    let findings = recount(&client, |_| ()).await.unwrap();
    assert_eq!(findings.closings, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closing_asked_for_twice_with_one_key_is_made_once() {
    let gate = after_the_quarter().await;
    let headers = [("Content-Type", "application/json"), ("Idempotency-Key", "the-quarter")];
    let body = json!({"period": "2025-Q1"}).to_string();
    let ask = async || gate.ask(Some(&analyst()), "POST", "/api/v1/statistics/closings", &headers, &body).await;
    let (first, second) = tokio::join!(ask(), ask());
    let (first, second) =
        if first.header("idempotency-replayed").is_some() { (second, first) } else { (first, second) };
    let third = ask().await;
    assert_eq!((first.status, &first.text), (201, &second.text), "{} {}", first.text, second.text);
    assert_eq!((third.header("idempotency-replayed"), &third.text), (Some("true"), &first.text));
    assert_eq!(read(&gate, "closings").await["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closing_is_an_analysts_own_and_nobody_changes_one() {
    let gate = after_the_quarter().await;
    for actor in [officer(Role::Admin, &[]), officer(Role::Auditor, &[]), officer(Role::GateManager, &[]), declarant(1)]
    {
        let reply = gate.post(&actor, "/api/v1/statistics/closings", &json!({"period": "2025-Q1"})).await;
        assert_eq!((reply.status, reply.problem().as_str()), (403, "forbidden"), "{}", actor.role);
    }
    close(&gate, "2025-Q1").await;
    let (client, _driving) = connect(gate.database.url()).await.unwrap();
    for change in ["update closings set revision = 2", "delete from closings", "truncate closings"] {
        let refused = client.batch_execute(change).await.unwrap_err();
        assert_eq!(refused.code().map(tokio_postgres::error::SqlState::code), Some("42501"), "{change}");
    }

    // Whoever owns the database can; the doctor tells.
    let admin = gate.database.admin().await;
    admin.batch_execute("update closings set document = replace(document, ':100', ':101')").await.unwrap();
    let findings = recount(&client, |_| ()).await.unwrap();
    let told: Vec<String> = findings.differences.iter().map(ToString::to_string).collect();
    let told: Vec<&String> = told.iter().filter(|one| one.starts_with("closing 1 (2025-Q1, revision 1)")).collect();
    assert_eq!(told, ["closing 1 (2025-Q1, revision 1): its hash is not that of its document"]);
}
