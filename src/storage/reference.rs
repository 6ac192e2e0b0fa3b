//! Reference data as rows.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel::sql_types::{Array, Date, Jsonb, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;

use super::schema::reference;
use crate::domain::reference::{List, Reference, ReferenceEntry, Validity};

/// Adds those of `entries` that the table lacks; their number. What is there is never overwritten: an entry whose
/// code has another on any of the same days is left out, since somebody here has said otherwise.
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
