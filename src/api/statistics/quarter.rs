//! `GET /api/v1/statistics/quarters/{quarter}`

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Split, TIME_ZONE, Table, wanted};
use crate::api::principal::StatisticsReader;
use crate::api::problem::{Problem, ProblemDocument};
use crate::api::query;
use crate::clock::Clock;
use crate::domain::act::RuleBook;
use crate::domain::period::{Quarter, Span};
use crate::domain::reference::Reference;
use crate::domain::rule_failure::RuleFailure;
use crate::domain::throughput::Measure;
use crate::storage::pool::Pool;
use crate::storage::throughput::{Sum, sums};

/// Declares the measures of the report once: as figures, and as changes against another period.
macro_rules! measures {
    ($($(#[doc = $about:literal])* $name:ident = $measure:ident),+ $(,)?) => {
        /// The report's measures.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
        pub struct Measures { $($(#[doc = $about])* $name: Split),+ }

        impl Measures {
            const NAMES: &'static [&'static str] = &[$(stringify!($name)),+];

            fn add(&mut self, sum: &Sum) {
                $(self.$name.add(sum.direction, sum.of(Measure::$measure));)+
            }

            fn splits(&self) -> Vec<Split> {
                vec![$(self.$name),+]
            }

            fn against(&self, before: &Self) -> Changes {
                Changes { $($name: Change::of(self.$name, before.$name)),+ }
            }
        }

        /// The change of each measure against another period.
        #[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
        pub struct Changes { $($(#[doc = $about])* $name: Change),+ }
    };
}

measures! {
    /// Vehicles declared, each once.
    declared = Declared,
    /// Vehicles registered.
    registered = Registered,
    /// Vehicles arrived.
    arrived = Arrived,
    /// Vehicles cleared by customs, each once.
    cleared = Cleared,
    /// Vehicles that crossed.
    completed = Completed,
    /// Declared and cancelled.
    cancelled = Cancelled,
    /// Rejected by an agency.
    rejected = Rejected,
    /// Expired.
    expired = Expired,
    /// Turned back.
    turned_back = TurnedBack,
    /// Gone on to another crossing point.
    transferred = Transferred,
}

/// The change of a count, as a fraction: 0.082 is 8.2 % more. Null where there is nothing to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Change {
    /// Both directions.
    total: Option<f64>,
    /// Export.
    export: Option<f64>,
    /// Import.
    import: Option<f64>,
}

impl Change {
    fn of(now: Split, before: Split) -> Self {
        Self {
            total: fraction(now.total, before.total),
            export: fraction(now.export, before.export),
            import: fraction(now.import, before.import),
        }
    }
}

/// By how much `now` is more than `before`, to four decimals; none where `before` is nothing.
#[expect(clippy::cast_precision_loss, reason = "counts of vehicles are far below 2^52")]
fn fraction(now: i64, before: i64) -> Option<f64> {
    (before != 0).then(|| ((now - before) as f64 / before as f64 * 10_000.0).round() / 10_000.0)
}

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
    /// The gate it belongs to at the end of the period.
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
        let gate = reference.gate_of(&sum.crossing_point, piece.from).unwrap_or(&sum.crossing_point);
        figures.gates.entry(gate.to_owned()).or_default().add(sum);
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
        let of =
            |other: Option<Span>| other.map(|other| figures(sums, pieces, reference, other).total).unwrap_or_default();
        let on = last_day(span);
        // Those that stand are shown also where nothing crossed.
        for point in reference.crossing_points(on) {
            now_figures.crossing_points.entry(point.code.clone()).or_default();
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
                    name: reference.gate(&gate, on).map_or_else(|| gate.clone(), |known| known.name.clone()),
                    gate,
                    measures,
                })
                .collect(),
            crossing_points: now_figures
                .crossing_points
                .into_iter()
                .map(|(code, measures)| {
                    let known = reference.crossing_point(&code, on);
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

/// One part of a split.
type Part = fn(&Split) -> i64;

/// The parts of a split, each a row of the table.
const DIRECTIONS: [(&str, Part); 3] =
    [("total", |split| split.total), ("export", |split| split.export), ("import", |split| split.import)];

impl Table for QuarterReport {
    fn name(&self) -> String {
        let state = if self.closed { "" } else { "-open" };
        format!("{}{state}", self.period)
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
        for (level, code, name, measures) in total.chain(gates).chain(points) {
            for (direction, of) in DIRECTIONS {
                let mut row: Vec<String> = [self.period.as_str(), level, code, name, direction]
                    .iter()
                    .map(|cell| (*cell).to_owned())
                    .collect();
                row.extend(measures.splits().iter().map(|split| of(split).to_string()));
                rows.push(row);
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
    rules: web::Data<RuleBook>,
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
    let pieces: Vec<Span> = periods.into_iter().flat_map(|period| rules.reference.steady_pieces(period)).collect();
    let sums = sums(&mut *pool.get().await?, &pieces).await?;
    wanted.respond(&request, &QuarterReport::of(quarter, span, &sums, &pieces, &rules.reference, clock.now()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_nothing_to_compare_with_is_null_and_not_zero() {
        assert_eq!(fraction(5, 0), None);
        assert_eq!(fraction(0, 5), Some(-1.0));
        assert_eq!(fraction(1082, 1000), Some(0.082));
        assert_eq!(fraction(2, 3), Some(-0.3333));
    }
}
