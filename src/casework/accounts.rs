//! Accounts made at the machine itself: the first administrator, and whoever an operator needs.

use std::fs;
use std::io;
use std::path::Path;

use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;

use super::administration::{self, Refused};
use crate::domain::mandate::{MandateSent, check_username};
use crate::domain::period::local_day;
use crate::domain::reference::Reference;
use crate::domain::rule_failure::RuleFailure;
use crate::identity::passwords::{self, PasswordFault, Passwords};
use crate::identity::sessions;
use crate::identity::tokens::Tokens;
use crate::storage::accounts::{self, Account, NewAccount};
use crate::texts::{self, Language};

/// Why an operator's order was not done; each is a sentence.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// What was ordered breaks rules.
    #[error("{}", told(.0))]
    Invalid(Vec<RuleFailure>),
    /// The name is taken.
    #[error("there is an account {0} already")]
    AlreadyThere(String),
    /// There is no such account.
    #[error("there is no account {0}")]
    NotThere(String),
    /// The account or its firm is disabled.
    #[error("the account {0} is disabled")]
    Disabled(String),
    /// The password could not be hashed.
    #[error(transparent)]
    Password(#[from] PasswordFault),
    /// The token could not be made.
    #[error(transparent)]
    Token(#[from] sessions::Refused),
    /// The database failed.
    #[error("the database failed: {0}")]
    Storage(#[from] diesel::result::Error),
}

/// An account to make.
#[derive(Clone, Debug)]
pub struct AccountOrder {
    /// The name to sign in with.
    pub username: String,
    /// The password.
    pub password: String,
    /// What its owner is charged with.
    pub mandate: MandateSent,
}

/// Makes an account.
///
/// # Errors
///
/// [`Fault`], with everything that is wrong at once.
pub async fn create(
    conn: &mut AsyncPgConnection,
    passwords: &Passwords,
    reference: &Reference,
    order: AccountOrder,
    now: DateTime<Utc>,
) -> Result<Account, Fault> {
    let AccountOrder { username, password, mandate } = order;
    let mut failures: Vec<RuleFailure> = check_username(&username, "/username").into_iter().collect();
    failures.extend(passwords::check(&password, &username, "/password"));
    failures.extend(mandate.check(reference, local_day(now)));
    if mandate.role.is_none() {
        failures.push(RuleFailure::new("/role", "required"));
    }
    let firm = match administration::firm_of(conn, &mandate).await {
        Ok(firm) => firm,
        Err(Refused::Invalid(more)) => {
            failures.extend(more);
            None
        }
        Err(Refused::Storage(error)) => return Err(error.into()),
        // Looking for a firm comes to nothing else.
        Err(_) => None,
    };
    let mandate = mandate.mandate(firm).filter(|_| failures.is_empty()).ok_or(Fault::Invalid(failures))?;
    let password_hash = passwords.hash(&password).await?;
    let new = NewAccount { username: &username, password_hash: &password_hash, mandate: &mandate, demo: false };
    accounts::insert(conn, &new, now).await?.ok_or(Fault::AlreadyThere(username))
}

/// An access token for the account `username`, as if its owner had signed in.
///
/// # Errors
///
/// [`Fault`].
pub async fn token(
    conn: &mut AsyncPgConnection,
    tokens: &Tokens,
    username: &str,
    now: DateTime<Utc>,
) -> Result<String, Fault> {
    let (account, _) =
        accounts::by_username(conn, username).await?.ok_or_else(|| Fault::NotThere(username.to_owned()))?;
    if !account.is_open() {
        return Err(Fault::Disabled(account.username));
    }
    Ok(sessions::access_token(conn, tokens, &account, now).await?)
}

/// A password from a file, without the line's end, or typed twice at the terminal.
///
/// # Errors
///
/// Where the file cannot be read, there is no terminal, or the two are not the same.
pub fn password(file: Option<&Path>) -> io::Result<String> {
    if let Some(file) = file {
        let text = fs::read_to_string(file)?;
        return Ok(text.strip_suffix('\n').map_or(text.as_str(), |line| line.trim_end_matches('\r')).to_owned());
    }
    let password = rpassword::prompt_password("Password: ")?;
    if rpassword::prompt_password("Again: ")? == password {
        Ok(password)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "the two passwords are not the same"))
    }
}

/// The failures as sentences, each with the field it is about.
fn told(failures: &[RuleFailure]) -> String {
    let sentence = |failure: &RuleFailure| {
        let args: Vec<(&str, &str)> = failure.args.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let text = texts::say(Language::En, &format!("rule-{}", failure.code), &args);
        format!("{}: {text}", failure.pointer.trim_start_matches('/'))
    };
    failures.iter().map(sentence).collect::<Vec<_>>().join("\n")
}
