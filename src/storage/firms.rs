//! Firms as rows.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::schema::firms;
use crate::domain::actor::FirmId;

/// The firms with these tax codes, those that there are and that are not disabled.
///
/// # Errors
///
/// The database's.
pub async fn by_tax_code(conn: &mut AsyncPgConnection, codes: &[&str]) -> QueryResult<HashMap<String, FirmId>> {
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
pub async fn add(conn: &mut AsyncPgConnection, new: &[(&str, &str)], now: DateTime<Utc>) -> QueryResult<usize> {
    let rows: Vec<_> = new
        .iter()
        .map(|(code, name)| (firms::tax_code.eq(*code), firms::name.eq(*name), firms::created_at.eq(now)))
        .collect();
    diesel::insert_into(firms::table).values(rows).on_conflict(firms::tax_code).do_nothing().execute(conn).await
}
