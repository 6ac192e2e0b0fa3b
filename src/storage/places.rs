//! The places that are taken, as rows.

use std::collections::{BTreeMap, HashSet};

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use tokio_postgres::{Client, Error};

use super::schema::places;
use crate::domain::places::{Places, Room, Taken};

/// A place that a declaration is about to take.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    /// In which room.
    pub room: Room,
    /// Which of its places.
    pub place: i32,
    /// For whom.
    pub declaration: i64,
}

/// A place that a declaration gives back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release {
    /// In which room.
    pub room: Room,
    /// Whose.
    pub declaration: i64,
}

/// What is taken in `rooms`.
///
/// # Errors
///
/// The database's.
pub async fn taken(client: &Client, rooms: Vec<Room>) -> Result<Places, Error> {
    if rooms.is_empty() {
        return Ok(Places::default());
    }
    let names: Vec<String> = rooms.iter().map(Room::to_string).collect();
    let rows = client
        .query("select room, array_agg(place) from places where room = any($1::text[]) group by room", &[&names])
        .await?;
    let mut by_name: BTreeMap<String, Taken> = BTreeMap::new();
    for row in rows {
        let places: Vec<i32> = row.try_get(1)?;
        by_name.insert(row.try_get(0)?, places.into_iter().collect());
    }
    let of = |(room, name): (Room, String)| (room, by_name.remove(&name).unwrap_or_default());
    Ok(Places::of(rooms.into_iter().zip(names).map(of).collect()))
}

/// What is taken in `rooms`, for a reader: one statement, hence one snapshot.
///
/// # Errors
///
/// The database's.
pub async fn taken_now(conn: &mut AsyncPgConnection, rooms: Vec<Room>) -> QueryResult<Places> {
    let names: Vec<String> = rooms.iter().map(Room::to_string).collect();
    let query = places::table.filter(places::room.eq_any(&names)).select((places::room, places::place));
    let mut by_name: BTreeMap<String, Vec<i32>> = BTreeMap::new();
    for (name, place) in query.load::<(String, i32)>(conn).await? {
        by_name.entry(name).or_default().push(place);
    }
    let of = |(room, name): (Room, String)| (room, by_name.remove(&name).unwrap_or_default().into_iter().collect());
    Ok(Places::of(rooms.into_iter().zip(names).map(of).collect()))
}

/// Gives back `releases` and takes `claims`, within the caller's transaction; the declarations that lost one of theirs
/// to another writer.
///
/// # Errors
///
/// The database's.
pub async fn change(
    client: &Client,
    mut releases: Vec<Release>,
    mut claims: Vec<Claim>,
) -> Result<HashSet<i64>, Error> {
    // One order, whoever writes: two that wait for one another would never end.
    releases.sort_unstable();
    claims.sort_unstable();
    if !releases.is_empty() {
        let rooms: Vec<String> = releases.iter().map(|release| release.room.to_string()).collect();
        let numbers: Vec<i64> = releases.iter().map(|release| release.declaration).collect();
        client
            .execute(
                "delete from places p using unnest($1::text[], $2::bigint[]) as q(room, declaration)
                  where p.room = q.room and p.declaration = q.declaration",
                &[&rooms, &numbers],
            )
            .await?;
    }
    if claims.is_empty() {
        return Ok(HashSet::new());
    }
    let rooms: Vec<String> = claims.iter().map(|claim| claim.room.to_string()).collect();
    let places: Vec<i32> = claims.iter().map(|claim| claim.place).collect();
    let numbers: Vec<i64> = claims.iter().map(|claim| claim.declaration).collect();
    let rows = client
        .query(
            "insert into places (room, place, declaration)
             select * from unnest($1::text[], $2::integer[], $3::bigint[])
             on conflict do nothing returning room, declaration",
            &[&rooms, &places, &numbers],
        )
        .await?;
    let mut got: HashSet<(String, i64)> = HashSet::new();
    for row in rows {
        got.insert((row.try_get(0)?, row.try_get(1)?));
    }
    let lost = rooms.into_iter().zip(numbers).filter(|claim| !got.contains(claim));
    Ok(lost.map(|(_, number)| number).collect())
}
