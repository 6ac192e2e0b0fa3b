//! `/api/v1/admin/declarations/{number}/erasure`

use actix_web::{HttpRequest, HttpResponse, post, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::read_body;
use super::refusals::OfErasing;
use crate::api::conditional::json_body;
use crate::api::declarations::{Office, number, problem};
use crate::api::principal::Administrator;
use crate::api::problem::Problem;
use crate::casework::erasure;
use crate::domain::number::Number;
use crate::storage::pool::Pool;

/// Why people are to be erased.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is read field by field; this is its shape for the contract")]
pub struct ErasureOrder {
    /// By whose order and on what ground; it stands in the history. No name of the people themselves.
    #[schema(example = "Request of the data subject, file 12/2025")]
    reason: String,
}

/// What was erased.
#[derive(Serialize, ToSchema)]
pub struct Erased {
    /// The records that hold no people any more.
    erased: Vec<Number>,
}

/// Erase the people of a declaration
///
/// Takes driver and crew out of a record that has ended, and out of those that transfers join to it, with the salt of
/// their digest and the answers that are kept for repeated requests. The history tells when, by whom and on what
/// ground, never what; nothing of the record is shown.
#[utoipa::path(
    tag = "administration",
    operation_id = "erase_people",
    params(("number" = Number, Path, description = "The declaration's number")),
    request_body(content = ErasureOrder, content_type = "application/json"),
    responses((status = 200, description = "Erased", body = Erased), OfErasing),
    security(("bearer" = [])),
)]
#[post("/admin/declarations/{number}/erasure")]
pub async fn erase(
    caller: Administrator,
    request: HttpRequest,
    path: web::Path<String>,
    body: web::Bytes,
    office: web::Data<Office>,
    pool: web::Data<Pool>,
) -> Result<HttpResponse, Problem> {
    let reason = read_body(json_body(&request, &body, None)?, |fields| {
        let reason = fields.text("reason");
        fields.required("reason", reason)
    })?;
    let who = caller.0.principal();
    let mut conn = pool.get().await?;
    let erased = erasure::order(&mut conn, &office.writer, &who, number(&path)?, &reason).await;
    let erased = erased.map_err(|failure| problem(failure, Problem::InvalidRequest))?;
    Ok(HttpResponse::Ok().json(Erased { erased }))
}
