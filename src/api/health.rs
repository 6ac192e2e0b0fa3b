//! Whether the process lives, and whether it can do its work.

use actix_web::{HttpResponse, get, web};
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;
use utoipa::ToSchema;

use crate::casework::checkpoints::{self, CheckpointWatch};
use crate::clock::Clock;
use crate::storage::embedded::{ClusterStatus, ClusterWatch};
use crate::storage::migrate;
use crate::storage::pool::Pool;

/// The private database's keeper, where there is one.
pub struct Cluster(pub Option<ClusterWatch>);

/// What the health endpoints answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`, `degraded` (the gate goes on, and somebody should look) or `unavailable`.
    #[schema(example = "ok")]
    status: &'static str,
    /// What stands in the way, one sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<String>,
}

/// Does the process live?
#[utoipa::path(tag = "operations", operation_id = "live", responses((status = 200, description = "It lives", body = Health)))]
#[get("/health/live")]
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "ok", problems: Vec::new() })
}

/// Can the service do its work?
///
/// The database can be reached and written, and its schema is current. While the record's checkpoints cannot be made
/// it answers `degraded`, with 200: a border is not closed for that.
#[utoipa::path(
    tag = "operations",
    operation_id = "ready",
    responses(
        (status = 200, description = "It can; `degraded` where somebody should look", body = Health),
        (status = 503, description = "It cannot, and why", body = Health),
    )
)]
#[get("/health/ready")]
pub async fn ready(
    pool: web::Data<Pool>,
    cluster: web::Data<Cluster>,
    checkpoints: web::Data<CheckpointWatch>,
    clock: web::Data<Clock>,
) -> HttpResponse {
    let mut problems = Vec::new();
    if let Some(watch) = &cluster.0
        && let ClusterStatus::Restarting { .. } = watch.status()
    {
        problems.push("the private database has stopped and is being started again".to_owned());
    }
    if let Err(why) = look(&pool).await {
        problems.push(why);
    }
    if problems.is_empty() {
        let problems = behind_with_checkpoints(&pool, &checkpoints, &clock).await;
        let status = if problems.is_empty() { "ok" } else { "degraded" };
        HttpResponse::Ok().json(Health { status, problems })
    } else {
        HttpResponse::ServiceUnavailable()
            .insert_header(("Retry-After", "1"))
            .json(Health { status: "unavailable", problems })
    }
}

/// What keeps checkpoints from being made, and since when.
async fn behind_with_checkpoints(pool: &Pool, watch: &CheckpointWatch, clock: &Clock) -> Vec<String> {
    let mut problems: Vec<String> =
        watch.impediment().map(|why| format!("no checkpoint can be made: {why}")).into_iter().collect();
    let Ok(mut conn) = pool.get().await else { return problems };
    match checkpoints::late(&mut conn, clock.now()).await {
        Ok(Some(gap)) => problems.push(format!("the last checkpoint was made at {}", gap.from)),
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "the last checkpoint cannot be read"),
    }
    problems
}

async fn look(pool: &Pool) -> Result<(), String> {
    let away = |error: &dyn std::fmt::Display| {
        tracing::warn!(%error, "the database cannot be reached");
        "the database cannot be reached".to_owned()
    };
    let mut conn = pool.get().await.map_err(|error| away(&error))?;
    if !migrate::is_current(&mut conn).await.map_err(|error| away(&error))? {
        return Err(
            "the database's schema is not the one that this version knows: run `border-gate migrate`".to_owned()
        );
    }
    if migrate::is_read_only(&mut conn).await.map_err(|error| away(&error))? {
        return Err("the database takes no writes at present".to_owned());
    }
    Ok(())
}

/// Metrics, for Prometheus
#[utoipa::path(tag = "operations", operation_id = "metrics", responses((status = 200, description = "In Prometheus' text format", body = String, content_type = "text/plain")))]
#[get("/metrics")]
pub async fn metrics(
    handle: web::Data<Option<PrometheusHandle>>,
    office: web::Data<super::declarations::Office>,
    pool: web::Data<Pool>,
    checkpoints: web::Data<CheckpointWatch>,
    clock: web::Data<Clock>,
) -> HttpResponse {
    ::metrics::gauge!("border_gate_writer_waiting")
        .set(f64::from(u32::try_from(office.writer.depth()).unwrap_or(u32::MAX)));
    let mut late = checkpoints.impediment().is_some();
    if let Ok(mut conn) = pool.get().await
        && let Ok(Some(last)) = crate::storage::checkpoints::last(&mut conn).await
    {
        let age = clock.now() - last.checkpoint.made_at;
        ::metrics::gauge!("border_gate_checkpoint_age_seconds").set(age.as_seconds_f64());
        late |= checkpoints::late(&mut conn, clock.now()).await.is_ok_and(|gap| gap.is_some());
    }
    ::metrics::gauge!("border_gate_checkpoints_late").set(if late { 1.0 } else { 0.0 });
    let text = handle.as_ref().as_ref().map(PrometheusHandle::render).unwrap_or_default();
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text)
}
