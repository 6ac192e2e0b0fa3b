//! `GET /api/v1/statistics/backlog`

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{TIME_ZONE, Table, wanted};
use crate::api::principal::StatisticsReader;
use crate::api::problem::{Problem, ProblemDocument};
use crate::api::query;
use crate::clock::Clock;
use crate::domain::content::{CargoClass, Direction};
use crate::domain::rule_failure::RuleFailure;
use crate::storage::pool::Pool;
use crate::storage::throughput;

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
    /// By crossing point, direction and cargo class, where there is anything.
    rows: Vec<BacklogRow>,
}

/// The vehicles of one crossing point, direction and cargo class.
#[derive(Debug, Serialize, ToSchema)]
pub struct BacklogRow {
    /// The crossing point's code.
    crossing_point: String,
    /// The direction.
    direction: Direction,
    /// The cargo class.
    cargo_class: CargoClass,
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
        let heading = ["at", "crossing_point", "direction", "cargo_class", "inside", "registered_not_arrived"];
        let at = written(self.at);
        let rows = self.rows.iter().map(|row| {
            vec![
                at.clone(),
                row.crossing_point.clone(),
                row.direction.to_string(),
                row.cargo_class.to_string(),
                row.inside.to_string(),
                row.registered_not_arrived.to_string(),
            ]
        });
        std::iter::once(heading.map(str::to_owned).to_vec()).chain(rows).collect()
    }
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
    clock: web::Data<Clock>,
) -> Result<HttpResponse, Problem> {
    let now = clock.now();
    let (at, wanted) = query::read(&request, |fields, refused| {
        let at = fields.instant("at");
        if at.is_some_and(|at| at > now) {
            refused.push(RuleFailure::new("/at", "instant-in-future").with("now", written(now)));
        }
        (at, wanted(fields, refused))
    })?;
    let at = at.unwrap_or(now);
    let stocks = throughput::backlog(&mut *pool.get().await?, at).await?;
    let report = BacklogReport {
        at,
        time_zone: TIME_ZONE,
        as_of: now,
        total: stocks.iter().map(|stock| stock.inside).sum(),
        registered_not_arrived: stocks.iter().map(|stock| stock.registered).sum(),
        rows: stocks
            .into_iter()
            .filter(|stock| stock.inside != 0 || stock.registered != 0)
            .map(|stock| BacklogRow {
                crossing_point: stock.crossing_point,
                direction: stock.direction,
                cargo_class: stock.cargo_class,
                inside: stock.inside,
                registered_not_arrived: stock.registered,
            })
            .collect(),
    };
    wanted.respond(&request, &report)
}
