//! `GET /api/v1/statistics/quarters/{quarter}`

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::measures::{Change, Changes, Measures};
use super::{Split, TIME_ZONE, Table, wanted};
use crate::api::principal::StatisticsReader;
use crate::api::problem::{Problem, ProblemDocument};
use crate::api::query;
use crate::clock::Clock;
use crate::domain::period::{Quarter, Span, beginning_of};
use crate::domain::reference::Reference;
use crate::domain::rule_book::InForce;
use crate::domain::rule_failure::RuleFailure;
use crate::storage::pool::Pool;
use crate::storage::throughput::{Sum, sums};

/// A quarter's figures.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuarterReport {
    /// The quarter.
    #[schema(example = "2025-Q1")]
    period: String,
    /// Its first local day.
    from: NaiveDate,
    /// The first local day after it.
    to: NaiveDate,
    /// The zone whose days are counted by.
    #[schema(example = "Asia/Ho_Chi_Minh")]
    time_zone: &'static str,
    /// When the figures were taken.
    as_of: DateTime<Utc>,
    /// The quarter is over.
    closed: bool,
    /// Whether the figures differ from those last published for the period; nothing is published yet.
    revised: bool,
    #[serde(flatten)]
    measures: Measures,
    /// By gate; a day counts to the gate that its crossing point belonged to that day.
    gates: Vec<GateMeasures>,
    /// By crossing point.
    crossing_points: Vec<CrossingPointMeasures>,
    /// Against other periods.
    change: Comparison,
}

/// A gate's figures.
#[derive(Debug, Serialize, ToSchema)]
pub struct GateMeasures {
    /// Its code.
    gate: String,
    /// Its name.
    name: String,
    #[serde(flatten)]
    measures: Measures,
}

/// A crossing point's figures.
#[derive(Debug, Serialize, ToSchema)]
pub struct CrossingPointMeasures {
    /// Its code.
    crossing_point: String,
    /// The gate it belongs to at the end of the period, or last belonged to.
    gate: String,
    /// Its name.
    name: String,
    #[serde(flatten)]
    measures: Measures,
}

/// The figures against other periods.
#[derive(Debug, Serialize, ToSchema)]
pub struct Comparison {
    /// The quarter before.
    previous_quarter: Changes,
    /// The same quarter of the year before.
    same_quarter_last_year: Changes,
}

/// The figures of the three periods of a report, by crossing point, each in pieces between changes of gates.
struct Figures {
    total: Measures,
    gates: BTreeMap<String, Measures>,
    crossing_points: BTreeMap<String, Measures>,
}

/// Adds up the sums of the pieces that `belongs` takes.
fn figures(sums: &[Sum], pieces: &[Span], reference: &Reference, span: Span) -> Figures {
    let mut figures = Figures { total: Measures::default(), gates: BTreeMap::new(), crossing_points: BTreeMap::new() };
    for sum in sums {
        let Some(piece) = pieces.get(sum.span).filter(|piece| span.from <= piece.from && piece.to <= span.to) else {
            continue;
        };
        figures.total.add(sum);
        figures.crossing_points.entry(sum.crossing_point.clone()).or_default().add(sum);
        let point = reference.counted_crossing_point(&sum.crossing_point, piece.from);
        let gate = point.map_or(&sum.crossing_point, |point| &point.gate);
        figures.gates.entry(gate.clone()).or_default().add(sum);
    }
    figures
}

/// The last day of a span, on which names and gates are asked for.
fn last_day(span: Span) -> NaiveDate {
    span.to.pred_opt().unwrap_or(span.from)
}

impl QuarterReport {
    fn of(
        quarter: Quarter,
        span: Span,
        sums: &[Sum],
        pieces: &[Span],
        reference: &Reference,
        now: DateTime<Utc>,
    ) -> Self {
        let mut now_figures = figures(sums, pieces, reference, span);
        // A quarter that has not begun has nothing that could be compared.
        let begun = beginning_of(span.from) <= now;
        let of = |other: Option<Span>| {
            other.filter(|_| begun).map(|other| figures(sums, pieces, reference, other).total).unwrap_or_default()
        };
        let on = last_day(span);
        // Those that stood at any time are shown also where nothing crossed.
        for day in pieces.iter().filter(|piece| span.from <= piece.from && piece.to <= span.to).map(|piece| piece.from)
        {
            for point in reference.crossing_points(day) {
                now_figures.crossing_points.entry(point.code.clone()).or_default();
                now_figures.gates.entry(point.gate.clone()).or_default();
            }
        }
        for gate in reference.gates(on) {
            now_figures.gates.entry(gate.code.clone()).or_default();
        }
        Self {
            period: quarter.to_string(),
            from: span.from,
            to: span.to,
            time_zone: TIME_ZONE,
            as_of: now,
            closed: span.is_over(now),
            revised: false,
            measures: now_figures.total,
            change: Comparison {
                previous_quarter: now_figures.total.against(&of(quarter.previous().span())),
                same_quarter_last_year: now_figures.total.against(&of(quarter.of_last_year().span())),
            },
            gates: now_figures
                .gates
                .into_iter()
                .map(|(gate, measures)| GateMeasures {
                    name: reference.counted_gate(&gate, on).map_or_else(|| gate.clone(), |known| known.name.clone()),
                    gate,
                    measures,
                })
                .collect(),
            crossing_points: now_figures
                .crossing_points
                .into_iter()
                .map(|(code, measures)| {
                    let known = reference.counted_crossing_point(&code, on);
                    CrossingPointMeasures {
                        gate: known.map_or_else(|| code.clone(), |known| known.gate.clone()),
                        name: known.map_or_else(|| code.clone(), |known| known.name.clone()),
                        crossing_point: code,
                        measures,
                    }
                })
                .collect(),
        }
    }
}

/// A part of a count and of its change; each is a row of the table.
type Part = (&'static str, fn(&Split) -> i64, fn(&Change) -> Option<f64>);

const PARTS: [Part; 3] = [
    ("total", |split| split.total, |change| change.total),
    ("export", |split| split.export, |change| change.export),
    ("import", |split| split.import, |change| change.import),
];

impl Table for QuarterReport {
    fn name(&self) -> String {
        let state = if self.closed { "" } else { "-open" };
        format!("{}{state}", self.period)
    }

    fn as_of(&self) -> DateTime<Utc> {
        self.as_of
    }

    fn table(&self) -> Vec<Vec<String>> {
        let heading = ["period", "level", "code", "name", "direction"].iter().chain(Measures::NAMES);
        let mut rows = vec![heading.map(|name| (*name).to_owned()).collect()];
        let total = [("total", "", "", self.measures)].into_iter();
        let gates = self.gates.iter().map(|one| ("gate", one.gate.as_str(), one.name.as_str(), one.measures));
        let points = self
            .crossing_points
            .iter()
            .map(|one| ("crossing_point", one.crossing_point.as_str(), one.name.as_str(), one.measures));
        let mut row = |head: [&str; 4], cells: Vec<String>| {
            let head = std::iter::once(self.period.as_str()).chain(head).map(str::to_owned);
            rows.push(head.chain(cells).collect());
        };
        for (level, code, name, measures) in total.chain(gates).chain(points) {
            for (direction, of, _) in PARTS {
                let cells = measures.splits().into_iter().map(|split| of(&split).to_string());
                row([level, code, name, direction], cells.collect());
            }
        }
        let against = [
            ("previous_quarter", self.change.previous_quarter),
            ("same_quarter_last_year", self.change.same_quarter_last_year),
        ];
        for (period, changes) in against {
            for (direction, _, of) in PARTS {
                let cells = changes
                    .each()
                    .into_iter()
                    .map(|change| of(&change).map_or_else(String::new, |one| one.to_string()));
                row(["change", period, "", direction], cells.collect());
            }
        }
        rows
    }
}

/// A quarter's figures
///
/// Exact and current at every commit: the answer equals a recount of the declarations.
#[utoipa::path(
    tag = "statistics",
    operation_id = "quarter",
    params(
        ("quarter" = String, Path, description = "The quarter", example = "2025-Q1"),
        ("format" = Option<super::Format>, Query, description = "In place of Accept"),
        ("bom" = Option<bool>, Query, description = "CSV with a byte order mark"),
    ),
    responses(
        (status = 200, description = "The figures", content((QuarterReport = "application/json"), (String = "text/csv")),
            headers(("ETag" = String, description = "Changes when a figure does"))),
        (status = 304, description = "The figures are those that If-None-Match names"),
        (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "The role reads no statistics", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 406, description = "Neither JSON nor CSV is accepted", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "No such quarter, or an unknown parameter", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
#[get("/statistics/quarters/{quarter}")]
pub async fn read(
    _: StatisticsReader,
    request: HttpRequest,
    path: web::Path<String>,
    pool: web::Data<Pool>,
    rules: web::Data<InForce>,
    clock: web::Data<Clock>,
) -> Result<HttpResponse, Problem> {
    let (wanted, quarter) = query::read(&request, |fields, refused| {
        let wanted = wanted(fields, refused);
        let quarter: Option<Quarter> = path.parse().ok();
        if quarter.is_none() {
            refused.push(RuleFailure::new("/quarter", "quarter-format").with("given", path.as_str()));
        }
        (wanted, quarter)
    })?;
    let Some((quarter, span)) = quarter.and_then(|quarter| Some((quarter, quarter.span()?))) else {
        return Err(Problem::NotFound);
    };
    let mut periods = vec![span];
    periods.extend(quarter.previous().span());
    periods.extend(quarter.of_last_year().span());
    let pieces: Vec<Span> =
        periods.into_iter().flat_map(|period| rules.book().reference.steady_pieces(period)).collect();
    let sums = sums(&mut *pool.get().await?, &pieces).await?;
    wanted.respond(&request, &QuarterReport::of(quarter, span, &sums, &pieces, &rules.book().reference, clock.now()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::content::{CargoClass, Direction};
    use crate::domain::reference::{List, ReferenceEntry, Validity};
    use crate::domain::throughput::Measure;

    #[test]
    fn a_crossing_point_that_moves_and_closes_counts_each_day_where_it_stood() {
        let entry = |list, code: &str, days: (&str, Option<&str>), fields: serde_json::Value| {
            let valid_to = days.1.map(|day| day.parse().unwrap());
            let serde_json::Value::Object(fields) = fields else { unreachable!() };
            let validity = Validity { valid_from: days.0.parse().unwrap(), valid_to };
            ReferenceEntry { list, code: code.to_owned(), validity, fields }
        };
        let gate = |code: &str| {
            let fields = serde_json::json!({"name": format!("Cửa khẩu {code}"), "kind": "road"});
            entry(List::Gates, code, ("2020-01-01", None), fields)
        };
        let point = |gate: &str, days| {
            let fields = serde_json::json!({"name": "Tân Thanh", "gate": gate, "kind": "road"});
            entry(List::CrossingPoints, "TAN_THANH", days, fields)
        };
        let reference = Reference::build(vec![
            gate("OLD"),
            gate("NEW"),
            point("OLD", ("2020-01-01", Some("2025-02-01"))),
            point("NEW", ("2025-02-01", Some("2025-03-01"))),
        ])
        .unwrap();
        let quarter: Quarter = "2025-Q1".parse().unwrap();
        let span = quarter.span().unwrap();
        let pieces = reference.steady_pieces(span);
        // A piece before it moved, one after, one after it closed: those inside then still left.
        let sum = |span, count| {
            let counts = std::array::from_fn(|place| if place == Measure::Completed as usize { count } else { 0 });
            let (crossing_point, direction) = ("TAN_THANH".to_owned(), Direction::Export);
            Sum { span, crossing_point, direction, cargo_class: CargoClass::General, counts }
        };
        let sums = [sum(0, 1), sum(1, 20), sum(2, 300)];
        let now = beginning_of(span.to);

        let report = QuarterReport::of(quarter, span, &sums, &pieces, &reference, now);

        let gates: Vec<(&str, &str, i64)> = report
            .gates
            .iter()
            .map(|gate| (gate.gate.as_str(), gate.name.as_str(), gate.measures.completed.total))
            .collect();
        assert_eq!(gates, [("NEW", "Cửa khẩu NEW", 320), ("OLD", "Cửa khẩu OLD", 1)]);
        let point = &report.crossing_points[0];
        assert_eq!(
            (point.gate.as_str(), point.name.as_str(), point.measures.completed.total),
            ("NEW", "Tân Thanh", 321)
        );
    }
}
