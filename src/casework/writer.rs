//! The one writer of a process: joins what is asked at the same time into sets.
//!
//! While one set is under way the next one forms of all that is asked meanwhile, and goes when the one is written. There is no
//! timer: alone, a request never waits; under load, sets grow by themselves. The writer has a thread and a connection of its own, and a second
//! connection for large sets.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use super::bureau::Bureau;
use super::failure::Failure;
use super::forming::Mind;
use super::memory::Memory;
use super::told::Told;
use super::{Ask, Done, Order, Work};
use crate::clock::Clock;
use crate::domain::audit::Hash;
use crate::domain::declaration::{Declaration, Source};
use crate::domain::number::Number;
use crate::domain::rule_book::InForce;
use crate::domain::workflow::Action;
use crate::intake::Line;

/// The most that wait; what comes on top is asked to come again.
const QUEUE: usize = 4_096;
/// How long somebody waits for his answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// How many sets may go before something that could not be decided as they formed. Most of that is about a record of the set that is
/// under way, and can be decided once it is written.
const PASSED_OVER: u8 = 2;

/// One thing asked for, and where its answer goes.
pub(super) struct Pending {
    pub(super) ask: Ask,
    answer: oneshot::Sender<Result<Done, Failure>>,
    /// What was sent to the database when its outcome became unknown: a declaration and its head after it.
    pub(super) tried: Option<(i64, Hash)>,
    /// How often it was tried without an outcome.
    pub(super) tries: u8,
    /// How many sets went before it although they were formed later.
    pub(super) passed_over: u8,
}

impl Pending {
    /// Gives the answer. Whoever asked may have gone away; what was done stays done.
    pub(super) fn answer(self, answer: Result<Done, Failure>) {
        drop(self.answer.send(answer));
    }

    /// The same, with what was sent to the database noted. What a device told of is known by its sequence.
    pub(super) fn tried(self, declaration: &Declaration) -> Self {
        if self.told().is_some() {
            return self;
        }
        Self { tried: Some((declaration.number.as_i64(), declaration.head)), ..self }
    }

    /// The same, where only the database can help with it: nothing is sent before it any more.
    pub(super) fn must_go(self) -> Self {
        Self { passed_over: PASSED_OVER, ..self }
    }

    /// Whether nothing may be sent before it any more.
    pub(super) const fn is_to_go(&self) -> bool {
        self.passed_over >= PASSED_OVER
    }

    /// The declaration that an action is about; none for a new declaration.
    pub(super) fn number(&self) -> Option<Number> {
        match &self.ask.work {
            Work::Declare { .. } | Work::Import(_) => None,
            Work::Act { number, .. } => Some(*number),
            Work::Told(told) => Some(told.number),
        }
    }

    /// Whether `later` must not be decided before it: they are about one record, or told by one device.
    pub(super) fn is_before(&self, later: &Self) -> bool {
        let device = later.told().map(|told| &told.device);
        self.number() == later.number() || device.is_some() && device == self.told().map(|told| &told.device)
    }

    /// What a device tells of.
    pub(super) fn told(&self) -> Option<&Told> {
        match &self.ask.work {
            Work::Told(told) => Some(told),
            Work::Declare { .. } | Work::Import(_) | Work::Act { .. } => None,
        }
    }

    /// The receipt that is to stand for a payment by it.
    pub(super) fn receipt(&self) -> Option<&str> {
        match &self.ask.work {
            Work::Act { order: Order::Action(Action::FeePay, said), .. } => said.receipt.as_deref(),
            Work::Told(told) if told.action == Action::FeePay => told.details.receipt.as_deref(),
            Work::Import(imported) => match &imported.says {
                Line::History(history) => history.fee.as_ref().map(|fee| fee.receipt.as_str()),
                Line::Declaration(_) => None,
            },
            Work::Declare { .. } | Work::Act { .. } | Work::Told(_) => None,
        }
    }

    /// Where it is imported from.
    pub(super) fn source(&self) -> Option<&Source> {
        match &self.ask.work {
            Work::Import(imported) => Some(&imported.source),
            Work::Declare { .. } | Work::Act { .. } | Work::Told(_) => None,
        }
    }
}

/// Random bytes.
pub(super) fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Failure::Internal(Box::new(error)))?;
    Ok(bytes)
}

/// Takes in what is asked; clones share the one queue.
#[derive(Clone)]
pub struct Writer {
    queue: mpsc::Sender<Pending>,
    written: watch::Receiver<()>,
}

impl Writer {
    /// Starts the writer on the database at `url`. It connects when it is first needed, and again whenever the
    /// connection is lost; it ends when the last clone is dropped.
    ///
    /// # Errors
    ///
    /// Where the system gives no thread.
    pub fn start(url: String, clock: Clock, rules: Arc<InForce>) -> std::io::Result<Self> {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let (told, written) = watch::channel(());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name("writer".to_owned()).spawn(move || {
            let mind = Rc::new(Mind { clock, rules, memory: Memory::new() });
            runtime.block_on(Bureau::new(url, mind).work(waiting, &told));
        })?;
        Ok(Self { queue, written })
    }

    /// Asks for something to be done, and waits for the answer.
    ///
    /// # Errors
    ///
    /// [`Failure`].
    pub async fn ask(&self, ask: Ask) -> Result<Done, Failure> {
        answer_to(self.enqueue(ask)?).await
    }

    /// Asks for several things, which are decided in their order, and waits for the answers. Those behind one that
    /// could not be asked, or had no answer, have none either.
    pub async fn ask_in_order(&self, asks: Vec<Ask>) -> Vec<Result<Done, Failure>> {
        let mut queued = Vec::with_capacity(asks.len());
        for ask in asks {
            let one = self.enqueue(ask);
            let is_full = one.is_err();
            queued.push(one);
            if is_full {
                break;
            }
        }
        let mut answers = Vec::with_capacity(queued.len());
        for one in queued {
            let answer = match one {
                Ok(answered) => answer_to(answered).await,
                Err(failure) => Err(failure),
            };
            let is_last = matches!(answer, Err(Failure::Busy | Failure::Unavailable(_)));
            answers.push(answer);
            if is_last {
                break;
            }
        }
        answers
    }

    fn enqueue(&self, ask: Ask) -> Result<oneshot::Receiver<Result<Done, Failure>>, Failure> {
        let (answer, answered) = oneshot::channel();
        let pending = Pending { ask, answer, tried: None, tries: 0, passed_over: 0 };
        self.queue.try_send(pending).map_err(|_| Failure::Busy)?;
        Ok(answered)
    }

    /// Tells whenever a set was written here; what other instances write, it does not tell.
    #[must_use]
    pub fn written(&self) -> watch::Receiver<()> {
        self.written.clone()
    }

    /// How many wait.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }
}

async fn answer_to(answered: oneshot::Receiver<Result<Done, Failure>>) -> Result<Done, Failure> {
    match timeout(ANSWER_TIMEOUT, answered).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(Failure::Unavailable("the writer has ended".into())),
        Err(_) => Err(Failure::Unavailable("no answer in time".into())),
    }
}
