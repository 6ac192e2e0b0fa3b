//! Places that run out: in a yard, in a bay, in an hour of a crossing point.
//!
//! A room's places are numbered from 1 to its capacity. What is free is decided here, on what was read; that two who
//! decide at once do not take the same place is held by the database's key on room and place.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::{DateTime, DurationRound, NaiveDate, SecondsFormat, TimeDelta, Timelike, Utc};

use super::content::Content;
use super::declaration::Declaration;
use super::period::{beginning_of, local_day};
use super::reference::Reference;

/// How many hours from the planned arrival on are looked at for one that has room.
pub const HOURS_LOOKED_AT: u8 = 48;

/// Something with so many places.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Room {
    /// A yard, by its code.
    Yard(String),
    /// A bay in a yard.
    Bay {
        /// The yard's code.
        yard: String,
        /// The bay's name.
        bay: String,
    },
    /// An hour in which vehicles may come.
    Slot {
        /// The crossing point's code.
        crossing_point: String,
        /// When the hour begins.
        hour: DateTime<Utc>,
    },
}

impl fmt::Display for Room {
    /// The name by which its places are kept: no two rooms have the same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Yard(yard) => write!(f, "yard:{yard}"),
            // The length tells where the yard's code ends, whatever stands in it.
            Self::Bay { yard, bay } => write!(f, "bay:{}:{yard}:{bay}", yard.len()),
            Self::Slot { crossing_point, hour } => {
                write!(f, "slot:{crossing_point}:{}", hour.to_rfc3339_opts(SecondsFormat::Secs, true))
            }
        }
    }
}

/// How many places a room has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// All of them.
    pub places: i32,
    /// Those that only perishable goods get: the last ones.
    pub kept_for_perishables: i32,
}

impl Capacity {
    /// Never full.
    pub const UNBOUNDED: Self = Self { places: i32::MAX, kept_for_perishables: 0 };

    const fn of(places: i32) -> Self {
        Self { places, kept_for_perishables: 0 }
    }
}

/// The places of one room that are taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken(BTreeSet<i32>);

impl FromIterator<i32> for Taken {
    fn from_iter<I: IntoIterator<Item = i32>>(places: I) -> Self {
        Self(places.into_iter().collect())
    }
}

impl Taken {
    /// How many they are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Whether the place may be taken: it is free, and with all above it that are taken it is within the capacity.
    /// Where the capacity was lowered, those who stand on higher places count against the lower ones.
    fn is_open(&self, place: i32, capacity: Capacity) -> bool {
        let above = self.0.range(place.saturating_add(1)..).count();
        !self.0.contains(&place)
            && i64::from(place) + i64::try_from(above).unwrap_or(i64::MAX) <= i64::from(capacity.places)
    }

    /// The place that the next vehicle takes; none where there is no room for it. Perishable goods take the places
    /// kept for them first.
    #[must_use]
    pub fn next(&self, capacity: Capacity, perishable: bool) -> Option<i32> {
        let common = capacity.places.saturating_sub(capacity.kept_for_perishables);
        if perishable
            && let Some(kept) = (common + 1..=capacity.places)
                .rev()
                .take(usize::try_from(capacity.kept_for_perishables).unwrap_or(0))
                .find(|place| self.is_open(*place, capacity))
        {
            return Some(kept);
        }
        // Where the lowest free place is not open, no higher one is.
        (1..=common).find(|place| !self.0.contains(place)).filter(|place| self.is_open(*place, capacity))
    }

    /// How many more vehicles there is room for; none where it is never full.
    #[must_use]
    pub fn free(&self, capacity: Capacity, perishable: bool) -> Option<i32> {
        let number = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        let all = capacity.places.saturating_sub(number(self.0.len())).max(0);
        let common = capacity.places.saturating_sub(capacity.kept_for_perishables);
        let free = if perishable { all } else { all.min(common - number(self.0.range(..=common).count())) };
        (capacity != Capacity::UNBOUNDED).then_some(free)
    }
}

/// What is taken of the rooms that are in question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    rooms: BTreeMap<Room, Taken>,
    claimed: bool,
}

/// Of no room anything is taken.
pub static NOTHING_TAKEN: Places = Places { rooms: BTreeMap::new(), claimed: false };

impl Places {
    /// With what was read.
    #[must_use]
    pub const fn of(rooms: BTreeMap<Room, Taken>) -> Self {
        Self { rooms, claimed: false }
    }

    /// Whether anything was claimed since: then a room that is full may yet turn out to have room.
    #[must_use]
    pub const fn is_claimed(&self) -> bool {
        self.claimed
    }

    /// How many places of `room` are taken.
    #[must_use]
    pub fn count(&self, room: &Room) -> usize {
        self.rooms.get(room).map_or(0, Taken::count)
    }

    /// How many more vehicles `room` takes; none where it is never full.
    #[must_use]
    pub fn free(&self, room: &Room, capacity: Capacity, perishable: bool) -> Option<i32> {
        self.rooms
            .get(room)
            .map_or_else(|| Taken::default().free(capacity, perishable), |taken| taken.free(capacity, perishable))
    }

    /// The place in `room` that the next vehicle would take.
    #[must_use]
    pub fn next(&self, room: &Room, capacity: Capacity, perishable: bool) -> Option<i32> {
        self.rooms
            .get(room)
            .map_or_else(|| Taken::default().next(capacity, perishable), |taken| taken.next(capacity, perishable))
    }

    /// Takes the next place in `room`; none where there is no room.
    pub fn claim(&mut self, room: &Room, capacity: Capacity, perishable: bool) -> Option<i32> {
        let taken = self.rooms.entry(room.clone()).or_default();
        let place = taken.next(capacity, perishable)?;
        taken.0.insert(place);
        self.claimed = true;
        Some(place)
    }
}

impl Reference {
    /// How many places `room` has on `today`, a slot's on its own day.
    #[must_use]
    pub fn capacity(&self, room: &Room, today: NaiveDate) -> Capacity {
        match room {
            Room::Yard(yard) => {
                self.yard(yard, today).and_then(|yard| yard.capacity).map_or(Capacity::UNBOUNDED, Capacity::of)
            }
            Room::Bay { yard, .. } => {
                let known = self.yard(yard, today).is_some_and(|yard| yard.bays.is_some());
                if known { Capacity::of(1) } else { Capacity::UNBOUNDED }
            }
            Room::Slot { crossing_point, hour } => {
                let day = local_day(*hour);
                let since_midnight = (*hour - beginning_of(day)).num_hours();
                let point = self.crossing_point(crossing_point, day).filter(|_| self.opens_on(crossing_point, day));
                let hours = point.into_iter().flat_map(|point| &point.slots);
                hours
                    .filter(|hours| (i64::from(hours.from)..i64::from(hours.to)).contains(&since_midnight))
                    .map(|hours| Capacity { places: hours.vehicles, kept_for_perishables: hours.kept_for_perishables })
                    .next()
                    .unwrap_or(Capacity::of(0))
            }
        }
    }

    /// Whether `crossing_point` gives slots on the local day of `instant`.
    #[must_use]
    pub fn gives_slots(&self, crossing_point: &str, instant: DateTime<Utc>) -> bool {
        self.crossing_point(crossing_point, local_day(instant)).is_some_and(|point| !point.slots.is_empty())
    }
}

/// Whether `instant` is the beginning of an hour.
#[must_use]
pub fn is_hour(instant: DateTime<Utc>) -> bool {
    instant.minute() == 0 && instant.second() == 0 && instant.nanosecond() == 0
}

/// The end of the slot that begins at `hour`.
#[must_use]
pub fn end_of_slot(hour: DateTime<Utc>) -> DateTime<Utc> {
    hour + TimeDelta::hours(1)
}

/// The hours that a vehicle planned for `planned` may be given at `now`, in their order.
pub fn hours_from(planned: Option<DateTime<Utc>>, now: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
    let from = planned.unwrap_or(now).max(now);
    let first = from.duration_trunc(TimeDelta::hours(1)).unwrap_or(from);
    (0..i64::from(HOURS_LOOKED_AT)).map(move |hours| first + TimeDelta::hours(hours))
}

/// The rooms of [`hours_from`] at `crossing_point`; none where it gives no slots then.
pub fn slots_from(
    crossing_point: &str,
    planned: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
    reference: &Reference,
) -> impl Iterator<Item = Room> {
    hours_from(planned, now)
        .take_while(move |hour| reference.gives_slots(crossing_point, *hour))
        .map(|hour| Room::Slot { crossing_point: crossing_point.to_owned(), hour })
        .filter(move |room| reference.capacity(room, local_day(now)).places > 0)
}

/// The hour in which a vehicle is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hour {
    /// This one.
    At(DateTime<Utc>),
    /// Any: the crossing point gives no slots then.
    Any,
    /// None of those that were looked at has room.
    Full,
}

/// A vehicle that is to have an hour.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comer<'a> {
    /// What it declares.
    pub content: &'a Content,
    /// When it was registered: now, where it is being registered.
    pub registered_at: DateTime<Utc>,
    /// The hour that it has already.
    pub holds: Option<DateTime<Utc>>,
}

impl<'a> Comer<'a> {
    /// One that is being registered.
    pub(super) const fn new(content: &'a Content, now: DateTime<Utc>) -> Self {
        Self { content, registered_at: now, holds: None }
    }
}

/// The first hour from the planned arrival on that has room for `comer`, on a day on which it is taken in.
pub(super) fn first_hour(comer: Comer, now: DateTime<Utc>, (reference, places): (&Reference, &Places)) -> Hour {
    let Comer { content, registered_at, holds } = comer;
    let today = local_day(now);
    for hour in hours_from(content.planned_arrival, now) {
        if !reference.gives_slots(&content.crossing_point, hour) {
            return Hour::Any;
        }
        if !reference.takes(&content.crossing_point, local_day(hour), Some(registered_at)) {
            continue;
        }
        let room = Room::Slot { crossing_point: content.crossing_point.clone(), hour };
        let capacity = reference.capacity(&room, today);
        if holds == Some(hour) || places.next(&room, capacity, content.perishable).is_some() {
            return Hour::At(hour);
        }
    }
    Hour::Full
}

impl Declaration {
    /// The rooms in which it has a place: the yard until it has left, the bay, and its hour while it is active.
    #[must_use]
    pub fn rooms(&self) -> Vec<Room> {
        let mut rooms = Vec::new();
        if let Some(place) = &self.progress.yard {
            rooms.push(Room::Yard(place.yard.clone()));
            if let Some(bay) = &place.bay {
                rooms.push(Room::Bay { yard: place.yard.clone(), bay: bay.clone() });
            }
        }
        if let Some(hour) = self.progress.slot
            && self.state.is_active()
        {
            rooms.push(Room::Slot { crossing_point: self.content.crossing_point.clone(), hour });
        }
        rooms
    }

    /// The rooms in which it has a place and had none as `before`.
    pub fn rooms_besides<'a>(&'a self, before: Option<&'a Self>) -> impl Iterator<Item = Room> {
        let had = before.map(Self::rooms).unwrap_or_default();
        self.rooms().into_iter().filter(move |room| !had.contains(room))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn taken(places: &[i32]) -> Taken {
        places.iter().copied().collect()
    }

    #[test]
    fn a_yard_whose_capacity_was_lowered_keeps_whom_it_has_and_takes_nobody_until_there_is_room() {
        let lowered = Capacity::of(3);
        assert_eq!(taken(&[4, 9]).next(lowered, false), Some(1));
        assert_eq!(taken(&[1, 4, 9]).next(lowered, false), None);
        assert_eq!(taken(&[3, 9]).next(lowered, false), Some(1));
        assert_eq!(taken(&[1, 3, 9]).next(lowered, false), None);
        assert_eq!(taken(&[5, 6, 7, 8]).next(lowered, false), None);
        assert_eq!(taken(&[]).free(lowered, false), Some(3));
        assert_eq!(taken(&[7]).free(Capacity::UNBOUNDED, false), None);
    }

    #[test]
    fn perishable_goods_may_have_every_place_and_others_only_those_that_are_not_kept() {
        let capacity = Capacity { places: 3, kept_for_perishables: 1 };
        assert_eq!(taken(&[]).next(capacity, true), Some(3), "the kept place first");
        assert_eq!(taken(&[1, 2]).next(capacity, false), None);
        assert_eq!(taken(&[1, 2]).next(capacity, true), Some(3));
        assert_eq!(taken(&[3]).next(capacity, true), Some(1));
        assert_eq!((taken(&[]).free(capacity, false), taken(&[]).free(capacity, true)), (Some(2), Some(3)));
    }

    #[test]
    fn no_two_rooms_are_kept_under_one_name() {
        let bay = |yard: &str, bay: &str| Room::Bay { yard: yard.into(), bay: bay.into() }.to_string();
        assert_ne!(bay("A", "B:C"), bay("A:B", "C"));
        let hour = "2025-03-31T02:00:00Z".parse().unwrap();
        let slot = Room::Slot { crossing_point: "HUU_NGHI".into(), hour };
        assert_eq!(slot.to_string(), "slot:HUU_NGHI:2025-03-31T02:00:00Z");
    }

    proptest! {
        /// Two instances that read the same and decide at once never fill a room beyond what it holds.
        #[test]
        fn however_many_decide_at_once_a_room_is_never_over_filled(
            before in prop::collection::btree_set(1..30_i32, 0..12), places in 0..20_i32, kept in 0..5_i32,
            comers in prop::collection::vec((0..3_usize, any::<bool>()), 0..40),
        ) {
            let capacity = Capacity { places, kept_for_perishables: kept.min(places) };
            let read = Taken(before.clone());
            let mut instances = [read.clone(), read.clone(), read];
            let mut all = before.clone();
            for (instance, perishable) in comers {
                if let Some(place) = instances[instance].next(capacity, perishable) {
                    instances[instance].0.insert(place);
                    // The key lets one of two in; whoever loses reads again.
                    if !all.insert(place) {
                        instances[instance] = Taken(all.clone());
                    }
                }
            }
            let limit = before.len().max(usize::try_from(places).unwrap());
            prop_assert!(all.len() <= limit, "{} in a room for {places} that had {}", all.len(), before.len());
        }

        #[test]
        fn a_room_takes_as_many_vehicles_as_are_said_to_be_free_and_not_one_more(
            before in prop::collection::btree_set(1..30_i32, 0..12), places in 0..20_i32, kept in 0..5_i32,
            perishable: bool,
        ) {
            let capacity = Capacity { places, kept_for_perishables: kept.min(places) };
            let mut taken = Taken(before.clone());
            let free = taken.free(capacity, perishable).unwrap();
            let mut came = 0;
            while let Some(place) = taken.next(capacity, perishable) {
                prop_assert!(taken.0.insert(place));
                came += 1;
            }
            prop_assert_eq!(came, free);
            if kept == 0 || perishable {
                prop_assert_eq!(free, (places - i32::try_from(before.len()).unwrap()).max(0));
            }
        }
    }
}
