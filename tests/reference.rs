//! Reference data in the database and over HTTP.

#![expect(clippy::unwrap_used, reason = "a helper that cannot set up a case fails its test")]

use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, IF_NONE_MATCH};
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, web};
use border_gate::api;
use border_gate::clock::Clock;
use border_gate::domain::firm::CheckDigit;
use border_gate::domain::reference::{List, Reference, files};
use border_gate::domain::rule_book::{InForce, RuleBook};
use border_gate::storage::reference;
use chrono::NaiveDate;
use serde_json::{Value, json};
use std::sync::Arc;

use crate::casework::tractor;
use crate::support::database::TestDatabase;
use crate::support::gate::{TestGate, declarant, officer};
use crate::support::http::Reply;
use border_gate::domain::workflow::Role;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn all(reference: &Reference, on: &str) -> Vec<String> {
    let entries = List::VARIANTS.iter().flat_map(|list| reference.entries(*list, day(on)));
    entries.map(|entry| format!("{entry:?}")).collect()
}

#[tokio::test]
async fn what_comes_with_the_program_is_added_once_and_read_as_it_was() {
    let database = TestDatabase::open().await;
    let mut conn = database.pool().get().await.unwrap();

    assert_eq!(reference::seed(&mut conn, files().unwrap()).await, Ok(files().unwrap().len()));
    assert_eq!(reference::seed(&mut conn, files().unwrap()).await, Ok(0));

    let loaded = reference::load(&mut conn).await.unwrap();
    assert_eq!(all(&loaded, "2025-01-01"), all(&Reference::from_files().unwrap(), "2025-01-01"));
}

#[tokio::test]
async fn what_somebody_changed_here_is_never_overwritten_when_the_program_starts_again() {
    let database = TestDatabase::open().await;
    let mut conn = database.pool().get().await.unwrap();
    reference::seed(&mut conn, files().unwrap()).await.unwrap();
    let admin = database.admin().await;
    // Tân Thanh becomes a gate of its own; Cốc Nam was entered from another day on than the program has it.
    admin
        .batch_execute(
            "update reference set valid_to = '2026-01-01' where list = 'crossing_points' and code = 'TAN_THANH';
             insert into reference values
                ('gates', 'TAN_THANH', '2026-01-01', null, '{\"name\": \"Tân Thanh\", \"kind\": \"road\"}'),
                ('crossing_points', 'TAN_THANH', '2026-01-01', null, '{\"name\": \"Tân Thanh\", \"kind\": \"road\", \"gate\": \"TAN_THANH\"}');
             update reference set valid_from = '2022-01-01' where list = 'crossing_points' and code = 'COC_NAM';
             insert into reference values ('a_list_to_come', 'X', '2026-01-01', null, '{}')",
        )
        .await
        .unwrap();

    assert_eq!(reference::seed(&mut conn, files().unwrap()).await, Ok(0));

    let loaded = reference::load(&mut conn).await.unwrap();
    assert_eq!(loaded.gate_of("TAN_THANH", day("2025-12-31")), Some("HUU_NGHI"));
    assert_eq!(loaded.gate_of("TAN_THANH", day("2026-01-01")), Some("TAN_THANH"));
    assert_eq!(loaded.gate_of("COC_NAM", day("2021-12-31")), None);
}

#[tokio::test]
async fn data_that_cannot_be_used_are_refused_with_every_fault() {
    let database = TestDatabase::open().await;
    let mut conn = database.pool().get().await.unwrap();
    database
        .admin()
        .await
        .batch_execute(
            "insert into reference values ('gates', 'X', '2026-01-01', null, '{\"name\": \"X\", \"kind\": \"sea\"}'),
                                          ('yards', 'Y', '2026-01-01', null, '{\"name\": \"Y\", \"crossing_point\": \"Z\"}')",
        )
        .await
        .unwrap();
    let refused = reference::load(&mut conn).await.unwrap_err().to_string();
    assert!(refused.contains("gates X") && refused.contains("crossing point Z"), "{refused}");
}

/// What the service answers without a token at 17:00 UTC on 31 December 2025: New Year's Day at the gate.
async fn answer(path: &str, known: Option<&str>) -> (StatusCode, Option<String>, Value) {
    let clock = Clock::standing_at("2025-12-31T17:00:00Z".parse().unwrap());
    let reference = Arc::new(Reference::from_files().unwrap());
    let book = RuleBook { reference, expire_after_days: 15, tax_code_check: CheckDigit::Enforced };
    let app = App::new()
        .wrap(from_fn(api::frame::frame))
        .app_data(web::Data::new(InForce::new(book)))
        .app_data(web::Data::new(clock))
        .configure(api::configure);
    let app = init_service(app).await;
    let mut request = TestRequest::get().uri(&format!("/api/v1{path}"));
    if let Some(etag) = known {
        request = request.insert_header((IF_NONE_MATCH, etag));
    }
    let response = call_service(&app, request.to_request()).await;
    let status = response.status();
    let etag = response.headers().get(ETAG).map(|value| value.to_str().unwrap().to_owned());
    let body = read_body(response).await;
    (status, etag, if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() })
}

#[actix_web::test]
async fn anyone_reads_the_gates_as_they_stand_today_at_the_gate() {
    let (status, _, body) = answer("/gates", None).await;
    assert_eq!((status, &body["on"]), (StatusCode::OK, &Value::from("2026-01-01")));
    let codes: Vec<&Value> = body["items"].as_array().unwrap().iter().map(|gate| &gate["code"]).collect();
    assert_eq!(codes, ["BINH_NGHI", "CHI_MA", "DONG_DANG", "HUU_NGHI", "NA_HINH", "NA_NUA"]);
    let huu_nghi = &body["items"][3];
    assert_eq!((&huu_nghi["name"], &huu_nghi["latitude"]), (&Value::from("Hữu Nghị"), &Value::from(21.97515)));
    assert_eq!((&huu_nghi["un_locode"], &huu_nghi["valid_to"]), (&Value::Null, &Value::Null));
}

#[actix_web::test]
async fn crossing_points_name_their_gate_and_none_is_shown_before_its_first_day() {
    let (_, _, body) = answer("/crossing-points?on=2024-08-22", None).await;
    let points = body["items"].as_array().unwrap();
    let coc_nam = points.iter().find(|point| point["code"] == "COC_NAM").unwrap();
    assert_eq!((&coc_nam["gate"], &coc_nam["markers"]), (&Value::from("HUU_NGHI"), &Value::from("1104–1105")));
    let (_, _, before) = answer("/crossing-points?on=2020-12-31", None).await;
    assert_eq!(before["items"], Value::Array(Vec::new()));
}

#[actix_web::test]
async fn every_list_of_the_reference_data_is_read_by_its_name() {
    for list in List::WORDS {
        let (status, _, body) = answer(&format!("/reference/{list}?on=2026-01-01"), None).await;
        assert_eq!(status, StatusCode::OK, "{list}");
        assert_eq!((body["list"].as_str(), body["on"].as_str()), (Some(*list), Some("2026-01-01")));
        assert!(body["items"][0]["code"].is_string() && body["items"][0]["valid_from"].is_string(), "{body}");
    }
    let (_, _, codes) = answer("/reference/customs_type_codes", None).await;
    assert_eq!(codes["items"][0]["direction"], "import");
}

#[actix_web::test]
async fn who_has_the_list_already_is_told_so_and_gets_no_second_copy() {
    for path in ["/gates", "/crossing-points", "/reference/countries"] {
        let (_, etag, _) = answer(path, None).await;
        let (status, again, body) = answer(path, etag.as_deref()).await;
        assert_eq!((status, &again, body), (StatusCode::NOT_MODIFIED, &etag, Value::Null), "{path}");
        let (status, other, _) = answer(&format!("{path}?on=2025-01-01"), etag.as_deref()).await;
        assert_eq!(status, StatusCode::OK);
        assert_ne!(other, etag, "another day's answer has a tag of its own");
    }
}

#[actix_web::test]
async fn a_wrong_question_about_reference_data_is_answered_with_what_was_wrong() {
    for (path, status, pointer, code) in [
        ("/reference/tariff", 404, None, None),
        ("/reference/gates%00", 404, None, None),
        ("/gates?on=yesterday", 422, Some("/on"), Some("wrong-type")),
        ("/gates?on=2025-02-29", 422, Some("/on"), Some("wrong-type")),
        ("/gates?on=2025-1-1", 422, Some("/on"), Some("wrong-type")),
        ("/gates?on=%2B12025-01-01", 422, Some("/on"), Some("wrong-type")),
        ("/gates?on=%00", 422, Some("/on"), Some("nul-character")),
        ("/gates?on=%ff", 422, Some("/on"), Some("wrong-type")),
        ("/gates?day=2025-01-01", 422, Some("/day"), Some("unknown-field")),
        ("/crossing-points?on=2025-01-01&on=2025-01-02", 422, Some("/on"), Some("duplicate")),
        ("/reference/yards?a%2Fb=1", 422, Some("/a~1b"), Some("unknown-field")),
        ("/gates/", 404, None, None),
    ] {
        let (found, _, body) = answer(path, None).await;
        assert_eq!(found.as_u16(), status, "{path}: {body}");
        assert_eq!(body["status"], status, "{path}");
        assert_eq!(body["errors"][0]["pointer"].as_str(), pointer, "{path}: {body}");
        assert_eq!(body["errors"][0]["code"].as_str(), code, "{path}: {body}");
    }
}

#[test]
fn the_contract_of_the_reference_data_has_no_loose_ends() {
    let document = serde_json::to_value(api::document()).unwrap();
    let text = document.to_string();
    for part in text.split("\"#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(document["components"]["schemas"].get(name).is_some(), "{name} is named and not described");
    }
    let parameter = &document["paths"]["/api/v1/reference/{list}"]["get"]["parameters"][0];
    assert_eq!((&parameter["name"], &parameter["in"]), (&Value::from("list"), &Value::from("path")));
}

/// What the administrator says of one code on some days.
async fn said(gate: &TestGate, path: &str, body: &Value) -> Reply {
    let json = [("Content-Type", "application/json")];
    gate.ask(
        Some(&officer(Role::Admin, &[])),
        "PUT",
        &format!("/api/v1/admin/reference{path}"),
        &json,
        body.to_string(),
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_administrator_changes_is_in_force_at_once_and_everywhere_and_stands_in_the_history() {
    let gate = TestGate::open().await;
    let other = gate.another().await;
    let firm = declarant(1);
    let before = gate.post(&firm, "/api/v1/declarations", &tractor("桂F12345")).await;
    assert_eq!(before.json()["state"], "submitted");

    let by_itself = json!({
        "valid_from": "2025-03-31", "valid_to": "2025-04-07", "reason": "Thông báo 15/TB-BQL",
        "entry": {"name": "Hữu Nghị", "gate": "HUU_NGHI", "kind": "road", "automatic_registration": true},
    });
    let changed = said(&gate, "/crossing_points/HUU_NGHI", &by_itself).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    let spans: Vec<_> = changed.json()["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["valid_from"].clone(), entry["valid_to"].clone()))
        .collect();
    assert_eq!(
        spans,
        [
            (json!("2021-01-01"), json!("2025-03-31")),
            (json!("2025-03-31"), json!("2025-04-07")),
            (json!("2025-04-07"), json!(null)),
        ]
    );
    let history = &changed.json()["changes"][0];
    assert_eq!((&history["reason"], &history["valid_to"]), (&json!("Thông báo 15/TB-BQL"), &json!("2025-04-07")));
    assert_eq!(history["entry"]["automatic_registration"], true);
    assert_eq!(
        gate.get(&officer(Role::Admin, &[]), "/api/v1/admin/reference/crossing_points/HUU_NGHI").await.json(),
        changed.json()
    );

    let after = gate.post(&firm, "/api/v1/declarations", &tractor("桂F12346")).await;
    assert_eq!(after.json()["state"], "registered", "{}", after.text);
    let elsewhere = other.post(&firm, "/api/v1/declarations", &tractor("桂F12347")).await;
    assert_eq!(elsewhere.json()["state"], "submitted", "the other instance has not heard of it yet");
    other.service.refresh_reference().await.unwrap();
    let elsewhere = other.post(&firm, "/api/v1/declarations", &tractor("桂F12348")).await;
    assert_eq!(elsewhere.json()["state"], "registered", "{}", elsewhere.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_cannot_stand_is_refused_with_all_that_is_wrong_and_changes_nothing() {
    let gate = TestGate::open().await;
    let change = |entry: Value| json!({"valid_from": "2026-01-01", "reason": "x", "entry": entry});
    let faults = |reply: &Reply| -> Vec<(String, String)> {
        let text = |fault: &Value, field: &str| fault[field].as_str().unwrap().to_owned();
        reply.json()["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|fault| (text(fault, "pointer"), text(fault, "code")))
            .collect()
    };
    let no_such_gate =
        said(&gate, "/crossing_points/X", &change(json!({"name": "X", "gate": "NOWHERE", "kind": "road"}))).await;
    assert_eq!(no_such_gate.status, 422);
    assert_eq!(faults(&no_such_gate), [("/entry".to_owned(), "reference-unusable".to_owned())]);
    assert!(no_such_gate.json()["errors"][0]["detail"].as_str().unwrap().contains("NOWHERE"), "{}", no_such_gate.text);
    let misspelt =
        said(&gate, "/yards/X", &change(json!({"name": "X", "crossing_point": "CHI_MA", "capcity": 3}))).await;
    assert_eq!(faults(&misspelt), [("/entry/capcity".to_owned(), "unknown-field".to_owned())]);
    let nothing = said(&gate, "/yards/X", &json!({})).await;
    assert_eq!(faults(&nothing).len(), 3, "days, reason and entry are missing: {}", nothing.text);
    let backwards = json!({"valid_from": "2026-01-01", "valid_to": "2026-01-01", "reason": " ", "entry": null});
    assert_eq!(faults(&said(&gate, "/yards/X", &backwards).await).len(), 2);
    assert_eq!(said(&gate, "/harbours/X", &change(json!({}))).await.status, 404);
    let admin = officer(Role::Admin, &[]);
    assert_eq!(gate.get(&admin, "/api/v1/admin/reference/yards/X").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_administrator_took_away_does_not_come_back_when_the_program_starts_again() {
    let gate = TestGate::open().await;
    let gone = json!({"valid_from": "2020-01-01", "reason": "Bến đã đóng cửa", "entry": null});
    assert_eq!(said(&gate, "/yards/XUAN_CUONG", &gone).await.status, 200);
    let again = gate.another().await;
    let yards = again.get(&officer(Role::Admin, &[]), "/api/v1/reference/yards?on=2025-06-01").await.json();
    let codes: Vec<_> = yards["items"].as_array().unwrap().iter().map(|yard| yard["code"].clone()).collect();
    assert_eq!(codes, ["BAO_NGUYEN"]);
}
