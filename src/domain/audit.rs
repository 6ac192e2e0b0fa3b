//! The hash chain: each action's hash covers what was done and the hash of the action before it,
//! so that no action can be changed, dropped or moved without every later hash telling.

use std::fmt;

use sha2::{Digest, Sha256};

use super::declaration::Entry;
use super::number::Number;

/// Sets these hashes apart from any other use of SHA-256. A change in what is hashed gets a new tag.
const DOMAIN_TAG: &[u8] = b"border-gate action 1\n";

/// A SHA-256 hash; all zeros before the first action.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

/// Bytes in hexadecimal, as people and contracts write hashes.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    Hex(bytes).to_string()
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(f)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

/// The hash of one action. `details` is its text exactly as it is stored.
///
/// Every part is preceded by its length, so that no two different actions read the same.
#[must_use]
pub fn link(before: Hash, number: Number, entry: &Entry, details: &str) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(DOMAIN_TAG);
    hasher.update(before.0);
    hasher.update(number.as_i64().to_be_bytes());
    hasher.update(entry.seq.to_be_bytes());
    hasher.update(entry.at.timestamp_micros().to_be_bytes());
    hasher.update(entry.recorded_at.timestamp_micros().to_be_bytes());
    for part in [entry.action.as_str(), entry.actor.as_str(), entry.role.as_str(), details] {
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
