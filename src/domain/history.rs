//! An older system's record of one declaration, and what it must hold to be taken over.
//!
//! A history is what was declared, the instants of its life there and the state it came to. No arrival window and
//! no legal clock is asked of it, and its plates need not keep today's rules: it tells what was. But it must add
//! up, since the statistics count it as any other record.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::act::{MAX_FEE_VND, MAX_TEXT, Rules};
use super::check::{MAX_GROSS_KG, unkeepable};
use super::content::{Content, People, to_micros};
use super::declaration::{Source, Stamps, YardPlace};
use super::firm::check_tax_code;
use super::period::local_day;
use super::reading::Fields;
use super::receipt::{MAX_RECEIPT, receipt_number};
use super::reference::GateKind;
use super::rule_failure::{Findings, RuleFailure};
use super::sent::read_declaration;
use super::stamps::{Stamp, asked_of};
use super::vehicle::{VehicleKind, tidy};
use super::workflow::State;

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
    pub people: People,
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

impl History {
    /// The same with plates, numbers and instants written the one way they are compared in.
    #[must_use]
    pub fn normalised(mut self) -> Self {
        self.content = self.content.normalised();
        self.people = self.people.normalised();
        for stamp in Stamp::VARIANTS {
            let at = self.stamps.at_mut(*stamp);
            *at = at.map(to_micros);
        }
        let own = [&mut self.source.source, &mut self.source.source_id, &mut self.firm_tax_code];
        let optional = [&mut self.firm_name, &mut self.reason].into_iter().flatten();
        for text in own.into_iter().chain(optional) {
            *text = tidy(text);
        }
        if let Some(place) = &mut self.yard {
            place.yard = tidy(&place.yard);
            place.bay = place.bay.as_deref().map(tidy);
        }
        if let Some(fee) = &mut self.fee {
            fee.receipt = receipt_number(&fee.receipt);
            fee.paid_at = to_micros(fee.paid_at);
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
        findings.failures.extend(unkeepable(&self.content, Some(&self.people)));
        self.check_content(rules, &mut findings);
        self.check_stamps(now, &mut findings);
        self.check_yard(rules, &mut findings);
        self.check_fee(now, &mut findings);
        findings.failures
    }

    fn check_content(&self, rules: Rules, findings: &mut Findings) {
        let code = &self.content.crossing_point;
        let point_on = |day| rules.reference.crossing_point(code, day);
        let mut days = Stamp::VARIANTS.iter().filter_map(|stamp| self.stamps.at(*stamp)).map(local_day);
        let unknown = days.clone().find(|day| point_on(*day).is_none());
        let point = days.next().and_then(point_on);
        if let Some(day) = unknown {
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
        if fee.receipt.chars().count() > MAX_RECEIPT {
            findings.fail(RuleFailure::new("/fee/receipt", "too-long").with("max", MAX_RECEIPT));
        } else {
            check_name(&fee.receipt, "/fee/receipt", findings);
        }
        if fee.paid_at > now {
            findings.fail(RuleFailure::new("/fee/paid_at", "stamp-in-future"));
        }
        if self.stamps.registered_at.is_none_or(|registered| registered > fee.paid_at) {
            let failure = RuleFailure::new("/fee/paid_at", "stamps-out-of-order");
            findings.fail(failure.with("before", Stamp::RegisteredAt));
        }
    }
}

fn check_name(text: &str, pointer: &str, findings: &mut Findings) {
    if text.trim().is_empty() {
        findings.fail(RuleFailure::new(pointer, "empty"));
    } else if text.chars().count() > MAX_NAME {
        findings.fail(RuleFailure::new(pointer, "too-long").with("max", MAX_NAME));
    }
}

/// Reads a history from what was sent: its own fields beside those of a declaration.
///
/// # Errors
///
/// Every field that is unknown or of the wrong kind, and those that every history must have.
pub fn history(sent: serde_json::Value) -> Result<History, Vec<RuleFailure>> {
    let mut failures = Vec::new();
    let mut fields = Fields::of(sent, &mut failures);
    let found = read(&mut fields);
    fields.finish();
    match found {
        Some(history) if failures.is_empty() => Ok(history.normalised()),
        Some(_) | None => Err(failures),
    }
}

fn read(fields: &mut Fields) -> Option<History> {
    let mut text = |name: &'static str| {
        let text = fields.text(name);
        fields.required(name, text)
    };
    let source = text("source");
    let source_id = text("source_id");
    let firm_tax_code = text("firm_tax_code");
    let firm_name = fields.text("firm_name");
    let state = fields.word("state");
    let state = fields.required("state", state);
    let stamps = fields.object("stamps", |fields| {
        let mut stamps = Stamps::default();
        for stamp in Stamp::VARIANTS {
            *stamps.at_mut(*stamp) = fields.instant(stamp.as_str());
        }
        Some(stamps)
    });
    let stamps = fields.required("stamps", stamps);
    let reason = fields.text("reason");
    let yard = fields.text("yard");
    let bay = fields.text("bay");
    let fee = fields.object("fee", |fields| {
        let amount_vnd = fields.integer("amount_vnd");
        let amount_vnd = fields.required("amount_vnd", amount_vnd);
        let receipt = fields.text("receipt");
        let receipt = fields.required("receipt", receipt);
        let paid_at = fields.instant("paid_at");
        let paid_at = fields.required("paid_at", paid_at);
        Some(FeePaid { amount_vnd: amount_vnd?, receipt: receipt?, paid_at: paid_at? })
    });
    let declared = read_declaration(fields);
    let (content, people) = declared?;
    Some(History {
        source: Source { source: source?, source_id: source_id? },
        firm_tax_code: firm_tax_code?,
        firm_name,
        state: state?,
        stamps: stamps?,
        reason,
        yard: yard.map(|yard| YardPlace { yard, bay }),
        fee,
        content,
        people,
    })
}
