//! Changing reference data: what an entry says of some days, in place of what was said of them before.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::domain::rule_failure::RuleFailure;

use super::{
    Calendar, Country, CrossingPoint, CustomsTypeCode, Faults, Gate, List, Reference, ReferenceEntry, Tariff,
    TrackRule, Validity, Yard,
};

/// What is to hold of one code of one list on some days.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferenceChange {
    /// The list.
    pub list: List,
    /// The code.
    pub code: String,
    /// The days.
    pub validity: Validity,
    /// What the entry says on them; none where there is to be no entry.
    pub says: Option<Map<String, Value>>,
}

impl ReferenceChange {
    /// The entries of this change's code after it. What another entry said of its days gives way; of other days
    /// it stays.
    #[must_use]
    pub fn on<'a>(&self, entries: impl IntoIterator<Item = &'a ReferenceEntry>) -> Vec<ReferenceEntry> {
        let mut after = Vec::new();
        for entry in entries.into_iter().filter(|entry| entry.list == self.list && entry.code == self.code) {
            after.extend(
                entry
                    .validity
                    .without(self.validity)
                    .map(|validity| ReferenceEntry { validity, ..ReferenceEntry::clone(entry) }),
            );
        }
        after.extend(self.says.clone().map(|fields| ReferenceEntry {
            list: self.list,
            code: self.code.clone(),
            validity: self.validity,
            fields,
        }));
        after.sort_by_key(|entry| entry.validity.valid_from);
        after
    }

    /// Each field that is said and that no entry of the list has, as a failure at `/entry`.
    #[must_use]
    pub fn unknown_fields(&self) -> Vec<RuleFailure> {
        let Some(fields) = &self.says else { return Vec::new() };
        let entry = ReferenceEntry {
            list: self.list,
            code: self.code.clone(),
            validity: self.validity,
            fields: fields.clone(),
        };
        let known = match self.list {
            List::Gates => read_back::<Gate>(&entry),
            List::CrossingPoints => read_back::<CrossingPoint>(&entry),
            List::Yards => read_back::<Yard>(&entry),
            List::CustomsTypeCodes => read_back::<CustomsTypeCode>(&entry),
            List::TrackRules => read_back::<TrackRule>(&entry),
            List::Countries => read_back::<Country>(&entry),
            List::Tariffs => read_back::<Tariff>(&entry),
            List::Calendars => read_back::<Calendar>(&entry),
        };
        // What cannot be read at all is said by `Reference::build`.
        let Some(known) = known else { return Vec::new() };
        let own = ["code", "valid_from", "valid_to"];
        let allowed: Vec<&str> = known.keys().map(String::as_str).filter(|name| !own.contains(name)).collect();
        let unknown = fields.keys().filter(|name| !allowed.contains(&name.as_str()));
        unknown
            .map(|name| {
                let failure = RuleFailure::new(format!("/entry/{name}"), "unknown-field").with("given", name);
                failure.with("allowed", allowed.join(", "))
            })
            .collect()
    }
}

/// The entry as its typed form writes it: with every field that the list knows.
fn read_back<T: DeserializeOwned + Serialize>(entry: &ReferenceEntry) -> Option<Map<String, Value>> {
    let typed: T = serde_json::to_value(entry).and_then(serde_json::from_value).ok()?;
    match serde_json::to_value(typed) {
        Ok(Value::Object(fields)) => Some(fields),
        _ => None,
    }
}

impl Reference {
    /// The reference data after `change`.
    ///
    /// # Errors
    ///
    /// [`Faults`] where they would contradict each other.
    pub fn after(&self, change: &ReferenceChange) -> Result<Self, Faults> {
        let others = self.entries.iter().filter(|entry| entry.list != change.list || entry.code != change.code);
        Self::build(others.cloned().chain(change.on(&self.entries)).collect())
    }

    /// Every entry of one code, by its days.
    pub fn entries_of<'a>(&'a self, list: List, code: &'a str) -> impl Iterator<Item = &'a ReferenceEntry> {
        self.entries.iter().filter(move |entry| entry.list == list && entry.code == code)
    }
}

impl Validity {
    /// What is left of these days without `others`: nothing, one span or two.
    fn without(self, others: Self) -> impl Iterator<Item = Self> {
        let before_end = Some(self.valid_to.map_or(others.valid_from, |end| end.min(others.valid_from)));
        let before = Self { valid_from: self.valid_from, valid_to: before_end };
        let after = others.valid_to.map(|end| Self { valid_from: self.valid_from.max(end), valid_to: self.valid_to });
        [Some(before), after].into_iter().flatten().filter(|rest| !rest.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use chrono::{Days, NaiveDate};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn day(number: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Days::new(number)
    }

    fn entry(from: u64, to: Option<u64>, name: &str) -> ReferenceEntry {
        let Value::Object(fields) = json!({"name": name}) else { unreachable!() };
        let validity = Validity { valid_from: day(from), valid_to: to.map(day) };
        ReferenceEntry { list: List::Countries, code: "XX".into(), validity, fields }
    }

    fn said(entries: &[ReferenceEntry], on: u64) -> Vec<Value> {
        let holding = entries.iter().filter(|entry| entry.validity.covers(day(on)));
        holding.map(|entry| entry.fields["name"].clone()).collect()
    }

    #[test]
    fn a_closure_cuts_the_ordinary_days_in_two_and_leaves_them_as_they_were() {
        let ordinary = entry(0, None, "open");
        let says = entry(0, None, "closed").fields;
        let validity = Validity { valid_from: day(10), valid_to: Some(day(14)) };
        let change = ReferenceChange { list: List::Countries, code: "XX".into(), validity, says: Some(says) };
        let after = change.on([&ordinary]);
        let spans: Vec<_> = after.iter().map(|entry| (entry.validity.valid_from, entry.validity.valid_to)).collect();
        assert_eq!(spans, [(day(0), Some(day(10))), (day(10), Some(day(14))), (day(14), None)]);
        assert_eq!(said(&after, 9), ["open"]);
        assert_eq!(said(&after, 10), ["closed"]);
        assert_eq!(said(&after, 14), ["open"]);
    }

    proptest! {
        #[test]
        fn a_change_says_its_own_days_and_touches_no_other(
            cuts in proptest::collection::btree_set(0_u64..60, 1..6),
            from in 0_u64..60, length in 1_u64..30, open_end in any::<bool>(), removes in any::<bool>(),
        ) {
            let cuts: Vec<u64> = cuts.into_iter().collect();
            let before: Vec<ReferenceEntry> = cuts
                .iter()
                .enumerate()
                .map(|(place, start)| entry(*start, cuts.get(place + 1).copied(), &format!("entry {place}")))
                .collect();
            let to = (!open_end).then_some(from + length);
            let validity = Validity { valid_from: day(from), valid_to: to.map(day) };
            let says = (!removes).then(|| entry(0, None, "new").fields);
            let after = ReferenceChange { list: List::Countries, code: "XX".into(), validity, says }.on(&before);
            for on in 0..100 {
                let expected = if validity.covers(day(on)) {
                    if removes { Vec::new() } else { vec![json!("new")] }
                } else {
                    said(&before, on)
                };
                prop_assert_eq!(said(&after, on), expected, "on day {}", on);
            }
            prop_assert!(Reference::build(after).is_ok());
        }
    }

    #[test]
    fn a_field_that_no_entry_of_the_list_has_is_named() {
        let Value::Object(says) = json!({"name": "Xuân Cương", "crossing_point": "HUU_NGHI", "capcity": 300}) else {
            unreachable!()
        };
        let validity = Validity { valid_from: day(0), valid_to: None };
        let change = ReferenceChange { list: List::Yards, code: "Y".into(), validity, says: Some(says) };
        let pointers: Vec<String> = change.unknown_fields().into_iter().map(|failure| failure.pointer).collect();
        assert_eq!(pointers, ["/entry/capcity"]);
    }
}
