//! What is published: the last closing of each period that an analyst has closed.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::schema::closings;
use crate::domain::closing::Document;

/// The place of the last closing in the chain of all; 0 before the first.
///
/// # Errors
///
/// The database's.
pub async fn head(conn: &mut AsyncPgConnection) -> QueryResult<i64> {
    let head: Option<i64> = closings::table.select(diesel::dsl::max(closings::seq)).first(conn).await?;
    Ok(head.unwrap_or(0))
}

/// What was signed last of each closed period.
///
/// # Errors
///
/// The database's; a document that this program did not write is a deserialisation error.
pub async fn documents(conn: &mut AsyncPgConnection) -> QueryResult<Vec<Document>> {
    let texts: Vec<String> = closings::table
        .distinct_on(closings::period)
        .order((closings::period, closings::revision.desc()))
        .select(closings::document)
        .load(conn)
        .await?;
    let read = |text: &String| {
        serde_json::from_str(text).map_err(|error| diesel::result::Error::DeserializationError(error.into()))
    };
    texts.iter().map(read).collect()
}
