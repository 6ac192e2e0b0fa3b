//! The next set, as it forms: while one set is written, what is asked meanwhile is decided already, as far as that needs nothing
//! from the database. When the one is written, the next one goes as it is.

use std::collections::HashSet;
use std::rc::Rc;
use std::slice;
use std::sync::Arc;

use super::declare::{Making, made};
use super::memory::Memory;
use super::moving::{Decided, Given, Moves};
use super::places;
use super::told::Told;
use super::writer::Pending;
use crate::clock::Clock;
use crate::domain::number::Number;
use crate::domain::places::Places;
use crate::domain::rule_book::InForce;

/// What the writer decides by, with or without a connection.
pub(super) struct Mind {
    pub(super) clock: Clock,
    pub(super) rules: Arc<InForce>,
    pub(super) memory: Memory,
}

/// New declarations or actions, never both: those that are decided, and behind them those that are not.
#[derive(Default)]
pub(super) struct Set {
    /// New declarations.
    pub(super) making: Vec<Making>,
    /// Records that move.
    pub(super) moves: Moves,
    /// Whatever is to be decided yet. Of those about one record, or by one device, each stands behind all that came before it.
    pub(super) undecided: Vec<Pending>,
}

impl Set {
    /// A set of which nothing is decided.
    pub(super) fn undecided(undecided: Vec<Pending>) -> Self {
        Self { undecided, ..Self::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.making.is_empty() && self.moves.is_empty() && self.undecided.is_empty()
    }

    /// Whether it is of new declarations.
    pub(super) fn is_new(&self) -> bool {
        !self.making.is_empty() || self.undecided.iter().any(|pending| pending.number().is_none())
    }

    /// Who asked.
    pub(super) fn asked(&self) -> impl Iterator<Item = &Pending> {
        self.making.iter().map(|making| &making.pending).chain(self.moves.asked()).chain(&self.undecided)
    }

    /// Who asked, where nothing was written of it.
    pub(super) fn into_pending(self) -> Vec<Pending> {
        let made = self.making.into_iter().map(|making| making.pending);
        made.chain(self.moves.pending()).chain(self.undecided).collect()
    }

    /// Takes out those of whom `which` tells. What was decided together with them is undecided again.
    pub(super) fn take_out(&mut self, which: impl Fn(&Pending) -> bool) -> Vec<Pending> {
        let mut undecided: Vec<Pending> =
            self.making.extract_if(.., |making| which(&making.pending)).map(|making| making.pending).collect();
        undecided.extend(self.moves.take_back(&which));
        undecided.append(&mut self.undecided);
        let (out, rest) = undecided.into_iter().partition(|pending| which(pending));
        self.undecided = rest;
        out
    }
}

/// The next set, as it forms.
pub(super) struct Forming {
    mind: Rc<Mind>,
    new: Set,
    actions: Set,
    drawn: HashSet<Number>,
    count: usize,
    names: Names,
    /// What has to wait for something in it that bears the same name.
    put_off: Vec<Pending>,
}

/// A set that has formed.
pub(super) struct Formed {
    /// The new declarations, and the actions: two transactions, so that what fails in one never does the other again.
    pub(super) new: Set,
    pub(super) actions: Set,
    /// The numbers that were drawn for it.
    pub(super) drawn: HashSet<Number>,
    /// What it holds once.
    pub(super) names: Names,
}

impl Formed {
    /// How many asked for it.
    pub(super) fn count(&self) -> usize {
        self.new.asked().chain(self.actions.asked()).count()
    }

    /// Whether all of it is decided.
    pub(super) const fn is_decided(&self) -> bool {
        self.new.undecided.is_empty() && self.actions.undecided.is_empty()
    }
}

/// What a set holds once at most: idempotency keys, sources, receipts and devices' sequences; and the vehicles that its new declarations are of.
#[derive(Default)]
pub(super) struct Names {
    keys: HashSet<(String, String, String)>,
    sources: HashSet<(String, String)>,
    receipts: HashSet<String>,
    told: HashSet<(String, i64)>,
    vehicles: HashSet<String>,
}

impl Names {
    /// Whether nothing before bore any of this one's names.
    fn are_new(&mut self, pending: &Pending) -> bool {
        pending
            .ask
            .keep
            .as_ref()
            .is_none_or(|keep| self.keys.insert((keep.caller.clone(), keep.route.clone(), keep.key.clone())))
            && pending
                .source()
                .is_none_or(|source| self.sources.insert((source.source.clone(), source.source_id.clone())))
            && pending.receipt().is_none_or(|receipt| self.receipts.insert(receipt.to_owned()))
            && pending
                .told()
                .map(Told::name)
                .is_none_or(|(device, sequence)| self.told.insert((device.to_owned(), sequence)))
    }

    /// Whether another set bears none of them: then it does not matter which of the two is written first.
    fn are_apart_from(&self, other: &Self) -> bool {
        self.vehicles.is_disjoint(&other.vehicles)
            && self.sources.is_disjoint(&other.sources)
            && self.keys.is_disjoint(&other.keys)
            && self.receipts.is_disjoint(&other.receipts)
            && self.told.is_disjoint(&other.told)
    }
}

impl Forming {
    /// Nothing yet.
    pub(super) fn new(mind: Rc<Mind>) -> Self {
        Self {
            mind,
            new: Set::default(),
            actions: Set::default(),
            drawn: HashSet::new(),
            count: 0,
            names: Names::default(),
            put_off: Vec::new(),
        }
    }

    /// How many it holds.
    pub(super) const fn count(&self) -> usize {
        self.count
    }

    /// How many of them are decided.
    pub(super) const fn decided(&self) -> usize {
        self.count - self.new.undecided.len() - self.actions.undecided.len()
    }

    /// Whether nothing of it has to be written after a set that bears these names.
    pub(super) fn is_apart_from(&self, other: &Names) -> bool {
        self.names.are_apart_from(other)
    }

    /// Whether something in it cannot be decided as it forms, and was passed over as often as may be.
    pub(super) fn must_go(&self) -> bool {
        self.new.undecided.iter().chain(&self.actions.undecided).any(Pending::is_to_go)
    }

    /// Takes one in, decided if it can be.
    pub(super) fn take_in(&mut self, pending: Pending) {
        if !self.names.are_new(&pending) {
            self.put_off.push(pending);
            return;
        }
        self.count += 1;
        match pending.number() {
            None => self.declare(pending),
            Some(number) => self.act(pending, number),
        }
    }

    /// All that has formed, while no set is under way; begins the next with what was put off.
    pub(super) fn close(&mut self) -> Formed {
        // What was about a record of the set before can be decided now.
        for pending in std::mem::take(&mut self.actions.undecided) {
            match pending.number() {
                Some(number) if !pending.is_to_go() => self.act(pending, number),
                _ => self.actions.undecided.push(pending),
            }
        }
        self.closed()
    }

    /// What is decided of it, to go behind a set that is under way; begins the next with the rest.
    pub(super) fn close_decided(&mut self) -> Formed {
        let undecided = [&mut self.new, &mut self.actions].map(|set| std::mem::take(&mut set.undecided));
        let passed_over = undecided.into_iter().flatten().map(|mut pending| {
            pending.passed_over += 1;
            pending
        });
        self.put_off = passed_over.chain(std::mem::take(&mut self.put_off)).collect();
        self.closed()
    }

    fn closed(&mut self) -> Formed {
        let closed = std::mem::replace(self, Self::new(Rc::clone(&self.mind)));
        for pending in closed.put_off {
            self.take_in(pending);
        }
        Formed { new: closed.new, actions: closed.actions, drawn: closed.drawn, names: closed.names }
    }

    fn declare(&mut self, pending: Pending) {
        let now = self.mind.clock.now();
        let book = self.mind.rules.book();
        if places::in_question(slice::from_ref(&pending), |_| None, now, &book.reference).is_empty()
            && let Ok(making) = made(&pending, now, &mut self.drawn, &book, &mut Places::default())
        {
            let making = making.of(pending);
            self.names.vehicles.extend(making.vehicle());
            self.new.making.push(making);
        } else {
            self.new.undecided.push(pending.must_go());
        }
    }

    /// Decides an action whose record is in mind, behind whatever of the set it follows. What is not done for any reason is decided again when
    /// the set is written: the record in mind may have been moved on by another instance.
    fn act(&mut self, pending: Pending, number: Number) {
        let Set { moves, undecided, .. } = &mut self.actions;
        let number = number.as_i64();
        if pending.told().is_some() {
            undecided.push(pending.must_go());
            return;
        }
        let before = match moves.get(number) {
            _ if undecided.iter().any(|other| other.is_before(&pending)) => None,
            Some(moving) => Some(Arc::clone(&moving.before)),
            None => self.mind.memory.take(number),
        };
        let Some(before) = before else {
            undecided.push(pending);
            return;
        };
        let now = self.mind.clock.now();
        let book = self.mind.rules.book();
        let stands = moves.get(number).map_or(&before, |moving| &moving.after);
        let rooms = places::in_question(slice::from_ref(&pending), |_| Some(stands), now, &book.reference);
        let decided = if rooms.is_empty() {
            moves.decide(pending, &before, Given { book: &book, now }, &mut self.drawn, &mut Places::default())
        } else {
            Decided::Stands(pending, Arc::clone(&before))
        };
        match decided {
            Decided::Moves => {}
            Decided::Stands(pending, _) | Decided::Refused(pending, _) => {
                if moves.get(number).is_none() {
                    self.mind.memory.keep(&before);
                }
                undecided.push(pending.must_go());
            }
        }
    }
}
