//! Clients: machines that ask in a firm's or an office's name.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::mandates::{AccountMandate, ClientMandate, word};
use super::schema::{clients, firms};
use crate::domain::actor::FirmId;
use crate::domain::mandate::{Mandate, OauthScope};

/// A client, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The id it names itself by.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What it is charged with.
    pub mandate: Mandate,
    /// What its tokens may be used for at most.
    pub oauth_scopes: Vec<OauthScope>,
    /// Grows with every change; tokens of an older one are refused.
    pub generation: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub changed_at: DateTime<Utc>,
    /// Since when it gets no tokens.
    pub disabled_at: Option<DateTime<Utc>>,
    /// Since when its firm is disabled.
    pub firm_disabled_at: Option<DateTime<Utc>>,
}

impl Client {
    /// Whether it gets tokens.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.disabled_at.is_none() && self.firm_disabled_at.is_none()
    }
}

/// What a client is made of, and what of it may change.
#[derive(Clone, Debug)]
pub struct ClientEntry<'a> {
    /// What it is called.
    pub name: &'a str,
    /// What it is charged with.
    pub mandate: &'a Mandate,
    /// What its tokens may be used for at most.
    pub oauth_scopes: &'a [OauthScope],
    /// Since when it gets no tokens.
    pub disabled_at: Option<DateTime<Utc>>,
}

type Row = (
    String,
    String,
    ClientMandate,
    Vec<String>,
    i32,
    DateTime<Utc>,
    DateTime<Utc>,
    Option<DateTime<Utc>>,
    Option<String>,
    Option<DateTime<Utc>>,
);

macro_rules! columns {
    () => {
        (
            clients::id,
            clients::name,
            (clients::role, clients::firm, clients::quarantine_kind, clients::crossing_points, clients::yards),
            clients::oauth_scopes,
            clients::generation,
            clients::created_at,
            clients::changed_at,
            clients::disabled_at,
            firms::tax_code.nullable(),
            firms::disabled_at.nullable(),
        )
    };
}

fn client(row: Row) -> QueryResult<Client> {
    let (id, name, mandate, scopes, generation, created_at, changed_at, disabled_at, tax_code, firm_disabled_at) = row;
    Ok(Client {
        id,
        name,
        mandate: AccountMandate::from(mandate).read(tax_code)?,
        oauth_scopes: scopes.iter().map(|scope| word(scope)).collect::<QueryResult<_>>()?,
        generation,
        created_at,
        changed_at,
        disabled_at,
        firm_disabled_at,
    })
}

fn words(scopes: &[OauthScope]) -> Vec<&'static str> {
    scopes.iter().map(|scope| scope.as_str()).collect()
}

/// Makes the client `id`, whose secret has this digest.
///
/// # Errors
///
/// The database's.
pub async fn insert(
    conn: &mut AsyncPgConnection,
    id: &str,
    secret_hash: &[u8],
    entry: &ClientEntry<'_>,
    now: DateTime<Utc>,
) -> QueryResult<Client> {
    diesel::insert_into(clients::table)
        .values((
            clients::id.eq(id),
            clients::secret_hash.eq(secret_hash),
            clients::name.eq(entry.name),
            ClientMandate::from(AccountMandate::from(entry.mandate)),
            clients::oauth_scopes.eq(words(entry.oauth_scopes)),
            clients::created_at.eq(now),
            clients::changed_at.eq(now),
            clients::disabled_at.eq(entry.disabled_at),
        ))
        .execute(conn)
        .await?;
    find(conn, id).await?.ok_or(diesel::result::Error::NotFound)
}

/// The client `id`.
///
/// # Errors
///
/// The database's.
pub async fn find(conn: &mut AsyncPgConnection, id: &str) -> QueryResult<Option<Client>> {
    let query = clients::table.left_join(firms::table).filter(clients::id.eq(id)).select(columns!());
    query.first::<Row>(conn).await.optional()?.map(client).transpose()
}

/// The client `id` with the digest of its secret.
///
/// # Errors
///
/// The database's.
pub async fn with_secret(conn: &mut AsyncPgConnection, id: &str) -> QueryResult<Option<(Client, Vec<u8>)>> {
    let found: Option<(Row, Vec<u8>)> = clients::table
        .left_join(firms::table)
        .filter(clients::id.eq(id))
        .select((columns!(), clients::secret_hash))
        .first(conn)
        .await
        .optional()?;
    found.map(|(row, hash)| client(row).map(|client| (client, hash))).transpose()
}

/// Up to `limit` clients, newest first, from before the one made at that time with that id.
///
/// # Errors
///
/// The database's.
pub async fn list(
    conn: &mut AsyncPgConnection,
    before: Option<(DateTime<Utc>, &str)>,
    limit: i64,
) -> QueryResult<Vec<Client>> {
    let mut query = clients::table.left_join(firms::table).select(columns!()).into_boxed();
    if let Some((at, id)) = before {
        query =
            query.filter(clients::created_at.lt(at).or(clients::created_at.eq(at).and(clients::id.lt(id.to_owned()))));
    }
    let rows: Vec<Row> = query.order((clients::created_at.desc(), clients::id.desc())).limit(limit).load(conn).await?;
    rows.into_iter().map(client).collect()
}

/// The client `id`, which nobody else changes until the transaction ends.
///
/// # Errors
///
/// The database's.
pub async fn lock(conn: &mut AsyncPgConnection, id: &str) -> QueryResult<Option<Client>> {
    let there = clients::table.filter(clients::id.eq(id)).select(clients::id).for_no_key_update();
    match there.first::<String>(conn).await.optional()? {
        Some(id) => find(conn, &id).await,
        None => Ok(None),
    }
}

/// Changes the client `id`, and with it ends its tokens.
///
/// # Errors
///
/// The database's, or that there is none.
pub async fn change(
    conn: &mut AsyncPgConnection,
    id: &str,
    entry: &ClientEntry<'_>,
    now: DateTime<Utc>,
) -> QueryResult<Client> {
    diesel::update(clients::table.filter(clients::id.eq(id)))
        .set((
            clients::name.eq(entry.name),
            ClientMandate::from(AccountMandate::from(entry.mandate)),
            clients::oauth_scopes.eq(words(entry.oauth_scopes)),
            clients::disabled_at.eq(entry.disabled_at),
            clients::changed_at.eq(now),
            clients::generation.eq(clients::generation + 1),
        ))
        .execute(conn)
        .await?;
    find(conn, id).await?.ok_or(diesel::result::Error::NotFound)
}

/// Ends the tokens of a firm's clients; gives the generation from which each one's hold.
///
/// # Errors
///
/// The database's.
pub async fn end_tokens_of_firm(
    conn: &mut AsyncPgConnection,
    firm: FirmId,
    now: DateTime<Utc>,
) -> QueryResult<Vec<(String, i32)>> {
    diesel::update(clients::table.filter(clients::firm.eq(firm.0)))
        .set((clients::changed_at.eq(now), clients::generation.eq(clients::generation + 1)))
        .returning((clients::id, clients::generation))
        .get_results(conn)
        .await
}

/// The clients that changed since `since`, with the generation from which each one's tokens hold.
///
/// # Errors
///
/// The database's.
pub async fn changed_since(conn: &mut AsyncPgConnection, since: DateTime<Utc>) -> QueryResult<Vec<(String, i32)>> {
    let changed = clients::table.filter(clients::changed_at.gt(since)).filter(clients::generation.gt(1));
    changed.select((clients::id, clients::generation)).load(conn).await
}
