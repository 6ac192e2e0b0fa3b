//! Reference data as rows.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel::sql_types::{Array, Date, Jsonb, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;

use super::schema::{reference, reference_changes};
use crate::domain::reference::{List, Reference, ReferenceChange, ReferenceEntry, Validity};

/// Adds those of `entries` that the table lacks; their number. What is there is never overwritten: an entry whose
/// code has another on any of the same days is left out, since somebody here has said otherwise, be it that none is to hold.
///
/// # Errors
///
/// The database's.
pub async fn seed(conn: &mut AsyncPgConnection, entries: Vec<ReferenceEntry>) -> QueryResult<usize> {
    let (mut lists, mut codes, mut from, mut to, mut said) = (vec![], vec![], vec![], vec![], vec![]);
    for ReferenceEntry { list, code, validity, fields } in entries {
        lists.push(list.as_str());
        codes.push(code);
        from.push(validity.valid_from);
        to.push(validity.valid_to);
        said.push(Value::Object(fields));
    }
    diesel::sql_query(
        "insert into reference (list, code, valid_from, valid_to, entry)
         select new.* from unnest($1, $2, $3, $4, $5) as new (list, code, valid_from, valid_to, entry)
          where not exists (
                select from reference as old
                 where old.list = new.list and old.code = new.code
                   and daterange(old.valid_from, old.valid_to) && daterange(new.valid_from, new.valid_to))
            and not exists (
                select from reference_changes as said
                 where said.list = new.list and said.code = new.code
                   and daterange(said.valid_from, said.valid_to) && daterange(new.valid_from, new.valid_to))
         on conflict do nothing",
    )
    .bind::<Array<Text>, _>(lists)
    .bind::<Array<Text>, _>(codes)
    .bind::<Array<Date>, _>(from)
    .bind::<Array<Nullable<Date>>, _>(to)
    .bind::<Array<Jsonb>, _>(said)
    .execute(conn)
    .await
}

/// All reference data. Lists that this version does not know are passed over: a newer one may have added them.
///
/// # Errors
///
/// The database's; [`DieselError::DeserializationError`] with everything that is wrong with the data.
pub async fn load(conn: &mut AsyncPgConnection) -> QueryResult<Reference> {
    let rows: Vec<(String, String, NaiveDate, Option<NaiveDate>, Value)> =
        reference::table.filter(reference::list.eq_any(List::WORDS)).load(conn).await?;
    let unreadable = |error: Box<dyn std::error::Error + Send + Sync>| DieselError::DeserializationError(error);
    let entries = rows.into_iter().map(|(list, code, valid_from, valid_to, entry)| {
        let Value::Object(fields) = entry else {
            return Err(unreadable(format!("the entry {code} of {list} is no object").into()));
        };
        let list = list.parse().map_err(|error| unreadable(Box::new(error)))?;
        Ok(ReferenceEntry { list, code, validity: Validity { valid_from, valid_to }, fields })
    });
    Reference::build(entries.collect::<QueryResult<_>>()?).map_err(|faults| unreadable(Box::new(faults)))
}

/// A change as it was made, with the place in the order of all changes.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = reference_changes, check_for_backend(diesel::pg::Pg))]
#[expect(missing_docs, reason = "the columns are described in the migrations")]
pub struct StoredChange {
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub entry: Option<Value>,
    pub reason: String,
    pub changed_by: String,
    pub changed_at: DateTime<Utc>,
}

/// The place of the last change in the order of all; 0 before the first. When it grows, [`load`] reads something new.
///
/// # Errors
///
/// The database's.
pub async fn last_change(conn: &mut AsyncPgConnection) -> QueryResult<i64> {
    let last: Option<i64> =
        reference_changes::table.select(diesel::dsl::max(reference_changes::id)).first(conn).await?;
    Ok(last.unwrap_or(0))
}

/// Keeps every other change out until the transaction ends, so that each is checked against what it is made on.
///
/// # Errors
///
/// The database's.
pub async fn lock(conn: &mut AsyncPgConnection) -> QueryResult<()> {
    diesel::sql_query("lock table reference in share row exclusive mode").execute(conn).await.map(drop)
}

/// Writes `change`, which makes `entries` of its code, and who made it and why.
///
/// # Errors
///
/// The database's.
pub async fn change(
    conn: &mut AsyncPgConnection,
    change: &ReferenceChange,
    entries: &[ReferenceEntry],
    (reason, by, at): (&str, &str, DateTime<Utc>),
) -> QueryResult<()> {
    let of_code = reference::list.eq(change.list.as_str()).and(reference::code.eq(&change.code));
    diesel::delete(reference::table.filter(of_code)).execute(conn).await?;
    let rows: Vec<_> = entries
        .iter()
        .map(|entry| {
            (
                reference::list.eq(entry.list.as_str()),
                reference::code.eq(&entry.code),
                reference::valid_from.eq(entry.validity.valid_from),
                reference::valid_to.eq(entry.validity.valid_to),
                reference::entry.eq(Value::Object(entry.fields.clone())),
            )
        })
        .collect();
    diesel::insert_into(reference::table).values(rows).execute(conn).await?;
    diesel::insert_into(reference_changes::table)
        .values((
            reference_changes::list.eq(change.list.as_str()),
            reference_changes::code.eq(&change.code),
            reference_changes::valid_from.eq(change.validity.valid_from),
            reference_changes::valid_to.eq(change.validity.valid_to),
            reference_changes::entry.eq(change.says.clone().map(Value::Object)),
            reference_changes::reason.eq(reason),
            reference_changes::changed_by.eq(by),
            reference_changes::changed_at.eq(at),
        ))
        .execute(conn)
        .await
        .map(drop)
}

/// Every change of one code, oldest first.
///
/// # Errors
///
/// The database's.
pub async fn changes(conn: &mut AsyncPgConnection, list: List, code: &str) -> QueryResult<Vec<StoredChange>> {
    reference_changes::table
        .filter(reference_changes::list.eq(list.as_str()).and(reference_changes::code.eq(code)))
        .order(reference_changes::id)
        .select(StoredChange::as_select())
        .load(conn)
        .await
}
