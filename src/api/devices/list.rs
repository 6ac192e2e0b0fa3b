//! `GET /api/v1/devices/actions`

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{DateTime, Utc};

use super::{DeviceActionView, Outcome, device, internal};
use crate::api::paging::{self, Cursors, Page};
use crate::api::principal::Caller;
use crate::api::problem::{Problem, ProblemDocument};
use crate::api::query;
use crate::domain::actor::Scope;
use crate::domain::workflow::Role;
use crate::identity::principal::OauthScope;
use crate::storage::device_actions::{self, Filter};
use crate::storage::pool::Pool;

/// The list's name, for its cursors.
const LIST: &str = "device-actions";

/// Whose reports the caller reads, and at which crossing points: a gate manager and an auditor those of every device
/// there, a device its own.
fn readable(caller: &Caller) -> Result<(Scope, Option<String>), Problem> {
    if matches!(caller.actor.role, Role::GateManager | Role::Auditor) && caller.allows(OauthScope::DeclarationsRead) {
        return Ok((caller.actor.crossing_points.clone(), None));
    }
    device(caller).map(|device| (Scope::All, Some(device.to_owned())))
}

/// List what devices told
///
/// What was taken and what was refused, newest first: for a gate manager and an auditor at their crossing points, for
/// a device its own. A refusal stays readable for good: people look into it.
#[utoipa::path(
    tag = "devices",
    operation_id = "list_device_actions",
    params(
        ("outcome" = Option<Outcome>, Query, description = "Taken, or refused"),
        ("crossing_point" = Option<String>, Query, description = "At this crossing point, which must be in the caller's scope"),
        ("device" = Option<String>, Query, description = "Of this device"),
        ("limit" = Option<i64>, Query, description = "At most so many; 50 by default, 200 at most"),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = Page<DeviceActionView>, headers(("Link" = String, description = "The next page, as rel=\"next\""))),
        (status = 400, description = "A cursor that is not one of ours", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "Neither a gate manager nor an auditor nor a device, or the crossing point is out of scope", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "Every parameter that is unknown or wrong", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
#[get("/devices/actions")]
pub async fn list(
    caller: Caller,
    request: HttpRequest,
    pool: web::Data<Pool>,
    cursors: web::Data<Cursors>,
) -> Result<HttpResponse, Problem> {
    let (scope, own) = readable(&caller)?;
    let (page, outcome, crossing_point, device) = query::read(&request, |fields, refused| {
        let page = paging::Asked::read(fields, refused, &cursors, LIST);
        (page, fields.word::<Outcome>("outcome"), fields.text("crossing_point"), fields.text("device"))
    })?;
    let page = page?;
    if crossing_point.as_deref().is_some_and(|code| !caller.actor.crossing_points.contains(code)) {
        return Err(Problem::Forbidden("crossing-point"));
    }
    if let (Some(own), Some(asked)) = (&own, &device)
        && own != asked
    {
        return Err(Problem::Forbidden("other-device"));
    }
    let filter = Filter {
        crossing_points: crossing_point.map_or(scope, |code| Scope::Only(vec![code])),
        device: own.or(device),
        taken: outcome.map(|outcome| outcome == Outcome::Taken),
        before: page.after.as_deref().and_then(place),
    };
    let found = device_actions::list(&mut *pool.get().await?, &filter, page.look_for()).await?;
    let views: Vec<DeviceActionView> =
        found.into_iter().map(DeviceActionView::of).collect::<Result<_, _>>().map_err(internal)?;
    let position =
        |one: &DeviceActionView| format!("{} {} {}", one.recorded_at.timestamp_micros(), one.sequence, one.device);
    Ok(paging::respond(&request, &page, &cursors, LIST, views, position, |view| view))
}

/// A place in the list, as a cursor holds it.
fn place(text: &str) -> Option<(DateTime<Utc>, String, i64)> {
    let mut parts = text.splitn(3, ' ');
    let at = DateTime::from_timestamp_micros(parts.next()?.parse().ok()?)?;
    let sequence = parts.next()?.parse().ok()?;
    Some((at, parts.next()?.to_owned(), sequence))
}
