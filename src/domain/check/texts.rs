//! What no declaration may hold, not even a draft: texts and lists without a limit, and what the database
//! would not give back.

use std::fmt::Arguments;

use chrono::Datelike;

use crate::domain::content::{Content, People, Person};
use crate::domain::rule_failure::RuleFailure;

/// The longest code, plate, number or mark, in characters. The longest of them all, a passport's
/// machine-readable zone, has its own limit.
const MARK: usize = 40;
/// A name or a phone number as people write them, in characters.
const NAME: usize = 200;
/// The two lines of a passport's machine-readable zone with the break between them.
const MRZ: usize = 2 * 44 + 1;
/// A description of goods, in characters.
const DESCRIPTION: usize = 1_000;
/// A note, in characters: a page of text.
const NOTE: usize = 2_000;

/// Containers on one vehicle: a lorry carries two, a wagon four.
const CONTAINERS: usize = 8;
/// Seals on one vehicle: two a container, and some of the vehicle's own.
const SEALS: usize = 24;
/// People aboard besides the driver.
const CREW: usize = 20;
/// Lines of goods on one vehicle. A customs declaration has at most 50.
const GOODS: usize = 500;
/// Customs declarations for one vehicle: groupage.
const CUSTOMS_DECLARATIONS: usize = 100;

/// The faults for which a declaration cannot be kept, be it as a draft: a NUL character, a text or list that is
/// too long, a quantity that is no number, a year that a calendar of four digits does not have.
#[must_use]
pub fn unkeepable(content: &Content, people: Option<&People>) -> Vec<RuleFailure> {
    let mut texts = Texts(Vec::new());
    texts.of_content(content);
    if let Some(people) = people {
        texts.of_people(people);
    }
    texts.0
}

struct Texts(Vec<RuleFailure>);

impl Texts {
    fn text(&mut self, text: &str, max: usize, pointer: Arguments) {
        if text.contains('\0') {
            self.0.push(RuleFailure::new(pointer.to_string(), "nul-character"));
        } else if text.len() > max && text.chars().count() > max {
            self.0.push(RuleFailure::new(pointer.to_string(), "too-long").with("max", max).with("unit", "characters"));
        }
    }

    fn optional(&mut self, text: Option<&String>, max: usize, pointer: Arguments) {
        if let Some(text) = text {
            self.text(text, max, pointer);
        }
    }

    /// The entries of a list are not looked at when there are too many of them.
    fn list<'a, T>(
        &mut self,
        list: &'a [T],
        max: usize,
        pointer: &str,
    ) -> impl Iterator<Item = (usize, &'a T)> + use<'a, T> {
        let good = list.len() <= max;
        if !good {
            self.0.push(RuleFailure::new(pointer, "too-long").with("max", max).with("unit", "entries"));
        }
        list.iter().enumerate().take(if good { max } else { 0 })
    }

    fn of_content(&mut self, content: &Content) {
        let Content {
            direction: _,
            crossing_point,
            regime: _,
            cargo_class: _,
            perishable: _,
            planned_arrival,
            trader_tax_code,
            vehicle,
            goods,
            customs_declarations,
            transshipment: _,
            note,
        } = content;
        self.text(crossing_point, MARK, format_args!("/crossing_point"));
        if planned_arrival.is_some_and(|arrival| !(1..=9999).contains(&arrival.year())) {
            // As reading it would have said: it has no text that a reader would take.
            let failure = RuleFailure::new("/planned_arrival", "wrong-type");
            self.0.push(failure.with("wanted", "time such as 2025-03-31T02:00:00Z").with("found", "text"));
        }
        self.optional(trader_tax_code.as_ref(), MARK, format_args!("/trader_tax_code"));
        if let Some(vehicle) = vehicle {
            for (field, text) in [
                ("plate", &vehicle.plate),
                ("wagon_number", &vehicle.wagon_number),
                ("country", &vehicle.country),
                ("trailer_plate", &vehicle.trailer_plate),
                ("vin", &vehicle.vin),
            ] {
                self.optional(text.as_ref(), MARK, format_args!("/vehicle/{field}"));
            }
            for (place, container) in self.list(&vehicle.containers, CONTAINERS, "/vehicle/containers") {
                self.text(container, MARK, format_args!("/vehicle/containers/{place}"));
            }
            for (place, seal) in self.list(&vehicle.seals, SEALS, "/vehicle/seals") {
                self.text(seal, MARK, format_args!("/vehicle/seals/{place}"));
            }
        }
        for (place, line) in self.list(goods, GOODS, "/goods") {
            self.text(&line.hs_code, MARK, format_args!("/goods/{place}/hs_code"));
            self.text(&line.description, DESCRIPTION, format_args!("/goods/{place}/description"));
            self.text(&line.unit, MARK, format_args!("/goods/{place}/unit"));
            self.optional(line.origin.as_ref(), MARK, format_args!("/goods/{place}/origin"));
            if !line.quantity.is_finite() {
                self.0.push(RuleFailure::new(format!("/goods/{place}/quantity"), "quantity-out-of-range"));
            }
        }
        for (place, customs) in self.list(customs_declarations, CUSTOMS_DECLARATIONS, "/customs_declarations") {
            self.text(&customs.number, MARK, format_args!("/customs_declarations/{place}/number"));
            self.text(&customs.type_code, MARK, format_args!("/customs_declarations/{place}/type_code"));
        }
        self.optional(note.as_ref(), NOTE, format_args!("/note"));
    }

    fn of_people(&mut self, people: &People) {
        if let Some(driver) = &people.driver {
            self.of_person(driver, format_args!("/driver"));
        }
        for (place, person) in self.list(&people.crew, CREW, "/crew") {
            self.of_person(person, format_args!("/crew/{place}"));
        }
    }

    fn of_person(&mut self, person: &Person, pointer: Arguments) {
        let Person { full_name, nationality, document, phone } = person;
        self.text(full_name, NAME, format_args!("{pointer}/full_name"));
        self.text(nationality, MARK, format_args!("{pointer}/nationality"));
        if let Some(document) = document {
            self.text(&document.number, MARK, format_args!("{pointer}/document/number"));
            self.optional(document.mrz.as_ref(), MRZ, format_args!("{pointer}/document/mrz"));
        }
        self.optional(phone.as_ref(), NAME, format_args!("{pointer}/phone"));
    }
}
