//! Vehicles that went on to another crossing point after they had come in. The counters know `transferred` alone,
//! whether the vehicle had arrived or not; what ended otherwise than by crossing is few, and found by its stamp.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Integer, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::domain::period::{Span, beginning_of};

/// How many were transferred after arrival from one crossing point, over one of the spans asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transferred {
    /// Which of the spans, by its place in the list.
    pub span: usize,
    /// The crossing point's code.
    pub crossing_point: String,
    /// How many.
    pub count: i64,
}

struct AfterArrival {
    places: Vec<i32>,
    from: Vec<DateTime<Utc>>,
    to: Vec<DateTime<Utc>>,
}

impl QueryFragment<Pg> for AfterArrival {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql("select s.place, d.crossing_point, count(*) from unnest(");
        pass.push_bind_param::<Array<Integer>, _>(&self.places)?;
        pass.push_sql(", ");
        pass.push_bind_param::<Array<Timestamptz>, _>(&self.from)?;
        pass.push_sql(", ");
        pass.push_bind_param::<Array<Timestamptz>, _>(&self.to)?;
        pass.push_sql(
            ") as s(place, \"from\", \"to\") join declarations d on d.ended_at >= s.\"from\" and d.ended_at < s.\"to\" \
             where d.state = 'transferred' and d.arrived_at is not null and d.cargo_class is not null \
             group by s.place, d.crossing_point",
        );
        Ok(())
    }
}

impl QueryId for AfterArrival {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for AfterArrival {
    type SqlType = (Integer, Text, BigInt);
}

impl<Conn> diesel::RunQueryDsl<Conn> for AfterArrival {}

/// The vehicles transferred after arrival over each of `spans`, by crossing point, where there are any.
///
/// # Errors
///
/// The database's.
pub async fn after_arrival(conn: &mut AsyncPgConnection, spans: &[Span]) -> QueryResult<Vec<Transferred>> {
    let query = AfterArrival {
        places: (0..).take(spans.len()).collect(),
        from: spans.iter().map(|span| beginning_of(span.from)).collect(),
        to: spans.iter().map(|span| beginning_of(span.to)).collect(),
    };
    let rows: Vec<(i32, String, i64)> = query.load(conn).await?;
    let counted = |(place, crossing_point, count)| Transferred {
        span: usize::try_from(place).unwrap_or(usize::MAX),
        crossing_point,
        count,
    };
    Ok(rows.into_iter().map(counted).collect())
}
