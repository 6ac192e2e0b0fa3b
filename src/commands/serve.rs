//! `border-gate serve`

use std::sync::Arc;

use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer};
use anyhow::{Context, bail};
use border_gate::api::frame::frame;
use border_gate::clock::Clock;
use border_gate::identity::keys::Keys;
use border_gate::identity::passwords::Passwords;
use border_gate::service::{Plan, Service};
use border_gate::settings::Settings;
use border_gate::storage::accounts;
use border_gate::storage::embedded::EmbeddedCluster;
use border_gate::telemetry;

use super::database::Database;

/// How long requests under way may take to end when the service is told to stop, in seconds.
const SHUTDOWN_SECONDS: u64 = 8;

/// Runs the service until it is told to stop.
pub async fn serve(settings: Settings, demo: bool) -> anyhow::Result<()> {
    if demo && !settings.listen.ip().is_loopback() {
        bail!(
            "the demo's passwords are known to everybody: with --demo the service listens on this machine alone, \
             not on {}; leave LISTEN out, or --demo",
            settings.listen
        );
    }
    // Before anything is started: a port in use is said at once.
    let listener = std::net::TcpListener::bind(settings.listen).with_context(|| {
        format!("cannot listen on {}: is another service running there? LISTEN names another address", settings.listen)
    })?;
    let database = Database::open(&settings)?;
    database.migrate().await?;
    let demo_accounts = if demo { Some(super::demo::load(&settings, &database).await?) } else { None };
    let keys = keys(&settings)?;
    let service = Service::open(Plan {
        database_url: database.url.clone(),
        cluster: database.cluster.as_ref().map(EmbeddedCluster::watch),
        pool_size: settings.pool_size,
        clock: Clock::System,
        keys: Arc::new(keys),
        passwords: Passwords::new()?,
        public_url: settings.public_url.clone(),
        expire_after_days: settings.expire_after_days,
        erase_people_after_days: settings.erase_people_after_days,
        checkpoint_file: settings.checkpoint_file.clone(),
        tax_code_check: settings.tax_code_check,
        metrics: Some(telemetry::metrics().context("the metrics cannot be kept")?),
    })
    .await?;
    look_at_accounts(&service, demo).await?;
    let tending = tokio::spawn(service.clone().tend());
    let served = service.clone();
    let server = HttpServer::new(move || App::new().wrap(from_fn(frame)).configure(|config| served.configure(config)))
        .workers(settings.workers)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .listen(listener)?
        .run();
    tracing::info!(address = %settings.listen, "ready");
    let server = tokio::spawn(server);
    if let Some(accounts) = demo_accounts {
        super::demo::greet(&settings, &accounts).await?;
    }
    server.await??;
    tending.abort();
    tracing::info!("stopped");
    Ok(())
}

/// The keys that sign and verify: those that are given, else those under the data directory.
pub fn keys(settings: &Settings) -> anyhow::Result<Keys> {
    Ok(match &settings.signing_key_file {
        Some(file) => Keys::from_files(file, &settings.verify_key_files)?,
        None => Keys::open(&settings.data_dir)?,
    })
}

/// Refuses to serve accounts whose password everybody knows; says when nobody can administer.
async fn look_at_accounts(service: &Service, demo: bool) -> anyhow::Result<()> {
    let mut conn = service.pool.get().await.context("the database cannot be reached")?;
    if !demo && accounts::has_demo(&mut conn).await? {
        bail!(
            "this database holds the demo's accounts, whose password is known to everybody: \
             start with --demo, or give the service a database of its own (DATABASE_URL or DATA_DIR)"
        );
    }
    if !demo && !accounts::has_admin(&mut conn).await? {
        tracing::warn!(
            "there is no administrator yet: `border-gate account create NAME --role admin` makes the first one"
        );
    }
    Ok(())
}
