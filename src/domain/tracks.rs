//! The agencies' parts in a declaration and when each of them is done.

use chrono::{DateTime, Utc};
use litemap::LiteMap;
use serde::{Deserialize, Serialize};

use super::fee::Working;
use super::number::Number;
use super::words::words;
use super::workflow::{QuarantineKind, Role};

words! {
    /// One agency's part.
    "track" Track {
        Customs = "customs",
        Health = "health",
        AnimalQuarantine = "animal_quarantine",
        PlantQuarantine = "plant_quarantine",
        BorderGuard = "border_guard",
        Fee = "fee",
        Transshipment = "transshipment",
    }
}

words! {
    /// How far a track has come.
    "track state" TrackState {
        NotBegun = "not_begun",
        UnderWay = "under_way",
        Done = "done",
        Failed = "failed",
    }
}

words! {
    /// How closely customs looks: green on the papers' word, yellow at the papers, red at the goods. Ordered upwards.
    "lane" Lane { Green = "green", Yellow = "yellow", Red = "red" }
}

words! {
    /// By what an inspection was made.
    "means" Means { Officer = "officer", Scanner = "scanner", Laboratory = "laboratory" }
}

words! {
    /// What an inspection found.
    "result" InspectionResult { Conforms = "conforms", Differs = "differs" }
}

impl Track {
    /// The kind of quarantine officer whose track it is; none for the other agencies' tracks.
    #[must_use]
    pub const fn quarantine_kind(self) -> Option<QuarantineKind> {
        match self {
            Self::Health => Some(QuarantineKind::Health),
            Self::AnimalQuarantine => Some(QuarantineKind::Animal),
            Self::PlantQuarantine => Some(QuarantineKind::Plant),
            Self::Customs | Self::BorderGuard | Self::Fee | Self::Transshipment => None,
        }
    }
}

/// The parts in one declaration, in the order of the tracks. They lie in a row: a declaration has three or four, and
/// a tree would keep room for eleven.
pub type Parts = LiteMap<Track, Part>;

/// One agency's part in a declaration: why it is required and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Part {
    /// Why it is required: the id of the rule that said so, or `added` when a gate manager did.
    pub because: String,
    /// Who added it, and why, where no rule required it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Added>)]
    pub added: Option<Box<Added>>,
    /// How far it has come.
    pub state: TrackState,
    /// The declaration from which the part was carried over at a transfer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried_from: Option<Number>,
    /// Customs: the lane in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<Lane>,
    /// Customs: the lowest lane that may still be given, after the declaration was returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane_floor: Option<Lane>,
    /// Customs: the documents were checked.
    #[serde(default, skip_serializing_if = "is_false")]
    pub documents_checked: bool,
    /// Customs: what the last inspection found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspection: Option<InspectionResult>,
    /// Customs: since when the documents have been due to be checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documents_since: Option<DateTime<Utc>>,
    /// Customs: since when an inspection has been required; its clock runs from arrival on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspection_since: Option<DateTime<Utc>>,
    /// Customs: until when the inspection was given more time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspection_until: Option<DateTime<Utc>>,
    /// Quarantines: a treatment was required and is not yet followed by a pass or a fail.
    #[serde(default, skip_serializing_if = "is_false")]
    pub treatment: bool,
    /// Fee: what is to be paid, in whole dong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_vnd: Option<i64>,
    /// Fee: what the tariff asked when it was assessed, and how that comes about; none where no proposal could be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Working>)]
    pub working: Option<Box<Working>>,
    /// Fee: the receipt's number, once paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    /// Fee: what was paid and, below zero, refunded under this number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payments: Vec<Payment>,
}

/// Why a track is required that no rule requires: a gate manager added it.
pub const ADDED: &str = "added";

/// Who added a track, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Added {
    /// The account or client; a firm sees only its role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// In what role.
    pub role: Role,
    /// Why, in words.
    pub reason: String,
}

/// Money that changed hands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Payment {
    /// When.
    pub at: DateTime<Utc>,
    /// How much, in whole dong; below zero for a refund.
    pub amount_vnd: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if passes a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

impl Part {
    /// A part that nobody has begun.
    #[must_use]
    pub fn required(because: impl Into<String>) -> Self {
        Self {
            because: because.into(),
            added: None,
            state: TrackState::NotBegun,
            carried_from: None,
            lane: None,
            lane_floor: None,
            documents_checked: false,
            inspection: None,
            documents_since: None,
            inspection_since: None,
            inspection_until: None,
            treatment: false,
            amount_vnd: None,
            working: None,
            receipt: None,
            payments: Vec::new(),
        }
    }

    /// Whether the agency has finished its part and found nothing against the vehicle.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.state == TrackState::Done
    }

    /// Whether the agency has decided, for or against.
    #[must_use]
    pub fn is_decided(&self) -> bool {
        matches!(self.state, TrackState::Done | TrackState::Failed)
    }

    /// Whether customs may clear: green after the lane, yellow after the documents, red after the
    /// documents and an inspection that conforms (Customs Law 2014).
    #[must_use]
    pub fn may_be_cleared(&self) -> bool {
        !self.is_decided()
            && match self.lane {
                None => false,
                Some(Lane::Green) => true,
                Some(Lane::Yellow) => self.documents_checked,
                Some(Lane::Red) => self.documents_checked && self.inspection == Some(InspectionResult::Conforms),
            }
    }

    /// The part as it begins anew after its declaration was returned: the lane stays the floor
    /// under the next one, a fee that was paid or waived stays so, and what changed hands stays counted.
    #[must_use]
    pub fn begun_anew(&self, track: Track) -> Self {
        if track == Track::Fee && self.is_done() {
            return self.clone();
        }
        Self {
            lane_floor: self.lane.max(self.lane_floor),
            // What was assessed is not: the goods may be others when it comes again.
            payments: self.payments.clone(),
            ..self.not_begun()
        }
    }

    /// The same part, required for the same reason, as nobody has begun it.
    pub(super) fn not_begun(&self) -> Self {
        Self { added: self.added.clone(), ..Self::required(self.because.clone()) }
    }
}
