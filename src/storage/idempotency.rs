//! What requests with an Idempotency-Key led to, kept in the transaction of the effect itself.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use tokio_postgres::Client;

use super::schema::idempotency_keys as keys;
use super::sets::{KeptReply, Reply};
use crate::domain::number::Number;

/// For how long an answer is kept.
pub const KEPT: TimeDelta = TimeDelta::days(7);

/// A request's key, under which its answer is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Who asks.
    pub caller: String,
    /// On which route.
    pub route: String,
    /// The key.
    pub key: String,
    /// SHA-256 of what is asked.
    pub request_hash: Vec<u8>,
}

/// What a key is known for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// The same request, with this answer.
    Same(Reply),
    /// Another request.
    Other,
}

/// What is kept under `key`, if it is.
///
/// # Errors
///
/// The database's.
pub async fn find(conn: &mut AsyncPgConnection, key: &Key, now: DateTime<Utc>) -> QueryResult<Option<Known>> {
    type Row = (Vec<u8>, i16, Option<String>, Option<String>, Vec<u8>);
    let kept: Option<Row> = keys::table
        .find((&key.caller, &key.route, &key.key))
        .filter(keys::created_at.gt(now - KEPT))
        .select((keys::request_hash, keys::status, keys::location, keys::etag, keys::body))
        .first(conn)
        .await
        .optional()?;
    Ok(kept.map(|(request_hash, status, location, etag, body)| {
        if request_hash == key.request_hash {
            Known::Same(Reply { status, location, etag, body })
        } else {
            Known::Other
        }
    }))
}

/// Keeps an answer, in the transaction of what it tells of. Whether it was the first under its key; if not, the
/// transaction must not commit.
///
/// # Errors
///
/// The database's.
pub async fn keep(conn: &mut AsyncPgConnection, kept: &KeptReply) -> QueryResult<bool> {
    // One that has had its seven days stands in nobody's way.
    let old =
        keys::table.find((&kept.caller, &kept.route, &kept.key)).filter(keys::created_at.le(kept.created_at - KEPT));
    diesel::delete(old).execute(conn).await?;
    let new = (
        keys::caller.eq(&kept.caller),
        keys::route.eq(&kept.route),
        keys::key.eq(&kept.key),
        keys::request_hash.eq(&kept.request_hash),
        keys::status.eq(kept.reply.status),
        keys::location.eq(&kept.reply.location),
        keys::etag.eq(&kept.reply.etag),
        keys::body.eq(&kept.reply.body),
        keys::created_at.eq(kept.created_at),
    );
    Ok(diesel::insert_into(keys::table).values(new).on_conflict_do_nothing().execute(conn).await? == 1)
}

/// Takes the people out of the answers that are kept about the declarations with these numbers, in the transaction
/// that erases them. An answer was made at the instant of its action: so it is found.
///
/// # Errors
///
/// The database's.
pub async fn without_people(
    client: &Client,
    numbers: &[Number],
    now: DateTime<Utc>,
) -> Result<u64, tokio_postgres::Error> {
    let keys: Vec<i64> = numbers.iter().map(|number| number.as_i64()).collect();
    let shown: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    let sql = "
        update idempotency_keys k
           set body = convert_to((convert_from(k.body, 'UTF8')::jsonb
                   || jsonb_build_object('driver', null, 'crew', '[]'::jsonb, 'people_erased_at', $3::timestamptz))::text, 'UTF8')
          from (select distinct a.recorded_at, q.shown
                  from unnest($1::bigint[], $2::text[]) as q(number, shown)
                  join actions a on a.declaration = q.number and a.recorded_at > $4) as made
         where k.created_at = made.recorded_at and position(convert_to(made.shown, 'UTF8') in k.body) > 0
           and substring(k.body from 1 for 1) = '{'::bytea";
    client.execute(sql, &[&keys, &shown, &now, &(now - KEPT)]).await
}

/// Removes the answers from before `before`.
///
/// # Errors
///
/// The database's.
pub async fn forget(conn: &mut AsyncPgConnection, before: DateTime<Utc>) -> QueryResult<usize> {
    diesel::delete(keys::table.filter(keys::created_at.lt(before))).execute(conn).await
}
