//! `GET /api/v1/waiting`: the public board. Made once a minute in a process, however many look at it.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::conditional::etag_of;
use super::once_a_minute::{OLDEST, OnceAMinute};
use super::problem::{Cause, Problem, ProblemDocument};
use crate::clock::Clock;
use crate::domain::period::{Span, TIME_ZONE, beginning_of, local_day};
use crate::domain::places::{Places, Room};
use crate::domain::reference::Reference;
use crate::domain::rule_book::InForce;
use crate::domain::throughput::Measure;
use crate::storage::crossing_times::medians;
use crate::storage::places::taken_now;
use crate::storage::pool::Pool;
use crate::storage::throughput::{Stock, Sum, backlog, sums};

/// The board: how it is at each crossing point.
#[derive(Debug, Serialize, ToSchema)]
pub struct WaitingBoard {
    /// When it was made; it is exact for that moment.
    as_of: DateTime<Utc>,
    /// When the next one is made.
    next_at: DateTime<Utc>,
    /// The zone in which today is today.
    #[schema(example = "Asia/Ho_Chi_Minh")]
    time_zone: &'static str,
    /// The crossing points, by code.
    items: Vec<CrossingPointBoard>,
}

/// How it is at a crossing point.
#[derive(Debug, Serialize, ToSchema)]
pub struct CrossingPointBoard {
    /// Its code.
    #[schema(example = "TAN_THANH")]
    crossing_point: String,
    /// Its gate's code.
    #[schema(example = "HUU_NGHI")]
    gate: String,
    /// Its name.
    #[schema(example = "Tân Thanh")]
    name: String,
    /// Whether it is open now.
    open: bool,
    /// While it is open: when it closes; null where that is not known or not within a year.
    open_until: Option<DateTime<Utc>>,
    /// While it is closed: when it opens; null where that is not known or not within a year.
    closed_until: Option<DateTime<Utc>>,
    /// Whether it takes only vehicles today that were registered before today.
    pre_registered_only: bool,
    /// Vehicles registered and neither arrived nor ended.
    #[schema(example = 30)]
    waiting: i64,
    /// Vehicles that have arrived and have neither crossed nor ended.
    #[schema(example = 120)]
    inside: i64,
    /// Vehicles that crossed today, by the gate's clocks.
    #[schema(example = 347)]
    crossed_today: i64,
    /// The median time in whole minutes from arrival to crossing, of those that crossed today; null before the first.
    #[schema(example = 185)]
    median_minutes_today: Option<i64>,
    /// Room for so many vehicles more in its yards; null where the capacity of one of them is not known.
    free_bays: Option<i64>,
}

/// A board as it is sent.
pub struct Sent {
    body: String,
    tag: String,
}

/// The board of this process.
pub type Board = OnceAMinute<Sent>;

async fn make(pool: &Pool, reference: &Reference, now: DateTime<Utc>) -> Result<Sent, Problem> {
    let today = local_day(now);
    let span = Span { from: today, to: today.succ_opt().unwrap_or(today) };
    // All of one snapshot: a vehicle is inside, or it has crossed.
    let yards = reference.yards(today).map(|yard| Room::Yard(yard.code.clone())).collect();
    let (stocks, crossed, times, taken) = pool
        .get()
        .await?
        .build_transaction()
        .repeatable_read()
        .read_only()
        .run::<_, diesel::result::Error, _>(async |conn| {
            let stocks = backlog(conn, now).await?;
            let medians = medians(conn, beginning_of(today), now).await?;
            Ok((stocks, sums(conn, &[span]).await?, medians, taken_now(conn, yards).await?))
        })
        .await?;
    let board = board(reference, &stocks, &crossed, (&times, &taken), now);
    let body = serde_json::to_string(&board).map_err(|error| Problem::Internal(Cause::from(error)))?;
    Ok(Sent { tag: etag_of(body.as_bytes()), body })
}

fn board(
    reference: &Reference,
    stocks: &[Stock],
    crossed: &[Sum],
    (times, taken): (&[(String, f64)], &Places),
    now: DateTime<Utc>,
) -> WaitingBoard {
    let today = local_day(now);
    let mut waiting: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for stock in stocks {
        let (registered, inside) = waiting.entry(&stock.crossing_point).or_default();
        *registered += stock.registered;
        *inside += stock.inside;
    }
    // Of a crossing point one of whose yards has no known capacity, nobody knows how many vehicles have room.
    let free_bays = |code: &str| -> Option<i64> {
        let mut yards = reference.yards(today).filter(|yard| yard.crossing_point == code).peekable();
        yards.peek()?;
        yards
            .map(|yard| {
                let room = Room::Yard(yard.code.clone());
                taken.free(&room, reference.capacity(&room, today), false).map(i64::from)
            })
            .sum()
    };
    let items = reference.crossing_points(today).map(|point| {
        let (registered, inside) = waiting.get(point.code.as_str()).copied().unwrap_or_default();
        let open = reference.is_open(&point.code, now);
        let median = times.iter().find(|(code, _)| *code == point.code);
        #[expect(clippy::cast_possible_truncation, reason = "minutes that a vehicle stood at a gate")]
        let minutes = |(_, seconds): &(String, f64)| (seconds / 60.0).round() as i64;
        CrossingPointBoard {
            crossing_point: point.code.clone(),
            gate: point.gate.clone(),
            name: point.name.clone(),
            open,
            open_until: reference.closes_at(&point.code, now).filter(|_| open),
            closed_until: reference.next_open(&point.code, now, |_| true).filter(|_| !open),
            pre_registered_only: reference.calendar(&point.code, today).is_some_and(|day| day.pre_registered_only),
            waiting: registered,
            inside,
            crossed_today: crossed
                .iter()
                .filter(|sum| sum.crossing_point == point.code)
                .map(|sum| sum.of(Measure::Completed))
                .sum(),
            median_minutes_today: median.map(minutes),
            free_bays: free_bays(&point.code),
        }
    });
    WaitingBoard { as_of: now, next_at: now + TimeDelta::seconds(OLDEST), time_zone: TIME_ZONE, items: items.collect() }
}

/// The public board
///
/// By crossing point: who waits, who is inside, what crossed today and how long it took, open or closed and until when.
/// At most 60 seconds old; no plate, nobody's name.
#[utoipa::path(
    tag = "public",
    operation_id = "read_waiting_board",
    responses(
        (status = 200, description = "The board", body = WaitingBoard, headers(
            ("ETag" = String, description = "Changes with each board"),
            ("Cache-Control" = String, description = "For how many seconds it may be kept: until the next one"),
        )),
        (status = 304, description = "Still the one that If-None-Match names"),
        (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[get("/waiting")]
pub async fn read(
    request: HttpRequest,
    pool: web::Data<Pool>,
    rules: web::Data<InForce>,
    clock: web::Data<Clock>,
    board: web::Data<Board>,
) -> Result<HttpResponse, Problem> {
    let book = rules.book();
    let made = board.fresh(&clock, async |now, _| make(&pool, &book.reference, now).await).await?;
    let Sent { body, tag } = &made.what;
    Ok(made
        .respond(&request, clock.now(), tag, |response| response.content_type("application/json").body(body.clone())))
}
