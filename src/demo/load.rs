//! What is declared: firm, vehicle, driver and goods of one history.

use std::sync::LazyLock;

use chrono::{DateTime, Datelike, DurationRound, TimeDelta, Utc};

use super::cargo::cargo;
use super::firms::{Firm, firms};
use super::random::Random;
use super::vehicles::{road_vehicle, wagon};
use crate::domain::content::{CargoClass, Content, Direction, People, Regime};
use crate::domain::declaration::{Source, Stamps};
use crate::domain::history::{FeePaid, History};
use crate::domain::period::{beginning_of, local_day};
use crate::domain::workflow::State;

/// Where, which way and of what class something crosses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The crossing point's code.
    pub crossing_point: &'static str,
    /// Which way.
    pub direction: Direction,
    /// Of what class.
    pub cargo_class: CargoClass,
}

fn firm(random: &mut Random) -> Option<&'static Firm> {
    static ALL: LazyLock<Vec<Firm>> = LazyLock::new(firms);
    let count = u32::try_from(ALL.len()).unwrap_or(u32::MAX);
    // A few firms declare much of it: the smallest of three draws.
    let place = random.below(count).min(random.below(count)).min(random.below(count));
    ALL.get(usize::try_from(place).ok()?)
}

/// The history of one vehicle with these stamps.
pub fn load(
    random: &mut Random,
    place: Place,
    source: Source,
    state: State,
    stamps: Stamps,
    reason: Option<&str>,
) -> History {
    let Place { crossing_point, direction, cargo_class } = place;
    let declared = stamps.declared_at.unwrap_or_default();
    let (vehicle, people) = if crossing_point == RAIL {
        (wagon(random), People::default())
    } else {
        let (vehicle, people) = road_vehicle(random, direction, cargo_class);
        (vehicle, people)
    };
    let load = cargo(random, direction, cargo_class, declared.year());
    let declaring = firm(random);
    let trader = if random.percent(40) { firm(random) } else { None };
    let chinese = vehicle.country.as_deref() == Some("CN");
    let (firm_tax_code, firm_name) = declaring.map(|firm| (firm.tax_code.clone(), firm.name.clone())).unzip();
    let fee = stamps.ready_at.zip(stamps.registered_at).map(|(ready, registered)| FeePaid {
        amount_vnd: fee_vnd(random, cargo_class),
        // The drawn digits alone would come twice in a quarter: an older system's id does not.
        receipt: format!("BL{}-{}-{}", declared.year(), random.digits(7), source.source_id),
        paid_at: super::course::part_of_the_way(random, registered, ready, 30, 100),
    });
    let content = Content {
        direction,
        crossing_point: crossing_point.to_owned(),
        regime: Some(regime(random)),
        cargo_class: Some(cargo_class),
        perishable: load.perishable,
        planned_arrival: planned(stamps.arrived_at.unwrap_or(declared + TimeDelta::hours(6))),
        trader_tax_code: trader.map(|firm: &Firm| firm.tax_code.clone()),
        transshipment: direction == Direction::Import && chinese && cargo_class == CargoClass::General,
        vehicle: Some(vehicle),
        goods: load.goods.into(),
        customs_declarations: load.customs_declarations.into(),
        note: None,
    };
    History {
        source,
        firm_tax_code: firm_tax_code.unwrap_or_default(),
        firm_name,
        state,
        stamps,
        reason: reason.map(str::to_owned),
        yard: None,
        fee,
        content,
        people,
    }
}

/// The crossing point of the railway.
pub const RAIL: &str = "DONG_DANG";

/// When an `arrival` was planned for: its half hour, or the nearest of that day at which the gate is open.
fn planned(arrival: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let midnight = beginning_of(local_day(arrival));
    let open = (TimeDelta::hours(7), TimeDelta::minutes(19 * 60 + 30));
    let rounded = arrival.duration_round(TimeDelta::minutes(30)).ok()?;
    Some(midnight + (rounded - midnight).clamp(open.0, open.1))
}

/// What is paid for one vehicle, in dong: made up, of the order of a province's fee for the use of a gate.
fn fee_vnd(random: &mut Random, class: CargoClass) -> i64 {
    match class {
        CargoClass::Empty => 100_000,
        CargoClass::Fruit => random.one_of(&[250_000, 350_000, 350_000]),
        CargoClass::NewVehicle => 500_000,
        CargoClass::General => random.one_of(&[350_000, 500_000, 500_000, 700_000, 1_150_000]),
    }
}

fn regime(random: &mut Random) -> Regime {
    match random.below(100) {
        0..=91 => Regime::Commercial,
        92..=94 => Regime::TemporaryImportReExport,
        95 => Regime::TemporaryExportReImport,
        96..=97 => Regime::BorderGateTransfer,
        _ => Regime::Transit,
    }
}
