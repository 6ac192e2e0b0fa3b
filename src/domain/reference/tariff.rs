//! What an entry of the tariff says: a rate by weight, or a percentage of it.

use serde::{Deserialize, Serialize};

use super::Validity;
use crate::domain::act::MAX_FEE_VND;
use crate::domain::content::{Content, Direction, Regime};
use crate::domain::words::words;

words! {
    /// How a vehicle uses the gate, as far as the tariff asks.
    "journey" Journey {
        /// Crosses and goes on by itself: an export.
        Crossing = "crossing",
        /// Comes in and goes inland by itself.
        InlandImport = "inland_import",
        /// Its goods change to another vehicle at the yard.
        YardTransfer = "yard_transfer",
    }
}

words! {
    /// On what a figure of the tariff stands, from the firmest on.
    "basis" Basis {
        /// Published, with its source beside it.
        Published = "published",
        /// Published for a case that the declaration does not quite tell, or not seen in the published text itself.
        Unconfirmed = "unconfirmed",
        /// Made up, to show where the figure goes.
        Example = "example",
    }
}

words! {
    /// How an amount comes to a whole number of its unit.
    "rounding" Rounding {
        /// To the nearest; from the middle upwards.
        HalfUp = "half_up",
        /// Upwards.
        Up = "up",
        /// Downwards.
        Down = "down",
    }
}

/// One entry of the tariff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Tariff {
    /// What is to be paid, by weight.
    Rate(Rate),
    /// How much of it.
    Multiplier(Multiplier),
}

/// What is to be paid for a vehicle with certain goods, by its weight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// Its code.
    pub code: String,
    /// For which goods it is, in words.
    pub name: String,
    /// What it is for. A rate for the chapter of the goods goes before those for any goods.
    #[serde(default)]
    pub applies_to: AppliesTo,
    /// The amounts, from the lightest on; the last has no upper end.
    pub bands: Vec<Band>,
    /// The unit that the amount is a whole number of in the end, in dong.
    pub round_to_vnd: i64,
    /// How it comes to that.
    pub rounding: Rounding,
    /// When this entry holds.
    #[serde(flatten)]
    pub validity: Validity,
}

/// An amount for the weights below a bound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// The gross mass of the goods is less than this, in kilograms; the last band has none.
    #[serde(default)]
    pub below_kg: Option<i64>,
    /// The amount in whole dong.
    pub amount_vnd: i64,
    /// On what it stands.
    pub basis: Basis,
    /// Where it was read: the document, and the day.
    #[serde(default)]
    pub source: Option<String>,
}

/// A percentage of the rate, for some goods or journeys. Several multiply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Multiplier {
    /// Its code.
    pub code: String,
    /// When it applies, in words.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub applies_to: AppliesTo,
    /// 130 is a third more than 100.
    pub percent: i64,
    /// On what it stands.
    pub basis: Basis,
    /// Where it was read: the document, and the day.
    #[serde(default)]
    pub source: Option<String>,
    /// When this entry holds.
    #[serde(flatten)]
    pub validity: Validity,
}

/// What an entry is for. Every condition that is given must hold; one without any always does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AppliesTo {
    /// Only in this direction.
    pub direction: Option<Direction>,
    /// Only under one of these regimes.
    pub regimes: Vec<Regime>,
    /// Only on this journey.
    pub journey: Option<Journey>,
    /// Only for goods of one of these chapters of the Harmonized System.
    pub hs_chapters: Vec<u8>,
    /// Only for a vehicle with a container.
    pub in_container: bool,
}

impl Journey {
    /// The journey that is declared.
    #[must_use]
    pub fn of(content: &Content) -> Self {
        match (content.transshipment, content.direction) {
            (true, _) => Self::YardTransfer,
            (false, Direction::Import) => Self::InlandImport,
            (false, Direction::Export) => Self::Crossing,
        }
    }
}

impl Rounding {
    /// `numerator / denominator` as a whole number of `unit`; none beyond what a number holds. None of them is
    /// below zero, and neither of the last two is zero.
    #[must_use]
    pub fn round(self, numerator: i128, denominator: i128, unit: i64) -> Option<i64> {
        let step = denominator.checked_mul(i128::from(unit))?;
        let whole = numerator.checked_div(step)?;
        let rest = numerator.checked_rem(step)?;
        let up = match self {
            Self::HalfUp => rest.checked_mul(2)? >= step,
            Self::Up => rest > 0,
            Self::Down => false,
        };
        let units = if up { whole.checked_add(1)? } else { whole };
        i64::try_from(units.checked_mul(i128::from(unit))?).ok()
    }
}

impl AppliesTo {
    /// Whether all but the goods' chapter holds.
    #[must_use]
    pub fn holds(&self, content: &Content) -> bool {
        self.direction.is_none_or(|direction| direction == content.direction)
            && (self.regimes.is_empty() || content.regime.is_some_and(|regime| self.regimes.contains(&regime)))
            && self.journey.is_none_or(|journey| journey == Journey::of(content))
            && (!self.in_container || content.vehicle.as_ref().is_some_and(|vehicle| !vehicle.containers.is_empty()))
    }
}

impl Rate {
    /// The band that `gross_kg` falls in.
    #[must_use]
    pub fn band(&self, gross_kg: i64) -> Option<&Band> {
        self.bands.iter().find(|band| band.below_kg.is_none_or(|below| gross_kg < below))
    }

    fn fault(&self) -> Option<&'static str> {
        let rising = self.bands.iter().zip(self.bands.iter().skip(1)).all(|(band, next)| {
            band.amount_vnd <= next.amount_vnd
                && band.below_kg.is_some_and(|below| next.below_kg.is_none_or(|next| below < next))
        });
        if self.bands.last().is_none_or(|last| last.below_kg.is_some()) {
            Some("its last band must have no `below_kg`, so that no weight is without an amount")
        } else if !rising {
            Some("its bands must rise in `below_kg`, and never fall in `amount_vnd`")
        } else if self.bands.iter().any(|band| !(0..=MAX_FEE_VND).contains(&band.amount_vnd)) {
            Some("an amount is below zero or beyond what may be assessed")
        } else if self.bands.iter().any(|band| band.below_kg.is_some_and(|below| below <= 0)) {
            Some("a band holds no weight")
        } else if !(1..=1_000_000).contains(&self.round_to_vnd) {
            Some("`round_to_vnd` must be from 1 to 1000000")
        } else if self.bands.iter().any(|band| !is_sourced(band.basis, band.source.as_deref())) {
            Some(WITHOUT_SOURCE)
        } else {
            None
        }
    }
}

impl Tariff {
    /// Its code.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Rate(rate) => &rate.code,
            Self::Multiplier(multiplier) => &multiplier.code,
        }
    }

    /// What is wrong with it, for whoever edits it.
    pub(super) fn fault(&self) -> Option<&'static str> {
        let (applies_to, fault) = match self {
            Self::Rate(rate) => (&rate.applies_to, rate.fault()),
            Self::Multiplier(multiplier) => (
                &multiplier.applies_to,
                if !(1..=10_000).contains(&multiplier.percent) {
                    Some("`percent` must be from 1 to 10000")
                } else if !is_sourced(multiplier.basis, multiplier.source.as_deref()) {
                    Some(WITHOUT_SOURCE)
                } else {
                    None
                },
            ),
        };
        let chapters = applies_to.hs_chapters.iter().all(|chapter| (1..=97).contains(chapter));
        fault.or((!chapters).then_some("chapters of the Harmonized System are 1 to 97"))
    }
}

/// Only an example needs no source.
fn is_sourced(basis: Basis, source: Option<&str>) -> bool {
    basis == Basis::Example || source.is_some_and(|source| !source.trim().is_empty())
}

const WITHOUT_SOURCE: &str = "a figure that is no `example` must name its `source`";
