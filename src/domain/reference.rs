//! Dated reference data: gates, crossing points, yards, type codes and the rules that decide the
//! required tracks. One immutable snapshot, passed to the rules.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Deserialize;

use super::content::{CargoClass, Direction, Regime};
use super::tracks::Track;
use super::words::words;

words! {
    /// What crosses at a gate.
    "kind of gate" GateKind { Road = "road", Rail = "rail" }
}

/// When an entry holds: from a day on, up to and without another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
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
    pub fn covers(&self, day: NaiveDate) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|end| day < end)
    }
}

/// A place at a gate where vehicles cross.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CrossingPoint {
    /// Its code.
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
    /// When this entry holds.
    #[serde(flatten)]
    pub validity: Validity,
}

/// A yard where vehicles park.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Yard {
    /// Its code.
    pub code: String,
    /// The crossing point it serves.
    pub crossing_point: String,
    /// Its name.
    pub name: String,
    /// When this entry holds.
    #[serde(flatten)]
    pub validity: Validity,
}

/// A rule that requires a track. Every condition that is given must hold; one without any always does.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TrackRule {
    /// Its id, shown as the reason for the track.
    pub id: String,
    /// The track it requires.
    pub track: Track,
    /// Only in this direction.
    #[serde(default)]
    pub direction: Option<Direction>,
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

/// All reference data at once.
#[derive(Clone, Debug, Default)]
pub struct Reference {
    /// Every crossing point's entries.
    pub crossing_points: Vec<CrossingPoint>,
    /// Every yard's entries.
    pub yards: Vec<Yard>,
    /// Every track rule's entries.
    pub track_rules: Vec<TrackRule>,
}

impl TrackRule {
    fn requires(&self, facts: &TrackFacts) -> bool {
        self.direction.is_none_or(|direction| direction == facts.direction)
            && self.driver_not_of.as_ref().is_none_or(|country| {
                facts.driver_nationality.as_ref().is_some_and(|nationality| nationality != country)
            })
            && (self.hs_chapters.is_empty()
                || self.hs_chapters.iter().any(|chapter| facts.hs_chapters.contains(chapter)))
            && (!self.transshipment || facts.transshipment)
    }
}

impl Reference {
    /// The crossing point `code` as it stands on `day`.
    #[must_use]
    pub fn crossing_point(&self, code: &str, day: NaiveDate) -> Option<&CrossingPoint> {
        self.crossing_points.iter().find(|point| point.code == code && point.validity.covers(day))
    }

    /// The yard `code` as it stands on `day`.
    #[must_use]
    pub fn yard(&self, code: &str, day: NaiveDate) -> Option<&Yard> {
        self.yards.iter().find(|yard| yard.code == code && yard.validity.covers(day))
    }

    /// The gate that a crossing point's counts belong to on `day`.
    #[must_use]
    pub fn gate_of(&self, crossing_point: &str, day: NaiveDate) -> Option<&str> {
        self.crossing_point(crossing_point, day).map(|point| point.gate.as_str())
    }

    /// The tracks that the rules in force on `day` require, each with the first rule that says so.
    #[must_use]
    pub fn required_tracks(&self, facts: &TrackFacts, day: NaiveDate) -> BTreeMap<Track, String> {
        let mut tracks = BTreeMap::new();
        for rule in self.track_rules.iter().filter(|rule| rule.validity.covers(day) && rule.requires(facts)) {
            tracks.entry(rule.track).or_insert_with(|| rule.id.clone());
        }
        tracks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(id: &str, track: Track) -> TrackRule {
        let validity = Validity { valid_from: NaiveDate::MIN, valid_to: None };
        TrackRule {
            id: id.to_owned(),
            track,
            direction: None,
            driver_not_of: None,
            hs_chapters: Vec::new(),
            transshipment: false,
            validity,
        }
    }

    fn facts(direction: Direction, nationality: &str, hs_chapters: &[u8]) -> TrackFacts {
        TrackFacts {
            direction,
            regime: None,
            cargo_class: None,
            driver_nationality: Some(nationality.to_owned()),
            hs_chapters: hs_chapters.to_vec(),
            transshipment: false,
        }
    }

    #[test]
    fn health_looks_at_every_import_and_at_every_foreign_driver() {
        let reference = Reference {
            track_rules: vec![
                TrackRule { direction: Some(Direction::Import), ..rule("import", Track::Health) },
                TrackRule { driver_not_of: Some("VN".to_owned()), ..rule("foreign-driver", Track::Health) },
                TrackRule { hs_chapters: vec![7, 8], ..rule("plants", Track::PlantQuarantine) },
            ],
            ..Reference::default()
        };
        let because = |facts| reference.required_tracks(&facts, NaiveDate::default());
        assert_eq!(because(facts(Direction::Import, "VN", &[]))[&Track::Health], "import");
        assert_eq!(because(facts(Direction::Export, "CN", &[]))[&Track::Health], "foreign-driver");
        assert!(because(facts(Direction::Export, "VN", &[85])).is_empty());
        assert_eq!(because(facts(Direction::Export, "VN", &[8, 85]))[&Track::PlantQuarantine], "plants");
    }

    #[test]
    fn an_entry_holds_up_to_and_without_its_last_day() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let validity = Validity { valid_from: day("2025-01-01"), valid_to: Some(day("2025-04-01")) };
        assert!(validity.covers(day("2025-01-01")) && validity.covers(day("2025-03-31")));
        assert!(!validity.covers(day("2024-12-31")) && !validity.covers(day("2025-04-01")));
    }
}
