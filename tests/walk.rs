//! Random walks through the gate: whatever anybody tries, the rules hold.

use std::sync::Arc;

use border_gate::domain::act::{Obstacle, Order, Refusal, Rules, act};
use border_gate::domain::actor::{AccountId, Actor, ActorId, FirmId, Scope};
use border_gate::domain::declaration::{Declaration, Details, Entry};
use border_gate::domain::declare::amend;
use border_gate::domain::firm::CheckDigit;
use border_gate::domain::next::next;
use border_gate::domain::number::Number;
use border_gate::domain::places::NOTHING_TAKEN;
use border_gate::domain::reference::Reference;
use border_gate::domain::sent;
use border_gate::domain::throughput::{Counts, Measure};
use border_gate::domain::tracks::{InspectionResult, Lane, Means, Track};
use border_gate::domain::workflow::{Action, QuarantineKind, Role, State};
use chrono::{DateTime, Duration, Utc};
use proptest::prelude::*;
use serde_json::json;

fn reference() -> Reference {
    Reference::from_files().unwrap()
}

fn actor(role: Role, quarantine_kind: Option<QuarantineKind>) -> Actor {
    Actor {
        id: ActorId::Account(AccountId(1)),
        role,
        quarantine_kind,
        firm: (role == Role::Declarant).then_some(FirmId(1)),
        firm_tax_code: None,
        crossing_points: Scope::All,
        yards: Scope::All,
    }
}

fn actors() -> Vec<Actor> {
    let others = Role::VARIANTS.iter().filter(|role| **role != Role::QuarantineOfficer).map(|role| actor(*role, None));
    let quarantines = QuarantineKind::VARIANTS.iter().map(|kind| actor(Role::QuarantineOfficer, Some(*kind)));
    others.chain(quarantines).collect()
}

/// Everybody at a crossing point that the walks never come to, and another firm's declarant.
fn strangers() -> Vec<Actor> {
    let elsewhere = |actor: Actor| Actor {
        firm: actor.firm.map(|_| FirmId(2)),
        crossing_points: Scope::Only(vec!["CHI_MA".to_owned()]),
        ..actor
    };
    actors().into_iter().filter(|actor| !matches!(actor.role, Role::Auditor | Role::System)).map(elsewhere).collect()
}

/// What somebody would sensibly say with any action on `declaration`.
fn said(action: Action, declaration: &Declaration, choice: usize) -> Details {
    let text = || Some("as the law says".to_owned());
    let all = Details {
        reason: text(),
        reason_code: Some("incomplete".into()),
        yard: Some(if declaration.content.crossing_point == "HUU_NGHI" { "XUAN_CUONG" } else { "BAO_NGUYEN" }.into()),
        observed_plate: declaration.expected_plate().map(str::to_owned),
        mismatch_reason: text(),
        crossing_point: Some(
            if declaration.content.crossing_point == "HUU_NGHI" { "TAN_THANH" } else { "HUU_NGHI" }.into(),
        ),
        lane: Lane::VARIANTS.get(choice % 3).copied(),
        means: Some(Means::Officer),
        result: Some(if choice.is_multiple_of(4) { InspectionResult::Differs } else { InspectionResult::Conforms }),
        amount_vnd: Some(350_000),
        receipt: Some("R1".into()),
        onward_plate: Some("12C12345".into()),
        legal_reason: text(),
        hold: declaration.progress.holds.first().map(|hold| hold.hold),
        track: Track::VARIANTS.get(choice % 7).copied(),
        text: text(),
        ..Details::default()
    };
    let said = serde_json::to_value(all).unwrap();
    let fields = action.rule().says.iter().map(|need| need.field().as_str());
    serde_json::from_value(fields.filter_map(|field| Some((field.to_owned(), said.get(field)?.clone()))).collect())
        .unwrap()
}

fn declared(now: DateTime<Utc>) -> (Declaration, Vec<Entry>) {
    let content = json!({
        "direction": "import", "regime": "commercial", "crossing_point": "HUU_NGHI", "cargo_class": "general",
        "planned_arrival": now, "transshipment": true,
        "vehicle": {"plate": "桂F12345", "country": "CN", "kind": "tractor"},
        "goods": [{"hs_code": "85258031", "description": "cameras", "quantity": 1200.0, "unit": "PCE", "gross_kg": 8200}],
        "customs_declarations": [{"number": "108625440120", "type_code": "A11"}],
    });
    let people = json!({"driver": {"full_name": "Li Wei", "nationality": "CN", "document": {"kind": "passport", "number": "E12345678"}}});
    let entry = Entry {
        seq: 1,
        action: Action::Create,
        actor: "account:1".into(),
        role: Role::Declarant,
        at: now,
        recorded_at: now,
        details: Box::new(Details {
            firm: Some(FirmId(1)),
            declarant: Some("account:1".into()),
            content: Some(Arc::new(serde_json::from_value(content).unwrap())),
            ..Details::default()
        }),
    };
    let number = (0..40).find_map(|random| Number::draw(now, random)).unwrap();
    let mut declaration = Declaration::begin(number, &entry).unwrap();
    declaration.people = Some(serde_json::from_value(people).unwrap());
    (declaration, vec![entry])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn whatever_anybody_tries_the_rules_hold(steps in prop::collection::vec((any::<prop::sample::Index>(), 0..64_usize), 60)) {
        let reference = reference();
        let rules = Rules { reference: &reference, expire_after_days: 15, tax_code_check: CheckDigit::Enforced, places: &NOTHING_TAKEN };
        let mut now: DateTime<Utc> = "2025-03-31T02:00:00Z".parse().unwrap();
        // The vehicle's records: more than one once it was transferred.
        let mut records = vec![declared(now)];
        let mut counts = Counts::default();
        counts.add(&records[0].0, 1);
        for (pick, choice) in steps {
            now += Duration::minutes(7);
            // The last one goes on; those before it now and then.
            let place = if choice % 4 == 0 { choice / 4 % records.len() } else { records.len() - 1 };
            let (declaration, history) = records[place].clone();
            let mut open = Vec::new();
            for actor in actors() {
                let offered = declaration.offered(&actor, now, rules);
                let tried = |action: &Action| action.is_ordered() && (choice % 2 == 0 || offered.contains(action));
                for action in Action::VARIANTS.iter().copied().filter(tried) {
                    let new_number = (0..40).find_map(|random| Number::draw(now, random));
                    let order = Order { action, said: said(action, &declaration, choice), new_number };
                    let answer = act(&declaration, &order, &actor, now, rules);
                    match (offered.contains(&action), &answer) {
                        (true, Ok(_)) => open.push((actor.clone(), order)),
                        (true, Err(Refusal::Invalid(_))) | (false, Err(_)) => {}
                        (true, Err(refusal)) => prop_assert!(false, "{action} was offered to {} and refused: {refusal:?}", actor.role),
                        (false, Ok(_)) => prop_assert!(false, "{action} was not offered to {} and was taken", actor.role),
                    }
                    if let Ok(acted) = &answer {
                        prop_assert!(!declaration.state.is_terminal() || acted.after.state == declaration.state);
                    }
                }
            }
            let due = next(&declaration);
            prop_assert!(declaration.state.is_terminal() || !due.is_empty(), "nobody must do anything while {}", declaration.state);
            for step in due {
                let who = Actor { quarantine_kind: step.quarantine_kind, ..actor(step.role, None) };
                let obstacle = declaration.obstacle(step.action, &who, now, rules);
                prop_assert_eq!(obstacle, None, "{} must {}", step.role, step.due);
            }
            // Whoever stands elsewhere sees nothing and does nothing, whatever his role.
            for actor in strangers().into_iter().filter(|_| choice % 4 == 0) {
                prop_assert!(declaration.offered(&actor, now, rules).is_empty(), "offered to a {} elsewhere", actor.role);
                for action in Action::VARIANTS.iter().copied().filter(|action| action.is_ordered()) {
                    let order = Order { action, said: said(action, &declaration, choice), new_number: None };
                    prop_assert_eq!(act(&declaration, &order, &actor, now, rules), Err(Refusal::NotVisible));
                }
            }
            let firm = actor(Role::Declarant, None);
            if declaration.offered(&firm, now, rules).contains(&Action::Amend) {
                open.push((firm, Order { action: Action::Amend, said: Details::default(), new_number: None }));
            }
            // Remarks alone would make a dull walk, endings a short one.
            let lively: Vec<_> = open
                .iter()
                .filter(|(_, order)| match order.action {
                    Action::Remark => false,
                    Action::Cancel | Action::Reject | Action::TurnBack | Action::Return => choice % 16 == 0,
                    Action::HoldPlace => choice % 8 == 1,
                    Action::Transfer => choice % 8 == 2,
                    // What takes a step back or goes against the vehicle, but less often than what goes forward.
                    Action::UndoArrive
                    | Action::MoveYard
                    | Action::FeeRefund
                    | Action::CustomsRefuse
                    | Action::CustomsRevoke
                    | Action::HealthFail
                    | Action::HealthRevoke
                    | Action::AnimalQuarantineFail
                    | Action::AnimalQuarantineRevoke
                    | Action::PlantQuarantineFail
                    | Action::PlantQuarantineRevoke
                    | Action::BorderGuardRefuse
                    | Action::BorderGuardRevoke
                    | Action::TransshipmentRevoke => choice % 4 == 3,
                    _ => true,
                })
                .collect();
            if lively.is_empty() { continue; }
            let (actor, order) = pick.get(&lively);
            let acted = if order.action == Action::Amend {
                // A new plate; what cannot be amended now changes nothing.
                let people = declaration.people.clone().unwrap_or_default();
                let mut document = serde_json::Value::Object(sent::document(&declaration.content, &people));
                document["vehicle"]["plate"] = json!(format!("桂F{}", 10_000 + choice));
                document["planned_arrival"] = json!(now);
                let sent = sent::declaration(document).unwrap();
                let Ok(acted) = amend(&declaration, sent, "salt".into(), actor, now, rules) else { continue };
                acted
            } else {
                act(&declaration, order, actor, now, rules).unwrap()
            };
            counts.add(&declaration, -1);
            counts.add(&acted.after, 1);
            prop_assert_eq!(acted.transferred.is_some(), order.action == Action::Transfer);
            if let Some(made) = acted.transferred {
                prop_assert_eq!((made.0.progress.transferred_from, acted.after.progress.transferred_to), (Some(declaration.number), Some(made.0.number)));
                // The place passes over, and with it the plate that is expected.
                prop_assert_eq!((acted.after.place_taken(), made.0.place_taken()), (None, declaration.place_taken()));
                counts.add(&made.0, 1);
                records.push((made.0, vec![made.1]));
            }
            let history: Vec<Entry> = history.into_iter().chain(acted.entries).collect();
            let declaration = acted.after;
            records[place] = (declaration.clone(), history.clone());
            prop_assert!(declaration.state != State::Ready || declaration.may_be_ready(), "ready with a hold or an open track");

            let mut replayed = Declaration::replay(declaration.number, history.clone()).unwrap().unwrap();
            replayed.people.clone_from(&declaration.people);
            replayed.people_seal.clone_from(&declaration.people_seal);
            prop_assert_eq!(&replayed, &declaration);

            let sum = |measures: &[Measure]| measures.iter().map(|measure| counts.total(*measure)).sum::<i64>();
            let active = records.iter().filter(|(one, _)| one.state.is_active()).count();
            let ended = [Measure::Completed, Measure::Cancelled, Measure::Rejected, Measure::Expired, Measure::TurnedBack, Measure::Transferred];
            let declared = i64::from(records[0].0.stamps.declared_at.is_some());
            prop_assert_eq!(sum(&[Measure::Declared]), declared, "one vehicle is declared once");
            if declared == 1 {
                prop_assert_eq!(sum(&[Measure::Declared, Measure::TransferredIn]), i64::try_from(active).unwrap() + sum(&ended));
            }
            prop_assert!(active <= 1, "one vehicle has one place");
            prop_assert_eq!(sum(&[Measure::TransferredIn]), sum(&[Measure::Transferred]));
            prop_assert!(sum(&[Measure::Cleared]) <= 1, "one vehicle is cleared once");
            prop_assert!(sum(&[Measure::FeesVnd]) >= 0, "more was refunded than was paid");
            let back = records.iter().filter(|(one, _)| one.progress.tractor_returned.is_some()).count();
// One that was sent back after a transfer, or revoked, is transshipped anew: each time a tractor goes back once.
            let entries = records.iter().flat_map(|(_, history)| history);
            let transshipped = entries.filter(|entry| entry.action == Action::TransshipmentFinish).count();
            prop_assert!(back <= transshipped, "one tractor goes back once");
            let inside = records.iter().filter(|(one, _)| one.stamps.arrived_at.is_some() && one.state.is_active()).count();
            prop_assert_eq!(sum(&[Measure::Arrived]) - sum(&[Measure::Left]), i64::try_from(inside).unwrap());
        }
    }
}

#[test]
fn a_stranger_firm_does_not_see_a_declaration() {
    let (declaration, _) = declared("2025-03-31T02:00:00Z".parse().unwrap());
    let stranger = Actor { firm: Some(FirmId(2)), ..actor(Role::Declarant, None) };
    assert!(!declaration.is_visible_to(&stranger));
}

#[test]
fn a_draft_that_breaks_a_rule_cannot_be_submitted() {
    let now = "2025-03-31T02:00:00Z".parse().unwrap();
    let reference = reference();
    let rules = Rules {
        reference: &reference,
        expire_after_days: 15,
        tax_code_check: CheckDigit::Enforced,
        places: &NOTHING_TAKEN,
    };
    let (mut declaration, _) = declared(now);
    Arc::make_mut(&mut declaration.content).regime = None;
    declaration.people = None;
    let obstacle = declaration.obstacle(Action::Submit, &actor(Role::Declarant, None), now, rules);
    let Some(Obstacle::RuleFailures(failures)) = obstacle else { panic!("{obstacle:?}") };
    let pointers: Vec<&str> = failures.iter().map(|failure| failure.pointer.as_str()).collect();
    assert_eq!(pointers, ["/regime", "/driver"]);
}

#[test]
fn a_hold_on_a_rejected_vehicle_can_be_released_so_that_it_may_leave_the_yard() {
    let mut now = "2025-03-31T02:00:00Z".parse().unwrap();
    let reference = reference();
    let rules = Rules {
        reference: &reference,
        expire_after_days: 15,
        tax_code_check: CheckDigit::Enforced,
        places: &NOTHING_TAKEN,
    };
    let (mut declaration, _) = declared(now);
    for (action, role) in [
        (Action::Submit, Role::Declarant),
        (Action::Register, Role::GateManager),
        (Action::Arrive, Role::BorderGuard),
        (Action::EnterYard, Role::YardOperator),
        (Action::HoldPlace, Role::CustomsOfficer),
        (Action::Reject, Role::CustomsOfficer),
        (Action::HoldRelease, Role::CustomsOfficer),
        (Action::LeaveYard, Role::YardOperator),
        (Action::LeaveGate, Role::BorderGuard),
    ] {
        now += Duration::minutes(10);
        let order = Order { action, said: said(action, &declaration, 2), new_number: None };
        declaration = act(&declaration, &order, &actor(role, None), now, rules)
            .unwrap_or_else(|refusal| panic!("{action}: {refusal:?}"))
            .after;
    }
    assert_eq!(declaration.state, State::Rejected);
}

#[test]
fn a_chinese_tractor_goes_from_declaration_to_crossing_with_a_hold_on_the_way() {
    let mut now = "2025-03-31T02:00:00Z".parse().unwrap();
    let reference = reference();
    let rules = Rules {
        reference: &reference,
        expire_after_days: 15,
        tax_code_check: CheckDigit::Enforced,
        places: &NOTHING_TAKEN,
    };
    let (mut declaration, _) = declared(now);
    let walk = [
        (Action::Submit, Role::Declarant, State::Submitted),
        (Action::Register, Role::GateManager, State::Registered),
        (Action::CustomsSetLane, Role::CustomsOfficer, State::Registered),
        (Action::FeeAssess, Role::FeeCollector, State::Registered),
        (Action::FeePay, Role::FeeCollector, State::Registered),
        (Action::Arrive, Role::BorderGuard, State::Arrived),
        (Action::EnterYard, Role::YardOperator, State::InYard),
        (Action::HoldPlace, Role::BorderGuard, State::InYard),
        (Action::CustomsCheckDocuments, Role::CustomsOfficer, State::InYard),
        (Action::CustomsInspect, Role::CustomsOfficer, State::InYard),
        (Action::CustomsClear, Role::CustomsOfficer, State::InYard),
        (Action::HealthPass, Role::QuarantineOfficer, State::InYard),
        (Action::BorderGuardPass, Role::BorderGuard, State::InYard),
        (Action::TransshipmentStart, Role::YardOperator, State::InYard),
        (Action::TransshipmentFinish, Role::YardOperator, State::InYard),
        (Action::HoldRelease, Role::BorderGuard, State::Ready),
        (Action::LeaveYard, Role::YardOperator, State::Ready),
        (Action::Complete, Role::BorderGuard, State::Completed),
        (Action::TractorReturned, Role::BorderGuard, State::Completed),
    ];
    for (action, role, state) in walk {
        now += Duration::minutes(10);
        let kind = (role == Role::QuarantineOfficer).then_some(QuarantineKind::Health);
        // Choice 2 gives the red lane and an inspection that conforms.
        let order = Order { action, said: said(action, &declaration, 2), new_number: None };
        for other in actors().into_iter().filter(|actor| !action.rule().by.contains(&actor.role)) {
            let refused = act(&declaration, &order, &other, now, rules);
            assert!(matches!(refused, Err(Refusal::NotYours("role") | Refusal::NotVisible)), "{action}: {refused:?}");
        }
        declaration = act(&declaration, &order, &actor(role, kind), now, rules).unwrap().after;
        assert_eq!(declaration.state, state, "after {action}");
    }
    let mut counts = Counts::default();
    counts.add(&declaration, 1);
    let of = |measure| counts.total(measure);
    assert_eq!([of(Measure::Declared), of(Measure::Cleared), of(Measure::Completed), of(Measure::Left)], [1; 4]);
    assert_eq!((of(Measure::CompletedKg), of(Measure::FeesVnd)), (8_200, 350_000));
}
