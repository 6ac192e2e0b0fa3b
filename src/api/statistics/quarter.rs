//! `GET /api/v1/statistics/quarters/{quarter}`

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::live::Live;
use super::measures::Changes;
use super::report::{Report, Whole, report};
use super::{Table, asked_revision, wanted};
use crate::api::principal::StatisticsReader;
use crate::api::problem::{Problem, ProblemDocument};
use crate::api::query;
use crate::clock::Clock;
use crate::domain::period::{Interval, Reported};
use crate::domain::rule_book::InForce;
use crate::domain::rule_failure::RuleFailure;
use crate::storage::pool::Pool;

/// A quarter's figures.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuarterReport {
    #[serde(flatten)]
    report: Report,
    /// Against other periods.
    change: QuarterComparison,
}

/// The figures against other periods.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuarterComparison {
    /// The quarter before.
    previous_quarter: Changes,
    /// The same quarter of the year before.
    same_quarter_last_year: Changes,
    /// The same of the counts a day: quarters have 90 to 92 days.
    per_day: QuarterComparisonPerDay,
}

/// The counts a day against those of other periods.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuarterComparisonPerDay {
    /// The quarter before.
    previous_quarter: Changes,
    /// The same quarter of the year before.
    same_quarter_last_year: Changes,
}

impl From<Whole> for QuarterReport {
    fn from(whole: Whole) -> Self {
        let Whole { report, previous, last_year } = whole;
        Self {
            report,
            change: QuarterComparison {
                previous_quarter: previous.plain,
                same_quarter_last_year: last_year.plain,
                per_day: QuarterComparisonPerDay {
                    previous_quarter: previous.per_day,
                    same_quarter_last_year: last_year.per_day,
                },
            },
        }
    }
}

impl Table for QuarterReport {
    fn name(&self) -> String {
        self.report.name()
    }

    fn as_of(&self) -> DateTime<Utc> {
        self.report.as_of()
    }

    fn table(&self) -> Vec<Vec<String>> {
        self.report.table(&[
            ("change", "previous_quarter", self.change.previous_quarter),
            ("change", "same_quarter_last_year", self.change.same_quarter_last_year),
            ("change_per_day", "previous_quarter", self.change.per_day.previous_quarter),
            ("change_per_day", "same_quarter_last_year", self.change.per_day.same_quarter_last_year),
        ])
    }
}

/// A quarter's figures
///
/// Exact and current at every commit: the answer equals a recount of the declarations. With `revision`, as it was closed.
#[utoipa::path(
    tag = "statistics",
    operation_id = "quarter",
    params(
        ("quarter" = String, Path, description = "The quarter", example = "2025-Q1"),
        ("revision" = Option<i32>, Query, description = "The figures of this closing, in place of the live ones", example = 1),
        ("format" = Option<super::Format>, Query, description = "In place of Accept"),
        ("bom" = Option<bool>, Query, description = "CSV with a byte order mark"),
    ),
    responses(
        (status = 200, description = "The figures", content((QuarterReport = "application/json"), (String = "text/csv")),
            headers(("ETag" = String, description = "Changes when a figure does"))),
        (status = 304, description = "The figures are those that If-None-Match names"),
        (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "The role reads no statistics", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "The quarter has no such revision", body = ProblemDocument, content_type = "application/problem+json"),
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
    live: web::Data<Live>,
    rules: web::Data<InForce>,
    clock: web::Data<Clock>,
) -> Result<HttpResponse, Problem> {
    let (wanted, revision, quarter) = query::read(&request, |fields, refused| {
        let wanted = wanted(fields, refused);
        let revision = asked_revision(fields, "revision", refused);
        let quarter = path.parse::<Reported>().ok().filter(|reported| reported.interval == Interval::Quarter);
        if quarter.is_none() {
            refused.push(RuleFailure::new("/quarter", "quarter-format").with("given", path.as_str()));
        }
        (wanted, revision, quarter)
    })?;
    let quarter = quarter.ok_or(Problem::NotFound)?;
    let whole = report(&pool, &live, &rules, &quarter, revision, clock.now()).await?;
    wanted.respond(&request, &QuarterReport::from(whole))
}
