//! Days in the gate's time zone. Every longer period is a sum of days.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Days, FixedOffset, Months, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};

use super::words::words;

/// The zone whose days the statistics count by.
pub const TIME_ZONE: &str = "Asia/Ho_Chi_Minh";

/// Seconds that the gate's clocks are ahead of UTC: `Asia/Ho_Chi_Minh` has kept UTC+7 since 1975.
const AHEAD_OF_UTC: i32 = 7 * 3600;

/// The day that a clock at the gate shows at `instant`.
///
/// A vehicle declared at 17:00 UTC on 31 December was declared on 1 January.
#[must_use]
pub fn local_day(instant: DateTime<Utc>) -> NaiveDate {
    FixedOffset::east_opt(AHEAD_OF_UTC)
        .map_or_else(|| instant.date_naive(), |zone| instant.with_timezone(&zone).date_naive())
}

/// The instant at which `day` begins at the gate.
#[must_use]
pub fn beginning_of(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc() - TimeDelta::seconds(i64::from(AHEAD_OF_UTC))
}

/// The first day of the month that `day` is in.
#[must_use]
pub fn first_of_month(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

/// The longest span that is answered as one: a century of days.
pub const LONGEST_SPAN: i64 = 36_600;

/// An instant as people at the gate read it: their day and time, to the minute.
#[must_use]
pub fn shown(instant: DateTime<Utc>) -> String {
    let local = instant + TimeDelta::seconds(i64::from(AHEAD_OF_UTC));
    local.format("%d/%m/%Y %H:%M").to_string()
}

/// Local days from one on, up to and without another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The first day.
    pub from: NaiveDate,
    /// The first day that is no longer in it.
    pub to: NaiveDate,
}

impl Span {
    /// Whether all of it lies before `now`.
    #[must_use]
    pub fn is_over(self, now: DateTime<Utc>) -> bool {
        beginning_of(self.to) <= now
    }

    /// How many days it has.
    #[must_use]
    pub fn days(self) -> i64 {
        (self.to - self.from).num_days()
    }
}

words! {
    /// How long the periods are that a span is divided into.
    "interval" Interval {
        Day = "day",
        /// From Monday to Sunday, numbered by ISO 8601.
        Week = "week",
        Month = "month",
        Quarter = "quarter",
        Year = "year",
        /// Not divided: one period for the whole span.
        None = "none",
    }
}

/// A part of a span, with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its name, such as `2025-03-31`, `2025-W13`, `2025-03`, `2025-Q1` or `2025`.
    pub name: String,
    /// The days of it that are in the span.
    pub span: Span,
}

impl Interval {
    /// The period that `day` falls in: its name, its first day and the first day after it.
    fn around(self, day: NaiveDate, whole: Span) -> Option<(String, NaiveDate)> {
        Some(match self {
            Self::Day => (day.to_string(), day.succ_opt()?),
            Self::Week => {
                let week = day.iso_week();
                let into = u64::from(day.weekday().num_days_from_monday());
                (format!("{}-W{:02}", week.year(), week.week()), day.checked_add_days(Days::new(7 - into))?)
            }
            Self::Month => (day.format("%Y-%m").to_string(), first_of_month(day).checked_add_months(Months::new(1))?),
            Self::Quarter => {
                let quarter = Quarter::containing(day);
                (quarter.to_string(), quarter.span()?.to)
            }
            Self::Year => (day.year().to_string(), NaiveDate::from_ymd_opt(day.year() + 1, 1, 1)?),
            Self::None => (format!("{}/{}", whole.from, whole.to), whole.to),
        })
    }

    /// Divides `span` into periods, in their order. The first and the last may be cut short by the span.
    #[must_use]
    pub fn divide(self, span: Span) -> Vec<Period> {
        let mut periods = Vec::new();
        let mut day = span.from;
        while day < span.to {
            let Some((name, next)) = self.around(day, span) else { break };
            let to = next.min(span.to);
            periods.push(Period { name, span: Span { from: day, to } });
            day = to;
        }
        periods
    }
}

/// A quarter of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quarter {
    year: i32,
    /// 1 to 4.
    quarter: u32,
}

/// A text that names no quarter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a quarter is written like 2025-Q1, from 2000-Q1 on")]
pub struct NoSuchQuarter;

impl Quarter {
    /// The quarter that `day` is in.
    #[must_use]
    pub fn containing(day: NaiveDate) -> Self {
        Self { year: day.year(), quarter: day.month0() / 3 + 1 }
    }

    /// Its days.
    ///
    /// None only for years that no calendar holds.
    #[must_use]
    pub fn span(self) -> Option<Span> {
        let from = NaiveDate::from_ymd_opt(self.year, self.quarter * 3 - 2, 1)?;
        Some(Span { from, to: from.checked_add_months(Months::new(3))? })
    }

    /// The quarter before.
    #[must_use]
    pub const fn previous(self) -> Self {
        if self.quarter == 1 {
            Self { year: self.year - 1, quarter: 4 }
        } else {
            Self { year: self.year, quarter: self.quarter - 1 }
        }
    }

    /// The same quarter of the year before.
    #[must_use]
    pub const fn of_last_year(self) -> Self {
        Self { year: self.year - 1, quarter: self.quarter }
    }
}

impl fmt::Display for Quarter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-Q{}", self.year, self.quarter)
    }
}

impl FromStr for Quarter {
    type Err = NoSuchQuarter;

    fn from_str(text: &str) -> Result<Self, NoSuchQuarter> {
        let (year, quarter) = text.split_once("-Q").ok_or(NoSuchQuarter)?;
        let digits = |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(year, 4) || !digits(quarter, 1) {
            return Err(NoSuchQuarter);
        }
        let (year, quarter) = (year.parse().map_err(|_| NoSuchQuarter)?, quarter.parse().map_err(|_| NoSuchQuarter)?);
        if year >= 2000 && (1..=4).contains(&quarter) { Ok(Self { year, quarter }) } else { Err(NoSuchQuarter) }
    }
}

/// A period that is reported on: its name, its days, and the two periods that it is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// Its name and days.
    pub period: Period,
    /// How long it is; [`Interval::None`] for a span that the calendar has no name for.
    pub interval: Interval,
    /// The one before: of the same name's kind, or as many days as a span has.
    pub previous: Option<Period>,
    /// The same one of the year before, where there is one: 29 February and the 53rd week have none every year.
    pub last_year: Option<Period>,
}

/// A text that names no period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a period is written like 2025, 2025-Q1, 2025-03, 2025-W13, 2025-03-31 or 2025-03-01..2025-03-15, from 2000 on"
)]
pub struct NoSuchPeriod;

/// The first year that has periods.
const FIRST_YEAR: i32 = 2000;

impl Reported {
    /// The period of this length that `day` is in.
    fn around(interval: Interval, day: NaiveDate) -> Option<Period> {
        let from = match interval {
            Interval::Day | Interval::None => day,
            Interval::Week => day.checked_sub_days(Days::new(u64::from(day.weekday().num_days_from_monday())))?,
            Interval::Month => first_of_month(day),
            Interval::Quarter => Quarter::containing(day).span()?.from,
            Interval::Year => NaiveDate::from_ymd_opt(day.year(), 1, 1)?,
        };
        let (name, to) = interval.around(from, Span { from, to: from.succ_opt()? })?;
        Some(Period { name, span: Span { from, to } })
    }

    /// The period of the calendar that `text` names: what it is around, if it is written just as we would.
    fn named(interval: Interval, day: Option<NaiveDate>, text: &str) -> Option<Self> {
        let day = day?;
        let period = Self::around(interval, day).filter(|period| period.name == text)?;
        let from = period.span.from;
        let last_year = match interval {
            Interval::Week => {
                let week = from.iso_week();
                NaiveDate::from_isoywd_opt(week.year() - 1, week.week(), Weekday::Mon)
            }
            Interval::Day | Interval::Month | Interval::Quarter | Interval::Year | Interval::None => year_before(from),
        };
        Some(Self {
            previous: from.pred_opt().and_then(|day| Self::around(interval, day)),
            last_year: last_year.and_then(|day| Self::around(interval, day)),
            period,
            interval,
        })
    }

    /// Any days from one on, up to and without another.
    ///
    /// None for days that are in no order, or that no calendar holds.
    #[must_use]
    pub fn of_days(span: Span) -> Option<Self> {
        let period = |from: NaiveDate, to: NaiveDate| Period { name: format!("{from}..{to}"), span: Span { from, to } };
        let days = Days::new(u64::try_from(span.days()).ok().filter(|days| *days > 0)?);
        Some(Self {
            period: period(span.from, span.to),
            interval: Interval::None,
            previous: span.from.checked_sub_days(days).map(|from| period(from, span.from)),
            last_year: year_before(span.from).zip(year_before(span.to)).map(|(from, to)| period(from, to)),
        })
    }

    /// How many of its days have begun.
    #[must_use]
    pub fn days_begun(&self, now: DateTime<Utc>) -> i64 {
        let Span { from, to } = self.period.span;
        let tomorrow = local_day(now).succ_opt().unwrap_or(to);
        (to.min(tomorrow) - from).num_days().max(0)
    }
}

/// The same day of the year before; 29 February has none.
fn year_before(day: NaiveDate) -> Option<NaiveDate> {
    day.with_year(day.year() - 1)
}

/// A day written like 2025-03-31 and no other way.
fn written_day(text: &str) -> Option<NaiveDate> {
    text.parse::<NaiveDate>().ok().filter(|day| day.to_string() == text)
}

impl FromStr for Reported {
    type Err = NoSuchPeriod;

    fn from_str(text: &str) -> Result<Self, NoSuchPeriod> {
        if let Some((from, to)) = text.split_once("..") {
            let span = written_day(from).zip(written_day(to)).map(|(from, to)| Span { from, to });
            let span = span.filter(|span| span.from.year() >= FIRST_YEAR && span.days() <= LONGEST_SPAN);
            return span.and_then(Self::of_days).ok_or(NoSuchPeriod);
        }
        let year = text.get(..4).and_then(|year| year.parse::<i32>().ok()).filter(|year| *year >= FIRST_YEAR);
        let year = year.ok_or(NoSuchPeriod)?;
        let number = |from: usize| text.get(from..).and_then(|number| number.parse::<u32>().ok());
        // Each reads loosely, and takes what it would write the same way.
        let found = match text.as_bytes().get(5) {
            None => Self::named(Interval::Year, NaiveDate::from_ymd_opt(year, 1, 1), text),
            Some(b'Q') => text
                .parse::<Quarter>()
                .ok()
                .and_then(|quarter| Self::named(Interval::Quarter, quarter.span().map(|span| span.from), text)),
            Some(b'W') => {
                let monday = number(6).and_then(|week| NaiveDate::from_isoywd_opt(year, week, Weekday::Mon));
                Self::named(Interval::Week, monday, text)
            }
            Some(_) if text.len() > 7 => Self::named(Interval::Day, written_day(text), text),
            Some(_) => {
                let first = number(5).and_then(|month| NaiveDate::from_ymd_opt(year, month, 1));
                Self::named(Interval::Month, first, text)
            }
        };
        found.ok_or(NoSuchPeriod)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(instant: &str) -> String {
        local_day(instant.parse().unwrap()).to_string()
    }

    #[test]
    fn a_quarter_begins_at_local_midnight() {
        assert_eq!(day("2024-12-31T16:59:59.999Z"), "2024-12-31");
        assert_eq!(day("2024-12-31T17:00:00Z"), "2025-01-01");
    }

    #[test]
    fn a_day_begins_at_its_local_midnight() {
        assert_eq!(beginning_of("2025-01-01".parse().unwrap()).to_rfc3339(), "2024-12-31T17:00:00+00:00");
        assert_eq!(day(&beginning_of("2024-02-29".parse().unwrap()).to_rfc3339()), "2024-02-29");
    }

    #[test]
    fn a_leap_quarter_has_91_days_and_an_ordinary_one_90() {
        let days = |quarter: &str| quarter.parse::<Quarter>().unwrap().span().unwrap().days();
        assert_eq!((days("2024-Q1"), days("2025-Q1"), days("2025-Q4")), (91, 90, 92));
    }

    #[test]
    fn what_names_no_quarter_is_refused() {
        for wrong in
            ["", "2025", "2025-Q0", "2025-Q5", "25-Q1", "2025-q1", "2025-Q11", "1999-Q4", "+025-Q1", "2025-Q１"]
        {
            assert_eq!(wrong.parse::<Quarter>(), Err(NoSuchQuarter), "{wrong}");
        }
    }

    #[test]
    fn the_quarter_before_the_first_is_last_years_fourth() {
        let quarter: Quarter = "2025-Q1".parse().unwrap();
        assert_eq!(quarter.previous().to_string(), "2024-Q4");
        assert_eq!(quarter.of_last_year().to_string(), "2024-Q1");
    }

    #[test]
    fn weeks_are_numbered_by_iso_8601() {
        let span = Span { from: "2024-12-28".parse().unwrap(), to: "2025-01-08".parse().unwrap() };
        let names: Vec<String> = Interval::Week.divide(span).into_iter().map(|period| period.name).collect();
        assert_eq!(names, ["2024-W52", "2025-W01", "2025-W02"]);
    }

    fn compared(text: &str) -> (String, i64, Option<String>, Option<String>) {
        let found: Reported = text.parse().unwrap();
        assert_eq!(found.period.name, text);
        let name = |period: Option<Period>| period.map(|period| period.name);
        (found.period.span.from.to_string(), found.period.span.days(), name(found.previous), name(found.last_year))
    }

    #[test]
    fn each_period_is_compared_with_the_one_before_and_that_of_last_year() {
        let some = |name: &str| Some(name.to_owned());
        for (text, from, days, previous, last_year) in [
            ("2025", "2025-01-01", 365, some("2024"), some("2024")),
            ("2024-Q1", "2024-01-01", 91, some("2023-Q4"), some("2023-Q1")),
            ("2025-03", "2025-03-01", 31, some("2025-02"), some("2024-03")),
            ("2025-01", "2025-01-01", 31, some("2024-12"), some("2024-01")),
            ("2025-W01", "2024-12-30", 7, some("2024-W52"), some("2024-W01")),
            ("2020-W53", "2020-12-28", 7, some("2020-W52"), None),
            ("2025-03-31", "2025-03-31", 1, some("2025-03-30"), some("2024-03-31")),
            ("2024-02-29", "2024-02-29", 1, some("2024-02-28"), None),
            (
                "2025-03-01..2025-03-15",
                "2025-03-01",
                14,
                some("2025-02-15..2025-03-01"),
                some("2024-03-01..2024-03-15"),
            ),
        ] {
            assert_eq!(compared(text), (from.to_owned(), days, previous, last_year), "{text}");
        }
    }

    #[test]
    fn what_names_no_period_is_refused() {
        for wrong in [
            "",
            "1999",
            "20250",
            "2025-",
            "2025-Q0",
            "2025-Q5",
            "2025-q1",
            "2025-13",
            "2025-3",
            "2025-00",
            "2025-W54",
            "2025-W1",
            "2025-W00",
            "2025-02-29",
            "2025-2-28",
            "2025-03-31 ",
            "+025",
            "２０２５",
            "2025-W+1",
            "2025-+3",
            "2025-03-15..2025-03-01",
            "2025-03-01..2025-03-01",
            "2025-03-01..",
            "2000-01-01..2500-01-01",
            "2025-0é",
        ] {
            assert_eq!(wrong.parse::<Reported>(), Err(NoSuchPeriod), "{wrong}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_period_of_a_span_is_read_by_its_name(start in 0..36_000_i32, which in 0..5_usize) {
            let day = NaiveDate::from_num_days_from_ce_opt(730_486 + start).unwrap();
            let period = Reported::around(Interval::VARIANTS[which], day).unwrap();
            let found = period.name.parse::<Reported>().unwrap();
            proptest::prop_assert_eq!(&found.period, &period);
            proptest::prop_assert_eq!(found.previous.unwrap().span.to, period.span.from);
        }

        #[test]
        fn periods_cover_their_span_without_gap_or_overlap(start in 0..20_000_i32, length in 1..1_500_i64, which in 0..6_usize) {
            let from = NaiveDate::from_num_days_from_ce_opt(728_000 + start).unwrap();
            let span = Span { from, to: from + chrono::Duration::days(length) };
            let periods = Interval::VARIANTS[which].divide(span);
            let mut day = span.from;
            for period in &periods {
                proptest::prop_assert_eq!(period.span.from, day);
                proptest::prop_assert!(period.span.from < period.span.to);
                day = period.span.to;
            }
            proptest::prop_assert_eq!(day, span.to);
        }
    }
}
