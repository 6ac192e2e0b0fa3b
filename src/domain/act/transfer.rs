//! What a transfer carries over to the other crossing point.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Refusal, Rules, When, required_tracks};
use crate::domain::actor::Actor;
use crate::domain::content::Content;
use crate::domain::declaration::{Declaration, Details, Entry, Stamps};
use crate::domain::number::Number;
use crate::domain::places::{Comer, Hour, first_hour};
use crate::domain::tracks::{Part, Parts, Track};
use crate::domain::workflow::{Action, Role, State};

/// The record that a transfer makes at the other crossing point.
pub(super) fn carried_over(
    declaration: &Declaration,
    number: Number,
    crossing_point: &str,
    actor: &Actor,
    when: When,
    rules: Rules,
) -> Result<(Declaration, Entry), Refusal> {
    let content = Content { crossing_point: crossing_point.to_owned(), ..Content::clone(&declaration.content) };
    let mut tracks: Parts = declaration
        .progress
        .tracks
        .iter()
        .map(|(track, part)| (*track, part.carried(*track, declaration.number, when.at)))
        .collect();
    for (track, because) in required_tracks(&content, declaration.people.as_deref(), when.at, rules) {
        tracks.entry(track).or_insert_with(|| Part::required(because));
    }
    let now = when.recorded_at;
    // Where no hour has room it comes without one: it is on its way already.
    let slot = match first_hour(Comer::new(&content, now), now, (rules.reference, rules.places)) {
        Hour::At(hour) => Some(hour),
        Hour::Any | Hour::Full => None,
    };
    let entry = Entry {
        seq: 1,
        action: Action::TransferIn,
        actor: actor.id.to_string(),
        role: Role::System,
        at: when.at,
        recorded_at: when.recorded_at,
        details: Box::new(Details {
            firm: Some(declaration.firm),
            declarant: Some(declaration.declarant.clone()),
            content: Some(Arc::new(content)),
            people_digest: declaration.people_seal.as_ref().map(|seal| seal.digest.clone()),
            other: Some(declaration.number),
            carried: tracks,
            cleared_before: declaration.stamps.cleared_at.is_some() || declaration.progress.carried_clearance,
            onward: declaration.progress.onward.clone(),
            slot,
            stamps: Some(Box::new(Stamps { declared_at: declaration.stamps.declared_at, ..Default::default() })),
            ..Details::default()
        }),
    };
    let mut made = Declaration::begin(number, &entry)
        .map_err(|_| Refusal::not_following(Action::TransferIn, State::Registered))?;
    made.people.clone_from(&declaration.people);
    made.people_seal.clone_from(&declaration.people_seal);
    Ok((made, entry))
}

impl Part {
    /// The part as it comes over to another crossing point: lane, clearance, health and quarantine passes, a
    /// paid or waived fee and a finished transshipment come with it; the border guard's begins anew.
    fn carried(&self, track: Track, from: Number, now: DateTime<Utc>) -> Self {
        let comes = match track {
            Track::Customs => self.lane.is_some(),
            Track::Health | Track::AnimalQuarantine | Track::PlantQuarantine | Track::Fee | Track::Transshipment => {
                self.is_done()
            }
            Track::BorderGuard => false,
        };
        if comes {
            // What was paid was counted where it was paid.
            Self {
                carried_from: Some(from),
                payments: Vec::new(),
                // What is still due there is due anew here.
                documents_since: self.documents_since.map(|_| now),
                inspection_since: self.inspection_since.map(|_| now),
                inspection_until: None,
                ..self.clone()
            }
        } else {
            Self { lane_floor: self.lane_floor, ..self.not_begun() }
        }
    }
}
