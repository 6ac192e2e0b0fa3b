//! Query parameters, read as strictly as bodies: one that is unknown or named twice is refused.

use std::str::FromStr;

use actix_web::{HttpRequest, web};
use chrono::NaiveDate;
use serde_json::{Map, Value};

use super::problem::Problem;
use crate::domain::period::Span;
use crate::domain::reading::Fields;
use crate::domain::rule_failure::RuleFailure;
use crate::domain::words::UnknownWord;

/// Reads the query parameters of `request` by `read`; what `read` leaves over is unknown.
///
/// # Errors
///
/// 400 for a query that is not well-formed, 422 with every parameter that is unknown, named twice or that `read` refused.
pub fn read<T>(
    request: &HttpRequest,
    read: impl FnOnce(&mut Fields, &mut Vec<RuleFailure>) -> T,
) -> Result<T, Problem> {
    read_repeated(request, &[], read)
}

/// As [`read`]; the parameters in `repeatable` may be named several times, and read as one with commas between.
///
/// # Errors
///
/// As [`read`].
pub fn read_repeated<T>(
    request: &HttpRequest,
    repeatable: &[&str],
    read: impl FnOnce(&mut Fields, &mut Vec<RuleFailure>) -> T,
) -> Result<T, Problem> {
    let given = web::Query::<Vec<(String, String)>>::from_query(request.query_string())
        .map_err(|error| Problem::Malformed(error.to_string()))?;
    let mut failures = Vec::new();
    let mut parameters = Map::new();
    for (name, value) in given.into_inner() {
        if repeatable.contains(&name.as_str())
            && let Some(Value::String(earlier)) = parameters.get_mut(&name)
        {
            earlier.push(',');
            earlier.push_str(&value);
            continue;
        }
        if parameters.contains_key(&name) {
            failures.push(RuleFailure::new(format!("/{name}"), "duplicate").with("first", format!("/{name}")));
        }
        parameters.insert(name, Value::String(value));
    }
    let mut refused = Vec::new();
    let mut fields = Fields::of(Value::Object(parameters), &mut failures);
    let found = read(&mut fields, &mut refused);
    fields.finish();
    failures.extend(refused);
    if failures.is_empty() { Ok(found) } else { Err(Problem::InvalidRequest(failures)) }
}

/// Takes a list of words of the gate, separated by commas; each counts once.
pub fn words<T: FromStr<Err = UnknownWord> + PartialEq>(
    fields: &mut Fields,
    name: &'static str,
    refused: &mut Vec<RuleFailure>,
) -> Vec<T> {
    let mut found = Vec::new();
    for word in fields.text(name).iter().flat_map(|text| text.split(',')).map(str::trim) {
        match word.parse::<T>() {
            Ok(word) if found.contains(&word) => {}
            Ok(word) => found.push(word),
            Err(unknown) => refused.push(
                RuleFailure::new(format!("/{name}"), "unknown-word")
                    .with("given", word)
                    .with("allowed", unknown.allowed.join(", ")),
            ),
        }
    }
    found
}

/// Takes the parameter `name` as `true` or `false`, which is what it is without being named.
pub fn flag(fields: &mut Fields, name: &'static str, refused: &mut Vec<RuleFailure>) -> bool {
    match fields.text(name).as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => {
            let failure = RuleFailure::new(format!("/{name}"), "unknown-word");
            refused.push(failure.with("given", other).with("allowed", "true, false"));
            false
        }
    }
}

/// Takes the parameter `name` as a day, such as `2025-03-31`.
pub fn day(fields: &mut Fields, name: &'static str, refused: &mut Vec<RuleFailure>) -> Option<NaiveDate> {
    written_day(&fields.text(name)?, name, refused)
}

/// Reads `text`, which the request calls `name`, as a day, such as `2025-03-31`.
pub fn written_day(text: &str, name: &'static str, refused: &mut Vec<RuleFailure>) -> Option<NaiveDate> {
    // Four digits, two and two: chrono would also read 2025-3-31, and years that no database holds.
    let digits = |(place, byte): (usize, u8)| if matches!(place, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
    let written = text.len() == 10 && text.bytes().enumerate().all(digits);
    let day = Some(text).filter(|_| written).and_then(|text| text.parse().ok());
    if day.is_none() {
        let failure = RuleFailure::new(format!("/{name}"), "wrong-type");
        refused.push(failure.with("wanted", "day such as 2025-03-31").with("found", "text"));
    }
    day
}

/// As [`day`], for a parameter that must be there.
pub fn required_day(fields: &mut Fields, name: &'static str, refused: &mut Vec<RuleFailure>) -> Option<NaiveDate> {
    if fields.has(name) { day(fields, name, refused) } else { fields.required(name, None) }
}

/// Takes the parameters `from` and `to`: local days from one on, up to and without the other, at most so many.
pub fn span(fields: &mut Fields, longest: i64, refused: &mut Vec<RuleFailure>) -> Option<Span> {
    let from = required_day(fields, "from", refused);
    let to = required_day(fields, "to", refused);
    let span = from.zip(to).map(|(from, to)| Span { from, to })?;
    if span.days() <= 0 {
        refused.push(RuleFailure::new("/to", "span-backwards").with("from", span.from).with("to", span.to));
    } else if span.days() > longest {
        refused.push(RuleFailure::new("/to", "span-too-long").with("max", longest));
    }
    Some(span)
}
