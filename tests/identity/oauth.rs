//! Machine clients.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::demo_gate::TestGate;
use crate::support::http::{Ask, Reply};

async fn client(gate: &TestGate, scopes: &[&str]) -> (String, String) {
    let firm = gate.mandates["declarant"].firm.clone().unwrap().tax_code;
    let body = json!({"name": "Fleet", "role": "declarant", "firm": firm, "oauth_scopes": scopes});
    let made = gate.post("admin", "/api/v1/admin/clients", body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    (made["id"].as_str().unwrap().to_owned(), made["client_secret"].as_str().unwrap().to_owned())
}

async fn ask(gate: &TestGate, form: &str) -> Reply {
    gate.send(Ask::new("POST", "/oauth/token").body("application/x-www-form-urlencoded", form.as_bytes())).await
}

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_gets_a_token_by_header_or_form_and_is_itself() {
    let gate = TestGate::open().await;
    let (id, secret) = client(&gate, &["declarations:write", "declarations:read"]).await;
    let by_form = ask(&gate, &format!("grant_type=client_credentials&client_id={id}&client_secret={secret}")).await;
    let by_header = Ask::new("POST", "/oauth/token").header("Authorization", &basic(&id, &secret));
    let by_header = gate
        .send(by_header.body("application/x-www-form-urlencoded; charset=UTF-8", b"grant_type=client_credentials"))
        .await;
    for reply in [by_form, by_header] {
        assert_eq!((reply.status, reply.header("cache-control")), (200, Some("no-store")), "{reply:?}");
        let token = reply.json();
        assert_eq!(token["scope"], "declarations:write declarations:read");
        assert_eq!((&token["token_type"], &token["expires_in"]), (&json!("Bearer"), &json!(900)));
        let me = gate.send(Ask::new("GET", "/api/v1/me").bearer(token["access_token"].as_str().unwrap())).await.json();
        assert_eq!((&me["id"], &me["client_name"]), (&json!(format!("client:{id}")), &json!("Fleet")));
        assert_eq!(me["oauth_scopes"], json!(["declarations:write", "declarations:read"]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_narrowed_token_does_no_more_than_it_was_asked_for() {
    let gate = TestGate::open().await;
    let (id, secret) = client(&gate, &["declarations:write", "declarations:read"]).await;
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    let reading = ask(&gate, &format!("{form}&scope=declarations%3Aread")).await.json();
    assert_eq!(reading["scope"], "declarations:read");
    let token = reading["access_token"].as_str().unwrap();
    assert_eq!(gate.send(Ask::new("GET", "/api/v1/declarations").bearer(token)).await.status, 200);
    let declare = gate.send(Ask::new("POST", "/api/v1/declarations").bearer(token).json(&json!({}))).await;
    assert_eq!((declare.status, declare.problem().as_str()), (403, "forbidden"));

    for scope in ["statistics:read", "declarations:read statistics:read", "everything", "DECLARATIONS:READ", "+"] {
        let reply = ask(&gate, &format!("{form}&scope={}", scope.replace(' ', "+"))).await;
        assert_eq!((reply.status, &reply.json()["error"]), (400, &json!("invalid_scope")), "{scope}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_no_administrator_and_has_no_session() {
    let gate = TestGate::open().await;
    let body = json!({"name": "Console", "role": "admin", "oauth_scopes": ["statistics:read"]});
    let made = gate.post("admin", "/api/v1/admin/clients", body).await.json();
    let (id, secret) = (made["id"].as_str().unwrap(), made["client_secret"].as_str().unwrap());
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    let token = ask(&gate, &form).await.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(gate.send(Ask::new("GET", "/api/v1/admin/firms").bearer(&token)).await.status, 403);
    assert_eq!(gate.send(Ask::new("DELETE", "/api/v1/sessions/current").bearer(&token)).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_request_for_a_token_is_told_in_the_words_of_oauth() {
    let gate = TestGate::open().await;
    let (id, secret) = client(&gate, &["declarations:read"]).await;
    let credentials = format!("client_id={id}&client_secret={secret}");
    for (form, status, error) in [
        (String::new(), 400, "invalid_request"),
        (credentials.clone(), 400, "invalid_request"),
        (format!("grant_type=&{credentials}"), 400, "invalid_request"),
        (format!("grant_type=password&{credentials}"), 400, "unsupported_grant_type"),
        (format!("grant_type=client_credentials&grant_type=client_credentials&{credentials}"), 400, "invalid_request"),
        (format!("grant_type=client_credentials&{credentials}%00"), 400, "invalid_request"),
        ("grant_type=client_credentials".to_owned(), 401, "invalid_client"),
        (format!("grant_type=client_credentials&client_id={id}"), 401, "invalid_client"),
        (format!("grant_type=client_credentials&client_id={id}&client_secret=wrong"), 401, "invalid_client"),
        (format!("grant_type=client_credentials&client_id=nobody&client_secret={secret}"), 401, "invalid_client"),
    ] {
        let reply = ask(&gate, &form).await;
        assert_eq!((reply.status, &reply.json()["error"]), (status, &json!(error)), "{form}");
        assert_eq!(reply.header("www-authenticate").is_some(), status == 401, "{form}");
        assert_eq!(reply.header("content-type"), Some("application/json"));
    }
    let json = Ask::new("POST", "/oauth/token").json(&json!({"grant_type": "client_credentials"}));
    assert_eq!(gate.send(json).await.json()["error"], "invalid_request");
    let broken = Ask::new("POST", "/oauth/token").body("application/x-www-form-urlencoded", b"grant_type=\xff\xfe");
    assert_eq!(gate.send(broken).await.json()["error"], "invalid_request");
    let both = Ask::new("POST", "/oauth/token").header("Authorization", &basic(&id, &secret));
    let form = format!("grant_type=client_credentials&{credentials}");
    let both = gate.send(both.body("application/x-www-form-urlencoded", form.as_bytes())).await;
    assert_eq!((both.status, &both.json()["error"]), (400, &json!("invalid_request")));
    for header in [basic(&id, "wrong"), basic(&id, ""), "Basic ?".to_owned(), "Bearer x".to_owned()] {
        let ask = Ask::new("POST", "/oauth/token").header("Authorization", &header);
        let reply = gate.send(ask.body("application/x-www-form-urlencoded", b"grant_type=client_credentials")).await;
        assert_eq!((reply.status, &reply.json()["error"]), (401, &json!("invalid_client")), "{header}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_about_a_client_ends_its_tokens_at_once() {
    let gate = TestGate::open().await;
    let (id, secret) = client(&gate, &["declarations:write", "declarations:read"]).await;
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    let token = async || ask(&gate, &form).await.json()["access_token"].as_str().unwrap().to_owned();
    let me = async |token: &str| gate.send(Ask::new("GET", "/api/v1/me").bearer(token)).await.status;
    let path = format!("/api/v1/admin/clients/{id}");

    let before = token().await;
    assert_eq!(me(&before).await, 200);
    let narrowed = gate.patch("admin", &path, json!({"oauth_scopes": ["declarations:read"]})).await;
    assert_eq!((narrowed.status, &narrowed.json()["oauth_scopes"]), (200, &json!(["declarations:read"])));
    assert_eq!(me(&before).await, 401);
    let after = token().await;
    assert_eq!(me(&after).await, 200);

    assert_eq!(gate.patch("admin", &path, json!({"disabled": true})).await.status, 200);
    assert_eq!(me(&after).await, 401);
    assert_eq!(ask(&gate, &form).await.json()["error"], "invalid_client");
    assert_eq!(gate.patch("admin", &path, json!({"disabled": false})).await.json()["disabled_at"], Value::Null);
    assert_eq!(me(&token().await).await, 200);
    assert_eq!(me(&after).await, 401, "the old one stays ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn anyone_reads_the_keys_and_where_tokens_are_given() {
    let gate = TestGate::open().await;
    let keys = gate.send(Ask::new("GET", "/.well-known/jwks.json")).await;
    assert_eq!((keys.status, keys.header("cache-control")), (200, Some("public, max-age=300")));
    let keys = keys.json();
    let key = keys["keys"][0].as_object().unwrap();
    assert_eq!((&key["kid"], &key["crv"], &key["alg"]), (&json!(gate.keys.kid()), &json!("Ed25519"), &json!("EdDSA")));
    assert!(!key.contains_key("d"), "the private half stays here");
    let metadata = gate.send(Ask::new("GET", "/.well-known/oauth-authorization-server")).await.json();
    assert_eq!(metadata["issuer"], "http://gate.test");
    assert_eq!(metadata["token_endpoint"], "http://gate.test/oauth/token");
    assert_eq!(metadata["jwks_uri"], "http://gate.test/.well-known/jwks.json");
    assert_eq!(metadata["grant_types_supported"], json!(["client_credentials"]));
}
