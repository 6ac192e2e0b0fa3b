//! `border-gate healthcheck`

use anyhow::ensure;
use border_gate::settings::Settings;

use super::http;

/// Asks the service on this machine whether it is ready.
pub async fn healthcheck(settings: &Settings) -> anyhow::Result<()> {
    let (status, body) = http::get(settings.listen, "/health/ready", None).await?;
    ensure!(status == 200, "not ready ({status}): {body}");
    println!("ready");
    Ok(())
}
