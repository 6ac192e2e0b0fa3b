//! The statistics equal a recount, whatever anybody does at once.

use std::slice;

use border_gate::casework::doctor::{Difference, recount};
use border_gate::domain::actor::Actor;
use border_gate::domain::declaration::Declaration;
use border_gate::domain::throughput::Measure;
use border_gate::domain::workflow::{Action, QuarantineKind, Role};
use border_gate::storage::actions;
use border_gate::storage::declarations;
use border_gate::storage::pool::connect;
use chrono::Duration;
use serde_json::{Value, json};

use crate::casework::tractor;
use crate::support::gate::{TestGate, declarant, officer, quarantine};

/// A small generator of numbers, so that a failure can be had again.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

fn everybody() -> Vec<Actor> {
    let roles = [Role::CustomsOfficer, Role::BorderGuard, Role::YardOperator, Role::FeeCollector, Role::GateManager];
    let officers = roles.into_iter().map(|role| officer(role, &[]));
    let quarantines = QuarantineKind::VARIANTS.iter().copied().map(quarantine);
    officers.chain(quarantines).chain([declarant(1), declarant(1)]).collect()
}

/// What somebody would sensibly say with `action` on `record`.
fn order(action: Action, record: &Value, dice: &mut Dice) -> Value {
    let mut order = json!({"action": action.as_str()});
    for need in action.rule().says {
        let field = need.field().as_str();
        let here = record["crossing_point"] == "HUU_NGHI";
        order[field] = match field {
            "fields" => json!(["/vehicle"]),
            "yard" => json!(if here { "XUAN_CUONG" } else { "BAO_NGUYEN" }),
            "crossing_point" => json!(if here { "TAN_THANH" } else { "HUU_NGHI" }),
            "lane" => json!(["green", "yellow", "red"][dice.below(3)]),
            "means" => json!("officer"),
            "result" => json!(["conforms", "conforms", "differs"][dice.below(3)]),
            "receipt" => json!(format!("BL-{}", dice.below(500))),
            "amount_vnd" => json!(100_000 + dice.below(9) * 50_000),
            "hold" => record["holds"][0]["hold"].clone(),
            "track" => json!("animal_quarantine"),
            "reason_code" => json!("other"),
            "observed_plate" => json!(format!("桂F{}", 10_000 + dice.below(90_000))),
            "onward_plate" => json!(format!("12C{}", 10_000 + dice.below(90_000))),
            // Some of these are too early or too late, and refused.
            "until" => json!(format!("2025-04-0{}T02:00:00Z", 1 + dice.below(4))),
            _ => json!("as the law says"),
        };
    }
    order
}

/// Does something that is open to somebody on the declaration, or amends or declares it anew.
pub async fn stir(gate: &TestGate, number: &str, dice: &mut Dice) {
    let people = everybody();
    let actor = &people[dice.below(people.len())];
    let path = format!("/api/v1/declarations/{number}");
    let seen = gate.get(actor, &path).await;
    if seen.status != 200 {
        return;
    }
    let record = seen.json();
    let open: Vec<Action> = record["offered"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|action| action.as_str().unwrap().parse().ok())
        // Endings too often would make a dull gate.
        .filter(|action| {
            let ends =
                matches!(action, Action::Cancel | Action::Reject | Action::TurnBack | Action::Return | Action::Remark);
            !ends || dice.below(8) == 0
        })
        .collect();
    let Some(action) = open.get(dice.below(open.len().max(1))) else { return };
    let reply = if *action == Action::Amend {
        let class = ["general", "fruit"][dice.below(2)];
        let patch = json!({"cargo_class": class, "vehicle": {"plate": format!("桂F{}", 10_000 + dice.below(50))}});
        let headers = [("Content-Type", "application/merge-patch+json"), ("If-Match", "*")];
        gate.ask(Some(actor), "PATCH", &path, &headers, patch.to_string()).await
    } else {
        gate.act(actor, number, &order(*action, &record, dice)).await
    };
    assert!(matches!(reply.status, 200 | 403 | 404 | 409 | 422), "{action}: {} {}", reply.status, reply.text);
}

async fn totals(gate: &TestGate, measures: &[Measure]) -> i64 {
    let columns: Vec<String> = measures.iter().map(|measure| format!("sum(\"{measure}\")")).collect();
    let sql = format!("select coalesce({}, 0)::bigint", columns.join(" + "));
    let sql = format!("{sql} from throughput");
    gate.database.admin().await.query_one(&sql, &[]).await.unwrap().get(0)
}

/// Every declaration's actions add up to its row.
pub async fn every_history_replays(gate: &TestGate, numbers: &[String]) {
    let pool = gate.database.pool();
    let mut conn = pool.get().await.unwrap();
    for number in numbers {
        let number = number.parse().unwrap();
        let row = declarations::find(&mut conn, number).await.unwrap().unwrap();
        let stored = actions::of(&mut conn, number).await.unwrap();
        let entries = stored.iter().map(|action| action.entry().unwrap());
        let mut replayed = Declaration::replay(number, entries).unwrap().unwrap();
        // Personal data are not in the history.
        replayed.people.clone_from(&row.people);
        replayed.people_seal.clone_from(&row.people_seal);
        assert_eq!(stored.last().unwrap().hash, row.head.0, "{number} keeps another head than its history ends with");
        replayed.head = row.head;
        assert_eq!(replayed, row);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_many_act_at_once_every_figure_equals_a_recount() {
    let gate = TestGate::open().await;
    let mut numbers = Vec::new();
    for place in 0..16 {
        let mut body = tractor(&format!("桂F{}", 20_000 + place));
        body["draft"] = json!(place % 3 == 0);
        body["transshipment"] = json!(place % 2 == 0);
        // Cameras, fruit for the plant quarantine, meat for the animal quarantine.
        let (class, chapter) = [("general", "85258031"), ("fruit", "08109020"), ("general", "02023000")][place % 3];
        body["cargo_class"] = json!(class);
        body["goods"][0]["hs_code"] = json!(chapter);
        let declared = gate.post(&declarant(1), "/api/v1/declarations", &body).await;
        assert_eq!(declared.status, 201, "{}", declared.text);
        numbers.push(declared.json()["number"].as_str().unwrap().to_owned());
    }
    let (client, _driving) = connect(gate.database.url()).await.unwrap();
    let mut all_expired = 0;
    for round in 0..12_u64 {
        // Once it is so late that what waits expires.
        let late = round == 3;
        gate.clock.set(gate.now() + if late { Duration::days(16) } else { Duration::hours(5) });
        let expired = async { if late { gate.service.expire_due().await.unwrap() } else { 0 } };
        let stirred = numbers.iter().enumerate().map(|(place, number)| {
            let mut dice = Dice(round * 1_000 + place as u64);
            let gate = &gate;
            async move {
                for _ in 0..6 {
                    stir(gate, number, &mut dice).await;
                }
            }
        });
        // The recount runs while the others act, on a snapshot of its own.
        let (findings, expired, _) =
            tokio::join!(recount(&client, |_| ()), expired, futures_util::future::join_all(stirred));
        all_expired += expired;
        assert_eq!(findings.unwrap().differences, [], "in round {round}");
        // Transfers make records: they are stirred as well.
        let made: Vec<i64> =
            client.query("select number from declarations", &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
        numbers = made
            .iter()
            .map(|number| border_gate::domain::number::Number::from_i64(*number).unwrap().to_string())
            .collect();
    }
    let findings = recount(&client, |_| ()).await.unwrap();
    assert_eq!(findings.differences, []);
    assert!(findings.declarations >= 16, "{findings:?}");
    assert!(all_expired > 0, "nothing ever expired");

    // Everything that was declared is open or has ended in one of the ways there are.
    let open: i64 = client
        .query_one(
            "select count(*) from declarations where state in ('submitted', 'returned', 'registered', 'arrived', 'in_yard', 'ready')",
            &[],
        )
        .await
        .unwrap()
        .get(0);
    let ended = [
        Measure::Completed,
        Measure::Cancelled,
        Measure::Rejected,
        Measure::Expired,
        Measure::TurnedBack,
        Measure::Transferred,
    ];
    let (came, ended) =
        (totals(&gate, &[Measure::Declared, Measure::TransferredIn]).await, totals(&gate, &ended).await);
    assert_eq!(came, open + ended);
    assert!(ended > 0, "nothing ever ended");

    every_history_replays(&gate, &numbers).await;
}

/// A set's rows are sent in another way where it is one, where they are some, and where they are many.
#[tokio::test(flavor = "multi_thread")]
async fn one_some_and_many_at_once_are_written_alike() {
    let gate = TestGate::open().await;
    let mut numbers = Vec::new();
    for (batch, lines) in [1, 2, 64, 65, 300].into_iter().enumerate() {
        let body: Vec<String> = (0..lines).map(|line| tractor(&format!("桂F{batch}{line:04}")).to_string()).collect();
        let ndjson = [("Content-Type", "application/x-ndjson")];
        let reply =
            gate.ask(Some(&declarant(1)), "POST", "/api/v1/declarations/batch", &ndjson, &body.join("\n")).await;
        let answers = reply.text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        numbers.extend(answers.map(|answer| answer["number"].as_str().unwrap().to_owned()));
    }
    assert_eq!(numbers.len(), 432);
    let manager = officer(Role::GateManager, &[]);
    let (one, others) = numbers.split_first().unwrap();
    for some in [slice::from_ref(one), &others[..40], &others[40..]] {
        let register = json!({"action": "register"});
        let asked = some.iter().map(|number| gate.act(&manager, number, &register));
        for reply in futures_util::future::join_all(asked).await {
            assert_eq!(reply.status, 200, "{}", reply.text);
        }
    }
    let alike = "select count(*), count(distinct (revision, state, firm, declarant, crossing_point, cargo_class, trader_tax_code,
                     customs_declarations, tracks, last_action, progress::text, replace(content::text, plate, ''))),
                     count(registered_at)
                 from declarations";
    let admin = gate.database.admin().await;
    let row = admin.query_one(alike, &[]).await.unwrap();
    assert_eq!([0, 1, 2].map(|column| row.get::<_, i64>(column)), [432, 1, 432]);
    assert_eq!(totals(&gate, &[Measure::Declared]).await, 432);
    assert_eq!(totals(&gate, &[Measure::Registered]).await, 432);
    let (client, _driving) = connect(gate.database.url()).await.unwrap();
    assert_eq!(recount(&client, |_| ()).await.unwrap().differences, []);
    every_history_replays(&gate, &numbers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recount_may_take_longer_than_an_answer() {
    let gate = TestGate::open().await;
    gate.post(&declarant(1), "/api/v1/declarations", &tractor("桂F12345")).await;
    // Counters that are as slow to read as those of many years on a cold disk.
    let slow = "alter table dwell rename to dwell_kept;
                create view dwell as select dwell_kept.* from pg_sleep(1.5), dwell_kept;
                grant select on dwell to border_gate_service";
    gate.database.admin().await.batch_execute(slow).await.unwrap();
    let (client, _driving) = connect(gate.database.url()).await.unwrap();
    client.batch_execute("set statement_timeout = '1s'").await.unwrap();
    assert_eq!(recount(&client, |_| ()).await.unwrap().differences, []);
    let row = client.query_one("show statement_timeout", &[]).await.unwrap();
    assert_eq!(row.get::<_, &str>(0), "1s", "what is asked next has its limit again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_or_a_place_that_was_tampered_with_is_found() {
    let gate = TestGate::open().await;
    gate.post(&declarant(1), "/api/v1/declarations", &tractor("桂F12345")).await;
    let (client, _driving) = connect(gate.database.url()).await.unwrap();
    assert_eq!(recount(&client, |_| ()).await.unwrap().differences, []);
    gate.database
        .admin()
        .await
        .batch_execute(
            "update throughput set cleared = cleared + 1; update vehicles_present set vehicle = 'CN:桂F54321'",
        )
        .await
        .unwrap();
    let differences = recount(&client, |_| ()).await.unwrap().differences;
    let counts = differences
        .iter()
        .filter(|one| matches!(one, Difference::Count { measure: Measure::Cleared, counted: 1, recounted: 0, .. }));
    let places = differences.iter().filter(|one| matches!(one, Difference::Place { .. }));
    assert_eq!((counts.count(), places.count(), differences.len()), (1, 2, 3), "{differences:?}");
}

/// Runs `border-gate doctor` on the gate's database: its exit code and what it printed.
async fn doctor(gate: &TestGate) -> (Option<i32>, String) {
    let ran = tokio::process::Command::new(env!("CARGO_BIN_EXE_border-gate"))
        .arg("doctor")
        .env("DATABASE_URL", gate.database.url())
        .env("LOG", "warn")
        .output()
        .await
        .unwrap();
    (ran.status.code(), String::from_utf8(ran.stdout).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_what_it_compared_and_exits_with_1_on_any_difference() {
    let gate = TestGate::open().await;
    let declared = gate.post(&declarant(1), "/api/v1/declarations", &tractor("桂F12345")).await;
    let number = declared.json()["number"].as_str().unwrap().to_owned();
    gate.act(&officer(Role::GateManager, &[]), &number, &json!({"action": "register"})).await;
    let (code, said) = doctor(&gate).await;
    assert_eq!(code, Some(0), "{said}");
    let compared = format!(
        "recounted 1 declarations in one snapshot: {} counters, 1 months' stocks, 0 dwell counts, 1 places of \
         vehicles, 0 in yards, bays and hours, and 0 receipts compared, 0 closings checked\nno difference\n",
        Measure::VARIANTS.len()
    );
    assert_eq!(said, compared);

    let admin = gate.database.admin().await;
    for (plant, undo, told) in [
        ("update throughput set cleared = 1", "update throughput set cleared = 0", "cleared on 2025-03-31 at HUU_NGHI"),
        (
            "update stock set registered = 3",
            "update stock set registered = 1",
            "the stock of 2025-03 at HUU_NGHI (import, general): it says 0 inside and 3 registered, the declarations 0 and 1",
        ),
        (
            "insert into dwell values ('2025-03-31', 'HUU_NGHI', 'import', 'general', 'arrived,cleared', 60, 2)",
            "delete from dwell",
            "from arrived,cleared about",
        ),
        (
            "insert into closings values (2, '2025-02', 1, now(), 'account:1', '{}', decode(repeat('00', 32), 'hex'), '', '')",
            "delete from closings",
            "closing 2 (2025-02, revision 1): its hash is not that of its document",
        ),
    ] {
        admin.batch_execute(plant).await.unwrap();
        let (code, said) = doctor(&gate).await;
        assert_eq!(code, Some(1), "{plant}: {said}");
        assert!(said.contains(told), "{plant}: {said}");
        admin.batch_execute(undo).await.unwrap();
    }
    assert_eq!(doctor(&gate).await.0, Some(0));
}
