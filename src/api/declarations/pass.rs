//! The gate pass: as JSON, as a QR code, and as a page to print.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, ETAG, VARY};
use actix_web::{HttpRequest, HttpResponse, get, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::{Office, READERS, number};
use crate::api::conditional::{etag_of, is_known};
use crate::api::negotiation::best;
use crate::api::principal::Caller;
use crate::api::problem::{Problem, ProblemDocument};
use crate::charts::markup::escaped;
use crate::domain::declaration::Declaration;
use crate::domain::pass::Pass;
use crate::domain::period::{local_day, shown};
use crate::domain::workflow::State;
use crate::identity::passes;
use crate::identity::principal::OauthScope;
use crate::identity::tokens::Tokens;
use crate::storage::records::Records;
use crate::texts::{Language, say, word};

/// The types that a pass is shown in, the first where the caller likes several alike.
const TYPES: [&str; 3] = ["application/json", "image/svg+xml", "text/html"];

/// A gate pass, and what it says.
#[derive(Debug, Serialize, ToSchema)]
pub struct PassView {
    /// The signed pass: a JWS in compact form (`EdDSA`, `typ: gate-pass+jwt`), as it stands in the QR code.
    token: String,
    #[serde(flatten)]
    pass: Pass,
}

/// Read the gate pass
///
/// As JSON, or by Accept as a QR code of its token (`image/svg+xml`) or a page to print on A5 (`text/html`). Anybody
/// can verify it offline, with the keys at `/.well-known/jwks.json`.
#[utoipa::path(
    tag = "declarations",
    operation_id = "read_pass",
    params(("number" = String, Path, description = "The declaration's number")),
    responses(
        (status = 200, description = "The pass", content(
            (PassView = "application/json"), (String = "image/svg+xml"), (String = "text/html")),
            headers(("ETag" = String, description = "Changes when the pass does"))),
        (status = 304, description = "Still what If-None-Match names"),
        (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "The role reads no declarations", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "Not there, or not the caller's to see", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 406, description = "Nothing that Accept takes", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "No pass yet, or no more", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
#[get("/declarations/{number}/pass")]
pub async fn read(
    caller: Caller,
    request: HttpRequest,
    path: web::Path<String>,
    office: web::Data<Office>,
    tokens: web::Data<Tokens>,
    records: web::Data<Records>,
) -> Result<HttpResponse, Problem> {
    caller.may(OauthScope::DeclarationsRead, READERS)?;
    let found = records.find(number(&path)?).await?;
    let declaration = found.filter(|found| found.is_visible_to(&caller.actor)).ok_or(Problem::NotFound)?;
    let kind = best_of(&request).ok_or(Problem::NotAcceptable("application/json, image/svg+xml, text/html"))?;
    let now = office.clock.now();
    let book = office.rules.book();
    let pass = declaration.pass(now, book.expire_after_days).ok_or_else(|| without(&declaration))?;
    let token = passes::issue(&tokens, &pass).map_err(|error| Problem::Internal(Box::new(error)))?;
    let (kind, body) = match kind {
        "image/svg+xml" => (kind, qr(&token)?),
        "text/html" => {
            let today = local_day(now);
            let place = book.reference.crossing_point(&pass.crossing_point, today);
            let place = place.map_or(pass.crossing_point.as_str(), |point| point.name.as_str());
            ("text/html; charset=utf-8", page(&pass, place, &qr(&token)?))
        }
        _ => {
            let view = PassView { token, pass };
            (kind, serde_json::to_string(&view).map_err(|error| Problem::Internal(Box::new(error)))?)
        }
    };
    let etag = etag_of(body.as_bytes());
    let known = is_known(&request, &etag);
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((ETAG, etag))
        .insert_header((VARY, "Accept"))
        .insert_header((CACHE_CONTROL, "private, no-cache"));
    if known {
        return Ok(response.finish());
    }
    if kind.starts_with("text/html") {
        response.insert_header((CONTENT_LANGUAGE, "vi, zh")).insert_header((CONTENT_SECURITY_POLICY, policy()));
    }
    Ok(response.content_type(kind).body(body))
}

fn best_of(request: &HttpRequest) -> Option<&'static str> {
    best(request, &TYPES.map(|kind| (kind, kind)))
}

/// Why there is no pass.
const fn without(declaration: &Declaration) -> Problem {
    match declaration.state {
        State::Draft | State::Submitted => Problem::NoPass("not-registered-yet"),
        State::Returned => Problem::NoPass("withdrawn-on-return"),
        // Registered before there were passes: the next action issues one.
        State::Registered | State::Arrived | State::InYard | State::Ready => Problem::NoPass("not-issued-yet"),
        State::Completed
        | State::Cancelled
        | State::Rejected
        | State::Expired
        | State::TurnedBack
        | State::Transferred => Problem::NoPass("declaration-ended"),
    }
}

/// The token as a QR code with a quiet zone of four modules, four units a module. A seventh of it may be unreadable:
/// paper is folded, and rained on.
fn qr(token: &str) -> Result<String, Problem> {
    let code = QrCode::with_error_correction_level(token, EcLevel::M)
        .map_err(|error| Problem::Internal(error.to_string().into()))?;
    Ok(code.render::<svg::Color>().quiet_zone(true).module_dimensions(4, 4).build())
}

/// How the page looks: on A5, black on white, the plate to be read from a cabin's height.
const STYLE: &str = "@page{size:A5 portrait;margin:9mm}\
    *{box-sizing:border-box}\
    body{margin:0 auto;padding:4mm;max-width:138mm;background:#fff;color:#000;font:11pt/1.35 'Noto Sans','Noto Sans CJK SC',system-ui,sans-serif}\
    header{display:flex;justify-content:space-between;align-items:flex-end;border-bottom:.6mm solid #000;padding-bottom:2mm}\
    h1{font-size:17pt;line-height:1.15;margin:0}\
    small{display:block;font-size:9pt;font-weight:400}\
    .number{font:700 15pt/1.2 ui-monospace,'DejaVu Sans Mono',monospace;white-space:nowrap;text-align:right}\
    .number small{font-family:system-ui,sans-serif}.number small small{display:inline;margin-left:1.5mm}\
    .plate{border:.8mm solid #000;border-radius:2mm;margin:4mm .3mm;padding:1mm 3mm 2mm;text-align:center}\
    .plate strong{display:block;font-size:40pt;line-height:1.15;letter-spacing:.04em;white-space:nowrap}\
    dl{display:grid;grid-template-columns:1fr 1fr;gap:3mm 6mm;margin:0}\
    dt small{display:inline;margin-left:1.5mm}dt{font-size:9pt}\
    dd{margin:0;font-size:13pt;font-weight:700}\
    .wide{grid-column:1/-1}\
    .qr{display:block;width:96mm;height:96mm;margin:3mm auto 1mm}\
    .qr svg{width:100%;height:100%}\
    footer{font-size:8.5pt;text-align:center;text-wrap:balance}footer small{font-size:inherit}\
    @media print{body{padding:0;max-width:none}}";

/// What the page may load: its own style, by its hash, and nothing else.
fn policy() -> String {
    format!("default-src 'none'; style-src 'sha256-{}'; frame-ancestors 'none'", STANDARD.encode(Sha256::digest(STYLE)))
}

/// The pass as a page: Vietnamese, with Chinese beneath, for drivers of either side.
fn page(pass: &Pass, place: &str, qr: &str) -> String {
    let text = |key: &str| {
        let [vi, zh] = [Language::Vi, Language::Zh].map(|language| escaped(&say(language, key, &[])));
        format!("{vi}<small lang=\"zh\">{zh}</small>")
    };
    let direction = |language| escaped(&word(language, "direction", pass.direction.as_str()));
    // The page bears the code in itself; the code's own file begins as XML does.
    let qr = qr.split_once("?>").map_or(qr, |(_, svg)| svg);
    format!(
        "<!DOCTYPE html>\n<html lang=\"vi\">\n<head>\n<meta charset=\"utf-8\">\n\
        <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{number} · {plate}</title>\n\
        <style>{STYLE}</style>\n</head>\n<body>\n\
        <header><h1>{title}</h1><div class=\"number\">{number}<small>{number_label}</small></div></header>\n\
        <div class=\"plate\">{plate_label}<strong>{plate}</strong></div>\n\
        <dl>\n<div><dt>{place_label}</dt><dd>{place}</dd></div>\n\
        <div><dt>{direction_label}</dt><dd>{direction_vi} · <span lang=\"zh\">{direction_zh}</span></dd></div>\n\
        <div><dt>{from_label}</dt><dd>{from}</dd></div>\n<div><dt>{until_label}</dt><dd>{until}</dd></div>\n</dl>\n\
        <div class=\"qr\">{qr}</div>\n\
        <footer>{note}</footer>\n</body>\n</html>\n",
        number = pass.number,
        title = text("pass-title"),
        number_label = text("pass-number"),
        plate_label = text("pass-plate"),
        plate = escaped(&pass.plate),
        place_label = text("pass-crossing-point"),
        place = escaped(place),
        direction_label = text("pass-direction"),
        direction_vi = direction(Language::Vi),
        direction_zh = direction(Language::Zh),
        from_label = text("pass-from"),
        until_label = text("pass-until"),
        from = shown(pass.from),
        until = shown(pass.until),
        note = text("pass-note"),
    )
}
