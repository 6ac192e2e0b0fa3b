//! `/api/v1/admin/clients`

use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::refusals::{OfChanging, OfListing, OfMaking, OfReading};
use super::{
    asked_page, created, creation, fields_of, key_of, merged, patch_of, read_body, refused, respond, unless_any,
};
use crate::api::conditional::json_body;
use crate::api::paging::{self, Page};
use crate::api::principal::Administrator;
use crate::api::problem::Problem;
use crate::casework::administration::{self, ClientAsked, NewClient, Refused};
use crate::clock::Clock;
use crate::domain::mandate::{MandateSent, OauthScope, check_name};
use crate::domain::period::local_day;
use crate::domain::reading::Fields;
use crate::domain::rule_book::InForce;
use crate::domain::rule_failure::RuleFailure;
use crate::domain::workflow::{QuarantineKind, Role};
use crate::identity::tokens::Tokens;
use crate::storage::clients::{self, Client};
use crate::storage::pool::Pool;

/// A machine client.
#[derive(Serialize, ToSchema)]
pub struct ClientView {
    /// The id that it names itself by.
    #[schema(example = "bGFuZy1zb24tMDE")]
    id: String,
    /// What it is called.
    #[schema(example = "Bắc Sơn's fleet system")]
    name: String,
    /// In what role it acts.
    role: Role,
    /// The tax code of its firm; a declarant's alone.
    #[schema(example = "0100112437")]
    firm: Option<String>,
    /// Of which quarantine; a quarantine officer's alone.
    quarantine_kind: Option<QuarantineKind>,
    /// At which crossing points; null for all of them, or where the role is bound to none.
    crossing_points: Option<Vec<String>>,
    /// In which yards; null for all of them, or where the role is bound to none.
    yards: Option<Vec<String>>,
    /// What its tokens may be used for at most.
    oauth_scopes: Vec<OauthScope>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    changed_at: DateTime<Utc>,
    /// Since when it gets no tokens; null while it does.
    disabled_at: Option<DateTime<Utc>>,
}

/// A machine client that was just made.
#[derive(Serialize, ToSchema)]
pub struct NewClientView {
    #[serde(flatten)]
    client: ClientView,
    /// Its secret, shown this once: not even the same answer under an Idempotency-Key shows it again, where it is null.
    #[schema(example = "not-a-secret")]
    client_secret: Option<String>,
}

impl From<Client> for ClientView {
    fn from(client: Client) -> Self {
        let mandate = MandateSent::from(&client.mandate);
        Self {
            id: client.id,
            name: client.name,
            role: client.mandate.role,
            firm: mandate.firm,
            quarantine_kind: mandate.quarantine_kind,
            crossing_points: mandate.crossing_points,
            yards: mandate.yards,
            oauth_scopes: client.oauth_scopes,
            created_at: client.created_at,
            changed_at: client.changed_at,
            disabled_at: client.disabled_at,
        }
    }
}

/// A machine client to make.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is read field by field; this is its shape for the contract")]
#[schema(example = json!({"name": "Bắc Sơn's fleet system", "role": "declarant", "firm": "0100112437", "oauth_scopes": ["declarations:write", "declarations:read"]}))]
pub struct NewClientRequest {
    /// What it is called.
    name: String,
    /// In what role it acts.
    role: Role,
    /// The tax code of its firm; a declarant's alone.
    firm: Option<String>,
    /// Of which quarantine; a quarantine officer's alone.
    quarantine_kind: Option<QuarantineKind>,
    /// At which crossing points; left out for all of them.
    crossing_points: Option<Vec<String>>,
    /// In which yards; left out for all of them.
    yards: Option<Vec<String>>,
    /// What its tokens may be used for at most.
    oauth_scopes: Vec<OauthScope>,
}

/// What is to change about a machine client; what is left out stays, `null` takes away.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is read field by field; this is its shape for the contract")]
#[schema(example = json!({"oauth_scopes": ["statistics:read"]}))]
pub struct ClientPatch {
    /// What it is called.
    name: Option<String>,
    /// In what role it acts.
    role: Option<Role>,
    /// The tax code of its firm.
    firm: Option<String>,
    /// Of which quarantine.
    quarantine_kind: Option<QuarantineKind>,
    /// At which crossing points.
    crossing_points: Option<Vec<String>>,
    /// In which yards.
    yards: Option<Vec<String>>,
    /// What its tokens may be used for at most.
    oauth_scopes: Option<Vec<OauthScope>>,
    /// Whether it gets no tokens.
    disabled: Option<bool>,
}

/// A client as it is sent.
struct Sent {
    name: String,
    mandate: MandateSent,
    oauth_scopes: Vec<OauthScope>,
    disabled: bool,
}

impl Sent {
    /// Reads the fields; `disabled` is among them where a client is changed.
    fn read(sent: Value, changed: bool) -> Result<Self, Problem> {
        let mut unknown = Vec::new();
        let found = read_body(sent, |fields| {
            let name = fields.text("name");
            let name = fields.required("name", name);
            let mandate = MandateSent::read(fields);
            let scopes = fields.texts("oauth_scopes");
            let scopes = fields.required("oauth_scopes", scopes);
            let disabled = if changed { disabled(fields) } else { Some(false) };
            Some((name?, mandate, scopes?, disabled?))
        });
        let (name, mandate, texts, disabled) = found?;
        let mut oauth_scopes: Vec<OauthScope> = Vec::new();
        for (place, text) in texts.iter().enumerate() {
            match text.parse() {
                Ok(scope) if oauth_scopes.contains(&scope) => {}
                Ok(scope) => oauth_scopes.push(scope),
                Err(_) => unknown.push(
                    RuleFailure::new(format!("/oauth_scopes/{place}"), "unknown-word")
                        .with("given", text)
                        .with("allowed", OauthScope::WORDS.join(", ")),
                ),
            }
        }
        if texts.is_empty() {
            unknown.push(RuleFailure::new("/oauth_scopes", "list-empty"));
        }
        unknown.extend(check_name(&name, "/name"));
        if unknown.is_empty() {
            Ok(Self { name, mandate, oauth_scopes, disabled })
        } else {
            Err(Problem::InvalidRequest(unknown))
        }
    }
}

fn disabled(fields: &mut Fields) -> Option<bool> {
    let disabled = fields.flag("disabled");
    fields.required("disabled", disabled)
}

fn location(client: &Client) -> String {
    format!("/api/v1/admin/clients/{}", client.id)
}

/// The answer with the secret, for the one who made it.
fn whole(made: &NewClient) -> crate::storage::sets::Reply {
    let view = NewClientView { client: made.client.clone().into(), client_secret: Some(made.secret.clone()) };
    created(location(&made.client), &view)
}

/// The answer without the secret, to be kept.
fn kept(made: &NewClient) -> crate::storage::sets::Reply {
    created(location(&made.client), &NewClientView { client: made.client.clone().into(), client_secret: None })
}

/// List the machine clients
///
/// Newest first.
#[utoipa::path(
    tag = "administration",
    operation_id = "list_clients",
    params(
        ("limit" = Option<u8>, Query, description = "At most so many, 1 to 200; 50 without it", example = 50),
        ("cursor" = Option<String>, Query, description = "Of the page before"),
    ),
    responses((status = 200, description = "One page", body = Page<ClientView>, headers(("Link" = String, description = "The next page"))), OfListing),
    security(("bearer" = [])),
)]
#[get("/admin/clients")]
pub async fn list(
    _caller: Administrator,
    request: HttpRequest,
    pool: web::Data<Pool>,
    tokens: web::Data<Tokens>,
) -> Result<HttpResponse, Problem> {
    let (asked, cursors) = asked_page(&request, &tokens, "clients")?;
    let before = asked.after.as_deref().and_then(|position| position.split_once(' '));
    let before = before.and_then(|(at, id)| Some((DateTime::from_timestamp_micros(at.parse().ok()?)?, id)));
    let found = clients::list(&mut *pool.get().await?, before, asked.look_for()).await?;
    let position = |client: &Client| format!("{} {}", client.created_at.timestamp_micros(), client.id);
    Ok(paging::respond(&request, &asked, &cursors, "clients", found, position, ClientView::from))
}

/// Make a machine client
///
/// For a firm's own system or a dashboard. The answer shows its secret, once.
#[utoipa::path(
    tag = "administration",
    operation_id = "create_client",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 printable characters; the same key and body again gives the same answer for seven days, without the secret")),
    request_body(content = NewClientRequest, content_type = "application/json"),
    responses((status = 201, description = "Made", body = NewClientView, headers(("Location" = String, description = "Where it stands"))), OfMaking),
    security(("bearer" = [])),
)]
#[post("/admin/clients")]
pub async fn create(
    caller: Administrator,
    request: HttpRequest,
    body: web::Bytes,
    pool: web::Data<Pool>,
    rules: web::Data<InForce>,
    clock: web::Data<Clock>,
) -> Result<HttpResponse, Problem> {
    let key = key_of(&request, &caller, "POST /api/v1/admin/clients", &body)?;
    let now = clock.now();
    let Sent { name, mandate, oauth_scopes, disabled } = Sent::read(json_body(&request, &body, None)?, false)?;
    unless_any(mandate.check(&rules.book().reference, local_day(now)))?;
    let mut conn = pool.get().await?;
    let firm = administration::firm_of(&mut conn, &mandate).await?;
    let mandate = mandate.mandate(firm).ok_or(Problem::InvalidRequest(Vec::new()))?;
    let asked = ClientAsked { name, mandate, oauth_scopes, disabled };
    let made = administration::create_client(&mut conn, &creation(key.as_ref(), &kept, now), &asked).await?;
    Ok(respond(made, whole))
}

/// Read a machine client
#[utoipa::path(
    tag = "administration",
    operation_id = "read_client",
    params(("id" = String, Path, description = "Its id", example = "bGFuZy1zb24tMDE")),
    responses((status = 200, description = "The client", body = ClientView), OfReading),
    security(("bearer" = [])),
)]
#[get("/admin/clients/{id}")]
pub async fn read(
    _caller: Administrator,
    path: web::Path<String>,
    pool: web::Data<Pool>,
) -> Result<HttpResponse, Problem> {
    let client = clients::find(&mut *pool.get().await?, id(&path)?).await?.ok_or(Problem::NotFound)?;
    Ok(HttpResponse::Ok().json(ClientView::from(client)))
}

/// Change a machine client
///
/// A JSON Merge Patch (RFC 7396): its name, the role and its scope, its OAuth scopes, or whether it is disabled. Any change ends its tokens.
#[utoipa::path(
    tag = "administration",
    operation_id = "change_client",
    params(("id" = String, Path, description = "Its id", example = "bGFuZy1zb24tMDE")),
    request_body(content = ClientPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The client after it", body = ClientView), OfChanging),
    security(("bearer" = [])),
)]
#[patch("/admin/clients/{id}")]
#[expect(clippy::too_many_arguments, reason = "the parts of the service that it stands on")]
pub async fn change(
    _caller: Administrator,
    request: HttpRequest,
    path: web::Path<String>,
    body: web::Bytes,
    pool: web::Data<Pool>,
    tokens: web::Data<Tokens>,
    rules: web::Data<InForce>,
    clock: web::Data<Clock>,
) -> Result<HttpResponse, Problem> {
    let (id, now) = (id(&path)?, clock.now());
    let changes = patch_of(&request, &body)?;
    let mut conn = pool.get().await?;
    let named = changes.get("firm").and_then(Value::as_str).filter(|code| !code.contains('\0')).map(str::to_owned);
    let firm = administration::firm_of(&mut conn, &MandateSent { firm: named, ..MandateSent::default() }).await?;
    let decide = |client: &Client| {
        let before = MandateSent::from(&client.mandate);
        let mut fields = fields_of(&before);
        fields.insert("name".to_owned(), client.name.clone().into());
        fields.insert("oauth_scopes".to_owned(), client.oauth_scopes.iter().map(|scope| scope.as_str()).collect());
        fields.insert("disabled".to_owned(), client.disabled_at.is_some().into());
        let Sent { name, mandate, oauth_scopes, disabled } =
            Sent::read(merged(fields, changes), true).map_err(refused)?;
        if mandate != before {
            unless_any(mandate.check(&rules.book().reference, local_day(now)))?;
        }
        let firm = if mandate.firm == before.firm { client.mandate.firm.clone() } else { firm };
        let mandate = mandate.mandate(firm).ok_or(Refused::Invalid(Vec::new()))?;
        Ok(ClientAsked { name, mandate, oauth_scopes, disabled })
    };
    let client = administration::change_client(&mut conn, &tokens, id, decide, now).await?;
    Ok(HttpResponse::Ok().json(ClientView::from(client)))
}

/// A client's id in a path; what cannot be one names no client.
fn id(path: &str) -> Result<&str, Problem> {
    let plain =
        path.len() <= 64 && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if plain { Ok(path) } else { Err(Problem::NotFound) }
}
