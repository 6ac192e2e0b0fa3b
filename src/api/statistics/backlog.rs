//! `GET /api/v1/statistics/backlog`

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::throughput::Dimension;
use super::{TIME_ZONE, Table, wanted};
use crate::api::principal::StatisticsReader;
use crate::api::problem::{Problem, ProblemDocument};
use crate::api::query;
use crate::clock::Clock;
use crate::domain::content::{CargoClass, Direction};
use crate::domain::period::local_day;
use crate::domain::reference::Reference;
use crate::domain::rule_book::InForce;
use crate::domain::rule_failure::RuleFailure;
use crate::storage::pool::Pool;
use crate::storage::throughput::{Stock, backlog};

/// The vehicles at the gate at one instant.
#[derive(Debug, Serialize, ToSchema)]
pub struct BacklogReport {
    /// The instant.
    at: DateTime<Utc>,
    /// The zone of the gate.
    #[schema(example = "Asia/Ho_Chi_Minh")]
    time_zone: &'static str,
    /// When the figures were taken.
    as_of: DateTime<Utc>,
    /// Arrived at or before the instant, and ended after it or not yet.
    #[schema(example = 369)]
    total: i64,
    /// Registered, and neither arrived nor ended.
    registered_not_arrived: i64,
    /// By the dimensions that were asked for, where there is anything.
    rows: Vec<BacklogRow>,
    #[serde(skip)]
    by: Vec<Dimension>,
}

/// The vehicles of one combination of the dimensions; one that was not asked for is absent.
#[derive(Debug, Serialize, ToSchema)]
pub struct BacklogRow {
    /// The gate's code: the one that the crossing point belonged to on that day.
    #[serde(skip_serializing_if = "Option::is_none")]
    gate: Option<String>,
    /// The crossing point's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    crossing_point: Option<String>,
    /// The direction.
    #[serde(skip_serializing_if = "Option::is_none")]
    direction: Option<Direction>,
    /// The cargo class.
    #[serde(skip_serializing_if = "Option::is_none")]
    cargo_class: Option<CargoClass>,
    /// Inside at the instant.
    inside: i64,
    /// Registered, and neither arrived nor ended.
    registered_not_arrived: i64,
}

impl Table for BacklogReport {
    fn name(&self) -> String {
        format!("backlog-{}", self.at.format("%Y-%m-%dT%H-%M-%SZ"))
    }

    fn as_of(&self) -> DateTime<Utc> {
        self.as_of
    }

    fn table(&self) -> Vec<Vec<String>> {
        let heading = std::iter::once("at")
            .chain(self.by.iter().map(|dimension| dimension.as_str()))
            .chain(["inside", "registered_not_arrived"]);
        let at = written(self.at);
        let rows = self.rows.iter().map(|row| {
            let dimensions = self.by.iter().map(|dimension| row.value(*dimension));
            let counts = [row.inside.to_string(), row.registered_not_arrived.to_string()];
            std::iter::once(at.clone()).chain(dimensions).chain(counts).collect()
        });
        std::iter::once(heading.map(str::to_owned).collect()).chain(rows).collect()
    }
}

impl BacklogRow {
    /// What it says of a dimension that was asked for.
    fn value(&self, dimension: Dimension) -> String {
        let value = match dimension {
            Dimension::Gate => self.gate.clone(),
            Dimension::CrossingPoint => self.crossing_point.clone(),
            Dimension::Direction => self.direction.map(|direction| direction.to_string()),
            Dimension::CargoClass => self.cargo_class.map(|class| class.to_string()),
        };
        value.unwrap_or_default()
    }
}

/// What is asked by without saying so.
const BY_DEFAULT: [Dimension; 3] = [Dimension::CrossingPoint, Dimension::Direction, Dimension::CargoClass];

/// The stocks added up by the dimensions asked for, each with the gate it belongs to on `day`.
fn rows_by(by: &[Dimension], stocks: Vec<Stock>, reference: &Reference, day: NaiveDate) -> Vec<BacklogRow> {
    type Place = (Option<String>, Option<String>, Option<Direction>, Option<CargoClass>);
    let mut places: BTreeMap<Place, (i64, i64)> = BTreeMap::new();
    for stock in stocks {
        let wants = |dimension| by.contains(&dimension);
        let gate = wants(Dimension::Gate).then(|| {
            let known = reference.counted_crossing_point(&stock.crossing_point, day);
            known.map_or(&stock.crossing_point, |point| &point.gate).clone()
        });
        let place = (
            gate,
            wants(Dimension::CrossingPoint).then_some(stock.crossing_point),
            wants(Dimension::Direction).then_some(stock.direction),
            wants(Dimension::CargoClass).then_some(stock.cargo_class),
        );
        let sum = places.entry(place).or_default();
        sum.0 += stock.inside;
        sum.1 += stock.registered;
    }
    let there = places.into_iter().filter(|(_, counts)| *counts != (0, 0));
    there
        .map(|((gate, crossing_point, direction, cargo_class), (inside, registered_not_arrived))| BacklogRow {
            gate,
            crossing_point,
            direction,
            cargo_class,
            inside,
            registered_not_arrived,
        })
        .collect()
}

/// An instant as RFC 3339 writes it in UTC.
fn written(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// The backlog at an instant
///
/// Vehicles that had arrived and not ended then, exactly, also in the past; the official report takes it at 20:00.
#[utoipa::path(
    tag = "statistics",
    operation_id = "backlog",
    params(
        ("at" = Option<DateTime<Utc>>, Query, description = "The instant; now by default", example = "2024-08-22T13:00:00Z"),
        ("by" = Option<String>, Query, description = "Any of gate, crossing_point, direction, cargo_class, separated by commas; the last three by default", example = "gate,direction"),
        ("format" = Option<super::Format>, Query, description = "In place of Accept"),
        ("bom" = Option<bool>, Query, description = "CSV with a byte order mark"),
    ),
    responses(
        (status = 200, description = "The backlog", content((BacklogReport = "application/json"), (String = "text/csv")),
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
#[get("/statistics/backlog")]
pub async fn read(
    _: StatisticsReader,
    request: HttpRequest,
    pool: web::Data<Pool>,
    rules: web::Data<InForce>,
    clock: web::Data<Clock>,
) -> Result<HttpResponse, Problem> {
    let now = clock.now();
    let (at, by, wanted) = query::read(&request, |fields, refused| {
        let at = fields.instant("at");
        if at.is_some_and(|at| at > now) {
            refused.push(RuleFailure::new("/at", "instant-in-future").with("now", written(now)));
        }
        (at, query::words(fields, "by", refused), wanted(fields, refused))
    })?;
    let at = at.unwrap_or(now);
    let by = if by.is_empty() { BY_DEFAULT.to_vec() } else { by };
    let stocks = backlog(&mut *pool.get().await?, at).await?;
    let report = BacklogReport {
        at,
        time_zone: TIME_ZONE,
        as_of: now,
        total: stocks.iter().map(|stock| stock.inside).sum(),
        registered_not_arrived: stocks.iter().map(|stock| stock.registered).sum(),
        rows: rows_by(&by, stocks, &rules.book().reference, local_day(at)),
        by,
    };
    wanted.respond(&request, &report)
}
