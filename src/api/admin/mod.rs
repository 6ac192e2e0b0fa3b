//! `/api/v1/admin`: firms, accounts, clients, reference data, and the erasure of people.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::conditional::{idempotency_key, json_body};
use super::paging::{Asked, Cursors};
use super::principal::Administrator;
use super::problem::Problem;
use super::query;
use crate::casework::administration::{Creation, Made, Refused};
use crate::domain::mandate::MandateSent;
use crate::domain::reading::Fields;
use crate::domain::rule_failure::RuleFailure;
use crate::identity::tokens::Tokens;
use crate::storage::idempotency::Key;
use crate::storage::sets::Reply;

pub mod accounts;
pub mod clients;
pub mod erasure;
pub mod firms;
pub mod reference;
mod refusals;

/// Reads what was sent by `read`, with everything wrong about it at once.
///
/// # Errors
///
/// 422 with every fault.
pub fn read_body<T>(sent: Value, read: impl FnOnce(&mut Fields) -> Option<T>) -> Result<T, Problem> {
    let mut failures = Vec::new();
    let mut fields = Fields::of(sent, &mut failures);
    let found = read(&mut fields);
    fields.finish();
    match found {
        Some(found) if failures.is_empty() => Ok(found),
        _ => Err(Problem::InvalidRequest(failures)),
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NotThere => Self::NotFound,
            Refused::AlreadyThere(pointer) => Self::AlreadyExists(pointer),
            Refused::NothingNew(revision) => Self::NothingNew(revision),
            Refused::Invalid(failures) => Self::InvalidRequest(failures),
            Refused::KeyMismatch => Self::IdempotencyMismatch,
            Refused::KeyTaken => Self::IdempotencyInFlight,
            Refused::NoSecret(fault) => Self::Internal(Box::new(fault)),
            Refused::Storage(error) => error.into(),
        }
    }
}

/// What was wrong, for a decision in the middle of a change.
fn refused(problem: Problem) -> Refused {
    match problem {
        Problem::InvalidRequest(failures) => Refused::Invalid(failures),
        // Nothing else comes of reading a body that is JSON already.
        _ => Refused::Invalid(Vec::new()),
    }
}

/// Fails with `failures`, if there are any.
fn unless_any(failures: Vec<RuleFailure>) -> Result<(), Refused> {
    if failures.is_empty() { Ok(()) } else { Err(Refused::Invalid(failures)) }
}

/// The key of a creation, if it bears one.
fn key_of(
    request: &HttpRequest,
    caller: &Administrator,
    route: &'static str,
    body: &[u8],
) -> Result<Option<Key>, Problem> {
    Ok(idempotency_key(request)?.map(|key| Key {
        caller: caller.0.name(),
        route: route.to_owned(),
        key,
        request_hash: Sha256::digest(body).to_vec(),
    }))
}

/// The answer to a creation, as it is given and kept.
pub fn created(location: String, view: &impl Serialize) -> Reply {
    // A view is made of plain fields: it always has a JSON form.
    let body = serde_json::to_vec(view).unwrap_or_default();
    Reply { status: 201, location: Some(location), etag: None, body }
}

/// A creation's answer as a response; `whole` is it for one that was just made.
pub fn respond<T>(made: Made<T>, whole: impl FnOnce(&T) -> Reply) -> HttpResponse {
    let (reply, replayed) = match made {
        Made::New(made) => (whole(&made), false),
        Made::Replayed(reply) => (reply, true),
    };
    let mut response = HttpResponse::build(StatusCode::CREATED);
    if let Some(location) = reply.location {
        response.insert_header((LOCATION, location));
    }
    if replayed {
        response.insert_header(("Idempotency-Replayed", "true"));
    }
    response.content_type("application/json").body(reply.body)
}

/// Which page of the list named `list` is asked for.
fn asked_page(request: &HttpRequest, tokens: &Tokens, list: &str) -> Result<(Asked, Cursors), Problem> {
    let cursors = Cursors::of(tokens.keys());
    let asked = query::read(request, |fields, refused| Asked::read(fields, refused, &cursors, list))??;
    Ok((asked, cursors))
}

/// The body of a change, a JSON Merge Patch (RFC 7396).
fn patch_of(request: &HttpRequest, body: &web::Bytes) -> Result<Value, Problem> {
    let patch = json_body(request, body, Some("application/merge-patch+json"))?;
    if patch.is_object() {
        return Ok(patch);
    }
    read_body(patch, |_| None)
}

/// `patch` on the fields of something as it is. They have no fields of their own, so one level is all.
fn merged(mut fields: Map<String, Value>, patch: Value) -> Value {
    if let Value::Object(patch) = patch {
        for (name, value) in patch {
            fields.insert(name, value);
        }
    }
    Value::Object(fields)
}

/// The fields of a mandate as they are sent.
fn fields_of(mandate: &MandateSent) -> Map<String, Value> {
    let fields = json!({
        "role": mandate.role,
        "firm": mandate.firm,
        "quarantine_kind": mandate.quarantine_kind,
        "crossing_points": mandate.crossing_points,
        "yards": mandate.yards,
    });
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// A creation under `key`.
fn creation<'a, T>(
    key: Option<&'a Key>,
    render: &'a (dyn Fn(&T) -> Reply + Sync),
    now: chrono::DateTime<chrono::Utc>,
) -> Creation<'a, T> {
    Creation { key, render, now }
}
