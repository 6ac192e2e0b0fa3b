//! The goods, their class, and the customs declarations they stand on.

use chrono::NaiveDate;

use super::{check_country, check_distinct, is_digits};
use crate::domain::content::{CargoClass, Content, Direction};
use crate::domain::reference::Reference;
use crate::domain::rule_failure::{Findings, RuleFailure};

/// The heaviest gross mass accepted for one vehicle, in kilograms.
pub const MAX_GROSS_KG: i64 = 200_000;

/// Checks what is carried.
pub(super) fn check(content: &Content, reference: &Reference, today: NaiveDate, findings: &mut Findings) {
    check_class(content, findings);
    for (place, line) in content.goods.iter().enumerate() {
        if !is_hs_code(&line.hs_code) {
            findings.fail(RuleFailure::new(format!("/goods/{place}/hs_code"), "hs-code-format"));
        }
        for (field, text) in [("description", &line.description), ("unit", &line.unit)] {
            if text.trim().is_empty() {
                findings.fail(RuleFailure::new(format!("/goods/{place}/{field}"), "empty"));
            }
        }
        if !(line.quantity.is_finite() && line.quantity > 0.0) {
            findings.fail(RuleFailure::new(format!("/goods/{place}/quantity"), "quantity-out-of-range"));
        }
        if !(1..=MAX_GROSS_KG).contains(&line.gross_kg) {
            let failure = RuleFailure::new(format!("/goods/{place}/gross_kg"), "mass-out-of-range");
            findings.fail(failure.with("max", MAX_GROSS_KG));
        }
        if let Some(origin) = &line.origin {
            check_country(origin, format_args!("/goods/{place}/origin"), reference, today, findings);
        }
    }
    let each_is_good = content.goods.iter().all(|line| line.gross_kg <= MAX_GROSS_KG);
    if each_is_good && content.gross_kg() > MAX_GROSS_KG {
        findings.fail(RuleFailure::new("/goods", "mass-out-of-range").with("max", MAX_GROSS_KG));
    }
    check_customs(content, reference, today, findings);
}

/// A vehicle is empty if and only if it carries nothing; fruit and new vehicles are what the tariff says they are.
fn check_class(content: &Content, findings: &mut Findings) {
    let carries = !content.goods.is_empty() || !content.customs_declarations.is_empty() || content.transshipment;
    // A code that is not well-formed has that fault alone.
    let codes = || content.goods.iter().map(|line| line.hs_code.as_str()).filter(|code| is_hs_code(code));
    let of_chapters = |chapters: &[&str]| codes().all(|code| chapters.iter().any(|chapter| code.starts_with(chapter)));
    let needs_goods = match content.cargo_class {
        Some(CargoClass::Empty) => {
            if carries {
                findings.fail(RuleFailure::new("/cargo_class", "empty-carries-nothing"));
            }
            false
        }
        Some(CargoClass::Fruit) => {
            if !of_chapters(&["07", "08"]) {
                findings.fail(RuleFailure::new("/cargo_class", "fruit-is-chapter-7-or-8"));
            }
            true
        }
        Some(CargoClass::NewVehicle) => {
            if content.direction != Direction::Import || !of_chapters(&["87"]) {
                findings.fail(RuleFailure::new("/cargo_class", "new-vehicle-is-chapter-87-import"));
            }
            if content.vehicle.as_ref().is_some_and(|vehicle| vehicle.vin.is_none()) {
                findings.fail(RuleFailure::new("/vehicle/vin", "required"));
            }
            true
        }
        Some(CargoClass::General) => true,
        None => carries,
    };
    if needs_goods && content.goods.is_empty() {
        findings.fail(RuleFailure::new("/goods", "required"));
    }
}

fn check_customs(content: &Content, reference: &Reference, today: NaiveDate, findings: &mut Findings) {
    for (place, customs) in content.customs_declarations.iter().enumerate() {
        if customs.number.len() != 12 || !is_digits(&customs.number) {
            let pointer = format!("/customs_declarations/{place}/number");
            findings.fail(RuleFailure::new(pointer, "customs-declaration-format"));
        }
        let pointer = format!("/customs_declarations/{place}/type_code");
        match reference.customs_type_code(&customs.type_code, today) {
            _ if customs.type_code.is_empty() => findings.fail(RuleFailure::new(pointer, "empty")),
            None => {
                // Customs may have made it since: shown, and no reason to stop anybody.
                findings.warn(RuleFailure::new(pointer, "customs-type-unknown").with("code", &customs.type_code));
            }
            Some(code) if code.direction != content.direction => {
                let failure = RuleFailure::new(pointer, "customs-type-other-direction");
                findings.fail(failure.with("code", &code.code).with("direction", code.direction));
            }
            Some(_) => {}
        }
    }
    // The twelfth digit counts the amendments of one and the same declaration.
    let numbers = content.customs_declarations.iter().map(|customs| customs.number.as_str());
    let same = numbers.map(|number| number.get(..11).unwrap_or(number));
    check_distinct(same, |place| format!("/customs_declarations/{place}/number"), findings);
}

fn is_hs_code(code: &str) -> bool {
    code.len() == 8 && is_digits(code)
}
