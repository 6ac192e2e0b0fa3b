//! Signing in, staying signed in, signing out.

use std::time::Duration;

use border_gate::clock::Clock;
use border_gate::identity::revocations;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::demo_gate::{PASSWORD, TestGate};
use crate::support::http::{Ask, Reply};

async fn sign_in(gate: &TestGate, username: &str, password: &str) -> Reply {
    gate.send(Ask::new("POST", "/api/v1/sessions").json(&json!({"username": username, "password": password}))).await
}

async fn refresh(gate: &TestGate, token: &Value) -> Reply {
    gate.send(Ask::new("POST", "/api/v1/sessions/refresh").json(&json!({"refresh_token": token}))).await
}

async fn me(gate: &TestGate, token: &Value) -> Reply {
    gate.send(Ask::new("GET", "/api/v1/me").bearer(token.as_str().unwrap())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_in_is_told_who_he_is() {
    let gate = TestGate::open().await;
    let reply = sign_in(&gate, "Quarantine_Plant_Chi_Ma", PASSWORD).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let session = reply.json();
    assert_eq!((&session["token_type"], &session["expires_in"]), (&json!("Bearer"), &json!(900)));
    let who = me(&gate, &session["access_token"]).await;
    assert_eq!(who.status, 200);
    assert_eq!(who.json(), session["account"]);
    let id = who.json()["id"].clone();
    assert_eq!(
        who.json(),
        json!({
            "id": id, "username": "quarantine_plant_chi_ma", "client_name": null, "role": "quarantine_officer",
            "quarantine_kind": "plant", "firm": null, "crossing_points": ["CHI_MA"], "yards": null, "oauth_scopes": null,
        })
    );
    let declarant = sign_in(&gate, "declarant", PASSWORD).await.json();
    let firm = gate.mandates["declarant"].firm.clone().unwrap();
    assert_eq!(declarant["account"]["firm"]["tax_code"], firm.tax_code);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_unknown_name_are_told_alike() {
    let gate = TestGate::open().await;
    let alike = |reply: &Reply| {
        let mut document = reply.json();
        document["request_id"] = Value::Null;
        (reply.status, document, reply.header("www-authenticate").map(str::to_owned))
    };
    let wrong = sign_in(&gate, "border_guard", "not the password").await;
    assert_eq!((wrong.status, wrong.problem().as_str()), (401, "wrong-credentials"));
    for (username, password) in [
        ("nobody_of_that_name", PASSWORD),
        ("border_guard", ""),
        ("", ""),
        ("bộ đội", "x"),
        (&"a".repeat(1000), PASSWORD),
    ] {
        assert_eq!(alike(&sign_in(&gate, username, password).await), alike(&wrong), "{username}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_ten_tries_the_eleventh_waits_even_with_the_right_password() {
    let gate = TestGate::open().await;
    for _ in 0..10 {
        assert_eq!(sign_in(&gate, "admin", "not the password").await.status, 401);
    }
    for password in [PASSWORD, "not the password"] {
        let reply = sign_in(&gate, "admin", password).await;
        assert_eq!((reply.status, reply.problem().as_str()), (429, "too-many-requests"));
        assert_eq!(reply.header("retry-after"), Some("901"));
    }
    // By address: another account from the same one waits as well, an account that is not there too.
    assert_eq!(sign_in(&gate, "auditor", PASSWORD).await.status, 429);
    assert_eq!(sign_in(&gate, "nobody_of_that_name", PASSWORD).await.status, 429);
    gate.clock.set(gate.clock.now() + TimeDelta::minutes(15));
    assert_eq!(sign_in(&gate, "admin", PASSWORD).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_tries_at_once_ten_are_looked_at() {
    let gate = TestGate::open().await;
    let tries = (0..24).map(|_| sign_in(&gate, "admin", "not the password"));
    let mut statuses: Vec<u16> = futures_util::future::join_all(tries).await.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![401; 10], vec![429; 14]].concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_rightly_does_not_use_up_his_tries() {
    let gate = TestGate::open().await;
    for round in 0..15 {
        if round % 5 == 0 {
            assert_eq!(sign_in(&gate, "analyst", "not the password").await.status, 401);
        }
        assert_eq!(sign_in(&gate, "analyst", PASSWORD).await.status, 201, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refresh_tokens_rotate_and_a_used_one_ends_the_whole_session() {
    let gate = TestGate::open().await;
    let first = sign_in(&gate, "customs_officer", PASSWORD).await.json();
    let second = refresh(&gate, &first["refresh_token"]).await;
    assert_eq!(second.status, 200);
    let second = second.json();
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert_eq!(second["account"], first["account"]);
    let third = refresh(&gate, &second["refresh_token"]).await.json();
    for session in [&first, &second, &third] {
        assert_eq!(me(&gate, &session["access_token"]).await.status, 200);
    }

    let stolen = refresh(&gate, &first["refresh_token"]).await;
    assert_eq!((stolen.status, stolen.problem().as_str()), (401, "wrong-credentials"));
    assert_eq!(refresh(&gate, &third["refresh_token"]).await.status, 401, "the newest is worth nothing either");
    for session in [&first, &second, &third] {
        assert_eq!(me(&gate, &session["access_token"]).await.status, 401, "at once");
    }
    assert_eq!(sign_in(&gate, "customs_officer", PASSWORD).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_refreshes_with_one_token_at_most_one_succeeds() {
    let gate = TestGate::open().await;
    let session = sign_in(&gate, "customs_officer", PASSWORD).await.json();
    let (a, b) = tokio::join!(refresh(&gate, &session["refresh_token"]), refresh(&gate, &session["refresh_token"]));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_nobody_goes_on_with_ends() {
    let gate = TestGate::open().await;
    let session = sign_in(&gate, "auditor", PASSWORD).await.json();
    gate.clock.set(gate.clock.now() + TimeDelta::minutes(16));
    assert_eq!(me(&gate, &session["access_token"]).await.status, 401, "an access token holds for 15 minutes");
    let next = refresh(&gate, &session["refresh_token"]).await.json();
    gate.clock.set(gate.clock.now() + TimeDelta::days(8));
    assert_eq!(refresh(&gate, &next["refresh_token"]).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_out_is_out_at_once_and_his_other_sessions_are_not() {
    let gate = TestGate::open().await;
    let (here, there) =
        (sign_in(&gate, "analyst", PASSWORD).await.json(), sign_in(&gate, "analyst", PASSWORD).await.json());
    let token = here["access_token"].as_str().unwrap();
    let out = gate.send(Ask::new("DELETE", "/api/v1/sessions/current").bearer(token)).await;
    assert_eq!((out.status, out.text.len()), (204, 0));
    assert_eq!(me(&gate, &here["access_token"]).await.status, 401);
    assert_eq!(refresh(&gate, &here["refresh_token"]).await.status, 401);
    assert_eq!(me(&gate, &there["access_token"]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_instance_knows_within_five_seconds_who_signed_out() {
    let gate = TestGate::open().await;
    let session = sign_in(&gate, "analyst", PASSWORD).await.json();
    let token = session["access_token"].as_str().unwrap();
    // What the other instance has: the same keys and database, a memory of its own.
    let elsewhere = std::sync::Arc::new(border_gate::identity::tokens::Tokens::new(
        std::sync::Arc::clone(&gate.keys),
        "http://gate.test",
    ));
    let pool = gate.database.pool();
    let watching = tokio::spawn(revocations::watch(pool, std::sync::Arc::clone(&elsewhere), gate.clock.clone()));
    assert!(elsewhere.verify(token, gate.clock.now()).is_ok());

    gate.send(Ask::new("DELETE", "/api/v1/sessions/current").bearer(token)).await;
    let mut waited = Duration::ZERO;
    while elsewhere.verify(token, gate.clock.now()).is_ok() {
        assert!(waited < Duration::from_secs(5), "still good after {waited:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
        waited += Duration::from_millis(50);
    }
    watching.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_starts_knows_who_signed_out_before() {
    let gate = TestGate::open().await;
    let session = sign_in(&gate, "analyst", PASSWORD).await.json();
    let token = session["access_token"].as_str().unwrap();
    gate.send(Ask::new("DELETE", "/api/v1/sessions/current").bearer(token)).await;
    let tokens = border_gate::identity::tokens::Tokens::new(std::sync::Arc::clone(&gate.keys), "http://gate.test");
    let now = gate.clock.now();
    assert!(tokens.verify(token, now).is_ok());
    revocations::refresh(&mut gate.service.pool.get().await.unwrap(), &tokens, now).await.unwrap();
    assert!(tokens.verify(token, now).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_sign_in_is_refused_with_its_fault() {
    let gate = TestGate::open().await;
    let sessions = || Ask::new("POST", "/api/v1/sessions");
    let json = |text: &[u8]| sessions().body("application/json", text);
    for (ask, status, problem) in [
        (json(b"{"), 400, "malformed"),
        (json(b"\"\xff\""), 400, "malformed"),
        (json("[".repeat(100_000).as_bytes()), 400, "malformed"),
        (json(br#"{"username": "a", "username": "b"}"#), 400, "malformed"),
        (json(br#"{"username": 1e400}"#), 400, "malformed"),
        (json(&vec![b' '; 300 * 1024]), 413, "too-large"),
        (sessions().body("text/plain", b"{}"), 415, "unsupported-media-type"),
        (sessions(), 415, "unsupported-media-type"),
        (json(b"[]"), 422, "invalid-request"),
        (Ask::new("GET", "/api/v1/sessions"), 405, "method-not-allowed"),
    ] {
        let reply = gate.send(ask.clone()).await;
        assert_eq!((reply.status, reply.problem().as_str()), (status, problem), "{ask:?}");
    }
    let reply = gate.send(json(br#"{"username": 7, "password": "a\u0000b", "remember": true}"#)).await;
    let faults = reply.faults();
    let faults: Vec<(&str, &str)> = faults.iter().map(|(at, code)| (at.as_str(), code.as_str())).collect();
    assert_eq!(faults, [("/username", "wrong-type"), ("/password", "nul-character"), ("/remember", "unknown-field")]);
    assert_eq!(refresh(&gate, &json!("nonsense")).await.status, 401);
    assert_eq!(refresh(&gate, &json!(null)).await.faults(), [("/refresh_token".to_owned(), "required".to_owned())]);
}

#[test]
fn a_clock_of_the_machine_is_not_set() {
    let before = Clock::System.now();
    Clock::System.set(before - TimeDelta::days(1));
    assert!(Clock::System.now() >= before);
}
