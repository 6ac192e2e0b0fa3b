//! When something was done, where a device says so itself: it may have recorded it while it was cut off.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::actor::{Actor, ActorId};
use crate::domain::declaration::{Declaration, Stamps};
use crate::domain::pass::CLOCK_SKEW;
use crate::domain::rule_failure::RuleFailure;
use crate::domain::stamps::Stamp;
use crate::domain::workflow::{Action, State};

/// For so long a device may tell of what it did. A line that is down for longer is a matter for people: by then
/// the vehicles of that day have been dealt with by hand.
pub const TOLD_WITHIN: TimeDelta = TimeDelta::days(7);

/// When something was done, and when the service took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When {
    /// When it was done.
    pub at: DateTime<Utc>,
    /// When the service took it.
    pub recorded_at: DateTime<Utc>,
}

impl From<DateTime<Utc>> for When {
    /// Done and taken at once.
    fn from(now: DateTime<Utc>) -> Self {
        Self { at: now, recorded_at: now }
    }
}

impl When {
    /// Told so much after it was done that no clock explains it.
    #[must_use]
    pub fn is_late(self) -> bool {
        self.recorded_at - self.at > CLOCK_SKEW
    }
}

/// When `action` was done on `declaration` by what `actor` said about it, as the service hears of it at `now`.
pub(super) fn when(
    declaration: &Declaration,
    action: Action,
    said: Option<DateTime<Utc>>,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<When, RuleFailure> {
    let Some(at) = said else { return Ok(now.into()) };
    // Whoever sits at a screen does it now.
    if !actor.role.is_officer() || !matches!(actor.id, ActorId::Client(_)) {
        return Err(RuleFailure::new("/at", "at-for-devices-alone"));
    }
    if at > now + CLOCK_SKEW {
        return Err(RuleFailure::new("/at", "at-in-future").with("now", now.to_rfc3339()));
    }
    if at < now - TOLD_WITHIN {
        return Err(RuleFailure::new("/at", "at-too-old").with("days", TOLD_WITHIN.num_days()));
    }
    match declaration.open_since(action).filter(|(_, since)| at < *since) {
        Some((stamp, since)) if at + CLOCK_SKEW < since => Err(too_early(stamp, since)),
        // A clock that is late, or counts in seconds, saw it no sooner than it could be done.
        Some((_, since)) => Ok(When { at: since, recorded_at: now }),
        // A clock that is early has not seen the future.
        None => Ok(When { at: at.min(now), recorded_at: now }),
    }
}

fn too_early(stamp: Stamp, since: DateTime<Utc>) -> RuleFailure {
    RuleFailure::new("/at", "at-too-early").with("stamp", stamp).with("since", since.to_rfc3339())
}

impl Declaration {
    /// Since when `action` could be done on this record: the first of its stamps for a state that it starts from.
    fn open_since(&self, action: Action) -> Option<(Stamp, DateTime<Utc>)> {
        let step = action.rule().moves.iter().find(|step| step.from.contains(&self.state))?;
        let stamps = step.from.iter().map(|state| stamp_of(*state));
        stamps.filter_map(|stamp| Some((stamp, self.stamps.at(stamp)?))).min_by_key(|(_, since)| *since)
    }
}

/// The stamp of coming into a state.
const fn stamp_of(state: State) -> Stamp {
    match state {
        State::Draft => Stamp::CreatedAt,
        State::Submitted | State::Returned => Stamp::DeclaredAt,
        State::Registered => Stamp::RegisteredAt,
        State::Arrived => Stamp::ArrivedAt,
        State::InYard => Stamp::YardInAt,
        State::Ready => Stamp::ReadyAt,
        State::Completed => Stamp::CompletedAt,
        State::Cancelled | State::Rejected | State::Expired | State::TurnedBack | State::Transferred => Stamp::EndedAt,
    }
}

impl Stamps {
    /// The latest of them.
    pub(super) fn latest(&self) -> Option<DateTime<Utc>> {
        Stamp::VARIANTS.iter().filter_map(|stamp| self.at(*stamp)).max()
    }

    /// The first of the stamps that are new since `before` and precede one that they follow.
    pub(super) fn out_of_order(&self, before: &Self) -> Option<RuleFailure> {
        Stamp::VARIANTS.iter().filter(|stamp| self.at(**stamp) != before.at(**stamp)).find_map(|stamp| {
            let at = self.at(*stamp)?;
            let follows = stamp.follows().iter().filter_map(|earlier| Some((*earlier, self.at(*earlier)?)));
            follows.filter(|(_, since)| at < *since).map(|(earlier, since)| too_early(earlier, since)).next()
        })
    }
}
