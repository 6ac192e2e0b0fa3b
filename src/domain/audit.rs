//! How the record proves itself. An action's hash covers what was done and the hash of the action before it, so that
//! no action can be changed, dropped or moved without every later hash telling; signed [checkpoints](checkpoint) over
//! all actions tell when the end of a chain, or a whole one, is gone; [`verify`] checks all of it.
//! `docs/AUDIT.md` says it to whoever writes a verifier of his own.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::declaration::Entry;
use super::number::Number;

pub mod checkpoint;
pub mod evidence;
pub mod merkle;
pub mod verify;

/// Sets these hashes apart from any other use of SHA-256. A change in what is hashed gets a new tag.
const DOMAIN_TAG: &[u8] = b"border-gate action 1\n";

/// A SHA-256 hash; all zeros before the first action.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

/// Bytes in hexadecimal, as people and contracts write hashes.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 64];
        f.write_str(base16ct::lower::encode_str(&self.0, &mut text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

/// The bytes that [`hex`] wrote; none where `text` is not as many in hexadecimal.
#[must_use]
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let decoded = base16ct::mixed::decode(text, &mut bytes).ok()?;
    (decoded.len() == N).then_some(bytes)
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        unhex(&text).map(Self).ok_or_else(|| serde::de::Error::custom("a hash is 64 hexadecimal digits"))
    }
}

/// The hash of one action. `details` is its text exactly as it is stored.
#[must_use]
pub fn link(before: Hash, number: Number, entry: &Entry, details: &str) -> Hash {
    let texts = [entry.action.as_str(), entry.actor.as_str(), entry.role.as_str(), details];
    link_texts(before, number.as_i64(), entry.seq, [entry.at, entry.recorded_at], texts)
}

/// The hash of one action from what its row holds: number, place, when it was done and taken, and action, actor, role
/// and details.
///
/// Every part is preceded by its length, so that no two different actions read the same.
#[must_use]
pub fn link_texts(before: Hash, number: i64, seq: i32, times: [DateTime<Utc>; 2], texts: [&str; 4]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(DOMAIN_TAG);
    hasher.update(before.0);
    hasher.update(number.to_be_bytes());
    hasher.update(seq.to_be_bytes());
    for time in times {
        hasher.update(time.timestamp_micros().to_be_bytes());
    }
    for part in texts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    Hash(hasher.finalize().into())
}

/// The digest under which people stand in the history: it tells nothing once the salt is gone.
#[must_use]
pub fn seal(salt: &str, people: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(b"border-gate people 1\n");
    for part in [salt, people] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    Hash(hasher.finalize().into()).to_string()
}
