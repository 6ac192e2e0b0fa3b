//! The database that a command works on: the private one, or the one it is told of.

use anyhow::Context;
use border_gate::settings::Settings;
use border_gate::storage::embedded::{ClusterError, DATABASE, Durability, EmbeddedCluster, running};
use border_gate::storage::migrate;
use secrecy::ExposeSecret;

/// A database that is there for as long as this is kept.
pub struct Database {
    /// Its address.
    pub url: String,
    owner_url: String,
    /// The private cluster, where it is this process that runs it.
    pub cluster: Option<EmbeddedCluster>,
}

impl Database {
    /// Opens the database of `settings`: starts the private one unless another is named.
    ///
    /// # Errors
    ///
    /// Where the private one cannot be started.
    pub fn open(settings: &Settings) -> anyhow::Result<Self> {
        if let Some(url) = &settings.database_url {
            let owner = settings.migrate_database_url.as_ref().unwrap_or(url);
            return Ok(Self {
                url: url.expose_secret().to_owned(),
                owner_url: owner.expose_secret().to_owned(),
                cluster: None,
            });
        }
        let cluster = EmbeddedCluster::start(&settings.data_dir.join("postgres"), Durability::Durable)?;
        let url = cluster.url(DATABASE);
        Ok(Self { owner_url: url.clone(), url, cluster: Some(cluster) })
    }

    /// The same, for a command that works beside a running service: where that runs the private database, this
    /// command uses it.
    ///
    /// # Errors
    ///
    /// Where the private one is neither running nor can be started.
    pub fn open_or_join(settings: &Settings) -> anyhow::Result<Self> {
        let joined = || {
            let private = settings.database_url.is_none().then(|| settings.data_dir.join("postgres"))?;
            running(&private, DATABASE).map(|url| Self { owner_url: url.clone(), url, cluster: None })
        };
        if let Some(joined) = joined() {
            return Ok(joined);
        }
        match Self::open(settings) {
            // The other was only just starting.
            Err(error) if matches!(error.downcast_ref(), Some(ClusterError::InUse { .. })) => joined().ok_or(error),
            opened => opened,
        }
    }

    /// Brings its schema up to date.
    ///
    /// # Errors
    ///
    /// Where the database cannot be reached or refuses.
    pub async fn migrate(&self) -> anyhow::Result<Vec<String>> {
        let done = migrate::migrate(&self.owner_url).await.context("the database is not ready")?;
        for name in &done {
            tracing::info!(migration = name, "migrated");
        }
        Ok(done)
    }
}
