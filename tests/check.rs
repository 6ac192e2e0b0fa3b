//! What a submission must keep: every example, every field broken by itself, and whatever else may be sent.

#![expect(clippy::unwrap_used, reason = "a helper that cannot set up a case fails its test")]

mod anything;
mod one_field;

use border_gate::domain::act::{Refusal, Rules};
use border_gate::domain::actor::{AccountId, Actor, ActorId, FirmId, Scope};
use border_gate::domain::check::{check, unkeepable};
use border_gate::domain::content::{Content, People};
use border_gate::domain::declare::{NewDeclaration, declare};
use border_gate::domain::firm::CheckDigit;
use border_gate::domain::number::Number;
use border_gate::domain::places::NOTHING_TAKEN;
use border_gate::domain::reference::Reference;
use border_gate::domain::rule_failure::{Findings, RuleFailure};
use border_gate::domain::sent;
use border_gate::domain::workflow::{Role, State};
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

const MRZ: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";

fn now() -> DateTime<Utc> {
    "2025-03-31T02:00:00Z".parse().unwrap()
}

fn checked(content: &Content, people: &People) -> Findings {
    let reference = Reference::from_files().unwrap();
    let rules = Rules {
        reference: &reference,
        expire_after_days: 15,
        tax_code_check: CheckDigit::Enforced,
        places: &NOTHING_TAKEN,
    };
    check(content, Some(people), now(), rules)
}

/// What is found in a declaration as it is sent.
fn found(declaration: &Value) -> Findings {
    let sent = sent::declaration(declaration.clone()).unwrap();
    checked(&sent.content, &sent.people)
}

fn told(failures: &[RuleFailure]) -> Vec<(&str, &str)> {
    failures.iter().map(|failure| (failure.pointer.as_str(), failure.code)).collect()
}

/// A Chinese tractor with cameras, its trailer, its driver and one more aboard.
fn tractor() -> Value {
    json!({
        "direction": "import", "regime": "commercial", "crossing_point": "HUU_NGHI", "cargo_class": "general",
        "perishable": false, "planned_arrival": "2025-03-31T02:00:00Z", "trader_tax_code": "0100112437",
        "vehicle": {
            "plate": "桂F12345", "country": "CN", "kind": "tractor", "trailer_plate": "桂F1234挂",
            "containers": ["CSQU3054383"], "seals": ["VN123456"],
        },
        "driver": {
            "full_name": "Li Wei", "nationality": "CN", "phone": "+86 771 123",
            "document": {"kind": "passport", "number": "E12345678", "mrz": MRZ},
        },
        "crew": [{"full_name": "Trần Văn An", "nationality": "VN", "document": {"kind": "border_pass", "number": "GTH 12/345"}}],
        "goods": [{
            "hs_code": "85258031", "description": "cameras", "quantity": 1200, "unit": "PCE", "gross_kg": 8200, "origin": "CN",
        }],
        "customs_declarations": [{"number": "108625440120", "type_code": "A11"}],
        "transshipment": true, "note": null,
    })
}

fn fruit() -> Value {
    let mut fruit = tractor();
    fruit["direction"] = json!("export");
    fruit["cargo_class"] = json!("fruit");
    fruit["perishable"] = json!(true);
    fruit["vehicle"] = json!({"plate": "12C-123.45", "country": "VN", "kind": "truck"});
    fruit["goods"][0]["hs_code"] = json!("0810.60.00");
    fruit["customs_declarations"][0]["type_code"] = json!("B11");
    fruit["transshipment"] = json!(false);
    fruit
}

fn new_vehicle() -> Value {
    let mut new = tractor();
    new["cargo_class"] = json!("new_vehicle");
    new["goods"][0]["hs_code"] = json!("87042129");
    new["vehicle"] = json!({"plate": "桂F12345", "country": "CN", "kind": "truck", "vin": "LFV3A23C8D3012345"});
    new
}

fn empty_van() -> Value {
    let mut empty = fruit();
    empty["cargo_class"] = json!("empty");
    empty["vehicle"]["kind"] = json!("van");
    for field in ["goods", "customs_declarations"] {
        empty[field] = json!([]);
    }
    empty
}

fn wagon() -> Value {
    let mut wagon = tractor();
    wagon["crossing_point"] = json!("DONG_DANG");
    wagon["vehicle"] = json!({"kind": "rail_wagon", "wagon_number": "5312 4567", "country": "CN"});
    wagon["driver"] = Value::Null;
    wagon["crew"] = json!([]);
    wagon
}

#[test]
fn good_declarations_of_every_kind_pass_without_a_warning() {
    for good in [tractor(), fruit(), new_vehicle(), empty_van(), wagon()] {
        assert_eq!(found(&good), Findings::default(), "{good:#}");
    }
}

/// `base` with `value` at `pointer`, or without it when the value is null.
fn with(base: &Value, pointer: &str, value: &Value) -> Value {
    let mut changed = base.clone();
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    match changed.pointer_mut(parent).unwrap() {
        Value::Object(fields) => drop(fields.insert(field.to_owned(), value.clone())),
        Value::Array(items) => items[field.parse::<usize>().unwrap()] = value.clone(),
        _ => panic!("{pointer} leads nowhere"),
    }
    changed
}

#[test]
fn a_draft_shows_everything_that_is_wrong_at_once() {
    let draft = json!({
        "direction": "import", "crossing_point": "NOWHERE", "cargo_class": "fruit",
        "vehicle": {"kind": "tractor", "country": "VN", "plate": "12I12345", "trailer_plate": "桂F1234挂", "containers": ["TCLU4265648"]},
        "driver": {"full_name": "Li Wei", "nationality": "CN"},
        "crew": [{"full_name": "", "nationality": "ZZ", "document": {"kind": "passport", "number": "E1", "mrz": "P<"}}],
        "customs_declarations": [{"number": "108625440120", "type_code": "B11"}, {"number": "1", "type_code": "Z99"}],
    });
    let findings = found(&draft);
    let mut failures = told(&findings.failures);
    failures.sort_unstable();
    assert_eq!(
        failures,
        [
            ("/crew/0/document/mrz", "mrz-format"),
            ("/crew/0/full_name", "empty"),
            ("/crew/0/nationality", "country-unknown"),
            ("/crossing_point", "crossing-point-unknown"),
            ("/customs_declarations/0/type_code", "customs-type-other-direction"),
            ("/customs_declarations/1/number", "customs-declaration-format"),
            ("/driver/document", "required"),
            ("/goods", "required"),
            ("/planned_arrival", "required"),
            ("/regime", "required"),
            ("/vehicle/containers/0", "container-check-digit"),
            ("/vehicle/plate", "plate-format"),
        ]
    );
    assert_eq!(told(&findings.warnings), [("/customs_declarations/1/type_code", "customs-type-unknown")]);
}

#[test]
fn an_unknown_customs_type_and_an_unusual_plate_are_warnings_and_stop_nobody() {
    let unknown = found(&with(&tractor(), "/customs_declarations/0/type_code", &json!("A99")));
    assert_eq!(told(&unknown.failures), []);
    assert_eq!(told(&unknown.warnings), [("/customs_declarations/0/type_code", "customs-type-unknown")]);
    let unusual = found(&with(&fruit(), "/vehicle/plate", &json!("12AB-123.45")));
    assert_eq!(told(&unusual.failures), []);
    assert_eq!(told(&unusual.warnings), [("/vehicle/plate", "plate-unusual")]);
}

#[test]
fn every_customs_type_code_is_good_in_its_own_direction_alone() {
    let import = "A11 A12 A21 A31 A41 A42 A43 A44 E11 E13 E15 E21 E23 E31 E33 E41 G11 G12 G13 G14 G51 C11 C21 H11";
    let export = "B11 B12 B13 E42 E52 E54 E62 E82 G21 G22 G23 G24 G61 C12 C22 H21";
    let at = "/customs_declarations/0/type_code";
    for (own, other, codes) in [(tractor(), fruit(), import), (fruit(), tractor(), export)] {
        for code in codes.split(' ') {
            assert_eq!(found(&with(&own, at, &json!(code))), Findings::default(), "{code}");
            let refused = found(&with(&other, at, &json!(code)));
            assert_eq!(told(&refused.failures), [(at, "customs-type-other-direction")], "{code}");
        }
    }
}

#[test]
fn tractors_of_either_country_pull_trailers_of_both() {
    let vietnamese = with(&fruit(), "/vehicle/kind", &json!("tractor"));
    let mut lao = with(&vietnamese, "/vehicle/country", &json!("LA"));
    lao["vehicle"]["plate"] = json!("AB1234");
    for tractor in [tractor(), vietnamese, lao] {
        for trailer in ["51R-141.39", "桂F·1234挂"] {
            let pulling = with(&tractor, "/vehicle/trailer_plate", &json!(trailer));
            assert_eq!(found(&pulling), Findings::default(), "{trailer} behind {}", tractor["vehicle"]["plate"]);
        }
    }
}

#[test]
fn chinese_plates_of_every_form_are_good() {
    for plate in ["京AD80234", "辽D46234F", "桂F12345", "粤Z1234港"] {
        assert_eq!(found(&with(&tractor(), "/vehicle/plate", &json!(plate))), Findings::default(), "{plate}");
    }
}

#[test]
fn a_new_vehicle_is_imported() {
    let mut exported = new_vehicle();
    exported["direction"] = json!("export");
    exported["customs_declarations"][0]["type_code"] = json!("B11");
    assert_eq!(told(&found(&exported).failures), [("/cargo_class", "new-vehicle-is-chapter-87-import")]);
}

#[test]
fn the_arrival_may_be_a_day_late_and_fifteen_days_ahead() {
    for ahead in [Duration::hours(-24), Duration::days(15)] {
        let planned = with(&tractor(), "/planned_arrival", &json!(now() + ahead));
        assert_eq!(found(&planned), Findings::default(), "{ahead}");
    }
}

#[test]
fn a_setting_makes_the_tax_codes_check_digit_a_warning() {
    let sent = sent::declaration(with(&tractor(), "/trader_tax_code", &json!("0100233480"))).unwrap();
    let reference = Reference::from_files().unwrap();
    let rules = Rules {
        reference: &reference,
        expire_after_days: i64::MAX,
        tax_code_check: CheckDigit::Warned,
        places: &NOTHING_TAKEN,
    };
    let findings = check(&sent.content, Some(&sent.people), now(), rules);
    assert_eq!(told(&findings.failures), []);
    assert_eq!(told(&findings.warnings), [("/trader_tax_code", "tax-code-check-digit")]);
}

#[test]
fn the_same_limits_hold_for_a_draft_and_no_others() {
    let sent =
        sent::declaration(json!({"direction": "import", "crossing_point": "NOWHERE", "note": "x".repeat(2_001)}))
            .unwrap();
    assert_eq!(told(&unkeepable(&sent.content, Some(&sent.people))), [("/note", "too-long")]);
    let mut content = Content::clone(&sent::declaration(tractor()).unwrap().content);
    content.goods[0].quantity = f64::NAN;
    content.planned_arrival = Some(DateTime::<Utc>::MAX_UTC);
    let faults = unkeepable(&content, None);
    assert_eq!(told(&faults), [("/planned_arrival", "wrong-type"), ("/goods/0/quantity", "quantity-out-of-range")]);
}

#[test]
fn a_draft_may_be_wrong_but_not_without_limit() {
    let declarant = Actor {
        id: ActorId::Account(AccountId(1)),
        role: Role::Declarant,
        quarantine_kind: None,
        firm: Some(FirmId(1)),
        firm_tax_code: None,
        crossing_points: Scope::All,
        yards: Scope::All,
    };
    let reference = Reference::from_files().unwrap();
    let rules = Rules {
        reference: &reference,
        expire_after_days: 15,
        tax_code_check: CheckDigit::Enforced,
        places: &NOTHING_TAKEN,
    };
    let kept = |note: &str, draft: bool| {
        let sent = json!({"direction": "import", "crossing_point": "NOWHERE", "note": note, "draft": draft});
        let sent = sent::declaration(sent).unwrap();
        let number = (0..40).find_map(|random| Number::draw(now(), random)).unwrap();
        let new = NewDeclaration { number, firm: FirmId(1), sent, salt: "salt".into() };
        declare(new, &declarant, now(), rules).map(|acted| acted.after.state)
    };
    assert_eq!(kept("short", true), Ok(State::Draft));
    let Err(Refusal::Invalid(failures)) = kept(&"x".repeat(2_001), true) else { panic!("it was kept") };
    assert_eq!(told(&failures), [("/note", "too-long")]);
    let Err(Refusal::Invalid(failures)) = kept(&"x".repeat(2_001), false) else { panic!("it was submitted") };
    assert!(told(&failures).contains(&("/note", "too-long")) && failures.len() > 3);
}
