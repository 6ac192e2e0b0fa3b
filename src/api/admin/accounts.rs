//! `/api/v1/admin/accounts`

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
use crate::casework::administration::{self, AccountAsked, Refused};
use crate::clock::Clock;
use crate::domain::actor::{AccountId, ActorId};
use crate::domain::mandate::{MandateSent, check_username};
use crate::domain::period::local_day;
use crate::domain::rule_book::InForce;
use crate::domain::rule_failure::RuleFailure;
use crate::domain::workflow::{QuarantineKind, Role};
use crate::identity::passwords::{self, Passwords};
use crate::identity::tokens::Tokens;
use crate::storage::accounts::{self, Account, NewAccount};
use crate::storage::pool::Pool;

/// An account. Its password is told to nobody.
#[derive(Serialize, ToSchema)]
pub struct AccountView {
    /// Its key; the history names it `account:7`.
    #[schema(example = 7)]
    id: i64,
    /// The name to sign in with.
    #[schema(example = "nguyen.van.an")]
    username: String,
    /// In what role its owner acts.
    role: Role,
    /// The tax code of his firm; a declarant's alone.
    firm: Option<String>,
    /// Of which quarantine; a quarantine officer's alone.
    quarantine_kind: Option<QuarantineKind>,
    /// At which crossing points; null for all of them, or where the role is bound to none.
    #[schema(example = json!(["HUU_NGHI", "TAN_THANH"]))]
    crossing_points: Option<Vec<String>>,
    /// In which yards; null for all of them, or where the role is bound to none.
    yards: Option<Vec<String>>,
    /// Whether it is one of the demo's.
    demo: bool,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    changed_at: DateTime<Utc>,
    /// Since when nobody can sign in with it; null while one can.
    disabled_at: Option<DateTime<Utc>>,
}

impl From<Account> for AccountView {
    fn from(account: Account) -> Self {
        let mandate = MandateSent::from(&account.mandate);
        Self {
            id: account.id.0,
            username: account.username,
            role: account.mandate.role,
            firm: mandate.firm,
            quarantine_kind: mandate.quarantine_kind,
            crossing_points: mandate.crossing_points,
            yards: mandate.yards,
            demo: account.demo,
            created_at: account.created_at,
            changed_at: account.changed_at,
            disabled_at: account.disabled_at,
        }
    }
}

/// An account to make.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is read field by field; this is its shape for the contract")]
#[schema(example = json!({"username": "nguyen.van.an", "password": "tram-kiem-soat-7-xanh", "role": "border_guard", "crossing_points": ["HUU_NGHI", "TAN_THANH"]}))]
pub struct NewAccountRequest {
    /// 3 to 64 letters, digits, `.`, `_` and `-`; unique in whatever case.
    username: String,
    /// 10 to 128 characters, not a common one.
    #[schema(format = Password)]
    password: String,
    /// In what role its owner acts.
    role: Role,
    /// The tax code of his firm; a declarant's alone.
    firm: Option<String>,
    /// Of which quarantine; a quarantine officer's alone.
    quarantine_kind: Option<QuarantineKind>,
    /// At which crossing points; left out for all of them.
    crossing_points: Option<Vec<String>>,
    /// In which yards; left out for all of them.
    yards: Option<Vec<String>>,
}

/// What is to change about an account; what is left out stays, `null` takes away.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is read field by field; this is its shape for the contract")]
#[schema(example = json!({"crossing_points": ["CHI_MA"]}))]
pub struct AccountPatch {
    /// A new password.
    #[schema(format = Password)]
    password: Option<String>,
    /// In what role its owner acts.
    role: Option<Role>,
    /// The tax code of his firm.
    firm: Option<String>,
    /// Of which quarantine.
    quarantine_kind: Option<QuarantineKind>,
    /// At which crossing points.
    crossing_points: Option<Vec<String>>,
    /// In which yards.
    yards: Option<Vec<String>>,
    /// Whether nobody may sign in with it.
    disabled: Option<bool>,
}

fn reply(account: &Account) -> crate::storage::sets::Reply {
    created(format!("/api/v1/admin/accounts/{}", account.id.0), &AccountView::from(account.clone()))
}

/// List the accounts
///
/// Newest first.
#[utoipa::path(
    tag = "administration",
    operation_id = "list_accounts",
    params(
        ("limit" = Option<u8>, Query, description = "At most so many, 1 to 200; 50 without it", example = 50),
        ("cursor" = Option<String>, Query, description = "Of the page before"),
    ),
    responses((status = 200, description = "One page", body = Page<AccountView>, headers(("Link" = String, description = "The next page"))), OfListing),
    security(("bearer" = [])),
)]
#[get("/admin/accounts")]
pub async fn list(
    _caller: Administrator,
    request: HttpRequest,
    pool: web::Data<Pool>,
    tokens: web::Data<Tokens>,
) -> Result<HttpResponse, Problem> {
    let (asked, cursors) = asked_page(&request, &tokens, "accounts")?;
    let before = asked.after.as_deref().and_then(|position| position.parse().ok()).map(AccountId);
    let found = accounts::list(&mut *pool.get().await?, before, asked.look_for()).await?;
    let position = |account: &Account| account.id.0.to_string();
    Ok(paging::respond(&request, &asked, &cursors, "accounts", found, position, AccountView::from))
}

/// Make an account
///
/// For one person. The role says which of `firm`, `quarantine_kind`, `crossing_points` and `yards` belong to it.
#[utoipa::path(
    tag = "administration",
    operation_id = "create_account",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 printable characters; the same key and body again gives the same answer for seven days")),
    request_body(content = NewAccountRequest, content_type = "application/json"),
    responses((status = 201, description = "Made", body = AccountView, headers(("Location" = String, description = "Where it stands"))), OfMaking),
    security(("bearer" = [])),
)]
#[post("/admin/accounts")]
pub async fn create(
    caller: Administrator,
    request: HttpRequest,
    body: web::Bytes,
    pool: web::Data<Pool>,
    rules: web::Data<InForce>,
    passwords: web::Data<Passwords>,
    clock: web::Data<Clock>,
) -> Result<HttpResponse, Problem> {
    let key = key_of(&request, &caller, "POST /api/v1/admin/accounts", &body)?;
    let now = clock.now();
    let (username, password, sent) = read_body(json_body(&request, &body, None)?, |fields| {
        let (username, password) = (fields.text("username"), fields.text("password"));
        let (username, password) = (fields.required("username", username), fields.required("password", password));
        let sent = MandateSent::read(fields);
        Some((username?, password?, sent))
    })?;
    let mut failures: Vec<RuleFailure> = check_username(&username, "/username").into_iter().collect();
    failures.extend(passwords::check(&password, &username, "/password"));
    failures.extend(sent.check(&rules.book().reference, local_day(now)));
    unless_any(failures)?;
    let firm = administration::firm_of(&mut *pool.get().await?, &sent).await?;
    let mandate = sent.mandate(firm).ok_or(Problem::InvalidRequest(Vec::new()))?;
    let password_hash = passwords.hash(&password).await?;
    let new = NewAccount { username: &username, password_hash: &password_hash, mandate: &mandate, demo: false };
    let creation = creation(key.as_ref(), &reply, now);
    let made = administration::create_account(&mut *pool.get().await?, &creation, &new).await?;
    Ok(respond(made, reply))
}

/// Read an account
#[utoipa::path(
    tag = "administration",
    operation_id = "read_account",
    params(("id" = i64, Path, description = "Its key", example = 7)),
    responses((status = 200, description = "The account", body = AccountView), OfReading),
    security(("bearer" = [])),
)]
#[get("/admin/accounts/{id}")]
pub async fn read(
    _caller: Administrator,
    path: web::Path<String>,
    pool: web::Data<Pool>,
) -> Result<HttpResponse, Problem> {
    let account = accounts::find(&mut *pool.get().await?, id(&path)?).await?.ok_or(Problem::NotFound)?;
    Ok(HttpResponse::Ok().json(AccountView::from(account)))
}

/// Change an account
///
/// A JSON Merge Patch (RFC 7396): the password, the role and its scope, or whether the account is disabled. Any change ends its sessions.
#[utoipa::path(
    tag = "administration",
    operation_id = "change_account",
    params(("id" = i64, Path, description = "Its key", example = 7)),
    request_body(content = AccountPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The account after it", body = AccountView), OfChanging),
    security(("bearer" = [])),
)]
#[patch("/admin/accounts/{id}")]
#[expect(clippy::too_many_arguments, reason = "the parts of the service that it stands on")]
pub async fn change(
    caller: Administrator,
    request: HttpRequest,
    path: web::Path<String>,
    body: web::Bytes,
    pool: web::Data<Pool>,
    tokens: web::Data<Tokens>,
    rules: web::Data<InForce>,
    passwords: web::Data<Passwords>,
    clock: web::Data<Clock>,
) -> Result<HttpResponse, Problem> {
    let (id, now) = (id(&path)?, clock.now());
    let changes = patch_of(&request, &body)?;
    // What takes time or the database comes before the account is locked.
    let password_hash = match changes.get("password").and_then(Value::as_str) {
        Some(password) if password.len() <= passwords::LONGEST * 4 => Some(passwords.hash(password).await?),
        _ => None,
    };
    let mut conn = pool.get().await?;
    let named = changes.get("firm").and_then(Value::as_str).filter(|code| !code.contains('\0')).map(str::to_owned);
    let firm = administration::firm_of(&mut conn, &MandateSent { firm: named, ..MandateSent::default() }).await?;
    let own = caller.0.actor.id == ActorId::Account(id);
    let decide = |account: &Account| {
        let before = MandateSent::from(&account.mandate);
        let mut fields = fields_of(&before);
        fields.insert("disabled".to_owned(), account.disabled_at.is_some().into());
        let found = read_body(merged(fields, changes), |fields| {
            let (password, disabled) = (fields.text("password"), fields.flag("disabled"));
            let disabled = fields.required("disabled", disabled);
            let sent = MandateSent::read(fields);
            Some((password, disabled?, sent))
        });
        let (password, disabled, sent) = found.map_err(refused)?;
        let mut failures = Vec::new();
        if let Some(password) = password {
            failures.extend(passwords::check(&password, &account.username, "/password"));
        }
        if sent != before {
            failures.extend(sent.check(&rules.book().reference, local_day(now)));
        }
        // Nobody locks himself out, and with him perhaps everybody.
        if own && disabled {
            failures.push(RuleFailure::new("/disabled", "own-account"));
        }
        if own && sent.role != Some(Role::Admin) {
            failures.push(RuleFailure::new("/role", "own-account"));
        }
        unless_any(failures)?;
        let firm = if sent.firm == before.firm { account.mandate.firm.clone() } else { firm };
        let mandate = sent.mandate(firm).ok_or(Refused::Invalid(Vec::new()))?;
        Ok(AccountAsked { mandate, password_hash, disabled })
    };
    let account = administration::change_account(&mut conn, &tokens, id, decide, now).await?;
    Ok(HttpResponse::Ok().json(AccountView::from(account)))
}

/// An account's key in a path; what cannot be one names no account.
fn id(path: &str) -> Result<AccountId, Problem> {
    path.parse().map(AccountId).map_err(|_| Problem::NotFound)
}
