//! Whether what was declared keeps every rule that a submission must keep; everything wrong at once.

use chrono::{DateTime, Duration, Utc};

use super::act::Rules;
use super::content::{CargoClass, Content, Direction, People, Person, Vehicle};
use super::firm::check_tax_code;
use super::period::local_day;
use super::plates::{Bearer, check_container, check_plate};
use super::reference::GateKind;
use super::rule_failure::{Findings, RuleFailure};
use super::vehicle::VehicleKind;

/// The heaviest gross mass accepted for one vehicle, in kilograms.
pub const MAX_GROSS_KG: i64 = 200_000;

/// How long before now an arrival may have been planned for.
const LATEST_PAST_ARRIVAL: Duration = Duration::hours(24);

/// Checks the declared `content` and `people` as of `now`.
#[must_use]
pub fn check(content: &Content, people: Option<&People>, now: DateTime<Utc>, rules: Rules) -> Findings {
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
    let point = rules.reference.crossing_point(&content.crossing_point, local_day(now));
    if point.is_none() {
        findings.fail(RuleFailure::new("/crossing_point", "crossing-point-unknown"));
    }
    if let Some(arrival) = content.planned_arrival
        && (arrival < now - LATEST_PAST_ARRIVAL || arrival > now + Duration::days(rules.expire_after_days))
    {
        let failure = RuleFailure::new("/planned_arrival", "arrival-out-of-range");
        findings.fail(failure.with("days", rules.expire_after_days));
    }
    if let Some(code) = &content.trader_tax_code {
        check_tax_code(code, "/trader_tax_code", rules.tax_code_check, &mut findings);
    }
    if let Some(vehicle) = &content.vehicle {
        check_vehicle(vehicle, point.map(|point| point.kind), &mut findings);
        let by_rail = vehicle.kind == VehicleKind::RailWagon;
        match people.and_then(|people| people.driver.as_ref()) {
            Some(_) if by_rail => findings.fail(RuleFailure::new("/driver", "wagon-has-no-driver")),
            Some(driver) => check_person(driver, "/driver", &mut findings),
            None if by_rail => {}
            None => findings.fail(RuleFailure::new("/driver", "required")),
        }
    }
    for (place, person) in people.map(|people| people.crew.as_slice()).unwrap_or_default().iter().enumerate() {
        check_person(person, &format!("/crew/{place}"), &mut findings);
    }
    check_goods(content, &mut findings);
    for (place, customs) in content.customs_declarations.iter().enumerate() {
        if customs.number.len() != 12 || !customs.number.bytes().all(|byte| byte.is_ascii_digit()) {
            findings
                .fail(RuleFailure::new(format!("/customs_declarations/{place}/number"), "customs-declaration-format"));
        }
    }
    findings
}

fn check_vehicle(vehicle: &Vehicle, kind_of_gate: Option<GateKind>, findings: &mut Findings) {
    let by_rail = vehicle.kind == VehicleKind::RailWagon;
    if kind_of_gate.is_some_and(|kind| (kind == GateKind::Rail) != by_rail) {
        findings.fail(RuleFailure::new("/vehicle/kind", "other-kind-of-gate"));
    }
    if by_rail {
        if vehicle.plate.is_some() {
            findings.fail(RuleFailure::new("/vehicle/plate", "wagon-has-no-plate"));
        }
        let number = vehicle.wagon_number.as_deref().unwrap_or_default();
        if !(4..=12).contains(&number.len()) || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            findings.fail(RuleFailure::new("/vehicle/wagon_number", "wagon-number-format"));
        }
    } else {
        if vehicle.wagon_number.is_some() {
            findings.fail(RuleFailure::new("/vehicle/wagon_number", "road-vehicle-has-no-wagon-number"));
        }
        let country = vehicle.country.as_deref().unwrap_or_default();
        if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
            findings.fail(RuleFailure::new("/vehicle/country", "country-format"));
        }
        match &vehicle.plate {
            None => findings.fail(RuleFailure::new("/vehicle/plate", "required")),
            Some(plate) => check_plate(plate, country, Bearer::Powered, "/vehicle/plate", findings),
        }
        if let Some(trailer) = &vehicle.trailer_plate {
            check_plate(trailer, country, Bearer::Trailer, "/vehicle/trailer_plate", findings);
        }
    }
    for (place, container) in vehicle.containers.iter().enumerate() {
        check_container(container, &format!("/vehicle/containers/{place}"), findings);
    }
}

fn check_person(person: &Person, pointer: &str, findings: &mut Findings) {
    if person.full_name.trim().is_empty() {
        findings.fail(RuleFailure::new(format!("{pointer}/full_name"), "empty"));
    }
    match &person.document {
        None => findings.fail(RuleFailure::new(format!("{pointer}/document"), "required")),
        Some(document) if document.number.trim().is_empty() => {
            findings.fail(RuleFailure::new(format!("{pointer}/document/number"), "empty"));
        }
        Some(_) => {}
    }
}

fn check_goods(content: &Content, findings: &mut Findings) {
    let empty = content.cargo_class == Some(CargoClass::Empty);
    if empty && !(content.goods.is_empty() && content.customs_declarations.is_empty() && !content.transshipment) {
        findings.fail(RuleFailure::new("/cargo_class", "empty-carries-nothing"));
    }
    if !empty && content.goods.is_empty() {
        findings.fail(RuleFailure::new("/goods", "required"));
    }
    for (place, line) in content.goods.iter().enumerate() {
        if line.hs_code.len() != 8 || !line.hs_code.bytes().all(|byte| byte.is_ascii_digit()) {
            findings.fail(RuleFailure::new(format!("/goods/{place}/hs_code"), "hs-code-format"));
        }
        if line.gross_kg < 1 {
            findings.fail(RuleFailure::new(format!("/goods/{place}/gross_kg"), "mass-out-of-range"));
        }
    }
    if content.gross_kg() > MAX_GROSS_KG {
        findings.fail(RuleFailure::new("/goods", "mass-out-of-range").with("max", MAX_GROSS_KG));
    }
    let chapters = content.hs_chapters();
    if content.cargo_class == Some(CargoClass::Fruit) && !chapters.iter().all(|chapter| matches!(chapter, 7 | 8)) {
        findings.fail(RuleFailure::new("/cargo_class", "fruit-is-chapter-7-or-8"));
    }
    if content.cargo_class == Some(CargoClass::NewVehicle) {
        if content.direction != Direction::Import || chapters != [87] {
            findings.fail(RuleFailure::new("/cargo_class", "new-vehicle-is-chapter-87-import"));
        }
        let vin = content.vehicle.as_ref().and_then(|vehicle| vehicle.vin.as_deref()).unwrap_or_default();
        if vin.len() != 17 || !vin.bytes().all(|byte| byte.is_ascii_alphanumeric() && !b"IOQ".contains(&byte)) {
            findings.fail(RuleFailure::new("/vehicle/vin", "vin-format"));
        }
    }
}
