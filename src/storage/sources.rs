//! Where imported declarations came from.

use tokio_postgres::{Client, Error};

/// How many declarations were imported from any of `systems`.
///
/// # Errors
///
/// The database's.
pub async fn count(client: &Client, systems: &[&str]) -> Result<i64, Error> {
    client.query_one("select count(*) from sources where source = any($1::text[])", &[&systems]).await?.try_get(0)
}
