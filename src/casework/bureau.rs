//! Where the writer works: forms sets of what waits in its queue, writes them, and deals with what goes wrong.

use std::collections::HashSet;
use std::rc::Rc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{Mutex, mpsc, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use super::desk::{Desk, Trouble};
use super::failure::Failure;
use super::forming::{Formed, Forming, Mind, Names, Set};
use super::writer::Pending;
use crate::domain::number::Number;
use crate::storage::pool::{causes, is_lost, is_too_late};

/// The most that one set takes in: beyond it a set gains nothing and others wait longer.
const LARGEST_SET: usize = 512;
/// How many a set holds at least that is written beside another one instead of behind it: with fewer, what two connections cost, and that each
/// waits for the counters of the other, is more than they bring.
const LARGE_SET: usize = 256;
/// How long the database may be away before those who wait are told.
const RECONNECT: Duration = Duration::from_secs(3);
/// How often something is done again after a deadlock or a lost race.
const TRIES: u8 = 20;

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

/// The writer at work.
pub(super) struct Bureau {
    url: String,
    mind: Rc<Mind>,
    /// The second one is for a large set beside another large one.
    seats: [Mutex<Seat>; 2],
}

/// A set that is under way.
struct UnderWay {
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
    /// At work on the database at `url`.
    pub(super) fn new(url: String, mind: Rc<Mind>) -> Self {
        Self { url, mind, seats: Default::default() }
    }

    /// Forms sets of what waits, and writes them. Behind a set that is under way a second one is sent once as many are decided for it:
    /// so the database need not wait for the writer, nor sets become small. Beside a large one another large one is written on a connection of
    /// its own. What needs a look at the database first goes alone.
    pub(super) async fn work(self, mut waiting: mpsc::Receiver<Pending>, told: &watch::Sender<()>) {
        let mut forming = Forming::new(Rc::clone(&self.mind));
        let mut sent: Vec<UnderWay> = Vec::new();
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
                sent.push(UnderWay { set, seat, count, is_decided, names });
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
                        tracing::warn!(error = %causes(&error), "the writer's connection is lost");
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
                        let causes = causes(&error);
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
