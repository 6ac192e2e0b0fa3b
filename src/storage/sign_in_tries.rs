//! Who tried to sign in of late: by account and by address.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Binary, Integer, Nullable, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::schema::sign_in_tries;

#[derive(QueryableByName)]
struct Earliest {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    at: Option<DateTime<Utc>>,
}

/// Counts a try under `key`, unless there were `limit` of them after `since`: then gives the first of those.
///
/// # Errors
///
/// The database's.
pub async fn count(
    conn: &mut AsyncPgConnection,
    key: &[u8],
    now: DateTime<Utc>,
    since: DateTime<Utc>,
    limit: i32,
) -> QueryResult<Result<(), DateTime<Utc>>> {
    let counted = diesel::sql_query(
        "insert into sign_in_tries as known (key, tries, last_at) values ($1, array[$2], $2)
         on conflict (key) do update
            set tries = array(select at from unnest(known.tries) at where at > $3 order by at) || $2, last_at = $2
          where (select count(*) from unnest(known.tries) at where at > $3) < $4",
    )
    .bind::<Binary, _>(key)
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(since)
    .bind::<Integer, _>(limit)
    .execute(conn)
    .await?;
    if counted == 1 {
        return Ok(Ok(()));
    }
    let earliest: Earliest =
        diesel::sql_query("select min(at) as at from sign_in_tries, unnest(tries) at where key = $1 and at > $2")
            .bind::<Binary, _>(key)
            .bind::<Timestamptz, _>(since)
            .get_result(conn)
            .await?;
    Ok(Err(earliest.at.unwrap_or(now)))
}

/// Takes back the last try under `key`.
///
/// # Errors
///
/// The database's.
pub async fn take_back(conn: &mut AsyncPgConnection, key: &[u8]) -> QueryResult<()> {
    diesel::sql_query("update sign_in_tries set tries = trim_array(tries, 1) where key = $1 and cardinality(tries) > 0")
        .bind::<Binary, _>(key)
        .execute(conn)
        .await
        .map(drop)
}

/// Forgets the tries under `key`.
///
/// # Errors
///
/// The database's.
pub async fn forgive(conn: &mut AsyncPgConnection, key: &[u8]) -> QueryResult<()> {
    diesel::delete(sign_in_tries::table.find(key)).execute(conn).await.map(drop)
}

/// Removes what was last tried before `before`.
///
/// # Errors
///
/// The database's.
pub async fn forget(conn: &mut AsyncPgConnection, before: DateTime<Utc>) -> QueryResult<usize> {
    diesel::delete(sign_in_tries::table.filter(sign_in_tries::last_at.lt(before))).execute(conn).await
}
