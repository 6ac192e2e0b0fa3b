//! The contract: the checked-in document is the code's, it has no loose ends, and what it shows works.

use std::collections::BTreeSet;
use std::path::Path;

use border_gate::api;
use border_gate::domain::actor::Actor;
use border_gate::domain::workflow::Role;
use chrono::DateTime;
use serde_json::{Value, json};

use crate::casework::tractor;
use crate::support::gate::{FIRMS, TestGate, declarant, device, officer};
use crate::support::http::Reply;

/// The operations that anybody may ask, without a token. The list only ever shrinks.
const PUBLIC: [&str; 19] = [
    "issue_token",
    "list_checkpoints",
    "list_crossing_points",
    "list_gates",
    "list_problem_types",
    "live",
    "metrics",
    "read_authorization_server",
    "read_batch_template",
    "read_keys",
    "read_open_data",
    "read_open_data_package",
    "read_problem_type",
    "read_reference",
    "read_waiting_board",
    "read_workflow",
    "ready",
    "refresh_session",
    "sign_in",
];

fn document() -> Value {
    serde_json::to_value(api::document()).unwrap()
}

struct Operation {
    method: String,
    path: String,
    what: Value,
}

impl Operation {
    fn id(&self) -> &str {
        self.what["operationId"].as_str().unwrap_or_default()
    }

    fn is_public(&self) -> bool {
        PUBLIC.contains(&self.id())
    }
}

fn operations() -> Vec<Operation> {
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(|(method, what)| Operation {
            method: method.to_uppercase(),
            path: path.clone(),
            what: what.clone(),
        })
    });
    all.collect()
}

impl Operation {
    /// Fails where `reply` is none that the contract tells of.
    fn tells_of(&self, reply: &Reply) {
        let status = reply.status.to_string();
        let told = self.what["responses"].as_object().unwrap();
        assert!(told.contains_key(&status), "{} answers {status}, and tells of {:?}", self.id(), told.keys());
        let kind = reply.header("content-type").unwrap_or_default().split(';').next().unwrap().to_owned();
        let kinds = told[&status]["content"].as_object().map(|kinds| kinds.keys().cloned().collect::<Vec<_>>());
        let as_told = kinds.is_none_or(|kinds| kinds.contains(&kind));
        assert!(as_told || reply.text.is_empty(), "{} answers {status} as {kind}, and tells otherwise", self.id());
    }
}

/// A path with something in place of every parameter.
fn filled(path: &str) -> String {
    path.replace("{number}", "0C8K-7Q2M-9XAB-4G")
        .replace("{id}", "1")
        .replace("{tax_code}", "0100112437")
        .replace("{quarter}", "2025-Q1")
        .replace("{day}", "2024-08-22")
        .replace("{list}", "gates")
        .replace("{slug}", "not-found")
}

#[test]
fn the_checked_in_contract_is_the_codes() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/border-gate.json");
    let current = api::document().to_pretty_json().unwrap() + "\n";
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&file, &current).unwrap();
    }
    let checked_in = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(checked_in == current, "openapi/border-gate.json is stale: `make openapi` writes it");
}

#[test]
fn every_reference_leads_somewhere() {
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                if let Some(Value::String(reference)) = fields.get("$ref") {
                    found.insert(reference.clone());
                }
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            Value::String(text) if text.starts_with("#/components/") => drop(found.insert(text.clone())),
            _ => {}
        }
    }
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 20, "the document has {} references", found.len());
    for reference in found {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference} leads nowhere");
    }
}

#[test]
fn every_operation_says_who_it_is_for_and_what_can_go_wrong() {
    let mut ids = BTreeSet::new();
    for operation in operations() {
        let name = format!("{} {}", operation.method, operation.path);
        assert!(
            !operation.id().is_empty() && ids.insert(operation.id().to_owned()),
            "{name}: its id is missing or taken"
        );
        assert_eq!(operation.what["tags"].as_array().map(Vec::len), Some(1), "{name}: one tag");
        assert!(operation.what["summary"].is_string(), "{name}: a summary");
        let responses = operation.what["responses"].as_object().unwrap();
        for (status, response) in responses {
            let about = response["description"].as_str().unwrap_or_default();
            assert!(!about.is_empty(), "{name}: {status} has no description");
            let is_problem =
                status.starts_with(['4', '5']) && operation.id() != "ready" && operation.id() != "issue_token";
            if is_problem {
                assert!(response["content"]["application/problem+json"].is_object(), "{name}: {status} is no problem");
            }
        }
        if !operation.is_public() {
            assert!(responses.contains_key("401") && responses.contains_key("503"), "{name}: 401 and 503");
            assert_eq!(operation.what["security"], json!([{"bearer": []}]), "{name}: it asks for a token");
        }
        if ["sign_in", "refresh_session", "issue_token", "list_checkpoints", "ready", "read_waiting_board"]
            .contains(&operation.id())
        {
            assert!(responses.contains_key("503"), "{name}: it is public and asks the database");
        }
        if operation.what["requestBody"].is_object() {
            for status in ["400", "413", "415"] {
                // A form is read by the framework of OAuth, which knows one refusal.
                let known = responses.contains_key(status) || operation.id() == "issue_token";
                assert!(known, "{name}: {status} for a body");
            }
        }
        for parameter in operation.what["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["description"].is_string(), "{name}: {} is not described", parameter["name"]);
        }
    }
    for public in PUBLIC {
        assert!(ids.contains(public), "{public} stands on the list of public operations and is none");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_turns_away_who_bears_no_token() {
    let gate = TestGate::open().await;
    let mut seen = 0;
    for operation in operations() {
        let headers = [("Content-Type", "application/json")];
        let reply = gate.ask(None, &operation.method, &filled(&operation.path), &headers, "{}").await;
        seen += 1;
        operation.tells_of(&reply);
        if operation.is_public() {
            let credentials = ["issue_token", "refresh_session", "sign_in"].contains(&operation.id());
            assert!(reply.status != 401 || credentials, "{} answered {}", operation.id(), reply.text);
        } else {
            assert_eq!((reply.status, reply.problem().as_str()), (401, "unauthenticated"), "{}", operation.id());
            assert_eq!(reply.header("www-authenticate"), Some("Bearer"), "{}", operation.id());
        }
    }
    assert!(seen > 30, "the document lists {seen} operations");
}

/// Somebody whose bodies are read at this path.
fn whose(path: &str) -> Actor {
    if path.contains("/admin/") {
        officer(Role::Admin, &[])
    } else if path.contains("/statistics/") {
        officer(Role::Analyst, &[])
    } else if path.contains("/devices/") {
        device("barrier-1", Role::BorderGuard)
    } else {
        declarant(1)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_bodies_are_refused_and_never_a_fault_of_ours() {
    let gate = TestGate::open().await;
    // What is sent is read although there is something to change by it.
    let declared = gate.post(&declarant(1), "/api/v1/declarations", &tractor("桂F12345")).await.json();
    let admin = officer(Role::Admin, &[]);
    let client = json!({"name": "board", "role": "analyst", "oauth_scopes": ["statistics:read"]});
    let client = gate.post(&admin, "/api/v1/admin/clients", &client).await.json()["id"].as_str().unwrap().to_owned();
    let account = json!({"username": "thanh", "password": "mot hai ba bon nam", "role": "analyst"});
    let account = gate.post(&admin, "/api/v1/admin/accounts", &account).await.json()["id"].to_string();
    let deep = "[".repeat(100_000);
    let deep_object = "{\"a\":".repeat(40_000);
    let bodies: [&[u8]; 15] = [
        b"",
        b"{",
        b"\xff\xfe",
        b"{\"a\":1,\"a\":1}",
        b"[1e400]",
        b"{\"a\":1e400}",
        b"null",
        b"[]",
        b"0",
        b"\"text\"",
        b"{\"username\":\"\\u0000\"}",
        b"{\"note\":\"\\ud800\"}",
        b"{\"goods\":[{\"quantity\":-1e308}],\"action\":\"arrive\"}",
        deep.as_bytes(),
        deep_object.as_bytes(),
    ];
    let kinds = [
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/merge-patch+json",
        "\u{1}",
    ];
    let mut seen = 0;
    for operation in operations().iter().filter(|operation| operation.what["requestBody"].is_object()) {
        let actor = whose(&operation.path);
        let id = if operation.path.contains("clients") { &client } else { &account };
        let path = operation.path.replace("{number}", declared["number"].as_str().unwrap()).replace("{id}", id);
        let path = path.replace("{tax_code}", FIRMS[0]).replace("{list}", "yards").replace("{code}", "XUAN_CUONG");
        for body in bodies {
            for kind in kinds {
                let headers = [("Content-Type", kind), ("If-Match", "*")];
                let reply = gate.ask(Some(&actor), &operation.method, &path, &headers, body).await;
                assert!(
                    matches!(reply.status, 400 | 413 | 415 | 422),
                    "{} answered {} to {kind} {:?}: {}",
                    operation.id(),
                    reply.status,
                    String::from_utf8_lossy(&body[..body.len().min(30)]),
                    reply.text
                );
                operation.tells_of(&reply);
                seen += 1;
            }
        }
    }
    assert!(seen > 700, "{seen} were sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_is_refused_everywhere() {
    let gate = TestGate::open().await;
    let large = format!("\"{}\"", "a".repeat(300 * 1024));
    let all = operations();
    // A batch has a bound of its own.
    let of_a_request =
        |operation: &&Operation| operation.what["requestBody"].is_object() && operation.id() != "declare_batch";
    let refused = all.iter().filter(of_a_request).map(|operation| {
        let (gate, large) = (&gate, &large);
        async move {
            let actor = whose(&operation.path);
            let kind = operation.what["requestBody"]["content"].as_object().unwrap().keys().next().unwrap();
            let headers = [("Content-Type", kind.as_str()), ("If-Match", "*")];
            let reply = gate.ask(Some(&actor), &operation.method, &filled(&operation.path), &headers, large).await;
            assert_eq!(reply.status, 413, "{}: {}", operation.id(), reply.text);
            operation.tells_of(&reply);
        }
    });
    futures_util::future::join_all(refused).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_parameter_is_refused_and_named_wherever_it_is_sent() {
    let gate = TestGate::open().await;
    for operation in operations().iter().filter(|operation| operation.method == "GET") {
        let path = format!("{}?colour=red", filled(&operation.path));
        let actor = officer(if path.contains("/admin/") { Role::Admin } else { Role::Auditor }, &[]);
        let reply = gate.ask(Some(&actor), "GET", &path, &[], "").await;
        assert_eq!((reply.status, reply.problem().as_str()), (422, "invalid-request"), "{}", operation.id());
        operation.tells_of(&reply);
        assert!(reply.faults().contains(&("/colour".to_owned(), "unknown-field".to_owned())), "{}", reply.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_of_the_contract_work() {
    let gate = TestGate::open().await;
    let document = document();
    let example = document["components"]["schemas"]["NewDeclaration"]["example"].clone();
    // Its planned arrival is that of its day.
    let planned: DateTime<chrono::Utc> = example["planned_arrival"].as_str().unwrap().parse().unwrap();
    gate.clock.set(planned);
    let declared = gate.post(&declarant(1), "/api/v1/declarations", &example).await;
    assert_eq!(declared.status, 201, "{}", declared.text);
    let record = declared.json();
    let path = format!("/api/v1/declarations/{}", record["number"].as_str().unwrap());
    let amendment = document["components"]["schemas"]["Amendment"]["examples"][0].to_string();
    let headers = [("Content-Type", "application/merge-patch+json"), ("If-Match", "\"2\"")];
    let amended = gate.ask(Some(&declarant(1)), "PATCH", &path, &headers, amendment).await;
    assert_eq!(amended.status, 200, "{}", amended.text);
    let admin = officer(Role::Admin, &[]);
    let mut sent = BTreeSet::from(["NewDeclaration", "Amendment"]);
    // What is made first is what is changed then.
    let mut made = json!({});
    for (schema, method, path) in [
        ("NewAccountRequest", "POST", "accounts"),
        ("AccountPatch", "PATCH", "accounts"),
        ("NewClientRequest", "POST", "clients"),
        ("ClientPatch", "PATCH", "clients"),
    ] {
        let id = made["id"].as_str().map_or_else(|| made["id"].to_string(), str::to_owned);
        let path = if method == "PATCH" { format!("{path}/{id}") } else { path.to_owned() };
        let kind = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        let example = document["components"]["schemas"][schema]["example"].to_string();
        let headers = [("Content-Type", kind), ("If-Match", "*")];
        let reply = gate.ask(Some(&admin), method, &format!("/api/v1/admin/{path}"), &headers, &example).await;
        assert!(matches!(reply.status, 200 | 201), "{schema}: {} {example}", reply.text);
        made = reply.json();
        sent.insert(schema);
    }
    let example = document["components"]["schemas"]["DeviceActions"]["example"].clone();
    let told = gate.post(&device("barrier-1", Role::BorderGuard), "/api/v1/devices/actions", &example).await;
    assert_eq!((told.status, &told.json()["last_sequence"]), (200, &json!(2)), "{}", told.text);
    sent.insert("DeviceActions");
    let with_example = operations().into_iter().filter_map(|operation| {
        let bodies = operation.what["requestBody"]["content"].as_object()?.clone();
        let schema = bodies.values().next()?["schema"]["$ref"].as_str()?.rsplit('/').next()?.to_owned();
        let schema_itself = &document["components"]["schemas"][&schema];
        (schema_itself.get("example").is_some() || schema_itself.get("examples").is_some()).then_some(schema)
    });
    for schema in with_example {
        assert!(sent.contains(schema.as_str()), "the example of {schema} was not sent");
    }
    // What is shown holds every field that the schema of a record requires.
    let required = document["components"]["schemas"]["DeclarationView"]["allOf"].as_array().cloned();
    for part in required.unwrap_or_default() {
        for field in part["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            assert!(record.get(field).is_some(), "the record shows no {field}");
        }
    }
}
