//! Which tokens are refused though they have not expired: what ended in the database, here or at another instance.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::principal::Principal;
use super::tokens::{Generation, LIFETIME};
use crate::domain::actor::ActorId;

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
