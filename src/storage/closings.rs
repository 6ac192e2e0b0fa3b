//! The closings: signed figures of periods that are over, added to and never changed.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::schema::closings;
use crate::domain::audit::Hash;
use crate::domain::closing::Closing;

type Row = (i64, String, i32, DateTime<Utc>, String, String, Vec<u8>, String, Vec<u8>);

fn closing(row: Row) -> QueryResult<Closing> {
    let (seq, period, revision, closed_at, closed_by, document, hash, kid, signature) = row;
    let hash =
        Hash(hash.try_into().map_err(|_| {
            diesel::result::Error::DeserializationError("a hash that has not 32 bytes".to_owned().into())
        })?);
    Ok(Closing { seq, period, revision, closed_at, closed_by, document, hash, kid, signature })
}

/// The last of all closings: its place in the chain and its hash.
///
/// # Errors
///
/// The database's.
pub async fn head(conn: &mut AsyncPgConnection) -> QueryResult<Option<Closing>> {
    closings::table.order(closings::seq.desc()).first::<Row>(conn).await.optional()?.map(closing).transpose()
}

/// A period's closing with this revision; the last one without.
///
/// # Errors
///
/// The database's.
pub async fn of(conn: &mut AsyncPgConnection, period: &str, revision: Option<i32>) -> QueryResult<Option<Closing>> {
    let mut query = closings::table.filter(closings::period.eq(period)).into_boxed();
    if let Some(revision) = revision {
        query = query.filter(closings::revision.eq(revision));
    }
    query.order(closings::revision.desc()).first::<Row>(conn).await.optional()?.map(closing).transpose()
}

/// Up to `limit` closings, newest first, from before the one at that place in the chain.
///
/// # Errors
///
/// The database's.
pub async fn list(conn: &mut AsyncPgConnection, before: Option<i64>, limit: i64) -> QueryResult<Vec<Closing>> {
    let mut query = closings::table.into_boxed();
    if let Some(before) = before {
        query = query.filter(closings::seq.lt(before));
    }
    let rows: Vec<Row> = query.order(closings::seq.desc()).limit(limit).load(conn).await?;
    rows.into_iter().map(closing).collect()
}

/// Adds a closing; whether it did: its place in the chain, or its revision, may have been taken meanwhile.
///
/// # Errors
///
/// The database's.
pub async fn insert(conn: &mut AsyncPgConnection, closing: &Closing) -> QueryResult<bool> {
    let new = (
        closings::seq.eq(closing.seq),
        closings::period.eq(&closing.period),
        closings::revision.eq(closing.revision),
        closings::closed_at.eq(closing.closed_at),
        closings::closed_by.eq(&closing.closed_by),
        closings::document.eq(&closing.document),
        closings::hash.eq(closing.hash.0.as_slice()),
        closings::kid.eq(&closing.kid),
        closings::signature.eq(&closing.signature),
    );
    Ok(diesel::insert_into(closings::table).values(new).on_conflict_do_nothing().execute(conn).await? == 1)
}
