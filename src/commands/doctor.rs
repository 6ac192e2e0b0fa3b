//! `border-gate doctor`

use std::io::{IsTerminal, Write};

use anyhow::bail;
use border_gate::casework::doctor::recount;
use border_gate::settings::Settings;
use border_gate::storage::pool::connect;

use super::database::Database;

/// The most differences that are listed one by one.
const LISTED: usize = 50;

/// Recounts everything and says what it compared and what differs.
pub async fn doctor(settings: &Settings) -> anyhow::Result<()> {
    let database = Database::open_or_join(settings)?;
    let (client, _driving) = connect(&database.url).await?;
    let shows = std::io::stderr().is_terminal();
    let findings = recount(&client, |declarations| {
        if shows {
            eprint!("\r{declarations} declarations recounted");
            // Progress that cannot be shown is not missed.
            let _ = std::io::stderr().flush();
        }
    })
    .await?;
    if shows {
        eprintln!();
    }
    println!(
        "recounted {} declarations in one snapshot: {} counters, {} months' stocks, {} dwell counts, {} places of \
         vehicles and {} receipts compared, {} closings checked",
        findings.declarations,
        findings.counters,
        findings.stocks,
        findings.dwells,
        findings.places,
        findings.receipts,
        findings.closings
    );
    for difference in findings.differences.iter().take(LISTED) {
        println!("  {difference}");
    }
    match findings.differences.len() {
        0 => {
            println!("no difference");
            Ok(())
        }
        1 => bail!("1 difference"),
        many => bail!("{many} differences"),
    }
}
