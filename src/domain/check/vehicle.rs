//! The vehicle: its plates or its wagon number, containers, seals.

use chrono::NaiveDate;

use super::{check_country, check_distinct, is_digits};
use crate::domain::content::Vehicle;
use crate::domain::plates::{Bearer, check_container, check_plate};
use crate::domain::reference::{GateKind, Reference};
use crate::domain::rule_failure::{Findings, RuleFailure};
use crate::domain::vehicle::VehicleKind;

/// Checks the `vehicle` that is to cross at a gate of the kind `at`, where that is known.
pub(super) fn check(
    vehicle: &Vehicle,
    at: Option<GateKind>,
    reference: &Reference,
    today: NaiveDate,
    findings: &mut Findings,
) {
    let by_rail = match vehicle.kind {
        VehicleKind::RailWagon => true,
        VehicleKind::Truck | VehicleKind::Tractor | VehicleKind::Van => false,
    };
    if at.is_some_and(|kind| (kind == GateKind::Rail) != by_rail) {
        findings.fail(RuleFailure::new("/vehicle/kind", "other-kind-of-gate"));
    }
    let country = vehicle
        .country
        .as_deref()
        .filter(|code| check_country(code, format_args!("/vehicle/country"), reference, today, findings));
    if by_rail {
        check_wagon(vehicle, findings);
    } else {
        check_road_vehicle(vehicle, country, findings);
    }
    for (place, container) in vehicle.containers.iter().enumerate() {
        check_container(container, &format!("/vehicle/containers/{place}"), findings);
    }
    let containers = vehicle.containers.iter().map(String::as_str);
    check_distinct(containers, |place| format!("/vehicle/containers/{place}"), findings);
    for (place, seal) in vehicle.seals.iter().enumerate() {
        if seal.is_empty() {
            findings.fail(RuleFailure::new(format!("/vehicle/seals/{place}"), "empty"));
        }
    }
    let seals = vehicle.seals.iter().map(String::as_str);
    check_distinct(seals, |place| format!("/vehicle/seals/{place}"), findings);
    if let Some(vin) = &vehicle.vin {
        // ISO 3779: without I, O and Q. The check digit is North America's alone.
        if vin.len() != 17 || !vin.bytes().all(|byte| byte.is_ascii_alphanumeric() && !b"IOQ".contains(&byte)) {
            findings.fail(RuleFailure::new("/vehicle/vin", "vin-format"));
        }
    }
}

fn check_wagon(wagon: &Vehicle, findings: &mut Findings) {
    for (plate, pointer) in [(&wagon.plate, "/vehicle/plate"), (&wagon.trailer_plate, "/vehicle/trailer_plate")] {
        if plate.is_some() {
            findings.fail(RuleFailure::new(pointer, "wagon-has-no-plate"));
        }
    }
    match wagon.wagon_number.as_deref() {
        None => findings.fail(RuleFailure::new("/vehicle/wagon_number", "required")),
        Some(number) if (4..=12).contains(&number.len()) && is_digits(number) => {}
        Some(_) => findings.fail(RuleFailure::new("/vehicle/wagon_number", "wagon-number-format")),
    }
}

/// Plates are looked at where the country is known that gives them their form.
fn check_road_vehicle(vehicle: &Vehicle, country: Option<&str>, findings: &mut Findings) {
    if vehicle.wagon_number.is_some() {
        findings.fail(RuleFailure::new("/vehicle/wagon_number", "road-vehicle-has-no-wagon-number"));
    }
    if vehicle.country.is_none() {
        findings.fail(RuleFailure::new("/vehicle/country", "required"));
    }
    match (&vehicle.plate, country) {
        (None, _) => findings.fail(RuleFailure::new("/vehicle/plate", "required")),
        (Some(plate), Some(country)) => check_plate(plate, country, Bearer::Powered, "/vehicle/plate", findings),
        (Some(_), None) => {}
    }
    if let (Some(trailer), Some(country)) = (&vehicle.trailer_plate, country) {
        check_trailer(trailer, country, findings);
    }
}

/// At this border tractors change and trailers go on: a Vietnamese tractor may pull a Chinese trailer and the
/// other way round. So a trailer's plate is good when it is one of the vehicle's country, of Vietnam or of China.
fn check_trailer(trailer: &str, country: &str, findings: &mut Findings) {
    let tried = [country, "VN", "CN"].map(|country| {
        let mut tried = Findings::default();
        check_plate(trailer, country, Bearer::Trailer, "/vehicle/trailer_plate", &mut tried);
        tried
    });
    // Good without a warning is better than good with one; where it is neither, the vehicle's own country speaks.
    let best = tried.into_iter().min_by_key(|tried| (tried.failures.len(), tried.warnings.len())).unwrap_or_default();
    findings.failures.extend(best.failures);
    findings.warnings.extend(best.warnings);
}
