//! What the entries of each list say.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{GateKind, List};
use crate::domain::content::{CargoClass, Direction, Regime};
use crate::domain::tracks::Track;

/// When an entry holds: from a day on, up to and without another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Validity {
    /// The first day.
    pub valid_from: NaiveDate,
    /// The first day on which it no longer holds; none while no end is known.
    #[serde(default)]
    pub valid_to: Option<NaiveDate>,
}

impl Validity {
    /// Whether the entry holds on `day`.
    #[must_use]
    pub fn covers(self, day: NaiveDate) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|end| day < end)
    }

    pub(super) fn is_empty(self) -> bool {
        self.valid_to.is_some_and(|end| end <= self.valid_from)
    }

    pub(super) fn overlaps(self, other: Self) -> bool {
        self.valid_to.is_none_or(|end| other.valid_from < end) && other.valid_to.is_none_or(|end| self.valid_from < end)
    }
}

/// One entry of a list, as it is kept: what it says is read by [`Reference::build`](super::Reference::build).
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ReferenceEntry {
    /// The list it stands in.
    #[serde(skip)]
    pub list: List,
    /// Its code, unique in its list on every day.
    pub code: String,
    /// When it holds.
    #[serde(flatten)]
    pub validity: Validity,
    /// All else that it says.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

/// A border gate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Gate {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What crosses there.
    pub kind: GateKind,
    /// Whether it is open to third countries; none where that could not be confirmed.
    #[serde(default)]
    pub international: Option<bool>,
    /// Its UN/LOCODE; none where it could not be confirmed.
    #[serde(default)]
    pub un_locode: Option<String>,
    /// WGS 84, degrees north; none where it could not be confirmed.
    #[serde(default)]
    pub latitude: Option<f64>,
    /// WGS 84, degrees east; none where it could not be confirmed.
    #[serde(default)]
    pub longitude: Option<f64>,
    /// When this entry holds.
    #[serde(flatten)]
    pub validity: Validity,
}

/// A place at a gate where vehicles cross.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CrossingPoint {
    /// Its code; a gate may have the same one.
    pub code: String,
    /// The code of the gate it belongs to.
    pub gate: String,
    /// Its name.
    pub name: String,
    /// What crosses there.
    pub kind: GateKind,
    /// Whether it registers what is submitted by itself.
    #[serde(default)]
    pub automatic_registration: bool,
    /// How many vehicles may come in an hour, by hours of the day; where it gives none, nobody needs an hour.
    #[serde(default)]
    pub slots: Vec<SlotHours>,
    /// The border markers that its road runs between, such as `1119–1120`.
    #[serde(default)]
    pub markers: Option<String>,
    /// The code of its customs office; none where it could not be confirmed.
    #[serde(default)]
    pub customs_office: Option<String>,
    /// WGS 84, degrees north; none where it could not be confirmed.
    #[serde(default)]
    pub latitude: Option<f64>,
    /// WGS 84, degrees east; none where it could not be confirmed.
    #[serde(default)]
    pub longitude: Option<f64>,
    /// When this entry holds.
    #[serde(flatten)]
    pub validity: Validity,
}

/// A yard where vehicles park.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Yard {
    /// Its code.
    pub code: String,
    /// The crossing point it serves.
    pub crossing_point: String,
    /// Its name.
    pub name: String,
    /// How many vehicles it holds; none where that is not known, and then it is never full.
    #[serde(default)]
    pub capacity: Option<i32>,
    /// The names of its bays, each for one vehicle; none where they are not known, and then any may be named.
    #[serde(default)]
    pub bays: Option<Vec<String>>,
    /// When this entry holds.
    #[serde(flatten)]
    pub validity: Validity,
}

/// Hours of the day, by the gate's clocks, and how many vehicles may come in each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SlotHours {
    /// The first hour, 0 to 23.
    pub from: u8,
    /// The hour that is no longer among them, up to 24.
    pub to: u8,
    /// How many vehicles may come in each hour.
    pub vehicles: i32,
    /// How many of those places are kept for perishable goods.
    #[serde(default)]
    pub kept_for_perishables: i32,
}

impl SlotHours {
    fn fault(self) -> Option<String> {
        let Self { from, to, vehicles, kept_for_perishables } = self;
        let holds = from < to && to <= 24 && vehicles > 0 && (0..=vehicles).contains(&kept_for_perishables);
        (!holds).then(|| {
            format!(
                "of the slots from {from} to {to} the hours must go up within 0 to 24, vehicles be 1 or more, \
                 and no more of them kept for perishables"
            )
        })
    }
}

impl CrossingPoint {
    /// What is wrong with its slots.
    pub(super) fn faults(&self) -> impl Iterator<Item = String> {
        let mut faults: Vec<String> = self.slots.iter().copied().filter_map(SlotHours::fault).collect();
        let mut hours: Vec<(u8, u8)> = self.slots.iter().map(|hours| (hours.from, hours.to)).collect();
        hours.sort_unstable();
        if hours.windows(2).any(|two| matches!(two, [(_, end), (begin, _)] if begin < end)) {
            faults.push("an hour stands in two of its slots".to_owned());
        }
        faults.into_iter()
    }
}

impl Yard {
    /// What is wrong with its capacity and its bays.
    pub(super) fn faults(&self) -> impl Iterator<Item = String> {
        let capacity = self.capacity.is_some_and(|capacity| capacity < 0);
        let bays = self.bays.iter().flatten();
        let nameless = bays.clone().any(|bay| bay.is_empty() || bay.trim() != bay);
        let distinct: std::collections::BTreeSet<&String> = bays.clone().collect();
        [
            capacity.then(|| "its capacity must be 0 or more".to_owned()),
            nameless.then(|| "a bay's name must not be empty, nor begin or end with a space".to_owned()),
            (distinct.len() < bays.count()).then(|| "two of its bays have the same name".to_owned()),
        ]
        .into_iter()
        .flatten()
    }
}

/// A sentence for people, in the three languages of the gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sentence {
    /// In Vietnamese.
    pub vi: String,
    /// In English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
}

/// A customs type code (mã loại hình), such as `A11`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomsTypeCode {
    /// The code.
    pub code: String,
    /// The one direction in which it is used.
    pub direction: Direction,
    /// When this entry holds.
    #[serde(flatten)]
    pub validity: Validity,
}

/// A country, by ISO 3166-1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Country {
    /// Its alpha-2 code.
    pub code: String,
    /// Its name in English.
    pub name: String,
    /// When this entry holds.
    #[serde(flatten)]
    pub validity: Validity,
}

/// A rule that requires a track. Every condition that is given must hold; one without any always does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackRule {
    /// Its code, shown as the reason for the track.
    pub code: String,
    /// The track it requires.
    pub track: Track,
    /// Why, as a whole sentence for people. None where nobody has written it yet.
    #[serde(default)]
    pub because: Option<Sentence>,
    /// Only in this direction.
    #[serde(default)]
    pub direction: Option<Direction>,
    /// Only under this regime.
    #[serde(default)]
    pub regime: Option<Regime>,
    /// Only for cargo of this class.
    #[serde(default)]
    pub cargo_class: Option<CargoClass>,
    /// Only for a driver who is not of this country.
    #[serde(default)]
    pub driver_not_of: Option<String>,
    /// Only for goods of one of these chapters of the Harmonized System.
    #[serde(default)]
    pub hs_chapters: Vec<u8>,
    /// Only where transshipment was declared.
    #[serde(default)]
    pub transshipment: bool,
    /// When this entry holds.
    #[serde(flatten)]
    pub validity: Validity,
}

/// What the track rules look at.
#[derive(Clone, Debug)]
pub struct TrackFacts {
    /// Which way.
    pub direction: Direction,
    /// Under what regime.
    pub regime: Option<Regime>,
    /// Of what class.
    pub cargo_class: Option<CargoClass>,
    /// Whose citizen the driver is; none without a driver.
    pub driver_nationality: Option<String>,
    /// The chapters of its goods.
    pub hs_chapters: Vec<u8>,
    /// Whether transshipment was declared.
    pub transshipment: bool,
}

impl TrackRule {
    /// What is wrong with what it says to people.
    pub(super) fn faults(&self) -> impl Iterator<Item = String> {
        let said = self.because.iter().flat_map(|because| [&because.vi, &because.en, &because.zh]);
        let empty = said.into_iter().any(|text| text.trim().is_empty());
        empty.then(|| "it must say in vi, en and zh why it requires the track".to_owned()).into_iter()
    }

    pub(super) fn requires(&self, facts: &TrackFacts) -> bool {
        self.direction.is_none_or(|direction| direction == facts.direction)
            && self.regime.is_none_or(|regime| facts.regime == Some(regime))
            && self.cargo_class.is_none_or(|class| facts.cargo_class == Some(class))
            && self.driver_not_of.as_ref().is_none_or(|country| {
                facts.driver_nationality.as_ref().is_some_and(|nationality| nationality != country)
            })
            && (self.hs_chapters.is_empty()
                || self.hs_chapters.iter().any(|chapter| facts.hs_chapters.contains(chapter)))
            && (!self.transshipment || facts.transshipment)
    }
}
