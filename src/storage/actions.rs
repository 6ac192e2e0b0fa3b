//! The actions of a declaration, as rows.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::column_types::JsonText;
use super::schema::actions;
use crate::domain::number::Number;

/// One row of `actions`, without the declaration it belongs to.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = actions, check_for_backend(diesel::pg::Pg))]
#[expect(missing_docs, reason = "the columns are described in the migrations")]
pub struct StoredAction {
    pub seq: i32,
    pub action: String,
    pub actor: String,
    pub role: String,
    pub at: DateTime<Utc>,
    pub recorded_at: DateTime<Utc>,
    pub details: JsonText,
    pub hash: Vec<u8>,
}

/// The history of a declaration, oldest first.
///
/// # Errors
///
/// The database's.
pub async fn of(conn: &mut AsyncPgConnection, number: Number) -> QueryResult<Vec<StoredAction>> {
    actions::table
        .filter(actions::declaration.eq(number.as_i64()))
        .order(actions::seq)
        .select(StoredAction::as_select())
        .load(conn)
        .await
}
