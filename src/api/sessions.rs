//! `/api/v1/sessions` and `/api/v1/me`: signing in, staying signed in, signing out, and who one is.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::admin::read_body;
use super::conditional::json_body;
use super::principal::Caller;
use super::problem::{Problem, ProblemDocument};
use crate::clock::Clock;
use crate::domain::actor::{AccountId, ActorId};
use crate::domain::mandate::{Mandate, OauthScope};
use crate::domain::workflow::{QuarantineKind, Role};
use crate::identity::passwords::{PasswordFault, Passwords};
use crate::identity::sessions::{self, Refused, SignedIn};
use crate::identity::tokens::{LIFETIME, Tokens};
use crate::storage::pool::Pool;
use crate::storage::{accounts, clients, firms};

/// A name and a password.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is read field by field; this is its shape for the contract")]
pub struct Credentials {
    /// The account's name, in any case.
    #[schema(example = "border_guard")]
    username: String,
    /// Its password.
    #[schema(example = "cua-khau-so-2025", format = Password)]
    password: String,
}

/// A refresh token.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is read field by field; this is its shape for the contract")]
pub struct RefreshRequest {
    /// The newest one of the session.
    #[schema(example = "q0pRj1gq0mJm2yJt5gT4m1nBqv1u1m7pQkq0c3b8xkE")]
    refresh_token: String,
}

/// What a person gets who signed in.
#[derive(Serialize, ToSchema)]
pub struct SessionView {
    /// For the header `Authorization: Bearer …` of every request.
    #[schema(example = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl")]
    access_token: String,
    /// How it is used.
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// For how many seconds it holds.
    #[schema(example = 900)]
    expires_in: i64,
    /// For the next pair of tokens; good once. A used one that comes again ends the session.
    #[schema(example = "q0pRj1gq0mJm2yJt5gT4m1nBqv1u1m7pQkq0c3b8xkE")]
    refresh_token: String,
    /// Who it is.
    account: Me,
}

/// Who the caller is and what he is charged with.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// How the history names him.
    #[schema(example = "account:7")]
    id: String,
    /// A person's name to sign in with; null for a machine client.
    #[schema(example = "quarantine_plant")]
    username: Option<String>,
    /// A machine client's name; null for a person.
    client_name: Option<String>,
    /// In what role he acts.
    role: Role,
    /// Of which quarantine; a quarantine officer's alone.
    quarantine_kind: Option<QuarantineKind>,
    /// For which firm; a declarant's alone.
    firm: Option<MeFirm>,
    /// At which crossing points; null for all of them, or where the role is bound to none.
    crossing_points: Option<Vec<String>>,
    /// In which yards; null for all of them, or where the role is bound to none.
    yards: Option<Vec<String>>,
    /// What the token may be used for; null for a person, who may do whatever the role may.
    oauth_scopes: Option<Vec<OauthScope>>,
}

/// The firm that somebody declares for.
#[derive(Serialize, ToSchema)]
pub struct MeFirm {
    /// Its tax code.
    #[schema(example = "0100112437")]
    tax_code: String,
    /// Its name.
    name: String,
}

impl Me {
    fn of(id: &ActorId, mandate: Mandate, firm_name: Option<String>) -> Self {
        Self {
            id: id.to_string(),
            username: None,
            client_name: None,
            role: mandate.role,
            quarantine_kind: mandate.quarantine_kind,
            firm: mandate.firm.map(|firm| MeFirm { tax_code: firm.tax_code, name: firm_name.unwrap_or_default() }),
            crossing_points: mandate.crossing_points.codes().map(<[String]>::to_vec),
            yards: mandate.yards.codes().map(<[String]>::to_vec),
            oauth_scopes: None,
        }
    }
}

async fn firm_name(pool: &Pool, mandate: &Mandate) -> Result<Option<String>, Problem> {
    let Some(firm) = &mandate.firm else { return Ok(None) };
    let found = firms::by_tax_code(&mut *pool.get().await?, &firm.tax_code).await?;
    Ok(found.map(|firm| firm.name))
}

async fn answer(signed_in: SignedIn, pool: &Pool, status: StatusCode) -> Result<HttpResponse, Problem> {
    let SignedIn { access_token, refresh_token, account } = signed_in;
    let name = firm_name(pool, &account.mandate).await?;
    let who = Me::of(&ActorId::Account(account.id), account.mandate, name);
    Ok(HttpResponse::build(status).json(SessionView {
        access_token,
        token_type: "Bearer",
        expires_in: LIFETIME.num_seconds(),
        refresh_token,
        account: Me { username: Some(account.username), ..who },
    }))
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Wrong | Refused::NotRefreshable => Self::WrongCredentials,
            Refused::TooMany(seconds) => Self::TooManyRequests(seconds),
            Refused::Password(fault) => fault.into(),
            Refused::Token(fault) => Self::Internal(Box::new(fault)),
            Refused::Storage(error) => error.into(),
            Refused::Pool(error) => error.into(),
        }
    }
}

impl From<PasswordFault> for Problem {
    fn from(fault: PasswordFault) -> Self {
        match fault {
            PasswordFault::Busy => Self::Unavailable(Box::new(fault)),
            PasswordFault::Hashing(_) | PasswordFault::Stopped => Self::Internal(Box::new(fault)),
        }
    }
}

/// The network that a request comes from: the address, or for IPv6 the /64 that one customer has to himself.
fn address(request: &HttpRequest) -> String {
    match request.peer_addr().map(|peer| peer.ip().to_canonical()) {
        Some(std::net::IpAddr::V6(address)) => {
            let network = address.to_bits() >> 64 << 64;
            std::net::Ipv6Addr::from_bits(network).to_string()
        }
        Some(address) => address.to_string(),
        None => String::new(),
    }
}

/// Sign in
///
/// At most 10 tries in 15 minutes by account and by address. The answer is the same whether the account or the password is wrong.
#[utoipa::path(
    tag = "sessions",
    operation_id = "sign_in",
    request_body(content = Credentials, content_type = "application/json"),
    responses(
        (status = 201, description = "Signed in", body = SessionView),
        (status = 400, description = "Not well-formed JSON", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "The name or the password is wrong", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "A body over 256 KiB", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "A field is missing, unknown or no text", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Too many tries", body = ProblemDocument, content_type = "application/problem+json", headers(("Retry-After" = u32, description = "Seconds"))),
        (status = 503, description = "Busy, or the database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[post("/sessions")]
pub async fn sign_in(
    request: HttpRequest,
    body: web::Bytes,
    pool: web::Data<Pool>,
    tokens: web::Data<Tokens>,
    passwords: web::Data<Passwords>,
    clock: web::Data<Clock>,
) -> Result<HttpResponse, Problem> {
    let (username, password) = read_body(json_body(&request, &body, None)?, |fields| {
        let (username, password) = (fields.text("username"), fields.text("password"));
        fields.required("username", username).zip(fields.required("password", password))
    })?;
    let credentials = (username.as_str(), password.as_str());
    let address = address(&request);
    let signed_in = sessions::sign_in(&pool, &tokens, &passwords, credentials, &address, clock.now()).await?;
    answer(signed_in, &pool, StatusCode::CREATED).await
}

/// Stay signed in
///
/// Gives a new pair of tokens for a refresh token, which is good once: a used one that comes again ends its session.
#[utoipa::path(
    tag = "sessions",
    operation_id = "refresh_session",
    request_body(content = RefreshRequest, content_type = "application/json"),
    responses(
        (status = 200, description = "The next pair of tokens", body = SessionView),
        (status = 400, description = "Not well-formed JSON", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "Not a refresh token that holds", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "A body over 256 KiB", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "A field is missing, unknown or no text", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[post("/sessions/refresh")]
pub async fn refresh(
    request: HttpRequest,
    body: web::Bytes,
    pool: web::Data<Pool>,
    tokens: web::Data<Tokens>,
    clock: web::Data<Clock>,
) -> Result<HttpResponse, Problem> {
    let token = read_body(json_body(&request, &body, None)?, |fields| {
        let token = fields.text("refresh_token");
        fields.required("refresh_token", token)
    })?;
    let mut conn = pool.get().await?;
    let signed_in = sessions::refresh(&mut conn, &tokens, &token, clock.now()).await?;
    drop(conn);
    answer(signed_in, &pool, StatusCode::OK).await
}

/// Sign out
///
/// Ends the session of the token at once; its refresh token is worth nothing any more.
#[utoipa::path(
    tag = "sessions",
    operation_id = "sign_out",
    responses(
        (status = 204, description = "Signed out"),
        (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "A machine client has no session", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
#[delete("/sessions/current")]
pub async fn sign_out(
    caller: Caller,
    pool: web::Data<Pool>,
    tokens: web::Data<Tokens>,
    clock: web::Data<Clock>,
) -> Result<HttpResponse, Problem> {
    let session = caller.session.as_deref().ok_or(Problem::NotFound)?;
    sessions::sign_out(&mut *pool.get().await?, &tokens, session, clock.now()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Who am I
///
/// The account or client of the token, its role, and where that holds.
#[utoipa::path(
    tag = "sessions",
    operation_id = "me",
    responses(
        (status = 200, description = "Who the caller is", body = Me),
        (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
#[get("/me")]
pub async fn me(caller: Caller, pool: web::Data<Pool>) -> Result<HttpResponse, Problem> {
    let mut conn = pool.get().await?;
    let id = &caller.actor.id;
    let who = match id {
        ActorId::Account(AccountId(_)) | ActorId::System => {
            let account = match id {
                ActorId::Account(id) => accounts::find(&mut conn, *id).await?,
                ActorId::Client(_) | ActorId::System => None,
            };
            let account = account.ok_or(Problem::Unauthenticated)?;
            drop(conn);
            let name = firm_name(&pool, &account.mandate).await?;
            Me { username: Some(account.username), ..Me::of(id, account.mandate, name) }
        }
        ActorId::Client(client) => {
            let client = clients::find(&mut conn, client).await?.ok_or(Problem::Unauthenticated)?;
            drop(conn);
            let name = firm_name(&pool, &client.mandate).await?;
            let oauth_scopes = caller.oauth_scopes.clone();
            Me { client_name: Some(client.name), oauth_scopes, ..Me::of(id, client.mandate, name) }
        }
    };
    Ok(HttpResponse::Ok().json(who))
}
