//! Days in the gate's time zone. Every longer period is a sum of days.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};

/// Seconds that the gate's clocks are ahead of UTC: `Asia/Ho_Chi_Minh` has kept UTC+7 since 1975.
const AHEAD_OF_UTC: i32 = 7 * 3600;

/// The day that a clock at the gate shows at `instant`.
///
/// A vehicle declared at 17:00 UTC on 31 December was declared on 1 January.
#[must_use]
pub fn local_day(instant: DateTime<Utc>) -> NaiveDate {
    FixedOffset::east_opt(AHEAD_OF_UTC)
        .map_or_else(|| instant.date_naive(), |zone| instant.with_timezone(&zone).date_naive())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(instant: &str) -> String {
        local_day(instant.parse().unwrap()).to_string()
    }

    #[test]
    fn a_quarter_begins_at_local_midnight() {
        assert_eq!(day("2024-12-31T16:59:59.999Z"), "2024-12-31");
        assert_eq!(day("2024-12-31T17:00:00Z"), "2025-01-01");
    }
}
