//! `/api/v1/yards` and `/crossing-points/{code}/slots`: where there is room, exact at the moment of the answer.

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::declarations::READERS;
use super::principal::Caller;
use super::problem::{Problem, ProblemDocument};
use super::query;
use crate::clock::Clock;
use crate::domain::period::{beginning_of, local_day};
use crate::domain::places::Room;
use crate::domain::reference::Yard;
use crate::domain::rule_book::InForce;
use crate::identity::principal::OauthScope;
use crate::storage::places::taken_now;
use crate::storage::pool::Pool;

/// The yards, and how much room there is.
#[derive(Serialize, ToSchema)]
pub struct Yards {
    /// When it was so.
    as_of: DateTime<Utc>,
    /// The yards, by code.
    items: Vec<YardRoom>,
}

/// A yard, and how much room there is in it.
#[derive(Serialize, ToSchema)]
pub struct YardRoom {
    /// Its code.
    #[schema(example = "XUAN_CUONG")]
    yard: String,
    /// Its name.
    name: String,
    /// The crossing point it serves.
    crossing_point: String,
    /// How many vehicles it holds; none where that is not known, and then it is never full.
    capacity: Option<i32>,
    /// How many vehicles are in it.
    taken: usize,
    /// How many more it takes; none where its capacity is not known.
    free: Option<i32>,
    /// Its bays; none where they are not known.
    bays: Option<Vec<Bay>>,
}

/// A bay of a yard.
#[derive(Serialize, ToSchema)]
pub struct Bay {
    /// Its name.
    bay: String,
    /// Whether no vehicle stands in it.
    free: bool,
}

/// The slots of a day at a crossing point.
#[derive(Serialize, ToSchema)]
pub struct Slots {
    /// The crossing point.
    crossing_point: String,
    /// The local day.
    day: NaiveDate,
    /// When it was so.
    as_of: DateTime<Utc>,
    /// The hours in which vehicles may come; empty where none is needed, or none is given, on that day.
    items: Vec<SlotRoom>,
}

/// An hour, and how much room there is in it.
#[derive(Serialize, ToSchema)]
pub struct SlotRoom {
    /// When it begins: what `slot` names.
    slot: DateTime<Utc>,
    /// How many vehicles may come in it.
    vehicles: i32,
    /// How many of those places are kept for perishable goods.
    kept_for_perishables: i32,
    /// How many are taken.
    taken: usize,
    /// How many are free for any vehicle.
    free: i32,
    /// How many are free for a vehicle with perishable goods.
    free_for_perishables: i32,
}

/// List the yards with their free places
///
/// Those of the caller's crossing points, or of the one that is asked for; to a firm, all of them. A place is free again
/// only once its vehicle has left the yard.
#[utoipa::path(
    tag = "reference",
    operation_id = "list_yards",
    params(("crossing_point" = Option<String>, Query, description = "Of this crossing point, which must be in an officer's scope", example = "HUU_NGHI")),
    responses(
        (status = 200, description = "The yards", body = Yards),
        (status = 400, description = "A query that is not well-formed", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "The role reads no declarations, or the crossing point is out of its scope", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "An unknown parameter", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
#[get("/yards")]
pub async fn yards(
    caller: Caller,
    request: HttpRequest,
    rules: web::Data<InForce>,
    clock: web::Data<Clock>,
    pool: web::Data<Pool>,
) -> Result<HttpResponse, Problem> {
    caller.may(OauthScope::DeclarationsRead, READERS)?;
    let asked = query::read(&request, |fields, _| fields.text("crossing_point"))?;
    let sees = |code: &str| !caller.actor.role.is_officer() || caller.actor.crossing_points.contains(code);
    if asked.as_deref().is_some_and(|code| !sees(code)) {
        return Err(Problem::Forbidden("crossing-point"));
    }
    let now = clock.now();
    let today = local_day(now);
    let book = rules.book();
    let wanted = |yard: &&Yard| asked.as_ref().map_or(sees(&yard.crossing_point), |code| *code == yard.crossing_point);
    let yards: Vec<&Yard> = book.reference.yards(today).filter(wanted).collect();
    let bay_of = |yard: &Yard, bay: &String| Room::Bay { yard: yard.code.clone(), bay: bay.clone() };
    let mut rooms: Vec<Room> = yards.iter().map(|yard| Room::Yard(yard.code.clone())).collect();
    rooms.extend(yards.iter().flat_map(|yard| yard.bays.iter().flatten().map(|bay| bay_of(yard, bay))));
    let mut conn = pool.get().await?;
    let taken = taken_now(&mut conn, rooms).await?;
    let items = yards
        .into_iter()
        .map(|yard| {
            let room = Room::Yard(yard.code.clone());
            let bay_room = |bay: &String| Bay { bay: bay.clone(), free: taken.count(&bay_of(yard, bay)) == 0 };
            YardRoom {
                yard: yard.code.clone(),
                name: yard.name.clone(),
                crossing_point: yard.crossing_point.clone(),
                capacity: yard.capacity,
                taken: taken.count(&room),
                free: taken.free(&room, book.reference.capacity(&room, today), false),
                bays: yard.bays.as_ref().map(|bays| bays.iter().map(bay_room).collect()),
            }
        })
        .collect();
    Ok(HttpResponse::Ok().json(Yards { as_of: now, items }))
}

/// List the slots of a day
///
/// The hours of a local day in which vehicles may come to a crossing point, and how much room there is in each. Empty
/// where the crossing point gives no slots on that day: then nobody needs one; or is closed.
#[utoipa::path(
    tag = "reference",
    operation_id = "list_slots",
    params(
        ("code" = String, Path, description = "The crossing point's code", example = "HUU_NGHI"),
        ("day" = Option<NaiveDate>, Query, description = "The local day; today's without it", example = "2025-03-31"),
    ),
    responses(
        (status = 200, description = "The slots", body = Slots),
        (status = 400, description = "A query that is not well-formed", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "The role reads no declarations, or the crossing point is out of its scope", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "No such crossing point on that day", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "No day, or an unknown parameter", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
#[get("/crossing-points/{code}/slots")]
pub async fn slots(
    caller: Caller,
    request: HttpRequest,
    path: web::Path<String>,
    rules: web::Data<InForce>,
    clock: web::Data<Clock>,
    pool: web::Data<Pool>,
) -> Result<HttpResponse, Problem> {
    caller.may(OauthScope::DeclarationsRead, READERS)?;
    let code = path.into_inner();
    if caller.actor.role.is_officer() && !caller.actor.crossing_points.contains(&code) {
        return Err(Problem::Forbidden("crossing-point"));
    }
    let now = clock.now();
    let asked = query::read(&request, |fields, refused| query::day(fields, "day", refused))?;
    let day = asked.unwrap_or_else(|| local_day(now));
    let book = rules.book();
    let reference = &book.reference;
    reference.crossing_point(&code, day).ok_or(Problem::NotFound)?;
    let hours = (0..24).map(|hour| beginning_of(day) + TimeDelta::hours(hour));
    let rooms: Vec<(DateTime<Utc>, Room)> = hours
        .map(|hour| (hour, Room::Slot { crossing_point: code.clone(), hour }))
        .filter(|(_, room)| reference.capacity(room, day).places > 0)
        .collect();
    let mut conn = pool.get().await?;
    let taken = taken_now(&mut conn, rooms.iter().map(|(_, room)| room.clone()).collect()).await?;
    let items = rooms
        .into_iter()
        .map(|(slot, room)| {
            let capacity = reference.capacity(&room, day);
            SlotRoom {
                slot,
                vehicles: capacity.places,
                kept_for_perishables: capacity.kept_for_perishables,
                taken: taken.count(&room),
                free: taken.free(&room, capacity, false).unwrap_or(i32::MAX),
                free_for_perishables: taken.free(&room, capacity, true).unwrap_or(i32::MAX),
            }
        })
        .collect();
    Ok(HttpResponse::Ok().json(Slots { crossing_point: code, day, as_of: now, items }))
}
