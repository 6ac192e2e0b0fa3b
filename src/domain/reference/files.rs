//! The reference data that come with the program: the files of the folder `reference/`.

use serde_json::{Map, Value};

use super::{Faults, List, Reference, ReferenceEntry, Validity};

impl List {
    /// The file of this list, as it was when the program was built.
    const fn file(self) -> &'static str {
        match self {
            Self::Gates => include_str!("../../../reference/gates.json"),
            Self::CrossingPoints => include_str!("../../../reference/crossing_points.json"),
            Self::Yards => include_str!("../../../reference/yards.json"),
            Self::CustomsTypeCodes => include_str!("../../../reference/customs_type_codes.json"),
            Self::TrackRules => include_str!("../../../reference/track_rules.json"),
            Self::Countries => include_str!("../../../reference/countries.json"),
            Self::Tariffs => include_str!("../../../reference/tariffs.json"),
            Self::Calendars => include_str!("../../../reference/calendars.json"),
        }
    }
}

/// Every entry that comes with the program.
///
/// # Errors
///
/// [`Faults`] when a file is not a list of dated entries; a test holds that none is.
pub fn files() -> Result<Vec<ReferenceEntry>, Faults> {
    let mut entries = Vec::new();
    for list in List::VARIANTS {
        let read: Vec<Line> =
            serde_json::from_str(list.file()).map_err(|error| Faults(vec![format!("{list}: {error}")]))?;
        entries.extend(read.into_iter().map(|line| line.of(*list)));
    }
    Ok(entries)
}

/// An entry as a file writes it: code and days beside its other fields.
#[derive(serde::Deserialize)]
struct Line {
    code: String,
    #[serde(flatten)]
    validity: Validity,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

impl Line {
    fn of(self, list: List) -> ReferenceEntry {
        // A flattened map sees what the flattened days beside it have read already.
        let fields = self.fields.into_iter().filter(|(name, _)| !matches!(name.as_str(), "valid_from" | "valid_to"));
        ReferenceEntry { list, code: self.code, validity: self.validity, fields: fields.collect() }
    }
}

impl Reference {
    /// What comes with the program, before anything was changed in the database.
    ///
    /// # Errors
    ///
    /// As [`files`] and [`Reference::build`]; a test holds that there are none.
    pub fn from_files() -> Result<Self, Faults> {
        Self::build(files()?)
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::domain::content::Direction;
    use crate::domain::tracks::Track;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn what_comes_with_the_program_is_whole() {
        let reference = Reference::from_files().unwrap();
        let on = day("2026-01-01");
        assert_eq!(reference.gates(on).count(), 6);
        assert_eq!(reference.crossing_points(on).count(), 8);
        assert_eq!(reference.entries(List::Countries, on).count(), 249);
        assert_eq!(reference.entries(List::CustomsTypeCodes, on).count(), 24 + 16);
        assert_eq!(reference.yard("XUAN_CUONG", on).unwrap().crossing_point, "HUU_NGHI");
        assert_eq!(reference.yard("BAO_NGUYEN", on).unwrap().crossing_point, "TAN_THANH");
    }

    #[test]
    fn tan_thanh_and_coc_nam_count_to_huu_nghi_on_the_days_of_the_published_figures() {
        let reference = Reference::from_files().unwrap();
        for on in ["2024-08-22", "2025-01-01", "2025-03-31"] {
            for point in ["HUU_NGHI", "TAN_THANH", "COC_NAM"] {
                assert_eq!(reference.gate_of(point, day(on)), Some("HUU_NGHI"), "{point} on {on}");
            }
            assert_eq!(reference.gate_of("CHI_MA", day(on)), Some("CHI_MA"));
        }
    }

    #[test]
    fn every_field_of_a_file_is_read() {
        let reference = Reference::from_files().unwrap();
        let on = day("2026-01-01");
        let mut typed: Vec<Value> = Vec::new();
        typed.extend(reference.gates(on).map(|gate| serde_json::to_value(gate).unwrap()));
        typed.extend(reference.crossing_points(on).map(|point| serde_json::to_value(point).unwrap()));
        for fields in typed {
            let entry = reference
                .entries(if fields.get("gate").is_some() { List::CrossingPoints } else { List::Gates }, on)
                .find(|entry| entry.code == fields["code"])
                .unwrap();
            assert_eq!(serde_json::to_value(entry).unwrap(), fields);
        }
    }

    #[test]
    fn a_foreign_driver_with_fruit_for_transshipment_needs_every_track_but_animal_quarantine() {
        let facts = super::super::TrackFacts {
            direction: Direction::Export,
            regime: None,
            cargo_class: None,
            driver_nationality: Some("CN".into()),
            hs_chapters: vec![8],
            transshipment: true,
        };
        let tracks = Reference::from_files().unwrap().required_tracks(&facts, day("2026-01-01"));
        let missing: Vec<&Track> = Track::VARIANTS.iter().filter(|track| !tracks.contains_key(track)).collect();
        assert_eq!(missing, [&Track::AnimalQuarantine]);
        assert_eq!(tracks[&Track::Health], "health-foreign-driver");
    }

    #[test]
    fn the_chapters_that_quarantine_looks_at_are_those_of_plants_and_animals() {
        let reference = Reference::from_files().unwrap();
        let needs = |chapter: u8, track: Track| {
            let facts = super::super::TrackFacts {
                direction: Direction::Export,
                regime: None,
                cargo_class: None,
                driver_nationality: Some("VN".into()),
                hs_chapters: vec![chapter],
                transshipment: false,
            };
            reference.required_tracks(&facts, day("2026-01-01")).contains_key(&track)
        };
        for chapter in 1..=97 {
            assert_eq!(needs(chapter, Track::PlantQuarantine), (6..=14).contains(&chapter), "{chapter}");
            assert_eq!(needs(chapter, Track::AnimalQuarantine), matches!(chapter, 1..=5 | 16), "{chapter}");
            assert!(!needs(chapter, Track::Health) && !needs(chapter, Track::Transshipment));
        }
    }
}
