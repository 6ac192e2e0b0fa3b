//! The measures that a quarter's report shows, and their changes against another period.

use serde::Serialize;
use utoipa::ToSchema;

use super::Split;
use crate::domain::closing::ComparedWith;
use crate::domain::content::Direction;
use crate::domain::throughput::{MEASURES, Measure};

/// Declares the measures of the report once: as figures, and as changes against another period.
macro_rules! measures {
    ($($(#[doc = $about:literal])* $name:ident = $measure:ident),+ $(,)?) => {
        /// The report's measures.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
        pub struct Measures { $($(#[doc = $about])* pub(super) $name: Split),+ }

        impl Measures {
            /// Their names, in order.
            pub(super) const NAMES: &'static [&'static str] = &[$(stringify!($name)),+];

            /// Adds counts of one direction.
            pub(super) fn add(&mut self, direction: Direction, counts: &[i64; MEASURES]) {
                $(self.$name.add(direction, counts.get(Measure::$measure as usize).copied().unwrap_or_default());)+
            }

            /// The figures of a period that another is compared with.
            pub(super) fn compared(with: &ComparedWith) -> Self {
                let mut measures = Self::default();
                for direction in Direction::VARIANTS {
                    $(measures.$name.add(*direction, with.count(Measure::$measure, *direction));)+
                }
                measures
            }

            /// Each of them, in order.
            pub(super) fn splits(&self) -> Vec<Split> {
                vec![$(self.$name),+]
            }

            /// The change since `before` of what each amounts to in so many days.
            pub(super) fn against(&self, before: &Self, days: i64, days_before: i64) -> Changes {
                Changes { $($name: Change::of(self.$name, before.$name, days, days_before)),+ }
            }
        }

        /// The change of each measure against another period.
        #[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
        pub struct Changes { $($(#[doc = $about])* $name: Change),+ }

        impl Changes {
            /// Each of them, in order.
            pub(super) fn each(&self) -> Vec<Change> {
                vec![$(self.$name),+]
            }
        }
    };
}

measures! {
    /// Vehicles declared, each once.
    declared = Declared,
    /// Vehicles registered.
    registered = Registered,
    /// Vehicles arrived.
    arrived = Arrived,
    /// Vehicles cleared by customs, each once.
    cleared = Cleared,
    /// Vehicles that crossed.
    completed = Completed,
    /// Declared and cancelled.
    cancelled = Cancelled,
    /// Rejected by an agency.
    rejected = Rejected,
    /// Expired.
    expired = Expired,
    /// Turned back.
    turned_back = TurnedBack,
    /// Gone on to another crossing point.
    transferred = Transferred,
}

/// The change of a count, as a fraction: 0.082 is 8.2 % more. Null where there is nothing to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Change {
    /// Both directions.
    pub(super) total: Option<f64>,
    /// Export.
    pub(super) export: Option<f64>,
    /// Import.
    pub(super) import: Option<f64>,
}

impl Change {
    fn of(now: Split, before: Split, days: i64, days_before: i64) -> Self {
        let change = |now: i64, before: i64| fraction(now * days_before, before * days);
        Self {
            total: change(now.total, before.total),
            export: change(now.export, before.export),
            import: change(now.import, before.import),
        }
    }
}

/// By how much `now` is more than `before`, to four decimals; none where `before` is nothing.
#[expect(clippy::cast_precision_loss, reason = "counts of vehicles, even times days, are far below 2^52")]
fn fraction(now: i64, before: i64) -> Option<f64> {
    (before != 0).then(|| ((now - before) as f64 / before as f64 * 10_000.0).round() / 10_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_nothing_to_compare_with_is_null_and_not_zero() {
        assert_eq!(fraction(5, 0), None);
        assert_eq!(fraction(0, 5), Some(-1.0));
        assert_eq!(fraction(1082, 1000), Some(0.082));
        assert_eq!(fraction(2, 3), Some(-0.3333));
    }
}
