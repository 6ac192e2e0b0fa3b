//! `GET /api/v1/declarations`

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde_json::value::to_raw_value;

use super::view::DeclarationView;
use super::{Office, READERS};
use crate::api::feed;
use crate::api::frame::language;
use crate::api::paging::{Asked, Cursors, Page, limit, respond};
use crate::api::principal::Caller;
use crate::api::problem::{Problem, ProblemDocument};
use crate::api::query;
use crate::domain::content::Direction;
use crate::domain::number::Number;
use crate::domain::rule_failure::RuleFailure;
use crate::domain::tracks::{Track, TrackState};
use crate::domain::vehicle::normalise;
use crate::domain::workflow::State;
use crate::identity::principal::OauthScope;
use crate::storage::declarations::{self, DueMarks, Filter};
use crate::storage::pool::Pool;

/// The list's name, for its cursors.
const LIST: &str = "declarations";

/// The query as it was asked.
fn asked(request: &HttpRequest, cursors: &Cursors, office: &Office) -> Result<(Asked, Filter), Problem> {
    let (page, filter) = query::read_repeated(request, &["state"], |fields, refused| {
        let page = Asked::read(fields, refused, cursors, LIST);
        let states = query::words(fields, "state", refused);
        let direction = fields.word("direction");
        let crossing_point = fields.text("crossing_point");
        let plate = fields.text("plate").map(|plate| normalise(&plate));
        let customs_declaration = fields.text("customs_declaration").map(|number| normalise(&number));
        if let Some(number) = &customs_declaration
            && !(matches!(number.len(), 11 | 12) && number.bytes().all(|byte| byte.is_ascii_digit()))
        {
            refused.push(RuleFailure::new("/customs_declaration", "customs-declaration-format"));
        }
        let track: Option<Track> = fields.word("track");
        let track_state: Option<TrackState> = fields.word("track_state");
        match (track, track_state) {
            (Some(_), None) => drop(fields.required::<TrackState>("track_state", None)),
            (None, Some(_)) => drop(fields.required::<Track>("track", None)),
            (Some(_), Some(_)) | (None, None) => {}
        }
        let due_before = fields.instant("due_before");
        let overdue = query::flag(fields, "overdue", refused).then(|| office.clock.now());
        let due = match (due_before, overdue) {
            (Some(before), Some(now)) => Some(before.min(now)),
            (before, now) => before.or(now),
        };
        let filter = Filter {
            states,
            direction,
            crossing_point,
            plate,
            // The twelfth digit counts amendments: the declaration is the same.
            customs_declaration: customs_declaration.and_then(|number| number.get(..11).map(str::to_owned)),
            track: track.zip(track_state),
            due: due.map(|end| DueMarks::before(end, &office.rules.book().reference)),
            declared_from: fields.instant("declared_from"),
            declared_to: fields.instant("declared_to"),
            before: None,
        };
        (page, filter)
    })?;
    let page = page?;
    let before = page.after.as_deref().and_then(|position| position.parse().ok()).and_then(Number::from_i64);
    Ok((page, Filter { before, ..filter }))
}

/// List declarations
///
/// Those that the caller may see, newest first.
#[utoipa::path(
    tag = "declarations",
    operation_id = "list_declarations",
    params(
        ("state" = Option<Vec<State>>, Query, description = "In one of these states; may be repeated"),
        ("direction" = Option<Direction>, Query, description = "In this direction"),
        ("crossing_point" = Option<String>, Query, description = "At this crossing point, which must be in the caller's scope"),
        ("plate" = Option<String>, Query, description = "With this plate or wagon number, however it is written"),
        ("customs_declaration" = Option<String>, Query, description = "On this customs declaration, whatever its amendment"),
        ("track" = Option<Track>, Query, description = "With this track at `track_state`, among those that have not ended"),
        ("track_state" = Option<TrackState>, Query, description = "How far `track` has come"),
        ("overdue" = Option<bool>, Query, description = "With a legal clock that has run out and that the agency has not done its part of"),
        ("due_before" = Option<DateTime<Utc>>, Query, description = "With a legal clock that falls due before this instant, by the calendar in force"),
        ("declared_from" = Option<DateTime<Utc>>, Query, description = "Declared at this instant or later"),
        ("declared_to" = Option<DateTime<Utc>>, Query, description = "Declared before this instant"),
        ("changes_after" = Option<String>, Query, description = "With no other parameter but `limit`: the declarations that have changed since this cursor (empty: from the start), in the order of their last changes, none passed over and none twice; the answer is `Changes`, whose `next_cursor` leads on also when it is empty"),
        ("limit" = Option<i64>, Query, description = "At most so many; 50 by default, 200 at most"),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = Page<DeclarationView>, headers(("Link" = String, description = "The next page, as rel=\"next\""))),
        (status = 400, description = "A cursor that is not one of ours", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 410, description = "A `changes_after` from before the database was restored: begin anew", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "The role reads no declarations, or the crossing point is out of its scope", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "Every parameter that is unknown or wrong", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
#[get("/declarations")]
pub async fn list(
    caller: Caller,
    request: HttpRequest,
    office: web::Data<Office>,
    pool: web::Data<Pool>,
    cursors: web::Data<Cursors>,
) -> Result<HttpResponse, Problem> {
    caller.may(OauthScope::DeclarationsRead, READERS)?;
    if request.query_string().split('&').any(|part| part.split('=').next() == Some("changes_after")) {
        let (cursor, limit) = query::read(&request, |fields, refused| {
            (fields.text("changes_after").unwrap_or_default(), limit(fields, refused))
        })?;
        return feed::changes(&caller, &request, &office, &pool, &cursors, (&cursor, limit)).await;
    }
    let (page, filter) = asked(&request, &cursors, &office)?;
    if filter.crossing_point.as_deref().is_some_and(|code| !caller.actor.crossing_points.contains(code)) {
        return Err(Problem::Forbidden("crossing-point"));
    }
    let found = declarations::list(&mut *pool.get().await?, &caller.actor, &filter, page.look_for()).await?;
    let language = language(request.headers());
    let position = |declaration: &crate::domain::declaration::Declaration| declaration.number.as_i64().to_string();
    // A view borrows from its record, which goes with this entry: it is written at once.
    let view = |declaration| to_raw_value(&office.view(&declaration, &caller, language)).ok();
    Ok(respond(&request, &page, &cursors, LIST, found, position, view))
}
