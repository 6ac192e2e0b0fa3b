//! How long vehicles took from one stamp to another, as counts in logarithmic buckets: what two days, crossing
//! points or years count is added up, and percentiles of the sum are as good as those of each.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::declaration::{Declaration, Stamps};
use super::period::local_day;
use super::throughput::Cell;
use super::words::words;

words! {
    /// From which stamp to which a vehicle's time is taken.
    "pair of stamps" Pair {
        /// From arrival to clearance by customs; nothing where it was cleared before it arrived.
        ArrivedCleared = "arrived,cleared",
        /// From arrival to crossing.
        ArrivedCompleted = "arrived,completed",
        /// From the first submission to crossing.
        DeclaredCompleted = "declared,completed",
    }
}

impl Pair {
    /// The two stamps, where both are there.
    fn stamps(self, stamps: &Stamps) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        match self {
            Self::ArrivedCleared => stamps.arrived_at.zip(stamps.cleared_at),
            Self::ArrivedCompleted => stamps.arrived_at.zip(stamps.completed_at),
            Self::DeclaredCompleted => stamps.declared_at.zip(stamps.completed_at),
        }
    }

    /// The local day and the whole seconds that a record with these stamps counts with, where both stamps are
    /// there: the day of the later one.
    #[must_use]
    pub fn taken(self, stamps: &Stamps) -> Option<(NaiveDate, i64)> {
        let (first, second) = self.stamps(stamps)?;
        Some((local_day(first.max(second)), (second - first).num_seconds().max(0)))
    }
}

/// How many buckets there are: bucket 0 for less than a second, the last for everything from 68 years on.
const BUCKETS: usize = 245;

/// The fewest seconds of each bucket. A bucket goes up to 13/12 of its fewest seconds, so its middle is off by at
/// most 1/25 of what is in it: less than the 5 % that is promised.
const FEWEST: [i64; BUCKETS] = {
    let mut fewest = [0; BUCKETS];
    let mut bucket = 1;
    let mut next = 1;
    while bucket < BUCKETS {
        fewest[bucket] = next;
        next = next * 13 / 12 + 1;
        bucket += 1;
    }
    fewest
};

/// A range of whole seconds: they count as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bucket(i16);

impl Bucket {
    /// The bucket of so many seconds.
    #[must_use]
    pub fn of(seconds: i64) -> Self {
        let place = FEWEST.partition_point(|fewest| *fewest <= seconds).saturating_sub(1);
        Self(i16::try_from(place).unwrap_or_default())
    }

    /// The bucket with this place in their order, as the database keeps it.
    #[must_use]
    pub fn at(place: i16) -> Option<Self> {
        usize::try_from(place).is_ok_and(|place| place < BUCKETS).then_some(Self(place))
    }

    /// Its place in their order.
    #[must_use]
    pub const fn place(self) -> i16 {
        self.0
    }

    /// The seconds that stand for all in it: as far from its fewest as from its most, in proportion.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "68 years are fewer than 2^32 seconds")]
    pub fn seconds(self) -> f64 {
        let place = usize::try_from(self.0).unwrap_or_default();
        let of = |place: usize| FEWEST.get(place).map(|fewest| *fewest as f64);
        let fewest = of(place).unwrap_or_default();
        let most = of(place + 1).map_or(fewest, |next| next - 1.0);
        if fewest > 0.0 { 2.0 * fewest * most / (fewest + most) } else { 0.0 }
    }
}

/// How often each bucket was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distribution(BTreeMap<Bucket, i64>);

impl Distribution {
    /// Counts a bucket so many times more.
    pub fn add(&mut self, bucket: Bucket, times: i64) {
        *self.0.entry(bucket).or_default() += times;
    }

    /// How many were counted.
    #[must_use]
    pub fn count(&self) -> i64 {
        self.0.values().sum()
    }

    /// The minutes that `percent` of all did not exceed (the nearest rank), to a thousandth; none of nothing.
    #[must_use]
    pub fn percentile(&self, percent: i64) -> Option<f64> {
        let count = self.count();
        let rank = (count * percent + 99) / 100;
        let mut seen = 0;
        let bucket = self.0.iter().find_map(|(bucket, times)| {
            seen += times;
            (seen >= rank.max(1)).then_some(*bucket)
        });
        bucket.filter(|_| count > 0).map(|bucket| (bucket.seconds() / 60.0 * 1_000.0).round() / 1_000.0)
    }
}

/// What the records' times add up to: by cell of the day of the later stamp, pair and bucket, in that order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dwell(BTreeMap<(Cell, Pair, Bucket), i64>);

impl Dwell {
    /// Adds the times of `declaration`, `times` (1 or −1).
    pub fn add(&mut self, declaration: &Declaration, times: i64) {
        for pair in Pair::VARIANTS {
            let Some((day, seconds)) = pair.taken(&declaration.stamps) else { continue };
            let Some(cell) = Cell::of(declaration, day) else { continue };
            *self.0.entry((cell, *pair, Bucket::of(seconds))).or_default() += times;
        }
    }

    /// What changed, in its order; what cancels out is left out.
    pub fn iter(&self) -> impl Iterator<Item = (&Cell, Pair, Bucket, i64)> {
        let changed = self.0.iter().filter(|(_, count)| **count != 0);
        changed.map(|((cell, pair, bucket), count)| (cell, *pair, *bucket, *count))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_bucket_begins_where_the_one_before_ends_and_the_last_holds_a_lifetime() {
        assert!(FEWEST.windows(2).all(|two| two[0] < two[1]), "{FEWEST:?}");
        let last = *FEWEST.last().unwrap();
        assert!((68 * 365 * 86_400..2 * 68 * 365 * 86_400).contains(&last), "{last}");
        for (place, fewest) in (0..).zip(FEWEST) {
            assert_eq!(Bucket::of(fewest), Bucket(place));
            assert_eq!(Bucket::of(fewest - 1), Bucket((place - 1).max(0)));
        }
        assert_eq!(Bucket::of(i64::MAX).place(), 244);
        assert_eq!((Bucket::at(245), Bucket::at(-1)), (None, None));
    }

    #[test]
    fn nothing_has_no_percentile_and_a_moment_none_but_zero() {
        let mut none = Distribution::default();
        assert_eq!((none.count(), none.percentile(50)), (0, None));
        none.add(Bucket::of(0), 1);
        assert_eq!((none.percentile(50), none.percentile(99)), (Some(0.0), Some(0.0)));
    }

    /// Times from a second to a year, evenly by their magnitude.
    fn seconds() -> impl Strategy<Value = i64> {
        (0..25_u32, 0..1_000_i64)
            .prop_map(|(magnitude, share)| (1 << magnitude) + ((1_i64 << magnitude) * share) / 1_000)
    }

    fn count(distribution: &mut Distribution, seconds: &[i64], times: i64) {
        for seconds in seconds {
            distribution.add(Bucket::of(*seconds), times);
        }
    }

    /// What the vehicles' own times say, by the nearest rank.
    #[expect(clippy::cast_precision_loss, reason = "a year has fewer than 2^52 seconds")]
    fn exact(seconds: &[i64], percent: i64) -> Option<f64> {
        let rank = (seconds.len() * usize::try_from(percent).unwrap()).div_ceil(100);
        rank.checked_sub(1).map(|place| seconds[place] as f64 / 60.0)
    }

    proptest! {
        #[test]
        fn percentiles_of_merged_buckets_are_within_a_twentieth_of_the_exact_ones(
            parts in proptest::collection::vec(proptest::collection::vec(seconds(), 0..40), 1..6),
            percent in 1..100_i64,
        ) {
            let mut merged = Distribution::default();
            for part in &parts {
                let mut own = Distribution::default();
                count(&mut own, part, 1);
                for (bucket, times) in own.0 {
                    merged.add(bucket, times);
                }
            }
            let mut all: Vec<i64> = parts.concat();
            all.sort_unstable();
            prop_assert_eq!(merged.count(), i64::try_from(all.len()).unwrap());
            match (merged.percentile(percent), exact(&all, percent)) {
                (Some(found), Some(exact)) => {
                    prop_assert!((found - exact).abs() <= 0.05 * exact, "{found} is not {exact}");
                }
                (found, exact) => prop_assert_eq!(found, exact),
            }
        }

        #[test]
        fn what_is_taken_back_was_never_there(
            stay in proptest::collection::vec(seconds(), 0..40),
            go in proptest::collection::vec(seconds(), 0..40),
        ) {
            let mut kept = Distribution::default();
            count(&mut kept, &stay, 1);
            let mut mixed = kept.clone();
            count(&mut mixed, &go, 1);
            count(&mut mixed, &go, -1);
            prop_assert_eq!(mixed.count(), kept.count());
            for percent in [1, 50, 90, 99, 100] {
                prop_assert_eq!(mixed.percentile(percent), kept.percentile(percent));
            }
        }
    }
}
