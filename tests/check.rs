//! What a submission must keep: every example, every field broken by itself, and whatever else may be sent.

#![expect(clippy::unwrap_used, reason = "a helper that cannot set up a case fails its test")]

use border_gate::domain::act::{Refusal, Rules};
use border_gate::domain::actor::{AccountId, Actor, ActorId, FirmId, Scope};
use border_gate::domain::check::{check, unkeepable};
use border_gate::domain::content::{Content, People};
use border_gate::domain::declare::{NewDeclaration, declare};
use border_gate::domain::firm::CheckDigit;
use border_gate::domain::number::Number;
use border_gate::domain::reference::Reference;
use border_gate::domain::rule_failure::{Findings, RuleFailure};
use border_gate::domain::sent;
use border_gate::domain::vehicle::normalise;
use border_gate::domain::workflow::{Role, State};
use chrono::{DateTime, Duration, Utc};
use proptest::prelude::*;
use serde_json::{Value, json};

const MRZ: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";

fn now() -> DateTime<Utc> {
    "2025-03-31T02:00:00Z".parse().unwrap()
}

fn checked(content: &Content, people: &People) -> Findings {
    let reference = Reference::from_files().unwrap();
    let rules = Rules { reference: &reference, expire_after_days: 15, tax_code_check: CheckDigit::Enforced };
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

/// Every way in which one field of a good declaration may be broken, with where and as what it shows.
fn broken() -> Vec<(Value, &'static str, Value, &'static str, &'static str)> {
    let long = "x".repeat(2_001);
    let mut cases = Vec::new();
    let mut case = |base: &Value, at: &'static str, value: Value, shows_at: &'static str, code: &'static str| {
        cases.push((base.clone(), at, value, shows_at, code));
    };
    let (tractor, fruit, new, empty, wagon) = (tractor(), fruit(), new_vehicle(), empty_van(), wagon());
    for field in ["/regime", "/cargo_class", "/planned_arrival", "/driver"] {
        case(&tractor, field, Value::Null, field, "required");
    }
    case(&tractor, "/vehicle", Value::Null, "/vehicle", "required");
    case(&empty, "/cargo_class", Value::Null, "/cargo_class", "required");
    case(&tractor, "/crossing_point", json!("NOWHERE"), "/crossing_point", "crossing-point-unknown");
    case(&tractor, "/crossing_point", json!("DONG_DANG"), "/vehicle/kind", "other-kind-of-gate");
    case(&wagon, "/crossing_point", json!("CHI_MA"), "/vehicle/kind", "other-kind-of-gate");
    for wrong in ["2025-03-30T01:59:59Z", "2025-04-15T02:00:01Z", "9999-12-31T00:00:00Z"] {
        case(&tractor, "/planned_arrival", json!(wrong), "/planned_arrival", "arrival-out-of-range");
    }
    case(&tractor, "/trader_tax_code", json!("0100112430"), "/trader_tax_code", "tax-code-check-digit");
    case(&tractor, "/trader_tax_code", json!("01001"), "/trader_tax_code", "tax-code-format");
    for wrong in ["桂I12345", "桂F1234挂", "12C12345"] {
        case(&tractor, "/vehicle/plate", json!(wrong), "/vehicle/plate", "plate-format");
    }
    for wrong in ["12I12345", "12W12345", "12C123", "51R14139"] {
        case(&fruit, "/vehicle/plate", json!(wrong), "/vehicle/plate", "plate-format");
    }
    for wrong in ["桂F12345", "12C12345", "R1"] {
        case(&tractor, "/vehicle/trailer_plate", json!(wrong), "/vehicle/trailer_plate", "plate-format");
    }
    case(&tractor, "/vehicle/plate", Value::Null, "/vehicle/plate", "required");
    case(&tractor, "/vehicle/country", Value::Null, "/vehicle/country", "required");
    for unknown in ["XX", "CHN", "", "中国"] {
        case(&tractor, "/vehicle/country", json!(unknown), "/vehicle/country", "country-unknown");
        case(&tractor, "/driver/nationality", json!(unknown), "/driver/nationality", "country-unknown");
        case(&tractor, "/crew/0/nationality", json!(unknown), "/crew/0/nationality", "country-unknown");
        case(&tractor, "/goods/0/origin", json!(unknown), "/goods/0/origin", "country-unknown");
    }
    let number = json!("12345678");
    case(&tractor, "/vehicle/wagon_number", number, "/vehicle/wagon_number", "road-vehicle-has-no-wagon-number");
    for wrong in ["123", "1234567890123", "12A4"] {
        case(&wagon, "/vehicle/wagon_number", json!(wrong), "/vehicle/wagon_number", "wagon-number-format");
    }
    case(&wagon, "/vehicle/wagon_number", Value::Null, "/vehicle/wagon_number", "required");
    case(&wagon, "/vehicle/plate", json!("桂F12345"), "/vehicle/plate", "wagon-has-no-plate");
    case(&wagon, "/vehicle/trailer_plate", json!("桂F1234挂"), "/vehicle/trailer_plate", "wagon-has-no-plate");
    case(&wagon, "/driver", tractor["driver"].clone(), "/driver", "wagon-has-no-driver");
    case(&wagon, "/crew", tractor["crew"].clone(), "/crew", "wagon-has-no-driver");
    case(&tractor, "/vehicle/containers/0", json!("TCLU4265648"), "/vehicle/containers/0", "container-check-digit");
    case(&tractor, "/vehicle/containers/0", json!("TCLX426564"), "/vehicle/containers/0", "container-format");
    let twice = json!(["CSQU3054383", "MSCU6639870", "csqu 305438-3"]);
    case(&tractor, "/vehicle/containers", twice, "/vehicle/containers/2", "duplicate");
    case(&tractor, "/vehicle/containers", json!(vec!["CSQU3054383"; 9]), "/vehicle/containers", "too-long");
    case(&tractor, "/vehicle/seals", json!(["A1", "a-1"]), "/vehicle/seals/1", "duplicate");
    case(&tractor, "/vehicle/seals", json!([" "]), "/vehicle/seals/0", "empty");
    case(&tractor, "/vehicle/seals", json!(vec!["A1"; 25]), "/vehicle/seals", "too-long");
    for wrong in ["LFV3A23C8D301234", "LFV3A23C8D301234O"] {
        case(&new, "/vehicle/vin", json!(wrong), "/vehicle/vin", "vin-format");
        case(&tractor, "/vehicle/vin", json!(wrong), "/vehicle/vin", "vin-format");
    }
    case(&new, "/vehicle/vin", Value::Null, "/vehicle/vin", "required");
    case(&new, "/goods/0/hs_code", json!("85258031"), "/cargo_class", "new-vehicle-is-chapter-87-import");
    case(&fruit, "/goods/0/hs_code", json!("85258031"), "/cargo_class", "fruit-is-chapter-7-or-8");
    for base in [&tractor, &fruit, &new] {
        for wrong in ["0810600", "081060000", "O8106000", ""] {
            case(base, "/goods/0/hs_code", json!(wrong), "/goods/0/hs_code", "hs-code-format");
        }
        case(base, "/goods", json!([]), "/goods", "required");
    }
    case(&empty, "/goods", tractor["goods"].clone(), "/cargo_class", "empty-carries-nothing");
    let customs = fruit["customs_declarations"].clone();
    case(&empty, "/customs_declarations", customs, "/cargo_class", "empty-carries-nothing");
    case(&empty, "/transshipment", json!(true), "/cargo_class", "empty-carries-nothing");
    for blank in ["", "  "] {
        for at in ["/goods/0/description", "/goods/0/unit", "/driver/full_name", "/crew/0/full_name"] {
            case(&tractor, at, json!(blank), at, "empty");
        }
        case(&tractor, "/crew/0/document/number", json!(blank), "/crew/0/document/number", "empty");
    }
    for wrong in [json!(0), json!(-1.5)] {
        case(&tractor, "/goods/0/quantity", wrong, "/goods/0/quantity", "quantity-out-of-range");
    }
    for wrong in [0, -1, 200_001, i64::MAX] {
        case(&tractor, "/goods/0/gross_kg", json!(wrong), "/goods/0/gross_kg", "mass-out-of-range");
    }
    let line = with(&tractor["goods"][0], "/gross_kg", &json!(150_000));
    case(&tractor, "/goods", json!([line.clone(), line]), "/goods", "mass-out-of-range");
    for wrong in ["10862544012", "1086254401200", "10862544012A"] {
        let at = "/customs_declarations/0/number";
        case(&tractor, at, json!(wrong), at, "customs-declaration-format");
    }
    let type_code = "/customs_declarations/0/type_code";
    case(&tractor, type_code, json!("B11"), type_code, "customs-type-other-direction");
    case(&fruit, type_code, json!("A11"), type_code, "customs-type-other-direction");
    case(&fruit, type_code, json!(""), type_code, "empty");
    let amended = json!([
        {"number": "108625440120", "type_code": "A11"}, {"number": "208625440120", "type_code": "A12"},
        {"number": "108625440121", "type_code": "A11"},
    ]);
    case(&tractor, "/customs_declarations", amended, "/customs_declarations/2/number", "duplicate");
    for person in ["/driver/document", "/crew/0/document"] {
        case(&tractor, person, Value::Null, person, "required");
    }
    case(
        &tractor,
        "/driver/document/mrz",
        json!(MRZ.replace("898902", "898903")),
        "/driver/document/mrz",
        "mrz-check-digit",
    );
    case(&tractor, "/driver/document/mrz", json!("P<UTO"), "/driver/document/mrz", "mrz-format");
    case(&tractor, "/crew/0/document/mrz", json!(MRZ), "/crew/0/document/mrz", "mrz-of-a-passport-only");
    case(
        &tractor,
        "/crew/0/document",
        json!({"kind": "passport", "number": "C1", "mrz": MRZ.replace("120415", "130415")}),
        "/crew/0/document/mrz",
        "mrz-check-digit",
    );
    case(&tractor, "/crew", json!(vec![tractor["crew"][0].clone(); 21]), "/crew", "too-long");
    for at in [
        "/crossing_point",
        "/trader_tax_code",
        "/note",
        "/vehicle/plate",
        "/vehicle/country",
        "/vehicle/trailer_plate",
        "/vehicle/vin",
        "/vehicle/containers/0",
        "/vehicle/seals/0",
        "/driver/full_name",
        "/driver/nationality",
        "/driver/phone",
        "/driver/document/number",
        "/driver/document/mrz",
        "/crew/0/full_name",
        "/goods/0/hs_code",
        "/goods/0/description",
        "/goods/0/unit",
        "/goods/0/origin",
        "/customs_declarations/0/number",
        "/customs_declarations/0/type_code",
    ] {
        case(&tractor, at, json!(long), at, "too-long");
    }
    cases
}

#[test]
fn one_broken_field_of_a_good_declaration_shows_as_just_that() {
    for (base, at, value, shows_at, code) in broken() {
        let findings = found(&with(&base, at, &value));
        assert_eq!(told(&findings.failures), [(shows_at, code)], "{at} = {value}");
        assert!(findings.warnings.is_empty(), "{at} = {value}: {:?}", findings.warnings);
    }
}

#[test]
fn a_nul_character_in_any_text_is_a_fault_of_that_text_alone() {
    let sent = sent::declaration(tractor()).unwrap();
    let texts = serde_json::to_value(sent::document(&sent.content, &sent.people)).unwrap();
    let mut places = vec![String::new()];
    let mut seen = 0;
    while let Some(pointer) = places.pop() {
        match texts.pointer(&pointer).unwrap() {
            Value::Object(fields) => places.extend(fields.keys().map(|field| format!("{pointer}/{field}"))),
            Value::Array(items) => places.extend((0..items.len()).map(|place| format!("{pointer}/{place}"))),
            Value::String(text) => {
                let words = ["/direction", "/regime", "/cargo_class", "/planned_arrival", "/kind"];
                if words.iter().any(|word| pointer.ends_with(word)) {
                    continue;
                }
                let broken = with(&texts, &pointer, &json!(format!("{text}\0")));
                let content = |fields: &[&str]| {
                    let mut kept = broken.as_object().unwrap().clone();
                    kept.retain(|name, _| fields.contains(&name.as_str()) == (fields.len() == 2));
                    Value::Object(kept)
                };
                let people: People = serde_json::from_value(content(&["driver", "crew"])).unwrap();
                let content: Content = serde_json::from_value(content(&["driver", "crew", ""])).unwrap();
                assert_eq!(told(&checked(&content, &people).failures), [(pointer.as_str(), "nul-character")]);
                assert_eq!(told(&unkeepable(&content, Some(&people))), [(pointer.as_str(), "nul-character")]);
                seen += 1;
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    assert!(seen >= 20, "{seen} texts were tried");
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
    let rules = Rules { reference: &reference, expire_after_days: i64::MAX, tax_code_check: CheckDigit::Warned };
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
    let mut content = sent::declaration(tractor()).unwrap().content;
    content.goods[0].quantity = f64::NAN;
    content.planned_arrival = Some(DateTime::<Utc>::MAX_UTC);
    let faults = unkeepable(&content, None);
    assert_eq!(
        told(&faults),
        [("/planned_arrival", "arrival-out-of-range"), ("/goods/0/quantity", "quantity-out-of-range")]
    );
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
    let rules = Rules { reference: &reference, expire_after_days: 15, tax_code_check: CheckDigit::Enforced };
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

/// Any text, often one that is nearly right.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "\\PC{0,12}",
        "[0-9]{0,14}",
        "[A-Z]{2,4}[0-9]{0,8}",
        proptest::sample::select(vec![
            "VN",
            "CN",
            "12C12345",
            "51R14139",
            "桂F12345",
            "桂F1234挂",
            "CSQU3054383",
            "0100112437",
            "0312687878-001",
            "108625440120",
            "A11",
            "B11",
            "85258031",
            "08106000",
            "HUU_NGHI",
            "DONG_DANG",
            MRZ,
            "\0",
            "ŉ·ΐ\u{345}",
        ])
        .prop_map(str::to_owned),
    ]
}

fn person() -> impl Strategy<Value = Value> {
    let kind = proptest::sample::select(vec!["passport", "border_pass", "identity_card", "driving_licence"]);
    let document = (kind, text(), proptest::option::of(text()))
        .prop_map(|(kind, number, mrz)| json!({"kind": kind, "number": number, "mrz": mrz}));
    (text(), text(), proptest::option::of(document), proptest::option::of(text())).prop_map(
        |(name, nationality, document, phone)| {
            json!({"full_name": name, "nationality": nationality, "document": document, "phone": phone})
        },
    )
}

/// Any content and people that the types allow.
fn anything() -> impl Strategy<Value = (Content, People)> {
    use proptest::collection::vec;
    use proptest::option::of;
    use proptest::sample::select;
    let vehicle = (
        select(vec!["truck", "tractor", "van", "rail_wagon"]),
        vec(of(text()), 5),
        vec(text(), 0..4),
        vec(text(), 0..4),
    )
        .prop_map(|(kind, marks, containers, seals)| {
            json!({
                "kind": kind, "plate": marks[0], "wagon_number": marks[1], "country": marks[2],
                "trailer_plate": marks[3], "vin": marks[4], "containers": containers, "seals": seals,
            })
        });
    let line = (text(), text(), text(), any::<i64>(), of(text())).prop_map(|(hs_code, description, unit, gross_kg, origin)| {
        json!({"hs_code": hs_code, "description": description, "quantity": 0, "unit": unit, "gross_kg": gross_kg, "origin": origin})
    });
    let customs = (text(), text()).prop_map(|(number, type_code)| json!({"number": number, "type_code": type_code}));
    (
        (
            select(vec!["import", "export"]),
            text(),
            of(select(vec!["commercial", "transit"])),
            of(select(vec!["fruit", "general", "new_vehicle", "empty"])),
            of(text()),
            of(vehicle),
            vec(line, 0..4),
        ),
        (vec(customs, 0..4), any::<bool>(), of(text()), of(person()), vec(person(), 0..3)),
        (of(-8_000_000_000_000..8_000_000_000_000_i64), any::<f64>()),
    )
        .prop_map(
            |(
                (direction, crossing_point, regime, cargo_class, trader, vehicle, goods),
                (customs, transshipment, note, driver, crew),
                (arrival, quantity),
            )| {
                let content = json!({
                    "direction": direction, "crossing_point": crossing_point, "regime": regime,
                    "cargo_class": cargo_class, "trader_tax_code": trader, "vehicle": vehicle, "goods": goods,
                    "customs_declarations": customs, "transshipment": transshipment, "note": note,
                });
                let mut content: Content = serde_json::from_value(content).unwrap();
                content.planned_arrival = arrival.and_then(|seconds| DateTime::from_timestamp(seconds, 1));
                for line in &mut content.goods {
                    line.quantity = quantity;
                }
                (content, serde_json::from_value(json!({"driver": driver, "crew": crew})).unwrap())
            },
        )
}

proptest! {
    #[test]
    fn normalising_twice_is_normalising_once(text in text(), (content, people) in anything()) {
        let once = normalise(&text);
        prop_assert_eq!(normalise(&once), once);
        let (content, people) = (content.normalised(), people.normalised());
        // A quantity that is no number is not equal to itself.
        let seen = |content: &Content| format!("{content:?}");
        prop_assert_eq!(seen(&content.clone().normalised()), seen(&content));
        prop_assert_eq!(people.clone().normalised(), people);
    }

    #[test]
    fn whatever_is_declared_is_checked_to_its_end(
        (content, people) in anything(), days in any::<i64>(), seconds in -60_000_000_000..250_000_000_000_i64,
    ) {
        let reference = Reference::from_files().unwrap();
        let rules = Rules { reference: &reference, expire_after_days: days, tax_code_check: CheckDigit::Enforced };
        let now = DateTime::from_timestamp(seconds, 0).unwrap();
        let raw = check(&content, Some(&people), now, rules);
        let (content, people) = (content.normalised(), people.normalised());
        let findings = check(&content, Some(&people), now, rules);
        // What cannot be kept is never good, and every place that is named is one in what was sent.
        prop_assert!(unkeepable(&content, Some(&people)).iter().all(|fault| findings.failures.contains(fault)));
        prop_assert!(raw.failures.iter().chain(&findings.failures).all(|failure| failure.pointer.starts_with('/')));
    }
}
