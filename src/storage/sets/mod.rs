//! Sets of new declarations and of actions, each written by one statement: the rows, their actions, the
//! vehicles present, the idempotency keys and the counters' deltas, together or not at all.
//!
//! Every refusal that can be expected is a filter in the statement, never an error, so that one bad row
//! costs the others nothing. What a statement returns are the numbers that it took.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use tokio_postgres::{Client, Error, Statement};

use self::columns::{Columns, Counted, Imported, Kept, Moved, Parameter, Received, Taken, Waited, Whole};
use super::column_types::JsonText;
use super::declarations::{STORED_COLUMNS, Stored};
use crate::domain::audit;
use crate::domain::declaration::{Declaration, Entry};
use crate::domain::throughput::Measure;

mod columns;

/// The answer to a request with an Idempotency-Key, as it is given again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: i16,
    /// Where what was made stands.
    pub location: Option<String>,
    /// Its entity tag.
    pub etag: Option<String>,
    /// The body's bytes.
    pub body: Vec<u8>,
}

/// A request's Idempotency-Key and what it led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptReply {
    /// Who asked.
    pub caller: String,
    /// On which route.
    pub route: String,
    /// With which key.
    pub key: String,
    /// SHA-256 of what was asked.
    pub request_hash: Vec<u8>,
    /// When the answer was made.
    pub created_at: DateTime<Utc>,
    /// The answer.
    pub reply: Reply,
}

/// One declaration's share of a set: what it was, what it is to be, and the actions between.
pub struct Change<'a> {
    /// The record as it was read; none for a new one.
    pub before: Option<&'a Declaration>,
    /// The record after the actions, with its head.
    pub after: &'a Declaration,
    /// The actions, each with the text of its details and its hash.
    pub actions: &'a [LinkedAction],
    /// What is kept under the requests' keys.
    pub kept: Vec<KeptReply>,
}

/// An action with its place in the hash chain.
#[derive(Clone, Debug)]
pub struct LinkedAction {
    /// The action.
    pub entry: Entry,
    /// The details' text, which the hash covers.
    pub details: JsonText,
    /// Its hash.
    pub hash: audit::Hash,
}

/// Links `entries` to the chain that `declaration` heads, and makes the last of them its head.
///
/// # Errors
///
/// Where details have no JSON form.
pub fn link(declaration: &mut Declaration, entries: Vec<Entry>) -> Result<Vec<LinkedAction>, serde_json::Error> {
    entries
        .into_iter()
        .map(|entry| {
            let details = JsonText::of(&entry.details)?;
            let hash = audit::link(declaration.head, declaration.number, &entry, &details.0);
            declaration.head = hash;
            Ok(LinkedAction { entry, details, hash })
        })
        .collect()
}

impl Change<'_> {
    fn place_before(&self) -> Option<String> {
        self.before.and_then(Declaration::place_taken)
    }

    /// The vehicle that must take its place by this change.
    #[must_use]
    pub fn claim(&self) -> Option<String> {
        self.after.place_taken().filter(|place| self.place_before().as_ref() != Some(place))
    }

    /// The vehicle whose place is given up by it.
    #[must_use]
    pub fn release(&self) -> Option<String> {
        self.place_before().filter(|place| self.after.place_taken().as_ref() != Some(place))
    }
}

/// The prepared statements of one connection.
pub struct Statements {
    insert: Statement,
    update: Statement,
    advance: Statement,
    read: Statement,
    keys: Statement,
}

/// The receipts of a set, and the declarations that cannot be written since one of theirs is used. Each is looked
/// up by itself: few bear a receipt, and the table grows for good.
fn receipts(taken: &mut usize) -> String {
    format!(
        "m as materialized (select * from {rows}),
         b as materialized (
             select m.declaration from m cross join lateral (
                 select from receipts p where p.receipt = m.receipt and p.kind = m.kind limit 1) used),",
        rows = Received::unnest("x", taken),
    )
}

/// The parts that every set's statement ends with: actions, keys, receipts and statistics of the numbers in `done`.
///
/// The stock is the sum of four of the counters, and touches its rows only where one of those changes.
fn tail(done: &str, taken: &mut usize) -> String {
    let actions = Taken::unnest("x", taken);
    let kept = Kept::unnest("x", taken);
    let counted = Counted::unnest("x", taken);
    let waited = Waited::unnest("x", taken);
    let [registered, arrived, left, fell_away] =
        [Measure::Registered, Measure::Arrived, Measure::Left, Measure::FellAway].map(|measure| measure as usize);
    let measures = Measure::WORDS;
    let sums: Vec<String> = (0..measures.len())
        .map(|measure| format!("coalesce(sum(amount) filter (where measure = {measure}), 0)::bigint"))
        .collect();
    let columns: Vec<String> = measures.iter().map(|word| format!("\"{word}\"")).collect();
    let added: Vec<String> =
        columns.iter().map(|column| format!("{column} = t.{column} + excluded.{column}")).collect();
    let cell = "day, crossing_point, direction, cargo_class";
    format!(
        "a as (insert into actions ({action_columns})
               select {action_columns} from {actions} where (x.declaration in (select number from {done})) is true),
         k as (insert into idempotency_keys ({kept_columns})
               select {kept_columns} from {kept} where (x.number in (select number from {done})) is true),
         p as (insert into receipts ({receipt_columns})
               select {receipt_columns} from m where (m.declaration in (select number from {done})) is true
               order by receipt, kind),
         t as (insert into throughput as t ({cell}, {columns})
               select {cell}, {sums} from {counted} where (x.number in (select number from {done})) is true
               group by {cell} order by {cell}
               on conflict ({cell}) do update set {added}),
         o as (insert into stock as t (month, crossing_point, direction, cargo_class, inside, registered)
               select * from (
                   select date_trunc('month', day)::date, crossing_point, direction, cargo_class,
                          sum(case measure when {arrived} then amount when {left} then -amount else 0 end)::bigint as inside,
                          sum(case measure when {registered} then amount when {left} then 0 else -amount end)::bigint as registered
                     from {counted}
                    where measure in ({registered}, {arrived}, {left}, {fell_away}) and (x.number in (select number from {done})) is true
                    group by 1, 2, 3, 4) as x
               where inside <> 0 or registered <> 0 order by 1, 2, 3, 4
               on conflict (month, crossing_point, direction, cargo_class)
               do update set inside = t.inside + excluded.inside, registered = t.registered + excluded.registered),
         v as (insert into dwell as t (pair, {cell}, bucket, vehicles)
               select pair, {cell}, bucket, sum(vehicles)::bigint from {waited}
               where (x.number in (select number from {done})) is true
               group by pair, {cell}, bucket having sum(vehicles) <> 0 order by pair, {cell}, bucket
               on conflict (pair, {cell}, bucket) do update set vehicles = t.vehicles + excluded.vehicles)
         select number from {done}",
        action_columns = Taken::NAMES.join(", "),
        receipt_columns = Received::NAMES.join(", "),
        kept_columns = Kept::NAMES.get(1..).unwrap_or_default().join(", "),
        columns = columns.join(", "),
        sums = sums.join(", "),
        added = added.join(", "),
    )
}

/// Columns that are sent as the text of an array.
const ARRAYS: [&str; 2] = ["customs_declarations", "tracks"];

/// The columns of `names` that the table has, and how `q`'s are written into them.
fn columns_of(names: &[&str], without: &[&str]) -> (Vec<String>, Vec<String>) {
    names
        .iter()
        .filter(|name| !["read_revision", "claim", "release"].contains(name) && !without.contains(name))
        .map(|name| {
            let cast = if ARRAYS.contains(name) { "::text[]" } else { "" };
            ((*name).to_owned(), format!("q.{name}{cast}"))
        })
        .unzip()
}

fn insert_sql() -> String {
    let mut taken = 0;
    let rows = Whole::unnest("q", &mut taken);
    let (columns, values) = columns_of(Whole::NAMES, &[]);
    let imported = Imported::unnest("x", &mut taken);
    let receipts = receipts(&mut taken);
    let tail = tail("d", &mut taken);
    format!(
        "with {receipts}
         q as materialized (
             select * from {rows}
             where exists (select from firms f where f.id = q.firm
                             and (f.disabled_at is null or q.last_action = 'transfer_in'))
               and not exists (select from declarations d where d.number = q.number)
               and (q.number in (select declaration from b)) is not true),
         w as (insert into vehicles_present (vehicle, direction, declaration)
               select q.claim, q.direction, q.number from q where q.claim is not null order by q.claim, q.direction
               on conflict do nothing returning declaration),
         d as (insert into declarations ({columns})
               select {values} from q where q.claim is null or (q.number in (select declaration from w)) is true
               returning number),
         s as (insert into sources (declaration, source, source_id)
               select x.declaration, x.source, x.source_id from {imported}
               where (x.declaration in (select number from d)) is true),
         {tail}",
        columns = columns.join(", "),
        values = values.join(", "),
    )
}

fn update_sql(rows: &str, names: &[&str], claims: bool, taken: &mut usize) -> String {
    let (columns, values) = columns_of(names, &["number", "firm", "declarant", "direction", "created_at"]);
    let set: Vec<String> = columns.iter().zip(values).map(|(column, value)| format!("{column} = {value}")).collect();
    let (claimed, holds) = if claims {
        (
            "c as (insert into vehicles_present (vehicle, direction, declaration)
                   select q.claim, q.direction, q.number from q where q.claim is not null order by q.claim, q.direction
                   on conflict do nothing returning declaration),",
            "and (q.claim is null or (q.number in (select declaration from c)) is true)",
        )
    } else {
        ("", "")
    };
    let receipts = receipts(taken);
    let tail = tail("u", taken);
    format!(
        "with {receipts}
         q as materialized (select * from {rows} where (q.number in (select declaration from b)) is not true),
         {claimed}
         u as (update declarations d set {set} from q
               where d.number = q.number and d.revision = q.read_revision {holds}
               returning d.number),
         r as (delete from vehicles_present v using q
               where v.vehicle = q.release and v.direction = q.direction and v.declaration = q.number
                 and (q.number in (select number from u)) is true),
         {tail}",
        set = set.join(", "),
    )
}

impl Statements {
    /// Prepares them on a new connection.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn prepare(client: &Client) -> Result<Self, Error> {
        let mut taken = 0;
        let rows = Whole::unnest("q", &mut taken);
        let update = update_sql(&rows, Whole::NAMES, true, &mut taken);
        let mut taken = 0;
        let rows = Moved::unnest("q", &mut taken);
        let advance = update_sql(&rows, Moved::NAMES, false, &mut taken);
        Ok(Self {
            insert: client.prepare(&insert_sql()).await?,
            update: client.prepare(&update).await?,
            advance: client.prepare(&advance).await?,
            read: client
                .prepare(&format!("select {STORED_COLUMNS} from declarations where number = any($1::bigint[])"))
                .await?,
            keys: client
                .prepare(
                    "select k.caller, k.route, k.key, k.request_hash, k.created_at, k.status, k.location, k.etag, k.body
                     from unnest($1::text[], $2::text[], $3::text[]) as q(caller, route, key)
                     join idempotency_keys k using (caller, route, key)",
                )
                .await?,
        })
    }

    /// Inserts new declarations. Left out are those whose vehicle has its place taken, whose firm is not
    /// there or disabled (but for what a transfer makes: its vehicle is at the gate), whose number exists, and whose receipt
    /// is used.
    ///
    /// # Errors
    ///
    /// The database's; then nothing was written.
    pub async fn insert(&self, client: &Client, set: &[Change<'_>]) -> Result<HashSet<i64>, Error> {
        let mut imported = Imported::default();
        for change in set {
            imported.push(change);
        }
        self.write(client, &self.insert, set, Columns::whole(set), imported.parameters()).await
    }

    /// Writes changed declarations, each only if it still has the revision that was read. Those whose vehicle
    /// cannot take its place or whose receipt is used are left out; a place may have been taken for one that was left out for its
    /// revision: the caller holds a transaction and looks.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn update(&self, client: &Client, set: &[Change<'_>]) -> Result<HashSet<i64>, Error> {
        self.write(client, &self.update, set, Columns::whole(set), Vec::new()).await
    }

    /// Writes declarations that moved on without being amended and without taking a place, each only if it
    /// still has the revision that was read and its receipts, if any, are not used.
    ///
    /// # Errors
    ///
    /// The database's; then nothing was written.
    pub async fn advance(&self, client: &Client, set: &[Change<'_>]) -> Result<HashSet<i64>, Error> {
        self.write(client, &self.advance, set, Columns::moved(set), Vec::new()).await
    }

    async fn write(
        &self,
        client: &Client,
        statement: &Statement,
        set: &[Change<'_>],
        rows: Result<Columns, serde_json::Error>,
        besides: Vec<Parameter<'_>>,
    ) -> Result<HashSet<i64>, Error> {
        // Content, progress and details are our own types: they always have a JSON form.
        let rows = rows.unwrap_or_else(|error| {
            tracing::error!(%error, "a record has no JSON form");
            Columns::default()
        });
        let mut received = Received::default();
        let mut actions = Taken::default();
        let mut kept = Kept::default();
        let mut counted = Counted::default();
        let mut waited = Waited::default();
        for change in set {
            received.push(change);
            actions.push(change);
            kept.push(change);
            counted.push(change);
            waited.push(change);
        }
        let mut parameters = rows.parameters();
        parameters.extend(besides);
        parameters.extend(received.parameters());
        parameters.extend(actions.parameters());
        parameters.extend(kept.parameters());
        parameters.extend(counted.parameters());
        parameters.extend(waited.parameters());
        let done = client.query(statement, &parameters).await?;
        done.iter().map(|row| row.try_get(0)).collect()
    }

    /// The declarations with these numbers, those that there are.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn read(&self, client: &Client, numbers: &[i64]) -> Result<Vec<Stored>, Error> {
        client.query(&self.read, &[&numbers]).await?.iter().map(Stored::of).collect()
    }

    /// What is kept under these keys: (caller, route, key).
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn kept(&self, client: &Client, keys: &[(&str, &str, &str)]) -> Result<Vec<KeptReply>, Error> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let callers: Vec<&str> = keys.iter().map(|key| key.0).collect();
        let routes: Vec<&str> = keys.iter().map(|key| key.1).collect();
        let names: Vec<&str> = keys.iter().map(|key| key.2).collect();
        let rows = client.query(&self.keys, &[&callers, &routes, &names]).await?;
        rows.iter()
            .map(|row| {
                Ok(KeptReply {
                    caller: row.try_get(0)?,
                    route: row.try_get(1)?,
                    key: row.try_get(2)?,
                    request_hash: row.try_get(3)?,
                    created_at: row.try_get(4)?,
                    reply: Reply {
                        status: row.try_get(5)?,
                        location: row.try_get(6)?,
                        etag: row.try_get(7)?,
                        body: row.try_get(8)?,
                    },
                })
            })
            .collect()
    }
}

/// What stands in the way of new declarations that an insert left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InTheWay {
    /// The declaration that was left out.
    pub number: i64,
    /// Its firm is there and not disabled.
    pub firm_stands: bool,
    /// Its number exists, with this head: it may be the very declaration, of an earlier try.
    pub exists_with_head: Option<Vec<u8>>,
    /// The declaration that holds its vehicle's place, and that one's firm.
    pub holder: Option<(i64, i64)>,
}

/// Looks at what stands in the way of `left_out`.
///
/// # Errors
///
/// The database's.
pub async fn in_the_way(client: &Client, left_out: &[Change<'_>]) -> Result<Vec<InTheWay>, Error> {
    let numbers: Vec<i64> = left_out.iter().map(|change| change.after.number.as_i64()).collect();
    let firms: Vec<i64> = left_out.iter().map(|change| change.after.firm.0).collect();
    let vehicles: Vec<Option<String>> = left_out.iter().map(|change| change.after.place_taken()).collect();
    let directions: Vec<&str> = left_out.iter().map(|change| change.after.content.direction.as_str()).collect();
    let rows = client
        .query(
            "select q.number, exists (select from firms f where f.id = q.firm and f.disabled_at is null),
                    same.head, holder.number, holder.firm
             from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[]) as q(number, firm, vehicle, direction)
             left join declarations same on same.number = q.number
             left join vehicles_present v on v.vehicle = q.vehicle and v.direction = q.direction
             left join declarations holder on holder.number = v.declaration",
            &[&numbers, &firms, &vehicles, &directions],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let holder: Option<i64> = row.try_get(3)?;
            let firm: Option<i64> = row.try_get(4)?;
            Ok(InTheWay {
                number: row.try_get(0)?,
                firm_stands: row.try_get(1)?,
                exists_with_head: row.try_get(2)?,
                holder: holder.zip(firm),
            })
        })
        .collect()
}
