//! Access tokens: made at sign-in, verified on every request, without the database.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::keys::Keys;
use super::principal::{OauthScope, Principal};
use super::revocations::Revoked;
use crate::domain::actor::{AccountId, Actor, ActorId, FirmId, Scope};
use crate::domain::workflow::{QuarantineKind, Role};

/// For how long an access token holds.
pub const LIFETIME: TimeDelta = TimeDelta::minutes(15);

/// For whom the tokens are.
pub const AUDIENCE: &str = "border-gate";

/// The type in an access token's header (RFC 9068); a gate pass has another.
const TYPE: &str = "at+jwt";

/// A longer token is none of ours; it is not even decoded. The longest of ours names some hundred yards.
const LONGEST: usize = 8 * 1024;

/// Instances' clocks may differ by so much.
const LEEWAY: TimeDelta = TimeDelta::seconds(5);

/// The verified tokens are kept in so many parts, each under a lock of its own.
const SHARDS: usize = 16;

/// So many verified tokens are kept in one part: with all parts 16,384, at about 1 KiB each.
const SHARD_SIZE: usize = 1024;

/// A token that is not valid, for whatever reason: callers are not told which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token is not valid")]
pub struct NotValid;

/// Why no token could be made; a fault of ours.
#[derive(Debug, thiserror::Error)]
pub enum NotMade {
    /// The library refused.
    #[error("a token could not be signed")]
    Signing(#[from] jsonwebtoken::errors::Error),
    /// The system gives no randomness.
    #[error("no random bytes for a token: {0}")]
    NoRandomness(getrandom::Error),
}

/// What a client's token says besides: when its row in the database last changed, as a number that grows.
pub type Generation = i32;

/// Makes and verifies access tokens.
#[derive(Debug)]
pub struct Tokens {
    keys: Arc<Keys>,
    issuer: String,
    validation: Validation,
    verified: [Mutex<HashMap<Box<str>, Verified>>; SHARDS],
    revoked: Mutex<Revoked>,
}

/// A token whose signature and claims were found good.
#[derive(Clone, Debug)]
struct Verified {
    principal: Arc<Principal>,
    generation: Option<Generation>,
    not_before: DateTime<Utc>,
    expires: DateTime<Utc>,
}

/// The claims of an access token (RFC 9068, with our own beside them).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    client_id: String,
    exp: i64,
    nbf: i64,
    iat: i64,
    jti: String,
    role: Role,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    quarantine_kind: Option<QuarantineKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    firm: Option<FirmId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    firm_tax_code: Option<String>,
    /// None: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crossing_points: Option<Vec<String>>,
    /// None: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    yards: Option<Vec<String>>,
    /// The session of a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    /// The OAuth scopes of a machine client, with blanks between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    generation: Option<Generation>,
}

impl Tokens {
    /// Tokens signed by `keys` in the name of `issuer`, the address under which the service is known.
    #[must_use]
    pub fn new(keys: Arc<Keys>, issuer: impl Into<String>) -> Self {
        let issuer = issuer.into();
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[&issuer]);
        validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
        // The time is compared here, by the clock that was passed; the library would read the machine's.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self {
            keys,
            issuer,
            validation,
            verified: std::array::from_fn(|_| Mutex::default()),
            revoked: Mutex::default(),
        }
    }

    /// The keys that sign.
    #[must_use]
    pub fn keys(&self) -> &Arc<Keys> {
        &self.keys
    }

    /// In whose name the tokens are.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// A token that says for [`LIFETIME`] from `now` who `principal` is. `generation` is a machine client's.
    ///
    /// # Errors
    ///
    /// [`NotMade`].
    pub fn issue(
        &self,
        principal: &Principal,
        generation: Option<Generation>,
        now: DateTime<Utc>,
    ) -> Result<String, NotMade> {
        let actor = &principal.actor;
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: actor.id.to_string(),
            client_id: match &actor.id {
                ActorId::Client(id) => id.clone(),
                ActorId::Account(_) | ActorId::System => AUDIENCE.to_owned(),
            },
            exp: (now + LIFETIME).timestamp(),
            nbf: now.timestamp(),
            iat: now.timestamp(),
            jti: random_text::<16>().map_err(NotMade::NoRandomness)?,
            role: actor.role,
            quarantine_kind: actor.quarantine_kind,
            firm: actor.firm,
            firm_tax_code: actor.firm_tax_code.clone(),
            crossing_points: actor.crossing_points.codes().map(<[String]>::to_vec),
            yards: actor.yards.codes().map(<[String]>::to_vec),
            sid: principal.session.clone(),
            scope: principal.oauth_scopes.as_deref().map(scope_text),
            generation,
        };
        self.sign(TYPE, &claims)
    }

    /// Signs `claims` as a compact token of the type `typ`, such as a gate pass.
    ///
    /// # Errors
    ///
    /// [`NotMade`].
    pub fn sign<T: Serialize>(&self, typ: &str, claims: &T) -> Result<String, NotMade> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(typ.to_owned());
        header.kid = Some(self.keys.kid().to_owned());
        Ok(jsonwebtoken::encode(&header, claims, self.keys.encoding())?)
    }

    /// Who carries `token`.
    ///
    /// # Errors
    ///
    /// [`NotValid`], alike for every fault.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Arc<Principal>, NotValid> {
        let shard = self.shard(token)?;
        let known = lock(shard).get(token).cloned();
        let verified = match known {
            Some(verified) => verified,
            None => self.verify_anew(token, now)?,
        };
        if !verified.holds(now) {
            return Err(NotValid);
        }
        Ok(verified.principal)
    }

    fn verify_anew(&self, token: &str, now: DateTime<Utc>) -> Result<Verified, NotValid> {
        let claims: Claims = self.read(TYPE, token)?;
        let verified = Verified::try_from(claims)?;
        if !verified.holds(now) {
            return Err(NotValid);
        }
        let mut shard = lock(self.shard(token)?);
        // Asked with the part held: whoever revokes notes it first and then forgets what the parts hold, so a
        // token revoked at this moment is either seen here or forgotten there.
        if lock(&self.revoked).covers(&verified.principal, verified.generation) {
            return Err(NotValid);
        }
        if shard.len() >= SHARD_SIZE {
            shard.retain(|_, kept| kept.holds(now));
        }
        if shard.len() >= SHARD_SIZE {
            shard.clear();
        }
        shard.insert(token.into(), verified.clone());
        Ok(verified)
    }

    /// The claims of a token of the type `typ` that we signed for ourselves; its times are the caller's to compare.
    ///
    /// # Errors
    ///
    /// [`NotValid`], alike for every fault.
    pub fn read<T: DeserializeOwned>(&self, typ: &str, token: &str) -> Result<T, NotValid> {
        if token.len() > LONGEST {
            return Err(NotValid);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| NotValid)?;
        // A header that asks for more than we know must not be passed over (RFC 7515, section 4.1.11).
        if header.typ.as_deref() != Some(typ) || header.alg != Algorithm::EdDSA || header.crit.is_some() {
            return Err(NotValid);
        }
        // The name only picks among the keys we have; nothing in a token leads to a file or an address.
        let key = header.kid.as_deref().and_then(|kid| self.keys.verifying(kid)).ok_or(NotValid)?;
        jsonwebtoken::decode(token, key, &self.validation).map(|data| data.claims).map_err(|_| NotValid)
    }

    /// Refuses from now on, until their tokens have expired, the sessions and clients that `more` names.
    pub fn revoke(&self, more: Revoked, now: DateTime<Utc>) {
        if more.is_empty() {
            return;
        }
        let covered = lock(&self.revoked).add(more, now);
        for shard in &self.verified {
            lock(shard).retain(|_, kept| !covered.covers(&kept.principal, kept.generation));
        }
    }

    /// The part that keeps `token`: by the end of its signature, which is as good as random where it is ours.
    fn shard(&self, token: &str) -> Result<&Mutex<HashMap<Box<str>, Verified>>, NotValid> {
        let end = token.bytes().rev().take(4).fold(0_usize, |end, byte| end * 31 + usize::from(byte));
        self.verified.get(end % SHARDS).ok_or(NotValid)
    }
}

impl Verified {
    fn holds(&self, now: DateTime<Utc>) -> bool {
        self.not_before <= now + LEEWAY && now < self.expires
    }
}

impl TryFrom<Claims> for Verified {
    type Error = NotValid;

    fn try_from(claims: Claims) -> Result<Self, NotValid> {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).ok_or(NotValid);
        let (kind, id) = claims.sub.split_once(':').ok_or(NotValid)?;
        let id = match kind {
            "account" if claims.sid.is_some() => ActorId::Account(AccountId(id.parse().map_err(|_| NotValid)?)),
            "client" if claims.generation.is_some() && claims.scope.is_some() => ActorId::Client(id.to_owned()),
            _ => return Err(NotValid),
        };
        let oauth_scopes = match claims.scope {
            Some(text) => Some(scopes_of(&text).ok_or(NotValid)?),
            None => None,
        };
        let actor = Actor {
            id,
            role: claims.role,
            quarantine_kind: claims.quarantine_kind,
            firm: claims.firm,
            firm_tax_code: claims.firm_tax_code,
            crossing_points: Scope::from(claims.crossing_points),
            yards: Scope::from(claims.yards),
        };
        Ok(Self {
            principal: Arc::new(Principal { actor, session: claims.sid, oauth_scopes }),
            generation: claims.generation,
            not_before: at(claims.nbf)?,
            expires: at(claims.exp)?,
        })
    }
}

/// OAuth scopes as RFC 6749 writes them: words with blanks between.
#[must_use]
pub fn scope_text(scopes: &[OauthScope]) -> String {
    scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
}

/// The OAuth scopes in such a text, each once; nothing where one of the words is none.
#[must_use]
pub fn scopes_of(text: &str) -> Option<Vec<OauthScope>> {
    let mut seen = HashSet::new();
    let words = text.split(' ').filter(|word| seen.insert(*word) && !word.is_empty());
    words.map(|word| word.parse().ok()).collect()
}

/// `N` random bytes as text that fits into URLs and headers.
///
/// # Errors
///
/// When the system gives no randomness.
pub fn random_text<const N: usize>() -> Result<String, getrandom::Error> {
    let mut random = [0; N];
    getrandom::fill(&mut random)?;
    Ok(URL_SAFE_NO_PAD.encode(random))
}

/// What a lock guards is whole even where a holder panicked: each change is one call.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
