//! Reading what comes in bulk: files of declarations or of older systems' histories, as CSV or as NDJSON.
//!
//! One line at a time, in memory that does not grow with the file. A bad line is reported with its number and
//! everything that is wrong with it, and never stops the rest.
//!
//! NDJSON has a JSON object a line, as `POST /declarations` takes it, or a history (see [`History`]). CSV has the same
//! fields flattened into columns, see [`columns()`]: `vehicle_plate` stands for `/vehicle/plate`, `goods_hs_code` for
//! that of the first line of goods, `arrived_at` for `/stamps/arrived_at`; containers and seals stand in one cell with
//! spaces between them. Its columns may be parted by comma, semicolon or tab.

mod cells;
mod json;
mod lines;
mod shape;
mod write;

use std::io::{self, BufRead};

use serde_json::{Map, Value};

use crate::domain::content::{Content, People};
use crate::domain::declaration::PEOPLE_FIELDS;
use crate::domain::rule_failure::RuleFailure;
use crate::domain::take_over::History;
use crate::domain::words::words;

pub use cells::{Column, Step, column_of, columns};
pub use lines::MAX_LINE;
pub use shape::{Field, Shape};
pub use write::{DoesNotFit, write_csv, write_ndjson};

words! {
    /// How a file is written.
    "format" Format { Csv = "csv", Ndjson = "ndjson" }
}

words! {
    /// What a file's lines are.
    "kind of line" Kind { Declarations = "declarations", Histories = "histories" }
}

/// What one line says.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// A declaration, as it is sent.
    Declaration(Box<Sent>),
    /// An older system's record.
    History(Box<History>),
}

/// A declaration as it is sent, normalised; nothing in it is checked but its form.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// Kept as a draft instead of being submitted.
    pub draft: bool,
    /// What is declared, without the people.
    pub content: Content,
    /// The driver and crew.
    pub people: Option<People>,
}

/// A line that could be read, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    /// Its number in the file, from 1; of a CSV record over several lines the first.
    pub line: u64,
    /// What it says.
    pub says: Line,
}

/// A line that could not be read.
#[derive(Clone, Debug, PartialEq)]
pub struct LineError {
    /// Its number in the file, from 1.
    pub line: u64,
    /// Everything that is wrong with it. In CSV each names the `column` among its values.
    pub failures: Vec<RuleFailure>,
}

/// A file's lines, read one after the other.
///
/// It ends early only when the file cannot be read on, or when a CSV's columns cannot be understood: the last item
/// tells which.
#[derive(Debug)]
pub struct Lines<R> {
    source: Source<R>,
    kind: Option<Kind>,
    ended: bool,
}

#[derive(Debug)]
enum Source<R> {
    Ndjson(lines::Physical<R>),
    Csv(cells::Records<R>),
}

impl<R: BufRead> Lines<R> {
    /// Begins to read `input`. Without a `format` its first character tells: NDJSON begins with `{`. Without a
    /// `kind` each line tells: a history has a `source` and `stamps`.
    ///
    /// # Errors
    ///
    /// When the input cannot be read.
    pub fn new(input: R, format: Option<Format>, kind: Option<Kind>) -> io::Result<Self> {
        let mut physical = lines::Physical::new(input);
        let format = match format {
            Some(format) => format,
            None if physical.begins_with_brace()? => Format::Ndjson,
            None => Format::Csv,
        };
        let source = match format {
            Format::Ndjson => Source::Ndjson(physical),
            Format::Csv => Source::Csv(cells::Records::new(physical)),
        };
        Ok(Self { source, kind, ended: false })
    }

    /// How many bytes of the input have been read.
    pub fn bytes_read(&self) -> u64 {
        match &self.source {
            Source::Ndjson(physical) => physical.bytes_read(),
            Source::Csv(records) => records.bytes_read(),
        }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<Read, LineError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let (line, says) = match &mut self.source {
            Source::Ndjson(physical) => loop {
                let (line, text) = physical.next()?;
                match text.map(|text| if text.trim().is_empty() { None } else { Some(object_line(&text, self.kind)) }) {
                    Ok(None) => {}
                    Ok(Some(says)) => break (line, says),
                    Err(fault) => {
                        self.ended = fault.ends();
                        break (line, Err(vec![fault.failure()]));
                    }
                }
            },
            Source::Csv(records) => {
                let (line, says) = records.next(&mut self.kind)?;
                self.ended = records.cannot_go_on();
                (line, says)
            }
        };
        Some(match says {
            Ok(says) => Ok(Read { line, says }),
            Err(mut failures) => {
                failures.truncate(MAX_FAILURES);
                Err(LineError { line, failures })
            }
        })
    }
}

/// So many failures of one line are reported; nobody reads more.
const MAX_FAILURES: usize = 100;

/// Reads one line of NDJSON, or the body of one request.
///
/// # Errors
///
/// Everything that is wrong with its form: JSON that is none, a field that is not known or stands twice, a value of
/// the wrong type, a word that is not one of those there are.
pub fn object_line(text: &str, kind: Option<Kind>) -> Result<Line, Vec<RuleFailure>> {
    let mut failures = Vec::new();
    let tree = json::parse(text, &mut failures)?;
    let Value::Object(fields) = tree else {
        return Err(vec![RuleFailure::new("", "wrong-type").with("expected", "object")]);
    };
    let kind = kind.unwrap_or_else(|| kind_of(|name| fields.contains_key(name)));
    line_of(fields, kind, failures)
}

/// What a line is, by the fields it has.
fn kind_of(has: impl Fn(&str) -> bool) -> Kind {
    if has("source") || has("source_id") || has("stamps") { Kind::Histories } else { Kind::Declarations }
}

/// The fields of a kind of line.
const fn fields_of(kind: Kind) -> &'static [Field] {
    match kind {
        Kind::Declarations => shape::DECLARATION,
        Kind::Histories => shape::HISTORY,
    }
}

/// Makes a line of its fields, if they have the right form and nothing failed before.
fn line_of(fields: Map<String, Value>, kind: Kind, mut failures: Vec<RuleFailure>) -> Result<Line, Vec<RuleFailure>> {
    let mut tree = Value::Object(fields);
    shape::check_object(&mut tree, fields_of(kind), &mut failures);
    if !failures.is_empty() {
        return Err(failures);
    }
    let made = match kind {
        Kind::Declarations => declaration(tree),
        Kind::Histories => history(tree),
    };
    // The shapes say all that the types ask; what they should miss is still no line.
    made.map_err(|error| vec![RuleFailure::new("", "json-syntax").with("why", error)])
}

/// Takes the fields of these names out of `tree`, as an object of their own.
fn take(tree: &mut Value, names: &[&str]) -> Value {
    let fields = tree.as_object_mut();
    let taken = fields.map(|fields| names.iter().filter_map(|name| fields.remove_entry(*name)).collect());
    Value::Object(taken.unwrap_or_default())
}

fn people_in(tree: &mut Value) -> serde_json::Result<Option<People>> {
    let people = take(tree, PEOPLE_FIELDS);
    if people.as_object().is_some_and(Map::is_empty) { Ok(None) } else { serde_json::from_value(people).map(Some) }
}

fn declaration(mut tree: Value) -> serde_json::Result<Line> {
    let draft = take(&mut tree, &["draft"]).get("draft") == Some(&Value::Bool(true));
    let people = people_in(&mut tree)?;
    let content: Content = serde_json::from_value(tree)?;
    Ok(Line::Declaration(Box::new(Sent { draft, content: content.normalised(), people })))
}

fn history(mut tree: Value) -> serde_json::Result<Line> {
    let people = people_in(&mut tree)?;
    let source = serde_json::from_value(take(&mut tree, &["source", "source_id"]))?;
    let yard = take(&mut tree, &["yard", "bay"]);
    let yard = if yard.get("yard").is_some() { Some(serde_json::from_value(yard)?) } else { None };
    let mut own = take(&mut tree, &["firm_tax_code", "firm_name", "state", "stamps", "reason", "fee"]);
    let mut part = |name: &str| own.get_mut(name).map(Value::take).unwrap_or_default();
    let history = History {
        source,
        firm_tax_code: serde_json::from_value(part("firm_tax_code"))?,
        firm_name: serde_json::from_value(part("firm_name"))?,
        state: serde_json::from_value(part("state"))?,
        stamps: serde_json::from_value(part("stamps"))?,
        reason: serde_json::from_value(part("reason"))?,
        yard,
        fee: serde_json::from_value(part("fee"))?,
        content: serde_json::from_value(tree)?,
        people,
    };
    Ok(Line::History(Box::new(history.normalised())))
}
