//! Deciding an action: is it open to this caller on this record, does what was said with it hold,
//! and what follows from it. One answer serves the offered actions, the refusals and the act itself.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::actor::Actor;
use super::check::check;
use super::content::{self, Content, People, to_micros};
use super::declaration::{Declaration, Details, Entry};
use super::firm::CheckDigit;
use super::legal_clocks::Breach;
use super::next::{NextStep, next};
use super::number::Number;
use super::period::local_day;
use super::places::{Comer, Hour, Places, Room, first_hour};
use super::reference::{Reference, TrackFacts};
use super::rule_failure::RuleFailure;
use super::tracks::{InspectionResult, Lane, Part, Track, TrackState};
use super::workflow::{Action, OnHold, Role, State, To};

mod said;
mod transfer;
mod when;

use said::said;
pub use said::{MAX_FEE_VND, MAX_TEXT, RETURN_REASONS};
use transfer::carried_over;
use when::when;
pub use when::{TOLD_WITHIN, When};

/// What the rules stand on besides the record itself.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// Gates, yards, type codes, track rules.
    pub reference: &'a Reference,
    /// Days after which what waits expires.
    pub expire_after_days: i64,
    /// Whether a tax code's wrong check digit is a failure or a warning.
    pub tax_code_check: CheckDigit,
    /// What is taken in the rooms that are in question.
    pub places: &'a Places,
}

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

/// Why an action was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Not there, or not the caller's to see.
    NotVisible,
    /// The caller may see it and may not do it. The slug names why.
    NotYours(&'static str),
    /// Not now; these actions are open to the caller.
    NotNow {
        /// Why, as a slug.
        why: &'static str,
        /// Where the record stands.
        standing: Standing,
    },
    /// A hold stops it; these actions are open to the caller.
    OnHold {
        /// Where the record stands.
        standing: Standing,
    },
    /// The crossing point takes nobody in, or not this vehicle, on this day.
    GateClosed {
        /// Why, as a slug.
        why: &'static str,
        /// When it takes the vehicle in; none where that is not known.
        opens_at: Option<DateTime<Utc>>,
    },
    /// What was said does not hold.
    Invalid(Vec<RuleFailure>),
    /// There is no place left there.
    NoRoom(Room),
}

/// Where a record stands when an action is refused: what whoever asked must know to do the right thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What was asked for.
    pub action: Action,
    /// The record's state.
    pub state: State,
    /// Who must act now, on what.
    pub due: Vec<NextStep>,
    /// What is open to the caller instead.
    pub offered: Vec<Action>,
}

impl Standing {
    /// The action by which somebody leads the record to where what was asked for is possible, if one is enough.
    #[must_use]
    pub fn way(&self) -> Option<Action> {
        let starts_from = |state: State| self.action.starts_from().any(|from| from == state);
        let leads = |way: &Action| way.is_for_people() && way.leads_to(self.state).is_some_and(starts_from);
        Action::VARIANTS.iter().copied().find(leads).filter(|_| !starts_from(self.state))
    }
}

impl Refusal {
    /// The rules said that `action` may follow, and the record says that it cannot.
    pub(super) const fn not_following(action: Action, state: State) -> Self {
        Self::NotNow { why: "state", standing: Standing { action, state, due: Vec::new(), offered: Vec::new() } }
    }
}

/// What an action led to.
#[derive(Clone, Debug, PartialEq)]
pub struct Acted {
    /// The record after it.
    pub after: Declaration,
    /// What was recorded: the action and what the system did because of it.
    pub entries: Vec<Entry>,
    /// At a transfer, the record made at the other crossing point.
    pub transferred: Option<Box<(Declaration, Entry)>>,
}

/// An action that somebody orders.
#[derive(Clone, Debug)]
pub struct Order {
    /// Which.
    pub action: Action,
    /// With which fields, as sent.
    pub said: Details,
    /// At a transfer, the number of the record to be made.
    pub new_number: Option<Number>,
}

impl Declaration {
    /// Whether `actor` may see this declaration at all: its own firm, the owner of the goods once it is
    /// submitted, the officers at its crossing point once it is submitted, and auditors.
    #[must_use]
    pub fn is_visible_to(&self, actor: &Actor) -> bool {
        let declared = self.state != State::Draft && self.stamps.declared_at.is_some();
        match actor.role {
            Role::Declarant => {
                actor.firm == Some(self.firm)
                    || (declared
                        && actor.firm_tax_code.is_some()
                        && actor.firm_tax_code == self.content.trader_tax_code)
            }
            Role::CustomsOfficer
            | Role::BorderGuard
            | Role::QuarantineOfficer
            | Role::YardOperator
            | Role::FeeCollector
            | Role::GateManager => declared && actor.crossing_points.contains(&self.content.crossing_point),
            Role::Auditor | Role::System => true,
            Role::Analyst | Role::Admin => false,
        }
    }

    /// Whether `actor` may name this declaration to take `action` on it. An administrator orders an erasure by number
    /// alone, and sees nothing of the record by it.
    #[must_use]
    pub fn is_within_reach_of(&self, action: Action, actor: &Actor) -> bool {
        self.is_visible_to(actor) || (action == Action::ErasePeople && actor.role == Role::Admin)
    }

    /// The actions open to `actor` now, in the table's order.
    #[must_use]
    pub fn offered(&self, actor: &Actor, now: DateTime<Utc>, rules: Rules) -> Vec<Action> {
        if !self.is_visible_to(actor) {
            return Vec::new();
        }
        let open = |action: &Action| action.is_for_people() && self.obstacle(*action, actor, now, rules).is_none();
        actor.role.actions().iter().copied().filter(open).collect()
    }

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

    /// The tracks that the dated rules require for what is declared now.
    #[must_use]
    pub fn tracks_by_rule(&self, now: DateTime<Utc>, rules: Rules) -> BTreeMap<Track, String> {
        required_tracks(&self.content, self.people.as_deref(), now, rules)
    }
}

/// The tracks that the dated rules require for `content` with `people` in it.
pub(super) fn required_tracks(
    content: &Content,
    people: Option<&People>,
    now: DateTime<Utc>,
    rules: Rules,
) -> BTreeMap<Track, String> {
    let facts = TrackFacts {
        direction: content.direction,
        regime: content.regime,
        cargo_class: content.cargo_class,
        driver_nationality: people.and_then(|people| people.driver.as_ref()).map(|driver| driver.nationality.clone()),
        hs_chapters: content.hs_chapters(),
        transshipment: content.transshipment,
    };
    rules.reference.required_tracks(&facts, local_day(now))
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

/// Decides `order` by `actor` on `declaration` at `now` and adds it, with all that follows from it.
///
/// # Errors
///
/// [`Refusal::NotVisible`] before [`Refusal::NotYours`] before [`Refusal::NotNow`] or [`Refusal::OnHold`]
/// before [`Refusal::Invalid`], so that nobody learns from a refusal what he may not see.
pub fn act(
    declaration: &Declaration,
    order: &Order,
    actor: &Actor,
    now: DateTime<Utc>,
    rules: Rules,
) -> Result<Acted, Refusal> {
    let now = to_micros(now);
    if !declaration.is_within_reach_of(order.action, actor) {
        return Err(Refusal::NotVisible);
    }
    if let Some(obstacle) = declaration.obstacle(order.action, actor, now, rules) {
        return Err(refused(declaration, order.action, obstacle, actor, now, rules));
    }
    let when = when(declaration, order.action, order.said.at, actor, now);
    let at = when.as_ref().map_or(now, |when| when.at);
    if order.action == Action::Arrive {
        may_arrive(declaration, at, rules)?;
    }
    let (when, mut details) = match (when, said(declaration, order, actor, at, rules)) {
        (Ok(when), Ok(details)) => (when, details),
        (when, details) => {
            return Err(Refusal::Invalid(when.err().into_iter().chain(details.err().into_iter().flatten()).collect()));
        }
    };
    details.at = None;
    details.late = when.is_late();
    details.stale_pass =
        details.pass.take().filter(|shown| declaration.progress.pass.is_some_and(|pass| *shown != pass));
    if order.action == Action::Register && details.slot.is_none() {
        details.slot = slot_anew(Comer::new(&declaration.content, now), now, rules)?;
    }
    let mut acted = Acted { after: declaration.clone(), entries: Vec::new(), transferred: None };
    // What was done in time was done in time, however late it is told.
    acted.note_what_ran_out(when, rules)?;
    if order.action == Action::ClockBreach {
        return Ok(acted);
    }
    if order.action == Action::Transfer
        && let (Some(number), Some(crossing_point)) = (order.new_number, &details.crossing_point)
    {
        acted.transferred = Some(Box::new(carried_over(declaration, number, crossing_point, actor, when, rules)?));
    }
    acted.add(order.action, actor.id.to_string(), actor.role, when, details)?;
    if let Some(failure) = acted.after.stamps.out_of_order(&declaration.stamps).filter(|_| when.at < now) {
        return Err(Refusal::Invalid(vec![failure]));
    }
    acted.settle(when, rules)?;
    acted.finds_room(Some(declaration), now, rules)?;
    Ok(acted)
}

/// The hour in which `comer` is to come; none where it needs none.
///
/// # Errors
///
/// [`Refusal::NoRoom`], with the hour of the planned arrival, where none of the hours after it has room either.
pub(super) fn slot_anew(comer: Comer, now: DateTime<Utc>, rules: Rules) -> Result<Option<DateTime<Utc>>, Refusal> {
    match first_hour(comer, now, (rules.reference, rules.places)) {
        Hour::At(hour) => Ok(Some(hour)),
        Hour::Any => Ok(None),
        Hour::Full => Err(Refusal::NoRoom(Room::Slot {
            crossing_point: comer.content.crossing_point.clone(),
            hour: comer.content.planned_arrival.unwrap_or(now).max(now),
        })),
    }
}

/// Whether the crossing point takes the vehicle in today: not on a day on which it is closed, nor, where only
/// vehicles registered before the day are taken, one that was registered since.
fn may_arrive(declaration: &Declaration, now: DateTime<Utc>, rules: Rules) -> Result<(), Refusal> {
    let (reference, point) = (rules.reference, declaration.content.crossing_point.as_str());
    let suits = |day| reference.opens_on(point, day) && reference.takes(point, day, declaration.stamps.registered_at);
    let today = local_day(now);
    if suits(today) {
        return Ok(());
    }
    let opens_at = reference.next_open(point, now, suits);
    if reference.opens_on(point, today) {
        Err(Refusal::GateClosed { why: "pre-registered-only", opens_at })
    } else {
        Err(Refusal::GateClosed { why: "closed", opens_at })
    }
}

/// The refusal that an obstacle is, with what is open instead.
pub(super) fn refused(
    declaration: &Declaration,
    action: Action,
    obstacle: Obstacle,
    actor: &Actor,
    now: DateTime<Utc>,
    rules: Rules,
) -> Refusal {
    let standing = || Standing {
        action,
        state: declaration.state,
        due: next(declaration),
        offered: declaration.offered(actor, now, rules),
    };
    match obstacle {
        Obstacle::NotYours(why) => Refusal::NotYours(why),
        Obstacle::NotNow(why) => Refusal::NotNow { why, standing: standing() },
        Obstacle::OnHold => Refusal::OnHold { standing: standing() },
        Obstacle::RuleFailures(failures) => Refusal::Invalid(failures),
    }
}

impl Acted {
    /// Records one action and adds it to the record.
    pub(super) fn add(
        &mut self,
        action: Action,
        actor: String,
        role: Role,
        when: impl Into<When>,
        details: Details,
    ) -> Result<(), Refusal> {
        let When { at, recorded_at } = when.into();
        let entry =
            Entry { seq: self.after.revision + 1, action, actor, role, at, recorded_at, details: Box::new(details) };
        // The rules above said that it follows; if the record says otherwise, it is refused, not half done.
        let state = self.after.state;
        self.after.evolve(&entry).map_err(|_| Refusal::not_following(action, state))?;
        self.entries.push(entry);
        Ok(())
    }

    /// Whether there is room wherever the record takes a place that it had not as `before`.
    pub(super) fn finds_room(
        &self,
        before: Option<&Declaration>,
        now: DateTime<Utc>,
        rules: Rules,
    ) -> Result<(), Refusal> {
        let full = self.after.rooms_besides(before).find(|room| {
            let capacity = rules.reference.capacity(room, local_day(now));
            rules.places.next(room, capacity, self.after.content.perishable).is_none()
        });
        full.map_or(Ok(()), |room| Err(Refusal::NoRoom(room)))
    }

    /// Records every legal clock that ran out and that nobody has recorded yet.
    pub(super) fn note_what_ran_out(&mut self, when: impl Into<When>, rules: Rules) -> Result<(), Refusal> {
        let When { at, recorded_at: now } = when.into();
        for Breach { clock, due_at } in self.after.ran_out(at, rules) {
            let details = Details { clock: Some(clock), due_at: Some(due_at), ..Details::default() };
            self.add(Action::ClockBreach, Role::System.to_string(), Role::System, now, details)?;
        }
        Ok(())
    }

    /// What the system does in the same transaction: registers where the crossing point does so by
    /// itself, makes ready what has become so, re-opens what no longer is.
    pub(super) fn settle(&mut self, when: impl Into<When>, rules: Rules) -> Result<(), Refusal> {
        let mut when: When = when.into();
        let now = when.recorded_at;
        if when.at < now {
            // What follows happened when the last of its conditions did, which others may have met meanwhile.
            when.at = self.after.stamps.latest().map_or(when.at, |latest| latest.clamp(when.at, now));
        }
        let by_system = |action, details: Details, acted: &mut Self| {
            acted.add(action, Role::System.to_string(), Role::System, when, details)
        };
        let automatic = rules
            .reference
            .crossing_point(&self.after.content.crossing_point, local_day(now))
            .is_some_and(|point| point.automatic_registration);
        if self.after.state == State::Submitted
            && self.entries.last().is_some_and(|entry| entry.action == Action::Submit)
            && automatic
            // Where no hour has room it waits for a gate manager.
            && let Ok(slot) = slot_anew(Comer::new(&self.after.content, now), now, rules)
        {
            let tracks = self.after.tracks_by_rule(now, rules);
            by_system(Action::Register, Details { slot, tracks, ..Details::default() }, self)?;
        }
        match self.after.state {
            State::Arrived | State::InYard if self.after.may_be_ready() => {
                by_system(Action::MakeReady, Details::default(), self)
            }
            State::Ready if !self.after.may_be_ready() => by_system(Action::Reopen, Details::default(), self),
            _ => Ok(()),
        }
    }
}

impl Action {
    /// The states that it starts from.
    pub fn starts_from(self) -> impl Iterator<Item = State> {
        self.rule().moves.iter().flat_map(|step| step.from).copied()
    }

    /// Where the action leads from `state` by the table; none when it does not start there.
    #[must_use]
    pub fn leads_to(self, state: State) -> Option<State> {
        self.rule().moves.iter().find(|step| step.from.contains(&state)).map(|step| match step.to {
            To::Same => state,
            To::State(to) => to,
        })
    }
}
