//! Taking driver and crew out of records that have ended: when their term is over, and when an administrator orders it.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Timestamptz;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::failure::Failure;
use super::writer::Writer;
use super::{Ask, Order, Work};
use crate::domain::act::{Refusal, Standing};
use crate::domain::actor::Actor;
use crate::domain::declaration::{Declaration, Details};
use crate::domain::number::Number;
use crate::domain::workflow::Action;
use crate::identity::principal::Principal;
use crate::storage::declarations::find;
use crate::storage::schema::declarations;

/// How many are looked at in one go.
const PAGE: i64 = 500;

fn ask(who: &Arc<Principal>, number: Number, reason: String) -> Ask {
    let said = Details { reason: Some(reason), ..Details::default() };
    let order = Order::Action(Action::ErasePeople, Box::new(said));
    Ask { who: Arc::clone(who), work: Work::Act { number, at_revision: None, order }, keep: None }
}

/// Erases the people of whatever ended `days` days ago or longer; of how many records.
///
/// # Errors
///
/// The database's, on finding them. What the writer refuses is left for the next time.
pub async fn erase_due(
    conn: &mut AsyncPgConnection,
    writer: &Writer,
    now: DateTime<Utc>,
    days: i64,
) -> QueryResult<usize> {
    let system = Arc::new(Principal { actor: Actor::system(), session: None, oauth_scopes: None });
    let ended = || sql::<Timestamptz>("coalesce(completed_at, ended_at)");
    let mut erased = 0;
    loop {
        let page: Vec<i64> = declarations::table
            .filter(declarations::people.is_not_null())
            .filter(ended().le(now - TimeDelta::days(days)))
            .order(ended())
            .limit(PAGE)
            .select(declarations::number)
            .load(conn)
            .await?;
        let asks = page
            .iter()
            .filter_map(|number| Number::from_i64(*number))
            .map(|number| writer.ask(ask(&system, number, format!("{days} days after its end"))));
        let mut done = 0;
        for answer in futures_util::future::join_all(asks).await {
            match answer {
                Ok(_) => done += 1,
                Err(failure) => tracing::warn!(%failure, "the people of a record could not be erased after their term"),
            }
        }
        erased += done;
        if done == 0 || page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX) {
            return Ok(erased);
        }
    }
}

/// Erases the people of a record and of those that it came from or went on as by transfer, since they are the same
/// people; the numbers of the records that held any.
///
/// # Errors
///
/// [`Failure::NoSuchDeclaration`]; [`Failure::Refused`] while one of them has not ended, and where none holds people.
pub async fn order(
    conn: &mut AsyncPgConnection,
    writer: &Writer,
    who: &Arc<Principal>,
    number: Number,
    reason: &str,
) -> Result<Vec<Number>, Failure> {
    let records = same_journey(conn, number).await.map_err(|error| Failure::Unavailable(Box::new(error)))?;
    let not_now = |why, state| {
        let standing = Standing { action: Action::ErasePeople, state, due: Vec::new(), offered: Vec::new() };
        Failure::Refused(Refusal::NotNow { why, standing })
    };
    if records.is_empty() {
        return Err(Failure::NoSuchDeclaration);
    }
    if let Some(going_on) = records.iter().find(|record| !record.state.is_terminal()) {
        return Err(not_now("state", going_on.state));
    }
    let mut erased = Vec::new();
    for record in records.iter().filter(|record| record.people.is_some()) {
        writer.ask(ask(who, record.number, reason.to_owned())).await?;
        erased.push(record.number);
    }
    match records.as_slice().first() {
        Some(record) if erased.is_empty() => Err(not_now("no-people", record.state)),
        Some(_) | None => Ok(erased),
    }
}

/// The record with this number and all that transfers join to it; none where it is not there.
async fn same_journey(conn: &mut AsyncPgConnection, number: Number) -> QueryResult<Vec<Declaration>> {
    let mut records: Vec<Declaration> = Vec::new();
    let mut to_find = vec![number];
    while let Some(number) = to_find.pop() {
        if records.iter().any(|record| record.number == number) {
            continue;
        }
        let Some(record) = find(conn, number).await? else { continue };
        to_find.extend([record.progress.transferred_from, record.progress.transferred_to].into_iter().flatten());
        records.push(record);
    }
    Ok(records)
}
