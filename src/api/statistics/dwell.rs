//! `GET /api/v1/statistics/dwell`

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::throughput::{Dimension, LONGEST_DAILY, Row, columns_of, gate_of, rows_of, steady_pieces};
use super::{TIME_ZONE, Table, Wanted, wanted};
use crate::api::principal::StatisticsReader;
use crate::api::problem::{Problem, ProblemDocument};
use crate::api::query;
use crate::clock::Clock;
use crate::domain::dwell::{Distribution, Pair};
use crate::domain::period::{Interval, Period, Span};
use crate::domain::reference::Reference;
use crate::domain::rule_book::InForce;
use crate::domain::rule_failure::RuleFailure;
use crate::storage::dwell::{Apart, Taken, buckets};
use crate::storage::pool::Pool;

/// The most periods that a span is divided into: a year of days.
const MOST_PERIODS: usize = 400;
/// By how much a percentile may be off what it would be of the vehicles' own times, at most.
const RELATIVE_ERROR: f64 = 0.05;

/// How long vehicles took, by period and dimensions.
#[derive(Debug, Serialize, ToSchema)]
pub struct DwellReport {
    /// The first local day.
    from: NaiveDate,
    /// The first local day after the span.
    to: NaiveDate,
    /// How long the periods are.
    interval: Interval,
    /// From which stamp to which: a vehicle counts on the local day of the later one.
    between: Pair,
    /// The zone whose days are counted by.
    #[schema(example = "Asia/Ho_Chi_Minh")]
    time_zone: &'static str,
    /// When the figures were taken.
    as_of: DateTime<Utc>,
    /// The span is over.
    closed: bool,
    /// A percentile is off by at most this fraction.
    #[schema(example = 0.05)]
    relative_error: f64,
    /// A row a period and combination of the dimensions that has any vehicle, each with `period`, the dimensions,
    /// `count` and the minutes that 50, 90 and 99 % of them did not exceed. Without dimensions every period has one,
    /// with null minutes where there is none.
    #[schema(value_type = Vec<Object>, example = json!([{"period": "2025-01", "direction": "export", "count": 7000, "p50": 95.2, "p90": 310.7, "p99": 1204.5}]))]
    rows: Vec<Row>,
    #[serde(skip)]
    columns: Vec<&'static str>,
}

impl Table for DwellReport {
    fn name(&self) -> String {
        let state = if self.closed { "" } else { "-open" };
        format!("dwell-{}-{}-{}-{}{state}", self.between.as_str().replace(',', "-"), self.from, self.to, self.interval)
    }

    fn as_of(&self) -> DateTime<Utc> {
        self.as_of
    }

    fn table(&self) -> Vec<Vec<String>> {
        rows_of(&self.columns, &self.rows)
    }
}

/// What was asked for.
struct Question {
    span: Span,
    interval: Interval,
    by: Vec<Dimension>,
    between: Pair,
    wanted: Wanted,
}

impl Question {
    fn read(request: &HttpRequest) -> Result<Self, Problem> {
        let (span, interval, by, between, wanted) = query::read(request, |fields, refused| {
            let span = query::span(fields, LONGEST_DAILY, refused);
            let interval = fields.word("interval").unwrap_or(Interval::None);
            let by = query::words(fields, "by", refused);
            let between = fields.word("between").unwrap_or(Pair::ArrivedCompleted);
            (span, interval, by, between, wanted(fields, refused))
        })?;
        let span = span.ok_or_else(|| Problem::InvalidRequest(Vec::new()))?;
        Ok(Self { span, interval, by, between, wanted })
    }

    /// What PostgreSQL must tell apart: a gate is told by its crossing point and the day.
    fn apart(&self) -> Apart {
        let by = |dimension| self.by.contains(&dimension);
        Apart {
            crossing_point: by(Dimension::Gate) || by(Dimension::CrossingPoint),
            direction: by(Dimension::Direction),
            cargo_class: by(Dimension::CargoClass),
        }
    }
}

fn report(
    question: &Question,
    periods: &[Period],
    pieces: &[(usize, Span)],
    taken: &[Taken],
    reference: &Reference,
    now: DateTime<Utc>,
) -> DwellReport {
    let mut cells: BTreeMap<(usize, Vec<String>), Distribution> = BTreeMap::new();
    if question.by.is_empty() {
        cells.extend((0..periods.len()).map(|place| ((place, Vec::new()), Distribution::default())));
    }
    for one in taken {
        let Some((period, piece)) = pieces.get(one.span) else { continue };
        let values = question
            .by
            .iter()
            .map(|dimension| match dimension {
                Dimension::Gate => gate_of(reference, &one.crossing_point, *piece),
                Dimension::CrossingPoint => one.crossing_point.clone(),
                Dimension::Direction => one.direction.clone(),
                Dimension::CargoClass => one.cargo_class.clone(),
            })
            .collect();
        cells.entry((*period, values)).or_default().add(one.bucket, one.vehicles);
    }
    let columns = columns_of(&question.by, ["count", "p50", "p90", "p99"]);
    let rows = cells.into_iter().map(|((period, values), distribution)| {
        let period = periods.get(period).map(|period| period.name.clone()).unwrap_or_default();
        let minutes = [50, 90, 99].map(|percent| Value::from(distribution.percentile(percent)));
        let cells = std::iter::once(Value::from(period))
            .chain(values.into_iter().map(Value::from))
            .chain([Value::from(distribution.count())])
            .chain(minutes);
        Row(columns.iter().copied().zip(cells).collect())
    });
    DwellReport {
        from: question.span.from,
        to: question.span.to,
        interval: question.interval,
        between: question.between,
        time_zone: TIME_ZONE,
        as_of: now,
        closed: question.span.is_over(now),
        relative_error: RELATIVE_ERROR,
        rows: rows.collect(),
        columns,
    }
}

/// How long vehicles took
///
/// From arrival to clearance, from arrival to crossing or from declaring to crossing: how many vehicles, and the minutes
/// that 50, 90 and 99 % of them did not exceed, within 5 %. A vehicle counts on the local day of the later stamp, while
/// both stand.
#[utoipa::path(
    tag = "statistics",
    operation_id = "dwell",
    params(
        ("from" = NaiveDate, Query, description = "The first local day", example = "2025-01-01"),
        ("to" = NaiveDate, Query, description = "The first local day after the span", example = "2025-04-01"),
        ("interval" = Option<Interval>, Query, description = "How long the periods are; `none` by default"),
        ("by" = Option<String>, Query, description = "Any of gate, crossing_point, direction, cargo_class, separated by commas", example = "gate,direction"),
        ("between" = Option<Pair>, Query, description = "From which stamp to which; `arrived,completed` by default"),
        ("format" = Option<super::Format>, Query, description = "In place of Accept"),
        ("bom" = Option<bool>, Query, description = "CSV with a byte order mark"),
    ),
    responses(
        (status = 200, description = "How long vehicles took", content((DwellReport = "application/json"), (String = "text/csv")),
            headers(("ETag" = String, description = "Changes when a figure does"))),
        (status = 304, description = "The figures are those that If-None-Match names"),
        (status = 400, description = "A query that is not well-formed", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "The role reads no statistics", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 406, description = "Neither JSON nor CSV is accepted", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "Every parameter that is wrong, with what is allowed", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
#[get("/statistics/dwell")]
pub async fn read(
    _: StatisticsReader,
    request: HttpRequest,
    pool: web::Data<Pool>,
    rules: web::Data<InForce>,
    clock: web::Data<Clock>,
) -> Result<HttpResponse, Problem> {
    let question = Question::read(&request)?;
    let periods = question.interval.divide(question.span);
    if periods.len() > MOST_PERIODS {
        let failure = RuleFailure::new("/to", "answer-too-long").with("rows", periods.len()).with("max", MOST_PERIODS);
        return Err(Problem::InvalidRequest(vec![failure]));
    }
    let book = rules.book();
    let pieces = steady_pieces(&periods, &book.reference);
    let spans: Vec<Span> = pieces.iter().map(|(_, span)| *span).collect();
    let taken = buckets(&mut *pool.get().await?, &spans, question.between, question.apart()).await?;
    question.wanted.respond(&request, &report(&question, &periods, &pieces, &taken, &book.reference, clock.now()))
}
