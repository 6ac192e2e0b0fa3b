//! `/api/v1/reports`: the province's papers, each as JSON, CSV or a workbook.

use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LANGUAGE, ETAG, HeaderValue, VARY};
use actix_web::{HttpRequest, HttpResponse, get, web};
use diesel_async::AsyncPgConnection;

use super::conditional::{etag_of, is_known};
use super::frame::language;
use super::negotiation::best;
use super::principal::StatisticsReader;
use super::problem::{Cause, Problem, ProblemDocument};
use super::query;
use super::statistics::live::Live;
use super::statistics::written;
use crate::clock::Clock;
use crate::domain::period::{Quarter, Reported, beginning_of};
use crate::domain::reference::Reference;
use crate::domain::rule_book::InForce;
use crate::domain::rule_failure::RuleFailure;
use crate::domain::words::words;
use crate::reports::{Report, ReportDocument, Signed, daily, quarterly, xlsx};
use crate::storage::closings;
use crate::storage::pool::Pool;
use crate::storage::throughput::{backlog, sums};
use crate::storage::transferred::after_arrival;

words! {
    /// How a report is written.
    "report format" ReportFormat { Json = "json", Csv = "csv", Xlsx = "xlsx" }
}

const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The formats, as `Accept` names them.
const TYPES: &str = "application/json, text/csv, application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

const OFFERED: [(&str, ReportFormat); 3] =
    [("application/json", ReportFormat::Json), ("text/csv", ReportFormat::Csv), (WORKBOOK, ReportFormat::Xlsx)];

/// How the caller wants the report written.
struct Wanted {
    format: Option<ReportFormat>,
    bom: bool,
}

/// Reads the parameters that every report takes, and by `period` what it is of.
fn asked<T>(
    request: &HttpRequest,
    period: impl FnOnce(&mut Vec<RuleFailure>) -> Option<T>,
) -> Result<(Wanted, T), Problem> {
    let (wanted, period) = query::read(request, |fields, refused| {
        let wanted = Wanted { format: fields.word("format"), bom: query::flag(fields, "bom", refused) };
        (wanted, period(refused))
    })?;
    Ok((wanted, period.ok_or(Problem::NotFound)?))
}

impl Wanted {
    /// The format: the one that is named, else the best that `Accept` takes.
    fn format(&self, request: &HttpRequest) -> Result<ReportFormat, Problem> {
        self.format.or_else(|| best(request, &OFFERED)).ok_or(Problem::NotAcceptable(TYPES))
    }

    /// Writes `report`, with a tag that changes when a figure does.
    fn respond(&self, request: &HttpRequest, format: ReportFormat, report: &Report) -> Result<HttpResponse, Problem> {
        let internal = |error: Cause| Problem::Internal(error);
        let table = report.table();
        // All that is shown but the moment at which it was made, which is no figure; so the tag is weak.
        let shown =
            (format.as_str(), self.bom, report.language().as_str(), report.file_name(), report.signed(), &table);
        let tag = etag_of(&serde_json::to_vec(&shown).map_err(|error| internal(error.into()))?);
        let known = is_known(request, &tag);
        let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response.insert_header((ETAG, format!("W/{tag}"))).insert_header((CACHE_CONTROL, "private, no-cache"));
        response.insert_header((VARY, "Accept, Accept-Language"));
        if known {
            return Ok(response.finish());
        }
        response.insert_header((CONTENT_LANGUAGE, HeaderValue::from_static(report.language().as_str())));
        let (body, kind) = match format {
            ReportFormat::Json => {
                let body = serde_json::to_vec(&report.document()).map_err(|error| internal(error.into()))?;
                return Ok(response.content_type("application/json").body(body));
            }
            ReportFormat::Csv => {
                (written(&table, self.bom).map_err(|error| internal(error.into()))?, "text/csv; charset=utf-8")
            }
            ReportFormat::Xlsx => (xlsx::write(report).map_err(|error| internal(error.into()))?, WORKBOOK),
        };
        let disposition = format!("attachment; filename=\"{}.{format}\"", report.file_name());
        Ok(response.insert_header((CONTENT_DISPOSITION, disposition)).content_type(kind).body(body))
    }
}

/// What became of a period since its figures were signed; none where they never were.
async fn signed(
    conn: &mut AsyncPgConnection,
    period: &str,
    live: &Live,
    reference: &Arc<Reference>,
) -> Result<Option<Signed>, Problem> {
    let Ok(reported) = period.parse::<Reported>() else { return Ok(None) };
    // Most periods that people ask for were never closed: nothing is compared then.
    if closings::of(conn, &reported.period.name, None).await?.is_none() {
        return Ok(None);
    }
    let standing = live.figures(conn, &reported, reference).await?;
    Ok(standing.closing.map(|revision| Signed { revision, revised: standing.revised }))
}

/// The province's daily report
///
/// What crossed, what went back and what was left waiting at 20:00, by crossing point, against the day before and last
/// year. A day that has not begun is all zeros.
#[utoipa::path(
    tag = "reports",
    operation_id = "daily_report",
    params(
        ("day" = chrono::NaiveDate, Path, description = "The local day", example = "2024-08-22"),
        ("format" = Option<ReportFormat>, Query, description = "In place of Accept"),
        ("bom" = Option<bool>, Query, description = "CSV with a byte order mark"),
    ),
    responses(
        (status = 200, description = "The report", content((ReportDocument = "application/json"), (String = "text/csv"), (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")),
            headers(("ETag" = String, description = "Changes when a figure does"))),
        (status = 304, description = "The figures are those that If-None-Match names"),
        (status = 400, description = "A query that is not well-formed", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "The role reads no statistics", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "No calendar holds the day and what it is compared with", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 406, description = "None of JSON, CSV and a workbook is accepted", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "No day, or an unknown parameter", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
#[get("/reports/daily/{day}")]
pub async fn of_day(
    _: StatisticsReader,
    request: HttpRequest,
    day: web::Path<String>,
    pool: web::Data<Pool>,
    live: web::Data<Live>,
    rules: web::Data<InForce>,
    clock: web::Data<Clock>,
) -> Result<HttpResponse, Problem> {
    let (wanted, periods) =
        asked(&request, |refused| query::written_day(&day, "day", refused).and_then(daily::Periods::of))?;
    let format = wanted.format(&request)?;
    let now = clock.now();
    let book = rules.book();
    // What has not begun has counted nothing, and is not asked for.
    let counted = if beginning_of(periods.day().from) <= now {
        let mut conn = pool.get().await?;
        let [evening, evening_before] = periods.backlogs_at();
        // Counters and stamps of one snapshot: the sums of the report are of one moment.
        conn.build_transaction()
            .repeatable_read()
            .read_only()
            .run::<_, Problem, _>(async |conn| {
                Ok(daily::Counted {
                    sums: sums(conn, periods.spans()).await?,
                    transferred: after_arrival(conn, periods.spans()).await?,
                    backlog: backlog(conn, evening).await?,
                    backlog_before: backlog(conn, evening_before).await?,
                    signed: signed(conn, &day, &live, &book.reference).await?,
                })
            })
            .await?
    } else {
        daily::Counted::default()
    };
    let report = daily::report(&periods, &counted, &book.reference, now, language(request.headers()));
    wanted.respond(&request, format, &report)
}

/// The province's quarterly report
///
/// What was declared and what became of it, by crossing point, month and gate, against the quarter before and last year's.
#[utoipa::path(
    tag = "reports",
    operation_id = "quarterly_report",
    params(
        ("quarter" = String, Path, description = "The quarter", example = "2025-Q1"),
        ("format" = Option<ReportFormat>, Query, description = "In place of Accept"),
        ("bom" = Option<bool>, Query, description = "CSV with a byte order mark"),
    ),
    responses(
        (status = 200, description = "The report", content((ReportDocument = "application/json"), (String = "text/csv"), (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")),
            headers(("ETag" = String, description = "Changes when a figure does"))),
        (status = 304, description = "The figures are those that If-None-Match names"),
        (status = 400, description = "A query that is not well-formed", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "The role reads no statistics", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 406, description = "None of JSON, CSV and a workbook is accepted", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "No such quarter, or an unknown parameter", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
#[get("/reports/quarterly/{quarter}")]
pub async fn of_quarter(
    _: StatisticsReader,
    request: HttpRequest,
    quarter: web::Path<String>,
    pool: web::Data<Pool>,
    live: web::Data<Live>,
    rules: web::Data<InForce>,
    clock: web::Data<Clock>,
) -> Result<HttpResponse, Problem> {
    let book = rules.book();
    let (wanted, periods) = asked(&request, |refused| {
        let known = quarter.parse::<Quarter>().ok();
        if known.is_none() {
            refused.push(RuleFailure::new("/quarter", "quarter-format").with("given", quarter.as_str()));
        }
        quarterly::Periods::of(known?, &book.reference)
    })?;
    let format = wanted.format(&request)?;
    let counted = (pool.get().await?.build_transaction())
        .repeatable_read()
        .read_only()
        .run::<_, Problem, _>(async |conn| {
            Ok(quarterly::Counted {
                sums: sums(conn, periods.spans()).await?,
                signed: signed(conn, &quarter, &live, &book.reference).await?,
            })
        })
        .await?;
    let report = quarterly::report(&periods, &counted, &book.reference, clock.now(), language(request.headers()));
    wanted.respond(&request, format, &report)
}
