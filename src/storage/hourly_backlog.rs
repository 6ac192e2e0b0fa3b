//! The backlog of a day, hour by hour.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Integer, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::throughput::{Stock, backlog};
use crate::domain::content::CargoClass;
use crate::domain::period::beginning_of;

/// The hours of a day at which to look, its beginning and its end among them.
pub const HOURS: usize = 25;

/// How many stood inside at each hour of a day, fruit and others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hour {
    /// With fruit.
    pub fruit: i64,
    /// Without.
    pub other: i64,
}

impl Hour {
    fn add(&mut self, cargo_class: CargoClass, count: i64) {
        match cargo_class {
            CargoClass::Fruit => self.fruit += count,
            CargoClass::General | CargoClass::NewVehicle | CargoClass::Empty => self.other += count,
        }
    }
}

/// Who came and went in each hour of a day, one prepared statement: at an hour counts what was at or before it.
struct Changes {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

impl QueryFragment<Pg> for Changes {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        const PARTS: [(&str, &str); 3] = [("arrived_at", "1"), ("completed_at", "-1"), ("ended_at", "-1")];
        pass.push_sql("select hour, cargo_class, sum(inside)::bigint from (");
        for (place, (stamp, inside)) in PARTS.iter().enumerate() {
            if place > 0 {
                pass.push_sql(" union all ");
            }
            pass.push_sql("select ceil(extract(epoch from ");
            pass.push_sql(stamp);
            pass.push_sql(" - ");
            pass.push_bind_param::<Timestamptz, _>(&self.from)?;
            pass.push_sql(") / 3600)::integer as hour, cargo_class, ");
            pass.push_sql(inside);
            pass.push_sql(" as inside from declarations where cargo_class is not null and arrived_at is not null and ");
            pass.push_sql(stamp);
            pass.push_sql(" > ");
            pass.push_bind_param::<Timestamptz, _>(&self.from)?;
            pass.push_sql(" and ");
            pass.push_sql(stamp);
            pass.push_sql(" <= ");
            pass.push_bind_param::<Timestamptz, _>(&self.to)?;
        }
        pass.push_sql(") as changes group by hour, cargo_class");
        Ok(())
    }
}

impl QueryId for Changes {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for Changes {
    type SqlType = (Integer, Text, BigInt);
}

impl<Conn> diesel::RunQueryDsl<Conn> for Changes {}

/// What stood inside at each full hour of `day`: the backlog at its beginning, and the day's stamps.
///
/// # Errors
///
/// The database's. In a transaction of one snapshot (the caller's) the two fit each other.
pub async fn by_hour(conn: &mut AsyncPgConnection, day: NaiveDate) -> QueryResult<[Hour; HOURS]> {
    let from = beginning_of(day);
    let mut at = Hour::default();
    for Stock { cargo_class, inside, .. } in backlog(conn, from).await? {
        at.add(cargo_class, inside);
    }
    let changes: Vec<(i32, String, i64)> = Changes { from, to: from + TimeDelta::days(1) }.load(conn).await?;
    let mut hours = [Hour::default(); HOURS];
    for (hour, cargo_class, count) in changes {
        let cargo_class = cargo_class.parse().map_err(|error| {
            diesel::result::Error::DeserializationError(Box::<dyn std::error::Error + Send + Sync>::from(error))
        });
        let cargo_class: CargoClass = cargo_class?;
        if let Some(hour) = usize::try_from(hour).ok().and_then(|hour| hours.get_mut(hour)) {
            hour.add(cargo_class, count);
        }
    }
    for hour in &mut hours {
        at.fruit += hour.fruit;
        at.other += hour.other;
        *hour = at;
    }
    Ok(hours)
}
