//! Working time at the gate: opening hours, closures, days for the registered, and the legal clocks that run on them.

use border_gate::domain::workflow::Role;
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use crate::casework::tractor;
use crate::support::gate::{TestGate, declarant, officer};
use crate::support::http::Reply;

/// An instant by the gate's own clock.
fn at(text: &str) -> DateTime<Utc> {
    format!("{text}:00+07:00").parse().unwrap()
}

async fn done(gate: &TestGate, role: Role, number: &str, action: &Value) -> Value {
    let reply = gate.act(&officer(role, &[]), number, action).await;
    assert_eq!(reply.status, 200, "{action}: {}", reply.text);
    reply.json()
}

async fn declared(gate: &TestGate, plate: &str, planned: &str) -> Reply {
    let mut body = tractor(plate);
    body["planned_arrival"] = json!(at(planned));
    gate.post(&declarant(1), "/api/v1/declarations", &body).await
}

/// A registered declaration.
async fn registered(gate: &TestGate, plate: &str) -> String {
    let planned = (gate.now() + Duration::hours(7)).format("%FT12:00").to_string();
    let made = declared(gate, plate, &planned).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let number = made.json()["number"].as_str().unwrap().to_owned();
    done(gate, Role::GateManager, &number, &json!({"action": "register"})).await;
    number
}

/// One in the red lane, arrived.
async fn arrived_red(gate: &TestGate, plate: &str) -> String {
    let number = registered(gate, plate).await;
    done(gate, Role::BorderGuard, &number, &json!({"action": "arrive", "observed_plate": plate})).await;
    done(gate, Role::CustomsOfficer, &number, &json!({"action": "customs.set_lane", "lane": "red"})).await;
    number
}

async fn record(gate: &TestGate, number: &str) -> Value {
    gate.get(&officer(Role::Auditor, &[]), &format!("/api/v1/declarations/{number}")).await.json()
}

fn due(record: &Value, clock: &str) -> Option<DateTime<Utc>> {
    let clocks = record["clocks"].as_array().unwrap();
    clocks.iter().find(|one| one["clock"] == clock)?["due_at"].as_str().map(|at| at.parse().unwrap())
}

async fn listed(gate: &TestGate, query: &str) -> Vec<String> {
    let reply = gate.get(&officer(Role::CustomsOfficer, &[]), &format!("/api/v1/declarations?{query}")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let json = reply.json();
    json["items"].as_array().unwrap().iter().map(|one| one["number"].as_str().unwrap().to_owned()).collect()
}

async fn breaches(gate: &TestGate, day: &str) -> i64 {
    let path = format!("/api/v1/statistics/throughput?from={day}&to={}&measure=clock_breaches", next(day));
    let reply = gate.get(&officer(Role::Analyst, &[]), &path).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()["rows"][0]["clock_breaches"].as_i64().unwrap()
}

fn next(day: &str) -> String {
    day.parse::<chrono::NaiveDate>().unwrap().succ_opt().unwrap().to_string()
}

async fn calendar(gate: &TestGate, point: &str, change: &Value) {
    let json = [("Content-Type", "application/json")];
    let path = format!("/api/v1/admin/reference/calendars/{point}");
    let reply = gate.ask(Some(&officer(Role::Admin, &[])), "PUT", &path, &json, change.to_string()).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planned_arrival_outside_the_hours_is_refused_and_the_next_possible_time_named() {
    let gate = TestGate::open().await;
    let late = declared(&gate, "桂F12345", "2025-03-31T20:30").await;
    assert_eq!(late.status, 422, "{}", late.text);
    let fault = &late.json()["errors"][0];
    assert_eq!((&fault["pointer"], &fault["code"]), (&json!("/planned_arrival"), &json!("outside-opening-hours")));
    assert!(fault["detail"].as_str().unwrap().contains("01/04/2025 07:00"), "{fault}");
    assert_eq!(declared(&gate, "桂F12345", "2025-03-31T19:59").await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tet_the_gate_takes_nobody_in_and_then_only_those_registered_before() {
    let gate = TestGate::open().await;
    gate.clock.set(at("2026-02-14T10:00"));
    // Planned for a day on which the gate is closed: the first day after it that one may still register for.
    let closed = declared(&gate, "桂F12345", "2026-02-16T10:00").await;
    assert!(closed.json()["errors"][0]["detail"].as_str().unwrap().contains("19/02/2026 07:00"), "{}", closed.text);
    let early = registered(&gate, "桂F12345").await;

    gate.clock.set(at("2026-02-17T10:00"));
    let arrive = |plate: &str| json!({"action": "arrive", "observed_plate": plate});
    let guard = officer(Role::BorderGuard, &[]);
    let refused = gate.act(&guard, &early, &arrive("桂F12345")).await;
    assert_eq!((refused.status, &refused.json()["type"]), (409, &json!("/problems/gate-closed")), "{}", refused.text);
    assert_eq!(refused.json()["opens_at"], json!(at("2026-02-19T07:00")));

    gate.clock.set(at("2026-02-19T09:00"));
    // Declared on such a day for that day: it could not be registered before it.
    let same_day = declared(&gate, "桂F12346", "2026-02-19T15:00").await;
    let fault = &same_day.json()["errors"][0];
    assert_eq!(fault["code"], "arrival-needs-earlier-registration", "{}", same_day.text);
    assert!(fault["detail"].as_str().unwrap().contains("20/02/2026 07:00"), "{fault}");
    let made = declared(&gate, "桂F12346", "2026-02-20T08:00").await;
    let late = made.json()["number"].as_str().unwrap().to_owned();
    done(&gate, Role::GateManager, &late, &json!({"action": "register"})).await;
    let refused = gate.act(&guard, &late, &arrive("桂F12346")).await;
    assert_eq!(refused.status, 409, "{}", refused.text);
    assert_eq!(refused.json()["opens_at"], json!(at("2026-02-20T07:00")));
    assert!(record(&gate, &late).await["state"] == "registered");
    // Registered before the day, it is taken in, and so is the other on the next day.
    assert_eq!(done(&gate, Role::BorderGuard, &early, &arrive("桂F12345")).await["state"], "arrived");
    gate.clock.set(at("2026-02-20T00:30"));
    assert_eq!(done(&gate, Role::BorderGuard, &late, &arrive("桂F12346")).await["state"], "arrived");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declaration_shows_its_clocks_and_they_run_through_the_night_and_with_the_calendar() {
    let gate = TestGate::open().await;
    gate.clock.set(at("2025-03-31T19:00"));
    let number = arrived_red(&gate, "桂F12345").await;
    let seen = record(&gate, &number).await;
    assert_eq!(due(&seen, "documents"), Some(at("2025-04-01T08:00")));
    assert_eq!(due(&seen, "inspection"), Some(at("2025-04-01T14:00")));
    // The next day becomes a holiday while the clocks run.
    let closed = json!({"valid_from": "2025-04-01", "valid_to": "2025-04-02", "reason": "Lũ", "entry": {"open": []}});
    calendar(&gate, "HUU_NGHI", &closed).await;
    let seen = record(&gate, &number).await;
    assert_eq!(due(&seen, "documents"), Some(at("2025-04-02T08:00")));
    assert_eq!(due(&seen, "inspection"), Some(at("2025-04-02T14:00")));
    // What is done is due no more.
    done(&gate, Role::CustomsOfficer, &number, &json!({"action": "customs.check_documents"})).await;
    assert_eq!(due(&record(&gate, &number).await, "documents"), None);
    let inspected = json!({"action": "customs.inspect", "means": "scanner", "result": "conforms"});
    done(&gate, Role::CustomsOfficer, &number, &inspected).await;
    assert_eq!(record(&gate, &number).await["clocks"], json!([]));
    // A clearance that is revoked starts both anew.
    gate.clock.set(at("2025-04-02T10:00"));
    done(&gate, Role::CustomsOfficer, &number, &json!({"action": "customs.clear"})).await;
    done(&gate, Role::CustomsOfficer, &number, &json!({"action": "customs.revoke", "reason": "nhầm tờ khai"})).await;
    let seen = record(&gate, &number).await;
    assert_eq!(due(&seen, "documents"), Some(at("2025-04-02T12:00")));
    assert_eq!(due(&seen, "inspection"), Some(at("2025-04-02T18:00")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_is_listed_by_the_calendar_in_force() {
    let gate = TestGate::open().await;
    gate.clock.set(at("2025-03-31T09:00"));
    let number = arrived_red(&gate, "桂F12345").await;
    registered(&gate, "桂F12346").await;
    let before = |text: &str| format!("due_before={}", at(text).format("%FT%TZ"));
    assert_eq!(listed(&gate, &before("2025-03-31T11:00")).await, Vec::<String>::new());
    assert_eq!(listed(&gate, &before("2025-03-31T11:01")).await, [number.as_str()]);
    assert_eq!(listed(&gate, "overdue=true").await, Vec::<String>::new());
    gate.clock.set(at("2025-03-31T11:00") + Duration::seconds(1));
    assert_eq!(listed(&gate, "overdue=true").await, [number.as_str()]);
    done(&gate, Role::CustomsOfficer, &number, &json!({"action": "customs.check_documents"})).await;
    assert_eq!(listed(&gate, "overdue=true").await, Vec::<String>::new());
    assert_eq!(listed(&gate, &before("2025-03-31T17:01")).await, [number.as_str()], "the inspection is due by then");
    let closed = json!({"valid_from": "2025-03-31", "valid_to": "2025-04-01", "reason": "Lũ", "entry": {"open": []}});
    calendar(&gate, "HUU_NGHI", &closed).await;
    assert_eq!(listed(&gate, &before("2025-03-31T17:01")).await, Vec::<String>::new());
    let wrong = gate.get(&officer(Role::CustomsOfficer, &[]), "/api/v1/declarations?overdue=yes&due_before=soon").await;
    assert_eq!((wrong.status, wrong.json()["errors"].as_array().unwrap().len()), (422, 2), "{}", wrong.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_ran_out_is_recorded_once_and_counts_on_the_day_it_fell_due() {
    let gate = TestGate::open().await;
    gate.clock.set(at("2025-03-31T17:30"));
    let number = arrived_red(&gate, "桂F12345").await;
    assert_eq!(gate.service.record_breaches().await.unwrap(), 0);
    // Found on the day after, it counts on the day before.
    gate.clock.set(at("2025-04-01T07:30"));
    assert_eq!(gate.service.record_breaches().await.unwrap(), 1);
    assert_eq!(gate.service.record_breaches().await.unwrap(), 0);
    let seen = record(&gate, &number).await;
    assert_eq!(seen["breaches"], json!([{"clock": "documents", "due_at": at("2025-03-31T19:30")}]));
    assert_eq!((breaches(&gate, "2025-03-31").await, breaches(&gate, "2025-04-01").await), (1, 0));
    assert_eq!(listed(&gate, "overdue=true").await, [number.as_str()], "it stays overdue until it is done");
    // A calendar that changes afterwards does not undo it.
    let closed = json!({"valid_from": "2025-03-31", "valid_to": "2025-04-01", "reason": "Lũ", "entry": {"open": []}});
    calendar(&gate, "HUU_NGHI", &closed).await;
    gate.service.record_breaches().await.unwrap();
    assert_eq!(breaches(&gate, "2025-03-31").await, 1);
    // It blocks nothing; the inspection's clock runs out unseen and is recorded with the late action.
    gate.clock.set(at("2025-04-01T18:00"));
    done(&gate, Role::CustomsOfficer, &number, &json!({"action": "customs.check_documents"})).await;
    let history =
        gate.get(&officer(Role::Auditor, &[]), &format!("/api/v1/declarations/{number}/actions")).await.json();
    let actions: Vec<_> =
        history["items"].as_array().unwrap().iter().map(|one| one["action"].as_str().unwrap()).collect();
    assert_eq!(actions[actions.len() - 3..], ["clock.breach", "clock.breach", "customs.check_documents"]);
    assert_eq!(breaches(&gate, "2025-04-01").await, 1);
    let client = gate.database.admin().await;
    let findings = border_gate::casework::doctor::recount(&client, |_| ()).await.unwrap();
    assert!(findings.differences.is_empty(), "{findings:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_ran_out_does_not_keep_a_mistaken_arrival_from_being_undone() {
    let gate = TestGate::open().await;
    gate.clock.set(at("2025-03-31T17:30"));
    let number = registered(&gate, "桂F12345").await;
    done(&gate, Role::CustomsOfficer, &number, &json!({"action": "customs.set_lane", "lane": "red"})).await;
    done(&gate, Role::BorderGuard, &number, &json!({"action": "arrive", "observed_plate": "桂F12345"})).await;
    gate.clock.set(at("2025-04-01T07:30"));
    assert_eq!(gate.service.record_breaches().await.unwrap(), 1);
    let undo = json!({"action": "undo_arrive", "reason": "another vehicle"});
    let record = done(&gate, Role::BorderGuard, &number, &undo).await;
    assert_eq!((&record["state"], due(&record, "inspection")), (&json!("registered"), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inspection_is_given_more_time_once_with_a_reason_and_by_two_days_at_most() {
    let gate = TestGate::open().await;
    gate.clock.set(at("2025-03-31T08:00"));
    let number = registered(&gate, "桂F12345").await;
    let customs = officer(Role::CustomsOfficer, &[]);
    let extend = |until: &str| json!({"action": "extend_clock", "until": at(until), "reason": "Lô hàng phức tạp"});
    done(&gate, Role::CustomsOfficer, &number, &json!({"action": "customs.set_lane", "lane": "red"})).await;
    assert_eq!(due(&record(&gate, &number).await, "inspection"), None, "it runs from arrival on");
    done(&gate, Role::BorderGuard, &number, &json!({"action": "arrive", "observed_plate": "桂F12345"})).await;
    assert_eq!(due(&record(&gate, &number).await, "inspection"), Some(at("2025-03-31T16:00")));
    for wrong in ["2025-03-31T15:59", "2025-03-31T16:00", "2025-04-02T16:01"] {
        let refused = gate.act(&customs, &number, &extend(wrong)).await;
        assert_eq!((refused.status, &refused.json()["errors"][0]["code"]), (422, &json!("extension-range")), "{wrong}");
    }
    let without = json!({"action": "extend_clock", "until": at("2025-04-02T10:00")});
    assert_eq!(gate.act(&customs, &number, &without).await.status, 422);
    let extended = done(&gate, Role::CustomsOfficer, &number, &extend("2025-04-02T16:00")).await;
    assert_eq!(due(&extended, "inspection"), Some(at("2025-04-02T16:00")));
    let again = gate.act(&customs, &number, &extend("2025-04-02T16:00")).await;
    assert_eq!(again.status, 409, "{}", again.text);
    gate.clock.set(at("2025-04-02T15:59"));
    let before = format!("due_before={}", at("2025-04-02T16:01").format("%FT%TZ"));
    assert_eq!(listed(&gate, &before).await, [number.as_str()]);
    done(&gate, Role::CustomsOfficer, &number, &json!({"action": "customs.check_documents"})).await;
    assert_eq!(breaches(&gate, "2025-03-31").await, 1, "the documents were late");
    assert_eq!(listed(&gate, "overdue=true").await, Vec::<String>::new());
    gate.clock.set(at("2025-04-02T16:30"));
    gate.service.record_breaches().await.unwrap();
    assert_eq!(breaches(&gate, "2025-04-02").await, 1);
}
