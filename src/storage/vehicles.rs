//! The vehicles that hold a place among the active ones.

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::schema::vehicles_present;
use crate::domain::content::Direction;

/// Whether the vehicle with this key has an active declaration in this direction.
///
/// # Errors
///
/// The database's.
pub async fn is_present(conn: &mut AsyncPgConnection, vehicle: &str, direction: Direction) -> QueryResult<bool> {
    diesel::select(exists(vehicles_present::table.find((vehicle, direction.as_str())))).get_result(conn).await
}
