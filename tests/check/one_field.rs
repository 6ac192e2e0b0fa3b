//! One field broken in a good declaration, and nothing else.

use border_gate::domain::check::unkeepable;
use border_gate::domain::content::{Content, People};
use border_gate::domain::sent;
use serde_json::{Value, json};

use super::{MRZ, checked, empty_van, found, fruit, new_vehicle, told, tractor, wagon, with};

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
