//! The workflow table as a whole, and walks through it.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails at once")]

mod audit;
mod authorisation;
mod batch;
mod casework;
mod charts;
mod check;
mod clocks;
mod closings;
mod cluster;
mod connections;
mod contract;
mod corrections;
mod demo;
mod devices;
mod exact;
mod faults;
mod feed;
mod fees;
mod fire;
mod identity;
mod import;
mod instances;
mod intake;
mod journey;
mod layering;
mod migrations;
mod open_actions;
mod open_data;
mod packaging;
mod pages;
mod pass;
mod periods;
mod places;
mod readme;
mod reference;
mod reports;
mod schema;
mod start;
mod statistics;
mod support;
mod take_over;
mod transfers;
mod waiting;
mod walk;

use border_gate::domain::workflow::{Action, Role, State, To};

#[test]
fn nothing_leaves_an_ended_declaration() {
    for action in Action::VARIANTS {
        for step in action.rule().moves {
            for from in step.from.iter().filter(|from| from.is_terminal()) {
                assert_eq!(step.to, To::Same, "{action} leads away from {from}");
            }
        }
    }
}

#[test]
fn those_who_only_look_take_no_action() {
    for role in [Role::Analyst, Role::Auditor, Role::Admin] {
        assert!(!role.takes_actions(), "{role} takes actions");
    }
}

#[test]
fn only_the_border_guard_lets_a_vehicle_in_and_across() {
    for action in [Action::Arrive, Action::Complete] {
        assert_eq!(action.rule().by, [Role::BorderGuard]);
    }
}

#[test]
fn a_vehicle_in_a_ready_declaration_alone_can_complete() {
    let from: Vec<State> = Action::Complete.rule().moves.iter().flat_map(|step| step.from).copied().collect();
    assert_eq!(from, [State::Ready]);
}

#[test]
fn a_hold_stops_everything_that_would_let_the_vehicle_go() {
    use border_gate::domain::workflow::OnHold;
    for action in [
        Action::Cancel,
        Action::Return,
        Action::Amend,
        Action::Transfer,
        Action::TurnBack,
        Action::LeaveYard,
        Action::Complete,
        Action::Expire,
        Action::MakeReady,
    ] {
        assert_eq!(action.rule().on_hold, OnHold::Stops, "{action}");
    }
}
