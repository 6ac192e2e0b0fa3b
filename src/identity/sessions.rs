//! Signing in, staying signed in, signing out.

use chrono::{DateTime, TimeDelta, Utc};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use sha2::{Digest, Sha256};

use super::passwords::{PasswordFault, Passwords};
use super::principal::Principal;
use super::revocations::Revoked;
use super::tokens::{NotMade, Tokens, random_text};
use crate::domain::actor::ActorId;
use crate::storage::accounts::{self, Account};
use crate::storage::pool::{Pool, PoolError};
use crate::storage::sessions::{self, Session};
use crate::storage::sign_in_tries;

/// Who does not come back for so long signs in again.
const IDLE: TimeDelta = TimeDelta::days(7);

/// Even who comes back every day signs in again after so long.
const LONGEST: TimeDelta = TimeDelta::days(30);

/// So many tries to sign in, by account and by address, ...
const TRIES: i32 = 10;

/// ... within so long.
const TRIES_WITHIN: TimeDelta = TimeDelta::minutes(15);

/// What a person gets who signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// For every request of the next minutes.
    pub access_token: String,
    /// For the next access token; good once.
    pub refresh_token: String,
    /// Who it is.
    pub account: Account,
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The name or the password is wrong, or the account disabled: callers are not told which.
    #[error("wrong name or password")]
    Wrong,
    /// The refresh token is none of ours, used up, expired, or its session has ended.
    #[error("the refresh token does not hold")]
    NotRefreshable,
    /// Too many tries; again in this many seconds.
    #[error("too many tries")]
    TooMany(u32),
    /// The password could not be compared.
    #[error(transparent)]
    Password(#[from] PasswordFault),
    /// The token could not be made.
    #[error(transparent)]
    Token(#[from] NotMade),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] diesel::result::Error),
    /// The database could not be reached.
    #[error(transparent)]
    Pool(#[from] PoolError),
}

/// Signs a person in who asks from `address`.
///
/// # Errors
///
/// [`Refused`]; the answer and its time are the same for an account that is not there.
pub async fn sign_in(
    pool: &Pool,
    tokens: &Tokens,
    passwords: &Passwords,
    (username, password): (&str, &str),
    address: &str,
    now: DateTime<Utc>,
) -> Result<SignedIn, Refused> {
    let by_account = digest(&format!("account {}", username.to_lowercase()));
    let by_address = digest(&format!("address {address}"));
    let mut conn = pool.get().await?;
    count_try(&mut conn, [&by_account, &by_address], now).await?;
    let found = accounts::by_username(&mut conn, username).await?;
    // Nobody else waits for the connection while the password is compared.
    drop(conn);
    let kept = found.as_ref().map(|(_, hash)| hash.as_str());
    let matches = passwords.matches(password, kept).await?;
    let account = found.map(|(account, _)| account).filter(|account| matches && account.is_open());
    let account = account.ok_or(Refused::Wrong)?;

    let mut conn = pool.get().await?;
    sign_in_tries::forgive(&mut conn, &by_account).await?;
    sign_in_tries::take_back(&mut conn, &by_address).await?;
    let session = Session { id: random_id()?, account: account.id, expires_at: now + LONGEST };
    let refresh_token = new_refresh_token()?;
    let account = conn
        .transaction(async |conn| {
            // Read again and held: of a sign-in and a disabling at the same moment, the disabling prevails.
            let Some(account) = accounts::hold(conn, session.account).await?.filter(Account::is_open) else {
                return Err(Refused::Wrong);
            };
            sessions::insert(conn, &session, now).await?;
            keep_refresh_token(conn, &refresh_token, &session, now).await?;
            Ok(account)
        })
        .await?;
    signed_in(tokens, account, session.id, refresh_token, now)
}

/// Counts a try under each key, or none where one of them has had its tries.
async fn count_try(conn: &mut AsyncPgConnection, keys: [&[u8; 32]; 2], now: DateTime<Utc>) -> Result<(), Refused> {
    conn.transaction(async |conn| {
        for key in keys {
            if let Err(first) = sign_in_tries::count(conn, key, now, now - TRIES_WITHIN, TRIES).await? {
                let seconds = (first + TRIES_WITHIN - now).num_seconds().max(0) + 1;
                return Err(Refused::TooMany(u32::try_from(seconds).unwrap_or(1)));
            }
        }
        Ok(())
    })
    .await
}

/// A new access token and a new refresh token for one that has not been used. One that was used before has been
/// stolen, from us or from its owner: its session ends.
///
/// # Errors
///
/// [`Refused`].
pub async fn refresh(
    conn: &mut AsyncPgConnection,
    tokens: &Tokens,
    refresh_token: &str,
    now: DateTime<Utc>,
) -> Result<SignedIn, Refused> {
    let hash = digest(refresh_token);
    let next = new_refresh_token()?;
    let going_on = conn
        .transaction::<_, diesel::result::Error, _>(async |conn| {
            let Some(id) = sessions::use_refresh_token(conn, &hash, now).await? else { return Ok(None) };
            let Some(session) = sessions::find_open(conn, &id, now).await? else { return Ok(None) };
            let account = accounts::hold(conn, session.account).await?.filter(Account::is_open);
            let Some(account) = account else { return Ok(None) };
            keep_refresh_token(conn, &next, &session, now).await?;
            Ok(Some((account, session.id)))
        })
        .await?;
    if let Some((account, session)) = going_on {
        return signed_in(tokens, account, session, next, now);
    }
    if let Some(session) = sessions::session_of_used(conn, &hash).await? {
        sign_out(conn, tokens, &session, now).await?;
    }
    Err(Refused::NotRefreshable)
}

/// Ends a session: at this instance at once, at the others within [`super::revocations::EVERY`].
///
/// # Errors
///
/// The database's.
pub async fn sign_out(
    conn: &mut AsyncPgConnection,
    tokens: &Tokens,
    session: &str,
    now: DateTime<Utc>,
) -> Result<(), diesel::result::Error> {
    sessions::end(conn, session, now).await?;
    tokens.revoke(Revoked::sessions([session.to_owned()], now), now);
    Ok(())
}

/// An access token for an account without a password, for an operator at the machine; its session cannot be refreshed.
///
/// # Errors
///
/// [`Refused`].
pub async fn access_token(
    conn: &mut AsyncPgConnection,
    tokens: &Tokens,
    account: &Account,
    now: DateTime<Utc>,
) -> Result<String, Refused> {
    let session = Session { id: random_id()?, account: account.id, expires_at: now + super::tokens::LIFETIME };
    sessions::insert(conn, &session, now).await?;
    Ok(tokens.issue(&principal(account, session.id), None, now)?)
}

/// Who `account` is in the session `session`.
#[must_use]
pub fn principal(account: &Account, session: String) -> Principal {
    let actor = account.mandate.actor(ActorId::Account(account.id));
    Principal { actor, session: Some(session), oauth_scopes: None }
}

fn signed_in(
    tokens: &Tokens,
    account: Account,
    session: String,
    refresh_token: String,
    now: DateTime<Utc>,
) -> Result<SignedIn, Refused> {
    let access_token = tokens.issue(&principal(&account, session), None, now)?;
    Ok(SignedIn { access_token, refresh_token, account })
}

async fn keep_refresh_token(
    conn: &mut AsyncPgConnection,
    token: &str,
    session: &Session,
    now: DateTime<Utc>,
) -> Result<(), diesel::result::Error> {
    let expires_at = session.expires_at.min(now + IDLE);
    sessions::add_refresh_token(conn, &digest(token), &session.id, expires_at, now).await
}

fn random_id() -> Result<String, Refused> {
    random_text::<16>().map_err(|error| NotMade::NoRandomness(error).into())
}

fn new_refresh_token() -> Result<String, Refused> {
    random_text::<32>().map_err(|error| NotMade::NoRandomness(error).into())
}

/// SHA-256: what is kept in the database opens nothing.
#[must_use]
pub fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}
