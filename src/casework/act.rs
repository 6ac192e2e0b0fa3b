//! A set of actions and amendments: the rows are read, each is decided by the pure rules, and one statement
//! writes those whose row still has the revision that was read.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};

use super::declare::{draw, linked, salt};
use super::desk::{Desk, Trouble};
use super::failure::Failure;
use super::writer::Pending;
use super::{Done, Order, Work};
use crate::domain::act::{self, Acted, Refusal};
use crate::domain::content::mark_in;
use crate::domain::declaration::Declaration;
use crate::domain::declare::amend;
use crate::domain::number::Number;
use crate::domain::receipt::{Receipt, ReceiptKind};
use crate::domain::rule_failure::RuleFailure;
use crate::domain::sent;
use crate::domain::workflow::Action;
use crate::storage::idempotency::without_people;
use crate::storage::receipts::{self, UsedReceipt};
use crate::storage::sets::{Change, KeptReply, LinkedAction};

/// One declaration in a set of actions: as it was read, as it is to be, and who asked for what between.
struct Moving {
    before: Declaration,
    after: Declaration,
    actions: Vec<LinkedAction>,
    /// The record that a transfer makes at the other crossing point.
    made: Option<(Declaration, Vec<LinkedAction>)>,
    /// An amendment or an erasure is among the actions: the whole row is written.
    amended: bool,
    /// Each that asked, with the record after his own action and what is kept of it.
    asked: Vec<(Pending, Declaration, Option<KeptReply>)>,
}

impl Moving {
    fn change(&self) -> Change<'_> {
        Change {
            before: Some(&self.before),
            after: &self.after,
            actions: &self.actions,
            kept: self.asked.iter().filter_map(|(_, _, kept)| kept.clone()).collect(),
        }
    }

    /// Whether it takes a vehicle's place or makes a record: then a transaction is held and looked at before
    /// it is committed.
    fn is_careful(&self) -> bool {
        self.amended || self.made.is_some() || self.change().claim().is_some()
    }

    fn answered(self) {
        for (pending, after, _) in self.asked {
            pending.answer(Ok(Done::Written(Box::new(after))));
        }
    }

    /// Who asked, with what was sent to the database noted.
    fn tried(self) -> impl Iterator<Item = Pending> {
        let after = self.after;
        self.asked.into_iter().map(move |(pending, _, _)| pending.tried(&after))
    }

    /// Who asked, where it is known that nothing was written, without those whose own receipt is `used`: they are
    /// told so.
    fn without_used(self, used: &[UsedReceipt]) -> Vec<Pending> {
        let brought: Vec<Receipt> = self.actions.iter().filter_map(|action| action.entry.receipt()).collect();
        let of = |pending: &Pending| {
            let kind = match &pending.ask.work {
                Work::Act { order: Order::Action(Action::FeePay, _), .. } => ReceiptKind::Payment,
                Work::Act { order: Order::Action(Action::FeeRefund, _), .. } => ReceiptKind::Refund,
                _ => return None,
            };
            let own = |used: &&UsedReceipt| {
                let same = brought.iter().any(|one| one.kind == kind && one.receipt == used.receipt);
                used.kind == kind && same && pending.receipt().is_none_or(|receipt| receipt == used.receipt)
            };
            used.iter().find(own).cloned()
        };
        let mut rest = Vec::new();
        for (pending, ..) in self.asked {
            match of(&pending) {
                Some(used) => pending.answer(Err(Failure::ReceiptUsed(used))),
                None => rest.push(pending),
            }
        }
        rest
    }

    /// Who asked, where it is known that nothing was written.
    fn pending(self) -> impl Iterator<Item = Pending> {
        self.asked.into_iter().map(|(pending, _, _)| pending)
    }
}

fn pending_of(moving: Vec<Moving>) -> Vec<Pending> {
    moving.into_iter().flat_map(Moving::pending).collect()
}

impl Desk {
    /// Writes a set of actions and answers each; what lost a race comes back, to be done again.
    ///
    /// # Errors
    ///
    /// [`Trouble`], with everything that was not answered yet.
    pub(super) async fn act_set(
        &self,
        set: Vec<Pending>,
        drawn: &mut HashSet<Number>,
    ) -> Result<Vec<Pending>, Trouble> {
        let now = self.clock.now();
        let set = self.replay_known_keys(set).await?;
        let mut numbers: Vec<i64> = set.iter().filter_map(super::writer::Pending::number).map(Number::as_i64).collect();
        numbers.sort_unstable();
        numbers.dedup();
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let rows = match self.statements.read(&self.client, &numbers).await {
            Ok(rows) => rows,
            Err(error) => return Err(Trouble { error, unanswered: set }),
        };
        let mut records: BTreeMap<i64, Declaration> = BTreeMap::new();
        for row in rows {
            match row.declaration() {
                Ok(declaration) => drop(records.insert(declaration.number.as_i64(), declaration)),
                // Its askers are told that it is not there; the log says why.
                Err(error) => tracing::error!(%error, "a declaration cannot be read"),
            }
        }
        let moving = self.decided(set, &records, now, drawn);
        let (careful, plain): (Vec<Moving>, Vec<Moving>) = moving.into_iter().partition(Moving::is_careful);
        let mut again = match self.advanced(plain).await {
            Ok(again) => again,
            Err(mut trouble) => {
                trouble.unanswered.extend(pending_of(careful));
                return Err(trouble);
            }
        };
        if !careful.is_empty() {
            match self.updated(careful).await {
                Ok(lost) => again.extend(lost),
                Err(mut trouble) => {
                    trouble.unanswered.extend(again);
                    return Err(trouble);
                }
            }
        }
        Ok(again)
    }

    /// Decides each of `set` on its record, several on one record one after the other; answers what is refused.
    fn decided(
        &self,
        set: Vec<Pending>,
        records: &BTreeMap<i64, Declaration>,
        now: DateTime<Utc>,
        drawn: &mut HashSet<Number>,
    ) -> Vec<Moving> {
        let mut moving: BTreeMap<i64, Moving> = BTreeMap::new();
        for pending in set {
            let Some(before) = pending.number().and_then(|number| records.get(&number.as_i64())) else {
                pending.answer(Err(Failure::NoSuchDeclaration));
                continue;
            };
            let key = before.number.as_i64();
            let now_at = moving.get(&key).map_or(before, |moving| &moving.after);
            match self.decide(&pending, now_at, now, drawn) {
                Err(failure) => pending.answer(Err(failure)),
                Ok((after, actions, _)) if actions.is_empty() => pending.answer(Ok(Done::Written(Box::new(after)))),
                Ok((after, actions, made)) => {
                    let kept = pending.ask.keep.as_ref().map(|keep| keep.kept(&after));
                    let amended =
                        actions.iter().any(|action| matches!(action.entry.action, Action::Amend | Action::ErasePeople));
                    let one = moving.entry(key).or_insert_with(|| Moving {
                        before: before.clone(),
                        after: after.clone(),
                        actions: Vec::new(),
                        made: None,
                        amended: false,
                        asked: Vec::new(),
                    });
                    one.after.clone_from(&after);
                    one.actions.extend(actions);
                    one.amended |= amended;
                    one.made = one.made.take().or(made);
                    one.asked.push((pending, after, kept));
                }
            }
        }
        moving.into_values().collect()
    }

    #[expect(clippy::type_complexity, reason = "the record, its actions and the record made elsewhere, read once")]
    fn decide(
        &self,
        pending: &Pending,
        declaration: &Declaration,
        now: DateTime<Utc>,
        drawn: &mut HashSet<Number>,
    ) -> Result<(Declaration, Vec<LinkedAction>, Option<(Declaration, Vec<LinkedAction>)>), Failure> {
        let Work::Act { at_revision, order, .. } = &pending.ask.work else {
            return Err(Failure::Internal("a new declaration among actions".into()));
        };
        let actor = &pending.ask.who.actor;
        let action = match order {
            Order::Action(action, _) => *action,
            Order::Amend(_) => Action::Amend,
        };
        if !declaration.is_within_reach_of(action, actor) {
            return Err(Failure::NoSuchDeclaration);
        }
        if at_revision.is_some_and(|revision| revision != declaration.revision) {
            return Err(Failure::Stale(declaration.revision));
        }
        let book = self.rules.book();
        let rules = book.rules();
        let acted = match order {
            Order::Action(action, said) => {
                let new_number = if *action == Action::Transfer { Some(draw(now, drawn)?) } else { None };
                let order = act::Order { action: *action, said: (**said).clone(), new_number };
                act::act(declaration, &order, actor, now, rules)?
            }
            Order::Amend(patch) => {
                let people = declaration.people.clone().unwrap_or_default();
                let mut document = sent::document(&declaration.content, &people).into();
                sent::merge_patch(&mut document, patch.clone());
                let amended =
                    sent::declaration(document).map_err(|failures| Failure::Refused(Refusal::Invalid(failures)))?;
                if amended.draft {
                    let failure = RuleFailure::new("/draft", "not-amendable-now");
                    return Err(Failure::Refused(Refusal::Invalid(vec![failure])));
                }
                amend(declaration, amended, salt()?, actor, now, rules)?
            }
        };
        let Acted { after, entries, transferred } = acted;
        let (after, actions) = linked(after, entries)?;
        let made = transferred.map(|made| linked(made.0, vec![made.1])).transpose()?;
        Ok((after, actions, made))
    }

    /// Writes what moved on without being amended and without taking a place; what lost a race comes back.
    async fn advanced(&self, moving: Vec<Moving>) -> Result<Vec<Pending>, Trouble> {
        if moving.is_empty() {
            return Ok(Vec::new());
        }
        let changes: Vec<Change> = moving.iter().map(Moving::change).collect();
        let written = self.statements.advance(&self.client, &changes).await;
        drop(changes);
        match written {
            Ok(written) => {
                let (done, lost): (Vec<Moving>, Vec<Moving>) =
                    moving.into_iter().partition(|one| written.contains(&one.before.number.as_i64()));
                done.into_iter().for_each(Moving::answered);
                self.receipts_looked_at(lost).await
            }
            Err(error) => Err(Trouble { error, unanswered: moving.into_iter().flat_map(Moving::tried).collect() }),
        }
    }

    /// Answers those of `lost` whose receipt is used; the others lost a race, and come back.
    async fn receipts_looked_at(&self, lost: Vec<Moving>) -> Result<Vec<Pending>, Trouble> {
        let changes: Vec<Change> = lost.iter().map(Moving::change).collect();
        let used = receipts::used(&self.client, &changes.iter().collect::<Vec<_>>()).await;
        drop(changes);
        match used {
            Ok(used) => Ok(lost.into_iter().flat_map(|one| one.without_used(&used)).collect()),
            Err(error) => Err(Trouble { error, unanswered: pending_of(lost) }),
        }
    }

    /// Writes what is amended, takes a place or makes a record, in a transaction that is looked at before it is
    /// committed: what cannot be written with the others is answered or comes back, and the others are tried again.
    async fn updated(&self, mut moving: Vec<Moving>) -> Result<Vec<Pending>, Trouble> {
        let mut again = Vec::new();
        while !moving.is_empty() {
            let outcome = match self.try_update(&moving).await {
                Ok(outcome) => outcome,
                Err(error) => {
                    again.extend(moving.into_iter().flat_map(Moving::tried));
                    return Err(Trouble { error, unanswered: again });
                }
            };
            if outcome.stood_in_the_way.is_empty() && outcome.lost.is_empty() {
                moving.into_iter().for_each(Moving::answered);
                break;
            }
            let mut rest = Vec::new();
            for one in moving {
                let number = one.before.number.as_i64();
                if let Some(other) = outcome.stood_in_the_way.get(&number) {
                    let vehicle = one.change().claim().as_deref().map(mark_in).unwrap_or_default().to_owned();
                    for pending in one.pending() {
                        // An officer may not see what stands in the way elsewhere: its own firm alone is told.
                        let firm = pending.ask.who.actor.firm.map(|firm| firm.0);
                        let other = other
                            .filter(|(_, owner)| Some(*owner) == firm)
                            .and_then(|(other, _)| Number::from_i64(other));
                        pending.answer(Err(Failure::VehicleAlreadyDeclared { vehicle: vehicle.clone(), other }));
                    }
                } else if outcome.lost.contains(&number) {
                    again.extend(one.without_used(&outcome.used));
                } else {
                    rest.push(one);
                }
            }
            moving = rest;
        }
        Ok(again)
    }

    async fn try_update(&self, moving: &[Moving]) -> Result<Outcome, tokio_postgres::Error> {
        self.client.batch_execute("begin").await?;
        let outcome = self.update_within(moving).await;
        match &outcome {
            Ok(outcome) if outcome.stood_in_the_way.is_empty() && outcome.lost.is_empty() => {
                self.client.batch_execute("commit").await?;
            }
            // A rollback that fails as well leaves a connection that is not used again.
            Ok(_) => self.client.batch_execute("rollback").await?,
            Err(_) => drop(self.client.batch_execute("rollback").await),
        }
        outcome
    }

    async fn update_within(&self, moving: &[Moving]) -> Result<Outcome, tokio_postgres::Error> {
        let changes: Vec<Change> = moving.iter().map(Moving::change).collect();
        let written = self.statements.update(&self.client, &changes).await?;
        let erased: Vec<Number> = moving
            .iter()
            .filter(|one| one.actions.iter().any(|action| action.entry.action == Action::ErasePeople))
            .map(|one| one.before.number)
            .collect();
        if !erased.is_empty() {
            // The answers to repeated requests showed them too.
            without_people(&self.client, &erased, self.clock.now()).await?;
        }
        let mut outcome = Outcome::default();
        let left_out: Vec<Change> =
            changes.into_iter().filter(|change| !written.contains(&change.after.number.as_i64())).collect();
        self.look_at(left_out, &mut outcome).await?;
        // A transfer's new record takes the place that the old one has just given up.
        let made: Vec<(i64, Change)> = moving
            .iter()
            .filter(|one| written.contains(&one.before.number.as_i64()))
            .filter_map(|one| {
                let (after, actions) = one.made.as_ref()?;
                Some((one.before.number.as_i64(), Change { before: None, after, actions, kept: Vec::new() }))
            })
            .collect();
        if !made.is_empty() {
            let (olds, changes): (Vec<i64>, Vec<Change>) = made.into_iter().unzip();
            let inserted = self.statements.insert(&self.client, &changes).await?;
            for (old, change) in olds.iter().zip(&changes) {
                if !inserted.contains(&change.after.number.as_i64()) {
                    outcome.lost.insert(*old);
                }
            }
        }
        Ok(outcome)
    }

    /// Finds out which of `left_out` have a vehicle in the way; the others lost a race.
    async fn look_at(&self, left_out: Vec<Change<'_>>, outcome: &mut Outcome) -> Result<(), tokio_postgres::Error> {
        if left_out.is_empty() {
            return Ok(());
        }
        outcome.used = receipts::used(&self.client, &left_out.iter().collect::<Vec<_>>()).await?;
        let reasons = crate::storage::sets::in_the_way(&self.client, &left_out).await?;
        for change in &left_out {
            let number = change.after.number.as_i64();
            let holder = reasons.iter().find(|reason| reason.number == number).and_then(|reason| reason.holder);
            match holder.filter(|(holder, _)| *holder != number) {
                Some(holder) if change.claim().is_some() => {
                    outcome.stood_in_the_way.insert(number, Some(holder));
                }
                Some(_) | None => drop(outcome.lost.insert(number)),
            }
        }
        Ok(())
    }
}

/// What kept a transaction from being committed.
#[derive(Default)]
struct Outcome {
    /// Declarations whose vehicle has its place taken, with the holder and its firm.
    stood_in_the_way: BTreeMap<i64, Option<(i64, i64)>>,
    /// Declarations that another writer changed first.
    lost: HashSet<i64>,
    /// Receipts that are used.
    used: Vec<UsedReceipt>,
}
