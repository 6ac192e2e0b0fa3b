//! The first quarter of 2025: as many vehicles declared as were published, spread over its days as they may have been.

use chrono::{DateTime, Datelike, Duration, NaiveDate, Utc, Weekday};

use super::course::{arrival, crossing, inside, later, local, registered, when_open};
use super::load::{Place, RAIL, load};
use super::random::Random;
use super::{QUARTER, QUARTER_SOURCE};
use crate::domain::content::{CargoClass, Direction};
use crate::domain::declaration::{Source, Stamps};
use crate::domain::history::History;
use crate::domain::workflow::State;

/// Days after which nobody waits any longer for a vehicle that was declared (Circular 39/2018/TT-BTC).
const EXPIRES_AFTER_DAYS: i64 = 15;

/// The quarter's histories, by day; made one at a time.
pub fn quarter(seed: u64) -> impl Iterator<Item = History> {
    let export = by_day(QUARTER.export, Direction::Export);
    let import = by_day(QUARTER.import, Direction::Import);
    export
        .into_iter()
        .zip(import)
        .flat_map(|(export, import)| [export, import])
        .flat_map(move |of_the_day| (0..of_the_day.count).map(move |serial| history(seed, of_the_day, serial)))
}

/// So many vehicles declared in one direction on one day.
#[derive(Clone, Copy)]
struct OfTheDay {
    day: NaiveDate,
    direction: Direction,
    count: u32,
}

fn days_of_the_quarter() -> impl Iterator<Item = NaiveDate> {
    let first = NaiveDate::from_ymd_opt(2025, 1, 1).unwrap_or_default();
    first.iter_days().take_while(|day| day.month() <= 3)
}

/// How much goes on at the gate on `day`, against an ordinary working day's 1,000.
///
/// 29 January 2025 was the first day of the lunar year: the weeks before are full, mostly of fruit, the days
/// around it empty, and it takes ten days until all are back.
fn weight(day: NaiveDate, direction: Direction) -> u32 {
    let from_new_year = (day - NaiveDate::from_ymd_opt(2025, 1, 29).unwrap_or_default()).num_days();
    let season = match (from_new_year, direction) {
        (..=-25, _) => 900,
        (-24..=-6, Direction::Export) => 1_250,
        (-24..=-6, Direction::Import) => 1_100,
        (-5..=-3, _) => 520,
        (-2, _) => 210,
        (-1, _) => 60,
        (0..=2, _) => 25,
        (3, _) => 90,
        (4, _) => 240,
        (5..=8, _) => 610,
        (9..=12, _) => 850,
        (13..=30, _) => 1_000,
        (31.., _) => 1_080,
    };
    let of_the_week = match day.weekday() {
        Weekday::Sun => 72,
        Weekday::Sat => 93,
        Weekday::Mon | Weekday::Tue | Weekday::Wed | Weekday::Thu | Weekday::Fri => 100,
    };
    // No two days are alike: up to a twelfth more or less.
    let by_chance = Random::of(&[day_key(day), direction as u64]).between(917, 1_083);
    season * of_the_week * by_chance / 100_000
}

/// What tells a day's random numbers from another day's.
fn day_key(day: NaiveDate) -> u64 {
    u64::from(day.num_days_from_ce().unsigned_abs())
}

/// `total` vehicles over the days by their weight; the sum is exactly `total`.
fn by_day(total: u32, direction: Direction) -> Vec<OfTheDay> {
    let weights: Vec<(NaiveDate, u64)> =
        days_of_the_quarter().map(|day| (day, u64::from(weight(day, direction)))).collect();
    let sum: u64 = weights.iter().map(|(_, weight)| weight).sum();
    let mut before = 0;
    let mut so_far = 0;
    let share = |(day, weight): (NaiveDate, u64)| {
        // What is due up to this day, less what was given up to the day before: nothing is lost by rounding.
        so_far += weight;
        let due = u32::try_from(u64::from(total) * so_far / sum.max(1)).unwrap_or(total);
        let count = due - before;
        before = due;
        OfTheDay { day, direction, count }
    };
    weights.into_iter().map(share).collect()
}

fn history(seed: u64, OfTheDay { day, direction, count }: OfTheDay, serial: u32) -> History {
    let key = [seed, 1, day_key(day), direction as u64, u64::from(serial)];
    let mut random = Random::of(&key);
    let minute = minute_of_the_day(serial, count, &mut random);
    let declared = local(&mut random, day, minute);
    let place = place(&mut random, direction);
    let yard = matches!(place.crossing_point, "HUU_NGHI" | "TAN_THANH") && random.percent(80);
    let (state, stamps, reason) = course(&mut random, declared, yard);
    let letter = match direction {
        Direction::Export => 'X',
        Direction::Import => 'N',
    };
    let source = Source { source: QUARTER_SOURCE.to_owned(), source_id: format!("{day}-{letter}{:04}", serial + 1) };
    load(&mut random, place, source, state, stamps, reason)
}

/// When the `serial`th of `count` declarations of a day is sent, so that later ones come later: one in eight in the
/// night, three in four between seven and six, the rest in the evening.
fn minute_of_the_day(serial: u32, count: u32, random: &mut Random) -> u32 {
    let at = (serial * 1_000 + random.below(1_000)) / count.max(1);
    match at {
        ..125 => at * 420 / 125,
        125..875 => 420 + (at - 125) * 660 / 750,
        875.. => 1_080 + (at - 875) * 359 / 125,
    }
}

fn place(random: &mut Random, direction: Direction) -> Place {
    let crossing_point = match (direction, random.below(1_000)) {
        (Direction::Export, 0..520) | (Direction::Import, 0..655) => "HUU_NGHI",
        (Direction::Export, 520..820) | (Direction::Import, 655..860) => "TAN_THANH",
        (Direction::Export, 820..855) | (Direction::Import, 860..878) => "COC_NAM",
        (Direction::Export, 855..945) | (Direction::Import, 878..965) => "CHI_MA",
        (Direction::Export, 945..957) | (Direction::Import, 965..979) => RAIL,
        (_, 957..972) => "NA_NUA",
        (_, 972..988) => "NA_HINH",
        (..) => "BINH_NGHI",
    };
    let class = random.below(100);
    let cargo_class = match direction {
        _ if crossing_point == RAIL => CargoClass::General,
        Direction::Export => match (crossing_point, class) {
            ("TAN_THANH", 0..84) | (_, 0..56) => CargoClass::Fruit,
            (_, 97..) => CargoClass::Empty,
            _ => CargoClass::General,
        },
        Direction::Import => match (crossing_point, class) {
            ("TAN_THANH", 0..34) | (_, 0..9) => CargoClass::Fruit,
            (_, 99..) => CargoClass::Empty,
            ("HUU_NGHI", 90..) => CargoClass::NewVehicle,
            _ => CargoClass::General,
        },
    };
    Place { crossing_point, direction, cargo_class }
}

/// What becomes of one declared at this instant, when, and why.
fn course(random: &mut Random, declared: DateTime<Utc>, yard: bool) -> (State, Stamps, Option<&'static str>) {
    let mut stamps = registered(random, declared);
    let accepted = stamps.registered_at.unwrap_or(declared);
    let only_declared = Stamps { registered_at: None, ..stamps.clone() };
    match random.below(1_000) {
        0..12 => {
            let ended_at = Some(later(random, declared, 1, 90));
            let reason = random.one_of(&["Khai sai biển số", "Khai trùng", "Chủ hàng thay đổi kế hoạch"]);
            (State::Cancelled, Stamps { ended_at, ..only_declared }, Some(reason))
        }
        12..25 => {
            stamps.ended_at = Some(later(random, accepted, 20, 2_800));
            let reason = random.one_of(&["Đổi xe", "Chủ hàng hủy đơn", "Xe hỏng dọc đường"]);
            (State::Cancelled, stamps, Some(reason))
        }
        25..31 => {
            let ended_at = Some(declared + Duration::days(EXPIRES_AFTER_DAYS));
            (State::Expired, Stamps { ended_at, ..only_declared }, None)
        }
        31..42 => {
            stamps.ended_at = Some(accepted + Duration::days(EXPIRES_AFTER_DAYS));
            (State::Expired, stamps, None)
        }
        42..51 => {
            let ended_at = Some(later(random, declared, 10, 300));
            let reason = random.one_of(&["Tờ khai hải quan không hợp lệ", "Thông tin hàng hóa không khớp"]);
            (State::Rejected, Stamps { ended_at, ..only_declared }, Some(reason))
        }
        done @ 51..72 => {
            let arrived = arrival(random, accepted);
            let decided = later(random, arrived, 60, 900);
            let ended = when_open(random, decided);
            stamps.arrived_at = Some(arrived);
            stamps.ended_at = Some(ended);
            if yard {
                stamps.yard_in_at = Some(later(random, arrived, 5, 40));
                stamps.yard_out_at = Some(later(random, ended, 5, 40));
            }
            stamps.left_at = Some(later(random, ended, 45, 240));
            if done < 58 {
                let reason = random.one_of(&["Kiểm dịch không đạt", "Hàng hóa khác khai báo", "Hàng cấm nhập"]);
                (State::Rejected, stamps, Some(reason))
            } else {
                let reason = random.one_of(&["Phía bạn tạm dừng nhận hàng", "Hàng xuống cấp", "Chủ hàng xin quay đầu"]);
                (State::TurnedBack, stamps, Some(reason))
            }
        }
        _ => {
            let arrived = arrival(random, accepted);
            let completed = crossing(random, arrived);
            inside(random, &mut stamps, arrived, completed, yard);
            stamps.completed_at = Some(completed);
            (State::Completed, stamps, None)
        }
    }
}
