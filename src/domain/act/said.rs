//! Whether what was said with an action holds, against the record and the reference data.

use chrono::{DateTime, Utc};

use super::{Order, Rules};
use crate::domain::actor::Actor;
use crate::domain::content;
use crate::domain::declaration::{Declaration, Details, SlotMissed};
use crate::domain::fee::propose;
use crate::domain::legal_clocks::{LegalClock, MAX_EXTENSION};
use crate::domain::period::{local_day, shown};
use crate::domain::places::{Room, end_of_slot, is_hour};
use crate::domain::receipt::MAX_RECEIPT;
use crate::domain::rule_failure::RuleFailure;
use crate::domain::vehicle::normalise;
use crate::domain::workflow::{Action, Need, Role};

/// Checks what was said with an action against the record and the reference data, and adds what the
/// history must hold besides.
pub(super) fn said(
    declaration: &Declaration,
    order: &Order,
    actor: &Actor,
    now: DateTime<Utc>,
    rules: Rules,
) -> Result<Details, Vec<RuleFailure>> {
    let mut details = order.said.clone();
    let mut failures = Vec::new();
    for need in order.action.says() {
        if let Need::Required(field) = need
            && !details.holds(field)
        {
            failures.push(RuleFailure::new(format!("/{field}"), "required"));
        }
    }
    if order.action == Action::Cancel && actor.role == Role::GateManager && details.reason.is_none() {
        failures.push(RuleFailure::new("/reason", "required"));
    }
    for (field, text) in details.texts_mut() {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            failures.push(RuleFailure::new(format!("/{field}"), "empty"));
        } else if trimmed.chars().count() > MAX_TEXT {
            failures.push(RuleFailure::new(format!("/{field}"), "too-long").with("max", MAX_TEXT));
        } else if trimmed.len() != text.len() {
            *text = trimmed.to_owned();
        }
    }
    if !failures.is_empty() {
        return Err(failures);
    }
    let mut fail = |pointer: &str, code| failures.push(RuleFailure::new(pointer, code));
    let part = order.action.rule().track.and_then(|track| declaration.progress.tracks.get(&track));
    let today = local_day(now);

    match order.action {
        Action::Register | Action::EnterYard | Action::MoveYard => {
            if let Some(yard) = &details.yard {
                match rules.reference.yard(yard, today) {
                    None => fail("/yard", "yard-unknown"),
                    Some(found) if found.crossing_point != declaration.content.crossing_point => {
                        fail("/yard", "yard-elsewhere");
                    }
                    Some(_) if actor.role == Role::YardOperator && !actor.yards.contains(yard) => {
                        fail("/yard", "yard-not-yours");
                    }
                    Some(found) => {
                        if let (Some(bay), Some(bays)) = (&details.bay, &found.bays)
                            && !bays.contains(bay)
                        {
                            failures.push(RuleFailure::new("/bay", "bay-unknown").with("known", bays.join(", ")));
                        }
                    }
                }
            }
            if let Some(hour) = details.slot {
                let code = &declaration.content.crossing_point;
                let room = Room::Slot { crossing_point: code.clone(), hour };
                if !is_hour(hour) {
                    failures.push(RuleFailure::new("/slot", "slot-not-an-hour"));
                } else if rules.reference.capacity(&room, today).places == 0 {
                    failures.push(RuleFailure::new("/slot", "slot-not-given"));
                } else if end_of_slot(hour) <= now {
                    failures.push(RuleFailure::new("/slot", "slot-over"));
                } else if !rules.reference.takes(code, local_day(hour), Some(now)) {
                    failures.push(RuleFailure::new("/slot", "slot-needs-earlier-registration"));
                }
            }
            if order.action == Action::Register {
                details.tracks = declaration.tracks_by_rule(now, rules);
            }
        }
        Action::AddTrack => {
            if details.track.is_some_and(|track| declaration.progress.tracks.contains_key(&track)) {
                fail("/track", "track-required-already");
            }
        }
        Action::Arrive | Action::Complete => {
            let seen = details.observed_plate.as_deref().map(normalise).unwrap_or_default();
            let expected = declaration.expected_plate();
            if expected != Some(seen.as_str()) {
                details.expected_plate = expected.map(str::to_owned);
                if details.mismatch_reason.is_none() {
                    failures.push(
                        RuleFailure::new("/mismatch_reason", "other-plate")
                            .with("expected", expected.unwrap_or_default())
                            .with("seen", &seen),
                    );
                }
            }
            details.observed_plate = Some(seen);
            if let (Action::Arrive, Some(hour)) = (order.action, declaration.progress.slot) {
                details.slot_missed = match now {
                    now if now < hour => Some(SlotMissed::Early),
                    now if now >= end_of_slot(hour) => Some(SlotMissed::Late),
                    _ => None,
                };
            }
        }
        Action::TractorReturned => {
            let seen = details.observed_plate.as_deref().map(normalise);
            // Another than the one that came is no refusal: it is there, and the history says so.
            let came = declaration.progress.observed_plate.as_deref().or_else(|| declaration.content.mark());
            details.expected_plate = came.filter(|came| Some(*came) != seen.as_deref()).map(str::to_owned);
            details.observed_plate = seen;
        }
        Action::Transfer => match &details.crossing_point {
            Some(code) if *code == declaration.content.crossing_point => fail("/crossing_point", "same-crossing-point"),
            Some(code) => match rules.reference.crossing_point(code, today) {
                None => fail("/crossing_point", "crossing-point-unknown"),
                Some(other)
                    if (other.kind == crate::domain::reference::GateKind::Rail) != declaration.content.is_by_rail() =>
                {
                    fail("/crossing_point", "other-kind-of-gate");
                }
                Some(_) => details.other = order.new_number,
            },
            None => {}
        },
        Action::HoldRelease => {
            let which = declaration.progress.holds.iter().find(|hold| Some(hold.hold) == details.hold);
            match which {
                None => fail("/hold", "hold-unknown"),
                Some(hold) if hold.placed_by != actor.role => fail("/hold", "hold-of-another-agency"),
                Some(_) => {}
            }
        }
        Action::CustomsSetLane => {
            if let (Some(lane), Some(floor)) = (details.lane, part.and_then(|part| part.lane_floor))
                && lane < floor
            {
                failures.push(RuleFailure::new("/lane", "lane-below-floor").with("floor", floor));
            }
        }
        Action::CustomsRaiseLane => {
            if details.lane <= part.and_then(|part| part.lane) {
                fail("/lane", "lane-not-higher");
            }
        }
        Action::ExtendClock => failures.extend(until_failure(declaration, details.until, now, rules)),
        Action::FeeAssess => {
            if details.amount_vnd.is_some_and(|amount| !(0..=MAX_FEE_VND).contains(&amount)) {
                failures.push(RuleFailure::new("/amount_vnd", "amount-out-of-range").with("max", MAX_FEE_VND));
            }
            match propose(&declaration.content, rules.reference, today) {
                Ok(working) => {
                    let amount = *details.amount_vnd.get_or_insert(working.proposed_vnd);
                    if amount != working.proposed_vnd && details.reason.is_none() {
                        let failure = RuleFailure::new("/reason", "fee-differs");
                        failures.push(failure.with("proposed", working.proposed_vnd).with("given", amount));
                    }
                    details.working = Some(Box::new(working));
                }
                Err(none) if details.amount_vnd.is_none() => failures.push(none.failure("/amount_vnd")),
                Err(_) => {}
            }
        }
        Action::FeePay => {
            let length = details.receipt.as_ref().map_or(0, |receipt| receipt.chars().count());
            if length > MAX_RECEIPT {
                failures.push(RuleFailure::new("/receipt", "too-long").with("max", MAX_RECEIPT));
            }
            details.amount_vnd = part.and_then(|part| part.amount_vnd);
        }
        // The history tells which receipt was given back, and what for, without what came before.
        Action::FeeRefund => {
            details.receipt = part.and_then(|part| part.receipt.clone());
            details.amount_vnd = part.and_then(|part| part.amount_vnd);
        }
        Action::TransshipmentFinish => {
            let plate = details.onward_plate.as_deref().map(normalise).unwrap_or_default();
            match content::country_of(&plate) {
                None => fail("/onward_plate", "onward-plate-format"),
                Some(country) => {
                    let vehicle = content::vehicle_key(country, &plate);
                    if Some(&vehicle) == declaration.content.vehicle_key().as_ref() {
                        fail("/onward_plate", "onward-is-declared");
                    }
                    details.onward_vehicle = Some(vehicle);
                }
            }
            details.onward_plate = Some(plate);
        }
        Action::Return => {
            if let Some(code) = &details.reason_code
                && !RETURN_REASONS.contains(&code.as_str())
            {
                failures
                    .push(RuleFailure::new("/reason_code", "unknown-word").with("allowed", RETURN_REASONS.join(", ")));
            }
        }
        Action::Create
        | Action::Amend
        | Action::Submit
        | Action::Cancel
        | Action::Expire
        | Action::UndoArrive
        | Action::LeaveYard
        | Action::TurnBack
        | Action::TransferIn
        | Action::Reject
        | Action::LeaveGate
        | Action::Remark
        | Action::MakeReady
        | Action::Reopen
        | Action::TakeOver
        | Action::ErasePeople
        | Action::HoldPlace
        | Action::CustomsCheckDocuments
        | Action::CustomsInspect
        | Action::CustomsClear
        | Action::CustomsRefuse
        | Action::CustomsRevoke
        | Action::ClockBreach
        | Action::HealthPass
        | Action::HealthFail
        | Action::HealthRequireTreatment
        | Action::HealthRevoke
        | Action::AnimalQuarantinePass
        | Action::AnimalQuarantineFail
        | Action::AnimalQuarantineRequireTreatment
        | Action::AnimalQuarantineRevoke
        | Action::PlantQuarantinePass
        | Action::PlantQuarantineFail
        | Action::PlantQuarantineRequireTreatment
        | Action::PlantQuarantineRevoke
        | Action::BorderGuardPass
        | Action::BorderGuardRefuse
        | Action::BorderGuardRevoke
        | Action::FeeWaive
        | Action::TransshipmentStart
        | Action::TransshipmentRevoke => {}
    }
    if failures.is_empty() { Ok(details) } else { Err(failures) }
}

/// What is wrong with the time that an inspection is given: it must be more than it has, and at most two days more.
fn until_failure(
    declaration: &Declaration,
    until: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
    rules: Rules,
) -> Option<RuleFailure> {
    let due = declaration.clocks(rules).into_iter().find(|clock| clock.clock == LegalClock::Inspection)?.due_at?;
    let latest = due + MAX_EXTENSION;
    until
        .filter(|until| *until <= due.max(now) || *until > latest)
        .map(|_| RuleFailure::new("/until", "extension-range").with("from", shown(due)).with("to", shown(latest)))
}

/// The longest reason or remark, in characters: a page of text.
pub const MAX_TEXT: usize = 2_000;

/// The highest fee that may be assessed for one vehicle, in dong: a typing error beyond it is caught.
pub const MAX_FEE_VND: i64 = 1_000_000_000;

/// Why a declaration may be returned.
pub const RETURN_REASONS: &[&str] = &["incomplete", "inconsistent", "documents", "other"];
