//! How a vehicle's day at the gate runs: when what happens, so that waiting times look like those of a real gate.

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Timelike, Utc};

use super::random::Random;
use crate::domain::declaration::Stamps;

/// When the barriers open and close, in minutes of the local day: 07:00 and 19:45.
const OPEN: u32 = 7 * 60;
const CLOSE: u32 = 19 * 60 + 45;

/// Hours by which the gate's clocks are ahead of UTC.
const AHEAD_OF_UTC: i64 = 7;

/// The instant at which clocks at the gate show `minute` of `day`, and some seconds.
pub fn local(random: &mut Random, day: NaiveDate, minute: u32) -> DateTime<Utc> {
    let second = i64::from(random.below(60));
    let midnight = day.and_time(NaiveTime::MIN).and_utc() - Duration::hours(AHEAD_OF_UTC);
    midnight + Duration::minutes(i64::from(minute)) + Duration::seconds(second)
}

/// The first instant from `at` on when the barriers are open; some way into the morning when they were closed.
pub fn when_open(random: &mut Random, at: DateTime<Utc>) -> DateTime<Utc> {
    let clock = at + Duration::hours(AHEAD_OF_UTC);
    let minute = clock.hour() * 60 + clock.minute();
    if (OPEN..CLOSE).contains(&minute) {
        return at;
    }
    let day = clock.date_naive();
    let day = if minute < OPEN { day } else { day.succ_opt().unwrap_or(day) };
    // Most queue when the barriers open, the rest come through the morning.
    let last = if random.percent(55) { 90 } else { 330 };
    let morning = random.between(OPEN + 2, OPEN + last);
    local(random, day, morning)
}

/// `at` and some minutes between `first` and `last`, and some seconds.
pub fn later(random: &mut Random, at: DateTime<Utc>, first: u32, last: u32) -> DateTime<Utc> {
    at + Duration::seconds(i64::from(random.between(first * 60, last * 60)))
}

/// The same before `at`.
pub fn earlier(random: &mut Random, at: DateTime<Utc>, first: u32, last: u32) -> DateTime<Utc> {
    at - Duration::seconds(i64::from(random.between(first * 60, last * 60)))
}

/// An instant so many hundredths of the way from one to another, between `least` and `most`.
pub fn part_of_the_way(
    random: &mut Random,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    least: u32,
    most: u32,
) -> DateTime<Utc> {
    let span = (to - from).num_seconds().max(0);
    from + Duration::seconds(span * i64::from(random.between(least, most)) / 100)
}

/// Declared at this instant, and registered soon after.
pub fn registered(random: &mut Random, declared: DateTime<Utc>) -> Stamps {
    let last = if random.percent(85) { 35 } else { 240 };
    let registered = later(random, declared, 2, last);
    Stamps {
        created_at: Some(declared),
        declared_at: Some(declared),
        registered_at: Some(registered),
        ..Stamps::default()
    }
}

/// When one that was registered at this instant arrives.
pub fn arrival(random: &mut Random, registered: DateTime<Utc>) -> DateTime<Utc> {
    let last = if random.percent(70) { 360 } else { 1_500 };
    let at = later(random, registered, 15, last);
    when_open(random, at)
}

/// When one that arrived at this instant crosses.
pub fn crossing(random: &mut Random, arrived: DateTime<Utc>) -> DateTime<Utc> {
    let last = match random.below(100) {
        0..=54 => 300,
        55..=89 => 660,
        _ => 1_800,
    };
    let at = later(random, arrived, 45, last);
    when_open(random, at)
}

/// What happens between arrival and crossing: clearance, often before the arrival, yard, readiness.
pub fn inside(random: &mut Random, stamps: &mut Stamps, arrived: DateTime<Utc>, end: DateTime<Utc>, yard: bool) {
    let registered = stamps.registered_at.unwrap_or(arrived);
    let ready = part_of_the_way(random, arrived, end, 45, 93);
    stamps.arrived_at = Some(arrived);
    stamps.ready_at = Some(ready);
    stamps.cleared_at = Some(if random.percent(22) {
        part_of_the_way(random, registered, arrived, 20, 95)
    } else {
        part_of_the_way(random, arrived, ready, 25, 100)
    });
    if yard {
        stamps.yard_in_at = Some(part_of_the_way(random, arrived, ready, 3, 15));
        stamps.yard_out_at = Some(part_of_the_way(random, ready, end, 10, 80));
    }
}
