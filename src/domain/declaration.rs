//! One vehicle's planned crossing: the record, and how each action adds to it.
//!
//! The actions are the truth. A record is what its actions add up to: [`Declaration::evolve`] is the
//! only way it changes, both when an action is taken and when the history is replayed.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::actor::FirmId;
use super::audit::Hash;
use super::content::{Content, People};
use super::number::Number;
use super::tracks::{InspectionResult, Lane, Means, Part, Payment, Track, TrackState};
use super::workflow::{Action, Field, Role, State};

/// The whole record of one declaration.
#[derive(Clone, Debug, PartialEq)]
pub struct Declaration {
    /// Its number, the same everywhere.
    pub number: Number,
    /// How many actions it has seen; the `seq` of the last.
    pub revision: i32,
    /// Where it stands.
    pub state: State,
    /// The firm that declared it.
    pub firm: FirmId,
    /// The account or client that declared it.
    pub declarant: String,
    /// What was declared, without the people.
    pub content: Content,
    /// The driver and crew; none once erased.
    pub people: Option<People>,
    /// The salt and digest under which the people stand in the history, once there were any.
    pub people_seal: Option<PeopleSeal>,
    /// When what happened.
    pub stamps: Stamps,
    /// What the agencies, the yard and the gate have done.
    pub progress: Progress,
    /// What was done last.
    pub last_action: Action,
    /// When that was taken down.
    pub last_action_at: DateTime<Utc>,
    /// The hash of the last action.
    pub head: Hash,
}

/// How the people stand in the history: a digest that tells nothing once its salt is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeopleSeal {
    /// 128 random bits, in hexadecimal; kept beside the people and erased with them.
    pub salt: String,
    /// SHA-256 of salt and people, in hexadecimal; what the history holds.
    pub digest: String,
}

/// The instants of a declaration's life. Each is set the first time and stays, unless the table says
/// that an action empties it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Stamps {
    /// First kept, as a draft or at once declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<DateTime<Utc>>,
    /// First submitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared_at: Option<DateTime<Utc>>,
    /// Accepted by the gate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered_at: Option<DateTime<Utc>>,
    /// Entered the gate area.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrived_at: Option<DateTime<Utc>>,
    /// Cleared by customs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleared_at: Option<DateTime<Utc>>,
    /// First entered a yard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yard_in_at: Option<DateTime<Utc>>,
    /// First left a yard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yard_out_at: Option<DateTime<Utc>>,
    /// Fit to cross.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready_at: Option<DateTime<Utc>>,
    /// Crossed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<DateTime<Utc>>,
    /// Ended otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<Utc>>,
    /// Left the gate area after such an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_at: Option<DateTime<Utc>>,
}

/// What has been done on a declaration since it was declared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The required tracks.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tracks: BTreeMap<Track, Part>,
    /// The holds that stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<Hold>,
    /// Where it is parked now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yard: Option<YardPlace>,
    /// Where it was told to park at registration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned_yard: Option<String>,
    /// The plate seen at arrival.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_plate: Option<String>,
    /// The vehicle that took the goods over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub onward: Option<Onward>,
    /// The plate of the foreign tractor that went back empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tractor_returned: Option<String>,
    /// Why it was last sent back to the firm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned: Option<Returned>,
    /// Why it ended, when it did not cross.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_reason: Option<String>,
    /// Amended after customs had given a lane (Circular 39/2018/TT-BTC, Art 20).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub amended_after_lane: bool,
    /// The record that it came from by transfer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transferred_from: Option<Number>,
    /// The record under which it goes on elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transferred_to: Option<Number>,
    /// Its clearance came with it from another crossing point and was counted there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub carried_clearance: bool,
    /// The older system's record that it was taken over from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
}

/// An agency's order that stops the vehicle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Hold {
    /// Which: the `seq` of the action that placed it.
    pub hold: i32,
    /// The role that placed it, and may release it.
    pub placed_by: Role,
    /// On what legal ground.
    pub legal_reason: String,
    /// Since when.
    pub at: DateTime<Utc>,
}

/// A place in a yard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct YardPlace {
    /// The yard's code.
    pub yard: String,
    /// The bay in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bay: Option<String>,
}

/// The vehicle that goes on with the goods after transshipment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Onward {
    /// Its plate, normalised.
    pub plate: String,
    /// Its key among the active vehicles.
    pub vehicle: String,
}

/// Why a declaration was sent back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Returned {
    /// The kind of reason.
    pub reason_code: String,
    /// In words.
    pub reason: String,
    /// The fields it is about, as JSON Pointers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
}

impl Returned {
    fn because(details: &Details) -> Self {
        Self {
            reason_code: details.reason_code.clone().unwrap_or_default(),
            reason: details.reason.clone().unwrap_or_default(),
            fields: details.fields.clone().unwrap_or_default(),
        }
    }
}

/// Where a record that was taken over comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Source {
    /// The older system.
    pub source: String,
    /// The record's id there.
    pub source_id: String,
}

/// One action as it is recorded: what somebody did, who, when, with which details.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its place in the declaration's history, from 1.
    pub seq: i32,
    /// What was done.
    pub action: Action,
    /// By whom: an account, a client or the system.
    pub actor: String,
    /// In what role.
    pub role: Role,
    /// When it was done.
    pub at: DateTime<Utc>,
    /// When the service took it.
    pub recorded_at: DateTime<Utc>,
    /// With which details.
    pub details: Details,
}

/// What is said with an action, and what followed from it.
///
/// The first part holds the fields a caller sends (see [`super::workflow::Field`]); the second what
/// the service adds, so that the history alone tells the record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields that callers send are described once, in the contract")]
pub struct Details {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub yard: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bay: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_plate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mismatch_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crossing_point: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lane: Option<Lane>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub means: Option<Means>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<InspectionResult>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_vnd: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub onward_plate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub legal_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub track: Option<Track>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,

    /// `create`, `transfer_in`, `take_over`: the firm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firm: Option<FirmId>,
    /// `create`, `transfer_in`, `take_over`: what was declared, without the people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<Box<Content>>,
    /// `create`, `amend`, …: the digest of the people; empty where an amendment leaves nobody named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people_digest: Option<String>,
    /// `amend`: what changed, before and after.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// `register`, `amend`: the tracks that became required, and by which rule.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tracks: BTreeMap<Track, String>,
    /// `amend`: the lane had been given already.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub after_lane: bool,
    /// `arrive`, `complete`: the plate that was expected, where another was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_plate: Option<String>,
    /// `transshipment.finish`: the onward vehicle's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub onward_vehicle: Option<String>,
    /// `transfer`: the record made elsewhere. `transfer_in`: the record it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<Number>,
    /// `transfer_in`, `take_over`: the tracks as they came over.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub carried: BTreeMap<Track, Part>,
    /// `transfer_in`: the vehicle that took the goods over there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub onward: Option<Onward>,
    /// `transfer_in`: when it was declared there. `take_over`: every stamp of the older record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stamps: Option<Box<Stamps>>,
    /// `take_over`: the state the older record had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// `take_over`: where the older record stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// `create`, `transfer_in`, `take_over`: who declared it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declarant: Option<String>,
}

/// One changed field of an amendment. The people stand in it only as their digests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Change {
    /// Which, such as `vehicle`.
    pub field: String,
    /// What it was.
    pub before: serde_json::Value,
    /// What it is now.
    pub after: serde_json::Value,
}

/// A history that does not add up: which action cannot follow, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("action {seq} ({action}) does not follow from the history before it: {why}")]
pub struct BrokenHistory {
    /// The action's place.
    pub seq: i32,
    /// What it was.
    pub action: Action,
    /// What is missing.
    pub why: &'static str,
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
        let content = details.content.as_deref().cloned().ok_or_else(|| broken("it holds no content"))?;
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
                progress.tracks.clone_from(&details.carried);
                progress.carried_clearance = progress.tracks.get(&Track::Customs).is_some_and(Part::is_done);
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
                self.require(&details.tracks);
            }
            Action::AddTrack => {
                let track = details.track.ok_or_else(|| broken("it names no track"))?;
                self.require(&BTreeMap::from([(track, "added".to_owned())]));
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
            }
            Action::UndoArrive => {
                self.state = State::Registered;
                self.stamps.arrived_at = None;
                self.progress.observed_plate = None;
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
        self.revision = entry.seq;
        self.last_action = entry.action;
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
            }
            Action::CustomsCheckDocuments => part.documents_checked = true,
            Action::CustomsInspect => part.inspection = details.result,
            Action::CustomsClear => {
                part.state = TrackState::Done;
                // A clearance that came over by transfer was counted where it was given.
                if !self.progress.carried_clearance {
                    self.stamps.cleared_at.get_or_insert(entry.at);
                }
            }
            Action::CustomsRevoke => {
                part.state = TrackState::UnderWay;
                part.documents_checked = false;
                part.inspection = None;
                self.stamps.cleared_at = None;
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
            }
            Action::FeeAssess => {
                part.amount_vnd = details.amount_vnd;
                part.state = TrackState::UnderWay;
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
            | Action::HoldPlace
            | Action::HoldRelease => return Err("it belongs to no track"),
        }
        Ok(())
    }

    fn amended(&mut self, details: &Details) -> Result<(), &'static str> {
        let mut content = serde_json::to_value(&self.content).map_err(|_| "the content cannot be written")?;
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
        self.require(&details.tracks);
        Ok(())
    }

    /// Back to the firm: from `registered` the gate's part begins anew.
    fn sent_back(&mut self, details: &Details) {
        self.state = State::Returned;
        self.stamps.registered_at = None;
        self.stamps.cleared_at = None;
        self.progress.assigned_yard = None;
        for (track, part) in &mut self.progress.tracks {
            *part = part.begun_anew(*track);
        }
        self.progress.returned = Some(Returned::because(details));
    }

    fn end(&mut self, state: State, at: DateTime<Utc>, details: &Details) {
        self.state = state;
        self.stamps.ended_at.get_or_insert(at);
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

/// The fields of a declaration that hold people; they stand in the history as a digest only.
pub const PEOPLE_FIELDS: &[&str] = &["driver", "crew"];

impl Details {
    /// Whether `field` was said.
    #[must_use]
    pub fn holds(&self, field: Field) -> bool {
        match field {
            Field::Reason => self.reason.is_some(),
            Field::ReasonCode => self.reason_code.is_some(),
            Field::Fields => self.fields.is_some(),
            Field::Yard => self.yard.is_some(),
            Field::Bay => self.bay.is_some(),
            Field::ObservedPlate => self.observed_plate.is_some(),
            Field::MismatchReason => self.mismatch_reason.is_some(),
            Field::CrossingPoint => self.crossing_point.is_some(),
            Field::Lane => self.lane.is_some(),
            Field::Means => self.means.is_some(),
            Field::Result => self.result.is_some(),
            Field::AmountVnd => self.amount_vnd.is_some(),
            Field::Receipt => self.receipt.is_some(),
            Field::OnwardPlate => self.onward_plate.is_some(),
            Field::LegalReason => self.legal_reason.is_some(),
            Field::Hold => self.hold.is_some(),
            Field::Track => self.track.is_some(),
            Field::Text => self.text.is_some(),
        }
    }

    /// The free texts that were said, by field.
    pub fn texts_mut(&mut self) -> impl Iterator<Item = (Field, &mut String)> {
        [
            (Field::Reason, &mut self.reason),
            (Field::Yard, &mut self.yard),
            (Field::Bay, &mut self.bay),
            (Field::ObservedPlate, &mut self.observed_plate),
            (Field::MismatchReason, &mut self.mismatch_reason),
            (Field::CrossingPoint, &mut self.crossing_point),
            (Field::Receipt, &mut self.receipt),
            (Field::OnwardPlate, &mut self.onward_plate),
            (Field::LegalReason, &mut self.legal_reason),
            (Field::Text, &mut self.text),
        ]
        .into_iter()
        .filter_map(|(field, text)| text.as_mut().map(|text| (field, text)))
    }
}
