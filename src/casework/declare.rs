//! A set of new declarations: one statement in autocommit.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::desk::{Desk, Trouble};
use super::failure::Failure;
use super::writer::{Pending, random};
use super::{Done, Work};
use crate::domain::act::Refusal;
use crate::domain::audit::hex;
use crate::domain::declaration::{Declaration, Entry};
use crate::domain::declare::{NewDeclaration, declare};
use crate::domain::number::Number;
use crate::storage::receipts;
use crate::storage::sets::{Change, LinkedAction, in_the_way, link};

/// Draws a number for something made at `now` that is not among those `drawn` already.
pub(super) fn draw(now: DateTime<Utc>, drawn: &mut HashSet<Number>) -> Result<Number, Failure> {
    // 5 of 37 draws have no ordinary check character; 64 in a row without one happen once in 10^55.
    for _ in 0..64 {
        let [a, b, c, d] = random()?;
        if let Some(number) = Number::draw(now, u32::from_be_bytes([a, b, c, d]))
            && drawn.insert(number)
        {
            return Ok(number);
        }
    }
    Err(Failure::Internal("no declaration number can be drawn at this time of the clock".into()))
}

/// Random text under which people are sealed: 128 bits in hexadecimal.
pub(super) fn salt() -> Result<String, Failure> {
    Ok(hex(&random::<16>()?))
}

/// A new declaration with its actions, on its way into the database.
struct Making {
    pending: Pending,
    after: Declaration,
    actions: Vec<LinkedAction>,
}

impl Making {
    /// Who asked, with what was sent to the database noted.
    fn tried(self) -> Pending {
        self.pending.tried(&self.after)
    }

    fn change(&self) -> Change<'_> {
        Change {
            before: None,
            after: &self.after,
            actions: &self.actions,
            kept: self.pending.ask.keep.iter().map(|keep| keep.kept(&self.after)).collect(),
        }
    }
}

impl Desk {
    /// Writes a set of new declarations and answers each; one whose number turned out to be taken comes back, to draw
    /// another.
    ///
    /// # Errors
    ///
    /// [`Trouble`], with everything that was not answered yet.
    pub(super) async fn declare_set(
        &self,
        set: Vec<Pending>,
        drawn: &mut HashSet<Number>,
    ) -> Result<Vec<Pending>, Trouble> {
        let now = self.clock.now();
        let set = self.replay_known_keys(set).await?;
        let set = self.answer_imported(set).await?;
        let mut making: Vec<Making> = Vec::with_capacity(set.len());
        for pending in set {
            match self.made(&pending, now, drawn) {
                Ok((after, actions)) => making.push(Making { pending, after, actions }),
                Err(failure) => pending.answer(Err(failure)),
            }
        }
        // One order of locks on the vehicles' places, whoever writes.
        making.sort_by_cached_key(|making| (making.after.place_taken(), making.after.content.direction));
        if making.is_empty() {
            return Ok(Vec::new());
        }
        let changes: Vec<Change> = making.iter().map(Making::change).collect();
        let taken = match self.statements.insert(&self.client, &changes).await {
            Ok(taken) => taken,
            Err(error) => {
                drop(changes);
                return Err(Trouble { error, unanswered: making.into_iter().map(Making::tried).collect() });
            }
        };
        let left_out: Vec<Change> =
            changes.into_iter().filter(|change| !taken.contains(&change.after.number.as_i64())).collect();
        let reasons = if left_out.is_empty() { Ok(Vec::new()) } else { in_the_way(&self.client, &left_out).await };
        let used = receipts::used(&self.client, &left_out.iter().collect::<Vec<_>>()).await;
        drop(left_out);
        let (done, refused): (Vec<Making>, Vec<Making>) =
            making.into_iter().partition(|making| taken.contains(&making.after.number.as_i64()));
        for making in done {
            making.pending.answer(Ok(Done::Written(Box::new(making.after))));
        }
        let (reasons, used) = match reasons.and_then(|reasons| Ok((reasons, used?))) {
            Ok(looked) => looked,
            Err(error) => {
                return Err(Trouble { error, unanswered: refused.into_iter().map(Making::tried).collect() });
            }
        };
        let mut again = Vec::new();
        for making in refused {
            let Making { pending, after, .. } = making;
            let reason = reasons.iter().find(|reason| reason.number == after.number.as_i64());
            let own_firm = after.firm.0;
            let used = used.iter().find(|used| pending.receipt() == Some(used.receipt.as_str()));
            let answer = match reason {
                Some(reason) if reason.exists_with_head.as_deref() == Some(&after.head.0) => {
                    Ok(Done::Written(Box::new(after)))
                }
                Some(reason) if !reason.firm_stands => Err(Failure::NoSuchFirm),
                // Another declaration's number: another is drawn.
                Some(reason) if reason.exists_with_head.is_some() => {
                    again.push(pending);
                    continue;
                }
                Some(_) if let Some(used) = used => Err(Failure::ReceiptUsed(used.clone())),
                // Without a holder the place was given up since, or another of the same set took it.
                Some(reason) => Err(Failure::VehicleAlreadyDeclared {
                    vehicle: after.content.mark().unwrap_or_default().to_owned(),
                    other: reason
                        .holder
                        .filter(|(_, firm)| *firm == own_firm)
                        .and_then(|(number, _)| Number::from_i64(number)),
                }),
                None => Err(Failure::Unavailable("it was left out for no reason that stands any more".into())),
            };
            pending.answer(answer);
        }
        Ok(again)
    }

    /// Decides one new declaration.
    fn made(
        &self,
        pending: &Pending,
        now: DateTime<Utc>,
        drawn: &mut HashSet<Number>,
    ) -> Result<(Declaration, Vec<LinkedAction>), Failure> {
        let actor = &pending.ask.who.actor;
        let sent = match &pending.ask.work {
            Work::Declare { sent } => sent,
            Work::Import(imported) => return self.import(imported, actor, now, drawn),
            Work::Act { .. } => return Err(Failure::Internal("an action among new declarations".into())),
        };
        let firm = actor.firm.ok_or(Failure::Refused(Refusal::NotYours("role")))?;
        let new = NewDeclaration { number: draw(now, drawn)?, firm, sent: (**sent).clone(), salt: salt()? };
        let acted = declare(new, actor, now, self.rules.book().rules())?;
        linked(acted.after, acted.entries)
    }
}

/// The record with its actions linked into its chain.
pub(super) fn linked(mut after: Declaration, entries: Vec<Entry>) -> Result<(Declaration, Vec<LinkedAction>), Failure> {
    let actions = link(&mut after, entries).map_err(|error| Failure::Internal(Box::new(error)))?;
    Ok((after, actions))
}
