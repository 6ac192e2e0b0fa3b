//! How long vehicles took, read: added up over spans by what it is asked by.

use chrono::NaiveDate;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Bool, Date, Integer, SmallInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::throughput::unreadable;
use crate::domain::dwell::{Bucket, Pair};
use crate::domain::period::Span;

/// By what the vehicles are told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Apart {
    /// By crossing point.
    pub crossing_point: bool,
    /// By direction.
    pub direction: bool,
    /// By cargo class.
    pub cargo_class: bool,
}

/// How many vehicles took as long as one bucket, over one of the spans asked for. What they were not told apart by
/// is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Which of the spans, by its place in the list.
    pub span: usize,
    /// The crossing point's code.
    pub crossing_point: String,
    /// The direction.
    pub direction: String,
    /// The cargo class.
    pub cargo_class: String,
    /// How long.
    pub bucket: Bucket,
    /// How many.
    pub vehicles: i64,
}

/// One prepared statement, whatever is asked.
struct Buckets {
    places: Vec<i32>,
    from: Vec<NaiveDate>,
    to: Vec<NaiveDate>,
    pair: &'static str,
    apart: Apart,
}

impl QueryFragment<Pg> for Buckets {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql(
            "select s.place, d.crossing_point, d.direction, d.cargo_class, d.bucket, d.vehicles from unnest(",
        );
        pass.push_bind_param::<Array<Integer>, _>(&self.places)?;
        pass.push_sql(", ");
        pass.push_bind_param::<Array<Date>, _>(&self.from)?;
        pass.push_sql(", ");
        pass.push_bind_param::<Array<Date>, _>(&self.to)?;
        // Added up span by span: joined to all spans at once, the times of all days are read.
        pass.push_sql(") as s(place, \"from\", \"to\") cross join lateral (select ");
        let dimensions = [
            ("crossing_point", &self.apart.crossing_point),
            ("direction", &self.apart.direction),
            ("cargo_class", &self.apart.cargo_class),
        ];
        for (dimension, wanted) in dimensions {
            pass.push_sql("case when ");
            pass.push_bind_param::<Bool, _>(wanted)?;
            pass.push_sql(" then ");
            pass.push_sql(dimension);
            pass.push_sql(" else '' end as ");
            pass.push_sql(dimension);
            pass.push_sql(", ");
        }
        pass.push_sql(
            "bucket, sum(vehicles)::bigint as vehicles from dwell \
             where day >= s.\"from\" and day < s.\"to\" and pair = ",
        );
        pass.push_bind_param::<Text, _>(&self.pair)?;
        pass.push_sql(" group by 1, 2, 3, 4 having sum(vehicles) <> 0) as d");
        Ok(())
    }
}

impl QueryId for Buckets {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for Buckets {
    type SqlType = (Integer, Text, Text, Text, SmallInt, BigInt);
}

impl<Conn> diesel::RunQueryDsl<Conn> for Buckets {}

/// How long vehicles took between the stamps of `pair`, over each of `spans`, told apart as asked.
///
/// # Errors
///
/// The database's; a bucket that there is not is a deserialisation error.
pub async fn buckets(
    conn: &mut AsyncPgConnection,
    spans: &[Span],
    pair: Pair,
    apart: Apart,
) -> QueryResult<Vec<Taken>> {
    let query = Buckets {
        places: (0..).take(spans.len()).collect(),
        from: spans.iter().map(|span| span.from).collect(),
        to: spans.iter().map(|span| span.to).collect(),
        pair: pair.as_str(),
        apart,
    };
    let rows: Vec<(i32, String, String, String, i16, i64)> = query.load(conn).await?;
    rows.into_iter()
        .map(|(place, crossing_point, direction, cargo_class, bucket, vehicles)| {
            Ok(Taken {
                span: usize::try_from(place).unwrap_or(usize::MAX),
                crossing_point,
                direction,
                cargo_class,
                bucket: Bucket::at(bucket).ok_or_else(|| unreadable("there is no such bucket"))?,
                vehicles,
            })
        })
        .collect()
}
