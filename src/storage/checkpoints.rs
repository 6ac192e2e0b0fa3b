//! Checkpoints as rows, and the actions in the order of their commits.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::schema::checkpoints;
use crate::domain::audit::Hash;
use crate::domain::audit::checkpoint::{Checkpoint, Gap, Signed};
use crate::domain::audit::evidence::Leaf;

/// One row of `checkpoints`.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = checkpoints, check_for_backend(diesel::pg::Pg))]
struct Stored {
    number: i64,
    previous: Vec<u8>,
    key_id: String,
    made_at: DateTime<Utc>,
    transactions_from: i64,
    transactions_to: i64,
    actions: i64,
    root: Vec<u8>,
    gap_from: Option<DateTime<Utc>>,
    gap_until: Option<DateTime<Utc>>,
    signature: Vec<u8>,
}

impl From<&Signed> for Stored {
    fn from(Signed { checkpoint, signature }: &Signed) -> Self {
        Self {
            number: checkpoint.number,
            previous: checkpoint.previous.0.to_vec(),
            key_id: checkpoint.key_id.clone(),
            made_at: checkpoint.made_at,
            transactions_from: checkpoint.transactions_from,
            transactions_to: checkpoint.transactions_to,
            actions: checkpoint.actions,
            root: checkpoint.root.0.to_vec(),
            gap_from: checkpoint.gap.map(|gap| gap.from),
            gap_until: checkpoint.gap.map(|gap| gap.until),
            signature: signature.to_vec(),
        }
    }
}

impl From<Stored> for Signed {
    /// The table holds that hashes have 32 bytes and signatures 64.
    fn from(row: Stored) -> Self {
        Self {
            checkpoint: Checkpoint {
                number: row.number,
                previous: hash(row.previous),
                key_id: row.key_id,
                made_at: row.made_at,
                transactions_from: row.transactions_from,
                transactions_to: row.transactions_to,
                actions: row.actions,
                root: hash(row.root),
                gap: row.gap_from.zip(row.gap_until).map(|(from, until)| Gap { from, until }),
            },
            signature: row.signature.try_into().unwrap_or([0; 64]),
        }
    }
}

/// A hash as it is stored; one of another length reads as zeros, which none has.
fn hash(bytes: Vec<u8>) -> Hash {
    Hash(bytes.try_into().unwrap_or_default())
}

/// The last checkpoint.
///
/// # Errors
///
/// The database's.
pub async fn last(conn: &mut AsyncPgConnection) -> QueryResult<Option<Signed>> {
    let rows = checkpoints::table.order(checkpoints::number.desc()).select(Stored::as_select());
    Ok(rows.first(conn).await.optional()?.map(Signed::from))
}

/// The checkpoint with this number.
///
/// # Errors
///
/// The database's.
pub async fn find(conn: &mut AsyncPgConnection, number: i64) -> QueryResult<Option<Signed>> {
    Ok(checkpoints::table.find(number).select(Stored::as_select()).first(conn).await.optional()?.map(Signed::from))
}

/// At most `limit` checkpoints after the one numbered `after`, oldest first.
///
/// # Errors
///
/// The database's.
pub async fn list(conn: &mut AsyncPgConnection, after: i64, limit: i64) -> QueryResult<Vec<Signed>> {
    let rows: Vec<Stored> = checkpoints::table
        .filter(checkpoints::number.gt(after))
        .order(checkpoints::number)
        .limit(limit)
        .select(Stored::as_select())
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(Signed::from).collect())
}

/// Adds a checkpoint. Whether it was the first with its number: of several instances one makes each.
///
/// # Errors
///
/// The database's.
pub async fn insert(conn: &mut AsyncPgConnection, signed: &Signed) -> QueryResult<bool> {
    let row = Stored::from(signed);
    Ok(diesel::insert_into(checkpoints::table).values(row).on_conflict_do_nothing().execute(conn).await? == 1)
}

/// What waits for the next checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub struct Waiting {
    /// The oldest transaction that may still be under way: all before it have ended, and none will come.
    #[diesel(sql_type = BigInt)]
    pub settled_to: i64,
    /// When the first of the actions that wait was taken.
    #[diesel(sql_type = diesel::sql_types::Nullable<Timestamptz>)]
    pub oldest: Option<DateTime<Utc>>,
    /// Whether that one has ended with all before it, so that the next checkpoint covers it.
    #[diesel(sql_type = Bool)]
    pub is_settled: bool,
}

/// What has come since the transaction `from`.
///
/// # Errors
///
/// The database's.
pub async fn waiting(conn: &mut AsyncPgConnection, from: i64) -> QueryResult<Waiting> {
    diesel::sql_query(
        "select settled.settled_to, first.recorded_at as oldest,
                coalesce(first.transaction < settled.settled_to::text::xid8, false) as is_settled
           from (select settled_transactions() as settled_to) as settled
           left join lateral (select transaction, recorded_at from actions where transaction >= $1::text::xid8
                               order by transaction, declaration, seq limit 1) as first on true",
    )
    .bind::<BigInt, _>(from)
    .get_result(conn)
    .await
}

#[derive(QueryableByName)]
struct LeafRow {
    #[diesel(sql_type = BigInt)]
    transaction: i64,
    #[diesel(sql_type = BigInt)]
    declaration: i64,
    #[diesel(sql_type = Integer)]
    seq: i32,
    #[diesel(sql_type = Binary)]
    hash: Vec<u8>,
}

/// At most `limit` actions after the place `after` and before the transaction `to`, in the order of their commits.
///
/// # Errors
///
/// The database's.
pub async fn leaves(
    conn: &mut AsyncPgConnection,
    after: (i64, i64, i32),
    to: i64,
    limit: i64,
) -> QueryResult<Vec<Leaf>> {
    // Ordered by the table's own column, which is indexed; by its name alone it would be the number made of it.
    let rows: Vec<LeafRow> = diesel::sql_query(
        "select transaction::text::bigint as transaction, declaration, seq, hash from actions
          where (transaction, declaration, seq) > ($1::text::xid8, $2, $3) and transaction < $4::text::xid8
          order by actions.transaction, declaration, seq limit $5",
    )
    .bind::<BigInt, _>(after.0)
    .bind::<BigInt, _>(after.1)
    .bind::<Integer, _>(after.2)
    .bind::<BigInt, _>(to)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Leaf {
            transaction: row.transaction,
            declaration: row.declaration,
            seq: row.seq,
            hash: hash(row.hash),
        })
        .collect())
}
