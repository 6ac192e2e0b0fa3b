//! Closing a period that is over: its figures are signed and added to the chain of closings.

use chrono::SecondsFormat;
use diesel_async::{AsyncConnection, AsyncPgConnection};

use super::administration::{Creation, Made, Refused};
use crate::domain::closing::{Before, Closing, Document, hash_of};
use crate::domain::period::{Interval, Reported, TIME_ZONE, beginning_of};
use crate::domain::reference::Reference;
use crate::domain::rule_failure::RuleFailure;
use crate::identity::keys::Keys;
use crate::storage::{closings, throughput};

/// Closes `reported` in the name of `by`, with the figures that stand at this moment.
///
/// # Errors
///
/// [`Refused::Invalid`] for a period that is not over or has no name in the calendar, [`Refused::NothingNew`] where
/// the figures are those of its last closing; else [`Refused`].
pub async fn close(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    creation: &Creation<'_, Closing>,
    reported: &Reported,
    by: &str,
    reference: &Reference,
) -> Result<Made<Closing>, Refused> {
    if reported.interval == Interval::None {
        return Err(Refused::Invalid(vec![RuleFailure::new("/period", "period-not-of-the-calendar")]));
    }
    if !reported.period.span.is_over(creation.now) {
        let over = beginning_of(reported.period.span.to).to_rfc3339_opts(SecondsFormat::Secs, true);
        return Err(Refused::Invalid(vec![RuleFailure::new("/period", "period-not-over").with("over", over)]));
    }
    if let Some(reply) = creation.before(conn).await? {
        return Ok(Made::Replayed(reply));
    }
    // Each time round somebody else has closed something meanwhile: nobody waits for ever.
    loop {
        let outcome = conn
            .transaction(async |conn| {
                let Some(closing) = written(conn, keys, creation, reported, by, reference).await? else {
                    return Ok(None);
                };
                creation.keep(conn, &closing).await?;
                Ok(Some(closing))
            })
            .await;
        match outcome {
            Ok(None) => {}
            Ok(Some(closing)) => return Ok(Made::New(closing)),
            Err(refused) => return creation.settle(conn, Err(refused)).await,
        }
    }
}

/// Writes the closing after the last of all; none where another took its place meanwhile.
async fn written(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    creation: &Creation<'_, Closing>,
    reported: &Reported,
    by: &str,
    reference: &Reference,
) -> Result<Option<Closing>, Refused> {
    // The head first: whatever is closed after this takes the place that this one would have.
    let head = closings::head(conn).await?;
    let last = closings::of(conn, &reported.period.name, None).await?;
    let figures = throughput::compared(conn, reported, reference).await?;
    let unreadable = |error: serde_json::Error| diesel::result::Error::DeserializationError(error.into());
    if let Some(last) = &last
        && last.read().map_err(unreadable)?.differences(&figures.own).is_empty()
    {
        return Err(Refused::NothingNew(last.revision));
    }
    let before = Before { head: head.map(|head| (head.seq, head.hash)), revision: last.map(|last| last.revision) };
    let document = Document::of(reported, &figures, before, (creation.now, by), TIME_ZONE);
    let text =
        serde_json::to_string(&document).map_err(|error| diesel::result::Error::SerializationError(error.into()))?;
    let closing = Closing {
        seq: document.seq,
        period: document.period,
        revision: document.revision,
        closed_at: document.closed_at,
        closed_by: document.closed_by,
        hash: hash_of(&text),
        kid: keys.kid().to_owned(),
        signature: keys.sign(text.as_bytes()).to_vec(),
        document: text,
    };
    Ok(closings::insert(conn, &closing).await?.then_some(closing))
}
