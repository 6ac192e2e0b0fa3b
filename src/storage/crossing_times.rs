//! How long vehicles took from their arrival until they crossed.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Double, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

struct Medians {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

impl QueryFragment<Pg> for Medians {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql(
            "select crossing_point, \
             percentile_cont(0.5) within group (order by extract(epoch from completed_at - arrived_at)::float8) \
             from declarations where arrived_at is not null and cargo_class is not null and completed_at >= ",
        );
        pass.push_bind_param::<Timestamptz, _>(&self.from)?;
        pass.push_sql(" and completed_at <= ");
        pass.push_bind_param::<Timestamptz, _>(&self.to)?;
        pass.push_sql(" group by crossing_point");
        Ok(())
    }
}

impl QueryId for Medians {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for Medians {
    type SqlType = (Text, Double);
}

impl<Conn> diesel::RunQueryDsl<Conn> for Medians {}

/// The median time in seconds from arrival to crossing, by crossing point, of those that crossed from `from` to `to`.
///
/// # Errors
///
/// The database's.
pub async fn medians(
    conn: &mut AsyncPgConnection,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> QueryResult<Vec<(String, f64)>> {
    Medians { from, to }.load(conn).await
}
