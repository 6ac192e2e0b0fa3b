//! The columns of a set: one list a column, sent in one statement however many rows there are.

use chrono::{DateTime, NaiveDate, Utc};
use tokio_postgres::types::ToSql;

use super::{Change, LinkedAction};
use crate::domain::declaration::Declaration;
use crate::domain::dwell::Dwell;
use crate::domain::legal_clocks::LegalClock;
use crate::domain::throughput::Counts;
use crate::storage::column_types::{JsonText, array_literal};

pub(super) type Parameter<'a> = &'a (dyn ToSql + Sync);

/// Columns of many rows, one list a column: what `unnest` makes rows of again.
macro_rules! columns {
    ($(#[$about:meta])* $name:ident { $($column:ident: $sql:literal as $kind:ty),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Default)]
        pub(super) struct $name { $($column: Vec<$kind>),+ }

        impl $name {
            pub(super) const NAMES: &'static [&'static str] = &[$(stringify!($column)),+];
            pub(super) const TYPES: &'static [&'static str] = &[$($sql),+];

            pub(super) fn parameters(&self) -> Vec<Parameter<'_>> {
                vec![$(&self.$column as Parameter),+]
            }

            /// `unnest($n::type[], …) as name(column, …)`, counting on from the parameters that `taken` others have.
            pub(super) fn unnest(name: &str, taken: &mut usize) -> String {
                let lists: Vec<String> = Self::TYPES.iter().map(|kind| { *taken += 1; format!("${taken}::{kind}[]") }).collect();
                format!("unnest({}) as {name}({})", lists.join(", "), Self::NAMES.join(", "))
            }
        }
    };
}

columns! {
    /// Whole declarations, with the vehicle that takes its place by them.
    Whole {
        number: "bigint" as i64,
        revision: "integer" as i32,
        state: "text" as &'static str,
        firm: "bigint" as i64,
        declarant: "text" as String,
        direction: "text" as &'static str,
        crossing_point: "text" as String,
        cargo_class: "text" as Option<&'static str>,
        plate: "text" as Option<String>,
        trader_tax_code: "text" as Option<String>,
        customs_declarations: "text" as String,
        tracks: "text" as String,
        content: "json" as JsonText,
        people: "json" as Option<JsonText>,
        people_salt: "text" as Option<String>,
        people_digest: "text" as Option<String>,
        progress: "json" as JsonText,
        created_at: "timestamptz" as Option<DateTime<Utc>>,
        declared_at: "timestamptz" as Option<DateTime<Utc>>,
        registered_at: "timestamptz" as Option<DateTime<Utc>>,
        arrived_at: "timestamptz" as Option<DateTime<Utc>>,
        cleared_at: "timestamptz" as Option<DateTime<Utc>>,
        yard_in_at: "timestamptz" as Option<DateTime<Utc>>,
        yard_out_at: "timestamptz" as Option<DateTime<Utc>>,
        ready_at: "timestamptz" as Option<DateTime<Utc>>,
        completed_at: "timestamptz" as Option<DateTime<Utc>>,
        ended_at: "timestamptz" as Option<DateTime<Utc>>,
        left_at: "timestamptz" as Option<DateTime<Utc>>,
        last_action: "text" as &'static str,
        last_action_at: "timestamptz" as DateTime<Utc>,
        waiting_since: "timestamptz" as Option<DateTime<Utc>>,
        documents_since: "timestamptz" as Option<DateTime<Utc>>,
        inspection_since: "timestamptz" as Option<DateTime<Utc>>,
        inspection_until: "timestamptz" as Option<DateTime<Utc>>,
        head: "bytea" as Vec<u8>,
        read_revision: "integer" as i32,
        claim: "text" as Option<String>,
        release: "text" as Option<String>,
    }
}

columns! {
    /// What an action changes that is no amendment and takes no vehicle's place.
    Moved {
        number: "bigint" as i64,
        revision: "integer" as i32,
        state: "text" as &'static str,
        direction: "text" as &'static str,
        tracks: "text" as String,
        progress: "json" as JsonText,
        registered_at: "timestamptz" as Option<DateTime<Utc>>,
        arrived_at: "timestamptz" as Option<DateTime<Utc>>,
        cleared_at: "timestamptz" as Option<DateTime<Utc>>,
        yard_in_at: "timestamptz" as Option<DateTime<Utc>>,
        yard_out_at: "timestamptz" as Option<DateTime<Utc>>,
        ready_at: "timestamptz" as Option<DateTime<Utc>>,
        completed_at: "timestamptz" as Option<DateTime<Utc>>,
        ended_at: "timestamptz" as Option<DateTime<Utc>>,
        left_at: "timestamptz" as Option<DateTime<Utc>>,
        last_action: "text" as &'static str,
        last_action_at: "timestamptz" as DateTime<Utc>,
        waiting_since: "timestamptz" as Option<DateTime<Utc>>,
        documents_since: "timestamptz" as Option<DateTime<Utc>>,
        inspection_since: "timestamptz" as Option<DateTime<Utc>>,
        inspection_until: "timestamptz" as Option<DateTime<Utc>>,
        head: "bytea" as Vec<u8>,
        read_revision: "integer" as i32,
        release: "text" as Option<String>,
    }
}

columns! {
    /// Actions.
    Taken {
        declaration: "bigint" as i64,
        seq: "integer" as i32,
        action: "text" as &'static str,
        actor: "text" as String,
        role: "text" as &'static str,
        at: "timestamptz" as DateTime<Utc>,
        recorded_at: "timestamptz" as DateTime<Utc>,
        details: "json" as JsonText,
        hash: "bytea" as Vec<u8>,
    }
}

columns! {
    /// What each declaration adds to which counter.
    Counted {
        number: "bigint" as i64,
        day: "date" as NaiveDate,
        crossing_point: "text" as String,
        direction: "text" as &'static str,
        cargo_class: "text" as &'static str,
        measure: "smallint" as i16,
        amount: "bigint" as i64,
    }
}

columns! {
    /// How long each declaration's vehicle took, added to which bucket.
    Waited {
        number: "bigint" as i64,
        day: "date" as NaiveDate,
        crossing_point: "text" as String,
        direction: "text" as &'static str,
        cargo_class: "text" as &'static str,
        pair: "text" as &'static str,
        bucket: "smallint" as i16,
        vehicles: "bigint" as i64,
    }
}

columns! {
    /// Money that changed hands, by its receipt.
    Received {
        receipt: "text" as String,
        kind: "text" as &'static str,
        declaration: "bigint" as i64,
        seq: "integer" as i32,
        crossing_point: "text" as String,
        day: "date" as NaiveDate,
        at: "timestamptz" as DateTime<Utc>,
        amount_vnd: "bigint" as i64,
        actor: "text" as String,
    }
}

columns! {
    /// Where new declarations were imported from.
    Imported {
        declaration: "bigint" as i64,
        source: "text" as String,
        source_id: "text" as String,
    }
}

columns! {
    /// What requests with an Idempotency-Key led to.
    Kept {
        number: "bigint" as i64,
        caller: "text" as String,
        route: "text" as String,
        key: "text" as String,
        request_hash: "bytea" as Vec<u8>,
        status: "smallint" as i16,
        location: "text" as Option<String>,
        etag: "text" as Option<String>,
        body: "bytea" as Vec<u8>,
        created_at: "timestamptz" as DateTime<Utc>,
    }
}

/// `track:state` of every required track.
fn track_states(declaration: &Declaration) -> String {
    let states: Vec<String> = declaration.track_states().collect();
    array_literal(states.iter().map(String::as_str))
}

impl Whole {
    pub(super) fn push(&mut self, change: &Change) -> Result<(), serde_json::Error> {
        let declaration = change.after;
        let content = &declaration.content;
        let stamps = &declaration.stamps;
        self.number.push(declaration.number.as_i64());
        self.revision.push(declaration.revision);
        self.state.push(declaration.state.as_str());
        self.firm.push(declaration.firm.0);
        self.declarant.push(declaration.declarant.clone());
        self.direction.push(content.direction.as_str());
        self.crossing_point.push(content.crossing_point.clone());
        self.cargo_class.push(content.cargo_class.map(crate::domain::content::CargoClass::as_str));
        self.plate.push(content.mark().map(str::to_owned));
        self.trader_tax_code.push(content.trader_tax_code.clone());
        self.customs_declarations.push(array_literal(content.customs_declaration_numbers()));
        self.tracks.push(track_states(declaration));
        self.content.push(JsonText::of(content)?);
        self.people.push(declaration.people.as_ref().map(JsonText::of).transpose()?);
        self.people_salt
            .push(declaration.people_seal.as_ref().map(|seal| seal.salt.clone()).filter(|salt| !salt.is_empty()));
        self.people_digest.push(declaration.people_seal.as_ref().map(|seal| seal.digest.clone()));
        self.progress.push(JsonText::of(&declaration.progress)?);
        self.created_at.push(stamps.created_at);
        self.declared_at.push(stamps.declared_at);
        self.registered_at.push(stamps.registered_at);
        self.arrived_at.push(stamps.arrived_at);
        self.cleared_at.push(stamps.cleared_at);
        self.yard_in_at.push(stamps.yard_in_at);
        self.yard_out_at.push(stamps.yard_out_at);
        self.ready_at.push(stamps.ready_at);
        self.completed_at.push(stamps.completed_at);
        self.ended_at.push(stamps.ended_at);
        self.left_at.push(stamps.left_at);
        self.last_action.push(declaration.last_action.as_str());
        self.last_action_at.push(declaration.last_action_at);
        self.waiting_since.push(declaration.waiting_since());
        let clocks = declaration.running_clocks();
        let running = |which| clocks.iter().find(|running| running.clock == which);
        self.documents_since.push(running(LegalClock::Documents).map(|running| running.since));
        self.inspection_since.push(running(LegalClock::Inspection).map(|running| running.since));
        self.inspection_until.push(running(LegalClock::Inspection).and_then(|running| running.until));
        self.head.push(declaration.head.0.to_vec());
        self.read_revision.push(change.before.map_or(0, |before| before.revision));
        self.claim.push(change.claim());
        self.release.push(change.release());
        Ok(())
    }
}

impl Moved {
    pub(super) fn push(&mut self, change: &Change) -> Result<(), serde_json::Error> {
        let declaration = change.after;
        let stamps = &declaration.stamps;
        self.number.push(declaration.number.as_i64());
        self.revision.push(declaration.revision);
        self.state.push(declaration.state.as_str());
        self.direction.push(declaration.content.direction.as_str());
        self.tracks.push(track_states(declaration));
        self.progress.push(JsonText::of(&declaration.progress)?);
        self.registered_at.push(stamps.registered_at);
        self.arrived_at.push(stamps.arrived_at);
        self.cleared_at.push(stamps.cleared_at);
        self.yard_in_at.push(stamps.yard_in_at);
        self.yard_out_at.push(stamps.yard_out_at);
        self.ready_at.push(stamps.ready_at);
        self.completed_at.push(stamps.completed_at);
        self.ended_at.push(stamps.ended_at);
        self.left_at.push(stamps.left_at);
        self.last_action.push(declaration.last_action.as_str());
        self.last_action_at.push(declaration.last_action_at);
        self.waiting_since.push(declaration.waiting_since());
        let clocks = declaration.running_clocks();
        let running = |which| clocks.iter().find(|running| running.clock == which);
        self.documents_since.push(running(LegalClock::Documents).map(|running| running.since));
        self.inspection_since.push(running(LegalClock::Inspection).map(|running| running.since));
        self.inspection_until.push(running(LegalClock::Inspection).and_then(|running| running.until));
        self.head.push(declaration.head.0.to_vec());
        self.read_revision.push(change.before.map_or(0, |before| before.revision));
        self.release.push(change.release());
        Ok(())
    }
}

impl Taken {
    pub(super) fn push(&mut self, change: &Change) {
        for LinkedAction { entry, details, hash } in change.actions {
            self.declaration.push(change.after.number.as_i64());
            self.seq.push(entry.seq);
            self.action.push(entry.action.as_str());
            self.actor.push(entry.actor.clone());
            self.role.push(entry.role.as_str());
            self.at.push(entry.at);
            self.recorded_at.push(entry.recorded_at);
            self.details.push(details.clone());
            self.hash.push(hash.0.to_vec());
        }
    }
}

impl Counted {
    pub(super) fn push(&mut self, change: &Change) {
        let mut counts = Counts::default();
        if let Some(before) = change.before {
            counts.add(before, -1);
        }
        counts.add(change.after, 1);
        for (cell, amounts) in counts.iter() {
            for (measure, amount) in (0..).zip(amounts).filter(|(_, amount)| **amount != 0) {
                self.number.push(change.after.number.as_i64());
                self.day.push(cell.day);
                self.crossing_point.push(cell.crossing_point.clone());
                self.direction.push(cell.direction.as_str());
                self.cargo_class.push(cell.cargo_class.as_str());
                self.measure.push(measure);
                self.amount.push(*amount);
            }
        }
    }
}

impl Waited {
    pub(super) fn push(&mut self, change: &Change) {
        let mut dwell = Dwell::default();
        if let Some(before) = change.before {
            dwell.add(before, -1);
        }
        dwell.add(change.after, 1);
        for (cell, pair, bucket, vehicles) in dwell.iter() {
            self.number.push(change.after.number.as_i64());
            self.day.push(cell.day);
            self.crossing_point.push(cell.crossing_point.clone());
            self.direction.push(cell.direction.as_str());
            self.cargo_class.push(cell.cargo_class.as_str());
            self.pair.push(pair.as_str());
            self.bucket.push(bucket.place());
            self.vehicles.push(vehicles);
        }
    }
}

impl Received {
    pub(super) fn push(&mut self, change: &Change) {
        for LinkedAction { entry, .. } in change.actions {
            let Some(receipt) = entry.receipt() else { continue };
            self.declaration.push(change.after.number.as_i64());
            self.seq.push(entry.seq);
            self.crossing_point.push(change.after.content.crossing_point.clone());
            self.day.push(receipt.day());
            self.at.push(receipt.at);
            self.amount_vnd.push(receipt.amount_vnd);
            self.actor.push(entry.actor.clone());
            self.kind.push(receipt.kind.as_str());
            self.receipt.push(receipt.receipt);
        }
    }
}

impl Imported {
    pub(super) fn push(&mut self, change: &Change) {
        if let Some(source) = &change.after.progress.source {
            self.declaration.push(change.after.number.as_i64());
            self.source.push(source.source.clone());
            self.source_id.push(source.source_id.clone());
        }
    }
}

impl Kept {
    pub(super) fn push(&mut self, change: &Change) {
        for kept in &change.kept {
            self.number.push(change.after.number.as_i64());
            self.caller.push(kept.caller.clone());
            self.route.push(kept.route.clone());
            self.key.push(kept.key.clone());
            self.request_hash.push(kept.request_hash.clone());
            self.status.push(kept.reply.status);
            self.location.push(kept.reply.location.clone());
            self.etag.push(kept.reply.etag.clone());
            self.body.push(kept.reply.body.clone());
            self.created_at.push(kept.created_at);
        }
    }
}

/// The rows of a set, in one of their two forms.
pub(super) enum Columns {
    Whole(Box<Whole>),
    Moved(Box<Moved>),
}

impl Default for Columns {
    fn default() -> Self {
        Self::Whole(Box::default())
    }
}

impl Columns {
    pub(super) fn whole(set: &[Change<'_>]) -> Result<Self, serde_json::Error> {
        let mut rows = Whole::default();
        set.iter().try_for_each(|change| rows.push(change))?;
        Ok(Self::Whole(Box::new(rows)))
    }

    pub(super) fn moved(set: &[Change<'_>]) -> Result<Self, serde_json::Error> {
        let mut rows = Moved::default();
        set.iter().try_for_each(|change| rows.push(change))?;
        Ok(Self::Moved(Box::new(rows)))
    }

    pub(super) fn parameters(&self) -> Vec<Parameter<'_>> {
        match self {
            Self::Whole(rows) => rows.parameters(),
            Self::Moved(rows) => rows.parameters(),
        }
    }
}
