//! `/api/v1/gates`, `/crossing-points` and `/reference/{list}`: the dated reference data, for anyone.

use actix_web::http::header::{CACHE_CONTROL, ETAG};
use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::conditional::{etag_of, is_known};
use super::problem::{Cause, Problem, ProblemDocument};
use super::query;
use crate::clock::Clock;
use crate::domain::period::local_day;
use crate::domain::reference::{CrossingPoint, Gate, List, ReferenceEntry};
use crate::domain::rule_book::InForce;

/// The gates as they stand on a day.
#[derive(Serialize, ToSchema)]
pub struct Gates {
    /// The local day that was asked about.
    on: NaiveDate,
    /// The gates, by code.
    items: Vec<Gate>,
}

/// The crossing points as they stand on a day.
#[derive(Serialize, ToSchema)]
pub struct CrossingPoints {
    /// The local day that was asked about.
    on: NaiveDate,
    /// The crossing points, by code.
    items: Vec<CrossingPoint>,
}

/// One list of the reference data as it stands on a day.
#[derive(Serialize, ToSchema)]
pub struct ReferenceList {
    /// Which list.
    list: List,
    /// The local day that was asked about.
    on: NaiveDate,
    /// Its entries, by code.
    items: Vec<ReferenceEntry>,
}

/// The day that `?on=` names, today's at the gate without it.
fn asked_day(request: &HttpRequest, clock: &Clock) -> Result<NaiveDate, Problem> {
    let on = query::read(request, |fields, refused| query::day(fields, "on", refused))?;
    Ok(on.unwrap_or_else(|| local_day(clock.now())))
}

/// `body` with its tag, or 304 where the caller has it already.
fn answer(request: &HttpRequest, body: &impl Serialize) -> Result<HttpResponse, Problem> {
    let body = serde_json::to_vec(body).map_err(|error| Problem::Internal(Cause::from(error)))?;
    let etag = etag_of(&body);
    let mut response = if is_known(request, &etag) { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    // Anyone's to keep, and to ask again each time whether it still holds.
    response.insert_header((ETAG, etag.as_str())).insert_header((CACHE_CONTROL, "public, no-cache"));
    Ok(if is_known(request, &etag) { response.finish() } else { response.content_type("application/json").body(body) })
}

/// List the border gates
///
/// As they stand on a local day. What could not be confirmed is null.
#[utoipa::path(
    tag = "reference",
    operation_id = "list_gates",
    params(("on" = Option<NaiveDate>, Query, description = "The local day; today's without it", example = "2025-01-01")),
    responses(
        (status = 200, description = "The gates", body = Gates, headers(("ETag" = String, description = "Changes when the answer does"))),
        (status = 304, description = "Still what If-None-Match names"),
        (status = 400, description = "A query that is not well-formed", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "No day, or an unknown parameter", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[get("/gates")]
pub async fn gates(
    request: HttpRequest,
    rules: web::Data<InForce>,
    clock: web::Data<Clock>,
) -> Result<HttpResponse, Problem> {
    let on = asked_day(&request, &clock)?;
    answer(&request, &Gates { on, items: rules.book().reference.gates(on).cloned().collect() })
}

/// List the crossing points
///
/// As they stand on a local day, each with the gate that it belongs to.
#[utoipa::path(
    tag = "reference",
    operation_id = "list_crossing_points",
    params(("on" = Option<NaiveDate>, Query, description = "The local day; today's without it", example = "2025-01-01")),
    responses(
        (status = 200, description = "The crossing points", body = CrossingPoints, headers(("ETag" = String, description = "Changes when the answer does"))),
        (status = 304, description = "Still what If-None-Match names"),
        (status = 400, description = "A query that is not well-formed", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "No day, or an unknown parameter", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[get("/crossing-points")]
pub async fn crossing_points(
    request: HttpRequest,
    rules: web::Data<InForce>,
    clock: web::Data<Clock>,
) -> Result<HttpResponse, Problem> {
    let on = asked_day(&request, &clock)?;
    answer(&request, &CrossingPoints { on, items: rules.book().reference.crossing_points(on).cloned().collect() })
}

/// Read a list of the reference data
///
/// Its entries as they stand on a local day, each with its code, its days and the fields of its list.
#[utoipa::path(
    tag = "reference",
    operation_id = "read_reference",
    params(
        ("list" = List, Path, description = "Which list"),
        ("on" = Option<NaiveDate>, Query, description = "The local day; today's without it", example = "2025-01-01"),
    ),
    responses(
        (status = 200, description = "The list", body = ReferenceList, headers(("ETag" = String, description = "Changes when the answer does"))),
        (status = 304, description = "Still what If-None-Match names"),
        (status = 400, description = "A query that is not well-formed", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "No such list", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "No day, or an unknown parameter", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[get("/reference/{list}")]
pub async fn reference(
    request: HttpRequest,
    path: web::Path<String>,
    rules: web::Data<InForce>,
    clock: web::Data<Clock>,
) -> Result<HttpResponse, Problem> {
    let list: List = path.parse().map_err(|_| Problem::NotFound)?;
    let on = asked_day(&request, &clock)?;
    answer(&request, &ReferenceList { list, on, items: rules.book().reference.entries(list, on).cloned().collect() })
}
