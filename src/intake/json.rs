//! JSON as a tree, with what serde would let pass: a key that stands twice, a NUL in a text.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::domain::rule_failure::RuleFailure;

/// Reads `text` as one JSON value. Keys that stand twice and NULs go to `failures`.
///
/// # Errors
///
/// When it is no JSON at all, is nested too deep, or has a number that none can hold.
pub fn parse(text: &str, failures: &mut Vec<RuleFailure>) -> Result<Value, Vec<RuleFailure>> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let mut pointer = String::new();
    let syntax = |error: serde_json::Error| vec![RuleFailure::new("", "json-syntax").with("why", error)];
    let tree = Node { pointer: &mut pointer, failures }.deserialize(&mut reader).map_err(syntax)?;
    reader.end().map_err(syntax)?;
    Ok(tree)
}

/// One value of the tree, at `pointer`.
struct Node<'a> {
    pointer: &'a mut String,
    failures: &'a mut Vec<RuleFailure>,
}

impl Node<'_> {
    /// Goes one step down, does `work` there and comes back.
    fn within<T>(&mut self, step: &str, work: impl FnOnce(Node<'_>) -> T) -> T {
        let here = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(&escaped(step));
        let done = work(Node { pointer: self.pointer, failures: self.failures });
        self.pointer.truncate(here);
        done
    }
}

/// A key as a JSON Pointer writes it (RFC 6901); a long one is cut, since it is shown to people.
pub fn escaped(step: &str) -> String {
    step.chars().take(80).collect::<String>().replace('~', "~0").replace('/', "~1")
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
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
        Number::from_f64(number).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        if text.contains('\0') {
            self.failures.push(RuleFailure::new(self.pointer.as_str(), "nul-character"));
        }
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = self.within(&list.len().to_string(), |node| items.next_element_seed(node))? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = self.within(&key, |node| {
                if fields.contains_key(&key) {
                    node.failures.push(RuleFailure::new(node.pointer.as_str(), "duplicate-key"));
                }
                entries.next_value_seed(node)
            })?;
            fields.insert(key, value);
        }
        Ok(Value::Object(fields))
    }
}
