//! Who acts, as the rules see it: a role, where it reaches, and for whom.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::workflow::{QuarantineKind, Role};

/// An account of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub i64);

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A firm: a trader, a carrier or a customs agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FirmId(pub i64);

impl fmt::Display for FirmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Who it was, as the record keeps it: `account:17`, `client:abc` or `system`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActorId {
    /// A person, by account.
    Account(AccountId),
    /// A firm's own system or a dashboard, by its OAuth client id.
    Client(String),
    /// The service itself.
    System,
}

impl fmt::Display for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(id) => write!(f, "account:{id}"),
            Self::Client(id) => write!(f, "client:{id}"),
            Self::System => f.write_str("system"),
        }
    }
}

/// A text that names no actor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an actor; it is account:<number>, client:<id> or system")]
pub struct NotAnActor(pub String);

impl FromStr for ActorId {
    type Err = NotAnActor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || NotAnActor(text.to_owned());
        match text.split_once(':') {
            None if text == "system" => Ok(Self::System),
            Some(("account", id)) => id.parse().map(|id| Self::Account(AccountId(id))).map_err(|_| unknown()),
            Some(("client", id)) if !id.is_empty() => Ok(Self::Client(id.to_owned())),
            None | Some(_) => Err(unknown()),
        }
    }
}

/// Which of the named places (crossing points, or yards) somebody reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every one, also those that are named tomorrow.
    All,
    /// These and no other; an empty list is nowhere.
    Only(BTreeSet<String>),
}

impl Scope {
    /// The scope of just these codes.
    pub fn only<I: Into<String>>(codes: impl IntoIterator<Item = I>) -> Self {
        Self::Only(codes.into_iter().map(Into::into).collect())
    }

    /// Whether the place with this code is within reach.
    #[must_use]
    pub fn contains(&self, code: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(codes) => codes.contains(code),
        }
    }
}

/// Somebody who does something to a declaration, with all that the rules ask about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Who it is.
    pub id: ActorId,
    /// In what capacity.
    pub role: Role,
    /// Of which quarantine: of a quarantine officer, and of no one else.
    pub quarantine_kind: Option<QuarantineKind>,
    /// For which firm: of a declarant, and of no one else.
    pub firm: Option<FirmId>,
    /// That firm's tax code (MST); by it the owner of goods is known.
    pub firm_tax_code: Option<String>,
    /// At which crossing points.
    pub crossing_points: Scope,
    /// In which yards a yard operator acts.
    pub yards: Scope,
}

impl Actor {
    /// The service itself, which takes the actions that follow from others.
    #[must_use]
    pub fn system() -> Self {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_is_read_back_as_it_was_written() {
        for actor in [ActorId::Account(AccountId(17)), ActorId::Client("a:b".to_owned()), ActorId::System] {
            assert_eq!(actor.to_string().parse(), Ok(actor));
        }
    }

    #[test]
    fn a_text_that_names_no_actor_is_refused() {
        for text in ["", "account", "account:", "account:x", "client:", "System", "system:1", "firm:3"] {
            assert_eq!(text.parse::<ActorId>(), Err(NotAnActor(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn an_empty_scope_is_nowhere_and_all_is_everywhere() {
        assert!(!Scope::only(Vec::<String>::new()).contains("CHI_MA"));
        assert!(Scope::only(["CHI_MA"]).contains("CHI_MA"));
        assert!(!Scope::only(["CHI_MA"]).contains("HUU_NGHI"));
        assert!(Scope::All.contains("HUU_NGHI"));
    }
}
