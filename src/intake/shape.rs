//! The form of what is sent: which fields there are and of what type. One table for JSON and CSV.

use chrono::DateTime;
use serde_json::Value;

use super::json::escaped;
use crate::domain::content::{CargoClass, Direction, DocumentKind, Regime};
use crate::domain::rule_failure::RuleFailure;
use crate::domain::vehicle::VehicleKind;
use crate::domain::workflow::State;

/// A field of an object.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub shape: Shape,
    /// Whether the object is nothing without it.
    pub required: bool,
}

/// What a value looks like.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// An instant of RFC 3339.
    Instant,
    /// True or false.
    Flag,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// An object with these fields.
    Object(&'static [Field]),
    /// A list of such values.
    List(&'static Shape),
}

impl Shape {
    /// The word for it where something else came.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Text | Self::Word(_) => "text",
            Self::Instant => "instant",
            Self::Flag => "boolean",
            Self::Whole => "integer",
            Self::Number => "number",
            Self::Object(_) => "object",
            Self::List(_) => "list",
        }
    }
}

const fn must(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, required: true }
}

const fn may(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, required: false }
}

const VEHICLE: &[Field] = &[
    must("kind", Shape::Word(VehicleKind::WORDS)),
    may("plate", Shape::Text),
    may("wagon_number", Shape::Text),
    may("country", Shape::Text),
    may("trailer_plate", Shape::Text),
    may("containers", Shape::List(&Shape::Text)),
    may("vin", Shape::Text),
    may("seals", Shape::List(&Shape::Text)),
];

const GOODS_LINE: &[Field] = &[
    must("hs_code", Shape::Text),
    must("description", Shape::Text),
    must("quantity", Shape::Number),
    must("unit", Shape::Text),
    must("gross_kg", Shape::Whole),
    may("origin", Shape::Text),
];

const CUSTOMS_DECLARATION: &[Field] = &[must("number", Shape::Text), must("type_code", Shape::Text)];

const DOCUMENT: &[Field] =
    &[must("kind", Shape::Word(DocumentKind::WORDS)), must("number", Shape::Text), may("mrz", Shape::Text)];

const PERSON: &[Field] = &[
    must("full_name", Shape::Text),
    must("nationality", Shape::Text),
    may("document", Shape::Object(DOCUMENT)),
    may("phone", Shape::Text),
];

/// What was declared.
macro_rules! declared {
    ($($first:expr),* $(,)?) => {
        &[
            $($first,)*
            must("direction", Shape::Word(Direction::WORDS)),
            must("crossing_point", Shape::Text),
            may("regime", Shape::Word(Regime::WORDS)),
            may("cargo_class", Shape::Word(CargoClass::WORDS)),
            may("perishable", Shape::Flag),
            may("planned_arrival", Shape::Instant),
            may("trader_tax_code", Shape::Text),
            may("vehicle", Shape::Object(VEHICLE)),
            may("driver", Shape::Object(PERSON)),
            may("crew", Shape::List(&Shape::Object(PERSON))),
            may("goods", Shape::List(&Shape::Object(GOODS_LINE))),
            may("customs_declarations", Shape::List(&Shape::Object(CUSTOMS_DECLARATION))),
            may("transshipment", Shape::Flag),
            may("note", Shape::Text),
        ]
    };
}

/// A declaration as `POST /declarations` takes it.
pub const DECLARATION: &[Field] = declared![may("draft", Shape::Flag)];

/// An older system's record.
pub const HISTORY: &[Field] = declared![
    must("source", Shape::Text),
    must("source_id", Shape::Text),
    must("firm_tax_code", Shape::Text),
    may("firm_name", Shape::Text),
    must("state", Shape::Word(State::WORDS)),
    must("stamps", Shape::Object(STAMPS)),
    may("reason", Shape::Text),
    may("yard", Shape::Text),
    may("bay", Shape::Text),
    may("fee", Shape::Object(FEE)),
];

/// The instants of a record's life.
pub const STAMPS: &[Field] = &[
    may("created_at", Shape::Instant),
    may("declared_at", Shape::Instant),
    may("registered_at", Shape::Instant),
    may("arrived_at", Shape::Instant),
    may("cleared_at", Shape::Instant),
    may("yard_in_at", Shape::Instant),
    may("yard_out_at", Shape::Instant),
    may("ready_at", Shape::Instant),
    may("completed_at", Shape::Instant),
    may("ended_at", Shape::Instant),
    may("left_at", Shape::Instant),
];

const FEE: &[Field] =
    &[must("amount_vnd", Shape::Whole), must("receipt", Shape::Text), must("paid_at", Shape::Instant)];

/// Checks `tree` against the fields it may and must have. What is null is taken away: it says nothing.
pub fn check_object(tree: &mut Value, fields: &[Field], failures: &mut Vec<RuleFailure>) {
    check(tree, Shape::Object(&[]), Some(fields), &mut String::new(), failures);
}

fn check(
    value: &mut Value,
    shape: Shape,
    fields: Option<&[Field]>,
    pointer: &mut String,
    failures: &mut Vec<RuleFailure>,
) {
    let found = match (shape, &mut *value) {
        (Shape::Text, Value::String(_)) | (Shape::Flag, Value::Bool(_)) | (Shape::Number, Value::Number(_)) => None,
        (Shape::Word(words), Value::String(text)) => (!words.contains(&text.as_str())).then(|| {
            let failure = RuleFailure::new(pointer.as_str(), "unknown-word").with("given", shortened(text));
            let failure = failure.with("allowed", words.join(", "));
            with_nearest(failure, text, words.iter().copied())
        }),
        (Shape::Instant, Value::String(text)) => DateTime::parse_from_rfc3339(text)
            .is_err()
            .then(|| RuleFailure::new(pointer.as_str(), "instant-format").with("given", shortened(text))),
        (Shape::Whole, Value::Number(number)) if number.is_i64() => None,
        (Shape::Object(own), Value::Object(entries)) => {
            check_fields(entries, fields.unwrap_or(own), pointer, failures);
            None
        }
        (Shape::List(item), Value::Array(items)) => {
            for (place, value) in items.iter_mut().enumerate() {
                within(pointer, &place.to_string(), |pointer| check(value, *item, None, pointer, failures));
            }
            None
        }
        (
            Shape::Text
            | Shape::Word(_)
            | Shape::Instant
            | Shape::Flag
            | Shape::Whole
            | Shape::Number
            | Shape::Object(_)
            | Shape::List(_),
            _,
        ) => Some(RuleFailure::new(pointer.as_str(), "wrong-type").with("expected", shape.as_str())),
    };
    failures.extend(found);
}

fn check_fields(
    entries: &mut serde_json::Map<String, Value>,
    fields: &[Field],
    pointer: &mut String,
    failures: &mut Vec<RuleFailure>,
) {
    entries.retain(|_, value| !value.is_null());
    for (name, value) in entries.iter_mut() {
        within(pointer, name, |pointer| {
            if let Some(field) = fields.iter().find(|field| field.name == name) {
                check(value, field.shape, None, pointer, failures);
            } else {
                let failure = RuleFailure::new(pointer.as_str(), "unknown-field").with("field", shortened(name));
                failures.push(with_nearest(failure, name, fields.iter().map(|field| field.name)));
            }
        });
    }
    for field in fields.iter().filter(|field| field.required && !entries.contains_key(field.name)) {
        failures.push(RuleFailure::new(format!("{pointer}/{}", field.name), "required"));
    }
}

/// Goes one step down, does `work` there and comes back.
fn within<T>(pointer: &mut String, step: &str, work: impl FnOnce(&mut String) -> T) -> T {
    let here = pointer.len();
    pointer.push('/');
    pointer.push_str(&escaped(step));
    let done = work(pointer);
    pointer.truncate(here);
    done
}

/// The failure with the known name that was probably meant, if any is near.
pub fn with_nearest<'a>(failure: RuleFailure, given: &str, known: impl Iterator<Item = &'a str>) -> RuleFailure {
    match nearest(given, known) {
        Some(nearest) => failure.with("nearest", nearest),
        None => failure,
    }
}

/// What was given, short enough for a message.
pub fn shortened(text: &str) -> String {
    const SHOWN: usize = 60;
    if text.chars().count() > SHOWN { text.chars().take(SHOWN).chain(['…']).collect() } else { text.to_owned() }
}

/// The known name nearest to `given`, when no more than a third of it would have to change.
fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let given: Vec<char> = given.chars().take(64).flat_map(char::to_lowercase).collect();
    let with_distance = known.map(|name| (distance(&given, &name.chars().collect::<Vec<_>>()), name));
    with_distance.min().filter(|(distance, _)| *distance <= given.len().div_ceil(3)).map(|(_, name)| name)
}

/// How many characters must be put in, left out or changed to make one of the other (Levenshtein).
fn distance(one: &[char], other: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (place, character) in one.iter().enumerate() {
        let mut before = place;
        let mut left = place + 1;
        for (slot, expected) in row.iter_mut().skip(1).zip(other) {
            let changed = before + usize::from(character != expected);
            before = *slot;
            left = changed.min(before + 1).min(left + 1);
            *slot = left;
        }
        if let Some(first) = row.first_mut() {
            *first = place + 1;
        }
    }
    row.last().copied().unwrap_or(one.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_name_finds_the_one_that_was_meant() {
        let known = ["direction", "crossing_point", "cargo_class", "planned_arrival"];
        let meant = |given| nearest(given, known.into_iter());
        assert_eq!(meant("crosing_point"), Some("crossing_point"));
        assert_eq!(meant("Cargo_Klass"), Some("cargo_class"));
        assert_eq!(meant("colour"), None);
    }
}
