//! `GET /api/v1/declarations/{number}/fee`: what the tariff asks, before it is assessed and after.

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Office, READERS, number};
use crate::api::frame::language;
use crate::api::principal::Caller;
use crate::api::problem::{Fault, Problem, ProblemDocument};
use crate::domain::fee::{Working, propose};
use crate::domain::number::Number;
use crate::domain::period::local_day;
use crate::domain::tracks::{Part, Track};
use crate::identity::principal::OauthScope;
use crate::storage::records::Records;

/// What is to be paid for a declaration.
#[derive(Serialize, ToSchema)]
pub struct FeeView {
    /// The declaration's number.
    number: Number,
    /// The local day whose tariff the proposal stands on: today.
    on: NaiveDate,
    /// What the tariff asks of what is declared now, and how that comes about.
    proposed_fee: Option<Working>,
    /// Why there is no proposal; then the amount must be said when it is assessed.
    no_proposal: Option<Fault>,
    /// What was assessed and paid so far; none before it is registered.
    fee: Option<Part>,
}

/// Read what a vehicle has to pay
///
/// What the tariff of today asks, with its working: what `fee.assess` takes when no amount is said.
#[utoipa::path(
    tag = "declarations",
    operation_id = "read_fee",
    params(("number" = Number, Path, description = "The declaration's number")),
    responses(
        (status = 200, description = "The proposal, or why there is none, and what was assessed", body = FeeView),
        (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "The role reads no declarations", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "Not there, or not the caller's to see", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
#[get("/declarations/{number}/fee")]
pub async fn read(
    caller: Caller,
    request: HttpRequest,
    path: web::Path<String>,
    office: web::Data<Office>,
    records: web::Data<Records>,
) -> Result<HttpResponse, Problem> {
    caller.may(OauthScope::DeclarationsRead, READERS)?;
    let found = records.find(number(&path)?).await?;
    let declaration = found.filter(|found| found.is_visible_to(&caller.actor)).ok_or(Problem::NotFound)?;
    let on = local_day(office.clock.now());
    let proposal = propose(&declaration.content, &office.rules.book().reference, on);
    let told =
        |none: &crate::domain::fee::NoProposal| Fault::told(&none.failure("/amount_vnd"), language(request.headers()));
    Ok(HttpResponse::Ok().json(FeeView {
        number: declaration.number,
        on,
        no_proposal: proposal.as_ref().err().map(told),
        proposed_fee: proposal.ok(),
        fee: declaration.progress.tracks.get(&Track::Fee).cloned(),
    }))
}
