//! A set of actions and amendments: the rows are read, each is decided by the pure rules, and one statement
//! writes those whose row still has the head that was read.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use tokio_postgres::Error;

use super::desk::{Desk, Trouble};
use super::failure::Failure;
use super::forming::Set;
use super::moving::{Decided, Given, Moving, refuse};
use super::told::Refused;
use super::writer::Pending;
use super::{Done, places};
use crate::domain::act::Refusal;
use crate::domain::content::mark_in;
use crate::domain::declaration::Declaration;
use crate::domain::number::Number;
use crate::domain::workflow::Action;
use crate::storage::idempotency::without_people;
use crate::storage::places::{change, taken};
use crate::storage::receipts::{self, UsedReceipt};
use crate::storage::sets::Change;

impl Desk {
    /// Writes a set of actions and answers each; what lost a race comes back, to be done again.
    ///
    /// # Errors
    ///
    /// [`Trouble`], with everything that was not answered yet.
    pub(super) async fn act_set(&self, mut set: Set, drawn: &mut HashSet<Number>) -> Result<Vec<Pending>, Trouble> {
        let now = self.mind.clock.now();
        let shared = self.transactions.read().await;
        if let Err(error) = self.replay_known_keys(&mut set).await {
            return Err(Trouble::before(error, set));
        }
        if let Err(error) = self.answer_told(&mut set).await {
            return Err(Trouble::before(error, set));
        }
        let Records { records, from_memory } = match self.records(&set).await {
            Ok(records) => records,
            Err(error) => return Err(Trouble::before(error, set)),
        };
        let book = self.mind.rules.book();
        let rooms = places::in_question(&set.undecided, |number| records.get(&number.as_i64()), now, &book.reference);
        let mut taken = match taken(&self.client, rooms).await {
            Ok(taken) => taken,
            Err(error) => return Err(Trouble::before(error, set)),
        };
        let Set { undecided, mut moves, .. } = set;
        let mut refused = Vec::new();
        let mut unsettled = HashSet::new();
        let mut again: Vec<Pending> = Vec::new();
        for pending in undecided {
            // What came before it is decided before it.
            if again.iter().any(|other| other.is_before(&pending)) {
                again.push(pending);
                continue;
            }
            let Some(before) = pending.number().and_then(|number| records.get(&number.as_i64())) else {
                refuse(pending, Failure::NoSuchDeclaration, None, false, &mut refused);
                continue;
            };
            let key = before.number.as_i64();
            match moves.decide(pending, before, Given { book: &book, now }, drawn, &mut taken) {
                Decided::Moves => {}
                // It may find room, if another of the set is not written.
                Decided::Refused(pending, Failure::Refused(Refusal::NoRoom(_))) if taken.is_claimed() => {
                    again.push(pending);
                }
                // Another instance may have moved it on.
                Decided::Refused(pending, _) | Decided::Stands(pending, _) if from_memory.contains(&key) => {
                    again.push(pending);
                }
                Decided::Refused(pending, failure) => {
                    let stands_at = moves.get(key).map_or(before, |moving| &moving.after);
                    let seen = Some(stands_at).filter(|record| record.is_visible_to(&pending.ask.who.actor));
                    let place = seen.map(|record| record.content.crossing_point.clone());
                    refuse(pending, failure, place, false, &mut refused);
                }
                Decided::Stands(pending, record) => pending.answer(Ok(Done::Written(record))),
            }
        }
        let (plain, careful) = moves.plain_and_careful();
        let unanswered = |mut trouble: Trouble, more: Vec<Pending>, refused: Vec<Refused>| {
            trouble.unanswered.extend(more);
            trouble.unanswered.extend(refused.into_iter().map(|one| one.pending));
            trouble
        };
        match self.advanced(plain, &mut refused, &mut unsettled).await {
            Ok(lost) => again.extend(lost),
            Err(trouble) => {
                again.extend(careful.into_iter().flat_map(Moving::pending));
                return Err(unanswered(trouble, again, refused));
            }
        }
        drop(shared);
        if !careful.is_empty() {
            match self.updated(careful, &mut refused, &mut unsettled).await {
                Ok(lost) => again.extend(lost),
                Err(trouble) => return Err(unanswered(trouble, again, refused)),
            }
        }
        let _shared = self.transactions.read().await;
        match self.refuse(refused, &unsettled, now).await {
            Ok(more) => again.extend(more),
            Err(trouble) => return Err(unanswered(trouble, again, Vec::new())),
        }
        Ok(again)
    }

    /// The records that `set` is about: those that moved already, those in mind, and the others as they are read. What is tried again is read again.
    async fn records(&self, set: &Set) -> Result<Records, Error> {
        let mut records: BTreeMap<i64, Arc<Declaration>> =
            set.moves.before().map(|(number, record)| (number, Arc::clone(record))).collect();
        let mut to_read = BTreeSet::new();
        for pending in &set.undecided {
            let Some(number) = pending.number().map(Number::as_i64) else { continue };
            if set.moves.get(number).is_some() {
                continue;
            }
            match self.mind.memory.take(number) {
                Some(record) if pending.tries == 0 => drop(records.insert(number, record)),
                Some(_) => drop(to_read.insert(number)),
                None if records.contains_key(&number) => {}
                None => drop(to_read.insert(number)),
            }
        }
        records.retain(|number, _| !to_read.contains(number));
        let from_memory = records.keys().copied().collect();
        if !to_read.is_empty() {
            let numbers: Vec<i64> = to_read.into_iter().collect();
            let read = self.statements.read(&self.client, &numbers).await?;
            records.extend(read.into_iter().map(|record| (record.number.as_i64(), Arc::new(record))));
        }
        Ok(Records { records, from_memory })
    }

    /// Answers those who asked for what was written, and keeps the record in mind.
    fn answered(&self, done: Moving) {
        self.mind.memory.keep(&done.after);
        done.answered();
    }

    /// Writes what moved on without being amended and without taking a place; what lost a race comes back.
    async fn advanced(
        &self,
        moving: Vec<Moving>,
        refused: &mut Vec<Refused>,
        unsettled: &mut HashSet<i64>,
    ) -> Result<Vec<Pending>, Trouble> {
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
                for one in done {
                    self.answered(one);
                }
                unsettled.extend(lost.iter().map(|one| one.before.number.as_i64()));
                self.receipts_looked_at(lost, refused).await
            }
            Err(error) => Err(Trouble { error, unanswered: moving.into_iter().flat_map(Moving::tried).collect() }),
        }
    }

    /// Answers those of `lost` whose receipt is used; the others lost a race, and come back.
    async fn receipts_looked_at(&self, lost: Vec<Moving>, refused: &mut Vec<Refused>) -> Result<Vec<Pending>, Trouble> {
        let changes: Vec<Change> = lost.iter().map(Moving::change).collect();
        let used = receipts::used(&self.client, &changes.iter().collect::<Vec<_>>()).await;
        drop(changes);
        match used {
            Ok(used) => Ok(lost.into_iter().flat_map(|one| one.without_used(&used, refused)).collect()),
            Err(error) => Err(Trouble { error, unanswered: lost.into_iter().flat_map(Moving::pending).collect() }),
        }
    }

    /// Writes what is amended, takes a place or makes a record, in a transaction that is looked at before it is
    /// committed: what cannot be written with the others is answered or comes back, and the others are tried again.
    async fn updated(
        &self,
        mut moving: Vec<Moving>,
        refused: &mut Vec<Refused>,
        unsettled: &mut HashSet<i64>,
    ) -> Result<Vec<Pending>, Trouble> {
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
                for one in moving {
                    self.answered(one);
                }
                break;
            }
            let mut rest = Vec::new();
            for one in moving {
                let number = one.before.number.as_i64();
                if let Some(other) = outcome.stood_in_the_way.get(&number) {
                    unsettled.insert(number);
                    let vehicle = one.change().claim().as_deref().map(mark_in).unwrap_or_default().to_owned();
                    let place = one.before.content.crossing_point.clone();
                    let (claiming, others) = one.claiming();
                    for pending in claiming {
                        // An officer may not see what stands in the way elsewhere: its own firm alone is told.
                        let firm = pending.ask.who.actor.firm.map(|firm| firm.0);
                        let other = other
                            .filter(|(_, owner)| Some(*owner) == firm)
                            .and_then(|(other, _)| Number::from_i64(other));
                        let failure = Failure::VehicleAlreadyDeclared { vehicle: vehicle.clone(), other };
                        refuse(pending, failure, Some(place.clone()), true, refused);
                    }
                    again.extend(others);
                } else if outcome.lost.contains(&number) {
                    unsettled.insert(number);
                    again.extend(one.without_used(&outcome.used, refused));
                } else {
                    rest.push(one);
                }
            }
            moving = rest;
        }
        Ok(again)
    }

    async fn try_update(&self, moving: &[Moving]) -> Result<Outcome, Error> {
        let _alone = self.transactions.write().await;
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

    async fn update_within(&self, moving: &[Moving]) -> Result<Outcome, Error> {
        let mut outcome = Outcome::default();
        let releases = moving.iter().flat_map(|one| one.releases.iter().cloned()).collect();
        let claims = moving.iter().flat_map(|one| one.claims.iter().cloned()).collect();
        let lost = change(&self.client, releases, claims).await?;
        if !lost.is_empty() {
            let losers = moving.iter().filter(|one| lost.iter().any(|number| one.takes_for(*number)));
            outcome.lost.extend(losers.map(|one| one.before.number.as_i64()));
            return Ok(outcome);
        }
        let changes: Vec<Change> = moving.iter().map(Moving::change).collect();
        let written = self.statements.update(&self.client, &changes).await?;
        let erased: Vec<Number> = moving
            .iter()
            .filter(|one| one.actions.iter().any(|action| action.entry.action == Action::ErasePeople))
            .map(|one| one.before.number)
            .collect();
        if !erased.is_empty() {
            // The answers to repeated requests showed them too.
            without_people(&self.client, &erased, self.mind.clock.now()).await?;
        }
        let left_out: Vec<Change> =
            changes.into_iter().filter(|change| !written.contains(&change.after.number.as_i64())).collect();
        self.look_at(left_out, &mut outcome).await?;
        // A transfer's new record takes the place that the old one has just given up.
        let made: Vec<(i64, Change)> = moving
            .iter()
            .filter(|one| written.contains(&one.before.number.as_i64()))
            .filter_map(|one| {
                let (after, actions) = one.made.as_deref()?;
                Some((
                    one.before.number.as_i64(),
                    Change { before: None, after, actions, kept: Vec::new(), told: Vec::new() },
                ))
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
    async fn look_at(&self, left_out: Vec<Change<'_>>, outcome: &mut Outcome) -> Result<(), Error> {
        if left_out.is_empty() {
            return Ok(());
        }
        outcome.used = receipts::used(&self.client, &left_out.iter().collect::<Vec<_>>()).await?;
        let reasons = self.statements.in_the_way(&self.client, &left_out).await?;
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

/// The records that a set is about, by number.
struct Records {
    records: BTreeMap<i64, Arc<Declaration>>,
    /// Those that were not read for this set.
    from_memory: HashSet<i64>,
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
