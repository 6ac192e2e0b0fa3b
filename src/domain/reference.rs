//! The dated reference data as one whole: what holds on which local day, and which tracks follow from it.

use super::content::{CargoClass, Direction, Regime};
use super::gate::{CrossingPoint, Gate, Validity, Yard};
use super::tracks::Track;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// A customs type code (mã loại hình), such as `A11`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeCode {
    /// The code.
    pub code: String,
    /// The one direction in which it is used.
    pub direction: Direction,
    /// Its Vietnamese name; none where it could not be confirmed.
    #[serde(default)]
    pub name: Option<String>,
    /// The days on which this entry holds.
    pub valid: Validity,
    /// Where this is known from.
    #[serde(default)]
    pub source: Option<String>,
    /// What a reader of the entry should know about it.
    #[serde(default)]
    pub note: Option<String>,
}

/// A rule that makes a track required. Several rules may ask for one track; any of them is enough.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrackRule {
    /// Its name, such as `health-foreign-driver`; the reason for a person is the text `because-<code>`.
    pub code: String,
    /// The track it asks for.
    pub track: Track,
    /// When it asks for it.
    pub condition: Condition,
    /// The days on which this entry holds.
    pub valid: Validity,
    /// Where this is known from.
    #[serde(default)]
    pub source: Option<String>,
    /// What a reader of the entry should know about it.
    #[serde(default)]
    pub note: Option<String>,
}

/// What must be so for a rule to ask for its track: everything that is stated. Nothing stated is always so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Condition {
    /// The vehicle goes this way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// It crosses under this regime.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regime: Option<Regime>,
    /// It carries this class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cargo_class: Option<CargoClass>,
    /// There is a driver, and of another nationality than this (ISO 3166 alpha-2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver_not_from: Option<String>,
    /// A line of the goods is of a chapter from the first to the last of these, both included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hs_chapters: Option<(u8, u8)>,
    /// Transshipment is declared, or is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transshipment: Option<bool>,
}

impl Condition {
    /// Whether everything that is stated is so.
    #[must_use]
    pub fn is_met(&self, facts: &TrackFacts) -> bool {
        let Self { direction, regime, cargo_class, driver_not_from, hs_chapters, transshipment } = self;
        direction.is_none_or(|wanted| wanted == facts.direction)
            && regime.is_none_or(|wanted| wanted == facts.regime)
            && cargo_class.is_none_or(|wanted| wanted == facts.cargo_class)
            && driver_not_from
                .as_ref()
                .is_none_or(|home| facts.driver_nationality.as_ref().is_some_and(|nationality| nationality != home))
            && hs_chapters
                .is_none_or(|(first, last)| facts.hs_chapters.iter().any(|chapter| (first..=last).contains(chapter)))
            && transshipment.is_none_or(|wanted| wanted == facts.transshipment)
    }
}

/// What of a declaration decides its required tracks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackFacts {
    /// Which way it goes.
    pub direction: Direction,
    /// Under what customs regime.
    pub regime: Regime,
    /// What it carries.
    pub cargo_class: CargoClass,
    /// The driver's nationality (ISO 3166 alpha-2); none for a rail wagon, which has no driver.
    pub driver_nationality: Option<String>,
    /// The HS chapters of its goods, in any order.
    pub hs_chapters: Vec<u8>,
    /// Whether transshipment is declared.
    pub transshipment: bool,
}

/// The lists a [`Reference`] is built from.
#[derive(Clone, Debug, Default)]
pub struct ReferenceLists {
    /// Every gate.
    pub gates: Vec<Gate>,
    /// Every crossing point.
    pub crossing_points: Vec<CrossingPoint>,
    /// Every yard.
    pub yards: Vec<Yard>,
    /// Every customs type code.
    pub type_codes: Vec<TypeCode>,
    /// Every rule on required tracks.
    pub track_rules: Vec<TrackRule>,
}

/// A whole, immutable snapshot of the reference data. Share it by `Arc`.
#[derive(Clone, Debug, Default)]
pub struct Reference {
    gates: Dated<Gate>,
    crossing_points: Dated<CrossingPoint>,
    yards: Dated<Yard>,
    type_codes: Dated<TypeCode>,
    track_rules: Dated<TrackRule>,
}

impl Reference {
    /// Makes a snapshot of `lists`.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them, one sentence each for the operator: a badly formed code, a span
    /// without a day, two entries of one code on the same day, half a coordinate or one off the globe, an
    /// entry that names something that does not hold on all its own days.
    pub fn build(lists: ReferenceLists) -> Result<Self, Vec<String>> {
        let mut faults = Vec::new();
        for gate in &lists.gates {
            check_place(&mut faults, "gate", &gate.code, gate.latitude, gate.longitude);
        }
        for point in &lists.crossing_points {
            check_place(&mut faults, "crossing point", &point.code, point.latitude, point.longitude);
        }
        for rule in &lists.track_rules {
            if let Some((first, last)) = rule.condition.hs_chapters
                && !(1 <= first && first <= last && last <= 97)
            {
                faults.push(format!("track rule {}: HS chapters {first}–{last} are not a span of 1–97", rule.code));
            }
        }
        let reference = Self {
            gates: Dated::build(lists.gates, &mut faults),
            crossing_points: Dated::build(lists.crossing_points, &mut faults),
            yards: Dated::build(lists.yards, &mut faults),
            type_codes: Dated::build(lists.type_codes, &mut faults),
            track_rules: Dated::build(lists.track_rules, &mut faults),
        };
        for point in reference.crossing_points.all() {
            reference.gates.must_cover(&point.gate, point, &mut faults);
        }
        for yard in reference.yards.all() {
            reference.crossing_points.must_cover(&yard.crossing_point, yard, &mut faults);
        }
        if faults.is_empty() { Ok(reference) } else { Err(faults) }
    }

    /// The gates that exist on `day`, by code.
    pub fn gates(&self, day: NaiveDate) -> impl Iterator<Item = &Gate> {
        self.gates.on(day)
    }

    /// The gate `code`, if it exists on `day`.
    #[must_use]
    pub fn gate(&self, code: &str, day: NaiveDate) -> Option<&Gate> {
        self.gates.get(code, day)
    }

    /// The crossing points that exist on `day`, by code.
    pub fn crossing_points(&self, day: NaiveDate) -> impl Iterator<Item = &CrossingPoint> {
        self.crossing_points.on(day)
    }

    /// The crossing point `code`, if it exists on `day`.
    #[must_use]
    pub fn crossing_point(&self, code: &str, day: NaiveDate) -> Option<&CrossingPoint> {
        self.crossing_points.get(code, day)
    }

    /// The gate to which `crossing_point` belongs on `day`: what happened there that day counts to it.
    #[must_use]
    pub fn gate_of(&self, crossing_point: &str, day: NaiveDate) -> Option<&str> {
        self.crossing_point(crossing_point, day).map(|point| point.gate.as_str())
    }

    /// The yards that exist on `day`, by code.
    pub fn yards(&self, day: NaiveDate) -> impl Iterator<Item = &Yard> {
        self.yards.on(day)
    }

    /// The yard `code`, if it exists on `day`.
    #[must_use]
    pub fn yard(&self, code: &str, day: NaiveDate) -> Option<&Yard> {
        self.yards.get(code, day)
    }

    /// The customs type codes in use on `day`, by code.
    pub fn type_codes(&self, day: NaiveDate) -> impl Iterator<Item = &TypeCode> {
        self.type_codes.on(day)
    }

    /// The customs type code `code`, if it is known to be in use on `day`. One that is not known is not
    /// therefore wrong: customs may have made it since.
    #[must_use]
    pub fn type_code(&self, code: &str, day: NaiveDate) -> Option<&TypeCode> {
        self.type_codes.get(code, day)
    }

    /// The rules on required tracks that hold on `day`, by code.
    pub fn track_rules(&self, day: NaiveDate) -> impl Iterator<Item = &TrackRule> {
        self.track_rules.on(day)
    }

    /// The tracks that a declaration needs on `day`, each with the code of the rule that asks for it
    /// (of several, the first by code).
    #[must_use]
    pub fn required_tracks(&self, facts: &TrackFacts, day: NaiveDate) -> BTreeMap<Track, String> {
        let mut required = BTreeMap::new();
        for rule in self.track_rules(day).filter(|rule| rule.condition.is_met(facts)) {
            if let Entry::Vacant(place) = required.entry(rule.track) {
                place.insert(rule.code.clone());
            }
        }
        required
    }
}

/// An entry of the reference data: what [`Dated`] needs to know of it.
trait DatedEntry {
    /// What such an entry is called, in messages.
    const KIND: &'static str;
    fn code(&self) -> &str;
    fn valid(&self) -> Validity;
    fn is_well_formed(code: &str) -> bool;
}

macro_rules! dated_entries {
    ($($name:ident $kind:literal $well_formed:ident),+ $(,)?) => {$(
        impl DatedEntry for $name {
            const KIND: &'static str = $kind;

            fn code(&self) -> &str {
                &self.code
            }

            fn valid(&self) -> Validity {
                self.valid
            }

            fn is_well_formed(code: &str) -> bool {
                $well_formed(code)
            }
        }
    )+};
}

dated_entries! {
    Gate "gate" is_code,
    CrossingPoint "crossing point" is_code,
    Yard "yard" is_code,
    TypeCode "type code" is_code,
    TrackRule "track rule" is_slug,
}

/// A code such as `HUU_NGHI` or `A11`: a letter, then at most 31 letters, digits and underscores.
fn is_code(code: &str) -> bool {
    code.len() <= 32
        && code.starts_with(|first: char| first.is_ascii_uppercase())
        && code.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// A code such as `health-import`: lower-case words and dashes, at most 64 characters, fit for a text's key.
fn is_slug(code: &str) -> bool {
    code.len() <= 64
        && code.split('-').all(|word| {
            !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        })
}

fn check_place(faults: &mut Vec<String>, kind: &str, code: &str, latitude: Option<f64>, longitude: Option<f64>) {
    match (latitude, longitude) {
        (None, None) => {}
        (Some(north), Some(east)) if (-90.0..=90.0).contains(&north) && (-180.0..=180.0).contains(&east) => {}
        (Some(_), Some(_)) => faults.push(format!("{kind} {code}: its coordinates are not on the globe")),
        (Some(_), None) | (None, Some(_)) => {
            faults.push(format!("{kind} {code}: it needs both coordinates or neither"));
        }
    }
}

/// One list: every entry of every code, the entries of a code in the order of their days.
#[derive(Clone, Debug)]
struct Dated<T>(BTreeMap<String, Vec<T>>);

impl<T> Default for Dated<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: DatedEntry> Dated<T> {
    fn build(entries: Vec<T>, faults: &mut Vec<String>) -> Self {
        let mut by_code: BTreeMap<String, Vec<T>> = BTreeMap::new();
        for entry in entries {
            by_code.entry(entry.code().to_owned()).or_default().push(entry);
        }
        for (code, entries) in &mut by_code {
            let kind = T::KIND;
            if !T::is_well_formed(code) {
                faults.push(format!("{kind} {code:?}: the code is badly formed"));
            }
            entries.sort_by_key(|entry| entry.valid().from);
            for valid in entries.iter().map(T::valid).filter(|valid| valid.is_empty()) {
                faults.push(format!("{kind} {code}: {valid} has no day"));
            }
            for (one, next) in entries.iter().zip(entries.iter().skip(1)) {
                let (one, next) = (one.valid(), next.valid());
                if one.to.is_none_or(|to| to > next.from) {
                    faults.push(format!("{kind} {code}: {one} and {next} overlap"));
                }
            }
        }
        Self(by_code)
    }

    fn all(&self) -> impl Iterator<Item = &T> {
        self.0.values().flatten()
    }

    fn on(&self, day: NaiveDate) -> impl Iterator<Item = &T> {
        self.all().filter(move |entry| entry.valid().holds_on(day))
    }

    fn get(&self, code: &str, day: NaiveDate) -> Option<&T> {
        self.0.get(code)?.iter().find(|entry| entry.valid().holds_on(day))
    }

    /// Notes a fault unless `code` holds on every day of `by`, which names it.
    fn must_cover<U: DatedEntry>(&self, code: &str, by: &U, faults: &mut Vec<String>) {
        let valid = by.valid();
        let mut covered_to = valid.from;
        let entries = self.0.get(code).map_or(&[][..], Vec::as_slice);
        let covered = entries.iter().any(|entry| {
            if entry.valid().from <= covered_to {
                match (entry.valid().to, valid.to) {
                    (None, _) => return true,
                    (Some(to), wanted) => {
                        covered_to = covered_to.max(to);
                        return wanted.is_some_and(|wanted| covered_to >= wanted);
                    }
                }
            }
            false
        });
        if !covered {
            faults.push(format!(
                "{} {}: the {} {code} that it names does not hold on all of {valid}",
                U::KIND,
                by.code(),
                T::KIND
            ));
        }
    }
}
