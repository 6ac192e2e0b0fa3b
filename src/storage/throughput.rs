//! The statistics' counters, read: what it costs depends on the days and dimensions asked for alone.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Date, Integer, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::domain::closing::{Compared, ComparedWith, Figures, Place};
use crate::domain::content::{CargoClass, Direction};
use crate::domain::period::{Reported, Span, beginning_of, first_of_month, local_day};
use crate::domain::reference::Reference;
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
        pass.push_sql("select s.place, t.crossing_point, t.direction, t.cargo_class, t.counts from unnest(");
        pass.push_bind_param::<Array<Integer>, _>(&self.places)?;
        pass.push_sql(", ");
        pass.push_bind_param::<Array<Date>, _>(&self.from)?;
        pass.push_sql(", ");
        pass.push_bind_param::<Array<Date>, _>(&self.to)?;
        // Added up span by span: joined to all spans at once, the counters of all days are read.
        pass.push_sql(
            ") as s(place, \"from\", \"to\") \
             cross join lateral (select crossing_point, direction, cargo_class, array[",
        );
        for (place, measure) in Measure::WORDS.iter().enumerate() {
            pass.push_sql(if place == 0 { "sum(" } else { ", sum(" });
            pass.push_identifier(measure)?;
            pass.push_sql(")");
        }
        pass.push_sql(
            "]::bigint[] as counts from throughput where day >= s.\"from\" and day < s.\"to\" \
             group by crossing_point, direction, cargo_class) as t",
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

pub(super) fn unreadable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> diesel::result::Error {
    diesel::result::Error::DeserializationError(error.into())
}

/// What each of `spans` amounts to, each day counted to the gate that its crossing point belonged to that day.
///
/// # Errors
///
/// As [`sums`].
pub async fn figures(conn: &mut AsyncPgConnection, spans: &[Span], reference: &Reference) -> QueryResult<Vec<Figures>> {
    let pieces: Vec<(usize, Span)> = spans
        .iter()
        .enumerate()
        .flat_map(|(place, span)| reference.steady_pieces(*span).into_iter().map(move |piece| (place, piece)))
        .collect();
    let days: Vec<Span> = pieces.iter().map(|(_, piece)| *piece).collect();
    Ok(added_up(sums(conn, &days).await?, &pieces, spans.len(), reference))
}

/// The sums of the pieces of so many spans, each piece with the place of its span.
#[must_use]
pub fn added_up(sums: Vec<Sum>, pieces: &[(usize, Span)], spans: usize, reference: &Reference) -> Vec<Figures> {
    let mut all = vec![Figures::default(); spans];
    for sum in sums {
        let Some((span, piece)) = pieces.get(sum.span) else { continue };
        let known = reference.counted_crossing_point(&sum.crossing_point, piece.from);
        // A crossing point that nobody knows stands for itself.
        let gate = known.map_or(&sum.crossing_point, |point| &point.gate).clone();
        let Sum { span: _, crossing_point, direction, cargo_class, counts } = sum;
        if let Some(figures) = all.get_mut(*span) {
            figures.add(Place { gate, crossing_point, direction, cargo_class }, &counts);
        }
    }
    all
}

/// Asks for the generation; prepared once a connection.
#[derive(QueryId)]
struct Generation;

impl QueryFragment<Pg> for Generation {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        // A snapshot is the transactions under way and the first one to come; when a server started tells its
        // snapshots from those of another that took over or was restored.
        pass.push_sql("select pg_current_snapshot()::text || ' ' || pg_postmaster_start_time()::text");
        Ok(())
    }
}

impl Query for Generation {
    type SqlType = Text;
}

impl<Conn> diesel::RunQueryDsl<Conn> for Generation {}

/// Names the state of the whole database: as long as it is the same, nothing was committed, by whomever.
///
/// # Errors
///
/// The database's.
pub async fn generation(conn: &mut AsyncPgConnection) -> QueryResult<String> {
    Generation.get_result(conn).await
}

/// What a period amounts to, and those that it is compared with, as far as they are there.
///
/// # Errors
///
/// As [`sums`].
pub async fn compared(
    conn: &mut AsyncPgConnection,
    reported: &Reported,
    reference: &Reference,
) -> QueryResult<Compared> {
    let others = [&reported.previous, &reported.last_year];
    let spans: Vec<Span> =
        std::iter::once(&reported.period).chain(others.into_iter().flatten()).map(|period| period.span).collect();
    let mut figures = figures(conn, &spans, reference).await?.into_iter();
    let own = figures.next().unwrap_or_default();
    let [previous, last_year] =
        others.map(|other| other.as_ref().map(|period| ComparedWith::of(period, &figures.next().unwrap_or_default())));
    Ok(Compared { own, previous, last_year })
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

/// The stock at an instant: the months before its own, its month's days before its own, and its day's stamps up to
/// it. One prepared statement, and so one snapshot: what is counted and what is stamped fit each other.
struct StockAt {
    month: NaiveDate,
    day: NaiveDate,
    midnight: DateTime<Utc>,
    at: DateTime<Utc>,
}

impl QueryFragment<Pg> for StockAt {
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
            "select crossing_point, direction, cargo_class, sum(inside)::bigint, sum(registered)::bigint from (\
             select crossing_point, direction, cargo_class, inside, registered from stock where month < ",
        );
        pass.push_bind_param::<Date, _>(&self.month)?;
        pass.push_sql(
            " union all select crossing_point, direction, cargo_class, arrived - \"left\", \
             registered - arrived - fell_away from throughput where day >= ",
        );
        pass.push_bind_param::<Date, _>(&self.month)?;
        pass.push_sql(" and day < ");
        pass.push_bind_param::<Date, _>(&self.day)?;
        for (stamp, condition, inside, registered) in PARTS {
            pass.push_sql(" union all select crossing_point, direction, cargo_class, ");
            pass.push_sql(inside);
            pass.push_sql(", ");
            pass.push_sql(registered);
            pass.push_sql(" from declarations where cargo_class is not null and ");
            pass.push_sql(condition);
            pass.push_sql(" and ");
            pass.push_sql(stamp);
            pass.push_sql(" >= ");
            pass.push_bind_param::<Timestamptz, _>(&self.midnight)?;
            pass.push_sql(" and ");
            pass.push_sql(stamp);
            pass.push_sql(" <= ");
            pass.push_bind_param::<Timestamptz, _>(&self.at)?;
        }
        pass.push_sql(") as parts group by crossing_point, direction, cargo_class order by 1, 2, 3");
        Ok(())
    }
}

impl QueryId for StockAt {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for StockAt {
    type SqlType = (Text, Text, Text, BigInt, BigInt);
}

impl<Conn> diesel::RunQueryDsl<Conn> for StockAt {}

/// What stood at the gate at the instant `at`: arrived at or before it and ended after it or not yet.
///
/// Reads a row a month and cell since the first, a row a day and cell of its month, and its day's declarations.
///
/// # Errors
///
/// As [`sums`].
pub async fn backlog(conn: &mut AsyncPgConnection, at: DateTime<Utc>) -> QueryResult<Vec<Stock>> {
    let day = local_day(at);
    let query = StockAt { month: first_of_month(day), day, midnight: beginning_of(day), at };
    let rows: Vec<(String, String, String, i64, i64)> = query.load(conn).await?;
    rows.into_iter()
        .map(|(crossing_point, direction, cargo_class, inside, registered)| {
            Ok(Stock {
                crossing_point,
                direction: direction.parse().map_err(unreadable)?,
                cargo_class: cargo_class.parse().map_err(unreadable)?,
                inside,
                registered,
            })
        })
        .collect()
}
