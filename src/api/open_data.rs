//! `/open-data`: what anybody may have, without a token: the figures of the periods that an analyst has closed, as they
//! were signed last.

use actix_web::http::header::{CONTENT_LANGUAGE, VARY};
use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::conditional::etag_of;
use super::frame::language;
use super::once_a_minute::{Made, OnceAMinute};
use super::problem::{Cause, Problem, ProblemDocument};
use super::statistics::written;
use crate::clock::Clock;
use crate::domain::audit::hex;
use crate::domain::closing::Document;
use crate::domain::content::{CargoClass, Direction};
use crate::domain::period::TIME_ZONE;
use crate::domain::throughput::Measure;
use crate::reports::{Figure, meaning};
use crate::storage::pool::Pool;
use crate::storage::published;
use crate::texts::{Language, say, word};

/// What is published: counts of vehicles. Mass and fees stay out: of a day and place with a single vehicle they would
/// be one firm's.
const MEASURES: [(Measure, Figure); 10] = [
    (Measure::Declared, Figure::Declared),
    (Measure::Registered, Figure::Registered),
    (Measure::Arrived, Figure::Arrived),
    (Measure::Cleared, Figure::Cleared),
    (Measure::Completed, Figure::Completed),
    (Measure::Cancelled, Figure::Cancelled),
    (Measure::Rejected, Figure::Rejected),
    (Measure::Expired, Figure::Expired),
    (Measure::TurnedBack, Figure::TurnedBack),
    (Measure::Transferred, Figure::Transferred),
];

/// The columns before the measures: their type in the package, and their text.
const KEYS: [(&str, &str, &str); 9] = [
    ("period", "string", "open-data-period"),
    ("from", "date", "open-data-from"),
    ("to", "date", "open-data-to"),
    ("revision", "integer", "open-data-revision"),
    ("closed_at", "datetime", "open-data-closed-at"),
    ("gate", "string", "open-data-gate"),
    ("crossing_point", "string", "open-data-crossing-point"),
    ("direction", "string", "open-data-direction"),
    ("cargo_class", "string", "open-data-cargo-class"),
];

/// What makes a row unlike any other.
const PRIMARY_KEY: [&str; 5] = ["period", "gate", "crossing_point", "direction", "cargo_class"];

/// The licence that the figures are given under.
const LICENCE: (&str, &str, &str) =
    ("CC-BY-4.0", "Creative Commons Attribution 4.0", "https://creativecommons.org/licenses/by/4.0/");

/// The figures as they are published.
#[derive(Clone)]
pub struct Published {
    /// The place of the last closing in the chain of all.
    head: i64,
    csv: web::Bytes,
    tag: String,
    /// SHA-256 of the file, in hexadecimal.
    hash: String,
    /// The first day, the first day after the last one, and when the last period was closed.
    covers: Option<(NaiveDate, NaiveDate, DateTime<Utc>)>,
}

/// The figures published by this process.
pub type OpenData = OnceAMinute<Published>;

/// What may be published: this is the one place that says so.
async fn fit_to_publish(pool: &Pool, before: Option<&Published>) -> Result<Published, Problem> {
    let mut conn = pool.get().await?;
    let head = published::head(&mut conn).await?;
    if let Some(same) = before.filter(|before| before.head == head) {
        return Ok(same.clone());
    }
    // One that is closed meanwhile is in the documents, and looked for again in a minute.
    let documents = published::documents(&mut conn).await?;
    publish(head, documents).map_err(Problem::Internal)
}

fn publish(head: i64, mut documents: Vec<Document>) -> Result<Published, Cause> {
    documents.sort_by(|one, other| (one.from, one.to, &one.period).cmp(&(other.from, other.to, &other.period)));
    let measures = MEASURES.map(|(measure, _)| measure);
    let heading = KEYS.iter().map(|(name, ..)| *name).chain(measures.iter().map(|measure| measure.as_str()));
    let mut rows = vec![heading.map(str::to_owned).collect::<Vec<String>>()];
    for document in &documents {
        for (place, counts) in document.figures().iter() {
            let mut row = vec![
                document.period.clone(),
                document.from.to_string(),
                document.to.to_string(),
                document.revision.to_string(),
                document.closed_at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
                place.gate.clone(),
                place.crossing_point.clone(),
                place.direction.to_string(),
                place.cargo_class.to_string(),
            ];
            let count = |measure: &Measure| counts.get(*measure as usize).copied().unwrap_or(0).to_string();
            row.extend(measures.iter().map(count));
            rows.push(row);
        }
    }
    let csv = written(&rows, false)?;
    let covers = || {
        Some((
            documents.iter().map(|document| document.from).min()?,
            documents.iter().map(|document| document.to).max()?,
            documents.iter().map(|document| document.closed_at).max()?,
        ))
    };
    Ok(Published { head, tag: etag_of(&csv), hash: hex(&Sha256::digest(&csv)), covers: covers(), csv: csv.into() })
}

/// The description of the figures as a Frictionless data package (<https://datapackage.org>, version 2).
fn described(published: &Published, language: Language) -> Value {
    let field = |name: &str, kind: &str, title: String, description: String| json!({"name": name, "type": kind, "title": title, "description": description, "constraints": {"required": true}});
    let keys = KEYS.iter().map(|(name, kind, key)| {
        let text = format!("{key}.about");
        let mut field = field(name, kind, say(language, key, &[]), say(language, &text, &[]));
        let allowed = match *name {
            "direction" => Direction::WORDS,
            "cargo_class" => CargoClass::WORDS,
            _ => return field,
        };
        if let Some(constraints) = field.get_mut("constraints") {
            constraints["enum"] = json!(allowed);
        }
        field
    });
    let measures = MEASURES.iter().map(|(measure, figure)| {
        let title = word(language, "measure", measure.as_str());
        let mut field = field(measure.as_str(), "integer", title, meaning(language, *figure));
        field["unit"] = json!("vehicle");
        field
    });
    let (name, title, path) = LICENCE;
    let mut described = json!({
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "border-gate-throughput",
        "title": say(language, "open-data-title", &[]),
        "description": say(language, "open-data-description", &[("zone", TIME_ZONE)]),
        "version": published.head.to_string(),
        "licenses": [{"name": name, "title": title, "path": path}],
        "sources": [{"title": say(language, "report-source", &[])}],
        "resources": [{
            "name": "throughput",
            "type": "table",
            "path": "throughput.csv",
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "bytes": published.csv.len(),
            "hash": format!("sha256:{}", published.hash),
            "schema": {"fields": keys.chain(measures).collect::<Vec<_>>(), "primaryKey": PRIMARY_KEY, "missingValues": [""]},
        }],
    });
    if let Some((from, to, closed_at)) = published.covers {
        let last = to.pred_opt().unwrap_or(to);
        described["created"] = json!(closed_at.format("%Y-%m-%dT%H:%M:%SZ").to_string());
        described["temporal"] = json!({"start": from, "end": last});
    }
    described
}

async fn fresh(pool: &Pool, clock: &Clock, open_data: &OpenData) -> Result<std::sync::Arc<Made<Published>>, Problem> {
    open_data.fresh(clock, async |_, before| fit_to_publish(pool, before).await).await
}

/// The published figures
///
/// A row a closed period, crossing point, direction and cargo class in which anything was counted, as the period was
/// signed last. What is closed is published within a minute.
#[utoipa::path(
    tag = "public",
    operation_id = "read_open_data",
    responses(
        (status = 200, description = "The figures", body = String, content_type = "text/csv",
            headers(("ETag" = String, description = "Changes when a figure does"))),
        (status = 304, description = "They are those that If-None-Match names"),
        (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[get("/open-data/throughput.csv")]
pub async fn throughput(
    request: HttpRequest,
    pool: web::Data<Pool>,
    clock: web::Data<Clock>,
    open_data: web::Data<OpenData>,
) -> Result<HttpResponse, Problem> {
    let made = fresh(&pool, &clock, &open_data).await?;
    let Published { csv, tag, .. } = &made.what;
    let body = |response: &mut actix_web::HttpResponseBuilder| {
        response.content_type("text/csv; charset=utf-8").body(csv.clone())
    };
    Ok(made.respond(&request, clock.now(), tag, body))
}

/// What the published figures mean
///
/// A Frictionless data package: fields with types and meaning, licence, source, the days covered.
#[utoipa::path(
    tag = "public",
    operation_id = "read_open_data_package",
    responses(
        (status = 200, description = "The package's description", body = Object,
            headers(("ETag" = String, description = "Changes when it does"))),
        (status = 304, description = "It is the one that If-None-Match names"),
        (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[get("/open-data/datapackage.json")]
pub async fn package(
    request: HttpRequest,
    pool: web::Data<Pool>,
    clock: web::Data<Clock>,
    open_data: web::Data<OpenData>,
) -> Result<HttpResponse, Problem> {
    let language = language(request.headers());
    let made = fresh(&pool, &clock, &open_data).await?;
    let text = serde_json::to_string_pretty(&described(&made.what, language))
        .map_err(|error| Problem::Internal(Cause::from(error)))?;
    let tag = etag_of(text.as_bytes());
    Ok(made.respond(&request, clock.now(), &tag, |response| {
        response.insert_header((VARY, "Accept-Language")).insert_header((CONTENT_LANGUAGE, language.as_str()));
        response.content_type("application/json").body(text.clone())
    }))
}
