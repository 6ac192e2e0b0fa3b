//! Importing: a file's lines go through the one write path, each taken in once however often it is sent.
//!
//! A history becomes a record by one `take_over`; a declaration is declared as if it were sent. An older system's
//! record is known by its `source` and `source_id`, a declaration by what it says: a second run of the same file
//! finds them and does nothing.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use sha2::{Digest, Sha256};
use tokio::time::sleep;

use super::declare::{draw, linked, salt};
use super::failure::Failure;
use super::writer::{Writer, random};
use super::{Ask, Done, Imported, Work};
use crate::clock::Clock;
use crate::domain::act::{Refusal, Rules};
use crate::domain::actor::{Actor, FirmId};
use crate::domain::audit::Hash;
use crate::domain::check::{check, unkeepable};
use crate::domain::declaration::{Declaration, Source};
use crate::domain::declare::{NewDeclaration, declare};
use crate::domain::number::Number;
use crate::domain::rule_book::InForce;
use crate::domain::rule_failure::RuleFailure;
use crate::domain::sent::{Sent, document};
use crate::domain::take_over::take_over;
use crate::domain::workflow::Role;
use crate::identity::principal::Principal;
use crate::intake::{Line, LineError, Read};
use crate::storage::firms;
use crate::storage::pool::{Pool, PoolError};
use crate::storage::sets::LinkedAction;

/// How many lines are read and checked at a time while as many are being written: two sets, and what the next forms of.
const AT_A_TIME: usize = 1_024;
/// How often a line is asked for again when the database was away, and how long is waited before.
const PAUSES: [Duration; 3] = [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(5)];

/// What an import does with its lines.
pub struct Import {
    /// Where they are written.
    pub writer: Writer,
    /// Where firms are looked up.
    pub pool: Pool,
    /// What they are checked by.
    pub rules: Arc<InForce>,
    /// The time.
    pub clock: Clock,
    /// The tax code of the firm that declares a file's declarations; a history names its own.
    pub firm: Option<String>,
    /// Firms that are not known yet are made.
    pub create_firms: bool,
    /// Everything is checked that can be without writing, and nothing is written.
    pub dry_run: bool,
}

/// How far an import has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Lines that were taken in (at a dry run: that would be).
    pub taken_in: u64,
    /// Lines that had been taken in before.
    pub known: u64,
    /// Lines that were refused.
    pub refused: u64,
    /// Firms that were made (at a dry run: that would be).
    pub firms: u64,
}

impl Tally {
    /// How many lines there were.
    #[must_use]
    pub const fn lines(&self) -> u64 {
        self.taken_in + self.known + self.refused
    }
}

/// Why an import could not go on. What was taken in stays; run again, it goes on where it ended.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// No connection to look firms up.
    #[error("the database cannot be reached")]
    Pool(#[from] PoolError),
    /// Firms could not be looked up or made.
    #[error("the firms cannot be read")]
    Firms(#[from] diesel::result::Error),
    /// Lines could not be written.
    #[error("the database does not take the lines in")]
    Away(#[source] Failure),
}

/// What became of a line.
enum Outcome {
    TakenIn,
    Known,
    Refused(Vec<RuleFailure>),
}

/// The firms that were looked up: none for a tax code that no firm has.
type KnownFirms = HashMap<String, Option<FirmId>>;

impl Import {
    /// Takes `lines` in. Every refused line is told in the lines' order, and after every line how far it has come.
    ///
    /// # Errors
    ///
    /// [`ImportError`], when the database stays away.
    pub async fn run(
        &self,
        lines: impl Iterator<Item = Result<Read, LineError>>,
        mut refused: impl FnMut(&LineError),
        mut progress: impl FnMut(&Tally),
    ) -> Result<Tally, ImportError> {
        let mut lines = lines.fuse();
        let mut tally = Tally::default();
        let mut known_firms = KnownFirms::new();
        let mut under_way = FuturesOrdered::new();
        loop {
            let some: Vec<_> = lines.by_ref().take(AT_A_TIME).collect();
            let last = some.is_empty();
            for (line, checked) in self.checked(some, &mut known_firms, &mut tally).await? {
                under_way.push_back(self.done(line, checked));
            }
            // While those that were asked for last are written, the next are read.
            while under_way.len() > if last { 0 } else { AT_A_TIME }
                && let Some(done) = under_way.next().await
            {
                let (line, outcome) = done?;
                match outcome {
                    Outcome::TakenIn => tally.taken_in += 1,
                    Outcome::Known => tally.known += 1,
                    Outcome::Refused(failures) => {
                        tally.refused += 1;
                        refused(&LineError { line, failures });
                    }
                }
                progress(&tally);
            }
            if last {
                return Ok(tally);
            }
        }
    }

    /// Checks lines by the rules and finds their firms.
    async fn checked(
        &self,
        lines: Vec<Result<Read, LineError>>,
        known_firms: &mut KnownFirms,
        tally: &mut Tally,
    ) -> Result<Vec<(u64, Result<Arc<Imported>, Vec<RuleFailure>>)>, ImportError> {
        let now = self.clock.now();
        let lines: Vec<(u64, Result<Line, Vec<RuleFailure>>)> = lines
            .into_iter()
            .map(|line| match line {
                Err(error) => (error.line, Err(error.failures)),
                Ok(read) => {
                    let failures = self.failures(&read.says, now);
                    (read.line, if failures.is_empty() { Ok(read.says) } else { Err(failures) })
                }
            })
            .collect();
        self.look_up(lines.iter().filter_map(|(_, line)| line.as_ref().ok()), known_firms, now, tally).await?;
        let with_firm = |line: Line| {
            let firm = self.firm_of(&line).and_then(|(code, _)| known_firms.get(code).copied().flatten());
            match firm {
                Some(firm) => Ok(Arc::new(Imported { firm, source: source_of(&line, firm), says: line })),
                None => Err(vec![self.without_firm(&line)]),
            }
        };
        Ok(lines.into_iter().map(|(number, line)| (number, line.and_then(with_firm))).collect())
    }

    fn failures(&self, line: &Line, now: DateTime<Utc>) -> Vec<RuleFailure> {
        let book = self.rules.book();
        let rules = book.rules();
        match line {
            Line::History(history) => history.check(now, rules),
            Line::Declaration(sent) if sent.draft => Vec::new(),
            // The writer checks what it declares. What cannot even be kept may be large: it does not wait for the writer.
            Line::Declaration(sent) if self.dry_run || !unkeepable(&sent.content, Some(&sent.people)).is_empty() => {
                check(&sent.content, Some(&sent.people), now, rules).failures
            }
            Line::Declaration(_) => Vec::new(),
        }
    }

    /// The tax code of a line's firm, and the name by which it can be made.
    fn firm_of<'a>(&'a self, line: &'a Line) -> Option<(&'a str, &'a str)> {
        match line {
            Line::History(history) => {
                let code = history.firm_tax_code.as_str();
                Some((code, history.firm_name.as_deref().unwrap_or(code)))
            }
            Line::Declaration(_) => self.firm.as_deref().map(|code| (code, code)),
        }
    }

    fn without_firm(&self, line: &Line) -> RuleFailure {
        match (line, &self.firm) {
            (Line::History(history), _) => {
                RuleFailure::new("/firm_tax_code", "firm-unknown").with("tax_code", &history.firm_tax_code)
            }
            (Line::Declaration(_), Some(code)) => RuleFailure::new("", "firm-unknown").with("tax_code", code),
            (Line::Declaration(_), None) => RuleFailure::new("", "firm-not-named"),
        }
    }

    /// Looks up the firms of `lines` that are not known yet, and makes those that there are none of if it should.
    async fn look_up<'a>(
        &'a self,
        lines: impl Iterator<Item = &'a Line>,
        known_firms: &mut KnownFirms,
        now: DateTime<Utc>,
        tally: &mut Tally,
    ) -> Result<(), ImportError> {
        let asked: BTreeMap<&str, &str> =
            lines.filter_map(|line| self.firm_of(line)).filter(|(code, _)| !known_firms.contains_key(*code)).collect();
        if asked.is_empty() {
            return Ok(());
        }
        let codes: Vec<&str> = asked.keys().copied().collect();
        let mut conn = self.pool.get().await?;
        let mut found = firms::ids_by_tax_code(&mut conn, &codes).await?;
        if self.create_firms {
            let new: Vec<(&str, &str)> = asked.into_iter().filter(|(code, _)| !found.contains_key(*code)).collect();
            if self.dry_run {
                tally.firms += new.len() as u64;
                found.extend(new.iter().map(|(code, _)| ((*code).to_owned(), NOBODY)));
            } else if !new.is_empty() {
                tally.firms += firms::insert_missing(&mut conn, &new, now).await? as u64;
                found = firms::ids_by_tax_code(&mut conn, &codes).await?;
            }
        }
        known_firms.extend(codes.iter().map(|code| ((*code).to_owned(), found.get(*code).copied())));
        Ok(())
    }

    /// Does what a line says, and tells what became of it.
    async fn done(
        &self,
        line: u64,
        checked: Result<Arc<Imported>, Vec<RuleFailure>>,
    ) -> Result<(u64, Outcome), ImportError> {
        let outcome = match checked {
            Err(failures) => Outcome::Refused(failures),
            Ok(_) if self.dry_run => Outcome::TakenIn,
            Ok(imported) => self.written(imported).await?,
        };
        Ok((line, outcome))
    }

    async fn written(&self, imported: Arc<Imported>) -> Result<Outcome, ImportError> {
        let role = match imported.says {
            Line::History(_) => Role::System,
            Line::Declaration(_) => Role::Declarant,
        };
        let actor = Actor { role, firm: Some(imported.firm), ..Actor::system() };
        let who = Arc::new(Principal { actor, session: None, oauth_scopes: None });
        let mut pauses = PAUSES.into_iter();
        loop {
            let work = Work::Import(Arc::clone(&imported));
            let failure = match self.writer.ask(Ask { who: Arc::clone(&who), work, keep: None }).await {
                Ok(Done::Written(_) | Done::Replayed(_)) => return Ok(Outcome::TakenIn),
                Ok(Done::ImportedBefore(_)) => return Ok(Outcome::Known),
                Ok(Done::Told(_)) => Failure::Internal("an answer to a device".into()),
                Err(failure) => failure,
            };
            let refusal = match failure {
                Failure::Busy | Failure::Unavailable(_) => match pauses.next() {
                    Some(pause) => {
                        sleep(pause).await;
                        continue;
                    }
                    None => return Err(ImportError::Away(failure)),
                },
                Failure::Refused(Refusal::Invalid(failures)) => return Ok(Outcome::Refused(failures)),
                Failure::VehicleAlreadyDeclared { .. } => RuleFailure::new("/vehicle", "vehicle-already-declared"),
                Failure::ReceiptUsed(used) => RuleFailure::new("/fee/receipt", "receipt-used")
                    .with("receipt", used.receipt)
                    .with("crossing_point", used.crossing_point)
                    .with("day", used.day),
                Failure::NoSuchFirm => RuleFailure::new("/firm_tax_code", "firm-unknown"),
                Failure::Refused(_)
                | Failure::NoSuchDeclaration
                | Failure::Stale(_)
                | Failure::KeyMismatch
                | Failure::Internal(_) => {
                    tracing::error!(%failure, "a line could not be written");
                    RuleFailure::new("", "not-written")
                }
            };
            return Ok(Outcome::Refused(vec![refusal]));
        }
    }
}

/// Stands for a firm that would be made.
const NOBODY: FirmId = FirmId(0);

/// What a line is known by when it comes again.
fn source_of(line: &Line, firm: FirmId) -> Source {
    match line {
        Line::History(history) => history.source.clone(),
        Line::Declaration(sent) => {
            let mut said = document(&sent.content, &sent.people);
            said.insert("draft".to_owned(), sent.draft.into());
            let text = serde_json::Value::from(said).to_string();
            Source { source: format!("firm {}", firm.0), source_id: Hash(Sha256::digest(text).into()).to_string() }
        }
    }
}

/// Makes the record of an imported line.
pub(super) fn import(
    imported: &Imported,
    actor: &Actor,
    now: DateTime<Utc>,
    drawn: &mut HashSet<Number>,
    rules: Rules,
) -> Result<(Declaration, Vec<LinkedAction>), Failure> {
    match &imported.says {
        Line::History(history) => {
            let number = draw_as_of(history.stamps.declared_at.unwrap_or(now), now, drawn)?;
            let history = (**history).clone();
            let (record, entry) = take_over(history, imported.firm, number, salt()?, actor, now, rules)
                .map_err(|failures| Failure::Refused(Refusal::Invalid(failures)))?;
            linked(record, vec![entry])
        }
        Line::Declaration(sent) => {
            let sent: Sent = (**sent).clone();
            let new = NewDeclaration { number: draw(now, drawn)?, firm: imported.firm, sent, salt: salt()? };
            let mut acted = declare(new, actor, now, rules)?;
            acted.after.progress.source = Some(imported.source.clone());
            if let Some(created) = acted.entries.first_mut() {
                created.details.source = Some(imported.source.clone());
            }
            linked(acted.after, acted.entries)
        }
    }
}

/// Draws a number that stands in the lists where the record was declared. Older systems often know no fraction of a
/// second or of a day: the millisecond is drawn, too, so that numbers of one instant do not run out.
fn draw_as_of(declared: DateTime<Utc>, now: DateTime<Utc>, drawn: &mut HashSet<Number>) -> Result<Number, Failure> {
    let fraction = i64::from(u16::from_be_bytes(random()?)) % 1_000;
    let at = declared + TimeDelta::milliseconds(fraction);
    // Numbers begin in 2020; what is older gets one of today.
    draw(if at.year() < 2020 { now } else { at }, drawn)
}
