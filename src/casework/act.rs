//! A set of actions and amendments: the rows are read, each is decided by the pure rules, and one statement
//! writes those whose row still has the head that was read.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::declare::{draw, linked, salt};
use super::desk::{Desk, Trouble};
use super::failure::Failure;
use super::told::Refused;
use super::writer::Pending;
use super::{Done, Order, Work, places};
use crate::domain::act::{self, Acted, Refusal, Rules};
use crate::domain::content::mark_in;
use crate::domain::declaration::Declaration;
use crate::domain::declare::amend;
use crate::domain::number::Number;
use crate::domain::places::{Places, Room};
use crate::domain::receipt::{Receipt, ReceiptKind};
use crate::domain::rule_book::RuleBook;
use crate::domain::rule_failure::RuleFailure;
use crate::domain::sent;
use crate::domain::workflow::Action;
use crate::storage::device_actions::DeviceAction;
use crate::storage::idempotency::without_people;
use crate::storage::places::{Claim, Release, change, taken};
use crate::storage::receipts::{self, UsedReceipt};
use crate::storage::sets::{Change, KeptReply, LinkedAction};

/// One declaration in a set of actions: as it was read, as it is to be, and who asked for what between.
struct Moving {
    before: Arc<Declaration>,
    after: Arc<Declaration>,
    actions: Vec<LinkedAction>,
    /// The record that a transfer makes at the other crossing point.
    made: Option<Box<(Declaration, Vec<LinkedAction>)>>,
    /// An amendment or an erasure is among the actions: the whole row is written.
    amended: bool,
    /// The places that it takes, and those that it gives back.
    claims: Vec<Claim>,
    releases: Vec<Release>,
    /// Each that asked.
    asked: Vec<Asked>,
}

/// One that asked, and what he is to be answered.
struct Asked {
    pending: Pending,
    /// The record after his own action.
    after: Arc<Declaration>,
    /// What is kept of it under his key.
    kept: Option<KeptReply>,
    /// What is kept of it as told by a device.
    told: Option<DeviceAction>,
}

impl Moving {
    fn change(&self) -> Change<'_> {
        Change {
            before: Some(&self.before),
            after: &self.after,
            actions: &self.actions,
            kept: self.asked.iter().filter_map(|asked| asked.kept.as_ref()).collect(),
            told: self.asked.iter().filter_map(|asked| asked.told.as_ref()).collect(),
        }
    }

    /// Whether it takes a vehicle's place, takes or gives back one that runs out, or makes a record: then a transaction
    /// is held and looked at before it is committed.
    fn is_careful(&self) -> bool {
        self.amended
            || self.made.is_some()
            || !self.claims.is_empty()
            || !self.releases.is_empty()
            || self.change().claim().is_some()
    }

    /// The declarations for which it takes places: itself, and the record that it makes.
    fn takes_for(&self, number: i64) -> bool {
        self.before.number.as_i64() == number || self.made.as_ref().is_some_and(|made| made.0.number.as_i64() == number)
    }

    fn answered(self) {
        for Asked { pending, after, told, .. } in self.asked {
            pending.answer(Ok(match told {
                Some(told) => Done::Told(Box::new(told)),
                None => Done::Written(after),
            }));
        }
    }

    /// Who asked, with what was sent to the database noted.
    fn tried(self) -> impl Iterator<Item = Pending> {
        let after = self.after;
        self.asked.into_iter().map(move |asked| asked.pending.tried(&after))
    }

    /// Those whose own action takes a place, and the others.
    fn claiming(self) -> (Vec<Pending>, Vec<Pending>) {
        let mut place = self.before.place_taken();
        let (claiming, others): (Vec<Asked>, Vec<Asked>) = self.asked.into_iter().partition(|asked| {
            let taken = asked.after.place_taken();
            let claims = taken.is_some() && taken != place;
            place = taken;
            claims
        });
        let pending = |asked: Vec<Asked>| asked.into_iter().map(|asked| asked.pending).collect();
        (pending(claiming), pending(others))
    }

    /// Who asked, where it is known that nothing was written, without those whose own receipt is `used`: they are
    /// told so.
    fn without_used(self, used: &[UsedReceipt], refused: &mut Vec<Refused>) -> Vec<Pending> {
        let place = self.before.content.crossing_point.clone();
        let brought: Vec<Receipt> = self.actions.iter().filter_map(|action| action.entry.receipt()).collect();
        let of = |pending: &Pending| {
            let action = match &pending.ask.work {
                Work::Act { order: Order::Action(action, _), .. } => *action,
                Work::Told(told) => told.action,
                _ => return None,
            };
            let kind = match action {
                Action::FeePay => ReceiptKind::Payment,
                Action::FeeRefund => ReceiptKind::Refund,
                _ => return None,
            };
            let own = |used: &&UsedReceipt| {
                let same = brought.iter().any(|one| one.kind == kind && one.receipt == used.receipt);
                used.kind == kind && same && pending.receipt().is_none_or(|receipt| receipt == used.receipt)
            };
            used.iter().find(own).cloned()
        };
        let mut rest = Vec::new();
        for Asked { pending, .. } in self.asked {
            match of(&pending) {
                Some(used) => refuse(pending, Failure::ReceiptUsed(used), Some(place.clone()), true, refused),
                None => rest.push(pending),
            }
        }
        rest
    }

    /// Who asked, where it is known that nothing was written.
    fn pending(self) -> impl Iterator<Item = Pending> {
        self.asked.into_iter().map(|asked| asked.pending)
    }
}

/// Answers a refusal; what a device told of is kept first.
fn refuse(
    pending: Pending,
    failure: Failure,
    crossing_point: Option<String>,
    stands: bool,
    refused: &mut Vec<Refused>,
) {
    if pending.told().is_some() {
        refused.push(Refused { pending, failure, crossing_point, stands });
    } else {
        pending.answer(Err(failure));
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
        let set = self.answer_told(set).await?;
        let mut numbers: Vec<i64> = set.iter().filter_map(super::writer::Pending::number).map(Number::as_i64).collect();
        numbers.sort_unstable();
        numbers.dedup();
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let mut records = self.remembered(&set);
        let from_memory: HashSet<i64> = records.keys().copied().collect();
        numbers.retain(|number| !from_memory.contains(number));
        if !numbers.is_empty() {
            match self.statements.read(&self.client, &numbers).await {
                Ok(read) => records.extend(read.into_iter().map(|record| (record.number.as_i64(), Arc::new(record)))),
                Err(error) => return Err(Trouble { error, unanswered: set }),
            }
        }
        let book = self.rules.book();
        let rooms = places::in_question(&set, &records, now, &book.reference);
        let mut taken = match taken(&self.client, rooms).await {
            Ok(taken) => taken,
            Err(error) => return Err(Trouble { error, unanswered: set }),
        };
        let mut refused = Vec::new();
        let mut unsettled = HashSet::new();
        let given = Given { records: &records, from_memory: &from_memory, book: &book, now };
        let (moving, mut again) = decided(set, given, drawn, &mut taken, &mut refused);
        let (careful, plain): (Vec<Moving>, Vec<Moving>) = moving.into_iter().partition(Moving::is_careful);
        let unanswered = |mut trouble: Trouble, more: Vec<Pending>, refused: Vec<Refused>| {
            trouble.unanswered.extend(more);
            trouble.unanswered.extend(refused.into_iter().map(|one| one.pending));
            trouble
        };
        match self.advanced(plain, &mut refused, &mut unsettled).await {
            Ok(lost) => again.extend(lost),
            Err(trouble) => {
                again.extend(pending_of(careful));
                return Err(unanswered(trouble, again, refused));
            }
        }
        if !careful.is_empty() {
            match self.updated(careful, &mut refused, &mut unsettled).await {
                Ok(lost) => again.extend(lost),
                Err(trouble) => return Err(unanswered(trouble, again, refused)),
            }
        }
        match self.refuse(refused, &unsettled, now).await {
            Ok(more) => again.extend(more),
            Err(trouble) => return Err(unanswered(trouble, again, Vec::new())),
        }
        Ok(again)
    }

    /// The records of `set` that are in mind, taken out. What is tried again is read again.
    fn remembered(&self, set: &[Pending]) -> BTreeMap<i64, Arc<Declaration>> {
        let mut records = BTreeMap::new();
        let mut to_read = HashSet::new();
        for pending in set {
            let Some(number) = pending.number().map(Number::as_i64) else { continue };
            if pending.tries > 0 {
                to_read.insert(number);
            }
            if let Some(record) = self.memory.take(number) {
                records.insert(number, record);
            }
        }
        records.retain(|number, _| !to_read.contains(number));
        records
    }

    /// Answers those who asked for what was written, and keeps the record in mind.
    fn answered(&self, done: Moving) {
        self.memory.keep(&done.after);
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
            Err(error) => Err(Trouble { error, unanswered: pending_of(lost) }),
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
            without_people(&self.client, &erased, self.clock.now()).await?;
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

/// On what a set is decided.
#[derive(Clone, Copy)]
struct Given<'a> {
    records: &'a BTreeMap<i64, Arc<Declaration>>,
    /// Those of the records that were not read for this set.
    from_memory: &'a HashSet<i64>,
    book: &'a RuleBook,
    now: DateTime<Utc>,
}

/// Decides each of `set` on its record, several on one record one after the other; answers what is refused, but for
/// what devices told of, which goes to `refused`. What found no room beside others of the set comes back: it may, if
/// one of them is not written.
fn decided(
    set: Vec<Pending>,
    Given { records, from_memory, book, now }: Given,
    drawn: &mut HashSet<Number>,
    taken: &mut Places,
    refused: &mut Vec<Refused>,
) -> (Vec<Moving>, Vec<Pending>) {
    let mut again: Vec<Pending> = Vec::new();
    let mut moving: BTreeMap<i64, Moving> = BTreeMap::new();
    for pending in set {
        // What came before it is decided before it.
        let device = pending.told().map(|told| &told.device);
        let follows = |other: &Pending| {
            other.number() == pending.number() || device.is_some() && device == other.told().map(|told| &told.device)
        };
        if again.iter().any(follows) {
            again.push(pending);
            continue;
        }
        let Some(before) = pending.number().and_then(|number| records.get(&number.as_i64())) else {
            refuse(pending, Failure::NoSuchDeclaration, None, false, refused);
            continue;
        };
        let key = before.number.as_i64();
        let now_at = moving.get(&key).map_or(before, |moving| &moving.after);
        let decided =
            decide(&pending, now_at, now, drawn, book.rules_with(taken)).and_then(|(after, actions, made)| {
                let mut claims = places::claims(Some(now_at), &after, now, &book.reference, taken)?;
                if let Some((made, _)) = made.as_deref() {
                    claims.extend(places::claims(None, made, now, &book.reference, taken)?);
                }
                Ok((after, actions, made, claims))
            });
        match decided {
            Err(Failure::Refused(Refusal::NoRoom(_))) if taken.is_claimed() => again.push(pending),
            // Another instance may have moved it on.
            Err(_) if from_memory.contains(&key) => again.push(pending),
            Ok((_, actions, ..)) if actions.is_empty() && from_memory.contains(&key) => again.push(pending),
            Err(failure) => {
                let seen = Some(now_at).filter(|record| record.is_visible_to(&pending.ask.who.actor));
                let place = seen.map(|record| record.content.crossing_point.clone());
                refuse(pending, failure, place, false, refused);
            }
            Ok((after, actions, ..)) if actions.is_empty() => pending.answer(Ok(Done::Written(after))),
            Ok((after, actions, made, claims)) => {
                let kept = pending.ask.keep.as_ref().map(|keep| keep.kept(&after));
                let told = pending.told().map(|told| {
                    // What the system had to note first stands before it.
                    let own = actions.iter().map(|action| &action.entry).find(|entry| entry.action == told.action);
                    let seq = own.map_or(after.revision, |entry| entry.seq);
                    told.taken(&before.content.crossing_point, now, seq)
                });
                let amended =
                    actions.iter().any(|action| matches!(action.entry.action, Action::Amend | Action::ErasePeople));
                let one = moving.entry(key).or_insert_with(|| Moving {
                    before: Arc::clone(before),
                    after: Arc::clone(&after),
                    actions: Vec::new(),
                    made: None,
                    amended: false,
                    claims: Vec::new(),
                    releases: Vec::new(),
                    asked: Vec::new(),
                });
                one.after = Arc::clone(&after);
                one.actions.extend(actions);
                one.amended |= amended;
                one.claims.extend(claims);
                one.made = one.made.take().or(made);
                one.asked.push(Asked { pending, after, kept, told });
            }
        }
    }
    let mut moving: Vec<Moving> = moving.into_values().collect();
    for one in &mut moving {
        // Of several steps counts where it stood before and where it stands after all of them.
        let rooms: Vec<Room> = one.after.rooms_besides(Some(&one.before)).collect();
        let number = one.before.number.as_i64();
        one.claims.retain(|claim| claim.declaration != number || rooms.contains(&claim.room));
        one.releases = places::releases(&one.before, &one.after).collect();
    }
    (moving, again)
}

/// Decides what one asked for on the record as it stands: the record after it, its actions, and a record made elsewhere.
#[expect(clippy::type_complexity, reason = "the record, its actions and the record made elsewhere, read once")]
fn decide(
    pending: &Pending,
    declaration: &Declaration,
    now: DateTime<Utc>,
    drawn: &mut HashSet<Number>,
    rules: Rules,
) -> Result<(Arc<Declaration>, Vec<LinkedAction>, Option<Box<(Declaration, Vec<LinkedAction>)>>), Failure> {
    let actor = &pending.ask.who.actor;
    // An amendment is said as a patch.
    let (action, said) = match &pending.ask.work {
        Work::Act { order: Order::Action(action, said), .. } => (*action, Ok(&**said)),
        Work::Act { order: Order::Amend(patch), .. } => (Action::Amend, Err(patch)),
        Work::Told(told) => (told.action, Ok(&told.details)),
        Work::Declare { .. } | Work::Import(_) => {
            return Err(Failure::Internal("a new declaration among actions".into()));
        }
    };
    if !declaration.is_within_reach_of(action, actor) {
        return Err(Failure::NoSuchDeclaration);
    }
    if let Work::Act { at_revision: Some(revision), .. } = &pending.ask.work
        && *revision != declaration.revision
    {
        return Err(Failure::Stale(declaration.revision));
    }
    let acted = match said {
        Ok(said) => {
            let new_number = if action == Action::Transfer { Some(draw(now, drawn)?) } else { None };
            let order = act::Order { action, said: said.clone(), new_number };
            act::act(declaration, &order, actor, now, rules)?
        }
        Err(patch) => {
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
    let made = transferred.map(|made| linked(made.0, vec![made.1]).map(Box::new)).transpose()?;
    Ok((Arc::new(after), actions, made))
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
