//! Whether what was declared keeps every rule that a submission must keep; everything wrong at once.

mod goods;
mod mrz;
mod people;
mod texts;
mod vehicle;

use chrono::{DateTime, Duration, NaiveDate, Utc};

use super::act::Rules;
use super::content::{Content, People};
use super::firm::check_tax_code;
use super::period::{local_day, shown};
use super::reference::Reference;
use super::rule_failure::{Findings, RuleFailure};

pub use goods::MAX_GROSS_KG;
pub use mrz::normalise_mrz;
pub use texts::unkeepable;

/// How long before now an arrival may have been planned for.
const LATEST_PAST_ARRIVAL: Duration = Duration::hours(24);

/// Checks the declared `content` and `people`, both normalised, as of `now`.
#[must_use]
pub fn check(content: &Content, people: Option<&People>, now: DateTime<Utc>, rules: Rules) -> Findings {
    let today = local_day(now);
    let mut findings = Findings::default();
    let mut required = |there: bool, pointer: &str| {
        if !there {
            findings.fail(RuleFailure::new(pointer, "required"));
        }
    };
    required(content.regime.is_some(), "/regime");
    required(content.cargo_class.is_some(), "/cargo_class");
    required(content.planned_arrival.is_some(), "/planned_arrival");
    required(content.vehicle.is_some(), "/vehicle");
    let point = rules.reference.crossing_point(&content.crossing_point, today);
    if point.is_none() {
        findings.fail(RuleFailure::new("/crossing_point", "crossing-point-unknown"));
    }
    if let Some(arrival) = content.planned_arrival {
        let ahead = arrival - now;
        // A setting may be more days than a `Duration` holds: a century is as good as no limit.
        let latest = Duration::days(rules.expire_after_days.clamp(0, 36_500));
        if ahead < -LATEST_PAST_ARRIVAL || ahead > latest {
            let failure = RuleFailure::new("/planned_arrival", "arrival-out-of-range");
            findings.fail(failure.with("days", rules.expire_after_days));
        } else if point.is_some() {
            findings.failures.extend(unsuitable_arrival(&content.crossing_point, arrival, now, rules.reference));
        }
    }
    if let Some(code) = &content.trader_tax_code {
        check_tax_code(code, "/trader_tax_code", rules.tax_code_check, &mut findings);
    }
    if let Some(vehicle) = &content.vehicle {
        vehicle::check(vehicle, point.map(|point| point.kind), rules.reference, today, &mut findings);
    }
    people::check(content, people, rules.reference, today, &mut findings);
    goods::check(content, rules.reference, today, &mut findings);
    merged(unkeepable(content, people), findings)
}

/// Whether the crossing point takes nobody in at a planned `arrival`: outside its hours, or, on a day that takes only
/// vehicles registered before it, what is declared when it has begun.
fn unsuitable_arrival(
    point: &str,
    arrival: DateTime<Utc>,
    now: DateTime<Utc>,
    reference: &Reference,
) -> Option<RuleFailure> {
    // At the earliest it is registered now.
    let suits = |day| reference.takes(point, day, Some(now));
    let failure = if !reference.is_open(point, arrival) {
        RuleFailure::new("/planned_arrival", "outside-opening-hours")
    } else if suits(local_day(arrival)) {
        return None;
    } else {
        RuleFailure::new("/planned_arrival", "arrival-needs-earlier-registration")
    };
    Some(match reference.next_open(point, arrival.max(now), suits) {
        Some(next) => failure.with("next", shown(next)),
        None => failure,
    })
}

/// What cannot be kept, then what else is wrong with the other fields: a text or list that is too long, or holds
/// a NUL character, has that fault alone.
fn merged(unkeepable: Vec<RuleFailure>, mut findings: Findings) -> Findings {
    if unkeepable.is_empty() {
        return findings;
    }
    let other = |found: &RuleFailure| {
        !unkeepable.iter().any(|fault| {
            found.pointer.strip_prefix(&fault.pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    };
    findings.failures.retain(other);
    findings.warnings.retain(other);
    findings.failures.splice(0..0, unkeepable);
    findings
}

/// Checks that `code` is a country's on `today`; gives whether it is.
fn check_country(
    code: &str,
    pointer: std::fmt::Arguments,
    reference: &Reference,
    today: NaiveDate,
    findings: &mut Findings,
) -> bool {
    let known = reference.country(code, today).is_some();
    if !known {
        findings.fail(RuleFailure::new(pointer.to_string(), "country-unknown").with("country", code));
    }
    known
}

/// Checks that no text of a list stands there twice: the later ones fail, each naming the first.
fn check_distinct<'a>(
    texts: impl Iterator<Item = &'a str>,
    pointer: impl Fn(usize) -> String,
    findings: &mut Findings,
) {
    let mut first = std::collections::HashMap::new();
    for (place, text) in texts.enumerate() {
        let earlier = *first.entry(text).or_insert(place);
        if earlier != place {
            findings.fail(RuleFailure::new(pointer(place), "duplicate").with("first", pointer(earlier)));
        }
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
