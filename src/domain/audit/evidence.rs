//! What is checked: the rows of the record as they stand, in the order in which an export holds them and a live
//! database is read.
//!
//! Words, numbers and JSON stand as they are stored, so that also what nobody should have written can be told.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Hash;
use super::checkpoint::Signed;
use crate::domain::declaration::Stamps;

/// The version of the export's form.
pub const FORM: u32 = 1;

/// One line of an export.
///
/// First `export`, then every declaration in the order of its number, then every action as a leaf in the order of
/// transaction, number and seq, with each checkpoint after the last action that it covers, then `end`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The first line.
    Export(Beginning),
    /// A declaration with its history.
    Declaration(Box<Recorded>),
    /// An action by its hash alone.
    Leaf(Leaf),
    /// A checkpoint.
    Checkpoint(Signed),
    /// The last line.
    End(End),
}

/// The first line of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beginning {
    /// Its form: [`FORM`].
    pub form: u32,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// Whether the people stand in it, with their salts; else they were left out.
    pub people: bool,
}

/// The last line of an export: how much stands before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// Declarations.
    pub declarations: u64,
    /// Actions.
    pub actions: u64,
    /// Checkpoints.
    pub checkpoints: u64,
}

/// A declaration with its history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// Its number.
    pub number: i64,
    /// Its row; none where there are actions alone.
    pub row: Option<Row>,
    /// Its actions, oldest first.
    pub actions: Vec<Taken>,
}

/// A row of `declarations`, whole. Its number stands beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the columns are described in the migrations")]
pub struct Row {
    pub revision: i32,
    pub state: String,
    pub firm: i64,
    pub declarant: String,
    pub direction: String,
    pub crossing_point: String,
    pub cargo_class: Option<String>,
    pub plate: Option<String>,
    pub trader_tax_code: Option<String>,
    pub customs_declarations: Vec<String>,
    pub tracks: Vec<String>,
    pub content: String,
    pub people: Option<String>,
    pub people_salt: Option<String>,
    pub people_digest: Option<String>,
    pub progress: String,
    pub stamps: Stamps,
    pub last_action: String,
    pub last_action_at: DateTime<Utc>,
    pub waiting_since: Option<DateTime<Utc>>,
    pub head: Hash,
    pub documents_since: Option<DateTime<Utc>>,
    pub inspection_since: Option<DateTime<Utc>>,
    pub inspection_until: Option<DateTime<Utc>>,
}

/// A row of `actions`. The number of its declaration stands beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the columns are described in the migrations")]
pub struct Taken {
    pub seq: i32,
    pub action: String,
    pub actor: String,
    pub role: String,
    pub at: DateTime<Utc>,
    pub recorded_at: DateTime<Utc>,
    pub details: String,
    pub hash: Hash,
    pub transaction: i64,
}

/// An action's place in the order of commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaf {
    /// The transaction that wrote it.
    pub transaction: i64,
    /// The declaration's number.
    pub declaration: i64,
    /// Its place in that one's history.
    pub seq: i32,
    /// Its hash.
    pub hash: Hash,
}

impl Evidence {
    /// The same without the people in it.
    #[must_use]
    pub fn without_people(mut self) -> Self {
        match &mut self {
            Self::Export(beginning) => beginning.people = false,
            Self::Declaration(recorded) => {
                if let Some(row) = &mut recorded.row {
                    (row.people, row.people_salt) = (None, None);
                }
            }
            Self::Leaf(_) | Self::Checkpoint(_) | Self::End(_) => {}
        }
        self
    }
}

impl Leaf {
    /// What leaves are ordered by.
    #[must_use]
    pub const fn place(&self) -> (i64, i64, i32) {
        (self.transaction, self.declaration, self.seq)
    }
}
