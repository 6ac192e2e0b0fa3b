//! Dated reference data: gates, crossing points, yards, calendars, type codes, countries and the rules
//! that decide the required tracks. One immutable snapshot, passed to the rules.

mod calendar;
mod change;
mod entries;
mod files;
mod tariff;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::de::DeserializeOwned;

use super::period::Span;
use super::tracks::Track;
use super::words::words;

pub use calendar::{Calendar, Hours, Opening, Side, TimeOfDay, Weekday};
pub use change::ReferenceChange;
pub use entries::{
    Country, CrossingPoint, CustomsTypeCode, Gate, ReferenceEntry, TrackFacts, TrackRule, Validity, Yard,
};
pub use files::files;
pub use tariff::{AppliesTo, Band, Basis, Journey, Multiplier, Rate, Rounding, Tariff};

words! {
    /// What crosses at a gate.
    "kind of gate" GateKind { Road = "road", Rail = "rail" }
}

words! {
    /// The lists of the reference data.
    "reference list" List {
        Gates = "gates",
        CrossingPoints = "crossing_points",
        Yards = "yards",
        CustomsTypeCodes = "customs_type_codes",
        TrackRules = "track_rules",
        Countries = "countries",
        Tariffs = "tariffs",
        Calendars = "calendars",
    }
}

/// What is wrong with reference data, one sentence each for the operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the reference data cannot be used: {}", .0.join("; "))]
pub struct Faults(pub Vec<String>);

/// All reference data at once.
#[derive(Clone, Debug, Default)]
pub struct Reference {
    entries: Vec<ReferenceEntry>,
    gates: Dated<Gate>,
    crossing_points: Dated<CrossingPoint>,
    yards: Dated<Yard>,
    customs_type_codes: Dated<CustomsTypeCode>,
    track_rules: Dated<TrackRule>,
    countries: Dated<Country>,
    tariffs: Dated<Tariff>,
    calendars: Dated<Calendar>,
}

impl Reference {
    /// Makes a snapshot of `entries`, in any order.
    ///
    /// # Errors
    ///
    /// [`Faults`] with all that is wrong: an entry that says too little or something unreadable, one that
    /// holds on no day, two of one code on the same day, one that names a gate or crossing point there never was.
    pub fn build(entries: Vec<ReferenceEntry>) -> Result<Self, Faults> {
        let mut reference = Self::default();
        let mut faults = Vec::new();
        for entry in &entries {
            let added = match entry.list {
                List::Gates => reference.gates.add(entry),
                List::CrossingPoints => reference.crossing_points.add(entry),
                List::Yards => reference.yards.add(entry),
                List::CustomsTypeCodes => reference.customs_type_codes.add(entry),
                List::TrackRules => reference.track_rules.add(entry),
                List::Countries => reference.countries.add(entry),
                List::Tariffs => reference.tariffs.add(entry),
                List::Calendars => reference.calendars.add(entry),
            };
            if let Err(fault) = added {
                faults.push(format!("{} {} from {}: {fault}", entry.list, entry.code, entry.validity.valid_from));
            }
        }
        for point in reference.crossing_points.all() {
            if reference.gates.get(&point.gate, point.validity.valid_from).is_none() {
                faults.push(format!("crossing_points {}: there is no gate {}", point.code, point.gate));
            }
        }
        for yard in reference.yards.all() {
            if reference.crossing_point(&yard.crossing_point, yard.validity.valid_from).is_none() {
                faults.push(format!("yards {}: there is no crossing point {}", yard.code, yard.crossing_point));
            }
        }
        for tariff in reference.tariffs.all() {
            if let Some(fault) = tariff.fault() {
                faults.push(format!("tariffs {}: {fault}", tariff.code()));
            }
        }
        for calendar in reference.calendars.all() {
            faults.extend(calendar.faults().into_iter().map(|fault| format!("calendars {}: {fault}", calendar.code)));
            if reference.crossing_point(&calendar.code, calendar.validity.valid_from).is_none() {
                faults.push(format!("calendars {}: there is no such crossing point", calendar.code));
            }
        }
        if !faults.is_empty() {
            return Err(Faults(faults));
        }
        reference.entries = entries;
        reference.entries.sort_by_cached_key(|entry| (entry.list, entry.code.clone(), entry.validity.valid_from));
        Ok(reference)
    }

    /// The entries of `list` that hold on `day`, by code, with everything they say.
    pub fn entries(&self, list: List, day: NaiveDate) -> impl Iterator<Item = &ReferenceEntry> {
        self.entries.iter().filter(move |entry| entry.list == list && entry.validity.covers(day))
    }

    /// The gates as they stand on `day`, by code.
    pub fn gates(&self, day: NaiveDate) -> impl Iterator<Item = &Gate> {
        self.gates.on(day)
    }

    /// The crossing points as they stand on `day`, by code.
    pub fn crossing_points(&self, day: NaiveDate) -> impl Iterator<Item = &CrossingPoint> {
        self.crossing_points.on(day)
    }

    /// The gate `code` as it stands on `day`.
    #[must_use]
    pub fn gate(&self, code: &str, day: NaiveDate) -> Option<&Gate> {
        self.gates.get(code, day)
    }

    /// The crossing point `code` as it stands on `day`.
    #[must_use]
    pub fn crossing_point(&self, code: &str, day: NaiveDate) -> Option<&CrossingPoint> {
        self.crossing_points.get(code, day)
    }

    /// The codes of all crossing points that there are or were.
    #[must_use]
    pub fn crossing_point_codes(&self) -> Vec<String> {
        self.crossing_points.0.keys().cloned().collect()
    }

    /// The yard `code` as it stands on `day`.
    #[must_use]
    pub fn yard(&self, code: &str, day: NaiveDate) -> Option<&Yard> {
        self.yards.get(code, day)
    }

    /// The customs type code `code` as it stands on `day`. One that is not known may be new, so it is not
    /// therefore wrong.
    #[must_use]
    pub fn customs_type_code(&self, code: &str, day: NaiveDate) -> Option<&CustomsTypeCode> {
        self.customs_type_codes.get(code, day)
    }

    /// The country `code` (ISO 3166-1 alpha-2) as it stands on `day`.
    #[must_use]
    pub fn country(&self, code: &str, day: NaiveDate) -> Option<&Country> {
        self.countries.get(code, day)
    }

    /// The rates of the tariff in force on `day`, by code.
    pub fn rates(&self, day: NaiveDate) -> impl Iterator<Item = &Rate> {
        self.tariffs.on(day).filter_map(|tariff| match tariff {
            Tariff::Rate(rate) => Some(rate),
            Tariff::Multiplier(_) => None,
        })
    }

    /// The percentages of the tariff in force on `day`, by code.
    pub fn multipliers(&self, day: NaiveDate) -> impl Iterator<Item = &Multiplier> {
        self.tariffs.on(day).filter_map(|tariff| match tariff {
            Tariff::Rate(_) => None,
            Tariff::Multiplier(multiplier) => Some(multiplier),
        })
    }

    /// The crossing point whose counts of `day` are `code`'s: as it stands that day, else as it last stood before
    /// (a vehicle that is inside when it closes still leaves), else as it first stood.
    #[must_use]
    pub fn counted_crossing_point(&self, code: &str, day: NaiveDate) -> Option<&CrossingPoint> {
        self.crossing_points.nearest(code, day)
    }

    /// The gate `code` as it stands on `day`, else as it last stood before, else as it first stood.
    #[must_use]
    pub fn counted_gate(&self, code: &str, day: NaiveDate) -> Option<&Gate> {
        self.gates.nearest(code, day)
    }

    /// The gate that a crossing point belongs to on `day`; none while there is no such crossing point.
    #[must_use]
    pub fn gate_of(&self, crossing_point: &str, day: NaiveDate) -> Option<&str> {
        self.crossing_point(crossing_point, day).map(|point| point.gate.as_str())
    }

    /// `span` in pieces within which no crossing point changes its gate or its name, in their order.
    #[must_use]
    pub fn steady_pieces(&self, span: Span) -> Vec<Span> {
        let entries = self.entries.iter().filter(|entry| entry.list == List::CrossingPoints);
        let mut days: Vec<NaiveDate> = entries
            .flat_map(|entry| [Some(entry.validity.valid_from), entry.validity.valid_to])
            .flatten()
            .filter(|day| span.from < *day && *day < span.to)
            .collect();
        days.extend([span.from, span.to]);
        days.sort_unstable();
        days.dedup();
        days.iter().zip(days.iter().skip(1)).map(|(from, to)| Span { from: *from, to: *to }).collect()
    }

    /// The tracks that the rules in force on `day` require, each with the first rule, by code, that says so.
    #[must_use]
    pub fn required_tracks(&self, facts: &TrackFacts, day: NaiveDate) -> BTreeMap<Track, String> {
        let mut tracks = BTreeMap::new();
        for rule in self.track_rules.on(day).filter(|rule| rule.requires(facts)) {
            tracks.entry(rule.track).or_insert_with(|| rule.code.clone());
        }
        tracks
    }
}

/// One list: the entries of every code with their days.
#[derive(Clone, Debug)]
struct Dated<T>(BTreeMap<String, Vec<(Validity, T)>>);

impl<T> Default for Dated<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Dated<T> {
    fn add(&mut self, entry: &ReferenceEntry) -> Result<(), String>
    where
        T: DeserializeOwned,
    {
        let validity = entry.validity;
        if validity.is_empty() {
            return Err("it holds on no day".into());
        }
        let read = serde_json::to_value(entry).and_then(serde_json::from_value).map_err(|error| error.to_string())?;
        let of_code = self.0.entry(entry.code.clone()).or_default();
        if of_code.iter().any(|(other, _)| other.overlaps(validity)) {
            return Err("another entry of this code holds on the same days".into());
        }
        of_code.push((validity, read));
        Ok(())
    }

    fn all(&self) -> impl Iterator<Item = &T> {
        self.0.values().flatten().map(|(_, entry)| entry)
    }

    fn on(&self, day: NaiveDate) -> impl Iterator<Item = &T> {
        self.0.values().flatten().filter(move |(validity, _)| validity.covers(day)).map(|(_, entry)| entry)
    }

    fn get(&self, code: &str, day: NaiveDate) -> Option<&T> {
        self.0.get(code)?.iter().find(|(validity, _)| validity.covers(day)).map(|(_, entry)| entry)
    }

    fn nearest(&self, code: &str, day: NaiveDate) -> Option<&T> {
        let entries = self.0.get(code)?;
        let begun = entries.iter().filter(|(validity, _)| validity.valid_from <= day);
        let last_begun = begun.max_by_key(|(validity, _)| validity.valid_from);
        let first = || entries.iter().min_by_key(|(validity, _)| validity.valid_from);
        last_begun.or_else(first).map(|(_, entry)| entry)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::content::Direction;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn entry(list: List, code: &str, days: (&str, Option<&str>), fields: Value) -> ReferenceEntry {
        let validity = Validity { valid_from: day(days.0), valid_to: days.1.map(day) };
        let Value::Object(fields) = fields else { panic!("fields are an object") };
        ReferenceEntry { list, code: code.into(), validity, fields }
    }

    #[test]
    fn health_looks_at_every_import_and_at_every_foreign_driver() {
        let always = ("2025-01-01", None);
        let rule = |code: &str, fields: Value| entry(List::TrackRules, code, always, fields);
        let reference = Reference::build(vec![
            rule("import", json!({"track": "health", "direction": "import"})),
            rule("foreign-driver", json!({"track": "health", "driver_not_of": "VN"})),
            rule("plants", json!({"track": "plant_quarantine", "hs_chapters": [7, 8]})),
        ])
        .unwrap();
        let because = |direction, nationality: &str, chapters: &[u8]| {
            let facts = TrackFacts {
                direction,
                regime: None,
                cargo_class: None,
                driver_nationality: Some(nationality.to_owned()),
                hs_chapters: chapters.to_vec(),
                transshipment: false,
            };
            reference.required_tracks(&facts, day("2025-06-01"))
        };
        assert_eq!(because(Direction::Import, "VN", &[])[&Track::Health], "import");
        assert_eq!(because(Direction::Export, "CN", &[])[&Track::Health], "foreign-driver");
        assert!(because(Direction::Export, "VN", &[85]).is_empty());
        assert_eq!(because(Direction::Export, "VN", &[8, 85])[&Track::PlantQuarantine], "plants");
    }

    #[test]
    fn an_entry_holds_up_to_and_without_its_last_day() {
        let validity = Validity { valid_from: day("2025-01-01"), valid_to: Some(day("2025-04-01")) };
        assert!(validity.covers(day("2025-01-01")) && validity.covers(day("2025-03-31")));
        assert!(!validity.covers(day("2024-12-31")) && !validity.covers(day("2025-04-01")));
    }

    #[test]
    fn a_crossing_point_counts_to_the_gate_it_belonged_to_that_day() {
        let gate = |code: &str| entry(List::Gates, code, ("2020-01-01", None), json!({"name": code, "kind": "road"}));
        let point = |gate: &str, days| {
            let fields = json!({"name": "Tân Thanh", "gate": gate, "kind": "road"});
            entry(List::CrossingPoints, "TAN_THANH", days, fields)
        };
        let reference = Reference::build(vec![
            point("HUU_NGHI", ("2025-01-01", None)),
            point("TAN_THANH", ("2020-01-01", Some("2025-01-01"))),
            gate("HUU_NGHI"),
            gate("TAN_THANH"),
        ])
        .unwrap();
        assert_eq!(reference.gate_of("TAN_THANH", day("2024-12-31")), Some("TAN_THANH"));
        assert_eq!(reference.gate_of("TAN_THANH", day("2025-01-01")), Some("HUU_NGHI"));
        assert_eq!(reference.gate_of("TAN_THANH", day("2019-12-31")), None);
        let counted = |on| reference.counted_crossing_point("TAN_THANH", day(on)).map(|point| point.gate.as_str());
        assert_eq!(counted("2024-12-31"), Some("TAN_THANH"));
        assert_eq!(counted("2025-01-01"), Some("HUU_NGHI"));
        assert_eq!(counted("2019-12-31"), Some("TAN_THANH"), "before its first entry it counts as it first stood");
        assert_eq!(reference.counted_crossing_point("NOWHERE", day("2025-01-01")), None);
        let listed: Vec<_> =
            reference.entries(List::CrossingPoints, day("2025-01-01")).map(|entry| &entry.fields["gate"]).collect();
        assert_eq!(listed, ["HUU_NGHI"]);
    }

    #[test]
    fn everything_wrong_with_reference_data_is_said_at_once() {
        let country = |days| entry(List::Countries, "VN", days, json!({"name": "Vietnam"}));
        let Faults(faults) = Reference::build(vec![
            country(("2021-01-01", Some("2025-01-01"))),
            country(("2024-12-31", None)),
            country(("2020-01-01", Some("2020-01-01"))),
            entry(List::Gates, "CHI_MA", ("2021-01-01", None), json!({"name": "Chi Ma", "kind": "sea"})),
            entry(
                List::CrossingPoints,
                "X",
                ("2021-01-01", None),
                json!({"name": "X", "gate": "CHI_MA", "kind": "road"}),
            ),
            entry(List::Yards, "Y", ("2020-12-31", None), json!({"name": "Y", "crossing_point": "X"})),
        ])
        .unwrap_err();
        assert_eq!(faults.len(), 5, "{faults:#?}");
    }
}
