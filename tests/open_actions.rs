//! Every action for everybody in every state that there is: what a record offers is taken, and nothing else.

use std::collections::BTreeSet;

use border_gate::domain::actor::Actor;
use border_gate::domain::workflow::{Action, QuarantineKind, Role, State};
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use crate::casework::tractor;
use crate::support::gate::{FIRMS, TestGate, declarant, officer, quarantine};
use crate::support::http::Reply;

/// Somebody, and whether the record lies within his reach once it is declared.
struct Somebody {
    actor: Actor,
    within_reach: bool,
}

/// Every role here and elsewhere, the firm, and the owner of its goods.
fn everybody() -> Vec<Somebody> {
    let here = |actor| Somebody { actor, within_reach: true };
    let beyond = |actor| Somebody { actor, within_reach: false };
    let mut all = vec![here(declarant(1)), here(declarant(2)), here(officer(Role::Auditor, &[]))];
    all.extend([Role::Analyst, Role::Admin].map(|role| beyond(officer(role, &[]))));
    for role in [Role::CustomsOfficer, Role::BorderGuard, Role::YardOperator, Role::FeeCollector, Role::GateManager] {
        all.push(here(officer(role, &["HUU_NGHI"])));
        all.push(beyond(officer(role, &["CHI_MA"])));
    }
    all.extend([QuarantineKind::Health, QuarantineKind::Animal, QuarantineKind::Plant].map(quarantine).map(here));
    let elsewhere = officer(Role::QuarantineOfficer, &["CHI_MA"]);
    all.push(beyond(elsewhere));
    all
}

/// A place that declarations come to: what it is called, its state, and the way from a draft.
type Place = (&'static str, State, Vec<(Role, Value)>);

/// How a draft comes where it is looked at: each action with the role that takes it.
fn ways() -> Vec<Place> {
    let by = |role: Role, action: Value| (role, action);
    let submit = by(Role::Declarant, json!({"action": "submit"}));
    let register = by(Role::GateManager, json!({"action": "register"}));
    let arrive =
        by(Role::BorderGuard, json!({"action": "arrive", "observed_plate": "12C12345", "mismatch_reason": "x"}));
    let lane = |lane: &str| by(Role::CustomsOfficer, json!({"action": "customs.set_lane", "lane": lane}));
    let yard = by(Role::YardOperator, json!({"action": "enter_yard", "yard": "XUAN_CUONG"}));
    let hold = by(Role::BorderGuard, json!({"action": "hold.place", "legal_reason": "x"}));
    let fee = by(Role::FeeCollector, json!({"action": "fee.assess", "amount_vnd": 350_000}));
    let paid = by(Role::FeeCollector, json!({"action": "fee.pay", "receipt": "1"}));
    let reason = |role: Role, action: &str| by(role, json!({"action": action, "reason": "x"}));
    let registered = vec![submit.clone(), register];
    let arrived = [registered.clone(), vec![arrive]].concat();
    let in_yard = [arrived.clone(), vec![yard]].concat();
    let ready = [
        arrived.clone(),
        vec![
            lane("green"),
            by(Role::CustomsOfficer, json!({"action": "customs.clear"})),
            fee.clone(),
            paid,
            by(Role::QuarantineOfficer, json!({"action": "health.pass"})),
            by(Role::BorderGuard, json!({"action": "border_guard.pass"})),
        ],
    ]
    .concat();
    let and = |way: &[(Role, Value)], more: &[(Role, Value)]| [way, more].concat();
    let complete =
        by(Role::BorderGuard, json!({"action": "complete", "observed_plate": "12C1", "mismatch_reason": "x"}));
    let track = json!({"action": "add_track", "track": "transshipment", "reason": "x"});
    let handed_over = [
        by(Role::GateManager, track),
        by(Role::YardOperator, json!({"action": "transshipment.start"})),
        by(Role::YardOperator, json!({"action": "transshipment.finish", "onward_plate": ""})),
    ];
    let transfer = by(Role::GateManager, json!({"action": "transfer", "crossing_point": "TAN_THANH"}));
    let back = by(Role::GateManager, json!({"action": "return", "reason_code": "other", "reason": "x"}));
    vec![
        ("a draft", State::Draft, vec![]),
        ("submitted", State::Submitted, vec![submit.clone()]),
        ("returned", State::Returned, vec![submit.clone(), back]),
        ("registered", State::Registered, registered.clone()),
        ("registered, its lane given", State::Registered, and(&registered, &[lane("red"), fee])),
        ("arrived", State::Arrived, arrived.clone()),
        ("in a yard", State::InYard, in_yard.clone()),
        ("in a yard on hold", State::InYard, and(&in_yard, std::slice::from_ref(&hold))),
        ("in a yard, its goods handed over", State::InYard, and(&in_yard, &handed_over)),
        ("ready", State::Ready, ready.clone()),
        ("completed", State::Completed, and(&ready, &[complete])),
        ("cancelled", State::Cancelled, vec![submit.clone(), by(Role::Declarant, json!({"action": "cancel"}))]),
        ("rejected", State::Rejected, and(&in_yard, &[reason(Role::BorderGuard, "reject")])),
        ("rejected on hold", State::Rejected, and(&in_yard, &[hold, reason(Role::BorderGuard, "reject")])),
        ("turned back", State::TurnedBack, and(&in_yard, &[reason(Role::BorderGuard, "turn_back")])),
        ("transferred", State::Transferred, and(&registered, &[transfer])),
        ("expired", State::Expired, vec![submit]),
    ]
}

/// A new declaration brought there; its number.
async fn brought(gate: &TestGate, state: State, way: &[(Role, Value)], place: usize) -> String {
    let mut body = tractor(&format!("桂F{}", 10_000 + place));
    body["planned_arrival"] = json!(gate.now());
    body["draft"] = json!(true);
    // The other firm owns the goods: it reads what is declared, and does nothing to it.
    body["trader_tax_code"] = json!(FIRMS[1]);
    let made = gate.post(&declarant(1), "/api/v1/declarations", &body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let number = made.json()["number"].as_str().unwrap().to_owned();
    for (role, action) in way {
        let mut action = action.clone();
        if action["onward_plate"].is_string() {
            // Each vehicle has one place.
            action["onward_plate"] = json!(format!("12C{}", 20_000 + place));
        }
        let actor = if *role == Role::Declarant { declarant(1) } else { officer(*role, &[]) };
        if action["receipt"].is_string() {
            action["receipt"] = json!(format!("BL-{number}"));
        }
        let done = gate.act(&actor, &number, &action).await;
        assert_eq!(done.status, 200, "{action}: {}", done.text);
    }
    if state == State::Expired {
        gate.clock.set(gate.now() + Duration::days(16));
        gate.service.expire_due().await.unwrap();
    }
    assert_eq!(read(gate, &officer(Role::Auditor, &[]), &number).await.json()["state"], state.as_str());
    number
}

async fn read(gate: &TestGate, actor: &Actor, number: &str) -> Reply {
    gate.get(actor, &format!("/api/v1/declarations/{number}")).await
}

/// Tries `action` with every field that it takes, said as it would be said of `record`.
async fn tried(gate: &TestGate, actor: &Actor, number: &str, action: Action, record: &Value) -> Reply {
    if action == Action::Amend {
        let headers = [("Content-Type", "application/merge-patch+json"), ("If-Match", "*")];
        let path = format!("/api/v1/declarations/{number}");
        return gate.ask(Some(actor), "PATCH", &path, &headers, r#"{"driver": {"phone": "+8613800000000"}}"#).await;
    }
    let mut order = json!({"action": action.as_str()});
    for need in action.rule().says {
        let field = need.field().as_str();
        order[field] = match field {
            "fields" => json!(["/vehicle"]),
            "yard" => json!("XUAN_CUONG"),
            "crossing_point" => json!("TAN_THANH"),
            "lane" => json!("red"),
            "means" => json!("officer"),
            "result" => json!("conforms"),
            "amount_vnd" => json!(350_000),
            "receipt" => json!(format!("BL-{number}")),
            "hold" => record["holds"].get(0).map_or(json!(1), |hold| hold["hold"].clone()),
            "track" => json!("animal_quarantine"),
            "reason_code" => json!("other"),
            "observed_plate" => json!("桂F12345"),
            "onward_plate" => json!("12C12345"),
            "until" => {
                record["clocks"].as_array().into_iter().flatten().find(|clock| clock["clock"] == "inspection").map_or(
                    json!("2025-04-01T02:00:00Z"),
                    |clock| {
                        json!(clock["due_at"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap() + Duration::days(1))
                    },
                )
            }
            _ => json!("as the law says"),
        };
    }
    gate.act(actor, number, &order).await
}

fn is_offered(record: &Value, action: Action) -> bool {
    record["offered"].as_array().is_some_and(|open| open.iter().any(|open| open == action.as_str()))
}

/// How whoever is not offered `action` is refused: by his role before anything is looked up, as if there were
/// nothing where it is not his to see, as not his, or with what is open to him instead.
fn refusal(somebody: &Somebody, action: Action, state: State) -> u16 {
    let actor = &somebody.actor;
    let declared = state != State::Draft;
    let sees = somebody.within_reach && (declared || actor.id == declarant(1).id);
    let his_quarantine = action.quarantine_kind().is_none_or(|kind| actor.quarantine_kind == Some(kind));
    let his_firm = actor.role != Role::Declarant || actor.id == declarant(1).id;
    match (action.rule().by.contains(&actor.role), sees) {
        (false, _) => 403,
        (true, false) => 404,
        (true, true) if !his_quarantine || !his_firm => 403,
        (true, true) => 409,
    }
}

/// The actions that somebody may send.
fn sent() -> impl Iterator<Item = Action> {
    Action::VARIANTS.iter().copied().filter(|action| action.is_ordered() || *action == Action::Amend)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_record_does_not_offer_is_refused_in_every_state_to_everybody() {
    let gate = TestGate::open().await;
    let auditor = officer(Role::Auditor, &[]);
    let mut states = BTreeSet::new();
    let mut refused = 0;
    for (place, (name, state, way)) in ways().into_iter().enumerate() {
        let number = brought(&gate, state, &way, place).await;
        states.insert(state.as_str());
        let before = read(&gate, &auditor, &number).await.json();
        let trying = everybody().into_iter().map(|somebody| {
            let (gate, number) = (&gate, &number);
            async move {
                let seen = read(gate, &somebody.actor, number).await;
                let record = if seen.status == 200 { seen.json() } else { Value::Null };
                let mut tries = 0;
                for action in sent().filter(|action| !is_offered(&record, *action)) {
                    let reply = tried(gate, &somebody.actor, number, action, &record).await;
                    let who = format!("{action} by {:?}, {name}: {}", somebody.actor, reply.text);
                    assert_eq!(reply.status, refusal(&somebody, action, state), "{who}");
                    if reply.status == 409 {
                        assert_eq!(reply.json()["offered"], record["offered"], "{who}");
                    }
                    tries += 1;
                }
                tries
            }
        });
        refused += futures_util::future::join_all(trying).await.into_iter().sum::<usize>();
        let after = read(&gate, &auditor, &number).await.json();
        assert_eq!(after["revision"], before["revision"], "{name}: a refused action changed the record");
    }
    let all: BTreeSet<&str> = State::VARIANTS.iter().map(|state| state.as_str()).collect();
    assert_eq!(states, all, "a state was not looked at");
    assert!(refused > 10_000, "{refused} were tried");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_record_offers_is_taken_in_every_state() {
    let gate = TestGate::open().await;
    let mut place = 0;
    let mut taken = BTreeSet::new();
    for (name, state, way) in ways() {
        let first = brought(&gate, state, &way, place).await;
        place += 1;
        for somebody in everybody() {
            let seen = read(&gate, &somebody.actor, &first).await;
            let offered = if seen.status == 200 { seen.json() } else { Value::Null };
            for action in sent().filter(|action| is_offered(&offered, *action)) {
                let by_table = action.rule().moves.iter().any(|step| step.from.contains(&state));
                assert!(
                    by_table && refusal(&somebody, action, state) == 409,
                    "{action} offered to {:?}, {name}",
                    somebody.actor
                );
                // Each on a declaration of its own: the one before has moved.
                let number = brought(&gate, state, &way, place).await;
                place += 1;
                let record = read(&gate, &somebody.actor, &number).await.json();
                assert_eq!(record["offered"], offered["offered"], "{name}: the same way leads elsewhere");
                let reply = tried(&gate, &somebody.actor, &number, action, &record).await;
                assert_eq!(reply.status, 200, "{action} by {:?}, {name}: {}", somebody.actor.role, reply.text);
                taken.insert(action.as_str());
            }
        }
    }
    // What these ways do not come to: `tests/journey.rs` and the walks do.
    assert!(taken.len() > 25, "taken: {taken:?}");
}
