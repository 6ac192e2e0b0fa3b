//! `border-gate account create` and `border-gate token`

use std::path::PathBuf;

use anyhow::Context;
use border_gate::casework::accounts::{self, AccountOrder};
use border_gate::clock::Clock;
use border_gate::domain::mandate::MandateSent;
use border_gate::domain::reference::files;
use border_gate::domain::words::UnknownWord;
use border_gate::domain::workflow::{QuarantineKind, Role};
use border_gate::identity::passwords::Passwords;
use border_gate::identity::tokens::Tokens;
use border_gate::settings::Settings;
use border_gate::storage::pool::pool;
use border_gate::storage::reference;
use clap::Args;

use super::UsedWrongly;
use super::database::Database;
use super::serve::keys;

/// An account to make.
#[derive(Args)]
pub struct Arguments {
    /// The name to sign in with
    username: String,
    /// What its owner does at the gate: admin, declarant, `gate_manager`, `border_guard`, `customs_officer`, …
    #[arg(long, value_parser = role)]
    role: Role,
    /// A declarant's firm, by its tax code
    #[arg(long, value_name = "TAX_CODE")]
    firm: Option<String>,
    /// A quarantine officer's kind: health, animal or plant
    #[arg(long, value_parser = word::<QuarantineKind>, value_name = "KIND")]
    quarantine_kind: Option<QuarantineKind>,
    /// An officer's crossing points, separated by commas; all of them without
    #[arg(long, value_delimiter = ',', value_name = "CODES")]
    crossing_points: Option<Vec<String>>,
    /// A yard operator's yards, separated by commas; all of them without
    #[arg(long, value_delimiter = ',', value_name = "CODES")]
    yards: Option<Vec<String>>,
    /// A file that holds the password; asked for at the terminal without
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// A role that an account may have: any but the service's own.
fn role(text: &str) -> Result<Role, String> {
    let roles = || Role::VARIANTS.iter().filter(|role| **role != Role::System);
    roles().copied().find(|role| role.as_str() == text).ok_or_else(|| {
        let roles: Vec<&str> = roles().map(|role| role.as_str()).collect();
        format!("it is one of {}", roles.join(", "))
    })
}

fn word<T: std::str::FromStr<Err = UnknownWord>>(text: &str) -> Result<T, UnknownWord> {
    text.parse()
}

/// Makes an account.
pub async fn create(settings: &Settings, arguments: Arguments) -> anyhow::Result<()> {
    let password = accounts::password(arguments.password_file.as_deref())
        .map_err(|error| UsedWrongly(format!("there is no password: {error}")))?;
    let database = Database::open_or_join(settings)?;
    database.migrate().await?;
    let pool = pool(&database.url, 1)?;
    let mut conn = pool.get().await.context("the database cannot be reached")?;
    reference::seed(&mut conn, files()?).await?;
    let order = AccountOrder {
        username: arguments.username,
        password,
        mandate: MandateSent {
            role: Some(arguments.role),
            firm: arguments.firm,
            quarantine_kind: arguments.quarantine_kind,
            crossing_points: arguments.crossing_points,
            yards: arguments.yards,
        },
    };
    let reference = reference::load(&mut conn).await?;
    let account = accounts::create(&mut conn, &Passwords::new()?, &reference, order, Clock::System.now()).await?;
    println!("made the account {} ({})", account.username, account.mandate.role);
    Ok(())
}

/// Prints an access token of an account, for whoever operates the service.
pub async fn token(settings: &Settings, username: &str) -> anyhow::Result<()> {
    let database = Database::open_or_join(settings)?;
    let tokens = Tokens::new(std::sync::Arc::new(keys(settings)?), settings.public_url.clone());
    let pool = pool(&database.url, 1)?;
    let mut conn = pool.get().await.context("the database cannot be reached")?;
    println!("{}", accounts::token(&mut conn, &tokens, username, Clock::System.now()).await?);
    Ok(())
}
