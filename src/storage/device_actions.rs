//! What devices told of, and what became of it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use tokio_postgres::{Client, Error, Row};

use super::column_types::JsonText;
use super::schema::device_actions;
use crate::domain::actor::Scope;

/// One thing that a device said it had done, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = device_actions, check_for_backend(diesel::pg::Pg))]
pub struct DeviceAction {
    /// The device: a machine client's id.
    pub device: String,
    /// The device's own count of what it did.
    pub sequence: i64,
    /// What it said.
    pub said: JsonText,
    /// When it did it, where it said so readably.
    pub at: Option<DateTime<Utc>>,
    /// The declaration's number, where there was a readable one.
    pub declaration: Option<i64>,
    /// The declaration's crossing point, or the device's own.
    pub crossing_point: Option<String>,
    /// When the service decided it.
    pub recorded_at: DateTime<Utc>,
    /// The action as which it was taken.
    pub seq: Option<i32>,
    /// The problem document with which it was refused.
    pub problem: Option<JsonText>,
}

/// Sequences that a device has passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub struct Missing {
    /// The first.
    #[diesel(sql_type = BigInt)]
    pub from: i64,
    /// The last.
    #[diesel(sql_type = BigInt)]
    pub to: i64,
}

/// How far back, counted in what a device told, missing sequences are looked for.
const LOOK_BACK: i64 = 1_000;

/// Which of what devices told is asked for.
#[derive(Clone, Debug)]
pub struct Filter {
    /// At these crossing points.
    pub crossing_points: Scope,
    /// Of this device.
    pub device: Option<String>,
    /// Taken, or refused.
    pub taken: Option<bool>,
    /// Before this place: when recorded, the device, its sequence.
    pub before: Option<(DateTime<Utc>, String, i64)>,
}

impl DeviceAction {
    const COLUMNS: &'static str =
        "d.device, d.sequence, d.said, d.at, d.declaration, d.crossing_point, d.recorded_at, d.seq, d.problem";

    fn of(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            device: row.try_get(0)?,
            sequence: row.try_get(1)?,
            said: row.try_get(2)?,
            at: row.try_get(3)?,
            declaration: row.try_get(4)?,
            crossing_point: row.try_get(5)?,
            recorded_at: row.try_get(6)?,
            seq: row.try_get(7)?,
            problem: row.try_get(8)?,
        })
    }
}

/// What became of those of `asked` (device and sequence) that were told before.
///
/// # Errors
///
/// The database's.
pub async fn known(client: &Client, asked: &[(&str, i64)]) -> Result<Vec<DeviceAction>, Error> {
    let devices: Vec<&str> = asked.iter().map(|(device, _)| *device).collect();
    let sequences: Vec<i64> = asked.iter().map(|(_, sequence)| *sequence).collect();
    let sql = format!(
        "select {} from unnest($1::text[], $2::bigint[]) as q(device, sequence) join device_actions d using (device, sequence)",
        DeviceAction::COLUMNS
    );
    client.query(&sql, &[&devices, &sequences]).await?.iter().map(DeviceAction::of).collect()
}

/// Keeps what was refused, which has no other effect; which of it is new (device and sequence).
///
/// # Errors
///
/// The database's.
pub async fn refuse(client: &Client, refused: &[DeviceAction]) -> Result<Vec<(String, i64)>, Error> {
    let devices: Vec<&str> = refused.iter().map(|one| one.device.as_str()).collect();
    let sequences: Vec<i64> = refused.iter().map(|one| one.sequence).collect();
    let said: Vec<&JsonText> = refused.iter().map(|one| &one.said).collect();
    let ats: Vec<Option<DateTime<Utc>>> = refused.iter().map(|one| one.at).collect();
    let declarations: Vec<Option<i64>> = refused.iter().map(|one| one.declaration).collect();
    let places: Vec<Option<&str>> = refused.iter().map(|one| one.crossing_point.as_deref()).collect();
    let recorded: Vec<DateTime<Utc>> = refused.iter().map(|one| one.recorded_at).collect();
    let problems: Vec<Option<&JsonText>> = refused.iter().map(|one| one.problem.as_ref()).collect();
    let rows = client
        .query(
            "insert into device_actions (device, sequence, said, at, declaration, crossing_point, recorded_at, problem)
             select * from unnest($1::text[], $2::bigint[], $3::json[], $4::timestamptz[], $5::bigint[], $6::text[],
                                  $7::timestamptz[], $8::json[]) as q(device, sequence, said, at, declaration,
                                  crossing_point, recorded_at, problem)
             order by device, sequence
             on conflict do nothing returning device, sequence",
            &[&devices, &sequences, &said, &ats, &declarations, &places, &recorded, &problems],
        )
        .await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// Keeps one that could not even be asked, and was refused; what is kept of its sequence, now or from before.
///
/// # Errors
///
/// The database's.
pub async fn keep(conn: &mut AsyncPgConnection, refused: &DeviceAction) -> QueryResult<DeviceAction> {
    diesel::insert_into(device_actions::table).values(refused).on_conflict_do_nothing().execute(conn).await?;
    device_actions::table.find((&refused.device, refused.sequence)).select(DeviceAction::as_select()).first(conn).await
}

/// The last sequence of a device, 0 before the first, and those of late that it has passed over.
///
/// # Errors
///
/// The database's.
pub async fn passed_over(conn: &mut AsyncPgConnection, device: &str) -> QueryResult<(i64, Vec<Missing>)> {
    let last: Option<i64> = device_actions::table
        .filter(device_actions::device.eq(device))
        .order(device_actions::sequence.desc())
        .select(device_actions::sequence)
        .first(conn)
        .await
        .optional()?;
    let Some(last) = last else { return Ok((0, Vec::new())) };
    let first = (last - LOOK_BACK).max(0);
    let missing = diesel::sql_query(
        "select sequence + 1 as \"from\", next - 1 as \"to\"
         from (select sequence, lead(sequence) over (order by sequence) as next
               from (select $2 as sequence
                     union all select sequence from device_actions where device = $1 and sequence > $2) of_late) pairs
         where next > sequence + 1 order by 1",
    )
    .bind::<Text, _>(device)
    .bind::<BigInt, _>(first)
    .load(conn)
    .await?;
    Ok((last, missing))
}

/// What devices told, newest first.
///
/// # Errors
///
/// The database's.
pub async fn list(conn: &mut AsyncPgConnection, filter: &Filter, limit: i64) -> QueryResult<Vec<DeviceAction>> {
    use device_actions as d;
    let mut query = d::table.select(DeviceAction::as_select()).into_boxed();
    if let Some(codes) = filter.crossing_points.codes() {
        query = query.filter(d::crossing_point.eq_any(codes));
    }
    if let Some(device) = &filter.device {
        query = query.filter(d::device.eq(device));
    }
    match filter.taken {
        Some(true) => query = query.filter(d::problem.is_null()),
        Some(false) => query = query.filter(d::problem.is_not_null()),
        None => {}
    }
    if let Some((at, device, sequence)) = &filter.before {
        let later = d::device.lt(device).or(d::device.eq(device).and(d::sequence.lt(sequence)));
        // Said twice, so that the index is entered at that place.
        query = query.filter(d::recorded_at.le(at)).filter(d::recorded_at.lt(at).or(later));
    }
    query.order((d::recorded_at.desc(), d::device.desc(), d::sequence.desc())).limit(limit).load(conn).await
}
