//! The authenticated caller.

use crate::domain::actor::Actor;
pub use crate::domain::mandate::OauthScope;

/// Who is asking, as his token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The caller as the rules see him.
    pub actor: Actor,
    /// The session that the token belongs to; none for a machine client.
    pub session: Option<String>,
    /// What a machine client may do; none for a person, who may do whatever his role may.
    pub oauth_scopes: Option<Vec<OauthScope>>,
}

impl Principal {
    /// Whether the token itself allows `scope`.
    #[must_use]
    pub fn allows(&self, scope: OauthScope) -> bool {
        self.oauth_scopes.as_ref().is_none_or(|scopes| scopes.contains(&scope))
    }

    /// The caller under whose name idempotency keys are kept.
    #[must_use]
    pub fn name(&self) -> String {
        self.actor.id.to_string()
    }
}
