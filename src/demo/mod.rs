//! Made-up histories whose sums are the published ones: something to look at on the first start, and the golden cases.
//!
//! No vehicle, driver, firm or load in them is real. The same seed makes the same histories on every machine.

pub mod accounts;
mod cargo;
mod course;
mod day;
mod firms;
mod load;
mod quarter;
mod random;
mod vehicles;

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::history::History;

use crate::intake::{Line, LineError, Read};

pub use day::day;
pub use quarter::quarter;

/// The seed of the demo that `--demo` loads.
pub const SEED: u64 = 20_250_331;

/// The `source` of the quarter's histories.
pub const QUARTER_SOURCE: &str = "demo-2025-q1";

/// The `source` of the day's histories.
pub const DAY_SOURCE: &str = "demo-2024-08-22";

/// What was published of the first quarter of 2025.
#[derive(Clone, Copy, Debug)]
pub struct Quarter {
    /// Vehicles declared for export.
    pub export: u32,
    /// Vehicles declared for import.
    pub import: u32,
}

/// 93,940 vehicles declared: Báo Lạng Sơn, report on Resolution 57, 2025.
pub const QUARTER: Quarter = Quarter { export: 23_077, import: 70_863 };

/// What was published of one day.
#[derive(Clone, Copy, Debug)]
pub struct Day {
    /// The local day.
    pub day: NaiveDate,
    /// When its backlog was taken.
    pub backlog_at: DateTime<Utc>,
}

/// 22 August 2024, its backlog at 20:00 local time: provincial daily report.
pub const DAY: Day = Day {
    day: match NaiveDate::from_ymd_opt(2024, 8, 22) {
        Some(day) => day,
        None => NaiveDate::MIN,
    },
    backlog_at: match DateTime::from_timestamp(1_724_331_600, 0) {
        Some(at) => at,
        None => DateTime::UNIX_EPOCH,
    },
};

/// Every history of the demo: the day's, then the quarter's.
pub fn histories(seed: u64) -> impl Iterator<Item = History> {
    day(seed).chain(quarter(seed))
}

/// The same as lines of a file, for an import.
pub fn lines(seed: u64) -> impl Iterator<Item = Result<Read, LineError>> {
    let line = |(line, history)| Ok(Read { line, says: Line::History(Box::new(history)) });
    (1..).zip(histories(seed)).map(line)
}

/// How many they are.
#[must_use]
pub fn count() -> u64 {
    u64::from(QUARTER.export + QUARTER.import) + day::COUNT
}
