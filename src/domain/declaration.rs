//! One vehicle's planned crossing: the record, and how each action adds to it.
//!
//! The actions are the truth. A record is what its actions add up to: [`Declaration::evolve`] is the
//! only way it changes, both when an action is taken and when the history is replayed.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::actor::FirmId;
use super::audit::Hash;
use super::content::{Content, People};
use super::legal_clocks::Breach;
use super::number::Number;
use super::tracks::Parts;
use super::words::words;
use super::workflow::{Action, Role, State};

mod details;
mod evolve;

pub use details::{Change, Details, Entry, PEOPLE_FIELDS, PLANNED_ARRIVAL};

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
    pub content: Arc<Content>,
    /// The driver and crew; none once erased.
    pub people: Option<Arc<People>>,
    /// The salt and digest under which the people stand in the history, once there were any.
    pub people_seal: Option<PeopleSeal>,
    /// When what happened.
    pub stamps: Stamps,
    /// What the agencies, the yard and the gate have done.
    pub progress: Progress,
    /// What was done last: a remark, or a clock that ran out, leaves the record where it stands and is not it.
    pub last_action: Action,
    /// When the last entry of its history was taken down, of whatever kind.
    pub last_action_at: DateTime<Utc>,
    /// The hash of the last action.
    pub head: Hash,
}

/// How the people stand in the history: a digest that tells nothing once its salt is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeopleSeal {
    /// 128 random bits, in hexadecimal; kept beside the people and erased with them: empty then.
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
    #[serde(default, skip_serializing_if = "Parts::is_empty")]
    pub tracks: Parts,
    /// The holds that stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<Hold>,
    /// Where it is parked now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yard: Option<YardPlace>,
    /// Where it was told to park at registration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned_yard: Option<String>,
    /// The hour in which it is to come: when it begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<DateTime<Utc>>,
    /// It came in another hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot_missed: Option<SlotMissed>,
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
    /// The `seq` of the action that issued the gate pass; none while there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass: Option<i32>,
    /// Something was done on a pass that a newer one had replaced.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stale_pass: bool,
    /// The record that it came from by transfer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transferred_from: Option<Number>,
    /// The record under which it goes on elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transferred_to: Option<Number>,
    /// The legal clocks that ran out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breaches: Vec<Breach>,
    /// Customs cleared it at another crossing point before it came, and it was counted there: once for a vehicle.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub carried_clearance: bool,
    /// When its driver and crew were erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people_erased_at: Option<DateTime<Utc>>,
    /// The older system's record that it was taken over from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
}

words! {
    /// How a vehicle came outside its slot.
    "missed slot" SlotMissed {
        /// Before it began.
        Early = "early",
        /// After it had ended.
        Late = "late",
    }
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
