//! The system's own actions that are due by the clock: what nobody came for, or nobody answered, expires.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::failure::Failure;
use super::writer::Writer;
use super::{Ask, Order, Work};
use crate::domain::actor::Actor;
use crate::domain::number::Number;
use crate::domain::workflow::Action;
use crate::identity::principal::Principal;
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
    let system = Arc::new(Principal { actor: Actor::system(), session: None, oauth_scopes: None });
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
        let asks = page.iter().filter_map(|(_, number)| Number::from_i64(*number)).map(|number| {
            let work = Work::Act { number, at_revision: None, order: Order::Action(Action::Expire, Box::default()) };
            writer.ask(Ask { who: Arc::clone(&system), work, keep: None })
        });
        for answer in futures_util::future::join_all(asks).await {
            match answer {
                Ok(_) => expired += 1,
                Err(Failure::Refused(_) | Failure::NoSuchDeclaration | Failure::Stale(_)) => {}
                Err(failure) => tracing::warn!(%failure, "a declaration that is due could not expire"),
            }
        }
        match page.last() {
            Some(last) if page.len() == usize::try_from(PAGE).unwrap_or(usize::MAX) => after = Some(*last),
            Some(_) | None => return Ok(expired),
        }
    }
}
