//! A declaration as the API shows it to one caller.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::problem::Fault;
use crate::domain::act::Rules;
use crate::domain::actor::Actor;
use crate::domain::check::check;
use crate::domain::content::{Content, Person};
use crate::domain::declaration::{Declaration, Hold, Onward, Returned, SlotMissed, Source, Stamps, YardPlace};
use crate::domain::legal_clocks::{Breach, DueClock};
use crate::domain::next::{NextStep, next};
use crate::domain::number::Number;
use crate::domain::period::local_day;
use crate::domain::rule_book::RuleBook;
use crate::domain::take_over::NOT_BY_RULE;
use crate::domain::tracks::{ADDED, Part, Track};
use crate::domain::workflow::{Action, QuarantineKind, Role, State};
use crate::texts::{self, Language};

/// The firm that declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FirmName {
    /// Its tax code (MST).
    #[schema(example = "0100112437")]
    pub tax_code: String,
    /// Its name.
    pub name: String,
}

/// A declaration: what was declared, where it stands, what the agencies have done, what is open to the caller.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeclarationView<'a> {
    /// Its number.
    number: Number,
    /// Counts its actions; the entity tag.
    revision: i32,
    /// Where it stands.
    state: State,
    /// The firm that declared it.
    #[schema(value_type = Option<FirmName>)]
    firm: Option<Arc<FirmName>>,
    /// What was declared.
    #[serde(flatten)]
    content: &'a Content,
    /// Who drives. Document and phone only for those who need them.
    driver: Option<Cow<'a, Person>>,
    /// Who else is aboard.
    crew: Vec<Cow<'a, Person>>,
    /// When driver and crew were erased; null while they stand here.
    people_erased_at: Option<DateTime<Utc>>,
    /// The agencies' parts that are required, and how far each has come.
    tracks: Vec<TrackView<'a>>,
    /// The legal clocks that run, with when each falls due by the calendar in force.
    clocks: Vec<DueClock>,
    /// The legal clocks that ran out.
    breaches: &'a [Breach],
    /// The holds that stand.
    holds: &'a [Hold],
    /// Where it is parked.
    yard: Option<&'a YardPlace>,
    /// Where it was told to park.
    assigned_yard: Option<&'a str>,
    /// The hour in which it is to come: when it begins. None where none is needed.
    slot: Option<DateTime<Utc>>,
    /// It came before its hour, or after it.
    slot_missed: Option<SlotMissed>,
    /// The plate seen at arrival.
    observed_plate: Option<&'a str>,
    /// The vehicle that took the goods over.
    onward: Option<&'a Onward>,
    /// The plate of the foreign tractor that went back.
    tractor_returned: Option<&'a str>,
    /// Why it was last sent back to the firm.
    returned: Option<&'a Returned>,
    /// Why it ended, when it did not cross.
    end_reason: Option<&'a str>,
    /// Amended after customs had given a lane.
    amended_after_lane: bool,
    /// The revision at which its gate pass was issued; an older pass is withdrawn.
    pass: Option<i32>,
    /// Something was done on a pass that a newer one had replaced.
    stale_pass: bool,
    /// The record that it came from by transfer.
    transferred_from: Option<Number>,
    /// The record under which it goes on elsewhere.
    transferred_to: Option<Number>,
    /// The older system's record that it was taken over from.
    source: Option<&'a Source>,
    /// When what happened.
    stamps: &'a Stamps,
    /// What must be put right before it can be submitted.
    rule_failures: Vec<Fault>,
    /// What could not be confirmed and does not stop.
    warnings: Vec<Fault>,
    /// The actions open to the caller now.
    offered: Vec<Action>,
    /// Who must act now, on what.
    next: Vec<NextView>,
    /// Where the record, its history and actions, and its gate pass are.
    links: BTreeMap<&'static str, String>,
}

/// One agency's part.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrackView<'a> {
    /// Whose.
    track: Track,
    /// Why it is required, as a sentence in the caller's language.
    why: String,
    /// How far it has come, and why it is required.
    #[serde(flatten)]
    part: Cow<'a, Part>,
}

impl<'a> TrackView<'a> {
    /// One part as `viewer` sees it: by the rule as it stood when it was required, a local day.
    fn of(track: Track, part: &'a Part, viewer: &Viewer, required_on: NaiveDate) -> Self {
        let language = viewer.language;
        let why = if let Some(added) = &part.added {
            let who = texts::word(language, "role", added.role.as_str());
            texts::say(language, "because-added", &[("who", &who), ("reason", &added.reason)])
        } else if part.because == ADDED {
            texts::say(language, "because-added-unexplained", &[])
        } else if part.because == NOT_BY_RULE {
            texts::say(language, "because-taken-over", &[])
        } else {
            let rule = viewer.rules.reference.track_rule(&part.because, required_on);
            match rule.and_then(|rule| rule.because.as_ref()) {
                Some(because) => match language {
                    Language::Vi => because.vi.clone(),
                    Language::En => because.en.clone(),
                    Language::Zh => because.zh.clone(),
                },
                None => texts::say(language, "because-rule-unexplained", &[("rule", &part.because)]),
            }
        };
        let mut part = Cow::Borrowed(part);
        // A firm sees the agency, not the account.
        if viewer.actor.role == Role::Declarant
            && part.added.is_some()
            && let Some(added) = &mut part.to_mut().added
        {
            added.by = None;
        }
        Self { track, why, part }
    }
}

/// Something that somebody must do now.
#[derive(Debug, Serialize, ToSchema)]
pub struct NextView {
    /// Who.
    role: Role,
    /// Of which quarantine, for a quarantine officer.
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantine_kind: Option<QuarantineKind>,
    /// The action by which it is done, or begun.
    action: Action,
    /// The same as a sentence, in the caller's language.
    #[schema(value_type = String)]
    text: Arc<str>,
}

impl NextView {
    fn told(step: NextStep, language: Language) -> Self {
        Self {
            role: step.role,
            quarantine_kind: step.quarantine_kind,
            action: step.action,
            text: texts::next(language, step),
        }
    }
}

/// For whom a view is made.
pub struct Viewer<'a> {
    /// The caller.
    pub actor: &'a Actor,
    /// His language.
    pub language: Language,
    /// The present instant.
    pub now: DateTime<Utc>,
    /// The rules.
    pub rules: &'a RuleBook,
    /// The declaring firm, where it is known.
    pub firm: Option<Arc<FirmName>>,
}

impl<'a> DeclarationView<'a> {
    /// The record as `viewer` sees it.
    #[must_use]
    pub fn of(declaration: &'a Declaration, viewer: Viewer) -> Self {
        let rules: Rules = viewer.rules.rules();
        let findings = match declaration.state {
            State::Draft | State::Returned | State::Submitted => {
                check(&declaration.content, declaration.people.as_deref(), viewer.now, rules)
            }
            State::Registered
            | State::Arrived
            | State::InYard
            | State::Ready
            | State::Completed
            | State::Cancelled
            | State::Rejected
            | State::Expired
            | State::TurnedBack
            | State::Transferred => crate::domain::rule_failure::Findings::default(),
        };
        let told = |list: &[crate::domain::rule_failure::RuleFailure]| {
            list.iter().map(|failure| Fault::told(failure, viewer.language)).collect()
        };
        // Once submitted it kept the rules of that moment; what fails since (a planned arrival that has passed)
        // matters only where it must be submitted again.
        let must_submit = matches!(declaration.state, State::Draft | State::Returned);
        let people = declaration.people.as_deref();
        let in_full = sees_documents(declaration, viewer.actor);
        let seen = |person: &'a Person| {
            if in_full {
                Cow::Borrowed(person)
            } else {
                let Person { full_name, nationality, document: _, phone: _ } = person;
                let (full_name, nationality) = (full_name.clone(), nationality.clone());
                Cow::Owned(Person { full_name, nationality, document: None, phone: None })
            }
        };
        let progress = &declaration.progress;
        let required_on = local_day(declaration.stamps.registered_at.unwrap_or(viewer.now));
        let tracks = progress.tracks.iter();
        let tracks = tracks.map(|(track, part)| TrackView::of(*track, part, &viewer, required_on)).collect();
        let own = format!("/api/v1/declarations/{}", declaration.number);
        Self {
            number: declaration.number,
            revision: declaration.revision,
            state: declaration.state,
            firm: viewer.firm,
            content: &declaration.content,
            driver: people.and_then(|people| people.driver.as_ref()).map(seen),
            crew: people.map(|people| people.crew.iter().map(seen).collect()).unwrap_or_default(),
            people_erased_at: progress.people_erased_at,
            tracks,
            clocks: declaration.clocks(rules),
            breaches: &progress.breaches,
            holds: &progress.holds,
            yard: progress.yard.as_ref(),
            assigned_yard: progress.assigned_yard.as_deref(),
            slot: progress.slot,
            slot_missed: progress.slot_missed,
            observed_plate: progress.observed_plate.as_deref(),
            onward: progress.onward.as_ref(),
            tractor_returned: progress.tractor_returned.as_deref(),
            returned: progress.returned.as_ref(),
            end_reason: progress.end_reason.as_deref(),
            amended_after_lane: progress.amended_after_lane,
            pass: progress.pass,
            stale_pass: progress.stale_pass,
            transferred_from: progress.transferred_from,
            transferred_to: progress.transferred_to,
            source: progress.source.as_ref(),
            stamps: &declaration.stamps,
            rule_failures: if must_submit { told(&findings.failures) } else { Vec::new() },
            warnings: told(&findings.warnings),
            offered: declaration.offered(viewer.actor, viewer.now, rules),
            next: next(declaration).into_iter().map(|step| NextView::told(step, viewer.language)).collect(),
            links: [("self", own.clone()), ("actions", format!("{own}/actions"))]
                .into_iter()
                .chain(progress.pass.map(|_| ("pass", format!("{own}/pass"))))
                .collect(),
        }
    }
}

/// Whether the driver's document and phone are shown to `actor`: to the own firm, border guard, customs, health
/// quarantine and auditors.
fn sees_documents(declaration: &Declaration, actor: &Actor) -> bool {
    match actor.role {
        Role::Declarant => actor.firm == Some(declaration.firm),
        Role::BorderGuard | Role::CustomsOfficer | Role::Auditor | Role::System => true,
        Role::QuarantineOfficer => actor.quarantine_kind == Some(QuarantineKind::Health),
        Role::YardOperator | Role::FeeCollector | Role::GateManager | Role::Analyst | Role::Admin => false,
    }
}
