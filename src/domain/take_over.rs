//! Taking an older system's record over: one action, `take_over`, from which the record goes on or rests.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::act::{Rules, required_tracks};
use super::actor::{Actor, FirmId};
use super::content::to_micros;
use super::declaration::{Declaration, Details, Entry};
use super::declare::sealed;
use super::history::History;
use super::number::Number;
use super::rule_failure::RuleFailure;
use super::stamps::Stamp;
use super::tracks::{Part, Parts, Payment, Track, TrackState};
use super::workflow::{Action, State};

impl History {
    /// The tracks as they stand by what the history tells: for one that goes on, all that the rules required on
    /// the day it was registered; for one that has ended, those that are known to have been done.
    fn tracks(&self, rules: Rules) -> Parts {
        let required = self.stamps.registered_at.map_or_else(BTreeMap::new, |registered| {
            required_tracks(&self.content, Some(&self.people), registered, rules)
        });
        let part = |track: Track| Part::required(required.get(&track).map_or(NOT_BY_RULE, String::as_str));
        let mut tracks = Parts::new();
        if self.state.is_active() {
            tracks.extend(required.keys().map(|track| (*track, part(*track))));
        }
        if self.stamps.cleared_at.is_some() {
            tracks.entry(Track::Customs).or_insert_with(|| part(Track::Customs)).state = TrackState::Done;
        }
        if let Some(paid) = &self.fee {
            let fee = tracks.entry(Track::Fee).or_insert_with(|| part(Track::Fee));
            fee.state = TrackState::Done;
            fee.amount_vnd = Some(paid.amount_vnd);
            fee.receipt = Some(paid.receipt.clone());
            fee.payments = vec![Payment { at: paid.paid_at, amount_vnd: paid.amount_vnd }];
        }
        if self.state == State::Ready {
            // What was ready there had every part done.
            for (_, part) in &mut tracks {
                part.state = TrackState::Done;
            }
        }
        tracks
    }
}

/// Why a track is there that no rule required: the older system had done it.
pub const NOT_BY_RULE: &str = "taken_over";

/// The kind of reason (one of those that a `return` may give) for one that an older system had returned.
const RETURN_REASON: &str = "other";

/// Takes `history` over as the record `number` of `firm`, by `actor` at `now`.
///
/// The action's own time is the last that the older system knew of. The people are sealed under `salt`.
///
/// # Errors
///
/// All of [`History::check`]'s failures.
pub fn take_over(
    history: History,
    firm: FirmId,
    number: Number,
    salt: String,
    actor: &Actor,
    now: DateTime<Utc>,
    rules: Rules,
) -> Result<(Declaration, Entry), Vec<RuleFailure>> {
    let now = to_micros(now);
    let history = history.normalised();
    let failures = history.check(now, rules);
    if !failures.is_empty() {
        return Err(failures);
    }
    let carried = history.tracks(rules);
    let History { source, state, mut stamps, reason, yard, content, people, .. } = history;
    stamps.created_at = stamps.created_at.or(stamps.declared_at);
    let at = Stamp::VARIANTS.iter().filter_map(|stamp| stamps.at(*stamp)).max().unwrap_or(now);
    let people_seal = sealed(&people, salt);
    let parked = yard.filter(|_| matches!(state, State::InYard | State::Ready));
    let entry = Entry {
        seq: 1,
        action: Action::TakeOver,
        actor: actor.id.to_string(),
        role: actor.role,
        at,
        recorded_at: now,
        details: Box::new(Details {
            reason,
            reason_code: (state == State::Returned).then(|| RETURN_REASON.to_owned()),
            yard: parked.as_ref().map(|place| place.yard.clone()),
            bay: parked.and_then(|place| place.bay),
            firm: Some(firm),
            declarant: Some(actor.id.to_string()),
            content: Some(Arc::new(content)),
            people_digest: people_seal.as_ref().map(|seal| seal.digest.clone()),
            carried,
            stamps: Some(Box::new(stamps)),
            state: Some(state),
            source: Some(source),
            ..Details::default()
        }),
    };
    let mut declaration = Declaration::begin(number, &entry)
        .map_err(|broken| vec![RuleFailure::new("", "history").with("why", broken)])?;
    declaration.people = people_seal.is_some().then(|| Arc::new(people));
    declaration.people_seal = people_seal;
    Ok((declaration, entry))
}
