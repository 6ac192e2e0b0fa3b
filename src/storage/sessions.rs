//! Sessions of people, and the refresh tokens that keep them going.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::schema::{accounts, refresh_tokens, sessions};
use crate::domain::actor::{AccountId, FirmId};

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub account: AccountId,
    /// When it ends at the latest.
    pub expires_at: DateTime<Utc>,
}

/// Begins a session.
///
/// # Errors
///
/// The database's.
pub async fn insert(conn: &mut AsyncPgConnection, session: &Session, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::insert_into(sessions::table)
        .values((
            sessions::id.eq(&session.id),
            sessions::account.eq(session.account.0),
            sessions::created_at.eq(now),
            sessions::expires_at.eq(session.expires_at),
        ))
        .execute(conn)
        .await
        .map(drop)
}

/// The session `id`, if it has not ended.
///
/// # Errors
///
/// The database's.
pub async fn find_open(conn: &mut AsyncPgConnection, id: &str, now: DateTime<Utc>) -> QueryResult<Option<Session>> {
    let found: Option<(String, i64, DateTime<Utc>)> = sessions::table
        .filter(sessions::id.eq(id))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .select((sessions::id, sessions::account, sessions::expires_at))
        .first(conn)
        .await
        .optional()?;
    Ok(found.map(|(id, account, expires_at)| Session { id, account: AccountId(account), expires_at }))
}

/// Ends the session `id`, unless it has ended.
///
/// # Errors
///
/// The database's.
pub async fn end(conn: &mut AsyncPgConnection, id: &str, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(sessions::table.filter(sessions::id.eq(id)).filter(sessions::ended_at.is_null()))
        .set(sessions::ended_at.eq(now))
        .execute(conn)
        .await
        .map(drop)
}

/// Ends every session of an account; gives their ids.
///
/// # Errors
///
/// The database's.
pub async fn end_all_of(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    now: DateTime<Utc>,
) -> QueryResult<Vec<String>> {
    diesel::update(sessions::table.filter(sessions::account.eq(account.0)).filter(sessions::ended_at.is_null()))
        .set(sessions::ended_at.eq(now))
        .returning(sessions::id)
        .get_results(conn)
        .await
}

/// Ends every session of a firm's accounts; gives their ids.
///
/// # Errors
///
/// The database's.
pub async fn end_all_of_firm(
    conn: &mut AsyncPgConnection,
    firm: FirmId,
    now: DateTime<Utc>,
) -> QueryResult<Vec<String>> {
    let of_firm = accounts::table.filter(accounts::firm.eq(firm.0)).select(accounts::id);
    diesel::update(sessions::table.filter(sessions::account.eq_any(of_firm)).filter(sessions::ended_at.is_null()))
        .set(sessions::ended_at.eq(now))
        .returning(sessions::id)
        .get_results(conn)
        .await
}

/// The sessions that ended since `since`.
///
/// # Errors
///
/// The database's.
pub async fn ended_since(conn: &mut AsyncPgConnection, since: DateTime<Utc>) -> QueryResult<Vec<String>> {
    sessions::table.filter(sessions::ended_at.gt(since)).select(sessions::id).load(conn).await
}

/// Keeps the digest of a refresh token of a session.
///
/// # Errors
///
/// The database's.
pub async fn add_refresh_token(
    conn: &mut AsyncPgConnection,
    hash: &[u8],
    session: &str,
    expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(refresh_tokens::table)
        .values((
            refresh_tokens::hash.eq(hash),
            refresh_tokens::session.eq(session),
            refresh_tokens::created_at.eq(now),
            refresh_tokens::expires_at.eq(expires_at),
        ))
        .execute(conn)
        .await
        .map(drop)
}

/// Uses up a refresh token, once; gives the id of its session. None where it is unknown, expired or used.
///
/// # Errors
///
/// The database's.
pub async fn use_refresh_token(
    conn: &mut AsyncPgConnection,
    hash: &[u8],
    now: DateTime<Utc>,
) -> QueryResult<Option<String>> {
    let unused = refresh_tokens::table
        .filter(refresh_tokens::hash.eq(hash))
        .filter(refresh_tokens::used_at.is_null())
        .filter(refresh_tokens::expires_at.gt(now));
    diesel::update(unused)
        .set(refresh_tokens::used_at.eq(now))
        .returning(refresh_tokens::session)
        .get_result(conn)
        .await
        .optional()
}

/// The session of a refresh token that has been used.
///
/// # Errors
///
/// The database's.
pub async fn session_of_used(conn: &mut AsyncPgConnection, hash: &[u8]) -> QueryResult<Option<String>> {
    let used =
        refresh_tokens::table.filter(refresh_tokens::hash.eq(hash)).filter(refresh_tokens::used_at.is_not_null());
    used.select(refresh_tokens::session).first(conn).await.optional()
}

/// Removes the sessions that expired before `before`, with their refresh tokens.
///
/// # Errors
///
/// The database's.
pub async fn forget(conn: &mut AsyncPgConnection, before: DateTime<Utc>) -> QueryResult<usize> {
    diesel::delete(sessions::table.filter(sessions::expires_at.lt(before))).execute(conn).await
}
