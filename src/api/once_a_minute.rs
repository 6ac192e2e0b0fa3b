//! What many read and is made anew once a minute: of all who come while it is made, one makes it and the others wait.

use std::sync::Arc;

use actix_web::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, ETAG, HeaderName};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use arc_swap::ArcSwapOption;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Mutex;

use super::conditional::is_known;
use super::problem::Problem;
use crate::clock::Clock;

/// How old it becomes, in seconds.
pub const OLDEST: i64 = 60;
/// For how many seconds what could not be made is not tried again: those who wait would wait one after the other
/// for a database that is away.
const NOT_AGAIN: i64 = 2;

/// What was made, and when.
pub struct Made<T> {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub what: T,
}

impl<T> Made<T> {
    fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        // A clock that was put back makes it no fresher.
        (TimeDelta::zero()..TimeDelta::seconds(OLDEST)).contains(&(now - self.at))
    }

    /// Answers what anybody may read, in a form with this tag: to be kept until it is made anew, by pages from anywhere.
    pub fn respond(
        &self,
        request: &HttpRequest,
        now: DateTime<Utc>,
        tag: &str,
        body: impl FnOnce(&mut HttpResponseBuilder) -> HttpResponse,
    ) -> HttpResponse {
        let left = (OLDEST - (now - self.at).num_seconds()).clamp(0, OLDEST);
        let known = is_known(request, tag);
        let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response.insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, format!("public, max-age={left}")));
        response.insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, "*"));
        response.insert_header((HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"));
        if known { response.finish() } else { body(&mut response) }
    }
}

/// It, shared by all threads of a process.
pub struct OnceAMinute<T> {
    made: ArcSwapOption<Made<T>>,
    /// Held by the one who makes it; when that last failed.
    making: Mutex<Option<DateTime<Utc>>>,
}

impl<T> Default for OnceAMinute<T> {
    fn default() -> Self {
        Self { made: ArcSwapOption::empty(), making: Mutex::default() }
    }
}

impl<T> OnceAMinute<T> {
    /// What there is while it is fresh, else what `make` makes; it may look at the one before.
    ///
    /// # Errors
    ///
    /// Those of `make`; 503 for a moment after it failed.
    pub async fn fresh(
        &self,
        clock: &Clock,
        make: impl AsyncFnOnce(DateTime<Utc>, Option<&T>) -> Result<T, Problem>,
    ) -> Result<Arc<Made<T>>, Problem> {
        let there = || self.made.load_full().filter(|made| made.is_fresh(clock.now()));
        if let Some(made) = there() {
            return Ok(made);
        }
        let mut failed_at = self.making.lock().await;
        if let Some(made) = there() {
            return Ok(made);
        }
        let just_failed = |at: DateTime<Utc>| (clock.now() - at).abs() < TimeDelta::seconds(NOT_AGAIN);
        if failed_at.is_some_and(just_failed) {
            return Err(Problem::Unavailable("it could not be made a moment ago".into()));
        }
        let now = clock.now();
        let before = self.made.load_full();
        match make(now, before.as_deref().map(|made| &made.what)).await {
            Ok(what) => {
                let made = Arc::new(Made { at: now, what });
                self.made.store(Some(Arc::clone(&made)));
                *failed_at = None;
                Ok(made)
            }
            Err(problem) => {
                *failed_at = Some(clock.now());
                Err(problem)
            }
        }
    }
}
