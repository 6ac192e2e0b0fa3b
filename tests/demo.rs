//! The demo's histories: their sums are the published ones, and each can be taken over.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use border_gate::demo;
use border_gate::domain::act::Rules;
use border_gate::domain::actor::{Actor, FirmId};
use border_gate::domain::content::{CargoClass, Direction};
use border_gate::domain::declaration::Declaration;
use border_gate::domain::firm::CheckDigit;
use border_gate::domain::history::History;
use border_gate::domain::number::Number;
use border_gate::domain::period::local_day;
use border_gate::domain::places::NOTHING_TAKEN;
use border_gate::domain::reference::Reference;
use border_gate::domain::take_over::take_over;
use border_gate::domain::throughput::{Cell, Counts, Measure};
use border_gate::domain::workflow::State;
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;

pub fn reference() -> Reference {
    Reference::from_files().unwrap()
}

pub fn rules(reference: &Reference) -> Rules<'_> {
    Rules { reference, expire_after_days: 15, tax_code_check: CheckDigit::Enforced, places: &NOTHING_TAKEN }
}

pub fn now() -> DateTime<Utc> {
    "2026-11-24T02:00:00Z".parse().unwrap()
}

pub fn taken_over(history: History, reference: &Reference) -> Declaration {
    let number = (0..40).find_map(|random| Number::draw(now(), random)).unwrap();
    let shown = history.clone();
    let (declaration, _) =
        take_over(history, FirmId(1), number, String::new(), &Actor::system(), now(), rules(reference))
            .unwrap_or_else(|failures| panic!("{shown:#?} fails: {failures:#?}"));
    declaration
}

/// The published figures.
pub fn golden() -> Value {
    serde_json::from_str(include_str!("golden.json")).unwrap()
}

/// What one pass over the whole demo sees; every history of it passes the check on the way.
struct Seen {
    counts: Counts,
    /// By class, what had arrived and not ended at the published evening.
    inside: BTreeMap<CargoClass, i64>,
    sources: BTreeSet<(String, String)>,
}

static SEEN: LazyLock<Seen> = LazyLock::new(|| {
    let reference = reference();
    let mut seen = Seen { counts: Counts::default(), inside: BTreeMap::new(), sources: BTreeSet::new() };
    for history in demo::histories(demo::SEED) {
        let declaration = taken_over(history, &reference);
        seen.counts.add(&declaration, 1);
        let stamps = &declaration.stamps;
        let end = stamps.completed_at.or(stamps.ended_at);
        let at = demo::DAY.backlog_at;
        if stamps.arrived_at.is_some_and(|arrived| arrived <= at) && end.is_none_or(|end| at < end) {
            *seen.inside.entry(declaration.content.cargo_class.unwrap()).or_default() += 1;
        }
        let source = declaration.progress.source.unwrap();
        seen.sources.insert((source.source, source.source_id));
    }
    seen
});

/// What all of the demo counts as.
pub fn counts() -> &'static Counts {
    &SEEN.counts
}

/// The sum of a measure over the cells that `of` takes.
fn sum(counts: &Counts, measure: Measure, of: impl Fn(&Cell) -> bool) -> i64 {
    counts.iter().filter(|(cell, _)| of(cell)).map(|(_, counts)| counts[measure as usize]).sum()
}

/// What the demo's vehicles amount to in the first quarter of 2025.
pub fn first_quarter(measure: Measure, direction: Direction) -> i64 {
    let days = "2025-01-01".parse().unwrap().."2025-04-01".parse().unwrap();
    sum(&SEEN.counts, measure, |cell| days.contains(&cell.day) && cell.direction == direction)
}

#[test]
fn the_first_quarter_of_2025_was_declared_as_published() {
    let published = &golden()["quarter_2025_q1"];
    let counts = &SEEN.counts;
    let first: NaiveDate = "2025-01-01".parse().unwrap();
    let after: NaiveDate = "2025-04-01".parse().unwrap();
    let declared = |of: Option<Direction>| {
        sum(counts, Measure::Declared, |cell| {
            (first..after).contains(&cell.day) && of.is_none_or(|of| of == cell.direction)
        })
    };
    assert_eq!(declared(None), published["total"].as_i64().unwrap());
    assert_eq!(declared(Some(Direction::Export)), published["export"].as_i64().unwrap());
    assert_eq!(declared(Some(Direction::Import)), published["import"].as_i64().unwrap());

    // It has to look like a quarter at a border gate, too.
    let all = declared(None);
    let of = |measure| sum(counts, measure, |cell| cell.day >= first);
    assert!(of(Measure::Completed) * 100 > all * 90, "most cross");
    for measure in [Measure::Cancelled, Measure::Expired, Measure::Rejected, Measure::TurnedBack, Measure::FellAway] {
        assert!(of(measure) * 1_000 > all * 5, "some are {measure}: {}", of(measure));
    }
    let on = |day: &str| {
        let day: NaiveDate = day.parse().unwrap();
        sum(counts, Measure::Declared, |cell| cell.day == day)
    };
    assert!(on("2025-01-29") * 10 < on("2025-01-15"), "few vehicles come on the first day of the lunar year");
    assert!((1..90).all(|day| on(&(first + chrono::Days::new(day)).to_string()) > 0), "some come every day");
    for point in ["HUU_NGHI", "TAN_THANH", "COC_NAM", "CHI_MA", "DONG_DANG", "NA_HINH", "NA_NUA", "BINH_NGHI"] {
        assert!(sum(counts, Measure::Declared, |cell| cell.crossing_point == point) > 0, "some come to {point}");
    }
    let open = of(Measure::Declared)
        - [Measure::Completed, Measure::Cancelled, Measure::Expired, Measure::Rejected, Measure::TurnedBack]
            .map(of)
            .iter()
            .sum::<i64>();
    assert_eq!(open, 0, "all have ended");
}

#[test]
fn what_crossed_on_22_august_2024_is_as_published() {
    let published = &golden()["day_2024_08_22"];
    let counts = &SEEN.counts;
    let completed = |points: &[&str], of: &dyn Fn(Direction, CargoClass) -> bool| {
        sum(counts, Measure::Completed, |cell| {
            cell.day == demo::DAY.day
                && (points.is_empty() || points.contains(&cell.crossing_point.as_str()))
                && of(cell.direction, cell.cargo_class)
        })
    };
    let figures = |points: &[&str], published: &Value| {
        let mut compared = 0;
        let mut equal = |figure: &Value, of: &dyn Fn(Direction, CargoClass) -> bool| {
            if let Some(figure) = figure.as_i64() {
                assert_eq!(completed(points, of), figure, "{points:?}");
                compared += 1;
            }
        };
        equal(&published["total"], &|_, _| true);
        equal(&published["export"]["total"], &|direction, _| direction == Direction::Export);
        equal(&published["export"]["fruit"], &|direction, class| {
            direction == Direction::Export && class == CargoClass::Fruit
        });
        equal(&published["export"]["other"], &|direction, class| {
            direction == Direction::Export && class != CargoClass::Fruit
        });
        equal(&published["import"]["total"], &|direction, _| direction == Direction::Import);
        equal(&published["import"]["goods"], &|direction, class| {
            direction == Direction::Import && class != CargoClass::NewVehicle
        });
        equal(&published["import"]["new_vehicle"], &|_, class| class == CargoClass::NewVehicle);
        compared
    };
    assert_eq!(figures(&[], published), 7);
    for (point, published) in published["crossing_points"].as_object().unwrap() {
        assert_ne!(figures(&[point], published), 0);
    }
    // What the published figures leave for the two together.
    let both = |of: &dyn Fn(Direction, CargoClass) -> bool| completed(&["COC_NAM", "CHI_MA"], of);
    assert_eq!(both(&|direction, class| direction == Direction::Export && class == CargoClass::Fruit), 9);
    assert_eq!(both(&|direction, class| direction == Direction::Export && class != CargoClass::Fruit), 4);
    assert_eq!(both(&|direction, class| direction == Direction::Import && class == CargoClass::General), 99);
    for measure in [Measure::TurnedBack, Measure::Transferred] {
        let went_back = sum(counts, measure, |cell| {
            cell.day == demo::DAY.day && ["HUU_NGHI", "TAN_THANH"].contains(&cell.crossing_point.as_str())
        });
        assert_eq!(went_back, 0, "{measure}");
    }
}

#[test]
fn at_eight_that_evening_as_many_were_inside_as_published() {
    let published = &golden()["day_2024_08_22"]["backlog"];
    let at: DateTime<Utc> = published["at"].as_str().unwrap().parse().unwrap();
    assert_eq!(at, demo::DAY.backlog_at);
    let inside = &SEEN.inside;
    assert_eq!(inside.values().sum::<i64>(), published["total"].as_i64().unwrap());
    assert_eq!(inside[&CargoClass::Fruit], published["fruit"].as_i64().unwrap());
    assert_eq!(inside.values().sum::<i64>() - inside[&CargoClass::Fruit], published["other"].as_i64().unwrap());
}

#[test]
fn the_same_seed_makes_the_same_histories_and_another_seed_others() {
    let some = |seed| demo::day(seed).chain(demo::quarter(seed).take(500)).collect::<Vec<_>>();
    assert_eq!(some(1), some(1));
    assert_ne!(some(1), some(2));
}

#[test]
fn no_two_histories_have_the_same_source() {
    assert_eq!(SEEN.sources.len() as u64, demo::count());
}

#[test]
fn what_is_made_is_written_as_it_is_compared_and_has_ended() {
    for history in demo::day(demo::SEED).chain(demo::quarter(demo::SEED).take(2_000)) {
        let month = local_day(history.stamps.declared_at.unwrap()).to_string();
        assert!(month.starts_with(if history.source.source == demo::QUARTER_SOURCE { "2025-01" } else { "2024-08" }));
        assert!(history.state.is_terminal() && history.state != State::Transferred);
        assert_eq!(history.clone().normalised(), history);
    }
}

#[test]
fn what_a_vehicle_of_the_demo_declared_could_have_been_submitted_then() {
    let reference = reference();
    for history in demo::day(demo::SEED).chain(demo::quarter(demo::SEED).take(5_000)) {
        let declared = history.stamps.declared_at.unwrap();
        let findings =
            border_gate::domain::check::check(&history.content, Some(&history.people), declared, rules(&reference));
        assert!(findings.failures.is_empty() && findings.warnings.is_empty(), "{history:#?}: {findings:#?}");
    }
}
