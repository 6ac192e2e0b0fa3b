//! `GET /api/v1/statistics/throughput`

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{TIME_ZONE, Table, Wanted, wanted};
use crate::api::principal::StatisticsReader;
use crate::api::problem::{Problem, ProblemDocument};
use crate::api::query;
use crate::clock::Clock;
use crate::domain::content::{CargoClass, Direction};
use crate::domain::period::{Interval, LONGEST_SPAN, Period, Span};
use crate::domain::reference::Reference;
use crate::domain::rule_book::InForce;
use crate::domain::rule_failure::RuleFailure;
use crate::domain::throughput::Measure;
use crate::domain::words::words;
use crate::storage::pool::Pool;
use crate::storage::throughput::{Sum, sums};

words! {
    /// By what the counts are split.
    "dimension" Dimension {
        Gate = "gate",
        CrossingPoint = "crossing_point",
        Direction = "direction",
        CargoClass = "cargo_class",
    }
}

/// The longest span in days that is answered, divided into days: ten years.
pub const LONGEST_DAILY: i64 = 3_660;
/// The most rows that an answer has: a year of days by every dimension, with room for more crossing points.
const MOST_ROWS: usize = 30_000;

/// A row of an answer, its fields in their order: the period, the dimensions, the measures.
#[derive(Debug)]
pub(super) struct Row(pub(super) Vec<(&'static str, Value)>);

impl Serialize for Row {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// Counts by period and dimensions.
#[derive(Debug, Serialize, ToSchema)]
pub struct ThroughputReport {
    /// The first local day.
    from: NaiveDate,
    /// The first local day after the span.
    to: NaiveDate,
    /// How long the periods are.
    interval: Interval,
    /// The zone whose days are counted by.
    #[schema(example = "Asia/Ho_Chi_Minh")]
    time_zone: &'static str,
    /// When the figures were taken.
    as_of: DateTime<Utc>,
    /// The span is over.
    closed: bool,
    /// A row a period and combination of the dimensions, each with `period`, the dimensions and the measures.
    #[schema(value_type = Vec<Object>, example = json!([{"period": "2025-01", "direction": "export", "declared": 7000}]))]
    rows: Vec<Row>,
    #[serde(skip)]
    columns: Vec<&'static str>,
}

impl Table for ThroughputReport {
    fn name(&self) -> String {
        let state = if self.closed { "" } else { "-open" };
        format!("throughput-{}-{}-{}{state}", self.from, self.to, self.interval)
    }

    fn as_of(&self) -> DateTime<Utc> {
        self.as_of
    }

    fn table(&self) -> Vec<Vec<String>> {
        rows_of(&self.columns, &self.rows)
    }
}

/// The heading and the rows of a table.
pub(super) fn rows_of(columns: &[&'static str], rows: &[Row]) -> Vec<Vec<String>> {
    let heading = columns.iter().map(|column| (*column).to_owned()).collect();
    let cell = |(_, value): &(&str, Value)| match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let rows = rows.iter().map(|row| row.0.iter().map(cell).collect());
    std::iter::once(heading).chain(rows).collect()
}

/// The columns of a table by period and dimensions.
pub(super) fn columns_of(by: &[Dimension], figures: impl IntoIterator<Item = &'static str>) -> Vec<&'static str> {
    std::iter::once("period").chain(by.iter().map(|dimension| dimension.as_str())).chain(figures).collect()
}

/// What was asked for.
struct Question {
    span: Span,
    interval: Interval,
    by: Vec<Dimension>,
    measures: Vec<Measure>,
    wanted: Wanted,
}

impl Question {
    fn read(request: &HttpRequest) -> Result<Self, Problem> {
        let (span, interval, by, measures, wanted) = query::read(request, |fields, refused| {
            let interval = fields.word("interval").unwrap_or(Interval::None);
            let longest = if interval == Interval::Day { LONGEST_DAILY } else { LONGEST_SPAN };
            let span = query::span(fields, longest, refused);
            let by = query::words(fields, "by", refused);
            let measures = query::words(fields, "measure", refused);
            (span, interval, by, measures, wanted(fields, refused))
        })?;
        let span = span.ok_or_else(|| Problem::InvalidRequest(Vec::new()))?;
        let measures = if measures.is_empty() { vec![Measure::Declared] } else { measures };
        Ok(Self { span, interval, by, measures, wanted })
    }
}

/// The values that each dimension has in the span, so that cells in which nothing happened are 0 and not missing.
fn combinations(by: &[Dimension], reference: &Reference, pieces: &[Span], sums: &[Sum]) -> Vec<Vec<String>> {
    let mut points: BTreeSet<(String, String)> = BTreeSet::new();
    for (place, piece) in pieces.iter().enumerate() {
        points.extend(reference.crossing_points(piece.from).map(|point| (point.gate.clone(), point.code.clone())));
        // What was counted is shown, whatever the reference data say now.
        points.extend(
            sums.iter()
                .filter(|sum| sum.span == place)
                .map(|sum| (gate_of(reference, &sum.crossing_point, *piece), sum.crossing_point.clone())),
        );
    }
    let mut all: BTreeSet<Vec<String>> = BTreeSet::new();
    for (gate, point) in &points {
        for direction in Direction::WORDS {
            for cargo_class in CargoClass::WORDS {
                all.insert(
                    by.iter()
                        .map(|dimension| match dimension {
                            Dimension::Gate => gate.clone(),
                            Dimension::CrossingPoint => point.clone(),
                            Dimension::Direction => (*direction).to_owned(),
                            Dimension::CargoClass => (*cargo_class).to_owned(),
                        })
                        .collect(),
                );
            }
        }
    }
    all.into_iter().collect()
}

/// The periods in pieces within which no crossing point changes its gate, each with its period's place.
pub(super) fn steady_pieces(periods: &[Period], reference: &Reference) -> Vec<(usize, Span)> {
    let pieces = |period: &Period| reference.steady_pieces(period.span).into_iter();
    periods.iter().enumerate().flat_map(|(place, period)| pieces(period).map(move |piece| (place, piece))).collect()
}

/// The gate whose counts these are; a crossing point that nobody knows stands for itself.
pub(super) fn gate_of(reference: &Reference, crossing_point: &str, piece: Span) -> String {
    let known = reference.counted_crossing_point(crossing_point, piece.from);
    known.map_or(crossing_point, |point| &point.gate).to_owned()
}

fn report(
    question: &Question,
    periods: &[Period],
    pieces: &[(usize, Span)],
    sums: &[Sum],
    reference: &Reference,
    now: DateTime<Utc>,
) -> ThroughputReport {
    let spans: Vec<Span> = pieces.iter().map(|(_, span)| *span).collect();
    let mut cells: BTreeMap<(usize, Vec<String>), Vec<i64>> = BTreeMap::new();
    for combination in combinations(&question.by, reference, &spans, sums) {
        for place in 0..periods.len() {
            cells.insert((place, combination.clone()), vec![0; question.measures.len()]);
        }
    }
    for sum in sums {
        let Some((period, piece)) = pieces.get(sum.span) else { continue };
        let values = question
            .by
            .iter()
            .map(|dimension| match dimension {
                Dimension::Gate => gate_of(reference, &sum.crossing_point, *piece),
                Dimension::CrossingPoint => sum.crossing_point.clone(),
                Dimension::Direction => sum.direction.to_string(),
                Dimension::CargoClass => sum.cargo_class.to_string(),
            })
            .collect();
        let counts = cells.entry((*period, values)).or_insert_with(|| vec![0; question.measures.len()]);
        for (count, measure) in counts.iter_mut().zip(&question.measures) {
            *count += sum.of(*measure);
        }
    }
    let columns = columns_of(&question.by, question.measures.iter().map(|measure| measure.as_str()));
    let rows = cells.into_iter().map(|((period, values), counts)| {
        let period = periods.get(period).map(|period| period.name.clone()).unwrap_or_default();
        let cells = std::iter::once(Value::from(period))
            .chain(values.into_iter().map(Value::from))
            .chain(counts.into_iter().map(Value::from));
        Row(columns.iter().copied().zip(cells).collect())
    });
    ThroughputReport {
        from: question.span.from,
        to: question.span.to,
        interval: question.interval,
        time_zone: TIME_ZONE,
        as_of: now,
        closed: question.span.is_over(now),
        rows: rows.collect(),
        columns,
    }
}

/// Counts over a span
///
/// By day, week, month, quarter, year or as one, split by any of the dimensions; cells in which nothing happened are 0.
#[utoipa::path(
    tag = "statistics",
    operation_id = "throughput",
    params(
        ("from" = NaiveDate, Query, description = "The first local day", example = "2025-01-01"),
        ("to" = NaiveDate, Query, description = "The first local day after the span", example = "2025-04-01"),
        ("interval" = Option<Interval>, Query, description = "How long the periods are; `none` by default"),
        ("by" = Option<String>, Query, description = "Any of gate, crossing_point, direction, cargo_class, separated by commas", example = "gate,direction"),
        ("measure" = Option<String>, Query, description = "The measures, separated by commas; declared by default", example = "declared,cleared"),
        ("format" = Option<super::Format>, Query, description = "In place of Accept"),
        ("bom" = Option<bool>, Query, description = "CSV with a byte order mark"),
    ),
    responses(
        (status = 200, description = "The counts", content((ThroughputReport = "application/json"), (String = "text/csv")),
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
#[get("/statistics/throughput")]
pub async fn read(
    _: StatisticsReader,
    request: HttpRequest,
    pool: web::Data<Pool>,
    rules: web::Data<InForce>,
    clock: web::Data<Clock>,
) -> Result<HttpResponse, Problem> {
    let question = Question::read(&request)?;
    let periods = question.interval.divide(question.span);
    let pieces = steady_pieces(&periods, &rules.book().reference);
    let spans: Vec<Span> = pieces.iter().map(|(_, span)| *span).collect();
    let rows = periods.len() * combinations(&question.by, &rules.book().reference, &spans, &[]).len();
    if rows > MOST_ROWS {
        let failure = RuleFailure::new("/to", "answer-too-long").with("rows", rows).with("max", MOST_ROWS);
        return Err(Problem::InvalidRequest(vec![failure]));
    }
    let sums = sums(&mut *pool.get().await?, &spans).await?;
    question
        .wanted
        .respond(&request, &report(&question, &periods, &pieces, &sums, &rules.book().reference, clock.now()))
}
