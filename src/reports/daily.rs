//! The province's daily report, after the official one of Lạng Sơn: what crossed, what went back, what is left waiting
//! at eight in the evening.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, TimeDelta, Utc};

use super::{Cell, Column, Figure, Group, Head, Heading, Kind, Level, Line, Named, Report, Signed};
use crate::domain::content::{CargoClass, Direction};
use crate::domain::period::{Span, beginning_of};
use crate::domain::reference::Reference;
use crate::domain::throughput::Measure;
use crate::reports::dates::days;
use crate::storage::throughput::{Stock, Sum};
use crate::storage::transferred::Transferred;
use crate::texts::Language;

/// The hour of the day, on the gate's clocks, at which the official report takes the backlog.
const BACKLOG_HOUR: i64 = 20;

const COLUMNS: &[Column] = &[
    Column::of(Figure::Completed).sum(&[Figure::CompletedExport, Figure::CompletedImport]),
    Column::of(Figure::CompletedExport)
        .below(Group::Export, Heading::Total)
        .sum(&[Figure::CompletedExportFruit, Figure::CompletedExportOther]),
    Column::of(Figure::CompletedExportFruit).below(Group::Export, Heading::Fruit),
    Column::of(Figure::CompletedExportOther).below(Group::Export, Heading::Other),
    Column::of(Figure::CompletedImport)
        .below(Group::Import, Heading::Total)
        .sum(&[Figure::CompletedImportGoods, Figure::CompletedImportNewVehicle]),
    Column::of(Figure::CompletedImportGoods).below(Group::Import, Heading::Goods),
    Column::of(Figure::CompletedImportNewVehicle).below(Group::Import, Heading::NewVehicle),
    Column::of(Figure::WentBack)
        .below(Group::WentBack, Heading::Total)
        .sum(&[Figure::TurnedBack, Figure::TransferredAfterArrival]),
    Column::of(Figure::TurnedBack).below(Group::WentBack, Heading::TurnedBack),
    Column::of(Figure::TransferredAfterArrival).below(Group::WentBack, Heading::Transferred),
    Column::of(Figure::Backlog)
        .below(Group::Backlog, Heading::Total)
        .sum(&[Figure::BacklogFruit, Figure::BacklogOther]),
    Column::of(Figure::BacklogFruit).below(Group::Backlog, Heading::Fruit),
    Column::of(Figure::BacklogOther).below(Group::Backlog, Heading::Other),
    Column::of(Figure::BacklogDayBefore).below(Group::Backlog, Heading::DayBefore),
    Column::of(Figure::BacklogChange)
        .below(Group::Backlog, Heading::Change)
        .difference(Figure::Backlog, Figure::BacklogDayBefore),
    Column::of(Figure::FeesVnd),
];

/// The periods that a day's report looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Periods {
    /// The day itself, the day before, then the week so far and last year's, the month so far and last year's.
    spans: [Span; 6],
}

impl Periods {
    /// Those of `day`; none for days at the end of the calendar.
    ///
    /// Last year's week is the one 52 weeks before, up to the same day of the week; last year's month goes up to
    /// the same day of the month.
    #[must_use]
    pub fn of(day: NaiveDate) -> Option<Self> {
        let to = day.succ_opt()?;
        let span = |from, to| Span { from, to };
        let monday = day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into()))?;
        let first = day.with_day(1)?;
        let weeks_before = |day: NaiveDate| day.checked_sub_days(Days::new(52 * 7));
        let year_before = |day: NaiveDate| day.checked_sub_months(Months::new(12));
        Some(Self {
            spans: [
                span(day, to),
                span(day.pred_opt()?, day),
                span(monday, to),
                span(weeks_before(monday)?, weeks_before(to)?),
                span(first, to),
                span(year_before(first)?, year_before(to)?),
            ],
        })
    }

    /// The spans over which to count, in the order in which [`report`] expects them.
    #[must_use]
    pub const fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// The day.
    #[must_use]
    pub const fn day(&self) -> Span {
        self.spans[0]
    }

    /// When the backlog of the day, and of the day before, is taken.
    #[must_use]
    pub fn backlogs_at(&self) -> [DateTime<Utc>; 2] {
        let [day, before, ..] = self.spans;
        [day, before].map(|span| beginning_of(span.from) + TimeDelta::hours(BACKLOG_HOUR))
    }
}

/// What was counted for a day's report, all in one snapshot.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    /// The counters over the periods' spans.
    pub sums: Vec<Sum>,
    /// Transferred after arrival over the same spans.
    pub transferred: Vec<Transferred>,
    /// What stood at the gate in the evening.
    pub backlog: Vec<Stock>,
    /// And in the evening before.
    pub backlog_before: Vec<Stock>,
    /// What became of the day since it was signed.
    pub signed: Option<Signed>,
}

/// The figures of one crossing point, or of all, over one period.
#[derive(Clone, Copy, Debug, Default)]
struct Figures {
    export_fruit: i64,
    export_other: i64,
    import_goods: i64,
    import_new_vehicle: i64,
    turned_back: i64,
    transferred: i64,
    fees_vnd: i64,
}

impl Figures {
    fn add(&mut self, sum: &Sum) {
        let crossed = match (sum.direction, sum.cargo_class) {
            (Direction::Export, CargoClass::Fruit) => &mut self.export_fruit,
            (Direction::Export, CargoClass::General | CargoClass::NewVehicle | CargoClass::Empty) => {
                &mut self.export_other
            }
            (Direction::Import, CargoClass::NewVehicle) => &mut self.import_new_vehicle,
            (Direction::Import, CargoClass::General | CargoClass::Fruit | CargoClass::Empty) => &mut self.import_goods,
        };
        *crossed += sum.of(Measure::Completed);
        self.turned_back += sum.of(Measure::TurnedBack);
        self.fees_vnd += sum.of(Measure::FeesVnd);
    }

    /// What a figure is here; none for those of the backlog, which is no sum over a period.
    const fn of(&self, figure: Figure) -> Option<i64> {
        match figure {
            Figure::CompletedExportFruit => Some(self.export_fruit),
            Figure::CompletedExportOther => Some(self.export_other),
            Figure::CompletedImportGoods => Some(self.import_goods),
            Figure::CompletedImportNewVehicle => Some(self.import_new_vehicle),
            Figure::TurnedBack => Some(self.turned_back),
            Figure::TransferredAfterArrival => Some(self.transferred),
            Figure::FeesVnd => Some(self.fees_vnd),
            Figure::Declared
            | Figure::DeclaredExport
            | Figure::DeclaredImport
            | Figure::Registered
            | Figure::Arrived
            | Figure::Cleared
            | Figure::Completed
            | Figure::CompletedExport
            | Figure::CompletedImport
            | Figure::CompletedKg
            | Figure::WentBack
            | Figure::Cancelled
            | Figure::Rejected
            | Figure::Expired
            | Figure::Transferred
            | Figure::Backlog
            | Figure::BacklogFruit
            | Figure::BacklogOther
            | Figure::BacklogDayBefore
            | Figure::BacklogChange => None,
        }
    }
}

/// Vehicles waiting.
#[derive(Clone, Copy, Debug, Default)]
struct Waiting {
    fruit: i64,
    other: i64,
}

impl Waiting {
    fn add(&mut self, stock: &Stock) {
        match stock.cargo_class {
            CargoClass::Fruit => self.fruit += stock.inside,
            CargoClass::General | CargoClass::NewVehicle | CargoClass::Empty => self.other += stock.inside,
        }
    }
}

impl Counted {
    /// The figures of the span at `place`, of one crossing point or of all.
    fn figures(&self, place: usize, crossing_point: Option<&str>) -> Figures {
        let here = |code: &str| crossing_point.is_none_or(|wanted| wanted == code);
        let mut figures = Figures::default();
        for sum in self.sums.iter().filter(|sum| sum.span == place && here(&sum.crossing_point)) {
            figures.add(sum);
        }
        let transferred = self.transferred.iter().filter(|one| one.span == place && here(&one.crossing_point));
        figures.transferred = transferred.map(|one| one.count).sum();
        figures
    }
}

fn waiting(stocks: &[Stock], crossing_point: Option<&str>) -> Waiting {
    let mut waiting = Waiting::default();
    for stock in stocks.iter().filter(|stock| crossing_point.is_none_or(|wanted| wanted == stock.crossing_point)) {
        waiting.add(stock);
    }
    waiting
}

/// The report of a day.
#[must_use]
pub fn report(
    periods: &Periods,
    counted: &Counted,
    reference: &Reference,
    now: DateTime<Utc>,
    language: Language,
) -> Report {
    let span = periods.day();
    let head =
        Head { kind: Kind::Daily, period: span.from.to_string(), span, as_of: now, signed: counted.signed, language };
    let mut report = Report::begun(head, COLUMNS);
    // Those that stand that day, and whatever else was counted.
    let mut points: BTreeMap<&str, &str> =
        reference.crossing_points(span.from).map(|point| (point.code.as_str(), point.name.as_str())).collect();
    let counted_here = counted.sums.iter().filter(|sum| sum.span == 0).map(|sum| &sum.crossing_point);
    let stocks = counted.backlog.iter().chain(&counted.backlog_before).filter(|stock| stock.inside != 0);
    for code in counted_here.chain(stocks.map(|stock| &stock.crossing_point)) {
        let known = reference.counted_crossing_point(code, span.from);
        points.entry(code).or_insert_with(|| known.map_or(code.as_str(), |point| &point.name));
    }
    for (code, name) in points {
        let named = Named { level: Level::CrossingPoint, code: code.to_owned(), name: name.to_owned() };
        let figures = counted.figures(0, Some(code));
        let here = waiting(&counted.backlog, Some(code));
        let before = waiting(&counted.backlog_before, Some(code));
        report.count(named, |figure| match figure {
            Figure::BacklogFruit => Some(here.fruit),
            Figure::BacklogOther => Some(here.other),
            Figure::BacklogDayBefore => Some(before.fruit + before.other),
            other => figures.of(other),
        });
    }
    let total = report.total(0);
    // A day that has not begun is compared with nothing.
    let begun = beginning_of(span.from) <= now;
    let compared = |report: &mut Report, place: usize, line: Line| {
        let figures = begun.then(|| counted.figures(place, None));
        let evening = (begun && line == Line::DayBefore).then(|| waiting(&counted.backlog_before, None));
        let days = periods.spans().get(place).map(|span| days(language, *span)).unwrap_or_default();
        let named = Named::line(language, Level::Comparison, line, &[("days", &days)]);
        report.count(named, |figure| match figure {
            Figure::BacklogFruit => evening.map(|evening| evening.fruit),
            Figure::BacklogOther => evening.map(|evening| evening.other),
            other => figures.and_then(|figures| figures.of(other)),
        })
    };
    let before = compared(&mut report, 1, Line::DayBefore);
    report.compare(Line::ChangeOnDayBefore, total, before, Cell::Difference);
    report.compare(Line::PercentOnDayBefore, total, before, Cell::Change);
    let week = compared(&mut report, 2, Line::WeekSoFar);
    let last_year = compared(&mut report, 3, Line::WeekLastYear);
    report.compare(Line::PercentOnWeekLastYear, week, last_year, Cell::Change);
    let month = compared(&mut report, 4, Line::MonthSoFar);
    let last_year = compared(&mut report, 5, Line::MonthLastYear);
    report.compare(Line::PercentOnMonthLastYear, month, last_year, Cell::Change);
    report
}
