//! Everything that can go wrong with a request, as RFC 9457 problem documents.

use std::error::Error;

use actix_web::body::BoxBody;
use actix_web::http::header::{ALLOW, CONTENT_LANGUAGE, ETAG, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, ResponseError};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::act::{Refusal, Standing};
use crate::domain::next::{Due, NextStep};
use crate::domain::number::Number;
use crate::domain::period::shown;
use crate::domain::places::Room;
use crate::domain::rule_failure::RuleFailure;
use crate::domain::workflow::{Action, Role};
use crate::storage::pool::{is_away, is_lost, is_too_late};
use crate::storage::receipts::UsedReceipt;
use crate::storage::records::ReadError;
use crate::texts::{self, Language};

/// A cause that is logged and never sent.
pub type Cause = Box<dyn Error + Send + Sync>;

/// One variant per problem type.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The request cannot be read; says why.
    #[error("malformed: {0}")]
    Malformed(String),
    /// No valid token.
    #[error("unauthenticated")]
    Unauthenticated,
    /// The name or password, or the refresh token, is not right: callers are not told which.
    #[error("wrong credentials")]
    WrongCredentials,
    /// The caller may not; the slug says why.
    #[error("forbidden: {0}")]
    Forbidden(&'static str),
    /// What was asked is not for the caller's role.
    #[error("not for a {role}")]
    NotForRole {
        /// The caller's role.
        role: Role,
        /// Whose it is.
        roles: Vec<Role>,
    },
    /// Not there, or not the caller's to see.
    #[error("not found")]
    NotFound,
    /// The resource has other methods.
    #[error("method not allowed")]
    MethodNotAllowed(Vec<Method>),
    /// No representation that the caller accepts; these there are.
    #[error("not acceptable")]
    NotAcceptable(&'static str),
    /// The state, or another fact of the record, forbids the action.
    #[error("illegal action: {why}")]
    IllegalAction {
        /// Why, as a slug.
        why: &'static str,
        /// Where the record stands, and what is open to the caller instead.
        standing: Standing,
    },
    /// A hold stops the action.
    #[error("on hold")]
    OnHold {
        /// Where the record stands, and what is open to the caller instead.
        standing: Standing,
    },
    /// The crossing point takes nobody in, or not this vehicle, on this day.
    #[error("gate closed: {why}")]
    GateClosed {
        /// Why, as a slug.
        why: &'static str,
        /// When it takes the vehicle in.
        opens_at: Option<DateTime<Utc>>,
    },
    /// The vehicle has an active declaration in this direction.
    #[error("vehicle already declared")]
    VehicleAlreadyDeclared {
        /// Its plate or wagon number.
        vehicle: String,
        /// Which, for the firm that owns it.
        other: Option<Number>,
    },
    /// The receipt stands for another payment, or was refunded already.
    #[error("receipt used: {}", .0.receipt)]
    ReceiptUsed(Box<UsedReceipt>),
    /// There is no place left in a yard, in a bay or in an hour.
    #[error("no room in {0}")]
    NoRoom(Room),
    /// The same key is being worked on.
    #[error("idempotency in flight")]
    IdempotencyInFlight,
    /// Something with this name is there already; says where in the request.
    #[error("already exists: {0}")]
    AlreadyExists(&'static str),
    /// A device told of a sequence before, with other words.
    #[error("sequence mismatch")]
    SequenceMismatch,
    /// The declaration has no gate pass; the slug says why.
    #[error("no pass: {0}")]
    NoPass(&'static str),
    /// The period's figures are those of its last closing, this revision.
    #[error("nothing new since revision {0}")]
    NothingNew(i32),
    /// What the cursor points to is no more.
    #[error("gone")]
    Gone,
    /// The record has moved on; this is its revision.
    #[error("stale: at {0}")]
    Stale(i32),
    /// The body is larger than this many bytes.
    #[error("too large: over {0}")]
    TooLarge(usize),
    /// The body's type is not read here; these are.
    #[error("unsupported media type")]
    UnsupportedMediaType(&'static str),
    /// What is declared breaks rules.
    #[error("invalid declaration")]
    InvalidDeclaration(Vec<RuleFailure>),
    /// What was said with an action breaks rules.
    #[error("invalid action")]
    InvalidAction(Vec<RuleFailure>),
    /// Parameters or another body break rules.
    #[error("invalid request")]
    InvalidRequest(Vec<RuleFailure>),
    /// The key came with another request before.
    #[error("idempotency mismatch")]
    IdempotencyMismatch,
    /// A change that must say what it was made on.
    #[error("precondition required")]
    PreconditionRequired,
    /// Too many tries; again in this many seconds.
    #[error("too many requests")]
    TooManyRequests(u32),
    /// A fault of ours.
    #[error("internal: {0}")]
    Internal(#[source] Cause),
    /// Overloaded, or the database cannot be reached.
    #[error("unavailable: {0}")]
    Unavailable(#[source] Cause),
}

/// The body of every error response (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemDocument {
    /// Names the problem type, and leads to a page that explains it; stable.
    #[serde(rename = "type")]
    #[schema(example = "/problems/invalid-declaration")]
    type_uri: String,
    /// The same for every problem of this type, in the caller's language.
    title: String,
    /// Repeats the HTTP status code.
    #[schema(example = 422)]
    status: u16,
    /// What was wrong this time and what would be right, for a person.
    detail: String,
    /// The path that was asked.
    instance: String,
    /// The request's id, also in the header `X-Request-Id`.
    request_id: String,
    /// Each fault with its place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Fault>,
    /// The actions that are open to the caller instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    offered: Option<Vec<Action>>,
    /// When the crossing point takes the vehicle in, where it is closed to it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    opens_at: Option<DateTime<Utc>>,
    /// The declaration that the vehicle stands on, for the firm that owns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    declaration: Option<Number>,
}

/// One fault in what was sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct Fault {
    /// JSON Pointer (RFC 6901) into the request.
    #[schema(example = "/vehicle/plate")]
    pub pointer: String,
    /// The rule that is not kept; stable.
    #[schema(example = "plate-format")]
    pub code: &'static str,
    /// What is wrong and what would be right, in the caller's language.
    pub detail: String,
}

impl Fault {
    /// A rule's failure in the words of `language`.
    #[must_use]
    pub fn told(failure: &RuleFailure, language: Language) -> Self {
        let args: Vec<(&str, &str)> = failure.args.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Self {
            pointer: failure.pointer.clone(),
            code: failure.code,
            detail: texts::say(language, &format!("rule-{}", failure.code), &args),
        }
    }
}

/// The request that a problem arose in, as far as its document names it.
pub struct Asked<'a> {
    /// The path.
    pub path: &'a str,
    /// The request's id.
    pub request_id: &'a str,
    /// The caller's language.
    pub language: Language,
}

impl Problem {
    /// Status and type slug. No wildcard arm: a new problem chooses its own.
    #[must_use]
    pub const fn kind(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Malformed(_) => (StatusCode::BAD_REQUEST, "malformed"),
            Self::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated"),
            Self::WrongCredentials => (StatusCode::UNAUTHORIZED, "wrong-credentials"),
            Self::Forbidden(_) | Self::NotForRole { .. } => (StatusCode::FORBIDDEN, "forbidden"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found"),
            Self::MethodNotAllowed(_) => (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed"),
            Self::NotAcceptable(_) => (StatusCode::NOT_ACCEPTABLE, "not-acceptable"),
            Self::IllegalAction { .. } => (StatusCode::CONFLICT, "illegal-action"),
            Self::OnHold { .. } => (StatusCode::CONFLICT, "on-hold"),
            Self::GateClosed { .. } => (StatusCode::CONFLICT, "gate-closed"),
            Self::VehicleAlreadyDeclared { .. } => (StatusCode::CONFLICT, "vehicle-already-declared"),
            Self::ReceiptUsed(_) => (StatusCode::CONFLICT, "receipt-used"),
            Self::NoRoom(Room::Yard(_)) => (StatusCode::CONFLICT, "yard-full"),
            Self::NoRoom(Room::Bay { .. }) => (StatusCode::CONFLICT, "bay-taken"),
            Self::NoRoom(Room::Slot { .. }) => (StatusCode::CONFLICT, "slot-full"),
            Self::IdempotencyInFlight => (StatusCode::CONFLICT, "idempotency-in-flight"),
            Self::AlreadyExists(_) => (StatusCode::CONFLICT, "already-exists"),
            Self::SequenceMismatch => (StatusCode::CONFLICT, "sequence-mismatch"),
            Self::NoPass(_) => (StatusCode::CONFLICT, "no-pass"),
            Self::NothingNew(_) => (StatusCode::CONFLICT, "nothing-new"),
            Self::Gone => (StatusCode::GONE, "gone"),
            Self::Stale(_) => (StatusCode::PRECONDITION_FAILED, "stale"),
            Self::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "too-large"),
            Self::UnsupportedMediaType(_) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type"),
            Self::InvalidDeclaration(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid-declaration"),
            Self::InvalidAction(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid-action"),
            Self::InvalidRequest(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid-request"),
            Self::IdempotencyMismatch => (StatusCode::UNPROCESSABLE_ENTITY, "idempotency-mismatch"),
            Self::PreconditionRequired => (StatusCode::PRECONDITION_REQUIRED, "precondition-required"),
            Self::TooManyRequests(_) => (StatusCode::TOO_MANY_REQUESTS, "too-many-requests"),
            Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
            Self::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        }
    }

    /// The values for the sentence of its detail, by name.
    fn args(&self, language: Language) -> Vec<(&'static str, String)> {
        match self {
            Self::Malformed(why) => vec![("why", why.clone())],
            Self::Forbidden(why) | Self::NoPass(why) => vec![("why", texts::say(language, &format!("why-{why}"), &[]))],
            Self::NotForRole { role, roles } => {
                let own = texts::word(language, "role", role.as_str());
                let roles = texts::words(language, "role", roles.iter().map(|role| role.as_str()));
                vec![("why", texts::say(language, "why-role", &[("role", &own), ("roles", &roles)]))]
            }
            Self::IllegalAction { why, standing } => {
                let mut args = vec![
                    ("why", texts::why_not_now(language, why, standing)),
                    ("action", texts::word(language, "action", standing.action.as_str())),
                ];
                // Where no action leads there at once, what must be done before it is what is due.
                let ahead = *why == "state" && !standing.state.is_terminal() && standing.way().is_none();
                if ahead && !standing.due.is_empty() {
                    args.push(("due", texts::due(language, &standing.due)));
                }
                args
            }
            Self::OnHold { standing } => {
                let releases = standing.due.iter().copied().filter(|step| step.due == Due::ReleaseHold);
                let releases: Vec<NextStep> = releases.collect();
                vec![
                    ("action", texts::word(language, "action", standing.action.as_str())),
                    ("due", texts::due(language, &releases)),
                ]
            }
            Self::GateClosed { why, opens_at } => {
                let opens_at = opens_at.map(|at| ("opens_at", shown(at)));
                [("why", texts::say(language, &format!("why-{why}"), &[]))].into_iter().chain(opens_at).collect()
            }
            Self::MethodNotAllowed(methods) => vec![("allowed", methods_text(methods))],
            Self::NotAcceptable(types) | Self::UnsupportedMediaType(types) => vec![("allowed", (*types).to_owned())],
            Self::ReceiptUsed(used) => vec![
                ("receipt", used.receipt.clone()),
                ("kind", used.kind.to_string()),
                ("crossing_point", used.crossing_point.clone()),
                ("day", used.day.to_string()),
            ],
            Self::NoRoom(Room::Yard(yard)) => vec![("yard", yard.clone())],
            Self::NoRoom(Room::Bay { yard, bay }) => vec![("yard", yard.clone()), ("bay", bay.clone())],
            Self::NoRoom(Room::Slot { crossing_point, hour }) => {
                vec![
                    ("crossing_point", crossing_point.clone()),
                    ("slot", hour.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
                ]
            }
            Self::AlreadyExists(pointer) => vec![("pointer", (*pointer).to_owned())],
            Self::Stale(revision) | Self::NothingNew(revision) => vec![("revision", revision.to_string())],
            Self::VehicleAlreadyDeclared { vehicle, .. } => vec![("vehicle", vehicle.clone())],
            Self::TooLarge(limit) => vec![("limit", limit.to_string())],
            Self::TooManyRequests(seconds) => vec![("seconds", seconds.to_string())],
            Self::Unauthenticated
            | Self::WrongCredentials
            | Self::NotFound
            | Self::IdempotencyInFlight
            | Self::SequenceMismatch
            | Self::Gone
            | Self::InvalidDeclaration(_)
            | Self::InvalidAction(_)
            | Self::InvalidRequest(_)
            | Self::IdempotencyMismatch
            | Self::PreconditionRequired
            | Self::Internal(_)
            | Self::Unavailable(_) => Vec::new(),
        }
    }

    /// The problem's document.
    #[must_use]
    pub fn document(&self, asked: &Asked) -> ProblemDocument {
        let (status, slug) = self.kind();
        let args = self.args(asked.language);
        let args: Vec<(&str, &str)> = args.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let failures = match self {
            Self::InvalidDeclaration(failures) | Self::InvalidAction(failures) | Self::InvalidRequest(failures) => {
                failures.as_slice()
            }
            _ => &[],
        };
        ProblemDocument {
            type_uri: format!("/problems/{slug}"),
            title: texts::say(asked.language, &format!("problem-{slug}"), &[]),
            status: status.as_u16(),
            detail: texts::say(asked.language, &format!("problem-{slug}.detail"), &args),
            instance: asked.path.to_owned(),
            request_id: asked.request_id.to_owned(),
            errors: failures.iter().map(|failure| Fault::told(failure, asked.language)).collect(),
            offered: match self {
                Self::IllegalAction { standing, .. } | Self::OnHold { standing } => Some(standing.offered.clone()),
                _ => None,
            },
            opens_at: match self {
                Self::GateClosed { opens_at, .. } => *opens_at,
                _ => None,
            },
            declaration: match self {
                Self::VehicleAlreadyDeclared { other, .. } => *other,
                _ => None,
            },
        }
    }

    /// The whole response to a request, logged once if it is a fault of ours.
    #[must_use]
    pub fn response(&self, asked: &Asked) -> HttpResponse<BoxBody> {
        if let Self::Internal(cause) | Self::Unavailable(cause) = self {
            let chain = std::iter::successors(cause.source(), |cause| (*cause).source());
            let chain = chain.map(|cause| format!(": {cause}"));
            tracing::error!(
                request_id = asked.request_id,
                path = asked.path,
                error = format!("{cause}{}", chain.collect::<String>()),
                "a request failed"
            );
        }
        let mut response = HttpResponse::build(self.kind().0);
        match self {
            Self::Unauthenticated | Self::WrongCredentials => {
                response.insert_header((WWW_AUTHENTICATE, "Bearer"));
            }
            Self::MethodNotAllowed(methods) => drop(response.insert_header((ALLOW, methods_text(methods)))),
            Self::Stale(revision) => drop(response.insert_header((ETAG, format!("\"{revision}\"")))),
            Self::TooManyRequests(seconds) => drop(response.insert_header((RETRY_AFTER, seconds.to_string()))),
            Self::Unavailable(_) => drop(response.insert_header((RETRY_AFTER, "1"))),
            _ => {}
        }
        response
            .insert_header((CONTENT_LANGUAGE, HeaderValue::from_static(asked.language.as_str())))
            .content_type("application/problem+json")
            .json(self.document(asked))
    }
}

fn methods_text(methods: &[Method]) -> String {
    methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ")
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.kind().0
    }

    /// A bare response; the frame around every request makes the whole one, in the caller's language.
    fn error_response(&self) -> HttpResponse<BoxBody> {
        HttpResponse::new(self.kind().0)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotVisible => Self::NotFound,
            Refusal::NotYours(why) => Self::Forbidden(why),
            Refusal::NotNow { why, standing } => Self::IllegalAction { why, standing },
            Refusal::OnHold { standing } => Self::OnHold { standing },
            Refusal::GateClosed { why, opens_at } => Self::GateClosed { why, opens_at },
            Refusal::Invalid(failures) => Self::InvalidAction(failures),
            Refusal::NoRoom(room) => Self::NoRoom(room),
        }
    }
}

impl From<diesel::result::Error> for Problem {
    fn from(error: diesel::result::Error) -> Self {
        if is_away(&error) { Self::Unavailable(Box::new(error)) } else { Self::Internal(Box::new(error)) }
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match &error {
            ReadError::Busy | ReadError::Connect(_) => Self::Unavailable(Box::new(error)),
            ReadError::Database(cause) if is_lost(cause) || is_too_late(cause) => Self::Unavailable(Box::new(error)),
            ReadError::Database(_) | ReadError::Unreadable(_) => Self::Internal(Box::new(error)),
        }
    }
}

impl From<diesel_async::pooled_connection::deadpool::PoolError> for Problem {
    fn from(cause: diesel_async::pooled_connection::deadpool::PoolError) -> Self {
        Self::Unavailable(Box::new(cause))
    }
}
