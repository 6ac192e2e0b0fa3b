//! `GET /api/v1/statistics/periods/{period}`

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::live::Live;
use super::measures::Changes;
use super::report::{Report, Whole, report};
use super::{Table, asked_period, asked_revision, wanted};
use crate::api::principal::StatisticsReader;
use crate::api::problem::{Problem, ProblemDocument};
use crate::api::query;
use crate::clock::Clock;
use crate::domain::rule_book::InForce;
use crate::storage::pool::Pool;

/// A period's figures.
#[derive(Debug, Serialize, ToSchema)]
pub struct PeriodReport {
    #[serde(flatten)]
    report: Report,
    /// Against other periods.
    change: PeriodComparison,
}

/// The figures against other periods.
#[derive(Debug, Serialize, ToSchema)]
pub struct PeriodComparison {
    /// The period before: a span is compared with as many days before it.
    previous_period: Changes,
    /// The same period of the year before; null for 29 February and a 53rd week, which last year had none of.
    same_period_last_year: Changes,
    /// The same of the counts a day: a February has 28 or 29.
    per_day: PeriodComparisonPerDay,
}

/// The counts a day against those of other periods.
#[derive(Debug, Serialize, ToSchema)]
pub struct PeriodComparisonPerDay {
    /// The period before: a span is compared with as many days before it.
    previous_period: Changes,
    /// The same period of the year before; null for 29 February and a 53rd week, which last year had none of.
    same_period_last_year: Changes,
}

impl From<Whole> for PeriodReport {
    fn from(whole: Whole) -> Self {
        let Whole { report, previous, last_year } = whole;
        Self {
            report,
            change: PeriodComparison {
                previous_period: previous.plain,
                same_period_last_year: last_year.plain,
                per_day: PeriodComparisonPerDay {
                    previous_period: previous.per_day,
                    same_period_last_year: last_year.per_day,
                },
            },
        }
    }
}

impl Table for PeriodReport {
    fn name(&self) -> String {
        self.report.name()
    }

    fn as_of(&self) -> DateTime<Utc> {
        self.report.as_of()
    }

    fn table(&self) -> Vec<Vec<String>> {
        self.report.table(&[
            ("change", "previous_period", self.change.previous_period),
            ("change", "same_period_last_year", self.change.same_period_last_year),
            ("change_per_day", "previous_period", self.change.per_day.previous_period),
            ("change_per_day", "same_period_last_year", self.change.per_day.same_period_last_year),
        ])
    }
}

/// A period's figures
///
/// Exact and current at every commit: the answer equals a recount of the declarations. With `revision`, as it was closed.
#[utoipa::path(
    tag = "statistics",
    operation_id = "period",
    params(
        ("period" = String, Path, description = "A day 2025-03-31, week 2025-W13, month 2025-03, quarter 2025-Q1, year 2025, or any span 2025-03-01..2025-03-15 (its end not included)", example = "2025-03"),
        ("revision" = Option<i32>, Query, description = "The figures of this closing, in place of the live ones", example = 1),
        ("format" = Option<super::Format>, Query, description = "In place of Accept"),
        ("bom" = Option<bool>, Query, description = "CSV with a byte order mark"),
    ),
    responses(
        (status = 200, description = "The figures", content((PeriodReport = "application/json"), (String = "text/csv")),
            headers(("ETag" = String, description = "Changes when a figure does"))),
        (status = 304, description = "The figures are those that If-None-Match names"),
        (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "The role reads no statistics", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "The period has no such revision", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 406, description = "Neither JSON nor CSV is accepted", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "No such period, or an unknown parameter", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
#[get("/statistics/periods/{period}")]
pub async fn read(
    _: StatisticsReader,
    request: HttpRequest,
    path: web::Path<String>,
    pool: web::Data<Pool>,
    live: web::Data<Live>,
    rules: web::Data<InForce>,
    clock: web::Data<Clock>,
) -> Result<HttpResponse, Problem> {
    let (wanted, revision, period) = query::read(&request, |fields, refused| {
        let wanted = wanted(fields, refused);
        let revision = asked_revision(fields, "revision", refused);
        let period = asked_period(&path, refused);
        (wanted, revision, period)
    })?;
    let period = period.ok_or(Problem::NotFound)?;
    let whole = report(&pool, &live, &rules, &period, revision, clock.now()).await?;
    wanted.respond(&request, &PeriodReport::from(whole))
}
