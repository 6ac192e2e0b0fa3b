//! Which declaration counts where. What a record adds to the statistics is a function of the record
//! alone, so a change adds the difference of before and after, and a recount is the sum over all records.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::content::{CargoClass, Direction};
use super::declaration::Declaration;
use super::period::{first_of_month, local_day};
use super::tracks::Track;
use super::words::words;
use super::workflow::State;

words! {
    /// What the statistics count, by the local day of the stamp named beside it.
    "measure" Measure {
        /// Vehicles declared, each once: a transferred record's copy does not count. By `declared_at`.
        Declared = "declared",
        /// Vehicles registered, at each crossing point that did. By `registered_at`.
        Registered = "registered",
        /// Vehicles arrived, at each crossing point that received them. By `arrived_at`.
        Arrived = "arrived",
        /// Vehicles cleared by customs, each once. By `cleared_at`.
        Cleared = "cleared",
        /// Vehicles that crossed. By `completed_at`.
        Completed = "completed",
        /// The gross mass of those that crossed, in kilograms.
        CompletedKg = "completed_kg",
        /// Declared and cancelled. By `ended_at`, as the next four.
        Cancelled = "cancelled",
        /// Rejected by an agency.
        Rejected = "rejected",
        /// Expired.
        Expired = "expired",
        /// Turned back.
        TurnedBack = "turned_back",
        /// Gone on to another crossing point.
        Transferred = "transferred",
        /// Come from another crossing point, by the day they came.
        TransferredIn = "transferred_in",
        /// Ended, in whatever way, after arrival: no longer inside.
        Left = "left",
        /// Ended after registration without having arrived.
        FellAway = "fell_away",
        /// Fees paid less fees refunded, in whole dong, by the day of either.
        FeesVnd = "fees_vnd",
        /// Legal clocks that ran out, by the day they fell due.
        ClockBreaches = "clock_breaches",
    }
}

/// How many measures there are.
pub const MEASURES: usize = Measure::VARIANTS.len();

/// One cell of the statistics: a local day, a crossing point, a direction and a cargo class.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// The local day.
    pub day: NaiveDate,
    /// The crossing point's code.
    pub crossing_point: String,
    /// The direction.
    pub direction: Direction,
    /// The cargo class.
    pub cargo_class: CargoClass,
}

impl Cell {
    /// The cell in which `declaration` counts on `day`; none before it has a cargo class.
    #[must_use]
    pub fn of(declaration: &Declaration, day: NaiveDate) -> Option<Self> {
        Some(Self {
            day,
            crossing_point: declaration.content.crossing_point.clone(),
            direction: declaration.content.direction,
            cargo_class: declaration.content.cargo_class?,
        })
    }
}

/// Counts by cell, in the cells' order: rows are always locked in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<Cell, [i64; MEASURES]>);

impl Counts {
    /// Adds what `declaration` amounts to, `times` (1 or −1).
    pub fn add(&mut self, declaration: &Declaration, times: i64) {
        each_count(declaration, |day, measure, amount| self.count(declaration, day, measure, amount * times));
    }

    fn count(&mut self, declaration: &Declaration, day: NaiveDate, measure: Measure, amount: i64) {
        if amount == 0 {
            return;
        }
        let Some(cell) = Cell::of(declaration, day) else { return };
        if let Some(count) = self.0.entry(cell).or_insert([0; MEASURES]).get_mut(measure as usize) {
            *count += amount;
        }
    }

    /// The cells that changed, in their order; those whose counts cancel out are left out.
    pub fn iter(&self) -> impl Iterator<Item = (&Cell, &[i64; MEASURES])> {
        self.0.iter().filter(|(_, counts)| counts.iter().any(|count| *count != 0))
    }

    /// What they add to the vehicles inside and to those registered and not arrived, by month: cells whose day is
    /// the month's first, in their order.
    #[must_use]
    pub fn stock(&self) -> BTreeMap<Cell, StockChange> {
        let mut months: BTreeMap<Cell, StockChange> = BTreeMap::new();
        for (cell, counts) in &self.0 {
            let of = |measure: Measure| counts.get(measure as usize).copied().unwrap_or_default();
            let month = Cell { day: first_of_month(cell.day), ..cell.clone() };
            let stock = months.entry(month).or_default();
            stock.inside += of(Measure::Arrived) - of(Measure::Left);
            stock.registered += of(Measure::Registered) - of(Measure::Arrived) - of(Measure::FellAway);
        }
        months.retain(|_, stock| *stock != StockChange::default());
        months
    }

    /// Adds up another's counts.
    pub fn merge(&mut self, other: Self) {
        for (cell, counts) in other.0 {
            let sum = self.0.entry(cell).or_insert([0; MEASURES]);
            for (sum, count) in sum.iter_mut().zip(counts) {
                *sum += count;
            }
        }
    }

    /// The sum of a measure over all cells.
    #[must_use]
    pub fn total(&self, measure: Measure) -> i64 {
        self.0.values().filter_map(|counts| counts.get(measure as usize)).sum()
    }
}

/// What is added to the vehicles that stand at the gate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StockChange {
    /// Arrived and not ended.
    pub inside: i64,
    /// Registered, and neither arrived nor ended.
    pub registered: i64,
}

/// Calls `count` with the local day, measure and amount of everything `declaration` counts as.
fn each_count(declaration: &Declaration, mut count: impl FnMut(NaiveDate, Measure, i64)) {
    let stamps = &declaration.stamps;
    let mut on = |at: Option<DateTime<Utc>>, measure, amount| {
        if let Some(at) = at {
            count(local_day(at), measure, amount);
        }
    };
    let came = declaration.progress.transferred_from.is_some();
    if came {
        on(stamps.created_at, Measure::TransferredIn, 1);
    } else {
        on(stamps.declared_at, Measure::Declared, 1);
    }
    on(stamps.registered_at, Measure::Registered, 1);
    on(stamps.arrived_at, Measure::Arrived, 1);
    on(stamps.cleared_at, Measure::Cleared, 1);
    on(stamps.completed_at, Measure::Completed, 1);
    on(stamps.completed_at, Measure::CompletedKg, declaration.content.gross_kg());
    if came || stamps.declared_at.is_some() {
        let ended = match declaration.state {
            State::Cancelled => Some(Measure::Cancelled),
            State::Rejected => Some(Measure::Rejected),
            State::Expired => Some(Measure::Expired),
            State::TurnedBack => Some(Measure::TurnedBack),
            State::Transferred => Some(Measure::Transferred),
            State::Draft
            | State::Submitted
            | State::Returned
            | State::Registered
            | State::Arrived
            | State::InYard
            | State::Ready
            | State::Completed => None,
        };
        if let Some(measure) = ended {
            on(stamps.ended_at, measure, 1);
        }
    }
    if let Some(fee) = declaration.progress.tracks.get(&Track::Fee) {
        for payment in &fee.payments {
            on(Some(payment.at), Measure::FeesVnd, payment.amount_vnd);
        }
    }
    for breach in &declaration.progress.breaches {
        on(Some(breach.due_at), Measure::ClockBreaches, 1);
    }
    let end = stamps.completed_at.or(stamps.ended_at);
    if stamps.arrived_at.is_some() {
        on(end, Measure::Left, 1);
    } else if stamps.registered_at.is_some() {
        on(end, Measure::FellAway, 1);
    }
}
