//! Deciding actions: each by the pure rules, on its record as it stands after those that were decided before it.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::declare::{draw, linked, salt};
use super::failure::Failure;
use super::told::Refused;
use super::writer::Pending;
use super::{Done, Order, Work, places};
use crate::domain::act::{self, Acted, Refusal, Rules};
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
use crate::storage::places::{Claim, Release};
use crate::storage::receipts::UsedReceipt;
use crate::storage::sets::{Change, KeptReply, LinkedAction};

/// One declaration in a set of actions: as it was read, as it is to be, and who asked for what between.
pub(super) struct Moving {
    pub(super) before: Arc<Declaration>,
    pub(super) after: Arc<Declaration>,
    pub(super) actions: Vec<LinkedAction>,
    /// The record that a transfer makes at the other crossing point.
    pub(super) made: Option<Box<(Declaration, Vec<LinkedAction>)>>,
    /// An amendment or an erasure is among the actions: the whole row is written.
    amended: bool,
    /// The places that it takes, and those that it gives back.
    pub(super) claims: Vec<Claim>,
    pub(super) releases: Vec<Release>,
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
    pub(super) fn change(&self) -> Change<'_> {
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
    pub(super) fn is_careful(&self) -> bool {
        self.amended
            || self.made.is_some()
            || !self.claims.is_empty()
            || !self.releases.is_empty()
            || self.change().claim().is_some()
    }

    /// The declarations for which it takes places: itself, and the record that it makes.
    pub(super) fn takes_for(&self, number: i64) -> bool {
        self.before.number.as_i64() == number || self.made.as_ref().is_some_and(|made| made.0.number.as_i64() == number)
    }

    pub(super) fn answered(self) {
        for Asked { pending, after, told, .. } in self.asked {
            pending.answer(Ok(match told {
                Some(told) => Done::Told(Box::new(told)),
                None => Done::Written(after),
            }));
        }
    }

    /// Who asked, with what was sent to the database noted.
    pub(super) fn tried(self) -> impl Iterator<Item = Pending> {
        let after = self.after;
        self.asked.into_iter().map(move |asked| asked.pending.tried(&after))
    }

    /// Those whose own action takes a place, and the others.
    pub(super) fn claiming(self) -> (Vec<Pending>, Vec<Pending>) {
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
    pub(super) fn without_used(self, used: &[UsedReceipt], refused: &mut Vec<Refused>) -> Vec<Pending> {
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
    pub(super) fn pending(self) -> impl Iterator<Item = Pending> {
        self.asked.into_iter().map(|asked| asked.pending)
    }
}

/// Answers a refusal; what a device told of is kept first.
pub(super) fn refuse(
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

/// By what is decided.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) book: &'a RuleBook,
    pub(super) now: DateTime<Utc>,
}

/// What came of deciding one action.
pub(super) enum Decided {
    /// It is among those that move.
    Moves,
    /// Nothing is to be done, as the record stands.
    Stands(Pending, Arc<Declaration>),
    /// It is refused.
    Refused(Pending, Failure),
}

/// The records that a set of actions moves, by their numbers.
#[derive(Default)]
pub(super) struct Moves(BTreeMap<i64, Moving>);

impl Moves {
    /// Whether none moves.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A record that moves, as it was before and as it stands.
    pub(super) fn get(&self, number: i64) -> Option<&Moving> {
        self.0.get(&number)
    }

    /// Who asked for what moves.
    pub(super) fn asked(&self) -> impl Iterator<Item = &Pending> {
        self.0.values().flat_map(|moving| moving.asked.iter().map(|asked| &asked.pending))
    }

    /// The records that move, as they were before.
    pub(super) fn before(&self) -> impl Iterator<Item = (i64, &Arc<Declaration>)> {
        self.0.iter().map(|(number, moving)| (*number, &moving.before))
    }

    /// Takes out the records that any moved of whom `which` tells; who asked for that.
    pub(super) fn take_back(&mut self, which: impl Fn(&Pending) -> bool) -> Vec<Pending> {
        let taken = self.0.extract_if(.., |_, moving| moving.asked.iter().any(|asked| which(&asked.pending)));
        taken.flat_map(|(_, moving)| moving.pending()).collect()
    }

    /// Who asked, where nothing was written of it.
    pub(super) fn pending(self) -> impl Iterator<Item = Pending> {
        self.0.into_values().flat_map(Moving::pending)
    }

    /// Decides what one asked for on the record as it stands after what was decided of it before; `before` is the record as it was read.
    pub(super) fn decide(
        &mut self,
        pending: Pending,
        before: &Arc<Declaration>,
        Given { book, now }: Given,
        drawn: &mut HashSet<Number>,
        taken: &mut Places,
    ) -> Decided {
        let key = before.number.as_i64();
        let now_at = self.0.get(&key).map_or(before, |moving| &moving.after);
        let decided =
            decide(&pending, now_at, now, drawn, book.rules_with(taken)).and_then(|(after, actions, made)| {
                let mut claims = places::claims(Some(now_at), &after, now, &book.reference, taken)?;
                if let Some((made, _)) = made.as_deref() {
                    claims.extend(places::claims(None, made, now, &book.reference, taken)?);
                }
                Ok((after, actions, made, claims))
            });
        let (after, actions, made, claims) = match decided {
            Err(failure) => return Decided::Refused(pending, failure),
            Ok((after, actions, ..)) if actions.is_empty() => return Decided::Stands(pending, after),
            Ok(decided) => decided,
        };
        let kept = pending.ask.keep.as_ref().map(|keep| keep.kept(&after));
        let told = pending.told().map(|told| {
            // What the system had to note first stands before it.
            let own = actions.iter().map(|action| &action.entry).find(|entry| entry.action == told.action);
            let seq = own.map_or(after.revision, |entry| entry.seq);
            told.taken(&before.content.crossing_point, now, seq)
        });
        let one = self.0.entry(key).or_insert_with(|| Moving {
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
        one.amended |= actions.iter().any(|action| matches!(action.entry.action, Action::Amend | Action::ErasePeople));
        one.actions.extend(actions);
        one.claims.extend(claims);
        one.made = one.made.take().or(made);
        one.asked.push(Asked { pending, after, kept, told });
        Decided::Moves
    }

    /// Those that take or give back no places that run out, take no vehicle's place and are not amended, and the others.
    pub(super) fn plain_and_careful(self) -> (Vec<Moving>, Vec<Moving>) {
        let settled = |mut one: Moving| {
            // Of several steps counts where it stood before and where it stands after all of them.
            let rooms: Vec<Room> = one.after.rooms_besides(Some(&one.before)).collect();
            let number = one.before.number.as_i64();
            one.claims.retain(|claim| claim.declaration != number || rooms.contains(&claim.room));
            one.releases = places::releases(&one.before, &one.after).collect();
            one
        };
        self.0.into_values().map(settled).partition(|one| !one.is_careful())
    }
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
