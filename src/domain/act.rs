//! Deciding an action: is it open to this caller on this record, does what was said with it hold,
//! and what follows from it. One answer serves the offered actions, the refusals and the act itself.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::actor::Actor;
use super::content::{Content, People, to_micros};
use super::declaration::{Declaration, Details, Entry};
use super::firm::CheckDigit;
use super::legal_clocks::Breach;
use super::next::next;
use super::number::Number;
use super::period::local_day;
use super::places::{Comer, Hour, Places, Room, first_hour};
use super::reference::{Reference, TrackFacts};
use super::tracks::Track;
use super::workflow::{Action, Role, State};

mod obstacle;
mod refusal;
mod said;
mod transfer;
mod when;

pub use obstacle::Obstacle;
pub use refusal::{Refusal, Standing};
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
