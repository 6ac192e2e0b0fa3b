//! The demo's accounts: one for every role at all crossing points, one more officer of each role at Chi Ma alone.

use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;

use super::firms::firms;
use crate::domain::actor::Scope;
use crate::domain::mandate::{Mandate, MandateFirm, has_crossing_points};
use crate::domain::workflow::{QuarantineKind, Role};
use crate::identity::passwords::{PasswordFault, Passwords};
use crate::storage::accounts::{self, NewAccount};
use crate::storage::firms as stored_firms;

/// The password of all of them; everybody knows it.
pub const PASSWORD: &str = "cua-khau-so-2025";

/// The crossing point of the officers whose names end with [`SUFFIX`].
pub const CROSSING_POINT: &str = "CHI_MA";

/// The end of their names.
pub const SUFFIX: &str = "_chi_ma";

/// The accounts: name, role, quarantine, and which of the demo's firms.
const ACCOUNTS: [(&str, Role, Option<QuarantineKind>, Option<usize>); 13] = [
    ("declarant", Role::Declarant, None, Some(0)),
    ("declarant2", Role::Declarant, None, Some(1)),
    ("gate_manager", Role::GateManager, None, None),
    ("border_guard", Role::BorderGuard, None, None),
    ("customs_officer", Role::CustomsOfficer, None, None),
    ("quarantine_health", Role::QuarantineOfficer, Some(QuarantineKind::Health), None),
    ("quarantine_animal", Role::QuarantineOfficer, Some(QuarantineKind::Animal), None),
    ("quarantine_plant", Role::QuarantineOfficer, Some(QuarantineKind::Plant), None),
    ("yard_operator", Role::YardOperator, None, None),
    ("fee_collector", Role::FeeCollector, None, None),
    ("analyst", Role::Analyst, None, None),
    ("auditor", Role::Auditor, None, None),
    ("admin", Role::Admin, None, None),
];

/// One of the demo's accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoAccount {
    /// The name to sign in with.
    pub username: String,
    /// What it is charged with.
    pub mandate: Mandate,
}

/// Why the demo's accounts could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Somebody else has one of the names.
    #[error("there is an account {0} that is not the demo's: the demo needs a database of its own")]
    NameTaken(String),
    /// The password could not be hashed.
    #[error(transparent)]
    Password(#[from] PasswordFault),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] diesel::result::Error),
}

/// Makes the accounts and their firms where they are missing; gives them all.
///
/// # Errors
///
/// [`Fault`].
pub async fn make(
    conn: &mut AsyncPgConnection,
    passwords: &Passwords,
    now: DateTime<Utc>,
) -> Result<Vec<DemoAccount>, Fault> {
    let wanted = wanted(conn, now).await?;
    // One hash for all: their password is no secret.
    let mut hash = None;
    for account in &wanted {
        match accounts::by_username(conn, &account.username).await? {
            Some((found, _)) if found.demo => continue,
            Some(_) => return Err(Fault::NameTaken(account.username.clone())),
            None => {}
        }
        let password_hash = match &hash {
            Some(hash) => hash,
            None => hash.insert(passwords.hash(PASSWORD).await?),
        };
        let new = NewAccount { username: &account.username, password_hash, mandate: &account.mandate, demo: true };
        // Of two that start at once, either makes it.
        accounts::insert(conn, &new, now).await?;
    }
    Ok(wanted)
}

async fn wanted(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> Result<Vec<DemoAccount>, Fault> {
    let firms = firms();
    let mut all = Vec::new();
    for (username, role, quarantine_kind, place) in ACCOUNTS {
        let firm = match place.and_then(|place| firms.get(place)) {
            Some(firm) => {
                stored_firms::insert_missing(conn, &[(&firm.tax_code, &firm.name)], now).await?;
                let stored = stored_firms::by_tax_code(conn, &firm.tax_code).await?;
                stored.map(|stored| MandateFirm { id: stored.id, tax_code: stored.tax_code })
            }
            None => None,
        };
        let mandate = Mandate { firm, quarantine_kind, ..Mandate::of(role) };
        all.push(DemoAccount { username: username.to_owned(), mandate });
    }
    let at_one = all.iter().filter(|account| has_crossing_points(account.mandate.role)).map(|account| {
        let crossing_points = Scope::Only(vec![CROSSING_POINT.to_owned()]);
        DemoAccount {
            username: format!("{}{SUFFIX}", account.username),
            mandate: Mandate { crossing_points, ..account.mandate.clone() },
        }
    });
    let at_one: Vec<DemoAccount> = at_one.collect();
    all.extend(at_one);
    Ok(all)
}
