//! The actions of a declaration, as rows.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::column_types::JsonText;
use super::schema::actions;
use crate::domain::declaration::Entry;
use crate::domain::number::Number;

/// One row of `actions`, without the declaration it belongs to.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable)]
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

impl StoredAction {
    /// The action that the row holds; its details' text and hash stay behind.
    ///
    /// # Errors
    ///
    /// Where a word or the details are not what we would have written, with the reason.
    pub fn entry(&self) -> Result<Entry, String> {
        Ok(Entry {
            seq: self.seq,
            action: self.action.parse().map_err(|error| format!("{error}"))?,
            actor: self.actor.clone(),
            role: self.role.parse().map_err(|error| format!("{error}"))?,
            at: self.at,
            recorded_at: self.recorded_at,
            details: serde_json::from_str(&self.details.0).map_err(|error| format!("its details: {error}"))?,
        })
    }
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
