//! `GET /.well-known/audit-checkpoints`: what was signed over all actions, for whoever keeps it elsewhere.

use actix_web::http::header::{CACHE_CONTROL, LINK};
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::{Problem, ProblemDocument};
use super::query;
use crate::domain::audit::checkpoint::Signed;
use crate::domain::rule_failure::RuleFailure;
use crate::storage::checkpoints;
use crate::storage::pool::Pool;

/// So many checkpoints in a page unless `limit` says otherwise, and at most: somewhat more than a day's.
const MAX_LIMIT: i64 = 1_500;

/// One page of checkpoints.
#[derive(Serialize, ToSchema)]
pub struct Checkpoints {
    /// The form of what is signed; the programmer's chapter of docs/AUDIT.md says it byte by byte.
    #[schema(example = "border-gate checkpoint 1")]
    form: &'static str,
    /// Where the public keys are.
    #[schema(example = "/.well-known/jwks.json")]
    keys: &'static str,
    /// The checkpoints, oldest first.
    items: Vec<Signed>,
    /// What to give as `after` for those that follow, also when there are none yet.
    next_after: i64,
}

/// List the checkpoints of the record
///
/// Oldest first. Whoever keeps a copy asks again with the `next_after` that he was given last.
#[utoipa::path(
    tag = "operations",
    operation_id = "list_checkpoints",
    params(
        ("after" = Option<i64>, Query, description = "Those after the one with this number; from the first on without it", example = 0),
        ("limit" = Option<u16>, Query, description = "At most so many, 1 to 1500; 1500 without it", example = 100),
    ),
    responses(
        (status = 200, description = "One page", body = Checkpoints, headers(("Link" = String, description = "The next page"))),
        (status = 400, description = "Not well-formed", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "A parameter that does not hold, or an unknown one", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[get("/.well-known/audit-checkpoints")]
pub async fn list(request: HttpRequest, pool: web::Data<Pool>) -> Result<HttpResponse, Problem> {
    let (after, limit) = query::read(&request, |fields, refused| {
        let mut number = |name: &'static str, otherwise: i64, lowest: i64, highest: i64| {
            let Some(text) = fields.text(name) else { return otherwise };
            text.parse().ok().filter(|given| (lowest..=highest).contains(given)).unwrap_or_else(|| {
                let failure = RuleFailure::new(format!("/{name}"), "number-range");
                refused.push(failure.with("minimum", lowest).with("maximum", highest));
                otherwise
            })
        };
        (number("after", 0, 0, i64::MAX), number("limit", MAX_LIMIT, 1, MAX_LIMIT))
    })?;
    let items = checkpoints::list(&mut *pool.get().await?, after, limit).await?;
    let next_after = items.last().map_or(after, |last| last.checkpoint.number);
    let mut response = HttpResponse::Ok();
    if i64::try_from(items.len()).is_ok_and(|found| found == limit) {
        let next = format!("<{}?after={next_after}&limit={limit}>; rel=\"next\"", request.path());
        response.insert_header((LINK, next));
    }
    let page = Checkpoints { form: "border-gate checkpoint 1", keys: "/.well-known/jwks.json", items, next_after };
    Ok(response.insert_header((CACHE_CONTROL, "public, max-age=10")).json(page))
}
