//! Firms, accounts and clients.

use serde_json::{Value, json};

use crate::support::demo_gate::{PASSWORD, TestGate};
use crate::support::http::{Ask, Reply};

const FIRMS: &str = "/api/v1/admin/firms";
const ACCOUNTS: &str = "/api/v1/admin/accounts";
const CLIENTS: &str = "/api/v1/admin/clients";

async fn sign_in(gate: &TestGate, username: &str, password: &str) -> Reply {
    gate.send(Ask::new("POST", "/api/v1/sessions").json(&json!({"username": username, "password": password}))).await
}

fn told(reply: &Reply) -> Vec<(String, String)> {
    assert_eq!((reply.status, reply.problem().as_str()), (422, "invalid-request"));
    reply.faults()
}

fn faults(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(at, code)| ((*at).to_owned(), (*code).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_administrator_administers() {
    let gate = TestGate::open().await;
    let operations = [
        ("GET", FIRMS),
        ("POST", FIRMS),
        ("GET", "/api/v1/admin/firms/0100112437"),
        ("PATCH", "/api/v1/admin/firms/0100112437"),
        ("GET", ACCOUNTS),
        ("POST", ACCOUNTS),
        ("GET", "/api/v1/admin/accounts/1"),
        ("PATCH", "/api/v1/admin/accounts/1"),
        ("GET", CLIENTS),
        ("POST", CLIENTS),
        ("GET", "/api/v1/admin/clients/x"),
        ("PATCH", "/api/v1/admin/clients/x"),
    ];
    for (method, path) in operations {
        let reply = gate.send(Ask::new(method, path)).await;
        assert_eq!((reply.status, reply.problem().as_str()), (401, "unauthenticated"), "{method} {path}");
        for username in ["declarant", "gate_manager", "border_guard", "analyst", "auditor"] {
            let reply = gate.call(username, method, path, None).await;
            assert_eq!((reply.status, reply.problem().as_str()), (403, "forbidden"), "{username} {method} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_firm_is_entered_renamed_and_disabled_with_its_people() {
    let gate = TestGate::open().await;
    let made = gate.post("admin", FIRMS, json!({"tax_code": "0100112437", "name": "Bắc Sơn"})).await;
    assert_eq!(made.status, 201, "{made:?}");
    let place = made.header("location").unwrap().to_owned();
    assert_eq!(place, "/api/v1/admin/firms/0100112437");
    assert_eq!(gate.get("admin", &place).await.json(), made.json());
    let again = gate.post("admin", FIRMS, json!({"tax_code": "0100112437", "name": "Another"})).await;
    assert_eq!((again.status, again.problem().as_str()), (409, "already-exists"));

    let account = json!({"username": "lan", "password": "tram-kiem-soat-7", "role": "declarant", "firm": "0100112437"});
    assert_eq!(gate.post("admin", ACCOUNTS, account).await.status, 201);
    let client =
        json!({"name": "Fleet", "role": "declarant", "firm": "0100112437", "oauth_scopes": ["declarations:read"]});
    let client = gate.post("admin", CLIENTS, client).await.json();
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        client["id"].as_str().unwrap(),
        client["client_secret"].as_str().unwrap()
    );
    let machine = async || {
        let ask = Ask::new("POST", "/oauth/token").body("application/x-www-form-urlencoded", form.as_bytes());
        gate.send(ask).await
    };
    let person = sign_in(&gate, "lan", "tram-kiem-soat-7").await.json();
    let tokens = [person["access_token"].clone(), machine().await.json()["access_token"].clone()];
    let me =
        async |token: &Value| gate.send(Ask::new("GET", "/api/v1/me").bearer(token.as_str().unwrap())).await.status;
    for token in &tokens {
        assert_eq!(me(token).await, 200);
    }

    let renamed = gate.patch("admin", &place, json!({"name": "Bắc Sơn mới"})).await;
    assert_eq!((renamed.status, &renamed.json()["name"]), (200, &json!("Bắc Sơn mới")));
    assert_eq!(me(&tokens[0]).await, 200, "a new name ends no session");

    let disabled = gate.patch("admin", &place, json!({"disabled": true})).await;
    assert_eq!((disabled.status, disabled.json()["disabled_at"].is_string()), (200, true));
    for token in &tokens {
        assert_eq!(me(token).await, 401, "at once");
    }
    assert_eq!(sign_in(&gate, "lan", "tram-kiem-soat-7").await.status, 401);
    assert_eq!(machine().await.status, 401);
    assert_eq!(gate.patch("admin", &place, json!({"disabled": false})).await.json()["disabled_at"], Value::Null);
    assert_eq!(sign_in(&gate, "lan", "tram-kiem-soat-7").await.status, 201);
    assert_eq!(machine().await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_firm_is_told_at_once() {
    let gate = TestGate::open().await;
    let wrong = gate.post("admin", FIRMS, json!({"tax_code": "0100233480", "name": " x", "owner": 1})).await;
    assert_eq!(told(&wrong), faults(&[("/owner", "unknown-field")]));
    let wrong = gate.post("admin", FIRMS, json!({"tax_code": "0100233480", "name": " x"})).await;
    assert_eq!(told(&wrong), faults(&[("/tax_code", "tax-code-check-digit"), ("/name", "name-format")]));
    let wrong = gate.post("admin", FIRMS, json!({"tax_code": 1})).await;
    assert_eq!(told(&wrong), faults(&[("/tax_code", "wrong-type"), ("/name", "required")]));
    for path in ["/api/v1/admin/firms/0100233488", "/api/v1/admin/firms/%00", "/api/v1/admin/firms/a'b"] {
        assert_eq!(gate.get("admin", path).await.status, 404, "{path}");
        assert_eq!(gate.patch("admin", path, json!({"name": "x"})).await.status, 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_made_for_its_role_and_nobody_is_told_its_password() {
    let gate = TestGate::open().await;
    let sent = json!({
        "username": "Nguyen.Van.An", "password": "tram-kiem-soat-7", "role": "yard_operator",
        "crossing_points": ["HUU_NGHI"], "yards": ["XUAN_CUONG"],
    });
    let made = gate.post("admin", ACCOUNTS, sent.clone()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let place = made.header("location").unwrap().to_owned();
    let read = gate.get("admin", &place).await;
    assert_eq!(read.json(), made.json());
    let text = read.text.clone();
    assert!(!text.contains("password") && !text.contains("argon2"), "{text}");
    assert_eq!((&read.json()["role"], &read.json()["yards"]), (&json!("yard_operator"), &json!(["XUAN_CUONG"])));
    assert_eq!(sign_in(&gate, "nguyen.van.an", "tram-kiem-soat-7").await.status, 201);

    let mut other = sent;
    other["username"] = json!("NGUYEN.VAN.AN");
    let other = gate.post("admin", ACCOUNTS, other).await;
    assert_eq!((other.status, other.problem().as_str()), (409, "already-exists"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_an_account_is_told_at_once() {
    let gate = TestGate::open().await;
    let wrong = json!({
        "username": "a b", "password": "password1", "role": "analyst", "firm": "0100112437",
        "quarantine_kind": "plant", "crossing_points": ["NOWHERE"], "yards": [],
    });
    assert_eq!(
        told(&gate.post("admin", ACCOUNTS, wrong).await),
        faults(&[
            ("/username", "username-format"),
            ("/password", "password-short"),
            ("/firm", "not-for-role"),
            ("/quarantine_kind", "not-for-role"),
            ("/crossing_points", "not-for-role"),
            ("/yards", "not-for-role"),
            ("/crossing_points/0", "crossing-point-unknown"),
            ("/yards", "list-empty"),
        ])
    );
    let empty = gate.post("admin", ACCOUNTS, json!({})).await;
    assert_eq!(told(&empty), faults(&[("/username", "required"), ("/password", "required"), ("/role", "required")]));
    let of_nobody =
        json!({"username": "lan", "password": "tram-kiem-soat-7", "role": "declarant", "firm": "0100233488"});
    assert_eq!(told(&gate.post("admin", ACCOUNTS, of_nobody).await), faults(&[("/firm", "firm-unknown")]));
    let as_system = json!({"username": "lan", "password": "tram-kiem-soat-7", "role": "system"});
    assert_eq!(told(&gate.post("admin", ACCOUNTS, as_system).await), faults(&[("/role", "role-of-nobody")]));
    for password in ["Lan-2025!!!", "password-password", "1111111111", "cua-khau-so-2025"] {
        let common = json!({"username": "lan", "password": password, "role": "analyst"});
        let told = told(&gate.post("admin", ACCOUNTS, common).await);
        assert_eq!(told, faults(&[("/password", "password-common")]), "{password}");
    }
    for path in
        ["/api/v1/admin/accounts/99999", "/api/v1/admin/accounts/x", "/api/v1/admin/accounts/99999999999999999999"]
    {
        assert_eq!(gate.get("admin", path).await.status, 404, "{path}");
        assert_eq!(gate.patch("admin", path, json!({})).await.status, 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_about_an_account_ends_its_sessions_at_once() {
    let gate = TestGate::open().await;
    let id = |session: &Value| session["account"]["id"].as_str().unwrap().trim_start_matches("account:").to_owned();
    let me = async |session: &Value| {
        gate.send(Ask::new("GET", "/api/v1/me").bearer(session["access_token"].as_str().unwrap())).await
    };
    let session = sign_in(&gate, "border_guard", PASSWORD).await.json();
    let place = format!("{ACCOUNTS}/{}", id(&session));

    assert_eq!(gate.patch("admin", &place, json!({})).await.status, 200);
    assert_eq!(me(&session).await.status, 200, "nothing changed");

    let moved = gate.patch("admin", &place, json!({"crossing_points": ["CHI_MA"]})).await;
    assert_eq!((moved.status, &moved.json()["crossing_points"]), (200, &json!(["CHI_MA"])));
    assert_eq!(me(&session).await.status, 401);
    let session = sign_in(&gate, "border_guard", PASSWORD).await.json();
    assert_eq!(me(&session).await.json()["crossing_points"], json!(["CHI_MA"]));

    let everywhere = gate.patch("admin", &place, json!({"crossing_points": null})).await;
    assert_eq!((everywhere.status, &everywhere.json()["crossing_points"]), (200, &Value::Null));
    assert_eq!(gate.patch("admin", &place, json!({"password": "tram-kiem-soat-7"})).await.status, 200);
    assert_eq!(me(&session).await.status, 401);
    assert_eq!(sign_in(&gate, "border_guard", PASSWORD).await.status, 401);
    let session = sign_in(&gate, "border_guard", "tram-kiem-soat-7").await.json();

    assert_eq!(gate.patch("admin", &place, json!({"disabled": true})).await.status, 200);
    assert_eq!(me(&session).await.status, 401);
    assert_eq!(sign_in(&gate, "border_guard", "tram-kiem-soat-7").await.status, 401);
    let refresh = json!({"refresh_token": session["refresh_token"]});
    assert_eq!(gate.send(Ask::new("POST", "/api/v1/sessions/refresh").json(&refresh)).await.status, 401);
    assert_eq!(gate.patch("admin", &place, json!({"disabled": false})).await.status, 200);
    assert_eq!(sign_in(&gate, "border_guard", "tram-kiem-soat-7").await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_change_of_an_account_changes_nothing() {
    let gate = TestGate::open().await;
    let own = sign_in(&gate, "admin", PASSWORD).await.json()["account"]["id"].as_str().unwrap().to_owned();
    let own = format!("{ACCOUNTS}/{}", own.trim_start_matches("account:"));
    let before = gate.get("admin", &own).await.json();
    for (patch, expected) in [
        (json!({"disabled": true}), ("/disabled", "own-account")),
        (json!({"role": "analyst"}), ("/role", "own-account")),
        (json!({"role": null}), ("/role", "required")),
        (json!({"disabled": "yes"}), ("/disabled", "wrong-type")),
        (json!({"password": "short"}), ("/password", "password-short")),
        (json!({"password": "x".repeat(300_000 / 2)}), ("/password", "password-long")),
        (json!({"username": "root"}), ("/username", "unknown-field")),
        (json!({"firm": "0100233488"}), ("/firm", "firm-unknown")),
        (json!({"firm": "a\u{0}b"}), ("/firm", "nul-character")),
        (json!({"crossing_points": ["CHI_MA"]}), ("/crossing_points", "not-for-role")),
        (json!([]), ("", "wrong-type")),
    ] {
        assert_eq!(told(&gate.patch("admin", &own, patch.clone()).await), faults(&[expected]), "{patch}");
    }
    assert_eq!(gate.get("admin", &own).await.json(), before);
    assert_eq!(sign_in(&gate, "admin", PASSWORD).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_come_in_pages_newest_first_and_miss_nobody() {
    let gate = TestGate::open().await;
    for n in 0..5 {
        let body = json!({"name": format!("Board {n}"), "role": "analyst", "oauth_scopes": ["statistics:read"]});
        assert_eq!(gate.post("admin", CLIENTS, body).await.status, 201);
    }
    for (path, name) in [(ACCOUNTS, "username"), (CLIENTS, "id"), (FIRMS, "tax_code")] {
        let all = gate.get("admin", &format!("{path}?limit=200")).await.json();
        let names = |page: &Value| -> Vec<String> {
            page["items"].as_array().unwrap().iter().map(|item| item[name].as_str().unwrap().to_owned()).collect()
        };
        let mut found = Vec::new();
        let mut next = Some(format!("{path}?limit=2"));
        while let Some(path) = next {
            let page = gate.get("admin", &path).await;
            assert_eq!(page.status, 200, "{path}");
            found.extend(names(&page.json()));
            next = page.header("link").map(|link| {
                let (address, rel) = link.split_once(';').unwrap();
                assert_eq!(rel, " rel=\"next\"");
                address.trim_matches(['<', '>']).to_owned()
            });
            assert_eq!(next.is_some(), page.json()["next_cursor"].is_string());
        }
        assert!(found.len() >= 2, "{path}");
        assert_eq!(found, names(&all), "{path}");
        let newest_first = all["items"]
            .as_array()
            .unwrap()
            .windows(2)
            .all(|two| two[0]["created_at"].as_str() >= two[1]["created_at"].as_str());
        assert!(newest_first);
    }
    let cursor =
        gate.get("admin", &format!("{ACCOUNTS}?limit=2")).await.json()["next_cursor"].as_str().unwrap().to_owned();
    let tampered = format!("{}{}", &cursor[..cursor.len() - 1], if cursor.ends_with('A') { "B" } else { "A" });
    for (path, status) in [
        (format!("{ACCOUNTS}?cursor={tampered}"), 400),
        (format!("{ACCOUNTS}?cursor=MQ"), 400),
        (format!("{FIRMS}?cursor={cursor}"), 400),
        (format!("{ACCOUNTS}?limit=0"), 422),
        (format!("{ACCOUNTS}?limit=201"), 422),
        (format!("{ACCOUNTS}?limit=many"), 422),
        (format!("{ACCOUNTS}?order=name"), 422),
        (format!("{ACCOUNTS}?limit=1&limit=2"), 422),
    ] {
        let reply = gate.get("admin", &path).await;
        assert_eq!(reply.status, status, "{path}");
        reply.problem();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_makes_one_and_gives_the_same_answer_again() {
    let gate = TestGate::open().await;
    let token = gate.token("admin").await;
    let ask = |path: &str, key: &str, body: &Value| {
        Ask::new("POST", path).bearer(&token).header("Idempotency-Key", key).json(body)
    };
    let account = json!({"username": "lan", "password": "tram-kiem-soat-7", "role": "analyst"});
    let firm = json!({"tax_code": "0100112437", "name": "Bắc Sơn"});
    for (path, body) in [(ACCOUNTS, &account), (FIRMS, &firm)] {
        let all = (0..8).map(|_| gate.send(ask(path, "one", body)));
        let replies = futures_util::future::join_all(all).await;
        for reply in &replies {
            assert_eq!((reply.status, &reply.text), (201, &replies[0].text), "{path} {reply:?}");
            assert_eq!(reply.header("location"), replies[0].header("location"));
        }
        let made = replies.iter().filter(|reply| reply.header("idempotency-replayed").is_none()).count();
        assert_eq!(made, 1, "{path}");
        let mut other = body.clone();
        other["more"] = json!(1);
        // The body is not even right: the key is asked first only for what could be done.
        assert_eq!(gate.send(ask(path, "one", &other)).await.status, 422);
        let other = gate.send(ask(path, "two", body)).await;
        assert_eq!((other.status, other.problem().as_str()), (409, "already-exists"));
    }
    let other = json!({"username": "hoa", "password": "tram-kiem-soat-7", "role": "analyst"});
    let mismatch = gate.send(ask(ACCOUNTS, "one", &other)).await;
    assert_eq!((mismatch.status, mismatch.problem().as_str()), (422, "idempotency-mismatch"));
    assert_eq!(gate.send(ask(ACCOUNTS, &"k".repeat(256), &other)).await.status, 422);

    let client = json!({"name": "Board", "role": "analyst", "oauth_scopes": ["statistics:read"]});
    let first = gate.send(ask(CLIENTS, "one", &client)).await.json();
    let again = gate.send(ask(CLIENTS, "one", &client)).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert!(first["client_secret"].is_string() && again.json()["client_secret"].is_null(), "a secret is shown once");
    assert_eq!(again.json()["id"], first["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_client_is_told_at_once() {
    let gate = TestGate::open().await;
    let wrong = json!({"name": "", "role": "analyst", "oauth_scopes": ["statistics:read", "everything"]});
    let reply = gate.post("admin", CLIENTS, wrong).await;
    assert_eq!(told(&reply), faults(&[("/oauth_scopes/1", "unknown-word"), ("/name", "name-format")]));
    let wrong = json!({"name": "Board", "role": "quarantine_officer", "oauth_scopes": []});
    assert_eq!(told(&gate.post("admin", CLIENTS, wrong).await), faults(&[("/oauth_scopes", "list-empty")]));
    let wrong = json!({"name": "Board", "role": "quarantine_officer", "oauth_scopes": ["actions:write"]});
    assert_eq!(told(&gate.post("admin", CLIENTS, wrong).await), faults(&[("/quarantine_kind", "required")]));
    for path in ["/api/v1/admin/clients/nobody", "/api/v1/admin/clients/%00", "/api/v1/admin/clients/a%20b"] {
        assert_eq!(gate.get("admin", path).await.status, 404, "{path}");
        assert_eq!(gate.patch("admin", path, json!({"name": "x"})).await.status, 404, "{path}");
    }
}
