//! Actions as they are recorded, and what is said with them.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Onward, SlotMissed, Source, Stamps};
use crate::domain::actor::FirmId;
use crate::domain::content::Content;
use crate::domain::fee::Working;
use crate::domain::legal_clocks::LegalClock;
use crate::domain::number::Number;
use crate::domain::tracks::{InspectionResult, Lane, Means, Parts, Track};
use crate::domain::workflow::{Action, Field, Role, State};

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
    pub details: Box<Details>,
}

/// What is said with an action, and what followed from it.
///
/// The first part holds the fields a caller sends (see [`Field`](crate::domain::workflow::Field)); the second what
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slot: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
    /// When a device did it; the entry's own `at` keeps it.
    #[serde(skip)]
    pub at: Option<DateTime<Utc>>,
    /// The revision of the pass that a device did it on.
    #[serde(skip)]
    pub pass: Option<i32>,

    /// Done by a device that could not tell of it until later.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
    /// The revision of the pass that it was done on, where a newer one had replaced that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale_pass: Option<i32>,
    /// `create`, `transfer_in`, `take_over`: the firm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firm: Option<FirmId>,
    /// `create`, `transfer_in`, `take_over`: what was declared, without the people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<Arc<Content>>,
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
    /// `arrive`: it came before its slot began, or after it had ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slot_missed: Option<SlotMissed>,
    /// `transshipment.finish`: the onward vehicle's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub onward_vehicle: Option<String>,
    /// `transfer`: the record made elsewhere. `transfer_in`: the record it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<Number>,
    /// `transfer_in`, `take_over`: the tracks as they came over.
    #[serde(skip_serializing_if = "Parts::is_empty")]
    pub carried: Parts,
    /// `transfer_in`: the vehicle that took the goods over there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub onward: Option<Onward>,
    /// `transfer_in`: customs had cleared it already, here or before, and it was counted there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cleared_before: bool,
    /// `transfer_in`: when it was declared there. `take_over`: every stamp of the older record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stamps: Option<Box<Stamps>>,
    /// `take_over`: the state the older record had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// `take_over`: where the older record stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// `fee.assess`: what the tariff asks, and how that comes about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working: Option<Box<Working>>,
    /// `clock.breach`: which clock ran out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<LegalClock>,
    /// `clock.breach`: when it ran out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<DateTime<Utc>>,
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

/// The fields of a declaration that hold people; they stand in the history as a digest only.
pub const PEOPLE_FIELDS: &[&str] = &["driver", "crew"];

/// The field of a declaration by which its slot is decided.
pub const PLANNED_ARRIVAL: &str = "planned_arrival";

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
            Field::Slot => self.slot.is_some(),
            Field::Until => self.until.is_some(),
            Field::At => self.at.is_some(),
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
