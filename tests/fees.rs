//! The fee: what the tariff asks and how that comes about, receipts that stand for one payment, the day's takings.

use border_gate::casework::doctor::{Difference, recount};
use border_gate::domain::content::Content;
use border_gate::domain::fee::{NoProposal, Working, propose};
use border_gate::domain::reference::{List, Reference, ReferenceEntry, Rounding, Validity};
use border_gate::domain::workflow::Role;
use border_gate::storage::pool::connect;
use chrono::NaiveDate;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::casework::tractor;
use crate::support::gate::{TestGate, declarant, officer};
use crate::support::http::Reply;

/// A day on which the tariff that comes with the program is in force.
const IN_FORCE: &str = "2025-06-02T02:00:00Z";

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn content(fields: &Value) -> Content {
    let mut body = tractor("桂F12345");
    body.as_object_mut().unwrap().remove("driver");
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    serde_json::from_value(body).unwrap()
}

fn goods(lines: &[(&str, i64)]) -> Value {
    let line = |(code, kg): &(&str, i64)| json!({"hs_code": code, "description": "x", "quantity": 1.0, "unit": "PCE", "gross_kg": kg});
    lines.iter().map(line).collect()
}

fn asked(fields: &Value) -> Result<Working, NoProposal> {
    propose(&content(fields), &Reference::from_files().unwrap(), day("2025-06-02"))
}

fn amount(fields: &Value) -> i64 {
    asked(fields).unwrap().proposed_vnd
}

fn tariff(entries: Vec<(&str, Value)>) -> Result<Reference, border_gate::domain::reference::Faults> {
    let validity = Validity { valid_from: day("2025-01-01"), valid_to: None };
    let entry = |(code, fields): (&str, Value)| ReferenceEntry {
        list: List::Tariffs,
        code: code.to_owned(),
        validity,
        fields: fields.as_object().unwrap().clone(),
    };
    Reference::build(entries.into_iter().map(entry).collect())
}

fn rate(applies_to: &Value, bands: &[(Option<i64>, i64)], round_to_vnd: i64, rounding: &str) -> Value {
    let band = |(below, vnd): &(Option<i64>, i64)| json!({"below_kg": below, "amount_vnd": vnd, "basis": "example"});
    let bands: Vec<Value> = bands.iter().map(band).collect();
    json!({"kind": "rate", "name": "x", "applies_to": applies_to, "bands": bands, "round_to_vnd": round_to_vnd, "rounding": rounding})
}

fn multiplier(applies_to: &Value, percent: i64) -> Value {
    json!({"kind": "multiplier", "name": "x", "applies_to": applies_to, "percent": percent, "basis": "example"})
}

#[test]
fn the_published_figures_come_out_as_they_were_published() {
    let export = |hs_code: &str, kg: i64| json!({"direction": "export", "transshipment": false, "goods": goods(&[(hs_code, kg)])});
    let greens = asked(&export("07041010", 1_999)).unwrap();
    assert_eq!((greens.proposed_vnd, greens.basis.as_str()), (100_000, "published"));
    let ore = asked(&export("26011110", 5_000)).unwrap();
    assert_eq!(ore.proposed_vnd, 5 * amount(&export("85258031", 5_000)), "ore is five times the ordinary");
    let container = json!({"regime": "temporary_import_re_export", "direction": "export", "goods": goods(&[("08109020", 20_000)]),
        "vehicle": {"plate": "桂F12345", "country": "CN", "kind": "tractor", "containers": ["CSQU3054383"]}});
    assert_eq!(amount(&container), 4_000_000);
    let plain = |transshipment: bool| json!({"goods": goods(&[("85258031", 8_200)]), "transshipment": transshipment});
    let (inland, yard) = (asked(&plain(false)).unwrap(), asked(&plain(true)).unwrap());
    assert_eq!((inland.multipliers[0].percent, yard.multipliers[0].percent), (130, 30));
    assert_eq!(inland.proposed_vnd * 100, inland.rate.amount_vnd * 130);
    assert_eq!(yard.proposed_vnd * 100, yard.rate.amount_vnd * 30);
    assert_eq!((inland.journey.as_str(), yard.journey.as_str()), ("inland_import", "yard_transfer"));
    assert_eq!(inland.basis.as_str(), "example", "a figure that stands on an example is one");
}

#[test]
fn where_the_tariff_has_no_answer_it_says_why() {
    let reference = Reference::from_files().unwrap();
    assert_eq!(asked(&json!({"cargo_class": "empty", "goods": []})), Err(NoProposal::Empty));
    let wagon = json!({"vehicle": {"kind": "rail_wagon", "wagon_number": "123456"}});
    assert_eq!(asked(&wagon), Err(NoProposal::ByRail));
    let before = day("2025-05-07");
    assert_eq!(propose(&content(&json!({})), &reference, before), Err(NoProposal::NoTariff(before)));
    assert!(propose(&content(&json!({})), &reference, day("2025-05-08")).is_ok());
    // One of two goods without a rate: which is the highest is not known.
    let only_fruit = tariff(vec![("A", rate(&json!({"hs_chapters": [8]}), &[(None, 100_000)], 1, "half_up"))]).unwrap();
    let mixed = content(&json!({"goods": goods(&[("08109020", 10), ("85258031", 10)])}));
    let none = NoProposal::NoRate { hs_code: "85258031".to_owned() };
    assert_eq!(propose(&mixed, &only_fruit, day("2025-06-02")), Err(none));
    let much = tariff(vec![
        ("A", rate(&json!({}), &[(None, 1_000_000_000)], 1, "half_up")),
        ("B", multiplier(&json!({}), 101)),
    ])
    .unwrap();
    assert_eq!(propose(&content(&json!({})), &much, day("2025-06-02")), Err(NoProposal::BeyondMost));
}

#[test]
fn a_tariff_that_could_not_be_worked_with_is_refused_with_every_fault() {
    let all = json!({});
    for (entry, about) in [
        (rate(&all, &[], 1, "half_up"), "last band"),
        (rate(&all, &[(Some(10), 1)], 1, "half_up"), "last band"),
        (rate(&all, &[(Some(10), 5), (None, 4)], 1, "half_up"), "never fall"),
        (rate(&all, &[(Some(10), 1), (Some(10), 2), (None, 4)], 1, "half_up"), "rise"),
        (rate(&all, &[(None, 1), (None, 4)], 1, "half_up"), "rise"),
        (rate(&all, &[(Some(0), 1), (None, 4)], 1, "half_up"), "no weight"),
        (rate(&all, &[(None, -1)], 1, "half_up"), "below zero"),
        (rate(&all, &[(None, 1)], 0, "half_up"), "round_to_vnd"),
        (rate(&all, &[(None, 1)], 1, "nearly"), "rounding"),
        (rate(&json!({"hs_chapters": [98]}), &[(None, 1)], 1, "half_up"), "chapters"),
        (rate(&json!({"hs_chapter": [8]}), &[(None, 1)], 1, "half_up"), "hs_chapter"),
        (multiplier(&all, 0), "percent"),
        (json!({"kind": "multiplier", "name": "x", "percent": 30, "basis": "published"}), "source"),
        (json!({"name": "x", "percent": 30}), "kind"),
    ] {
        let faults = tariff(vec![("A", entry.clone())]).unwrap_err().to_string();
        assert!(faults.contains(about), "{entry}: {faults}");
    }
}

/// A tariff with rates for fruit, machines and everything, and the journeys' percentages.
fn some_tariff(step: i64, percents: (i64, i64)) -> Reference {
    let bands = |base: i64| {
        [(Some(2_000), base), (Some(10_000), base + step), (Some(20_000), base + step), (None, base + 3 * step)]
    };
    tariff(vec![
        ("FRUIT", rate(&json!({"hs_chapters": [7, 8]}), &bands(77_777), 1_000, "half_up")),
        ("FRUIT_TOO", rate(&json!({"hs_chapters": [8]}), &bands(70_000), 1, "up")),
        ("MACHINES", rate(&json!({"hs_chapters": [84, 85]}), &bands(130_001), 500, "down")),
        ("ANY", rate(&json!({}), &bands(100_000), 1_000, "half_up")),
        ("ORE", multiplier(&json!({"hs_chapters": [26]}), 500)),
        ("INLAND", multiplier(&json!({"journey": "inland_import"}), percents.0)),
        ("YARD", multiplier(&json!({"journey": "yard_transfer"}), percents.1)),
    ])
    .unwrap()
}

const CODES: [&str; 5] = ["08109020", "07041010", "85258031", "26011110", "94036000"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn of_mixed_goods_the_highest_rate_applies_in_whatever_order_they_stand(
        lines in proptest::collection::vec((0_usize..CODES.len(), 1_i64..12_000), 1..6),
        step in 0_i64..100_000, percents in (1_i64..300, 1_i64..100), transshipment: bool, turn in 0_usize..6,
    ) {
        let reference = some_tariff(step, percents);
        let lines: Vec<(&str, i64)> = lines.into_iter().map(|(code, kg)| (CODES[code], kg)).collect();
        let total: i64 = lines.iter().map(|(_, kg)| kg).sum();
        let asked = |lines: &[(&str, i64)]| {
            let content = content(&json!({"goods": goods(lines), "transshipment": transshipment}));
            propose(&content, &reference, day("2025-06-02")).unwrap()
        };
        let mut turned = lines.clone();
        turned.rotate_left(turn % lines.len());
        prop_assert_eq!(asked(&lines), asked(&turned));
        turned.reverse();
        prop_assert_eq!(asked(&lines), asked(&turned));
        let each = lines.iter().map(|(code, _)| asked(&[(code, total)]).proposed_vnd);
        prop_assert_eq!(asked(&lines).proposed_vnd, each.max().unwrap());
    }

    #[test]
    fn what_is_heavier_never_costs_less(
        code in 0_usize..CODES.len(), kg in 1_i64..40_000, more in 0_i64..40_000, step in 0_i64..100_000,
        percents in (1_i64..300, 1_i64..100), transshipment: bool,
    ) {
        let reference = some_tariff(step, percents);
        let costs = |kg| {
            let content = content(&json!({"goods": goods(&[(CODES[code], kg)]), "transshipment": transshipment}));
            propose(&content, &reference, day("2025-06-02")).unwrap().proposed_vnd
        };
        prop_assert!(costs(kg) <= costs(kg + more));
    }

    #[test]
    fn a_percentage_is_exact_and_rounded_once_by_the_rates_own_rule(
        vnd in 0_i64..1_000_000, percents in (1_i64..1_000, 1_i64..1_000), unit in 1_i64..2_000,
        rounding in proptest::sample::select(Rounding::VARIANTS),
    ) {
        let reference = tariff(vec![
            ("A", rate(&json!({}), &[(None, vnd)], unit, rounding.as_str())),
            ("B", multiplier(&json!({}), percents.0)),
            ("C", multiplier(&json!({"direction": "import"}), percents.1)),
        ]).unwrap();
        let working = propose(&content(&json!({})), &reference, day("2025-06-02")).unwrap();
        // In ten thousandths of a dong, whole numbers.
        let exact = i128::from(vnd) * i128::from(percents.0) * i128::from(percents.1);
        let step = i128::from(unit) * 10_000;
        let proposed = i128::from(working.proposed_vnd) * 10_000;
        prop_assert_eq!(proposed % step, 0);
        let off = proposed - exact;
        prop_assert!(match rounding {
            Rounding::HalfUp => -step < off * 2 && off * 2 <= step,
            Rounding::Up => (0..step).contains(&off),
            Rounding::Down => (-step + 1..=0).contains(&off),
        }, "{:?}", working);
        let (whole, rest) = working.exact_vnd.split_once('.').unwrap_or((&working.exact_vnd, ""));
        let told: i128 = format!("{whole}{rest:0<4}").parse().unwrap();
        prop_assert_eq!(told, exact);
    }
}

/// A registered tractor; its number.
async fn registered(gate: &TestGate, plate: &str, fields: Value) -> String {
    let mut body = tractor(plate);
    body["planned_arrival"] = json!(gate.now());
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let made = gate.post(&declarant(1), "/api/v1/declarations", &body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let number = made.json()["number"].as_str().unwrap().to_owned();
    did(gate, Role::GateManager, &number, json!({"action": "register"})).await;
    number
}

async fn did(gate: &TestGate, role: Role, number: &str, action: Value) -> Value {
    let done = gate.act(&officer(role, &[]), number, &action).await;
    assert_eq!(done.status, 200, "{action}: {}", done.text);
    done.json()
}

async fn collect(gate: &TestGate, number: &str, action: Value) -> Reply {
    gate.act(&officer(Role::FeeCollector, &[]), number, &action).await
}

fn fee_of(record: &Value) -> &Value {
    record["tracks"].as_array().unwrap().iter().find(|track| track["track"] == "fee").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tariffs_amount_is_shown_taken_and_recorded_with_its_working() {
    let gate = TestGate::open().await;
    gate.clock.set(IN_FORCE.parse().unwrap());
    let number = registered(&gate, "桂F12345", json!({"transshipment": true})).await;
    let path = format!("/api/v1/declarations/{number}/fee");
    let shown = gate.get(&declarant(1), &path).await.json();
    assert_eq!(shown["proposed_fee"]["proposed_vnd"], 105_000, "{shown}");
    assert_eq!(shown["no_proposal"], Value::Null);

    // Another amount needs a reason; a mistyped one does not slip through.
    let refused = collect(&gate, &number, json!({"action": "fee.assess", "amount_vnd": 1_050_000})).await;
    assert_eq!(
        (refused.problem().as_str(), refused.faults()),
        ("invalid-action", vec![("/reason".into(), "fee-differs".into())])
    );
    let assessed = collect(&gate, &number, json!({"action": "fee.assess"})).await.json();
    let fee = fee_of(&assessed);
    assert_eq!((&fee["amount_vnd"], &fee["working"]), (&json!(105_000), &shown["proposed_fee"]));
    let otherwise = json!({"action": "fee.assess", "amount_vnd": 90_000, "reason": "Cân lại: 1.900 kg"});
    let assessed = collect(&gate, &number, otherwise).await.json();
    assert_eq!(
        (&fee_of(&assessed)["amount_vnd"], &fee_of(&assessed)["working"]["proposed_vnd"]),
        (&json!(90_000), &json!(105_000))
    );

    let history =
        gate.get(&officer(Role::Auditor, &[]), &format!("/api/v1/declarations/{number}/actions")).await.json();
    let details: Vec<&Value> = history["items"].as_array().unwrap().iter().map(|action| &action["details"]).collect();
    let working = &details[details.len() - 1]["working"];
    assert_eq!(
        (&working["rate"]["code"], &working["rate"]["valid_from"]),
        (&json!("GENERAL_IMPORT"), &json!("2025-05-08"))
    );
    assert_eq!((&working["gross_kg"], &working["multipliers"][0]["percent"]), (&json!(8_200), &json!(30)));
    assert_eq!((&working["rate"]["round_to_vnd"], &working["rate"]["rounding"]), (&json!(1_000), &json!("half_up")));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_tariff_the_amount_is_said_and_a_new_tariff_is_in_force_at_once() {
    let gate = TestGate::open().await;
    let number = registered(&gate, "桂F12345", json!({})).await;
    let shown = gate.get(&declarant(1), &format!("/api/v1/declarations/{number}/fee")).await.json();
    assert_eq!((&shown["proposed_fee"], &shown["no_proposal"]["code"]), (&Value::Null, &json!("fee-no-tariff")));
    let refused = collect(&gate, &number, json!({"action": "fee.assess"})).await;
    assert_eq!(refused.faults(), [("/amount_vnd".to_owned(), "fee-no-tariff".to_owned())]);
    let said = collect(&gate, &number, json!({"action": "fee.assess", "amount_vnd": 350_000})).await.json();
    assert_eq!((&fee_of(&said)["amount_vnd"], &fee_of(&said)["working"]), (&json!(350_000), &Value::Null));

    let mut entry = rate(&json!({"direction": "import"}), &[(None, 123_456)], 1, "half_up");
    entry["bands"][0]["basis"] = json!("published");
    entry["bands"][0]["source"] = json!("Nghị quyết 01/2025, Điều 4");
    let change = json!({"valid_from": "2025-03-31", "entry": entry, "reason": "Nghị quyết 01/2025"});
    let path = "/api/v1/admin/reference/tariffs/IMPORT";
    let changed = gate
        .ask(Some(&officer(Role::Admin, &[])), "PUT", path, &[("Content-Type", "application/json")], change.to_string())
        .await;
    assert!(changed.status < 300, "{} {}", changed.status, changed.text);
    let assessed = collect(&gate, &number, json!({"action": "fee.assess"})).await.json();
    assert_eq!(fee_of(&assessed)["amount_vnd"], 123_456, "{assessed}");
    assert_eq!(fee_of(&assessed)["working"]["basis"], "published");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_thirty_two_collectors_with_one_receipt_at_two_instances_one_takes_the_money() {
    let gate = TestGate::open().await;
    let other = gate.another().await;
    let mut numbers = Vec::new();
    for place in 0..32 {
        let number = registered(&gate, &format!("桂F{}", 10_000 + place), json!({})).await;
        assert_eq!(collect(&gate, &number, json!({"action": "fee.assess", "amount_vnd": 1_000})).await.status, 200);
        numbers.push(number);
    }
    let pays = numbers.iter().enumerate().map(|(place, number)| {
        let gate = if place % 2 == 0 { &gate } else { &other };
        // However it is written, it is one paper.
        let receipt = if place % 3 == 0 { " bl-1" } else { "BL-1" };
        collect(gate, number, json!({"action": "fee.pay", "receipt": receipt}))
    });
    let replies = futures_util::future::join_all(pays).await;
    let paid: Vec<&String> =
        replies.iter().zip(&numbers).filter(|(reply, _)| reply.status == 200).map(|(_, number)| number).collect();
    assert_eq!(paid.len(), 1);
    for reply in replies.iter().filter(|reply| reply.status != 200) {
        assert_eq!((reply.status, reply.problem().as_str()), (409, "receipt-used"), "{}", reply.text);
        assert!(reply.text.contains("BL-1") && reply.text.contains("2025-03-31"), "{}", reply.text);
    }
    // The others pay with receipts of their own, and a refund does not set the first one free.
    let waiting: Vec<&String> = numbers.iter().filter(|number| *number != paid[0]).collect();
    assert_eq!(collect(&gate, waiting[0], json!({"action": "fee.pay", "receipt": "BL-2"})).await.status, 200);
    assert_eq!(collect(&gate, paid[0], json!({"action": "fee.refund", "reason": "Nộp nhầm"})).await.status, 200);
    for number in [waiting[1], paid[0]] {
        assert_eq!(
            collect(&other, number, json!({"action": "fee.pay", "receipt": "BL-1"})).await.problem(),
            "receipt-used"
        );
    }
    assert_eq!(collect(&gate, paid[0], json!({"action": "fee.pay", "receipt": "BL-3"})).await.status, 200);
    let too_long = collect(&gate, waiting[1], json!({"action": "fee.pay", "receipt": "B".repeat(65)})).await;
    assert_eq!(too_long.faults(), [("/receipt".to_owned(), "too-long".to_owned())]);

    let (client, _driving) = connect(gate.database.url()).await.unwrap();
    assert_eq!(recount(&client, |_| {}).await.unwrap().differences, []);
    for sql in ["update receipts set amount_vnd = 0", "delete from receipts"] {
        assert!(client.batch_execute(sql).await.is_err(), "the service may not: {sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_days_takings_are_what_the_throughput_counts_also_over_transfers_refunds_and_waivers() {
    let gate = TestGate::open().await;
    let mut numbers = Vec::new();
    for (place, vnd) in [100_000, 200_000, 300_000, 400_000].into_iter().enumerate() {
        let number = registered(&gate, &format!("桂F{}", 10_000 + place), json!({})).await;
        assert_eq!(collect(&gate, &number, json!({"action": "fee.assess", "amount_vnd": vnd})).await.status, 200);
        numbers.push(number);
    }
    for (place, number) in numbers.iter().take(3).enumerate() {
        did(&gate, Role::FeeCollector, number, json!({"action": "fee.pay", "receipt": format!("BL-{place}")})).await;
    }
    did(&gate, Role::FeeCollector, &numbers[3], json!({"action": "fee.waive", "reason": "Hàng cứu trợ"})).await;
    // The second goes on elsewhere with its fee paid, and has it back there on the next day.
    let moved =
        did(&gate, Role::GateManager, &numbers[1], json!({"action": "transfer", "crossing_point": "CHI_MA"})).await;
    let moved = moved["transferred_to"].as_str().unwrap();
    assert_eq!(
        collect(&gate, &numbers[1], json!({"action": "fee.refund", "reason": "x"})).await.status,
        409,
        "it went on"
    );
    gate.clock.set("2025-04-01T02:00:00Z".parse().unwrap());
    did(&gate, Role::FeeCollector, moved, json!({"action": "fee.refund", "reason": "Không đi nữa"})).await;
    did(&gate, Role::FeeCollector, &numbers[0], json!({"action": "fee.refund", "reason": "Nộp nhầm"})).await;

    let analyst = officer(Role::Analyst, &[]);
    let takings = gate.get(&analyst, "/api/v1/fees/takings?from=2025-03-31&to=2025-04-02").await.json();
    let throughput =
        "/api/v1/statistics/throughput?from=2025-03-31&to=2025-04-02&interval=day&by=crossing_point&measure=fees_vnd";
    let counted = gate.get(&analyst, throughput).await.json();
    for row in takings["rows"].as_array().unwrap() {
        let same = |cell: &&Value| cell["period"] == row["day"] && cell["crossing_point"] == row["crossing_point"];
        let cell = counted["rows"].as_array().unwrap().iter().find(same).unwrap();
        assert_eq!(row["net_vnd"], cell["fees_vnd"], "{row}");
    }
    assert_eq!(takings["rows"].as_array().unwrap().len(), counted["rows"].as_array().unwrap().len());
    let total = json!({"payments": 3, "paid_vnd": 600_000, "refunds": 2, "refunded_vnd": 300_000, "net_vnd": 300_000});
    assert_eq!(takings["total"], total);

    // As a file for the treasury, at the collector's own crossing points alone.
    let here = officer(Role::FeeCollector, &["CHI_MA"]);
    let csv = gate.get(&here, "/api/v1/fees/takings?day=2025-04-01&format=csv&bom=true").await;
    assert_eq!(
        csv.text,
        "\u{feff}day,crossing_point,name,payments,paid_vnd,refunds,refunded_vnd,net_vnd\r\n2025-04-01,CHI_MA,Chi Ma,0,0,1,200000,-200000\r\n"
    );
    let receipts = gate
        .get(&officer(Role::GateManager, &["HUU_NGHI"]), "/api/v1/fees/takings?day=2025-03-31&detail=receipts")
        .await
        .json();
    let listed: Vec<&str> =
        receipts["receipts"].as_array().unwrap().iter().map(|one| one["receipt"].as_str().unwrap()).collect();
    assert_eq!(listed, ["BL-0", "BL-1", "BL-2"]);
    assert_eq!(receipts["receipts"][1]["declaration"], json!(numbers[1]));
    let backwards = gate.get(&analyst, "/api/v1/fees/takings?from=2025-04-02&to=2025-04-01").await;
    assert_eq!(backwards.faults(), [("/to".to_owned(), "span-backwards".to_owned())]);
    assert_eq!(gate.get(&analyst, "/api/v1/fees/takings").await.faults(), [("/day".to_owned(), "required".to_owned())]);

    // A database from before there were receipts has the same ones after the migration.
    let admin = gate.database.admin().await;
    let all = "select string_agg(r::text, '|' order by r::text) from receipts r";
    let kept: String = admin.query_one(all, &[]).await.unwrap().get(0);
    admin.batch_execute(include_str!("../migrations/0008_receipts/down.sql")).await.unwrap();
    admin.batch_execute(include_str!("../migrations/0008_receipts/up.sql")).await.unwrap();
    assert_eq!(admin.query_one(all, &[]).await.unwrap().get::<_, String>(0), kept);

    // The doctor finds a receipt that is kept otherwise than the actions say.
    let (client, _driving) = connect(gate.database.url()).await.unwrap();
    assert_eq!(recount(&client, |_| {}).await.unwrap().differences, []);
    gate.database
        .admin()
        .await
        .batch_execute("update receipts set receipt = 'BL-9' where receipt = 'BL-2'")
        .await
        .unwrap();
    let found = recount(&client, |_| {}).await.unwrap().differences;
    assert!(
        matches!(&found[..], [Difference::Receipt { named: Some(named), kept: Some(kept), .. }] if named == "BL-2" && kept == "BL-9"),
        "{found:?}"
    );
    gate.database.admin().await.batch_execute("delete from receipts where receipt = 'BL-9'").await.unwrap();
    let found = recount(&client, |_| {}).await.unwrap().differences;
    assert!(
        found
            .iter()
            .any(|one| matches!(one, Difference::Takings { received, counted, .. } if counted - received == 300_000)),
        "{found:?}"
    );
}
