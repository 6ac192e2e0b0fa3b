//! Anything at all that the types allow.

use border_gate::domain::act::Rules;
use border_gate::domain::check::{check, unkeepable};
use border_gate::domain::content::{Content, People};
use border_gate::domain::firm::CheckDigit;
use border_gate::domain::places::NOTHING_TAKEN;
use border_gate::domain::reference::Reference;
use border_gate::domain::vehicle::normalise;
use chrono::DateTime;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::MRZ;

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
        let rules = Rules { reference: &reference, expire_after_days: days, tax_code_check: CheckDigit::Enforced, places: &NOTHING_TAKEN };
        let now = DateTime::from_timestamp(seconds, 0).unwrap();
        let raw = check(&content, Some(&people), now, rules);
        let (content, people) = (content.normalised(), people.normalised());
        let findings = check(&content, Some(&people), now, rules);
        // What cannot be kept is never good, and every place that is named is one in what was sent.
        prop_assert!(unkeepable(&content, Some(&people)).iter().all(|fault| findings.failures.contains(fault)));
        prop_assert!(raw.failures.iter().chain(&findings.failures).all(|failure| failure.pointer.starts_with('/')));
    }
}
