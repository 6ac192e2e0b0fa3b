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
mod columns;
mod lines;
mod write;

use std::io::{self, BufRead};

use serde_json::Value;

use crate::domain::history::{History, history};
use crate::domain::reading::parse;
use crate::domain::rule_failure::RuleFailure;
use crate::domain::sent::{Sent, declaration};
use crate::domain::words::words;

pub use columns::{Column, Holds, column_of, columns, template};
pub use lines::MAX_LINE;
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
    /// A declaration, as it is sent; its form alone has been checked.
    Declaration(Box<Sent>),
    /// An older system's record.
    History(Box<History>),
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

    /// How the input is written.
    #[must_use]
    pub const fn format(&self) -> Format {
        match self.source {
            Source::Ndjson(_) => Format::Ndjson,
            Source::Csv(_) => Format::Csv,
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

/// Reads one line of NDJSON.
///
/// # Errors
///
/// Everything that is wrong with its form: JSON that is none, a field that is not known, a value of the wrong
/// kind, a word that is not one of those there are.
pub fn object_line(text: &str, kind: Option<Kind>) -> Result<Line, Vec<RuleFailure>> {
    let sent = parse(text.as_bytes()).map_err(|error| {
        // The parser counts lines from the line's own beginning: only the character helps.
        let why = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let why = why.strip_suffix(&place).unwrap_or(&why);
        vec![RuleFailure::new("", "json-syntax").with("why", format!("{why}, at character {}", error.column()))]
    })?;
    let kind = kind.unwrap_or_else(|| kind_of(|name| sent.get(name).is_some()));
    line_of(sent, kind)
}

/// What a line is, by the fields it has.
fn kind_of(has: impl Fn(&str) -> bool) -> Kind {
    if has("source") || has("source_id") || has("stamps") { Kind::Histories } else { Kind::Declarations }
}

fn line_of(sent: Value, kind: Kind) -> Result<Line, Vec<RuleFailure>> {
    match kind {
        Kind::Declarations => declaration(sent).map(|sent| Line::Declaration(Box::new(sent))),
        Kind::Histories => history(sent).map(|history| Line::History(Box::new(history))),
    }
}
