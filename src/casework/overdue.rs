//! The system's own actions that are due by the clock: what nobody came for, or nobody answered, expires; a legal
//! clock that ran out is recorded.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::failure::Failure;
use super::writer::Writer;
use super::{Ask, Order, Work};
use crate::domain::actor::Actor;
use crate::domain::number::Number;
use crate::domain::rule_book::RuleBook;
use crate::domain::workflow::Action;
use crate::identity::principal::Principal;
use crate::storage;
use crate::storage::declarations::{DueMarks, Filter};
use crate::storage::schema::declarations;

/// How many are looked at in one go.
const PAGE: i64 = 500;

/// Expires whatever waits since `days` days or longer; how many it were.
///
/// What a hold stops stays, and is looked at again the next time.
///
/// # Errors
///
/// The database's, on finding them. What the writer refuses (somebody acted in the meantime) is left alone.
pub async fn expire(
    conn: &mut AsyncPgConnection,
    writer: &Writer,
    now: DateTime<Utc>,
    days: i64,
) -> QueryResult<usize> {
    let due = now - Duration::days(days);
    let system = system();
    let mut expired = 0;
    let mut after: Option<(DateTime<Utc>, i64)> = None;
    loop {
        let mut query = declarations::table
            .filter(declarations::waiting_since.le(due))
            .select((declarations::waiting_since.assume_not_null(), declarations::number))
            .order((declarations::waiting_since, declarations::number))
            .limit(PAGE)
            .into_boxed();
        if let Some((since, number)) = after {
            query = query.filter(
                declarations::waiting_since
                    .gt(since)
                    .or(declarations::waiting_since.eq(since).and(declarations::number.gt(number))),
            );
        }
        let page: Vec<(DateTime<Utc>, i64)> = query.load(conn).await?;
        let numbers = page.iter().filter_map(|(_, number)| Number::from_i64(*number));
        expired += done(writer, &system, Action::Expire, numbers).await;
        match page.last() {
            Some(last) if page.len() == usize::try_from(PAGE).unwrap_or(usize::MAX) => after = Some(*last),
            Some(_) | None => return Ok(expired),
        }
    }
}

/// Records every legal clock that has run out by `now` and is not recorded yet; on how many declarations.
///
/// # Errors
///
/// As [`expire`].
pub async fn record_breaches(
    conn: &mut AsyncPgConnection,
    writer: &Writer,
    now: DateTime<Utc>,
    rules: &RuleBook,
) -> QueryResult<usize> {
    let system = system();
    let due = Some(DueMarks::before(now, &rules.reference));
    let mut filter = Filter { due, ..Filter::default() };
    let mut recorded = 0;
    loop {
        let page = storage::declarations::list(conn, &system.actor, &filter, PAGE).await?;
        let ran_out = page.iter().filter(|declaration| !declaration.ran_out(now, rules.rules()).is_empty());
        recorded += done(writer, &system, Action::ClockBreach, ran_out.map(|declaration| declaration.number)).await;
        match page.last() {
            Some(last) if page.len() == usize::try_from(PAGE).unwrap_or(usize::MAX) => {
                filter.before = Some(last.number);
            }
            Some(_) | None => return Ok(recorded),
        }
    }
}

fn system() -> Arc<Principal> {
    Arc::new(Principal { actor: Actor::system(), session: None, oauth_scopes: None })
}

/// Has the system do `action` on each of `numbers`; how many it did. What somebody else settled meanwhile is left alone.
async fn done(
    writer: &Writer,
    system: &Arc<Principal>,
    action: Action,
    numbers: impl Iterator<Item = Number>,
) -> usize {
    let asks = numbers.map(|number| {
        let work = Work::Act { number, at_revision: None, order: Order::Action(action, Box::default()) };
        writer.ask(Ask { who: Arc::clone(system), work, keep: None })
    });
    let mut done = 0;
    for answer in futures_util::future::join_all(asks).await {
        match answer {
            Ok(_) => done += 1,
            Err(Failure::Refused(_) | Failure::NoSuchDeclaration | Failure::Stale(_)) => {}
            Err(failure) => tracing::warn!(%failure, %action, "what was due could not be done"),
        }
    }
    done
}
