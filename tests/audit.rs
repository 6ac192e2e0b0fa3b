//! The record proves itself: checkpoints that sign every action, what shows when something is changed, and people who
//! are erased without a trace of who they were.

mod checkpoints;
mod command;
mod erasure;
mod tampering;

use border_gate::casework::evidence::gather;
use border_gate::domain::actor::Actor;
use border_gate::domain::audit::checkpoint::Signed;
use border_gate::domain::audit::evidence::Evidence;
use border_gate::domain::audit::verify::{Compared, Verification};
use border_gate::domain::workflow::Role;
use border_gate::identity::keys::PublicKeys;
use border_gate::storage::pool::connect;
use chrono::Duration;
use serde_json::{Value, json};

use crate::casework::tractor;
use crate::support::gate::{TestGate, declarant, officer};

/// Declares a vehicle; its number.
async fn declared(gate: &TestGate, plate: &str) -> String {
    let reply = gate.post(&declarant(1), "/api/v1/declarations", &tractor(plate)).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.json()["number"].as_str().unwrap().to_owned()
}

/// Takes an action that is taken.
async fn done(gate: &TestGate, actor: &Actor, number: &str, action: &Value) -> Value {
    let reply = gate.act(actor, number, action).await;
    assert_eq!(reply.status, 200, "{action}: {}", reply.text);
    reply.json()
}

/// Four vehicles: one rejected after a red lane, one gone on elsewhere, one amended, one cancelled. Their numbers.
async fn some_work(gate: &TestGate) -> [String; 4] {
    let (manager, guard) = (officer(Role::GateManager, &[]), officer(Role::BorderGuard, &[]));
    let customs = officer(Role::CustomsOfficer, &[]);
    let rejected = declared(gate, "桂F12345").await;
    done(gate, &manager, &rejected, &json!({"action": "register"})).await;
    done(gate, &customs, &rejected, &json!({"action": "customs.set_lane", "lane": "red"})).await;
    done(gate, &guard, &rejected, &json!({"action": "arrive", "observed_plate": "桂F12345"})).await;
    done(gate, &guard, &rejected, &json!({"action": "reject", "reason": "papers"})).await;
    let transferred = declared(gate, "桂F12346").await;
    done(gate, &manager, &transferred, &json!({"action": "register"})).await;
    done(gate, &manager, &transferred, &json!({"action": "transfer", "crossing_point": "TAN_THANH"})).await;
    let amended = declared(gate, "桂F12347").await;
    let patch = json!({"vehicle": {"plate": "桂F54321"}, "driver": {"full_name": "王芳"}}).to_string();
    let headers = [("Content-Type", "application/merge-patch+json"), ("If-Match", "*")];
    let path = format!("/api/v1/declarations/{amended}");
    let reply = gate.ask(Some(&declarant(1)), "PATCH", &path, &headers, patch).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let cancelled = declared(gate, "桂F12348").await;
    done(gate, &declarant(1), &cancelled, &json!({"action": "cancel"})).await;
    [rejected, transferred, amended, cancelled]
}

/// Waits until everything that was done has ended also for those who look from other databases of the tests' cluster:
/// transactions are counted in common.
async fn settled(gate: &TestGate) {
    let client = gate.database.admin().await;
    let sql = "select coalesce(max(transaction) < settled_transactions()::text::xid8, true) from actions";
    while !client.query_one(sql, &[]).await.unwrap().get::<_, bool>(0) {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

/// A minute later: the checkpoint that this instance makes then.
async fn checkpoint(gate: &TestGate) -> Signed {
    gate.clock.set(gate.now() + Duration::minutes(1));
    settled(gate).await;
    let made = gate.service.checkpoint().await.unwrap();
    made.unwrap_or_else(|| panic!("a checkpoint is due"))
}

fn keys(gate: &TestGate) -> PublicKeys {
    gate.service.tokens.keys().public_keys()
}

/// The whole record as it stands.
async fn evidence(gate: &TestGate) -> Vec<Evidence> {
    let (client, _driving) = connect(gate.database.url()).await.unwrap();
    let (to, mut from) = tokio::sync::mpsc::channel(4);
    let now = gate.now();
    let gathering = tokio::spawn(async move { gather(&client, now, &to).await.unwrap() });
    let mut all = Vec::new();
    while let Some(pieces) = from.recv().await {
        all.extend(pieces);
    }
    gathering.await.unwrap();
    all
}

/// What a check of `evidence` compares and finds, against a copy of the checkpoints.
fn checked(evidence: &[Evidence], keys: &PublicKeys, copy: &[Signed]) -> (Compared, Vec<String>) {
    let copy = copy.iter().cloned().map(Ok);
    let mut verification = Verification::new(keys, copy, [7; 32]);
    for piece in evidence {
        verification.take(piece);
    }
    verification.finish();
    let found = verification.differences().iter().map(ToString::to_string).collect();
    (verification.compared(), found)
}

/// Checks everything as it stands: nothing differs.
async fn nothing_differs(gate: &TestGate) -> Compared {
    let (compared, found) = checked(&evidence(gate).await, &keys(gate), &[]);
    assert_eq!(found, Vec::<String>::new());
    compared
}
