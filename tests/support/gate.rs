//! A border gate of a test's own: its database, and the real service in front of it on a port of its own.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer};
use border_gate::api::frame::frame;
use border_gate::clock::Clock;
use border_gate::domain::actor::{AccountId, Actor, ActorId, FirmId, Scope};
use border_gate::domain::firm::CheckDigit;
use border_gate::domain::workflow::{QuarantineKind, Role};
use border_gate::identity::keys::Keys;
use border_gate::identity::passwords::Passwords;
use border_gate::identity::principal::Principal;
use border_gate::service::{Plan, Service};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::database::TestDatabase;

/// When it is at a test's gate: 31 March 2025, 09:00 there.
pub const NOW: &str = "2025-03-31T02:00:00Z";

/// The firms that are there: tax codes, in the order of their ids from 1 on.
pub const FIRMS: [&str; 2] = ["0100112437", "0100233488"];

pub struct TestGate {
    pub database: TestDatabase,
    pub service: Service,
    pub clock: Clock,
    address: SocketAddr,
    server: ServerHandle,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub text: String,
}

impl Reply {
    /// The body as JSON; the text itself in the failure where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text))
    }

    /// The last part of the problem's type.
    pub fn problem(&self) -> String {
        assert_eq!(self.headers.get("content-type").map(String::as_str), Some("application/problem+json"), "{self:?}");
        self.json()["type"].as_str().unwrap().trim_start_matches("/problems/").to_owned()
    }

    /// Pointer and code of every fault.
    pub fn faults(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let body = self.json();
        body["errors"].as_array().unwrap().iter().map(|fault| (text(&fault["pointer"]), text(&fault["code"]))).collect()
    }
}

/// Somebody in a role, at these crossing points (all of them where there are none).
pub fn officer(role: Role, crossing_points: &[&str]) -> Actor {
    Actor {
        id: ActorId::Account(AccountId(100 + role as i64)),
        role,
        quarantine_kind: (role == Role::QuarantineOfficer).then_some(QuarantineKind::Health),
        firm: None,
        firm_tax_code: None,
        crossing_points: if crossing_points.is_empty() {
            Scope::All
        } else {
            Scope::Only(crossing_points.iter().map(|code| (*code).to_owned()).collect())
        },
        yards: Scope::All,
    }
}

/// A quarantine officer of one kind.
pub fn quarantine(kind: QuarantineKind) -> Actor {
    Actor { quarantine_kind: Some(kind), ..officer(Role::QuarantineOfficer, &[]) }
}

/// Somebody who declares for the firm with this id, from 1 on.
pub fn declarant(firm: usize) -> Actor {
    Actor {
        id: ActorId::Account(AccountId(i64::try_from(firm).unwrap())),
        firm: Some(FirmId(i64::try_from(firm).unwrap())),
        firm_tax_code: Some(FIRMS[firm - 1].to_owned()),
        ..officer(Role::Declarant, &[])
    }
}

impl TestGate {
    /// A gate with two firms, at [`NOW`].
    pub async fn open() -> Self {
        let database = TestDatabase::open().await;
        for tax_code in FIRMS {
            let sql = "insert into firms (tax_code, name, created_at) values ($1, 'Công ty ' || $1, now())";
            database.admin().await.execute(sql, &[&tax_code]).await.unwrap();
        }
        let clock = Clock::standing_at(NOW.parse().unwrap());
        let service = Service::open(Plan {
            database_url: database.url().to_owned(),
            cluster: None,
            pool_size: 4,
            clock: clock.clone(),
            keys: Arc::new(Keys::passing().unwrap()),
            passwords: Passwords::cheap_for_tests().unwrap(),
            public_url: "https://gate.test".to_owned(),
            expire_after_days: 15,
            tax_code_check: CheckDigit::Enforced,
            metrics: None,
        })
        .await
        .unwrap();
        let served = service.clone();
        let server = HttpServer::new(move || {
            let served = served.clone();
            App::new().wrap(from_fn(frame)).configure(move |config| served.configure(config))
        })
        .workers(1)
        .disable_signals()
        .bind(("127.0.0.1", 0))
        .unwrap();
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { database, service, clock, address, server: handle }
    }

    /// The time at this gate.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// An access token of `actor`.
    pub fn token(&self, actor: &Actor) -> String {
        let session = Some("a-session-of-the-test".to_owned());
        let principal = Principal { actor: actor.clone(), session, oauth_scopes: None };
        self.service.tokens.issue(&principal, None, self.now()).unwrap()
    }

    /// Asks as `actor`, with these headers and this body.
    pub async fn ask(
        &self,
        actor: Option<&Actor>,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Reply {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: gate.test\r\nConnection: close\r\n");
        if let Some(actor) = actor {
            head += &format!("Authorization: Bearer {}\r\n", self.token(actor));
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        let body = body.as_ref();
        if !body.is_empty() || method != "GET" {
            head += &format!("Content-Length: {}\r\n", body.len());
        }
        let request = [head.as_bytes(), b"\r\n", body].concat();
        let address = self.address;
        let bytes = tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            // A server that refuses a long body closes before it has read it.
            let _ = stream.write_all(&request);
            let mut bytes = Vec::new();
            let _ = stream.read_to_end(&mut bytes);
            bytes
        })
        .await
        .unwrap();
        read(&bytes)
    }

    /// Reads as `actor`.
    pub async fn get(&self, actor: &Actor, path: &str) -> Reply {
        self.ask(Some(actor), "GET", path, &[], "").await
    }

    /// Sends JSON as `actor`.
    pub async fn post(&self, actor: &Actor, path: &str, body: &Value) -> Reply {
        self.ask(Some(actor), "POST", path, &[("Content-Type", "application/json")], body.to_string()).await
    }

    /// Takes an action as `actor`.
    pub async fn act(&self, actor: &Actor, number: &str, action: &Value) -> Reply {
        self.post(actor, &format!("/api/v1/declarations/{number}/actions"), action).await
    }

    /// One number out of the database.
    pub async fn count(&self, sql: &str) -> i64 {
        self.database.admin().await.query_one(sql, &[]).await.unwrap().get(0)
    }
}

fn read(bytes: &[u8]) -> Reply {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(bytes)));
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    assert!(headers.get("transfer-encoding").is_none(), "answers are sent whole");
    Reply { status, headers, text: String::from_utf8(bytes[end + 4..].to_vec()).unwrap() }
}

impl Drop for TestGate {
    fn drop(&mut self) {
        // The future tells when it has stopped; it stops also when nobody waits.
        drop(self.server.stop(false));
    }
}
