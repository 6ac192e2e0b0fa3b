//! When a crossing point is open, and when the legal clocks run there.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{Reference, Validity};
use crate::domain::period::{beginning_of, local_day};
use crate::domain::words::words;

words! {
    /// A day of the week.
    "weekday" Weekday {
        Monday = "monday",
        Tuesday = "tuesday",
        Wednesday = "wednesday",
        Thursday = "thursday",
        Friday = "friday",
        Saturday = "saturday",
        Sunday = "sunday",
    }
}

words! {
    /// On which side of the border a closure was decided.
    "side of the border" Side { Vietnam = "vietnam", China = "china", Both = "both" }
}

/// How many days ahead or back is looked for working time: a crossing point that is closed for longer has none.
const HORIZON_DAYS: usize = 400;

/// A time of day at the gate, in whole minutes: `00:00` to `24:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay(u16);

impl FromStr for TimeOfDay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no time of day; write it like 07:30, up to 24:00");
        let (hours, minutes) = text.split_once(':').ok_or_else(wrong)?;
        let number = |digits: &str| -> Option<u16> {
            (digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
        };
        let (hours, minutes) = number(hours).zip(number(minutes)).ok_or_else(wrong)?;
        let whole = hours * 60 + minutes;
        if minutes < 60 && whole <= 24 * 60 { Ok(Self(whole)) } else { Err(wrong()) }
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Hours of a day, on some weekdays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// From when on.
    pub from: TimeOfDay,
    /// Up to when.
    pub to: TimeOfDay,
    /// On which weekdays; on every one where none is named.
    #[serde(default)]
    pub weekdays: Vec<Weekday>,
}

/// The calendar of a crossing point on the days of its validity. A closure, a holiday, a day that takes only
/// vehicles registered before it: each is an entry of its days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// The crossing point.
    pub code: String,
    /// When it is open; on no hour where there are none: closed.
    pub open: Vec<Opening>,
    /// When the legal clocks run, where that is not whenever it is open: on a public holiday, on no hour.
    #[serde(default)]
    pub working: Option<Vec<Opening>>,
    /// Whether only vehicles arrive that were registered before the day.
    #[serde(default)]
    pub pre_registered_only: bool,
    /// On which side it was closed, where it is.
    #[serde(default)]
    pub closed_by: Option<Side>,
    /// What the days are, or where that was published.
    #[serde(default)]
    pub note: Option<String>,
    /// Its days.
    #[serde(flatten)]
    pub validity: Validity,
}

impl Calendar {
    /// What is wrong with its hours.
    pub(super) fn faults(&self) -> Vec<String> {
        let hours = self.open.iter().chain(self.working.iter().flatten());
        let backwards = hours.filter(|opening| opening.from >= opening.to);
        backwards.map(|opening| format!("the hours from {} end at {}", opening.from, opening.to)).collect()
    }
}

/// An open stretch of time, from an instant on up to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hours {
    /// Its first instant.
    pub from: DateTime<Utc>,
    /// The first instant that is no longer in it.
    pub to: DateTime<Utc>,
}

/// Which hours of a calendar are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Opening,
    Working,
}

/// The stretches of `openings` on `day`, in their order, those that touch made one.
fn hours_of(openings: &[Opening], day: NaiveDate) -> Vec<Hours> {
    let weekday = Weekday::VARIANTS.get(day.weekday().num_days_from_monday() as usize);
    let midnight = beginning_of(day);
    let at = |time: TimeOfDay| midnight + TimeDelta::minutes(i64::from(time.0));
    let today = openings
        .iter()
        .filter(|opening| opening.weekdays.is_empty() || weekday.is_some_and(|day| opening.weekdays.contains(day)));
    let mut hours: Vec<Hours> = today.map(|opening| Hours { from: at(opening.from), to: at(opening.to) }).collect();
    hours.sort_unstable();
    let mut joined: Vec<Hours> = Vec::new();
    for next in hours {
        match joined.last_mut() {
            Some(last) if next.from <= last.to => last.to = last.to.max(next.to),
            _ => joined.push(next),
        }
    }
    joined
}

impl Reference {
    /// The calendar of a crossing point on `day`; none where nothing is known of its hours.
    #[must_use]
    pub fn calendar(&self, crossing_point: &str, day: NaiveDate) -> Option<&Calendar> {
        self.calendars.get(crossing_point, day)
    }

    /// The hours of `day`; where nothing is known of them, the whole day.
    fn hours(&self, of: Of, crossing_point: &str, day: NaiveDate) -> Vec<Hours> {
        let Some(calendar) = self.calendar(crossing_point, day) else {
            let end = day.succ_opt().map_or(DateTime::<Utc>::MAX_UTC, beginning_of);
            return vec![Hours { from: beginning_of(day), to: end }];
        };
        match (of, &calendar.working) {
            (Of::Working, Some(working)) => hours_of(working, day),
            (Of::Opening | Of::Working, _) => hours_of(&calendar.open, day),
        }
    }

    /// Whether a crossing point is open on any hour of `day`.
    #[must_use]
    pub fn opens_on(&self, crossing_point: &str, day: NaiveDate) -> bool {
        !self.hours(Of::Opening, crossing_point, day).is_empty()
    }

    /// Whether a crossing point is open at `at`.
    #[must_use]
    pub fn is_open(&self, crossing_point: &str, at: DateTime<Utc>) -> bool {
        let hours = self.hours(Of::Opening, crossing_point, local_day(at));
        hours.iter().any(|hours| hours.from <= at && at < hours.to)
    }

    /// The first instant from `at` on at which a crossing point is open and `day_suits`; none within a year.
    #[must_use]
    pub fn next_open(
        &self,
        crossing_point: &str,
        at: DateTime<Utc>,
        day_suits: impl Fn(NaiveDate) -> bool,
    ) -> Option<DateTime<Utc>> {
        let days = local_day(at).iter_days().take(HORIZON_DAYS).filter(|day| day_suits(*day));
        let hours = days.flat_map(|day| self.hours(Of::Opening, crossing_point, day));
        hours.filter(|hours| at < hours.to).map(|hours| hours.from.max(at)).next()
    }

    /// The first instant after `at` at which a crossing point that is open at `at` closes; none within a year.
    #[must_use]
    pub fn closes_at(&self, crossing_point: &str, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let days = local_day(at).iter_days().take(HORIZON_DAYS);
        let mut open_until = None;
        for hours in days.flat_map(|day| self.hours(Of::Opening, crossing_point, day)) {
            if hours.to <= at {
                continue;
            }
            if hours.from > open_until.unwrap_or(at) {
                return open_until;
            }
            open_until = Some(hours.to);
        }
        None
    }

    /// Whether a vehicle that is or was registered at `registered_at` may arrive on `day`: where only vehicles
    /// registered before that day are taken, it had to be registered before its midnight.
    #[must_use]
    pub fn takes(&self, crossing_point: &str, day: NaiveDate, registered_at: Option<DateTime<Utc>>) -> bool {
        let only_earlier = self.calendar(crossing_point, day).is_some_and(|calendar| calendar.pre_registered_only);
        !only_earlier || registered_at.is_some_and(|at| at < beginning_of(day))
    }

    /// When `length` of working time from `since` on is over; none where that is not within a year.
    #[must_use]
    pub fn working_time_ends(
        &self,
        crossing_point: &str,
        since: DateTime<Utc>,
        length: TimeDelta,
    ) -> Option<DateTime<Utc>> {
        let mut left = length;
        for day in local_day(since).iter_days().take(HORIZON_DAYS) {
            for hours in self.hours(Of::Working, crossing_point, day) {
                let from = hours.from.max(since);
                if from >= hours.to {
                    continue;
                }
                if left <= hours.to - from {
                    return Some(from + left);
                }
                left -= hours.to - from;
            }
        }
        None
    }

    /// The latest instant from which on `length` of working time is over by `end`; none where that is not within
    /// a year.
    #[must_use]
    pub fn working_time_began(
        &self,
        crossing_point: &str,
        end: DateTime<Utc>,
        length: TimeDelta,
    ) -> Option<DateTime<Utc>> {
        let mut left = length;
        let mut day = local_day(end);
        for _ in 0..HORIZON_DAYS {
            for hours in self.hours(Of::Working, crossing_point, day).into_iter().rev() {
                let to = hours.to.min(end);
                if hours.from >= to {
                    continue;
                }
                if left <= to - hours.from {
                    return Some(to - left);
                }
                left -= to - hours.from;
            }
            day = day.pred_opt()?;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::{List, ReferenceEntry};
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        format!("{text}:00+07:00").parse().unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn entry(from: &str, to: Option<&str>, fields: Value) -> ReferenceEntry {
        let Value::Object(fields) = fields else { unreachable!() };
        let validity = Validity { valid_from: day(from), valid_to: to.map(day) };
        ReferenceEntry { list: List::Calendars, code: "P".into(), validity, fields }
    }

    fn reference(entries: Vec<ReferenceEntry>) -> Reference {
        let Value::Object(gate) = json!({"name": "G", "kind": "road"}) else { unreachable!() };
        let Value::Object(point) = json!({"name": "P", "kind": "road", "gate": "G"}) else { unreachable!() };
        let validity = Validity { valid_from: day("2020-01-01"), valid_to: None };
        let mut all = entries;
        all.push(ReferenceEntry { list: List::Gates, code: "G".into(), validity, fields: gate });
        all.push(ReferenceEntry { list: List::CrossingPoints, code: "P".into(), validity, fields: point });
        Reference::build(all).unwrap()
    }

    /// Open from 7 to 20 each day; on Sunday 15 February 2026 and the three days after it closed.
    fn usual() -> Reference {
        let daily = || json!({"open": [{"from": "07:00", "to": "20:00"}]});
        reference(vec![
            entry("2025-01-01", Some("2026-02-15"), daily()),
            entry("2026-02-15", Some("2026-02-19"), json!({"open": []})),
            entry("2026-02-19", None, daily()),
        ])
    }

    #[test]
    fn two_working_hours_run_through_the_night() {
        let due = |since| usual().working_time_ends("P", at(since), TimeDelta::hours(2)).unwrap();
        assert_eq!(due("2025-03-31T09:00"), at("2025-03-31T11:00"));
        assert_eq!(due("2025-03-31T18:00"), at("2025-03-31T20:00"));
        assert_eq!(due("2025-03-31T19:00"), at("2025-04-01T08:00"));
        assert_eq!(due("2025-03-31T23:00"), at("2025-04-01T09:00"));
        assert_eq!(due("2025-03-31T05:00"), at("2025-03-31T09:00"));
    }

    #[test]
    fn eight_working_hours_run_through_a_closure_of_four_days() {
        let due = usual().working_time_ends("P", at("2026-02-14T15:00"), TimeDelta::hours(8));
        assert_eq!(due, Some(at("2026-02-19T10:00")));
    }

    #[test]
    fn a_crossing_point_that_stays_closed_has_no_working_time_and_one_without_a_calendar_has_all() {
        let closed = reference(vec![entry("2025-01-01", None, json!({"open": []}))]);
        assert_eq!(closed.working_time_ends("P", at("2025-03-31T09:00"), TimeDelta::hours(2)), None);
        assert_eq!(closed.next_open("P", at("2025-03-31T09:00"), |_| true), None);
        let unknown = reference(Vec::new());
        let due = unknown.working_time_ends("P", at("2025-03-31T23:00"), TimeDelta::hours(2));
        assert_eq!(due, Some(at("2025-04-01T01:00")));
        assert!(unknown.is_open("P", at("2025-03-31T03:00")));
    }

    #[test]
    fn on_a_holiday_the_gate_may_be_open_and_the_clocks_stand() {
        let holiday = json!({"open": [{"from": "08:00", "to": "12:00"}], "working": []});
        let daily = json!({"open": [{"from": "07:00", "to": "20:00"}]});
        let calendar = reference(vec![
            entry("2025-01-01", Some("2025-09-02"), daily.clone()),
            entry("2025-09-02", Some("2025-09-03"), holiday),
            entry("2025-09-03", None, daily),
        ]);
        assert!(calendar.is_open("P", at("2025-09-02T09:00")));
        let due = calendar.working_time_ends("P", at("2025-09-01T19:00"), TimeDelta::hours(2));
        assert_eq!(due, Some(at("2025-09-03T08:00")));
    }

    #[test]
    fn weekdays_have_their_own_hours_and_hours_that_touch_are_one() {
        let fields = json!({"open": [
            {"from": "07:00", "to": "12:00", "weekdays": ["monday", "saturday"]},
            {"from": "12:00", "to": "17:00", "weekdays": ["monday"]},
        ]});
        let calendar = reference(vec![entry("2025-01-01", None, fields)]);
        // 31 March 2025 is a Monday.
        assert_eq!(calendar.closes_at("P", at("2025-03-31T09:00")), Some(at("2025-03-31T17:00")));
        assert_eq!(calendar.next_open("P", at("2025-03-31T17:00"), |_| true), Some(at("2025-04-05T07:00")));
        assert!(!calendar.is_open("P", at("2025-04-05T12:00")) && !calendar.opens_on("P", day("2025-04-06")));
    }

    #[test]
    fn open_day_and_night_is_closed_at_no_midnight() {
        let calendar = reference(vec![
            entry("2025-01-01", Some("2025-04-02"), json!({"open": [{"from": "00:00", "to": "24:00"}]})),
            entry("2025-04-02", None, json!({"open": [{"from": "00:00", "to": "06:00"}]})),
        ]);
        assert_eq!(calendar.closes_at("P", at("2025-03-31T09:00")), Some(at("2025-04-02T06:00")));
    }

    #[test]
    fn on_a_day_for_the_pre_registered_only_those_registered_before_its_midnight_arrive() {
        let fields = json!({"open": [{"from": "07:00", "to": "20:00"}], "pre_registered_only": true});
        let calendar = reference(vec![entry("2026-02-19", Some("2026-02-24"), fields)]);
        let takes = |registered: Option<&str>, on| calendar.takes("P", day(on), registered.map(at));
        assert!(takes(Some("2026-02-18T23:59"), "2026-02-19"));
        assert!(!takes(Some("2026-02-19T00:00"), "2026-02-19"));
        assert!(!takes(None, "2026-02-19"));
        assert!(takes(Some("2026-02-19T00:00"), "2026-02-20"));
        assert!(takes(None, "2026-02-24"));
    }

    #[test]
    fn times_of_day_are_read_to_the_minute_and_no_further() {
        for good in ["00:00", "07:30", "24:00"] {
            assert_eq!(good.parse::<TimeOfDay>().unwrap().to_string(), good);
        }
        for wrong in ["7:30", "24:01", "12:60", "noon", "+1:00", "07:30:00", ""] {
            assert!(wrong.parse::<TimeOfDay>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_has_fallen_due_is_what_began_early_enough(
            since in 0_i64..60 * 24 * 60, end in 0_i64..60 * 24 * 60, hours in 1_i64..30,
        ) {
            let calendar = usual();
            let zero = at("2026-01-20T00:00");
            let (since, end) = (zero + TimeDelta::minutes(since), zero + TimeDelta::minutes(end));
            let length = TimeDelta::hours(hours);
            let due = calendar.working_time_ends("P", since, length).unwrap();
            let began = calendar.working_time_began("P", end, length).unwrap();
            prop_assert_eq!(due <= end, since <= began, "due {}, began {}", due, began);
        }

        #[test]
        fn more_time_is_never_due_earlier(since in 0_i64..60 * 24 * 60, first in 0_i64..2_000, more in 0_i64..2_000) {
            let calendar = usual();
            let since = at("2026-01-20T00:00") + TimeDelta::minutes(since);
            let due = |minutes| calendar.working_time_ends("P", since, TimeDelta::minutes(minutes)).unwrap();
            prop_assert!(due(first) <= due(first + more) && since <= due(first));
        }
    }
}
