//! The one place that reads the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};

/// Tells the time: the machine's, or one that stands still until it is set.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that somebody sets: microseconds since 1970. All clones show the same.
    Set(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `instant` until [`Clock::set`].
    #[must_use]
    pub fn standing_at(instant: DateTime<Utc>) -> Self {
        Self::Set(Arc::new(AtomicI64::new(instant.timestamp_micros())))
    }

    /// The present instant, in whole microseconds, as the database keeps it.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let micros = match self {
            #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the time")]
            Self::System => Utc::now().timestamp_micros(),
            Self::Set(micros) => micros.load(Ordering::Relaxed),
        };
        DateTime::from_timestamp_micros(micros).unwrap_or_default()
    }

    /// Sets a clock that is set by hand; the machine's clock is left alone.
    pub fn set(&self, instant: DateTime<Utc>) {
        match self {
            Self::System => {}
            Self::Set(micros) => micros.store(instant.timestamp_micros(), Ordering::Relaxed),
        }
    }
}
