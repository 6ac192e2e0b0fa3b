//! `/api/v1/declarations`: declaring, reading, amending, acting, the history.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_LANGUAGE, ETAG, LOCATION};
use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use serde_json::Value;
use sha2::{Digest, Sha256};

use self::firm_names::FirmNames;
use self::view::{DeclarationView, Viewer};
use super::conditional::{IfMatch, etag, idempotency_key, if_match, is_known, json_body};
use super::frame::language;
use super::principal::Caller;
use super::problem::{Problem, ProblemDocument};
use crate::casework::failure::Failure;
use crate::casework::writer::Writer;
use crate::casework::{Ask, Done, Keep, Order, Work};
use crate::clock::Clock;
use crate::domain::act::Refusal;
use crate::domain::declaration::Declaration;
use crate::domain::number::Number;
use crate::domain::rule_book::InForce;
use crate::domain::sent;
use crate::domain::workflow::{Action, Role};
use crate::identity::principal::{OauthScope, Principal};
use crate::storage::records::Records;
use crate::storage::sets::Reply;
use crate::texts::Language;

pub mod actions;
pub mod batch;
pub mod fee;
pub mod firm_names;
pub mod history;
pub mod list;
pub mod pass;
pub mod view;

/// Room for nearly every record as it is answered: it is not moved while it is written.
const ROOM: usize = 4_096;

/// The roles that read declarations at all.
pub const READERS: &[Role] = &[
    Role::Declarant,
    Role::CustomsOfficer,
    Role::BorderGuard,
    Role::QuarantineOfficer,
    Role::YardOperator,
    Role::FeeCollector,
    Role::GateManager,
    Role::Auditor,
];

/// What every handler here stands on.
pub struct Office {
    /// The one write path.
    pub writer: Writer,
    /// The rules.
    pub rules: Arc<InForce>,
    /// The time.
    pub clock: Clock,
    /// The firms' names.
    pub firms: FirmNames,
}

impl Office {
    /// The record as `who` sees it.
    pub fn view<'a>(&self, declaration: &'a Declaration, who: &Principal, language: Language) -> DeclarationView<'a> {
        let viewer = Viewer {
            actor: &who.actor,
            language,
            now: self.clock.now(),
            rules: &self.rules.book(),
            firm: self.firms.of(declaration.firm),
        };
        DeclarationView::of(declaration, viewer)
    }

    /// The record as an answer with its tag, and its place where it is new.
    fn reply(&self, declaration: &Declaration, who: &Principal, language: Language, status: StatusCode) -> Reply {
        let location = format!("/api/v1/declarations/{}", declaration.number);
        let mut body = Vec::with_capacity(ROOM);
        // A view is made of plain fields: it always has a JSON form.
        drop(serde_json::to_writer(&mut body, &self.view(declaration, who, language)));
        Reply {
            status: i16::try_from(status.as_u16()).unwrap_or(200),
            location: (status == StatusCode::CREATED).then_some(location),
            etag: Some(etag(declaration.revision)),
            body,
        }
    }
}

/// A reply as a response.
fn response(reply: Reply, language: Language, replayed: bool) -> HttpResponse {
    let status = u16::try_from(reply.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let mut response = HttpResponse::build(status.unwrap_or(StatusCode::OK));
    if let Some(location) = reply.location {
        response.insert_header((LOCATION, location));
    }
    if let Some(etag) = reply.etag {
        response.insert_header((ETAG, etag));
    }
    if replayed {
        response.insert_header(("Idempotency-Replayed", "true"));
    }
    response.insert_header((CONTENT_LANGUAGE, language.as_str())).content_type("application/json").body(reply.body)
}

/// What the writer did not do, as a problem; what is invalid is the declaration's or the action's fault.
pub(super) fn problem(
    failure: Failure,
    invalid: fn(Vec<crate::domain::rule_failure::RuleFailure>) -> Problem,
) -> Problem {
    match failure {
        Failure::NoSuchDeclaration => Problem::NotFound,
        Failure::Refused(Refusal::Invalid(failures)) => invalid(failures),
        Failure::Refused(refusal) => refusal.into(),
        Failure::VehicleAlreadyDeclared { vehicle, other } => Problem::VehicleAlreadyDeclared { vehicle, other },
        Failure::ReceiptUsed(used) => Problem::ReceiptUsed(Box::new(used)),
        Failure::NoSuchFirm => Problem::Forbidden("firm-disabled"),
        Failure::Stale(revision) => Problem::Stale(revision),
        Failure::KeyMismatch => Problem::IdempotencyMismatch,
        Failure::Busy => Problem::Unavailable("too much is waiting to be written".into()),
        Failure::Unavailable(cause) => Problem::Unavailable(cause),
        Failure::Internal(cause) => Problem::Internal(cause),
    }
}

/// The number in a path; what cannot be a number is no declaration.
pub(super) fn number(path: &str) -> Result<Number, Problem> {
    path.parse().map_err(|_| Problem::NotFound)
}

/// Asks the writer, under the request's Idempotency-Key where it bears one.
#[expect(clippy::too_many_arguments, reason = "the parts of one request")]
async fn ask(
    office: &web::Data<Office>,
    caller: &Caller,
    request: &HttpRequest,
    route: String,
    body: &[u8],
    work: Work,
    status: StatusCode,
    invalid: fn(Vec<crate::domain::rule_failure::RuleFailure>) -> Problem,
) -> Result<HttpResponse, Problem> {
    let language = language(request.headers());
    let who = caller.principal();
    let keep = idempotency_key(request)?.map(|key| {
        let (office, who) = (office.clone(), Arc::clone(&who));
        let mut hash = Sha256::new();
        hash.update(body);
        // The same text on another revision is another request.
        hash.update(
            request.headers().get("if-match").map(actix_web::http::header::HeaderValue::as_bytes).unwrap_or_default(),
        );
        Keep {
            caller: who.name(),
            route,
            key,
            request_hash: hash.finalize().to_vec(),
            render: Box::new(move |declaration| office.reply(declaration, &who, language, status)),
        }
    });
    let done = office.writer.ask(Ask { who: Arc::clone(&who), work, keep }).await;
    match done.map_err(|failure| problem(failure, invalid))? {
        Done::Written(declaration) => Ok(response(office.reply(&declaration, &who, language, status), language, false)),
        Done::Replayed(reply) => Ok(response(reply, language, true)),
        Done::ImportedBefore(_) | Done::Told(_) => Err(Problem::Internal("an answer to another question".into())),
    }
}

/// Declare a vehicle
///
/// Submits it at once, or keeps it as a draft with `"draft": true`. Everything that is wrong is reported at once.
#[utoipa::path(
    tag = "declarations",
    operation_id = "declare",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 printable characters; the same key and body again gives the same answer for seven days")),
    request_body(content = sent_schema::NewDeclaration, content_type = "application/json"),
    responses(
        (status = 201, description = "Declared, or kept as a draft", body = DeclarationView, headers(
            ("Location" = String, description = "Where it stands"), ("ETag" = String, description = "Its revision"))),
        (status = 400, description = "Not well-formed JSON", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "Not a declarant, or the firm is disabled", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "The vehicle has an active declaration in this direction", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "A body over 256 KiB", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "Rules that are not kept, or the key came with another body", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "Busy, or the database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
#[post("/declarations")]
pub async fn declare(
    caller: Caller,
    request: HttpRequest,
    body: web::Bytes,
    office: web::Data<Office>,
) -> Result<HttpResponse, Problem> {
    caller.may(OauthScope::DeclarationsWrite, &[Role::Declarant])?;
    let sent = sent::declaration(json_body(&request, &body, None)?).map_err(Problem::InvalidDeclaration)?;
    let work = Work::Declare { sent: Box::new(sent) };
    let route = "POST /api/v1/declarations".to_owned();
    ask(&office, &caller, &request, route, &body, work, StatusCode::CREATED, Problem::InvalidDeclaration).await
}

/// Read a declaration
///
/// The whole record, with what is open to the caller.
#[utoipa::path(
    tag = "declarations",
    operation_id = "read_declaration",
    params(("number" = Number, Path, description = "The declaration's number, with or without dashes")),
    responses(
        (status = 200, description = "The record", body = DeclarationView, headers(("ETag" = String, description = "Its revision"))),
        (status = 304, description = "Still at the revision that If-None-Match names"),
        (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "The role reads no declarations", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "Not there, or not the caller's to see", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
#[get("/declarations/{number}")]
pub async fn read(
    caller: Caller,
    request: HttpRequest,
    path: web::Path<String>,
    office: web::Data<Office>,
    records: web::Data<Records>,
) -> Result<HttpResponse, Problem> {
    caller.may(OauthScope::DeclarationsRead, READERS)?;
    let found = records.find(number(&path)?).await?;
    let declaration = found.filter(|found| found.is_visible_to(&caller.actor)).ok_or(Problem::NotFound)?;
    let etag = etag(declaration.revision);
    if is_known(&request, &etag) {
        return Ok(HttpResponse::NotModified().insert_header((ETAG, etag)).finish());
    }
    let language = language(request.headers());
    Ok(response(office.reply(&declaration, &caller, language, StatusCode::OK), language, false))
}

/// Amend a declaration
///
/// A JSON Merge Patch (RFC 7396) on the declaration as it was sent. `If-Match` must name the revision it is made on.
#[utoipa::path(
    tag = "declarations",
    operation_id = "amend_declaration",
    params(
        ("number" = Number, Path, description = "The declaration's number"),
        ("If-Match" = String, Header, description = "The entity tag of the revision that is amended"),
    ),
    request_body(content = sent_schema::Amendment, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "The record after it", body = DeclarationView, headers(("ETag" = String, description = "Its revision"))),
        (status = 400, description = "Not well-formed JSON", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "Not the declaring firm", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "Not there, or not the caller's to see", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "Not in this state, or the new vehicle is declared already", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 412, description = "It has moved on; the present tag comes with it", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "A body over 256 KiB", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "Neither JSON nor a merge patch", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "Fields that may not change now, or rules that are not kept", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 428, description = "Without If-Match", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "Busy, or the database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
#[patch("/declarations/{number}")]
pub async fn amend(
    caller: Caller,
    request: HttpRequest,
    path: web::Path<String>,
    body: web::Bytes,
    office: web::Data<Office>,
) -> Result<HttpResponse, Problem> {
    caller.may(OauthScope::DeclarationsWrite, &[Role::Declarant])?;
    let number = number(&path)?;
    let patch = json_body(&request, &body, Some("application/merge-patch+json"))?;
    if !patch.is_object() {
        let wrong = crate::domain::rule_failure::RuleFailure::new("", "wrong-type");
        return Err(Problem::InvalidDeclaration(vec![wrong.with("wanted", "object").with("found", kind_of(&patch))]));
    }
    let at = if_match(&request);
    if at == IfMatch::Absent {
        return Err(Problem::PreconditionRequired);
    }
    let work = Work::Act { number, at_revision: at.revision(), order: Order::Amend(patch) };
    let route = format!("PATCH /api/v1/declarations/{number}");
    ask(&office, &caller, &request, route, &body, work, StatusCode::OK, Problem::InvalidDeclaration).await
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

/// Take an action
///
/// Which actions are open to the caller stands in the record's `offered`; who may do what from where in `/workflow`.
#[utoipa::path(
    tag = "declarations",
    operation_id = "take_action",
    params(
        ("number" = Number, Path, description = "The declaration's number"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 printable characters; the same key and body again gives the same answer for seven days"),
        ("If-Match" = Option<String>, Header, description = "Only at this revision"),
    ),
    request_body(content = actions::ActionRequest, content_type = "application/json", example = json!({"action": "arrive", "observed_plate": "桂F12345"})),
    responses(
        (status = 200, description = "The record after it", body = DeclarationView, headers(("ETag" = String, description = "Its revision"))),
        (status = 400, description = "Not well-formed JSON", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "Not the caller's action", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "Not there, or not the caller's to see", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "Not now: the actions that are open stand in `offered`", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 412, description = "It has moved on from the revision in If-Match", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "A body over 256 KiB", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "What was said with it does not hold, or the key came with another body", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "Busy, or the database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
#[post("/declarations/{number}/actions")]
pub async fn act(
    caller: Caller,
    request: HttpRequest,
    path: web::Path<String>,
    body: web::Bytes,
    office: web::Data<Office>,
) -> Result<HttpResponse, Problem> {
    if !caller.actor.role.takes_actions() {
        return Err(Problem::Forbidden("role"));
    }
    let (action, said) = sent::action(json_body(&request, &body, None)?).map_err(Problem::InvalidAction)?;
    caller.may(scope_of(caller.actor.role), action.rule().by)?;
    let number = number(&path)?;
    let at_revision = if_match(&request).revision();
    let invalid = if action == Action::Submit { Problem::InvalidDeclaration } else { Problem::InvalidAction };
    let work = Work::Act { number, at_revision, order: Order::Action(action, Box::new(said)) };
    let route = format!("POST /api/v1/declarations/{number}/actions");
    ask(&office, &caller, &request, route, &body, work, StatusCode::OK, invalid).await
}

/// A firm's own system submits and cancels what it declares with the scope it declares with; an agency's acts.
fn scope_of(role: Role) -> OauthScope {
    if role == Role::Declarant { OauthScope::DeclarationsWrite } else { OauthScope::ActionsWrite }
}

pub mod sent_schema {
    //! The declaration as it is sent, for the contract.

    use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
    use utoipa::{PartialSchema, ToSchema};

    use crate::domain::content::{Content, Person};

    /// A declaration as it is sent.
    #[derive(ToSchema)]
    #[expect(dead_code, reason = "it is read field by field; this is its shape for the contract")]
    #[schema(example = json!({
        "direction": "import", "regime": "commercial", "crossing_point": "HUU_NGHI", "cargo_class": "general",
        "planned_arrival": "2025-03-31T02:00:00Z", "trader_tax_code": "0100112437",
        "vehicle": {"plate": "桂F12345", "country": "CN", "kind": "tractor", "trailer_plate": "桂F1234挂", "containers": ["CSQU3054383"]},
        "driver": {"full_name": "李伟", "nationality": "CN", "document": {"kind": "passport", "number": "E12345678"}, "phone": "+8613800000000"},
        "goods": [{"hs_code": "85258031", "description": "Camera", "quantity": 1200, "unit": "PCE", "gross_kg": 8200, "origin": "CN"}],
        "customs_declarations": [{"number": "108625440120", "type_code": "A11"}],
        "transshipment": true
    }))]
    pub struct NewDeclaration {
        /// Kept as a draft: only direction and crossing point are needed, and what is wrong shows in `rule_failures`.
        draft: Option<bool>,
        #[schema(inline)]
        #[serde(flatten)]
        content: Content,
        /// Who drives.
        driver: Option<Person>,
        /// Who else is aboard.
        crew: Option<Vec<Person>>,
    }

    /// A JSON Merge Patch (RFC 7396) on the declaration as it was sent.
    pub struct Amendment;

    impl PartialSchema for Amendment {
        fn schema() -> RefOr<Schema> {
            ObjectBuilder::new()
                .description(Some("The fields that change (RFC 7396), `null` for one that goes"))
                .examples([serde_json::json!({"vehicle": {"plate": "桂F54321"}})])
                .into()
        }
    }

    impl ToSchema for Amendment {}
}
