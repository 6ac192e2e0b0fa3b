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

use super::database::TestDatabase;
use super::http::{Ask, Reply};

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
            erase_people_after_days: None,
            checkpoint_file: None,
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
