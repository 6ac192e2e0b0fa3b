//! `/api/v1/statistics`: what the province reads.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, ETAG, VARY};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::conditional::{etag_of, is_known};
use super::negotiation::best;
use super::problem::{Cause, Problem};
use super::query;
use crate::domain::content::Direction;
use crate::domain::period::Reported;
use crate::domain::reading::Fields;
use crate::domain::rule_failure::RuleFailure;
use crate::domain::words::words;

pub mod backlog;
pub mod closings;
pub mod dwell;
pub mod live;
pub mod measures;
pub mod period;
pub mod quarter;
pub mod report;
pub mod takings;
pub mod throughput;

pub use crate::domain::period::TIME_ZONE;

words! {
    /// How an answer is written.
    "format" Format { Json = "json", Csv = "csv" }
}

/// The formats, as `Accept` names them.
const TYPES: &str = "application/json, text/csv";

/// How the caller wants an answer written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    format: Option<Format>,
    bom: bool,
}

/// Takes the parameters `format` and `bom`.
pub fn wanted(fields: &mut Fields, refused: &mut Vec<RuleFailure>) -> Wanted {
    let format = fields.word("format");
    let bom = query::flag(fields, "bom", refused);
    Wanted { format, bom }
}

/// The period that a path names; one that there is not goes to `refused`.
fn asked_period(path: &str, refused: &mut Vec<RuleFailure>) -> Option<Reported> {
    let period = path.parse().ok();
    if period.is_none() {
        refused.push(RuleFailure::new("/period", "period-format").with("given", path));
    }
    period
}

/// Takes the parameter `name`, the number of a closing of a period.
fn asked_revision(fields: &mut Fields, name: &'static str, refused: &mut Vec<RuleFailure>) -> Option<i32> {
    let text = fields.text(name)?;
    let revision = revision_of(&text);
    if revision.is_none() {
        let failure = RuleFailure::new(format!("/{name}"), "wrong-type");
        refused.push(failure.with("wanted", "whole-number").with("found", "text"));
    }
    revision
}

/// A closing's number as it is written in an address.
fn revision_of(text: &str) -> Option<i32> {
    text.parse().ok().filter(|revision| *revision > 0)
}

impl Wanted {
    /// The format: the one that is named, else the best that `Accept` takes.
    fn format(self, request: &HttpRequest) -> Result<Format, Problem> {
        if let Some(format) = self.format {
            return Ok(format);
        }
        let offered = [("application/json", Format::Json), ("text/csv", Format::Csv)];
        best(request, &offered).ok_or(Problem::NotAcceptable(TYPES))
    }

    /// Writes `answer` as JSON, or as the table that it is, with a tag that changes when a figure does.
    fn respond<T: Serialize + Table>(self, request: &HttpRequest, answer: &T) -> Result<HttpResponse, Problem> {
        let format = self.format(request)?;
        let internal = |error: Cause| Problem::Internal(error);
        let (body, tag) = match format {
            Format::Json => {
                let body = serde_json::to_string(answer).map_err(|error| internal(error.into()))?;
                let as_of = serde_json::to_string(&answer.as_of()).map_err(|error| internal(error.into()))?;
                // The moment at which the answer was made stands in it, and is no figure: the tag is weak, and without it.
                let tag = etag_of(body.replacen(&format!("\"as_of\":{as_of}"), "", 1).as_bytes());
                (body.into_bytes(), tag)
            }
            Format::Csv => {
                let csv = written(&answer.table(), self.bom).map_err(|error| internal(error.into()))?;
                let tag = etag_of(&[answer.name().as_bytes(), &csv].concat());
                (csv, tag)
            }
        };
        let known = is_known(request, &tag);
        let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response.insert_header((ETAG, format!("W/{tag}"))).insert_header((CACHE_CONTROL, "private, no-cache"));
        response.insert_header((VARY, "Accept"));
        if known {
            return Ok(response.finish());
        }
        match format {
            Format::Json => response.content_type("application/json"),
            Format::Csv => response
                .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{}.csv\"", answer.name())))
                .content_type("text/csv; charset=utf-8"),
        };
        Ok(response.body(body))
    }
}

/// An answer that is also a table.
pub trait Table {
    /// What a file of it is called, without an ending; says whether its span is over.
    fn name(&self) -> String;
    /// When its figures were taken.
    fn as_of(&self) -> DateTime<Utc>;
    /// Its heading and its rows.
    fn table(&self) -> Vec<Vec<String>>;
}

/// Writes rows as CSV (RFC 4180); a byte order mark helps some spreadsheets to read it as UTF-8.
///
/// # Errors
///
/// The writer's.
pub fn written(rows: &[Vec<String>], bom: bool) -> Result<Vec<u8>, csv::Error> {
    let mut bytes = if bom { "\u{feff}".as_bytes().to_vec() } else { Vec::new() };
    {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut bytes);
        for row in rows {
            writer.write_record(row.iter().map(|cell| harmless(cell)))?;
        }
        writer.flush()?;
    }
    Ok(bytes)
}

/// A cell that no spreadsheet takes for a formula; numbers stay numbers.
fn harmless(cell: &str) -> String {
    let begins = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if begins && cell.parse::<f64>().is_err() { format!("'{cell}") } else { cell.to_owned() }
}

/// A count of vehicles, in all and by direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Split {
    /// Both directions.
    #[schema(example = 93940)]
    total: i64,
    /// Export.
    #[schema(example = 23077)]
    export: i64,
    /// Import.
    #[schema(example = 70863)]
    import: i64,
}

impl Split {
    fn add(&mut self, direction: Direction, count: i64) {
        self.total += count;
        match direction {
            Direction::Export => self.export += count,
            Direction::Import => self.import += count,
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::ACCEPT;
    use actix_web::test::TestRequest;

    use super::*;

    fn format(accept: &str) -> Option<Format> {
        let request = TestRequest::default().insert_header((ACCEPT, accept)).to_http_request();
        Wanted { format: None, bom: false }.format(&request).ok()
    }

    #[test]
    fn the_best_format_that_the_caller_takes_is_given() {
        for accept in ["*/*", "application/json", "text/html, application/*;q=0.5", "text/csv;q=0.5, application/json"]
        {
            assert_eq!(format(accept), Some(Format::Json), "{accept}");
        }
        for accept in ["text/csv", "text/*", "text/csv, application/json;q=0.9", "TEXT/CSV", "text/csv, */*;q=0.1"] {
            assert_eq!(format(accept), Some(Format::Csv), "{accept}");
        }
        for accept in ["text/html", "application/xml;q=1", "application/json;q=0"] {
            assert_eq!(format(accept), None, "{accept}");
        }
    }

    #[test]
    fn a_cell_that_looks_like_a_formula_is_made_harmless() {
        let rows = [vec!["=1+1".to_owned(), "-5".to_owned(), "@x".to_owned(), "a,\"b\"".to_owned(), "-x".to_owned()]];
        let text = String::from_utf8(written(&rows, true).unwrap()).unwrap();
        assert_eq!(text, "\u{feff}'=1+1,-5,'@x,\"a,\"\"b\"\"\",'-x\r\n");
    }
}
