//! Closing a period: what its figures amount to is written down once, with what they mean, signed and chained.
//!
//! A closing's document is JSON text. What is signed are its bytes; its hash is SHA-256 of them, and it names the
//! hash of the closing before it, so that none can be changed, dropped or put in between.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::audit::Hash;
use super::content::{CargoClass, Direction};
use super::period::{Period, Reported};
use super::throughput::{MEASURES, Measure};

/// Where a period's figures are counted: the gate is the one that the crossing point belonged to on the day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The gate's code.
    pub gate: String,
    /// The crossing point's code.
    pub crossing_point: String,
    /// The direction.
    pub direction: Direction,
    /// The cargo class.
    pub cargo_class: CargoClass,
}

/// What a period amounts to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures(BTreeMap<Place, [i64; MEASURES]>);

impl Figures {
    /// Adds the counts of a place.
    pub fn add(&mut self, place: Place, counts: &[i64; MEASURES]) {
        let sum = self.0.entry(place).or_insert([0; MEASURES]);
        for (sum, count) in sum.iter_mut().zip(counts) {
            *sum += count;
        }
    }

    /// The counts of each place, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&Place, &[i64; MEASURES])> {
        self.0.iter()
    }

    /// The sum of each direction over all places.
    fn by_direction(&self) -> BTreeMap<Direction, BTreeMap<String, i64>> {
        let mut sums: BTreeMap<Direction, BTreeMap<String, i64>> = BTreeMap::new();
        for (place, counts) in &self.0 {
            let sum = sums.entry(place.direction).or_default();
            for (measure, count) in Measure::WORDS.iter().zip(counts) {
                *sum.entry((*measure).to_owned()).or_default() += count;
            }
        }
        sums
    }
}

/// The counts of one place, as they are written down; a measure that is not named was not counted then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Cell {
    #[serde(flatten)]
    place: Place,
    counts: BTreeMap<String, i64>,
}

/// What the figures were compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComparedWith {
    /// Which period.
    period: String,
    /// How many days it has.
    days: i64,
    /// Its counts by direction and measure.
    counts: BTreeMap<Direction, BTreeMap<String, i64>>,
}

impl ComparedWith {
    /// The figures of a period, as far as a comparison needs them.
    #[must_use]
    pub fn of(period: &Period, figures: &Figures) -> Self {
        Self { period: period.name.clone(), days: period.span.days(), counts: figures.by_direction() }
    }

    /// How many days it has.
    #[must_use]
    pub const fn days(&self) -> i64 {
        self.days
    }

    /// Its counts of a measure in a direction.
    #[must_use]
    pub fn count(&self, measure: Measure, direction: Direction) -> i64 {
        let counts = self.counts.get(&direction).and_then(|counts| counts.get(measure.as_str()));
        counts.copied().unwrap_or_default()
    }
}

/// What is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The form of the document. It stands first: nothing else that the key signs begins like this.
    border_gate_closing: u8,
    /// The closing's place in the chain of all closings, from 1 on.
    pub seq: i64,
    /// The period.
    pub period: String,
    /// Which closing of the period it is, from 1 on.
    pub revision: i32,
    /// Its first local day.
    pub from: NaiveDate,
    /// The first local day after it.
    pub to: NaiveDate,
    /// The zone of the days.
    pub time_zone: String,
    /// When it was closed.
    pub closed_at: DateTime<Utc>,
    /// Who closed it.
    pub closed_by: String,
    /// The hash of the closing before it, in hexadecimal; none for the first.
    pub previous_hash: Option<String>,
    /// What each measure counts.
    pub definitions: BTreeMap<String, String>,
    /// The counts, by place, of all measures defined.
    figures: Vec<Cell>,
    /// The period before, as it counted then.
    pub previous: Option<ComparedWith>,
    /// The same period of the year before, as it counted then.
    pub last_year: Option<ComparedWith>,
}

/// The form of documents that this program writes.
const FORM: u8 = 1;

/// What stands before a closing in the chain of all, and among those of its period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// The last of all: its place in the chain and its hash.
    pub head: Option<(i64, Hash)>,
    /// The period's last revision.
    pub revision: Option<i32>,
}

/// The figures of a period and of those that it is compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// The period's own.
    pub own: Figures,
    /// Of the one before, where there is one.
    pub previous: Option<ComparedWith>,
    /// Of the same one of the year before, where there is one.
    pub last_year: Option<ComparedWith>,
}

impl Document {
    /// Writes down what a period amounts to.
    #[must_use]
    pub fn of(
        reported: &Reported,
        figures: &Compared,
        before: Before,
        (closed_at, closed_by): (DateTime<Utc>, &str),
        time_zone: &str,
    ) -> Self {
        let words = || Measure::WORDS.iter().map(|word| (*word).to_owned());
        Self {
            border_gate_closing: FORM,
            seq: before.head.map_or(1, |(seq, _)| seq + 1),
            period: reported.period.name.clone(),
            revision: before.revision.map_or(1, |revision| revision + 1),
            from: reported.period.span.from,
            to: reported.period.span.to,
            time_zone: time_zone.to_owned(),
            closed_at,
            closed_by: closed_by.to_owned(),
            previous_hash: before.head.map(|(_, hash)| hash.to_string()),
            definitions: words().zip(Measure::VARIANTS.iter().map(|one| definition(*one).to_owned())).collect(),
            figures: figures
                .own
                .iter()
                .filter(|(_, counts)| counts.iter().any(|count| *count != 0))
                .map(|(place, counts)| Cell {
                    place: place.clone(),
                    counts: words().zip(counts.iter().copied()).collect(),
                })
                .collect(),
            previous: figures.previous.clone(),
            last_year: figures.last_year.clone(),
        }
    }

    /// The figures, with zeros for measures that were not counted then.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let mut figures = Figures::default();
        for cell in &self.figures {
            let mut counts = [0; MEASURES];
            for (count, measure) in counts.iter_mut().zip(Measure::WORDS) {
                *count = cell.counts.get(*measure).copied().unwrap_or_default();
            }
            figures.add(cell.place.clone(), &counts);
        }
        figures
    }

    /// The figures with what they were compared with.
    #[must_use]
    pub fn compared(&self) -> Compared {
        Compared { own: self.figures(), previous: self.previous.clone(), last_year: self.last_year.clone() }
    }

    /// What is another now, in the order of places and measures. Only measures that were counted then are compared:
    /// a new one was not published.
    #[must_use]
    pub fn differences(&self, now: &Figures) -> Vec<Difference> {
        let then = self.figures();
        let places: BTreeSet<&Place> = then.0.keys().chain(now.0.keys()).collect();
        let of = |figures: &Figures, place: &Place| figures.0.get(place).copied().unwrap_or([0; MEASURES]);
        let mut differences = Vec::new();
        for place in places {
            for ((measure, before), after) in Measure::VARIANTS.iter().zip(of(&then, place)).zip(of(now, place)) {
                if before != after && self.definitions.contains_key(measure.as_str()) {
                    differences.push(Difference { place: place.clone(), measure: *measure, before, after });
                }
            }
        }
        differences
    }
}

/// A figure that came to be another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where.
    pub place: Place,
    /// Of which measure.
    pub measure: Measure,
    /// What it was.
    pub before: i64,
    /// What it is.
    pub after: i64,
}

/// The hash of a closing's document.
#[must_use]
pub fn hash_of(document: &str) -> Hash {
    Hash(Sha256::digest(document).into())
}

/// What a measure counts, as it is written down with the figures.
#[must_use]
pub const fn definition(measure: Measure) -> &'static str {
    match measure {
        Measure::Declared => "vehicles declared, each once, by the local day of the first submission",
        Measure::Registered => "vehicles registered at the crossing point, by the local day of it",
        Measure::Arrived => "vehicles that entered the gate area at the crossing point, by the local day of it",
        Measure::Cleared => "vehicles whose clearance by customs stands, by the local day of it",
        Measure::Completed => "vehicles that crossed or were let inland, by the local day of it",
        Measure::CompletedKg => "gross mass of the vehicles completed, in kilograms, by the local day of crossing",
        Measure::Cancelled => "vehicles declared and cancelled, by the local day of the end",
        Measure::Rejected => "vehicles rejected by an agency, by the local day of the end",
        Measure::Expired => "vehicles whose declaration expired, by the local day of the end",
        Measure::TurnedBack => "vehicles turned back, by the local day of the end",
        Measure::Transferred => "vehicles gone on to another crossing point, by the local day of the end",
        Measure::TransferredIn => "vehicles come from another crossing point, by the local day they came",
        Measure::Left => "vehicles that ended in whatever way after arrival, by the local day of the end",
        Measure::FellAway => "vehicles that ended after registration without arriving, by the local day of the end",
        Measure::FeesVnd => "fees paid less fees refunded, in whole dong, by the local day of either",
        Measure::ClockBreaches => "legal clocks that ran out, by the local day they fell due",
    }
}

/// A closing, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// Its place in the chain of all closings, from 1 on.
    pub seq: i64,
    /// The period.
    pub period: String,
    /// Which closing of the period it is, from 1 on.
    pub revision: i32,
    /// When it was closed.
    pub closed_at: DateTime<Utc>,
    /// Who closed it.
    pub closed_by: String,
    /// Exactly what was signed.
    pub document: String,
    /// Its hash.
    pub hash: Hash,
    /// The key that signed, by its RFC 7638 thumbprint.
    pub kid: String,
    /// The Ed25519 signature of the document.
    pub signature: Vec<u8>,
}

impl Closing {
    /// What was signed, read.
    ///
    /// # Errors
    ///
    /// Where the text is none that this program wrote.
    pub fn read(&self) -> Result<Document, serde_json::Error> {
        serde_json::from_str(&self.document)
    }

    /// What is wrong with it as the one after `before` in the chain (none before the first): its hash, its place,
    /// or what stands beside the document and is said otherwise in it. Its signature is another matter.
    #[must_use]
    pub fn fault(&self, before: Option<&Self>) -> Option<&'static str> {
        if hash_of(&self.document) != self.hash {
            return Some("its hash is not that of its document");
        }
        let Ok(document) = self.read() else { return Some("its document cannot be read") };
        if self.seq != before.map_or(1, |before| before.seq + 1) || document.seq != self.seq {
            return Some("it is not at its place in the chain");
        }
        if document.previous_hash != before.map(|before| before.hash.to_string()) {
            return Some("it does not name the hash of the one before");
        }
        let same = document.period == self.period
            && document.revision == self.revision
            && document.closed_at == self.closed_at
            && document.closed_by == self.closed_by;
        if same { None } else { Some("its document is of another closing") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(crossing_point: &str) -> Place {
        let (gate, crossing_point) = ("HUU_NGHI".to_owned(), crossing_point.to_owned());
        Place { gate, crossing_point, direction: Direction::Export, cargo_class: CargoClass::Fruit }
    }

    fn figures(crossing_point: &str, declared: i64) -> Figures {
        let mut counts = [0; MEASURES];
        counts[Measure::Declared as usize] = declared;
        let mut figures = Figures::default();
        figures.add(place(crossing_point), &counts);
        figures
    }

    fn document(figures: &Figures, before: Before) -> Document {
        let reported: Reported = "2025-Q1".parse().unwrap();
        let compared = Compared { own: figures.clone(), ..Compared::default() };
        let who = ("2025-04-01T00:00:00Z".parse().unwrap(), "account:1");
        Document::of(&reported, &compared, before, who, "Asia/Ho_Chi_Minh")
    }

    fn closing(document: &Document) -> Closing {
        let text = serde_json::to_string(document).unwrap();
        Closing {
            seq: document.seq,
            period: document.period.clone(),
            revision: document.revision,
            closed_at: document.closed_at,
            closed_by: document.closed_by.clone(),
            hash: hash_of(&text),
            document: text,
            kid: String::new(),
            signature: Vec::new(),
        }
    }

    #[test]
    fn a_document_says_what_it_is_first_and_reads_as_it_was_written() {
        let written = document(&figures("TAN_THANH", 5), Before::default());
        let closing = closing(&written);
        assert!(closing.document.starts_with("{\"border_gate_closing\":1,\"seq\":1,"), "{}", closing.document);
        assert_eq!(closing.read().unwrap(), written);
        assert_eq!(closing.read().unwrap().figures(), figures("TAN_THANH", 5));
    }

    #[test]
    fn what_differs_is_told_by_place_and_measure() {
        let then = document(&figures("TAN_THANH", 5), Before::default());
        assert_eq!(then.differences(&figures("TAN_THANH", 5)), []);
        let moved: Vec<(String, i64, i64)> = then
            .differences(&figures("COC_NAM", 5))
            .into_iter()
            .map(|one| (one.place.crossing_point, one.before, one.after))
            .collect();
        assert_eq!(moved, [("COC_NAM".to_owned(), 0, 5), ("TAN_THANH".to_owned(), 5, 0)]);
    }

    #[test]
    fn a_measure_that_was_not_counted_then_has_not_been_revised() {
        let mut then = document(&figures("TAN_THANH", 5), Before::default());
        then.definitions.remove("declared");
        assert_eq!(then.differences(&figures("TAN_THANH", 6)), []);
    }

    #[test]
    fn a_chain_from_which_anything_is_missing_or_changed_tells() {
        let first = closing(&document(&figures("TAN_THANH", 5), Before::default()));
        let before = Before { head: Some((1, first.hash)), revision: Some(1) };
        let second = closing(&document(&figures("TAN_THANH", 6), before));
        assert_eq!((first.fault(None), second.fault(Some(&first))), (None, None));

        assert!(second.fault(None).is_some(), "the first was dropped");
        let forged = closing(&document(&figures("TAN_THANH", 4), Before::default()));
        assert_eq!(second.fault(Some(&forged)), Some("it does not name the hash of the one before"));
        let changed = Closing { document: first.document.replace(":5", ":4"), ..first.clone() };
        assert_eq!(changed.fault(None), Some("its hash is not that of its document"));
        let renamed = Closing { revision: 2, ..first };
        assert_eq!(renamed.fault(None), Some("its document is of another closing"));
    }
}
