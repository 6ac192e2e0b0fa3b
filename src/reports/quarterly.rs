//! The province's quarterly report: what was declared and what became of it, by crossing point, month and gate.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{Cell, Column, Figure, Group, Head, Heading, Kind, Level, Line, Named, Report, Signed};
use crate::domain::content::Direction;
use crate::domain::period::{Interval, Quarter, Span, beginning_of};
use crate::domain::reference::Reference;
use crate::domain::throughput::Measure;
use crate::storage::throughput::Sum;
use crate::texts::Language;

const COLUMNS: &[Column] = &[
    Column::of(Figure::Declared)
        .below(Group::Declared, Heading::Total)
        .sum(&[Figure::DeclaredExport, Figure::DeclaredImport]),
    Column::of(Figure::DeclaredExport).below(Group::Declared, Heading::Export),
    Column::of(Figure::DeclaredImport).below(Group::Declared, Heading::Import),
    Column::of(Figure::Registered),
    Column::of(Figure::Arrived),
    Column::of(Figure::Cleared),
    Column::of(Figure::Completed)
        .below(Group::Completed, Heading::Total)
        .sum(&[Figure::CompletedExport, Figure::CompletedImport]),
    Column::of(Figure::CompletedExport).below(Group::Completed, Heading::Export),
    Column::of(Figure::CompletedImport).below(Group::Completed, Heading::Import),
    Column::of(Figure::CompletedKg),
    Column::of(Figure::Cancelled).within(Group::Ended),
    Column::of(Figure::Rejected).within(Group::Ended),
    Column::of(Figure::Expired).within(Group::Ended),
    Column::of(Figure::TurnedBack).within(Group::Ended),
    Column::of(Figure::Transferred).within(Group::Ended),
    Column::of(Figure::FeesVnd),
];

/// The counts of some crossing points over some days, by figure.
#[derive(Clone, Debug, Default)]
struct Figures(BTreeMap<Figure, i64>);

impl Figures {
    fn add(&mut self, sum: &Sum) {
        let (declared, completed) = match sum.direction {
            Direction::Export => (Figure::DeclaredExport, Figure::CompletedExport),
            Direction::Import => (Figure::DeclaredImport, Figure::CompletedImport),
        };
        for (figure, measure) in [
            (declared, Measure::Declared),
            (Figure::Registered, Measure::Registered),
            (Figure::Arrived, Measure::Arrived),
            (Figure::Cleared, Measure::Cleared),
            (completed, Measure::Completed),
            (Figure::CompletedKg, Measure::CompletedKg),
            (Figure::Cancelled, Measure::Cancelled),
            (Figure::Rejected, Measure::Rejected),
            (Figure::Expired, Measure::Expired),
            (Figure::TurnedBack, Measure::TurnedBack),
            (Figure::Transferred, Measure::Transferred),
            (Figure::FeesVnd, Measure::FeesVnd),
        ] {
            *self.0.entry(figure).or_default() += sum.of(measure);
        }
    }

    fn of(&self, figure: Figure) -> i64 {
        self.0.get(&figure).copied().unwrap_or(0)
    }
}

/// The pieces of time that a quarter's report looks at, each within one month and with every crossing point at one gate.
#[derive(Clone, Debug)]
pub struct Periods {
    quarter: Quarter,
    span: Span,
    before: Option<Span>,
    last_year: Option<Span>,
    pieces: Vec<Span>,
}

impl Periods {
    /// Those of `quarter`; none for years that no calendar holds.
    #[must_use]
    pub fn of(quarter: Quarter, reference: &Reference) -> Option<Self> {
        let span = quarter.span()?;
        let (before, last_year) = (quarter.previous().span(), quarter.of_last_year().span());
        let months = Interval::Month.divide(span).into_iter().flat_map(|month| reference.steady_pieces(month.span));
        let pieces = months.chain(before).chain(last_year).collect();
        Some(Self { quarter, span, before, last_year, pieces })
    }

    /// The spans over which to count, in the order in which [`report`] expects them.
    #[must_use]
    pub fn spans(&self) -> &[Span] {
        &self.pieces
    }
}

/// What was counted over a quarter's [`Periods`].
#[derive(Clone, Debug, Default)]
pub struct Counted {
    /// Over each of the spans.
    pub sums: Vec<Sum>,
    /// What became of the quarter since it was signed.
    pub signed: Option<Signed>,
}

/// The report of a quarter.
#[must_use]
pub fn report(
    periods: &Periods,
    Counted { sums, signed }: &Counted,
    reference: &Reference,
    now: DateTime<Utc>,
    language: Language,
) -> Report {
    let span = periods.span;
    let period = periods.quarter.to_string();
    let head = Head { kind: Kind::Quarterly, period, span, as_of: now, signed: *signed, language };
    let mut report = Report::begun(head, COLUMNS);
    let within = |whole: Span| {
        sums.iter().filter_map(move |sum| {
            let piece = periods.pieces.get(sum.span)?;
            (whole.from <= piece.from && piece.to <= whole.to).then_some((sum, *piece))
        })
    };
    let last_day = span.to.pred_opt().unwrap_or(span.from);
    let mut points: BTreeMap<String, Figures> = BTreeMap::new();
    let mut gates: BTreeMap<String, Figures> = BTreeMap::new();
    // Those that stood at any time are shown also where nothing crossed.
    for piece in periods.pieces.iter().filter(|piece| span.from <= piece.from && piece.to <= span.to) {
        for point in reference.crossing_points(piece.from) {
            points.entry(point.code.clone()).or_default();
            gates.entry(point.gate.clone()).or_default();
        }
    }
    for (sum, piece) in within(span) {
        points.entry(sum.crossing_point.clone()).or_default().add(sum);
        let point = reference.counted_crossing_point(&sum.crossing_point, piece.from);
        gates.entry(point.map_or(&sum.crossing_point, |point| &point.gate).clone()).or_default().add(sum);
    }
    for (code, figures) in points {
        let known = reference.counted_crossing_point(&code, last_day);
        let name = known.map_or_else(|| code.clone(), |point| point.name.clone());
        report.count(Named { level: Level::CrossingPoint, code, name }, |figure| Some(figures.of(figure)));
    }
    let total = report.total(0);
    for month in Interval::Month.divide(span) {
        let mut figures = Figures::default();
        within(month.span).for_each(|(sum, _)| figures.add(sum));
        let name = month.span.from.format("%m/%Y").to_string();
        report.count(Named { level: Level::Month, code: month.name, name }, |figure| Some(figures.of(figure)));
    }
    for (code, figures) in gates {
        let known = reference.counted_gate(&code, last_day);
        let name = known.map_or_else(|| code.clone(), |gate| gate.name.clone());
        report.count(Named { level: Level::Gate, code, name }, |figure| Some(figures.of(figure)));
    }
    // A quarter that has not begun is compared with nothing.
    let begun = beginning_of(span.from) <= now;
    for (other, quarter, lines) in [
        (
            periods.before,
            periods.quarter.previous(),
            [Line::PreviousQuarter, Line::ChangeOnPreviousQuarter, Line::PercentOnPreviousQuarter],
        ),
        (
            periods.last_year,
            periods.quarter.of_last_year(),
            [Line::QuarterLastYear, Line::ChangeOnQuarterLastYear, Line::PercentOnQuarterLastYear],
        ),
    ] {
        let [line, difference, percent] = lines;
        let figures = other.filter(|_| begun).map(|other| {
            let mut figures = Figures::default();
            within(other).for_each(|(sum, _)| figures.add(sum));
            figures
        });
        let named = Named::line(language, Level::Comparison, line, &[("quarter", &quarter.to_string())]);
        let before = report.count(named, |figure| figures.as_ref().map(|figures| figures.of(figure)));
        report.compare(difference, total, before, Cell::Difference);
        report.compare(percent, total, before, Cell::Change);
    }
    report
}
