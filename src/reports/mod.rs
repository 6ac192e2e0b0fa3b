//! The reports that the province reads: what stands in each, once. A report is a small spreadsheet: rows and columns of
//! cells that hold a count or say what they are made of. JSON, CSV and the workbook are all written from it, so
//! what a formula of the workbook adds up to is what the other two say.

use chrono::{DateTime, Datelike, Utc};

use crate::domain::period::Span;
use crate::domain::words::words;
use crate::texts::{Language, say, word};
use dates::{date, local_time};
pub use document::{ColumnDocument, ReportDocument};
use figures::Made;
pub use figures::{Column, Figure, Group, Heading, Level, Line, Unit, meaning};

pub mod daily;
pub mod dates;
mod document;
mod figures;
pub mod quarterly;
pub mod xlsx;

words! {
    /// The reports.
    "report" Kind { Daily = "daily", Quarterly = "quarterly" }
}

/// A cell's place: its row and its column, from 0 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    row: usize,
    column: usize,
}

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cell {
    /// Nothing: there is no such figure here.
    Blank,
    /// A count.
    Count(i64),
    /// The sum of other cells.
    Sum(Vec<Place>),
    /// The first less the second.
    Difference(Place, Place),
    /// By what fraction the first is more than the second; nothing where the second is none.
    Change(Place, Place),
}

/// What a cell amounts to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    None,
    /// A count.
    Whole(i64),
    /// A fraction, to four decimals.
    Fraction(f64),
}

impl Value {
    fn whole(self) -> i64 {
        match self {
            Self::Whole(whole) => whole,
            Self::None | Self::Fraction(_) => 0,
        }
    }

    fn text(self) -> String {
        match self {
            Self::None => String::new(),
            Self::Whole(whole) => whole.to_string(),
            Self::Fraction(fraction) => fraction.to_string(),
        }
    }
}

/// By how much `now` is more than `before`, to four decimals; none where `before` is nothing.
#[expect(clippy::cast_precision_loss, reason = "counts of vehicles and sums of dong are far below 2^52")]
fn change(now: i64, before: i64) -> Value {
    if before <= 0 {
        return Value::None;
    }
    Value::Fraction(((now - before) as f64 / before as f64 * 10_000.0).round() / 10_000.0)
}

/// A row of a report.
#[derive(Clone, Debug)]
struct Row {
    level: Level,
    code: String,
    name: String,
    cells: Vec<Cell>,
}

/// What became of a period since its figures were signed.
#[derive(Clone, Copy, Debug)]
pub struct Signed {
    /// The revision of its last closing.
    pub revision: i32,
    /// The figures of now differ from those that were signed.
    pub revised: bool,
}

/// A report.
#[derive(Clone, Debug)]
pub struct Report {
    kind: Kind,
    period: String,
    span: Span,
    as_of: DateTime<Utc>,
    closed: bool,
    signed: Option<Signed>,
    language: Language,
    columns: &'static [Column],
    rows: Vec<Row>,
}

impl Report {
    /// A report without rows yet.
    fn begun(head: Head, columns: &'static [Column]) -> Self {
        let Head { kind, period, span, as_of, signed, language } = head;
        Self { kind, period, span, as_of, closed: span.is_over(as_of), signed, language, columns, rows: Vec::new() }
    }

    fn column(&self, figure: Figure) -> Option<usize> {
        self.columns.iter().position(|column| column.figure == figure)
    }

    /// Adds a row of counts; `of` says what each counted figure is here, if it is anything. Where the row stands.
    fn count(&mut self, name: Named, of: impl Fn(Figure) -> Option<i64>) -> usize {
        let row = self.rows.len();
        let mut cells: Vec<Cell> = self
            .columns
            .iter()
            .map(|column| match column.made {
                Made::Counted => of(column.figure).map_or(Cell::Blank, Cell::Count),
                Made::Sum(_) | Made::Difference(..) => Cell::Blank,
            })
            .collect();
        // Sums first, from the right: they may add up sums to their right. What is made of something blank is blank.
        let made_of = |differences: bool| {
            let columns = self.columns.iter().enumerate().rev();
            columns.filter(move |(_, column)| matches!(column.made, Made::Difference(..)) == differences)
        };
        for (place, column) in made_of(false).chain(made_of(true)) {
            let there = |figure: &Figure| {
                let column = self.column(*figure)?;
                cells.get(column).filter(|cell| **cell != Cell::Blank).map(|_| Place { row, column })
            };
            let made = match column.made {
                Made::Counted => continue,
                Made::Sum(figures) => figures.iter().map(there).collect::<Option<Vec<Place>>>().map(Cell::Sum),
                Made::Difference(now, before) => {
                    there(&now).zip(there(&before)).map(|(now, before)| Cell::Difference(now, before))
                }
            };
            if let Some((cell, made)) = cells.get_mut(place).zip(made) {
                *cell = made;
            }
        }
        self.rows.push(name.with(cells));
        row
    }

    /// Adds the sum of the rows from `first` on.
    fn total(&mut self, first: usize) -> usize {
        let rows = first..self.rows.len();
        let sum = |column| Cell::Sum(rows.clone().map(|row| Place { row, column }).collect());
        let cells = (0..self.columns.len()).map(sum).collect();
        self.line(Level::Total, Line::Total, &[], cells)
    }

    /// Adds the change of the row `now` against the row `before`, in each column that both have.
    fn compare(&mut self, line: Line, now: usize, before: usize, how: fn(Place, Place) -> Cell) -> usize {
        let cells = (0..self.columns.len()).map(|column| {
            let (now, before) = (Place { row: now, column }, Place { row: before, column });
            let blank = [now, before].into_iter().any(|place| *self.cell(place) == Cell::Blank);
            if blank { Cell::Blank } else { how(now, before) }
        });
        let cells = cells.collect();
        self.line(Level::Comparison, line, &[], cells)
    }

    fn line(&mut self, level: Level, line: Line, args: &[(&str, &str)], cells: Vec<Cell>) -> usize {
        let named = Named::line(self.language, level, line, args);
        self.rows.push(named.with(cells));
        self.rows.len() - 1
    }

    fn cell(&self, place: Place) -> &Cell {
        const NOTHING: &Cell = &Cell::Blank;
        self.rows.get(place.row).and_then(|row| row.cells.get(place.column)).unwrap_or(NOTHING)
    }

    /// What stands at `place`, worked out.
    fn value(&self, place: Place) -> Value {
        match self.cell(place) {
            Cell::Blank => Value::None,
            Cell::Count(count) => Value::Whole(*count),
            Cell::Sum(places) => Value::Whole(places.iter().map(|place| self.value(*place).whole()).sum()),
            Cell::Difference(now, before) => Value::Whole(self.value(*now).whole() - self.value(*before).whole()),
            Cell::Change(now, before) => change(self.value(*now).whole(), self.value(*before).whole()),
        }
    }

    fn values(&self, row: usize) -> impl Iterator<Item = Value> {
        (0..self.columns.len()).map(move |column| self.value(Place { row, column }))
    }

    /// When its figures were taken.
    #[must_use]
    pub const fn as_of(&self) -> DateTime<Utc> {
        self.as_of
    }

    /// The language that it is written in.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.language
    }

    /// What a file of it is called, without an ending; says whether its period is over.
    #[must_use]
    pub fn file_name(&self) -> String {
        let state = if self.closed { "" } else { "-open" };
        format!("{}-{}{state}", self.kind, self.period)
    }

    /// Its title.
    #[must_use]
    pub fn title(&self) -> String {
        word(self.language, "report-title", self.kind.as_str())
    }

    /// Which day or quarter it is of, in words.
    fn of_period(&self) -> String {
        match self.kind {
            Kind::Daily => say(self.language, "report-of-day", &[("day", &date(self.language, self.span.from))]),
            Kind::Quarterly => {
                let quarter = (self.span.from.month0() / 3 + 1).to_string();
                let year = self.span.from.year().to_string();
                say(self.language, "report-of-quarter", &[("quarter", &quarter), ("year", &year)])
            }
        }
    }

    /// The revision of the period's last closing, and whether a figure came to be another since.
    #[must_use]
    pub fn signed(&self) -> Option<(i32, bool)> {
        self.signed.map(|Signed { revision, revised }| (revision, revised))
    }

    /// Whether its figures are final, in words.
    fn state(&self) -> String {
        match self.signed {
            Some(Signed { revision, revised }) => {
                let key = if revised { "report-is-revised" } else { "report-is-signed" };
                say(self.language, key, &[("revision", &revision.to_string())])
            }
            None => say(self.language, if self.closed { "report-is-over" } else { "report-is-open" }, &[]),
        }
    }

    /// When it was made, in words.
    fn made(&self) -> String {
        say(self.language, "report-made-at", &[("at", &local_time(self.language, self.as_of))])
    }
}

/// What a report is of.
struct Head {
    kind: Kind,
    period: String,
    span: Span,
    as_of: DateTime<Utc>,
    signed: Option<Signed>,
    language: Language,
}

/// What a row is called.
struct Named {
    level: Level,
    code: String,
    name: String,
}

impl Named {
    fn line(language: Language, level: Level, line: Line, args: &[(&str, &str)]) -> Self {
        let name = say(language, &format!("line-{}", line.as_str().replace('_', "-")), args);
        Self { level, code: line.to_string(), name }
    }

    fn with(self, cells: Vec<Cell>) -> Row {
        Row { level: self.level, code: self.code, name: self.name, cells }
    }
}
