//! The service put together: the one application that both the binary and the tests run.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use actix_web::web;
use anyhow::Context;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::time::MissedTickBehavior;

use crate::api;
use crate::api::declarations::Office;
use crate::api::declarations::batch::BatchRoom;
use crate::api::declarations::firm_names::FirmNames;
use crate::api::health::Cluster;
use crate::api::open_data::OpenData;
use crate::api::paging::Cursors;
use crate::api::waiting::Board;
use crate::casework::checkpoints::{self, CheckpointWatch};
use crate::casework::erasure;
use crate::casework::overdue;
use crate::casework::writer::Writer;
use crate::clock::Clock;
use crate::domain::audit::checkpoint::Signed;
use crate::domain::firm::CheckDigit;
use crate::domain::reference::files;
use crate::domain::rule_book::{InForce, RuleBook};
use crate::identity::keys::Keys;
use crate::identity::passwords::Passwords;
use crate::identity::revocations;
use crate::identity::tokens::Tokens;
use crate::storage::embedded::ClusterWatch;
use crate::storage::pool::{Pool, Pooled, pool};
use crate::storage::records::Records;
use crate::storage::reference;

/// What a service is made with.
pub struct Plan {
    /// The database, migrated.
    pub database_url: String,
    /// The watch on the private database, where that is it.
    pub cluster: Option<ClusterWatch>,
    /// Connections for reading, for each thread that answers.
    pub pool_size: usize,
    /// The time.
    pub clock: Clock,
    /// The keys that sign and verify.
    pub keys: Arc<Keys>,
    /// How passwords are hashed.
    pub passwords: Passwords,
    /// How the service is reached from outside; the issuer of its tokens.
    pub public_url: String,
    /// Days after which what waits expires.
    pub expire_after_days: i64,
    /// Days after its end that a record's people are erased; never without.
    pub erase_people_after_days: Option<i64>,
    /// The file that checkpoints are appended to, where there is one.
    pub checkpoint_file: Option<PathBuf>,
    /// What a tax code's wrong check digit means.
    pub tax_code_check: CheckDigit,
    /// The metrics, where they are kept.
    pub metrics: Option<PrometheusHandle>,
}

/// How often what is due by the clock is looked for.
const OVERDUE_EVERY: Duration = Duration::from_mins(1);
/// How often it is looked whether a checkpoint is due: what failed is tried again soon.
const CHECKPOINT_LOOK_EVERY: Duration = Duration::from_secs(10);
/// How often the metrics put away what was recorded: until then what each request took is kept.
const UPKEEP_EVERY: Duration = Duration::from_secs(1);
/// How often the firms' names, and reference data that changed at another instance, are read anew.
const NAMES_EVERY: Duration = Duration::from_secs(5);

/// The parts of a running service, shared by all its threads.
#[derive(Clone)]
pub struct Service {
    /// Connections for what goes on beside the requests.
    pub pool: web::Data<Pool>,
    database_url: String,
    pool_size: usize,
    /// Where casework is done.
    pub office: web::Data<Office>,
    /// Tokens.
    pub tokens: web::Data<Tokens>,
    passwords: web::Data<Passwords>,
    cursors: web::Data<Cursors>,
    clock: web::Data<Clock>,
    rules: web::Data<InForce>,
    /// The last change of the reference data that was read.
    last_change: Arc<AtomicI64>,
    cluster: web::Data<Cluster>,
    checkpoints: web::Data<CheckpointWatch>,
    checkpoint_file: Option<PathBuf>,
    erase_people_after_days: Option<i64>,
    batches: web::Data<BatchRoom>,
    metrics: web::Data<Option<PrometheusHandle>>,
    board: web::Data<Board>,
    open_data: web::Data<OpenData>,
}

impl Service {
    /// Opens the service on a migrated database: seeds and loads the reference data, starts the writer.
    ///
    /// # Errors
    ///
    /// Where the database cannot be reached or holds reference data that contradict each other.
    pub async fn open(plan: Plan) -> anyhow::Result<Self> {
        let pool = pool(&plan.database_url, plan.pool_size)?;
        let mut conn = pool.get().await.context("the database cannot be reached")?;
        reference::seed(&mut conn, files().context("the reference data that came with the program")?).await?;
        let last_change = reference::last_change(&mut conn).await?;
        let reference = reference::load(&mut conn).await.context("the reference data cannot be read")?;
        let firms = FirmNames::default();
        firms.refresh(&mut conn).await?;
        let cursors = Cursors::of(&plan.keys);
        let tokens = Tokens::new(plan.keys, plan.public_url);
        // What ended before this instance started stays ended.
        revocations::refresh(&mut conn, &tokens, plan.clock.now()).await?;
        drop(conn);
        let rules = Arc::new(InForce::new(RuleBook {
            reference: Arc::new(reference),
            expire_after_days: plan.expire_after_days,
            tax_code_check: plan.tax_code_check,
        }));
        let writer = Writer::start(plan.database_url.clone(), plan.clock.clone(), Arc::clone(&rules))
            .context("the writer cannot be started")?;
        Ok(Self {
            pool: web::Data::new(pool),
            database_url: plan.database_url,
            pool_size: plan.pool_size,
            tokens: web::Data::new(tokens),
            passwords: web::Data::new(plan.passwords),
            cursors: web::Data::new(cursors),
            clock: web::Data::new(plan.clock.clone()),
            rules: web::Data::from(Arc::clone(&rules)),
            last_change: Arc::new(AtomicI64::new(last_change)),
            office: web::Data::new(Office { writer, rules, clock: plan.clock, firms }),
            cluster: web::Data::new(Cluster(plan.cluster)),
            checkpoints: web::Data::new(CheckpointWatch::default()),
            checkpoint_file: plan.checkpoint_file,
            erase_people_after_days: plan.erase_people_after_days,
            batches: web::Data::default(),
            metrics: web::Data::new(plan.metrics),
            board: web::Data::new(Board::default()),
            open_data: web::Data::new(OpenData::default()),
        })
    }

    /// Registers everything that is served, for one thread that answers.
    ///
    /// Each has connections of its own: a connection is driven by the thread that opened it, and a request that
    /// waits for another thread pays for two switches between them.
    pub fn configure(&self, config: &mut web::ServiceConfig) {
        // The address was read once already; should it not be readable now, the common ones serve as well.
        let own = pool(&self.database_url, self.pool_size).map_or_else(|_| self.pool.clone(), web::Data::new);
        config
            .app_data(own)
            .app_data(web::Data::new(Records::new(self.database_url.clone())))
            .app_data(self.office.clone())
            .app_data(self.tokens.clone())
            .app_data(self.passwords.clone())
            .app_data(self.cursors.clone())
            .app_data(self.clock.clone())
            .app_data(self.rules.clone())
            .app_data(self.cluster.clone())
            .app_data(self.checkpoints.clone())
            .app_data(self.batches.clone())
            .app_data(self.metrics.clone())
            .app_data(self.board.clone())
            .app_data(self.open_data.clone());
        api::configure(config);
    }

    /// What goes on beside the requests, for ever: what is due expires or is erased, checkpoints are made, the firms' names stay fresh, tokens of
    /// sessions that ended at another instance are refused.
    pub async fn tend(self) {
        let (pool, tokens) = (Pool::clone(&self.pool), self.tokens.clone().into_inner());
        let clock = Clock::clone(&self.clock);
        tokio::join!(
            self.tend_declarations(),
            self.tend_checkpoints(),
            self.tend_metrics(),
            revocations::watch(pool, tokens, clock)
        );
    }

    async fn tend_metrics(&self) {
        let Some(metrics) = self.metrics.as_ref() else { return };
        let mut upkeep = tokio::time::interval(UPKEEP_EVERY);
        loop {
            upkeep.tick().await;
            metrics.run_upkeep();
        }
    }

    async fn tend_declarations(&self) {
        let mut names = tokio::time::interval(NAMES_EVERY);
        let mut overdue = tokio::time::interval(OVERDUE_EVERY);
        loop {
            let outcome = tokio::select! {
                _ = names.tick() => self.refresh_names().await.and(self.refresh_reference().await),
                _ = overdue.tick() => self.see_to_what_is_due().await,
            };
            if let Err(error) = outcome {
                tracing::warn!(error = format!("{error:#}"), "what goes on beside the requests did not");
            }
        }
    }

    /// Reads the firms' names anew.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn refresh_names(&self) -> anyhow::Result<()> {
        let mut conn = self.pool.get().await?;
        Ok(self.office.firms.refresh(&mut conn).await?)
    }

    /// Puts in force what was changed of the reference data, here or at another instance.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn refresh_reference(&self) -> anyhow::Result<()> {
        let mut conn = self.pool.get().await?;
        let last = reference::last_change(&mut conn).await?;
        if self.last_change.load(Ordering::Relaxed) != last {
            self.rules.replace_reference(reference::load(&mut conn).await?);
            self.last_change.store(last, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Expires what is due; how many.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn expire_due(&self) -> anyhow::Result<usize> {
        let mut conn = self.for_what_is_due().await?;
        Ok(overdue::expire(&mut conn, &self.office.writer, self.clock.now(), self.rules.book().expire_after_days)
            .await?)
    }

    /// Records the legal clocks that ran out; on how many declarations.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn record_breaches(&self) -> anyhow::Result<usize> {
        let mut conn = self.for_what_is_due().await?;
        let book = self.rules.book();
        Ok(overdue::record_breaches(&mut conn, &self.office.writer, self.clock.now(), &book).await?)
    }

    /// Erases the people of the records whose term is over; of how many.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn erase_due(&self) -> anyhow::Result<usize> {
        let Some(days) = self.erase_people_after_days else { return Ok(0) };
        let mut conn = self.for_what_is_due().await?;
        Ok(erasure::erase_due(&mut conn, &self.office.writer, self.clock.now(), days).await?)
    }

    /// A connection for the system's own actions: none on a dump that was just loaded, before its transactions count on.
    async fn for_what_is_due(&self) -> anyhow::Result<Pooled> {
        let mut conn = self.pool.get().await?;
        checkpoints::counts_on(&mut conn).await?;
        Ok(conn)
    }

    /// Makes a checkpoint of the record, if one is due; it, where this instance made it.
    ///
    /// # Errors
    ///
    /// The database's, and the file's; `/health/ready` tells of it until the next one is made.
    pub async fn checkpoint(&self) -> anyhow::Result<Option<Signed>> {
        let outcome = self.try_checkpoint().await;
        self.checkpoints.note(outcome.as_ref().err().map(|error| format!("{error:#}")));
        outcome
    }

    async fn try_checkpoint(&self) -> anyhow::Result<Option<Signed>> {
        let mut conn = self.pool.get().await.context("the database cannot be reached")?;
        let made = checkpoints::make(&mut conn, self.tokens.keys(), self.clock.now()).await?;
        if let Some(file) = &self.checkpoint_file {
            checkpoints::publish(&mut conn, file).await?;
        }
        Ok(made)
    }

    async fn tend_checkpoints(&self) {
        let mut due = tokio::time::interval(CHECKPOINT_LOOK_EVERY);
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            due.tick().await;
            if let Err(error) = self.checkpoint().await {
                tracing::error!(error = format!("{error:#}"), "no checkpoint of the record could be made");
            }
        }
    }

    async fn see_to_what_is_due(&self) -> anyhow::Result<()> {
        let expired = self.expire_due().await?;
        if expired > 0 {
            tracing::info!(expired, "declarations expired");
        }
        let breaches = self.record_breaches().await?;
        if breaches > 0 {
            tracing::info!(breaches, "legal clocks ran out");
        }
        let erased = self.erase_due().await?;
        if erased > 0 {
            tracing::info!(erased, "records whose people were erased after their term");
        }
        Ok(())
    }
}
