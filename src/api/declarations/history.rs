//! A declaration's history as the API shows it.

use actix_web::{HttpResponse, get, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::number;
use crate::api::principal::Caller;
use crate::api::problem::{Problem, ProblemDocument};
use crate::domain::actor::{Actor, ActorId};
use crate::domain::audit::hex;
use crate::domain::number::Number;
use crate::domain::workflow::Role;
use crate::identity::principal::OauthScope;
use crate::storage::actions::{self, StoredAction};
use crate::storage::column_types::JsonText;
use crate::storage::declarations;
use crate::storage::pool::Pool;

/// One action as it was recorded.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordedAction {
    /// Its place in the history, from 1.
    seq: i32,
    /// What was done, a word of the workflow table.
    action: String,
    /// By whom; a firm sees of an officer only his role.
    actor: Option<String>,
    /// In what role.
    role: String,
    /// When it was done.
    at: DateTime<Utc>,
    /// When the service took it.
    recorded_at: DateTime<Utc>,
    /// With which details.
    #[schema(value_type = Object)]
    details: Box<serde_json::value::RawValue>,
    /// SHA-256 over the action and the hash of the one before it, in hexadecimal.
    hash: String,
}

/// A declaration's history, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct History {
    /// Its actions.
    items: Vec<RecordedAction>,
}

/// Read a declaration's history
///
/// Everything that was ever done to it, oldest first; actions are never changed.
#[utoipa::path(
    tag = "declarations",
    operation_id = "read_history",
    params(("number" = Number, Path, description = "The declaration's number")),
    responses(
        (status = 200, description = "The history", body = History),
        (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "The role reads no declarations", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "Not there, or not the caller's to see", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
#[get("/declarations/{number}/actions")]
pub async fn read(caller: Caller, path: web::Path<String>, pool: web::Data<Pool>) -> Result<HttpResponse, Problem> {
    caller.may(OauthScope::DeclarationsRead, super::READERS)?;
    let number = number(&path)?;
    let mut conn = pool.get().await?;
    let found = declarations::find(&mut conn, number).await?;
    found.filter(|found| found.is_visible_to(&caller.actor)).ok_or(Problem::NotFound)?;
    let rows = actions::of(&mut conn, number).await?;
    let items = rows
        .into_iter()
        .map(|row| RecordedAction::of(row, &caller.actor))
        .collect::<Result<_, serde_json::Error>>()
        .map_err(|error| Problem::Internal(Box::new(error)))?;
    Ok(HttpResponse::Ok().json(History { items }))
}

impl RecordedAction {
    /// The action as `viewer` sees it.
    ///
    /// # Errors
    ///
    /// Where its details are no JSON.
    pub fn of(row: StoredAction, viewer: &Actor) -> Result<Self, serde_json::Error> {
        // A firm sees the agency and the crossing point, not the account.
        let by_officer = row.role != Role::Declarant.as_str() && row.actor != ActorId::System.to_string();
        let hidden = viewer.role == Role::Declarant && by_officer;
        Ok(Self {
            seq: row.seq,
            action: row.action,
            actor: (!hidden).then_some(row.actor),
            role: row.role,
            at: row.at,
            recorded_at: row.recorded_at,
            details: shown(row.details, hidden)?,
            hash: hex(&row.hash),
        })
    }
}

/// The details as they stand; without the account that a take-over or transfer names, where it is hidden.
fn shown(details: JsonText, hidden: bool) -> Result<Box<serde_json::value::RawValue>, serde_json::Error> {
    if !hidden || !details.0.contains("declarant") {
        return serde_json::value::RawValue::from_string(details.0);
    }
    let mut details: Value = serde_json::from_str(&details.0)?;
    if let Some(fields) = details.as_object_mut() {
        fields.remove("declarant");
    }
    serde_json::value::to_raw_value(&details)
}
