//! Which tokens are refused though they have not expired: what ended in the database, here or at another instance.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use tokio::time::MissedTickBehavior;

use super::principal::Principal;
use super::tokens::{Generation, LIFETIME, Tokens};
use crate::clock::Clock;
use crate::domain::actor::ActorId;
use crate::storage::pool::Pool;
use crate::storage::{clients, idempotency, sessions, sign_in_tries};

/// For how long an ended session or a changed client is remembered: until the last of its tokens has expired,
/// and a minute for clocks that differ.
pub const REMEMBERED: TimeDelta = TimeDelta::seconds(LIFETIME.num_seconds() + 60);

/// Sessions and clients whose tokens are refused.
#[derive(Clone, Debug, Default)]
pub struct Revoked {
    /// Sessions that ended, with when that became known here.
    sessions: HashMap<String, DateTime<Utc>>,
    /// Clients: tokens of an older generation than this are refused.
    clients: HashMap<String, (Generation, DateTime<Utc>)>,
}

impl Revoked {
    /// These sessions have ended.
    pub fn sessions(ids: impl IntoIterator<Item = String>, now: DateTime<Utc>) -> Self {
        Self { sessions: ids.into_iter().map(|id| (id, now)).collect(), clients: HashMap::new() }
    }

    /// These clients' tokens hold from this generation on.
    pub fn clients(since: impl IntoIterator<Item = (String, Generation)>, now: DateTime<Utc>) -> Self {
        let clients = since.into_iter().map(|(id, generation)| (id, (generation, now))).collect();
        Self { sessions: HashMap::new(), clients }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sessions.is_empty() && self.clients.is_empty()
    }

    pub(super) fn covers(&self, principal: &Principal, generation: Option<Generation>) -> bool {
        let session = principal.session.as_ref().is_some_and(|session| self.sessions.contains_key(session));
        let client = match &principal.actor.id {
            ActorId::Client(id) => {
                self.clients.get(id).is_some_and(|(since, _)| generation.is_none_or(|generation| generation < *since))
            }
            ActorId::Account(_) | ActorId::System => false,
        };
        session || client
    }

    /// Adds `more` and forgets what is older than [`REMEMBERED`]; gives back what of `more` is news.
    pub(super) fn add(&mut self, mut more: Self, now: DateTime<Utc>) -> Self {
        let since = now - REMEMBERED;
        self.sessions.retain(|_, at| *at > since);
        self.clients.retain(|_, (_, at)| *at > since);
        more.sessions.retain(|id, at| self.sessions.insert(id.clone(), *at).is_none());
        more.clients.retain(|id, newer| match self.clients.get_mut(id) {
            Some(known) => {
                let news = known.0 < newer.0;
                *known = (known.0.max(newer.0), newer.1);
                news
            }
            None => self.clients.insert(id.clone(), *newer).is_none(),
        });
        more
    }
}

/// How often the database is asked what ended: with a query's time well under the five seconds within which a
/// revoked token is refused everywhere.
pub const EVERY: Duration = Duration::from_secs(2);

/// How often old sessions, tries and answers are removed.
const TIDIED_EVERY: TimeDelta = TimeDelta::hours(1);

/// Notes what ended of late, here or at another instance.
///
/// # Errors
///
/// The database's; what was known before stays known.
pub async fn refresh(conn: &mut AsyncPgConnection, tokens: &Tokens, now: DateTime<Utc>) -> QueryResult<()> {
    let since = now - REMEMBERED;
    let sessions = sessions::ended_since(conn, since).await?;
    tokens.revoke(Revoked::sessions(sessions, now), now);
    let clients = clients::changed_since(conn, since).await?;
    tokens.revoke(Revoked::clients(clients, now), now);
    Ok(())
}

/// Removes what nobody asks for any more: expired sessions after a day, tries and kept answers after their time.
///
/// # Errors
///
/// The database's.
pub async fn tidy(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> QueryResult<()> {
    sessions::forget(conn, now - TimeDelta::days(1)).await?;
    sign_in_tries::forget(conn, now - TimeDelta::days(1)).await?;
    idempotency::forget(conn, now - idempotency::KEPT).await?;
    Ok(())
}

/// Keeps `tokens` up to date with the database, for ever. While the database is away, what is known stays known.
pub async fn watch(pool: Pool, tokens: Arc<Tokens>, clock: Clock) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut tidied = None;
    let mut failing = false;
    loop {
        ticks.tick().await;
        let now = clock.now();
        let outcome = async {
            let mut conn = pool.get().await?;
            refresh(&mut conn, &tokens, now).await?;
            if tidied.is_none_or(|at| now - at >= TIDIED_EVERY) {
                tidy(&mut conn, now).await?;
                tidied = Some(now);
            }
            Ok::<(), Box<dyn Error + Send + Sync>>(())
        };
        match outcome.await {
            Ok(()) => failing = false,
            // Said once: the database's absence is on every page of the log already.
            Err(error) if !failing => {
                tracing::warn!(%error, "which sessions ended elsewhere is not known at present");
                failing = true;
            }
            Err(_) => {}
        }
    }
}
