//! A period's report: the same for a quarter and for any other period, live or as it was closed.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::live::Live;
use super::measures::{Change, Changes, Measures};
use super::{Split, TIME_ZONE};
use crate::api::problem::Problem;
use crate::domain::closing::{ComparedWith, Figures};
use crate::domain::period::{Reported, Span, beginning_of};
use crate::domain::reference::Reference;
use crate::domain::rule_book::InForce;
use crate::storage::closings;
use crate::storage::pool::Pool;

/// A period's figures, without what they are compared with.
#[derive(Debug, Serialize, ToSchema)]
pub struct Report {
    /// The period.
    #[schema(example = "2025-Q1")]
    period: String,
    /// Its first local day.
    from: NaiveDate,
    /// The first local day after it.
    to: NaiveDate,
    /// The zone whose days are counted by.
    #[schema(example = "Asia/Ho_Chi_Minh")]
    time_zone: &'static str,
    /// When the figures were taken; when the period was closed, for a revision of it.
    as_of: DateTime<Utc>,
    /// The period is over.
    closed: bool,
    /// Which closing of the period this is; absent from the live figures.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<i32>,
    /// The live figures differ from those of the revision that was asked for, or of the last one.
    revised: bool,
    #[serde(flatten)]
    measures: Measures,
    /// By gate; a day counts to the gate that its crossing point belonged to that day.
    gates: Vec<GateMeasures>,
    /// By crossing point.
    crossing_points: Vec<CrossingPointMeasures>,
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

/// The last day of a span, on which names and gates are asked for.
fn last_day(span: Span) -> NaiveDate {
    span.to.pred_opt().unwrap_or(span.from)
}

/// When figures were taken, and what came of them since.
#[derive(Clone, Copy, Debug)]
struct Standing {
    as_of: DateTime<Utc>,
    revision: Option<i32>,
    revised: bool,
}

impl Report {
    fn of(reported: &Reported, figures: &Figures, reference: &Reference, standing: Standing) -> Self {
        let span = reported.period.span;
        let mut total = Measures::default();
        let mut gates: BTreeMap<String, Measures> = BTreeMap::new();
        let mut crossing_points: BTreeMap<String, Measures> = BTreeMap::new();
        for (place, counts) in figures.iter() {
            total.add(place.direction, counts);
            gates.entry(place.gate.clone()).or_default().add(place.direction, counts);
            crossing_points.entry(place.crossing_point.clone()).or_default().add(place.direction, counts);
        }
        let on = last_day(span);
        // Those that stood at any time are shown also where nothing crossed.
        for day in reference.steady_pieces(span).iter().map(|piece| piece.from) {
            for point in reference.crossing_points(day) {
                crossing_points.entry(point.code.clone()).or_default();
                gates.entry(point.gate.clone()).or_default();
            }
        }
        for gate in reference.gates(on) {
            gates.entry(gate.code.clone()).or_default();
        }
        Self {
            period: reported.period.name.clone(),
            from: span.from,
            to: span.to,
            time_zone: TIME_ZONE,
            as_of: standing.as_of,
            closed: span.is_over(standing.as_of),
            revision: standing.revision,
            revised: standing.revised,
            measures: total,
            gates: gates
                .into_iter()
                .map(|(gate, measures)| GateMeasures {
                    name: reference.counted_gate(&gate, on).map_or_else(|| gate.clone(), |known| known.name.clone()),
                    gate,
                    measures,
                })
                .collect(),
            crossing_points: crossing_points
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

    /// The changes against `other`, plain and a day. A period that has not begun has nothing that could be compared.
    fn against(&self, days_begun: i64, other: Option<&ComparedWith>) -> Against {
        let none = ComparedWith::default();
        let other = other.filter(|_| beginning_of(self.from) <= self.as_of).unwrap_or(&none);
        let before = Measures::compared(other);
        Against {
            plain: self.measures.against(&before, 1, 1),
            per_day: self.measures.against(&before, days_begun, other.days()),
        }
    }
}

/// The changes of a period against another.
#[derive(Clone, Copy, Debug)]
pub struct Against {
    /// Of the counts.
    pub plain: Changes,
    /// Of the counts a day.
    pub per_day: Changes,
}

/// A report with its changes against the period before and against that of last year.
#[derive(Debug)]
pub struct Whole {
    /// The figures.
    pub report: Report,
    /// Against the period before.
    pub previous: Against,
    /// Against the same one of the year before.
    pub last_year: Against,
}

/// The report on a period as it stands now, or as it was closed by `revision`.
///
/// # Errors
///
/// 404 where there is no such revision; the database's.
pub async fn report(
    pool: &Pool,
    live: &Live,
    rules: &InForce,
    reported: &Reported,
    revision: Option<i32>,
    now: DateTime<Utc>,
) -> Result<Whole, Problem> {
    let book = rules.book();
    let mut conn = pool.get().await?;
    let (as_of, figures, revised) = match revision {
        None => {
            let standing = live.figures(&mut conn, reported, &book.reference).await?;
            (now, standing.figures.clone(), standing.revised)
        }
        Some(revision) => {
            let closing = closings::of(&mut conn, &reported.period.name, Some(revision)).await?;
            let closing = closing.ok_or(Problem::NotFound)?;
            let document = closing.read().map_err(|error| Problem::Internal(error.into()))?;
            let standing = live.figures(&mut conn, reported, &book.reference).await?;
            let revised = !document.differences(&standing.figures.own).is_empty();
            (closing.closed_at, document.compared(), revised)
        }
    };
    drop(conn);
    let standing = Standing { as_of, revision, revised };
    let report = Report::of(reported, &figures.own, &book.reference, standing);
    let days = reported.days_begun(as_of);
    Ok(Whole {
        previous: report.against(days, figures.previous.as_ref()),
        last_year: report.against(days, figures.last_year.as_ref()),
        report,
    })
}

/// A part of a count and of its change; each is a row of the table.
type Part = (&'static str, fn(&Split) -> i64, fn(&Change) -> Option<f64>);

const PARTS: [Part; 3] = [
    ("total", |split| split.total, |change| change.total),
    ("export", |split| split.export, |change| change.export),
    ("import", |split| split.import, |change| change.import),
];

impl Report {
    /// What a file of it is called.
    pub(super) fn name(&self) -> String {
        let period = self.period.replace("..", "-to-");
        match self.revision {
            Some(revision) => format!("{period}-r{revision}"),
            None if self.closed => period,
            None => format!("{period}-open"),
        }
    }

    /// When its figures were taken.
    pub(super) const fn as_of(&self) -> DateTime<Utc> {
        self.as_of
    }

    /// Its heading and its rows, and at their end the changes: each with its level and its name.
    pub(super) fn table(&self, changes: &[(&str, &str, Changes)]) -> Vec<Vec<String>> {
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
        for (level, period, changes) in changes {
            for (direction, _, of) in PARTS {
                let cells = changes
                    .each()
                    .into_iter()
                    .map(|change| of(&change).map_or_else(String::new, |one| one.to_string()));
                row([level, period, "", direction], cells.collect());
            }
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::content::{CargoClass, Direction};
    use crate::domain::reference::{List, ReferenceEntry, Validity};
    use crate::domain::throughput::Measure;
    use crate::storage::throughput::{Sum, added_up};

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
        let quarter: Reported = "2025-Q1".parse().unwrap();
        let span = quarter.period.span;
        let pieces: Vec<(usize, Span)> = reference.steady_pieces(span).into_iter().map(|piece| (0, piece)).collect();
        // A piece before it moved, one after, one after it closed: those inside then still left.
        let sum = |span, count| {
            let counts = std::array::from_fn(|place| if place == Measure::Completed as usize { count } else { 0 });
            let (crossing_point, direction) = ("TAN_THANH".to_owned(), Direction::Export);
            Sum { span, crossing_point, direction, cargo_class: CargoClass::General, counts }
        };
        let sums = [sum(0, 1), sum(1, 20), sum(2, 300)];
        let figures = added_up(sums.to_vec(), &pieces, 1, &reference);

        let standing = Standing { as_of: beginning_of(span.to), revision: None, revised: false };
        let report = Report::of(&quarter, &figures[0], &reference, standing);

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
