//! Gates, their crossing points and yards: where a vehicle crosses. Dated, because they change.

use super::words::words;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

words! {
    /// How one crosses at a gate or crossing point.
    "gate kind" GateKind { Road = "road", Rail = "rail" }
}

/// The local days on which an entry of the reference data holds: `[from, to)`.
///
/// Half-open so that two entries of one code follow each other without a gap and without a shared day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validity {
    /// The first day.
    pub from: NaiveDate,
    /// The first day on which it holds no more; none while no end is known.
    #[serde(default)]
    pub to: Option<NaiveDate>,
}

impl Validity {
    /// Whether the entry holds on `day`.
    #[must_use]
    pub fn holds_on(self, day: NaiveDate) -> bool {
        self.from <= day && self.to.is_none_or(|to| day < to)
    }

    /// Whether the span has no day at all.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.to.is_some_and(|to| to <= self.from)
    }
}

impl std::fmt::Display for Validity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.to {
            Some(to) => write!(f, "[{}, {to})", self.from),
            None => write!(f, "[{}, )", self.from),
        }
    }
}

/// A border gate, such as Hữu Nghị.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// Its code, such as `HUU_NGHI`.
    pub code: String,
    /// Its Vietnamese name.
    pub name: String,
    /// How one crosses there.
    pub kind: GateKind,
    /// Whether it is open to third countries; none where that could not be confirmed.
    #[serde(default)]
    pub international: Option<bool>,
    /// WGS 84, degrees north; none where it could not be confirmed.
    #[serde(default)]
    pub latitude: Option<f64>,
    /// WGS 84, degrees east; none where it could not be confirmed.
    #[serde(default)]
    pub longitude: Option<f64>,
    /// The days on which this entry holds.
    pub valid: Validity,
    /// Where this is known from.
    #[serde(default)]
    pub source: Option<String>,
    /// What a reader of the entry should know about it.
    #[serde(default)]
    pub note: Option<String>,
}

/// A place at a gate where vehicles cross. Declarations, scopes and statistics hang on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrossingPoint {
    /// Its code, such as `TAN_THANH`; a gate may have the same one.
    pub code: String,
    /// The code of the gate it belongs to on these days.
    pub gate: String,
    /// Its Vietnamese name.
    pub name: String,
    /// How one crosses there: at a rail crossing point wagons, at a road one everything else.
    pub kind: GateKind,
    /// Whether the service registers what is submitted here by itself.
    pub automatic_registration: bool,
    /// The border markers between which it lies, such as `1119–1120`.
    #[serde(default)]
    pub markers: Option<String>,
    /// WGS 84, degrees north; none where it could not be confirmed.
    #[serde(default)]
    pub latitude: Option<f64>,
    /// WGS 84, degrees east; none where it could not be confirmed.
    #[serde(default)]
    pub longitude: Option<f64>,
    /// The days on which this entry holds.
    pub valid: Validity,
    /// Where this is known from.
    #[serde(default)]
    pub source: Option<String>,
    /// What a reader of the entry should know about it.
    #[serde(default)]
    pub note: Option<String>,
}

/// A yard where vehicles wait at a crossing point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Yard {
    /// Its code, such as `XUAN_CUONG`.
    pub code: String,
    /// Its Vietnamese name.
    pub name: String,
    /// The code of the crossing point it serves.
    pub crossing_point: String,
    /// The days on which this entry holds.
    pub valid: Validity,
    /// Where this is known from.
    #[serde(default)]
    pub source: Option<String>,
    /// What a reader of the entry should know about it.
    #[serde(default)]
    pub note: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn an_entry_holds_on_its_first_day_and_not_on_its_last() {
        let valid = Validity { from: day("2024-01-01"), to: Some(day("2025-01-01")) };
        assert!(valid.holds_on(day("2024-01-01")));
        assert!(valid.holds_on(day("2024-12-31")));
        assert!(!valid.holds_on(day("2025-01-01")));
        assert!(!valid.holds_on(day("2023-12-31")));
    }

    #[test]
    fn an_entry_without_an_end_holds_for_ever() {
        let valid = Validity { from: day("2024-01-01"), to: None };
        assert!(valid.holds_on(day("9999-12-31")));
    }
}
