//! `/api/v1/admin/firms`

use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::refusals::{OfChanging, OfListing, OfMaking, OfReading};
use super::{asked_page, created, creation, key_of, merged, patch_of, read_body, refused, respond, unless_any};
use crate::api::conditional::json_body;
use crate::api::paging::{self, Page};
use crate::api::principal::Administrator;
use crate::api::problem::Problem;
use crate::casework::administration;
use crate::clock::Clock;
use crate::domain::actor::FirmId;
use crate::domain::firm::check_tax_code;
use crate::domain::mandate::check_name;
use crate::domain::rule_book::InForce;
use crate::domain::rule_failure::Findings;
use crate::identity::tokens::Tokens;
use crate::storage::firms::{self, Firm};
use crate::storage::pool::Pool;

/// A firm.
#[derive(Serialize, ToSchema)]
pub struct FirmView {
    /// Its tax code, which names it.
    #[schema(example = "0100112437")]
    tax_code: String,
    /// Its name.
    #[schema(example = "Công ty vận tải Bắc Sơn")]
    name: String,
    /// When it was entered.
    created_at: DateTime<Utc>,
    /// Since when nobody declares for it; null while it may.
    disabled_at: Option<DateTime<Utc>>,
}

impl From<Firm> for FirmView {
    fn from(firm: Firm) -> Self {
        let Firm { id: _, tax_code, name, created_at, disabled_at } = firm;
        Self { tax_code, name, created_at, disabled_at }
    }
}

/// A firm to enter.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is read field by field; this is its shape for the contract")]
pub struct NewFirm {
    /// Its tax code.
    #[schema(example = "0100112437")]
    tax_code: String,
    /// Its name.
    #[schema(example = "Công ty vận tải Bắc Sơn")]
    name: String,
}

/// What is to change about a firm; what is left out stays.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is read field by field; this is its shape for the contract")]
pub struct FirmPatch {
    /// Its name.
    #[schema(example = "Công ty vận tải Bắc Sơn")]
    name: Option<String>,
    /// Whether nobody declares for it. Disabling ends its people's sessions and its clients' tokens.
    #[schema(example = false)]
    disabled: Option<bool>,
}

fn reply(firm: &Firm) -> crate::storage::sets::Reply {
    created(format!("/api/v1/admin/firms/{}", firm.tax_code), &FirmView::from(firm.clone()))
}

/// List the firms
///
/// Newest first.
#[utoipa::path(
    tag = "administration",
    operation_id = "list_firms",
    params(
        ("limit" = Option<u8>, Query, description = "At most so many, 1 to 200; 50 without it", example = 50),
        ("cursor" = Option<String>, Query, description = "Of the page before"),
    ),
    responses((status = 200, description = "One page", body = Page<FirmView>, headers(("Link" = String, description = "The next page"))), OfListing),
    security(("bearer" = [])),
)]
#[get("/admin/firms")]
pub async fn list(
    _caller: Administrator,
    request: HttpRequest,
    pool: web::Data<Pool>,
    tokens: web::Data<Tokens>,
) -> Result<HttpResponse, Problem> {
    let (asked, cursors) = asked_page(&request, &tokens, "firms")?;
    let before = asked.after.as_deref().and_then(|position| position.parse().ok()).map(FirmId);
    let found = firms::list(&mut *pool.get().await?, before, asked.look_for()).await?;
    let position = |firm: &Firm| firm.id.0.to_string();
    Ok(paging::respond(&request, &asked, &cursors, "firms", found, position, FirmView::from))
}

/// Enter a firm
///
/// Its people are accounts of their own, with the role `declarant`.
#[utoipa::path(
    tag = "administration",
    operation_id = "create_firm",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 printable characters; the same key and body again gives the same answer for seven days")),
    request_body(content = NewFirm, content_type = "application/json"),
    responses((status = 201, description = "Entered", body = FirmView, headers(("Location" = String, description = "Where it stands"))), OfMaking),
    security(("bearer" = [])),
)]
#[post("/admin/firms")]
pub async fn create(
    caller: Administrator,
    request: HttpRequest,
    body: web::Bytes,
    pool: web::Data<Pool>,
    rules: web::Data<InForce>,
    clock: web::Data<Clock>,
) -> Result<HttpResponse, Problem> {
    let key = key_of(&request, &caller, "POST /api/v1/admin/firms", &body)?;
    let (tax_code, name) = read_body(json_body(&request, &body, None)?, |fields| {
        let (tax_code, name) = (fields.text("tax_code"), fields.text("name"));
        fields.required("tax_code", tax_code).zip(fields.required("name", name))
    })?;
    let mut findings = Findings::default();
    check_tax_code(&tax_code, "/tax_code", rules.book().tax_code_check, &mut findings);
    findings.failures.extend(check_name(&name, "/name"));
    unless_any(findings.failures)?;
    let creation = creation(key.as_ref(), &reply, clock.now());
    let made = administration::create_firm(&mut *pool.get().await?, &creation, (&tax_code, &name)).await?;
    Ok(respond(made, reply))
}

/// Read a firm
#[utoipa::path(
    tag = "administration",
    operation_id = "read_firm",
    params(("tax_code" = String, Path, description = "Its tax code", example = "0100112437")),
    responses((status = 200, description = "The firm", body = FirmView), OfReading),
    security(("bearer" = [])),
)]
#[get("/admin/firms/{tax_code}")]
pub async fn read(
    _caller: Administrator,
    path: web::Path<String>,
    pool: web::Data<Pool>,
) -> Result<HttpResponse, Problem> {
    let tax_code = tax_code(&path)?;
    let firm = firms::by_tax_code(&mut *pool.get().await?, tax_code).await?.ok_or(Problem::NotFound)?;
    Ok(HttpResponse::Ok().json(FirmView::from(firm)))
}

/// Change a firm
///
/// A JSON Merge Patch (RFC 7396): its name, or whether it is disabled.
#[utoipa::path(
    tag = "administration",
    operation_id = "change_firm",
    params(("tax_code" = String, Path, description = "Its tax code", example = "0100112437")),
    request_body(content = FirmPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The firm after it", body = FirmView), OfChanging),
    security(("bearer" = [])),
)]
#[patch("/admin/firms/{tax_code}")]
pub async fn change(
    _caller: Administrator,
    request: HttpRequest,
    path: web::Path<String>,
    body: web::Bytes,
    pool: web::Data<Pool>,
    tokens: web::Data<Tokens>,
    clock: web::Data<Clock>,
) -> Result<HttpResponse, Problem> {
    let tax_code = tax_code(&path)?;
    let changes = patch_of(&request, &body)?;
    let decide = move |firm: &Firm| {
        let (name, disabled) = read_body(merged(fields_of(firm), changes), |fields| {
            let (name, disabled) = (fields.text("name"), fields.flag("disabled"));
            fields.required("name", name).zip(fields.required("disabled", disabled))
        })
        .map_err(refused)?;
        unless_any(check_name(&name, "/name").into_iter().collect())?;
        Ok((name, disabled))
    };
    let mut conn = pool.get().await?;
    let firm = administration::change_firm(&mut conn, &tokens, tax_code, decide, clock.now()).await?;
    Ok(HttpResponse::Ok().json(FirmView::from(firm)))
}

fn fields_of(firm: &Firm) -> Map<String, Value> {
    match json!({"name": firm.name, "disabled": firm.disabled_at.is_some()}) {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// A tax code in a path; what cannot be one names no firm.
fn tax_code(path: &str) -> Result<&str, Problem> {
    let plain = path.len() <= 14 && path.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if plain { Ok(path) } else { Err(Problem::NotFound) }
}
