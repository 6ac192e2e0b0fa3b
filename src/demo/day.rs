//! 22 August 2024: as many vehicles across and as many left waiting at eight in the evening as were published.

use chrono::{DateTime, NaiveDate, Utc};

use super::course::{earlier, inside, later, local, part_of_the_way, registered};
use super::load::{Place, load};
use super::random::Random;
use super::{DAY, DAY_SOURCE};
use crate::domain::content::{CargoClass, Direction};
use crate::domain::declaration::{Source, Stamps};
use crate::domain::history::History;
use crate::domain::workflow::State;

use CargoClass::{Fruit, General, NewVehicle};
use Direction::{Export, Import};

/// What crossed that day. The published figures, where there are any; Cốc Nam and Chi Ma are known by their totals
/// and by what is left for both, and split here so that it adds up.
const CROSSED: &[(Place, u32)] = &[
    (at("HUU_NGHI", Export, Fruit), 138),
    (at("HUU_NGHI", Export, General), 82),
    (at("HUU_NGHI", Import, General), 514),
    (at("HUU_NGHI", Import, NewVehicle), 50),
    (at("TAN_THANH", Export, Fruit), 87),
    (at("TAN_THANH", Export, General), 8),
    (at("TAN_THANH", Import, General), 252),
    (at("COC_NAM", Export, Fruit), 2),
    (at("COC_NAM", Export, General), 1),
    (at("COC_NAM", Import, General), 6),
    (at("CHI_MA", Export, Fruit), 7),
    (at("CHI_MA", Export, General), 3),
    (at("CHI_MA", Import, General), 93),
];

/// What had arrived and not crossed at eight in the evening: 216 with fruit and 153 others, split freely. All of it
/// crossed on the two days after.
const LEFT_WAITING: &[(Place, u32)] = &[
    (at("HUU_NGHI", Export, Fruit), 128),
    (at("TAN_THANH", Export, Fruit), 83),
    (at("CHI_MA", Export, Fruit), 5),
    (at("HUU_NGHI", Export, General), 19),
    (at("HUU_NGHI", Import, General), 66),
    (at("HUU_NGHI", Import, NewVehicle), 8),
    (at("TAN_THANH", Export, General), 6),
    (at("TAN_THANH", Import, General), 31),
    (at("COC_NAM", Import, General), 2),
    (at("CHI_MA", Import, General), 21),
];

/// What was registered that day and had not come by eight in the evening: made up. A tenth never came.
const ON_THE_WAY: &[(Place, u32)] = &[
    (at("HUU_NGHI", Export, Fruit), 30),
    (at("HUU_NGHI", Import, General), 60),
    (at("TAN_THANH", Export, Fruit), 20),
    (at("TAN_THANH", Import, General), 20),
    (at("CHI_MA", Import, General), 10),
];

const fn at(crossing_point: &'static str, direction: Direction, cargo_class: CargoClass) -> Place {
    Place { crossing_point, direction, cargo_class }
}

/// How many histories the day has.
pub const COUNT: u64 = sum(CROSSED) + sum(LEFT_WAITING) + sum(ON_THE_WAY);

const fn sum(places: &[(Place, u32)]) -> u64 {
    match places {
        [] => 0,
        [(_, count), rest @ ..] => *count as u64 + sum(rest),
    }
}

#[derive(Clone, Copy)]
enum Fate {
    Crossed,
    LeftWaiting,
    OnTheWay,
}

/// The day's histories; made one at a time.
pub fn day(seed: u64) -> impl Iterator<Item = History> {
    let fates = [(Fate::Crossed, CROSSED), (Fate::LeftWaiting, LEFT_WAITING), (Fate::OnTheWay, ON_THE_WAY)];
    let places = fates.into_iter().flat_map(|(fate, places)| places.iter().map(move |place| (fate, *place)));
    let vehicles = places.flat_map(|(fate, (place, count))| (0..count).map(move |_| (fate, place)));
    vehicles.zip(1_u32..).map(move |((fate, place), serial)| {
        let mut random = Random::of(&[seed, 2, u64::from(serial)]);
        let (state, stamps) = course(&mut random, place, fate);
        let source = Source { source: DAY_SOURCE.to_owned(), source_id: format!("2024-08-22-{serial:04}") };
        load(&mut random, place, source, state, stamps, None)
    })
}

fn course(random: &mut Random, place: Place, fate: Fate) -> (State, Stamps) {
    let next_day = DAY.day.succ_opt().unwrap_or(DAY.day);
    let yard = matches!(place.crossing_point, "HUU_NGHI" | "TAN_THANH") && random.percent(80);
    let evening = DAY.backlog_at;
    let (arrived, crossed) = match fate {
        Fate::Crossed => {
            // The barriers closed before eight: nobody who crossed that day was still inside then.
            let crossed = at_the_gate(random, DAY.day, 7 * 60 + 10, 19 * 60 + 44);
            let longest = if random.percent(80) { 420 } else { 1_200 };
            (earlier(random, crossed, 40, longest), crossed)
        }
        Fate::LeftWaiting => {
            let arrived = earlier(random, evening, 5, 780);
            (arrived, the_day_after(random, next_day))
        }
        Fate::OnTheWay => {
            let declared = earlier(random, evening, 250, 780);
            let mut stamps = registered(random, declared);
            if random.percent(10) {
                stamps.ended_at = Some(later(random, evening, 60, 600));
                return (State::Cancelled, stamps);
            }
            let arrived = at_the_gate(random, next_day, 7 * 60, 15 * 60);
            let crossed = later(random, arrived, 45, 270);
            inside(random, &mut stamps, arrived, crossed, yard);
            stamps.completed_at = Some(crossed);
            return (State::Completed, stamps);
        }
    };
    let declared = earlier(random, arrived, 260, 1_500);
    let mut stamps = registered(random, declared);
    inside(random, &mut stamps, arrived, crossed, yard);
    stamps.completed_at = Some(crossed);
    (State::Completed, stamps)
}

/// Some minute of the local `day` between these two.
fn at_the_gate(random: &mut Random, day: NaiveDate, first: u32, last: u32) -> DateTime<Utc> {
    let minute = random.between(first, last);
    local(random, day, minute)
}

/// Three of four cross on the next day, the rest on the one after it.
fn the_day_after(random: &mut Random, next_day: NaiveDate) -> DateTime<Utc> {
    let day = if random.percent(75) { next_day } else { next_day.succ_opt().unwrap_or(next_day) };
    let morning = at_the_gate(random, day, 7 * 60 + 5, 12 * 60);
    let evening = at_the_gate(random, day, 12 * 60, 19 * 60 + 30);
    part_of_the_way(random, morning, evening, 0, 100)
}
