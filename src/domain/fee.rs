//! The fee that the tariff asks for a vehicle, with its working. Whole numbers all the way: nothing is rounded but
//! once, at the end, by the rule that stands in the rate.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::act::MAX_FEE_VND;
use super::content::{CargoClass, Content, GoodsLine};
use super::reference::{Basis, Journey, Multiplier, Rate, Reference, Rounding, Validity};
use super::rule_failure::RuleFailure;

/// How an amount comes about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Working {
    /// What the tariff asks, in whole dong.
    #[schema(example = 105_000)]
    pub proposed_vnd: i64,
    /// On what the weakest of its figures stands.
    pub basis: Basis,
    /// The gross mass of all goods, in kilograms.
    pub gross_kg: i64,
    /// How the vehicle uses the gate.
    pub journey: Journey,
    /// The goods with the highest rate aboard.
    #[schema(example = "85258031")]
    pub hs_code: String,
    /// The rate.
    pub rate: RateUsed,
    /// The percentages of it, each in its turn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub multipliers: Vec<MultiplierUsed>,
    /// The product of all, before it is rounded: a decimal number.
    #[schema(example = "105000")]
    pub exact_vnd: String,
}

/// The rate that an amount stands on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RateUsed {
    /// The tariff entry's code.
    pub code: String,
    /// For which goods it is, in words.
    pub name: String,
    /// When the entry holds.
    #[serde(flatten)]
    pub validity: Validity,
    /// The upper end of the weights that the amount is for, in kilograms; none for the heaviest.
    pub below_kg: Option<i64>,
    /// The amount, in whole dong.
    pub amount_vnd: i64,
    /// The unit of the rounding, in dong.
    pub round_to_vnd: i64,
    /// How it is rounded.
    pub rounding: Rounding,
}

/// A percentage that was applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MultiplierUsed {
    /// The tariff entry's code.
    pub code: String,
    /// When the entry holds.
    #[serde(flatten)]
    pub validity: Validity,
    /// How much, in a hundred.
    #[schema(example = 30)]
    pub percent: i64,
}

/// Why there is no proposal: then somebody says the amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoProposal {
    /// An empty vehicle: the tariff is for goods.
    Empty,
    /// A rail wagon: the tariff is for vehicles on the road.
    ByRail,
    /// No rate holds on the day.
    NoTariff(NaiveDate),
    /// No rate is for these goods under this regime.
    NoRate {
        /// The goods.
        hs_code: String,
    },
    /// More than may be assessed.
    BeyondMost,
}

impl NoProposal {
    /// The same as a failure of `pointer`, for a person.
    #[must_use]
    pub fn failure(&self, pointer: &str) -> RuleFailure {
        match self {
            Self::Empty => RuleFailure::new(pointer, "fee-empty-vehicle"),
            Self::ByRail => RuleFailure::new(pointer, "fee-by-rail"),
            Self::NoTariff(day) => RuleFailure::new(pointer, "fee-no-tariff").with("day", day),
            Self::NoRate { hs_code } => RuleFailure::new(pointer, "fee-no-rate").with("hs_code", hs_code),
            Self::BeyondMost => RuleFailure::new(pointer, "fee-beyond-most").with("max", MAX_FEE_VND),
        }
    }
}

/// What the tariff of `day` asks for a vehicle with this content: of mixed goods the highest rate.
///
/// # Errors
///
/// [`NoProposal`], when one of the goods has no rate: then what is highest is not known.
pub fn propose(content: &Content, reference: &Reference, day: NaiveDate) -> Result<Working, NoProposal> {
    if content.is_by_rail() {
        return Err(NoProposal::ByRail);
    }
    if content.cargo_class == Some(CargoClass::Empty) || content.goods.is_empty() {
        return Err(NoProposal::Empty);
    }
    if reference.rates(day).next().is_none() {
        return Err(NoProposal::NoTariff(day));
    }
    let rates: Vec<&Rate> = reference.rates(day).filter(|rate| rate.applies_to.holds(content)).collect();
    let multipliers: Vec<&Multiplier> =
        reference.multipliers(day).filter(|multiplier| multiplier.applies_to.holds(content)).collect();
    let mut highest: Option<Working> = None;
    for line in &content.goods {
        let working = of_line(line, content, &rates, &multipliers)?;
        // Of equals always the same one, in whatever order the goods stand.
        let name = |working: &Working| (working.rate.code.clone(), working.hs_code.clone());
        let higher = highest.as_ref().is_none_or(|highest| {
            working.proposed_vnd > highest.proposed_vnd
                || (working.proposed_vnd == highest.proposed_vnd && name(&working) < name(highest))
        });
        if higher {
            highest = Some(working);
        }
    }
    let highest = highest.ok_or(NoProposal::Empty)?;
    if highest.proposed_vnd > MAX_FEE_VND { Err(NoProposal::BeyondMost) } else { Ok(highest) }
}

/// The highest that a vehicle with such goods aboard costs: by the rates for their chapter, or else for any goods.
fn of_line(
    line: &GoodsLine,
    content: &Content,
    rates: &[&Rate],
    multipliers: &[&Multiplier],
) -> Result<Working, NoProposal> {
    let no_rate = || NoProposal::NoRate { hs_code: line.hs_code.clone() };
    let chapter = line.chapter().ok_or_else(no_rate)?;
    let own: Vec<&&Rate> = rates.iter().filter(|rate| rate.applies_to.hs_chapters.contains(&chapter)).collect();
    let fitting: Vec<&&Rate> =
        if own.is_empty() { rates.iter().filter(|rate| rate.applies_to.hs_chapters.is_empty()).collect() } else { own };
    let multipliers: Vec<&Multiplier> = multipliers
        .iter()
        .copied()
        .filter(|one| one.applies_to.hs_chapters.is_empty() || one.applies_to.hs_chapters.contains(&chapter))
        .collect();
    let mut highest: Option<Working> = None;
    // By code: of equal ones the first.
    for rate in fitting {
        let working = worked_out(line, content, rate, &multipliers)?;
        if highest.as_ref().is_none_or(|highest| working.proposed_vnd > highest.proposed_vnd) {
            highest = Some(working);
        }
    }
    highest.ok_or_else(no_rate)
}

fn worked_out(
    line: &GoodsLine,
    content: &Content,
    rate: &Rate,
    multipliers: &[&Multiplier],
) -> Result<Working, NoProposal> {
    let gross_kg = content.gross_kg();
    let band = rate.band(gross_kg).ok_or_else(|| NoProposal::NoRate { hs_code: line.hs_code.clone() })?;
    let mut numerator = i128::from(band.amount_vnd);
    let mut denominator: i128 = 1;
    for multiplier in multipliers {
        numerator = numerator.checked_mul(multiplier.percent.into()).ok_or(NoProposal::BeyondMost)?;
        denominator = denominator.checked_mul(100).ok_or(NoProposal::BeyondMost)?;
    }
    let proposed_vnd = rate.rounding.round(numerator, denominator, rate.round_to_vnd).ok_or(NoProposal::BeyondMost)?;
    let weakest = multipliers.iter().map(|multiplier| multiplier.basis).fold(band.basis, Basis::max);
    Ok(Working {
        proposed_vnd,
        basis: weakest,
        gross_kg,
        journey: Journey::of(content),
        hs_code: line.hs_code.clone(),
        rate: RateUsed {
            code: rate.code.clone(),
            name: rate.name.clone(),
            validity: rate.validity,
            below_kg: band.below_kg,
            amount_vnd: band.amount_vnd,
            round_to_vnd: rate.round_to_vnd,
            rounding: rate.rounding,
        },
        multipliers: multipliers
            .iter()
            .map(|multiplier| MultiplierUsed {
                code: multiplier.code.clone(),
                validity: multiplier.validity,
                percent: multiplier.percent,
            })
            .collect(),
        exact_vnd: decimal(numerator, denominator),
    })
}

/// `numerator / denominator`, a power of ten, as a decimal number.
fn decimal(numerator: i128, denominator: i128) -> String {
    let (whole, rest) = (numerator / denominator, numerator % denominator);
    if rest == 0 {
        return whole.to_string();
    }
    let places = denominator.to_string().len() - 1;
    let digits = format!("{rest:0>places$}");
    format!("{whole}.{}", digits.trim_end_matches('0'))
}
