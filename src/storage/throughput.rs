//! The statistics' counters, read: what it costs depends on the days and dimensions asked for alone.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Date, Integer, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::domain::content::{CargoClass, Direction};
use crate::domain::period::{Span, beginning_of, local_day};
use crate::domain::throughput::{MEASURES, Measure};

/// The counts of one crossing point, direction and cargo class over one of the spans asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// Which of the spans, by its place in the list.
    pub span: usize,
    /// The crossing point's code.
    pub crossing_point: String,
    /// The direction.
    pub direction: Direction,
    /// The cargo class.
    pub cargo_class: CargoClass,
    /// The counts, in the order of [`Measure`].
    pub counts: [i64; MEASURES],
}

impl Sum {
    /// The count of one measure.
    #[must_use]
    pub fn of(&self, measure: Measure) -> i64 {
        self.counts.get(measure as usize).copied().unwrap_or(0)
    }
}

/// The counters summed over each of some spans; one prepared statement, however many.
struct Sums {
    places: Vec<i32>,
    from: Vec<NaiveDate>,
    to: Vec<NaiveDate>,
}

impl QueryFragment<Pg> for Sums {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql("select s.place, t.crossing_point, t.direction, t.cargo_class, array[");
        for (place, measure) in Measure::WORDS.iter().enumerate() {
            pass.push_sql(if place == 0 { "sum(t." } else { ", sum(t." });
            pass.push_identifier(measure)?;
            pass.push_sql(")");
        }
        pass.push_sql("]::bigint[] from unnest(");
        pass.push_bind_param::<Array<Integer>, _>(&self.places)?;
        pass.push_sql(", ");
        pass.push_bind_param::<Array<Date>, _>(&self.from)?;
        pass.push_sql(", ");
        pass.push_bind_param::<Array<Date>, _>(&self.to)?;
        pass.push_sql(
            ") as s(place, \"from\", \"to\") join throughput t on t.day >= s.\"from\" and t.day < s.\"to\" \
             group by s.place, t.crossing_point, t.direction, t.cargo_class",
        );
        Ok(())
    }
}

impl QueryId for Sums {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for Sums {
    type SqlType = (Integer, Text, Text, Text, Array<BigInt>);
}

impl<Conn> diesel::RunQueryDsl<Conn> for Sums {}

/// The counts over each of `spans`, where there are any.
///
/// # Errors
///
/// The database's; a word that is none of ours is a deserialisation error.
pub async fn sums(conn: &mut AsyncPgConnection, spans: &[Span]) -> QueryResult<Vec<Sum>> {
    let query = Sums {
        places: (0..).take(spans.len()).collect(),
        from: spans.iter().map(|span| span.from).collect(),
        to: spans.iter().map(|span| span.to).collect(),
    };
    let rows: Vec<(i32, String, String, String, Vec<i64>)> = query.load(conn).await?;
    rows.into_iter()
        .map(|(place, crossing_point, direction, cargo_class, counts)| {
            Ok(Sum {
                span: usize::try_from(place).unwrap_or(usize::MAX),
                crossing_point,
                direction: direction.parse().map_err(unreadable)?,
                cargo_class: cargo_class.parse().map_err(unreadable)?,
                counts: counts.try_into().map_err(|_| unreadable("a count for each measure is missing"))?,
            })
        })
        .collect()
}

fn unreadable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> diesel::result::Error {
    diesel::result::Error::DeserializationError(error.into())
}

/// How many vehicles of one crossing point, direction and cargo class stood where at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stock {
    /// The crossing point's code.
    pub crossing_point: String,
    /// The direction.
    pub direction: Direction,
    /// The cargo class.
    pub cargo_class: CargoClass,
    /// Arrived and not ended.
    pub inside: i64,
    /// Registered, and neither arrived nor ended.
    pub registered: i64,
}

/// The stamps of one day up to an instant, counted; one prepared statement.
struct DayUpTo {
    from: DateTime<Utc>,
    at: DateTime<Utc>,
}

impl QueryFragment<Pg> for DayUpTo {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        // (stamp, what else must hold, change inside, change registered)
        const PARTS: [(&str, &str, &str, &str); 6] = [
            ("registered_at", "true", "0", "1"),
            ("arrived_at", "true", "1", "-1"),
            ("completed_at", "arrived_at is not null", "-1", "0"),
            ("ended_at", "arrived_at is not null", "-1", "0"),
            ("completed_at", "arrived_at is null and registered_at is not null", "0", "-1"),
            ("ended_at", "arrived_at is null and registered_at is not null", "0", "-1"),
        ];
        pass.push_sql(
            "select crossing_point, direction, cargo_class, sum(inside)::bigint, sum(registered)::bigint from (",
        );
        for (place, (stamp, condition, inside, registered)) in PARTS.iter().enumerate() {
            if place > 0 {
                pass.push_sql(" union all ");
            }
            pass.push_sql("select crossing_point, direction, cargo_class, ");
            pass.push_sql(inside);
            pass.push_sql(" as inside, ");
            pass.push_sql(registered);
            pass.push_sql(" as registered from declarations where cargo_class is not null and ");
            pass.push_sql(condition);
            pass.push_sql(" and ");
            pass.push_sql(stamp);
            pass.push_sql(" >= ");
            pass.push_bind_param::<Timestamptz, _>(&self.from)?;
            pass.push_sql(" and ");
            pass.push_sql(stamp);
            pass.push_sql(" <= ");
            pass.push_bind_param::<Timestamptz, _>(&self.at)?;
        }
        pass.push_sql(") as stamps group by crossing_point, direction, cargo_class");
        Ok(())
    }
}

impl QueryId for DayUpTo {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for DayUpTo {
    type SqlType = (Text, Text, Text, BigInt, BigInt);
}

impl<Conn> diesel::RunQueryDsl<Conn> for DayUpTo {}

/// What stood at the gate at the instant `at`: arrived at or before it and ended after it or not yet.
///
/// The counters of all days before, and that one day's stamps up to `at`. In a transaction of one snapshot
/// (the caller's) the two fit each other.
///
/// # Errors
///
/// As [`sums`].
pub async fn backlog(conn: &mut AsyncPgConnection, at: DateTime<Utc>) -> QueryResult<Vec<Stock>> {
    let today = local_day(at);
    let before = sums(conn, &[Span { from: NaiveDate::default(), to: today }]).await?;
    let query = DayUpTo { from: beginning_of(today), at };
    let rows: Vec<(String, String, String, i64, i64)> = query.load(conn).await?;
    let mut stocks: std::collections::BTreeMap<(String, Direction, CargoClass), (i64, i64)> =
        std::collections::BTreeMap::new();
    for sum in before {
        let inside = sum.of(Measure::Arrived) - sum.of(Measure::Left);
        let registered = sum.of(Measure::Registered) - sum.of(Measure::Arrived) - sum.of(Measure::FellAway);
        stocks.insert((sum.crossing_point, sum.direction, sum.cargo_class), (inside, registered));
    }
    for (crossing_point, direction, cargo_class, inside, registered) in rows {
        let key = (crossing_point, direction.parse().map_err(unreadable)?, cargo_class.parse().map_err(unreadable)?);
        let stock = stocks.entry(key).or_default();
        stock.0 += inside;
        stock.1 += registered;
    }
    Ok(stocks
        .into_iter()
        .map(|((crossing_point, direction, cargo_class), (inside, registered))| Stock {
            crossing_point,
            direction,
            cargo_class,
            inside,
            registered,
        })
        .collect())
}
