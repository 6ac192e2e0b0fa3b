//! Reading what was sent, as JSON: everything wrong with it at once, each fault with its place.
//!
//! Serde stops at the first field it cannot read; people who fill in forms want to hear of all of them.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use strsim::levenshtein;

use super::content::to_micros;
use super::rule_failure::RuleFailure;
use super::words::UnknownWord;

/// Reads one JSON text. An object that names a field twice is refused, as is whatever stands behind the value.
///
/// # Errors
///
/// What is not well-formed about it, with line and column.
pub fn parse(text: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice::<Strict>(text).map(|strict| strict.0)
}

/// A JSON value without fields that are named twice.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Value, E> {
        Number::from_f64(number).map(Value::Number).ok_or_else(|| E::custom("a number that is not finite"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let Strict(value) = entries.next_value()?;
            if fields.contains_key(&name) {
                return Err(de::Error::custom(format_args!("the field {name:?} is named twice")));
            }
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }
}

/// Where a value stands in what was sent. As text, a JSON Pointer (RFC 6901), it is only needed where something is wrong.
#[derive(Clone, Copy)]
enum Pointer<'a> {
    /// It is all that was sent.
    Whole,
    /// In an object, under this name.
    Field(&'a Pointer<'a>, &'a str),
    /// In a list, so many behind its first.
    Item(&'a Pointer<'a>, usize),
}

impl fmt::Display for Pointer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => Ok(()),
            Self::Field(object, name) => write!(f, "{object}/{}", name.replace('~', "~0").replace('/', "~1")),
            Self::Item(list, place) => write!(f, "{list}/{place}"),
        }
    }
}

/// The fields of one JSON object while they are read: each is taken once, what is left over is unknown.
///
/// A field that is missing, or `null`, reads as nothing; whether it had to be there is asked by the rules
/// or with [`Fields::required`]. Every fault goes to the list that all levels share.
pub struct Fields<'a> {
    pointer: Pointer<'a>,
    left: Map<String, Value>,
    known: Vec<&'static str>,
    failures: &'a mut Vec<RuleFailure>,
}

impl<'a> Fields<'a> {
    /// The fields of `sent`; a fault and no fields when it is no object.
    pub fn of(sent: Value, failures: &'a mut Vec<RuleFailure>) -> Self {
        Self::at(Pointer::Whole, sent, failures)
    }

    /// The fields of `value`, which stands at `pointer`; a fault and no fields when it is no object.
    fn at(pointer: Pointer<'a>, value: Value, failures: &'a mut Vec<RuleFailure>) -> Self {
        let fields = match value {
            Value::Object(fields) => fields,
            other => {
                failures.push(wrong_type(pointer, "object", &other));
                Map::new()
            }
        };
        Self { pointer, left: fields, known: Vec::new(), failures }
    }

    /// Whether `field` was sent, be it as `null`, and has not been taken yet.
    #[must_use]
    pub fn has(&self, field: &str) -> bool {
        self.left.contains_key(field)
    }

    /// Takes the value of `field` as it is.
    pub fn value(&mut self, field: &'static str) -> Option<Value> {
        self.known.push(field);
        self.left.remove(field).filter(|value| !value.is_null())
    }

    /// Takes a field and reads it by `read`, which says what kind of value it wanted when it could not.
    fn take<T>(
        &mut self,
        field: &'static str,
        kind: &'static str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.value(field)?;
        let found = read(&value);
        if found.is_none() {
            self.failures.push(wrong_type(Pointer::Field(&self.pointer, field), kind, &value));
        }
        found
    }

    /// Takes a text. One with a NUL character is refused: no database keeps it.
    pub fn text(&mut self, field: &'static str) -> Option<String> {
        let value = self.value(field)?;
        checked_text(value, Pointer::Field(&self.pointer, field), self.failures)
    }

    /// Takes a flag.
    pub fn flag(&mut self, field: &'static str) -> Option<bool> {
        self.take(field, "true-or-false", Value::as_bool)
    }

    /// Takes a whole number.
    pub fn integer(&mut self, field: &'static str) -> Option<i64> {
        self.take(field, "whole-number", Value::as_i64)
    }

    /// Takes a number.
    pub fn number(&mut self, field: &'static str) -> Option<f64> {
        self.take(field, "number", Value::as_f64)
    }

    /// Takes an instant, RFC 3339.
    pub fn instant(&mut self, field: &'static str) -> Option<DateTime<Utc>> {
        self.take(field, "time", |value| {
            // A year that no database keeps is no time either.
            let at = DateTime::parse_from_rfc3339(value.as_str()?).ok()?.to_utc();
            (at.timestamp() > -62_135_596_800 && at.timestamp() < 253_402_300_800).then(|| to_micros(at))
        })
    }

    /// Takes a local day, such as `2025-03-31`.
    pub fn day(&mut self, field: &'static str) -> Option<NaiveDate> {
        self.take(field, "day", |value| {
            // Longer years are no days that a database keeps.
            value.as_str().filter(|text| text.len() == 10)?.parse().ok()
        })
    }

    /// Takes an object as it is.
    pub fn map(&mut self, field: &'static str) -> Option<Map<String, Value>> {
        match self.value(field)? {
            Value::Object(map) => Some(map),
            other => {
                self.failures.push(wrong_type(Pointer::Field(&self.pointer, field), "object", &other));
                None
            }
        }
    }

    /// Takes one of the words of the gate.
    pub fn word<T: FromStr<Err = UnknownWord>>(&mut self, field: &'static str) -> Option<T> {
        let text = self.text(field)?;
        match text.parse() {
            Ok(word) => Some(word),
            Err(unknown) => {
                let failure = RuleFailure::new(Pointer::Field(&self.pointer, field).to_string(), "unknown-word")
                    .with("given", &text)
                    .with("allowed", unknown.allowed.join(", "));
                self.failures.push(with_nearest(failure, &text, unknown.allowed.iter().copied()));
                None
            }
        }
    }

    /// Takes an object and reads its fields by `read`; what `read` leaves over is unknown.
    pub fn object<T>(&mut self, field: &'static str, read: impl FnOnce(&mut Fields) -> Option<T>) -> Option<T> {
        let value = self.value(field)?;
        read_object(value, Pointer::Field(&self.pointer, field), self.failures, read)
    }

    /// Takes a list of objects; each is read by `read`.
    pub fn objects<T>(&mut self, field: &'static str, read: impl Fn(&mut Fields) -> Option<T>) -> Option<Vec<T>> {
        self.list(field, |item, pointer, failures| read_object(item, pointer, failures, &read))
    }

    /// Takes a list of texts.
    pub fn texts(&mut self, field: &'static str) -> Option<Vec<String>> {
        self.list(field, checked_text)
    }

    fn list<T>(
        &mut self,
        field: &'static str,
        read: impl Fn(Value, Pointer, &mut Vec<RuleFailure>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let value = self.value(field)?;
        let list = Pointer::Field(&self.pointer, field);
        let Value::Array(items) = value else {
            self.failures.push(wrong_type(list, "list", &value));
            return None;
        };
        let each = items.into_iter().enumerate();
        Some(each.filter_map(|(place, item)| read(item, Pointer::Item(&list, place), self.failures)).collect())
    }

    /// Notes that `field` is missing unless `found` is something, or a fault was found in it already.
    pub fn required<T>(&mut self, field: &str, found: Option<T>) -> Option<T> {
        if found.is_none() {
            let pointer = Pointer::Field(&self.pointer, field).to_string();
            let inside =
                |at: &str| at == pointer || at.strip_prefix(&pointer).is_some_and(|rest| rest.starts_with('/'));
            if !self.failures.iter().any(|failure| inside(&failure.pointer)) {
                self.failures.push(RuleFailure::new(pointer, "required"));
            }
        }
        found
    }

    /// Notes every field that nobody took as unknown, with what would have been known.
    pub fn finish(self) {
        for name in self.left.keys() {
            let pointer = Pointer::Field(&self.pointer, name).to_string();
            let failure = RuleFailure::new(pointer, "unknown-field").with("given", name);
            let failure = failure.with("allowed", self.known.join(", "));
            self.failures.push(with_nearest(failure, name, self.known.iter().copied()));
        }
    }
}

fn read_object<T>(
    value: Value,
    pointer: Pointer,
    failures: &mut Vec<RuleFailure>,
    read: impl FnOnce(&mut Fields) -> Option<T>,
) -> Option<T> {
    if !value.is_object() {
        failures.push(wrong_type(pointer, "object", &value));
        return None;
    }
    let mut fields = Fields::at(pointer, value, failures);
    let found = read(&mut fields);
    fields.finish();
    found
}

fn checked_text(value: Value, pointer: Pointer, failures: &mut Vec<RuleFailure>) -> Option<String> {
    match value {
        Value::String(text) if text.contains('\0') => {
            failures.push(RuleFailure::new(pointer.to_string(), "nul-character"));
            None
        }
        Value::String(text) => Some(text),
        other => {
            failures.push(wrong_type(pointer, "text", &other));
            None
        }
    }
}

fn wrong_type(pointer: Pointer, wanted: &str, found: &Value) -> RuleFailure {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "true-or-false",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    };
    RuleFailure::new(pointer.to_string(), "wrong-type").with("wanted", wanted).with("found", found)
}

/// The failure with that known name as `nearest` which was probably meant by `given`, if any is near.
#[must_use]
pub fn with_nearest<'a>(failure: RuleFailure, given: &str, known: impl Iterator<Item = &'a str>) -> RuleFailure {
    match nearest(given, known) {
        Some(nearest) => failure.with("nearest", nearest),
        None => failure,
    }
}

/// The known name nearest to `given`, when no more than a third of it would have to change.
fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // No known name is longer; what is far longer is near to none.
    let given: String = given.chars().take(64).flat_map(char::to_lowercase).collect();
    let most = given.chars().count().div_ceil(3);
    let with_distance = known.map(|name| (levenshtein(&given, name), name));
    with_distance.min().filter(|(distance, _)| *distance <= most).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::content::Direction;

    #[test]
    fn everything_wrong_is_reported_at_once_with_its_place() {
        let mut failures = Vec::new();
        let sent =
            json!({"direction": "sideways", "flag": 1, "vehicle": {"plate": 7, "colour": "red"}, "list": ["a", 1]});
        let mut fields = Fields::of(sent, &mut failures);
        let direction = fields.word::<Direction>("direction");
        assert_eq!(fields.required("direction", direction), None);
        fields.flag("flag");
        fields.object("vehicle", |vehicle| vehicle.text("plate"));
        fields.texts("list");
        let number = fields.integer("number");
        fields.required("number", number);
        fields.finish();
        let found: Vec<(&str, &str)> = failures.iter().map(|one| (one.pointer.as_str(), one.code)).collect();
        assert_eq!(
            found,
            [
                ("/direction", "unknown-word"),
                ("/flag", "wrong-type"),
                ("/vehicle/plate", "wrong-type"),
                ("/vehicle/colour", "unknown-field"),
                ("/list/1", "wrong-type"),
                ("/number", "required"),
            ]
        );
    }

    #[test]
    fn a_mistyped_name_finds_the_one_that_was_meant() {
        let known = ["direction", "crossing_point", "cargo_class", "planned_arrival"];
        let meant = |given| nearest(given, known.into_iter());
        assert_eq!(meant("crosing_point"), Some("crossing_point"));
        assert_eq!(meant("Cargo_Klass"), Some("cargo_class"));
        assert_eq!(meant("colour"), None);
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for wrong in
            [&br#"{"a": 1, "a": 2}"#[..], br#"{"a": {"b": 1, "b": 1}}"#, b"{} {}", b"1e400", b"\"\xff\"", b"", b"[1,"]
        {
            assert!(parse(wrong).is_err(), "{}", String::from_utf8_lossy(wrong));
        }
        assert!(parse("[".repeat(100_000).as_bytes()).is_err());
        assert_eq!(parse(br#" {"a": [1, 2.5, null, "x"]} "#).unwrap(), json!({"a": [1, 2.5, null, "x"]}));
    }
}
