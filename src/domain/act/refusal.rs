//! Why an action was refused, and what whoever asked must know to do the right thing.

use chrono::{DateTime, Utc};

use crate::domain::next::NextStep;
use crate::domain::places::Room;
use crate::domain::rule_failure::RuleFailure;
use crate::domain::workflow::{Action, State};

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

impl Refusal {
    /// The rules said that `action` may follow, and the record says that it cannot.
    pub(in crate::domain) const fn not_following(action: Action, state: State) -> Self {
        Self::NotNow { why: "state", standing: Standing { action, state, due: Vec::new(), offered: Vec::new() } }
    }
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
