//! Accounts of people.

use chrono::{DateTime, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::mandates::AccountMandate;
use super::schema::{accounts, firms};
use crate::domain::actor::AccountId;
use crate::domain::mandate::Mandate;
use crate::domain::workflow::Role;

diesel::define_sql_function! {
    /// A text in lower case.
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

/// An account, without its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its key.
    pub id: AccountId,
    /// The name to sign in with.
    pub username: String,
    /// What its owner is charged with.
    pub mandate: Mandate,
    /// Whether it is one of the demo's, whose password everybody knows.
    pub demo: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub changed_at: DateTime<Utc>,
    /// Since when nobody can sign in with it.
    pub disabled_at: Option<DateTime<Utc>>,
    /// Since when its firm is disabled.
    pub firm_disabled_at: Option<DateTime<Utc>>,
}

impl Account {
    /// Whether its owner may sign in.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.disabled_at.is_none() && self.firm_disabled_at.is_none()
    }
}

/// What an account is made with.
#[derive(Clone, Debug)]
pub struct NewAccount<'a> {
    /// The name to sign in with.
    pub username: &'a str,
    /// The password's hash.
    pub password_hash: &'a str,
    /// What its owner is charged with.
    pub mandate: &'a Mandate,
    /// Whether it is one of the demo's.
    pub demo: bool,
}

/// What may change about an account.
#[derive(Clone, Debug)]
pub struct AccountChange<'a> {
    /// What its owner is charged with from now on.
    pub mandate: &'a Mandate,
    /// A new password's hash.
    pub password_hash: Option<&'a str>,
    /// Since when nobody can sign in with it.
    pub disabled_at: Option<DateTime<Utc>>,
}

type Row = (
    i64,
    String,
    AccountMandate,
    bool,
    DateTime<Utc>,
    DateTime<Utc>,
    Option<DateTime<Utc>>,
    Option<String>,
    Option<DateTime<Utc>>,
);

macro_rules! columns {
    () => {
        (
            accounts::id,
            accounts::username,
            (accounts::role, accounts::firm, accounts::quarantine_kind, accounts::crossing_points, accounts::yards),
            accounts::demo,
            accounts::created_at,
            accounts::changed_at,
            accounts::disabled_at,
            firms::tax_code.nullable(),
            firms::disabled_at.nullable(),
        )
    };
}

fn account(row: Row) -> QueryResult<Account> {
    let (id, username, mandate, demo, created_at, changed_at, disabled_at, tax_code, firm_disabled_at) = row;
    Ok(Account {
        id: AccountId(id),
        username,
        mandate: mandate.read(tax_code)?,
        demo,
        created_at,
        changed_at,
        disabled_at,
        firm_disabled_at,
    })
}

/// Makes an account; none where the name is taken, in whatever case.
///
/// # Errors
///
/// The database's.
pub async fn insert(
    conn: &mut AsyncPgConnection,
    new: &NewAccount<'_>,
    now: DateTime<Utc>,
) -> QueryResult<Option<Account>> {
    let id: Option<i64> = diesel::insert_into(accounts::table)
        .values((
            accounts::username.eq(new.username),
            accounts::password_hash.eq(new.password_hash),
            AccountMandate::from(new.mandate),
            accounts::demo.eq(new.demo),
            accounts::created_at.eq(now),
            accounts::changed_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .returning(accounts::id)
        .get_result(conn)
        .await
        .optional()?;
    match id {
        Some(id) => find(conn, AccountId(id)).await,
        None => Ok(None),
    }
}

/// The account `id`.
///
/// # Errors
///
/// The database's.
pub async fn find(conn: &mut AsyncPgConnection, id: AccountId) -> QueryResult<Option<Account>> {
    let query = accounts::table.left_join(firms::table).filter(accounts::id.eq(id.0)).select(columns!());
    query.first::<Row>(conn).await.optional()?.map(account).transpose()
}

/// The account `username`, in whatever case, with its password's hash.
///
/// # Errors
///
/// The database's.
pub async fn by_username(conn: &mut AsyncPgConnection, username: &str) -> QueryResult<Option<(Account, String)>> {
    let found: Option<(Row, String)> = accounts::table
        .left_join(firms::table)
        .filter(lower(accounts::username).eq(username.to_lowercase()))
        .select((columns!(), accounts::password_hash))
        .first(conn)
        .await
        .optional()?;
    found.map(|(row, hash)| account(row).map(|account| (account, hash))).transpose()
}

/// Up to `limit` accounts, newest first, from before the account `before`.
///
/// # Errors
///
/// The database's.
pub async fn list(conn: &mut AsyncPgConnection, before: Option<AccountId>, limit: i64) -> QueryResult<Vec<Account>> {
    accounts::table
        .left_join(firms::table)
        .filter(accounts::id.lt(before.map_or(i64::MAX, |before| before.0)))
        .order(accounts::id.desc())
        .limit(limit)
        .select(columns!())
        .load::<Row>(conn)
        .await?
        .into_iter()
        .map(account)
        .collect()
}

/// The account `id`, which nobody changes or disables until the transaction ends.
///
/// # Errors
///
/// The database's.
pub async fn hold(conn: &mut AsyncPgConnection, id: AccountId) -> QueryResult<Option<Account>> {
    let firm: Option<Option<i64>> = accounts::table
        .filter(accounts::id.eq(id.0))
        .select(accounts::firm)
        .for_share()
        .first(conn)
        .await
        .optional()?;
    let Some(firm) = firm else { return Ok(None) };
    if let Some(firm) = firm {
        firms::table.filter(firms::id.eq(firm)).select(firms::id).for_share().first::<i64>(conn).await?;
    }
    find(conn, id).await
}

/// The account `id`, which nobody else changes until the transaction ends.
///
/// # Errors
///
/// The database's.
pub async fn lock(conn: &mut AsyncPgConnection, id: AccountId) -> QueryResult<Option<Account>> {
    let there = accounts::table.filter(accounts::id.eq(id.0)).select(accounts::id).for_no_key_update();
    match there.first::<i64>(conn).await.optional()? {
        Some(id) => find(conn, AccountId(id)).await,
        None => Ok(None),
    }
}

/// Changes the account `id`; none where it is not there.
///
/// # Errors
///
/// The database's.
pub async fn change(
    conn: &mut AsyncPgConnection,
    id: AccountId,
    change: &AccountChange<'_>,
    now: DateTime<Utc>,
) -> QueryResult<Option<Account>> {
    diesel::update(accounts::table.filter(accounts::id.eq(id.0)))
        .set((
            AccountMandate::from(change.mandate),
            change.password_hash.map(|hash| accounts::password_hash.eq(hash)),
            accounts::disabled_at.eq(change.disabled_at),
            accounts::changed_at.eq(now),
        ))
        .execute(conn)
        .await?;
    find(conn, id).await
}

/// Whether any account is the demo's.
///
/// # Errors
///
/// The database's.
pub async fn has_demo(conn: &mut AsyncPgConnection) -> QueryResult<bool> {
    diesel::select(exists(accounts::table.filter(accounts::demo))).get_result(conn).await
}

/// Whether anybody can administer.
///
/// # Errors
///
/// The database's.
pub async fn has_admin(conn: &mut AsyncPgConnection) -> QueryResult<bool> {
    let admins =
        accounts::table.filter(accounts::role.eq(Role::Admin.as_str())).filter(accounts::disabled_at.is_null());
    diesel::select(exists(admins)).get_result(conn).await
}
