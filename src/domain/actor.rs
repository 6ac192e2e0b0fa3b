//! Who acts: the part of a caller that the rules look at.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::workflow::{QuarantineKind, Role};

/// A firm's key in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FirmId(pub i64);

/// An account's key in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(pub i64);

/// Who it was, as the history names them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ActorId {
    /// A person's account.
    Account(AccountId),
    /// A machine client.
    Client(String),
    /// The service itself.
    System,
}

impl fmt::Display for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(AccountId(id)) => write!(f, "account:{id}"),
            Self::Client(id) => write!(f, "client:{id}"),
            Self::System => f.write_str("system"),
        }
    }
}

/// Which codes (of crossing points or yards) are somebody's business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All of them, also those to come.
    All,
    /// These.
    Only(Vec<String>),
}

impl Scope {
    /// Whether `code` is within it.
    #[must_use]
    pub fn contains(&self, code: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(codes) => codes.iter().any(|own| own == code),
        }
    }

    /// The codes, where it is not all of them.
    #[must_use]
    pub fn codes(&self) -> Option<&[String]> {
        match self {
            Self::All => None,
            Self::Only(codes) => Some(codes),
        }
    }
}

impl From<Option<Vec<String>>> for Scope {
    fn from(codes: Option<Vec<String>>) -> Self {
        codes.map_or(Self::All, Self::Only)
    }
}

/// A caller as the rules see him.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub id: ActorId,
    /// In what role.
    pub role: Role,
    /// Of which quarantine, for a quarantine officer.
    pub quarantine_kind: Option<QuarantineKind>,
    /// Of which firm, for a declarant.
    pub firm: Option<FirmId>,
    /// That firm's tax code.
    pub firm_tax_code: Option<String>,
    /// At which crossing points, for an officer.
    pub crossing_points: Scope,
    /// In which yards, for a yard operator.
    pub yards: Scope,
}

impl Actor {
    /// The service itself.
    #[must_use]
    pub const fn system() -> Self {
        Self {
            id: ActorId::System,
            role: Role::System,
            quarantine_kind: None,
            firm: None,
            firm_tax_code: None,
            crossing_points: Scope::All,
            yards: Scope::All,
        }
    }
}
