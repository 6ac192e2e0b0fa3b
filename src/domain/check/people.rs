//! The driver and the crew: who they are and what they travel on.

use chrono::NaiveDate;

use super::{check_country, mrz};
use crate::domain::content::{Content, DocumentKind, People, Person};
use crate::domain::reference::Reference;
use crate::domain::rule_failure::{Findings, RuleFailure};

/// Checks the people that cross with what `content` declares.
pub(super) fn check(
    content: &Content,
    people: Option<&People>,
    reference: &Reference,
    today: NaiveDate,
    findings: &mut Findings,
) {
    let driver = people.and_then(|people| people.driver.as_ref());
    let crew = people.map(|people| &*people.crew).unwrap_or_default();
    if content.is_by_rail() {
        if driver.is_some() {
            findings.fail(RuleFailure::new("/driver", "wagon-has-no-driver"));
        }
        if !crew.is_empty() {
            findings.fail(RuleFailure::new("/crew", "wagon-has-no-driver"));
        }
        return;
    }
    match driver {
        Some(driver) => check_person(driver, format_args!("/driver"), reference, today, findings),
        // Without a vehicle it is not known yet whether there is a driver to name.
        None if content.vehicle.is_some() => findings.fail(RuleFailure::new("/driver", "required")),
        None => {}
    }
    for (place, person) in crew.iter().enumerate() {
        check_person(person, format_args!("/crew/{place}"), reference, today, findings);
    }
}

fn check_person(
    person: &Person,
    pointer: std::fmt::Arguments,
    reference: &Reference,
    today: NaiveDate,
    findings: &mut Findings,
) {
    if person.full_name.trim().is_empty() {
        findings.fail(RuleFailure::new(format!("{pointer}/full_name"), "empty"));
    }
    check_country(&person.nationality, format_args!("{pointer}/nationality"), reference, today, findings);
    let Some(document) = &person.document else {
        findings.fail(RuleFailure::new(format!("{pointer}/document"), "required"));
        return;
    };
    if document.number.trim().is_empty() {
        findings.fail(RuleFailure::new(format!("{pointer}/document/number"), "empty"));
    }
    match (&document.mrz, document.kind) {
        (None, _) => {}
        (Some(zone), DocumentKind::Passport) => mrz::check(zone, format_args!("{pointer}/document/mrz"), findings),
        (Some(_), DocumentKind::BorderPass | DocumentKind::IdentityCard | DocumentKind::DrivingLicence) => {
            findings.fail(RuleFailure::new(format!("{pointer}/document/mrz"), "mrz-of-a-passport-only"));
        }
    }
}
