//! The one writer of a process: joins what is asked at the same time into sets.
//!
//! While one set is under way the next one forms of all that is asked meanwhile, and goes when the one is written. There is no
//! timer: alone, a request never waits; under load, sets grow by themselves. The writer has a thread and a connection of its own, and a second
//! connection for large sets.

use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use super::desk::{Desk, Trouble};
use super::failure::Failure;
use super::forming::{Formed, Forming, Mind, Names, Set};
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
use crate::storage::pool::{is_lost, is_too_late};

/// The most that one set takes in: beyond it a set gains nothing and others wait longer.
const LARGEST_SET: usize = 512;
/// How many a set holds at least that is written beside another one instead of behind it: with fewer, what two connections cost, and that each
/// waits for the counters of the other, is more than they bring.
const LARGE_SET: usize = 256;
/// The most that wait; what comes on top is asked to come again.
const QUEUE: usize = 4_096;
/// How long somebody waits for his answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the database may be away before those who wait are told.
const RECONNECT: Duration = Duration::from_secs(3);
/// How often something is done again after a deadlock or a lost race.
const TRIES: u8 = 20;

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
            runtime.block_on(Bureau { url, mind, seats: Default::default() }.work(waiting, &told));
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

/// What an error of the database means for a set.
enum Meaning {
    /// The connection is of no more use; whether the set was written is not known.
    Lost,
    /// Nothing was written: again.
    Again,
    /// Nothing was written, and something in the set is to blame.
    Blame,
    /// Nothing was written in time.
    TooLate,
    /// A fault of ours.
    Fault,
}

fn meaning(error: &Error) -> Meaning {
    let Some(code) = error.code() else { return Meaning::Lost };
    if [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED].contains(code) {
        Meaning::Again
    } else if is_too_late(error) {
        Meaning::TooLate
    } else if is_lost(error) {
        Meaning::Lost
    } else if ["22", "23"].iter().any(|class| code.code().starts_with(class)) {
        Meaning::Blame
    } else {
        Meaning::Fault
    }
}

/// The writer with its queue: keeps a connection, forms the sets, and deals with what goes wrong.
struct Bureau {
    url: String,
    mind: Rc<Mind>,
    /// The second one is for a large set beside another large one.
    seats: [Mutex<Seat>; 2],
}

/// A set that is under way.
struct Sent {
    set: u64,
    /// The seat at which it is written.
    seat: usize,
    count: usize,
    /// Whether it was wholly decided as it formed.
    is_decided: bool,
    names: Names,
}

/// Where the writer sits.
#[derive(Default)]
struct Seat {
    desk: Option<Rc<Desk>>,
    /// The server process of a connection that was given up: it is ended before anything is done again.
    left: Option<i32>,
}

impl Bureau {
    /// Forms sets of what waits, and writes them. Behind a set that is under way a second one is sent once as many are decided for it:
    /// so the database need not wait for the writer, nor sets become small. Beside a large one another large one is written on a connection of
    /// its own. What needs a look at the database first goes alone.
    async fn work(self, mut waiting: mpsc::Receiver<Pending>, told: &watch::Sender<()>) {
        let mut forming = Forming::new(Rc::clone(&self.mind));
        let mut sent: Vec<Sent> = Vec::new();
        let mut under_way = FuturesUnordered::new();
        let mut sets = 0_u64;
        loop {
            if sent.is_empty() {
                while forming.count() < LARGEST_SET
                    && let Ok(pending) = waiting.try_recv()
                {
                    forming.take_in(pending);
                }
            }
            let next = match sent.as_slice() {
                [] if forming.count() > 0 => Some((forming.close(), 0)),
                [before] if before.is_decided && !forming.must_go() => {
                    let decided = forming.decided();
                    let are_large = before.count >= LARGE_SET && decided >= LARGE_SET;
                    let seat = if are_large { 1 - before.seat } else { before.seat };
                    let goes = (are_large || decided >= before.count) && forming.is_apart_from(&before.names);
                    goes.then(|| (forming.close_decided(), seat))
                }
                _ => None,
            };
            if let Some((formed, seat)) = next {
                sets += 1;
                let (set, count, is_decided) = (sets, formed.count(), formed.is_decided());
                let Formed { new, actions, mut drawn, names } = formed;
                sent.push(Sent { set, seat, count, is_decided, names });
                metrics::histogram!("border_gate_set_size").record(size(count));
                let this = &self;
                under_way.push(async move {
                    this.settle(new, &mut drawn, seat).await;
                    this.settle(actions, &mut drawn, seat).await;
                    set
                });
            }
            tokio::select! {
                biased;
                Some(set) = under_way.next() => {
                    sent.retain(|other| other.set != set);
                    told.send_replace(());
                }
                Some(pending) = waiting.recv(), if forming.count() < LARGEST_SET => forming.take_in(pending),
                else => return,
            }
        }
    }

    /// Writes a set, whatever it takes, until everybody in it has an answer.
    async fn settle(&self, set: Set, drawn: &mut HashSet<Number>, seat: usize) {
        let mut sets = vec![set];
        while let Some(set) = sets.pop() {
            if set.is_empty() {
                continue;
            }
            let desk = match self.desk(seat).await {
                Ok(desk) => desk,
                Err(why) => {
                    answer_all(set.into_pending(), || Failure::Unavailable(why.clone().into()));
                    continue;
                }
            };
            let began = Instant::now();
            let outcome = desk.write(set, drawn).await;
            metrics::histogram!("border_gate_set_seconds").record(began.elapsed().as_secs_f64());
            match outcome {
                Ok(again) => sets.push(Set::undecided(tried_again(again))),
                Err(Trouble { error, unanswered }) => match meaning(&error) {
                    Meaning::Lost => {
                        tracing::warn!(error = %crate::storage::pool::causes(&error), "the writer's connection is lost");
                        self.seats[seat].lock().await.leave(&desk);
                        sets.push(Set::undecided(tried_again(unanswered)));
                    }
                    Meaning::Again => sets.push(Set::undecided(tried_again(unanswered))),
                    Meaning::Blame if unanswered.len() > 1 => {
                        let mut first = unanswered;
                        let second = first.split_off(first.len() / 2);
                        sets.push(Set::undecided(second));
                        sets.push(Set::undecided(first));
                    }
                    // A key that another instance took at the same moment is found when it is looked up again.
                    Meaning::Blame if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
                        sets.push(Set::undecided(tried_again(unanswered)));
                    }
                    Meaning::TooLate => answer_all(unanswered, || Failure::Unavailable(error.to_string().into())),
                    Meaning::Blame | Meaning::Fault => {
                        let causes = crate::storage::pool::causes(&error);
                        answer_all(unanswered, || Failure::Internal(causes.clone().into()));
                    }
                },
            }
        }
    }

    /// The desk, with a connection.
    async fn desk(&self, seat: usize) -> Result<Rc<Desk>, String> {
        let mut seat = self.seats[seat].lock().await;
        if let Some(desk) = seat.desk.clone() {
            if !desk.is_lost() {
                return Ok(desk);
            }
            seat.leave(&desk);
        }
        let until = Instant::now() + RECONNECT;
        loop {
            let opened = Desk::open(&self.url, Rc::clone(&self.mind), seat.left);
            let why = match timeout(RECONNECT, opened).await {
                Ok(Ok(desk)) => {
                    let desk = Rc::new(desk);
                    *seat = Seat { desk: Some(Rc::clone(&desk)), left: None };
                    return Ok(desk);
                }
                Ok(Err(why)) => why,
                Err(_) => "the database does not answer".to_owned(),
            };
            if Instant::now() >= until {
                return Err(why);
            }
            sleep(Duration::from_millis(100)).await;
        }
    }
}

impl Seat {
    /// Gives this desk up, if it was not given up before.
    fn leave(&mut self, desk: &Rc<Desk>) {
        if self.desk.take_if(|own| Rc::ptr_eq(own, desk)).is_some() {
            self.left = Some(desk.close());
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a metric; sets are small")]
const fn size(items: usize) -> f64 {
    items as f64
}

/// What is to be done again; whatever was tried too often is told so.
fn tried_again(set: Vec<Pending>) -> Vec<Pending> {
    let (again, given_up): (Vec<Pending>, Vec<Pending>) = set
        .into_iter()
        .map(|mut pending| {
            pending.tries += 1;
            pending
        })
        .partition(|pending| pending.tries <= TRIES);
    answer_all(given_up, || Failure::Unavailable("it was tried too often".into()));
    again
}

fn answer_all(set: Vec<Pending>, failure: impl Fn() -> Failure) {
    for pending in set {
        pending.answer(Err(failure()));
    }
}
