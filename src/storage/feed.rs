//! What was done, in the order in which it was committed.
//!
//! An identity or a time would pass over what commits late: rows are read by their transaction, and no further than the
//! oldest that may still be under way. A stretch of that order is settled once and for all.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_query;
use diesel::sql_types::{Array, BigInt, Integer, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::actions::StoredAction;
use super::declarations::{STORED_COLUMNS, Stored};
use crate::domain::actor::Actor;
use crate::domain::workflow::Role;

/// A place in the order of commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The transaction.
    pub transaction: i64,
    /// The declaration's number.
    pub declaration: i64,
    /// The action's place in its history.
    pub seq: i32,
}

impl Place {
    /// Before everything.
    pub const START: Self = Self { transaction: -1, declaration: 0, seq: 0 };
}

/// A settled stretch: what comes after one place, up to and with another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// After this place.
    pub after: Place,
    /// Up to this one.
    pub to: Place,
}

/// An action, where it stands.
#[derive(Debug, QueryableByName)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Fed {
    /// The transaction that wrote it.
    #[diesel(sql_type = BigInt)]
    pub transaction: i64,
    /// The declaration that it was done to.
    #[diesel(sql_type = BigInt)]
    pub declaration: i64,
    /// The action.
    #[diesel(embed)]
    pub action: StoredAction,
}

/// A declaration, where its last action stands.
#[derive(Debug, QueryableByName)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Changed {
    /// The transaction that wrote its last action.
    #[diesel(sql_type = BigInt)]
    pub transaction: i64,
    /// The declaration.
    #[diesel(embed)]
    pub declaration: Stored,
}

/// What tells this database and this course of its history from others: a cursor made before a restore is none of them.
///
/// # Errors
///
/// The database's.
pub async fn origin(conn: &mut AsyncPgConnection) -> QueryResult<String> {
    #[derive(QueryableByName)]
    struct Origin {
        #[diesel(sql_type = Text)]
        origin: String,
    }
    let sql = "select format('%s.%s.%s', system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8),
                             (select oid from pg_database where datname = current_database())) as origin
               from pg_control_system()";
    let found: Origin = sql_query(sql).get_result(conn).await?;
    Ok(found.origin)
}

/// The settled stretch after `after`, of at most `most` actions.
///
/// # Errors
///
/// The database's.
pub async fn settled(conn: &mut AsyncPgConnection, after: Place, most: i32) -> QueryResult<Stretch> {
    #[derive(QueryableByName)]
    struct End {
        #[diesel(sql_type = BigInt)]
        settled: i64,
        #[diesel(sql_type = BigInt)]
        found: i64,
        #[diesel(sql_type = BigInt)]
        transaction: i64,
        #[diesel(sql_type = BigInt)]
        declaration: i64,
        #[diesel(sql_type = Integer)]
        seq: i32,
    }
    let sql = "with until as materialized (select settled_transactions() as settled),
                    read as materialized (
                        select transaction, declaration, seq from actions, until
                         where (transaction, declaration, seq) > ($1::text::xid8, $2, $3)
                           and transaction < settled::text::xid8
                         order by transaction, declaration, seq limit $4),
                    last as (select * from read order by transaction desc, declaration desc, seq desc limit 1)
               select settled, (select count(*) from read) as found,
                      coalesce(transaction::text::bigint, 0) as transaction, coalesce(declaration, 0) as declaration,
                      coalesce(seq, 0) as seq
                 from until left join last on true";
    let end: End = sql_query(sql)
        .bind::<Text, _>(after.transaction.max(0).to_string())
        .bind::<BigInt, _>(if after.transaction < 0 { -1 } else { after.declaration })
        .bind::<Integer, _>(after.seq)
        .bind::<Integer, _>(most)
        .get_result(conn)
        .await?;
    let to = if end.found == i64::from(most) {
        Place { transaction: end.transaction, declaration: end.declaration, seq: end.seq }
    } else {
        // All that is settled was read: what comes next belongs to a later transaction.
        Place { transaction: end.settled - 1, declaration: i64::MAX, seq: i32::MAX }
    };
    Ok(Stretch { after, to: to.max(after) })
}

type Query<'a> = BoxedSqlQuery<'a, Pg, SqlQuery>;

/// `select` of what `actor` sees in a stretch, in its order.
fn seen<'a>(select: &str, and: &str, stretch: Stretch, actor: &Actor, limit: i32) -> Query<'a> {
    let visible = match actor.role {
        Role::Declarant => "(d.firm = $8 or d.trader_tax_code = $9 and d.declared_at is not null)",
        Role::Auditor | Role::System => "$8 is not null and $9 is not null",
        _ if actor.crossing_points.codes().is_some() => {
            "d.declared_at is not null and d.crossing_point = any($10) and $8 is not null and $9 is not null"
        }
        _ => "d.declared_at is not null and $8 is not null and $9 is not null",
    };
    let sql = format!(
        "select a.transaction::text::bigint as transaction, {select}
           from actions a join declarations d on d.number = a.declaration
          where (a.transaction, a.declaration, a.seq) > ($1::text::xid8, $2, $3)
            and (a.transaction, a.declaration, a.seq) <= ($4::text::xid8, $5, $6)
            and {visible} {and}
          order by a.transaction, a.declaration, a.seq limit $7"
    );
    let Stretch { after, to } = stretch;
    let query = sql_query(sql)
        .into_boxed()
        .bind::<Text, _>(after.transaction.max(0).to_string())
        .bind::<BigInt, _>(if after.transaction < 0 { -1 } else { after.declaration })
        .bind::<Integer, _>(after.seq)
        .bind::<Text, _>(to.transaction.max(0).to_string())
        .bind::<BigInt, _>(to.declaration)
        .bind::<Integer, _>(to.seq)
        .bind::<Integer, _>(limit)
        .bind::<BigInt, _>(actor.firm.map_or(0, |firm| firm.0))
        .bind::<Text, _>(actor.firm_tax_code.clone().unwrap_or_default());
    match actor.crossing_points.codes() {
        Some(codes) if !matches!(actor.role, Role::Declarant | Role::Auditor | Role::System) => {
            query.bind::<Array<Text>, _>(codes.to_vec())
        }
        _ => query,
    }
}

/// At most `limit` of the actions of a stretch that were done to declarations that `actor` sees.
///
/// # Errors
///
/// The database's.
pub async fn actions(
    conn: &mut AsyncPgConnection,
    stretch: Stretch,
    actor: &Actor,
    limit: i32,
) -> QueryResult<Vec<Fed>> {
    let select = "a.declaration, a.seq, a.action, a.actor, a.role, a.at, a.recorded_at, a.details, a.hash";
    seen(select, "", stretch, actor, limit).load(conn).await
}

/// At most `limit` of the declarations that `actor` sees and whose last action lies in a stretch. One that was changed since
/// comes with that change.
///
/// # Errors
///
/// The database's.
pub async fn changed(
    conn: &mut AsyncPgConnection,
    stretch: Stretch,
    actor: &Actor,
    limit: i32,
) -> QueryResult<Vec<Changed>> {
    let columns: Vec<String> = STORED_COLUMNS.split(',').map(|column| format!("d.{}", column.trim())).collect();
    seen(&columns.join(", "), "and a.seq = d.revision", stretch, actor, limit).load(conn).await
}
