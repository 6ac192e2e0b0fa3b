//! Receipts: which are used, and what was taken on which day.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use tokio_postgres::{Client, Error};

use super::schema::receipts;
use super::sets::{Change, LinkedAction};
use crate::domain::actor::Scope;
use crate::domain::period::Span;
use crate::domain::receipt::{Receipt, ReceiptKind};

/// A receipt that is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedReceipt {
    /// Its number.
    pub receipt: String,
    /// For what.
    pub kind: ReceiptKind,
    /// The declaration that it stands on.
    pub declaration: i64,
    /// Where.
    pub crossing_point: String,
    /// On which local day.
    pub day: NaiveDate,
}

/// Which of the receipts that `left_out` bring are used.
///
/// # Errors
///
/// The database's.
pub async fn used(client: &Client, left_out: &[&Change<'_>]) -> Result<Vec<UsedReceipt>, Error> {
    let brought: Vec<Receipt> = left_out
        .iter()
        .flat_map(|change| change.actions)
        .filter_map(|LinkedAction { entry, .. }| entry.receipt())
        .collect();
    if brought.is_empty() {
        return Ok(Vec::new());
    }
    let numbers: Vec<&str> = brought.iter().map(|receipt| receipt.receipt.as_str()).collect();
    let kinds: Vec<&str> = brought.iter().map(|receipt| receipt.kind.as_str()).collect();
    let rows = client
        .query(
            "select p.receipt, p.kind, p.declaration, p.crossing_point, p.day
             from unnest($1::text[], $2::text[]) as q(receipt, kind) join receipts p using (receipt, kind)",
            &[&numbers, &kinds],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let kind: String = row.try_get(1)?;
            Ok(UsedReceipt {
                receipt: row.try_get(0)?,
                // The word is one that was asked for.
                kind: if kind == ReceiptKind::Refund.as_str() { ReceiptKind::Refund } else { ReceiptKind::Payment },
                declaration: row.try_get(2)?,
                crossing_point: row.try_get(3)?,
                day: row.try_get(4)?,
            })
        })
        .collect()
}

/// What was taken at one crossing point on one day, of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taking {
    /// The local day.
    pub day: NaiveDate,
    /// The crossing point's code.
    pub crossing_point: String,
    /// Payments or refunds.
    pub kind: ReceiptKind,
    /// How many.
    pub count: i64,
    /// Their sum, in whole dong; below zero for refunds.
    pub sum_vnd: i64,
}

/// One receipt as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedReceipt {
    /// What changed hands.
    pub receipt: Receipt,
    /// The declaration that it stands on.
    pub declaration: i64,
    /// Where.
    pub crossing_point: String,
    /// Who took or gave it: an account, a client, or the system for what an older system had taken.
    pub actor: String,
}

/// A row of `receipts`, as far as it is listed.
#[derive(Queryable, Selectable)]
#[diesel(table_name = receipts, check_for_backend(diesel::pg::Pg))]
struct Row {
    receipt: String,
    kind: String,
    at: DateTime<Utc>,
    amount_vnd: i64,
    declaration: i64,
    crossing_point: String,
    actor: String,
}

/// The takings of each day of `span` at the crossing points of `scope`, where there are any.
///
/// # Errors
///
/// The database's; a word that is none of ours is a deserialisation error.
pub async fn takings(conn: &mut AsyncPgConnection, span: Span, scope: &Scope) -> QueryResult<Vec<Taking>> {
    let mut query = receipts::table
        .filter(receipts::day.ge(span.from).and(receipts::day.lt(span.to)))
        .group_by((receipts::day, receipts::crossing_point, receipts::kind))
        .select((
            receipts::day,
            receipts::crossing_point,
            receipts::kind,
            count_star(),
            // The sum of whole numbers is a decimal in PostgreSQL.
            diesel::dsl::sql::<BigInt>("sum(amount_vnd)::bigint"),
        ))
        .order((receipts::day, receipts::crossing_point, receipts::kind))
        .into_boxed();
    if let Scope::Only(codes) = scope {
        query = query.filter(receipts::crossing_point.eq_any(codes));
    }
    let rows: Vec<(NaiveDate, String, String, i64, i64)> = query.load(conn).await?;
    rows.into_iter()
        .map(|(day, crossing_point, kind, count, sum_vnd)| {
            Ok(Taking { day, crossing_point, kind: kind.parse().map_err(unreadable)?, count, sum_vnd })
        })
        .collect()
}

/// The receipts of `span` at the crossing points of `scope`, at most `limit`, oldest first.
///
/// # Errors
///
/// As [`takings`].
pub async fn list(
    conn: &mut AsyncPgConnection,
    span: Span,
    scope: &Scope,
    limit: i64,
) -> QueryResult<Vec<ListedReceipt>> {
    let mut query = receipts::table
        .filter(receipts::day.ge(span.from).and(receipts::day.lt(span.to)))
        .select(Row::as_select())
        .order((receipts::at, receipts::receipt, receipts::kind))
        .limit(limit)
        .into_boxed();
    if let Scope::Only(codes) = scope {
        query = query.filter(receipts::crossing_point.eq_any(codes));
    }
    let rows: Vec<Row> = query.load(conn).await?;
    rows.into_iter()
        .map(|Row { receipt, kind, at, amount_vnd, declaration, crossing_point, actor }| {
            let receipt = Receipt { receipt, kind: kind.parse().map_err(unreadable)?, at, amount_vnd };
            Ok(ListedReceipt { receipt, declaration, crossing_point, actor })
        })
        .collect()
}

fn unreadable(error: crate::domain::words::UnknownWord) -> diesel::result::Error {
    diesel::result::Error::DeserializationError(Box::new(error))
}
