//! Places that run out, in a set: which rooms are in question, and who claims which place there.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::writer::Pending;
use super::{Order, Work};
use crate::domain::act::Refusal;
use crate::domain::declaration::{Declaration, Details, PLANNED_ARRIVAL};
use crate::domain::number::Number;
use crate::domain::period::local_day;
use crate::domain::places::{Capacity, Places, Room, slots_from};
use crate::domain::reference::Reference;
use crate::domain::workflow::{Action, State};
use crate::intake::Line;
use crate::storage::places::{Claim, Release};

/// The rooms in which those who asked for `set` could take a place, by the records that there are; none, and nothing to be read, for almost all.
pub(super) fn in_question<'a>(
    set: &[Pending],
    record: impl Fn(Number) -> Option<&'a Arc<Declaration>>,
    now: DateTime<Utc>,
    reference: &Reference,
) -> Vec<Room> {
    let mut rooms = BTreeSet::new();
    for pending in set {
        match &pending.ask.work {
            Work::Declare { sent } => {
                let content = &sent.content;
                if !sent.draft && registers_itself(&content.crossing_point, now, reference) {
                    rooms.extend(slots_from(&content.crossing_point, content.planned_arrival, now, reference));
                }
            }
            Work::Import(imported) => match &imported.says {
                Line::Declaration(sent) => {
                    let content = &sent.content;
                    if !sent.draft && registers_itself(&content.crossing_point, now, reference) {
                        rooms.extend(slots_from(&content.crossing_point, content.planned_arrival, now, reference));
                    }
                }
                Line::History(history) => {
                    let yard = history.yard.iter();
                    rooms.extend(yard.flat_map(|place| yard_rooms(Some(&place.yard), place.bay.as_ref())));
                }
            },
            Work::Act { number, order, .. } => {
                if let Some(record) = record(*number) {
                    match order {
                        Order::Amend(patch) => amended(record, patch, now, reference, &mut rooms),
                        Order::Action(action, said) => ordered(record, *action, said, now, reference, &mut rooms),
                    }
                }
            }
            Work::Told(told) => {
                if let Some(record) = record(told.number) {
                    ordered(record, told.action, &told.details, now, reference, &mut rooms);
                }
            }
        }
    }
    rooms.into_iter().collect()
}

fn registers_itself(crossing_point: &str, now: DateTime<Utc>, reference: &Reference) -> bool {
    reference.crossing_point(crossing_point, local_day(now)).is_some_and(|point| point.automatic_registration)
}

fn yard_rooms(yard: Option<&String>, bay: Option<&String>) -> impl Iterator<Item = Room> {
    let bay = yard.zip(bay).map(|(yard, bay)| Room::Bay { yard: yard.clone(), bay: bay.clone() });
    yard.cloned().map(Room::Yard).into_iter().chain(bay)
}

fn amended(record: &Declaration, patch: &Value, now: DateTime<Utc>, reference: &Reference, rooms: &mut BTreeSet<Room>) {
    let planned = patch.get(PLANNED_ARRIVAL).and_then(Value::as_str);
    let planned = planned.and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    if let (Some(planned), State::Registered | State::Submitted) = (planned, record.state) {
        rooms.extend(slots_from(&record.content.crossing_point, Some(planned.to_utc()), now, reference));
    }
}

fn ordered(
    record: &Declaration,
    action: Action,
    said: &Details,
    now: DateTime<Utc>,
    reference: &Reference,
    rooms: &mut BTreeSet<Room>,
) {
    let content = &record.content;
    let here = &content.crossing_point;
    match action {
        Action::EnterYard | Action::MoveYard => rooms.extend(yard_rooms(said.yard.as_ref(), said.bay.as_ref())),
        Action::Register => {
            let named = said.slot.map(|hour| Room::Slot { crossing_point: here.clone(), hour });
            rooms.extend(named);
            rooms.extend(slots_from(here, content.planned_arrival, now, reference));
        }
        Action::Submit if registers_itself(here, now, reference) => {
            rooms.extend(slots_from(here, content.planned_arrival, now, reference));
        }
        Action::Transfer => {
            let there = said.crossing_point.iter();
            rooms.extend(there.flat_map(|there| slots_from(there, content.planned_arrival, now, reference)));
        }
        _ => {}
    }
}

/// Takes a place wherever `after` has one that it had not as `before`.
///
/// # Errors
///
/// [`Refusal::NoRoom`].
pub(super) fn claims(
    before: Option<&Declaration>,
    after: &Declaration,
    now: DateTime<Utc>,
    reference: &Reference,
    places: &mut Places,
) -> Result<Vec<Claim>, Refusal> {
    let taken_over = before.is_none() && after.last_action == Action::TakeOver;
    let claim = |room: Room| {
        // An older system's record stands where it stands.
        let capacity = if taken_over { Capacity::UNBOUNDED } else { reference.capacity(&room, local_day(now)) };
        match places.claim(&room, capacity, after.content.perishable) {
            Some(place) => Ok(Claim { room, place, declaration: after.number.as_i64() }),
            None => Err(Refusal::NoRoom(room)),
        }
    };
    after.rooms_besides(before).map(claim).collect()
}

/// The places that `before` had and `after` has no more.
pub(super) fn releases<'a>(before: &'a Declaration, after: &'a Declaration) -> impl Iterator<Item = Release> {
    before.rooms_besides(Some(after)).map(|room| Release { room, declaration: before.number.as_i64() })
}
