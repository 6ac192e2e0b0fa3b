//! How each action adds to a record: the only way in which it changes.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{
    BrokenHistory, Declaration, Details, Entry, Hold, Onward, PEOPLE_FIELDS, PLANNED_ARRIVAL, PeopleSeal, Progress,
    Returned, YardPlace,
};
use crate::domain::audit::Hash;
use crate::domain::legal_clocks::Breach;
use crate::domain::number::Number;
use crate::domain::tracks::{ADDED, Added, Part, Payment, Track, TrackState};
use crate::domain::workflow::{Action, State};

/// Whether a record in `state` bears a gate pass. One that is amended, or whose plate at the barrier is another now,
/// gets a new one.
const fn bears_a_pass(state: State) -> bool {
    match state {
        State::Registered | State::Arrived | State::InYard | State::Ready => true,
        State::Draft
        | State::Submitted
        | State::Returned
        | State::Completed
        | State::Cancelled
        | State::Rejected
        | State::Expired
        | State::TurnedBack
        | State::Transferred => false,
    }
}

impl Declaration {
    /// Adds up a history.
    ///
    /// The people are not in it: the result has none, only the seal's digest with no salt.
    ///
    /// # Errors
    ///
    /// [`BrokenHistory`] at the first entry that cannot follow those before it.
    pub fn replay(number: Number, entries: impl IntoIterator<Item = Entry>) -> Result<Option<Self>, BrokenHistory> {
        let mut declaration: Option<Self> = None;
        for entry in entries {
            match &mut declaration {
                None => declaration = Some(Self::begin(number, &entry)?),
                Some(declaration) => declaration.evolve(&entry)?,
            }
        }
        Ok(declaration)
    }

    /// The record that its first action makes.
    ///
    /// # Errors
    ///
    /// [`BrokenHistory`] when `entry` is not one that begins a record, or lacks what it must hold.
    pub fn begin(number: Number, entry: &Entry) -> Result<Self, BrokenHistory> {
        let broken = |why| BrokenHistory { seq: entry.seq, action: entry.action, why };
        if entry.seq != 1 {
            return Err(broken("a history begins with action 1"));
        }
        let details = &entry.details;
        let content = details.content.clone().ok_or_else(|| broken("it holds no content"))?;
        let firm = details.firm.ok_or_else(|| broken("it names no firm"))?;
        let declarant = details.declarant.clone().ok_or_else(|| broken("it names no declarant"))?;
        let mut stamps = details.stamps.as_deref().cloned().unwrap_or_default();
        stamps.created_at.get_or_insert(entry.at);
        let mut progress = Progress { source: details.source.clone(), ..Progress::default() };
        let state = match entry.action {
            Action::Create => State::Draft,
            Action::TransferIn => {
                stamps.registered_at = Some(entry.at);
                progress.transferred_from = details.other;
                progress.onward.clone_from(&details.onward);
                progress.slot = details.slot;
                progress.tracks.clone_from(&details.carried);
                progress.carried_clearance =
                    details.cleared_before || progress.tracks.get(&Track::Customs).is_some_and(Part::is_done);
                State::Registered
            }
            Action::TakeOver => {
                let state = details.state.ok_or_else(|| broken("it holds no state"))?;
                if state == State::Returned {
                    progress.returned = Some(Returned::because(details));
                } else if state.is_terminal() {
                    progress.end_reason.clone_from(&details.reason);
                }
                progress.tracks.clone_from(&details.carried);
                progress.yard = details.yard.clone().map(|yard| YardPlace { yard, bay: details.bay.clone() });
                state
            }
            _ => return Err(broken("it does not begin a record")),
        };
        progress.pass = bears_a_pass(state).then_some(entry.seq);
        Ok(Self {
            number,
            revision: 1,
            state,
            firm,
            declarant,
            content,
            people: None,
            people_seal: details.people_digest.clone().map(|digest| PeopleSeal { salt: String::new(), digest }),
            stamps,
            progress,
            last_action: entry.action,
            last_action_at: entry.recorded_at,
            head: Hash::default(),
        })
    }

    /// Adds one action to the record. Decides nothing: what may be done was decided before.
    ///
    /// # Errors
    ///
    /// [`BrokenHistory`] when the action is not the next one, or lacks what it must hold.
    pub fn evolve(&mut self, entry: &Entry) -> Result<(), BrokenHistory> {
        let broken = |why| BrokenHistory { seq: entry.seq, action: entry.action, why };
        if entry.seq != self.revision + 1 {
            return Err(broken("its number is not the next"));
        }
        let at = entry.at;
        let details = &entry.details;
        let plate = self.expected_plate().map(str::to_owned);
        match entry.action {
            Action::Create | Action::TransferIn | Action::TakeOver => return Err(broken("it begins a record")),
            Action::Amend => self.amended(details).map_err(broken)?,
            Action::Submit => {
                self.state = State::Submitted;
                self.stamps.declared_at.get_or_insert(at);
            }
            Action::Return => self.sent_back(details),
            Action::Register => {
                self.state = State::Registered;
                self.stamps.registered_at.get_or_insert(at);
                self.progress.assigned_yard.clone_from(&details.yard);
                self.progress.slot = details.slot;
                self.require(&details.tracks);
            }
            Action::AddTrack => {
                let track = details.track.ok_or_else(|| broken("it names no track"))?;
                let added = Box::new(Added {
                    by: Some(entry.actor.clone()),
                    role: entry.role,
                    reason: details.reason.clone().unwrap_or_default(),
                });
                let part = || Part { added: Some(added), ..Part::required(ADDED) };
                self.progress.tracks.entry(track).or_insert_with(part);
            }
            Action::Cancel => self.end(State::Cancelled, at, details),
            Action::Expire => self.end(State::Expired, at, details),
            Action::Reject => self.end(State::Rejected, at, details),
            Action::TurnBack => self.end(State::TurnedBack, at, details),
            Action::Transfer => {
                self.end(State::Transferred, at, details);
                self.progress.transferred_to = details.other;
            }
            Action::Arrive => {
                self.state = State::Arrived;
                self.stamps.arrived_at.get_or_insert(at);
                self.progress.observed_plate.clone_from(&details.observed_plate);
                self.progress.slot_missed = details.slot_missed;
            }
            Action::UndoArrive => {
                self.state = State::Registered;
                self.stamps.arrived_at = None;
                self.progress.observed_plate = None;
                self.progress.slot_missed = None;
            }
            Action::EnterYard | Action::MoveYard => {
                let yard = details.yard.clone().ok_or_else(|| broken("it names no yard"))?;
                self.progress.yard = Some(YardPlace { yard, bay: details.bay.clone() });
                self.stamps.yard_in_at.get_or_insert(at);
                if self.state == State::Arrived {
                    self.state = State::InYard;
                }
            }
            Action::LeaveYard => {
                self.progress.yard = None;
                self.stamps.yard_out_at.get_or_insert(at);
            }
            Action::Complete => {
                self.state = State::Completed;
                self.stamps.completed_at.get_or_insert(at);
            }
            Action::LeaveGate => {
                self.stamps.left_at.get_or_insert(at);
            }
            Action::TractorReturned => self.progress.tractor_returned.clone_from(&details.observed_plate),
            Action::Remark => {}
            Action::ErasePeople => {
                self.people = None;
                if let Some(seal) = &mut self.people_seal {
                    seal.salt.clear();
                }
                self.progress.people_erased_at = Some(at);
            }
            Action::MakeReady => {
                self.state = State::Ready;
                self.stamps.ready_at = Some(at);
            }
            Action::Reopen => {
                self.state = if self.progress.yard.is_some() { State::InYard } else { State::Arrived };
                self.stamps.ready_at = None;
            }
            Action::HoldPlace => self.progress.holds.push(Hold {
                hold: entry.seq,
                placed_by: entry.role,
                legal_reason: details.legal_reason.clone().unwrap_or_default(),
                at,
            }),
            Action::HoldRelease => self.progress.holds.retain(|hold| Some(hold.hold) != details.hold),
            Action::CustomsSetLane
            | Action::CustomsRaiseLane
            | Action::CustomsCheckDocuments
            | Action::CustomsInspect
            | Action::CustomsClear
            | Action::CustomsRefuse
            | Action::CustomsRevoke
            | Action::ExtendClock
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
            | Action::FeeAssess
            | Action::FeePay
            | Action::FeeWaive
            | Action::FeeRefund
            | Action::TransshipmentStart
            | Action::TransshipmentFinish
            | Action::TransshipmentRevoke => self.worked_on(entry).map_err(broken)?,
        }
        self.progress.pass = match self.progress.pass {
            _ if !bears_a_pass(self.state) => None,
            Some(issued) if entry.action != Action::Amend && self.expected_plate() == plate.as_deref() => Some(issued),
            Some(_) | None => Some(entry.seq),
        };
        self.progress.stale_pass |= details.stale_pass.is_some();
        self.revision = entry.seq;
        if !matches!(entry.action, Action::Remark | Action::ClockBreach) {
            self.last_action = entry.action;
        }
        self.last_action_at = entry.recorded_at;
        Ok(())
    }

    /// An agency's step on its own track.
    fn worked_on(&mut self, entry: &Entry) -> Result<(), &'static str> {
        let details = &entry.details;
        let track = entry.action.rule().track.ok_or("it belongs to no track")?;
        let part = self.progress.tracks.get_mut(&track).ok_or("its track is not required")?;
        match entry.action {
            Action::CustomsSetLane | Action::CustomsRaiseLane => {
                part.lane = details.lane;
                part.state = TrackState::UnderWay;
                part.begin_clocks(entry.at);
            }
            Action::CustomsCheckDocuments => part.documents_checked = true,
            Action::CustomsInspect => part.inspection = details.result,
            Action::CustomsClear => {
                part.state = TrackState::Done;
                // A vehicle that was cleared before it came by transfer was counted where it was.
                if !self.progress.carried_clearance {
                    self.stamps.cleared_at.get_or_insert(entry.at);
                }
            }
            Action::CustomsRevoke => {
                part.state = TrackState::UnderWay;
                part.documents_checked = false;
                part.inspection = None;
                part.begin_clocks_anew(entry.at);
                self.stamps.cleared_at = None;
            }
            Action::ExtendClock => part.inspection_until = details.until,
            Action::ClockBreach => {
                let clock = details.clock.ok_or("it names no clock")?;
                let due_at = details.due_at.ok_or("it does not say when the clock ran out")?;
                self.progress.breaches.push(Breach { clock, due_at });
            }
            Action::HealthPass
            | Action::AnimalQuarantinePass
            | Action::PlantQuarantinePass
            | Action::BorderGuardPass => {
                part.state = TrackState::Done;
                part.treatment = false;
            }
            Action::CustomsRefuse | Action::BorderGuardRefuse => part.state = TrackState::Failed,
            Action::HealthFail | Action::AnimalQuarantineFail | Action::PlantQuarantineFail => {
                part.state = TrackState::Failed;
                part.treatment = false;
            }
            Action::HealthRequireTreatment
            | Action::AnimalQuarantineRequireTreatment
            | Action::PlantQuarantineRequireTreatment => {
                part.state = TrackState::UnderWay;
                part.treatment = true;
            }
            Action::HealthRevoke
            | Action::AnimalQuarantineRevoke
            | Action::PlantQuarantineRevoke
            | Action::BorderGuardRevoke => {
                part.state = TrackState::NotBegun;
                part.treatment = false;
                part.carried_from = None;
            }
            Action::FeeAssess => {
                part.amount_vnd = details.amount_vnd;
                part.working.clone_from(&details.working);
                part.state = TrackState::UnderWay;
                part.carried_from = None;
            }
            Action::FeePay => {
                part.receipt.clone_from(&details.receipt);
                part.payments.push(Payment { at: entry.at, amount_vnd: part.amount_vnd.unwrap_or(0) });
                part.state = TrackState::Done;
            }
            Action::FeeWaive => part.state = TrackState::Done,
            Action::FeeRefund => {
                part.receipt = None;
                part.payments.push(Payment { at: entry.at, amount_vnd: -part.amount_vnd.unwrap_or(0) });
                part.state = TrackState::UnderWay;
                part.carried_from = None;
            }
            Action::TransshipmentStart => part.state = TrackState::UnderWay,
            Action::TransshipmentFinish => {
                part.state = TrackState::Done;
                let plate = details.onward_plate.clone().ok_or("it names no onward vehicle")?;
                let vehicle = details.onward_vehicle.clone().ok_or("it names no onward vehicle")?;
                self.progress.onward = Some(Onward { plate, vehicle });
            }
            Action::TransshipmentRevoke => {
                part.state = TrackState::NotBegun;
                part.carried_from = None;
                self.progress.onward = None;
            }
            Action::Create
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
            | Action::HoldRelease => return Err("it belongs to no track"),
        }
        Ok(())
    }

    fn amended(&mut self, details: &Details) -> Result<(), &'static str> {
        let mut content = serde_json::to_value(&*self.content).map_err(|_| "the content cannot be written")?;
        let fields = content.as_object_mut().ok_or("the content has no fields")?;
        for change in details.changes.iter().filter(|change| !PEOPLE_FIELDS.contains(&change.field.as_str())) {
            if change.after.is_null() {
                fields.remove(&change.field);
            } else {
                fields.insert(change.field.clone(), change.after.clone());
            }
        }
        self.content = serde_json::from_value(content).map_err(|_| "the amended content cannot be read")?;
        // An empty digest: nobody is named any more.
        if let Some(digest) = &details.people_digest {
            let seal = PeopleSeal { salt: String::new(), digest: digest.clone() };
            self.people_seal = Some(seal).filter(|seal| !seal.digest.is_empty());
        }
        self.progress.amended_after_lane |= details.after_lane;
        // A registered vehicle that comes at another time has another hour, or none where none is needed then.
        if self.state == State::Registered && details.changes.iter().any(|change| change.field == PLANNED_ARRIVAL) {
            self.progress.slot = details.slot;
        }
        self.require(&details.tracks);
        Ok(())
    }

    /// Back to the firm: from `registered` the gate's part begins anew.
    fn sent_back(&mut self, details: &Details) {
        self.state = State::Returned;
        self.stamps.registered_at = None;
        self.stamps.cleared_at = None;
        self.progress.assigned_yard = None;
        // A transshipment that had come over by transfer begins anew as well.
        self.progress.onward = None;
        self.progress.slot = None;
        for (track, part) in &mut self.progress.tracks {
            *part = part.begun_anew(*track);
        }
        self.progress.returned = Some(Returned::because(details));
    }

    fn end(&mut self, state: State, at: DateTime<Utc>, details: &Details) {
        self.state = state;
        self.stamps.ended_at.get_or_insert(at);
        self.progress.slot = None;
        self.progress.end_reason.clone_from(&details.reason);
    }

    /// Tracks only ever become required; none is dropped.
    fn require(&mut self, tracks: &BTreeMap<Track, String>) {
        for (track, because) in tracks {
            self.progress.tracks.entry(*track).or_insert_with(|| Part::required(because));
        }
    }

    /// Every required track is done and no hold stands.
    #[must_use]
    pub fn may_be_ready(&self) -> bool {
        self.progress.holds.is_empty() && self.progress.tracks.values().all(Part::is_done)
    }

    /// Each required track as `track:state`, such as `fee:done`.
    pub fn track_states(&self) -> impl Iterator<Item = String> {
        self.progress.tracks.iter().map(|(track, part)| format!("{track}:{}", part.state))
    }

    /// The key of the vehicle that holds a place among the active ones for this declaration: the
    /// onward one once the goods are in it, else the declared one; none when it is not active.
    #[must_use]
    pub fn place_taken(&self) -> Option<String> {
        if !self.state.is_active() {
            return None;
        }
        self.progress.onward.as_ref().map(|onward| onward.vehicle.clone()).or_else(|| self.content.vehicle_key())
    }

    /// The plate that should be seen at the barrier: the onward one, else the one seen at arrival,
    /// else the declared one.
    #[must_use]
    pub fn expected_plate(&self) -> Option<&str> {
        self.progress
            .onward
            .as_ref()
            .map(|onward| onward.plate.as_str())
            .or(self.progress.observed_plate.as_deref())
            .or_else(|| self.content.mark())
    }

    /// Whether the goods changed to another vehicle at this crossing point: then the foreign tractor goes back
    /// from here. One that came over by transfer goes back from where it stood.
    #[must_use]
    pub fn was_transshipped_here(&self) -> bool {
        self.progress.onward.is_some()
            && self.progress.tracks.get(&Track::Transshipment).is_none_or(|part| part.carried_from.is_none())
    }

    /// Since when it waits for somebody to come or to answer; what `expire` counts from.
    #[must_use]
    pub fn waiting_since(&self) -> Option<DateTime<Utc>> {
        match self.state {
            State::Submitted | State::Returned => Some(self.last_action_at),
            State::Registered => self.stamps.registered_at,
            State::Draft
            | State::Arrived
            | State::InYard
            | State::Ready
            | State::Completed
            | State::Cancelled
            | State::Rejected
            | State::Expired
            | State::TurnedBack
            | State::Transferred => None,
        }
    }
}
