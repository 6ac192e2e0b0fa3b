//! A whole service on a database of its own, asked over HTTP.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer};
use border_gate::api::frame::frame;
use border_gate::clock::Clock;
use border_gate::demo::accounts;
use border_gate::domain::firm::CheckDigit;
use border_gate::domain::mandate::Mandate;
use border_gate::identity::keys::Keys;
use border_gate::identity::passwords::Passwords;
use border_gate::identity::sessions::principal;
use border_gate::service::{Plan, Service};
use border_gate::storage::accounts as stored;
use diesel_async::AsyncConnection;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::database::TestDatabase;

/// When it is at the gate, unless a test sets its clock.
pub const NOW: &str = "2025-03-31T02:00:00Z";

/// The password of every account.
pub const PASSWORD: &str = accounts::PASSWORD;

/// A running service with the demo's accounts.
pub struct TestGate {
    /// Its parts.
    pub service: Service,
    /// Its time; stands still.
    pub clock: Clock,
    /// Its keys.
    pub keys: Arc<Keys>,
    /// The demo's accounts by name.
    pub mandates: HashMap<String, Mandate>,
    /// Where it listens.
    pub address: std::net::SocketAddr,
    server: ServerHandle,
    /// Its database. The last to go.
    pub database: TestDatabase,
}

impl TestGate {
    /// A service on a new database.
    pub async fn open() -> Self {
        let keys = Arc::new(Keys::passing().unwrap());
        let gate = Self::on(TestDatabase::open().await, keys, Clock::standing_at(NOW.parse().unwrap()));
        gate.await
    }

    /// A service on a database that may have others.
    pub async fn on(database: TestDatabase, keys: Arc<Keys>, clock: Clock) -> Self {
        let passwords = Passwords::cheap_for_tests().unwrap();
        let service = Service::open(Plan {
            database_url: database.url().to_owned(),
            cluster: None,
            pool_size: 4,
            clock: clock.clone(),
            keys: Arc::clone(&keys),
            passwords: passwords.clone(),
            public_url: "http://gate.test".to_owned(),
            expire_after_days: 15,
            tax_code_check: CheckDigit::Enforced,
            metrics: None,
        })
        .await
        .unwrap();
        let mut conn = service.pool.get().await.unwrap();
        let made = conn.transaction(async |conn| accounts::make(conn, &passwords, clock.now()).await).await.unwrap();
        drop(conn);
        service.refresh_names().await.unwrap();
        let configured = service.clone();
        let server =
            HttpServer::new(move || App::new().wrap(from_fn(frame)).configure(|config| configured.configure(config)))
                .workers(1)
                .disable_signals()
                .bind(("127.0.0.1", 0))
                .unwrap();
        let address = server.addrs()[0];
        let running = server.run();
        let server = running.handle();
        tokio::spawn(running);
        let mandates = made.into_iter().map(|account| (account.username, account.mandate)).collect();
        Self { service, clock, keys, mandates, address, server, database }
    }

    /// An access token for the account `username`, without signing in.
    pub async fn token(&self, username: &str) -> String {
        let mut conn = self.service.pool.get().await.unwrap();
        let (account, _) = stored::by_username(&mut conn, username).await.unwrap().unwrap();
        let principal = principal(&account, format!("test-{username}"));
        self.service.tokens.issue(&principal, None, self.clock.now()).unwrap()
    }

    /// Sends a request as it is put together.
    pub async fn send(&self, ask: Ask) -> Reply {
        ask.send(self.address).await
    }

    /// Asks as `username`, with a token that needs no sign-in.
    pub async fn call(&self, username: &str, method: &str, path: &str, body: Option<Value>) -> Reply {
        let ask = Ask::new(method, path).bearer(&self.token(username).await);
        self.send(body.into_iter().fold(ask, |ask, body| ask.json(&body))).await
    }

    /// Reads as `username`.
    pub async fn get(&self, username: &str, path: &str) -> Reply {
        self.call(username, "GET", path, None).await
    }

    /// Posts JSON as `username`.
    pub async fn post(&self, username: &str, path: &str, body: Value) -> Reply {
        self.call(username, "POST", path, Some(body)).await
    }

    /// Patches with JSON as `username`.
    pub async fn patch(&self, username: &str, path: &str, body: Value) -> Reply {
        self.call(username, "PATCH", path, Some(body)).await
    }
}

impl Drop for TestGate {
    fn drop(&mut self) {
        // Told to stop before its database goes; nobody waits.
        drop(self.server.stop(false));
    }
}

/// A request.
#[derive(Clone, Debug)]
pub struct Ask {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Ask {
    /// A request without a token and a body.
    pub fn new(method: &str, path: &str) -> Self {
        Self { method: method.to_owned(), path: path.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    /// With one more header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With an access token.
    pub fn bearer(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    /// With a body of this type.
    pub fn body(mut self, content_type: &str, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self.header("Content-Type", content_type)
    }

    /// With a JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string().as_bytes())
    }

    /// Sends it to `address`.
    pub async fn send(self, address: std::net::SocketAddr) -> Reply {
        let mut lines = vec![format!("{} {} HTTP/1.1", self.method, self.path)];
        lines.extend(["Host: gate.test".to_owned(), "Connection: close".to_owned()]);
        if !self.body.is_empty() || self.method != "GET" {
            lines.push(format!("Content-Length: {}", self.body.len()));
        }
        lines.extend(self.headers.iter().map(|(name, value)| format!("{name}: {value}")));
        let head = format!("{}\r\n\r\n", lines.join("\r\n"));
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = [head.as_bytes(), &self.body].concat();
        // A server that answers early may close before it has read all.
        let _ = stream.write_all(&request).await;
        let mut response = Vec::new();
        let _ = stream.read_to_end(&mut response).await;
        Reply::read(&response)
    }
}

/// A response.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The headers, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    fn read(response: &[u8]) -> Self {
        let end = response.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(response[..end].to_vec()).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<(String, String)> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let body = &response[end + 4..];
        let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
        let body = if chunked { unchunked(body) } else { body.to_vec() };
        Self { status, headers, body }
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The faults of a problem document, as pointer and code.
    pub fn faults(&self) -> Vec<(String, String)> {
        let of = |fault: &Value, field: &str| fault[field].as_str().unwrap().to_owned();
        let document = self.json();
        let faults = document["errors"].as_array().cloned().unwrap_or_default();
        faults.iter().map(|fault| (of(fault, "pointer"), of(fault, "code"))).collect()
    }

    /// The problem's slug; empty where it is none.
    pub fn problem(&self) -> String {
        assert!(self.status >= 400, "no problem: {} {}", self.status, String::from_utf8_lossy(&self.body));
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.status);
        self.json()["type"].as_str().unwrap().trim_start_matches("/problems/").to_owned()
    }
}

fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(line) = body.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&body[..line]).unwrap(), 16).unwrap();
        whole.extend_from_slice(&body[line + 2..line + 2 + size]);
        body = &body[line + 2 + size + 2..];
        if size == 0 {
            break;
        }
    }
    whole
}
