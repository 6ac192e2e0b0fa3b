//! `/api/v1/workflow`: the very table that the rules decide by, for anyone.

use actix_web::http::header::{CACHE_CONTROL, ETAG};
use actix_web::{HttpRequest, HttpResponse, get};

use super::conditional::{etag_of, is_known};
use super::problem::{Cause, Problem};
use crate::workflow_document::{Workflow, workflow};

/// Read the workflow
///
/// Every state, action, role and track with its name in Vietnamese, English and Chinese: who may do what from
/// where, with which fields, and what a hold means for it. It changes only with the service itself.
#[utoipa::path(
    tag = "workflow",
    operation_id = "read_workflow",
    responses(
        (status = 200, description = "The workflow", body = Workflow, headers(("ETag" = String, description = "Changes when the answer does"))),
        (status = 304, description = "Still what If-None-Match names"),
    ),
    security(()),
)]
#[get("/workflow")]
pub async fn read(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let body = serde_json::to_vec(&workflow()).map_err(|error| Problem::Internal(Cause::from(error)))?;
    let etag = etag_of(&body);
    let known = is_known(&request, &etag);
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((ETAG, etag)).insert_header((CACHE_CONTROL, "public, max-age=300"));
    Ok(if known { response.finish() } else { response.content_type("application/json").body(body) })
}
