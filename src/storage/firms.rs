//! Firms.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::schema::firms;
use crate::domain::actor::FirmId;

/// A firm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firm {
    /// Its key.
    pub id: FirmId,
    /// Its tax code.
    pub tax_code: String,
    /// Its name.
    pub name: String,
    /// When it was entered.
    pub created_at: DateTime<Utc>,
    /// Since when nobody declares for it.
    pub disabled_at: Option<DateTime<Utc>>,
}

type Row = (i64, String, String, DateTime<Utc>, Option<DateTime<Utc>>);

fn firm((id, tax_code, name, created_at, disabled_at): Row) -> Firm {
    Firm { id: FirmId(id), tax_code, name, created_at, disabled_at }
}

/// Enters a firm; none where the tax code is there already.
///
/// # Errors
///
/// The database's.
pub async fn insert(
    conn: &mut AsyncPgConnection,
    tax_code: &str,
    name: &str,
    now: DateTime<Utc>,
) -> QueryResult<Option<Firm>> {
    diesel::insert_into(firms::table)
        .values((firms::tax_code.eq(tax_code), firms::name.eq(name), firms::created_at.eq(now)))
        .on_conflict_do_nothing()
        .returning(firms::all_columns)
        .get_result::<Row>(conn)
        .await
        .optional()
        .map(|row| row.map(firm))
}

/// The firm with this tax code.
///
/// # Errors
///
/// The database's.
pub async fn by_tax_code(conn: &mut AsyncPgConnection, tax_code: &str) -> QueryResult<Option<Firm>> {
    firms::table.filter(firms::tax_code.eq(tax_code)).first::<Row>(conn).await.optional().map(|row| row.map(firm))
}

/// Up to `limit` firms, newest first, from before the firm `before`.
///
/// # Errors
///
/// The database's.
pub async fn list(conn: &mut AsyncPgConnection, before: Option<FirmId>, limit: i64) -> QueryResult<Vec<Firm>> {
    let rows: Vec<Row> = firms::table
        .filter(firms::id.lt(before.map_or(i64::MAX, |before| before.0)))
        .order(firms::id.desc())
        .limit(limit)
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(firm).collect())
}

/// The firm with this tax code, which nobody else changes until the transaction ends.
///
/// # Errors
///
/// The database's.
pub async fn lock(conn: &mut AsyncPgConnection, tax_code: &str) -> QueryResult<Option<Firm>> {
    let row = firms::table.filter(firms::tax_code.eq(tax_code)).for_no_key_update().first::<Row>(conn).await;
    row.optional().map(|row| row.map(firm))
}

/// Changes a firm's name, and since when it is disabled.
///
/// # Errors
///
/// The database's.
pub async fn change(
    conn: &mut AsyncPgConnection,
    id: FirmId,
    name: &str,
    disabled_at: Option<DateTime<Utc>>,
) -> QueryResult<Firm> {
    diesel::update(firms::table.filter(firms::id.eq(id.0)))
        .set((firms::name.eq(name), firms::disabled_at.eq(disabled_at)))
        .returning(firms::all_columns)
        .get_result::<Row>(conn)
        .await
        .map(firm)
}

/// The firms with these tax codes, those that there are and that are not disabled.
///
/// # Errors
///
/// The database's.
pub async fn ids_by_tax_code(conn: &mut AsyncPgConnection, codes: &[&str]) -> QueryResult<HashMap<String, FirmId>> {
    let rows: Vec<(String, i64)> = firms::table
        .filter(firms::tax_code.eq_any(codes).and(firms::disabled_at.is_null()))
        .select((firms::tax_code, firms::id))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|(code, id)| (code, FirmId(id))).collect())
}

/// Adds firms by tax code and name; one that is there already stays as it is.
///
/// # Errors
///
/// The database's.
pub async fn insert_missing(
    conn: &mut AsyncPgConnection,
    new: &[(&str, &str)],
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    let rows: Vec<_> = new
        .iter()
        .map(|(code, name)| (firms::tax_code.eq(*code), firms::name.eq(*name), firms::created_at.eq(now)))
        .collect();
    diesel::insert_into(firms::table).values(rows).on_conflict(firms::tax_code).do_nothing().execute(conn).await
}
