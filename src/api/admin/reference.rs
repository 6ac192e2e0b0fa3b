//! `/api/v1/admin/reference`: changing the dated reference data, with the history of who changed what and why.

use actix_web::{HttpRequest, HttpResponse, get, put, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::read_body;
use super::refusals::{OfChanging, OfReading};
use crate::api::conditional::json_body;
use crate::api::principal::Administrator;
use crate::api::problem::Problem;
use crate::casework::administration;
use crate::clock::Clock;
use crate::domain::act::MAX_TEXT;
use crate::domain::reading::Fields;
use crate::domain::reference::{List, ReferenceChange, ReferenceEntry, Validity};
use crate::domain::rule_book::InForce;
use crate::domain::rule_failure::RuleFailure;
use crate::storage::pool::Pool;
use crate::storage::reference::{self, StoredChange};

/// All that is said of one code of a list, on whatever days, and how it came to be.
#[derive(Serialize, ToSchema)]
pub struct ReferenceCode {
    /// The list.
    list: List,
    /// The code.
    code: String,
    /// What holds, by its days.
    entries: Vec<ReferenceEntry>,
    /// The changes that were made here, oldest first. What came with the program is no change.
    changes: Vec<ReferenceChanged>,
}

/// One change, as it was made.
#[derive(Serialize, ToSchema)]
pub struct ReferenceChanged {
    /// When.
    changed_at: DateTime<Utc>,
    /// By whom.
    changed_by: String,
    /// Why.
    reason: String,
    /// The first day that it is about.
    valid_from: NaiveDate,
    /// The first day that it is no longer about; null while no end is known.
    valid_to: Option<NaiveDate>,
    /// What is said of those days; null where no entry was to hold on them.
    #[schema(value_type = Option<Object>)]
    entry: Option<Value>,
}

impl From<StoredChange> for ReferenceChanged {
    fn from(stored: StoredChange) -> Self {
        let StoredChange { valid_from, valid_to, entry, reason, changed_by, changed_at } = stored;
        Self { changed_at, changed_by, reason, valid_from, valid_to, entry }
    }
}

/// What is to hold on some days.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is read field by field; this is its shape for the contract")]
pub struct NewReferenceEntry {
    /// The first day.
    valid_from: NaiveDate,
    /// The first day on which it no longer holds; without it, until something else is said.
    valid_to: Option<NaiveDate>,
    /// Why it is changed; kept in the history.
    #[schema(example = "Notice of the gate's management, 12 February 2026")]
    reason: String,
    /// All that the entry says, with the fields of its list; null where no entry is to hold on those days.
    #[schema(value_type = Option<Object>)]
    entry: Option<Value>,
}

/// The longest code, in characters.
const MAX_CODE: usize = 60;

fn list_of(word: &str) -> Result<List, Problem> {
    word.parse().map_err(|_| Problem::NotFound)
}

/// Read a code of the reference data, with its history
///
/// Everything that is said of it on whatever days, and every change with who made it and why.
#[utoipa::path(
    tag = "administration",
    operation_id = "read_reference_code",
    params(("list" = List, Path, description = "Which list"), ("code" = String, Path, description = "Which code", example = "HUU_NGHI")),
    responses((status = 200, description = "What is said of it", body = ReferenceCode), OfReading),
    security(("bearer" = [])),
)]
#[get("/admin/reference/{list}/{code}")]
pub async fn read(
    _caller: Administrator,
    path: web::Path<(String, String)>,
    pool: web::Data<Pool>,
) -> Result<HttpResponse, Problem> {
    let (list, code) = path.into_inner();
    let list = list_of(&list)?;
    let mut conn = pool.get().await?;
    let all = reference::load(&mut conn).await?;
    let entries: Vec<_> = all.entries_of(list, &code).cloned().collect();
    let changes = reference::changes(&mut conn, list, &code).await?;
    if entries.is_empty() && changes.is_empty() {
        return Err(Problem::NotFound);
    }
    let changes = changes.into_iter().map(ReferenceChanged::from).collect();
    Ok(HttpResponse::Ok().json(ReferenceCode { list, code, entries, changes }))
}

/// Say what holds of a code on some days
///
/// What was said of those days before gives way; of other days it stays. It is in force at once here and within
/// seconds at every other instance of the service. What was decided before stays decided.
#[utoipa::path(
    tag = "administration",
    operation_id = "change_reference_code",
    params(("list" = List, Path, description = "Which list"), ("code" = String, Path, description = "Which code", example = "HUU_NGHI")),
    request_body(content = NewReferenceEntry, content_type = "application/json"),
    responses((status = 200, description = "What is said of it now", body = ReferenceCode), OfChanging),
    security(("bearer" = [])),
)]
#[put("/admin/reference/{list}/{code}")]
pub async fn change(
    caller: Administrator,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    body: web::Bytes,
    pool: web::Data<Pool>,
    rules: web::Data<InForce>,
    clock: web::Data<Clock>,
) -> Result<HttpResponse, Problem> {
    let (list, code) = path.into_inner();
    let list = list_of(&list)?;
    let (change, reason) = read_body(json_body(&request, &body, None)?, |fields| read_change(fields, list, &code))?;
    let mut failures = Vec::new();
    if code.chars().count() > MAX_CODE || code.trim() != code {
        failures.push(RuleFailure::new("", "code-form").with("max", MAX_CODE));
    }
    if reason.trim().is_empty() {
        failures.push(RuleFailure::new("/reason", "empty"));
    } else if reason.chars().count() > MAX_TEXT {
        failures.push(RuleFailure::new("/reason", "too-long").with("max", MAX_TEXT));
    }
    let Validity { valid_from, valid_to } = change.validity;
    if let Some(end) = valid_to.filter(|end| *end <= valid_from) {
        failures.push(RuleFailure::new("/valid_to", "span-backwards").with("from", valid_from).with("to", end));
    }
    if !failures.is_empty() {
        return Err(Problem::InvalidRequest(failures));
    }
    let mut conn = pool.get().await?;
    let by = caller.0.name();
    let after = administration::change_reference(&mut conn, &change, (reason.trim(), &by), clock.now()).await?;
    let entries = after.entries_of(list, &code).cloned().collect();
    rules.replace_reference(after);
    let changes = reference::changes(&mut conn, list, &code).await?.into_iter().map(ReferenceChanged::from).collect();
    Ok(HttpResponse::Ok().json(ReferenceCode { list, code, entries, changes }))
}

fn read_change(fields: &mut Fields, list: List, code: &str) -> Option<(ReferenceChange, String)> {
    let (from, to) = (fields.day("valid_from"), fields.day("valid_to"));
    let reason = fields.text("reason");
    let says = if fields.has("entry") {
        fields.map("entry")
    } else {
        fields.required::<()>("entry", None);
        None
    };
    let from = fields.required("valid_from", from);
    let (valid_from, reason) = from.zip(fields.required("reason", reason))?;
    let validity = Validity { valid_from, valid_to: to };
    Some((
        ReferenceChange {
            list,
            code: code.to_owned(),
            validity,
            says: says.filter(|says: &Map<_, _>| !says.is_empty()),
        },
        reason,
    ))
}
