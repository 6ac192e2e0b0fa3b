//! What `--demo` adds to a start: figures and accounts to try the service with, and a word on how.

use anyhow::{Context, ensure};
use border_gate::clock::Clock;
use border_gate::demo::{self, accounts};
use border_gate::identity::passwords::Passwords;
use border_gate::settings::Settings;
use border_gate::storage::sources;
use diesel_async::AsyncConnection;
use serde_json::{Value, json};

use super::database::Database;
use super::{http, import};

/// Makes the demo's accounts and takes its histories in, unless they are all there.
pub async fn load(settings: &Settings, database: &Database) -> anyhow::Result<Vec<accounts::DemoAccount>> {
    let (client, _driving) = border_gate::storage::pool::connect(&database.url).await?;
    let there = sources::count(&client, &[demo::QUARTER_SOURCE, demo::DAY_SOURCE]).await?;
    if u64::try_from(there) != Ok(demo::count()) {
        println!(
            "Loading the demo: the first quarter of 2025 and 22 August 2024, {} vehicles; this takes a moment.",
            demo::count()
        );
        let tally = import::demo(settings, database, false).await?;
        ensure!(tally.refused == 0, "{} of the demo's histories were refused", tally.refused);
    }
    let pool = border_gate::storage::pool::pool(&database.url, 1)?;
    let mut conn = pool.get().await.context("the database cannot be reached")?;
    let (passwords, now) = (Passwords::new()?, Clock::System.now());
    Ok(conn.transaction(async |conn| accounts::make(conn, &passwords, now).await).await?)
}

/// Signs in as the demo's analyst, reads the quarter as anybody would, and says where everything is.
pub async fn greet(settings: &Settings, accounts: &[accounts::DemoAccount]) -> anyhow::Result<()> {
    let address = http::reached_at(settings.listen);
    let sign_in = json!({"username": "analyst", "password": accounts::PASSWORD});
    let session = http::post(settings.listen, "/api/v1/sessions", &sign_in).await?;
    let token = session.get("access_token").and_then(Value::as_str).context("the demo's analyst cannot sign in")?;
    let (status, body) = http::get(settings.listen, "/api/v1/statistics/quarters/2025-Q1", Some(token)).await?;
    ensure!(status == 200, "the quarter cannot be read ({status}): {body}");
    let report: Value = serde_json::from_str(&body)?;
    let declared = report.get("declared").map(Value::to_string).unwrap_or_default();
    let names: Vec<&str> = accounts.iter().map(|account| account.username.as_str()).collect();
    let lines: Vec<String> = names.chunks(6).map(|chunk| chunk.join(" ")).collect();
    let password = accounts::PASSWORD;
    println!(
        "\nThe gate is open at http://{address}\n\
         \n  docs      http://{address}/docs/\
         \n  accounts  {}\
         \n  password  {password}\n\
         \nThe vehicles declared in the first quarter of 2025, as the API answers:\n\
         \n  {declared}\n\
         \nTo read it yourself:\n\
         \n  TOKEN=$(curl -s http://{address}/api/v1/sessions -H 'Content-Type: application/json' \\\
         \n    -d '{{\"username\": \"analyst\", \"password\": \"{password}\"}}' | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')\
         \n  curl -s http://{address}/api/v1/statistics/quarters/2025-Q1 -H \"Authorization: Bearer $TOKEN\"\n\
         \nCtrl-C stops it; what was recorded stays in {}.\n",
        lines.join("\n            "),
        settings.data_dir.display(),
    );
    Ok(())
}
