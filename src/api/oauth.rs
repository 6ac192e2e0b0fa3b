//! OAuth 2.0 for machine clients: tokens (RFC 6749), the keys that verify them (RFC 7517), and the server's
//! metadata (RFC 8414).

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, PRAGMA, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::{Problem, ProblemDocument};
use crate::clock::Clock;
use crate::domain::actor::ActorId;
use crate::domain::mandate::OauthScope;
use crate::identity::principal::Principal;
use crate::identity::sessions::digest;
use crate::identity::tokens::{LIFETIME, Tokens, scope_text, scopes_of};
use crate::storage::clients;
use crate::storage::pool::Pool;

/// A request for a token, as a form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is read field by field; this is its shape for the contract")]
pub struct TokenRequest {
    /// Always `client_credentials`.
    #[schema(example = "client_credentials")]
    grant_type: String,
    /// What the token is for, with blanks between; without it, all that the client may.
    #[schema(example = "declarations:write declarations:read")]
    scope: Option<String>,
    /// The client's id, unless it comes by HTTP Basic.
    #[schema(example = "bGFuZy1zb24tMDE")]
    client_id: Option<String>,
    /// The client's secret, unless it comes by HTTP Basic.
    #[schema(example = "not-a-secret", format = Password)]
    client_secret: Option<String>,
}

/// A token for a machine client.
#[derive(Serialize, ToSchema)]
pub struct TokenResponse {
    /// For the header `Authorization: Bearer …` of every request.
    access_token: String,
    /// How it is used.
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// For how many seconds it holds.
    #[schema(example = 900)]
    expires_in: i64,
    /// What it may be used for, with blanks between.
    #[schema(example = "declarations:write declarations:read")]
    scope: String,
}

/// Why there is no token (RFC 6749, section 5.2).
#[derive(Serialize, ToSchema)]
pub struct OauthError {
    /// Stable.
    #[schema(example = "invalid_client")]
    error: &'static str,
    /// For a person.
    error_description: &'static str,
}

/// The public keys that verify tokens (RFC 7517).
#[derive(Serialize, ToSchema)]
pub struct KeySet {
    /// The keys.
    #[schema(value_type = Vec<Object>, example = json!([{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]))]
    keys: Vec<jsonwebtoken::jwk::Jwk>,
}

/// Where and how tokens are given (RFC 8414).
#[derive(Serialize, ToSchema)]
pub struct ServerMetadata {
    /// In whose name.
    #[schema(example = "https://gate.example.vn")]
    issuer: String,
    /// Where.
    token_endpoint: String,
    /// Where the keys stand.
    jwks_uri: String,
    /// For what.
    #[schema(value_type = Vec<String>)]
    scopes_supported: &'static [&'static str],
    /// Nobody is sent here by a browser.
    #[schema(value_type = Vec<String>)]
    response_types_supported: &'static [&'static str],
    /// How a token is asked for.
    #[schema(value_type = Vec<String>)]
    grant_types_supported: &'static [&'static str],
    /// How the client shows who it is.
    #[schema(value_type = Vec<String>)]
    token_endpoint_auth_methods_supported: &'static [&'static str],
}

/// Why a request for a token was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    NotAForm,
    Repeated,
    NoGrantType,
    OtherGrantType,
    TwoWays,
    Client,
    Scope,
}

impl Refusal {
    fn response(self) -> HttpResponse {
        let (error, error_description) = match self {
            Self::NotAForm => {
                ("invalid_request", "the body must be application/x-www-form-urlencoded, in UTF-8 and without NUL")
            }
            Self::Repeated => ("invalid_request", "a parameter is given twice"),
            Self::NoGrantType => ("invalid_request", "grant_type is missing; it must be client_credentials"),
            Self::OtherGrantType => ("unsupported_grant_type", "grant_type must be client_credentials"),
            Self::TwoWays => {
                ("invalid_request", "client credentials belong into the header or into the body, not both")
            }
            Self::Client => {
                ("invalid_client", "client_id or client_secret is missing or wrong, or the client is disabled")
            }
            Self::Scope => ("invalid_scope", "the client may not ask for this scope"),
        };
        let status = if self == Self::Client { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
        let mut response = HttpResponse::build(status);
        if self == Self::Client {
            response.insert_header((WWW_AUTHENTICATE, "Basic realm=\"border-gate\", charset=\"UTF-8\""));
        }
        never_stored(&mut response).json(OauthError { error, error_description })
    }
}

fn never_stored(response: &mut actix_web::HttpResponseBuilder) -> &mut actix_web::HttpResponseBuilder {
    response.insert_header((CACHE_CONTROL, "no-store")).insert_header((PRAGMA, "no-cache"))
}

/// What a token is asked for with.
struct Asked {
    client: String,
    secret: String,
    scope: Option<String>,
}

/// Reads a form, in which a parameter without a value counts as left out (RFC 6749, section 3.2).
fn form(text: &str) -> Result<HashMap<String, String>, Refusal> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(text).map_err(|_| Refusal::NotAForm)?;
    let mut fields = HashMap::new();
    for (name, value) in pairs.into_inner().into_iter().filter(|(_, value)| !value.is_empty()) {
        if value.contains('\0') {
            return Err(Refusal::NotAForm);
        }
        if fields.insert(name, value).is_some() {
            return Err(Refusal::Repeated);
        }
    }
    Ok(fields)
}

/// The credentials in the header, each of them encoded as in a form (RFC 6749, section 2.3.1).
fn basic(request: &HttpRequest) -> Option<Result<(String, String), Refusal>> {
    let header = request.headers().get(AUTHORIZATION)?;
    let read = || {
        let (scheme, encoded) = header.to_str().ok()?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (client, secret) = text.split_once(':')?;
        let mut fields = form(&format!("client={client}&secret={secret}")).ok()?;
        fields.remove("client").zip(fields.remove("secret"))
    };
    Some(read().ok_or(Refusal::Client))
}

fn asked(request: &HttpRequest, body: &[u8]) -> Result<Asked, Refusal> {
    let given = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Refusal::NotAForm);
    }
    let mut fields = form(std::str::from_utf8(body).map_err(|_| Refusal::NotAForm)?)?;
    match fields.get("grant_type").map(String::as_str) {
        Some("client_credentials") => {}
        Some(_) => return Err(Refusal::OtherGrantType),
        None => return Err(Refusal::NoGrantType),
    }
    let scope = fields.remove("scope");
    let (id, secret) = (fields.remove("client_id"), fields.remove("client_secret"));
    let (client, secret) = match basic(request) {
        Some(_) if secret.is_some() => return Err(Refusal::TwoWays),
        Some(credentials) => {
            let credentials = credentials?;
            if id.is_some_and(|id| id != credentials.0) {
                return Err(Refusal::TwoWays);
            }
            credentials
        }
        None => id.zip(secret).ok_or(Refusal::Client)?,
    };
    Ok(Asked { client, secret, scope })
}

/// The scopes of a token: those that are asked for, all of which the client must have, or all of its own.
fn narrowed(own: Vec<OauthScope>, asked: Option<&str>) -> Result<Vec<OauthScope>, Refusal> {
    let Some(text) = asked else { return Ok(own) };
    let scopes = scopes_of(text).filter(|scopes| !scopes.is_empty() && scopes.iter().all(|scope| own.contains(scope)));
    scopes.ok_or(Refusal::Scope)
}

/// Get a token for a machine client
///
/// The client credentials grant of RFC 6749. The client shows who it is by HTTP Basic or in the form; `scope` narrows the token.
#[utoipa::path(
    tag = "sessions",
    operation_id = "issue_token",
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "A token", body = TokenResponse),
        (status = 400, description = "The request, the grant or the scope does not hold", body = OauthError),
        (status = 401, description = "Not a client, or the secret is wrong", body = OauthError),
        (status = 413, description = "A body over 256 KiB", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[post("/oauth/token")]
pub async fn token(
    request: HttpRequest,
    body: web::Bytes,
    pool: web::Data<Pool>,
    tokens: web::Data<Tokens>,
    clock: web::Data<Clock>,
) -> Result<HttpResponse, Problem> {
    let asked = match asked(&request, &body) {
        Ok(asked) => asked,
        Err(refusal) => return Ok(refusal.response()),
    };
    let found = clients::with_secret(&mut *pool.get().await?, &asked.client).await?;
    // Digests are compared: how far they agree says nothing about the secret.
    let client = found.filter(|(client, hash)| *hash == digest(&asked.secret) && client.is_open());
    let Some((client, _)) = client else { return Ok(Refusal::Client.response()) };
    let scopes = match narrowed(client.oauth_scopes, asked.scope.as_deref()) {
        Ok(scopes) => scopes,
        Err(refusal) => return Ok(refusal.response()),
    };
    let scope = scope_text(&scopes);
    let actor = client.mandate.actor(ActorId::Client(client.id));
    let principal = Principal { actor, session: None, oauth_scopes: Some(scopes) };
    let access_token = tokens.issue(&principal, Some(client.generation), clock.now());
    let access_token = access_token.map_err(|fault| Problem::Internal(Box::new(fault)))?;
    let token = TokenResponse { access_token, token_type: "Bearer", expires_in: LIFETIME.num_seconds(), scope };
    Ok(never_stored(&mut HttpResponse::Ok()).json(token))
}

/// Read the public keys
///
/// They verify access tokens; anyone can do so offline.
#[utoipa::path(
    tag = "sessions",
    operation_id = "read_keys",
    responses((status = 200, description = "The keys", body = KeySet)),
    security(()),
)]
#[get("/.well-known/jwks.json")]
pub async fn keys(tokens: web::Data<Tokens>) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    // Short, so that a new key is known before the first token that it signs has expired.
    response.insert_header((CACHE_CONTROL, "public, max-age=300"));
    response.json(KeySet { keys: tokens.keys().jwks().keys })
}

/// Read where tokens are given
///
/// The metadata of RFC 8414.
#[utoipa::path(
    tag = "sessions",
    operation_id = "read_authorization_server",
    responses((status = 200, description = "The metadata", body = ServerMetadata)),
    security(()),
)]
#[get("/.well-known/oauth-authorization-server")]
pub async fn metadata(tokens: web::Data<Tokens>) -> HttpResponse {
    let issuer = tokens.issuer();
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "public, max-age=300")).json(ServerMetadata {
        token_endpoint: format!("{issuer}/oauth/token"),
        jwks_uri: format!("{issuer}/.well-known/jwks.json"),
        issuer: issuer.to_owned(),
        scopes_supported: OauthScope::WORDS,
        response_types_supported: &[],
        grant_types_supported: &["client_credentials"],
        token_endpoint_auth_methods_supported: &["client_secret_basic", "client_secret_post"],
    })
}
