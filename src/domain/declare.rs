//! Declaring and amending: what a firm says about its vehicle, and what follows from it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::act::{Acted, Refusal, Rules, refused, slot_anew};
use super::actor::{Actor, FirmId};
use super::audit::seal;
use super::check::{check, unkeepable};
use super::content::{Content, People, to_micros};
use super::declaration::{Change, Declaration, Details, Entry, PEOPLE_FIELDS, PLANNED_ARRIVAL, PeopleSeal};
use super::number::Number;
use super::places::Comer;
use super::rule_failure::RuleFailure;
use super::sent::Sent;
use super::tracks::Track;
use super::workflow::{Action, State};

/// A declaration that a firm makes.
#[derive(Clone, Debug)]
pub struct NewDeclaration {
    /// The number drawn for it.
    pub number: Number,
    /// The declaring firm.
    pub firm: FirmId,
    /// What was sent, normalised.
    pub sent: Sent,
    /// Random text under which the people are sealed.
    pub salt: String,
}

/// Makes the record of a new declaration: kept as a draft where it was sent as one, else submitted, and
/// registered where its crossing point does so by itself.
///
/// # Errors
///
/// [`Refusal::Invalid`] with every rule that what is submitted does not keep; of a draft, with what cannot be kept.
pub fn declare(new: NewDeclaration, actor: &Actor, now: DateTime<Utc>, rules: Rules) -> Result<Acted, Refusal> {
    let now = to_micros(now);
    let Sent { content, people, draft } = new.sent;
    let failures =
        if draft { unkeepable(&content, Some(&people)) } else { check(&content, Some(&people), now, rules).failures };
    if !failures.is_empty() {
        return Err(Refusal::Invalid(failures));
    }
    let people_seal = sealed(&people, new.salt);
    let entry = Entry {
        seq: 1,
        action: Action::Create,
        actor: actor.id.to_string(),
        role: actor.role,
        at: now,
        recorded_at: now,
        details: Box::new(Details {
            firm: Some(new.firm),
            declarant: Some(actor.id.to_string()),
            content: Some(content),
            people_digest: people_seal.as_ref().map(|seal| seal.digest.clone()),
            ..Details::default()
        }),
    };
    let mut after =
        Declaration::begin(new.number, &entry).map_err(|_| Refusal::not_following(Action::Create, State::Draft))?;
    after.people = people_seal.is_some().then_some(people);
    after.people_seal = people_seal;
    let mut acted = Acted { after, entries: vec![entry], transferred: None };
    if !draft {
        acted.add(Action::Submit, actor.id.to_string(), actor.role, now, Details::default())?;
        acted.settle(now, rules)?;
    }
    Ok(acted)
}

/// The people's seal under `salt`; none where nobody is named.
pub(super) fn sealed(people: &People, salt: String) -> Option<PeopleSeal> {
    if *people == People::default() {
        return None;
    }
    let text = serde_json::to_string(people).unwrap_or_default();
    Some(PeopleSeal { digest: seal(&salt, &text), salt })
}

/// The fields that may still be amended once the gate has the declaration.
const AMENDABLE_ONCE_SUBMITTED: &[&str] = &["vehicle", "driver", "crew", "planned_arrival"];

/// Amends `declaration` so that it says `sent`. Nothing is recorded where that is what it says already.
///
/// # Errors
///
/// As [`super::act::act`]: [`Refusal::Invalid`] with every changed field that may not change now or does
/// not keep its rules.
pub fn amend(
    declaration: &Declaration,
    sent: Sent,
    salt: String,
    actor: &Actor,
    now: DateTime<Utc>,
    rules: Rules,
) -> Result<Acted, Refusal> {
    let now = to_micros(now);
    if !declaration.is_visible_to(actor) {
        return Err(Refusal::NotVisible);
    }
    if let Some(obstacle) = declaration.obstacle(Action::Amend, actor, now, rules) {
        return Err(refused(declaration, Action::Amend, obstacle, actor, now, rules));
    }
    let people_before = declaration.people.clone().unwrap_or_default();
    let changes = changes(&declaration.content, &people_before, &sent.content, &sent.people);
    let mut acted = Acted { after: declaration.clone(), entries: Vec::new(), transferred: None };
    if changes.is_empty() {
        return Ok(acted);
    }
    let changed: BTreeSet<String> = changes.iter().map(|change| change.field.clone()).collect();
    let mut failures: Vec<RuleFailure> = changed
        .iter()
        .filter(|field| !may_change(field, declaration.state))
        .map(|field| not_amendable(field, declaration.state))
        .collect();
    if declaration.state == State::Draft {
        failures.extend(unkeepable(&sent.content, Some(&sent.people)));
    } else {
        let found = check(&sent.content, Some(&sent.people), now, rules).failures;
        failures.extend(found.into_iter().filter(|failure| {
            let field = failure.pointer.split('/').nth(1).unwrap_or_default();
            changed.contains(field)
        }));
    }
    if !failures.is_empty() {
        return Err(Refusal::Invalid(failures));
    }
    let people_changed = changed.iter().any(|field| PEOPLE_FIELDS.contains(&field.as_str()));
    let people_seal = if people_changed { sealed(&sent.people, salt) } else { declaration.people_seal.clone() };
    let tracks = if declaration.state == State::Registered {
        super::act::required_tracks(&sent.content, Some(&sent.people), now, rules)
            .into_iter()
            .filter(|(track, _)| !declaration.progress.tracks.contains_key(track))
            .collect()
    } else {
        std::collections::BTreeMap::new()
    };
    let lane = declaration.progress.tracks.get(&Track::Customs).and_then(|part| part.lane.or(part.lane_floor));
    let comes_anew = declaration.state == State::Registered && changed.contains(PLANNED_ARRIVAL);
    let slot = if comes_anew {
        let registered_at = declaration.stamps.registered_at.unwrap_or(now);
        slot_anew(Comer { content: &sent.content, registered_at, holds: declaration.progress.slot }, now, rules)?
    } else {
        None
    };
    let details = Details {
        slot,
        // The people stand in the history as their digests alone.
        changes: changes
            .into_iter()
            .map(|change| {
                if PEOPLE_FIELDS.contains(&change.field.as_str()) {
                    Change { before: Value::Null, after: Value::Null, ..change }
                } else {
                    change
                }
            })
            .collect(),
        people_digest: people_changed.then(|| people_seal.as_ref().map(|seal| seal.digest.clone()).unwrap_or_default()),
        tracks,
        after_lane: lane.is_some(),
        ..Details::default()
    };
    acted.note_what_ran_out(now, rules)?;
    acted.add(Action::Amend, actor.id.to_string(), actor.role, now, details)?;
    if people_changed {
        acted.after.people = people_seal.is_some().then_some(sent.people);
        acted.after.people_seal = people_seal;
    }
    acted.settle(now, rules)?;
    acted.finds_room(Some(declaration), now, rules)?;
    Ok(acted)
}

/// That `field` may not change in `state`, and whether it may once the gate has returned the declaration.
fn not_amendable(field: &str, state: State) -> RuleFailure {
    let failure = RuleFailure::new(format!("/{field}"), "not-amendable-now");
    let later = state != State::Returned && may_change(field, State::Returned);
    if later { failure.with("when", State::Returned) } else { failure }
}

/// Whether `field` may change in `state`, where amending is possible at all.
fn may_change(field: &str, state: State) -> bool {
    match state {
        State::Draft => field != "direction",
        State::Returned => !matches!(field, "direction" | "crossing_point"),
        State::Submitted | State::Registered => AMENDABLE_ONCE_SUBMITTED.contains(&field),
        State::Arrived
        | State::InYard
        | State::Ready
        | State::Completed
        | State::Cancelled
        | State::Rejected
        | State::Expired
        | State::TurnedBack
        | State::Transferred => false,
    }
}

/// The top-level fields that differ, with what they were and what they are to be.
fn changes(content: &Content, people: &People, new_content: &Content, new_people: &People) -> Vec<Change> {
    let before = super::sent::document(content, people);
    let after = super::sent::document(new_content, new_people);
    let fields: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    fields
        .into_iter()
        .filter(|field| before.get(*field) != after.get(*field))
        .map(|field| Change {
            field: field.clone(),
            before: before.get(field).cloned().unwrap_or_default(),
            after: after.get(field).cloned().unwrap_or_default(),
        })
        .collect()
}
