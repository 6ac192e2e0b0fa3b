//! What devices tell of: each is taken once, by the device's own sequence, and what became of it is kept with the
//! effect itself, a refusal as well as an action.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;
use tokio_postgres::Error;

use super::desk::{Desk, Trouble};
use super::failure::Failure;
use super::forming::Set;
use super::writer::{Pending, Writer};
use super::{Ask, Done, Work};
use crate::domain::actor::Actor;
use crate::domain::declaration::Details;
use crate::domain::number::Number;
use crate::domain::workflow::Action;
use crate::identity::principal::Principal;
use crate::storage::column_types::JsonText;
use crate::storage::device_actions::{self, DeviceAction};
use crate::storage::pool::is_away;

/// Makes the problem document of a refusal; gives back what is none: then nothing was decided.
pub type Refusing = Box<dyn Fn(Failure) -> Result<JsonText, Failure> + Send>;

/// What a device says that it did.
pub struct Told {
    /// The device: a machine client's id.
    pub device: String,
    /// Its own count.
    pub sequence: i64,
    /// Its words.
    pub said: JsonText,
    /// When it did it.
    pub at: Option<DateTime<Utc>>,
    /// To which declaration.
    pub number: Number,
    /// What.
    pub action: Action,
    /// With what was said.
    pub details: Details,
    /// How a refusal is told.
    pub refusing: Refusing,
}

/// One thing that a device tells of, as far as it can be asked.
pub enum Telling {
    /// The writer is asked.
    Asked(Box<Told>),
    /// It was refused before anything was looked up.
    Refused(Box<DeviceAction>),
}

impl Told {
    /// What is kept of it: taken as `seq`, or refused with `problem`.
    fn kept(
        &self,
        crossing_point: Option<String>,
        recorded_at: DateTime<Utc>,
        outcome: Result<i32, JsonText>,
    ) -> DeviceAction {
        let (seq, problem) = match outcome {
            Ok(seq) => (Some(seq), None),
            Err(problem) => (None, Some(problem)),
        };
        DeviceAction {
            device: self.device.clone(),
            sequence: self.sequence,
            said: self.said.clone(),
            at: self.at,
            declaration: Some(self.number.as_i64()),
            crossing_point,
            recorded_at,
            seq,
            problem,
        }
    }

    /// What it is known by.
    pub(super) fn name(&self) -> (&str, i64) {
        (&self.device, self.sequence)
    }

    /// What is kept when it is taken as the action `seq`.
    pub(super) fn taken(&self, crossing_point: &str, recorded_at: DateTime<Utc>, seq: i32) -> DeviceAction {
        self.kept(Some(crossing_point.to_owned()), recorded_at, Ok(seq))
    }
}

fn away(error: diesel::result::Error) -> Failure {
    if is_away(&error) { Failure::Unavailable(Box::new(error)) } else { Failure::Internal(Box::new(error)) }
}

/// Where a device stands, when it stands at one crossing point alone.
#[must_use]
pub fn place_of(actor: &Actor) -> Option<String> {
    match actor.crossing_points.codes() {
        Some([only]) => Some(only.clone()),
        Some(_) | None => None,
    }
}

/// Has what a device tells decided in its order, each once; what became of each.
///
/// # Errors
///
/// The first [`Failure`] that decided nothing: everything is to be told again, and what was decided stays decided. A
/// sequence that was told of with other words is [`Failure::KeyMismatch`], in its place.
pub async fn tell(
    conn: &mut AsyncPgConnection,
    writer: &Writer,
    who: &Arc<Principal>,
    tellings: Vec<Telling>,
) -> Result<Vec<Result<DeviceAction, Failure>>, Failure> {
    let mut outcomes: Vec<Option<Result<DeviceAction, Failure>>> = Vec::with_capacity(tellings.len());
    let mut asks = Vec::new();
    for telling in tellings {
        outcomes.push(match telling {
            Telling::Asked(told) => {
                asks.push(Ask { who: Arc::clone(who), work: Work::Told(told), keep: None });
                None
            }
            Telling::Refused(refused) => {
                let kept = device_actions::keep(conn, &refused).await.map_err(away)?;
                Some(if kept.said == refused.said { Ok(kept) } else { Err(Failure::KeyMismatch) })
            }
        });
    }
    let mut answers = writer.ask_in_order(asks).await.into_iter();
    let mut told = Vec::with_capacity(outcomes.len());
    for outcome in outcomes {
        let outcome = match outcome {
            Some(outcome) => outcome,
            None => match answers.next() {
                Some(Ok(Done::Told(kept))) => Ok(*kept),
                Some(Err(Failure::KeyMismatch)) => Err(Failure::KeyMismatch),
                Some(Err(failure)) => return Err(failure),
                Some(Ok(_)) | None => return Err(Failure::Internal("another answer than to a device".into())),
            },
        };
        told.push(outcome);
    }
    Ok(told)
}

/// Something that a device told of and that was refused.
pub(super) struct Refused {
    pub(super) pending: Pending,
    pub(super) failure: Failure,
    /// The declaration's crossing point, where the device may see it.
    pub(super) crossing_point: Option<String>,
    /// Whether it stands, whatever becomes of what was decided on the same record before it.
    pub(super) stands: bool,
}

impl Desk {
    /// Answers what devices told of before.
    pub(super) async fn answer_told(&self, set: &mut Set) -> Result<(), Error> {
        let asked: Vec<(&str, i64)> = set.asked().filter_map(Pending::told).map(Told::name).collect();
        if asked.is_empty() {
            return Ok(());
        }
        let known = device_actions::known(&self.client, &asked).await?;
        let known: HashMap<(&str, i64), &DeviceAction> =
            known.iter().map(|kept| ((kept.device.as_str(), kept.sequence), kept)).collect();
        let kept = |pending: &Pending| {
            let told = pending.told()?;
            let kept = *known.get(&told.name())?;
            Some((kept, kept.said == told.said))
        };
        for pending in set.take_out(|pending| kept(pending).is_some()) {
            let answer = match kept(&pending) {
                Some((kept, true)) => Ok(Done::Told(Box::new(kept.clone()))),
                Some((_, false)) | None => Err(Failure::KeyMismatch),
            };
            pending.answer(answer);
        }
        Ok(())
    }

    /// Keeps what was refused of what devices told, and answers it. What was decided on a record that came out
    /// otherwise (one of `unsettled`), or at the same moment by another instance, comes back.
    pub(super) async fn refuse(
        &self,
        refused: Vec<Refused>,
        unsettled: &HashSet<i64>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Pending>, Trouble> {
        let mut again = Vec::new();
        let mut keeping: Vec<(Pending, DeviceAction)> = Vec::new();
        for Refused { pending, failure, crossing_point, stands } in refused {
            let Some(told) = pending.told() else {
                pending.answer(Err(failure));
                continue;
            };
            if !stands && unsettled.contains(&told.number.as_i64()) {
                again.push(pending);
                continue;
            }
            match (told.refusing)(failure) {
                Ok(problem) => {
                    let place = crossing_point.or_else(|| place_of(&pending.ask.who.actor));
                    let kept = told.kept(place, now, Err(problem));
                    keeping.push((pending, kept));
                }
                Err(failure) => pending.answer(Err(failure)),
            }
        }
        if keeping.is_empty() {
            return Ok(again);
        }
        let rows: Vec<DeviceAction> = keeping.iter().map(|(_, kept)| kept.clone()).collect();
        let new: HashSet<(String, i64)> = match device_actions::refuse(&self.client, &rows).await {
            Ok(new) => new.into_iter().collect(),
            Err(error) => {
                again.extend(keeping.into_iter().map(|(pending, _)| pending));
                return Err(Trouble { error, unanswered: again });
            }
        };
        for (pending, kept) in keeping {
            if new.contains(&(kept.device.clone(), kept.sequence)) {
                pending.answer(Ok(Done::Told(Box::new(kept))));
            } else {
                again.push(pending);
            }
        }
        Ok(again)
    }
}
