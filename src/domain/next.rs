//! Who must act now, on what: read off the record, so that nobody has to ask around at the gate.

use super::content::CargoClass;
use super::declaration::Declaration;
use super::tracks::{InspectionResult, Lane, Part, Track, TrackState};
use super::words::words;
use super::workflow::{Action, QuarantineKind, Role, State};

words! {
    /// What is due on a declaration.
    "due" Due {
        Submit = "submit",
        Correct = "correct",
        Register = "register",
        Arrive = "arrive",
        ReturnForCustomsDeclaration = "return_for_customs_declaration",
        TurnBack = "turn_back",
        SetLane = "set_lane",
        CheckDocuments = "check_documents",
        Inspect = "inspect",
        SettleDifference = "settle_difference",
        Clear = "clear",
        Reject = "reject",
        Examine = "examine",
        ConcludeTreatment = "conclude_treatment",
        CheckPapers = "check_papers",
        AssessFee = "assess_fee",
        CollectFee = "collect_fee",
        EnterYard = "enter_yard",
        StartTransshipment = "start_transshipment",
        FinishTransshipment = "finish_transshipment",
        ReleaseHold = "release_hold",
        LeaveYard = "leave_yard",
        Complete = "complete",
        LeaveGate = "leave_gate",
        TractorReturned = "tractor_returned",
    }
}

/// Something that somebody must do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NextStep {
    /// Who.
    pub role: Role,
    /// Of which quarantine, for a quarantine officer.
    pub quarantine_kind: Option<QuarantineKind>,
    /// What is due.
    pub due: Due,
    /// The action by which it is done, or begun.
    pub action: Action,
}

impl NextStep {
    const fn new(role: Role, due: Due, action: Action) -> Self {
        Self { role, quarantine_kind: None, due, action }
    }
}

/// What must be done now on `declaration`, and by whom; nothing once it has ended and left. Each step's
/// action is open to such a caller, but for a submission, which first needs its rule failures mended.
#[must_use]
pub fn next(declaration: &Declaration) -> Vec<NextStep> {
    let progress = &declaration.progress;
    let stopped = !progress.holds.is_empty();
    let mut steps = Vec::new();
    match declaration.state {
        State::Draft => steps.push(NextStep::new(Role::Declarant, Due::Submit, Action::Submit)),
        State::Submitted => steps.push(NextStep::new(Role::GateManager, Due::Register, Action::Register)),
        State::Returned => steps.push(NextStep::new(Role::Declarant, Due::Correct, Action::Submit)),
        State::Registered | State::Arrived | State::InYard | State::Ready => {
            steps.extend(holders(declaration));
            if declaration.state == State::Registered {
                steps.push(NextStep::new(Role::BorderGuard, Due::Arrive, Action::Arrive));
            }
            if declaration.state == State::Ready && !stopped {
                steps.push(if progress.yard.is_some() {
                    NextStep::new(Role::YardOperator, Due::LeaveYard, Action::LeaveYard)
                } else {
                    NextStep::new(Role::BorderGuard, Due::Complete, Action::Complete)
                });
            }
            steps.extend(progress.tracks.iter().filter_map(|(track, part)| on_track(declaration, *track, part)));
        }
        State::Rejected | State::TurnedBack | State::Transferred => {
            // Rejected under the agency's own hold, the vehicle is held until it says so.
            steps.extend(holders(declaration));
            if progress.yard.is_some() {
                if !stopped {
                    steps.push(NextStep::new(Role::YardOperator, Due::LeaveYard, Action::LeaveYard));
                }
            } else if declaration.stamps.arrived_at.is_some() && declaration.stamps.left_at.is_none() {
                steps.push(NextStep::new(Role::BorderGuard, Due::LeaveGate, Action::LeaveGate));
            }
            steps.extend(tractor(declaration));
        }
        State::Completed => steps.extend(tractor(declaration)),
        State::Cancelled | State::Expired => {}
    }
    steps
}

/// Whoever holds the vehicle must let it go, each role once.
fn holders(declaration: &Declaration) -> Vec<NextStep> {
    let mut steps = Vec::new();
    for hold in &declaration.progress.holds {
        let step = NextStep::new(hold.placed_by, Due::ReleaseHold, Action::HoldRelease);
        if !steps.contains(&step) {
            steps.push(step);
        }
    }
    steps
}

/// The foreign tractor must go back once its goods are on another vehicle.
fn tractor(declaration: &Declaration) -> Option<NextStep> {
    let due = declaration.was_transshipped_here() && declaration.progress.tractor_returned.is_none();
    due.then_some(NextStep::new(Role::BorderGuard, Due::TractorReturned, Action::TractorReturned))
}

fn on_track(declaration: &Declaration, track: Track, part: &Part) -> Option<NextStep> {
    if part.is_done() {
        return None;
    }
    let arrived = declaration.state != State::Registered;
    let failed = part.state == TrackState::Failed;
    // Only the holder's own rejection goes on while a hold stands: then the hold comes first.
    let may_reject = |role| declaration.progress.holds.iter().all(|hold| hold.placed_by == role);
    match track {
        Track::Customs if failed => {
            may_reject(Role::CustomsOfficer).then_some(NextStep::new(Role::CustomsOfficer, Due::Reject, Action::Reject))
        }
        Track::Customs => at_customs(declaration, part, arrived),
        Track::Health | Track::AnimalQuarantine | Track::PlantQuarantine => {
            let role = Role::QuarantineOfficer;
            if !arrived || (failed && !may_reject(role)) {
                return None;
            }
            let (due, action) = if failed {
                (Due::Reject, Action::Reject)
            } else if part.treatment {
                (Due::ConcludeTreatment, pass(track)?)
            } else {
                (Due::Examine, pass(track)?)
            };
            Some(NextStep { role, quarantine_kind: track.quarantine_kind(), due, action })
        }
        Track::BorderGuard => {
            let role = Role::BorderGuard;
            match (arrived, failed) {
                (false, _) => None,
                (true, false) => Some(NextStep::new(role, Due::CheckPapers, Action::BorderGuardPass)),
                (true, true) => may_reject(role).then_some(NextStep::new(role, Due::Reject, Action::Reject)),
            }
        }
        Track::Fee => Some(if part.amount_vnd.is_none() {
            NextStep::new(Role::FeeCollector, Due::AssessFee, Action::FeeAssess)
        } else {
            NextStep::new(Role::FeeCollector, Due::CollectFee, Action::FeePay)
        }),
        Track::Transshipment => {
            let (due, action) = match (declaration.state, part.state) {
                (State::Arrived, _) => (Due::EnterYard, Action::EnterYard),
                (State::InYard, TrackState::NotBegun) => (Due::StartTransshipment, Action::TransshipmentStart),
                (State::InYard, TrackState::UnderWay) => (Due::FinishTransshipment, Action::TransshipmentFinish),
                _ => return None,
            };
            Some(NextStep::new(Role::YardOperator, due, action))
        }
    }
}

/// The action that concludes a quarantine's track in the vehicle's favour.
const fn pass(track: Track) -> Option<Action> {
    match track {
        Track::Health => Some(Action::HealthPass),
        Track::AnimalQuarantine => Some(Action::AnimalQuarantinePass),
        Track::PlantQuarantine => Some(Action::PlantQuarantinePass),
        Track::Customs | Track::BorderGuard | Track::Fee | Track::Transshipment => None,
    }
}

fn at_customs(declaration: &Declaration, part: &Part, arrived: bool) -> Option<NextStep> {
    let customs = |due, action| Some(NextStep::new(Role::CustomsOfficer, due, action));
    let stopped = !declaration.progress.holds.is_empty();
    let named = !declaration.content.customs_declarations.is_empty()
        || declaration.content.cargo_class == Some(CargoClass::Empty);
    match part.lane {
        // Without a customs declaration there is nothing to give a lane to.
        None if !named && stopped => None,
        None if !named && !arrived => customs(Due::ReturnForCustomsDeclaration, Action::Return),
        None if !named => Some(NextStep::new(Role::GateManager, Due::TurnBack, Action::TurnBack)),
        None => customs(Due::SetLane, Action::CustomsSetLane),
        Some(Lane::Yellow | Lane::Red) if !part.documents_checked => {
            customs(Due::CheckDocuments, Action::CustomsCheckDocuments)
        }
        Some(Lane::Red) if part.inspection == Some(InspectionResult::Differs) => {
            customs(Due::SettleDifference, Action::CustomsRefuse)
        }
        Some(Lane::Red) if part.inspection.is_none() => {
            if arrived {
                customs(Due::Inspect, Action::CustomsInspect)
            } else {
                None
            }
        }
        Some(Lane::Green | Lane::Yellow | Lane::Red) => customs(Due::Clear, Action::CustomsClear),
    }
}
