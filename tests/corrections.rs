//! Mistakes and how they are mended: every figure is again what it would have been, on its own day, and the history
//! shows the mistake and the mending.

use std::collections::BTreeSet;

use border_gate::casework::doctor::recount;
use border_gate::domain::actor::Actor;
use border_gate::domain::number::Number;
use border_gate::domain::throughput::Measure;
use border_gate::domain::workflow::{QuarantineKind, Role};
use border_gate::storage::pool::connect;
use chrono::Duration;
use serde_json::{Value, json};

use crate::casework::tractor;
use crate::exact::every_history_replays;
use crate::support::gate::{TestGate, declarant, officer, quarantine};
use crate::support::http::Reply;

/// Whoever takes an action of this name.
pub fn whose(action: &str) -> Actor {
    match action.split('.').next().unwrap() {
        "customs" => officer(Role::CustomsOfficer, &[]),
        "health" => quarantine(QuarantineKind::Health),
        "animal_quarantine" => quarantine(QuarantineKind::Animal),
        "plant_quarantine" => quarantine(QuarantineKind::Plant),
        "fee" => officer(Role::FeeCollector, &[]),
        "transshipment" | "enter_yard" | "move_yard" | "leave_yard" => officer(Role::YardOperator, &[]),
        "submit" | "cancel" => declarant(1),
        "register" | "return" | "transfer" | "add_track" => officer(Role::GateManager, &[]),
        _ => officer(Role::BorderGuard, &[]),
    }
}

/// Declares a vehicle at Hữu Nghị; its number.
pub async fn declared(gate: &TestGate, body: &Value) -> String {
    let mut body = body.clone();
    body["planned_arrival"] = json!(gate.now());
    let reply = gate.post(&declarant(1), "/api/v1/declarations", &body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.json()["number"].as_str().unwrap().to_owned()
}

/// Tries an action as whoever takes it.
pub async fn tried(gate: &TestGate, number: &str, action: Value) -> Reply {
    gate.act(&whose(action["action"].as_str().unwrap()), number, &action).await
}

/// Takes an action as whoever takes it, which is done; the record after it.
pub async fn done(gate: &TestGate, number: &str, action: Value) -> Value {
    let reply = tried(gate, number, action.clone()).await;
    assert_eq!(reply.status, 200, "{action}: {}", reply.text);
    reply.json()
}

/// Takes one action after the other.
pub async fn all_done(gate: &TestGate, number: &str, actions: &[Value]) -> Value {
    let mut record = Value::Null;
    for action in actions {
        record = done(gate, number, action.clone()).await;
    }
    record
}

pub async fn read(gate: &TestGate, number: &str) -> Value {
    gate.get(&officer(Role::Auditor, &[]), &format!("/api/v1/declarations/{number}")).await.json()
}

/// What was done to it, in order.
pub async fn history(gate: &TestGate, number: &str) -> Vec<Value> {
    let path = format!("/api/v1/declarations/{number}/actions");
    let history = gate.get(&officer(Role::Auditor, &[]), &path).await.json();
    history["items"].as_array().unwrap().clone()
}

/// The actions' names among `history`, from `from` on.
pub fn names(history: &[Value]) -> Vec<&str> {
    history.iter().map(|one| one["action"].as_str().unwrap()).collect()
}

/// Every figure of the throughput that is not 0, such as `31 HUU_NGHI cleared 1`, by the day of March or April 2025.
pub async fn figures(gate: &TestGate) -> BTreeSet<String> {
    let measures = Measure::WORDS.join(",");
    let path = format!(
        "/api/v1/statistics/throughput?from=2025-03-30&to=2025-04-30&interval=day&by=crossing_point&measure={measures}"
    );
    let reply = gate.get(&officer(Role::Analyst, &[]), &path).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let mut found = BTreeSet::new();
    for row in reply.json()["rows"].as_array().unwrap() {
        let day = row["period"].as_str().unwrap().trim_start_matches("2025-");
        for measure in Measure::WORDS {
            if row[measure] != json!(0) {
                found.insert(format!("{day} {} {measure} {}", row["crossing_point"].as_str().unwrap(), row[measure]));
            }
        }
    }
    found
}

/// How many are inside and how many are expected, by crossing point.
pub async fn backlog(gate: &TestGate) -> BTreeSet<String> {
    let backlog = gate.get(&officer(Role::Analyst, &[]), "/api/v1/statistics/backlog").await.json();
    let row = |row: &Value| {
        let point = row["crossing_point"].as_str().unwrap();
        format!("{point} {} inside {} expected", row["inside"], row["registered_not_arrived"])
    };
    backlog["rows"].as_array().unwrap().iter().map(row).collect()
}

/// What `after` has that `before` has not, with `+`, and what it lost, with `-`.
pub fn differences(before: &BTreeSet<String>, after: &BTreeSet<String>) -> Vec<String> {
    let gone = before.difference(after).map(|figure| format!("- {figure}"));
    gone.chain(after.difference(before).map(|figure| format!("+ {figure}"))).collect()
}

/// Every figure equals a recount, every place is whose it should be, every history adds up to its record.
pub async fn everything_adds_up(gate: &TestGate) {
    let (client, _driving) = connect(gate.database.url()).await.unwrap();
    assert_eq!(recount(&client, |_| ()).await.unwrap().differences, []);
    let rows = client.query("select number from declarations", &[]).await.unwrap();
    let all: Vec<String> = rows.iter().map(|row| Number::from_i64(row.get(0)).unwrap().to_string()).collect();
    every_history_replays(gate, &all).await;
}

pub fn arrive(plate: &str) -> Value {
    json!({"action": "arrive", "observed_plate": plate})
}

pub fn because(action: &str) -> Value {
    json!({"action": action, "reason": "a mistake"})
}

/// All that a camera's tractor needs to be ready, once it has arrived.
pub fn every_part() -> Vec<Value> {
    vec![
        json!({"action": "customs.set_lane", "lane": "red"}),
        json!({"action": "customs.check_documents"}),
        json!({"action": "customs.inspect", "means": "scanner", "result": "conforms"}),
        json!({"action": "customs.clear"}),
        json!({"action": "fee.assess", "amount_vnd": 350_000}),
        json!({"action": "fee.pay", "receipt": "R1"}),
        json!({"action": "health.pass"}),
        json!({"action": "border_guard.pass"}),
    ]
}

/// A tractor that stands ready at the barrier of Hữu Nghị.
pub async fn ready(gate: &TestGate, plate: &str) -> String {
    let number = declared(gate, &tractor(plate)).await;
    all_done(gate, &number, &[json!({"action": "register"}), arrive(plate)]).await;
    let record = all_done(gate, &number, &every_part()).await;
    assert_eq!(record["state"], "ready");
    number
}

fn part<'a>(record: &'a Value, track: &str) -> &'a Value {
    record["tracks"].as_array().unwrap().iter().find(|part| part["track"] == track).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_that_is_revoked_days_later_takes_its_figure_back_from_its_own_day() {
    let gate = TestGate::open().await;
    let number = ready(&gate, "桂F12345").await;
    let ready_at = read(&gate, &number).await["stamps"]["ready_at"].clone();
    let before = figures(&gate).await;
    gate.clock.set(gate.now() + Duration::days(3));
    let mut seen = history(&gate, &number).await.len();
    for (undo, mended, again, lost, won) in [
        (
            because("customs.revoke"),
            "customs",
            vec![
                json!({"action": "customs.check_documents"}),
                json!({"action": "customs.inspect", "means": "officer", "result": "conforms"}),
                json!({"action": "customs.clear"}),
            ],
            vec!["- 03-31 HUU_NGHI cleared 1"],
            vec!["- 03-31 HUU_NGHI cleared 1", "+ 04-03 HUU_NGHI cleared 1"],
        ),
        (because("health.revoke"), "health", vec![json!({"action": "health.pass"})], vec![], vec![]),
        (because("border_guard.revoke"), "border_guard", vec![json!({"action": "border_guard.pass"})], vec![], vec![]),
        (
            because("fee.refund"),
            "fee",
            vec![json!({"action": "fee.assess", "amount_vnd": 400_000}), json!({"action": "fee.pay", "receipt": "R2"})],
            vec!["+ 04-03 HUU_NGHI fees_vnd -350000"],
            vec!["+ 04-03 HUU_NGHI fees_vnd 50000"],
        ),
    ] {
        let before_this = figures(&gate).await;
        let record = done(&gate, &number, undo.clone()).await;
        assert_eq!((&record["state"], &record["stamps"]["ready_at"]), (&json!("arrived"), &Value::Null), "{undo}");
        assert_ne!(part(&record, mended)["state"], "done");
        assert_eq!(differences(&before_this, &figures(&gate).await), lost, "{undo}");
        assert_eq!(backlog(&gate).await, ["HUU_NGHI 1 inside 0 expected".to_owned()].into());
        let record = all_done(&gate, &number, &again).await;
        assert_eq!((&record["state"], &part(&record, mended)["state"]), (&json!("ready"), &json!("done")));
        assert_ne!(record["stamps"]["ready_at"], ready_at, "ready anew");
        assert_eq!(differences(&before_this, &figures(&gate).await), won, "{undo}");
        let told = history(&gate, &number).await;
        let told = names(&told[seen..]);
        assert_eq!(told[..2], [undo["action"].as_str().unwrap(), "reopen"]);
        assert_eq!(told.last(), Some(&"make_ready"));
        seen += told.len();
    }
    let since = differences(&before, &figures(&gate).await);
    assert_eq!(since, ["- 03-31 HUU_NGHI cleared 1", "+ 04-03 HUU_NGHI cleared 1", "+ 04-03 HUU_NGHI fees_vnd 50000"]);

    // What went against the vehicle is taken back in the same way.
    for (against, undo) in [
        (because("customs.refuse"), because("customs.revoke")),
        (because("health.fail"), because("health.revoke")),
        (because("health.require_treatment"), because("health.revoke")),
        (because("border_guard.refuse"), because("border_guard.revoke")),
    ] {
        let refused = tried(&gate, &number, against.clone()).await;
        assert_eq!(refused.problem(), "illegal-action", "{against}: what is decided is revoked first");
        done(&gate, &number, undo.clone()).await;
        done(&gate, &number, against.clone()).await;
        let record = done(&gate, &number, undo.clone()).await;
        assert!(matches!(record["state"].as_str(), Some("arrived")), "{record}");
        let again: Vec<Value> = match undo["action"].as_str().unwrap() {
            "customs.revoke" => every_part()[1..4].to_vec(),
            "health.revoke" => vec![json!({"action": "health.pass"})],
            _ => vec![json!({"action": "border_guard.pass"})],
        };
        assert_eq!(all_done(&gate, &number, &again).await["state"], "ready");
    }
    everything_adds_up(&gate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_quarantine_takes_its_result_back() {
    let gate = TestGate::open().await;
    let mut body = tractor("桂F12345");
    body["goods"][0]["hs_code"] = json!("08109020");
    let number = declared(&gate, &body).await;
    all_done(&gate, &number, &[json!({"action": "register"})]).await;
    done(&gate, &number, json!({"action": "add_track", "track": "animal_quarantine", "reason": "live bees"})).await;
    done(&gate, &number, arrive("桂F12345")).await;
    for kind in ["plant_quarantine", "animal_quarantine", "health"] {
        let action = |verb: &str| because(&format!("{kind}.{verb}"));
        let pass = json!({"action": format!("{kind}.pass")});
        for (said, state) in
            [(pass.clone(), "done"), (action("fail"), "failed"), (action("require_treatment"), "under_way")]
        {
            assert_eq!(part(&done(&gate, &number, said).await, kind)["state"], state);
            let record = done(&gate, &number, action("revoke")).await;
            assert_eq!(
                (&part(&record, kind)["state"], &part(&record, kind)["treatment"]),
                (&json!("not_begun"), &Value::Null)
            );
        }
        done(&gate, &number, pass).await;
    }
    everything_adds_up(&gate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fee_is_refunded_after_any_ending_and_the_ending_stays() {
    let gate = TestGate::open().await;
    for (place, end) in [
        ("completed", json!({"action": "complete", "observed_plate": "桂F00000"})),
        ("cancelled", json!({"action": "cancel"})),
        ("rejected", because("reject")),
        ("turned_back", because("turn_back")),
        ("expired", Value::Null),
    ] {
        let gate = &gate;
        let plate = "桂F00000";
        let number = if place == "completed" {
            ready(gate, plate).await
        } else {
            let number = declared(gate, &tractor(plate)).await;
            done(gate, &number, json!({"action": "register"})).await;
            let assessed = json!({"action": "fee.assess", "amount_vnd": 350_000});
            all_done(gate, &number, &[assessed, json!({"action": "fee.pay", "receipt": place})]).await;
            if place == "turned_back" {
                done(gate, &number, arrive(plate)).await;
            }
            number
        };
        if end.is_null() {
            gate.clock.set(gate.now() + Duration::days(16));
            gate.service.expire_due().await.unwrap();
        } else {
            done(gate, &number, end).await;
        }
        let before = figures(gate).await;
        let ended = read(gate, &number).await;
        assert_eq!(ended["state"], place);
        gate.clock.set(gate.now() + Duration::days(1));
        let day = gate.now().format("%m-%d");
        let record = done(gate, &number, because("fee.refund")).await;
        assert_eq!((&record["state"], &record["stamps"]), (&ended["state"], &ended["stamps"]), "the ending stays");
        let changed = differences(&before, &figures(gate).await);
        assert_eq!(changed, [format!("+ {day} HUU_NGHI fees_vnd -350000")], "{place}");
        let twice = tried(gate, &number, because("fee.refund")).await;
        assert_eq!(twice.problem(), "illegal-action", "a fee is refunded once");
        assert_eq!(names(&history(gate, &number).await).iter().filter(|name| **name == "fee.refund").count(), 1);
    }
    everything_adds_up(&gate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fee_that_was_waived_by_mistake_is_assessed_again() {
    let gate = TestGate::open().await;
    let number = ready(&gate, "桂F12345").await;
    all_done(&gate, &number, &[because("fee.refund"), because("fee.waive")]).await;
    let record = done(&gate, &number, json!({"action": "fee.assess", "amount_vnd": 200_000})).await;
    assert_eq!((&record["state"], &part(&record, "fee")["state"]), (&json!("arrived"), &json!("under_way")));
    let record = done(&gate, &number, json!({"action": "fee.pay", "receipt": "R2"})).await;
    assert_eq!(record["state"], "ready");
    let assessed = tried(&gate, &number, json!({"action": "fee.assess", "amount_vnd": 1})).await;
    assert_eq!(assessed.problem(), "illegal-action", "what is paid is refunded first");
    everything_adds_up(&gate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_arrival_that_never_was_is_undone_while_nothing_has_been_done_since() {
    let gate = TestGate::open().await;
    let number = declared(&gate, &tractor("桂F12345")).await;
    done(&gate, &number, json!({"action": "register"})).await;
    let (before, expected) = (figures(&gate).await, backlog(&gate).await);
    let other = tried(&gate, &number, arrive("桂F54321")).await;
    assert_eq!(other.faults(), [("/mismatch_reason".to_owned(), "other-plate".to_owned())]);
    let seen =
        json!({"action": "arrive", "observed_plate": "桂f-54321", "mismatch_reason": "tractor changed at Pingxiang"});
    let record = done(&gate, &number, seen).await;
    assert_eq!(record["observed_plate"], "桂F54321");
    let told = history(&gate, &number).await;
    let details = &told.last().unwrap()["details"];
    assert_eq!(
        (&details["observed_plate"], &details["expected_plate"], &details["mismatch_reason"]),
        (&json!("桂F54321"), &json!("桂F12345"), &json!("tractor changed at Pingxiang"))
    );
    // Two days later it is seen that another vehicle had come. That somebody notes so changes nothing of it.
    gate.clock.set(gate.now() + Duration::days(2));
    done(&gate, &number, json!({"action": "remark", "text": "This is not the vehicle that was declared"})).await;
    let record = done(&gate, &number, because("undo_arrive")).await;
    assert_eq!((&record["state"], &record["observed_plate"]), (&json!("registered"), &Value::Null));
    assert_eq!(record["stamps"]["arrived_at"], Value::Null);
    assert_eq!((figures(&gate).await, backlog(&gate).await), (before.clone(), expected));
    let record = done(&gate, &number, arrive("桂F12345")).await;
    assert_eq!(differences(&before, &figures(&gate).await), ["+ 04-02 HUU_NGHI arrived 1"]);
    assert_eq!(record["observed_plate"], "桂F12345");
    let told = history(&gate, &number).await;
    assert_eq!(names(&told[3..]), ["arrive", "remark", "undo_arrive", "arrive"]);
    done(&gate, &number, json!({"action": "enter_yard", "yard": "XUAN_CUONG"})).await;
    assert_eq!(tried(&gate, &number, because("undo_arrive")).await.problem(), "illegal-action");
    everything_adds_up(&gate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_stops_a_vehicle_at_the_barrier_and_its_release_makes_it_ready_anew() {
    let gate = TestGate::open().await;
    let number = ready(&gate, "桂F12345").await;
    all_done(&gate, &number, &[json!({"action": "enter_yard", "yard": "XUAN_CUONG"}), json!({"action": "leave_yard"})])
        .await;
    let before = (figures(&gate).await, backlog(&gate).await);
    let hold = json!({"action": "hold.place", "legal_reason": "Customs Law 2014, Art 35"});
    let record = gate.act(&officer(Role::CustomsOfficer, &[]), &number, &hold).await.json();
    assert_eq!((&record["state"], &record["stamps"]["ready_at"]), (&json!("arrived"), &Value::Null));
    let crossing = json!({"action": "complete", "observed_plate": "桂F12345"});
    let stopped = tried(&gate, &number, crossing.clone()).await;
    assert!(matches!(stopped.problem().as_str(), "on-hold" | "illegal-action"), "{}", stopped.text);
    // Another agency holds it too: both must let it go.
    let record = done(&gate, &number, json!({"action": "hold.place", "legal_reason": "the driver's papers"})).await;
    let holds = [record["holds"][0]["hold"].clone(), record["holds"][1]["hold"].clone()];
    assert_eq!(tried(&gate, &number, json!({"action": "hold.release", "hold": holds[0]})).await.status, 422);
    let record = done(&gate, &number, json!({"action": "hold.release", "hold": holds[1]})).await;
    assert_eq!(record["state"], "arrived");
    gate.clock.set(gate.now() + Duration::minutes(30));
    let release = json!({"action": "hold.release", "hold": holds[0]});
    let record = gate.act(&officer(Role::CustomsOfficer, &[]), &number, &release).await.json();
    assert_eq!(record["state"], "ready");
    assert_eq!(record["stamps"]["ready_at"], json!(gate.now()));
    assert_eq!((figures(&gate).await, backlog(&gate).await), before);
    assert_eq!(done(&gate, &number, crossing).await["state"], "completed");
    let told = history(&gate, &number).await;
    let told = names(&told);
    let tail = ["hold.place", "reopen", "hold.place", "hold.release", "hold.release", "make_ready", "complete"];
    assert_eq!(told[told.len() - 7..], tail);
    everything_adds_up(&gate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amendment_shows_what_it_changed_and_what_may_not_change_stays() {
    const HEADERS: [(&str, &str); 2] = [("Content-Type", "application/merge-patch+json"), ("If-Match", "*")];
    let gate = TestGate::open().await;
    let number = declared(&gate, &tractor("桂F12345")).await;
    let path = format!("/api/v1/declarations/{number}");
    let amend = |patch: Value| {
        let (gate, path) = (&gate, &path);
        async move { gate.ask(Some(&declarant(1)), "PATCH", path, &HEADERS, patch.to_string()).await }
    };
    let refused_everywhere = [
        (json!({"direction": "export"}), "/direction"),
        (json!({"crossing_point": "CHI_MA"}), "/crossing_point"),
        (json!({"firm": {"tax_code": "0100233488"}}), "/firm"),
        (json!({"declarant": "account:2"}), "/declarant"),
        (json!({"number": "0000-0000-0000-00"}), "/number"),
    ];
    let never = |patch: Value, pointer: &'static str| {
        let (gate, path) = (&gate, &path);
        async move {
            let before = gate.get(&declarant(1), path).await.json();
            let refused = gate.ask(Some(&declarant(1)), "PATCH", path, &HEADERS, patch.to_string()).await;
            assert_eq!(refused.status, 422, "{patch}: {}", refused.text);
            assert_eq!(refused.faults()[0].0, pointer, "{patch}");
            assert_eq!(gate.get(&declarant(1), path).await.json()["revision"], before["revision"]);
        }
    };
    for (patch, pointer) in refused_everywhere.clone() {
        never(patch, pointer).await;
    }
    all_done(
        &gate,
        &number,
        &[json!({"action": "return", "reason_code": "inconsistent", "reason": "the goods are fruit", "fields": ["/goods"]})],
    )
    .await;
    for (patch, pointer) in refused_everywhere.clone() {
        never(patch, pointer).await;
    }
    let before = figures(&gate).await;
    gate.clock.set(gate.now() + Duration::days(2));
    let later = gate.now();
    let fruit = json!({"cargo_class": "fruit", "planned_arrival": later, "goods": [{"hs_code": "08109020", "description": "Thanh long", "quantity": 1200, "unit": "KGM", "gross_kg": 8100}]});
    let amended = amend(fruit).await;
    assert_eq!(amended.status, 200, "{}", amended.text);
    assert_eq!(amended.json()["amended_after_lane"], false);
    assert_eq!(figures(&gate).await, before, "it was declared on its day");
    all_done(&gate, &number, &[json!({"action": "submit"}), json!({"action": "register"})]).await;
    done(&gate, &number, json!({"action": "customs.set_lane", "lane": "yellow"})).await;
    for (patch, pointer) in refused_everywhere {
        never(patch, pointer).await;
    }
    never(json!({"goods": []}), "/goods").await;
    never(json!({"cargo_class": "general"}), "/cargo_class").await;
    // The rules on tracks are asked anew: a Vietnamese driver needs no health check, and it stays required.
    let driver = json!({"full_name": "Nguyễn Văn An", "nationality": "VN", "document": {"kind": "identity_card", "number": "020085001234", "mrz": null}});
    let amended = amend(json!({"driver": driver})).await;
    assert_eq!(amended.status, 200, "{}", amended.text);
    assert_eq!(amended.json()["amended_after_lane"], true);
    assert_eq!(amended.json()["driver"]["full_name"], "Nguyễn Văn An");
    part(&amended.json(), "health");
    let told = history(&gate, &number).await;
    let changes: Vec<&Value> = told.iter().filter(|one| one["action"] == "amend").collect();
    assert_eq!(changes.len(), 2);
    let class = changes[0]["details"]["changes"].as_array().unwrap().iter().find(|one| one["field"] == "cargo_class");
    assert_eq!(class.unwrap(), &json!({"field": "cargo_class", "before": "general", "after": "fruit"}));
    assert_eq!(changes[1]["details"]["after_lane"], true);
    assert!(!told.iter().any(|one| one.to_string().contains("020085001234")), "no person stands in the history");
    everything_adds_up(&gate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_plate_in_registered_takes_its_place_and_gives_the_old_one_up_at_once() {
    const HEADERS: [(&str, &str); 2] = [("Content-Type", "application/merge-patch+json"), ("If-Match", "*")];
    let gate = TestGate::open().await;
    let number = declared(&gate, &tractor("桂F12345")).await;
    done(&gate, &number, json!({"action": "register"})).await;
    let mut other = tractor("桂F99999");
    other["customs_declarations"][0]["number"] = json!("108625440130");
    let taken = gate.post(&declarant(2), "/api/v1/declarations", &other).await;
    assert_eq!(taken.status, 201);
    let path = format!("/api/v1/declarations/{number}");
    let plate = |plate: &str| json!({"vehicle": {"plate": plate}}).to_string();
    let before = read(&gate, &number).await;
    let refused = gate.ask(Some(&declarant(1)), "PATCH", &path, &HEADERS, plate("桂F99999")).await;
    assert_eq!((refused.status, refused.problem().as_str()), (409, "vehicle-already-declared"));
    assert_eq!(refused.json()["declaration"], Value::Null, "another firm's declaration is not named");
    assert!(refused.text.contains("桂F99999"), "it says which vehicle: {}", refused.text);
    assert_eq!(read(&gate, &number).await, before, "nothing changed");
    assert_eq!(gate.post(&declarant(2), "/api/v1/declarations", &tractor("桂F12345")).await.status, 409);
    let amended = gate.ask(Some(&declarant(1)), "PATCH", &path, &HEADERS, plate("桂F11111")).await;
    assert_eq!(amended.status, 200, "{}", amended.text);
    assert_eq!(gate.post(&declarant(2), "/api/v1/declarations", &tractor("桂F12345")).await.status, 201);
    let own = gate.post(&declarant(1), "/api/v1/declarations", &tractor("桂F11111")).await;
    assert_eq!((own.status, &own.json()["declaration"]), (409, &json!(number)), "its own firm is told which");
    everything_adds_up(&gate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_returned_from_registered_begins_anew_at_the_gate() {
    let gate = TestGate::open().await;
    let number = declared(&gate, &tractor("桂F12345")).await;
    done(&gate, &number, json!({"action": "register", "yard": "XUAN_CUONG"})).await;
    let assess = json!({"action": "fee.assess", "amount_vnd": 350_000});
    let lane = |lane: &str| json!({"action": "customs.set_lane", "lane": lane});
    done(&gate, &number, lane("yellow")).await;
    all_done(&gate, &number, &[every_part()[1].clone(), every_part()[3].clone(), assess.clone()]).await;
    let before = figures(&gate).await;
    gate.clock.set(gate.now() + Duration::days(1));
    let back = json!({"action": "return", "reason_code": "documents", "reason": "the invoice is missing"});
    let record = done(&gate, &number, back.clone()).await;
    let stamps = &record["stamps"];
    assert_eq!((&stamps["registered_at"], &stamps["cleared_at"]), (&Value::Null, &Value::Null));
    assert_eq!(record["assigned_yard"], Value::Null);
    for part in record["tracks"].as_array().unwrap() {
        assert_eq!(part["state"], "not_begun", "{part}");
    }
    assert_eq!(part(&record, "fee")["amount_vnd"], Value::Null, "what is to be paid is assessed anew");
    assert_eq!(part(&record, "customs")["lane_floor"], "yellow");
    let lost = ["- 03-31 HUU_NGHI cleared 1", "- 03-31 HUU_NGHI registered 1"];
    assert_eq!(differences(&before, &figures(&gate).await), lost);
    all_done(&gate, &number, &[json!({"action": "submit"}), json!({"action": "register"})]).await;
    let low = tried(&gate, &number, lane("green")).await;
    assert_eq!(low.faults(), [("/lane".to_owned(), "lane-below-floor".to_owned())]);
    all_done(&gate, &number, &[lane("red"), assess, json!({"action": "fee.pay", "receipt": "R1"})]).await;
    let record = done(&gate, &number, back).await;
    assert_eq!(part(&record, "customs")["lane_floor"], "red");
    let fee = part(&record, "fee");
    assert_eq!((&fee["state"], &fee["receipt"]), (&json!("done"), &json!("R1")), "a paid fee stays paid");
    everything_adds_up(&gate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_where_it_stands_and_what_is_needed_in_the_callers_language() {
    let gate = TestGate::open().await;
    let number = declared(&gate, &tractor("桂F12345")).await;
    let path = format!("/api/v1/declarations/{number}/actions");
    let told = |actor: Actor, action: Value, language: &'static str| {
        let (gate, path) = (&gate, &path);
        async move {
            let headers = [("Content-Type", "application/json"), ("Accept-Language", language)];
            let reply = gate.ask(Some(&actor), "POST", path, &headers, action.to_string()).await;
            assert_eq!(reply.headers["content-language"], language);
            reply.json()["detail"].as_str().unwrap().to_owned()
        }
    };
    let guard = || officer(Role::BorderGuard, &[]);
    for (language, said) in [
        (
            "vi",
            "“Xác nhận vào khu vực cửa khẩu” chưa thực hiện được. Tờ khai đang ở trạng thái “Đã khai báo”; việc này chỉ làm được khi tờ khai ở trạng thái: Đã tiếp nhận. Thao tác “Tiếp nhận” (Ban quản lý cửa khẩu) đưa tờ khai về đó.",
        ),
        (
            "en",
            "“Record arrival” is not possible now. The declaration is “Declared”; this is possible only when it is: Registered. “Register” (Gate manager) leads there.",
        ),
        (
            "zh",
            "目前无法“确认进入口岸区域”。该申报目前为“已申报”；只有在以下状态才能办理：已受理。“受理”（口岸管理人员）后即可转入该状态。",
        ),
    ] {
        assert_eq!(told(guard(), arrive("桂F12345"), language).await, said);
    }
    for (language, said) in [
        (
            "vi",
            "Bạn không được thực hiện việc này. Việc này dành cho: Bộ đội biên phòng. Vai trò của bạn là Nhân viên thu phí.",
        ),
        ("en", "You may not do this. This is for: Border guard. Your role is: Fee collector."),
        ("zh", "您不能进行此操作。此操作由以下角色办理：边防人员。您的角色是：收费员。"),
    ] {
        assert_eq!(told(officer(Role::FeeCollector, &[]), arrive("桂F12345"), language).await, said);
    }
    all_done(&gate, &number, &[json!({"action": "register"}), arrive("桂F12345")]).await;
    // What no single action leads to: what must be done before it, and by whom.
    let crossing = json!({"action": "complete", "observed_plate": "桂F12345"});
    let early = told(guard(), crossing.clone(), "en").await;
    assert!(early.ends_with("when it is: Ready to cross. What must be done now: Customs officer: set the lane. Health quarantine: examine and conclude. Border guard: check the people and the vehicle's papers. Fee collector: assess the fee."), "{early}");
    done(&gate, &number, json!({"action": "hold.place", "legal_reason": "a check"})).await;
    for (language, said) in [
        ("vi", "“Cho quay đầu” phải chờ gỡ lệnh tạm dừng. Bộ đội biên phòng: giải quyết và gỡ lệnh tạm dừng."),
        ("en", "“Turn back” waits until every hold is released. Border guard: settle and release the hold."),
        ("zh", "须待扣停令全部解除后方可“责令掉头返回”。边防人员：处理并解除扣停令。"),
    ] {
        assert_eq!(told(guard(), because("turn_back"), language).await, said);
    }
    let held = read(&gate, &number).await["holds"][0]["hold"].clone();
    all_done(&gate, &number, &[json!({"action": "hold.release", "hold": held}), because("turn_back")]).await;
    let ended = told(guard(), crossing, "en").await;
    assert!(
        ended.ends_with("It has ended, and nothing changes that; add a remark, or declare the vehicle anew."),
        "{ended}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_numbers_are_shown_whole_and_rows_begin_with_their_period() {
    let gate = TestGate::open().await;
    let number = declared(&gate, &tractor("桂F12345")).await;
    let record = gate.get(&declarant(1), &format!("/api/v1/declarations/{number}")).await;
    assert!(record.text.contains("\"quantity\":1200,"), "{}", record.text);
    let path = "/api/v1/statistics/throughput?from=2025-03-31&to=2025-04-01&by=gate,direction&measure=declared,cleared";
    let report = gate.get(&officer(Role::Analyst, &[]), path).await;
    let row = r#"{"period":"2025-03-31/2025-04-01","gate":"HUU_NGHI","direction":"import","declared":1,"cleared":0}"#;
    assert!(report.text.contains(row), "{}", report.text);
}
