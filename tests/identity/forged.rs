//! Tokens that we did not make, or not for this: refused, all of them alike.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use border_gate::identity::keys::Keys;
use border_gate::identity::tokens::Tokens;
use chrono::TimeDelta;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::demo_gate::{PASSWORD, TestGate};
use crate::support::http::{Ask, Reply};

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A token with this header and these claims, whose signature is made by `sign`.
fn forged(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn claims_of(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

fn header_of(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap()).unwrap()
}

fn with(value: &Value, field: &str, new: Value) -> Value {
    let mut value = value.clone();
    value[field] = new;
    value
}

fn without(value: &Value, field: &str) -> Value {
    let mut value = value.clone();
    value.as_object_mut().unwrap().remove(field);
    value
}

fn hs256(key: &[u8]) -> impl FnOnce(&[u8]) -> Vec<u8> {
    move |signed| Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(signed).finalize().into_bytes().to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_forged_token_opens_anything_and_all_are_refused_alike() {
    let gate = TestGate::open().await;
    let credentials = json!({"username": "admin", "password": PASSWORD});
    let session = gate.send(Ask::new("POST", "/api/v1/sessions").json(&credentials)).await.json();
    let good = session["access_token"].as_str().unwrap();
    let (header, claims) = (header_of(good), claims_of(good));
    let ours = |signed: &[u8]| gate.keys.sign(signed).to_vec();
    let foreign = Keys::passing().unwrap();
    let public = gate.keys.public();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        base64::engine::general_purpose::STANDARD.encode(
            [&[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00], public.as_bytes().as_slice()]
                .concat()
        )
    );
    let now = gate.clock.now();
    let at = |delta: TimeDelta| json!((now + delta).timestamp());
    let flipped = |place: usize| {
        let mut parts: Vec<String> = good.split('.').map(str::to_owned).collect();
        let mut signature = URL_SAFE_NO_PAD.decode(&parts[2]).unwrap();
        signature[place] ^= 1;
        parts[2] = URL_SAFE_NO_PAD.encode(signature);
        parts.join(".")
    };
    let unsigned = &good[..good.rfind('.').unwrap()];
    let none = with(&header, "alg", json!("none"));
    let hs = with(&header, "alg", json!("HS256"));
    let pass = gate.service.tokens.sign("gate-pass+jwt", &claims).unwrap();

    // That the way of forging is right: untouched, it is a good token.
    let untouched = forged(&header, &claims, ours);
    assert_eq!(gate.send(Ask::new("GET", "/api/v1/me").bearer(&untouched)).await.status, 200);

    let tokens: Vec<(&str, String)> = vec![
        ("nothing", String::new()),
        ("nonsense", "nonsense".to_owned()),
        ("dots", "...".to_owned()),
        ("alg none, unsigned", forged(&none, &claims, |_| Vec::new())),
        ("alg none, signed by us", forged(&none, &claims, ours)),
        ("alg None", forged(&with(&header, "alg", json!("None")), &claims, |_| Vec::new())),
        ("HS256 with the public key's bytes", forged(&hs, &claims, hs256(public.as_bytes()))),
        ("HS256 with the public key's PEM", forged(&hs, &claims, hs256(pem.as_bytes()))),
        ("HS256 with the key's name", forged(&hs, &claims, hs256(gate.keys.kid().as_bytes()))),
        ("HS256 with nothing", forged(&hs, &claims, hs256(b""))),
        ("ES256 by name", forged(&with(&header, "alg", json!("ES256")), &claims, ours)),
        ("no alg", forged(&without(&header, "alg"), &claims, ours)),
        ("another's key", forged(&header, &claims, |signed| foreign.sign(signed).to_vec())),
        ("an unknown kid", forged(&with(&header, "kid", json!(foreign.kid())), &claims, ours)),
        ("no kid", forged(&without(&header, "kid"), &claims, ours)),
        ("a path as kid", forged(&with(&header, "kid", json!("../../../../dev/null")), &claims, hs256(b""))),
        ("SQL as kid", forged(&with(&header, "kid", json!("' or 1=1 --")), &claims, ours)),
        ("a NUL in kid", forged(&with(&header, "kid", json!("\u{0}")), &claims, ours)),
        ("a list as kid", forged(&with(&header, "kid", json!([gate.keys.kid()])), &claims, ours)),
        (
            "its own key in the header",
            forged(
                &with(
                    &with(&header, "kid", json!(foreign.kid())),
                    "jwk",
                    serde_json::to_value(&foreign.jwks().keys[0]).unwrap(),
                ),
                &claims,
                |signed| foreign.sign(signed).to_vec(),
            ),
        ),
        ("a critical extension", forged(&with(&header, "crit", json!(["exp"])), &claims, ours)),
        ("type JWT", forged(&with(&header, "typ", json!("JWT")), &claims, ours)),
        ("no type", forged(&without(&header, "typ"), &claims, ours)),
        ("expired now", forged(&header, &with(&claims, "exp", at(TimeDelta::zero())), ours)),
        ("expired long ago", forged(&header, &with(&claims, "exp", at(TimeDelta::days(-400))), ours)),
        ("early", forged(&header, &with(&claims, "nbf", at(TimeDelta::minutes(1))), ours)),
        ("no expiry", forged(&header, &without(&claims, "exp"), ours)),
        ("no beginning", forged(&header, &without(&claims, "nbf"), ours)),
        ("an expiry beyond all time", forged(&header, &with(&claims, "exp", json!(i64::MAX)), ours)),
        ("an expiry as text", forged(&header, &with(&claims, "exp", json!("9999999999")), ours)),
        ("another audience", forged(&header, &with(&claims, "aud", json!("another-gate")), ours)),
        ("several audiences", forged(&header, &with(&claims, "aud", json!(["another-gate", "x"])), ours)),
        ("no audience", forged(&header, &without(&claims, "aud"), ours)),
        ("another issuer", forged(&header, &with(&claims, "iss", json!("http://gate.test.evil")), ours)),
        ("no issuer", forged(&header, &without(&claims, "iss"), ours)),
        ("no subject", forged(&header, &without(&claims, "sub"), ours)),
        ("the service itself", forged(&header, &with(&claims, "sub", json!("system")), ours)),
        ("a person without a session", forged(&header, &without(&claims, "sid"), ours)),
        ("an unknown role", forged(&header, &with(&claims, "role", json!("god")), ours)),
        ("an unknown claim", forged(&header, &with(&claims, "more", json!(true)), ours)),
        ("the refresh token", session["refresh_token"].as_str().unwrap().to_owned()),
        ("a gate pass", pass),
        ("no signature", format!("{unsigned}.")),
        ("no third part", unsigned.to_owned()),
        ("a fourth part", format!("{good}.AAAA")),
        ("half a signature", good[..good.len() - 43].to_owned()),
        ("the first bit of the signature", flipped(0)),
        ("the last bit of the signature", flipped(63)),
        ("a padded signature", format!("{good}==")),
        ("a signature of zeros", forged(&header, &claims, |_| vec![0; 64])),
        ("a promoted role", {
            let promoted = with(&claims, "role", json!("auditor"));
            format!("{}.{}.{}", part(&header), part(&promoted), good.rsplit('.').next().unwrap())
        }),
    ];
    let alike = |reply: &Reply| {
        let mut document = reply.json();
        document["request_id"] = Value::Null;
        (reply.status, document, reply.header("www-authenticate").map(str::to_owned))
    };
    let stranger = gate.send(Ask::new("GET", "/api/v1/me")).await;
    assert_eq!((stranger.status, stranger.problem().as_str()), (401, "unauthenticated"));
    for (how, token) in tokens {
        let reply = gate.send(Ask::new("GET", "/api/v1/me").bearer(&token)).await;
        assert_eq!(alike(&reply), alike(&stranger), "{how}");
    }
    for (how, header) in [
        ("no scheme", good.to_owned()),
        ("Basic", format!("Basic {good}")),
        ("no blank", format!("Bearer{good}")),
        ("not ASCII", "Bearer é".to_owned()),
    ] {
        let reply = gate.send(Ask::new("GET", "/api/v1/me").header("Authorization", &header)).await;
        assert_eq!(alike(&reply), alike(&stranger), "{how}");
    }
    assert_eq!(gate.send(Ask::new("GET", "/api/v1/me").bearer(good)).await.status, 200, "the good one still is");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_64_kib_is_refused_without_being_looked_into() {
    let gate = TestGate::open().await;
    let good = gate.token("analyst").await;
    for token in
        ["A".repeat(64 * 1024), format!("{good}{}", "A".repeat(64 * 1024)), format!("a.{}.b", "e30".repeat(21_845))]
    {
        assert!(gate.service.tokens.verify(&token, gate.clock.now()).is_err());
        let reply = gate.send(Ask::new("GET", "/api/v1/me").bearer(&token)).await;
        assert_eq!(reply.status, 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verified_token_is_refused_once_it_has_expired() {
    let gate = TestGate::open().await;
    let token = gate.token("analyst").await;
    let now = gate.clock.now();
    let tokens = &gate.service.tokens;
    assert!(tokens.verify(&token, now).is_ok());
    assert!(tokens.verify(&token, now + TimeDelta::seconds(899)).is_ok());
    assert!(tokens.verify(&token, now + TimeDelta::minutes(15)).is_err());
    assert!(tokens.verify(&token, now - TimeDelta::minutes(1)).is_err(), "nor before it begins");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_takes_over_without_a_gap() {
    let directory = std::env::temp_dir().join(format!("border-gate-rotation-{}", std::process::id()));
    let old = Tokens::new(Arc::new(Keys::open(&directory).unwrap()), "http://gate.test");
    let gate = TestGate::open().await;
    let now = gate.clock.now();
    let account = {
        let mut conn = gate.service.pool.get().await.unwrap();
        border_gate::storage::accounts::by_username(&mut conn, "analyst").await.unwrap().unwrap().0
    };
    let who = border_gate::identity::sessions::principal(&account, "a-session".to_owned());
    let token = old.issue(&who, None, now).unwrap();

    let files = directory.join("keys");
    std::fs::rename(files.join("signing.pem"), files.join("before.pem")).unwrap();
    let new = Tokens::new(Arc::new(Keys::open(&directory).unwrap()), "http://gate.test");
    assert_eq!(*new.verify(&token, now).unwrap(), who);
    assert!(old.verify(&new.issue(&who, None, now).unwrap(), now).is_err());
    assert_eq!(new.keys().jwks().keys.len(), 2);
    std::fs::remove_dir_all(&directory).unwrap();
}
