//! `/api/v1/feed` and `changes_after`: what was done and what has changed, in the order of commits.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use tokio::time::{Instant, sleep};
use utoipa::ToSchema;

use super::declarations::history::RecordedAction;
use super::declarations::view::DeclarationView;
use super::declarations::{Office, READERS};
use super::frame::language;
use super::paging::{Cursors, limit};
use super::principal::Caller;
use super::problem::{Cause, Problem, ProblemDocument};
use super::query;
use crate::domain::number::Number;
use crate::domain::reading::Fields;
use crate::domain::rule_failure::RuleFailure;
use crate::identity::principal::OauthScope;
use crate::storage::feed::{self, Place, Stretch};
use crate::storage::pool::Pool;

/// The cursors' list. A declaration's change and its last action stand at the same place, so both lists share them.
const LIST: &str = "feed";
/// How many actions are looked through for one answer: somebody who sees few of them is told how far he has come.
const LOOKED_THROUGH: i32 = 2_000;
/// The longest that an answer is waited for, in seconds.
const MAX_WAIT: u64 = 30;
/// How often it is looked again while somebody waits: another instance may have written.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Something that was done, with the declaration it was done to.
#[derive(Serialize, ToSchema)]
pub struct FeedItem {
    /// The declaration.
    declaration: Number,
    #[serde(flatten)]
    action: RecordedAction,
}

/// What comes next, and from where to go on.
#[derive(Serialize, ToSchema)]
pub struct Feed {
    /// What was done, oldest first; none where nothing has been done since that the caller sees.
    items: Vec<FeedItem>,
    /// Leads on from here, also when there are no items.
    next_cursor: String,
}

/// The declarations that have changed, and from where to go on.
#[derive(Serialize, ToSchema)]
pub struct Changes<'a> {
    /// The declarations as they are now, in the order of their last changes.
    items: Vec<DeclarationView<'a>>,
    /// Leads on from here, also when there are no items.
    next_cursor: String,
}

/// A cursor as it was given: where it was made, and which place it names.
struct Given {
    origin: String,
    place: Place,
}

/// Reads a cursor; an empty one is the start.
fn given(cursors: &Cursors, cursor: &str) -> Result<Option<Given>, Problem> {
    if cursor.is_empty() {
        return Ok(None);
    }
    let opened = || {
        let position = cursors.open(LIST, cursor)?;
        let (origin, place) = position.split_once('|')?;
        let mut parts = place.split(':');
        let place = Place {
            transaction: parts.next()?.parse().ok()?,
            declaration: parts.next()?.parse().ok()?,
            seq: parts.next()?.parse().ok()?,
        };
        Some(Given { origin: origin.to_owned(), place })
    };
    opened().map(Some).ok_or_else(|| Problem::Malformed("the cursor is not one of this list's".to_owned()))
}

fn sealed(cursors: &Cursors, origin: &str, place: Place) -> String {
    let Place { transaction, declaration, seq } = place;
    cursors.seal(LIST, &format!("{origin}|{transaction}:{declaration}:{seq}"))
}

/// Where a reader stands: checked against the database that he reads.
async fn start(pool: &Pool, given: Option<Given>) -> Result<(String, Place), Problem> {
    let origin = feed::origin(&mut *pool.get().await?).await?;
    match given {
        None => Ok((origin, Place::START)),
        Some(given) if given.origin == origin => Ok((origin, given.place)),
        Some(_) => Err(Problem::Gone),
    }
}

/// Up to and with which place an answer of `items`, found in `stretch` and cut at `limit`, has come.
fn come_to(stretch: Stretch, items: usize, limit: i32, last: Option<Place>) -> Place {
    let full = usize::try_from(limit).is_ok_and(|limit| items >= limit);
    last.filter(|_| full).unwrap_or(stretch.to)
}

fn wait_of(fields: &mut Fields, refused: &mut Vec<RuleFailure>) -> Duration {
    let wait = match fields.text("wait").map(|text| text.parse::<u64>()) {
        None => 0,
        Some(Ok(wait)) if wait <= MAX_WAIT => wait,
        Some(_) => {
            refused.push(RuleFailure::new("/wait", "wait-range").with("max", MAX_WAIT));
            0
        }
    };
    Duration::from_secs(wait)
}

/// Follow what is done
///
/// Every action on the declarations that the caller sees, in the order in which they were committed: none is passed over and
/// none comes twice. Go on with `next_cursor`, and keep it: after whatever pause, the answer begins where the last one ended.
#[utoipa::path(
    tag = "declarations",
    operation_id = "read_feed",
    params(
        ("after" = Option<String>, Query, description = "The `next_cursor` of the answer before; without it, from the start"),
        ("limit" = Option<i64>, Query, description = "At most so many; 50 by default, 200 at most"),
        ("wait" = Option<u64>, Query, description = "Where there is nothing yet, wait for it so many seconds; 30 at most"),
    ),
    responses(
        (status = 200, description = "What was done", body = Feed),
        (status = 400, description = "A cursor that is not one of ours", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "The role reads no declarations", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 410, description = "The cursor is from before the database was restored: begin anew", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "Every parameter that is unknown or wrong", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
#[get("/feed")]
pub async fn read(
    caller: Caller,
    request: HttpRequest,
    office: web::Data<Office>,
    pool: web::Data<Pool>,
    cursors: web::Data<Cursors>,
) -> Result<HttpResponse, Problem> {
    caller.may(OauthScope::DeclarationsRead, READERS)?;
    let (after, limit, wait) = query::read(&request, |fields, refused| {
        let after = fields.text("after").unwrap_or_default();
        (after, limit(fields, refused), wait_of(fields, refused))
    })?;
    let limit = i32::try_from(limit).unwrap_or(i32::MAX);
    let (origin, mut after) = start(&pool, given(&cursors, &after)?).await?;
    let until = Instant::now() + wait;
    let mut written = office.writer.written();
    loop {
        written.mark_unchanged();
        let (stretch, found) = {
            let mut conn = pool.get().await?;
            let stretch = feed::settled(&mut conn, after, LOOKED_THROUGH).await?;
            (stretch, feed::actions(&mut conn, stretch, &caller.actor, limit).await?)
        };
        let last = found.last().map(|fed| Place {
            transaction: fed.transaction,
            declaration: fed.declaration,
            seq: fed.action.seq,
        });
        after = come_to(stretch, found.len(), limit, last);
        let left = until.saturating_duration_since(Instant::now());
        if found.is_empty() && !left.is_zero() {
            tokio::select! {
                _ = written.changed() => {}
                () = sleep(left.min(LOOK_AGAIN)) => {}
            }
            continue;
        }
        let items = found
            .into_iter()
            .map(|fed| {
                let declaration = Number::from_i64(fed.declaration).ok_or("a number that was never issued")?;
                Ok(FeedItem { declaration, action: RecordedAction::of(fed.action, &caller.actor)? })
            })
            .collect::<Result<_, Cause>>()
            .map_err(Problem::Internal)?;
        return Ok(HttpResponse::Ok().json(Feed { items, next_cursor: sealed(&cursors, &origin, after) }));
    }
}

/// The declarations that have changed since `cursor`, oldest change first.
///
/// # Errors
///
/// 400 for a cursor that is not one of ours, 410 for one from before a restore.
pub async fn changes(
    caller: &Caller,
    request: &HttpRequest,
    office: &Office,
    pool: &Pool,
    cursors: &Cursors,
    (cursor, limit): (&str, i64),
) -> Result<HttpResponse, Problem> {
    let limit = i32::try_from(limit).unwrap_or(i32::MAX);
    let (origin, after) = start(pool, given(cursors, cursor)?).await?;
    let mut conn = pool.get().await?;
    let stretch = feed::settled(&mut conn, after, LOOKED_THROUGH).await?;
    let found = feed::changed(&mut conn, stretch, &caller.actor, limit).await?;
    drop(conn);
    let count = found.len();
    let language = language(request.headers());
    let mut last = None;
    let mut declarations = Vec::with_capacity(count);
    for changed in found {
        let declaration = changed.declaration.declaration().map_err(|error| Problem::Internal(error.into()))?;
        let (transaction, seq) = (changed.transaction, declaration.revision);
        last = Some(Place { transaction, declaration: declaration.number.as_i64(), seq });
        declarations.push(declaration);
    }
    let items = declarations.iter().map(|declaration| office.view(declaration, caller, language)).collect();
    let next_cursor = sealed(cursors, &origin, come_to(stretch, count, limit, last));
    Ok(HttpResponse::Ok().json(Changes { items, next_cursor }))
}
