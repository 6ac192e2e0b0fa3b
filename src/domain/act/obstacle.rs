//! What stands between a caller and an action: the table, then what the record itself says.

use chrono::{DateTime, Utc};

use super::Rules;
use crate::domain::actor::Actor;
use crate::domain::check::check;
use crate::domain::content::{self, Content};
use crate::domain::declaration::Declaration;
use crate::domain::rule_failure::RuleFailure;
use crate::domain::tracks::{InspectionResult, Lane, Part, Track, TrackState};
use crate::domain::workflow::{Action, OnHold, Role};

/// Why an action is not offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The action is not this role's, or not this caller's: another firm's, another quarantine's, another's yard.
    NotYours(&'static str),
    /// The state or the record's own facts forbid it now. The slug names why.
    NotNow(&'static str),
    /// A hold stands.
    OnHold,
    /// It cannot be submitted while rules fail.
    RuleFailures(Vec<RuleFailure>),
}

impl Declaration {
    /// What stands between `actor` and `action`, if anything: by the table, then by the record's own facts.
    #[must_use]
    pub fn obstacle(&self, action: Action, actor: &Actor, now: DateTime<Utc>, rules: Rules) -> Option<Obstacle> {
        let rule = action.rule();
        if !rule.by.contains(&actor.role) {
            return Some(Obstacle::NotYours("role"));
        }
        if actor.role == Role::Declarant && actor.firm != Some(self.firm) {
            return Some(Obstacle::NotYours("firm"));
        }
        if action.quarantine_kind().is_some() && action.quarantine_kind() != actor.quarantine_kind {
            return Some(Obstacle::NotYours("quarantine-kind"));
        }
        if !rule.moves.iter().any(|step| step.from.contains(&self.state)) {
            return Some(Obstacle::NotNow("state"));
        }
        match rule.track {
            Some(track) if !self.progress.tracks.contains_key(&track) => {
                return Some(Obstacle::NotNow("track-not-required"));
            }
            _ => {}
        }
        if !self.progress.holds.is_empty() {
            match rule.on_hold {
                OnHold::GoesOn => {}
                OnHold::Stops => return Some(Obstacle::OnHold),
                OnHold::GoesOnForHolder => {
                    if !self.progress.holds.iter().all(|hold| hold.placed_by == actor.role) {
                        return Some(Obstacle::OnHold);
                    }
                }
            }
        }
        self.own_facts(action, actor, now, rules)
    }

    /// The record's own facts that the table alone cannot say.
    fn own_facts(&self, action: Action, actor: &Actor, now: DateTime<Utc>, rules: Rules) -> Option<Obstacle> {
        let part = action.rule().track.and_then(|track| self.progress.tracks.get(&track));
        let no = |why| Some(Obstacle::NotNow(why));
        let unless = |holds: bool, why| if holds { None } else { Some(Obstacle::NotNow(why)) };
        let in_own_yard = || match &self.progress.yard {
            None => Some(Obstacle::NotNow("not-in-a-yard")),
            Some(place) if !actor.yards.contains(&place.yard) => Some(Obstacle::NotYours("yard")),
            Some(_) => None,
        };
        match action {
            Action::Create | Action::TransferIn | Action::TakeOver => no("exists"),
            Action::Submit => {
                let failures = check(&self.content, self.people.as_deref(), now, rules).failures;
                if failures.is_empty() { None } else { Some(Obstacle::RuleFailures(failures)) }
            }
            Action::Register | Action::Arrive | Action::Amend | Action::Return | Action::Cancel | Action::Remark => {
                None
            }
            Action::Expire => {
                let since = self.waiting_since();
                unless(
                    since.is_some_and(|since| now - since >= chrono::Duration::days(rules.expire_after_days)),
                    "not-due",
                )
            }
            Action::AddTrack => unless(self.progress.tracks.len() < Track::VARIANTS.len(), "all-tracks-required"),
            Action::UndoArrive => unless(self.last_action == Action::Arrive, "something-done-since"),
            Action::EnterYard => unless(self.progress.yard.is_none(), "in-a-yard"),
            Action::MoveYard | Action::LeaveYard => in_own_yard(),
            Action::TurnBack | Action::Transfer => None,
            Action::Reject => {
                let own = self.progress.tracks.iter().find(|(track, _)| {
                    track.quarantine_kind().is_some() && track.quarantine_kind() == actor.quarantine_kind
                });
                unless(
                    actor.role != Role::QuarantineOfficer
                        || own.is_some_and(|(_, part)| part.state == TrackState::Failed),
                    "own-track-not-failed",
                )
            }
            Action::Complete => unless(self.progress.yard.is_none(), "in-a-yard"),
            Action::LeaveGate => {
                if self.stamps.arrived_at.is_none() {
                    no("never-arrived")
                } else if self.progress.yard.is_some() {
                    no("in-a-yard")
                } else {
                    unless(self.stamps.left_at.is_none(), "left-already")
                }
            }
            Action::TractorReturned => {
                if self.progress.onward.is_none() {
                    no("no-transshipment")
                } else if !self.was_transshipped_here() {
                    no("transshipped-elsewhere")
                } else {
                    unless(self.progress.tractor_returned.is_none(), "returned-already")
                }
            }
            Action::ErasePeople => unless(self.people.is_some(), "no-people"),
            Action::MakeReady => unless(self.may_be_ready(), "not-all-done"),
            Action::Reopen => unless(!self.may_be_ready(), "all-done"),
            Action::ExtendClock => self.obstacle_to_extending(now, rules),
            Action::ClockBreach => unless(!self.ran_out(now, rules).is_empty(), "not-due"),
            Action::HoldPlace => None,
            Action::HoldRelease => {
                unless(self.progress.holds.iter().any(|hold| hold.placed_by == actor.role), "no-hold-of-yours")
            }
            Action::CustomsSetLane
            | Action::CustomsRaiseLane
            | Action::CustomsCheckDocuments
            | Action::CustomsInspect
            | Action::CustomsClear
            | Action::CustomsRefuse
            | Action::CustomsRevoke
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
            | Action::FeeAssess
            | Action::FeePay
            | Action::FeeWaive
            | Action::FeeRefund
            | Action::TransshipmentStart
            | Action::TransshipmentFinish
            | Action::TransshipmentRevoke => {
                let part = part?;
                if matches!(
                    action,
                    Action::TransshipmentStart | Action::TransshipmentFinish | Action::TransshipmentRevoke
                ) && let Some(obstacle) = in_own_yard()
                {
                    return Some(obstacle);
                }
                // A paid fee that went with the vehicle is refunded from where it is now, once.
                if action == Action::FeeRefund && part.receipt.is_some() && self.progress.transferred_to.is_some() {
                    return no("fee-transferred");
                }
                part.reason_against(action, &self.content).and_then(no)
            }
        }
    }
}

impl Part {
    /// Why this part's own state forbids `action`, as a slug; nothing when it does not.
    fn reason_against(&self, action: Action, content: &Content) -> Option<&'static str> {
        let first = |reasons: &[(bool, &'static str)]| reasons.iter().find(|(stands, _)| *stands).map(|(_, why)| *why);
        let (decided, no_lane) = ((self.is_decided(), "decided"), (self.lane.is_none(), "no-lane"));
        let paid = (self.receipt.is_some(), "paid");
        let below_red = self.lane.is_some_and(|lane| lane < Lane::Red);
        match action {
            Action::CustomsSetLane => {
                let named =
                    !content.customs_declarations.is_empty() || content.cargo_class == Some(content::CargoClass::Empty);
                first(&[(self.lane.is_some(), "lane-given"), (!named, "no-customs-declaration")])
            }
            Action::CustomsRaiseLane => first(&[decided, no_lane, (!below_red, "lane-is-red")]),
            Action::CustomsCheckDocuments => first(&[
                decided,
                no_lane,
                (self.lane == Some(Lane::Green), "lane-is-green"),
                (self.documents_checked, "documents-checked"),
            ]),
            Action::CustomsInspect => first(&[
                decided,
                no_lane,
                (below_red, "lane-is-not-red"),
                (self.inspection == Some(InspectionResult::Conforms), "inspected"),
            ]),
            Action::CustomsClear => first(&[
                decided,
                no_lane,
                (self.lane > Some(Lane::Green) && !self.documents_checked, "documents-not-checked"),
                (self.inspection == Some(InspectionResult::Differs), "goods-differ"),
                (!self.may_be_cleared(), "not-inspected"),
            ]),
            Action::CustomsRefuse => first(&[decided, no_lane]),
            Action::CustomsRevoke | Action::BorderGuardRevoke => first(&[(!self.is_decided(), "not-decided")]),
            Action::HealthPass
            | Action::AnimalQuarantinePass
            | Action::PlantQuarantinePass
            | Action::BorderGuardPass
            | Action::HealthFail
            | Action::AnimalQuarantineFail
            | Action::PlantQuarantineFail
            | Action::BorderGuardRefuse
            | Action::HealthRequireTreatment
            | Action::AnimalQuarantineRequireTreatment
            | Action::PlantQuarantineRequireTreatment => first(&[decided]),
            Action::HealthRevoke | Action::AnimalQuarantineRevoke | Action::PlantQuarantineRevoke => {
                first(&[(self.state == TrackState::NotBegun, "not-begun")])
            }
            // A waiver given by mistake is mended by assessing the fee after all.
            Action::FeeAssess => first(&[paid]),
            Action::FeePay => first(&[paid, (self.is_done(), "waived"), (self.amount_vnd.is_none(), "not-assessed")]),
            Action::FeeWaive => first(&[paid, (self.is_done(), "waived")]),
            Action::FeeRefund => first(&[(self.receipt.is_none(), "not-paid")]),
            Action::TransshipmentStart => first(&[
                (self.state == TrackState::UnderWay, "transshipment-under-way"),
                (self.is_done(), "transshipment-finished"),
            ]),
            Action::TransshipmentFinish => first(&[
                (self.state == TrackState::NotBegun, "transshipment-not-begun"),
                (self.is_done(), "transshipment-finished"),
            ]),
            Action::TransshipmentRevoke => first(&[(self.state == TrackState::NotBegun, "transshipment-not-begun")]),
            Action::ExtendClock
            | Action::ClockBreach
            | Action::Create
            | Action::Amend
            | Action::Submit
            | Action::Return
            | Action::Register
            | Action::AddTrack
            | Action::Cancel
            | Action::Expire
            | Action::Arrive
            | Action::UndoArrive
            | Action::EnterYard
            | Action::MoveYard
            | Action::LeaveYard
            | Action::TurnBack
            | Action::Transfer
            | Action::TransferIn
            | Action::Reject
            | Action::Complete
            | Action::LeaveGate
            | Action::TractorReturned
            | Action::Remark
            | Action::MakeReady
            | Action::Reopen
            | Action::TakeOver
            | Action::ErasePeople
            | Action::HoldPlace
            | Action::HoldRelease => None,
        }
    }
}
