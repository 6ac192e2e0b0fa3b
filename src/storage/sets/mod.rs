//! Sets of new declarations and of actions, each written by one statement: the rows, their actions, the
//! vehicles present, the idempotency keys and the counters' deltas, together or not at all.
//!
//! Every refusal that can be expected is a filter in the statement, never an error, so that one bad row
//! costs the others nothing. What a statement returns are the numbers that it took.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use tokio_postgres::{Client, Error, Statement};

use self::columns::Columns;
use self::statement::{Parts, Rows};
use super::column_types::JsonText;
use super::declarations::{self, STORED_COLUMNS};
use super::device_actions::DeviceAction;
use crate::domain::audit;
use crate::domain::declaration::{Declaration, Entry, Source};

mod columns;
mod statement;

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
    pub kept: Vec<&'a KeptReply>,
    /// What of it devices told of.
    pub told: Vec<&'a DeviceAction>,
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
    /// Those that write a set, each prepared when the first set needs it.
    writing: RefCell<HashMap<Parts, Statement>>,
    read: Statement,
    keys: Statement,
    sources: Statement,
    in_the_way: Statement,
}

impl Statements {
    /// Prepares them on a new connection.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn prepare(client: &Client) -> Result<Self, Error> {
        Ok(Self {
            writing: RefCell::default(),
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
            sources: client
                .prepare(
                    "select s.source, s.source_id, s.declaration
                     from unnest($1::text[], $2::text[]) as q(source, source_id) join sources s using (source, source_id)",
                )
                .await?,
            in_the_way: client
                .prepare(
                    "select q.number, exists (select from firms f where f.id = q.firm and f.disabled_at is null),
                            same.head, holder.number, holder.firm
                     from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[]) as q(number, firm, vehicle, direction)
                     left join declarations same on same.number = q.number
                     left join vehicles_present v on v.vehicle = q.vehicle and v.direction = q.direction
                     left join declarations holder on holder.number = v.declaration",
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
        self.write(client, Rows::New, set).await
    }

    /// Writes changed declarations, each only if it still has the head that was read. Those whose vehicle
    /// cannot take its place or whose receipt is used are left out; a place may have been taken for one that was left out for its
    /// revision: the caller holds a transaction and looks.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn update(&self, client: &Client, set: &[Change<'_>]) -> Result<HashSet<i64>, Error> {
        self.write(client, Rows::Whole, set).await
    }

    /// Writes declarations that moved on without being amended and without taking a place, each only if it
    /// still has the head that was read and its receipts, if any, are not used.
    ///
    /// # Errors
    ///
    /// The database's; then nothing was written.
    pub async fn advance(&self, client: &Client, set: &[Change<'_>]) -> Result<HashSet<i64>, Error> {
        self.write(client, Rows::Moved, set).await
    }

    async fn write(&self, client: &Client, rows: Rows, set: &[Change<'_>]) -> Result<HashSet<i64>, Error> {
        let columns = match Columns::of(rows, set) {
            Ok(columns) => columns,
            // Content, progress and details are our own types: they always have a JSON form.
            Err(error) => {
                tracing::error!(%error, "a record has no JSON form");
                return Ok(HashSet::new());
            }
        };
        if columns.len() == 0 {
            return Ok(HashSet::new());
        }
        let parts = columns.parts(rows);
        let statement = self.statement(client, parts).await?;
        let done = client.query(&statement, &columns.parameters(parts)).await?;
        done.iter().map(|row| row.try_get(0)).collect()
    }

    /// The statement that does what `parts` says, prepared when it is first needed.
    async fn statement(&self, client: &Client, parts: Parts) -> Result<Statement, Error> {
        if let Some(statement) = self.writing.borrow().get(&parts) {
            return Ok(statement.clone());
        }
        let statement = client.prepare(&statement::text(parts)).await?;
        self.writing.borrow_mut().insert(parts, statement.clone());
        Ok(statement)
    }

    /// The declarations with these numbers, those that there are. Of one that cannot be read the log says why: to whoever
    /// asks it is not there.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn read(&self, client: &Client, numbers: &[i64]) -> Result<Vec<Declaration>, Error> {
        let mut found = Vec::with_capacity(numbers.len());
        for row in client.query(&self.read, &[&numbers]).await? {
            match declarations::of_row(&row)? {
                Ok(declaration) => found.push(declaration),
                Err(error) => tracing::error!(%error, "a declaration cannot be read"),
            }
        }
        Ok(found)
    }

    /// Looks at what stands in the way of `left_out`.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn in_the_way(&self, client: &Client, left_out: &[Change<'_>]) -> Result<Vec<InTheWay>, Error> {
        let numbers: Vec<i64> = left_out.iter().map(|change| change.after.number.as_i64()).collect();
        let firms: Vec<i64> = left_out.iter().map(|change| change.after.firm.0).collect();
        let vehicles: Vec<Option<String>> = left_out.iter().map(|change| change.after.place_taken()).collect();
        let directions: Vec<&str> = left_out.iter().map(|change| change.after.content.direction.as_str()).collect();
        let rows = client.query(&self.in_the_way, &[&numbers, &firms, &vehicles, &directions]).await?;
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

    /// Those of `sources` that were imported before, each with the number of its declaration.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn imported(&self, client: &Client, sources: &[&Source]) -> Result<Vec<(Source, i64)>, Error> {
        if sources.is_empty() {
            return Ok(Vec::new());
        }
        let systems: Vec<&str> = sources.iter().map(|source| source.source.as_str()).collect();
        let ids: Vec<&str> = sources.iter().map(|source| source.source_id.as_str()).collect();
        let rows = client.query(&self.sources, &[&systems, &ids]).await?;
        rows.iter()
            .map(|row| Ok((Source { source: row.try_get(0)?, source_id: row.try_get(1)? }, row.try_get(2)?)))
            .collect()
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
