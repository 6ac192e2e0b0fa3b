//! What stands around every request: its id, its language, the security headers, and the one place where a
//! problem becomes a response.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ResourceDef, ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::{Data, Query};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};

use serde_json::Value;

use super::problem::{Asked, Problem};
use crate::domain::audit::hex;
use crate::domain::rule_failure::RuleFailure;
use crate::texts::Language;

/// The largest body of an ordinary request, in bytes.
pub const MAX_BODY: usize = 256 * 1024;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of the request under way, for logs and for the caller.
#[derive(Clone)]
pub struct RequestId(pub String);

/// The language in which to answer.
#[must_use]
pub fn language(headers: &HeaderMap) -> Language {
    Language::preferred(headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()))
}

/// The caller's own id for the request where it is printable and short, else one of ours.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let usable = |id: &&str| (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    given.filter(usable).map_or_else(
        || OWN_ID.with(|(beginning, count)| format!("{beginning}{:016x}", count.replace(count.get() + 1))),
        str::to_owned,
    )
}

thread_local! {
    /// What the ids of a thread begin with, and how many it has given: no two are the same, and none tells anything.
    static OWN_ID: (String, Cell<u64>) = {
        let mut random = [0; 8];
        // Without randomness two threads may give the same id: it helps nobody, and harms nobody.
        let _ = getrandom::fill(&mut random);
        (hex(&random), Cell::new(0))
    };
}

/// Wraps a request: see the module.
///
/// # Errors
///
/// None that our handlers give: theirs are responses already.
pub async fn frame(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let id = request_id(request.headers());
    request.extensions_mut().insert(RequestId(id.clone()));
    let began = std::time::Instant::now();
    // The request itself is lent on: who routes it wants it for himself.
    let (method, path) = (request.method().clone(), request.path().to_owned());
    if method == Method::HEAD {
        // Answered as GET is; the body stays here (RFC 9110, section 9.3.2), which the server sees to.
        request.head_mut().method = Method::GET;
    }
    let language = language(request.headers());
    let unknown = match request.app_data::<Data<KnownPaths>>() {
        Some(known) if !request.query_string().is_empty() => {
            known.unknown_parameters(request.method(), &path, request.query_string())
        }
        Some(_) | None => Vec::new(),
    };
    let mut response = if unknown.is_empty() {
        next.call(request).await?.map_into_boxed_body()
    } else {
        let asked = Asked { path: &path, request_id: &id, language };
        request.into_response(Problem::InvalidRequest(unknown).response(&asked))
    };
    let status = response.status();
    if status.is_client_error() || status.is_server_error() {
        let asked = Asked { path: &path, request_id: &id, language };
        let told = response.response().error().map(|error| match error.as_error::<Problem>() {
            Some(problem) => problem.response(&asked),
            None => of_framework(status, &error.to_string()).response(&asked),
        });
        if let Some(told) = told {
            response = response.into_response(told);
        }
    }
    let route = response.request().match_pattern();
    measure(&method, route.as_deref().unwrap_or("unknown"), response.status(), began.elapsed());
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    secure(headers, path.starts_with("/docs"));
    Ok(response)
}

/// The measures of the answers of one kind.
struct Measures {
    method: &'static str,
    status: StatusCode,
    requests: metrics::Counter,
    seconds: metrics::Histogram,
}

/// A method's word among the measures: strangers may make up as many as they like.
fn known_method(method: &Method) -> &'static str {
    ["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS"]
        .into_iter()
        .find(|known| *known == method.as_str())
        .unwrap_or("other")
}

/// Counts an answer. Each thread keeps the measures it has found by their labels: a route has few.
fn measure(method: &Method, route: &str, status: StatusCode, took: Duration) {
    thread_local! {
        static KNOWN: RefCell<HashMap<String, Vec<Measures>>> = RefCell::default();
    }
    let method = known_method(method);
    KNOWN.with_borrow_mut(|known| {
        if !known.contains_key(route) {
            known.insert(route.to_owned(), Vec::new());
        }
        let Some(of_route) = known.get_mut(route) else { return };
        let place = of_route.iter().position(|one| one.method == method && one.status == status);
        let place = place.unwrap_or_else(|| {
            let labels =
                [("method", method.to_owned()), ("route", route.to_owned()), ("status", status.as_str().to_owned())];
            of_route.push(Measures {
                method,
                status,
                requests: metrics::counter!("border_gate_requests_total", &labels),
                seconds: metrics::histogram!("border_gate_request_seconds", &labels),
            });
            of_route.len() - 1
        });
        if let Some(one) = of_route.get(place) {
            one.requests.increment(1);
            one.seconds.record(took.as_secs_f64());
        }
    });
}

/// Headers that every response bears, unless its handler chose its own.
fn secure(headers: &mut HeaderMap, is_docs: bool) {
    // The pages of the docs bring their own scripts and styles, all from here.
    let policy = if is_docs {
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
    } else {
        "default-src 'none'; frame-ancestors 'none'"
    };
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("content-security-policy", policy),
        ("cross-origin-resource-policy", "same-origin"),
        ("strict-transport-security", "max-age=31536000"),
    ] {
        let name = HeaderName::from_static(name);
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// The problem that a refusal by the framework amounts to.
fn of_framework(status: StatusCode, why: &str) -> Problem {
    match status {
        StatusCode::NOT_FOUND => Problem::NotFound,
        StatusCode::PAYLOAD_TOO_LARGE => Problem::TooLarge(MAX_BODY),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::UnsupportedMediaType("application/json"),
        _ if status.is_client_error() => Problem::Malformed(why.to_owned()),
        _ => Problem::Internal(why.to_owned().into()),
    }
}

/// One path of the contract: its methods, and the query parameters that each takes.
struct KnownPath {
    path: ResourceDef,
    methods: Vec<(Method, Vec<String>)>,
}

/// The paths of the contract.
pub struct KnownPaths(Vec<KnownPath>);

impl KnownPaths {
    /// Reads them off the OpenAPI document.
    #[must_use]
    pub fn of(document: &utoipa::openapi::OpenApi) -> Self {
        let document = serde_json::to_value(document).unwrap_or_default();
        let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
        Self(
            paths
                .map(|(path, item)| {
                    let operations = item.as_object().into_iter().flatten();
                    let methods = operations.filter_map(|(name, operation)| {
                        Some((name.to_uppercase().parse().ok()?, parameters(operation)))
                    });
                    KnownPath { path: ResourceDef::new(path.as_str()), methods: methods.collect() }
                })
                .collect(),
        )
    }

    /// What nothing answers: 405 where the path has other methods, else 404.
    fn problem(&self, request: &HttpRequest) -> Problem {
        let known = self.0.iter().find(|known| known.path.is_match(request.path()));
        match known {
            Some(known) if known.methods.iter().all(|(method, _)| method != request.method()) => {
                Problem::MethodNotAllowed(known.methods.iter().map(|(method, _)| method.clone()).collect())
            }
            Some(_) | None => Problem::NotFound,
        }
    }

    /// The parameters in `query` of an operation that takes none; one that takes some reads them itself, and names
    /// everything that is wrong with them at once.
    fn unknown_parameters(&self, method: &Method, path: &str, query: &str) -> Vec<RuleFailure> {
        let known = self.0.iter().find(|known| known.path.is_match(path));
        let operation = known.and_then(|known| known.methods.iter().find(|(known, _)| known == method));
        let takes_none = operation.is_some_and(|(_, takes)| takes.is_empty());
        if !takes_none {
            return Vec::new();
        }
        let Ok(given) = Query::<Vec<(String, String)>>::from_query(query) else { return Vec::new() };
        let unknown = given.into_inner().into_iter();
        unknown.map(|(name, _)| RuleFailure::new(format!("/{name}"), "unknown-field").with("given", &name)).collect()
    }
}

/// The names of an operation's query parameters.
fn parameters(operation: &Value) -> Vec<String> {
    let all = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
    let query = all.filter(|parameter| parameter.get("in").and_then(Value::as_str) == Some("query"));
    query.filter_map(|parameter| parameter.get("name").and_then(Value::as_str).map(str::to_owned)).collect()
}

/// Answers what no route does.
///
/// # Errors
///
/// Always: not found, or not with this method.
pub async fn unknown(request: HttpRequest, known: Data<KnownPaths>) -> Result<HttpResponse, Problem> {
    Err(known.problem(&request))
}
