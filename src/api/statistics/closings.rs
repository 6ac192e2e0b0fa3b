//! `/api/v1/statistics/closings`: figures of periods that are over, signed.

use actix_web::http::header::{CACHE_CONTROL, ETAG};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::live::Live;
use super::{asked_period, asked_revision, revision_of};
use crate::api::admin::{created, read_body, respond};
use crate::api::conditional::{etag_of, idempotency_key, is_known, json_body};
use crate::api::paging::{self, Asked, Cursors, Page};
use crate::api::principal::{Analyst, StatisticsReader};
use crate::api::problem::{Problem, ProblemDocument};
use crate::api::query;
use crate::casework::administration::Creation;
use crate::casework::closing::close;
use crate::clock::Clock;
use crate::domain::closing::{Closing, Difference};
use crate::domain::content::{CargoClass, Direction};
use crate::domain::rule_book::InForce;
use crate::domain::throughput::Measure;
use crate::identity::tokens::Tokens;
use crate::storage::closings;
use crate::storage::idempotency::Key;
use crate::storage::pool::Pool;
use crate::storage::sets::Reply;

/// How a closing is verified without us.
const VERIFY: &str = "signature is the Ed25519 signature (base64url) of the bytes at links.document by the key kid of \
                      links.keys; hash is their SHA-256, and previous_hash in them is the hash of the closing before";

/// A closing.
#[derive(Serialize, ToSchema)]
pub struct ClosingView {
    /// Its place in the chain of all closings, from 1 on.
    #[schema(example = 1)]
    seq: i64,
    /// The period.
    #[schema(example = "2025-Q1")]
    period: String,
    /// Which closing of the period it is, from 1 on.
    #[schema(example = 1)]
    revision: i32,
    /// When it was closed.
    closed_at: DateTime<Utc>,
    /// Who closed it.
    #[schema(example = "account:7")]
    closed_by: String,
    /// SHA-256 of the document, in hexadecimal.
    hash: String,
    /// The key that signed, by its RFC 7638 thumbprint.
    kid: String,
    /// The Ed25519 signature of the document's bytes, as base64url.
    signature: String,
    /// How it is verified without us.
    verify: &'static str,
    /// Where the parts stand.
    links: ClosingLinks,
}

/// Where the parts of a closing stand.
#[derive(Serialize, ToSchema)]
pub struct ClosingLinks {
    /// Exactly the bytes that were signed.
    #[schema(example = "/api/v1/statistics/closings/2025-Q1/1/document")]
    document: String,
    /// The public keys.
    #[schema(example = "/.well-known/jwks.json")]
    keys: &'static str,
}

impl From<&Closing> for ClosingView {
    fn from(closing: &Closing) -> Self {
        Self {
            seq: closing.seq,
            period: closing.period.clone(),
            revision: closing.revision,
            closed_at: closing.closed_at,
            closed_by: closing.closed_by.clone(),
            hash: closing.hash.to_string(),
            kid: closing.kid.clone(),
            signature: URL_SAFE_NO_PAD.encode(&closing.signature),
            verify: VERIFY,
            links: ClosingLinks { document: format!("{}/document", address(closing)), keys: "/.well-known/jwks.json" },
        }
    }
}

/// Where a closing stands.
fn address(closing: &Closing) -> String {
    format!("/api/v1/statistics/closings/{}/{}", closing.period, closing.revision)
}

fn reply(closing: &Closing) -> Reply {
    created(address(closing), &ClosingView::from(closing))
}

/// A period to close.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is read field by field; this is its shape for the contract")]
pub struct NewClosing {
    /// The period: a day, week, month, quarter or year that is over.
    #[schema(example = "2025-Q1")]
    period: String,
}

/// Close a period
///
/// Signs what a period that is over amounts to at this moment. Closing it again makes its next revision, if any figure
/// came to be another; every revision stays.
#[utoipa::path(
    tag = "statistics",
    operation_id = "close_period",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 printable characters; the same key and body again gives the same answer for seven days")),
    request_body(content = NewClosing, content_type = "application/json"),
    responses(
        (status = 201, description = "The closing", body = ClosingView, headers(("Location" = String, description = "Where it stands"))),
        (status = 400, description = "Not well-formed", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "Not an analyst in person", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "The figures are those of its last closing, or the same key is being worked on", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "A body over 256 KiB", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "No such period, one that is not over, with when it will be, or the key came with another body", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
#[post("/statistics/closings")]
pub async fn create(
    analyst: Analyst,
    request: HttpRequest,
    body: web::Bytes,
    pool: web::Data<Pool>,
    tokens: web::Data<Tokens>,
    rules: web::Data<InForce>,
    clock: web::Data<Clock>,
) -> Result<HttpResponse, Problem> {
    let by = analyst.0.name();
    let key = idempotency_key(&request)?.map(|key| Key {
        caller: by.clone(),
        route: "POST /api/v1/statistics/closings".to_owned(),
        key,
        request_hash: Sha256::digest(&body).to_vec(),
    });
    let period = read_body(json_body(&request, &body, None)?, |fields| {
        let period = fields.text("period");
        fields.required("period", period)
    })?;
    let mut refused = Vec::new();
    let Some(reported) = asked_period(&period, &mut refused) else { return Err(Problem::InvalidRequest(refused)) };
    let creation = Creation { key: key.as_ref(), render: &reply, now: clock.now() };
    let book = rules.book();
    let mut conn = pool.get().await?;
    let made = close(&mut conn, tokens.keys(), &creation, &reported, &by, &book.reference).await?;
    Ok(respond(made, reply))
}

/// List the closings
///
/// Newest first.
#[utoipa::path(
    tag = "statistics",
    operation_id = "list_closings",
    params(
        ("limit" = Option<u8>, Query, description = "At most so many, 1 to 200; 50 without it", example = 50),
        ("cursor" = Option<String>, Query, description = "Of the page before"),
    ),
    responses(
        (status = 200, description = "One page", body = Page<ClosingView>, headers(("Link" = String, description = "The next page"))),
        (status = 400, description = "Not well-formed, or not a cursor of this list", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "The role reads no statistics", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "A limit that does not hold, or an unknown parameter", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
#[get("/statistics/closings")]
pub async fn list(
    _: StatisticsReader,
    request: HttpRequest,
    pool: web::Data<Pool>,
    cursors: web::Data<Cursors>,
) -> Result<HttpResponse, Problem> {
    let asked = query::read(&request, |fields, refused| Asked::read(fields, refused, &cursors, "closings"))??;
    let before = asked.after.as_deref().and_then(|position| position.parse().ok());
    let found = closings::list(&mut *pool.get().await?, before, asked.look_for()).await?;
    let position = |closing: &Closing| closing.seq.to_string();
    let view = |closing: Closing| ClosingView::from(&closing);
    Ok(paging::respond(&request, &asked, &cursors, "closings", found, position, view))
}

/// The closing that an address names.
async fn found(pool: &Pool, period: &str, revision: i32) -> Result<Closing, Problem> {
    // What names no period names no closing; NUL characters, which PostgreSQL refuses, are not in a period's name.
    let mut refused = Vec::new();
    let reported = asked_period(period, &mut refused).ok_or(Problem::NotFound)?;
    let mut conn = pool.get().await?;
    closings::of(&mut conn, &reported.period.name, Some(revision)).await?.ok_or(Problem::NotFound)
}

/// Read a closing
#[utoipa::path(
    tag = "statistics",
    operation_id = "read_closing",
    params(
        ("period" = String, Path, description = "The period", example = "2025-Q1"),
        ("revision" = String, Path, description = "Which of its closings", example = "1"),
    ),
    responses(
        (status = 200, description = "The closing", body = ClosingView),
        (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "The role reads no statistics", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "Not there", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
#[get("/statistics/closings/{period}/{revision}")]
pub async fn read(
    _: StatisticsReader,
    path: web::Path<(String, String)>,
    pool: web::Data<Pool>,
) -> Result<HttpResponse, Problem> {
    let (period, revision) = path.into_inner();
    let closing = found(&pool, &period, revision_of(&revision).ok_or(Problem::NotFound)?).await?;
    Ok(HttpResponse::Ok().json(ClosingView::from(&closing)))
}

/// Read what was signed
///
/// Exactly the bytes that the signature is of: the figures by gate, crossing point, direction and cargo class, what each
/// measure counts, when and by whom the period was closed, and the hash of the closing before.
#[utoipa::path(
    tag = "statistics",
    operation_id = "read_closing_document",
    params(
        ("period" = String, Path, description = "The period", example = "2025-Q1"),
        ("revision" = String, Path, description = "Which of its closings", example = "1"),
    ),
    responses(
        (status = 200, description = "The document", content_type = "application/json", body = Object,
            headers(("ETag" = String, description = "Never changes"))),
        (status = 304, description = "It is the one that If-None-Match names"),
        (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "The role reads no statistics", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "Not there", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
#[get("/statistics/closings/{period}/{revision}/document")]
pub async fn signed(
    _: StatisticsReader,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    pool: web::Data<Pool>,
) -> Result<HttpResponse, Problem> {
    let (period, revision) = path.into_inner();
    let closing = found(&pool, &period, revision_of(&revision).ok_or(Problem::NotFound)?).await?;
    let tag = etag_of(closing.document.as_bytes());
    let known = is_known(&request, &tag);
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, "private, no-cache"));
    if known {
        return Ok(response.finish());
    }
    Ok(response.content_type("application/json").body(closing.document))
}

/// What came to be another between two closings of a period, or since one.
#[derive(Serialize, ToSchema)]
pub struct DifferenceReport {
    /// The period.
    #[schema(example = "2025-Q1")]
    period: String,
    /// The revision before.
    before: i32,
    /// The revision after; null for the live figures.
    after: Option<i32>,
    /// Each figure that differs.
    differences: Vec<DifferenceView>,
}

/// A figure that came to be another.
#[derive(Serialize, ToSchema)]
pub struct DifferenceView {
    /// The gate.
    #[schema(example = "HUU_NGHI")]
    gate: String,
    /// The crossing point.
    #[schema(example = "TAN_THANH")]
    crossing_point: String,
    /// The direction.
    direction: Direction,
    /// The cargo class.
    cargo_class: CargoClass,
    /// What is counted.
    measure: Measure,
    /// What it was.
    #[schema(example = 120)]
    before: i64,
    /// What it came to be.
    #[schema(example = 119)]
    after: i64,
}

impl From<Difference> for DifferenceView {
    fn from(difference: Difference) -> Self {
        let Difference { place, measure, before, after } = difference;
        Self {
            gate: place.gate,
            crossing_point: place.crossing_point,
            direction: place.direction,
            cargo_class: place.cargo_class,
            measure,
            before,
            after,
        }
    }
}

/// Compare two closings of a period
///
/// Each figure that is another in the second one, or in the live figures.
#[utoipa::path(
    tag = "statistics",
    operation_id = "compare_closings",
    params(
        ("period" = String, Path, description = "The period", example = "2025-Q1"),
        ("before" = i32, Query, description = "The revision before", example = 1),
        ("after" = Option<i32>, Query, description = "The revision after; the live figures without it", example = 2),
    ),
    responses(
        (status = 200, description = "What differs", body = DifferenceReport),
        (status = 400, description = "A query that is not well-formed", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "The role reads no statistics", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "No such closing", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "Every parameter that is wrong, with what is allowed", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
#[get("/statistics/closings/{period}/differences")]
pub async fn compare(
    _: StatisticsReader,
    request: HttpRequest,
    path: web::Path<String>,
    pool: web::Data<Pool>,
    live: web::Data<Live>,
    rules: web::Data<InForce>,
) -> Result<HttpResponse, Problem> {
    let (reported, before, after) = query::read(&request, |fields, refused| {
        let reported = asked_period(&path, refused);
        let before = if fields.has("before") {
            asked_revision(fields, "before", refused)
        } else {
            fields.required("before", None)
        };
        (reported, before, asked_revision(fields, "after", refused))
    })?;
    let (Some(reported), Some(before)) = (reported, before) else { return Err(Problem::NotFound) };
    let unreadable = |error: serde_json::Error| Problem::Internal(error.into());
    let document = found(&pool, &path, before).await?.read().map_err(unreadable)?;
    let figures = if let Some(after) = after {
        found(&pool, &path, after).await?.read().map_err(unreadable)?.figures()
    } else {
        let book = rules.book();
        live.figures(&mut *pool.get().await?, &reported, &book.reference).await?.figures.own.clone()
    };
    let differences = document.differences(&figures).into_iter().map(DifferenceView::from).collect();
    Ok(HttpResponse::Ok().json(DifferenceReport { period: reported.period.name, before, after, differences }))
}
