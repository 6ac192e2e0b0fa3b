//! Taking over what an older system recorded: what such a *history* must hold, and the record it becomes.
//!
//! A history is what was declared, the instants of its life there and the state it came to. It is taken in as
//! one action, `take_over`. No arrival window and no legal clock is asked of it, and its plates need not keep
//! today's rules: it tells what was. But it must add up, since the statistics count it as any other record.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::act::{MAX_FEE_VND, MAX_TEXT, Rules, required_tracks};
use super::actor::{Actor, FirmId};
use super::check::MAX_GROSS_KG;
use super::content::{Content, People, to_micros};
use super::declaration::{Declaration, Details, Entry, Source, Stamps, YardPlace};
use super::firm::check_tax_code;
use super::number::Number;
use super::period::local_day;
use super::reference::GateKind;
use super::rule_failure::{Findings, RuleFailure};
use super::tracks::{Part, Payment, Track, TrackState};
use super::vehicle::VehicleKind;
use super::words::words;
use super::workflow::{Action, State};

words! {
    /// The instants of a declaration's life, by name: the fields of [`Stamps`].
    "stamp" Stamp {
        CreatedAt = "created_at",
        DeclaredAt = "declared_at",
        RegisteredAt = "registered_at",
        ArrivedAt = "arrived_at",
        ClearedAt = "cleared_at",
        YardInAt = "yard_in_at",
        YardOutAt = "yard_out_at",
        ReadyAt = "ready_at",
        CompletedAt = "completed_at",
        EndedAt = "ended_at",
        LeftAt = "left_at",
    }
}

/// An older system's record of one declaration.
///
/// In JSON all of it stands side by side, what was declared as in any declaration; the instants are under `stamps`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct History {
    /// The older system and the record's id there: no record is taken over twice.
    #[serde(flatten)]
    pub source: Source,
    /// The firm that declared it.
    pub firm_tax_code: String,
    /// That firm's name, for a firm that is not known yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firm_name: Option<String>,
    /// The state it came to.
    pub state: State,
    /// When what happened.
    pub stamps: Stamps,
    /// Why it was returned or ended without crossing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where it was parked; kept for one that is still there.
    #[serde(flatten)]
    pub yard: Option<YardPlace>,
    /// What was paid for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fee: Option<FeePaid>,
    /// What was declared, without the people.
    #[serde(flatten)]
    pub content: Content,
    /// The driver and crew.
    #[serde(flatten)]
    pub people: Option<People>,
}

/// A fee that was paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeePaid {
    /// How much, in whole dong.
    pub amount_vnd: i64,
    /// The receipt's number.
    pub receipt: String,
    /// When.
    pub paid_at: DateTime<Utc>,
}

/// Before this instant nothing was recorded by a computer at the gate: an earlier stamp is a mistake, such as a
/// zero read as 1970. 2000-01-01T00:00:00Z in seconds since 1970.
const EARLIEST: i64 = 946_684_800;

/// The longest name of a system, id of a record, tax code or plate, in characters.
const MAX_NAME: usize = 200;

impl Stamps {
    /// The instant of this name.
    #[must_use]
    pub const fn at(&self, stamp: Stamp) -> Option<DateTime<Utc>> {
        match stamp {
            Stamp::CreatedAt => self.created_at,
            Stamp::DeclaredAt => self.declared_at,
            Stamp::RegisteredAt => self.registered_at,
            Stamp::ArrivedAt => self.arrived_at,
            Stamp::ClearedAt => self.cleared_at,
            Stamp::YardInAt => self.yard_in_at,
            Stamp::YardOutAt => self.yard_out_at,
            Stamp::ReadyAt => self.ready_at,
            Stamp::CompletedAt => self.completed_at,
            Stamp::EndedAt => self.ended_at,
            Stamp::LeftAt => self.left_at,
        }
    }

    fn each_mut(&mut self) -> [&mut Option<DateTime<Utc>>; 11] {
        [
            &mut self.created_at,
            &mut self.declared_at,
            &mut self.registered_at,
            &mut self.arrived_at,
            &mut self.cleared_at,
            &mut self.yard_in_at,
            &mut self.yard_out_at,
            &mut self.ready_at,
            &mut self.completed_at,
            &mut self.ended_at,
            &mut self.left_at,
        ]
    }
}

impl Stamp {
    /// The stamps that come before this one, where both are there.
    const fn follows(self) -> &'static [Self] {
        use Stamp::{ArrivedAt, ClearedAt, CreatedAt, DeclaredAt, EndedAt, ReadyAt, RegisteredAt, YardInAt, YardOutAt};
        match self {
            CreatedAt => &[],
            DeclaredAt => &[CreatedAt],
            RegisteredAt => &[DeclaredAt],
            ArrivedAt | ClearedAt => &[RegisteredAt],
            YardInAt | ReadyAt => &[ArrivedAt],
            YardOutAt => &[YardInAt],
            Self::CompletedAt => &[DeclaredAt, RegisteredAt, ArrivedAt, ClearedAt, YardInAt, YardOutAt, ReadyAt],
            // One that was turned back may leave its yard after that.
            EndedAt => &[DeclaredAt, RegisteredAt, ArrivedAt, ClearedAt, YardInAt, ReadyAt],
            Self::LeftAt => &[EndedAt, YardOutAt],
        }
    }

    /// The stamps without which this one cannot be.
    const fn needs(self) -> &'static [Self] {
        match self {
            Self::CreatedAt | Self::DeclaredAt => &[],
            Self::RegisteredAt | Self::EndedAt => &[Self::DeclaredAt],
            Self::ArrivedAt | Self::ClearedAt => &[Self::RegisteredAt],
            Self::YardInAt | Self::ReadyAt | Self::CompletedAt => &[Self::ArrivedAt],
            Self::YardOutAt => &[Self::YardInAt],
            Self::LeftAt => &[Self::ArrivedAt, Self::EndedAt],
        }
    }
}

/// The stamps that a history in `state` must have, and those it cannot have.
const fn asked_of(state: State) -> (&'static [Stamp], &'static [Stamp]) {
    use Stamp::{ArrivedAt, CompletedAt, DeclaredAt, EndedAt, LeftAt, ReadyAt, RegisteredAt, YardInAt};
    match state {
        State::Draft => (&[], &[]),
        State::Submitted | State::Returned => (&[DeclaredAt], &[RegisteredAt, CompletedAt, EndedAt]),
        State::Registered => (&[DeclaredAt, RegisteredAt], &[ArrivedAt, CompletedAt, EndedAt]),
        State::Arrived => (&[DeclaredAt, ArrivedAt], &[ReadyAt, CompletedAt, EndedAt]),
        State::InYard => (&[DeclaredAt, YardInAt], &[ReadyAt, CompletedAt, EndedAt]),
        State::Ready => (&[DeclaredAt, ReadyAt], &[CompletedAt, EndedAt]),
        State::Completed => (&[DeclaredAt, CompletedAt], &[EndedAt, LeftAt]),
        State::Cancelled | State::Expired => (&[DeclaredAt, EndedAt], &[ArrivedAt, CompletedAt]),
        State::Rejected => (&[DeclaredAt, EndedAt], &[CompletedAt]),
        State::TurnedBack => (&[DeclaredAt, ArrivedAt, EndedAt], &[CompletedAt]),
        State::Transferred => (&[DeclaredAt, RegisteredAt, EndedAt], &[CompletedAt]),
    }
}

impl History {
    /// The same with plates, numbers and instants written the one way they are compared in.
    #[must_use]
    pub fn normalised(mut self) -> Self {
        self.content = self.content.normalised();
        for at in self.stamps.each_mut().into_iter().flatten() {
            *at = to_micros(*at);
        }
        if let Some(fee) = &mut self.fee {
            fee.paid_at = to_micros(fee.paid_at);
        }
        for text in [&mut self.source.source, &mut self.source.source_id, &mut self.firm_tax_code] {
            let trimmed = text.trim();
            if trimmed.len() != text.len() {
                *text = trimmed.to_owned();
            }
        }
        self
    }

    /// Everything that keeps this (normalised) history from being taken over as of `now`; all at once.
    #[must_use]
    pub fn check(&self, now: DateTime<Utc>, rules: Rules) -> Vec<RuleFailure> {
        let mut findings = Findings::default();
        for (pointer, text) in [("/source", &self.source.source), ("/source_id", &self.source.source_id)] {
            check_name(text, pointer, &mut findings);
        }
        check_tax_code(&self.firm_tax_code, "/firm_tax_code", rules.tax_code_check, &mut findings);
        if let Some(name) = &self.firm_name {
            check_name(name, "/firm_name", &mut findings);
        }
        if self.reason.as_ref().is_some_and(|reason| reason.chars().count() > MAX_TEXT) {
            findings.fail(RuleFailure::new("/reason", "too-long").with("max", MAX_TEXT));
        }
        self.check_content(rules, &mut findings);
        self.check_stamps(now, &mut findings);
        self.check_yard(rules, &mut findings);
        self.check_fee(now, &mut findings);
        findings.failures
    }

    fn check_content(&self, rules: Rules, findings: &mut Findings) {
        let code = &self.content.crossing_point;
        let point = rules.reference.crossing_points.iter().find(|point| point.code == *code);
        let days = Stamp::VARIANTS.iter().filter_map(|stamp| self.stamps.at(*stamp)).map(local_day);
        let mut closed = days.filter(|day| rules.reference.crossing_point(code, *day).is_none());
        if point.is_none() {
            findings.fail(RuleFailure::new("/crossing_point", "crossing-point-unknown"));
        } else if let Some(day) = closed.next() {
            findings.fail(RuleFailure::new("/crossing_point", "crossing-point-unknown").with("day", day));
        }
        if self.content.cargo_class.is_none() {
            findings.fail(RuleFailure::new("/cargo_class", "required"));
        }
        match &self.content.vehicle {
            None => findings.fail(RuleFailure::new("/vehicle", "required")),
            Some(vehicle) => {
                let (pointer, mark) = if vehicle.kind == VehicleKind::RailWagon {
                    ("/vehicle/wagon_number", &vehicle.wagon_number)
                } else {
                    ("/vehicle/plate", &vehicle.plate)
                };
                match mark {
                    None => findings.fail(RuleFailure::new(pointer, "required")),
                    Some(mark) => check_name(mark, pointer, findings),
                }
                if point.is_some_and(|point| (point.kind == GateKind::Rail) != self.content.is_by_rail()) {
                    findings.fail(RuleFailure::new("/vehicle/kind", "other-kind-of-gate"));
                }
            }
        }
        for (place, line) in self.content.goods.iter().enumerate() {
            if line.gross_kg < 0 {
                findings.fail(RuleFailure::new(format!("/goods/{place}/gross_kg"), "mass-out-of-range"));
            }
        }
        if self.content.gross_kg() > MAX_GROSS_KG {
            findings.fail(RuleFailure::new("/goods", "mass-out-of-range").with("max", MAX_GROSS_KG));
        }
    }

    fn check_stamps(&self, now: DateTime<Utc>, findings: &mut Findings) {
        if self.state == State::Draft {
            findings.fail(RuleFailure::new("/state", "draft-not-taken-over"));
        }
        let (must, cannot) = asked_of(self.state);
        for stamp in Stamp::VARIANTS.iter().copied() {
            let pointer = format!("/stamps/{stamp}");
            let Some(at) = self.stamps.at(stamp) else {
                let needing = Stamp::VARIANTS
                    .iter()
                    .find(|other| other.needs().contains(&stamp) && self.stamps.at(**other).is_some());
                if must.contains(&stamp) {
                    findings.fail(RuleFailure::new(pointer, "stamp-required").with("because", self.state));
                } else if let Some(other) = needing {
                    findings.fail(RuleFailure::new(pointer, "stamp-required").with("because", other));
                }
                continue;
            };
            if cannot.contains(&stamp) {
                findings.fail(RuleFailure::new(pointer.as_str(), "stamp-not-in-state").with("state", self.state));
            }
            if at > now {
                findings.fail(RuleFailure::new(pointer.as_str(), "stamp-in-future"));
            }
            if at.timestamp() < EARLIEST {
                findings.fail(RuleFailure::new(pointer.as_str(), "stamp-too-early"));
            }
            let after =
                stamp.follows().iter().find(|before| self.stamps.at(**before).is_some_and(|before| before > at));
            if let Some(before) = after {
                findings.fail(RuleFailure::new(pointer, "stamps-out-of-order").with("before", before));
            }
        }
    }

    /// One that is still in a yard must say in which.
    fn check_yard(&self, rules: Rules, findings: &mut Findings) {
        match (&self.yard, self.stamps.yard_in_at) {
            (None, _) if self.state == State::InYard => findings.fail(RuleFailure::new("/yard", "required")),
            (None, _) => {}
            (Some(_), None) => {
                findings.fail(RuleFailure::new("/stamps/yard_in_at", "stamp-required").with("because", "yard"));
            }
            (Some(place), Some(at)) => match rules.reference.yard(&place.yard, local_day(at)) {
                None => findings.fail(RuleFailure::new("/yard", "yard-unknown")),
                Some(yard) if yard.crossing_point != self.content.crossing_point => {
                    findings.fail(RuleFailure::new("/yard", "yard-elsewhere"));
                }
                Some(_) => {}
            },
        }
    }

    fn check_fee(&self, now: DateTime<Utc>, findings: &mut Findings) {
        let Some(fee) = &self.fee else { return };
        if !(0..=MAX_FEE_VND).contains(&fee.amount_vnd) {
            findings.fail(RuleFailure::new("/fee/amount_vnd", "amount-out-of-range").with("max", MAX_FEE_VND));
        }
        check_name(&fee.receipt, "/fee/receipt", findings);
        if fee.paid_at > now {
            findings.fail(RuleFailure::new("/fee/paid_at", "stamp-in-future"));
        }
        if self.stamps.registered_at.is_none_or(|registered| registered > fee.paid_at) {
            let failure = RuleFailure::new("/fee/paid_at", "stamps-out-of-order");
            findings.fail(failure.with("before", Stamp::RegisteredAt));
        }
    }

    /// The tracks as they stand by what the history tells: for one that goes on, all that the rules required on
    /// the day it was registered; for one that has ended, those that are known to have been done.
    fn tracks(&self, rules: Rules) -> BTreeMap<Track, Part> {
        let required = self.stamps.registered_at.map_or_else(BTreeMap::new, |registered| {
            required_tracks(&self.content, self.people.as_ref(), registered, rules)
        });
        let part = |track: Track| Part::required(required.get(&track).map_or(NOT_BY_RULE, String::as_str));
        let mut tracks: BTreeMap<Track, Part> = BTreeMap::new();
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
            for part in tracks.values_mut() {
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

fn check_name(text: &str, pointer: &str, findings: &mut Findings) {
    if text.trim().is_empty() {
        findings.fail(RuleFailure::new(pointer, "empty"));
    } else if text.chars().count() > MAX_NAME {
        findings.fail(RuleFailure::new(pointer, "too-long").with("max", MAX_NAME));
    }
}

/// Takes `history` over as the record `number` of `firm`, by `actor` at `now`.
///
/// The action's own time is the last that the older system knew of. The people come with the record; whoever
/// keeps it seals them.
///
/// # Errors
///
/// All of [`History::check`]'s failures.
pub fn take_over(
    history: History,
    firm: FirmId,
    number: Number,
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
    let parked = yard.filter(|_| matches!(state, State::InYard | State::Ready));
    let entry = Entry {
        seq: 1,
        action: Action::TakeOver,
        actor: actor.id.to_string(),
        role: actor.role,
        at,
        recorded_at: now,
        details: Details {
            reason,
            reason_code: (state == State::Returned).then(|| RETURN_REASON.to_owned()),
            yard: parked.as_ref().map(|place| place.yard.clone()),
            bay: parked.and_then(|place| place.bay),
            firm: Some(firm),
            declarant: Some(actor.id.to_string()),
            content: Some(Box::new(content)),
            carried,
            stamps: Some(Box::new(stamps)),
            state: Some(state),
            source: Some(source),
            ..Details::default()
        },
    };
    let mut declaration = Declaration::begin(number, &entry)
        .map_err(|broken| vec![RuleFailure::new("", "history").with("why", broken)])?;
    declaration.people = people;
    Ok((declaration, entry))
}
