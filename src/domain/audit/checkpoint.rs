//! Checkpoints: what a signature every minute says of all the actions since the last one, and when one is due.

use std::fmt::Write;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::{Hash, hex, unhex};

/// How long actions wait for the next checkpoint.
pub const EVERY: TimeDelta = TimeDelta::minutes(1);

/// After how long without an action one is made all the same, so that silence is signed too. Once an hour it costs
/// nothing; within the hour the public list and `/health/ready` tell whether checkpoints are made.
pub const SILENT: TimeDelta = TimeDelta::hours(1);

/// How much later than due one may come before that is a gap: a restart of the service is none.
pub const LATE: TimeDelta = TimeDelta::minutes(3);

/// By how much the clocks and timers of instances may differ and still make one checkpoint a minute.
const SLACK: TimeDelta = TimeDelta::seconds(5);

/// A time without the checkpoint that was due in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// When the checkpoint before it was made.
    #[serde(with = "micros")]
    pub from: DateTime<Utc>,
    /// When the checkpoint that tells of it was made.
    #[serde(with = "micros")]
    pub until: DateTime<Utc>,
}

/// What a checkpoint says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Checkpoint {
    /// Its place among all checkpoints, from 1.
    #[schema(example = 1)]
    pub number: i64,
    /// The hash of the checkpoint before, zeros in the first.
    #[schema(value_type = String, example = "0000000000000000000000000000000000000000000000000000000000000000")]
    pub previous: Hash,
    /// Which key signed it: the `kid` among `/.well-known/jwks.json`.
    pub key_id: String,
    /// When it was made.
    #[serde(with = "micros")]
    pub made_at: DateTime<Utc>,
    /// The first transaction whose actions it covers.
    pub transactions_from: i64,
    /// The first transaction that it does not cover any more.
    pub transactions_to: i64,
    /// How many actions it covers.
    pub actions: i64,
    /// The Merkle root over them, in the order of transaction, number and seq.
    #[schema(value_type = String)]
    pub root: Hash,
    /// Where it was not made when it should have been.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<Gap>,
}

/// A checkpoint with its signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Signed {
    /// What it says.
    #[serde(flatten)]
    pub checkpoint: Checkpoint,
    /// Ed25519 over its canonical form, in hexadecimal.
    #[serde(with = "signature")]
    #[schema(value_type = String)]
    pub signature: [u8; 64],
}

impl Checkpoint {
    /// The bytes that are signed: a line for each part, each with a line feed at its end.
    #[must_use]
    pub fn canonical(&self) -> String {
        let Self { number, previous, key_id, made_at, transactions_from, transactions_to, actions, root, gap } = self;
        let made_at = micros::text(made_at);
        let mut text = format!(
            "border-gate checkpoint 1\nnumber {number}\nprevious {previous}\nkey_id {key_id}\nmade_at {made_at}\n\
             transactions_from {transactions_from}\ntransactions_to {transactions_to}\nactions {actions}\nroot {root}\n"
        );
        // Writing to a text does not fail.
        let _ = match gap {
            Some(Gap { from, until }) => writeln!(text, "gap {} {}", micros::text(from), micros::text(until)),
            None => writeln!(text, "gap none"),
        };
        text
    }
}

impl Signed {
    /// What the next checkpoint names as `previous`: SHA-256 over the canonical form and the signature.
    #[must_use]
    pub fn hash(&self) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update(self.checkpoint.canonical());
        hasher.update(self.signature);
        Hash(hasher.finalize().into())
    }
}

/// Whether a checkpoint is to be made: `last` was made then, and the oldest action that it could cover was taken at
/// `oldest`. The first is made at once, so that there is something to go on from.
#[must_use]
pub fn is_due(last: Option<DateTime<Utc>>, oldest: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    let Some(last) = last else { return true };
    // One of the future was made by a clock that went wrong: it keeps nobody from going on.
    let age = (now - last).abs();
    age >= if oldest.is_some() { EVERY - SLACK } else { SILENT - SLACK }
}

/// The gap between the last checkpoint and `now`, if one was due and did not come.
#[must_use]
pub fn gap(last: Option<DateTime<Utc>>, oldest: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<Gap> {
    let last = last?;
    let waited = oldest.map_or_else(TimeDelta::zero, |oldest| now - oldest.max(last));
    (now - last > SILENT + LATE || waited > EVERY + LATE).then_some(Gap { from: last, until: now })
}

/// Instants as they stand in checkpoints: UTC, always with six digits after the second.
mod micros {
    use super::{DateTime, SecondsFormat, Utc};
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn text(instant: &DateTime<Utc>) -> String {
        instant.to_rfc3339_opts(SecondsFormat::Micros, true)
    }

    pub(super) fn serialize<S: Serializer>(instant: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text(instant))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
        DateTime::deserialize(deserializer)
    }
}

mod signature {
    use super::{hex, unhex};
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(signature: &[u8; 64], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(signature))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 64], D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        unhex(&text).ok_or_else(|| serde::de::Error::custom("a signature is 128 hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_signed_reads_as_it_is_written_down() {
        let checkpoint = Checkpoint {
            number: 2,
            previous: Hash([0xab; 32]),
            key_id: "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k".to_owned(),
            made_at: at("2025-03-31T02:01:00Z"),
            transactions_from: 0,
            transactions_to: 812,
            actions: 12,
            root: Hash([0xcd; 32]),
            gap: None,
        };
        let written = format!(
            "border-gate checkpoint 1\nnumber 2\nprevious {}\nkey_id kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k\n\
             made_at 2025-03-31T02:01:00.000000Z\ntransactions_from 0\ntransactions_to 812\nactions 12\nroot {}\n\
             gap none\n",
            "ab".repeat(32),
            "cd".repeat(32)
        );
        assert_eq!(checkpoint.canonical(), written);
        let gap = Gap { from: at("2025-03-31T01:00:00.5Z"), until: at("2025-03-31T02:01:00Z") };
        let signed = Signed { checkpoint: Checkpoint { gap: Some(gap), ..checkpoint }, signature: [7; 64] };
        let last = signed.checkpoint.canonical().lines().last().map(str::to_owned);
        assert_eq!(last.as_deref(), Some("gap 2025-03-31T01:00:00.500000Z 2025-03-31T02:01:00.000000Z"));
        let text = serde_json::to_string(&signed).unwrap();
        assert_eq!(serde_json::from_str::<Signed>(&text).unwrap(), signed);
    }

    #[test]
    fn one_is_due_a_minute_after_the_last_where_something_was_done_and_an_hour_after_it_where_nothing_was() {
        let last = Some(at("2025-03-31T02:00:00Z"));
        let action = Some(at("2025-03-31T02:00:20Z"));
        assert!(is_due(None, None, at("2025-03-31T02:00:00Z")), "the first");
        assert!(!is_due(last, action, at("2025-03-31T02:00:30Z")));
        assert!(is_due(last, action, at("2025-03-31T02:01:00Z")));
        assert!(!is_due(last, None, at("2025-03-31T02:59:00Z")));
        assert!(is_due(last, None, at("2025-03-31T03:00:00Z")));
        assert!(is_due(last, action, at("2025-03-31T01:00:00Z")), "one of the future stops nothing");
    }

    #[test]
    fn a_gap_is_told_where_actions_waited_or_silence_was_not_signed() {
        let from = at("2025-03-31T02:00:00Z");
        let last = Some(from);
        let action = Some(at("2025-03-31T02:30:00Z"));
        assert_eq!(gap(None, action, at("2025-03-31T09:00:00Z")), None, "there was none to be late after");
        assert_eq!(gap(last, action, at("2025-03-31T02:31:10Z")), None, "it was silent until then");
        let until = at("2025-03-31T02:34:30Z");
        assert_eq!(gap(last, action, until), Some(Gap { from, until }));
        assert_eq!(gap(last, None, at("2025-03-31T03:02:00Z")), None);
        assert!(gap(last, None, at("2025-03-31T03:05:00Z")).is_some());
    }
}
