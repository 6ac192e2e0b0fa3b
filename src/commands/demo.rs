//! What `--demo` adds to a start: figures and accounts to try the service with, and a word on how.

use anyhow::{Context, ensure};
use border_gate::demo;
use border_gate::service::Service;
use border_gate::settings::Settings;
use border_gate::storage::sources;
use serde_json::Value;

use super::database::Database;
use super::{http, import};

/// Takes in the demo's histories, unless they are all there.
pub async fn load(settings: &Settings, database: &Database) -> anyhow::Result<()> {
    let (client, _driving) = border_gate::storage::pool::connect(&database.url).await?;
    let there = sources::count(&client, &[demo::QUARTER_SOURCE, demo::DAY_SOURCE]).await?;
    if u64::try_from(there) == Ok(demo::count()) {
        return Ok(());
    }
    println!(
        "Loading the demo: the first quarter of 2025 and 22 August 2024, {} vehicles; this takes a moment.",
        demo::count()
    );
    let tally = import::demo(settings, database, false).await?;
    ensure!(tally.refused == 0, "{} of the demo's histories were refused", tally.refused);
    Ok(())
}

/// Says where everything is, and the quarter's figure as the API answers it.
pub async fn greet(settings: &Settings, service: &Service) -> anyhow::Result<()> {
    let address = http::reached_at(settings.listen);
    let token = service.analyst_token().context("no token can be made")?;
    let (status, body) = http::get(settings.listen, "/api/v1/statistics/quarters/2025-Q1", Some(&token)).await?;
    ensure!(status == 200, "the quarter cannot be read ({status}): {body}");
    let report: Value = serde_json::from_str(&body)?;
    let declared = report.get("declared").map(Value::to_string).unwrap_or_default();
    println!(
        "\nThe gate is open at http://{address}\n\
         \n  contract and docs  http://{address}/docs/\
         \n  accounts           {}\
         \n  password of each   {}\
         \n\nThe first quarter of 2025, as the API answers it:\n\n  declared {declared}\n\
         \nTry it:\n\n  TOKEN=$(curl -s http://{address}/api/v1/sessions -H 'Content-Type: application/json' \\\n    \
         -d '{{\"username\": \"analyst\", \"password\": \"{}\"}}' | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')\
         \n  curl -s http://{address}/api/v1/statistics/quarters/2025-Q1 -H \"Authorization: Bearer $TOKEN\"\n\
         \nStop with Ctrl-C; what was recorded stays in {}.\n",
        demo::ACCOUNTS.join(", "),
        demo::PASSWORD,
        demo::PASSWORD,
        settings.data_dir.display(),
    );
    Ok(())
}
