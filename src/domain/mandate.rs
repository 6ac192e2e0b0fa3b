//! What somebody is charged with: a role, and where it holds. Accounts and machine clients have one alike.

use serde::{Deserialize, Serialize};

use super::actor::{Actor, ActorId, FirmId, Scope};
use super::words::words;
use super::workflow::{QuarantineKind, Role};

words! {
    /// What a machine client's token is narrowed to; a person's is not.
    "OAuth scope" OauthScope {
        DeclarationsWrite = "declarations:write",
        DeclarationsRead = "declarations:read",
        ActionsWrite = "actions:write",
        StatisticsRead = "statistics:read",
    }
}

/// The firm that a declarant declares for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MandateFirm {
    /// Its key.
    pub id: FirmId,
    /// Its tax code.
    pub tax_code: String,
}

/// A role and where it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mandate {
    /// The role.
    pub role: Role,
    /// For which firm; a declarant's alone.
    pub firm: Option<MandateFirm>,
    /// Of which quarantine; a quarantine officer's alone.
    pub quarantine_kind: Option<QuarantineKind>,
    /// At which crossing points; an officer's.
    pub crossing_points: Scope,
    /// In which yards; a yard operator's.
    pub yards: Scope,
}

impl Mandate {
    /// The mandate of a role that is bound to no firm, place or kind.
    #[must_use]
    pub const fn of(role: Role) -> Self {
        Self { role, firm: None, quarantine_kind: None, crossing_points: Scope::All, yards: Scope::All }
    }

    /// The actor that `id` is under this mandate.
    #[must_use]
    pub fn actor(&self, id: ActorId) -> Actor {
        Actor {
            id,
            role: self.role,
            quarantine_kind: self.quarantine_kind,
            firm: self.firm.as_ref().map(|firm| firm.id),
            firm_tax_code: self.firm.as_ref().map(|firm| firm.tax_code.clone()),
            crossing_points: self.crossing_points.clone(),
            yards: self.yards.clone(),
        }
    }
}
