//! Entity tags, If-Match and If-None-Match, Accept, Idempotency-Key, and bodies of the right type.

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_TYPE, HeaderName, IF_MATCH, IF_NONE_MATCH};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::problem::Problem;
use crate::domain::audit::Hash;
use crate::domain::reading;
use crate::domain::rule_failure::RuleFailure;

/// The entity tag of a record at `revision`.
#[must_use]
pub fn etag(revision: i32) -> String {
    format!("\"{revision}\"")
}

/// The entity tag of a body that is made anew for each answer: it changes when the body does.
#[must_use]
pub fn etag_of(body: &[u8]) -> String {
    format!("\"{}\"", Hash(Sha256::digest(body).into()))
}

/// What If-Match asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// The header is not there.
    Absent,
    /// Any revision.
    Any,
    /// This revision.
    Revision(i32),
    /// A tag that no revision has.
    Nothing,
}

/// Reads If-Match. Weak tags never match here (RFC 9110), nor do tags that we never gave.
#[must_use]
pub fn if_match(request: &HttpRequest) -> IfMatch {
    let Some(value) = request.headers().get(IF_MATCH) else { return IfMatch::Absent };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return IfMatch::Any;
    }
    let tag = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    tag.and_then(|tag| tag.parse().ok()).map_or(IfMatch::Nothing, IfMatch::Revision)
}

impl IfMatch {
    /// The one revision that the change may be made on; none for any.
    #[must_use]
    pub const fn revision(self) -> Option<i32> {
        match self {
            Self::Absent | Self::Any => None,
            Self::Revision(revision) => Some(revision),
            // No record has it: the answer names the one that stands.
            Self::Nothing => Some(-1),
        }
    }
}

/// Whether If-None-Match names `etag`, so that 304 says all.
#[must_use]
pub fn is_known(request: &HttpRequest, etag: &str) -> bool {
    let Some(value) = request.headers().get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()) else { return false };
    value.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

/// The Idempotency-Key of a request, if it bears one.
///
/// # Errors
///
/// A key that has not 1 to 255 printable characters.
pub fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let Some(value) = request.headers().get(HeaderName::from_static("idempotency-key")) else { return Ok(None) };
    match value.to_str() {
        Ok(key) if (1..=255).contains(&key.len()) && key.bytes().all(|byte| (0x20..0x7f).contains(&byte)) => {
            Ok(Some(key.to_owned()))
        }
        _ => Err(Problem::InvalidRequest(vec![RuleFailure::new("/Idempotency-Key", "idempotency-key-format")])),
    }
}

/// Reads a JSON body, of one of the types that are read here.
///
/// # Errors
///
/// 415 for another type, 400 for what is not well-formed.
pub fn json_body(request: &HttpRequest, body: &[u8], also: Option<&'static str>) -> Result<Value, Problem> {
    let given = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    let fits = |wanted: &str| essence.eq_ignore_ascii_case(wanted);
    if !fits("application/json") && !also.is_some_and(fits) {
        return Err(Problem::UnsupportedMediaType(also.unwrap_or("application/json")));
    }
    reading::parse(body).map_err(|error| Problem::Malformed(error.to_string()))
}
