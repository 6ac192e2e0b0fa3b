//! A border gate of a test's own: its database, and the real service in front of it on a port of its own.

use std::net::SocketAddr;
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
use border_gate::storage::embedded::EmbeddedCluster;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::database::TestDatabase;
use super::http::{Ask, Reply};

/// When it is at a test's gate: 31 March 2025, 09:00 there.
pub const NOW: &str = "2025-03-31T02:00:00Z";

/// The firms that are there: tax codes, in the order of their ids from 1 on.
pub const FIRMS: [&str; 2] = ["0100112437", "0100233488"];

pub struct TestGate {
    pub database: Arc<TestDatabase>,
    pub service: Service,
    pub clock: Clock,
    keys: Arc<Keys>,
    address: SocketAddr,
    server: ServerHandle,
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
        Self::on(TestDatabase::open().await).await
    }

    /// The same on a database that is there already, migrated and empty.
    pub async fn on(database: TestDatabase) -> Self {
        for tax_code in FIRMS {
            let sql = "insert into firms (tax_code, name, created_at) values ($1, 'Công ty ' || $1, now())";
            database.admin().await.execute(sql, &[&tax_code]).await.unwrap();
        }
        let keys = Arc::new(Keys::passing().unwrap());
        Self::at(Arc::new(database), Clock::standing_at(NOW.parse().unwrap()), keys).await
    }

    /// Another instance of the service on the same database, with the same time.
    pub async fn another(&self) -> Self {
        Self::at(Arc::clone(&self.database), self.clock.clone(), Arc::clone(&self.keys)).await
    }

    /// An instance with the same keys and time on another database, as after a restore.
    pub async fn restored(&self) -> Self {
        Self::at(Arc::new(TestDatabase::open().await), self.clock.clone(), Arc::clone(&self.keys)).await
    }

    async fn at(database: Arc<TestDatabase>, clock: Clock, keys: Arc<Keys>) -> Self {
        let service = Service::open(Plan {
            database_url: database.url().to_owned(),
            cluster: database.cluster().map(EmbeddedCluster::watch),
            pool_size: 4,
            clock: clock.clone(),
            keys: Arc::clone(&keys),
            passwords: Passwords::cheap_for_tests().unwrap(),
            public_url: "https://gate.test".to_owned(),
            expire_after_days: 15,
            erase_people_after_days: None,
            checkpoint_file: None,
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
        Self { database, service, clock, keys, address, server: handle }
    }

    /// Where it is reached.
    pub const fn address(&self) -> SocketAddr {
        self.address
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
        let mut ask = Ask::new(method, path);
        if let Some(actor) = actor {
            ask = ask.bearer(&self.token(actor));
        }
        for (name, value) in headers {
            ask = ask.header(name, value);
        }
        ask.raw(body.as_ref()).send(self.address).await
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
}

impl Drop for TestGate {
    fn drop(&mut self) {
        // The future tells when it has stopped; it stops also when nobody waits.
        drop(self.server.stop(false));
    }
}
