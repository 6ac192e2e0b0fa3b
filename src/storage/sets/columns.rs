//! The columns of a set: one list a column, sent in one statement however many rows there are.

use chrono::{DateTime, NaiveDate, Utc};
use tokio_postgres::types::ToSql;

use super::statement::{Form, Parts, Rows};
use super::{Change, LinkedAction};
use crate::domain::declaration::Declaration;
use crate::domain::dwell::Dwell;
use crate::domain::legal_clocks::LegalClock;
use crate::domain::throughput::{Counts, Measure};
use crate::storage::column_types::{JsonText, array_literal};

pub(super) type Parameter<'a> = &'a (dyn ToSql + Sync);

/// Columns of many rows, one list a column: what the statement makes rows of again.
macro_rules! columns {
    ($(#[$about:meta])* $name:ident $(<$life:lifetime>)? { $($column:ident: $sql:literal as $kind:ty),+ $(,)? }) => {
        $(#[$about])*
        pub(super) struct $name $(<$life>)? { $($column: Vec<$kind>),+ }

        impl $(<$life>)? $name $(<$life>)? {
            pub(super) const NAMES: &'static [&'static str] = &[$(stringify!($column)),+];
            pub(super) const TYPES: &'static [&'static str] = &[$($sql),+];

            /// None yet. Where it is known how many come, there is room for them from the beginning.
            fn with_room(rows: usize) -> Self {
                Self { $($column: Vec::with_capacity(rows)),+ }
            }

            /// How many rows: any column tells.
            pub(super) fn len(&self) -> usize {
                [$(self.$column.len()),+].first().copied().unwrap_or_default()
            }

            /// In the order in which [`Form::rows`] takes them.
            pub(super) fn parameters(&self, form: Form) -> Vec<Parameter<'_>> {
                match form {
                    Form::Nothing => Vec::new(),
                    Form::Fields(rows) => {
                        (0..rows).flat_map(|row| [$(self.$column.get(row).map(|field| field as Parameter)),+]).flatten().collect()
                    }
                    Form::Subscripts | Form::Lists => vec![$(&self.$column as Parameter),+],
                }
            }

            /// Its rows as the table `name` in a statement.
            pub(super) fn rows(name: &str, form: Form, taken: &mut usize) -> String {
                form.rows(name, Self::NAMES, Self::TYPES, taken)
            }
        }
    };
}

columns! {
    /// Whole declarations, with the vehicle that takes its place by them.
    Whole<'a> {
        number: "bigint" as i64,
        revision: "integer" as i32,
        state: "text" as &'static str,
        firm: "bigint" as i64,
        declarant: "text" as &'a str,
        direction: "text" as &'static str,
        crossing_point: "text" as &'a str,
        cargo_class: "text" as Option<&'static str>,
        plate: "text" as Option<&'a str>,
        trader_tax_code: "text" as Option<&'a str>,
        customs_declarations: "text" as String,
        tracks: "text" as String,
        content: "json" as JsonText,
        people: "json" as Option<JsonText>,
        people_salt: "text" as Option<&'a str>,
        people_digest: "text" as Option<&'a str>,
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
        head: "bytea" as &'a [u8],
        read_head: "bytea" as Option<&'a [u8]>,
        claim: "text" as Option<String>,
        release: "text" as Option<String>,
    }
}

columns! {
    /// What an action changes that is no amendment and takes no vehicle's place.
    Moved<'a> {
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
        head: "bytea" as &'a [u8],
        read_head: "bytea" as Option<&'a [u8]>,
        release: "text" as Option<String>,
    }
}

columns! {
    /// Actions.
    Taken<'a> {
        declaration: "bigint" as i64,
        seq: "integer" as i32,
        action: "text" as &'static str,
        actor: "text" as &'a str,
        role: "text" as &'static str,
        at: "timestamptz" as DateTime<Utc>,
        recorded_at: "timestamptz" as DateTime<Utc>,
        details: "json" as &'a JsonText,
        hash: "bytea" as &'a [u8],
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
    Received<'a> {
        receipt: "text" as String,
        kind: "text" as &'static str,
        declaration: "bigint" as i64,
        seq: "integer" as i32,
        crossing_point: "text" as &'a str,
        day: "date" as NaiveDate,
        at: "timestamptz" as DateTime<Utc>,
        amount_vnd: "bigint" as i64,
        actor: "text" as &'a str,
    }
}

columns! {
    /// Where new declarations were imported from.
    Imported<'a> {
        declaration: "bigint" as i64,
        source: "text" as &'a str,
        source_id: "text" as &'a str,
    }
}

columns! {
    /// What requests with an Idempotency-Key led to.
    Kept<'a> {
        number: "bigint" as i64,
        caller: "text" as &'a str,
        route: "text" as &'a str,
        key: "text" as &'a str,
        request_hash: "bytea" as &'a [u8],
        status: "smallint" as i16,
        location: "text" as Option<&'a str>,
        etag: "text" as Option<&'a str>,
        body: "bytea" as &'a [u8],
        created_at: "timestamptz" as DateTime<Utc>,
    }
}

columns! {
    /// What devices told of that was taken.
    Told<'a> {
        declaration: "bigint" as i64,
        device: "text" as &'a str,
        sequence: "bigint" as i64,
        said: "json" as &'a JsonText,
        at: "timestamptz" as Option<DateTime<Utc>>,
        crossing_point: "text" as Option<&'a str>,
        recorded_at: "timestamptz" as DateTime<Utc>,
        seq: "integer" as Option<i32>,
    }
}

/// `track:state` of every required track.
fn track_states(declaration: &Declaration) -> String {
    let states: Vec<String> = declaration.track_states().collect();
    array_literal(states.iter().map(String::as_str))
}

impl<'a> Whole<'a> {
    pub(super) fn push(&mut self, change: &'a Change) -> Result<(), serde_json::Error> {
        let declaration = change.after;
        let content = &declaration.content;
        let stamps = &declaration.stamps;
        self.number.push(declaration.number.as_i64());
        self.revision.push(declaration.revision);
        self.state.push(declaration.state.as_str());
        self.firm.push(declaration.firm.0);
        self.declarant.push(&declaration.declarant);
        self.direction.push(content.direction.as_str());
        self.crossing_point.push(&content.crossing_point);
        self.cargo_class.push(content.cargo_class.map(crate::domain::content::CargoClass::as_str));
        self.plate.push(content.mark());
        self.trader_tax_code.push(content.trader_tax_code.as_deref());
        self.customs_declarations.push(array_literal(content.customs_declaration_numbers()));
        self.tracks.push(track_states(declaration));
        self.content.push(JsonText::of(content)?);
        self.people.push(declaration.people.as_ref().map(JsonText::of).transpose()?);
        self.people_salt
            .push(declaration.people_seal.as_ref().map(|seal| seal.salt.as_str()).filter(|salt| !salt.is_empty()));
        self.people_digest.push(declaration.people_seal.as_ref().map(|seal| seal.digest.as_str()));
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
        self.head.push(&declaration.head.0);
        self.read_head.push(change.before.map(|before| before.head.0.as_slice()));
        self.claim.push(change.claim());
        self.release.push(change.release());
        Ok(())
    }
}

impl<'a> Moved<'a> {
    pub(super) fn push(&mut self, change: &'a Change) -> Result<(), serde_json::Error> {
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
        self.head.push(&declaration.head.0);
        self.read_head.push(change.before.map(|before| before.head.0.as_slice()));
        self.release.push(change.release());
        Ok(())
    }
}

impl<'a> Taken<'a> {
    pub(super) fn push(&mut self, change: &'a Change) {
        for LinkedAction { entry, details, hash } in change.actions {
            self.declaration.push(change.after.number.as_i64());
            self.seq.push(entry.seq);
            self.action.push(entry.action.as_str());
            self.actor.push(&entry.actor);
            self.role.push(entry.role.as_str());
            self.at.push(entry.at);
            self.recorded_at.push(entry.recorded_at);
            self.details.push(details);
            self.hash.push(&hash.0);
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

impl Counted {
    /// The measures that the stock is the sum of.
    pub(super) const STOCK: [Measure; 4] = [Measure::Registered, Measure::Arrived, Measure::Left, Measure::FellAway];

    /// The measure that all of them are of.
    pub(super) fn only(&self) -> Option<Measure> {
        let (first, others) = self.measure.split_first()?;
        let is_only = others.iter().all(|measure| measure == first);
        Measure::VARIANTS.iter().copied().find(|measure| is_only && *measure as i16 == *first)
    }

    /// Whether the stock changes with them.
    pub(super) fn moves_stock(&self) -> bool {
        self.measure.iter().any(|counted| Self::STOCK.iter().any(|measure| *measure as i16 == *counted))
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

impl<'a> Received<'a> {
    pub(super) fn push(&mut self, change: &'a Change) {
        for LinkedAction { entry, .. } in change.actions {
            let Some(receipt) = entry.receipt() else { continue };
            self.declaration.push(change.after.number.as_i64());
            self.seq.push(entry.seq);
            self.crossing_point.push(&change.after.content.crossing_point);
            self.day.push(receipt.day());
            self.at.push(receipt.at);
            self.amount_vnd.push(receipt.amount_vnd);
            self.actor.push(&entry.actor);
            self.kind.push(receipt.kind.as_str());
            self.receipt.push(receipt.receipt);
        }
    }
}

impl<'a> Imported<'a> {
    pub(super) fn push(&mut self, change: &'a Change) {
        if let Some(source) = &change.after.progress.source {
            self.declaration.push(change.after.number.as_i64());
            self.source.push(&source.source);
            self.source_id.push(&source.source_id);
        }
    }
}

impl<'a> Kept<'a> {
    pub(super) fn push(&mut self, change: &'a Change) {
        for kept in &change.kept {
            self.number.push(change.after.number.as_i64());
            self.caller.push(&kept.caller);
            self.route.push(&kept.route);
            self.key.push(&kept.key);
            self.request_hash.push(&kept.request_hash);
            self.status.push(kept.reply.status);
            self.location.push(kept.reply.location.as_deref());
            self.etag.push(kept.reply.etag.as_deref());
            self.body.push(&kept.reply.body);
            self.created_at.push(kept.created_at);
        }
    }
}

impl<'a> Told<'a> {
    pub(super) fn push(&mut self, change: &'a Change) {
        for told in &change.told {
            self.declaration.push(change.after.number.as_i64());
            self.device.push(&told.device);
            self.sequence.push(told.sequence);
            self.said.push(&told.said);
            self.at.push(told.at);
            self.crossing_point.push(told.crossing_point.as_deref());
            self.recorded_at.push(told.recorded_at);
            self.seq.push(told.seq);
        }
    }
}

/// The rows of a set: all columns, or those that change when they move on.
enum Body<'a> {
    Whole(Box<Whole<'a>>),
    Moved(Box<Moved<'a>>),
}

/// Everything that a set writes.
pub(super) struct Columns<'a> {
    body: Body<'a>,
    imported: Imported<'a>,
    received: Received<'a>,
    taken: Taken<'a>,
    kept: Kept<'a>,
    told: Told<'a>,
    counted: Counted,
    waited: Waited,
}

impl<'a> Columns<'a> {
    /// The columns of `set`.
    ///
    /// # Errors
    ///
    /// Where content or progress has no JSON form.
    pub(super) fn of(rows: Rows, set: &'a [Change<'_>]) -> Result<Self, serde_json::Error> {
        let body = match rows {
            Rows::New | Rows::Whole => Body::Whole(Box::new(Whole::with_room(set.len()))),
            Rows::Moved => Body::Moved(Box::new(Moved::with_room(set.len()))),
        };
        let actions = set.iter().map(|change| change.actions.len()).sum();
        let mut columns = Self {
            body,
            imported: Imported::with_room(0),
            received: Received::with_room(0),
            taken: Taken::with_room(actions),
            kept: Kept::with_room(0),
            told: Told::with_room(0),
            counted: Counted::with_room(0),
            waited: Waited::with_room(0),
        };
        for change in set {
            columns.push(rows, change)?;
        }
        Ok(columns)
    }

    fn push(&mut self, rows: Rows, change: &'a Change<'_>) -> Result<(), serde_json::Error> {
        match &mut self.body {
            Body::Whole(whole) => whole.push(change)?,
            Body::Moved(moved) => moved.push(change)?,
        }
        if rows == Rows::New {
            self.imported.push(change);
        }
        self.received.push(change);
        self.taken.push(change);
        self.kept.push(change);
        self.told.push(change);
        self.counted.push(change);
        self.waited.push(change);
        Ok(())
    }

    /// How many declarations it is about.
    pub(super) fn len(&self) -> usize {
        match &self.body {
            Body::Whole(whole) => whole.len(),
            Body::Moved(moved) => moved.len(),
        }
    }

    /// What the statement that writes them has to do.
    pub(super) fn parts(&self, rows: Rows) -> Parts {
        let releases = match &self.body {
            Body::Whole(whole) => &whole.release,
            Body::Moved(moved) => &moved.release,
        };
        let form = |rows| Form::of(rows, self.len());
        Parts {
            rows,
            body: form(self.len()),
            sources: form(self.imported.len()),
            receipts: form(self.received.len()),
            actions: form(self.taken.len()),
            keys: form(self.kept.len()),
            told: form(self.told.len()),
            counts: form(self.counted.len()),
            only: self.counted.only(),
            stock: self.counted.moves_stock(),
            dwell: form(self.waited.len()),
            releases: releases.iter().any(Option::is_some),
        }
    }

    /// In the order in which the statement that does `parts` takes them.
    pub(super) fn parameters(&self, parts: Parts) -> Vec<Parameter<'_>> {
        let body = match &self.body {
            Body::Whole(whole) => whole.parameters(parts.body),
            Body::Moved(moved) => moved.parameters(parts.body),
        };
        [
            body,
            self.imported.parameters(parts.sources),
            self.received.parameters(parts.receipts),
            self.taken.parameters(parts.actions),
            self.kept.parameters(parts.keys),
            self.told.parameters(parts.told),
            self.counted.parameters(parts.counts),
            self.waited.parameters(parts.dwell),
        ]
        .concat()
    }
}
