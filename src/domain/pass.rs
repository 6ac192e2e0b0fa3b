//! The gate pass: what a registered declaration shows at the barrier, also where nobody can be asked.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::content::Direction;
use super::declaration::Declaration;
use super::number::Number;
use super::vehicle::normalise;

/// A barrier's or device's clock may be ahead of ours or behind it by so much.
pub const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(5);

/// What a pass says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Pass {
    /// The declaration that it belongs to.
    pub number: Number,
    /// The action that issued it, by its `seq`: of two passes of a declaration the one with the higher is the newer.
    pub revision: i32,
    /// The plate, or the wagon number, that the barrier expects.
    pub plate: String,
    /// The crossing point at which it is good.
    pub crossing_point: String,
    /// The direction.
    pub direction: Direction,
    /// From when on it is good, to the second.
    pub from: DateTime<Utc>,
    /// From when on it is good no more, to the second.
    pub until: DateTime<Utc>,
}

/// Why a pass, though it is one of ours, is not good here and now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotGood {
    /// Its span has not begun.
    #[error("it is good only from {0} on")]
    NotYet(DateTime<Utc>),
    /// Its span is over.
    #[error("it was good until {0}")]
    Over(DateTime<Utc>),
    /// Another vehicle's.
    #[error("it is for the plate {0}")]
    OtherPlate(String),
    /// For another crossing point.
    #[error("it is for the crossing point {0}")]
    OtherCrossingPoint(String),
}

impl Pass {
    /// Whether it is good at `at` for this plate and crossing point, where they are given. An early barrier's clock
    /// is borne with.
    ///
    /// # Errors
    ///
    /// Every [`NotGood`] reason, in the order of the variants.
    pub fn check(
        &self,
        at: DateTime<Utc>,
        plate: Option<&str>,
        crossing_point: Option<&str>,
    ) -> Result<(), Vec<NotGood>> {
        let mut reasons = Vec::new();
        if at + CLOCK_SKEW < self.from {
            reasons.push(NotGood::NotYet(self.from));
        }
        if at >= self.until {
            reasons.push(NotGood::Over(self.until));
        }
        if plate.is_some_and(|plate| normalise(plate) != self.plate) {
            reasons.push(NotGood::OtherPlate(self.plate.clone()));
        }
        if crossing_point.is_some_and(|code| code != self.crossing_point) {
            reasons.push(NotGood::OtherCrossingPoint(self.crossing_point.clone()));
        }
        if reasons.is_empty() { Ok(()) } else { Err(reasons) }
    }
}

impl Declaration {
    /// The pass that the record bears at `now`; none before registration, while it is returned, once it has ended.
    ///
    /// Its span is that in which the vehicle may arrive: `expire_after_days` from registration. Whoever has arrived
    /// must be able to leave: then it is that long from arrival, and as long again while the vehicle is inside.
    #[must_use]
    pub fn pass(&self, now: DateTime<Utc>, expire_after_days: i64) -> Option<Pass> {
        let revision = self.progress.pass?;
        let second = |at: DateTime<Utc>| at.duration_trunc(TimeDelta::seconds(1)).unwrap_or(at);
        let from = self.stamps.registered_at.or(self.stamps.declared_at)?;
        let span = TimeDelta::days(expire_after_days.clamp(1, 36_500));
        let until = match self.stamps.arrived_at {
            None => from + span,
            Some(arrived) => {
                let spans = (now - arrived).num_seconds() / span.num_seconds();
                arrived + span * i32::try_from(spans.max(0)).unwrap_or(i32::MAX - 1).saturating_add(1)
            }
        };
        Some(Pass {
            number: self.number,
            revision,
            plate: self.expected_plate()?.to_owned(),
            crossing_point: self.content.crossing_point.clone(),
            direction: self.content.direction,
            from: second(from),
            until: second(until),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass() -> Pass {
        Pass {
            number: Number::from_i64(37 * 1_000_003).unwrap(),
            revision: 3,
            plate: "桂F12345".to_owned(),
            crossing_point: "HUU_NGHI".to_owned(),
            direction: Direction::Import,
            from: "2025-03-31T02:00:00Z".parse().unwrap(),
            until: "2025-04-15T02:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn a_pass_is_good_from_its_beginning_up_to_its_end_and_not_at_it() {
        let good = |at: &str| pass().check(at.parse().unwrap(), None, None);
        assert_eq!(good("2025-03-31T01:55:00Z"), Ok(()), "the barrier's clock may be early");
        assert_eq!(good("2025-03-31T01:54:59Z"), Err(vec![NotGood::NotYet(pass().from)]));
        assert_eq!(good("2025-04-15T01:59:59Z"), Ok(()));
        assert_eq!(good("2025-04-15T02:00:00Z"), Err(vec![NotGood::Over(pass().until)]));
    }

    #[test]
    fn a_pass_is_for_its_own_vehicle_and_crossing_point_however_they_are_written() {
        let at = pass().from;
        assert_eq!(pass().check(at, Some("桂F·12-345"), Some("HUU_NGHI")), Ok(()));
        let wrong = pass().check(at, Some("桂F54321"), Some("TAN_THANH")).unwrap_err();
        assert_eq!(
            wrong,
            [NotGood::OtherPlate("桂F12345".to_owned()), NotGood::OtherCrossingPoint("HUU_NGHI".to_owned())]
        );
    }
}
