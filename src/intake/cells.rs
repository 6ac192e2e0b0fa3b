//! CSV: records that are read strictly, and what their cells say.
//!
//! Read by hand and not with the csv crate, because a quote that is never closed must cost one line and not the rest
//! of the file, nor the memory to hold it.

use std::borrow::Cow;
use std::io::BufRead;

use chrono::{NaiveDateTime, NaiveTime, SecondsFormat};
use serde_json::{Map, Value};

use super::columns::{Column, Holds, column_of, columns};
use super::lines::{Fault, MAX_LINE, Physical};
use super::{Kind, Line, kind_of, line_of};
use crate::domain::period::beginning_of;
use crate::domain::reading::with_nearest;
use crate::domain::rule_failure::RuleFailure;

/// The records of a CSV, one after the other.
#[derive(Debug)]
pub struct Records<R> {
    physical: Physical<R>,
    header: Option<Header>,
    cannot_go_on: bool,
}

#[derive(Debug)]
struct Header {
    delimiter: char,
    kind: Kind,
    columns: Vec<&'static Column>,
}

impl<R: BufRead> Records<R> {
    /// Reads the records of `physical`; its first line names the columns.
    pub const fn new(physical: Physical<R>) -> Self {
        Self { physical, header: None, cannot_go_on: false }
    }

    /// Whether nothing can come after what was read last.
    pub const fn cannot_go_on(&self) -> bool {
        self.cannot_go_on
    }

    /// The next record, by the number of its first line. `kind`, when it is not known, is told by the columns.
    pub fn next(&mut self, kind: &mut Option<Kind>) -> Option<(u64, Result<Line, Vec<RuleFailure>>)> {
        let header = match self.header.take() {
            Some(header) => header,
            None => match self.read_header(*kind)? {
                (_, Ok(header)) => {
                    *kind = Some(header.kind);
                    header
                }
                (line, Err(failures)) => {
                    self.cannot_go_on = true;
                    return Some((line, Err(failures)));
                }
            },
        };
        let (line, cells) = self.read_record(header.delimiter)?;
        let says = cells.map_err(|failure| vec![failure]).and_then(|cells| header.line(&cells));
        self.header = Some(header);
        Some((line, says))
    }

    fn read_header(&mut self, kind: Option<Kind>) -> Option<(u64, Result<Header, Vec<RuleFailure>>)> {
        let (line, text) = loop {
            match self.physical.next()? {
                (_, Ok(text)) if text.trim().is_empty() => {}
                (line, text) => break (line, text),
            }
        };
        Some((line, text.map_err(|fault| vec![fault.failure()]).and_then(|text| Header::read(&text, kind))))
    }

    /// Reads one record: one line, or several where a quoted cell goes over them.
    fn read_record(&mut self, delimiter: char) -> Option<(u64, Result<Vec<String>, RuleFailure>)> {
        let mut splitter = Splitter::new(delimiter);
        let mut length = 0;
        // Every line after the first, to begin anew with when the record turns out to be none.
        let mut further = Vec::new();
        let mut start = 0;
        loop {
            let Some((line, text)) = self.physical.next() else {
                if start == 0 {
                    return None;
                }
                self.physical.give_back(further.into_iter());
                return Some((start, Err(RuleFailure::new("", "csv-quote-open"))));
            };
            if start == 0 && matches!(&text, Ok(text) if text.trim().is_empty()) {
                continue;
            }
            let outcome = match &text {
                Ok(text) => {
                    length += text.len() + 1;
                    if length > MAX_LINE { Err(Fault::TooLong.failure()) } else { splitter.push(text) }
                }
                Err(fault) => {
                    self.cannot_go_on = fault.ends();
                    Err(if start == 0 { fault.failure() } else { RuleFailure::new("", "csv-quote-open") })
                }
            };
            if start == 0 {
                start = line;
            } else {
                further.push((line, text));
            }
            match outcome {
                Ok(false) => {}
                Ok(true) => return Some((start, Ok(splitter.cells))),
                Err(failure) => {
                    self.physical.give_back(further.into_iter());
                    return Some((start, Err(failure)));
                }
            }
        }
    }
}

impl Header {
    fn read(text: &str, kind: Option<Kind>) -> Result<Self, Vec<RuleFailure>> {
        let mut delimiter = ',';
        for other in [';', '\t'] {
            if text.matches(other).count() > text.matches(delimiter).count() {
                delimiter = other;
            }
        }
        let mut splitter = Splitter::new(delimiter);
        if !splitter.push(text).map_err(|failure| vec![failure])? {
            return Err(vec![RuleFailure::new("", "csv-quote-open")]);
        }
        let names: Vec<&str> = splitter.cells.iter().map(|cell| cell.trim()).collect();
        let kind = kind.unwrap_or_else(|| kind_of(|name| names.contains(&name)));
        let known = columns(kind);
        let mut failures = Vec::new();
        let mut found: Vec<&'static Column> = Vec::new();
        for name in &names {
            match known.clone().find(|column| column.is_headed(name)) {
                Some(column) if found.iter().any(|other| other.name == column.name) => {
                    failures.push(RuleFailure::new("", "duplicate-column").with("column", name));
                }
                Some(column) => found.push(column),
                None => {
                    let failure = RuleFailure::new("", "unknown-column").with("column", name);
                    failures.push(with_nearest(failure, name, known.clone().map(|column| column.name)));
                }
            }
        }
        for column in known.filter(|column| column.required) {
            if !found.iter().any(|other| other.name == column.name) {
                failures.push(RuleFailure::new(column.pointer, "column-missing").with("column", column.name));
            }
        }
        if failures.is_empty() { Ok(Self { delimiter, kind, columns: found }) } else { Err(failures) }
    }

    /// What a record's cells say.
    fn line(&self, cells: &[String]) -> Result<Line, Vec<RuleFailure>> {
        if cells.len() != self.columns.len() {
            let failure = RuleFailure::new("", "csv-cell-count").with("found", cells.len());
            return Err(vec![failure.with("expected", self.columns.len())]);
        }
        let mut fields = Value::Object(Map::new());
        for (column, cell) in self.columns.iter().zip(cells) {
            let cell = plain(cell);
            if !cell.is_empty() {
                put(&mut fields, column.pointer, column.value(cell));
            }
        }
        line_of(fields, self.kind).map_err(|failures| self.by_column(failures))
    }

    /// The failures, each with the column whose field it is about.
    fn by_column(&self, failures: Vec<RuleFailure>) -> Vec<RuleFailure> {
        let named = |failure: RuleFailure| match column_of(self.kind, &failure.pointer) {
            Some(column) => failure.with("column", column),
            None => failure,
        };
        failures.into_iter().map(named).collect()
    }
}

impl Column {
    /// What a cell says: of the column's type if it can be read so; otherwise the text, which then fails.
    fn value(&self, cell: &str) -> Value {
        let read = match self.holds {
            Holds::Text if self.pointer.ends_with("_at") || self.pointer == "/planned_arrival" => local_instant(cell),
            Holds::Text => None,
            Holds::Flag => match cell.to_lowercase().as_str() {
                "true" | "1" | "x" | "có" => Some(Value::Bool(true)),
                "false" | "0" | "không" => Some(Value::Bool(false)),
                _ => None,
            },
            Holds::Whole => cell.parse::<i64>().ok().map(Value::from),
            Holds::Number => {
                with_point(cell).parse::<f64>().ok().and_then(serde_json::Number::from_f64).map(Value::Number)
            }
            Holds::Texts => Some(cell.split_whitespace().map(Value::from).collect()),
        };
        read.unwrap_or_else(|| Value::from(cell))
    }
}

/// A number as a spreadsheet writes it where the comma parts the whole from its fraction.
fn with_point(cell: &str) -> Cow<'_, str> {
    match cell.split_once(',') {
        Some((whole, fraction)) if !cell.contains('.') && fraction.bytes().all(|byte| byte.is_ascii_digit()) => {
            Cow::Owned(format!("{whole}.{fraction}"))
        }
        _ => Cow::Borrowed(cell),
    }
}

/// An instant as a spreadsheet writes it, day before month, by the gate's clock: `31/03/2025 09:00`.
fn local_instant(cell: &str) -> Option<Value> {
    let read = |form| NaiveDateTime::parse_from_str(cell, form).ok();
    let local = read("%d/%m/%Y %H:%M").or_else(|| read("%d/%m/%Y %H:%M:%S"))?;
    let at = beginning_of(local.date()) + (local.time() - NaiveTime::MIN);
    Some(Value::from(at.to_rfc3339_opts(SecondsFormat::Secs, true)))
}

/// Puts `value` where `pointer` leads, making the objects and lists on the way.
fn put(fields: &mut Value, pointer: &'static str, value: Value) {
    let mut place = fields;
    for step in pointer.split('/').skip(1) {
        if step == "0" {
            if !place.is_array() {
                *place = Value::Array(vec![Value::Null]);
            }
            let Some(first) = place.get_mut(0) else { return };
            place = first;
        } else {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            let Some(object) = place.as_object_mut() else { return };
            place = object.entry(step).or_insert(Value::Null);
        }
    }
    *place = value;
}

/// Whether a spreadsheet would take the text for a formula, or for a text that was kept from being one.
pub fn looks_like_a_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@'])
}

/// A cell's text: without spaces around it, and without the `'` that keeps a spreadsheet from taking it for a formula.
fn plain(cell: &str) -> &str {
    let cell = cell.trim();
    match cell.strip_prefix('\'') {
        Some(rest) if looks_like_a_formula(rest) => rest,
        _ => cell,
    }
}

/// Splits a record into cells (RFC 4180), strictly: what follows a closing quote must end the cell.
struct Splitter {
    delimiter: char,
    cells: Vec<String>,
    cell: String,
    at: At,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    Bare,
    Quoted,
    /// After a quote within a quoted cell: it ends the cell, or is the first of two that stand for one.
    Quote,
}

impl Splitter {
    const fn new(delimiter: char) -> Self {
        Self { delimiter, cells: Vec::new(), cell: String::new(), at: At::Start }
    }

    /// Takes one line. True when the record ends with it; false when a quoted cell goes on in the next.
    fn push(&mut self, line: &str) -> Result<bool, RuleFailure> {
        if self.at == At::Quoted {
            self.cell.push('\n');
        }
        for character in line.chars() {
            match (self.at, character) {
                (At::Start | At::Bare | At::Quote, _) if character == self.delimiter => {
                    self.cells.push(std::mem::take(&mut self.cell));
                    self.at = At::Start;
                }
                (At::Start, '"') => self.at = At::Quoted,
                (At::Quoted, '"') => self.at = At::Quote,
                (At::Quote, '"') => {
                    self.cell.push('"');
                    self.at = At::Quoted;
                }
                (At::Quote, _) => {
                    let failure = RuleFailure::new("", "csv-after-quote").with("cell", self.cells.len() + 1);
                    return Err(failure.with("found", character));
                }
                (At::Start | At::Bare, _) => {
                    self.cell.push(character);
                    self.at = At::Bare;
                }
                (At::Quoted, _) => self.cell.push(character),
            }
        }
        if self.at == At::Quoted {
            return Ok(false);
        }
        self.cells.push(std::mem::take(&mut self.cell));
        Ok(true)
    }
}
