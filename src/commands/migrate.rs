//! `border-gate migrate`

use border_gate::settings::Settings;

use super::database::Database;

/// Brings the schema up to date and says what was done.
pub async fn migrate(settings: &Settings) -> anyhow::Result<()> {
    let done = Database::open(settings)?.migrate().await?;
    if done.is_empty() {
        println!("the schema is up to date");
    }
    for name in done {
        println!("done: {name}");
    }
    Ok(())
}
