//! What callers send: a declaration and an action, read from JSON with everything wrong at once.

use std::str::FromStr;
use std::sync::{Arc, LazyLock};

use serde_json::{Map, Value};

use super::content::{Content, CustomsDeclaration, GoodsLine, People, Person, TravelDocument, Vehicle};
use super::declaration::Details;
use super::reading::Fields;
use super::receipt::receipt_number;
use super::rule_failure::RuleFailure;
use super::words::UnknownWord;
use super::workflow::{Action, Field};

/// A declaration as it was sent, normalised.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// What was declared.
    pub content: Arc<Content>,
    /// Who drives and who else is aboard.
    pub people: Arc<People>,
    /// Kept as a draft, not submitted.
    pub draft: bool,
}

/// Reads a declaration from what was sent.
///
/// # Errors
///
/// Every field that is unknown or of the wrong kind, and the two that even a draft must have.
pub fn declaration(sent: Value) -> Result<Sent, Vec<RuleFailure>> {
    let mut failures = Vec::new();
    let mut fields = Fields::of(sent, &mut failures);
    let draft = fields.flag("draft").unwrap_or(false);
    let found = read_declaration(&mut fields);
    fields.finish();
    match found {
        Some((content, people)) if failures.is_empty() => {
            Ok(Sent { content: Arc::new(content.normalised()), people: Arc::new(people.normalised()), draft })
        }
        Some(_) | None => Err(failures),
    }
}

/// Takes the fields of a declaration, whatever else there is besides.
pub fn read_declaration(fields: &mut Fields) -> Option<(Content, People)> {
    let direction = fields.word("direction");
    let direction = fields.required("direction", direction);
    let crossing_point = fields.text("crossing_point");
    let crossing_point = fields.required("crossing_point", crossing_point);
    let regime = fields.word("regime");
    let cargo_class = fields.word("cargo_class");
    let perishable = fields.flag("perishable").unwrap_or(false);
    let planned_arrival = fields.instant("planned_arrival");
    let trader_tax_code = fields.text("trader_tax_code");
    let vehicle = fields.object("vehicle", read_vehicle);
    let driver = fields.object("driver", read_person);
    let crew = fields.objects("crew", read_person).unwrap_or_default();
    let goods = fields.objects("goods", read_goods_line).unwrap_or_default();
    let customs_declarations = fields.objects("customs_declarations", read_customs_declaration).unwrap_or_default();
    let transshipment = fields.flag("transshipment").unwrap_or(false);
    let note = fields.text("note");
    let content = Content {
        direction: direction?,
        crossing_point: crossing_point?,
        regime,
        cargo_class,
        perishable,
        planned_arrival,
        trader_tax_code,
        vehicle,
        goods: goods.into(),
        customs_declarations: customs_declarations.into(),
        transshipment,
        note,
    };
    Some((content, People { driver, crew: crew.into() }))
}

fn read_vehicle(fields: &mut Fields) -> Option<Vehicle> {
    let kind = fields.word("kind");
    let kind = fields.required("kind", kind);
    let plate = fields.text("plate");
    let wagon_number = fields.text("wagon_number");
    let country = fields.text("country");
    let trailer_plate = fields.text("trailer_plate");
    let containers = fields.texts("containers").unwrap_or_default().into();
    let vin = fields.text("vin");
    let seals = fields.texts("seals").unwrap_or_default().into();
    Some(Vehicle { kind: kind?, plate, wagon_number, country, trailer_plate, containers, vin, seals })
}

fn read_person(fields: &mut Fields) -> Option<Person> {
    let full_name = fields.text("full_name");
    let full_name = fields.required("full_name", full_name);
    let nationality = fields.text("nationality");
    let nationality = fields.required("nationality", nationality);
    let document = fields.object("document", |fields| {
        let kind = fields.word("kind");
        let kind = fields.required("kind", kind);
        let number = fields.text("number");
        let number = fields.required("number", number);
        let mrz = fields.text("mrz");
        Some(TravelDocument { kind: kind?, number: number?, mrz })
    });
    let phone = fields.text("phone");
    Some(Person { full_name: full_name?, nationality: nationality?, document, phone })
}

fn read_goods_line(fields: &mut Fields) -> Option<GoodsLine> {
    let hs_code = fields.text("hs_code");
    let hs_code = fields.required("hs_code", hs_code);
    let description = fields.text("description");
    let description = fields.required("description", description);
    let quantity = fields.number("quantity");
    let quantity = fields.required("quantity", quantity);
    let unit = fields.text("unit");
    let unit = fields.required("unit", unit);
    let gross_kg = fields.integer("gross_kg");
    let gross_kg = fields.required("gross_kg", gross_kg);
    let origin = fields.text("origin");
    Some(GoodsLine {
        hs_code: hs_code?,
        description: description?,
        quantity: quantity?,
        unit: unit?,
        gross_kg: gross_kg?,
        origin,
    })
}

fn read_customs_declaration(fields: &mut Fields) -> Option<CustomsDeclaration> {
    let number = fields.text("number");
    let number = fields.required("number", number);
    let type_code = fields.text("type_code");
    let type_code = fields.required("type_code", type_code);
    Some(CustomsDeclaration { number: number?, type_code: type_code? })
}

/// The declaration's fields as they are sent and shown: what a merge patch is applied to.
#[must_use]
pub fn document(content: &Content, people: &People) -> Map<String, Value> {
    let mut document = Map::new();
    for part in [serde_json::to_value(content), serde_json::to_value(people)] {
        if let Ok(Value::Object(fields)) = part {
            document.extend(fields);
        }
    }
    document
}

/// Applies a JSON Merge Patch (RFC 7396): `null` takes a field away, objects are merged, all else replaces.
pub fn merge_patch(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(fields) = target {
        for (name, value) in patch {
            if value.is_null() {
                fields.remove(&name);
            } else {
                merge_patch(fields.entry(name).or_insert(Value::Null), value);
            }
        }
    }
}

/// An action as somebody may name it: who names none is told of those that can be ordered, not of the service's own.
struct Named(Action);

impl FromStr for Named {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        static ORDERED: LazyLock<Vec<&str>> = LazyLock::new(|| {
            Action::VARIANTS.iter().filter(|action| action.is_ordered()).map(|action| action.as_str()).collect()
        });
        text.parse().map(Self).map_err(|unknown: UnknownWord| UnknownWord { allowed: &ORDERED, ..unknown })
    }
}

/// Reads an action and the fields that may be said with it from what was sent.
///
/// # Errors
///
/// An unknown action with those there are, and every field that this action does not take or that is of the wrong kind.
pub fn action(sent: Value) -> Result<(Action, Details), Vec<RuleFailure>> {
    let mut failures = Vec::new();
    let mut fields = Fields::of(sent, &mut failures);
    let action = fields.word::<Named>("action");
    let Some(Named(action)) = fields.required("action", action) else { return Err(failures) };
    if !action.is_ordered() {
        return Err(vec![RuleFailure::new("/action", "action-not-ordered").with("given", action)]);
    }
    let mut said = Details::default();
    for need in action.says() {
        match need.field() {
            Field::Reason => said.reason = fields.text("reason"),
            Field::ReasonCode => said.reason_code = fields.text("reason_code"),
            Field::Fields => said.fields = fields.texts("fields"),
            Field::Yard => said.yard = fields.text("yard"),
            Field::Bay => said.bay = fields.text("bay"),
            Field::ObservedPlate => said.observed_plate = fields.text("observed_plate"),
            Field::MismatchReason => said.mismatch_reason = fields.text("mismatch_reason"),
            Field::CrossingPoint => said.crossing_point = fields.text("crossing_point"),
            Field::Lane => said.lane = fields.word("lane"),
            Field::Means => said.means = fields.word("means"),
            Field::Result => said.result = fields.word("result"),
            Field::AmountVnd => said.amount_vnd = fields.integer("amount_vnd"),
            Field::Receipt => said.receipt = fields.text("receipt").map(|receipt| receipt_number(&receipt)),
            Field::OnwardPlate => said.onward_plate = fields.text("onward_plate"),
            Field::LegalReason => said.legal_reason = fields.text("legal_reason"),
            Field::Hold => {
                let hold = fields.integer("hold");
                // A hold that no declaration can have is unknown, not malformed.
                said.hold = hold.map(|hold| i32::try_from(hold).unwrap_or(0));
            }
            Field::Track => said.track = fields.word("track"),
            Field::Text => said.text = fields.text("text"),
            Field::Slot => said.slot = fields.instant("slot"),
            Field::Until => said.until = fields.instant("until"),
            Field::At => said.at = fields.instant("at"),
        }
    }
    fields.finish();
    if failures.is_empty() { Ok((action, said)) } else { Err(failures) }
}
