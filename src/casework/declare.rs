//! A set of new declarations: one statement in autocommit, and a transaction for those that take places which run out.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio_postgres::Error;

use super::desk::{Desk, Trouble};
use super::failure::Failure;
use super::forming::Set;
use super::import::import;
use super::memory::Memory;
use super::writer::{Pending, random};
use super::{Done, Work, places};
use crate::domain::act::Refusal;
use crate::domain::audit::hex;
use crate::domain::declaration::{Declaration, Entry};
use crate::domain::declare::{NewDeclaration, declare};
use crate::domain::number::Number;
use crate::domain::places::Places;
use crate::domain::rule_book::RuleBook;
use crate::storage::places::{Claim, change, taken};
use crate::storage::receipts::{self, UsedReceipt};
use crate::storage::sets::{Change, InTheWay, KeptReply, LinkedAction, link};

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
pub(super) struct Making {
    pub(super) pending: Pending,
    after: Arc<Declaration>,
    actions: Vec<LinkedAction>,
    /// What is kept of it under the request's key.
    kept: Option<KeptReply>,
    /// The places that run out which it takes.
    claims: Vec<Claim>,
}

impl Making {
    /// Who asked, with what was sent to the database noted.
    fn tried(self) -> Pending {
        self.pending.tried(&self.after)
    }

    fn written(self, memory: &Memory) {
        memory.keep(&self.after);
        self.pending.answer(Ok(Done::Written(self.after)));
    }

    /// Answers why it was left out; who asked, where it is to be tried again.
    fn refused(self, (reasons, used): &Reasons) -> Option<Pending> {
        let Self { pending, after, .. } = self;
        // What stands in its way may be itself, in a set under way at the same moment. Then it is known by now.
        if (pending.source().is_some() || pending.ask.keep.is_some()) && pending.tries == 0 {
            return Some(pending);
        }
        let used = used.iter().find(|used| pending.receipt() == Some(used.receipt.as_str()));
        let reason = reasons.iter().find(|reason| reason.number == after.number.as_i64());
        let own_firm = after.firm.0;
        let answer = match reason {
            Some(reason) if reason.exists_with_head.as_deref() == Some(&after.head.0) => Ok(Done::Written(after)),
            Some(reason) if !reason.firm_stands => Err(Failure::NoSuchFirm),
            // Another declaration's number: another is drawn.
            Some(reason) if reason.exists_with_head.is_some() => return Some(pending),
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
        None
    }

    /// The vehicle whose place it takes.
    pub(super) fn vehicle(&self) -> Option<String> {
        self.after.place_taken()
    }

    fn change(&self) -> Change<'_> {
        Change {
            before: None,
            after: &self.after,
            actions: &self.actions,
            kept: self.kept.iter().collect(),
            told: Vec::new(),
        }
    }
}

impl Desk {
    /// Writes a set of new declarations and answers each; what lost a place to another writer, and one whose number
    /// turned out to be taken, comes back.
    ///
    /// # Errors
    ///
    /// [`Trouble`], with everything that was not answered yet.
    pub(super) async fn declare_set(&self, mut set: Set, drawn: &mut HashSet<Number>) -> Result<Vec<Pending>, Trouble> {
        let now = self.mind.clock.now();
        let shared = self.transactions.read().await;
        if let Err(error) = self.replay_known_keys(&mut set).await {
            return Err(Trouble::before(error, set));
        }
        if let Err(error) = self.answer_imported(&mut set).await {
            return Err(Trouble::before(error, set));
        }
        let book = self.mind.rules.book();
        let rooms = places::in_question(&set.undecided, |_| None, now, &book.reference);
        let mut taken = match taken(&self.client, rooms).await {
            Ok(taken) => taken,
            Err(error) => return Err(Trouble::before(error, set)),
        };
        let Set { mut making, undecided, .. } = set;
        for pending in undecided {
            match made(&pending, now, drawn, &book, &mut taken) {
                Ok(made) => making.push(made.of(pending)),
                Err(failure) => pending.answer(Err(failure)),
            }
        }
        // One order of locks on the vehicles' places, whoever writes.
        making.sort_by_cached_key(|making| (making.after.place_taken(), making.after.content.direction));
        let (careful, plain): (Vec<Making>, Vec<Making>) =
            making.into_iter().partition(|making| !making.claims.is_empty());
        let mut again = match self.inserted(plain).await {
            Ok(again) => again,
            Err(mut trouble) => {
                trouble.unanswered.extend(careful.into_iter().map(|making| making.pending));
                return Err(trouble);
            }
        };
        drop(shared);
        match self.inserted_with_places(careful).await {
            Ok(lost) => again.extend(lost),
            Err(mut trouble) => {
                trouble.unanswered.extend(again);
                return Err(trouble);
            }
        }
        Ok(again)
    }

    /// Writes new declarations by one statement in autocommit.
    async fn inserted(&self, making: Vec<Making>) -> Result<Vec<Pending>, Trouble> {
        if making.is_empty() {
            return Ok(Vec::new());
        }
        let left_out = match self.insert(&making).await {
            Ok(left_out) => left_out,
            Err(error) => {
                return Err(Trouble { error, unanswered: making.into_iter().map(Making::tried).collect() });
            }
        };
        let (refused, done): (Vec<Making>, Vec<Making>) =
            making.into_iter().partition(|making| left_out.contains(&making.after.number.as_i64()));
        for one in done {
            one.written(&self.mind.memory);
        }
        match self.in_the_way_of(&refused).await {
            Ok(reasons) => Ok(refused.into_iter().filter_map(|making| making.refused(&reasons)).collect()),
            Err(error) => Err(Trouble { error, unanswered: refused.into_iter().map(Making::tried).collect() }),
        }
    }

    /// Writes new declarations that take places which run out, in a transaction that is looked at before it is
    /// committed: those that cannot be written with the others are answered or come back, and the others are tried again.
    async fn inserted_with_places(&self, mut making: Vec<Making>) -> Result<Vec<Pending>, Trouble> {
        let mut again = Vec::new();
        while !making.is_empty() {
            let Attempt { lost, left_out, reasons } = match self.try_insert(&making).await {
                Ok(outcome) => outcome,
                Err(error) => {
                    again.extend(making.into_iter().map(Making::tried));
                    return Err(Trouble { error, unanswered: again });
                }
            };
            if lost.is_empty() && left_out.is_empty() {
                for one in making {
                    one.written(&self.mind.memory);
                }
                break;
            }
            let mut rest = Vec::new();
            for one in making {
                let number = one.after.number.as_i64();
                if lost.contains(&number) {
                    again.push(one.pending);
                } else if left_out.contains(&number) {
                    again.extend(one.refused(&reasons));
                } else {
                    rest.push(one);
                }
            }
            making = rest;
        }
        Ok(again)
    }

    async fn try_insert(&self, making: &[Making]) -> Result<Attempt, Error> {
        let _alone = self.transactions.write().await;
        self.client.batch_execute("begin").await?;
        let claims = making.iter().flat_map(|making| making.claims.iter().cloned()).collect();
        let attempt = async {
            let lost = change(&self.client, Vec::new(), claims).await?;
            let left_out = if lost.is_empty() { self.insert(making).await? } else { HashSet::new() };
            let refused = making.iter().filter(|making| left_out.contains(&making.after.number.as_i64()));
            let reasons = self.in_the_way_of(refused).await?;
            Ok(Attempt { lost, left_out, reasons })
        };
        let attempt = attempt.await;
        match &attempt {
            Ok(attempt) if attempt.lost.is_empty() && attempt.left_out.is_empty() => {
                self.client.batch_execute("commit").await?;
            }
            // A rollback that fails as well leaves a connection that is not used again.
            Ok(_) => self.client.batch_execute("rollback").await?,
            Err(_) => drop(self.client.batch_execute("rollback").await),
        }
        attempt
    }

    /// Inserts them by one statement; the numbers of those that it left out.
    async fn insert(&self, making: &[Making]) -> Result<HashSet<i64>, Error> {
        let changes: Vec<Change> = making.iter().map(Making::change).collect();
        let taken = self.statements.insert(&self.client, &changes).await?;
        let numbers = changes.iter().map(|change| change.after.number.as_i64());
        Ok(numbers.filter(|number| !taken.contains(number)).collect())
    }

    /// What stands in the way of those that were left out.
    async fn in_the_way_of(&self, refused: impl IntoIterator<Item = &Making>) -> Result<Reasons, Error> {
        let left_out: Vec<Change> = refused.into_iter().map(Making::change).collect();
        if left_out.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let used = receipts::used(&self.client, &left_out.iter().collect::<Vec<_>>()).await?;
        Ok((self.statements.in_the_way(&self.client, &left_out).await?, used))
    }
}

/// What came of an attempt to write new declarations with their places.
struct Attempt {
    /// Those of which another writer took a place first.
    lost: HashSet<i64>,
    /// Those that the statement left out.
    left_out: HashSet<i64>,
    /// What stands in their way.
    reasons: Reasons,
}

/// What stands in the way of new declarations, and which receipts are used.
type Reasons = (Vec<InTheWay>, Vec<UsedReceipt>);

/// A new declaration as it was decided.
pub(super) struct Made {
    after: Declaration,
    actions: Vec<LinkedAction>,
    claims: Vec<Claim>,
}

impl Made {
    /// The same, of whoever asked for it.
    pub(super) fn of(self, pending: Pending) -> Making {
        let kept = pending.ask.keep.as_ref().map(|keep| keep.kept(&self.after));
        Making { pending, after: Arc::new(self.after), actions: self.actions, kept, claims: self.claims }
    }
}

/// Decides one new declaration.
pub(super) fn made(
    pending: &Pending,
    now: DateTime<Utc>,
    drawn: &mut HashSet<Number>,
    book: &RuleBook,
    taken: &mut Places,
) -> Result<Made, Failure> {
    let actor = &pending.ask.who.actor;
    let rules = book.rules_with(taken);
    let (after, actions) = match &pending.ask.work {
        Work::Declare { sent } => {
            let firm = actor.firm.ok_or(Failure::Refused(Refusal::NotYours("role")))?;
            let new = NewDeclaration { number: draw(now, drawn)?, firm, sent: (**sent).clone(), salt: salt()? };
            let acted = declare(new, actor, now, rules)?;
            linked(acted.after, acted.entries)?
        }
        Work::Import(imported) => import(imported, actor, now, drawn, rules)?,
        Work::Act { .. } | Work::Told(_) => {
            return Err(Failure::Internal("an action among new declarations".into()));
        }
    };
    let claims = places::claims(None, &after, now, &book.reference, taken)?;
    Ok(Made { after, actions, claims })
}

/// The record with its actions linked into its chain.
pub(super) fn linked(mut after: Declaration, entries: Vec<Entry>) -> Result<(Declaration, Vec<LinkedAction>), Failure> {
    let actions = link(&mut after, entries).map_err(|error| Failure::Internal(Box::new(error)))?;
    Ok((after, actions))
}
