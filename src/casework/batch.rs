//! A firm's declarations in bulk, as they come in over a connection: each line is declared by itself, in the lines'
//! order, in memory that does not grow with their number.

use std::collections::HashSet;
use std::io::{self, BufReader};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::failure::Failure;
use super::writer::Writer;
use super::{Ask, Done, Keep, Work};
use crate::clock::Clock;
use crate::domain::act::Refusal;
use crate::domain::check::{check, unkeepable};
use crate::domain::content::{Direction, mark_in};
use crate::domain::number::Number;
use crate::domain::rule_book::InForce;
use crate::domain::rule_failure::RuleFailure;
use crate::domain::sent::{Sent, document};
use crate::identity::principal::Principal;
use crate::intake::{Kind, Line, LineError, Lines, Read};
use crate::storage::pool::{Pool, PoolError};
use crate::storage::sets::Reply;
use crate::storage::vehicles;

pub use crate::intake::{Format, template};

/// How many lines wait to be declared.
const WAITING: usize = 16;
/// The most lines that one batch holds.
pub const MAX_LINES: u64 = 10_000;
/// How many lines are asked for at a time: two sets that are written beside each other. Twice as many, as an import has, take ten MiB more of the
/// service for few more lines a second, if any; and so others have room in the queue beside them.
const AT_A_TIME: usize = 512;
/// How long is waited when the writer has too much to do, and how often.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(20), Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2)];
/// The route under which the lines' keys are kept.
const ROUTE: &str = "POST /api/v1/declarations/batch";

/// A batch that is under way.
pub struct Batch {
    /// Where the lines are written.
    pub writer: Writer,
    /// Where a dry run looks for vehicles that are present.
    pub pool: Pool,
    /// What the lines are checked by.
    pub rules: Arc<InForce>,
    /// The time.
    pub clock: Clock,
    /// Whose declarations they are.
    pub who: Arc<Principal>,
    /// The batch's Idempotency-Key: with it a line that comes again under the same number has no second effect.
    pub key: Option<String>,
    /// Everything is checked that can be without writing, and nothing is written.
    pub dry_run: bool,
}

/// What became of a line.
#[derive(Debug)]
pub enum Outcome {
    /// It is declared.
    Declared {
        /// Under this number.
        number: Number,
        /// By an earlier try with the same key.
        replayed: bool,
    },
    /// A dry run: it would be declared.
    WouldBeDeclared,
    /// It is not declared.
    Failed(Failure),
    /// It could not be read.
    Unreadable(Vec<RuleFailure>),
    /// It is more than a batch holds; nothing after it was read.
    TooMany,
}

/// The lines of `input`, read on a thread of their own, where waiting harms nobody.
pub fn lines_of(input: impl io::Read + Send + 'static, format: Format) -> mpsc::Receiver<Result<Read, LineError>> {
    let (lines, read) = mpsc::channel(WAITING);
    tokio::task::spawn_blocking(move || {
        // With a format there is nothing to look at before the first line: reading cannot fail here.
        let Ok(all) = Lines::new(BufReader::new(input), Some(format), Some(Kind::Declarations)) else { return };
        for line in all {
            if lines.blocking_send(line).is_err() {
                return;
            }
        }
    });
    read
}

/// What a dry run has seen of the batch already.
type Seen = HashSet<(String, Direction)>;

impl Batch {
    /// Declares `lines`, and tells in their order what became of each. `told` says whether anybody listens still:
    /// when nobody does, no further line is begun.
    pub async fn run(
        &self,
        mut lines: mpsc::Receiver<Result<Read, LineError>>,
        mut told: impl AsyncFnMut(u64, Outcome) -> bool,
    ) {
        let mut under_way = FuturesOrdered::new();
        let mut count = 0;
        let mut seen = Seen::new();
        let mut ended = false;
        loop {
            let line = if ended || under_way.len() >= AT_A_TIME {
                None
            } else {
                tokio::select! {
                    biased;
                    line = lines.recv() => Some(line),
                    Some((line, outcome)) = under_way.next(), if !under_way.is_empty() => {
                        ended |= !told(line, outcome).await;
                        continue;
                    }
                }
            };
            match line {
                Some(Some(read)) => {
                    count += 1;
                    ended = count > MAX_LINES;
                    under_way.push_back(self.line(read, ended, &mut seen));
                }
                Some(None) => ended = true,
                None => match under_way.next().await {
                    Some((line, outcome)) => ended |= !told(line, outcome).await,
                    None => return,
                },
            }
        }
    }

    /// What becomes of one line.
    fn line<'a>(
        &'a self,
        read: Result<Read, LineError>,
        too_many: bool,
        seen: &mut Seen,
    ) -> impl Future<Output = (u64, Outcome)> + use<'a> {
        let line = match &read {
            Ok(read) => read.line,
            Err(error) => error.line,
        };
        let step = match read {
            _ if too_many => Step::Over(Outcome::TooMany),
            Err(error) => Step::Over(Outcome::Unreadable(error.failures)),
            Ok(Read { says: Line::Declaration(sent), .. }) => self.begun(sent, seen),
            Ok(Read { says: Line::History(_), .. }) => {
                Step::Over(Outcome::Unreadable(vec![RuleFailure::new("", "history-by-import-alone")]))
            }
        };
        async move {
            let outcome = match step {
                Step::Over(outcome) => outcome,
                Step::Look(vehicle, direction) => self.looked_up(&vehicle, direction).await,
                Step::Declare(sent) => self.declared(line, sent).await,
            };
            (line, outcome)
        }
    }

    fn begun(&self, sent: Box<Sent>, seen: &mut Seen) -> Step {
        // The writer checks what it declares. What cannot even be kept may be large: it does not wait for the writer.
        let to_check = self.dry_run || !unkeepable(&sent.content, Some(&sent.people)).is_empty();
        let failures = if to_check { self.failures(&sent, self.clock.now()) } else { Vec::new() };
        if !failures.is_empty() {
            return Step::Over(Outcome::Failed(Failure::Refused(Refusal::Invalid(failures))));
        }
        if !self.dry_run {
            return Step::Declare(sent);
        }
        let place = sent.content.vehicle_key().filter(|_| !sent.draft).map(|key| (key, sent.content.direction));
        match place {
            Some(place) if !seen.insert(place.clone()) => Step::Over(Outcome::Failed(taken(&place.0))),
            Some((vehicle, direction)) => Step::Look(vehicle, direction),
            None => Step::Over(Outcome::WouldBeDeclared),
        }
    }

    fn failures(&self, sent: &Sent, now: DateTime<Utc>) -> Vec<RuleFailure> {
        if sent.draft {
            unkeepable(&sent.content, Some(&sent.people))
        } else {
            check(&sent.content, Some(&sent.people), now, self.rules.book().rules()).failures
        }
    }

    /// A dry run: whether the vehicle's place is free.
    async fn looked_up(&self, vehicle: &str, direction: Direction) -> Outcome {
        let looked = async {
            let mut conn = self.pool.get().await?;
            Ok::<_, PoolError>(vehicles::is_present(&mut conn, vehicle, direction).await)
        };
        match looked.await {
            Ok(Ok(false)) => Outcome::WouldBeDeclared,
            Ok(Ok(true)) => Outcome::Failed(taken(vehicle)),
            Ok(Err(error)) => Outcome::Failed(Failure::Unavailable(Box::new(error))),
            Err(error) => Outcome::Failed(Failure::Unavailable(Box::new(error))),
        }
    }

    async fn declared(&self, line: u64, sent: Box<Sent>) -> Outcome {
        let mut pauses = PAUSES.into_iter();
        loop {
            let keep = self.key.as_ref().map(|key| keep(&self.who, key, line, &sent));
            let work = Work::Declare { sent: sent.clone() };
            let failure = match self.writer.ask(Ask { who: Arc::clone(&self.who), work, keep }).await {
                Ok(Done::Written(declaration)) => {
                    return Outcome::Declared { number: declaration.number, replayed: false };
                }
                Ok(Done::Replayed(reply)) => {
                    return match std::str::from_utf8(&reply.body).ok().and_then(|number| number.parse().ok()) {
                        Some(number) => Outcome::Declared { number, replayed: true },
                        None => Outcome::Failed(Failure::Internal("what is kept of a line is no number".into())),
                    };
                }
                Ok(Done::ImportedBefore(_) | Done::Told(_)) => {
                    Failure::Internal("an answer to another question".into())
                }
                Err(failure) => failure,
            };
            // What was not taken in can be asked again; with a key, so can what may have been.
            let again = match &failure {
                Failure::Busy => true,
                Failure::Unavailable(_) => self.key.is_some(),
                _ => false,
            };
            match pauses.next().filter(|_| again) {
                Some(pause) => sleep(pause).await,
                None => return Outcome::Failed(failure),
            }
        }
    }
}

/// What is left to do for a line.
enum Step {
    Over(Outcome),
    Look(String, Direction),
    Declare(Box<Sent>),
}

/// How the answer to a line is kept: under the batch's key and the line's number.
fn keep(who: &Principal, key: &str, line: u64, sent: &Sent) -> Keep {
    let says = serde_json::to_vec(&(document(&sent.content, &sent.people), sent.draft)).unwrap_or_default();
    Keep {
        caller: who.name(),
        route: ROUTE.to_owned(),
        key: format!("{key}#{line}"),
        request_hash: Sha256::digest(says).to_vec(),
        render: Box::new(|declaration| Reply {
            status: 201,
            location: None,
            etag: None,
            body: declaration.number.to_string().into_bytes(),
        }),
    }
}

/// That the place of the vehicle with this key is taken; by whom is not said.
fn taken(vehicle_key: &str) -> Failure {
    Failure::VehicleAlreadyDeclared { vehicle: mark_in(vehicle_key).to_owned(), other: None }
}
