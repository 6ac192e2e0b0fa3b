//! Several instances of the service on one database.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use border_gate::casework::doctor::recount;
use border_gate::domain::workflow::Role;
use border_gate::storage::pool::connect;
use serde_json::{Value, json};

use crate::casework::tractor;
use crate::exact::{Dice, every_history_replays};
use crate::support::gate::{TestGate, declarant, officer};

/// How long the crowd works: a few seconds, or as many as `CROWD_SECONDS` says.
fn long_enough() -> Duration {
    let seconds = std::env::var("CROWD_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(3))
}

/// Something that somebody does to a declaration, so that sets of several instances meet on the same rows.
fn something(dice: &mut Dice) -> (Role, Value) {
    let plate = format!("桂F{}", 10_000 + dice.below(60));
    match dice.below(9) {
        0 => (Role::GateManager, json!({"action": "register", "yard": "XUAN_CUONG"})),
        1 => (Role::CustomsOfficer, json!({"action": "customs.set_lane", "lane": "green"})),
        2 => (Role::CustomsOfficer, json!({"action": "customs.clear"})),
        3 => (Role::CustomsOfficer, json!({"action": "customs.revoke", "reason": "nhầm"})),
        4 => (Role::FeeCollector, json!({"action": "fee.assess", "amount_vnd": 350_000})),
        5 => (Role::BorderGuard, json!({"action": "arrive", "observed_plate": plate, "mismatch_reason": "xe khác"})),
        6 => (Role::BorderGuard, json!({"action": "turn_back", "reason": "về"})),
        7 => (Role::GateManager, json!({"action": "cancel", "reason": "thôi"})),
        // A new plate takes its place among the active ones, and gives the old one up.
        _ => (Role::Declarant, json!({"vehicle": {"plate": plate}})),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn four_instances_on_one_hot_crossing_point_never_lock_each_other_out() {
    let first = TestGate::open().await;
    let gates = [first.another().await, first.another().await, first.another().await, first];
    let numbers: Mutex<Vec<String>> = Mutex::default();
    let until = Instant::now() + long_enough();
    let crowd = (0..64_usize).map(|place| {
        let (gate, numbers) = (&gates[place % 4], &numbers);
        async move {
            let mut dice = Dice(7 + place as u64);
            while Instant::now() < until {
                let known = {
                    let numbers = numbers.lock().unwrap();
                    numbers.get(dice.below(numbers.len().max(1))).cloned()
                };
                let reply = match known {
                    Some(number) if dice.below(4) > 0 => {
                        let (role, said) = something(&mut dice);
                        let path = format!("/api/v1/declarations/{number}");
                        if role == Role::Declarant {
                            let headers = [("Content-Type", "application/merge-patch+json"), ("If-Match", "*")];
                            gate.ask(Some(&declarant(1)), "PATCH", &path, &headers, said.to_string()).await
                        } else {
                            gate.act(&officer(role, &[]), &number, &said).await
                        }
                    }
                    _ => {
                        let plate = format!("桂F{}", 10_000 + dice.below(60));
                        let reply = gate.post(&declarant(1), "/api/v1/declarations", &tractor(&plate)).await;
                        if reply.status == 201 {
                            let number = reply.json()["number"].as_str().unwrap().to_owned();
                            numbers.lock().unwrap().push(number);
                        }
                        reply
                    }
                };
                assert!(matches!(reply.status, 200 | 201 | 409 | 422), "{} {}", reply.status, reply.text);
            }
        }
    });
    futures_util::future::join_all(crowd).await;
    let (client, _driving) = connect(gates[0].database.url()).await.unwrap();
    let sql = "select deadlocks from pg_stat_database where datname = current_database()";
    let deadlocks: i64 = client.query_one(sql, &[]).await.unwrap().get(0);
    assert_eq!(deadlocks, 0);
    let numbers = numbers.into_inner().unwrap();
    assert!(numbers.len() > 40, "{} were declared", numbers.len());
    assert_eq!(recount(&client, |_| ()).await.unwrap().differences, []);
    every_history_replays(&gates[0], &numbers).await;
}
