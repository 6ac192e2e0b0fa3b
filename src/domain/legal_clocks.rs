//! The legal clocks: how long customs may take over a vehicle's documents and its inspection (Customs Law 2014,
//! Article 23). They run on the working time of the crossing point's calendar, through nights, holidays and closures.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::act::{Obstacle, Rules};
use super::declaration::Declaration;
use super::tracks::{Lane, Part, Track};
use super::words::words;

words! {
    /// What must be done within its time.
    "legal clock" LegalClock {
        /// Checking the documents: 2 working hours from the lane on.
        Documents = "documents",
        /// Inspecting the goods: 8 working hours from arrival or the red lane on, whichever is later.
        Inspection = "inspection",
    }
}

impl LegalClock {
    /// The working time that it gives (Customs Law 2014, Article 23.2).
    #[must_use]
    pub const fn length(self) -> TimeDelta {
        match self {
            Self::Documents => TimeDelta::hours(2),
            Self::Inspection => TimeDelta::hours(8),
        }
    }
}

/// By how much an inspection's time may be extended, once (Customs Law 2014, Article 23.2.b).
pub const MAX_EXTENSION: TimeDelta = TimeDelta::days(2);

/// A clock that runs on a declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running {
    /// Which.
    pub clock: LegalClock,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when it was extended; then that is when it falls due.
    pub until: Option<DateTime<Utc>>,
}

/// A clock that runs, and when it falls due by the calendar in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DueClock {
    /// Which.
    pub clock: LegalClock,
    /// Since when it runs.
    pub since: DateTime<Utc>,
    /// When it falls due; none while the calendar has no working time for it.
    pub due_at: Option<DateTime<Utc>>,
    /// Whether the time was extended.
    pub extended: bool,
    /// Whether it ran out and that is recorded.
    pub breached: bool,
}

/// A clock that ran out before the agency had done its part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Breach {
    /// Which.
    pub clock: LegalClock,
    /// When it ran out, by the calendar in force when that was found. It counts on the local day of this.
    pub due_at: DateTime<Utc>,
}

impl Part {
    /// Starts the clocks of the lane that was just given or raised; one that runs goes on.
    pub(super) fn begin_clocks(&mut self, at: DateTime<Utc>) {
        if self.lane > Some(Lane::Green) && !self.documents_checked {
            self.documents_since.get_or_insert(at);
        }
        if self.lane == Some(Lane::Red) {
            self.inspection_since.get_or_insert(at);
        }
    }

    /// Starts them anew, when what was decided is no longer so.
    pub(super) fn begin_clocks_anew(&mut self, at: DateTime<Utc>) {
        self.documents_since = None;
        self.inspection_since = None;
        self.inspection_until = None;
        self.begin_clocks(at);
    }
}

impl Declaration {
    /// The clocks that run now.
    #[must_use]
    pub fn running_clocks(&self) -> Vec<Running> {
        let mut running = Vec::new();
        let Some(part) = self.progress.tracks.get(&Track::Customs) else { return running };
        if self.state.is_terminal() || part.is_decided() {
            return running;
        }
        if let Some(since) = part.documents_since.filter(|_| !part.documents_checked) {
            running.push(Running { clock: LegalClock::Documents, since, until: None });
        }
        let inspected = part.inspection.is_some();
        if let (Some(since), Some(arrived), false) = (part.inspection_since, self.stamps.arrived_at, inspected) {
            let (clock, since) = (LegalClock::Inspection, since.max(arrived));
            running.push(Running { clock, since, until: part.inspection_until });
        }
        running
    }

    /// The clocks that run now, with when each falls due by the calendar in force.
    #[must_use]
    pub fn clocks(&self, rules: Rules) -> Vec<DueClock> {
        let point = &self.content.crossing_point;
        self.running_clocks()
            .into_iter()
            .map(|Running { clock, since, until }| DueClock {
                clock,
                since,
                due_at: until.or_else(|| rules.reference.working_time_ends(point, since, clock.length())),
                extended: until.is_some(),
                // One that began anew after a breach runs again.
                breached: self.progress.breaches.iter().any(|breach| breach.clock == clock && breach.due_at >= since),
            })
            .collect()
    }

    /// The clocks that have run out by `now` without that being recorded.
    #[must_use]
    pub fn ran_out(&self, now: DateTime<Utc>, rules: Rules) -> Vec<Breach> {
        let clocks = self.clocks(rules).into_iter().filter(|clock| !clock.breached);
        let due = clocks.filter_map(|clock| Some(Breach { clock: clock.clock, due_at: clock.due_at? }));
        due.filter(|breach| breach.due_at < now).collect()
    }

    /// What stands against extending the inspection's time now.
    pub(super) fn obstacle_to_extending(&self, now: DateTime<Utc>, rules: Rules) -> Option<Obstacle> {
        let no = |why| Some(Obstacle::NotNow(why));
        let clocks = self.clocks(rules);
        match clocks.iter().find(|clock| clock.clock == LegalClock::Inspection) {
            None => no("no-inspection-due"),
            Some(clock) if clock.extended => no("extended-already"),
            // One that never falls due needs no more time.
            Some(clock) if clock.breached || clock.due_at.is_none_or(|due| due < now) => no("ran-out-already"),
            Some(_) => None,
        }
    }
}
