//! Where imported declarations came from.

use tokio_postgres::{Client, Error};

use crate::domain::declaration::Source;

/// Those of `sources` that were imported before, each with the number of its declaration.
///
/// # Errors
///
/// The database's.
pub async fn imported(client: &Client, sources: &[&Source]) -> Result<Vec<(Source, i64)>, Error> {
    let systems: Vec<&str> = sources.iter().map(|source| source.source.as_str()).collect();
    let ids: Vec<&str> = sources.iter().map(|source| source.source_id.as_str()).collect();
    let rows = client
        .query(
            "select s.source, s.source_id, s.declaration
             from unnest($1::text[], $2::text[]) as q(source, source_id) join sources s using (source, source_id)",
            &[&systems, &ids],
        )
        .await?;
    rows.iter()
        .map(|row| Ok((Source { source: row.try_get(0)?, source_id: row.try_get(1)? }, row.try_get(2)?)))
        .collect()
}

/// How many declarations were imported from any of `systems`.
///
/// # Errors
///
/// The database's.
pub async fn count(client: &Client, systems: &[&str]) -> Result<i64, Error> {
    client.query_one("select count(*) from sources where source = any($1::text[])", &[&systems]).await?.try_get(0)
}
