//! `/api/v1/devices/actions`: what a gate's devices did while they were cut off, and what became of it.

use actix_web::http::header::CONTENT_LANGUAGE;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, post, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use self::telling::{Item, Report, items};
use super::conditional::json_body;
use super::declarations::{Office, problem};
use super::frame::{RequestId, language};
use super::principal::Caller;
use super::problem::{Problem, ProblemDocument};
use crate::casework::told::tell;
use crate::domain::actor::ActorId;
use crate::domain::number::Number;
use crate::domain::words::words;
use crate::domain::workflow::Action;
use crate::identity::passes::PublicKeys;
use crate::identity::principal::OauthScope;
use crate::identity::tokens::Tokens;
use crate::storage::column_types::JsonText;
use crate::storage::device_actions::{self, DeviceAction};
use crate::storage::pool::Pool;

pub mod list;
mod telling;

words! {
    /// What became of something that a device told of.
    "outcome" Outcome {
        /// It is an action of the declaration.
        Taken = "taken",
        /// It is not; the problem says why.
        Refused = "refused",
    }
}

/// What a device tells: an object with the list `actions`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is read field by field; this is its shape for the contract")]
#[schema(example = json!({"actions": [
    {"sequence": 1, "at": "2025-03-31T02:00:00Z", "pass": "eyJ0eXAiOiJnYXRlLXBhc3Mrand0…", "action": "arrive", "observed_plate": "12C12345"},
    {"sequence": 2, "at": "2025-03-31T02:05:00Z", "number": "0C8K-7Q2M-9XAB-4G", "action": "remark", "text": "Xe bị xước"}]}))]
pub struct DeviceActions {
    /// What it did, by rising sequence.
    #[schema(max_items = 200)]
    actions: Vec<DeviceActionRequest>,
}

/// One thing that a device did: besides these fields, `action` with its own, as in `take_action`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is read field by field; this is its shape for the contract")]
pub struct DeviceActionRequest {
    /// The device's own count of what it did, from 1, each once.
    #[schema(minimum = 1)]
    sequence: i64,
    /// When it did it, by its own clock.
    at: DateTime<Utc>,
    /// To which declaration; the pass names it too.
    number: Option<Number>,
    /// The pass that it scanned.
    pass: Option<String>,
    /// The revision of the pass that it was shown, where it scanned none.
    pass_revision: Option<i32>,
    /// What it did.
    action: Action,
    /// The action's own fields.
    #[serde(flatten)]
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    fields: Map<String, Value>,
}

/// Something that a device told of, and what became of it.
#[derive(Serialize, ToSchema)]
pub struct DeviceActionView {
    /// The device: the machine client's id.
    device: String,
    /// Its own count.
    sequence: i64,
    /// What became of it.
    outcome: Outcome,
    /// The declaration.
    number: Option<Number>,
    /// The declaration's crossing point, or the device's own where it was not found.
    crossing_point: Option<String>,
    /// When the device did it, where it said so readably.
    at: Option<DateTime<Utc>>,
    /// When the service decided it.
    recorded_at: DateTime<Utc>,
    /// The action of the declaration as which it was taken.
    seq: Option<i32>,
    /// Why it was refused: the problem with which `take_action` would have refused it.
    #[schema(value_type = Option<ProblemDocument>)]
    problem: Option<Box<RawValue>>,
    /// What the device said.
    #[schema(value_type = Object)]
    said: Box<RawValue>,
}

/// Sequences that a device has passed over.
#[derive(Serialize, ToSchema)]
pub struct MissingView {
    /// The first.
    from: i64,
    /// The last.
    to: i64,
}

/// What became of what a device told.
#[derive(Serialize, ToSchema)]
pub struct DeviceAnswer {
    /// Each, in the order in which it was told.
    items: Vec<DeviceActionView>,
    /// The last sequence that the service has of this device; 0 before the first.
    last_sequence: i64,
    /// Those before it that the service has never been told of, as far as the last thousand go. They may still come.
    missing: Vec<MissingView>,
}

impl DeviceActionView {
    fn of(kept: DeviceAction) -> Result<Self, serde_json::Error> {
        Ok(Self {
            device: kept.device,
            sequence: kept.sequence,
            outcome: if kept.problem.is_some() { Outcome::Refused } else { Outcome::Taken },
            number: kept.declaration.and_then(Number::from_i64),
            crossing_point: kept.crossing_point,
            at: kept.at,
            recorded_at: kept.recorded_at,
            seq: kept.seq,
            problem: kept.problem.map(|problem| RawValue::from_string(problem.0)).transpose()?,
            said: RawValue::from_string(kept.said.0)?,
        })
    }
}

/// The device that is asking: a machine client with an officer's role.
fn device(caller: &Caller) -> Result<&str, Problem> {
    if !caller.actor.role.is_officer() {
        return Err(Problem::Forbidden("role"));
    }
    match &caller.actor.id {
        ActorId::Client(id) if caller.allows(OauthScope::ActionsWrite) => Ok(id),
        ActorId::Client(_) => Err(Problem::Forbidden("oauth-scope")),
        ActorId::Account(_) | ActorId::System => Err(Problem::Forbidden("not-a-device")),
    }
}

/// Tell what a device did while it was cut off
///
/// Each is decided in the device's order and taken exactly once, by the device's `sequence`: told again, it has the
/// same outcome and no second effect; told with other words it is refused, and what was told first stands. What is
/// refused is kept, and answered with the problem that `take_action` would have had. A sequence that is left out stops
/// nothing: it stands in `missing`.
#[utoipa::path(
    tag = "devices",
    operation_id = "tell_device_actions",
    request_body(content = DeviceActions, content_type = "application/json"),
    responses(
        (status = 200, description = "What became of each", body = DeviceAnswer),
        (status = 400, description = "Not well-formed JSON", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "Not a machine client with an officer's role and the scope actions:write", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "A body over 256 KiB", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "Sequences that do not rise, or more than 200 items: nothing was decided", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "Busy, or the database cannot be reached: tell it all again", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
#[post("/devices/actions")]
pub async fn tell_all(
    caller: Caller,
    request: HttpRequest,
    body: web::Bytes,
    office: web::Data<Office>,
    tokens: web::Data<Tokens>,
    pool: web::Data<Pool>,
) -> Result<HttpResponse, Problem> {
    let device = device(&caller)?;
    let items = items(json_body(&request, &body, None)?)?;
    let language = language(request.headers());
    let report = Report {
        caller: &caller,
        device,
        keys: PublicKeys::of(tokens.keys()),
        language,
        request_id: request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default(),
        now: office.clock.now(),
    };
    let mut tellings = Vec::with_capacity(items.len());
    let mut asked = Vec::with_capacity(items.len());
    for (sequence, said) in items {
        asked.push((sequence, JsonText(Value::Object(said.clone()).to_string())));
        tellings.push(report.telling(sequence, said));
    }
    let mut conn = pool.get().await?;
    let told = tell(&mut conn, &office.writer, &caller.principal(), tellings).await;
    let told = told.map_err(|failure| problem(failure, Problem::InvalidAction))?;
    let mut items = Vec::with_capacity(told.len());
    for (outcome, (sequence, said)) in told.into_iter().zip(asked) {
        let kept =
            outcome.unwrap_or_else(|_| report.refused(sequence, said, &Item::default(), &Problem::SequenceMismatch));
        items.push(DeviceActionView::of(kept).map_err(internal)?);
    }
    let (last_sequence, missing) = device_actions::passed_over(&mut conn, device).await?;
    let missing = missing.into_iter().map(|span| MissingView { from: span.from, to: span.to }).collect();
    let answer = DeviceAnswer { items, last_sequence, missing };
    Ok(HttpResponse::Ok().insert_header((CONTENT_LANGUAGE, language.as_str())).json(answer))
}

fn internal(error: serde_json::Error) -> Problem {
    Problem::Internal(Box::new(error))
}
