//! Firms, accounts and clients: what an administrator makes and changes, each in one transaction with the answer
//! kept under its key. Whatever narrows what somebody may do ends his sessions and tokens with it.

use chrono::{DateTime, Utc};
use diesel_async::{AsyncConnection, AsyncPgConnection};

use crate::domain::actor::AccountId;
use crate::domain::mandate::{Mandate, MandateFirm, MandateSent, OauthScope};
use crate::domain::reference::{Faults, Reference, ReferenceChange};
use crate::domain::rule_failure::RuleFailure;
use crate::identity::revocations::Revoked;
use crate::identity::tokens::{NotMade, Tokens, random_text};
use crate::storage::accounts::{self, Account, AccountChange, NewAccount};
use crate::storage::clients::{self, Client, ClientEntry};
use crate::storage::firms::{self, Firm};
use crate::storage::idempotency::{self, Key, Known};
use crate::storage::reference;
use crate::storage::sessions;
use crate::storage::sets::{KeptReply, Reply};

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It is not there.
    #[error("it is not there")]
    NotThere,
    /// Something of this name is there already; where in the request it stands.
    #[error("it is there already: {0}")]
    AlreadyThere(&'static str),
    /// The period's figures are those of its last closing.
    #[error("the figures are those of revision {0}")]
    NothingNew(i32),
    /// What was sent does not hold.
    #[error("what was sent does not hold")]
    Invalid(Vec<RuleFailure>),
    /// The key came with another request before.
    #[error("the key came with another request before")]
    KeyMismatch,
    /// The key was used at the same moment.
    #[error("the key was used at the same moment")]
    KeyTaken,
    /// There was no randomness for a secret.
    #[error(transparent)]
    NoSecret(#[from] NotMade),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] diesel::result::Error),
}

/// What became of a creation.
#[derive(Debug)]
pub enum Made<T> {
    /// This was made.
    New(T),
    /// It was made before under the same key, and this was the answer.
    Replayed(Reply),
}

/// A creation that bears an Idempotency-Key, or none, and how its answer looks.
pub struct Creation<'a, T> {
    /// The key.
    pub key: Option<&'a Key>,
    /// Makes the answer that is kept.
    pub render: &'a (dyn Fn(&T) -> Reply + Sync),
    /// When.
    pub now: DateTime<Utc>,
}

impl<T> Creation<'_, T> {
    /// The answer that was given under the key before.
    pub(super) async fn before(&self, conn: &mut AsyncPgConnection) -> Result<Option<Reply>, Refused> {
        let Some(key) = self.key else { return Ok(None) };
        match idempotency::find(conn, key, self.now).await? {
            Some(Known::Same(reply)) => Ok(Some(reply)),
            Some(Known::Other) => Err(Refused::KeyMismatch),
            None => Ok(None),
        }
    }

    /// Keeps the answer, in the transaction of the effect.
    pub(super) async fn keep(&self, conn: &mut AsyncPgConnection, made: &T) -> Result<(), Refused> {
        let Some(key) = self.key else { return Ok(()) };
        let kept = KeptReply {
            caller: key.caller.clone(),
            route: key.route.clone(),
            key: key.key.clone(),
            request_hash: key.request_hash.clone(),
            created_at: self.now,
            reply: (self.render)(made),
        };
        if idempotency::keep(conn, &kept).await? { Ok(()) } else { Err(Refused::KeyTaken) }
    }

    /// What it came to: one that lost to the same request at the same moment gives that one's answer.
    pub(super) async fn settle(
        &self,
        conn: &mut AsyncPgConnection,
        outcome: Result<T, Refused>,
    ) -> Result<Made<T>, Refused> {
        match outcome {
            Ok(made) => Ok(Made::New(made)),
            Err(refused @ (Refused::AlreadyThere(_) | Refused::NothingNew(_) | Refused::KeyTaken)) => {
                self.before(conn).await?.map(Made::Replayed).ok_or(refused)
            }
            Err(refused) => Err(refused),
        }
    }
}

/// The firm that a mandate names, which must be there.
///
/// # Errors
///
/// [`Refused::Invalid`] at `/firm`.
pub async fn firm_of(conn: &mut AsyncPgConnection, sent: &MandateSent) -> Result<Option<MandateFirm>, Refused> {
    let Some(tax_code) = &sent.firm else { return Ok(None) };
    match firms::by_tax_code(conn, tax_code).await? {
        Some(firm) => Ok(Some(MandateFirm { id: firm.id, tax_code: firm.tax_code })),
        None => Err(Refused::Invalid(vec![RuleFailure::new("/firm", "firm-unknown").with("tax_code", tax_code)])),
    }
}

/// Enters a firm.
///
/// # Errors
///
/// [`Refused`].
pub async fn create_firm(
    conn: &mut AsyncPgConnection,
    creation: &Creation<'_, Firm>,
    (tax_code, name): (&str, &str),
) -> Result<Made<Firm>, Refused> {
    if let Some(reply) = creation.before(conn).await? {
        return Ok(Made::Replayed(reply));
    }
    let outcome = conn
        .transaction(async |conn| {
            let made = firms::insert(conn, tax_code, name, creation.now).await?;
            let made = made.ok_or(Refused::AlreadyThere("/tax_code"))?;
            creation.keep(conn, &made).await?;
            Ok(made)
        })
        .await;
    creation.settle(conn, outcome).await
}

/// Changes the firm with this tax code to the name and state that `decide` says. Disabling it ends its people's
/// sessions and its clients' tokens.
///
/// # Errors
///
/// [`Refused`].
pub async fn change_firm(
    conn: &mut AsyncPgConnection,
    tokens: &Tokens,
    tax_code: &str,
    decide: impl FnOnce(&Firm) -> Result<(String, bool), Refused> + Send,
    now: DateTime<Utc>,
) -> Result<Firm, Refused> {
    let (firm, ended, changed) = conn
        .transaction::<_, Refused, _>(async |conn| {
            let firm = firms::lock(conn, tax_code).await?.ok_or(Refused::NotThere)?;
            let (name, disabled) = decide(&firm)?;
            let since = since(disabled, firm.disabled_at, now);
            let firm = firms::change(conn, firm.id, &name, since).await?;
            if since != Some(now) {
                return Ok((firm, Vec::new(), Vec::new()));
            }
            let ended = sessions::end_all_of_firm(conn, firm.id, now).await?;
            let changed = clients::end_tokens_of_firm(conn, firm.id, now).await?;
            Ok((firm, ended, changed))
        })
        .await?;
    tokens.revoke(Revoked::sessions(ended, now), now);
    tokens.revoke(Revoked::clients(changed, now), now);
    Ok(firm)
}

/// Makes an account.
///
/// # Errors
///
/// [`Refused`].
pub async fn create_account(
    conn: &mut AsyncPgConnection,
    creation: &Creation<'_, Account>,
    new: &NewAccount<'_>,
) -> Result<Made<Account>, Refused> {
    if let Some(reply) = creation.before(conn).await? {
        return Ok(Made::Replayed(reply));
    }
    let outcome = conn
        .transaction(async |conn| {
            let made = accounts::insert(conn, new, creation.now).await?;
            let made = made.ok_or(Refused::AlreadyThere("/username"))?;
            creation.keep(conn, &made).await?;
            Ok(made)
        })
        .await;
    creation.settle(conn, outcome).await
}

/// What is to be of an account.
#[derive(Clone, Debug)]
pub struct AccountAsked {
    /// What its owner is charged with.
    pub mandate: Mandate,
    /// A new password's hash.
    pub password_hash: Option<String>,
    /// Whether nobody may sign in with it.
    pub disabled: bool,
}

/// Changes the account `id` as `decide` says, which is given the account as it is. Any change ends its sessions.
///
/// # Errors
///
/// [`Refused`].
pub async fn change_account(
    conn: &mut AsyncPgConnection,
    tokens: &Tokens,
    id: AccountId,
    decide: impl FnOnce(&Account) -> Result<AccountAsked, Refused> + Send,
    now: DateTime<Utc>,
) -> Result<Account, Refused> {
    let (account, ended) = conn
        .transaction::<_, Refused, _>(async |conn| {
            let account = accounts::lock(conn, id).await?.ok_or(Refused::NotThere)?;
            let asked = decide(&account)?;
            let same = asked.mandate == account.mandate && asked.disabled == account.disabled_at.is_some();
            if same && asked.password_hash.is_none() {
                return Ok((account, Vec::new()));
            }
            let change = AccountChange {
                mandate: &asked.mandate,
                password_hash: asked.password_hash.as_deref(),
                disabled_at: since(asked.disabled, account.disabled_at, now),
            };
            let account = accounts::change(conn, id, &change, now).await?.ok_or(Refused::NotThere)?;
            Ok((account, sessions::end_all_of(conn, id, now).await?))
        })
        .await?;
    tokens.revoke(Revoked::sessions(ended, now), now);
    Ok(account)
}

/// What is to be of a client.
#[derive(Clone, Debug)]
pub struct ClientAsked {
    /// What it is called.
    pub name: String,
    /// What it is charged with.
    pub mandate: Mandate,
    /// What its tokens may be used for at most.
    pub oauth_scopes: Vec<OauthScope>,
    /// Whether it gets no tokens.
    pub disabled: bool,
}

impl ClientAsked {
    fn entry(&self, before: Option<DateTime<Utc>>, now: DateTime<Utc>) -> ClientEntry<'_> {
        ClientEntry {
            name: &self.name,
            mandate: &self.mandate,
            oauth_scopes: &self.oauth_scopes,
            disabled_at: since(self.disabled, before, now),
        }
    }
}

/// A client that was just made, with the secret that nobody is told again.
#[derive(Clone, Debug)]
pub struct NewClient {
    /// The client.
    pub client: Client,
    /// Its secret.
    pub secret: String,
}

/// Makes a client. The answer that is kept under the key must not hold the secret.
///
/// # Errors
///
/// [`Refused`].
pub async fn create_client(
    conn: &mut AsyncPgConnection,
    creation: &Creation<'_, NewClient>,
    asked: &ClientAsked,
) -> Result<Made<NewClient>, Refused> {
    if let Some(reply) = creation.before(conn).await? {
        return Ok(Made::Replayed(reply));
    }
    let random = NotMade::NoRandomness;
    let (id, secret) = (random_text::<12>().map_err(random)?, random_text::<32>().map_err(random)?);
    let outcome = conn
        .transaction(async |conn| {
            let hash = crate::identity::sessions::digest(&secret);
            let client = clients::insert(conn, &id, &hash, &asked.entry(None, creation.now), creation.now).await?;
            let made = NewClient { client, secret };
            creation.keep(conn, &made).await?;
            Ok(made)
        })
        .await;
    creation.settle(conn, outcome).await
}

/// Changes the client `id` as `decide` says, which is given the client as it is. Any change ends its tokens.
///
/// # Errors
///
/// [`Refused`].
pub async fn change_client(
    conn: &mut AsyncPgConnection,
    tokens: &Tokens,
    id: &str,
    decide: impl FnOnce(&Client) -> Result<ClientAsked, Refused> + Send,
    now: DateTime<Utc>,
) -> Result<Client, Refused> {
    let client = conn
        .transaction::<_, Refused, _>(async |conn| {
            let client = clients::lock(conn, id).await?.ok_or(Refused::NotThere)?;
            let asked = decide(&client)?;
            Ok(clients::change(conn, id, &asked.entry(client.disabled_at, now), now).await?)
        })
        .await?;
    tokens.revoke(Revoked::clients([(client.id.clone(), client.generation)], now), now);
    Ok(client)
}

/// Makes `change` of the reference data, for `reason`, and gives all of them as they are after it.
///
/// # Errors
///
/// [`Refused::Invalid`] where they would contradict each other, or a field is not known.
pub async fn change_reference(
    conn: &mut AsyncPgConnection,
    change: &ReferenceChange,
    (reason, by): (&str, &str),
    now: DateTime<Utc>,
) -> Result<Reference, Refused> {
    let unknown = change.unknown_fields();
    if !unknown.is_empty() {
        return Err(Refused::Invalid(unknown));
    }
    conn.transaction::<_, Refused, _>(async |conn| {
        reference::lock(conn).await?;
        let before = reference::load(conn).await?;
        let after = before.after(change).map_err(|Faults(faults)| {
            let told = |fault| RuleFailure::new("/entry", "reference-unusable").with("why", fault);
            Refused::Invalid(faults.into_iter().map(told).collect())
        })?;
        let entries: Vec<_> = after.entries_of(change.list, &change.code).cloned().collect();
        reference::change(conn, change, &entries, (reason, by, now)).await?;
        Ok(after)
    })
    .await
}

/// Since when something is disabled: from now on, as before, or not at all.
fn since(disabled: bool, before: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    disabled.then(|| before.unwrap_or(now))
}
