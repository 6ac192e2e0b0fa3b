//! Taking over what an older system recorded.

use border_gate::domain::act::{Order, act};
use border_gate::domain::actor::{AccountId, Actor, ActorId, FirmId, Scope};
use border_gate::domain::content::People;
use border_gate::domain::declaration::{Declaration, Details, Source, Stamps, YardPlace};
use border_gate::domain::history::{FeePaid, History};
use border_gate::domain::number::Number;
use border_gate::domain::stamps::Stamp;
use border_gate::domain::take_over::take_over;
use border_gate::domain::throughput::{Counts, Measure};
use border_gate::domain::tracks::{Lane, Track, TrackState};
use border_gate::domain::workflow::{Action, QuarantineKind, Role, State};
use chrono::{DateTime, Duration, Utc};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use crate::demo::{now, reference, rules, taken_over};

fn start() -> DateTime<Utc> {
    "2024-05-01T02:00:00Z".parse().unwrap()
}

pub fn stamps(minutes: impl Iterator<Item = (Stamp, i64)>) -> Stamps {
    let stamps: serde_json::Map<_, _> =
        minutes.map(|(stamp, minutes)| (stamp.to_string(), json!(start() + Duration::minutes(minutes)))).collect();
    serde_json::from_value(stamps.into()).unwrap()
}

/// A history in `state` with these stamps, ten minutes from one to the next.
pub fn history(state: State, marked: &[Stamp]) -> History {
    let content = json!({
        "direction": "import", "crossing_point": "HUU_NGHI", "cargo_class": "general",
        "vehicle": {"plate": "桂F12345", "country": "CN", "kind": "tractor"},
        "goods": [{"hs_code": "85258031", "description": "cameras", "quantity": 1200.0, "unit": "PCE", "gross_kg": 8200}],
    });
    History {
        source: Source { source: "port-2".into(), source_id: "17".into() },
        firm_tax_code: "0100112437".into(),
        firm_name: None,
        state,
        stamps: stamps(marked.iter().copied().zip((0..).step_by(10))),
        reason: None,
        yard: None,
        fee: None,
        content: serde_json::from_value(content).unwrap(),
        people: People::default(),
    }
}

/// The stamps that a state has at least, in their order, and those it may have besides.
pub fn stamps_of(state: State) -> (&'static [Stamp], &'static [Stamp]) {
    use Stamp::*;
    match state {
        State::Draft => (&[], &[]),
        State::Submitted | State::Returned => (&[DeclaredAt], &[CreatedAt]),
        State::Registered => (&[DeclaredAt, RegisteredAt], &[CreatedAt, ClearedAt]),
        State::Arrived => (&[DeclaredAt, RegisteredAt, ArrivedAt], &[CreatedAt, ClearedAt]),
        State::InYard => (&[DeclaredAt, RegisteredAt, ArrivedAt, YardInAt], &[CreatedAt, ClearedAt]),
        State::Ready => (&[DeclaredAt, RegisteredAt, ArrivedAt, ReadyAt], &[CreatedAt, ClearedAt, YardInAt]),
        State::Completed => {
            (&[DeclaredAt, RegisteredAt, ArrivedAt, CompletedAt], &[CreatedAt, ClearedAt, YardInAt, ReadyAt])
        }
        State::Cancelled | State::Expired => (&[DeclaredAt, EndedAt], &[CreatedAt, RegisteredAt]),
        State::Rejected => (&[DeclaredAt, EndedAt], &[CreatedAt]),
        State::TurnedBack => {
            (&[DeclaredAt, RegisteredAt, ArrivedAt, EndedAt], &[CreatedAt, ClearedAt, YardInAt, LeftAt])
        }
        State::Transferred => (&[DeclaredAt, RegisteredAt, EndedAt], &[CreatedAt, ClearedAt]),
    }
}

const TAKEN_OVER: [State; 12] = [
    State::Submitted,
    State::Returned,
    State::Registered,
    State::Arrived,
    State::InYard,
    State::Ready,
    State::Completed,
    State::Cancelled,
    State::Rejected,
    State::Expired,
    State::TurnedBack,
    State::Transferred,
];

/// Histories that add up, of every state.
pub fn histories() -> impl Strategy<Value = History> {
    let fee = prop::option::of((0..2_000_000_i64, "[A-Z0-9]{1,12}"));
    (select(&TAKEN_OVER[..]), any::<u16>(), prop::collection::vec(0..600_i64, 11), fee).prop_map(
        |(state, mask, mut minutes, fee)| {
            let (must, may) = stamps_of(state);
            let chosen = may.iter().zip(0..).filter(|(_, bit)| mask >> bit & 1 == 1).map(|(stamp, _)| *stamp);
            let mut marked: Vec<Stamp> = must.iter().copied().chain(chosen).collect();
            // The stamps' own order is one in which they may follow each other.
            marked.sort_unstable();
            minutes.sort_unstable();
            let mut history = history(state, &[]);
            history.stamps = stamps(marked.into_iter().zip(minutes));
            if state == State::InYard || (history.stamps.yard_in_at.is_some() && mask >> 15 == 1) {
                history.yard =
                    Some(YardPlace { yard: "XUAN_CUONG".into(), bay: (mask >> 14 == 3).then(|| "B7".into()) });
            }
            if let (Some((amount_vnd, receipt)), Some(paid_at)) = (fee, history.stamps.registered_at) {
                history.fee = Some(FeePaid { amount_vnd, receipt, paid_at });
            }
            history.reason = (mask >> 13 & 1 == 1).then(|| "so it was".into());
            history
        },
    )
}

/// What the statistics say of one record alone.
fn assert_it_adds_up(declaration: &Declaration) {
    let mut counts = Counts::default();
    counts.add(declaration, 1);
    let of = |measure| counts.total(measure);
    let ended = [
        Measure::Completed,
        Measure::Cancelled,
        Measure::Rejected,
        Measure::Expired,
        Measure::TurnedBack,
        Measure::Transferred,
    ];
    let open = i64::from(declaration.state.is_active());
    assert_eq!(of(Measure::Declared), open + ended.map(of).iter().sum::<i64>(), "{declaration:#?}");
    let inside = matches!(declaration.state, State::Arrived | State::InYard | State::Ready);
    assert_eq!(of(Measure::Arrived) - of(Measure::Left), i64::from(inside), "{declaration:#?}");
    let expected = declaration.state == State::Registered;
    assert_eq!(of(Measure::Registered) - of(Measure::Arrived) - of(Measure::FellAway), i64::from(expected));
}

proptest! {
    #[test]
    fn a_history_that_adds_up_is_taken_over_and_replays_to_itself(history in histories()) {
        let reference = reference();
        let number = (0..40).find_map(|random| Number::draw(now(), random)).unwrap();
        let last = Stamp::VARIANTS.iter().filter_map(|stamp| history.stamps.at(*stamp)).max().unwrap();
        let state = history.state;
        let (declaration, entry) = take_over(history, FirmId(1), number, "salt".into(), &Actor::system(), now(), rules(&reference)).unwrap();
        prop_assert_eq!((entry.at, entry.recorded_at), (last, now()));
        prop_assert_eq!(declaration.state, state);
        prop_assert_eq!(declaration.place_taken().is_some(), state.is_active(), "only an open one takes its vehicle's place");
        prop_assert!(state != State::Ready || declaration.may_be_ready());
        let details = serde_json::from_str(&serde_json::to_string(&entry.details).unwrap()).unwrap();
        let stored = border_gate::domain::declaration::Entry { details, ..entry };
        let replayed = Declaration::replay(number, [stored]).unwrap().unwrap();
        prop_assert_eq!(&replayed, &declaration);
        assert_it_adds_up(&declaration);
    }

    #[test]
    fn whatever_passes_the_check_adds_up(
        mut history in histories(),
        state in select(State::VARIANTS),
        minutes in prop::collection::vec(prop::option::weighted(0.4, 0..600_i64), 11),
        mixed in any::<bool>(),
    ) {
        let reference = reference();
        if mixed {
            history.state = state;
        } else {
            let marked = Stamp::VARIANTS.iter().zip(minutes).filter_map(|(stamp, minutes)| Some((*stamp, minutes?)));
            history.stamps = stamps(marked);
        }
        if history.check(now(), rules(&reference)).is_empty() {
            assert_it_adds_up(&taken_over(history, &reference));
        }
    }
}

fn failures(history: &History) -> Vec<(String, &'static str)> {
    let reference = reference();
    let failures = history.clone().normalised().check(now(), rules(&reference));
    failures.into_iter().map(|failure| (failure.pointer, failure.code)).collect()
}

fn completed() -> History {
    history(State::Completed, &[Stamp::DeclaredAt, Stamp::RegisteredAt, Stamp::ArrivedAt, Stamp::CompletedAt])
}

#[test]
fn everything_that_is_wrong_with_a_history_is_said_at_once() {
    let mut wrong = completed();
    assert_eq!(failures(&wrong), []);
    wrong.source.source_id = " ".into();
    wrong.firm_tax_code = "0100233480".into();
    wrong.content.crossing_point = "HUU_NGHY".into();
    wrong.content.cargo_class = None;
    wrong.content.vehicle = None;
    wrong.content.goods[0].gross_kg = -1;
    wrong.stamps.registered_at = None;
    wrong.stamps.arrived_at = Some(start() - Duration::days(1));
    wrong.stamps.completed_at = Some(now() + Duration::seconds(1));
    wrong.stamps.ended_at = Some(start() + Duration::days(1));
    let expected = [
        ("/source_id", "empty"),
        ("/firm_tax_code", "tax-code-check-digit"),
        ("/crossing_point", "crossing-point-unknown"),
        ("/cargo_class", "required"),
        ("/vehicle", "required"),
        ("/goods/0/gross_kg", "mass-out-of-range"),
        ("/stamps/registered_at", "stamp-required"),
        ("/stamps/completed_at", "stamp-in-future"),
        ("/stamps/ended_at", "stamp-not-in-state"),
    ];
    assert_eq!(failures(&wrong), expected.map(|(pointer, code)| (pointer.to_owned(), code)));
}

#[test]
fn stamps_that_run_backwards_are_refused_by_name() {
    let mut history = completed();
    history.stamps.arrived_at = history.stamps.declared_at.map(|at| at - Duration::minutes(1));
    history.stamps.registered_at = history.stamps.declared_at;
    assert_eq!(failures(&history), [("/stamps/arrived_at".to_owned(), "stamps-out-of-order")]);
    history.stamps.arrived_at = DateTime::from_timestamp(0, 0);
    assert!(failures(&history).contains(&("/stamps/arrived_at".to_owned(), "stamp-too-early")));
}

#[test]
fn a_draft_is_not_taken_over() {
    assert!(
        failures(&history(State::Draft, &[Stamp::DeclaredAt])).contains(&("/state".to_owned(), "draft-not-taken-over"))
    );
}

#[test]
fn one_that_is_in_a_yard_says_in_which() {
    let mut parked =
        history(State::InYard, &[Stamp::DeclaredAt, Stamp::RegisteredAt, Stamp::ArrivedAt, Stamp::YardInAt]);
    assert_eq!(failures(&parked), [("/yard".to_owned(), "required")]);
    parked.yard = Some(YardPlace { yard: "NOWHERE".into(), bay: None });
    assert_eq!(failures(&parked), [("/yard".to_owned(), "yard-unknown")]);
    parked.yard = Some(YardPlace { yard: "XUAN_CUONG".into(), bay: Some("B7".into()) });
    assert_eq!(failures(&parked), []);
    parked.content.crossing_point = "TAN_THANH".into();
    assert_eq!(failures(&parked), [("/yard".to_owned(), "yard-elsewhere")]);
}

#[test]
fn a_crossing_point_must_have_been_there_on_each_day() {
    let mut history = completed();
    history.stamps.created_at = "2020-12-31T02:00:00Z".parse().ok();
    let found = history.check(now(), rules(&reference()));
    assert_eq!(found[0].code, "crossing-point-unknown");
    assert_eq!(found[0].args, [("day", "2020-12-31".to_owned())]);
}

#[test]
fn a_paid_fee_counts_on_the_day_it_was_paid() {
    let mut history = completed();
    history.fee =
        Some(FeePaid { amount_vnd: 350_000, receipt: "BL1".into(), paid_at: history.stamps.arrived_at.unwrap() });
    let mut counts = Counts::default();
    counts.add(&taken_over(history.clone(), &reference()), 1);
    assert_eq!(counts.total(Measure::FeesVnd), 350_000);
    history.fee = Some(FeePaid { amount_vnd: -1, receipt: String::new(), paid_at: start() - Duration::days(1) });
    let expected = [
        ("/fee/amount_vnd", "amount-out-of-range"),
        ("/fee/receipt", "empty"),
        ("/fee/paid_at", "stamps-out-of-order"),
    ];
    assert_eq!(failures(&history), expected.map(|(pointer, code)| (pointer.to_owned(), code)));
}

#[test]
fn one_that_had_arrived_goes_on_to_its_crossing() {
    let reference = reference();
    let mut open = history(State::Arrived, &[Stamp::DeclaredAt, Stamp::RegisteredAt, Stamp::ArrivedAt]);
    open.content.customs_declarations =
        serde_json::from_value(json!([{"number": "108625440120", "type_code": "A11"}])).unwrap();
    let mut declaration = taken_over(open, &reference);
    let tracks: Vec<&Track> = declaration.progress.tracks.keys().collect();
    assert_eq!(tracks, [&Track::Customs, &Track::Health, &Track::BorderGuard, &Track::Fee]);
    let walk = [
        (Action::CustomsSetLane, Role::CustomsOfficer, State::Arrived),
        (Action::CustomsClear, Role::CustomsOfficer, State::Arrived),
        (Action::HealthPass, Role::QuarantineOfficer, State::Arrived),
        (Action::BorderGuardPass, Role::BorderGuard, State::Arrived),
        (Action::FeeWaive, Role::FeeCollector, State::Ready),
        (Action::Complete, Role::BorderGuard, State::Completed),
    ];
    for (action, role, state) in walk {
        let actor = Actor {
            id: ActorId::Account(AccountId(1)),
            role,
            quarantine_kind: (role == Role::QuarantineOfficer).then_some(QuarantineKind::Health),
            firm: None,
            firm_tax_code: None,
            crossing_points: Scope::All,
            yards: Scope::All,
        };
        let said = match action {
            Action::CustomsSetLane => Details { lane: Some(Lane::Green), ..Details::default() },
            Action::FeeWaive => Details { reason: Some("paid before".into()), ..Details::default() },
            Action::Complete => Details { observed_plate: Some("桂F12345".into()), ..Details::default() },
            _ => Details::default(),
        };
        let order = Order { action, said, new_number: None };
        declaration = act(&declaration, &order, &actor, now(), rules(&reference)).unwrap().after;
        assert_eq!(declaration.state, state, "after {action}");
    }
    assert_it_adds_up(&declaration);
}

#[test]
fn what_customs_had_cleared_need_not_be_cleared_again() {
    let cleared = history(State::Registered, &[Stamp::DeclaredAt, Stamp::RegisteredAt, Stamp::ClearedAt]);
    let declaration = taken_over(cleared, &reference());
    assert_eq!(declaration.progress.tracks[&Track::Customs].state, TrackState::Done);
    assert_eq!(declaration.progress.tracks[&Track::BorderGuard].state, TrackState::NotBegun);
}
