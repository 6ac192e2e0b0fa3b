//! The gate pass: when there is one, what it says, who takes it for what.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use border_gate::domain::actor::Actor;
use border_gate::domain::workflow::Role;
use border_gate::identity::passes::{NoPass, PublicKeys};
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::casework::tractor;
use crate::support::gate::{TestGate, declarant, device, officer, quarantine};
use crate::support::http::Reply;

/// What a browser asks for.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

fn manager() -> Actor {
    officer(Role::GateManager, &["HUU_NGHI"])
}

/// Declares a tractor that is to be transshipped, and gives its number.
async fn declared(gate: &TestGate, plate: &str) -> String {
    let mut body = tractor(plate);
    body["transshipment"] = json!(true);
    let reply = gate.post(&declarant(1), "/api/v1/declarations", &body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.json()["number"].as_str().unwrap().to_owned()
}

async fn done(gate: &TestGate, actor: &Actor, number: &str, action: Value) -> Value {
    let reply = gate.act(actor, number, &action).await;
    assert_eq!(reply.status, 200, "{action}: {}", reply.text);
    reply.json()
}

async fn pass(gate: &TestGate, number: &str) -> Reply {
    gate.get(&declarant(1), &format!("/api/v1/declarations/{number}/pass")).await
}

async fn amended(gate: &TestGate, number: &str, revision: &Value, patch: Value) -> Value {
    let path = format!("/api/v1/declarations/{number}");
    let etag = format!("\"{revision}\"");
    let headers = [("Content-Type", "application/merge-patch+json"), ("If-Match", etag.as_str())];
    let reply = gate.ask(Some(&declarant(1)), "PATCH", &path, &headers, patch.to_string()).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

fn instant(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declaration_has_a_pass_from_registration_to_its_end_and_every_change_of_the_vehicle_renews_it() {
    let gate = TestGate::open().await;
    let number = declared(&gate, "桂F12345").await;
    let none = pass(&gate, &number).await;
    assert_eq!((none.status, none.problem().as_str()), (409, "no-pass"));
    assert!(none.json()["detail"].as_str().unwrap().contains("chưa tiếp nhận"), "{}", none.text);

    let record = done(&gate, &manager(), &number, json!({"action": "register"})).await;
    assert_eq!(record["links"]["pass"], format!("/api/v1/declarations/{number}/pass"));
    let first = pass(&gate, &number).await;
    assert_eq!(first.status, 200, "{}", first.text);
    let says = first.json();
    assert_eq!(says["revision"], record["pass"]);
    assert_eq!(
        (&says["number"], &says["plate"], &says["crossing_point"], &says["direction"]),
        (&json!(number), &json!("桂F12345"), &json!("HUU_NGHI"), &json!("import"))
    );
    assert_eq!(instant(&says["from"]), gate.now());
    assert_eq!(instant(&says["until"]) - instant(&says["from"]), Duration::days(15));
    let keys = PublicKeys::of(gate.service.tokens.keys());
    let read = keys.read(says["token"].as_str().unwrap()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap()["plate"], "桂F12345");

    // Something that does not concern the pass leaves it as it is.
    let lane = json!({"action": "customs.set_lane", "lane": "green"});
    done(&gate, &officer(Role::CustomsOfficer, &["HUU_NGHI"]), &number, lane).await;
    assert_eq!(pass(&gate, &number).await.json(), says);

    // An amendment withdraws it: the new one is newer, also where the plate stays.
    let revision = gate.get(&declarant(1), &format!("/api/v1/declarations/{number}")).await.json()["revision"].clone();
    let record = amended(&gate, &number, &revision, json!({"vehicle": {"plate": "桂F54321"}})).await;
    let second = pass(&gate, &number).await.json();
    assert_eq!((&second["plate"], &second["revision"]), (&json!("桂F54321"), &record["revision"]));
    let record = amended(&gate, &number, &record["revision"], json!({"driver": {"full_name": "王芳"}})).await;
    assert_eq!(pass(&gate, &number).await.json()["revision"], record["revision"]);
    assert_eq!(record["pass"], record["revision"]);

    // Returned to the firm it is gone, and a new registration issues another.
    let back = json!({"action": "return", "reason_code": "documents", "reason": "Thiếu hóa đơn"});
    let record = done(&gate, &manager(), &number, back).await;
    assert_eq!((&record["pass"], &record["links"]["pass"]), (&Value::Null, &Value::Null));
    let withdrawn = pass(&gate, &number).await;
    assert_eq!((withdrawn.status, withdrawn.problem().as_str()), (409, "no-pass"));
    done(&gate, &declarant(1), &number, json!({"action": "submit"})).await;
    gate.clock.set(gate.now() + Duration::hours(1));
    let registered = done(&gate, &manager(), &number, json!({"action": "register"})).await;

    // Arrived, it is good while the vehicle is inside; the one that goes on with the goods is another.
    let guard = officer(Role::BorderGuard, &["HUU_NGHI"]);
    let yard = officer(Role::YardOperator, &["HUU_NGHI"]);
    done(&gate, &guard, &number, json!({"action": "arrive", "observed_plate": "桂F54321"})).await;
    let inside = pass(&gate, &number).await.json();
    assert_eq!(inside["revision"], registered["pass"]);
    done(&gate, &yard, &number, json!({"action": "enter_yard", "yard": "XUAN_CUONG"})).await;
    done(&gate, &yard, &number, json!({"action": "transshipment.start"})).await;
    let onward = json!({"action": "transshipment.finish", "onward_plate": "12C-123.45"});
    let record = done(&gate, &yard, &number, onward).await;
    let moved = pass(&gate, &number).await.json();
    assert_eq!((&moved["plate"], &moved["revision"]), (&json!("12C12345"), &record["revision"]));
    let undone = json!({"action": "transshipment.revoke", "reason": "Sang tải nhầm xe"});
    let record = done(&gate, &yard, &number, undone).await;
    assert_eq!(pass(&gate, &number).await.json()["revision"], record["pass"]);
    gate.clock.set(gate.now() + Duration::days(40));
    let still = pass(&gate, &number).await.json();
    assert_eq!(instant(&still["until"]) - instant(&inside["until"]), Duration::days(30), "a span of 15 days at a time");

    let end = json!({"action": "turn_back", "reason": "Hàng không đúng khai báo"});
    let record = done(&gate, &guard, &number, end).await;
    assert_eq!(record["pass"], Value::Null);
    let over = pass(&gate, &number).await;
    assert_eq!((over.status, over.problem().as_str()), (409, "no-pass"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_comes_over_with_a_transfer_as_a_new_one() {
    let gate = TestGate::open().await;
    let number = declared(&gate, "桂F12345").await;
    done(&gate, &manager(), &number, json!({"action": "register"})).await;
    let moved = done(&gate, &manager(), &number, json!({"action": "transfer", "crossing_point": "TAN_THANH"})).await;
    assert_eq!(moved["pass"], Value::Null);
    let other = pass(&gate, moved["transferred_to"].as_str().unwrap()).await.json();
    assert_eq!((&other["crossing_point"], &other["revision"]), (&json!("TAN_THANH"), &json!(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_is_shown_as_the_caller_likes_it_and_not_again_when_he_has_it() {
    let gate = TestGate::open().await;
    let number = declared(&gate, "桂F12345").await;
    done(&gate, &manager(), &number, json!({"action": "register"})).await;
    let path = format!("/api/v1/declarations/{number}/pass");
    let ask = async |accept: &str, tag: &str| {
        let headers = [("Accept", accept), ("If-None-Match", tag)];
        gate.ask(Some(&manager()), "GET", &path, &headers, "").await
    };
    for (accept, kind) in [
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("image/svg+xml", "image/svg+xml"),
        ("image/*", "image/svg+xml"),
        (BROWSER, "text/html; charset=utf-8"),
    ] {
        let shown = ask(accept, "\"none\"").await;
        assert_eq!((shown.status, shown.header("content-type")), (200, Some(kind)), "{accept}");
        let again = ask(accept, shown.header("etag").unwrap()).await;
        assert_eq!((again.status, again.text.as_str()), (304, ""), "{accept}");
    }
    let nothing = ask("application/pdf", "").await;
    assert_eq!((nothing.status, nothing.problem().as_str()), (406, "not-acceptable"));

    let page = ask(BROWSER, "").await;
    let style = page.text.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next()).unwrap();
    for part in
        [number.as_str(), "桂F12345", "Giấy qua cửa khẩu", "口岸通行证", "Nhập khẩu", "31/03/2025 09:00", "<svg "]
    {
        assert!(page.text.contains(part), "no {part}: {}", page.text);
    }
    assert!(style.contains("@page{size:A5"));
    let hash = STANDARD.encode(Sha256::digest(style));
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.contains(&format!("style-src 'sha256-{hash}'")) && policy.contains("default-src 'none'"),
        "{policy}"
    );
    assert!(!page.text.contains("style=") && !page.text.contains("<script"), "nothing that the policy forbids");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_is_for_those_who_may_see_the_record_and_serves_nobody_to_sign_in() {
    let gate = TestGate::open().await;
    let number = declared(&gate, "桂F12345").await;
    done(&gate, &manager(), &number, json!({"action": "register"})).await;
    let path = format!("/api/v1/declarations/{number}/pass");
    assert_eq!(gate.get(&declarant(2), &path).await.status, 404);
    assert_eq!(gate.get(&officer(Role::BorderGuard, &["CHI_MA"]), &path).await.status, 404);
    assert_eq!(gate.get(&quarantine(border_gate::domain::workflow::QuarantineKind::Plant), &path).await.status, 200);

    let token = pass(&gate, &number).await.json()["token"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {token}");
    let refused = gate.ask(None, "GET", "/api/v1/declarations", &[("Authorization", &bearer)], "").await;
    assert_eq!((refused.status, refused.problem().as_str()), (401, "unauthenticated"));

    let keys = PublicKeys::of(gate.service.tokens.keys());
    for access in [gate.token(&manager()), gate.token(&device("barrier-1", Role::BorderGuard))] {
        assert_eq!(keys.read(&access), Err(NoPass::OtherKind));
    }
    assert!(keys.read(&token).is_ok());
}

/// Runs `border-gate verify-pass` on `token`; its exit code, and what it said.
fn verify(token: &str, arguments: &[&str]) -> (i32, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_border-gate"));
    let output = command.args(["verify-pass", token]).args(arguments).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_barrier_without_a_line_tells_a_good_pass_by_the_saved_keys() {
    let gate = TestGate::open().await;
    let number = declared(&gate, "桂F12345").await;
    done(&gate, &manager(), &number, json!({"action": "register"})).await;
    let token = pass(&gate, &number).await.json()["token"].as_str().unwrap().to_owned();
    let keys = gate.get(&manager(), "/.well-known/jwks.json").await.text;
    let others = TestGate::open().await.get(&manager(), "/.well-known/jwks.json").await.text;
    let directory = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = |name: &str, text: &str| {
        let path = directory.join(format!("{name}-{}.json", std::process::id()));
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (keys, others, nonsense) = (file("keys", &keys), file("others", &others), file("nonsense", "<html>"));
    let at = ["--at", "2025-04-01T00:00:00Z"];
    let told = tokio::task::spawn_blocking(move || {
        let told =
            |token: &str, keys: &[&str], more: &[&str]| verify(token, &[&["--keys"], keys, &at[..], more].concat());
        let forged = token.replacen("Ijoi", "Ijoj", 1);
        [
            told(&token, &[&keys], &["--plate", "桂F-12345", "--crossing-point", "HUU_NGHI"]),
            told(&token, &[&others, &keys], &[]),
            verify(&token, &["--keys", &keys, "--at", "2025-04-15T02:00:00Z"]),
            told(&token, &[&keys], &["--plate", "桂F54321", "--crossing-point", "TAN_THANH"]),
            told(&token, &[&others], &[]),
            told(&forged, &[&keys], &[]),
            told("nonsense", &[&keys], &[]),
            told(&token, &[&nonsense], &[]),
            told(&token, &["no-such-file"], &[]),
            verify(&token, &[]),
        ]
    });
    let told = told.await.unwrap();
    let wanted = [
        (0, "good\nnumber "),
        (0, "good\nnumber "),
        (1, "not good: it was good until 2025-04-15 02:00:00 UTC"),
        (1, "not good: it is for the plate 桂F12345; it is for the crossing point HUU_NGHI"),
        (1, "not good: it is signed by a key that is not in the key set"),
        (1, "not good: "),
        (1, "not good: it is no token"),
        (2, "it is no JSON"),
        (2, "the keys of no-such-file"),
        (2, "--keys"),
    ];
    for ((code, said), (wanted_code, wanted)) in told.iter().zip(wanted) {
        assert_eq!(*code, wanted_code, "{said}");
        assert!(said.contains(wanted), "{said} says not {wanted}");
    }
}
