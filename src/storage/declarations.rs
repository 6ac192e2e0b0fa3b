//! Declarations as rows.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::dsl::sql;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel::sql_types::{Array, Bool, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::column_types::{JsonStr, JsonText};
use super::schema::declarations;
use crate::domain::actor::{Actor, FirmId};
use crate::domain::audit::Hash;
use crate::domain::content::Direction;
use crate::domain::declaration::{Declaration, PeopleSeal, Stamps};
use crate::domain::legal_clocks::LegalClock;
use crate::domain::number::Number;
use crate::domain::reference::Reference;
use crate::domain::tracks::{Track, TrackState};
use crate::domain::workflow::{Role, State};

/// A row that does not hold a declaration: the database was changed by other hands.
#[derive(Debug, thiserror::Error)]
#[error("declaration {number} cannot be read: {why}")]
pub struct Unreadable {
    /// The row's key.
    pub number: i64,
    /// What is wrong with it.
    pub why: String,
}

/// One row of `declarations`, as far as a record is made from it.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable)]
#[diesel(table_name = declarations, check_for_backend(diesel::pg::Pg))]
pub struct Stored {
    number: i64,
    revision: i32,
    state: String,
    firm: i64,
    declarant: String,
    content: JsonText,
    people: Option<JsonText>,
    people_salt: Option<String>,
    people_digest: Option<String>,
    progress: JsonText,
    created_at: DateTime<Utc>,
    declared_at: Option<DateTime<Utc>>,
    registered_at: Option<DateTime<Utc>>,
    arrived_at: Option<DateTime<Utc>>,
    cleared_at: Option<DateTime<Utc>>,
    yard_in_at: Option<DateTime<Utc>>,
    yard_out_at: Option<DateTime<Utc>>,
    ready_at: Option<DateTime<Utc>>,
    completed_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    left_at: Option<DateTime<Utc>>,
    last_action: String,
    last_action_at: DateTime<Utc>,
    head: Vec<u8>,
}

/// The columns of [`Stored`], in its order, for statements that are written out.
pub const STORED_COLUMNS: &str = "number, revision, state, firm, declarant, content, people, people_salt, \
     people_digest, progress, created_at, declared_at, registered_at, arrived_at, cleared_at, yard_in_at, \
     yard_out_at, ready_at, completed_at, ended_at, left_at, last_action, last_action_at, head";

impl Stored {
    /// The record that the row holds.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] where a word or a JSON text is not what we would have written.
    pub fn declaration(&self) -> Result<Declaration, Unreadable> {
        Cells {
            number: self.number,
            revision: self.revision,
            state: &self.state,
            firm: self.firm,
            declarant: &self.declarant,
            content: &self.content.0,
            people: self.people.as_ref().map(|people| people.0.as_str()),
            people_salt: self.people_salt.as_deref(),
            people_digest: self.people_digest.as_deref(),
            progress: &self.progress.0,
            stamps: Stamps {
                created_at: Some(self.created_at),
                declared_at: self.declared_at,
                registered_at: self.registered_at,
                arrived_at: self.arrived_at,
                cleared_at: self.cleared_at,
                yard_in_at: self.yard_in_at,
                yard_out_at: self.yard_out_at,
                ready_at: self.ready_at,
                completed_at: self.completed_at,
                ended_at: self.ended_at,
                left_at: self.left_at,
            },
            last_action: &self.last_action,
            last_action_at: self.last_action_at,
            head: &self.head,
        }
        .declaration()
    }
}

/// The record that a row of [`STORED_COLUMNS`] holds.
///
/// # Errors
///
/// When the row has other columns; within, [`Unreadable`] as [`Stored::declaration`].
pub fn of_row(row: &tokio_postgres::Row) -> Result<Result<Declaration, Unreadable>, tokio_postgres::Error> {
    let cells = Cells {
        number: row.try_get(0)?,
        revision: row.try_get(1)?,
        state: row.try_get(2)?,
        firm: row.try_get(3)?,
        declarant: row.try_get(4)?,
        content: row.try_get::<_, JsonStr>(5)?.0,
        people: row.try_get::<_, Option<JsonStr>>(6)?.map(|people| people.0),
        people_salt: row.try_get(7)?,
        people_digest: row.try_get(8)?,
        progress: row.try_get::<_, JsonStr>(9)?.0,
        stamps: Stamps {
            created_at: Some(row.try_get(10)?),
            declared_at: row.try_get(11)?,
            registered_at: row.try_get(12)?,
            arrived_at: row.try_get(13)?,
            cleared_at: row.try_get(14)?,
            yard_in_at: row.try_get(15)?,
            yard_out_at: row.try_get(16)?,
            ready_at: row.try_get(17)?,
            completed_at: row.try_get(18)?,
            ended_at: row.try_get(19)?,
            left_at: row.try_get(20)?,
        },
        last_action: row.try_get(21)?,
        last_action_at: row.try_get(22)?,
        head: row.try_get(23)?,
    };
    Ok(cells.declaration())
}

/// A row's cells where they lie.
struct Cells<'a> {
    number: i64,
    revision: i32,
    state: &'a str,
    firm: i64,
    declarant: &'a str,
    content: &'a str,
    people: Option<&'a str>,
    people_salt: Option<&'a str>,
    people_digest: Option<&'a str>,
    progress: &'a str,
    stamps: Stamps,
    last_action: &'a str,
    last_action_at: DateTime<Utc>,
    head: &'a [u8],
}

impl Cells<'_> {
    fn declaration(self) -> Result<Declaration, Unreadable> {
        let number = self.number;
        let unreadable = |why: &dyn std::fmt::Display| Unreadable { number, why: why.to_string() };
        Ok(Declaration {
            number: Number::from_i64(number).ok_or_else(|| unreadable(&"its number was never issued"))?,
            revision: self.revision,
            state: self.state.parse().map_err(|error| unreadable(&error))?,
            firm: FirmId(self.firm),
            declarant: self.declarant.to_owned(),
            content: serde_json::from_str(self.content).map_err(|error| unreadable(&error))?,
            people: match self.people {
                None => None,
                Some(people) => Some(serde_json::from_str(people).map_err(|error| unreadable(&error))?),
            },
            people_seal: self.people_digest.map(|digest| PeopleSeal {
                salt: self.people_salt.unwrap_or_default().to_owned(),
                digest: digest.to_owned(),
            }),
            stamps: self.stamps,
            progress: serde_json::from_str(self.progress).map_err(|error| unreadable(&error))?,
            last_action: self.last_action.parse().map_err(|error| unreadable(&error))?,
            last_action_at: self.last_action_at,
            head: Hash(self.head.try_into().map_err(|_| unreadable(&"its hash has not 32 bytes"))?),
        })
    }
}

/// The declaration with this number, if there is one.
///
/// # Errors
///
/// The database's; [`DieselError::DeserializationError`] for a row that is no declaration.
pub async fn find(conn: &mut AsyncPgConnection, number: Number) -> QueryResult<Option<Declaration>> {
    let row = declarations::table.find(number.as_i64()).select(Stored::as_select()).first(conn).await.optional()?;
    row.map(|row: Stored| row.declaration().map_err(|error| DieselError::DeserializationError(Box::new(error))))
        .transpose()
}

/// Which declarations are looked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// In one of these states; any where there are none.
    pub states: Vec<State>,
    /// In this direction.
    pub direction: Option<Direction>,
    /// At this crossing point.
    pub crossing_point: Option<String>,
    /// With this plate or wagon number, normalised.
    pub plate: Option<String>,
    /// On this customs declaration: its first eleven digits.
    pub customs_declaration: Option<String>,
    /// With this track at this point, among those that have not ended.
    pub track: Option<(Track, TrackState)>,
    /// With a legal clock that has fallen due by these marks.
    pub due: Option<DueMarks>,
    /// Declared at this instant or later.
    pub declared_from: Option<DateTime<Utc>>,
    /// Declared before this instant.
    pub declared_to: Option<DateTime<Utc>>,
    /// Issued before this number.
    pub before: Option<Number>,
}

/// What has fallen due by an instant: at each crossing point what began no later than its marks, and everywhere what was
/// given time until then.
#[derive(Clone, Debug)]
pub struct DueMarks {
    codes: Vec<String>,
    documents: Vec<Option<DateTime<Utc>>>,
    inspection: Vec<Option<DateTime<Utc>>>,
    until: DateTime<Utc>,
}

impl DueMarks {
    /// The marks of what falls due before `end`, by the calendars of `reference`.
    #[must_use]
    pub fn before(end: DateTime<Utc>, reference: &Reference) -> Self {
        // Instants are kept in whole microseconds: before one is up to the one before it.
        let until = end - TimeDelta::microseconds(1);
        let codes = reference.crossing_point_codes();
        let began = |clock: LegalClock| {
            codes.iter().map(|code| reference.working_time_began(code, until, clock.length())).collect()
        };
        Self { documents: began(LegalClock::Documents), inspection: began(LegalClock::Inspection), codes, until }
    }
}

/// Said in the words of the index `declarations_clocks`.
const CLOCK_RUNS: &str = "(documents_since is not null or inspection_since is not null)";

/// Whose declarations somebody sees; the same as [`Declaration::is_visible_to`] says of one.
#[derive(Clone, Debug)]
enum Seen {
    /// All of them.
    All,
    /// Those of this firm.
    Firm(FirmId),
    /// Those that others declared for the goods of the firm with this tax code.
    Trader(String, FirmId),
    /// Those declared at this crossing point.
    At(String),
    /// Those declared anywhere.
    Declared,
}

impl Seen {
    /// What `actor` sees, in parts that do not overlap: each part has an index of its own.
    fn by(actor: &Actor) -> Vec<Self> {
        match actor.role {
            Role::Declarant => {
                let Some(firm) = actor.firm else { return Vec::new() };
                let own = std::iter::once(Self::Firm(firm));
                own.chain(actor.firm_tax_code.clone().map(|code| Self::Trader(code, firm))).collect()
            }
            Role::CustomsOfficer
            | Role::BorderGuard
            | Role::QuarantineOfficer
            | Role::YardOperator
            | Role::FeeCollector
            | Role::GateManager => match actor.crossing_points.codes() {
                // Each once, however often it is named.
                Some(codes) => codes.iter().collect::<BTreeSet<_>>().into_iter().cloned().map(Self::At).collect(),
                None => vec![Self::Declared],
            },
            Role::Auditor | Role::System => vec![Self::All],
            Role::Analyst | Role::Admin => Vec::new(),
        }
    }
}

/// Said in the words of the index `declarations_not_completed`, so that it is used: a parameter would hide it.
const NOT_COMPLETED: &str = "state <> 'completed'";

type Query<'a> = declarations::BoxedQuery<'a, Pg>;

fn filtered(filter: &Filter) -> Query<'_> {
    let mut query = declarations::table.into_boxed();
    if !filter.states.is_empty() {
        let states: Vec<&str> = filter.states.iter().map(|state| state.as_str()).collect();
        query = query.filter(declarations::state.eq_any(states));
        if !filter.states.contains(&State::Completed) {
            query = query.filter(sql::<Bool>(NOT_COMPLETED));
        }
    }
    if let Some(direction) = filter.direction {
        query = query.filter(declarations::direction.eq(direction.as_str()));
    }
    if let Some(code) = &filter.crossing_point {
        query = query.filter(declarations::crossing_point.eq(code));
    }
    if let Some(plate) = &filter.plate {
        query = query.filter(declarations::plate.eq(plate));
    }
    if let Some(number) = &filter.customs_declaration {
        query = query.filter(declarations::customs_declarations.contains(vec![number.as_str()]));
    }
    if let Some((track, state)) = filter.track {
        let active: Vec<&str> =
            State::VARIANTS.iter().filter(|state| state.is_active()).map(|state| state.as_str()).collect();
        query = query
            .filter(declarations::tracks.contains(vec![format!("{track}:{state}")]))
            .filter(declarations::state.eq_any(active))
            .filter(sql::<Bool>(NOT_COMPLETED));
    }
    if let Some(due) = &filter.due {
        let marks = sql::<Bool>("(exists (select from unnest(")
            .bind::<Array<Text>, _>(&due.codes)
            .sql(", ")
            .bind::<Array<Nullable<Timestamptz>>, _>(&due.documents)
            .sql(", ")
            .bind::<Array<Nullable<Timestamptz>>, _>(&due.inspection)
            .sql(
                ") as mark (code, documents, inspection)
                 where mark.code = crossing_point
                   and (documents_since <= mark.documents
                        or inspection_since <= mark.inspection and inspection_until is null))
                 or inspection_until <= ",
            )
            .bind::<Timestamptz, _>(due.until)
            .sql(")");
        query = query.filter(sql::<Bool>(CLOCK_RUNS)).filter(marks);
    }
    if let Some(from) = filter.declared_from {
        query = query.filter(declarations::declared_at.ge(from));
    }
    if let Some(to) = filter.declared_to {
        query = query.filter(declarations::declared_at.lt(to));
    }
    if let Some(before) = filter.before {
        query = query.filter(declarations::number.lt(before.as_i64()));
    }
    query
}

fn seen_of<'a>(filter: &'a Filter, seen: &'a Seen) -> Query<'a> {
    let query = filtered(filter);
    match seen {
        Seen::All => query,
        Seen::Firm(firm) => query.filter(declarations::firm.eq(firm.0)),
        Seen::Trader(code, firm) => query
            .filter(declarations::trader_tax_code.eq(code))
            .filter(declarations::firm.ne(firm.0))
            .filter(declarations::declared_at.is_not_null()),
        Seen::At(code) => {
            query.filter(declarations::crossing_point.eq(code)).filter(declarations::declared_at.is_not_null())
        }
        Seen::Declared => query.filter(declarations::declared_at.is_not_null()),
    }
}

/// Up to `limit` of the declarations that `actor` sees and `filter` takes, newest number first.
///
/// # Errors
///
/// As [`find`].
pub async fn list(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    filter: &Filter,
    limit: i64,
) -> QueryResult<Vec<Declaration>> {
    let mut found = Vec::new();
    for seen in Seen::by(actor) {
        let query = seen_of(filter, &seen);
        // Few declarations stand on one customs declaration; the planner believes them to be many and would go
        // through all by number. A sum has no index.
        let ordered = match filter.customs_declaration {
            Some(_) => query.order((declarations::number + 0).desc()),
            None => query.order(declarations::number.desc()),
        };
        let rows: Vec<Stored> = ordered.limit(limit).select(Stored::as_select()).load(conn).await?;
        for row in rows {
            found.push(row.declaration().map_err(|error| DieselError::DeserializationError(Box::new(error)))?);
        }
    }
    found.sort_by_key(|declaration| std::cmp::Reverse(declaration.number));
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}
