//! A declaration as the API shows it to one caller.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::problem::Fault;
use crate::domain::act::Rules;
use crate::domain::actor::Actor;
use crate::domain::check::check;
use crate::domain::content::{Content, Person};
use crate::domain::declaration::{Declaration, Hold, Onward, Returned, Source, Stamps, YardPlace};
use crate::domain::legal_clocks::{Breach, DueClock};
use crate::domain::next::{NextStep, next};
use crate::domain::number::Number;
use crate::domain::rule_book::RuleBook;
use crate::domain::tracks::{Part, Track};
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
pub struct DeclarationView {
    /// Its number.
    number: Number,
    /// Counts its actions; the entity tag.
    revision: i32,
    /// Where it stands.
    state: State,
    /// The firm that declared it.
    firm: Option<FirmName>,
    /// What was declared.
    #[serde(flatten)]
    content: Content,
    /// Who drives. Document and phone only for those who need them.
    driver: Option<Person>,
    /// Who else is aboard.
    crew: Vec<Person>,
    /// When driver and crew were erased; null while they stand here.
    people_erased_at: Option<DateTime<Utc>>,
    /// The agencies' parts that are required, and how far each has come.
    tracks: Vec<TrackView>,
    /// The legal clocks that run, with when each falls due by the calendar in force.
    clocks: Vec<DueClock>,
    /// The legal clocks that ran out.
    breaches: Vec<Breach>,
    /// The holds that stand.
    holds: Vec<Hold>,
    /// Where it is parked.
    yard: Option<YardPlace>,
    /// Where it was told to park.
    assigned_yard: Option<String>,
    /// The plate seen at arrival.
    observed_plate: Option<String>,
    /// The vehicle that took the goods over.
    onward: Option<Onward>,
    /// The plate of the foreign tractor that went back.
    tractor_returned: Option<String>,
    /// Why it was last sent back to the firm.
    returned: Option<Returned>,
    /// Why it ended, when it did not cross.
    end_reason: Option<String>,
    /// Amended after customs had given a lane.
    amended_after_lane: bool,
    /// The record that it came from by transfer.
    transferred_from: Option<Number>,
    /// The record under which it goes on elsewhere.
    transferred_to: Option<Number>,
    /// The older system's record that it was taken over from.
    source: Option<Source>,
    /// When what happened.
    stamps: Stamps,
    /// What must be put right before it can be submitted.
    rule_failures: Vec<Fault>,
    /// What could not be confirmed and does not stop.
    warnings: Vec<Fault>,
    /// The actions open to the caller now.
    offered: Vec<Action>,
    /// Who must act now, on what.
    next: Vec<NextView>,
    /// Where the record, its history and its actions are.
    links: BTreeMap<&'static str, String>,
}

/// One agency's part.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrackView {
    /// Whose.
    track: Track,
    /// How far it has come, and why it is required.
    #[serde(flatten)]
    part: Part,
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
    pub firm: Option<FirmName>,
}

impl DeclarationView {
    /// The record as `viewer` sees it.
    #[must_use]
    pub fn of(declaration: &Declaration, viewer: Viewer) -> Self {
        let rules: Rules = viewer.rules.rules();
        let findings = match declaration.state {
            State::Draft | State::Returned | State::Submitted => {
                check(&declaration.content, declaration.people.as_ref(), viewer.now, rules)
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
        let people = declaration.people.clone().unwrap_or_default();
        let in_full = sees_documents(declaration, viewer.actor);
        let seen = |person: Person| if in_full { person } else { Person { document: None, phone: None, ..person } };
        let progress = declaration.progress.clone();
        let own = format!("/api/v1/declarations/{}", declaration.number);
        Self {
            number: declaration.number,
            revision: declaration.revision,
            state: declaration.state,
            firm: viewer.firm,
            content: declaration.content.clone(),
            driver: people.driver.map(seen),
            crew: people.crew.into_iter().map(seen).collect(),
            people_erased_at: progress.people_erased_at,
            tracks: progress.tracks.into_iter().map(|(track, part)| TrackView { track, part }).collect(),
            clocks: declaration.clocks(rules),
            breaches: progress.breaches,
            holds: progress.holds,
            yard: progress.yard,
            assigned_yard: progress.assigned_yard,
            observed_plate: progress.observed_plate,
            onward: progress.onward,
            tractor_returned: progress.tractor_returned,
            returned: progress.returned,
            end_reason: progress.end_reason,
            amended_after_lane: progress.amended_after_lane,
            transferred_from: progress.transferred_from,
            transferred_to: progress.transferred_to,
            source: progress.source,
            stamps: declaration.stamps.clone(),
            rule_failures: if must_submit { told(&findings.failures) } else { Vec::new() },
            warnings: told(&findings.warnings),
            offered: declaration.offered(viewer.actor, viewer.now, rules),
            next: next(declaration).into_iter().map(|step| NextView::told(step, viewer.language)).collect(),
            links: BTreeMap::from([("self", own.clone()), ("actions", format!("{own}/actions"))]),
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
